"""What a benchmark gives: named figures beside their goals, and the machine that they were measured on."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One row of the table: what was measured, the figure with its unit, and the goal, where there is one."""

    name: str
    figure: str
    goal: str = ""


def best_seconds(work: Callable[[], object], repeats: int) -> float:
    """The shortest of several runs after one that does not count: others on the machine can only make it longer."""
    import torch  # not in processes whose memory is measured

    work()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def as_text(rows: Sequence[Measurement]) -> str:
    """A table in plain text, which is Markdown too."""
    lines = [("what", "measured", "goal"), *((row.name, row.figure, row.goal) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)


def machine() -> str:
    """The hardware, the versions, and the day."""
    import torch

    # Not needed by `python -m benchmarks.device`.
    from orchestrator.processor import processor
    from orchestrator.versions import versions_text

    device = torch.cuda.get_device_name() if torch.cuda.is_available() else processor()
    return f"{device}, {os.cpu_count()} cores, {versions_text()}, {datetime.date.today():%Y-%m-%d}"
