"""The sheet, judged by its pixels."""

import itertools

import numpy as np
import pytest
from PIL import Image

import results
from results import GlyphWarning, SheetError
from results.sheets import drawing
from results.sheets.boxes import TextBox
from results.sheets.layout import arrange
from results.sheets.place import FAILED, MISSING, place

COLOURS = {1: (200, 0, 0), 2: (0, 200, 0), 3: (0, 0, 200), 4: (200, 200, 0), 5: (200, 0, 200), 6: (0, 200, 200)}


@pytest.fixture
def made(made_run):
    """Two rows and three columns, each cell of a colour of its own."""
    made = made_run()
    for number, (style, ratio) in enumerate(itertools.product(["strokes", "facets"], [1e-4, 1e-3, 1e-2]), start=1):
        made.add(number, COLOURS[number], size=(160, 120), style=style, ratio=ratio)
    return made


def words(page):
    """All lines of text on a page."""
    return [line for box in page.boxes if isinstance(box, TextBox) for line in box.block.lines]


def assert_inside(page):
    """Every box lies on the page."""
    for box in page.boxes:
        left, top, width, height = box.area
        assert left >= 0, box
        assert top >= 0, box
        assert left + width <= page.width, box
        assert top + height <= page.height, box


def boxes(sheet, colour):
    """Left, top, right and bottom of all pixels of exactly one colour."""
    rows, columns = np.nonzero((np.asarray(sheet) == colour).all(axis=2))
    return columns.min(), rows.min(), columns.max(), rows.max()


def test_each_trial_is_in_its_cell_at_its_own_size(made):
    run = made.write(axes=[["style"], ["ratio"]])
    sheet = results.sheet(results.load(run.location))
    placed = {number: boxes(sheet, colour) for number, colour in COLOURS.items()}
    for left, top, right, bottom in placed.values():
        assert (right - left + 1, bottom - top + 1) == (160, 120)
    lefts, tops = [placed[number][0] for number in (1, 2, 3)], [placed[number][1] for number in (1, 4)]
    assert lefts == sorted(lefts)
    assert tops == sorted(tops)
    assert [placed[number][0] for number in (4, 5, 6)] == lefts
    assert {placed[number][1] for number in (1, 2, 3)} == {tops[0]}


def test_failed_missing_and_skipped_cells_look_different(made_run):
    made = made_run().add(1, (1, 2, 3), size=(200, 200), style="a", ratio=1e-4)
    made.add(2, status="failed", error="the loss was not finite at step 3", size=(200, 200), style="a", ratio=1e-3)
    made.add(3, style="b", ratio=1e-4)
    run = made.write(axes=[["style"], ["ratio"]])
    trials = results.load(run.location, missing=True)
    layout = arrange(trials, ["style"], ["ratio"])
    assert len(layout.rows) * len(layout.columns) == len(layout.cells) + 1  # one is no point of the grid
    sheet = results.sheet(trials, "style", "ratio")
    colours = {tuple(pixel) for pixel in np.asarray(sheet).reshape(-1, 3)}
    hexadecimal = {f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in colours}
    assert {FAILED, MISSING} <= hexadecimal
    assert "1 done, 1 failed, 1 not run yet" in words(place(trials, layout, 512))


def test_an_image_that_is_gone_is_said_and_the_rest_is_drawn(made):
    run = made.write(axes=[["style"], ["ratio"]])
    trials = results.load(run.location)
    run.write(trials.iloc[0]["image_path"], b"not a picture")
    sheet = results.sheet(trials)
    with pytest.raises(ValueError, match="zero-size"):
        boxes(sheet, COLOURS[1])
    assert boxes(sheet, COLOURS[2])


def test_a_sheet_too_large_is_drawn_smaller_and_says_so(made, monkeypatch):
    trials = results.load(made.write(axes=[["style"], ["ratio"]]).location)
    monkeypatch.setattr(drawing, "MOST_EDGE", {".png": 400})
    sheet = results.sheet(trials)
    assert max(sheet.size) <= 400
    left, _, right, _ = boxes(sheet, COLOURS[1])
    assert right - left + 1 < 160
    assert "images drawn at 37.5 % of their size" in words(place(trials, arrange(trials, None, None), 60))


def test_a_format_with_a_smaller_limit_gives_a_smaller_sheet(made_run):
    made = made_run()
    for number in range(1, 120):
        made.add(number, None, size=(400, 100), ratio=number / 1000)
    trials = results.load(made.write(axes=[["ratio"]]).location, missing=True)
    trials[["width", "height"]] = (400, 100)
    assert results.sheet(trials, suffix=".webp").width <= 16_383
    assert results.sheet(trials, suffix=".png").width <= 30_000
    with pytest.raises(SheetError, match=r"cannot be saved as \.gif"):
        results.sheet(trials, suffix=".gif")


def test_stand_ins_and_weights_are_in_the_footer(made):
    trials = results.load(made.write(axes=[["style"], ["ratio"]]).location)
    trials["stand_ins"] = "astronaut for neckarfront; random weights for vgg16 original"
    text = " ".join(words(place(trials, arrange(trials, None, None), 512)))
    assert "stand-ins: astronaut for neckarfront; random weights for vgg16 original" in text
    assert "weights: vgg16 random (sha256 abababab…)" in text


def test_images_of_different_shapes_stay_inside_their_cells(made_run):
    made = made_run().add(1, COLOURS[1], size=(200, 100), ratio=1e-3).add(2, COLOURS[2], size=(90, 180), ratio=1e-2)
    sheet = results.sheet(results.load(made.write(axes=[["ratio"]]).location))
    first, second = boxes(sheet, COLOURS[1]), boxes(sheet, COLOURS[2])
    assert first[2] < second[0]
    assert (first[2] - first[0] + 1) / (first[3] - first[1] + 1) == pytest.approx(2, rel=0.03)
    assert (second[2] - second[0] + 1) / (second[3] - second[1] + 1) == pytest.approx(0.5, rel=0.03)


def test_a_single_trial_makes_a_sheet_too(made_run):
    sheet = results.sheet(results.load(made_run().add(1, COLOURS[1], size=(300, 300)).write().location))
    assert boxes(sheet, COLOURS[1])


def test_nothing_is_drawn_outside_the_sheet_with_hostile_labels(made_run):
    """Long, right-to-left, with line breaks and controls: the sheet stays as wide as its cells need."""
    labels = ["x" * 300, "\u202eevil\u202c " * 20, "a\tb\x07c\n\nd", "</script><b>", "日本語のラベル" * 10]
    made = made_run()
    for number, label in enumerate(labels, start=1):
        made.add(number, COLOURS[number], size=(128, 128), style=f"s{number}", labels={"style": label})
    trials = results.load(made.write(axes=[["style"]], title="T" * 500).location)
    for rows, columns in (("style", None), (None, "style")):
        page = place(trials, arrange(trials, [rows] if rows else [], [columns] if columns else []), 512)
        assert page.width < 3000
        assert_inside(page)
        with pytest.warns(GlyphWarning, match="lacks 7 of the characters .* boxes: の ベ ラ ル 日 本 語"):
            assert isinstance(results.sheet(trials, rows, columns), Image.Image)
