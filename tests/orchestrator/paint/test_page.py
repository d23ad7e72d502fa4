"""The page of `sweep paint` in a real browser, by mouse and by finger."""

import numpy as np
import pytest
from PIL import Image

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def look(chromium, serve, easel):
    """Opens the page; whatever it logs, or asks of another place, fails the test at its end."""
    contexts, complaints = [], []

    def open_page(**options):
        server = serve(easel)
        context = chromium.new_context(**{"viewport": {"width": 1100, "height": 700}} | options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        # Only these tests read the result's pixels again and again, of which Chromium warns.
        page.on("console", lambda said: "willReadFrequently" in said.text or complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith((server.url, "blob:")) or complaints.append(asked.url))
        page.complaints = complaints
        page.goto(server.url)
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def at(page, x, y):
    """Where a pixel of the sketch is on the screen."""
    box = page.locator("#hints").bounding_box()
    return box["x"] + (x + 0.5) * box["width"] / 96, box["y"] + (y + 0.5) * box["height"] / 64


def pixel(page, canvas, x, y):
    script = "([id, x, y]) => [...document.getElementById(id).getContext('2d').getImageData(x, y, 1, 1).data]"
    return page.evaluate(script, [canvas, x, y])


def settle(page):
    """Wait until the result is that of the last change."""
    page.wait_for_selector("#painted:not([aria-busy])")


def drag(page, *points):
    page.mouse.move(*at(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*at(page, *point))
    page.mouse.up()
    settle(page)


def is_near(found, colour):
    return np.abs(np.array(found[:3]) - colour).max() < 30


def test_a_stroke_colours_the_box_up_to_its_lines_and_undo_takes_it_back(look):
    page = look()
    blank = pixel(page, "painted", 60, 30)
    page.get_by_role("radio", name="#2e7d4a").click()
    drag(page, (30, 30), (36, 32), (40, 30))
    assert pixel(page, "hints", 36, 32) == [46, 125, 74, 255]
    assert pixel(page, "hints", 60, 30) == [0, 0, 0, 0]
    assert is_near(pixel(page, "painted", 60, 30), (46, 125, 74))
    assert not is_near(pixel(page, "painted", 60, 5), (46, 125, 74))
    page.keyboard.press("Control+z")
    settle(page)
    assert pixel(page, "hints", 36, 32) == [0, 0, 0, 0]
    assert pixel(page, "painted", 60, 30) == blank
    assert page.locator("#undo").is_disabled()


def test_every_pixel_of_a_stroke_has_the_colour_or_none(look):
    page = look()
    page.locator("#size").fill("9")
    drag(page, (30, 25), (60, 40))
    found = page.evaluate("[...document.getElementById('hints').getContext('2d').getImageData(0, 0, 96, 64).data]")
    assert {tuple(one) for one in np.reshape(found, (-1, 4)).tolist()} == {(0, 0, 0, 0), (216, 74, 60, 255)}


def test_the_eraser_takes_away_and_clear_takes_all(look):
    page = look()
    drag(page, (30, 30), (50, 30))
    page.locator("#eraser").click()
    drag(page, (30, 30), (40, 30))
    assert pixel(page, "hints", 32, 30)[3] == 0
    assert pixel(page, "hints", 50, 30)[3] == 255
    page.locator("#clear").click()
    settle(page)
    assert pixel(page, "hints", 50, 30)[3] == 0
    page.locator("#undo").click()
    settle(page)
    assert pixel(page, "hints", 50, 30)[3] == 255


def test_saved_hints_are_a_picture_for_grids_and_are_there_the_next_time(look, easel):
    page = look()
    page.get_by_role("radio", name="#000000").click()
    drag(page, (45, 30), (50, 30))
    page.locator("#save").click()
    page.wait_for_selector("#kept:not([hidden])")
    assert page.locator("#line").text_content() == easel.line
    saved = np.asarray(Image.open(easel.file))
    assert saved[30, 48].tolist() == [0, 0, 0, 255]
    assert not saved[:20].any()
    again = look()
    assert pixel(again, "hints", 48, 30) == [0, 0, 0, 255]
    assert is_near(pixel(again, "painted", 60, 40), (0, 0, 0))


def test_a_finger_paints_and_does_not_scroll(look):
    page = look(**PHONE)
    session = page.context.new_cdp_session(page)

    def send(kind, *points):
        touches = [{"x": x, "y": y, "id": 1} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    page.get_by_role("radio", name="#3478c4").tap()
    send("touchStart", at(page, 40, 25))
    for y in range(26, 40, 3):
        send("touchMove", at(page, 40, y))
    send("touchEnd")
    settle(page)
    assert pixel(page, "hints", 40, 32) == [52, 120, 196, 255]
    assert is_near(pixel(page, "painted", 60, 30), (52, 120, 196))
    assert page.evaluate("scrollY") == 0
    small = page.evaluate(
        "[...document.querySelectorAll('button')].filter((one) => one.getBoundingClientRect().height < 44).length"
    )
    assert small == 0


def test_what_goes_wrong_is_said(look, easel, monkeypatch):
    page = look()
    monkeypatch.setattr(easel, "painted_png", lambda content: (_ for _ in ()).throw(ValueError("is out of luck")))
    page.mouse.click(*at(page, 40, 30))
    page.locator("#message", has_text="The sketch could not be coloured: the picture is out of luck").wait_for()
    assert [text for text in page.complaints if "400" not in text] == []
    page.complaints.clear()
