"""Frames: the images of an optimisation on its way, handed over while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize.images.colour import with_kept_colours
from stylize.losses.objective import Transfer
from stylize.optimisers.adam import resized
from stylize.result import as_pixels


@dataclass(frozen=True)
class Frame:
    """An image after `step` updates: what it would be with so many iterations, coarse levels of a pyramid enlarged.

    transfers: the numbers in their batch of those that it belongs to, which share an optimisation and all go on beyond
    this step.
    """

    step: int
    transfers: tuple[int, ...]
    _asked: Transfer
    _image: Tensor  # 3×H×W fp32 on the CPU, as the optimisation has it

    def pixels(self) -> Tensor:
        """The image as H×W×3 bytes, made in the same way as a result's. May be called in another thread."""
        return as_pixels(with_kept_colours(self._asked, self._image))


OnFrame = Callable[[Frame], None]


@dataclass(frozen=True)
class Going:
    """An optimisation that goes on: what it was asked for, and the transfers that it is for beyond this step."""

    asked: Transfer
    transfers: tuple[int, ...]


class Camera:
    """Takes frames of a batch every `frames_every` steps.

    The copy from the device runs while the device goes on: a frame is handed over when the next one is taken, so that
    nobody waits, and no more than one frame of each image is kept here.
    """

    def __init__(self, shape: torch.Size, on_frame: OnFrame | None) -> None:
        self._shape = shape
        self._on_frame = on_frame
        self._taken: _Taken | None = None

    def take(self, step: int, going: Sequence[Going], images: Tensor, failed_at: Tensor) -> None:
        """Take those of the images (B×3×H×W) that have a frame at this step; failed ones (`failed_at` ≥ 0) are none."""
        places = [place for place, one in enumerate(going) if _wanted(one, step)]
        if self._on_frame is None or not places:
            return
        self.hand_over()
        chosen = torch.tensor(places, device=images.device)
        kept = images.index_select(0, chosen)
        if kept.shape[2:] != self._shape:
            kept = resized(kept, self._shape)
        good = failed_at.index_select(0, chosen) < 0
        self._taken = _Taken(step, [going[place] for place in places], *_to_host(kept, good))

    def hand_over(self) -> None:
        """Hand over what was taken last."""
        taken, self._taken = self._taken, None
        if taken is None or self._on_frame is None:
            return
        if taken.copied:
            taken.copied.synchronize()
        for one, image, good in zip(taken.going, taken.images, taken.good.tolist(), strict=True):
            if good:
                self._on_frame(Frame(taken.step, one.transfers, one.asked, image))


@dataclass(frozen=True)
class _Taken:
    """Frames on their way to the CPU; `copied` tells when they are there."""

    step: int
    going: list[Going]
    images: Tensor
    good: Tensor
    copied: torch.cuda.Event | None


def _wanted(one: Going, step: int) -> bool:
    every = one.asked.settings.frames_every
    return every > 0 and step % every == 0 and bool(one.transfers)


def _to_host(images: Tensor, good: Tensor) -> tuple[Tensor, Tensor, torch.cuda.Event | None]:
    if images.device.type != "cuda":
        return images.cpu(), good.cpu(), None
    images, good = images.to("cpu", non_blocking=True), good.to("cpu", non_blocking=True)  # into pinned memory
    copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
    copied.record()
    return images, good, copied
