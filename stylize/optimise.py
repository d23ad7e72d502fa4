"""Optimise images: one with `transfer`, several that share their passes with `transfer_batch` or `transfer_lanes`."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from stylize import registry
from stylize.images.colour import with_kept_colours, with_prepared_colours
from stylize.images.initial import check_transfer, initial_image
from stylize.images.pyramid import Level, at_level, levels
from stylize.images.resize import resized
from stylize.images.snapshots import Camera, OnSnapshot
from stylize.lanes import Lane, Transfer
from stylize.losses.objective import Evaluation, Objective
from stylize.losses.targets import Targets
from stylize.losses.term import Circumstances
from stylize.network.arithmetic import Arithmetic, resolve, tf32_convolutions
from stylize.network.memory import needs_checkpointing
from stylize.network.network import Network
from stylize.optimisers.optimiser import Optimiser
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
    on_snapshot: OnSnapshot | None = None,
) -> list[Result]:
    """Optimise several images as `transfer_lanes` does, each looked at once, when it is done."""
    return [result for [result] in transfer_lanes([Lane.of(one) for one in transfers], targets, on_step, on_snapshot)]


def transfer_lanes(
    lanes: Sequence[Lane],
    targets: Targets,
    on_step: Callable[[int], None] | None = None,
    on_snapshot: OnSnapshot | None = None,
) -> list[list[Result]]:
    """Optimise several images in one forward and backward pass a step, each with its own losses, rate and schedule.

    Gives for each lane a result for each of its `ends`. All lanes must share `Settings.shared_in_batch`, image shape
    and iterations (ValueError otherwise). `on_step` is called with the number of each step before it starts; what it
    raises ends the batch. `on_snapshot` is given the images that `frames_every` asks for, steps of one image in order;
    the last image is the result and no snapshot. Equal transfers give equal images at one batch width on one machine;
    another width changes the low bits.
    """
    asked = [replace(lane, transfer=_complete(lane.transfer, targets.network)) for lane in lanes]
    _check_shared([lane.transfer for lane in asked])
    arithmetic = resolve(asked[0].transfer.settings.precision, targets.device)
    with tf32_convolutions(arithmetic):
        return _Batch(asked, targets, arithmetic, on_step, on_snapshot).run()


def _complete(transfer: Transfer, network: Network) -> Transfer:
    """A transfer with the network's own layers where none were named. Raises SettingsError and PictureError."""
    complete = replace(transfer, settings=transfer.settings.for_architecture(network.architecture))
    check_transfer(complete)
    return complete


def _check_shared(transfers: Sequence[Transfer]) -> None:
    def shared(one: Transfer) -> tuple[object, ...]:
        return one.settings.iterations, one.settings.shared_in_batch, one.shape

    if len({shared(one) for one in transfers}) != 1:
        raise ValueError(
            "transfers of one batch must share iterations, history_every, precision, optimizer, pyramid, "
            "checkpointing, matting_from and image shape"
        )


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
        lanes: Sequence[Lane],
        targets: Targets,
        arithmetic: Arithmetic,
        on_step: Callable[[int], None] | None,
        on_snapshot: OnSnapshot | None,
    ) -> None:
        self._started = time.perf_counter()
        self._lanes = lanes
        self._transfers = [with_prepared_colours(lane.transfer) for lane in lanes]  # what is optimised
        self._targets = targets
        self._arithmetic = arithmetic
        self._on_step = on_step
        self._settings = self._transfers[0].settings
        self._shape = torch.Size(self._transfers[0].shape)
        self._camera = Camera(lanes, on_snapshot)
        self._alive = list(range(len(lanes)))
        self._recorded: list[tuple[int, list[int], Tensor]] = []
        self._ends: dict[tuple[int, int], _End] = {}  # by lane and iterations

    def run(self) -> list[list[Result]]:
        """For each lane a result for each of its ends."""
        plan = levels(self._settings, self._shape)
        first = torch.cat([initial_image(one) for one in self._transfers]).to(self._targets.device)
        images = resized(first, plan[0].shape) if len(plan) > 1 else first
        images = images.contiguous(memory_format=torch.channels_last)
        kind = registry.OPTIMISERS[self._settings.optimizer].load()
        optimizer: Optimiser = kind([one.settings for one in self._transfers], images)
        self._good = images
        self._failed_at = torch.full((len(images),), -1, device=images.device)
        start, matting = 0, plan[0].matting
        for level in plan:
            if level.shape != images.shape[2:]:
                optimizer.enlarge(level.shape)
                self._good = resized(self._good, level.shape)
            if level.matting != matting and self._alive:  # another stage: a new optimisation, from what is there
                optimizer = kind([self._transfers[lane].settings for lane in self._alive], optimizer.best())
            matting = level.matting
            self._optimise(level, start, optimizer)
            start, images = level.end, self._good
        self._camera.hand_over()
        self._finish(self._settings.iterations, optimizer)
        return self._results()

    def _optimise(self, level: Level, start: int, optimizer: Optimiser) -> None:
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
            if step == 0 or not optimizer.tries_points:
                self._observe(step, images.detach(), evaluation)
            if step % history_every == 0:
                self._recorded.append((step, list(self._alive), evaluation.history().detach()))
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
            self._camera.take(step, self._alive, optimizer.best(), self._failed_at)
            [gradient] = torch.autograd.grad(evaluation.total.sum(), images)
            optimizer.step(step, evaluation.total.detach(), gradient)

    def _objective(self, level: Level) -> Objective:
        magnification = self._shape.numel() / level.shape.numel()
        transfers = [at_level(self._transfers[lane], level.shape, self._shape) for lane in self._alive]
        checkpointing = self._settings.checkpointing == "always" or (
            self._settings.checkpointing == "auto"
            and needs_checkpointing(self._targets.network, transfers, level.shape, self._arithmetic)
        )
        circumstances = Circumstances(self._targets, self._arithmetic, magnification, level.matting)
        return Objective(transfers, circumstances, checkpointing=checkpointing)

    def _observe(self, step: int, images: Tensor, evaluation: Evaluation) -> None:
        """Take over the images wherever the loss is finite and always was; the device is not waited for."""
        finite = evaluation.total.detach().isfinite()
        self._failed_at = torch.where((self._failed_at < 0) & ~finite, step, self._failed_at)
        self._good = torch.where((self._failed_at < 0).view(-1, 1, 1, 1), images, self._good)

    def _going_on(
        self, step: int, level: Level, totals: Tensor, before: Tensor | None, optimizer: Optimiser
    ) -> list[int]:
        """Which places of the batch have neither failed nor reached their plateau; the others are put away."""
        failed_at = self._failed_at.tolist()
        flat = torch.zeros_like(totals, dtype=torch.bool)
        if before is not None and level.shape == self._shape:
            tolerance = [self._transfers[lane].settings.plateau for lane in self._alive]
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

    def _finish(self, step: int, optimizer: Optimiser) -> None:
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

    def _results(self) -> list[list[Result]]:
        """Evaluate the finished images in fp32, at most a batch at once, and gather everything."""
        results: dict[tuple[int, int], Result] = {}
        keys = deque(self._ends)
        while keys:
            part = [keys.popleft() for _ in range(min(len(keys), len(self._lanes)))]
            objective = Objective([self._transfers[lane] for lane, _ in part], Circumstances(self._targets, "fp32"))
            images = torch.stack([self._ends[key].image for key in part]).contiguous(memory_format=torch.channels_last)
            with torch.no_grad():
                evaluation = objective.evaluate(images)
            finite = evaluation.total.isfinite().tolist()
            for place, key in enumerate(part):
                end = self._ends[key]
                if not finite[place] and end.failed_at is None:  # by the last update
                    self._ends[key] = replace(end, image=end.good, failed_at=end.step)
                    keys.append(key)
                    continue
                results[key] = self._result(key[0], end, objective, evaluation, place)
        return [[results[number, end] for end in lane.ends] for number, lane in enumerate(self._lanes)]

    def _result(self, lane: int, end: _End, objective: Objective, evaluation: Evaluation, place: int) -> Result:
        steps, curves = self._history(lane, end)
        if end.failed_at is None:
            steps, curves = [*steps, end.step], [*curves, evaluation.history()[:, place].tolist()]
        by_name = zip(*curves, strict=True) if curves else ((),) * len(registry.curves())
        return Result(
            image=with_kept_colours(self._lanes[lane].transfer, end.image.cpu()).contiguous(),
            losses=objective.reported(evaluation, place),
            by_layer=objective.reported_by_layer(evaluation, place),
            history=History(tuple(steps), dict(zip(registry.curves(), by_name, strict=True))),
            arithmetic=self._arithmetic,
            steps=end.step,
            batch_width=len(self._lanes),
            seconds=end.seconds,
            failed_at=end.failed_at,
        )

    def _history(self, lane: int, end: _End) -> tuple[list[int], list[list[float]]]:
        """The sampled steps of a lane before its end, and the losses of its curves at each."""
        until = end.step if end.failed_at is None else end.failed_at
        kept = [(step, losses[:, lanes.index(lane)]) for step, lanes, losses in self._recorded if lane in lanes]
        kept = [(step, losses) for step, losses in kept if step < until]
        return [step for step, _ in kept], [losses.tolist() for _, losses in kept]
