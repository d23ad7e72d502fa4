"""The page in a real browser, by keyboard as people use it."""

import pytest

import results
from results.judge.votes import read_votes


@pytest.fixture
def look(chromium, serve):
    """Opens the page of a run; whatever it logs, or asks of another place, fails the test at its end."""
    contexts, complaints = [], []

    def open_page(run, axis=None, view="", **options):
        server = serve(run, axis, voter="ada")
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith(server.url) or complaints.append(request.url))
        page.goto(f"{server.url}{view}")
        page.complaints = complaints
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def shown(page, *, other_than=None):
    """The addresses of the two results, once the page has finished with whatever it was asked."""
    left = "#left[src]" if other_than is None else f'#left[src]:not([src="{other_than[0]}"])'
    page.wait_for_selector(f"#judge:not([aria-busy]) {left}", state="attached")
    return page.get_attribute("#left", "src"), page.get_attribute("#right", "src")


def pixel(page, side):
    """The colour of a result, which says which trial it is."""
    return page.evaluate(
        """(id) => {
            const canvas = document.createElement("canvas");
            const drawing = canvas.getContext("2d");
            drawing.drawImage(document.getElementById(id), 0, 0);
            return Array.from(drawing.getImageData(0, 0, 1, 1).data.slice(0, 3));
        }""",
        side,
    )


def test_a_sitting_by_keyboard(look, judged_run):
    made = judged_run({"ratio": [1e-4, 1e-3, 1e-2], "content": ["cat", "dog"]})
    page = look(made.run)
    seen, before = [], None
    for key, choice in [
        ("ArrowLeft", "left"),
        ("ArrowRight", "right"),
        ("ArrowDown", "tie"),
        ("t", "tie"),
        ("S", "skip"),
    ]:
        before = shown(page, other_than=before)
        seen.append((pixel(page, "left"), pixel(page, "right"), choice))
        page.keyboard.press(key)
    before = shown(page, other_than=before)
    assert page.text_content("#progress") == "5 votes · 5 of 6 pairs judged"
    votes = read_votes(made.run).to_pylist()
    # What was seen at the left is what the vote says was at the left.
    assert [([*bytes.fromhex(v["left"][:6])], [*bytes.fromhex(v["right"][:6])], v["choice"]) for v in votes] == seen
    assert {vote["voter"] for vote in votes} == {"ada"}
    page.keyboard.press("u")
    shown(page, other_than=before)
    assert (pixel(page, "left"), pixel(page, "right")) == seen[-1][:2]
    assert page.text_content("#progress") == "4 votes · 4 of 6 pairs judged"
    assert results.ratings(made.run.location).attrs["votes"] == 4


def test_a_key_that_is_held_votes_once(look, judged_run):
    made = judged_run({"ratio": [1e-4, 1e-3, 1e-2]})
    page = look(made.run)
    before = shown(page)
    for _ in range(5):  # without a key-up in between, so that all but the first are repeats
        page.keyboard.down("ArrowLeft")
    shown(page, other_than=before)
    page.keyboard.up("ArrowLeft")
    page.keyboard.press("Control+s")
    assert page.text_content("#progress") == "1 vote · 1 of 3 pairs judged"
    assert len(read_votes(made.run)) == 1


def test_the_axis_is_chosen_on_the_page(look, judged_run):
    made = judged_run({"ratio": [1e-4, 1e-3], "seed": [0, 1], ("learning_rate", "style_layers"): [(1.0, ["a"])]})
    page = look(made.run)
    page.wait_for_selector("#axes button")
    assert page.locator("#axes button").all_text_contents() == ["α/β", "seed"]
    page.keyboard.press("2")
    before = shown(page)
    assert page.text_content("#axis") == "seed"
    page.keyboard.press("ArrowLeft")
    shown(page, other_than=before)
    page.reload()  # the address has the axis
    before = shown(page)
    page.click("#other")
    page.keyboard.press("Enter")  # the first axis has the focus
    shown(page, other_than=before)
    assert page.text_content("#axis") == "α/β"
    page.click(".result[data-choice=right]")
    page.wait_for_selector("text=2 votes")
    assert read_votes(made.run)["axis"].to_pylist() == ["seed", "ratio"]


def test_nothing_on_the_page_says_how_a_result_was_made(look, judged_run):
    made = judged_run({"ratio": [1e-4, 1e-3]}, labels={"ratio": ["<b>first</b>", "the second"]})
    page = look(made.run)
    shown(page)
    held = page.content() + str(page.evaluate("axes")) + page.url
    for secret in (made.trial(0), made.trial(1), "first", "the second", "0.001", "strokes", "images/"):
        assert secret not in held
    assert page.evaluate("[...document.images].map((one) => one.title + one.alt)") == [
        "content picture",
        "style picture",
        "left result",
        "right result",
    ]


def test_a_vote_that_is_not_kept_is_said_and_can_be_given_again(look, judged_run, tmp_path):
    made = judged_run({"ratio": [1e-4, 1e-3, 1e-2]})
    page = look(made.run, "ratio")
    before = shown(page)
    (tmp_path / "run" / "votes.parquet").write_text("in the way")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("text=cannot write votes.parquet")
    assert shown(page) == before
    (tmp_path / "run" / "votes.parquet").unlink()
    page.keyboard.press("ArrowLeft")
    shown(page, other_than=before)
    assert page.text_content("#message") == ""
    assert len(read_votes(made.run)) == 1
    [complaint] = page.complaints  # the browser's own, about the status
    assert "500" in complaint
    page.complaints.clear()


def test_a_run_without_pairs_says_so(look, judged_run):
    page = look(judged_run({"ratio": [1e-4, 1e-3]}, missing=[(0,)]).run)
    page.wait_for_selector("text=There is no pair to judge")
    assert page.locator("[data-choice]:enabled").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_assistive_technology(look, judged_run, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = look(judged_run({"ratio": [1e-4, 1e-3], "seed": [0, 1]}).run, color_scheme=scheme)
    page.wait_for_selector("#axes button")
    for key in (None, "1"):
        if key:
            page.keyboard.press(key)
            shown(page)
        found = axe.run(page, options={"preload": False})
        assert found.violations_count == 0, found.generate_report()


def test_on_a_phone_the_results_are_above_each_other_and_all_is_large_enough_for_a_finger(look, judged_run):
    made = judged_run({"ratio": [1e-4, 1e-3]})
    page = look(made.run, has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 390, "height": 844})
    before = shown(page)
    upper, lower = (page.locator(f".result[data-choice={side}]").bounding_box() for side in ("left", "right"))
    assert lower["y"] >= upper["y"] + upper["height"]
    assert upper["height"] > 200
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    small = """[...document.querySelectorAll('button')].filter((one) => one.checkVisibility())
        .filter((one) => one.getBoundingClientRect().height < 44 || one.getBoundingClientRect().width < 44)"""
    assert page.evaluate(f"{small}.length") == 0
    assert page.get_by_role("button", name="upper", exact=True).is_visible()
    page.tap("nav [data-choice=left]")
    shown(page, other_than=before)
    assert read_votes(made.run)["choice"].to_pylist() == ["left"]
