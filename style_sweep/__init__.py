"""Neural style transfer from Python: run sweeps, read their results, look at them in a notebook.

    import style_sweep

    sweep = style_sweep.Sweep("figure5", offline=True)       # or Sweep(settings={…}, axes={…})
    sweep.plan()                                             # a table of what would be done
    trials = sweep.run()                                     # a progress bar, then the trials with small images
    style_sweep.effects(trials, "style_distance")            # which axis matters

    style_sweep.transfer("astronaut", "swirls", size=160, offline=True).save("one.png")  # one picture, without a sweep

Everything of `results` is here too, so that one name is enough. Nothing is imported before it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from results import (
        curves,
        diff,
        effects,
        effects_figure,
        image,
        labels,
        pareto,
        plot,
        query,
        ratings,
        reference,
        select,
        sheet,
        snapshots,
        strengths,
        vote_effects,
    )
    from style_sweep.one_picture import transfer
    from style_sweep.sweep import Preview, Sweep
    from style_sweep.trials import Run, Trial, Trials, load

_OURS = {
    "Preview": "style_sweep.sweep",
    "Run": "style_sweep.trials",
    "Sweep": "style_sweep.sweep",
    "Trial": "style_sweep.trials",
    "Trials": "style_sweep.trials",
    "load": "style_sweep.trials",
    "transfer": "style_sweep.one_picture",
}

__all__ = [
    "Preview",
    "Run",
    "Sweep",
    "Trial",
    "Trials",
    "curves",
    "diff",
    "effects",
    "effects_figure",
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
    "transfer",
    "vote_effects",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_OURS.get(name, "results")), name)
    globals()[name] = value
    return value
