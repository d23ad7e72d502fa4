"""One axis as a grid file gives it, and axes as the dimensions of a grid: those that move together are one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.grid.grid import Dimension
from orchestrator.grid.yaml12 import Steps


@dataclass(frozen=True)
class Axis:
    """Values, their labels, and where in the file each value is. `drawn`: the values come from a distribution."""

    values: tuple[Any, ...]
    labels: tuple[str | None, ...]
    steps: tuple[Steps, ...]  # to each value
    drawn: bool = False


def dimensions_of(axes: Mapping[str, Axis], groups: Sequence[Sequence[str]]) -> tuple[Dimension, ...]:
    """The dimensions of axes; those of a group move together. Axes of a group that are missing were fixed."""
    dimensions: list[Dimension] = []
    for name in axes:
        if any(name in dimension.settings for dimension in dimensions):
            continue
        group = next((group for group in groups if name in group), [name])
        together = [one for one in group if one in axes]  # --set may have fixed one of them
        values = tuple(zip(*(axes[one].values for one in together), strict=True))
        labels = tuple(zip(*(axes[one].labels for one in together), strict=True))
        drawn = any(axes[one].drawn for one in together)
        dimensions.append(Dimension(tuple(together), values, labels, crossed=len(values), drawn=drawn))
    return tuple(dimensions)
