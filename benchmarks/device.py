"""What a step costs on this machine's device: `python -m benchmarks.device`, or `python -m benchmarks device`.

The first needs the packages torch, numpy, pydantic and psutil, this folder and `stylize/`: no Ray, and no weights,
because numbers do not change how long they take. Without a GPU it counts operations and what waits for the host, and no
more. On a GPU it measures everything beside the rate of dense products, and beside a loop of one-image fp32 transfers
in the same process. It has never run on a GPU: none was at hand.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Iterator, Sequence
from unittest import mock

import torch
from torch import Tensor

from benchmarks.counting import HostReadError, of_a_step
from benchmarks.measurement import Measurement, as_text, best_seconds
from stylize import (
    ARCHITECTURES,
    PREPROCESSING,
    Lane,
    Network,
    Settings,
    Targets,
    Transfer,
    make_ready,
    transfer_batch,
    transfer_lanes,
)
from stylize.network.arithmetic import Arithmetic, storage, tf32_convolutions
from stylize.network.step_memory import batch_bytes

ITERATIONS = 60, 160
"""Steps of a short and a longer run; a step's time is the difference over the difference."""

CASES = {
    "vgg16": ((224, (1, 8, 32, 64)), (448, (1, 4, 16, 32)), (896, (1, 4))),
    "vgg16-slim": ((448, (1, 16, 64)),),
}
"""Edges in pixels and widths of batches, by network."""

FIGURE_5 = 15, 448, 1000
"""Images, edge in pixels, iterations."""

METHODS: dict[str, dict[str, object]] = {
    "adam": {},
    "lbfgs": {"optimizer": "lbfgs"},
    "mean-variance": {"style_representation": "mean-variance"},
    "wasserstein": {"style_representation": "wasserstein"},
    "mrf": {"style_representation": "mrf", "mrf_rotations": [0], "mrf_scales": [1]},
    "matting": {"matting_weight": 10.0},
    "laplacian": {"laplacian_weight": 10.0},
    "total variation": {"tv_weight": 0.1},
}


def run() -> list[Measurement]:
    """One row for each figure."""
    rows = list(counts())
    if torch.cuda.is_available():
        rows += list(on_gpu(torch.device("cuda")))
    return rows


def counts() -> Iterator[Measurement]:
    """Operations of a step of 8 images of figure 5's last row, and whether one waits for the host."""
    targets = Targets(network("vgg16", torch.device("meta")))
    for name, changes in METHODS.items():
        for precision in ("fp32", "bf16") if name == "adam" else ("fp32",):
            try:
                operations, no_views = of_a_step(batch(8, 64, precision=precision, **changes), targets)
                figure = f"{operations:.0f}, of which {no_views:.0f} are no views; 0 reads of the host"
            except HostReadError as error:
                figure = f"reads from the device: {error}"
            goal = "170, 100; 0" if name == "adam" else "0 reads"
            yield Measurement(f"operations of a step, {name}, {precision}", figure, goal)


def on_gpu(device: torch.device) -> Iterator[Measurement]:
    """All that needs a GPU."""
    yield Measurement("GPU", f"{torch.cuda.get_device_name(device)}, torch {torch.__version__}")
    limits = {"bf16": _dense_rate(device, "bf16"), "fp32": _dense_rate(device, "fp32")}
    for precision, limit in limits.items():
        yield Measurement(f"dense product, {precision}", f"{limit / 1e12:.0f} TFLOP/s")
    for name, sizes in CASES.items():
        targets = Targets(network(name, device))
        for precision in ("bf16", "fp32"):
            for edge, widths in sizes:
                for width in widths:
                    yield _rate(targets, edge, width, precision, limits[precision])
    targets = Targets(network("vgg16", device))
    for edge, width in ((224, 8), (224, 32), (448, 16)):
        recorded = step_seconds(targets, edge, width)
        with mock.patch("stylize.step.may_record", return_value=False):
            plain = step_seconds(targets, edge, width)
        lbfgs = step_seconds(targets, edge, width, optimizer="lbfgs")
        figure = f"{1e3 * recorded:.1f} ms, without {1e3 * plain:.1f} ms, L-BFGS {lbfgs / recorded:.2f} times"
        yield Measurement(f"a step with a CUDA graph, {edge} px × {width}", figure)
    yield _between_batches(targets)
    yield from _beside_the_loop(targets)


def _rate(targets: Targets, edge: int, width: int, precision: str, limit: float) -> Measurement:
    name = targets.network.architecture.name
    goal = "50 % of the dense rate" if (name, edge, width, precision) == ("vgg16", 448, 16, "bf16") else ""
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    try:
        seconds = step_seconds(targets, edge, width, precision=precision)
    except torch.OutOfMemoryError:
        return Measurement(f"{name}, {edge} px × {width}, {precision}", "out of memory")
    architecture = targets.network.architecture
    rate = width * architecture.operations("conv5_1", edge, edge) / seconds
    settings = Settings().for_architecture(architecture)
    model = batch_bytes(settings, architecture, edge, edge, width, itemsize=2 if precision == "bf16" else 4)
    memory = f"{torch.cuda.max_memory_allocated() / 1e9:.1f} GB, by the model {model / 1e9:.1f} GB"
    figure = f"{width / seconds:.0f} images × steps/s, {100 * rate / limit:.0f} % of the dense rate, {memory}"
    return Measurement(f"{name}, {edge} px × {width}, {precision}", figure, goal)


def step_seconds(targets: Targets, edge: int, width: int, **changes: object) -> float:
    """Seconds of a step of a batch, what comes before and after the steps left out."""
    seconds = []
    for iterations in ITERATIONS:
        transfers = batch(width, edge, iterations=iterations, **changes)
        transfer_batch(transfers, targets)
        seconds.append(best_seconds(lambda one=transfers: transfer_batch(one, targets), repeats=1))  # type: ignore[misc]
    return (seconds[1] - seconds[0]) / (ITERATIONS[1] - ITERATIONS[0])


def _between_batches(targets: Targets) -> Measurement:
    """The time from the last step of a batch to the first step of the next, as the host sees it. As in a worker, the
    lanes of the next batch are ready, and images are finished elsewhere.
    """
    batches = [[make_ready(Lane.of(one), targets.network) for one in batch(16, 448, seed=seed)] for seed in range(6)]
    marks: list[list[float]] = []
    for lanes in batches:
        seen: list[float] = []
        marks.append(seen)
        transfer_lanes(lanes, targets, lambda step, seen=seen: seen.append(time.perf_counter()))  # type: ignore[misc]
    gaps = [after[0] - before[-1] for before, after in itertools.pairwise(marks[1:])]
    return Measurement("between batches of 16 × 448 px", f"{1e3 * statistics.median(gaps):.0f} ms")


def _beside_the_loop(targets: Targets) -> Iterator[Measurement]:
    images, edge, iterations = FIGURE_5
    started = time.perf_counter()
    transfer_batch(batch(images, edge, iterations=iterations, precision="bf16"), targets)
    torch.cuda.synchronize()
    seconds = time.perf_counter() - started
    yield Measurement(f"figure 5: {images} × {edge} px × {iterations} steps", f"{seconds:.1f} s", "30 s")
    alone = one_at_a_time(targets.network, edge, 100) * iterations / 100
    yield Measurement(
        "a loop of one-image fp32 transfers of the same size",
        f"{3600 / alone:.0f} an hour; here {3600 * images / seconds:.0f}, {alone * images / seconds:.1f} times as many",
        "8 times",
    )


def one_at_a_time(network_: Network, edge: int, steps: int) -> float:
    """Seconds of a transfer as scripts do it: fp32, torch's Adam, `loss.item()` at each step."""
    content, style = pictures(edge)
    layers = ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"]
    with torch.no_grad():
        wanted = network_(content[None].float().to(network_.device), ["conv4_2"])["conv4_2"]
        found = network_(style[None].float().to(network_.device), layers)
        grams = {layer: _gram(response) for layer, response in found.items()}
    image = content[None].float().to(network_.device).requires_grad_()
    optimizer = torch.optim.Adam([image], lr=8.0)

    def step() -> None:
        responses = network_(image, [*layers, "conv4_2"])
        loss = (responses["conv4_2"] - wanted).square().sum() / 2
        for layer in layers:
            loss = loss + 1e3 * (_gram(responses[layer]) - grams[layer]).square().sum() / 20
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()

    for _ in range(10):
        step()
    started = time.perf_counter()
    for _ in range(steps):
        step()
    return time.perf_counter() - started


def _gram(responses: Tensor) -> Tensor:
    flat = responses.flatten(2)[0]
    return flat @ flat.T / flat.numel()


def network(name: str, device: torch.device) -> Network:
    """A network with random weights, on a device."""
    generator = torch.Generator().manual_seed(0)
    architecture = ARCHITECTURES[name]
    parameters = {
        key: torch.randn(shape, generator=generator) * (2 / max(1, shape[1:].numel() if len(shape) > 1 else 1)) ** 0.5
        for key, shape in ((key, torch.Size(shape)) for key, shape in architecture.parameter_shapes().items())
    }
    made: Network = Network(architecture, parameters, PREPROCESSING["vgg-original"]).to(device)
    return made


def pictures(edge: int) -> tuple[Tensor, Tensor]:
    """A content and a style picture, 3×edge×edge bytes."""
    generator = torch.Generator().manual_seed(1)
    coarse = torch.rand(2, 3, 8, 8, generator=generator) * 255
    content, style = torch.nn.functional.interpolate(coarse, (edge, edge), mode="bilinear").round().byte()
    return content, style


def batch(width: int, edge: int, **changes: object) -> Sequence[Transfer]:
    """Transfers of the same pictures with as many ratios."""
    content, style = pictures(edge)
    given: dict[str, object] = {"iterations": ITERATIONS[0], "precision": "bf16", "history_every": 1000} | changes
    ratios = [10.0 ** (-1 - 4 * place / width) for place in range(width)]
    return [Transfer(content, style, Settings.model_validate({"ratio": ratio} | given)) for ratio in ratios]


def _dense_rate(device: torch.device, arithmetic: Arithmetic) -> float:
    size = 8192
    left, right = (torch.randn(size, size, device=device).to(storage(arithmetic)) for _ in range(2))
    with tf32_convolutions(arithmetic):
        return 2 * size**3 / best_seconds(lambda: left @ right, repeats=5)


if __name__ == "__main__":
    print(as_text(run()))
