"""The gallery for others: one file that needs nothing else, and a folder for any web server."""

import re
from pathlib import Path

import pytest
from PIL import Image

import results
from results import Run, RunError
from results.gallery.asks import Asks
from results.gallery.host import copy_for_host
from results.gallery.single import single_file

AXES = {"style": ["swirls", "</script><script>window.pwned = 1</script>"], "ratio": [1e-4, 1e-3, 1e-2]}


def test_one_file_shows_the_run_and_asks_for_no_other(chromium, make_run, until, settle, tmp_path):
    made = make_run(AXES, failed={5: "no"}, kept=(0, 10))
    file = single_file(results.load(made.run.location, missing=True))
    path = tmp_path / "one.html"
    file.write(path)
    assert file.edge == 640
    context = chromium.new_context()
    page = context.new_page()
    complaints, asked = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: request.url.startswith("data:") or asked.append(request.url))
    page.goto(path.as_uri())
    until(page, "Boolean(window.gallery && gallery.layout)")
    until(page, "document.querySelectorAll('td img').length === 5")
    until(page, "[...document.images].every((one) => one.complete && one.naturalWidth)")
    page.locator("td[data-trial]").first.hover()
    page.wait_for_selector("#curves canvas")
    assert "small copies" in page.inner_text("#progress")
    page.locator("td[data-trial]").first.click()
    until(page, "document.querySelector('#viewer img').naturalWidth > 0")
    assert page.evaluate("window.pwned") is None
    assert (complaints, asked) == ([], [path.as_uri()])
    context.close()


def test_a_file_that_would_be_too_large_has_smaller_images_or_is_refused(make_run, tmp_path):
    made = make_run({"seed": list(range(8))}, size=(300, 200))
    trials = results.load(made.run.location, missing=True)
    large = single_file(trials)
    assert large.edge == 640
    bound = len(large.content) / 1e6
    assert single_file(trials, most_megabytes=bound).edge == 640
    small = single_file(trials, most_megabytes=bound - 1e-6)
    assert (small.edge, len(small.content) < len(large.content)) == (256, True)
    with pytest.raises(RunError, match="--most-megabytes"):
        single_file(trials, most_megabytes=0.001)
    with pytest.raises(RunError, match="cannot write"):
        small.write(tmp_path / "no" / "folder.html")


def test_the_single_files_policy_allows_its_own_script_and_nothing_else(make_run, tmp_path):
    text = single_file(results.load(make_run(AXES).run.location, missing=True)).content.decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)', text)[1]
    assert "unsafe" not in policy
    assert text.count("<script") == text.count("<script>") == 1
    assert "http" not in policy.replace("http-equiv", "")


def test_a_folder_for_a_web_server_has_what_the_page_shows_and_nothing_else(make_run, tmp_path, sweep):
    made = make_run({"ratio": [1e-4, 1e-3]})
    count, size = copy_for_host([made.run], Run(tmp_path / "public"))
    files = {path.relative_to(tmp_path / "public").as_posix() for path in Path(tmp_path / "public").rglob("*.*")}
    assert len(files) == count
    assert sum((tmp_path / "public" / path).stat().st_size for path in files) == size
    assert {path.partition("/")[0] for path in files} == {"gallery", "images", "references"}
    told = sweep("gallery", made.run.location, "--host", tmp_path / "again")
    assert told.stdout == f"{tmp_path / 'again' / 'gallery' / 'index.html'}\n"
    assert f"{count} files" in told.stderr
    told = sweep("gallery", made.run.location, "--single", tmp_path / "one.html")
    assert told.stdout == f"{tmp_path / 'one.html'}\n"
    assert "MB, images of" in told.stderr
    told = sweep("gallery", made.run.location, "--single", tmp_path / "no" / "one.html")
    assert "MB, images of" in told.stderr.partition("cannot write")[0]  # the size comes first


@pytest.mark.parametrize("look", ["http"], indirect=True)
def test_a_served_view_is_saved_as_the_sheet_draws_it(look, settle, make_run, tmp_path):
    made = make_run({"style": ["swirls", "facets"], "ratio": [1e-4, 1e-3, 1e-2]})
    page = look(made.run, "#rows=ratio&columns=style&super-rows=&super-columns=&where=ratio%3C0.005&caption=total_loss")
    page.click("#copy-button")
    with page.expect_download() as download:
        page.click("#save-sheet")
    with Image.open(download.value.path()) as saved:
        trials = results.load(made.run.location).query("ratio < 0.005")
        drawn = results.sheet(trials, rows=["ratio"], columns=["style"], annotate="{total_loss:.4g}")
        assert saved.size == drawn.size
        assert saved.convert("RGB").tobytes() == drawn.convert("RGB").tobytes()


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({}, ValueError),
        ([], ValueError),
        ({"ids": ["no"], "rows": [], "columns": [], "caption": []}, KeyError),
        ({"ids": [], "rows": ["total_loss"], "columns": [], "caption": []}, ValueError),
        ({"ids": [], "rows": ["style"], "columns": [1], "caption": []}, ValueError),
        ({"ids": [], "rows": ["style"], "columns": [], "caption": ["{0.__class__}"]}, ValueError),
    ],
)
def test_a_sheet_that_cannot_be_is_refused(make_run, asked, error):
    with pytest.raises(error):
        Asks([make_run(AXES).run]).sheet(asked)
