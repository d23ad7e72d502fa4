"""Runs the benchmarks one after another and prints one table with the goal and the measured value of each.

python -m benchmarks                      # all of them, about half an hour on two cores
python -m benchmarks limit overhead       # some of them
python -m benchmarks --keep benchmarks/results/my-machine.md
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.measurement import as_text, machine

ALL = (
    "device",
    "step",
    "limit",
    "split",
    "precision",
    "sooner",
    "halving",
    "memory",
    "tiles",
    "overhead",
    "plan",
    "storage",
    "looking",
    "frames",
    "cluster",
    "gallery",
    "estimate",
    "figure5_vs_loop",
)


def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"Which of {', '.join(ALL)}. Default: all.")] = None,
    keep: Annotated[Path | None, typer.Option(help="Writes the table into this file too.")] = None,
) -> None:
    """Measure, and print the table."""
    rows = []
    for name in names or ALL:
        typer.echo(f"{name} …", err=True)
        rows += importlib.import_module(f"benchmarks.{name}").run()
    text = f"{machine()}\n\n{as_text(rows)}\n"
    typer.echo(text)
    if keep:
        keep.parent.mkdir(parents=True, exist_ok=True)
        keep.write_text(f"`python -m benchmarks {' '.join(names or [])}`: {text}", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
