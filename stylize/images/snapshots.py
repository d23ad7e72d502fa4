"""Takes snapshots: the images of an optimisation after some of its steps, passed on while it runs.

The setting for them is called `frames_every`; but a frame, in the code, is always a frame of a clip.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize.host import OnItsWay, to_host
from stylize.images.colour import with_kept_colours
from stylize.images.resize import resized
from stylize.lanes import Lane, Transfer
from stylize.result import as_pixels


@dataclass(frozen=True)
class Snapshot:
    """An image after `step` updates: the result of `iterations: step`; images of coarse levels of a pyramid are
    enlarged.

    lane: the number of its lane in the batch.
    """

    step: int
    lane: int
    _asked: Transfer
    _image: Tensor  # 3×H×W fp32 on the CPU, as the optimisation has it

    def pixels(self) -> Tensor:
        """The image as H×W×3 bytes, made as the pixels of a result are. May be called in another thread."""
        return as_pixels(with_kept_colours(self._asked, self._image))


OnSnapshot = Callable[[Snapshot], None]


class Camera:
    """Takes snapshots of a batch every `frames_every` steps.

    Snapshots are copied from the device while it goes on. Each is passed on when the next one is taken, so that nothing
    waits, and at most one snapshot of each image is kept here.
    """

    def __init__(self, lanes: Sequence[Lane], on_snapshot: OnSnapshot | None) -> None:
        self._lanes = lanes
        self._shape = torch.Size(lanes[0].transfer.shape)
        self._on_snapshot = on_snapshot
        self._taken: _Taken | None = None
        self._chosen: dict[tuple[int, ...], Tensor] = {}  # places in the batch, on the device

    def take(self, step: int, lanes: Sequence[int], images: Tensor) -> Callable[[Tensor], None] | None:
        """Take snapshots of those images (B×3×H×W, of the lanes with these numbers) whose lanes have one at this step.

        Returns a function, or None if no lane has one. Call the function after the step with B numbers, negative for
        good images; the others get no snapshot.
        """
        wanted = [place for place, lane in enumerate(lanes) if self._wants(lane, step)]
        if self._on_snapshot is None or not wanted:
            return None
        everyone = len(wanted) == len(lanes)
        if not everyone and tuple(wanted) not in self._chosen:
            self._chosen[tuple(wanted)] = torch.tensor(wanted, device=images.device)

        def chosen(tensor: Tensor) -> Tensor:
            return tensor.clone() if everyone else tensor.index_select(0, self._chosen[tuple(wanted)])

        kept = chosen(images)

        def send(failed_at: Tensor) -> None:
            self.hand_over()
            good = chosen(failed_at) < 0
            full = kept if kept.shape[2:] == self._shape else resized(kept, self._shape)
            self._taken = _Taken(step, [lanes[place] for place in wanted], to_host(full, good))

        return send

    def _wants(self, lane: int, step: int) -> bool:
        every = self._lanes[lane].transfer.settings.frames_every
        return every > 0 and step % every == 0

    def hand_over(self) -> None:
        """Pass on the snapshots that were taken last."""
        taken, self._taken = self._taken, None
        if taken is None or self._on_snapshot is None:
            return
        images, good = taken.images.arrived()
        for lane, image, is_good in zip(taken.lanes, images, good.tolist(), strict=True):
            if is_good:
                self._on_snapshot(Snapshot(taken.step, lane, self._lanes[lane].transfer, image))


@dataclass(frozen=True)
class _Taken:
    """Snapshots that are being copied to the CPU, and whether each is good."""

    step: int
    lanes: list[int]
    images: OnItsWay
