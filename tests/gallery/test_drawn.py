"""A grid whose values were drawn: ranges as rows, and several images at one place."""

import pytest


@pytest.fixture
def drawn(make_run):
    """Twelve points of ratio and style that were drawn, each with two seeds."""
    values = [(10.0 ** -(5 - number / 3), ("swirls", "dots")[number % 2]) for number in range(12)]
    metrics = {"style_distance": lambda number: number % 5, "structural_similarity": lambda number: 1 / (1 + number)}
    axes = {("ratio", "style"): values, "seed": [1, 2]}
    made = make_run(axes, sheet={"rows": ["ratio"], "columns": ["style"]}, metrics=metrics)
    metadata = made.run.metadata()
    metadata["grid"]["axes"][0]["drawn"] = True
    metadata["grid"]["objectives"] = {"structural_similarity": "higher", "style_distance": "lower"}
    made.run.write_metadata(metadata)
    return made.run


def test_images_of_one_range_stand_below_each_other(look, settle, drawn):
    page = look(drawn, "#size=60")
    headers = page.locator("tbody th.row")
    assert headers.all_inner_texts() == ["10⁻⁵ … 10⁻⁴", "", "2.15·10⁻⁴ … 2.15·10⁻³", "", "4.64·10⁻³ … 4.64·10⁻²", ""]
    assert page.locator("td[data-trial]").count() == 12  # of the first seed
    assert page.locator(".slider label").all_inner_texts() == ["seed"]
    places = "gallery.layout.rows.flatMap((_, row) => [0, 1].map((column) => gallery.layout.trialAt(row, column)))"
    assert sorted(page.evaluate(places)) == list(range(0, 24, 2))
    assert page.evaluate(
        f"{places}.every((trial) => gallery.layout.trialAt(...gallery.layout.placeOf(trial)) === trial)"
    )
    page.evaluate("gallery.update({ against: 'seed', at: { seed: 1 } })")
    settle(page)
    assert page.evaluate(f"{places}.every((trial) => gallery.againstOf(trial) === trial - 1)")
    page.evaluate("gallery.update({ against: null, places: { ...gallery.view.places, rows: 'ratio', columns: null } })")
    settle(page)
    assert page.evaluate("[gallery.layout.rows.length, gallery.layout.columns.length]") == [3, 4]
    assert "α/β 2.154435·10⁻⁵, style dots, seed 1" in page.evaluate("gallery.table.name(2)")


def test_the_chart_of_a_search_begins_with_the_front_of_what_it_improves(look, settle, drawn):
    page = look(drawn)
    page.evaluate("gallery.update({ mode: 'plot' })")
    settle(page)
    assert page.evaluate("[gallery.view.plot.x, gallery.view.plot.y]") == ["structural_similarity", "style_distance"]
    assert page.is_checked("#front")
    assert page.evaluate("gallery.frontOf()") == [0]
