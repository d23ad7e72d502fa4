"""Stars, tags and notes: in the browser, in the run, and in a file between them."""

import json
from http.client import HTTPConnection
from threading import Thread

import pytest

from results import Run, RunError
from results.gallery.serve import Server
from results.gallery.write import write_gallery
from results.marks import MOST_NOTE, Mark, Marker, parse_mark, read_marks

AXES = {"style": ["swirls", "facets"], "ratio": [1e-4, 1e-3, 1e-2]}
SHOWN = "[...document.querySelectorAll('td[data-trial]')].map((one) => Number(one.dataset.trial))"


def test_the_latest_mark_on_a_trial_counts_whoever_gave_it(tmp_path):
    run = Run(tmp_path / "run")
    first, second = Marker(run), Marker(run)
    first.add(Mark("aa" * 8, star=True, note="good"))
    second.add(Mark("bb" * 8, tags=("sky", "grain")))
    second.add(Mark("aa" * 8, star=True))
    assert read_marks(run) == {"aa" * 8: Mark("aa" * 8, star=True), "bb" * 8: Mark("bb" * 8, tags=("sky", "grain"))}
    first.add(Mark("aa" * 8))
    assert list(read_marks(run)) == ["bb" * 8]
    run.write("marks.parquet/zz.parquet", b"no table")
    with pytest.raises(RunError, match=r"zz\.parquet .* is damaged"):
        read_marks(run)


@pytest.mark.parametrize(
    "given",
    [
        [],
        {},
        {"trial_id": 1},
        {"trial_id": "aa", "star": 1},
        {"trial_id": "aa", "tags": "sky"},
        {"trial_id": "aa", "tags": [1]},
        {"trial_id": "aa", "tags": ["x"] * 21},
        {"trial_id": "aa", "note": "x" * (MOST_NOTE + 1)},
    ],
)
def test_what_is_no_mark_is_refused(given):
    with pytest.raises(ValueError, match=r"mark|star|tag|note"):
        parse_mark(given)


def test_a_mark_has_no_controls_and_no_tag_twice():
    mark = parse_mark({"trial_id": "aa", "tags": [" sky", "sky", "", "a\x1b[31m"], "note": "one\ntwo\x07"})
    assert mark.tags[0] == "sky"
    assert len(mark.tags) == 2
    assert "\x1b" not in mark.tags[1]
    assert "\x07" not in mark.note
    assert mark.note.startswith("one\ntwo")


@pytest.fixture
def served(make_run):
    made = make_run(AXES)
    write_gallery(made.run)
    with Server(made.run) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield made.run, server
        server.shutdown()


def post(server, body, path="/gallery/marks", **headers):
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    given = {"Origin": server.origin, **{name: value for name, value in headers.items() if value}}
    if headers.get("Origin", "") is None:
        del given["Origin"]
    connection.request("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), given)
    status = connection.getresponse().status
    connection.close()
    return status


def test_only_the_servers_own_page_may_mark_and_only_what_is_there(served):
    run, server = served
    trial = run.names("images/**")[0].rpartition("/")[2].removesuffix(".png")
    good = {"trial_id": trial, "star": True, "tags": [], "note": ""}
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{server.server_port + 1}", None):
        assert post(server, good, Origin=origin) == 403
    assert post(server, good, Host="evil.example") == 403
    assert post(server, good, path="/gallery/data.js") == 404
    assert post(server, good | {"trial_id": "ab" * 10}) == 404
    assert post(server, good | {"note": "x" * 500_000}) == 404
    assert post(server, good | {"note": "x" * 30_000}) == 400
    assert post(server, good | {"star": "yes"}) == 400
    assert post(server, b"{") == 400
    assert read_marks(run) == {}
    assert post(server, good) == 200
    assert read_marks(run) == {trial: Mark(trial, star=True)}


def test_stars_and_notes_stay_in_the_browser_and_leave_it_as_a_file(look, until, settle, make_run):
    made = make_run(AXES)
    page = look(made.run)
    page.focus("#grid")
    for key in ("s", "ArrowRight", "s", "ArrowRight"):
        page.keyboard.press(key)
        settle(page)
    page.fill("#inspector [placeholder^=tags]", "sky, grain")
    page.fill("#inspector textarea", "for the poster")
    page.focus("#grid")
    settle(page)
    assert page.locator("td .star").count() == 2
    page.reload()
    until(page, "Boolean(window.gallery && gallery.layout)")
    until(page, "document.querySelectorAll('td .star').length === 2")
    page.click("#mode-wall")
    page.select_option("#filter-column", "star")
    page.fill("#filter-value", "yes")
    page.keyboard.press("Enter")
    settle(page)
    assert page.evaluate(SHOWN) == [0, 1]
    page.click("#copy-button")
    with page.expect_download() as download:
        page.click("#export-marks")
    exported = json.loads(download.value.path().read_text())
    ids = page.evaluate("gallery.table.ids")
    assert exported["marks"] == [
        {"trial_id": ids[0], "star": True, "tags": [], "note": ""},
        {"trial_id": ids[1], "star": True, "tags": [], "note": ""},
        {"trial_id": ids[2], "star": False, "tags": ["sky", "grain"], "note": "for the poster"},
    ]
    other = look(made.run, write=False)
    assert other.locator("td .star").count() == 0
    other.click("#copy-button")
    other.set_input_files("input[type=file]", download.value.path())
    until(other, "document.querySelectorAll('td .star').length === 2")


def test_a_file_that_a_gallery_exported_is_kept_in_the_run(make_run, sweep, tmp_path):
    made = make_run(AXES)
    trial = made.run.names("images/**")[0].rpartition("/")[2].removesuffix(".png")
    path = tmp_path / "marks.json"
    path.write_text(json.dumps({"format": 1, "marks": [{"trial_id": trial, "star": True, "tags": ["sky"]}]}))
    told = sweep("mark", made.run.location, path)
    assert (told.exit_code, "1 mark kept" in told.stderr) == (0, True)
    assert read_marks(made.run) == {trial: Mark(trial, star=True, tags=("sky",))}
    for text, reason in (
        ('{"marks": [{"trial_id": "abababababababababab"}]}', "of another run"),
        ("[1]", "no marks"),
        ("{", "no marks"),
        ('{"marks": [{"trial_id": "aa", "star": 3}]}', "star is true or false"),
    ):
        path.write_text(text)
        refused = sweep("mark", made.run.location, path)
        assert (refused.exit_code, reason in refused.stderr) == (2, True), refused.stderr
    assert sweep("mark", made.run.location, tmp_path / "nothing").exit_code == 2
    assert len(read_marks(made.run)) == 1


def test_a_note_is_not_lost_while_it_is_written(look, settle, make_run):
    page = look(make_run(AXES).run)
    page.locator("td[data-trial]").nth(1).hover()
    page.wait_for_selector("#inspector textarea")
    page.focus("#inspector textarea")
    page.keyboard.type("for the ")
    page.locator("td[data-trial]").nth(4).hover()
    page.evaluate("gallery.update({ size: 150 })")  # as news of a running sweep would
    settle(page)
    page.keyboard.type("poster")
    page.focus("#inspector .mark input")
    page.keyboard.type("sky, grain")
    assert page.input_value("#inspector .mark input") == "sky, grain"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "grid"
    mark = page.evaluate("gallery.markOf(gallery.table.ids[1])")
    assert mark == {"star": False, "tags": ["sky", "grain"], "note": "for the poster"}


@pytest.mark.parametrize("look", ["http"], indirect=True)
def test_a_served_page_keeps_marks_in_the_run(look, until, settle, make_run):
    made = make_run(AXES)
    page = look(made.run)
    page.locator("td[data-trial]").nth(1).click()
    page.click("#viewer .star-button")
    until(page, "document.querySelectorAll('td .star').length === 1")
    for _ in range(50):
        if read_marks(made.run):
            break
        page.wait_for_timeout(50)
    ids = page.evaluate("gallery.table.ids")
    assert read_marks(made.run) == {ids[1]: Mark(ids[1], star=True)}
    other = look(made.run, write=False)
    until(other, "document.querySelectorAll('td .star').length === 1")
