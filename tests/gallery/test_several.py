"""Several runs in one page: the run is one more axis."""

import pytest

import results
from results import Run
from results.gallery.write import write_several

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


def test_several_runs_are_a_page_on_this_machine(two, sweep, tmp_path):
    first, second = two
    refused = sweep("gallery", first.location, second.location, "--serve")
    assert refused.exit_code == 2
    assert "take one run" in refused.stderr
    told = sweep("gallery", first.location, second.location, "--out", tmp_path / "here")
    assert told.stdout == f"{tmp_path / 'here' / 'gallery' / 'index.html'}\n"


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
