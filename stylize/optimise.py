"""Optimise images: one with `transfer`, a batch that shares its passes with `transfer_batch`."""

from __future__ import annotations

import functools
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from stylize.images.colour import with_kept_colours, with_prepared_colours
from stylize.images.initial import check_transfer, image_shape, initial_image
from stylize.images.pyramid import Level, at_level, levels
from stylize.images.snapshots import Camera, Going, OnFrame
from stylize.losses.objective import Evaluation, Objective, Transfer
from stylize.losses.targets import Targets
from stylize.network.arithmetic import Arithmetic, resolve, tf32_convolutions
from stylize.network.memory import needs_checkpointing
from stylize.network.network import Network
from stylize.optimisers.adam import Adam, resized
from stylize.optimisers.lbfgs import LBFGS
from stylize.result import History, Result
from stylize.settings.transfer_settings import Settings

LOOK_EVERY = 50
"""Steps between looks at which images have failed or reached their plateau: each look waits for the device."""


def transfer(content: Tensor | None, style: Tensor | None, settings: Settings, network: Network) -> Result:
    """Give `content` the style of `style`. Pictures are 3×H×W tensors of RGB in 0–255; see `Transfer` for None.

    Raises SettingsError where the settings do not fit the network, the device or the pictures, PictureError for a wrong
    picture.
    """
    return transfer_batch([Transfer(content, style, settings)], Targets(network))[0]


def transfer_batch(
    transfers: Sequence[Transfer],
    targets: Targets,
    on_step: Callable[[int], None] | None = None,
    on_frame: OnFrame | None = None,
) -> list[Result]:
    """Optimise several images in one forward and backward pass a step, each with its own losses, rate and schedule.

    Transfers that differ in nothing but their iterations are one optimisation, looked at several times. All must share
    `Settings.shared_in_batch` and, of each optimisation, the most iterations (ValueError otherwise). `on_step` is
    called with the number of each step before it starts; what it raises ends the batch. `on_frame` is given the images
    that `frames_every` asks for, steps of one image in order; the last image is the result and no frame. Equal
    transfers give equal images at one batch width on one machine; another width changes the low bits.
    """
    architecture = targets.network.architecture
    transfers = [replace(one, settings=one.settings.for_architecture(architecture)) for one in transfers]
    for one in transfers:
        check_transfer(one)
    lanes = _lanes(transfers)
    _check_shared([lane.transfer for lane in lanes])
    arithmetic = resolve(transfers[0].settings.precision, targets.device)
    with tf32_convolutions(arithmetic):
        outcomes = _Batch(lanes, targets, arithmetic, on_step, on_frame).run()
    return [outcomes[index] for index in range(len(transfers))]


@dataclass
class _Lane:
    """One optimisation: its longest transfer, and by number of iterations the transfers that end there.

    `transfer` is what is optimised, its colours prepared; `asked` is what was asked for.
    """

    asked: Transfer
    ends: dict[int, list[int]]

    @functools.cached_property
    def transfer(self) -> Transfer:
        return with_prepared_colours(self.asked)

    def beyond(self, step: int) -> Going:
        """This optimisation as frames at `step` know it."""
        longer = (indices for iterations, indices in self.ends.items() if iterations > step)
        return Going(self.asked, tuple(index for indices in longer for index in indices))


def _lanes(transfers: Sequence[Transfer]) -> list[_Lane]:
    lanes: dict[tuple[object, ...], _Lane] = {}
    for index, one in enumerate(transfers):
        blend = tuple((id(picture), share) for picture, share in one.blend)
        key = id(one.content), id(one.style), blend, id(one.start), one.masks, one.previous, one.settings.trajectory
        lane = lanes.setdefault(key, _Lane(one, {}))
        lane.ends.setdefault(one.settings.iterations, []).append(index)
        if one.settings.iterations > lane.asked.settings.iterations:
            lane.asked = one
    return list(lanes.values())


def _check_shared(transfers: Sequence[Transfer]) -> None:
    def shared(one: Transfer) -> tuple[object, ...]:
        return one.settings.iterations, one.settings.shared_in_batch, image_shape(one)

    if len({shared(one) for one in transfers}) != 1:
        raise ValueError(
            "transfers of one batch must share iterations, history_every, precision, optimizer, pyramid, "
            "checkpointing, matting_from and image shape"
        )


class _Optimizer(Protocol):
    """A batch of images on their way: `images` are to be evaluated next."""

    images: Tensor

    def step(self, step: int, totals: Tensor, gradient: Tensor) -> None: ...
    def best(self) -> Tensor: ...
    def keep(self, places: Tensor) -> None: ...
    def enlarge(self, shape: torch.Size) -> None: ...


@dataclass(frozen=True)
class _End:
    """An image that is finished, still on the device, and the seconds that had passed."""

    image: Tensor
    good: Tensor  # the last whose loss is known to be finite
    step: int
    seconds: float
    failed_at: int | None


class _Batch:
    """The state of a batch while it runs. `alive` are the places of the lanes that still do, in order."""

    def __init__(
        self,
        lanes: Sequence[_Lane],
        targets: Targets,
        arithmetic: Arithmetic,
        on_step: Callable[[int], None] | None,
        on_frame: OnFrame | None,
    ) -> None:
        self._started = time.perf_counter()
        self._lanes = lanes
        self._targets = targets
        self._arithmetic = arithmetic
        self._on_step = on_step
        self._settings = lanes[0].transfer.settings
        self._shape = image_shape(lanes[0].transfer)
        self._camera = Camera(self._shape, on_frame)
        self._alive = list(range(len(lanes)))
        self._recorded: list[tuple[int, list[int], Tensor]] = []
        self._ends: dict[tuple[int, int], _End] = {}  # by lane and iterations

    def run(self) -> dict[int, Result]:
        """The results by the numbers of their transfers."""
        plan = levels(self._settings, self._shape)
        first = torch.cat([initial_image(lane.transfer) for lane in self._lanes]).to(self._targets.device)
        images = resized(first, plan[0].shape) if len(plan) > 1 else first
        images = images.contiguous(memory_format=torch.channels_last)
        kind = LBFGS if self._settings.optimizer == "lbfgs" else Adam
        optimizer: _Optimizer = kind([lane.transfer.settings for lane in self._lanes], images)
        self._good = images
        self._failed_at = torch.full((len(images),), -1, device=images.device)
        start, matting = 0, plan[0].matting
        for level in plan:
            if level.shape != images.shape[2:]:
                optimizer.enlarge(level.shape)
                self._good = resized(self._good, level.shape)
            if level.matting != matting and self._alive:  # another stage: a new optimisation, from what is there
                optimizer = kind([self._lanes[lane].transfer.settings for lane in self._alive], optimizer.best())
            matting = level.matting
            self._optimise(level, start, optimizer)
            start, images = level.end, self._good
        self._camera.hand_over()
        self._finish(self._settings.iterations, optimizer)
        return self._results()

    def _optimise(self, level: Level, start: int, optimizer: _Optimizer) -> None:
        """The steps of one level."""
        objective = self._objective(level)
        history_every = self._settings.history_every
        before: Tensor | None = None  # the total losses at the last look
        for step in range(start, level.end):
            if not self._alive:
                return
            if self._on_step:
                self._on_step(step)
            self._finish(step, optimizer)
            images = optimizer.images.detach().requires_grad_()
            evaluation = objective.evaluate(images)
            self._observe(step, images.detach(), evaluation)
            if step % history_every == 0:
                self._recorded.append((step, list(self._alive), evaluation.terms().detach()))
            if (step - start) % LOOK_EVERY == 0:
                totals = evaluation.total.detach()
                places = self._going_on(step, level, totals, before, optimizer)
                if len(places) < len(self._alive):
                    self._alive = [self._alive[place] for place in places]
                    if not self._alive:
                        return
                    chosen = torch.tensor(places, device=images.device)
                    optimizer.keep(chosen)
                    self._good, self._failed_at = self._good[chosen], self._failed_at[chosen]
                    before = totals[chosen]
                    objective = self._objective(level)
                    images = optimizer.images.detach().requires_grad_()
                    evaluation = objective.evaluate(images)
                else:
                    before = totals
            going = [self._lanes[lane].beyond(step) for lane in self._alive]
            self._camera.take(step, going, optimizer.best(), self._failed_at)
            [gradient] = torch.autograd.grad(evaluation.total.sum(), images)
            optimizer.step(step, evaluation.total.detach(), gradient)

    def _objective(self, level: Level) -> Objective:
        magnification = self._shape.numel() / level.shape.numel()
        transfers = [at_level(self._lanes[lane].transfer, level.shape, self._shape) for lane in self._alive]
        checkpointing = self._settings.checkpointing == "always" or (
            self._settings.checkpointing == "auto"
            and needs_checkpointing(self._targets.network, transfers, level.shape, self._arithmetic)
        )
        return Objective(
            transfers,
            self._targets,
            self._arithmetic,
            magnification=magnification,
            checkpointing=checkpointing,
            matting=level.matting,
        )

    def _observe(self, step: int, images: Tensor, evaluation: Evaluation) -> None:
        """Take over the images wherever the loss is finite and always was; the device is not waited for.

        A line search may try points where it is not: those are no failures.
        """
        finite = evaluation.total.detach().isfinite()
        if self._settings.optimizer == "lbfgs" and step > 0:
            return
        self._failed_at = torch.where((self._failed_at < 0) & ~finite, step, self._failed_at)
        self._good = torch.where((self._failed_at < 0).view(-1, 1, 1, 1), images, self._good)

    def _going_on(
        self, step: int, level: Level, totals: Tensor, before: Tensor | None, optimizer: _Optimizer
    ) -> list[int]:
        """Which places of the batch have neither failed nor reached their plateau; the others are put away."""
        failed_at = self._failed_at.tolist()
        flat = torch.zeros_like(totals, dtype=torch.bool)
        if before is not None and level.shape == self._shape:
            tolerance = [self._lanes[lane].transfer.settings.plateau for lane in self._alive]
            least = torch.tensor(tolerance, device=totals.device)
            flat = (least > 0) & (before - totals < least * before)
        places = []
        for place, reached in enumerate(flat.tolist()):
            if failed_at[place] >= 0:
                self._put_away(place, step, self._good[place], failed_at[place])
            elif reached:
                self._put_away(place, step, optimizer.best()[place], None)
            else:
                places.append(place)
        return places

    def _put_away(self, place: int, step: int, image: Tensor, failed_at: int | None) -> None:
        """End a lane here, and with it all its transfers that have not ended before."""
        lane = self._alive[place]
        for iterations in self._lanes[lane].ends:
            self._ends.setdefault((lane, iterations), _End(image, self._good[place], step, self._seconds(), failed_at))

    def _finish(self, step: int, optimizer: _Optimizer) -> None:
        """Put away the images of the transfers that end with so many steps done."""
        ending = [place for place, lane in enumerate(self._alive) if step in self._lanes[lane].ends]
        if not ending:
            return
        best, failed_at = optimizer.best(), self._failed_at.tolist()
        for place in ending:
            good, failed = self._good[place], failed_at[place] if failed_at[place] >= 0 else None
            image = best[place] if failed is None else good
            self._ends[self._alive[place], step] = _End(image, good, step, self._seconds(), failed)

    def _seconds(self) -> float:
        if self._targets.device.type == "cuda":
            torch.cuda.synchronize(self._targets.device)
        return (time.perf_counter() - self._started) / len(self._lanes)

    def _results(self) -> dict[int, Result]:
        """Evaluate the finished images in fp32, at most a batch at once, and gather everything."""
        results: dict[int, Result] = {}
        keys = deque(self._ends)
        while keys:
            part = [keys.popleft() for _ in range(min(len(keys), len(self._lanes)))]
            evaluation = self._evaluate_exactly(part)
            finite = evaluation.total.isfinite().tolist()
            for place, key in enumerate(part):
                end = self._ends[key]
                if not finite[place] and end.failed_at is None:  # by the last update
                    self._ends[key] = replace(end, image=end.good, failed_at=end.step)
                    keys.append(key)
                    continue
                result = self._result(key[0], end, evaluation, place)
                results |= dict.fromkeys(self._lanes[key[0]].ends[key[1]], result)
        return results

    @torch.no_grad()
    def _evaluate_exactly(self, keys: Sequence[tuple[int, int]]) -> Evaluation:
        transfers = [self._lanes[lane].transfer for lane, _ in keys]
        images = torch.stack([self._ends[key].image for key in keys]).contiguous(memory_format=torch.channels_last)
        return Objective(transfers, self._targets, "fp32").evaluate(images)

    def _result(self, lane: int, end: _End, evaluation: Evaluation, place: int) -> Result:
        last = evaluation.terms()[:, place].tolist()
        steps, terms = self._history(lane, end)
        if end.failed_at is None:
            steps, terms = [*steps, end.step], [*terms, last]

        def by_layer(losses: dict[str, Tensor]) -> dict[str, float]:
            named = {layer: loss[place].item() for layer, loss in losses.items()}
            return {layer: loss for layer, loss in named.items() if loss == loss}  # NaN: not a layer of this image

        return Result(
            image=with_kept_colours(self._lanes[lane].asked, end.image.cpu()).contiguous(),
            content_loss=last[0],
            style_loss=last[1],
            total_variation=last[2],
            matting_loss=evaluation.matting[place].item() if self._lanes[lane].asked.settings.matting_weight else None,
            temporal_loss=None if self._lanes[lane].asked.previous is None else evaluation.temporal[place].item(),
            total_loss=last[3],
            content_loss_by_layer=by_layer(evaluation.content_by_layer),
            style_loss_by_layer=by_layer(evaluation.style_by_layer),
            history=History(tuple(steps), *(tuple(values) for values in zip(*terms, strict=True)))
            if steps
            else History((), (), (), (), ()),
            arithmetic=self._arithmetic,
            steps=end.step,
            batch_width=len(self._lanes),
            seconds=end.seconds,
            failed_at=end.failed_at,
        )

    def _history(self, lane: int, end: _End) -> tuple[list[int], list[list[float]]]:
        """The sampled steps of a lane before its end, and the four terms at each."""
        until = end.step if end.failed_at is None else end.failed_at
        kept = [(step, terms[:, lanes.index(lane)]) for step, lanes, terms in self._recorded if lane in lanes]
        kept = [(step, terms) for step, terms in kept if step < until]
        return [step for step, _ in kept], [terms.tolist() for _, terms in kept]
