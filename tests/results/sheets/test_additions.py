"""Sheets as SVG and PDF, with text below images, borders by a value, and pages."""

import io
import uuid
from xml.etree import ElementTree

import numpy as np
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import results
from results import SheetError
from results.sheets.additions import Additions
from results.sheets.colour_scale import ColourScale
from results.sheets.drawing import sheet_files
from results.sheets.layout import Layout, in_pages

HOSTILE = "</text><script>alert(1)</script> ]]> \u202eRTL \x1b[2J & \" '"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def trials(made_run):
    made = made_run()
    for number, ratio in enumerate([1e-4, 1e-3, 1e-2], 1):
        made.add(number, "red", ratio=ratio, labels={"content": HOSTILE})
        made.add(number + 10, "blue", ratio=ratio, content="dog", labels={"content": "the dog"})
    made.add(20, status="failed", error="lost", ratio=1.0)
    run = made.write(axes=[["content"], ["ratio"]], sheet={"rows": ["ratio"], "columns": ["content"]})
    return results.load(run.location, missing=True)


def texts(content):
    return [element.text for element in ElementTree.fromstring(content).iter(f"{SVG}text")]


def test_an_svg_has_its_text_as_text_and_nothing_else(trials):
    additions = Additions(title=HOSTILE, annotate="{total_loss:.1f}")
    [content] = sheet_files(trials, "sheet.svg", additions=additions).values()
    root = ElementTree.fromstring(content)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg",
        "title",
        "text",
        "rect",
        "line",
        "image",
    }
    assert all("href" not in name or value.startswith("data:") for one in root.iter() for name, value in one.items())
    found = texts(content)
    assert {"12.0", "22.0", "32.0"} <= set(found)
    assert "<script>alert(1)</script>" in "".join(found)  # escaped, as anything else that is said
    assert not any("\x1b" in text or "\u202e" in text for text in found)
    images = len(list(root.iter(f"{SVG}image")))
    assert images >= 6


def test_a_pdf_has_pages_with_headings_and_its_text_can_be_found(trials):
    files = sheet_files(trials, "sheet.pdf", additions=Additions(caption="As in §4.2: α/β"), page_rows=2)
    [content] = files.values()
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    assert len(pages) == 2
    for number, text in enumerate(pages, 1):
        assert f"page {number} of 2" in text
        assert "A title" in text
        assert "As in §4.2: α/β" in text
        assert "the dog" in text
    assert "10⁻⁴" in pages[0]
    assert "10⁻²" in pages[1]
    assert sheet_files(trials, "sheet.pdf", additions=Additions(caption="As in §4.2: α/β"), page_rows=2) == files


def test_a_pdf_names_its_title_and_author(trials, sweep, tmp_path):
    asked = ("--author", "A. Painter", "--title", "Six cats", "--out", tmp_path / "s.pdf")
    ran = sweep("sheet", trials["run"].iloc[0], *asked)
    assert ran.exit_code == 0, ran.stderr
    about = pypdf.PdfReader(tmp_path / "s.pdf").metadata
    assert (about.title, about.author, about.creator) == ("Six cats", "A. Painter", "style-sweep")
    [content] = sheet_files(trials, "sheet.pdf").values()
    assert pypdf.PdfReader(io.BytesIO(content)).metadata.author == ""


def test_characters_without_glyphs_are_said(trials, sweep, tmp_path):
    asked = ("sheet", trials["run"].iloc[0], "--title", "猫 and 🐕", "--out")
    ran = sweep(*asked, tmp_path / "s.png")
    assert ran.exit_code == 0
    assert "lacks 2 of the characters" in ran.stderr
    assert "猫 🐕" in ran.stderr
    assert "lacks" not in sweep(*asked, tmp_path / "s.svg").stderr


def test_pages_of_other_formats_are_numbered_files(trials, tmp_path, sweep):
    run = trials["run"].iloc[0]
    ran = sweep("sheet", run, "--page-rows", "2", "--out", tmp_path / "s.png")
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout.split() == [str(tmp_path / "s-1.png"), str(tmp_path / "s-2.png")]
    assert {path.name for path in tmp_path.glob("*.png")} == {"s-1.png", "s-2.png"}


@given(st.lists(st.integers(1, 7), min_size=1, max_size=8), st.integers(1, 9))
@settings(max_examples=50, deadline=None)
def test_pages_have_every_row_once_in_order_and_keep_groups_that_fit(groups, most):
    rows = [(group, row) for group, size in enumerate(groups) for row in range(size)]
    pages = [page.rows for page in in_pages(Layout((), (), rows, [()], {}, {}), most)]
    assert [row for page in pages for row in page] == rows
    assert all(0 < len(page) <= max(most, 0) for page in pages) or len(pages) == 1
    for group, size in enumerate(groups):
        if size <= most:
            assert sum(any(row[0] == group for row in page) for page in pages) == 1


def test_borders_have_the_colour_of_their_value(trials):
    plain, bordered = results.sheet(trials), results.sheet(trials, border="total_loss")
    values = dict(trials.loc[trials["status"] == "done", "total_loss"].items())
    scale = ColourScale.of(values)
    colours = {tuple(int(scale.colour(value)[at : at + 2], 16) for at in (1, 3, 5)) for value in values.values()}
    there = {tuple(pixel) for pixel in np.asarray(bordered).reshape(-1, 3)}
    assert colours <= there
    assert not colours <= {tuple(pixel) for pixel in np.asarray(plain).reshape(-1, 3)}


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6), st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_a_scale_is_monotonous_from_dark_to_light(low, span, share):
    scale = ColourScale.of({0: low, 1: low + span})
    between = low + share * span

    def light(value):
        red, green, blue = (int(scale.colour(value)[at : at + 2], 16) for at in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    assert light(low) <= light(between) + 1.5
    assert light(between) <= light(low + span) + 1.5
    assert ColourScale.of({0: low}).colour(low) == scale.at(0.5)


def test_what_is_filled_in_is_the_tables(trials):
    additions = Additions(annotate="{ratio} {error}\\n{{{iterations:04d}}}")
    [content] = sheet_files(trials, "a.svg", additions=additions).values()
    found = texts(content)
    assert "10⁻⁴ –" in found
    assert found.count("{0100}") == 6  # the failed one has none


@pytest.mark.parametrize(
    ("look", "message"),
    [
        ({"annotate": "{total_los}"}, "no column 'total_los'; did you mean total_loss"),
        ({"annotate": "{total_loss.real}"}, "no column 'total_loss.real'"),
        ({"annotate": "{content[0]}"}, r"no column 'content\[0\]'"),
        ({"annotate": "{total_loss!r}"}, "only {column} and {column:format}"),
        ({"annotate": "{total_loss:{ratio}}"}, "only {column} and {column:format}"),
        ({"annotate": "{total_loss:.2q}"}, "total_loss is"),
        ({"annotate": "{total_loss:>99999999}"}, "asks for more than 500 characters"),
        ({"annotate": "{total_loss:.99999999f}"}, "asks for more than 500 characters or digits"),
        ({"annotate": "{style:>400}{style:>400}"}, "more than 500 characters for one image"),
        ({"annotate": "{"}, "written twice"),
        ({"annotate": "{}"}, "no column ''"),
        ({"border": "content"}, "no number"),
        ({"border": "losss"}, "no column 'losss'"),
    ],
)
def test_a_wrong_template_is_one_message(trials, look, message, sweep, tmp_path):
    with pytest.raises(SheetError, match=message):
        results.sheet(trials, **look)
    [(name, value)] = look.items()
    ran = sweep("sheet", trials["run"].iloc[0], f"--{name}", value, "--out", tmp_path / "s.pdf")
    assert ran.exit_code == 2
    assert not (tmp_path / "s.pdf").exists()


def test_a_format_that_there_is_not_is_named(trials):
    with pytest.raises(SheetError, match=r"\.gif; use \.png, \.jpg, \.webp, \.svg, \.pdf"):
        sheet_files(trials, "sheet.gif")


def test_a_sheet_goes_into_its_run_wherever_that_is(made_run_in, sweep):
    run = made_run_in(f"memory://{uuid.uuid4().hex}").add(1, "red").write()
    ran = sweep("sheet", run.location)
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout.strip() == run.full_path("sheet.png")
    assert run.read("sheet.png").startswith(b"\x89PNG")
