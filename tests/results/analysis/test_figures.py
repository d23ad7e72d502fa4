"""The figure of effects: what is drawn, by its artists and not by their pixels."""

import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox

import results
from results.analysis.effects import Factor, measured
from results.analysis.figures import _draw_main_effect, _images_at_levels

STYLES, RATIOS = ["swirls", "facets", "strokes"], [1e-4, 1e-3]


@pytest.fixture
def trials(made_run):
    """Three styles by two ratios; `content_loss` is ten times the number of the trial."""
    run = made_run()
    for number, (style, ratio) in enumerate(itertools.product(STYLES, RATIOS)):
        run.add(number, (40 * number, 0, 0), style=style, ratio=ratio)
    made = run.write([("style",), ("ratio",)], order={"style": STYLES, "ratio": RATIOS})
    return results.load(made.location)


def test_bars_panels_images_and_the_heatmap_show_the_numbers(trials):
    figure = results.effects_figure(trials, "content_loss")
    shares, style, ratio, heatmap = figure.axes
    table = results.effects(trials, "content_loss")
    widths = [bar.get_width() for bar in shares.patches]
    assert widths == pytest.approx(list(100 * table["share"]), abs=1e-9)
    assert [style.get_title(loc="left"), ratio.get_title(loc="left")] == ["style", "α/β"]  # the larger share first
    assert list(style.lines[0].get_ydata()) == [5.0, 25.0, 45.0]
    assert (style.lines[0].get_linestyle(), ratio.lines[0].get_linestyle()) == ("None", "-")  # names, and numbers
    assert not style.collections[1:]  # no intervals without repeated seeds
    assert sum(isinstance(one, AnnotationBbox) for one in style.artists) == 3
    np.testing.assert_array_equal(heatmap.images[0].get_array(), [[0, 10], [20, 30], [40, 50]])


def test_the_images_of_an_axis_differ_in_that_axis_alone(trials):
    factors, numbers, used = measured(trials, "content_loss", log=False)
    for factor in factors:
        other = "ratio" if factor.name == "style" else "style"
        chosen = used.iloc[_images_at_levels(factor, [one for one in factors if one is not factor], numbers)]
        assert chosen[other].nunique() == 1
        assert list(chosen[factor.name]) == {"style": STYLES, "ratio": RATIOS}[factor.name]


def test_a_pair_is_asked_for_by_name(trials):
    figure = results.effects_figure(trials, "content_loss", pair=("ratio", "style"))
    assert figure.axes[-1].get_xlabel() == "style"
    with pytest.raises(results.QueryError, match="did you mean ratio"):
        results.effects_figure(trials, "content_loss", pair=("ratoi", "style"))
    with pytest.raises(results.QueryError, match="itself"):
        results.effects_figure(trials, "content_loss", pair=("ratio", "ratio"))


def test_the_command_draws_it(trials, sweep, tmp_path):
    run = trials["run"].iloc[0]
    said = sweep(
        "effects", run, "--metric", "content_loss", "--plot", tmp_path / "effects.svg", "--pair", "ratio,style"
    )
    assert said.exit_code == 0, said.stderr
    assert said.stderr == f"{tmp_path / 'effects.svg'}\n"
    assert b"<svg" in (tmp_path / "effects.svg").read_bytes()
    for options, reason in (
        (("--plot", tmp_path / "effects.doc"), ".png, .svg, .pdf"),
        (("--plot", tmp_path / "no" / "effects.png"), "cannot write"),
        (("--pair", "ratio,style"), "--plot"),
        (("--plot", tmp_path / "a.png", "--pair", "ratio"), "two axes"),
    ):
        refused = sweep("effects", run, "--metric", "content_loss", *options)
        assert (refused.exit_code, reason in refused.stderr, refused.stderr.count("\n")) == (2, True, 1), refused.stderr


def test_means_have_the_interval_of_chance_where_seeds_are_repeated():
    axes = Figure().subplots()
    factor = Factor("style", "style", np.array([0, 0, 1, 1, 1]), ("one", "other"), is_numeric=False)
    _draw_main_effect(axes, factor, np.array([1.0, 3.0, 4.0, 5.0, 6.0]), "loss", (0.9, 10))
    drawn = [segment[:, 1] for segment in axes.collections[-1].get_segments()]
    for (low, high), mean, count in zip(drawn, (2, 5), (2, 3), strict=True):
        reach = 2.228139 * np.sqrt(0.9 / count)  # the 97.5th percentile of Student's t with 10 degrees of freedom
        assert (low, high) == pytest.approx((mean - reach, mean + reach))
