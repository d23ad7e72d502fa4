"""What a sweep leaves behind: rows and images on storage, as pandas tables and as comparison sheets. No torch, no Ray.

import results
trials = results.load("runs/figure5")
trials.groupby("ratio").total_loss.median()
results.image(trials.iloc[0]).show()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from results.errors import (
    ExportError,
    GlyphWarning,
    PlotError,
    QueryError,
    ResultsError,
    RunError,
    SelectionError,
    SheetError,
    SheetWarning,
    ThinnedWarning,
)
from results.run.storage import Run

if TYPE_CHECKING:
    from results.analysis.effects import effects
    from results.analysis.figures import effects_figure
    from results.judge.ratings import ratings
    from results.judge.strengths import strengths
    from results.judge.vote_effects import vote_effects
    from results.sheets.drawing import sheet
    from results.table.axes import labels
    from results.table.diff import diff
    from results.table.load import curves, frames, image, load, reference, snapshots
    from results.table.pareto import pareto
    from results.table.selection import select
    from results.table.sql import query

# pandas and Pillow take half a second to import; whoever only needs a run's paths does not wait for them.
_LAZY = {
    "curves": "table.load",
    "diff": "table.diff",
    "effects": "analysis.effects",
    "effects_figure": "analysis.figures",
    "frames": "table.load",
    "snapshots": "table.load",
    "image": "table.load",
    "labels": "table.axes",
    "load": "table.load",
    "query": "table.sql",
    "ratings": "judge.ratings",
    "pareto": "table.pareto",
    "reference": "table.load",
    "select": "table.selection",
    "sheet": "sheets.drawing",
    "strengths": "judge.strengths",
    "vote_effects": "judge.vote_effects",
}

__all__ = [
    "ExportError",
    "GlyphWarning",
    "PlotError",
    "QueryError",
    "ResultsError",
    "Run",
    "RunError",
    "SelectionError",
    "SheetError",
    "SheetWarning",
    "ThinnedWarning",
    "curves",
    "diff",
    "effects",
    "effects_figure",
    "frames",
    "image",
    "labels",
    "load",
    "pareto",
    "plot",
    "query",
    "ratings",
    "reference",
    "select",
    "sheet",
    "snapshots",
    "strengths",
    "vote_effects",
]


def __getattr__(name: str) -> Any:
    import importlib

    if name == "plot":
        return importlib.import_module("results.plot")
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"results.{_LAZY[name]}"), name)
    globals()[name] = value
    return value
