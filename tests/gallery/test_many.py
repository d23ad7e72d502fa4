"""Ten thousand cells: the document stays small, and something is seen at once."""

import time

import pytest

from results.gallery.write import write_gallery

MOST_NODES = 4_000


@pytest.fixture(scope="module")
def many(make_run_in, tmp_path_factory):
    """100 × 100 trials, some failed. Written once; 20 different images."""
    axes = {"seed": list(range(100)), "ratio": [10.0 ** (-5 + number / 20) for number in range(100)]}
    made = make_run_in(tmp_path_factory.mktemp("many") / "run", axes, failed={77: "no", 5050: "no"})
    write_gallery(made.run)
    return made.run


def nodes(page):
    return page.evaluate("document.getElementsByTagName('*').length")


def test_an_image_is_seen_and_the_document_stays_small(look, until, settle, many):
    began = time.monotonic()
    page = look(many, write=False)
    until(page, "[...document.querySelectorAll('td img')].some((one) => one.naturalWidth)")
    first_image = time.monotonic() - began
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
    counts = [nodes(page)]
    assert page.get_attribute("#grid", "aria-rowcount") == "101"
    for left, top in ((1e6, 0), (0, 1e6), (3000, 3000), (1e6, 1e6)):
        page.evaluate("([left, top]) => document.querySelector('#grid-scroller').scrollTo(left, top)", [left, top])
        settle(page)
        counts.append(nodes(page))
    assert page.locator("#cell-99-99").is_visible()
    page.evaluate("gallery.update({ size: 48 })")
    settle(page)
    counts.append(nodes(page))
    page.evaluate("gallery.update({ mode: 'wall', size: null, sort: { column: 'total_loss', down: true } })")
    settle(page)
    counts.append(nodes(page))
    assert page.evaluate("gallery.layout.rows.length * gallery.layout.columns.length") >= 10_000
    assert max(counts) < MOST_NODES, counts
    print(f"{max(counts)} nodes, first paint {paint:.2f} s, first image {first_image:.2f} s")  # for docs/gallery.md


def test_the_keyboard_reaches_every_corner(look, settle, many):
    page = look(many, "#size=100", write=False)
    page.focus("#grid")
    for key in ("End", "PageDown", "PageDown", "ArrowDown"):
        page.keyboard.press(key)
        settle(page)
    current = page.get_attribute("#grid", "aria-activedescendant")
    assert current.endswith("-99")
    assert int(current.split("-")[1]) > 5
    assert page.locator(f"#{current}").is_visible()
    box = page.locator(f"#{current} .frame").bounding_box()
    scroller = page.locator("#grid-scroller").bounding_box()
    assert scroller["x"] <= box["x"]
    assert box["x"] + box["width"] <= scroller["x"] + scroller["width"]
    assert scroller["y"] < box["y"]
    assert box["y"] + box["height"] <= scroller["y"] + scroller["height"]


def test_a_cell_that_a_link_names_is_in_sight(look, many):
    page = look(many, write=False)
    trial = page.evaluate("gallery.table.ids[7342]")
    page = look(many, f"#cell={trial}&size=100", write=False)
    assert page.get_attribute("#grid", "aria-activedescendant") == "cell-73-42"
    assert page.locator("#cell-73-42").is_visible()


def test_columns_of_very_many_trials_come_after_the_first_look(look, until, make_run, monkeypatch):
    monkeypatch.setattr("results.gallery.write.MOST_AT_ONCE", 5)
    made = make_run({"seed": [2, 0, 1], "ratio": [1e-4, 1e-3]})
    page = look(made.run)
    until(page, "Boolean(gallery.table.column('ratio'))")
    assert made.run.exists("gallery/columns.js")
    # A link may name any of them, and is shown at once as it says.
    again = look(made.run, "#view=wall&sort=-ratio&where=seed%3E0", write=False)
    assert again.evaluate("gallery.sorted()") == [1, 5, 0, 4]
    assert not again.is_visible("#notice")
