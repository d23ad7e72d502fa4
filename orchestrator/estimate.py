"""Rough numbers before a sweep: how long, how much disk, how large the sheet."""

from __future__ import annotations

import time
from collections.abc import Sequence

from orchestrator.plan import Batch, Plan

CONVOLUTION_SHARE = 0.9
"""An assumption: convolutions run at about the rate of one large matrix product. Load on the machine changes both."""
START_SECONDS = 8.0
"""An assumption for Ray, imports and the first batch's targets."""
BYTES_PER_PIXEL = 2.3
"""Of a PNG: stylised images hardly compress."""
SHEET_EDGE = 512


def machine_rate() -> float:
    """Floating-point operations a second of this machine's processor, from a fifth of a second of matrix products."""
    import numpy as np

    size = 1024
    left = np.random.default_rng(0).standard_normal((size, size), dtype=np.float32)
    left @ left  # threads start
    products, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < 0.2:
        left @ left
        products += 1
    return products * 2 * size**3 / elapsed


def seconds(batches: Sequence[Batch]) -> float:
    """How long the batches take on this machine's processor, in fp32. GPUs and clusters are faster."""
    work = sum(batch.operations for batch in batches)
    return START_SECONDS + work / (machine_rate() * CONVOLUTION_SHARE) if batches else 0.0


def disk_bytes(batches: Sequence[Batch]) -> int:
    """Bytes that the batches' images and rows take."""
    trials = [trial for batch in batches for trial in batch.trials]
    return round(sum(trial.width * trial.height * BYTES_PER_PIXEL + 2000 for trial in trials))


def sheet_pixels(plan: Plan) -> tuple[int, int]:
    """About how wide and high the sheet will be."""
    trials = list(plan.trials.values())
    width, height = max(trial.width for trial in trials), max(trial.height for trial in trials)
    scale = min(1.0, SHEET_EDGE / max(width, height))
    grid = plan.grid
    names = [dimension.settings for dimension in grid.dimensions]
    on_columns = set(grid.columns) if grid.columns is not None else set(names[-1] if names else ())
    columns = 1
    lines = 1
    for dimension in grid.dimensions:
        if set(dimension.settings) & on_columns:
            columns *= len(dimension.values)
        else:
            lines *= len(dimension.values)
    return round((columns * 1.03 + 0.5) * width * scale), round((lines * 1.03 + 0.8) * height * scale)
