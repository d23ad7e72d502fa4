"""Draws the pictures, trains both slim networks, and writes them into the folder of the manifest, or elsewhere.

python -m weights.training
python -m weights.training --steps 2 --pairs 2 --pictures 8 --no-compile --out /tmp/smoke
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from weights.training.data import picture_bank
from weights.training.export import export
from weights.training.train import train

SEEDS = {"vgg16-slim": 1, "vgg19-slim": 2}


def main(
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path(__file__).parents[1],
    steps: Annotated[int, typer.Option(min=1, help="Training steps.")] = 3000,
    pairs: Annotated[int, typer.Option(min=2, help="Places per step; each gives two crops.")] = 64,
    pictures: Annotated[int | None, typer.Option(min=1, help="Use only this many of the pictures.")] = None,
    compiled: Annotated[
        bool, typer.Option("--compile/--no-compile", help="torch.compile: twice as fast, and needs a C++ compiler.")
    ] = shutil.which("g++") is not None,
) -> None:
    """Train the slim networks."""
    out.mkdir(parents=True, exist_ok=True)
    bank = picture_bank(pictures)
    for architecture, seed in SEEDS.items():
        trained = train(architecture, bank, seed=seed, steps=steps, pairs=pairs, compiled=compiled, report=typer.echo)
        notes = {"seed": str(seed), "steps": str(steps), "processor_seconds": f"{trained.processor_seconds:.0f}"}
        export(trained.network, architecture, out / f"{architecture}.safetensors", notes)
        typer.echo(out / f"{architecture}.safetensors")


if __name__ == "__main__":
    typer.run(main)
