"""Which values of a column are better: as the registry says, or for metrics of plugins as their run says."""

from __future__ import annotations

import pandas as pd

from results.errors import RunError
from results.run.storage import Run
from stylize import registry
from stylize.registry import Better


def better(trials: pd.DataFrame, column: str) -> Better | None:
    """Which values of a column of `results.load` are better; None for a column that cannot rank.

    Plugins need not be loaded: a run records what theirs declared.
    """
    if known := registry.better(column):
        return known
    for location in trials["run"].unique() if "run" in trials else ():
        try:
            plugins = Run(location).metadata()["plugins"]
        except (RunError, KeyError):  # moved since, or of an earlier version
            continue
        for plugin in plugins:
            found: Better | None = plugin.get("better", {}).get(column)
            if found:
                return found
    return None
