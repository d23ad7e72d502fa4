"""What films show: each trial's image at each step in its place, and the point on its curve."""

import io
import itertools

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import results
from results import RunError, SheetError
from results.errors import FilmError
from results.film.animation import CONTENT, STYLE, sheet_film, trial_film
from results.film.chart import AHEAD, Chart, Curve
from results.sheets import drawing, place

FIRST, SECOND, LAST = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def boxes(picture, colour):
    """Left, top, right and bottom of all pixels of exactly one colour, or None."""
    rows, columns = np.nonzero((np.asarray(picture) == colour).all(axis=2))
    return (columns.min(), rows.min(), columns.max(), rows.max()) if len(rows) else None


def centre(picture, box):
    return tuple(np.asarray(picture)[(box[1] + box[3]) // 2, (box[0] + box[2]) // 2])


def test_snapshots_are_those_that_were_kept_and_at_the_end_the_result(made_run):
    run = made_run().add(1, LAST, kept={0: FIRST, 10: SECOND}, steps=13).write()
    found = list(results.snapshots(results.load(run.location).iloc[0]))
    assert [step for step, _ in found] == [0, 10, 13]
    assert [image.getpixel((5, 5)) for _, image in found] == [FIRST, SECOND, LAST]


def test_a_trial_without_snapshots_or_with_a_missing_one_says_so(made_run):
    made = made_run().add(1, LAST).add(2, LAST, kept={0: FIRST, 10: SECOND}, ratio=1e-2)
    run = made.write()
    without, damaged = (row for _, row in results.load(run.location).iterrows())
    with pytest.raises(RunError, match="has no snapshots: it was run without frames_every"):
        list(results.snapshots(without))
    with pytest.raises(FilmError, match="has no snapshots"):
        trial_film(without)
    path = run.snapshot_path(damaged["trial_id"], 10)
    run.write(path, b"<html>")
    with pytest.raises(RunError, match=f"{path} .* is damaged"):
        list(results.snapshots(damaged))
    run.remove([path])
    with pytest.raises(RunError, match=f"has no {path}"):
        list(trial_film(damaged).frames)


@pytest.mark.parametrize("size", [(640, 480), (96, 64), (300, 900)])
def test_a_trials_film_shows_its_image_at_each_step_in_one_place(made_run, size):
    run = made_run().add(1, LAST, size=size, kept={0: FIRST, 10: SECOND}, steps=13).write(axes=[["ratio"]])
    film = trial_film(results.load(run.location).iloc[0], width=700)
    pages = list(film.frames)
    assert film.count == len(pages) == 3
    assert len({page.size for page in pages}) == 1
    assert pages[0].width <= 700
    found = [boxes(page, colour) for page, colour in zip(pages, (FIRST, SECOND, LAST), strict=True)]
    assert len(set(found)) == 1
    left, top, right, bottom = found[0]
    assert (right - left + 1) / (bottom - top + 1) == pytest.approx(size[0] / size[1], rel=0.01)
    below = [np.asarray(page)[bottom + 1 :] for page in pages]
    assert all((one != other).any() for one, other in itertools.pairwise(below))  # the step, and the point


def test_a_failed_trial_that_kept_frames_says_why_it_ends(made_run):
    failed = {"status": "failed", "error": "the loss was not finite at step 11", "steps": 50}
    run = made_run().add(1, LAST, kept={0: FIRST, 10: SECOND}, size=(640, 480), **failed).write()
    row = results.load(run.location).iloc[0]
    pages = list(trial_film(row).frames)
    assert len(pages) == 3
    assert any((np.asarray(pages[0]) == (179, 38, 30)).all(axis=2).flatten())  # words in the colour of trouble


def sheet_of(made_run):
    """Three trials of different lengths, one that failed, one that is to come."""
    made = made_run().add(1, LAST, kept={0: FIRST, 10: SECOND}, steps=12, style="a", ratio=1e-4, size=(160, 120))
    made.add(2, LAST, kept={0: FIRST}, steps=5, style="a", ratio=1e-3, size=(160, 120))
    made.add(3, LAST, style="b", ratio=1e-4, size=(160, 120))  # before frames_every was set
    made.add(4, status="failed", error="it was lost", style="b", ratio=1e-3, size=(160, 120))
    made.add(5, style="a", ratio=1e-2)
    return made.write(axes=[["style"], ["ratio"]])


def test_a_sheets_film_shows_every_trial_at_every_step(made_run):
    run = sheet_of(made_run)
    trials = results.load(run.location, missing=True)
    film = sheet_film(trials, width=900)
    pages = list(film.frames)
    assert film.count == len(pages) == 4  # steps 0, 5, 10 and 12
    _, places = drawing.empty_sheet(trials, None, None, (900, 2000))
    shown = []
    for page in pages:
        cells = [(left, top, left + width, top + height) for left, top, width, height in places.values()]
        shown.append([centre(page, cell) for cell in cells])
    assert shown == [[FIRST, FIRST, LAST], [FIRST, LAST, LAST], [SECOND, LAST, LAST], [LAST, LAST, LAST]]
    assert len(places) == 3
    sheet = np.asarray(results.sheet(trials))
    for colour in (place.FAILED, place.MISSING):
        rgb = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
        assert (np.asarray(pages[0]) == rgb).all(axis=2).any()
        assert (sheet == rgb).all(axis=2).any()


@pytest.mark.parametrize("width", [400, 900, 1280])
def test_a_sheets_film_is_no_wider_than_asked(made_run, width):
    run = sheet_of(made_run)
    pages = list(sheet_film(results.load(run.location, missing=True), width=width).frames)
    assert pages[0].width <= width


def test_a_sheet_that_no_film_can_be_made_of_is_refused(made_run):
    run = sheet_of(made_run)
    trials = results.load(run.location, missing=True)
    with pytest.raises(FilmError, match="no trial has snapshots"):
        sheet_film(trials[trials["ratio"] == 1e-2])
    with pytest.raises(SheetError, match="there is no column 'nothing'"):
        sheet_film(trials, rows="nothing")
    with pytest.raises(SheetError, match="too many for a film of 20×"):
        sheet_film(trials, width=20)


def test_a_curve_is_followed_on_its_logarithmic_line():
    curve = Curve.of("loss", "#000000", [0, 10, 20], [1000.0, 10.0, 10.0])
    assert curve.at(0) == pytest.approx(1000)
    assert curve.at(5) == pytest.approx(100)
    assert curve.at(20) == pytest.approx(10)
    assert curve.at(21) is None
    assert Curve.of("loss", "#000000", [0, 10], [0.0, float("nan")]).points == ()
    assert Curve.of("loss", "#000000", [7], [3.0]).at(7) == 3.0


def test_a_chart_is_coloured_behind_the_step_and_grey_ahead():
    rgb = {name: tuple(int(name[at : at + 2], 16) for at in (1, 3, 5)) for name in (CONTENT, STYLE, AHEAD)}
    curves = [
        Curve.of("content", CONTENT, range(0, 101, 10), np.geomspace(10, 100, 11)),
        Curve.of("style", STYLE, range(0, 101, 10), np.geomspace(1e6, 1e3, 11)),
    ]
    chart = Chart(curves, (400, 160), 12)
    reached = []
    for step in (0, 30, 100):
        drawn = np.asarray(chart.at(step)).astype(int)[20:]  # without the legend
        assert drawn.shape == (140, 400, 3)

        def columns(name, drawn=drawn):
            return np.nonzero((np.abs(drawn - rgb[name]).sum(axis=2) < 12).any(axis=0))[0]

        reached.append((max(columns(STYLE)), max(columns(CONTENT))))
        assert (len(columns(AHEAD)) > 50) == (step < 100)
    assert reached == sorted(reached)
    assert all(abs(one - other) <= 2 for one, other in reached)  # the points are above each other
    left, right = reached[0][0], reached[2][0]
    assert reached[1][0] - left == pytest.approx(0.3 * (right - left), abs=3)


@pytest.mark.parametrize(
    "losses", [[], [0.0, 0.0], [5.0, 5.0], [1e-12, 1e12], [3.0, 3.1], [float("inf"), 2.0], [1e300, 1e-300]]
)
def test_a_chart_can_be_drawn_of_any_losses(losses):
    chart = Chart([Curve.of("total loss", "#000000", range(len(losses)), losses)], (200, 90), 11)
    assert chart.at(0).size == chart.at(1).size == (200, 90)


def test_rows_of_before_there_were_frames_are_read(made_run):
    """A shard that lacks the columns, alone and beside one that has them."""
    made = made_run().add(1, LAST)
    run = made.write()
    [path] = run.names("trials/*")
    old = pq.read_table(io.BytesIO(run.read(path))).drop_columns(["kept_steps", "kept_by", "matting_loss"])
    buffer = io.BytesIO()
    pq.write_table(old, buffer)
    run.remove([path])
    run.write("trials/older.parquet", buffer.getvalue())  # without a checksum in its name, as such versions wrote it
    assert results.load(run.location)["kept_steps"].tolist() == [None]
    assert results.load(run.location)["total_loss"].tolist() == [12]
    made.add(2, LAST, kept={0: FIRST}, ratio=1e-2).write()
    assert results.load(run.location)["kept_steps"].tolist() == [None, (0,)]
    assert pd.isna(results.load(run.location)["matting_loss"]).all()


@pytest.mark.parametrize("width", [150, 260, 600])
def test_a_legend_takes_as_many_lines_as_it_needs(width):
    """Its last letter was cut off where the chart was narrow."""
    names = ["content", "style · β/α", "total loss"]
    curves = [Curve.of(name, "#ff0000", [0, 9], [1.0, 10.0]) for name in names]
    drawn = np.asarray(Chart(curves, (width, 160), 15).at(9))
    assert (drawn[:, -1] == 255).all()  # nothing at the very edge
    legend = Chart(curves, (width, 160), 15)._legend
    assert [name for line in legend for _, name, _ in line] == names
    assert len(legend) == {150: 3, 260: 2, 600: 1}[width]
