"""A dimension to which `include` adds values. Each addition is fast, even if there are thousands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.grid.grid import Dimension


class GrowingDimension:
    """A dimension with tables of its values and labels."""

    def __init__(self, dimension: Dimension) -> None:
        self.settings = dimension.settings
        self._crossed, self._drawn = dimension.crossed, dimension.drawn
        self._values: list[tuple[Any, ...]] = []
        self._labels: list[tuple[str | None, ...]] = []
        self._indices: dict[tuple[Any, ...], int] = {}
        # By setting: the label that a value has first, and the value that a label names first.
        self._label_of: list[dict[Any, str | None]] = [{} for _ in self.settings]
        self._labelled: list[dict[str, Any]] = [{} for _ in self.settings]
        for values, labels in zip(dimension.values, dimension.labels, strict=True):
            self._add(values, labels)

    def labelled(self, setting: str) -> Mapping[str, Any]:
        """The values of one of the settings by their labels."""
        return self._labelled[self.settings.index(setting)]

    def index(self, values: tuple[Any, ...]) -> int:
        """The index of a value, which is added if it is new. Entries of it that exist already keep their labels."""
        if values not in self._indices:
            labels = (known.get(value) for known, value in zip(self._label_of, values, strict=True))
            self._add(values, tuple(labels))
        return self._indices[values]

    def grown(self) -> Dimension:
        """The dimension with all its values."""
        return Dimension(self.settings, tuple(self._values), tuple(self._labels), self._crossed, self._drawn)

    def _add(self, values: tuple[Any, ...], labels: tuple[str | None, ...]) -> None:
        self._indices.setdefault(values, len(self._values))
        self._values.append(values)
        self._labels.append(labels)
        for column, (value, label) in enumerate(zip(values, labels, strict=True)):
            self._label_of[column].setdefault(value, label)
            if label is not None:
                self._labelled[column].setdefault(label, value)
