"""Warnings of characters that the font of sheets has no glyphs for, such as Chinese or emoji."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterable

from results.errors import GlyphWarning
from results.sheets.boxes import Page, TextBox
from results.sheets.text import font_file

MOST_NAMED = 10
"""Characters that a warning names."""


def warn_of_missing_glyphs(pages: Iterable[Page], *, stacklevel: int = 2) -> None:
    """Warn (GlyphWarning) of characters on these pages that are painted as boxes."""
    texts = {
        (line, box.block.bold)
        for page in pages
        for box in page.boxes
        if isinstance(box, TextBox)
        for line in box.block.lines
        if not line.isascii()
    }
    missing = sorted({one for line, bold in texts for one in line if ord(one) not in _characters(bold)})
    if missing:
        named = " ".join(missing[:MOST_NAMED]) + (" …" if len(missing) > MOST_NAMED else "")
        warnings.warn(
            f"the font of sheets, DejaVu Sans, lacks {len(missing)} of the characters of this one, which are drawn as "
            f"boxes: {named}. An .svg keeps them as text, and is shown in fonts of the viewer",
            GlyphWarning,
            stacklevel=stacklevel + 1,
        )


@functools.cache
def _characters(bold: bool) -> frozenset[int]:
    """The code points that the font has."""
    from fontTools.ttLib import TTFont

    with TTFont(font_file(bold=bold), lazy=True) as opened:
        return frozenset(opened.getBestCmap())
