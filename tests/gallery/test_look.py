"""What an axis does, seen at one look: heatmap, hidden values, films, differences of the whole grid, steps."""

import io

from PIL import Image

STYLES = ["swirls", "facets", "strokes"]
RATIOS = [1e-4, 1e-3, 1e-2]
SHOWN = "[...document.querySelectorAll('td[data-trial]:not(.filtered)')].map((one) => Number(one.dataset.trial))"
SOURCES = "[...document.querySelectorAll('td img')].map((one) => one.getAttribute('src'))"
LOADED = "[...document.querySelectorAll('td img')].every((one) => one.complete && one.naturalWidth)"


def names(page, selector):
    return [text.strip() for text in page.locator(selector).all_inner_texts()]


def brightest(page, selector):
    shot = Image.open(io.BytesIO(page.locator(selector).first.screenshot())).convert("RGB")
    width, height = shot.size
    return max(high for _, high in shot.crop((width // 4, height // 4, width // 2, height // 2)).getextrema())


def test_a_metric_is_a_tint_or_a_heatmap_with_its_scale(look, settle, make_run):
    metrics = {"style_distance": lambda number: 0.1 * 10**number}
    made = make_run({"seed": [0, 1, 2, 3]}, metrics=metrics, failed={3: "no"}, last_good={3})
    page = look(made.run, "#caption=style_distance")
    page.select_option("#heat", "tint")
    settle(page)
    tints = page.evaluate("[...document.querySelectorAll('td')].map((one) => one.style.getPropertyValue('--tint'))")
    assert tints == ["rgb(68 1 84)", "rgb(33 145 140)", "rgb(253 231 37)", ""]  # viridis at 0, ½ and 1, by logarithm
    assert names(page, "#scale .end") == ["0.100", "10.0"]
    assert "logarithmic" in page.inner_text("#scale")
    page.focus("#grid")
    page.keyboard.press("h")
    settle(page)
    assert "heat=cells" in page.url
    assert names(page, ".frame.flat") == ["0.100", "1.00", "10.0"]
    assert page.locator("td .badge").count() == 1  # of what failed, no number is a measurement
    again = look(made.run, page.evaluate("location.hash"), write=False)
    assert names(again, ".frame.flat") == ["0.100", "1.00", "10.0"]


def test_values_are_hidden_one_by_one_and_links_and_code_say_so(look, settle, make_run):
    import results

    made = make_run({"style": STYLES, "ratio": RATIOS, "seed": [0, 1]}, sheet={"rows": ["style"], "columns": ["ratio"]})
    page = look(made.run)
    page.click("thead th .label >> nth=1")
    page.click("#values .tick:has-text('10⁻³') input")
    settle(page)
    assert names(page, "thead th[scope=col]") == ["10⁻⁴", "10⁻²"]
    page.click("#values summary >> nth=0")
    page.click("#values .tick:has-text('facets') button")
    settle(page)
    page.keyboard.press("Escape")
    assert names(page, "th[scope=row]") == ["facets"]
    assert names(page, ".chip") == ["style: 1 of 3 ×", "α/β: 2 of 3 ×"]
    assert "hide.style=swirls&hide.style=strokes&hide.ratio=10%E2%81%BB%C2%B3" in page.url
    scope = {}
    code = page.evaluate("gallery.pandas()").splitlines()
    exec("\n".join(line for line in code if "results.sheet" not in line), scope)
    table = results.load(made.run.location).query("style == 'facets' and ratio != 1e-3 and seed == 0")
    assert list(scope["trials"]["trial_id"]) == list(table["trial_id"])
    again = look(made.run, page.evaluate("location.hash"), write=False)
    assert again.evaluate(SHOWN) == page.evaluate(SHOWN)
    again.click("#mode-wall")
    settle(again)
    assert again.locator("td[data-trial]").count() == 4
    again.click(".chip >> nth=0")
    settle(again)
    assert again.locator("td[data-trial]").count() == 12


def test_an_axis_is_played_as_a_film(look, until, settle, make_run):
    page = look(make_run({"seed": [0, 1, 2], "ratio": RATIOS}, sheet={"rows": [], "columns": ["ratio"]}).run)
    page.evaluate("window.seen = new Set()")
    page.evaluate("setInterval(() => window.seen.add(gallery.view.at.seed), 20)")
    page.focus("#grid")
    page.keyboard.press(".")
    until(page, "window.seen.size === 3")
    assert page.get_attribute(".play", "aria-pressed") == "true"
    page.keyboard.press(".")
    settle(page)
    assert page.get_attribute(".play", "aria-pressed") == "false"


def test_the_whole_grid_against_a_neighbour_and_against_a_pinned_image(look, until, settle, make_run):
    made = make_run({"style": STYLES, "ratio": RATIOS}, sheet={"rows": ["style"], "columns": ["ratio"]})
    page = look(made.run)
    page.select_option("#against", "ratio")
    settle(page)
    # The first column has nothing before it.
    assert page.locator("td .against.difference").count() == 6
    assert page.locator("#cell-0-0 .against").count() == 0
    sources = page.evaluate("[...document.querySelectorAll('#cell-1-2 img')].map((one) => one.getAttribute('src'))")
    ids = page.evaluate("gallery.table.ids")
    assert sources == [f"../images/{ids[at][:2]}/{ids[at]}.png" for at in (5, 4)]  # never the lossy copies
    until(page, LOADED)
    assert brightest(page, "#cell-1-2 .frame") > 20
    page.click("#by-swipe")
    page.locator("#swipe-at").fill("30")
    settle(page)
    over = "getComputedStyle(document.querySelector('#cell-1-2 .over')).clipPath"
    assert page.evaluate(over) == "inset(0px 0px 0px 30%)"
    page = look(made.run, f"#pin={ids[0]}&against=pin&gain=16", write=False)
    assert page.locator("td .against").count() == 8
    page.evaluate("gallery.table.ids[3] = gallery.table.ids[0]")  # an image and itself
    page.evaluate("gallery.update({ gain: 8, by: 'swipe' })")
    settle(page)
    page.evaluate("gallery.update({ by: 'difference' })")
    settle(page)
    until(page, LOADED)
    assert brightest(page, "#cell-1-0 .frame") == 0
    page.click("#references button")
    settle(page)
    assert page.locator("td .against").count() == 0


def test_steps_show_the_images_on_the_way_for_all_at_once(look, until, settle, make_run):
    made = make_run({"style": STYLES, "ratio": RATIOS}, kept=(0, 5, 10))
    page = look(made.run)
    page.focus("#slider-of-steps")
    assert page.get_attribute("#slider-of-steps", "aria-valuetext") == "last"
    page.keyboard.press("ArrowLeft")
    settle(page)
    assert "step=10" in page.url
    assert all(source.endswith("/0000010.webp") for source in page.evaluate(SOURCES))
    until(page, LOADED)
    assert page.locator("td img").first.get_attribute("alt").endswith(", after 10 steps")
    page.locator("td[data-trial]").first.hover()
    page.wait_for_selector("#curves canvas")
    box = page.locator("#curves .u-over").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.24, box["y"] + box["height"] / 2)  # of 20 steps: the fifth
    settle(page)
    assert page.evaluate("gallery.view.step") == 5
    assert all(source.endswith("/0000005.webp") for source in page.evaluate(SOURCES))
    page.locator("td[data-trial]").first.click()
    page.wait_for_selector("#viewer img[src$='0000005.webp']")
    page.locator("#viewer-slider-of-steps").fill("3")
    page.wait_for_selector("#viewer img[src$='.png']")
    assert "step=" not in page.url
