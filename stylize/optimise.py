"""Optimises images: one with `transfer`, several that share their passes with `transfer_batch` or `transfer_lanes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize import registry
from stylize.ends import End, Ended, Kept, Recorded
from stylize.host import Clock, OnItsWay, reads_later, to_host
from stylize.images.pyramid import Level, at_level, levels
from stylize.images.resize import resized
from stylize.images.snapshots import Camera, OnSnapshot
from stylize.lanes import Lane, Transfer
from stylize.losses.objective import Objective
from stylize.losses.targets import Targets
from stylize.losses.term import Circumstances
from stylize.network.arithmetic import Arithmetic, resolve, tf32_convolutions
from stylize.network.memory import needs_checkpointing, tile_shape
from stylize.network.network import Network
from stylize.optimisers.optimiser import Optimiser
from stylize.ready import ReadyLane, make_ready
from stylize.result import Result
from stylize.settings.optimisation_settings import Settings
from stylize.step import Step

LOOK_EVERY = 50
"""After this many steps it is checked again which images have failed or reached their plateau."""


def transfer(content: Tensor | None, style: Tensor | None, settings: Settings, network: Network) -> Result:
    """Give `content` the style of `style`. Pictures are 3×H×W tensors of RGB in 0–255; see `Transfer` for None.

    Raises SettingsError if the settings do not fit the network, the device or the pictures, and PictureError for a
    wrong picture.
    """
    return transfer_batch([Transfer(content, style, settings)], Targets(network))[0]


def transfer_batch(
    transfers: Sequence[Transfer],
    targets: Targets,
    on_step: Callable[[int], None] | None = None,
    on_snapshot: OnSnapshot | None = None,
) -> list[Result]:
    """Optimise several images as `transfer_lanes` does, and return each once, when it is done."""
    return [result for [result] in transfer_lanes([Lane.of(one) for one in transfers], targets, on_step, on_snapshot)]


def transfer_lanes(
    lanes: Sequence[Lane | ReadyLane],
    targets: Targets,
    on_step: Callable[[int], None] | None = None,
    on_snapshot: OnSnapshot | None = None,
) -> list[list[Result]]:
    """Optimise several images in one forward and backward pass a step, each with its own losses, rate and schedule.

    Returns, for each lane, a result for each of its `ends`; lanes that are not ready are made ready first. All must
    share `Settings.shared_in_batch`, image shape, iterations and first step (ValueError otherwise). `on_step` is called
    with the number of each step before it starts; an exception in it ends the batch. `on_snapshot` gets the snapshots
    that `frames_every` asks for, those of one image in order of their steps; the last image is a result, not a
    snapshot. Equal transfers give equal images on the same machine at the same batch width; another width changes the
    low bits.
    """
    return run(lanes, targets, on_step, on_snapshot).results()


def run(
    lanes: Sequence[Lane | ReadyLane],
    targets: Targets,
    on_step: Callable[[int], None] | None = None,
    on_snapshot: OnSnapshot | None = None,
) -> Ended:
    """The part of `transfer_lanes` that runs on the device. It does not wait for the images, nor evaluate them."""
    ready = [one if isinstance(one, ReadyLane) else make_ready(one, targets.network) for one in lanes]
    _check_shared(ready)
    arithmetic = resolve(ready[0].transfer.settings.precision, targets.device)
    with tf32_convolutions(arithmetic):
        return _Batch(ready, targets, arithmetic, on_step, on_snapshot).run()


def _check_shared(lanes: Sequence[ReadyLane]) -> None:
    def shared(one: ReadyLane) -> tuple[object, ...]:
        settings = one.transfer.settings
        return settings.iterations, settings.shared_in_batch, one.transfer.shape, one.lane.first_step

    if len({shared(one) for one in lanes}) != 1:
        raise ValueError(
            "transfers of one batch must share iterations, history_every, precision, optimizer, pyramid, "
            "checkpointing, matting_from, image shape and first step"
        )


def _ended_before(lanes: Sequence[Lane], device: torch.device) -> dict[tuple[int, int], End]:
    """The ends of lanes that had reached their plateau before they were kept: no step is left to make for them."""
    ends: dict[tuple[int, int], End] = {}
    for number, lane in enumerate(lanes):
        if lane.begins and lane.begins.ended_at is not None:
            image, good = lane.begins.optimiser["image"].to(device), torch.tensor(-1, device=device)
            end = End(image, image, lane.begins.ended_at, good, lambda: 0.0)
            ends |= {(number, iterations): end for iterations in lane.ends}
    return ends


@dataclass(frozen=True)
class _Look:
    """The state of the lanes of a batch after a step, while it is copied to the host.

    seen: two rows of B numbers: the step that failed or −1, and whether the plateau is reached. images: the images
    with which such lanes end.
    """

    step: int
    lanes: Sequence[int]
    seen: OnItsWay
    failed_at: Tensor
    images: Tensor | None
    seconds: Callable[[], float]


class _Batch:
    """The state of a batch while it runs. `alive`: the numbers of the lanes that still run, in order."""

    def __init__(
        self,
        ready: Sequence[ReadyLane],
        targets: Targets,
        arithmetic: Arithmetic,
        on_step: Callable[[int], None] | None,
        on_snapshot: OnSnapshot | None,
    ) -> None:
        self._clock = Clock(targets.device)
        self._lanes = lanes = [one.lane for one in ready]
        self._transfers = [one.transfer for one in ready]  # the transfers that are optimised
        self._start = [one.image for one in ready]
        self._targets = targets
        self._arithmetic = arithmetic
        self._on_step = on_step
        self._settings = self._transfers[0].settings
        self._shape = torch.Size(self._transfers[0].shape)
        self._camera = Camera(lanes, on_snapshot)
        device = targets.device
        self._recorded: list[Recorded] = []
        self._ends = _ended_before(lanes, device)  # by lane and iterations
        self._alive = [number for number in range(len(lanes)) if (number, self._settings.iterations) not in self._ends]
        self._first_step = lanes[0].first_step
        begins = [lanes[number].begins for number in self._alive]
        self._totals = torch.zeros(self._settings.iterations, len(begins), device=device)  # of each step
        for column, state in enumerate(begins):
            if state:
                self._totals[: state.steps, column] = state.totals.to(device)
        self._plateau = torch.tensor([self._transfers[lane].settings.plateau for lane in self._alive], device=device)
        self._stopped = torch.zeros(len(begins), dtype=torch.bool, device=device)  # at their plateau
        self._tile: tuple[int, int] | None = None
        self._look: _Look | None = None  # the last one, if it was not read yet

    def run(self) -> Ended:
        """Optimise all lanes to their ends."""
        if not self._alive:
            return self._ended({})
        plan = levels(self._settings, self._shape)
        optimiser = self._optimiser(self._first(plan[0]), 0)
        if self._first_step:
            optimiser.restore(self._restored())
        self._good = optimiser.images.clone(memory_format=torch.preserve_format)
        start, matting = 0, plan[0].matting
        for level in plan:
            if level.shape != self._good.shape[2:]:
                optimiser.enlarge(level.shape)
                self._good = resized(self._good, level.shape)
            if level.matting != matting and self._alive:  # matting begins: a new optimisation
                optimiser = self._optimiser(optimiser.best(), start)
            matting = level.matting
            self._optimise(level, start, optimiser)
            start = level.end
        self._camera.hand_over()
        self._finish(self._settings.iterations, optimiser)
        return self._ended(optimiser.state() if any(lane.keeps for lane in self._lanes) else {})

    def _ended(self, kept: Mapping[str, Tensor]) -> Ended:
        """`kept`: the state of the optimiser, for the lanes that are still alive."""
        return Ended(
            self._lanes,
            self._transfers,
            self._ends,
            self._recorded,
            self._targets,
            self._arithmetic,
            self._tile,
            Kept(self._alive, kept, self._totals),
        )

    def _restored(self) -> dict[str, Tensor]:
        """The state of the optimiser from which the lanes begin, on the device."""
        states = [state.optimiser for lane in self._alive if (state := self._lanes[lane].begins)]
        return {name: torch.stack([one[name] for one in states]).to(self._targets.device) for name in states[0]}

    def _first(self, level: Level) -> Tensor:
        """The images that the optimisation starts from, at the size of its first level."""
        images = torch.cat([self._start[lane] for lane in self._alive])
        if level.shape != self._shape:
            images = resized(images, level.shape)
        return images.contiguous(memory_format=torch.channels_last)

    def _optimiser(self, images: Tensor, start: int) -> Optimiser:
        kind = registry.OPTIMISERS[self._settings.optimizer].load()
        optimiser: Optimiser = kind([self._transfers[lane].settings for lane in self._alive], images, start)
        return optimiser

    def _optimise(self, level: Level, start: int, optimiser: Optimiser) -> None:
        """The steps of one level."""
        objective = self._objective(level)
        first = max(start, self._first_step)
        run = Step(objective, optimiser, self._good, level.end - first)
        for step in range(first, level.end):
            if self._on_step:
                self._on_step(step)
            self._finish(step, optimiser)
            is_recorded = step % self._settings.history_every == 0
            outside = objective.outside(optimiser.images) if is_recorded else {}
            looks = (step - start) % LOOK_EVERY == 0
            best = optimiser.best().clone() if looks and self._has_plateau(level) else None
            send = self._camera.take(step, self._alive, optimiser.best())

            run(step)

            self._totals[step].copy_(run.totals)
            look = self._see(step, start, best, optimiser) if looks else None
            if send:
                send(torch.where(self._stopped, step, self._failed_at(step + 1, optimiser)))
            if is_recorded:
                losses = objective.losses(run.parts, outside)
                curves = torch.stack([losses[name] for name in registry.curves()])
                self._recorded.append(Recorded(step, self._alive, curves))
            if look and self._leave(look, optimiser):
                if not self._alive:
                    return
                objective = self._objective(level)
                run = Step(objective, optimiser, self._good, level.end - step - 1)
        look, self._look = self._look, None
        if look:
            self._put_away(look, optimiser)

    def _objective(self, level: Level) -> Objective:
        magnification = self._shape.numel() / level.shape.numel()
        transfers = [at_level(self._transfers[lane], level.shape, self._shape) for lane in self._alive]
        checkpointing = self._settings.checkpointing == "always" or (
            self._settings.checkpointing == "auto"
            and needs_checkpointing(self._targets.network, transfers, level.shape, self._arithmetic)
        )
        shape = level.shape[0], level.shape[1]
        circumstances = Circumstances(self._targets, self._arithmetic, shape, magnification, level.matting)
        tile = tile_shape(self._targets.network, transfers, level.shape, self._arithmetic) if checkpointing else None
        objective = Objective(transfers, circumstances, checkpointing=checkpointing, tile=tile)
        self._tile = objective.tile  # of the last level and stage, which is what results say
        return objective

    def _failed_at(self, steps: int, optimiser: Optimiser) -> Tensor:
        """For each image, the first of these steps whose loss was not finite, or −1; on the device.

        Points that a line search tries may have losses that are not finite, except the first point.
        """
        bad = ~self._totals[: 1 if optimiser.tries_points else steps].isfinite()
        return torch.where(bad.any(0), bad.int().argmax(0), -1)

    def _has_plateau(self, level: Level) -> bool:
        return level.shape == self._shape and any(self._transfers[lane].settings.plateau for lane in self._alive)

    def _see(self, step: int, start: int, best: Tensor | None, optimiser: Optimiser) -> _Look:
        """Start to check which images have failed or reached their plateau, without waiting for the answer."""
        if best is not None and step >= start + LOOK_EVERY:
            before, now = self._totals[step - LOOK_EVERY], self._totals[step]
            self._stopped = self._stopped | (self._plateau > 0) & (before - now < self._plateau * before)
        failed_at = self._failed_at(step + 1, optimiser)
        return _Look(step, self._alive, to_host(failed_at, self._stopped), failed_at, best, self._clock.mark())

    def _leave(self, look: _Look, optimiser: Optimiser) -> bool:
        """Remove the images that have failed or reached their plateau. Returns whether there were any.

        On a GPU the result of the check before is read, so that nothing has to wait. The images go on until then, but
        end as they were at that check.
        """
        if reads_later(self._targets.device):
            before, self._look = self._look, look
            return before is not None and self._put_away(before, optimiser)
        return self._put_away(look, optimiser)

    def _put_away(self, look: _Look, optimiser: Optimiser) -> bool:
        """End the lanes that have failed or reached their plateau, with all of their remaining ends."""
        failed_at, stopped = (one.tolist() for one in look.seen.arrived())
        leaving = set()
        for place, lane in enumerate(look.lanes):
            if lane not in self._alive or not (failed_at[place] >= 0 or stopped[place]):
                continue
            leaving.add(lane)
            good = self._good[self._alive.index(lane)].clone()
            image = good if look.images is None else look.images[place]
            end = End(image, good, look.step, look.failed_at[place], look.seconds)
            self._ends |= {(lane, number): end for number in self._lanes[lane].ends if number > look.step}
        if not leaving:
            return False
        staying = [place for place, lane in enumerate(self._alive) if lane not in leaving]
        self._alive = [self._alive[place] for place in staying]
        places = torch.tensor(staying, dtype=torch.long, device=self._targets.device)
        if staying:
            optimiser.keep(places)
        self._good, self._totals = self._good[places], self._totals[:, places]
        self._plateau, self._stopped = self._plateau[places], self._stopped[places]
        return True

    def _finish(self, step: int, optimiser: Optimiser) -> None:
        """Keep the images of the lanes that have an end after this number of steps."""
        ending = [place for place, lane in enumerate(self._alive) if step in self._lanes[lane].ends]
        if not ending:
            return
        best, failed_at, seconds = optimiser.best(), self._failed_at(step, optimiser), self._clock.mark()
        for place in ending:
            end = End(best[place].clone(), self._good[place].clone(), step, failed_at[place], seconds)
            self._ends[self._alive[place], step] = end
