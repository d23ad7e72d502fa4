"""What an image of each method of `grids/methods.yaml` costs: seconds of processor time with one thread.

    python -m benchmarks.methods          # on this processor, with the embedded network in place of VGG-16

Processor time does not count the time in which other programs run. The targets of the pictures count, loading the
network and a first step for libraries to prepare themselves do not.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
import typer
from torch import Tensor

import grids
from downloads import Access
from orchestrator.grid.reader import load_grid
from orchestrator.plan.inputs import Inputs, Sources
from orchestrator.plan.plan import Selection, make_plan
from orchestrator.plan.trial import Trial
from orchestrator.processor import processor
from pictures import resize
from stylize import PREPROCESSING, Network, Settings, architecture_named, transfer

CONTENT, STYLE = "astronaut", "swirls"


def main() -> None:
    """Make an image with each method, and print a row for each."""
    torch.set_num_threads(1)
    folder = Path(grids.__file__).parent
    inputs = Inputs(Sources(folder, access=Access(offline=True)))
    plan = make_plan(load_grid(folder / "methods.yaml"), inputs, {}, Selection())
    for trial in plan.trials.values():
        if (trial.content, trial.style) == (CONTENT, STYLE):
            kind = f"{trial.settings.style_representation}, {trial.architecture}"
            typer.echo(f"{kind:32} {_seconds(trial, inputs):6.1f} s")
    typer.echo(f"{processor()}, torch {torch.__version__}, one thread")


def _seconds(trial: Trial, inputs: Inputs) -> float:
    given = trial.settings
    weights = inputs.network_weights(given)
    architecture = architecture_named(trial.architecture)
    parameters, preprocessing = weights.load(architecture.parameter_shapes(), architecture.random_parameters)
    network: Network = Network(architecture, parameters, PREPROCESSING[preprocessing])

    def tensor(reference: str) -> Tensor:
        return torch.from_numpy(np.array(resize(inputs.picture(reference).image(), given.size))).permute(2, 0, 1)

    content, style = tensor(CONTENT), tensor(STYLE)
    settings = Settings.model_construct(**{name: getattr(given, name) for name in Settings.model_fields})
    transfer(content, style, settings.model_copy(update={"iterations": 1, "pyramid": ()}), network)
    started = time.process_time()
    transfer(content, style, settings, network)
    return time.process_time() - started


if __name__ == "__main__":
    typer.run(main)
