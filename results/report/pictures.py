"""Pictures inside a report's page: images as WebP, figures as SVG."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PIL import Image

from results.table.pareto import on_front
from stylize import registry
from stylize.settings.value_text import setting_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EDGE, QUALITY = 448, 88
"""Of images: pixels of the long edge, and the quality of WebP."""


@dataclass(frozen=True)
class Picture:
    """An address that holds the picture itself, what it shows in words, and its size in pixels."""

    address: str
    words: str
    width: int
    height: int


def picture(image: Image.Image, words: str, *, edge: int = EDGE) -> Picture:
    """An image, made smaller until its long edge is at most `edge` pixels."""
    small = image.convert("RGB")
    small.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=QUALITY, method=4)
    return Picture(_address(buffer.getvalue(), "image/webp"), words, *small.size)


def figure_picture(figure: Figure, words: str) -> Picture:
    """A figure as SVG. As an image in a page it can run no script and load nothing."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    width, height = (int(96 * inches) for inches in figure.get_size_inches())
    return Picture(_address(buffer.getvalue(), "image/svg+xml"), words, width, height)


def front_figure(trials: pd.DataFrame, one: str, other: str) -> Figure:
    """Two metrics against each other. Trials that no other one beats in both are joined: the Pareto front."""
    from matplotlib.figure import Figure

    known = trials[trials[one].notna() & trials[other].notna()]
    figure = Figure(figsize=(7.2, 4), layout="constrained")
    axes = figure.subplots()
    axes.scatter(known[one], known[other], s=18, color="#9db7dd")
    best = known[undominated(known, one, other)].sort_values(one)
    axes.plot(best[one], best[other], color="#1f5fbf", marker="o", markersize=5, linewidth=1.2, label="Pareto front")
    axes.set_xlabel(f"{setting_name(one)} ({registry.better(one) or 'lower'} is better)")
    axes.set_ylabel(f"{setting_name(other)} ({registry.better(other) or 'lower'} is better)")
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure


def undominated(trials: pd.DataFrame, *metrics: str) -> np.ndarray:
    """Which rows no other row beats: none is at least as good in all metrics and better in one. n booleans."""
    signs = [-1.0 if registry.better(name) == "higher" else 1.0 for name in metrics]
    return on_front(trials[list(metrics)].to_numpy(dtype=float) * signs)


def _address(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
