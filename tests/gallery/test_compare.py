"""Zoom, pan and comparisons, in a real browser."""

import io

import pytest
from PIL import Image

STYLES = ["swirls", "facets", "strokes"]
RATIOS = [1e-4, 1e-3, 1e-2]
PILE = "[...document.querySelectorAll('.pile img')].map((one) => one.getAttribute('src'))"
TRANSFORMS = """[...new Set([...document.querySelectorAll('td img')].map((one) => {
    const style = getComputedStyle(one);
    return style.transform + style.transformOrigin;
}))]"""


def cells(page):
    return page.locator("td[data-trial]")


def test_all_images_zoom_and_pan_together_and_keep_inside_their_frames(look, settle, make_run):
    page = look(make_run({"style": STYLES, "ratio": RATIOS}).run)
    box = cells(page).first.locator(".frame").bounding_box()
    before = page.evaluate(TRANSFORMS)
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    page.keyboard.up("Control")
    settle(page)
    after = page.evaluate(TRANSFORMS)
    assert len(before) == len(after) == 1
    assert before != after
    zoom = page.evaluate("gallery.view.zoom")
    assert zoom["factor"] > 1.5
    assert zoom["x"] == pytest.approx(0.75, abs=0.01)  # what was under the pointer stays there
    assert zoom["y"] == pytest.approx(0.25, abs=0.01)
    page.mouse.down()
    page.mouse.move(box["x"] + 2 * box["width"], box["y"] + 2 * box["height"], steps=5)
    page.mouse.up()
    settle(page)
    assert page.evaluate("gallery.view.zoom.x") == page.evaluate("gallery.view.zoom.y") == 0
    assert not page.is_visible("#viewer")  # the end of a drag is no click
    page.focus("#grid")
    page.keyboard.press("0")
    settle(page)
    assert page.evaluate(TRANSFORMS) == before


def test_two_images_are_compared_by_swipe_blink_and_difference(look, until, settle, make_run):
    made = make_run({"ratio": RATIOS})
    page = look(made.run, reduced_motion="no-preference")
    for number in (0, 2):
        cells(page).nth(number).click(modifiers=["Control"])
        settle(page)
    assert page.inner_text("#compare-button") == "Compare 2"
    page.click("#compare-button")
    page.click("#viewer-swipe")
    page.locator(".viewer-controls input").fill("25")
    clip = "getComputedStyle(document.querySelector('.pile .frame')).clipPath"
    assert page.evaluate(clip) == "inset(0px 75% 0px 0px)"
    assert all(source.startswith("../images/") for source in page.evaluate(PILE))  # never a lossy copy
    page.click("#viewer-blink")
    settle(page)
    seen = set()
    for _ in range(30):
        seen.add(page.locator(".pile .frame:not(.off) img").get_attribute("alt"))
        page.wait_for_timeout(60)
    assert len(seen) == 2
    page.click("#viewer-difference")
    settle(page)
    until(page, "[...document.querySelectorAll('.pile img')].every((one) => one.complete)")
    settle(page)
    different = brightest(page)
    page.select_option("#viewer-choice-1", "0")  # an image and itself
    settle(page)
    until(page, "[...document.querySelectorAll('.pile img')].every((one) => one.complete)")
    settle(page)
    assert different > 20
    assert brightest(page) == 0


def brightest(page):
    """The largest value in the middle of the comparison."""
    shot = Image.open(io.BytesIO(page.locator(".pile").screenshot())).convert("RGB")
    width, height = shot.size
    return max(high for _, high in shot.crop((width // 4, height // 4, width // 2, height // 2)).getextrema())


def test_blinking_waits_for_its_button_where_motion_is_reduced(look, make_run):
    made = make_run({"ratio": RATIOS})
    page = look(made.run, reduced_motion="reduce")
    ids = page.evaluate("gallery.table.ids")
    page = look(made.run, f"#select={ids[0]}%2C{ids[1]}&show=blink", write=False, reduced_motion="reduce")
    shown = page.locator(".pile .frame:not(.off) img").get_attribute("alt")
    page.wait_for_timeout(900)
    assert page.locator(".pile .frame:not(.off) img").get_attribute("alt") == shown
    assert page.is_visible("text=Play")
    page.click("text=Next")
    assert page.locator(".pile .frame:not(.off) img").get_attribute("alt") != shown


def test_a_comparison_names_what_differs_and_its_keys_keep_working(look, settle, make_run):
    made = make_run({"content": ["cat", "dog"], "style": STYLES, "ratio": RATIOS})
    page = look(made.run)
    ids = page.evaluate("gallery.table.ids")
    page = look(made.run, f"#select={ids[0]}%2C{ids[2]}&show=swipe", write=False)
    assert page.inner_text("#viewer-title") == "content cat, style swirls"
    assert page.locator("#viewer-choice-0 option").all_inner_texts() == ["α/β 10⁻⁴", "α/β 10⁻²"]
    for key in ("ArrowRight", "ArrowRight", "4"):
        page.keyboard.press(key)
        settle(page)
    assert page.locator(".stage.difference").count() == 1
    page.focus("#viewer-choice-0")
    page = look(made.run, f"#pin={ids[1]}%2C{ids[2]}&show=side", write=False)  # without any that is selected
    assert page.locator("#viewer figure").count() == 2
    assert "show=side" in page.evaluate("location.hash")


def test_images_of_different_sizes_are_enlarged_in_one_way(look, settle, make_run):
    made = make_run({"seed": [0, 1], "ratio": RATIOS}, size=(12, 9))
    page = look(made.run)
    page.evaluate("gallery.table.data.trials.sizes[1] = [6, 4]")  # as an axis of sizes makes them
    page.evaluate("gallery.update({ selected: [0, 1], show: 'swipe' })")
    settle(page)
    rendering = "[...document.querySelectorAll('.pile img')].map((one) => getComputedStyle(one).imageRendering)"
    assert page.evaluate(rendering) == ["auto", "auto"]
    page.evaluate("gallery.update({ selected: [0, 2] })")
    settle(page)
    assert page.evaluate(rendering) == ["pixelated", "pixelated"]
