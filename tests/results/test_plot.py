"""Figures: what is drawn in them, by their artists and not by their pixels."""

import io

import pytest

import results
from results import PlotError


@pytest.fixture
def trials(made_run):
    made = made_run()
    for number, (ratio, layers) in enumerate([(1e-4, ["a"]), (1e-2, ["a"]), (1e-4, ["a", "b"]), (1e-2, ["a", "b"])], 1):
        made.add(
            number,
            "red",
            ratio=ratio,
            style_layers=layers,
            labels={"style_layers": "$one" if len(layers) < 2 else "two"},
        )
    made.add(9, ratio=1e-3)  # not run yet
    run = made.write(axes=[["ratio"], ["style_layers"]], order={"ratio": [1e-2, 1e-3, 1e-4]})
    return results.load(run.location, missing=True)


def lines(figure):
    return [(line.get_label(), list(line.get_ydata())) for line in figure.axes[0].lines]


def test_curves_have_a_line_for_each_trial_and_a_name_for_each_value(trials):
    figure = results.plot.curves(trials, by="ratio")
    recorded = results.curves(trials["run"].iloc[0])
    of_trials = [list(one["total_loss"]) for _, one in recorded.groupby("trial_id", sort=False)]
    assert sorted(values for _, values in lines(figure) if values) == sorted(of_trials)
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == ["10⁻²", "10⁻³", "10⁻⁴"]  # the grid's order
    assert figure.legends[0].get_title().get_text() == "α/β"


def test_a_metric_stands_against_a_number_or_against_values(trials):
    figure = results.plot.metric(trials, x="ratio", y="total_loss", by="style_layers")
    axes = figure.axes[0]
    done = trials[trials["status"] == "done"]
    points = sorted(tuple(point) for one in axes.collections for point in one.get_offsets())
    assert points == sorted(zip(done["ratio"], done["total_loss"], strict=True))
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [r"\$one", "two"]  # no formula
    named = results.plot.metric(trials, x="style_layers", y="total_loss").axes[0]
    assert [tick.get_text() for tick in named.get_xticklabels()] == [r"\$one", "two"]
    figure.savefig(io.BytesIO(), format="svg")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": "ratoi", "y": "total_loss"}, "no column 'ratoi'"),
        ({"x": "ratio", "y": "content"}, "content is no number"),
        ({"x": "ratio", "y": "matting_loss"}, "matting_loss"),
    ],
)
def test_what_cannot_be_drawn_is_said(trials, arguments, message):
    with pytest.raises(PlotError, match=message):
        results.plot.metric(trials, **arguments)
    with pytest.raises(PlotError, match="no column 'nothing'"):
        results.plot.curves(trials, by="nothing")


@pytest.mark.parametrize("deepest", [1, 5])
def test_a_legend_leaves_the_axes_their_room(made_run, deepest):
    made = made_run()
    for number in range(1, deepest + 1):
        layers = [f"conv{at}_1" for at in range(1, number + 1)]
        for ratio in (1e-3, 1e-2):
            made.add(2 * number + (ratio > 5e-3), "red", ratio=ratio, style_layers=layers)
    trials = results.load(made.write(axes=[["style_layers"], ["ratio"]]).location)
    figure = results.plot.metric(trials, x="ratio", y="total_loss", by="style_layers")
    figure.savefig(io.BytesIO(), format="png")  # places all
    place = figure.axes[0].get_position()
    assert place.width * place.height > 0.5
    legend = figure.legends[0].get_window_extent()
    assert legend.x0 >= 0
    assert legend.x1 <= figure.bbox.width
    assert not legend.overlaps(figure.axes[0].get_window_extent())
