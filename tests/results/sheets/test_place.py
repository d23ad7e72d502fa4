"""Where things stand on a sheet, by its boxes and without painting it."""

import io
import itertools

import pytest
from PIL import Image

import results
from results.sheets.boxes import FillBox, ReferenceBox, TextBox
from results.sheets.drawing import _arranged
from results.sheets.layout import arrange, in_pages
from results.sheets.place import place


def page_of(made, axes, rows=None, columns=None, **orders):
    trials = results.load(made.write(axes=[[axis] for axis in axes], order=orders or None).location, missing=True)
    return place(trials, _arranged(trials, rows, columns), 512)


def pictures(page):
    """Each small picture that is shown, by its setting and the row of the table that it is taken from."""
    return [(box.picture, box.row) for box in page.boxes if isinstance(box, ReferenceBox)]


@pytest.fixture
def five(made_run):
    """Five axes, among them content and style."""
    made = made_run()
    values = {
        "content": ["cat", "dog"],
        "style": ["strokes", "facets"],
        "architecture": ["vgg16", "vgg19"],
        "ratio": [1e-3, 1e-2],
        "iterations": [1, 2],
    }
    for number, point in enumerate(itertools.product(*values.values()), 1):
        made.add(number, "red", **dict(zip(values, point, strict=True)))
    return made, list(values)


def test_groups_of_rows_show_their_pictures(five):
    page = page_of(*five)
    of_cat, of_dog = ("content", 0), ("content", 16)
    in_strokes, in_facets = ("style", 0), ("style", 8)
    assert pictures(page) == [of_cat, in_strokes, of_cat, in_facets, of_dog, in_strokes, of_dog, in_facets]


def test_outer_columns_show_their_pictures_too(five):
    page = page_of(*five, rows=["architecture", "ratio"], columns=["content", "style", "iterations"])
    assert sorted(pictures(page)) == sorted([("content", 0), ("content", 16)] + 2 * [("style", 0), ("style", 8)])


def test_rows_are_as_high_as_their_images_and_columns_as_wide(made_run):
    made = made_run()
    for number, (content, size) in enumerate([("wide", (200, 100)), ("tall", (100, 200))]):
        for at, ratio in enumerate([1e-3, 1e-2]):
            made.add(2 * number + at, "red", content=content, ratio=ratio, size=size)
    page = page_of(made, ["content", "ratio"], ["content"], ["ratio"])
    assert [page.results[number][2:] for number in range(4)] == [(200, 100)] * 2 + [(100, 200)] * 2
    assert page.results[2].top - page.results[0].bottom < 40  # not the height of the tall ones
    page = page_of(made, ["content", "ratio"], ["ratio"], ["content"])
    assert page.results[2].left - page.results[0].right < 40
    assert page.results[2].width == 100


def seeds(made_run, count):
    made = made_run()
    for number in range(count):
        made.add(number, "red", iterations=number + 1)
    return made


@pytest.mark.parametrize(("count", "rows"), [(8, 1), (9, 3), (20, 4), (100, 10)])
def test_one_long_axis_wraps(made_run, count, rows):
    page = page_of(seeds(made_run, count), ["iterations"])
    areas = page.results.values()
    assert len(areas) == count
    assert len({area.top for area in areas}) == rows
    order = sorted(page.results, key=lambda number: (page.results[number].top, page.results[number].left))
    assert order == list(range(count))
    labels = [box.block.lines for box in page.boxes if isinstance(box, TextBox)]
    assert all((str(number + 1),) in labels for number in range(count))
    assert labels.count(("iterations",)) == 1


def test_a_grid_that_is_wide_but_not_a_strip_does_not_wrap(made_run):
    made = made_run()
    for number, (ratio, iterations) in enumerate(itertools.product([1, 2, 3, 4], range(1, 10))):
        made.add(number, "red", ratio=float(ratio), iterations=iterations)
    page = page_of(made, ["ratio", "iterations"])
    assert len({area.top for area in page.results.values()}) == 4


def test_bands_are_divided_into_pages(made_run):
    made = seeds(made_run, 20)
    trials = results.load(made.write(axes=[["iterations"]]).location)
    pages = in_pages(_arranged(trials, None, None), 3)
    assert [sum(map(len, page.column_bands)) for page in pages] == [15, 5]
    assert in_pages(arrange(trials, None, None), 3)[0].column_bands == (tuple(arrange(trials, None, None).columns),)


def test_masks_that_all_trials_share_are_shown(made_run):
    made = made_run().add(1, "red")
    run = made.write()
    trials = results.load(run.location).assign(content_mask="regions.png", style_mask="others.png")
    layout = arrange(trials, None, None)
    assert pictures(place(trials, layout, 512)) == [("content", 0), ("style", 0)]
    run.write_metadata(run.metadata() | {"pictures": {"regions.png": {"sha256": "ab" * 32}}})
    assert pictures(place(trials, layout, 512)) == [("content", 0), ("content_mask", 0), ("style", 0)]
    mask = io.BytesIO()
    Image.new("RGB", (32, 24), "#00ff00").save(mask, "PNG")
    run.write(run.reference_path("ab" * 32), mask.getvalue())
    assert (0, 255, 0) in {colour for _, colour in results.sheet(trials).getcolors(100_000)}


@pytest.mark.parametrize(("columns", "beside"), [(1, False), (4, True)])
def test_reference_pictures_leave_the_title_its_room(made_run, columns, beside):
    """On a narrow sheet they stand below it."""
    page = page_of(seeds(made_run, columns), ["iterations"])
    title = page.boxes[0].area
    references = [box.area for box in page.boxes if isinstance(box, ReferenceBox)]
    assert len(references) == 2
    assert all((area.top >= title.bottom) != beside for area in references)


def test_a_cell_without_image_has_the_shape_of_the_images_beside_it(made_run):
    made = made_run()
    for number, (content, ratio) in enumerate(itertools.product(["wide", "tall"], [1e-3, 1e-2, 1e-1])):
        size = (200, 100) if content == "wide" else (100, 200)
        made.add(number, None if ratio == 1e-2 else "red", content=content, ratio=ratio, size=size)
    page = page_of(made, ["content", "ratio"], ["content"], ["ratio"])
    notices = [box.area for box in page.boxes if isinstance(box, FillBox)]
    assert [(area.width, area.height) for area in notices] == [(200, 100), (100, 200)]
