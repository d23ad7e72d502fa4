"""Charts that are brushed together with the images."""

import pytest

RATIOS = [1e-4, 1e-3, 1e-2]
METRICS = {
    "style_distance": lambda number: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9][number],
    "structural_similarity": lambda number: [0.2, 0.1, 0.4, 0.4, 0.9, 0.3, 0.5, 0.95, 0.7][number],
}
SHOWN = "[...document.querySelectorAll('td[data-trial]')].map((one) => Number(one.dataset.trial))"


@pytest.fixture
def plotted(look, make_run):
    made = make_run({"seed": [0, 1, 2], "ratio": RATIOS}, metrics=METRICS)
    return lambda view="", **options: look(made.run, f"#view=plot{view}", **options)


def spot(page, across, up):
    """Where a value is in the scatter plot, in pixels of the page."""
    box = page.locator(".chart canvas").bounding_box()
    width, height = box["width"] - 64 - 16, box["height"] - 12 - 38
    x = page.evaluate("(value) => gallery.dimension('style_distance').place(value)", across)
    y = page.evaluate("(value) => gallery.dimension('structural_similarity').place(value)", up)
    return box["x"] + 64 + x * width, box["y"] + 12 + (1 - y) * height


def test_a_dot_shows_its_image_and_a_box_its_wall(plotted, settle, until):
    page = plotted()
    assert page.evaluate(SHOWN) == list(range(9))
    page.mouse.move(*spot(page, 0.5, 0.9))
    until(page, "document.querySelector('.tip').checkVisibility()")
    assert page.inner_text(".tip p") == "1 · 10⁻³"
    until(page, "document.querySelector('#inspector h2')?.textContent === '1 · 10⁻³'")
    page.mouse.move(*spot(page, 0.35, 0.98))
    page.mouse.down()
    page.mouse.move(*spot(page, 0.85, 0.45), steps=4)
    assert page.is_visible(".brush")
    page.mouse.up()
    assert not page.is_visible(".brush")
    settle(page)
    assert page.evaluate(SHOWN) == [4, 6, 7]
    assert page.locator(".chip").count() == 4  # a range of each, which filters and links know, too
    again = plotted(page.evaluate("location.hash").removeprefix("#view=plot"), write=False)
    assert again.evaluate(SHOWN) == [4, 6, 7]
    page.mouse.click(*spot(page, 0.15, 0.9))  # beside all dots
    settle(page)
    assert page.evaluate(SHOWN) == list(range(9))
    page.mouse.click(*spot(page, 0.9, 0.7))
    settle(page)
    assert page.inner_text("#viewer-title") == "seed 2, α/β 10⁻²"


def test_the_front_is_what_no_other_trial_beats(plotted, settle):
    page = plotted()
    page.check("#front")
    settle(page)
    # Small distances are good, large similarities are: each of these has more similarity than all with less distance.
    assert page.evaluate("gallery.frontOf()") == [0, 2, 4, 7]
    page.click("text=Select the 4")
    settle(page)
    assert page.evaluate("gallery.view.selected") == [0, 2, 4, 7]
    assert "front=yes" in page.url


def test_parallel_coordinates_are_brushed_axis_by_axis(plotted, settle):
    page = plotted("&chart=parallel")
    box = page.locator(".chart canvas").bounding_box()
    count = 5  # two axes, the two metrics of the scatter plot, the total loss
    left, step = box["x"] + 40, (box["width"] - 80) / (count - 1)
    height = box["height"] - 34 - 14

    def drag(axis, low, high):
        x = left + axis * step
        page.mouse.move(x, box["y"] + 34 + height * (1 - high))
        page.mouse.down()
        page.mouse.move(x, box["y"] + 34 + height * (1 - low), steps=3)
        page.mouse.up()
        settle(page)

    drag(0, 0.4, 1)  # seeds 1 and 2
    assert page.evaluate(SHOWN) == [3, 4, 5, 6, 7, 8]
    drag(2, 0, 0.6)  # style distances up to 0.58 or so
    assert page.evaluate(SHOWN) == [3, 4]
    assert "hide.seed=0" in page.url
    page.focus(".chart canvas")
    page.keyboard.press("ArrowRight")
    settle(page)
    assert page.evaluate("gallery.view.cell") == 3
    page.keyboard.press("Escape")
    settle(page)
    assert page.evaluate(SHOWN) == list(range(9))
