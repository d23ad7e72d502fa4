"""The server: strangers find nothing, and the page is told nothing about how a result was made."""

import http.client
import io
import json

import pytest
from PIL import Image

from results import RunError
from results.judge.serve import Server
from results.judge.session import MOST_SHOWN, Session
from results.judge.votes import read_votes


@pytest.fixture
def made(judged_run):
    labels = {"ratio": ["</script><script>alert(1)</script>", "secret label"]}
    return judged_run({"ratio": [1e-4, 1e-3], "seed": [0, 1]}, labels=labels, failed=[(0, 1)])


@pytest.fixture
def ask(made, serve):
    """Asks the server as anybody may: `ask("POST", path, body, Host=…)` gives status, headers and body."""
    server = serve(made.run)

    def send(method, path, body=None, *, token=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"/{server.token if token is None else token}/{path}", content, given)
        answer = connection.getresponse()
        found = answer.status, dict(answer.headers), answer.read()
        connection.close()
        return found

    send.server = server
    return send


def pair(ask, axis="ratio"):
    status, _, body = ask("POST", "pair", {"axis": axis})
    assert status == 200
    return json.loads(body)


def test_strangers_find_nothing(ask):
    port = ask.server.server_port
    assert ask("GET", "")[0] == 200
    for token in ("", "wrong", "%C3%A9", ask.server.token[:-1], "..", "%2e%2e"):
        assert ask("GET", "", token=token)[0] == 404
    for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1:{port + 1}", "127.0.0.1", ""):
        assert ask("GET", "", Host=host)[0] == 403
    assert ask("GET", "", Host=f"localhost:{port}")[0] == 200
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{port + 1}", f"https://127.0.0.1:{port}"):
        assert ask("POST", "pair", {"axis": "ratio"}, Origin=origin)[0] == 403
    assert ask("POST", "pair", {"axis": "ratio"}, Origin=f"http://127.0.0.1:{port}")[0] == 200


def test_it_listens_to_this_machine_alone(ask):
    assert ask.server.server_address[0] == "127.0.0.1"


def test_no_file_is_served_by_its_path(ask):
    paths = ["run.json", "plan.parquet", "../run.json", "..%2f..%2fetc/passwd", "pictures/../judge.js", "page/judge.js"]
    for path in [*paths, "pictures/", "//run.json"]:
        assert ask("GET", path)[0] == 404


def test_the_page_is_told_nothing_about_how_results_were_made(ask, made):
    found = pair(ask)
    assert set(found) == {"axis", "votes", "seen", "of", "pair", "pictures"}
    assert set(found["pictures"]) == {"left", "right", "content", "style"}
    told = json.dumps(found) + ask("GET", "axes")[2].decode() + ask("GET", "")[2].decode()
    for secret in [made.trial(*point) for point in made.points] + ["secret label", "alert(1)", "0.001", "strokes"]:
        assert secret not in told
    for address in found["pictures"].values():
        status, headers, body = ask("GET", address)
        assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "image/png", "no-store")
        assert b"label" not in body
        assert Image.open(io.BytesIO(body)).info == {}
    again = pair(ask)
    assert not set(found["pictures"].values()) & set(again["pictures"].values())


def test_left_is_what_the_page_shows_at_the_left(ask, made):
    for _ in range(6):
        found = pair(ask)
        shown = {side: ask("GET", found["pictures"][side])[2] for side in ("left", "right")}
        assert ask("POST", "vote", {"pair": found["pair"], "choice": "left"})[0] == 200
        vote = read_votes(made.run).to_pylist()[-1]
        for side, content in shown.items():
            pixel = Image.open(io.BytesIO(content)).getpixel((0, 0))
            assert pixel == tuple(bytes.fromhex(vote[side][:6]))


def test_a_vote_that_is_sent_twice_counts_once(ask, made):
    found = pair(ask)
    for _ in range(2):
        assert ask("POST", "vote", {"pair": found["pair"], "choice": "tie"})[0] == 200
    assert len(read_votes(made.run)) == 1


def test_undo_shows_the_pair_again_as_it_was(ask, made):
    pair(ask)
    found = pair(ask)
    left = ask("GET", found["pictures"]["left"])[2]
    ask("POST", "vote", {"pair": found["pair"], "choice": "tie"})
    status, _, body = ask("POST", "undo", {})
    again = json.loads(body)
    assert (status, again["votes"], again["seen"]) == (200, 0, 0)
    assert ask("GET", again["pictures"]["left"])[2] == left
    assert again["pair"] != found["pair"]
    assert len(read_votes(made.run)) == 0
    assert json.loads(ask("POST", "undo", {})[2]) == {"pair": None}


REFUSED = [
    ("vote", {"pair": "unknown", "choice": "left"}, 404),
    ("vote", {"choice": "left"}, 404),
    ("vote", {"pair": "unknown", "choice": "both"}, 400),
    ("pair", {"axis": "content"}, 404),
    ("pair", {"axis": ["ratio"]}, 400),
    ("pair", [], 400),
    ("pair", b"{", 400),
    ("pair", b"[" * 900, 400),
    ("pair", b'{"axis": "' + b"x" * 2000 + b'"}', 400),
    ("nothing", {}, 404),
]


def test_what_cannot_be_answered_is_refused(ask, made):
    for path, body, status in REFUSED:
        assert ask("POST", path, body)[0] == status, (path, body)
    assert len(read_votes(made.run)) == 0


def test_pairs_that_nobody_judges_are_forgotten(ask):
    first = pair(ask)
    for _ in range(MOST_SHOWN):
        pair(ask)
    assert ask("POST", "vote", {"pair": first["pair"], "choice": "left"})[0] == 404
    assert ask("GET", first["pictures"]["left"])[0] == 404


def test_a_vote_that_cannot_be_kept_is_said(ask, made, tmp_path):
    found = pair(ask)
    (tmp_path / "run" / "votes.parquet").write_text("in the way")
    status, _, body = ask("POST", "vote", {"pair": found["pair"], "choice": "left"})
    assert status == 500
    assert "cannot write votes.parquet" in json.loads(body)["error"]
    (tmp_path / "run" / "votes.parquet").unlink()
    assert ask("POST", "vote", {"pair": found["pair"], "choice": "left"})[0] == 200
    assert len(read_votes(made.run)) == 1


def test_a_damaged_image_is_not_shown(judged_run):
    made = judged_run({"ratio": [1e-4, 1e-3, 1e-2]})
    made.run.write(made.run.image_path(made.trial(0)), b"no PNG")
    session = Session(made.run)
    for _ in range(5):
        _, shown = session.next_pair("ratio")
        assert {shown.left, shown.right} == {made.trial(1), made.trial(2)}
    assert session.progress("ratio") in ((0, 1), (0, 3))
    made.run.remove([made.run.image_path(made.trial(1))])
    assert session.next_pair("ratio") is None


def test_a_missing_reference_is_left_out(judged_run):
    made = judged_run({"ratio": [1e-4, 1e-3]})
    made.run.remove(made.run.names("references/*"))
    _, shown = Session(made.run).next_pair("ratio")
    assert set(shown.names) == {"left", "right"}


def test_a_port_that_is_taken_is_said(ask, made):
    with pytest.raises(RunError, match="choose another with --port"):
        Server(Session(made.run), ask.server.server_port)
