"""Paints one picture: from the content to a sketch, its hints, and the coloured result with what is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from autopaint.examples import seen
from autopaint.hints import Flood, Hints, flood, hints_of_picture, hints_of_truth, nearest_hint, no_hints
from autopaint.networks import Generator
from autopaint.sketch import LEAST_INK, MOST_INK, RELATIVE_SIGMA, as_sketch, has_colours, ink_share, xdog
from stylize.settings.painting_settings import PaintingSettings

RELATIVE_HINT = 1 / 24
"""The edge of a hint, as a share of the picture's longer edge, where none is given."""


GREYED = "the content has colours, and sketch: as-is took its brightness; sketch: xdog makes a sketch of a picture"


class SketchError(ValueError):
    """A sketch that has no lines, or hardly anything else. The message says what to change."""


@dataclass(frozen=True, eq=False)
class Given:
    """What a generator is given. sketch: H×W, 0 is ink. truth: H×W×3 bytes, None if the content is only a sketch.
    note: what a reader of the row should know, or None.
    """

    sketch: NDArray[np.float32]
    hints: Hints
    truth: NDArray[np.uint8] | None
    note: str | None = None

    def laid(self) -> NDArray[np.uint8]:
        """The sketch with its hints on it, H×W×3."""
        shown = np.where(self.hints.painted[..., None], self.hints.colours, self.sketch[..., None])
        return np.asarray((255 * shown).round().astype(np.uint8))


@dataclass(frozen=True, eq=False)
class Painted:
    """An image, H×W×3 bytes, and what was measured, by the columns of the registry (`PAINTING_COLUMNS`)."""

    pixels: NDArray[np.uint8]
    measured: dict[str, float | None]


def given(content: NDArray[np.uint8], hints: NDArray[np.uint8] | None, settings: PaintingSettings) -> Given:
    """What the settings make of a content picture (H×W×3) and of a picture of hints (h×w×4).

    Raises SketchError.
    """
    height, width = content.shape[:2]
    edge = max(height, width)
    if settings.sketch == "as-is":
        sketch, truth = as_sketch(content), None
    else:
        sigma = settings.sketch_sigma or RELATIVE_SIGMA * edge
        sketch, truth = xdog(content, sigma, settings.sketch_threshold), content
    _check(sketch, settings)
    note = GREYED if truth is None and has_colours(content) else None
    if hints is not None:
        return Given(sketch, hints_of_picture(hints, height, width), truth, note)
    if settings.hint_count and truth is not None:
        size = settings.hint_size or max(2, round(RELATIVE_HINT * edge))
        return Given(sketch, hints_of_truth(truth, settings.hint_count, size, settings.seed), truth)
    return Given(sketch, no_hints(height, width), truth, note)


def paint(generator: Generator, one: Given, settings: PaintingSettings) -> Painted:
    """Colour a sketch, or with `output: sketch` show it; and measure the image against the truth, if there is one."""
    spread = flood(one.sketch, one.hints)
    pixels = one.laid() if settings.output == "sketch" else colour(generator, one.sketch, one.hints, spread)
    return Painted(pixels, _measured(pixels, one))


@torch.no_grad()
def colour(
    generator: Generator, sketch: NDArray[np.float32], hints: Hints, spread: Flood | None = None
) -> NDArray[np.uint8]:
    """The coloured sketch, H×W×3 bytes, computed on the generator's device in fp32."""
    device = next(generator.parameters()).device
    painted: Tensor = generator(seen(sketch, hints, spread)[None].to(device))[0]
    return np.asarray((255 * painted).clamp(0, 255).round().byte().permute(1, 2, 0).contiguous().cpu().numpy())


def _check(sketch: NDArray[np.float32], settings: PaintingSettings) -> None:
    share = ink_share(sketch)
    if LEAST_INK <= share <= MOST_INK:
        return
    if settings.sketch == "as-is":
        found = "has no lines" if share < LEAST_INK else "is nearly all dark"
        raise SketchError(f"the content {found}; a sketch is black lines on white, and sketch: xdog makes one")
    found, change = ("no line was found", "smaller") if share < LEAST_INK else ("nearly all of it is black", "larger")
    other = "larger" if share < LEAST_INK else "smaller"
    raise SketchError(
        f"the sketch of the content has no use: {found} with sketch_threshold {settings.sketch_threshold:g}; try a "
        f"{other} sketch_threshold or a {change} sketch_sigma"
    )


def _measured(pixels: NDArray[np.uint8], one: Given) -> dict[str, float | None]:
    found: dict[str, float | None] = {"ink_share": ink_share(one.sketch), "hint_error": None, "pixel_error": None}
    found["nearest_hint_error"] = None
    if one.hints.any:
        from skimage.color import rgb2lab

        asked = rgb2lab(one.hints.colours[one.hints.painted].astype(np.float64))
        shown = rgb2lab(pixels[one.hints.painted] / np.float64(255))
        found["hint_error"] = float(np.linalg.norm(asked - shown, axis=1).mean())
    if one.truth is not None:
        truth = one.truth / np.float64(255)
        found["pixel_error"] = float(np.abs(pixels / np.float64(255) - truth).mean())
        if one.hints.any:
            found["nearest_hint_error"] = float(np.abs(nearest_hint(one.sketch, one.hints) - truth).mean())
    return found
