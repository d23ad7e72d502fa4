"""How large the sheet will be."""

import pytest

import results
from orchestrator.describe import grid_metadata
from orchestrator.preview import space
from orchestrator.request import Request
from orchestrator.sweep import prepare
from results.run.rows import write_plan


@pytest.mark.parametrize("size", [32, 64, 900])
def test_the_sheet_is_about_as_large_as_it_is_said(small_grid, size, tmp_path):
    """Small images are enlarged on it, and large ones reduced."""
    plan, _ = prepare(Request(grid=small_grid, set=(f"size={size}",), offline=True), fetch=False)
    run = results.Run(tmp_path / "run")
    write_plan(run, plan.table())
    run.write_metadata({"grid": grid_metadata(plan.grid)})
    trials = results.load(run.location, missing=True)
    first = next(iter(plan.trials.values()))
    drawn = results.sheet(trials.assign(width=first.width, height=first.height))
    said = space.sheet_pixels(plan)
    assert said[0] == pytest.approx(drawn.width, rel=0.5)
    assert said[1] == pytest.approx(drawn.height, rel=0.5)
