"""What surrounds the images of a sheet: title, reference pictures, the key of border colours, and the footer.

Each section returns its boxes and where it ends. Rows, columns and cells are in `place`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import pandas as pd

from results.run.storage import Run
from results.sheets.additions import Additions
from results.sheets.boxes import Area, Box, FillBox, Point, ReferenceBox, TextBox
from results.sheets.colour_scale import ColourScale
from results.sheets.shared_settings import fixed_text
from results.sheets.sizes import Sizes
from results.sheets.text import ACCENT, GREY, INK, Block, block
from results.table.axes import PICTURES, label_of
from results.table.load import reference_sha256
from stylize.settings.value_text import setting_name

STATUS_WORDS = {"done": "done", "failed": "failed", "missing": "not run yet"}

KEY_STEPS = 24
"""Rectangles from the colour of the least value to that of the largest."""


LEAST_SHARE_OF_TITLE = 0.5
"""Of a page's width: if reference pictures left the title less, they stand below it."""


def page_title(trials: pd.DataFrame, additions: Additions) -> str:
    """What stands above the sheet: the title that the user gave, else those of the grids."""
    if additions.title is not None:
        return additions.title
    return " · ".join(dict.fromkeys(grid["title"] for grid in _grids(trials)))


def header(trials: pd.DataFrame, width: int, sizes: Sizes, additions: Additions) -> tuple[list[Box], int]:
    """Title and description at the left of a page so wide, and at the right the pictures that all trials share.

    On a narrow page the pictures stand below the title.
    """
    shared = _shared_pictures(trials)
    step = sizes.thumbnail[0] + 2 * sizes.gap
    whole = width - 2 * sizes.margin
    room = whole - len(shared) * step
    beside = room >= LEAST_SHARE_OF_TITLE * whole
    words = _title_blocks(trials, room if beside else whole, sizes, additions)
    boxes, bottom = _stacked(words, sizes.margin, sizes.margin)
    left, top = (sizes.margin + room + 2 * sizes.gap, sizes.margin) if beside else (sizes.margin, bottom + sizes.gap)
    for picture, row in shared.items():
        boxes.append(ReferenceBox(Area(left, top, *sizes.thumbnail), picture, row, in_corner=True))
        caption = block(
            f"{setting_name(picture)}: {label_of(trials.iloc[row], picture)}",
            sizes.text,
            sizes.thumbnail[0] + sizes.gap,
            colour=GREY,
            most_lines=2,
        )
        boxes.append(TextBox(caption, Point(left, top + sizes.thumbnail[1])))
        bottom = max(bottom, top + sizes.thumbnail[1] + caption.height)
        left += step
    return boxes, bottom + sizes.text


def _title_blocks(trials: pd.DataFrame, room: int, sizes: Sizes, additions: Additions) -> list[Block]:
    """The title, and the description where all trials are of one grid."""
    blocks = [block(page_title(trials, additions), round(sizes.text * 1.5), room, bold=True)]
    grids = _grids(trials)
    if len(grids) == 1 and grids[0]["description"]:
        blocks.append(block(grids[0]["description"], sizes.text, room, colour=GREY))
    return blocks


def key_of_borders(colours: ColourScale | None, title: str, top: int, sizes: Sizes) -> tuple[list[Box], int]:
    """Which colour of a border is which value, from the least to the largest. Nothing without coloured borders."""
    if colours is None:
        return [], top
    low = Block((f"{title}: {colours.low_text}",), sizes.text)
    high = Block((colours.high_text,), sizes.text)
    left = sizes.margin + low.length(low.lines[0]) + sizes.text // 2
    step = max(2, sizes.text // 2)
    boxes: list[Box] = [TextBox(low, Point(sizes.margin, top))]
    boxes += [
        FillBox(
            Area(round(left) + number * step, top + sizes.line // 4, step, sizes.line // 2),
            colours.at(number / (KEY_STEPS - 1)),
        )
        for number in range(KEY_STEPS)
    ]
    boxes.append(TextBox(high, Point(left + KEY_STEPS * step + sizes.text // 2, top)))
    return boxes, top + sizes.line + sizes.text // 2


def footer(
    trials: pd.DataFrame, fixed: Mapping[str, Any], width: int, top: int, sizes: Sizes, additions: Additions
) -> tuple[list[Box], int]:
    """The caption, what was fixed, the weights, what stood in for what, and what a reader must not miss."""
    texts = [(additions.caption or "", INK), (fixed_text(fixed, trials), GREY)]
    weights = trials[["architecture", "weights", "weights_sha256"]].drop_duplicates().dropna()
    names = [
        f"{architecture} {PurePath(name).name} (sha256 {sha256[:8]}…)"
        for architecture, name, sha256 in weights.to_numpy()
    ]
    if names:
        texts.append((f"weights: {', '.join(names)}", GREY))
    stand_ins = {one for text in trials["stand_ins"].dropna() for one in text.split("; ") if one}
    if stand_ins:
        texts.append((f"stand-ins: {'; '.join(sorted(stand_ins))}", ACCENT))
    counts = trials["status"].value_counts()
    if counts.get("done", 0) < len(trials):
        parts = (f"{counts[name]} {word}" for name, word in STATUS_WORDS.items() if counts.get(name, 0))
        texts.append((", ".join(parts), ACCENT))
    if sizes.scale != 1:
        texts.append((f"images drawn at {100 * sizes.scale:.3g} % of their size", GREY))
    if additions.page:
        texts.append((f"page {additions.page[0]} of {additions.page[1]}", GREY))
    small, room = max(9, round(sizes.text * 0.8)), width - 2 * sizes.margin
    return _stacked([block(text, small, room, colour=colour) for text, colour in texts if text], sizes.margin, top)


def _stacked(blocks: list[Block], left: int, top: int) -> tuple[list[Box], int]:
    """Blocks of text one below the other, and where they end."""
    boxes: list[Box] = []
    for one in blocks:
        boxes.append(TextBox(one, Point(left, top)))
        top += one.height
    return boxes, top


def _shared_pictures(trials: pd.DataFrame) -> dict[str, int]:
    """Content, style and their masks, where all trials share theirs; and the number of a row that has each."""
    found = {}
    for picture in PICTURES:
        hashes = trials[f"{picture}_sha256"].tolist()
        known = [row for row, sha256 in enumerate(hashes) if isinstance(sha256, str)]
        if known and len({hashes[row] for row in known}) == 1:
            found[picture] = known[0]
        mask = f"{picture}_mask"
        if mask in trials and trials[mask].nunique(dropna=False) == 1 and reference_sha256(trials.iloc[0], mask):
            found[mask] = 0
    return found


def _grids(trials: pd.DataFrame) -> list[dict[str, Any]]:
    """What `run.json` says about the grids that the trials come from."""
    return [Run(run).metadata()["grid"] for run in trials["run"].unique()]
