"""Turns the finished images of a batch into results, when the whole batch is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from stylize import registry
from stylize.images.colour import with_kept_colours
from stylize.lanes import Lane, Transfer
from stylize.losses.objective import Objective
from stylize.losses.targets import Targets
from stylize.losses.term import Circumstances
from stylize.network.arithmetic import Arithmetic, tf32_convolutions
from stylize.result import History, Result
from stylize.state import State


@dataclass(frozen=True)
class End:
    """A finished image, still on the device.

    good: the last image with a finite loss. failed_at: the step whose loss was not finite, or −1; on the device.
    seconds: when called, returns the batch's seconds until this image was finished.
    """

    image: Tensor
    good: Tensor
    step: int
    failed_at: Tensor
    seconds: Callable[[], float]


@dataclass(frozen=True)
class Recorded:
    """The losses at a step of the lanes that still ran, T×B in the order of `registry.curves`, on the device."""

    step: int
    lanes: Sequence[int]
    losses: Tensor


@dataclass(frozen=True)
class Kept:
    """What later steps would depend on, on the device. `optimiser`: its state, empty if no lane keeps it; the first
    dimension of each tensor has the lanes that made all steps, whose numbers are `lanes`. totals: their total losses,
    a row for each step.
    """

    lanes: Sequence[int]
    optimiser: Mapping[str, Tensor]
    totals: Tensor


@dataclass(frozen=True)
class Ended:
    """A batch that is done. `ends`: by lane and number of steps. `transfers`: the optimised transfer of each lane."""

    lanes: Sequence[Lane]
    transfers: Sequence[Transfer]
    ends: Mapping[tuple[int, int], End]
    recorded: Sequence[Recorded]
    targets: Targets
    arithmetic: Arithmetic
    tile: tuple[int, int] | None  # rows and columns of the tiles that the images were seen in
    kept: Kept

    def results(self) -> list[list[Result]]:
        """Evaluate the finished images in fp32, at most a batch at once. For each lane, one result for each end."""
        ends = self._without_failures()
        results: dict[tuple[int, int], Result] = {}
        keys = deque(ends)
        while keys:
            part = [keys.popleft() for _ in range(min(len(keys), len(self.lanes)))]
            images = torch.stack([ends[key].image for key in part]).contiguous(memory_format=torch.channels_last)
            shape = images.shape[2], images.shape[3]
            transfers = [self.transfers[lane] for lane, _ in part]
            with tf32_convolutions("fp32"):  # the arithmetic of the steps may have been tf32
                objective = Objective(transfers, Circumstances(self.targets, "fp32", shape), tile=self.tile)
                with torch.no_grad():
                    parts = objective.parts(images)
                    losses = objective.losses(parts, objective.outside(images))
            names = list(losses)
            values = torch.stack([losses[name] for name in names]).T.tolist()
            finite = losses[registry.TOTAL_LOSS].isfinite().tolist()
            for place, (key, by_layer) in enumerate(zip(part, objective.by_layer(parts), strict=True)):
                end = ends[key]
                if not finite[place] and int(end.failed_at) < 0:  # by the last update
                    ends[key] = replace(end, image=end.good, failed_at=torch.tensor(end.step))
                    keys.append(key)
                    continue
                found = dict(zip(names, values[place], strict=True))
                results[key] = self._result(key, end, found, objective.applies(place), by_layer)
        return [[results[number, end] for end in lane.ends] for number, lane in enumerate(self.lanes)]

    def _without_failures(self) -> dict[tuple[int, int], End]:
        """The ends, in which a failed image is replaced by its last good one."""
        return {key: replace(end, image=end.good) if int(end.failed_at) >= 0 else end for key, end in self.ends.items()}

    def _result(
        self,
        key: tuple[int, int],
        end: End,
        losses: Mapping[str, float],
        applies: set[str],
        by_layer: Mapping[str, Mapping[str, float]],
    ) -> Result:
        number, lane = key[0], self.lanes[key[0]]
        failed_at = int(end.failed_at) if int(end.failed_at) >= 0 else None
        steps, curves = self._history(number, end.step if failed_at is None else failed_at)
        seconds = end.seconds() / len(self.lanes) + (lane.begins.seconds if lane.begins else 0.0)
        keeps = lane.keeps and key[1] == max(lane.ends) and failed_at is None
        state = self._state(number, end, seconds, steps, curves) if keeps else None
        if failed_at is None:
            steps, curves = [*steps, end.step], [*curves, [losses[name] for name in registry.curves()]]
        by_name = zip(*curves, strict=True) if curves else ((),) * len(registry.curves())
        return Result(
            image=with_kept_colours(lane.transfer, end.image.cpu()).contiguous(),
            losses={name: loss if name in applies else None for name, loss in losses.items()},
            by_layer=by_layer,
            history=History(tuple(steps), dict(zip(registry.curves(), by_name, strict=True))),
            arithmetic=self.arithmetic,
            steps=end.step,
            batch_width=len(self.lanes),
            tiles=f"{self.tile[0]}×{self.tile[1]}" if self.tile else "whole",
            seconds=seconds,
            failed_at=failed_at,
            state=state,
        )

    def _state(
        self, lane: int, end: End, seconds: float, steps: Sequence[int], curves: Sequence[Sequence[float]]
    ) -> State:
        """The state in which a lane stopped. `steps`, `curves`: recorded losses, without those of its last image."""
        if lane in self.kept.lanes:
            place = self.kept.lanes.index(lane)
            optimiser = {name: tensor[place].cpu().contiguous() for name, tensor in self.kept.optimiser.items()}
            totals = self.kept.totals[:, place].cpu().contiguous()
        else:
            optimiser, totals = {"image": end.image.cpu().contiguous()}, torch.empty(0)
        return State(
            steps=max(self.lanes[lane].ends),
            ended_at=None if lane in self.kept.lanes else end.step,
            seconds=seconds,
            optimiser=optimiser,
            totals=totals,
            recorded_steps=tuple(steps),
            recorded=torch.tensor(curves).view(len(steps), len(registry.curves())).T.contiguous(),
        )

    def _history(self, lane: int, until: int) -> tuple[list[int], list[list[float]]]:
        """The recorded steps of a lane before its end, and the losses of its curves at each."""
        kept = [one for one in self.recorded if one.step < until and lane in one.lanes]
        losses = [one.losses[:, one.lanes.index(lane)] for one in kept]
        steps, curves = [one.step for one in kept], torch.stack(losses).tolist() if losses else []
        begins = self.lanes[lane].begins
        return ([*begins.recorded_steps, *steps], [*begins.recorded.T.tolist(), *curves]) if begins else (steps, curves)
