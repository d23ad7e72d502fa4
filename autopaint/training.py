"""The training of a generator against a discriminator, step by step; it can be stopped and taken up again at any step.

What it gives is the running mean of the generator's parameters, so that the rate can stay the same to the end, and a
training of 3,000 steps is the beginning of one of 6,000.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from autopaint.examples import Batch, Examples
from autopaint.networks import Discriminator, Generator, places_of
from autopaint.objective import (
    AdversarialKind,
    Features,
    discriminator_loss,
    feature_loss,
    generator_loss,
    pixel_loss,
    smoothness_loss,
)

BETAS = (0.5, 0.999)
"""Of Adam, as in the authors' program."""

LARGEST_GRADIENT = 20.0
AVERAGED = 400
"""Steps over which parameters are averaged, once there are so many; before that, over a tenth of all."""


@dataclass(frozen=True)
class Recipe:
    """What decides a training apart from its examples. Weights of 0 switch a loss off. rate: that of Adam; the
    discriminator's is 0.4 of it. coarse_weight: of the pixel loss of the coarse guess, relative to `pixel_weight`.
    """

    pixel_weight: float = 100.0
    feature_weight: float = 0.01
    adversarial_weight: float = 1.0
    smoothness_weight: float = 1e-4
    adversarial_loss_kind: AdversarialKind = "cross-entropy"
    rate: float = 2e-4
    seed: int = 0
    bf16: bool = False
    coarse_weight: float = 0.5


class Training:
    """See the module. `features`: needed if `feature_weight` is not 0. `steps`: how many were done."""

    def __init__(
        self, recipe: Recipe, examples: Examples, features: Features | None = None, device: str = "cpu"
    ) -> None:
        self.recipe, self.steps, self._device = recipe, 0, device
        self._examples, self._features = examples, features
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.generator, self.discriminator = Generator(), Discriminator()
            for layer in [*self.generator.modules(), *self.discriminator.modules()]:
                if isinstance(layer, nn.Conv2d) and layer.weight.any():
                    nn.init.kaiming_normal_(layer.weight, a=0.2)
        for network in (self.generator, self.discriminator):
            network.to(device).to(memory_format=torch.channels_last)
        self.averaged = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self._adams = {
            "generator": torch.optim.Adam(self.generator.parameters(), recipe.rate, BETAS),
            "discriminator": torch.optim.Adam(self.discriminator.parameters(), 0.4 * recipe.rate, BETAS),
        }

    def step(self) -> dict[str, float]:
        """Learn from one batch. Returns the losses of that batch, without their weights, by name.

        Raises FloatingPointError if one is not finite; nothing was changed then.
        """
        batch = self._examples.next().to(self._device)
        with torch.autocast(torch.device(self._device).type, torch.bfloat16, enabled=self.recipe.bf16):
            losses, total = self._generator_losses(batch)
        found = {name: loss.item() for name, (loss, _) in losses.items()}
        if not all(abs(value) < float("inf") for value in found.values()):
            raise FloatingPointError(f"a loss is not finite at step {self.steps}: {found}")
        self._descend("generator", self.generator, total)
        if self.recipe.adversarial_weight:
            with torch.autocast(torch.device(self._device).type, torch.bfloat16, enabled=self.recipe.bf16):
                loss = self._discriminator_loss()
            found["discriminator_loss"] = loss.item()
            self._descend("discriminator", self.discriminator, loss)
        self.steps += 1
        self._average()
        return found

    def _generator_losses(self, batch: Batch) -> tuple[dict[str, tuple[Tensor, float]], Tensor]:
        recipe = self.recipe
        size = batch.seen.shape[2:]
        guess = self.generator.guess(batch.seen)
        close = torch.stack([_cut(one, box) for one, box in zip(batch.seen, batch.boxes, strict=True)])
        truth = torch.stack([_cut(one, box) for one, box in zip(batch.truth, batch.boxes, strict=True)])
        places = torch.cat([places_of(size[0], size[1], box) for box in batch.boxes]).to(self._device)
        painted = self.generator.refine(close, guess, places)
        self._judged = close[:, :1], truth, painted.detach()
        losses = {"pixel_loss": (pixel_loss(painted, truth), recipe.pixel_weight)}
        if recipe.feature_weight:
            assert self._features, "a feature loss needs features"
            losses["feature_loss"] = feature_loss(painted, truth, self._features), recipe.feature_weight
        if recipe.adversarial_weight:
            judged = self.discriminator.requires_grad_(False)(close[:, :1], painted)
            self.discriminator.requires_grad_(True)
            losses["adversarial_loss"] = (
                generator_loss(judged, recipe.adversarial_loss_kind),
                recipe.adversarial_weight,
            )
        if recipe.smoothness_weight:
            losses["smoothness_loss"] = smoothness_loss(painted), recipe.smoothness_weight
        total = torch.stack([weight * loss for loss, weight in losses.values()]).sum()
        small = nn.functional.interpolate(batch.truth, guess.shape[2:], mode="area")
        return losses, total + recipe.pixel_weight * recipe.coarse_weight * pixel_loss(guess, small)

    def _discriminator_loss(self) -> Tensor:
        ink, truth, painted = self._judged
        numbers = self.discriminator(torch.cat([ink, ink]), torch.cat([truth, painted]))
        of_true, of_painted = numbers.chunk(2)
        return discriminator_loss(of_true, of_painted, self.recipe.adversarial_loss_kind)

    def _descend(self, name: str, network: nn.Module, loss: Tensor) -> None:
        adam = self._adams[name]
        adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
        adam.step()

    @torch.no_grad()
    def _average(self) -> None:
        share = 1 / max(1.0, min(AVERAGED, self.steps / 10))
        for mean, now in zip(self.averaged.parameters(), self.generator.parameters(), strict=True):
            mean.lerp_(now, share)
        for buffer, current in zip(self.averaged.buffers(), self.generator.buffers(), strict=True):
            if buffer.is_floating_point():
                buffer.lerp_(current, share)
            else:
                buffer.copy_(current)

    def state(self, notes: Mapping[str, str] | None = None) -> bytes:
        """Everything that `resume` needs, as a safetensors file, with further notes in its metadata."""
        tensors: dict[str, Tensor] = {}
        for part, network in self._networks().items():
            tensors |= {f"{part}.{name}": value.contiguous() for name, value in network.state_dict().items()}
        for name, adam in self._adams.items():
            for number, moments in adam.state_dict()["state"].items():
                tensors |= {f"adam.{name}.{number}.{key}": value.contiguous() for key, value in moments.items()}
        own = {"steps": str(self.steps), "examples": json.dumps(self._examples.state)}
        return save(tensors, metadata={**own, **(notes or {})})

    def resume(self, content: bytes) -> dict[str, str]:
        """Go on where `state` was called. Returns the notes in its metadata."""
        tensors = load(content)
        notes: dict[str, str] = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
        self.steps, self._examples.state = int(notes["steps"]), json.loads(notes["examples"])
        for part, network in self._networks().items():
            beginning = f"{part}."
            network.load_state_dict(
                {name.removeprefix(beginning): value for name, value in tensors.items() if name.startswith(beginning)}
            )
        for name, adam in self._adams.items():
            moments: dict[int, dict[str, Tensor]] = {}
            for key, value in tensors.items():
                if key.startswith(f"adam.{name}."):
                    number, moment = key.removeprefix(f"adam.{name}.").split(".", 1)
                    moments.setdefault(int(number), {})[moment] = value
            adam.load_state_dict({"state": moments, "param_groups": adam.state_dict()["param_groups"]})
        return notes

    def _networks(self) -> dict[str, nn.Module]:
        return {"generator": self.generator, "discriminator": self.discriminator, "averaged": self.averaged}


def _cut(picture: Tensor, box: tuple[int, int, int, int]) -> Tensor:
    top, left, height, width = box
    return picture[:, top : top + height, left : left + width]
