"""The training of one slim network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from weights.training.data import CropPairs
from weights.training.disturb import attack, noise
from weights.training.network import TrainingNetwork, normalise
from weights.training.objective import Objective

RATE, WARM_UP, DECAY, LARGEST_GRADIENT = 2e-3, 50, 1e-2, 5.0
REPORT_EVERY = 100


@dataclass(frozen=True)
class Trained:
    """A network after its training, and the seconds of processor time that it took."""

    network: TrainingNetwork
    processor_seconds: float


def learning_rate(step: int, steps: int) -> float:
    """The learning rate at a step: a short rise, then half a cosine down to 0."""
    return RATE * min(1.0, (step + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * step / steps))


def train(
    architecture: str,
    bank: Tensor,
    *,
    seed: int,
    steps: int,
    pairs: int,
    compiled: bool,
    report: Callable[[str], None] = print,
) -> Trained:
    """Trains a network on a picture bank (K×3×H×W uint8). Each step sees two views of each of `pairs` places.

    In bf16 on the CPU, so that equal seeds give nearly, not exactly, equal networks on different machines.
    """
    start = time.process_time()
    torch.manual_seed(seed)
    network = TrainingNetwork(architecture).to(memory_format=torch.channels_last)
    objective = Objective(architecture)
    parameters = [*network.parameters(), *objective.parameters()]
    optimizer = _optimizer(parameters)
    run: Callable[[Tensor], dict[str, Tensor]] = torch.compile(network) if compiled else network
    views = iter(CropPairs(bank, pairs, seed))
    generator = torch.Generator().manual_seed(seed + 1)
    gradient: Tensor | None = None
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps)
        if gradient is None:
            clean = normalise(torch.cat(next(views)))
            shift = noise(clean, generator)
        else:
            shift = shift + attack(gradient)
        seen = (clean + shift).contiguous(memory_format=torch.channels_last).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            losses = objective(run(seen), clean, seen.detach())
        optimizer.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(parameters, LARGEST_GRADIENT)
        optimizer.step()
        gradient = seen.grad if gradient is None else None
        if step % REPORT_EVERY == 0 or step == steps - 1:
            values = ", ".join(f"{name} {loss.item():.3f}" for name, loss in losses.items())
            report(f"{architecture}: step {step + 1} of {steps}, {time.process_time() - start:.0f} s: {values}")
    return Trained(network, time.process_time() - start)


def _optimizer(parameters: list[nn.Parameter]) -> torch.optim.AdamW:
    """AdamW; biases and batch norm are not decayed."""
    matrices = [parameter for parameter in parameters if parameter.ndim > 1]
    vectors = [parameter for parameter in parameters if parameter.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": DECAY}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=RATE)
