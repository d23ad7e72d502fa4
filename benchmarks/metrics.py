"""What the metrics of one image cost on one thread, its references known already: the median of 15.

python -m benchmarks.metrics
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import torch
import typer

from benchmarks.measurement import machine
from downloads import Access
from stylize import ARCHITECTURES, PREPROCESSING, Metrics, Network
from weights import find_weights

EDGES, TIMES = (32, 224, 448), 15


def main() -> None:
    """Print milliseconds by size."""
    torch.set_num_threads(1)
    architecture = ARCHITECTURES["vgg19-slim"]
    weights = find_weights("vgg19-slim", None, base=Path(), access=Access(offline=True))
    parameters, preprocessing = weights.load(architecture.parameter_shapes())
    metrics = Metrics(Network(architecture, parameters, PREPROCESSING[preprocessing]))
    typer.echo(machine())
    for edge in EDGES:
        image, content, style = (torch.randint(0, 256, (3, edge, edge), dtype=torch.uint8) for _ in range(3))
        times = []
        for _ in range(TIMES + 1):  # the first one sees the references too
            started = time.perf_counter()
            metrics.of(image, content, [(style, 1.0)])
            times.append(1000 * (time.perf_counter() - started))
        typer.echo(f"{edge} px: {statistics.median(times[1:]):.1f} ms")


if __name__ == "__main__":
    typer.run(main)
