"""Measure a comparison sheet before anything is drawn: cells, labels wrapped to fit, and the size of the whole.

A sheet's size is known from this alone, so that one too large for its format is found at once and not after all is
drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd
from PIL import Image

from results.run.folder import Run
from results.sheets.layout import Key, Layout
from results.sheets.look import PLAIN, Look, filled_in
from results.sheets.text import font, line_height, wrap
from results.table.labels import fixed_text, setting_name
from results.table.load import reference

SMALLEST_CELL = 128
"""Pixels of a cell's long edge: smaller images are enlarged, because nobody can judge them otherwise."""

INK, GREY, ACCENT = "#1a1a1a", "#6b6b6b", "#b3261e"
STATUS_WORDS = {"done": "done", "failed": "failed", "missing": "not run yet"}
PICTURES = ("content", "style")


@dataclass(frozen=True)
class Block:
    """Text that was wrapped to a width, ready to be drawn line by line."""

    lines: list[str]
    size: int
    bold: bool = False
    colour: str = INK

    @property
    def height(self) -> int:
        return len(self.lines) * line_height(font(self.size, bold=self.bold))

    @property
    def width(self) -> int:
        return math.ceil(max((font(self.size, bold=self.bold).getlength(line) for line in self.lines), default=0))


class Measures:
    """All positions' raw material. Lengths are in pixels; `cell` and `thumbnail` are (width, height)."""

    def __init__(self, trials: pd.DataFrame, layout: Layout, largest_cell: int, look: Look = PLAIN) -> None:
        self.trials, self.layout, self.look = trials, layout, look
        sizes = trials[["width", "height"]].dropna()
        widest, tallest = (int(sizes["width"].max()), int(sizes["height"].max())) if len(sizes) else (1, 1)
        edge = max(widest, tallest)
        self.scale = min(largest_cell, max(edge, SMALLEST_CELL)) / edge
        self.cell = (max(1, round(widest * self.scale)), max(1, round(tallest * self.scale)))
        self.thumbnail = (max(1, self.cell[0] // 2), max(1, self.cell[1] // 2))
        self.text = max(9, min(20, max(self.cell) // 14))
        self.line = line_height(font(self.text))
        self.gap = max(2, max(self.cell) // 40)
        self.border_width = 0
        if look.border:
            self.border_width = max(2, max(self.cell) // 50)
            self.gap = 3 * self.border_width
        self.border_values = self._border_values()
        self.margin = self.text * 2

        self.note_gap = self.border_width + 1 if look.annotate else 0
        self.notes = self._notes()
        tallest_note = max((block.height for block in self.notes.values()), default=0)
        self.note_height = tallest_note + self.note_gap if self.notes else 0

        self.row_labels, self.label_width = self._row_labels()
        self.headings = [self._headings(depth) for depth in range(len(layout.column_axes))]
        self.lefts = self._lefts()
        self.width = max(self.lefts[-1] + self.cell[0], 30 * self.text) + self.margin
        self.references = self._references()
        self.header = self._header()
        reference_height = self.thumbnail[1] + 2 * self.line if self.references else 0
        self.header_height = max(sum(block.height for block in self.header), reference_height) + self.text
        self.headings_height = self._headings_height()
        self.groups = [
            self._group_heading(key, previous)
            for key, previous in zip(layout.rows, [None, *layout.rows[:-1]], strict=True)
        ]
        tall = self.cell[1] + self.note_height
        self.row_heights = [max(tall, self._label_height(key)) + self.gap for key in layout.rows]
        self.footer = self._footer()
        groups_height = sum(block.height + self.text for block in self.groups if block)
        body = self.header_height + self.headings_height + sum(self.row_heights) + groups_height
        key_height = self.line + self.text // 2 if look.border else 0
        self.height = (
            self.margin + body + key_height + 2 * self.text + sum(block.height for block in self.footer) + self.margin
        )

    @property
    def title(self) -> str:
        """What stands above the sheet."""
        if self.look.title is not None:
            return self.look.title
        grids = [Run(run).metadata()["grid"] for run in self.trials["run"].unique()]
        return " · ".join(dict.fromkeys(grid["title"] for grid in grids))

    @property
    def border_title(self) -> str:
        """What the borders show."""
        return setting_name(self.look.border or "")

    def _border_values(self) -> dict[int, float]:
        if not self.look.border:
            return {}
        done = self.trials[self.trials["status"] == "done"]
        values = dict(zip(done.index.tolist(), done[self.look.border].astype(float).tolist(), strict=True))
        return {place: value for place, value in values.items() if math.isfinite(value)}

    def _notes(self) -> dict[int, Block]:
        """What stands below each trial's image."""
        if self.look.annotate is None:
            return {}
        size = max(8, round(self.text * 0.85))
        found = {}
        for place in self.layout.cells.values():
            row = self.trials.iloc[place]
            text = filled_in(self.look.annotate, row) if row["status"] == "done" else ""
            found[place] = Block(wrap(text, font(size), self.cell[0]), size, colour=GREY)
        return found

    def _row_labels(self) -> tuple[dict[Any, Block], int]:
        """The labels of the innermost row axis, and the width of the column that they stand in."""
        if not self.layout.row_axes:
            return {}, 0
        axis = self.layout.row_axes[-1]
        widest = max(14 * self.text, self.cell[0] // 2)
        labels = {
            value: Block(wrap(label, font(self.text), widest, most_lines=12), self.text)
            for value, label in axis.labels.items()
        }
        width = max(
            block.width for block in [*labels.values(), Block(wrap(axis.title, font(self.text), widest), self.text)]
        )
        if axis.setting in PICTURES:
            width = max(width, self.thumbnail[0])
        return labels, width + self.text

    def _label_height(self, row: Key) -> int:
        if not self.layout.row_axes:
            return 0
        pictured = self.layout.row_axes[-1].setting in PICTURES
        return self.row_labels[row[-1]].height + (self.thumbnail[1] if pictured else 0)

    def _headings(self, depth: int) -> dict[Key, Block]:
        """The labels of a column axis by the values down to it, wrapped to the width of the columns they span."""
        axis = self.layout.column_axes[depth]
        keys = [key[: depth + 1] for key in self.layout.columns]
        step = self.cell[0] + self.gap
        return {
            key: Block(wrap(axis.labels[key[-1]], font(self.text), keys.count(key) * step - self.gap), self.text)
            for key in dict.fromkeys(keys)
        }

    def _headings_height(self) -> int:
        """Of the names of the axes, the labels, and the thumbnails below them."""
        below = self.text // 2
        if not self.layout.column_axes:
            return (self.line if self.layout.row_axes else 0) + below
        pictured = self.layout.column_axes[-1].setting in PICTURES
        labels = sum(max(block.height for block in blocks.values()) for blocks in self.headings)
        return self.line + labels + (self.thumbnail[1] + below if pictured else 0) + below

    def _lefts(self) -> list[int]:
        """The left edge of each column; groups that differ in an outer axis stand apart."""
        lefts, left = [], self.margin + self.label_width
        for place, key in enumerate(self.layout.columns):
            if place and key[:-1] != self.layout.columns[place - 1][:-1]:
                left += 3 * self.gap
            lefts.append(left)
            left += self.cell[0] + self.gap
        return lefts

    def _group_heading(self, key: Key, previous: Key | None) -> Block | None:
        """The heading above a row that differs from the one before in an outer axis."""
        axes = self.layout.row_axes[:-1]
        if not axes or (previous is not None and previous[:-1] == key[:-1]):
            return None
        parts = (f"{axis.title}: {axis.labels[value]}" for axis, value in zip(axes, key, strict=False))
        text = " · ".join(part.replace("\n", " + ") for part in parts)
        return Block(wrap(text, font(self.text, bold=True), self.width - 2 * self.margin), self.text, bold=True)

    def _references(self) -> list[tuple[str, Image.Image]]:
        """Content and style pictures that all trials share, each with its caption."""
        found = []
        for picture in PICTURES:
            hashes = self.trials[f"{picture}_sha256"].dropna()
            if hashes.nunique() == 1:
                row = self.trials.loc[hashes.index[0]]
                thumbnail = reference(row, picture)
                if thumbnail:
                    found.append((f"{picture}: {row[picture]}", thumbnail))
        return found

    def _header(self) -> list[Block]:
        grids = [Run(run).metadata()["grid"] for run in self.trials["run"].unique()]
        title = self.title
        description = grids[0]["description"] if len(grids) == 1 else None
        width = self.width - 2 * self.margin - len(self.references) * (self.thumbnail[0] + 2 * self.gap)
        large = round(self.text * 1.5)
        blocks = [Block(wrap(title, font(large, bold=True), width), large, bold=True)]
        if description:
            blocks.append(Block(wrap(description, font(self.text), width), self.text, colour=GREY))
        return blocks

    def _footer(self) -> list[Block]:
        """What was fixed, with which weights, what stood in for what, and what is not as it should be."""
        texts = [(self.look.caption or "", INK), (fixed_text(self.layout.fixed), GREY)]
        weights = self.trials[["architecture", "weights", "weights_sha256"]].drop_duplicates().dropna()
        names = [f"{architecture} {name} (sha256 {sha256[:8]}…)" for architecture, name, sha256 in weights.to_numpy()]
        if names:
            texts.append((f"weights: {', '.join(names)}", GREY))
        stand_ins = {one for text in self.trials["stand_ins"].dropna() for one in text.split("; ") if one}
        if stand_ins:
            texts.append((f"stand-ins: {'; '.join(sorted(stand_ins))}", ACCENT))
        counts = self.trials["status"].value_counts()
        if counts.get("done", 0) < len(self.trials):
            parts = (f"{counts[name]} {word}" for name, word in STATUS_WORDS.items() if counts.get(name, 0))
            texts.append((", ".join(parts), ACCENT))
        if self.scale != 1:
            texts.append((f"images drawn at {100 * self.scale:.3g} % of their size", GREY))
        if self.look.page:
            texts.append((f"page {self.look.page[0]} of {self.look.page[1]}", GREY))
        small = max(9, round(self.text * 0.8))
        width = self.width - 2 * self.margin
        return [Block(wrap(text, font(small), width), small, colour=colour) for text, colour in texts if text]
