"""The gallery as a person meets it: in a real browser."""

import shlex

import pytest

import results
from results.gallery.write import write_gallery

both = pytest.mark.parametrize("look", ["file", "http"], indirect=True)
STYLES = ["swirls", "facets", "strokes"]
SHOWN = """[...document.querySelectorAll('td[data-trial]:not(.filtered)')]
    .map((one) => gallery.table.ids[one.dataset.trial])"""
RATIOS = [1e-4, 1e-3, 1e-2]
AXES = {"content": ["cat", "astronaut"], "style": STYLES, "ratio": RATIOS}


def names(page, selector):
    return [text.strip() for text in page.locator(selector).all_inner_texts()]


def cells(page):
    return page.locator("td[data-trial]")


def view(page):
    return page.evaluate("location.hash")


def code_of(page):
    """What the Python that the page offers leaves in `trials`, without drawing a sheet."""
    code = "\n".join(line for line in page.evaluate("gallery.pandas()").splitlines() if "results.sheet" not in line)
    scope = {}
    exec(code, scope)
    return list(scope["trials"]["trial_id"])


@both
def test_the_sheets_axes_are_real_headers_and_every_image_is_there(look, until, make_run):
    made = make_run(AXES, size=(160, 120), sheet={"rows": ["content", "style"], "columns": ["ratio"]})
    page = look(made.run, viewport={"width": 1280, "height": 1400})
    assert names(page, "thead th[scope=col]") == ["10⁻⁴", "10⁻³", "10⁻²"]
    assert names(page, "th[scope=rowgroup]") == ["content: cat", "content: astronaut"]
    assert names(page, "th[scope=row]") == STYLES * 2
    assert cells(page).count() == 18
    until(page, "[...document.querySelectorAll('td img')].every((one) => one.complete && one.naturalWidth)")
    assert page.locator("td img").first.get_attribute("alt") == "content cat, style swirls, α/β 10⁻⁴"
    assert page.locator("td img").first.get_attribute("src").endswith(".webp")
    assert page.title() == "A title – gallery"


def test_an_axis_without_a_place_is_a_slider_that_flips_with_the_arrow_keys(look, settle, make_run):
    page = look(make_run(AXES, sheet={"rows": ["style"], "columns": ["ratio"]}).run)
    first = cells(page).first.get_attribute("data-trial")
    page.focus("#slider-content")
    page.keyboard.press("ArrowRight")
    settle(page)
    assert "at.content=astronaut" in view(page)
    assert cells(page).first.get_attribute("data-trial") != first
    assert page.evaluate("document.activeElement.id") == "slider-content"
    assert page.get_attribute("#slider-content", "aria-valuetext") == "astronaut"
    page.focus("#grid")
    page.keyboard.press("[")
    settle(page)
    assert "at.content" not in view(page)


def test_axes_change_places(look, settle, make_run):
    page = look(make_run(AXES, sheet={"rows": ["style"], "columns": ["ratio"]}).run)
    page.select_option("#place-rows", "ratio")
    settle(page)
    assert "rows=ratio&columns=style" in view(page)
    assert names(page, "thead th[scope=col]") == STYLES
    page.select_option("#place-super-columns", "content")
    settle(page)
    assert names(page, "th[scope=colgroup]") == ["content: cat", "content: astronaut"]
    assert cells(page).count() == 18
    assert not page.is_visible("#sliders")


@both
def test_a_link_shows_the_same_view(look, settle, make_run):
    made = make_run(AXES, sheet={"rows": ["style"], "columns": ["ratio"]})
    page = look(made.run)
    ids = page.evaluate("gallery.table.ids")
    link = (
        f"#rows=ratio&columns=content&super-rows=&super-columns=&at.style=facets&where=total_loss%3C%3D500"
        f"&where=style!%3Dswirls&caption=seconds&size=120&zoom=2.5&x=0.25&y=0.75&cell={ids[4]}"
        f"&select={ids[1]}%2C{ids[4]}&show=swipe&pin=content%2C{ids[2]}"
    )
    for again in (look(made.run, link, write=False), page):
        if again is page:
            page.evaluate("link => { location.hash = link }", link)
            page.wait_for_selector("#viewer[open]")
            settle(page)
        assert view(again) == link
        seen = again.evaluate("({...gallery.view})")
        assert seen["where"] == [
            {"column": "total_loss", "operator": "<=", "value": "500"},
            {"column": "style", "operator": "!=", "value": "swirls"},
        ]
        assert (seen["zoom"], seen["selected"], seen["pins"]) == (
            {"factor": 2.5, "x": 0.25, "y": 0.75}, [1, 4], ["content", 2]
        )  # fmt: skip
        assert again.locator("#viewer .pile .frame").count() == 2


def test_a_link_that_names_what_is_not_here_says_so(look, make_run):
    page = look(make_run(AXES).run, "#rows=zoom&at.style=monet&where=nothing%3C1&cell=abcdef0123456789&sort=-no&size=x")
    assert cells(page).count() > 0
    notice = page.inner_text("#notice")
    for name in ("axis zoom", "style monet", "nothing<1", "trial abcdef0123456789", "column no"):
        assert name in notice


def test_a_tour_by_keyboard_alone(look, settle, make_run):
    page = look(make_run(AXES, sheet={"rows": ["style"], "columns": ["ratio"]}).run)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == "grid":
            break
        page.keyboard.press("Tab")
    settle(page)
    assert page.get_attribute("#grid", "aria-activedescendant") == "cell-0-0"
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
        settle(page)
    assert page.inner_text("#viewer-title") == "content cat, style facets, α/β 10⁻³"
    page.keyboard.press("ArrowRight")
    settle(page)
    assert page.inner_text("#viewer-title") == "content cat, style facets, α/β 10⁻²"
    page.keyboard.press("Escape")
    settle(page)
    assert not page.is_visible("#viewer")
    assert page.evaluate("document.activeElement.id") == "grid"
    for key in ("Space", "Home", "Space", "c"):
        page.keyboard.press(key)
        settle(page)
    assert page.locator("#viewer figure").count() == 2
    for key, mode in (("2", "swipe"), ("3", "blink"), ("4", "difference"), ("1", "side")):
        page.keyboard.press(key)
        settle(page)
        assert page.locator(f".stage.{mode}").count() == 1
    page.keyboard.press("Escape")
    for key in ("x", "w"):
        page.keyboard.press(key)
        settle(page)
    assert view(page).startswith("#view=wall&")
    assert "select" not in view(page)
    page.keyboard.press("?")
    settle(page)
    assert page.is_visible("#help")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    settle(page)
    assert not page.is_visible("#inspector")
    page.keyboard.press("t")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_focus_and_hover_show_settings_pictures_and_curves(look, until, settle, make_run):
    page = look(make_run({"style": STYLES, "ratio": RATIOS}).run)
    cells(page).nth(4).hover()
    page.wait_for_selector("#inspector canvas")
    text = page.inner_text("#inspector")
    assert "facets · 10⁻³" in text
    assert "conv1_1 + conv2_1" in page.locator("#inspector").text_content()
    label = page.get_attribute("#inspector .plot [role=img]", "aria-label")
    assert label.startswith("Total loss 1800 at step 0, 200 at step 20")
    assert page.locator("#inspector figure img").count() == 2
    page.focus("#grid")
    page.keyboard.press("End")
    settle(page)
    page.mouse.move(5, 5)
    until(page, "document.querySelector('#inspector h2').textContent.startsWith('swirls')")
    page.click("#inspector figure:first-child button")
    settle(page)
    assert page.is_visible("#references")
    assert page.inner_text("#references figcaption span") == "content: cat"


HOSTILE = [
    "</script><script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 2'>",
    "__proto__",
    "constructor",
    "a\"b'c`d\\e",
    "\u202eevil\u202c\u2028line\ttab\x07",
    "%41&x=1#y+z,w",
    "日本語 " * 40,
    "{{7*7}} ${7*7}",
]


def test_hostile_labels_are_only_names(look, settle, make_run):
    # As labels of the grid: of a path only the last part is shown.
    axes, sheet = {"style": HOSTILE, "ratio": RATIOS}, {"rows": ["ratio"], "columns": []}
    made = make_run(axes, sheet=sheet, labels={"style": HOSTILE})
    page = look(made.run)
    keys = page.evaluate("gallery.table.axis('style').values.map((value) => value.key)")
    assert keys[0] == HOSTILE[0]
    assert not any(character in key for key in keys for character in "\u202e\u2028\x07\t")
    for place, key in enumerate(keys):
        page.evaluate("(place) => gallery.flipTo(gallery.table.axis('style'), place)", place)
        settle(page)
        assert page.text_content("#sliders output") == key
        link = view(page)
        page.evaluate("() => { gallery.flipTo(gallery.table.axis('style'), 0) }")
        settle(page)
        page.evaluate("link => { location.hash = link }", link)
        settle(page)
        assert page.evaluate("gallery.view.at.style") == place
        chosen = page.evaluate("gallery.layout.rows.map((_, row) => gallery.table.ids[gallery.layout.trialAt(row, 0)])")
        assert code_of(page) == chosen
    page.select_option("#place-columns", "style")
    cells(page).first.hover()
    settle(page)
    assert page.text_content("thead th .label") == HOSTILE[0]
    assert page.evaluate("window.pwned") is None
    assert page.locator("script:not([src])").count() == 0


def test_a_hostile_title_column_and_error_are_only_texts(look, make_run):
    made = make_run({"style": ["a", "b"]}, failed={1: "</p><script>window.pwned = 3</script>\x1b[31m"})
    metadata = made.run.metadata()
    metadata["grid"]["title"] = "<b onclick=x>T</b>"
    made.run.write_metadata(metadata)
    page = look(made.run)
    assert page.inner_text("#title") == "<b onclick=x>T</b>"
    assert "</p><script>" in page.inner_text(".frame.failed")
    assert page.evaluate("window.pwned") is None


def test_ragged_failed_and_missing_cells_say_what_they_are(look, settle, make_run):
    made = make_run(
        {"style": STYLES, "ratio": RATIOS},
        failed={1: "the loss was not finite"},
        missing={2},
        excluded={4, 5},
    )
    page = look(made.run)
    assert names(page, ".frame.failed") == ["failed the loss was not finite"]
    assert names(page, ".frame.missing") == ["not run yet"]
    assert page.locator("td.absent").count() == 2
    assert page.locator("td.absent").first.text_content() == "not in the grid"
    page.focus("#grid")
    page.keyboard.press("ArrowRight")
    settle(page)
    assert "the loss was not finite" in page.inner_text("#inspector .reason")
    page.keyboard.press("ArrowLeft")
    for key in ("ArrowDown", "ArrowRight"):  # to where the row has no more trials
        page.keyboard.press(key)
        settle(page)
    assert page.get_attribute("#grid", "aria-activedescendant") == "cell-1-0"
    assert page.inner_text("#progress") == "5 of 7 done · 1 failed · not running"


def test_a_failed_trial_with_a_last_good_image_looks_like_no_success(look, settle, make_run):
    made = make_run({"seed": [0, 1, 2, 3]}, failed={3: "the loss was not finite"}, last_good={3})
    page = look(made.run, "#caption=total_loss")
    assert names(page, ".badge") == ["failed"]
    assert names(page, ".caption .metric") == ["1000", "500", "333", "failed"]
    assert page.inner_text("#progress") == "4 trials · 1 failed"
    page.evaluate("gallery.update({ mode: 'wall', sort: { column: 'total_loss', down: false } })")
    settle(page)
    # Its loss would be the smallest.
    assert page.evaluate("gallery.sorted()") == [2, 1, 0, 3]
    assert page.evaluate(SHOWN) == code_of(page)
    assert names(page, ".badge") == ["failed"]
    cells(page).nth(3).click()
    settle(page)
    assert names(page, "#viewer .badge") == ["failed"]
    assert names(page, "#viewer figcaption .metric") == ["failed"]
    assert "Failed: the loss was not finite" in page.get_attribute("#viewer .frame img", "alt")


def test_sliders_can_be_dragged(look, settle, make_run):
    axes = {"seed": list(range(30)), "ratio": RATIOS}
    page = look(make_run(axes, sheet={"rows": ["ratio"], "columns": []}).run)
    for slider, value in (("#slider-seed", "gallery.view.at.seed"), ("#size", "gallery.view.size")):
        box = page.locator(slider).bounding_box()
        seen = set()
        page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
        page.mouse.down()
        for step in range(1, 5):
            page.mouse.move(box["x"] + 10 + step * 20, box["y"] + box["height"] / 2)
            settle(page)
            seen.add(page.evaluate(value))
        page.mouse.up()
        assert len(seen) == 4


def test_what_is_looked_at_stays_while_a_sweep_goes_on(look, until, settle, make_run):
    made = make_run({"seed": list(range(12)), "ratio": RATIOS}, missing={35})
    write_gallery(made.run, next_in=300.0, thumbnails=False)
    page = look(made.run, "#size=200&cell=" + results.load(made.run.location)["trial_id"][0], write=False)
    page.evaluate("document.querySelector('#grid-scroller').scrollTop = 900")
    settle(page)
    made.add([35])
    write_gallery(made.run, thumbnails=False)
    page.evaluate("gallery.load('state.js', 'new')")
    until(page, "document.querySelector('#progress').textContent === '36 trials'")
    settle(page)
    assert page.evaluate("document.querySelector('#grid-scroller').scrollTop") == 900
    link = view(page)
    page.focus(".skip")
    page.keyboard.press("Enter")
    settle(page)
    assert page.evaluate("document.activeElement.id") == "grid"
    assert view(page) == link


def test_the_details_stay_when_the_pointer_goes_to_them(look, until, settle, make_run):
    page = look(make_run({"style": STYLES, "ratio": RATIOS}).run)
    cells(page).nth(4).hover()
    until(page, "document.querySelector('#inspector h2')?.textContent === 'facets · 10⁻³'")
    box = page.locator("#inspector").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 300)
    settle(page)
    assert page.inner_text("#inspector h2") == "facets · 10⁻³"
    page.click("#inspector summary >> nth=0")
    assert page.is_visible("#inspector details[open]")


def test_the_first_key_acts_on_the_first_image(look, settle, make_run):
    run = make_run({"style": STYLES, "ratio": RATIOS}).run
    page = look(run)
    for key, expected in (("ArrowRight", "cell-0-0"), ("ArrowRight", "cell-0-1")):
        page.keyboard.press(key)
        settle(page)
        assert page.get_attribute("#grid", "aria-activedescendant") == expected
    page = look(run, write=False)
    page.keyboard.press("Enter")
    settle(page)
    assert page.inner_text("#viewer-title") == "style swirls, α/β 10⁻⁴"
    page = look(run, write=False)
    page.keyboard.press("Space")
    settle(page)
    assert page.evaluate("gallery.view.selected") == [0]
    page.locator("#cell-1-2").click(modifiers=["Shift"])
    settle(page)
    assert page.evaluate("gallery.view.selected.toSorted()") == [0, 1, 2, 3, 4, 5]


def test_filters_read_numbers_as_people_write_them_and_labels(look, settle, make_run):
    made = make_run(
        {"style_layers": [["conv1_1"], ["conv1_1", "conv2_1"]], "ratio": RATIOS},
        labels={"style_layers": ["few", "many"]},
    )
    page = look(made.run, "#view=wall")
    shown = page.evaluate(SHOWN)

    def added(column, operator, value):
        page.select_option("#filter-column", column)
        page.select_option("#filter-operator", operator)
        page.fill("#filter-value", value)
        page.keyboard.press("Enter")
        settle(page)
        return names(page, ".chip")

    assert added("total_loss", "<", "4,5e2") == ["total loss below 450 ×"]
    assert added("ratio", ">", "10⁻⁴") == ["total loss below 450 ×", "α/β above 0.0001 ×"]
    assert page.evaluate(SHOWN) == [one for at, one in enumerate(shown) if at in (2, 4, 5)] == code_of(page)
    assert len(added("total_loss", "<", "few")) == 2
    assert "few is not a number" in page.inner_text("#filter-error")
    assert len(added("style_layers", "=", "many")) == 3
    assert page.evaluate(SHOWN) == shown[4:] == code_of(page)


def test_captions_have_one_notation_and_the_metric_can_be_compared(look, make_run):
    metrics = {"style_distance": lambda number: 0.0012345 * 3**number, "structural_similarity": lambda number: 0.5}
    made = make_run({"ratio": RATIOS}, metrics=metrics)
    page = look(made.run)
    assert page.evaluate("gallery.view.caption") == "style_distance"
    assert names(page, ".caption .metric") == ["0.00123", "0.00370", "0.0111"]
    page = look(made.run, "#caption=total_loss", write=False)
    assert names(page, ".caption .metric") == ["1000", "500", "333"]


def test_a_grid_of_few_columns_fills_the_width(look, make_run):
    page = look(
        make_run({"seed": [0, 1, 2, 3, 4, 5, 6, 7], "ratio": RATIOS}).run, viewport={"width": 1400, "height": 900}
    )
    right = page.locator("#cell-0-2").bounding_box()
    scroller = page.locator("#grid-scroller").bounding_box()
    assert scroller["x"] + scroller["width"] - right["x"] - right["width"] < 40
    page.set_viewport_size({"width": 900, "height": 700})
    assert page.locator("#inspector").bounding_box()["x"] > 500  # beside the images, not below them


def test_axes_that_move_together_are_one_and_repeated_values_are_told_apart(look, make_run):
    pairs = [("swirls", 8.0), ("swirls", 10.0), ("facets", 10.0)]
    page = look(make_run({("style", "learning_rate"): pairs, "ratio": RATIOS}).run)
    assert page.evaluate("gallery.table.axes.map((axis) => axis.name)") == ["style", "ratio"]
    keys = page.evaluate("gallery.table.axes[0].values.map((value) => value.key)")
    assert keys == ["swirls, learning rate 8", "swirls, learning rate 10", "facets, learning rate 10"]
    assert cells(page).count() == 9


def test_filters_and_order_agree_with_pandas(look, settle, make_run):
    made = make_run({"style": STYLES, "ratio": RATIOS}, failed={3: "no"})
    page = look(made.run, "#view=wall")
    page.select_option("#filter-column", "total_loss")
    page.select_option("#filter-operator", "<")
    page.fill("#filter-value", "400")
    page.keyboard.press("Enter")
    page.select_option("#sort", "total_loss")
    page.click("#direction")
    settle(page)
    table = results.load(made.run.location).query("total_loss < 400").sort_values("total_loss", ascending=False)
    shown = page.evaluate(SHOWN)
    assert shown == list(table["trial_id"]) == code_of(page)
    assert len(shown) == 6
    page.select_option("#filter-column", "style")
    page.select_option("#filter-operator", "~")
    page.fill("#filter-value", "s")
    page.keyboard.press("Enter")
    page.select_option("#filter-operator", "!=")
    page.fill("#filter-value", "swirls")
    page.keyboard.press("Enter")
    settle(page)
    assert page.locator(".chip").count() == 3
    assert len(code_of(page)) == page.locator("td[data-trial]").count() > 0
    page.click(".chip >> nth=0")
    settle(page)
    assert page.locator(".chip").count() == 2
    page.click("#mode-grid")
    settle(page)
    assert page.locator("td.filtered").count() == 3


def test_the_command_draws_the_same_cells(look, make_run, sweep, tmp_path):
    made = make_run(
        {**AXES, "style_layers": [["conv1_1"], ["conv1_1", "conv2_1"]]}, labels={"style_layers": ["few", "many"]}
    )
    link = "#rows=style&columns=ratio&super-rows=content&super-columns=&at.style_layers=many&where=ratio%3C0.005"
    page = look(made.run, link, viewport={"width": 1280, "height": 1400})
    words = shlex.split(page.evaluate("gallery.command()"))
    assert words[:3] == ["sweep", "sheet", made.run.location]
    drawn = sweep(*words[1:], "--out", tmp_path / "sheet.png")
    assert drawn.exit_code == 0, drawn.stderr
    shown = page.evaluate(SHOWN)
    assert sorted(code_of(page)) == sorted(shown)
    assert len(shown) == 12
    page.click("#copy-button")
    assert page.locator("#copy textarea").count() == 3
    assert page.input_value("#copy textarea >> nth=0") == page.url


def test_an_image_that_went_is_said_and_a_thumbnail_that_went_is_replaced(look, until, make_run):
    made = make_run({"ratio": RATIOS})
    write_gallery(made.run)
    first, second = results.load(made.run.location)[["image_path", "pixels_sha256"]].values[:2]
    made.run.remove([made.run.thumbnail_path(first[1], 96), first[0], made.run.thumbnail_path(second[1], 96)])
    look.expected = "ERR_FILE_NOT_FOUND"
    page = look(made.run, write=False)
    page.wait_for_selector("text=its image is missing or damaged")
    until(page, "document.querySelectorAll('td img').length === 2")
    until(page, "[...document.querySelectorAll('td img')].every((one) => one.naturalWidth)")


@both
def test_a_page_that_is_open_follows_a_running_sweep(look, until, settle, make_run):
    made = make_run({"style": STYLES, "ratio": RATIOS}, missing=set(range(2, 9)))
    write_gallery(made.run, next_in=1.0, thumbnails=False)
    page = look(made.run, "#size=100&caption=seconds", write=False)
    assert page.inner_text("#progress") == "2 of 9 done · running"
    page.click("#cell-0-1")
    page.evaluate("window.same = true")
    made.add(range(2, 9))
    write_gallery(made.run, thumbnails=False)
    until(page, "document.querySelector('#progress').textContent === '9 trials'")
    settle(page)
    assert page.locator("td img").count() == 9
    assert page.evaluate("window.same") is True  # the page is the same, and so is what it looks at
    assert page.is_visible("#viewer")
    assert "caption=seconds&size=100&cell=" in view(page)


@pytest.mark.parametrize(
    ("scheme", "hash"),
    [
        ("light", ""),
        ("dark", "#view=wall&zoom=2"),
        ("light", "#view=plot&front=yes"),
        ("dark", "#heat=cells&against=ratio"),
    ],
)
def test_nothing_stands_in_the_way_of_assistive_technology(look, settle, make_run, scheme, hash):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    made = make_run(
        {**AXES, "seed": [0, 1, 2]},
        failed={4: "no"},
        missing={5},
        excluded={8},
        sheet={"rows": ["content", "style"], "columns": ["ratio"]},
    )
    page = look(made.run, hash or "#pin=content%2Cstyle&where=total_loss%3E60", color_scheme=scheme)
    page.focus("#grid")
    for keys in (
        (),
        ("ArrowRight", "i", "i", "s", "Enter"),
        ("Escape", "v"),
        ("Escape", "Escape", "Space", "ArrowRight", "Space", "c", "2"),
    ):
        for key in keys:
            page.keyboard.press(key)
            settle(page)
        found = axe.run(page, options={"preload": False})  # it would fetch the style sheets, which the page forbids
        assert found.violations_count == 0, found.generate_report()
