"""The server of `sweep paint`: what it paints, what it keeps, and whom it refuses."""

import http.client
import io
import json

import numpy as np
import pytest
from PIL import Image

from autopaint.hints import hints_of_picture, no_hints
from autopaint.painting import colour
from orchestrator.errors import UsageError
from orchestrator.paint.serve import MOST_BYTES


@pytest.fixture
def ask(easel, serve):
    server = serve(easel)

    def send(method, path, body=None, *, token=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
        connection.request(method, f"/{token or server.token}/{path}", body, headers)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    send.port = server.server_port
    return send


def png(pixels, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", **options)
    return buffer.getvalue()


def read(content):
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.fixture
def dot():
    """Hints of 96×64 pixels: a magenta dot in the box."""
    hints = np.zeros((64, 96, 4), np.uint8)
    hints[30:33, 40:43] = 230, 20, 200, 255
    return hints


def test_the_sketch_is_coloured_after_the_hints_as_a_sweep_would(ask, easel, dot):
    painted = read(ask("POST", "painted", png(dot))[1])
    assert (painted == colour(easel.generator, easel.sketch, hints_of_picture(dot, 64, 96))).all()
    without = read(ask("POST", "painted", png(np.zeros_like(dot)))[1])
    assert (without == colour(easel.generator, easel.sketch, no_hints(64, 96))).all()
    assert np.abs(painted[25:40, 28:68].astype(int) - (230, 20, 200)).mean() < 20


def test_hints_are_kept_in_the_one_file_and_found_again(ask, easel, dot, tmp_path):
    assert not read(ask("GET", "hints")[1]).any()
    assert ask("POST", "keep", png(dot))[0] == 200
    assert [path.name for path in tmp_path.iterdir()] == ["box-hints.png"]
    assert (read(easel.file.read_bytes()) == dot).all()
    assert (read(ask("GET", "hints")[1]) == dot).all()
    told = json.loads(ask("GET", "easel")[1])
    assert told == {"size": [96, 64], "file": str(easel.file), "line": easel.line}


def test_strangers_find_nothing(ask, dot, easel):
    assert ask("GET", "")[0] == 200
    assert ask("GET", "", token="wrong")[0] == 404
    assert ask("POST", "keep", png(dot), Host="evil.example")[0] == 403
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{ask.port + 1}"):
        assert ask("POST", "keep", png(dot), Origin=origin)[0] == 403
    for path in ("../easel.py", "page/paint.js", "box-hints.png", "%2e%2e/serve.py"):
        assert ask("GET", path)[0] == 404
    assert not easel.file.exists()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "does not decode as a PNG"),
        (b"no picture", "does not decode as a PNG"),
        (png(np.zeros((64, 95, 4), np.uint8)), "has 95×64 pixels, not 96×64"),
        (png(np.zeros((64, 96, 4), np.uint8))[:60], "does not decode as a PNG"),
    ],
    ids=["empty", "text", "size", "cut"],
)
@pytest.mark.parametrize("path", ["painted", "keep"])
def test_what_is_no_picture_of_hints_is_refused(ask, easel, path, body, message):
    status, answer = ask("POST", path, body)
    assert status == 400
    assert message in answer.decode()
    assert not easel.file.exists()


def test_a_long_body_is_refused_before_it_is_read(ask):
    assert ask("POST", "painted", b"", **{"Content-Length": str(MOST_BYTES + 1)})[0] == 400


def test_a_file_of_that_name_that_is_no_hints_of_the_sketch_is_left_alone(easel):
    easel.file.write_bytes(png(np.zeros((10, 10, 4), np.uint8)))
    before = easel.file.read_bytes()
    with pytest.raises(UsageError, match=r"box-hints.png is there already and has 10×10 pixels, not 96×64; choose"):
        easel.kept_png()
    assert easel.file.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_said(ask, easel, dot):
    easel.file.mkdir()
    status, answer = ask("POST", "keep", png(dot))
    assert status == 500
    assert f"cannot write {easel.file}" in answer.decode()


def test_the_command_says_what_is_wrong(sweep, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (64, 64), "white").save("blank.png")
    for words, message in {
        ("none.png",): "there is no file 'none.png'",
        ("blank.png",): "the content has no lines",
        ("harbour_sketch", "--generator", "own.pth"): "there is no generator 'own.pth'",
        ("harbour_sketch", "--hints", "no/folder.png"): "there is no folder no",
        ("harbour_sketch", "--sketch", "ink"): "'xdog' or 'as-is'",
    }.items():
        done = sweep("paint", "--no-browser", "--offline", "--content", *words)
        assert (done.exit_code, message in done.stderr) == (2, True), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["blank.png"]
