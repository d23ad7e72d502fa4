"""Rough numbers before a sweep: how long, how much disk, how large the sheet."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from orchestrator.plan.batches import Batch
from orchestrator.plan.plan import Plan
from orchestrator.plan.trial import Trial

CONVOLUTION_SHARE = {"vgg16": (0.9, 1.8), "vgg19": (0.9, 1.8), "vgg16-slim": (0.65, 0.9), "vgg19-slim": (0.65, 0.9)}
OTHERS_SHARE = (0.5, 0.7)
"""At what multiple of the rate of one large fp32 matrix product a network runs, in fp32 and in bf16 hardware: narrow
layers move more numbers than they multiply. Measured by `python -m benchmarks limit` on one machine, an assumption on
every other.
"""
START_SECONDS = 12.0
"""For Ray, imports and the first batch's targets; measured on the same machine."""
BYTES_PER_PIXEL = 2.3
"""Of a PNG: stylised images hardly compress."""
BYTES_PER_FRAME_PIXEL = 2.1
"""Of a lossless WebP."""


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


def multiplies_bf16() -> bool:
    """Whether this processor multiplies bf16 in hardware, as far as the system says (Linux does)."""
    flags = Path("/proc/cpuinfo")
    return flags.exists() and bool({"avx512_bf16", "amx_bf16"} & set(flags.read_text().split()))


def seconds(batches: Sequence[Batch]) -> float:
    """How long the batches take on this machine's processor. GPUs and clusters are faster."""
    if not batches:
        return 0.0
    rate, has_bf16 = machine_rate(), multiplies_bf16()
    total = START_SECONDS
    for batch in batches:
        setup = batch.trials[0].setup
        exact, rounded = CONVOLUTION_SHARE.get(setup.architecture, OTHERS_SHARE)
        precision = setup.settings.precision
        in_bf16 = precision == "bf16" or (precision == "auto" and has_bf16)
        total += batch.operations / (rate * (rounded if in_bf16 else exact))
    return total


def disk_bytes(batches: Sequence[Batch]) -> int:
    """Bytes that the batches' images, frames and rows take."""
    trials = [trial for batch in batches for trial in batch.trials]
    images = sum(trial.width * trial.height * BYTES_PER_PIXEL + 2000 for trial in trials)
    return round(images + sum(_frame_bytes(trial) for trial in trials))


def _frame_bytes(trial: Trial) -> float:
    every = trial.setup.settings.frames_every
    frames = -(-trial.iterations // every) if every else 0
    return frames * trial.width * trial.height * BYTES_PER_FRAME_PIXEL


def sheet_pixels(plan: Plan) -> tuple[int, int]:
    """About how wide and high the sheet will be. Like the sheet, it enlarges small images and reduces large ones."""
    from results.sheets.sizes import LARGEST_CELL, SMALLEST_CELL

    width, height = max(setup.width for setup in plan.setups), max(setup.height for setup in plan.setups)
    edge = max(width, height)
    scale = min(LARGEST_CELL, max(edge, SMALLEST_CELL)) / edge
    grid = plan.grid
    names = [dimension.settings for dimension in grid.dimensions]
    across = names[-1:] if len(names) < 4 else names[-2:]
    on_columns = set(grid.columns) if grid.columns is not None else {name for one in across for name in one}
    columns = 1
    lines = 1
    for dimension in grid.dimensions:
        if set(dimension.settings) & on_columns:
            columns *= len(dimension.values)
        else:
            lines *= len(dimension.values)
    return round((columns * 1.03 + 0.5) * width * scale), round((lines * 1.03 + 0.8) * height * scale)
