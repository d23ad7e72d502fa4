"""The gallery in a hand: narrow, and by fingers alone."""

import pytest

AXES = {"content": ["cat", "astronaut"], "style": ["swirls", "facets", "strokes"], "ratio": [1e-4, 1e-3, 1e-2]}
SHEET = {"rows": ["style"], "columns": ["ratio"]}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
WIDTH = "document.documentElement.scrollWidth"
SMALL_TARGETS = """[...document.querySelectorAll('button, select, input, summary, dialog[open] a')]
    .filter((one) => one.checkVisibility())
    .map((one) => [one.id || one.textContent, one.getBoundingClientRect()])
    .filter(([_, box]) => box.width && (box.height < 44 || box.width < 44))
    .map(([name, box]) => `${name}: ${box.width} × ${box.height}`)"""


@pytest.fixture
def touch(look, make_run, settle):
    """A phone's page, and fingers: `fingers(page, [(x, y), …], [(x, y), …])` moves each from here to there."""

    def open_page(view="", **options):
        return look(make_run(AXES, sheet=SHEET, **options).run, view, **PHONE)

    def fingers(page, start, end, steps=5):
        session = page.context.new_cdp_session(page)

        def send(kind, points):
            touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

        send("touchStart", start)
        for step in range(1, steps + 1):
            between = [
                (x + (to_x - x) * step / steps, y + (to_y - y) * step / steps)
                for (x, y), (to_x, to_y) in zip(start, end, strict=True)
            ]
            send("touchMove", between)
        send("touchEnd", [])
        settle(page)

    open_page.fingers = fingers
    return open_page


def middle(page, selector):
    box = page.locator(selector).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_images_have_the_page_and_everything_is_large_enough_for_a_finger(touch, settle):
    page = touch("#pin=content")
    assert page.evaluate(WIDTH) == 390
    assert page.locator("#grid-scroller").bounding_box()["height"] > 0.6 * 844
    assert page.evaluate(SMALL_TARGETS) == []
    page.tap("#toolbar-button")
    settle(page)
    assert page.is_visible("#place-rows")
    assert page.evaluate(SMALL_TARGETS) == []
    page.select_option("#place-rows", "content")
    page.go_back()
    settle(page)
    assert not page.is_visible("#place-rows")
    assert "rows=content" in page.url  # what was changed in the sheet stays
    page.tap("#inspector-button")
    settle(page)
    assert page.is_visible("#inspector")
    assert page.evaluate(SMALL_TARGETS) == []
    page.tap("#inspector .close")
    settle(page)
    assert not page.is_visible("#inspector")
    assert page.evaluate(WIDTH) == 390


def test_select_compare_and_back(touch, settle):
    page = touch()
    page.tap("#select-button")
    page.tap("#cell-0-0 .frame")
    page.tap("#cell-1-1 .frame")
    settle(page)
    assert not page.is_visible("#viewer")
    assert page.inner_text("#compare-button") == "Compare 2"
    page.tap("#compare-button")
    settle(page)
    for mode in ("swipe", "blink", "difference", "side"):
        page.tap(f"#viewer-{mode}")
        settle(page)
        assert page.evaluate(WIDTH) == 390
        assert page.evaluate(SMALL_TARGETS) == []
    page.tap("#viewer .close")
    settle(page)
    assert not page.is_visible("#viewer")
    page.tap("#select-button")
    page.tap("#cell-0-1 .frame")
    settle(page)
    assert page.is_visible("#viewer")
    page.go_back()
    settle(page)
    assert not page.is_visible("#viewer")
    assert "select=" in page.url
    page.go_forward()
    settle(page)
    assert page.is_visible("#viewer")


def test_two_fingers_zoom_all_images_and_one_swipes_to_the_neighbour(touch, settle):
    page = touch()
    x, y = middle(page, "#cell-1-1 .frame")
    touch.fingers(page, [(x - 10, y), (x + 10, y)], [(x - 40, y), (x + 40, y)])
    factor = page.evaluate("gallery.view.zoom.factor")
    assert factor == pytest.approx(4, rel=0.1)
    assert page.evaluate("visualViewport.scale") == 1  # the page itself is as it was
    assert not page.is_visible("#viewer")
    page.evaluate("gallery.resetZoom()")
    page.tap("#cell-1-1 .frame")
    settle(page)
    assert "style facets, α/β 10⁻³" in page.inner_text("#viewer-title")
    x, y = middle(page, ".stage .frame")
    touch.fingers(page, [(x + 60, y)], [(x - 60, y)])
    assert "style facets, α/β 10⁻²" in page.inner_text("#viewer-title")
    touch.fingers(page, [(x, y + 60)], [(x, y - 60)])
    assert "style strokes, α/β 10⁻²" in page.inner_text("#viewer-title")
    touch.fingers(page, [(x - 20, y), (x + 20, y)], [(x - 60, y), (x + 60, y)])
    zoom = page.evaluate("gallery.view.zoom")
    assert zoom["factor"] == pytest.approx(3, rel=0.1)
    touch.fingers(page, [(x - 60, y)], [(x + 60, y)])  # now it pans
    assert "style strokes, α/β 10⁻²" in page.inner_text("#viewer-title")
    assert page.evaluate("gallery.view.zoom.x") < zoom["x"]


def test_back_knows_what_was_closed_and_opened_again_at_once(touch, settle, until):
    page = touch()
    page.evaluate("gallery.openViewer('one', 0)")
    settle(page)
    # Opened again before the browser has gone back.
    page.evaluate(
        """() => {
            const again = () => gallery.openViewer('one', 1);
            document.querySelector('#viewer').addEventListener('close', again, { once: true });
            gallery.closeViewer();
        }"""
    )
    until(page, "history.state.depth === 1 && document.querySelector('#viewer').open")
    settle(page)
    assert page.is_visible("#viewer")
    page.go_back()
    settle(page)
    assert not page.is_visible("#viewer")
    assert "cell=" in page.url


def test_a_phone_on_its_side_has_room_for_images_too(look, make_run, settle):
    lying = {**PHONE, "viewport": {"width": 844, "height": 390}}
    page = look(make_run(AXES, sheet=SHEET).run, **lying)
    assert page.locator("#grid-scroller").bounding_box()["height"] > 0.5 * 390
    assert page.evaluate(SMALL_TARGETS) == []
    page.tap("#cell-0-0 .frame")
    settle(page)
    assert page.locator(".stage .frame").bounding_box()["height"] > 0.4 * 390


def test_stars_values_films_and_boxes_by_finger(touch, settle, until):
    metrics = {"style_distance": lambda number: 0.1 + number / 100, "structural_similarity": lambda number: number / 20}
    page = touch("#view=plot", metrics=metrics)
    box = page.locator(".chart canvas").bounding_box()
    corner, centre = (box["x"] + 66, box["y"] + 14), (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    touch.fingers(page, [corner], [centre])
    kept = page.evaluate("gallery.passing()")
    assert page.locator(".chip").count() == 4
    assert kept != list(range(18))
    page.touchscreen.tap(box["x"] + box["width"] - 20, box["y"] + box["height"] - 45)  # beside all dots
    settle(page)
    assert len(page.evaluate("gallery.passing()")) == 18
    page.tap("#toolbar-button")
    page.tap("#mode-grid")
    page.tap("#values-button")
    page.tap("#values summary:has-text('style')")
    page.tap("#values .tick:has-text('facets') input")
    page.tap("#values .close")
    settle(page)
    page.go_back()
    settle(page)
    assert page.locator("th[scope=row]").all_inner_texts() == ["swirls", "strokes"]
    page.tap("#cell-0-0 .frame")
    settle(page)
    page.tap("#viewer .star-button")
    page.tap("#viewer .play")
    until(page, "gallery.view.at.content === 1")
    page.tap("#viewer .play")
    page.tap("#viewer .close")
    settle(page)
    page.locator("#slider-content").fill("0")
    until(page, "document.querySelectorAll('td .star').length === 1")
