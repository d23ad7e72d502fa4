"""Optimise images: one with `transfer`, a batch that shares its passes with `transfer_batch`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from stylize.errors import PictureError, SettingsError
from stylize.network import MEAN_PIXEL, Network
from stylize.objective import Evaluation, Objective, Transfer
from stylize.schedule import learning_rate
from stylize.settings import Settings
from stylize.targets import Targets

NOISE_DEVIATION = 20.0
"""Standard deviation of the initial noise in pixel values, cut off at two of them, as the paper's program has it."""

ALIVE_CHECK_EVERY = 50
"""Steps between looks at whether any image of the batch is left: each look waits for the device."""


@dataclass(frozen=True)
class History:
    """The losses at every `history_every`-th step, before that step's update, and at the end; tuples of one length."""

    step: tuple[int, ...]
    content_loss: tuple[float, ...]
    style_loss: tuple[float, ...]
    total_variation: tuple[float, ...]
    total_loss: tuple[float, ...]


@dataclass(frozen=True)
class Result:
    """An optimised image and its losses, those of this very image.

    image: 3×H×W fp32 on the CPU, in 0–255 but not clipped: see `pixels`.
    content_loss, style_loss: Σ_l w_l·L^l, without α and β; total_loss: α·content + β·style + tv_weight·total variation.
    content_loss_by_layer, style_loss_by_layer: L_c^l and E_l without weights.
    seconds: this image's share of the batch's wall-clock time.
    failed_at: the step whose losses were not finite, or None; then `image` and the losses are the last finite ones.
    """

    image: Tensor
    content_loss: float
    style_loss: float
    total_variation: float
    total_loss: float
    content_loss_by_layer: dict[str, float]
    style_loss_by_layer: dict[str, float]
    history: History
    seconds: float
    failed_at: int | None

    def pixels(self) -> Tensor:
        """The image as H×W×3 bytes, clipped and rounded."""
        return self.image.clamp(0, 255).round().byte().permute(1, 2, 0).contiguous()


def transfer(content: Tensor | None, style: Tensor | None, settings: Settings, network: Network) -> Result:
    """Give `content` the style of `style`. Pictures are 3×H×W tensors of RGB in 0–255; see `Transfer` for None.

    Raises SettingsError where the settings do not fit the network or the pictures, PictureError for a wrong picture.
    """
    return transfer_batch([Transfer(content, style, settings)], Targets(network))[0]


def transfer_batch(
    transfers: Sequence[Transfer], targets: Targets, on_step: Callable[[int], None] | None = None
) -> list[Result]:
    """Optimise several images in one forward and backward pass a step, each with its own losses, rate and schedule.

    All must share iterations, history_every, precision and image shape (ValueError otherwise). `on_step` is called with
    the number of each step before it starts; what it raises ends the batch. Equal transfers give equal images at one
    batch width on one machine; another width changes the low bits.
    """
    architecture = targets.network.architecture
    transfers = [replace(one, settings=one.settings.for_architecture(architecture)) for one in transfers]
    for one in transfers:
        _check(one)
    _check_shared(transfers)
    iterations = transfers[0].settings.iterations
    history_every = transfers[0].settings.history_every

    started = time.perf_counter()
    objective = Objective(transfers, targets)
    parameters = [_initial_image(one).to(targets.device).requires_grad_() for one in transfers]
    # One parameter group an image: torch's Adam works element by element, so each image has its own rate and state.
    optimizer = torch.optim.Adam([{"params": [image]} for image in parameters])
    watch = _Watch(parameters)
    recorded: list[tuple[int, Tensor]] = []
    for step in range(iterations):
        if on_step:
            on_step(step)
        for group, one in zip(optimizer.param_groups, transfers, strict=True):
            group["lr"] = learning_rate(one.settings, step)
        images = _stack(parameters)
        evaluation = objective.evaluate(images)
        watch.observe(step, images.detach(), evaluation)
        if step % history_every == 0:
            recorded.append((step, evaluation.terms().detach()))
        if step % ALIVE_CHECK_EVERY == 0 and not watch.any_alive():
            break
        optimizer.zero_grad()
        evaluation.total.sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    else:
        with torch.no_grad():
            images = _stack(parameters)
            evaluation = objective.evaluate(images)
        watch.observe(iterations, images, evaluation)
        recorded.append((iterations, evaluation.terms()))
    return watch.results(recorded, (lambda: time.perf_counter() - started))


class _Watch:
    """Keeps each image's last finite state, on the device: nothing here waits for it before `results`."""

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self._images = _stack(parameters).detach().clone()
        self._failed_at = torch.full((len(parameters),), -1, device=self._images.device)
        self._losses: dict[str, Tensor] = {}

    def observe(self, step: int, images: Tensor, evaluation: Evaluation) -> None:
        """Take over images and losses wherever the loss is finite and always was."""
        alive = (self._failed_at < 0) & evaluation.total.detach().isfinite()
        self._failed_at = torch.where((self._failed_at < 0) & ~alive, step, self._failed_at)
        self._images = torch.where(alive.view(-1, 1, 1, 1), images, self._images)
        content, style, variation, total = evaluation.terms().detach()
        losses = {"content": content, "style": style, "variation": variation, "total": total}
        losses |= {f"content:{layer}": one for layer, one in evaluation.content_by_layer.items()}
        losses |= {f"style:{layer}": one for layer, one in evaluation.style_by_layer.items()}
        self._losses = {
            name: torch.where(alive, loss, self._losses.get(name, torch.nan)) for name, loss in losses.items()
        }

    def any_alive(self) -> bool:
        return bool((self._failed_at < 0).any())

    def results(self, recorded: Sequence[tuple[int, Tensor]], elapsed: Callable[[], float]) -> list[Result]:
        images = self._images.cpu().float().contiguous()
        failed_at = self._failed_at.tolist()
        losses = {name: loss.tolist() for name, loss in self._losses.items()}
        history = torch.stack([terms for _, terms in recorded]).double().cpu()  # S×4×B
        steps = [step for step, _ in recorded]
        seconds = elapsed() / len(images)  # after the copies above, which wait for the device

        def by_layer(kind: str, image: int) -> dict[str, float]:
            prefix = f"{kind}:"
            named = {name.removeprefix(prefix): loss[image] for name, loss in losses.items() if name.startswith(prefix)}
            return {layer: loss for layer, loss in named.items() if loss == loss}  # NaN: not a layer of this image

        results = []
        for index, image in enumerate(images):
            failed = failed_at[index] if failed_at[index] >= 0 else None
            kept = [place for place, step in enumerate(steps) if failed is None or step < failed]
            terms = history[kept, :, index].T.tolist() if kept else [[], [], [], []]
            results.append(
                Result(
                    image=image,
                    content_loss=losses["content"][index],
                    style_loss=losses["style"][index],
                    total_variation=losses["variation"][index],
                    total_loss=losses["total"][index],
                    content_loss_by_layer=by_layer("content", index),
                    style_loss_by_layer=by_layer("style", index),
                    history=History(tuple(steps[place] for place in kept), *(tuple(term) for term in terms)),
                    seconds=seconds,
                    failed_at=failed,
                )
            )
        return results


def _stack(parameters: Sequence[Tensor]) -> Tensor:
    """The batch, channels_last: convolutions on the CPU run about a quarter faster than channels first."""
    return torch.cat(list(parameters)).contiguous(memory_format=torch.channels_last)


def _initial_image(transfer: Transfer) -> Tensor:
    """The image that the optimisation starts from, 1×3×H×W fp32 on the CPU."""
    settings, shape = transfer.settings, _image_shape(transfer)
    if settings.init == "noise":
        generator = torch.Generator().manual_seed(settings.seed)
        noise = torch.empty(1, 3, *shape)
        bound = 2 * NOISE_DEVIATION
        torch.nn.init.trunc_normal_(noise, 0.0, NOISE_DEVIATION, -bound, bound, generator=generator)
        return noise + torch.tensor(MEAN_PIXEL).view(1, 3, 1, 1)
    picture = transfer.content if settings.init == "content" else transfer.style
    assert picture is not None  # _check
    image = picture[None].cpu().float().clone()
    if image.shape[2:] != shape:
        image = functional.interpolate(image, shape, mode="bicubic", antialias=True).clamp(0, 255)
    return image


def _image_shape(transfer: Transfer) -> torch.Size:
    """Height and width of the image: the content picture's, or the style picture's where there is none."""
    picture = transfer.content if transfer.content is not None else transfer.style
    assert picture is not None  # _check
    return picture.shape[1:]


def _check(transfer: Transfer) -> None:
    settings = transfer.settings
    for name, picture in (("content", transfer.content), ("style", transfer.style)):
        needed = settings.uses_content if name == "content" else settings.uses_style
        if picture is None:
            if needed or settings.init == name:
                reason = f"the {name} loss" if needed else f"init: {name}"
                raise SettingsError(f"a {name} picture is needed for {reason}")
        elif picture.ndim != 3 or picture.shape[0] != 3:
            raise PictureError(f"the {name} picture has shape {tuple(picture.shape)}; expected 3×H×W, RGB in 0–255")


def _check_shared(transfers: Sequence[Transfer]) -> None:
    def shared(one: Transfer) -> tuple[object, ...]:
        settings = one.settings
        return settings.iterations, settings.history_every, settings.precision, _image_shape(one)

    if len({shared(one) for one in transfers}) != 1:
        raise ValueError("transfers of one batch must share iterations, history_every, precision and image shape")
