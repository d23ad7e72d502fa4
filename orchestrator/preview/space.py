"""How much disk a sweep will take, and how large its sheet will be, roughly."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.plan.batches import Batch
from orchestrator.plan.plan import Plan
from orchestrator.plan.trial import Trial

BYTES_PER_PIXEL = 2.3
"""Of a PNG: stylised images hardly compress."""
BYTES_PER_FRAME_PIXEL = 2.1
"""Of a lossless WebP."""

GENERATOR_BYTES = 9_800_000
"""Of a generator that is trained in the sweep."""


def disk_bytes(batches: Sequence[Batch]) -> int:
    """Bytes that the batches' images, frames and rows take."""
    trials = [trial for batch in batches for trial in batch.trials]
    images = sum(trial.width * trial.height * BYTES_PER_PIXEL + 2000 for trial in trials)
    generators = GENERATOR_BYTES * sum(batch.trains for batch in batches)
    return round(images + sum(_frame_bytes(trial) for trial in trials) + generators) + state_bytes(batches)


def state_bytes(batches: Sequence[Batch]) -> int:
    """Bytes that the kept states of the batches' trials take; trials of one optimisation keep one."""
    keeping = [lane[0] for batch in batches for lane in batch.lanes if lane[0].setup.keeps_state]
    return sum(trial.width * trial.height * _state_bytes_per_pixel(trial) for trial in keeping)


def _state_bytes_per_pixel(trial: Trial) -> int:
    """fp32 numbers of three channels: of the image and two moments, or of six points and 21 pairs of changes."""
    return 3 * 4 * (6 + 2 * 21 if trial.setup.settings.optimizer == "lbfgs" else 3)


def _frame_bytes(trial: Trial) -> float:
    every = 0 if trial.paints else trial.setup.settings.frames_every
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
        if dimension.drawn:  # its trials stand below each other, or beside each other where there are rows alone
            wide = 1 if on_columns else round(len(dimension.values) ** 0.5)
            columns, lines = columns * wide, lines * -(-len(dimension.values) // wide)
        elif set(dimension.settings) & on_columns:
            columns *= len(dimension.values)
        else:
            lines *= len(dimension.values)
    return round((columns * 1.03 + 0.5) * width * scale), round((lines * 1.03 + 0.8) * height * scale)
