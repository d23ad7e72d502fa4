"""Several runs in one page: the run is one more axis."""

import shutil

import pytest
from PIL import Image

import results
from results import Run
from results.gallery.serve import Server
from results.gallery.write import write_apart, write_several
from results.marks import read_marks

LOADED = "[...document.querySelectorAll('td img')].every((one) => one.complete && one.naturalWidth)"


@pytest.fixture
def two(make_run_in, tmp_path):
    """Two runs with shared settings, one value more in the second, in folders that are unkind to addresses."""
    folder = tmp_path / "a #1 100%"
    first = make_run_in(folder / "first", {"ratio": [1e-4, 1e-3], "style": ["swirls", "facets"]})
    second = make_run_in(folder / "sub" / "second", {"style": ["swirls", "facets"], "ratio": [1e-3, 1e-4, 1e-2]})
    return first.run, second.run


def test_runs_are_an_axis_and_the_others_are_joined_by_value(look, until, settle, two, sweep):
    first, second = two
    told = sweep("gallery", first.location, second.location)
    assert told.exit_code == 0, told.stderr
    folder = Run(first.location.removesuffix("/first") + "/compared")
    assert told.stdout == f"{folder.full_path('gallery/index.html')}\n"
    page = look(folder, write=False, viewport={"width": 1280, "height": 1200})
    until(page, LOADED)
    axes = page.evaluate("gallery.table.axes.map((axis) => [axis.name, axis.values.map((value) => value.key)])")
    assert axes == [
        ["run", ["first", "second"]],
        ["ratio", ["10⁻⁴", "10⁻³", "10⁻²"]],
        ["style", ["swirls", "facets"]],
    ]
    assert page.locator("th[scope=rowgroup]").all_inner_texts() == ["run: first", "run: second"]
    assert page.locator("td[data-trial]").count() == 10
    scope = {}
    exec("\n".join(line for line in page.evaluate("gallery.pandas()").splitlines() if "sheet" not in line), scope)
    assert len(scope["trials"]) == 10


def test_a_trial_of_two_runs_is_two_in_links_and_stars(look, settle, make_run_in, tmp_path):
    axes = {"ratio": [1e-4, 1e-3]}
    runs = [make_run_in(tmp_path / name, axes).run for name in ("one", "two")]
    assert list(results.load(runs[0].location)["trial_id"]) == list(results.load(runs[1].location)["trial_id"])
    folder = Run(tmp_path / "compared")
    write_several(runs, folder)
    page = look(folder, write=False)
    page.locator("td[data-trial]").nth(2).click(modifiers=["Control"])
    page.focus("#grid")
    page.keyboard.press("s")
    settle(page)
    assert page.locator("td .star").count() == 1
    link = page.evaluate("location.hash")
    again = look(folder, link, write=False)
    assert again.evaluate("gallery.view.selected") == [2]
    assert page.locator("td[data-trial]").nth(0).locator(".star").count() == 0


def test_what_differs_between_runs_is_named_and_what_no_method_uses_is_left_out(look, make_run_in, tmp_path):
    first = make_run_in(tmp_path / "one", {"ratio": [1e-4, 1e-3], "learning_rate": [8.0]})
    second = make_run_in(tmp_path / "two", {"ratio": [1e-4, 1e-3], "learning_rate": [2.0]})
    folder = Run(tmp_path / "compared")
    write_several([first.run, second.run], folder)
    page = look(folder, write=False)
    beside = page.evaluate("gallery.table.axis('run').values.map((value) => value.also)")
    assert beside == ["learning rate 8", "learning rate 2"]


def test_the_page_of_several_runs_is_where_out_says_and_in_one_place_alone(two, sweep, tmp_path):
    first, second = two
    told = sweep("gallery", first.location, second.location, "--out", tmp_path / "here")
    assert told.stdout == f"{tmp_path / 'here' / 'gallery' / 'index.html'}\n"
    refused = sweep("gallery", first.location, second.location, "--serve", "--host", tmp_path / "public")
    assert (refused.exit_code, "--serve and --host" in refused.stderr) == (2, True)
    refused = sweep("gallery", first.location, "--out", tmp_path / "public")
    assert (refused.exit_code, "several runs" in refused.stderr) == (2, True)
    assert not (tmp_path / "public").exists()


@pytest.mark.parametrize("look", ["http"], indirect=True)
def test_several_runs_are_served_with_marks_in_each_and_sheets_of_all(look, until, two, tmp_path):
    folder = Run(tmp_path / "page")
    shown = write_apart(two, folder)
    page = look(folder, "#size=60", write=False, shown=shown, viewport={"width": 1280, "height": 1200})
    until(page, LOADED)
    assert page.locator("td img").count() == 10
    for number in (0, 9):
        page.locator("td[data-trial]").nth(number).click()
        until(page, "document.querySelector('#viewer img').naturalWidth === 48")  # the PNG itself
        page.click("#viewer .star-button")
        page.keyboard.press("Escape")
    until(page, "document.querySelectorAll('td .star').length === 2")
    for _ in range(50):
        if all(map(read_marks, two)):
            break
        page.wait_for_timeout(50)
    keys = page.evaluate("[0, 9].map((number) => document.querySelectorAll('td[data-trial]')[number].dataset.trial)")
    ids = page.evaluate("(keys) => keys.map((trial) => gallery.table.ids[trial])", keys)
    assert [list(read_marks(run)) for run in two] == [[ids[0]], [ids[1]]]
    again = look(folder, "#size=60", write=False, shown=shown, viewport={"width": 1280, "height": 1200})
    until(again, "document.querySelectorAll('td .star').length === 2")
    page.click("#copy-button")
    with page.expect_download() as download:
        page.click("#save-sheet")
    with Image.open(download.value.path()) as saved:
        assert saved.width > 3 * 48


def test_no_other_file_of_several_runs_is_served(two, tmp_path):
    folder = Run(tmp_path / "page")
    server = Server(folder, shown=write_apart(two, folder))
    server.server_close()
    image = two[1].names("images/**")[0]
    assert server.find(f"run-2/{image}") == (two[1], image)
    for address in (image, f"run-3/{image}", "run-1/run.json", "run-1/gallery/data.js", f"run-1/../run-2/{image}"):
        assert server.find(address) is None


def test_several_runs_for_any_web_server(look, until, two, sweep, tmp_path):
    told = sweep("gallery", two[0].location, two[1].location, "--host", tmp_path / "public")
    assert told.exit_code == 0, told.stderr
    files = [path for path in (tmp_path / "public").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    assert told.stderr == f"{len(files)} files, {size / 1e6:.1f} MB\n"
    assert {path.relative_to(tmp_path / "public").parts[0] for path in files} == {"gallery", "run-1", "run-2"}
    for run in two:
        shutil.rmtree(run.location)
    page = look(Run(tmp_path / "public"), write=False, viewport={"width": 1280, "height": 1200})
    until(page, LOADED)
    assert page.locator("td img").count() == 10


def test_several_runs_as_one_file(look, until, settle, two, sweep, tmp_path):
    path = tmp_path / "gallery" / "index.html"
    path.parent.mkdir()
    told = sweep("gallery", two[0].location, two[1].location, "--single", path)
    assert told.exit_code == 0, told.stderr
    assert told.stderr.startswith(f"{path.stat().st_size / 1e6:.1f} MB, images of 640 pixels")
    for run in two:
        shutil.rmtree(run.location)
    page = look(Run(tmp_path), write=False, viewport={"width": 1280, "height": 1200})
    until(page, LOADED)
    assert page.locator("td img").count() == 10
    page.locator("td[data-trial]").nth(0).hover()
    page.wait_for_selector("#curves canvas")


def test_exported_marks_of_several_runs_are_kept_in_the_run_that_each_is_of(look, settle, make_run_in, sweep, tmp_path):
    axes = {"ratio": [1e-4, 1e-3]}
    first, second, third = (make_run_in(tmp_path / name, axes).run for name in ("one", "two", "three"))
    folder = Run(tmp_path / "compared")
    write_several([first, second], folder)
    page = look(folder, write=False)
    page.focus("#grid")
    page.keyboard.press("s")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    settle(page)
    page.click("#copy-button")
    with page.expect_download() as download:
        page.click("#export-marks")
    file = download.value.path()
    for run in (first, second):
        told = sweep("mark", run.location, file)
        assert (told.exit_code, "1 mark kept" in told.stderr) == (0, True), told.stderr
    ids = list(results.load(first.location)["trial_id"])
    assert [list(read_marks(run)) for run in (first, second)] == [[ids[0]], [ids[1]]]
    refused = sweep("mark", third.location, file)
    assert (refused.exit_code, "it has marks of" in refused.stderr) == (2, True)
    other = look(folder, write=False)
    other.click("#copy-button")
    other.set_input_files("input[type=file]", file)
    settle(other)
    assert other.locator("td .star").count() == 2


def test_diff_shows_each_image_against_the_first_runs(look, until, settle, two, sweep, tmp_path):
    first, second = two
    told = sweep("diff", first.location, second.location, "--gallery", tmp_path / "both")
    assert told.exit_code == 1
    address = told.stderr.strip()
    assert address.startswith("file://")
    page = look(Run(tmp_path / "both"), "#size=100&" + address.partition("#")[2], write=False)
    until(page, LOADED)
    # The first run has nothing before it, and 10⁻² is in the second run alone.
    assert page.locator("td .against.difference").count() == 4
    runs = "[...document.querySelectorAll('td:has(.against)')].map((one) => gallery.table.base(one.dataset.trial))"
    assert all("second" in base for base in page.evaluate(runs))
