"""How well the embedded networks transfer style, measured in a network that was not optimised against.

    python -m benchmarks.embedded                                  # with bundled pictures
    python -m benchmarks.embedded --pictures ../shared/images      # with the paper's own
    python -m benchmarks.embedded --grid benchmarks/pixels.yaml    # results of another grid

Each result is looked at by a slim network that it was not made with: those of the slim ones by the other, which was
trained with another seed, those of random weights and of `pixels` by vgg19-slim, those of steerable ones by vgg16-slim.
d(x, y) is the mean over the style layers of ‖G(x) − G(y)‖ / (‖G(x)‖ + ‖G(y)‖), G a Gram matrix per position, so that
each layer counts at most 1; F are the responses of conv4_2; fine(x) is the root mean square of what lies above half the
Nyquist frequency.

    style closed   1 − d(result, painting) / d(photograph, painting)      0: as the photograph, 1: as the painting
    content kept   1 − ‖F(result) − F(photograph)‖ / ‖F(painting) − F(photograph)‖
    fine detail    fine(result) / fine(painting)                          far above 1: speckle
    grain, coherence, edge length    each the result's divided by the painting's; `brushwork.py` defines them
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch
import typer
from torch import Tensor

import results
from benchmarks.brushwork import coherence, edge_length, grain
from downloads import Access
from pictures import Finder, resize
from results.run.storage import SHEET
from stylize import ARCHITECTURES, PREPROCESSING, Network
from weights import find_weights

HERE = Path(__file__).parent
GRID = HERE / "embedded.yaml"
COLUMNS = [
    "network", "style", "style closed", "content kept", "fine detail", "grain", "coherence", "edge length",
]  # fmt: skip
JUDGE = {
    "vgg16-slim": "vgg19-slim",
    "vgg19-slim": "vgg16-slim",
    "vgg16-steerable": "vgg16-slim",
    "vgg19-steerable": "vgg16-slim",
    "pixels": "vgg19-slim",
}


def main(
    pictures: Annotated[Path | None, typer.Option(help="A folder with the paper's pictures.")] = None,
    iterations: Annotated[int | None, typer.Option(min=1, help="Steps of each transfer, if not the grid's.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="adam or lbfgs, if not the grid's.")] = None,
    grid: Annotated[Path, typer.Option(help="The grid; of slim or steerable networks, or of pixels.")] = GRID,
    keep: Annotated[Path | None, typer.Option(help="Copies the sheet and the figures into this folder.")] = None,
) -> None:
    """Run the grid, print the figures, and show where the sheet is."""
    run = Path(tempfile.mkdtemp(prefix="embedded-")) / "run"
    command = ["sweep", str(grid), "--offline", "--out", str(run)]
    command += ["--set", f"iterations={iterations}"] if iterations else []
    command += ["--set", f"optimizer={optimizer}"] if optimizer else []
    subprocess.run([*command, *(["--pictures", str(pictures)] if pictures else [])], check=True)
    trials = results.load(run)
    finder = Finder(grid.parent, pictures, access=Access(offline=True))
    rows = [_judge(trial, finder) for _, trial in trials.iterrows()]
    table = pd.DataFrame(rows, columns=COLUMNS)
    means = table.groupby("network", sort=False).mean(numeric_only=True).reset_index()
    table = pd.concat([table, means.assign(style="mean")]).sort_values("network", kind="stable")
    text = table.to_string(index=False, float_format="{:.2f}".format)
    steps = f"{trials['iterations'].max()} {trials['optimizer'].iloc[0]} steps"
    where = f"{platform.processor() or platform.machine()}, torch {torch.__version__}, {steps}"
    typer.echo(f"{text}\n\n{where}\n{run / SHEET}")
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        shutil.copy(run / SHEET, keep / "embedded.png")
        (keep / "embedded.txt").write_text(
            f"python -m benchmarks.embedded {' '.join(sys.argv[1:])}\n\n{text}\n\n{where}\n", encoding="utf-8"
        )


def _judge(trial: pd.Series, finder: Finder) -> tuple[str | float, ...]:
    network = _network(JUDGE[trial["architecture"]])
    size = trial["width"], trial["height"]
    result = _tensor(np.asarray(results.image(trial)))
    photograph, painting = (
        _tensor(np.asarray(resize(finder.find(trial[role]).image(), size))) for role in ("content", "style")
    )
    content_distance = _content_distance(network, result, photograph) / _content_distance(network, painting, photograph)
    return (
        f"{trial['architecture']}, {trial['weights']}",
        trial["style"],
        1 - _style_distance(network, result, painting) / _style_distance(network, photograph, painting),
        1 - content_distance,
        *(measure(result) / measure(painting) for measure in (_fine_detail, grain, coherence, edge_length)),
    )


def _network(architecture: str) -> Network:
    plan = ARCHITECTURES[architecture]
    parameters, preprocessing = find_weights(architecture, "embedded", base=HERE).load(plan.parameter_shapes())
    return Network(plan, parameters, PREPROCESSING[preprocessing])


def _tensor(pixels: np.ndarray) -> Tensor:
    """1×3×H×W, RGB in 0–255."""
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float()


def _style_distance(network: Network, first: Tensor, second: Tensor) -> float:
    layers = network.architecture.style_layers
    distances = []
    for one, other in zip(network(first, layers).values(), network(second, layers).values(), strict=True):
        a, b = (flat @ flat.T / flat.shape[1] for flat in (one[0].flatten(1), other[0].flatten(1)))
        distances.append((a - b).norm() / (a.norm() + b.norm()))
    return float(torch.stack(distances).mean())


def _content_distance(network: Network, first: Tensor, second: Tensor) -> float:
    [layer] = network.architecture.content_layers
    return float((network(first, [layer])[layer] - network(second, [layer])[layer]).norm())


def _fine_detail(image: Tensor) -> float:
    """Root mean square above half the Nyquist frequency, in pixel values, under a Hann window."""
    height, width = image.shape[-2:]
    window = torch.outer(torch.hann_window(height), torch.hann_window(width))
    spectrum = torch.fft.fft2((image - image.mean((2, 3), keepdim=True)) * window)
    radius = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.fftfreq(width)[None])
    energy = (spectrum.abs().square() * (radius > 0.25)).sum((2, 3)) / (height * width) / window.square().sum()
    return float(energy.mean().sqrt())


if __name__ == "__main__":
    typer.run(main)
