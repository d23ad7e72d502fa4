"""Semantic masks: the label of each pixel of the content and of the style picture, at any size.

The loss that uses them is in `losses/style_representations/masked_gram.py`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from stylize.errors import SettingsError


@dataclass(frozen=True, eq=False)
class Masks:
    """The label of each pixel of the content and the style picture: H×W whole numbers. Masks with equal labels are
    equal.

    Raises SettingsError for a label that only one of the two pictures has.
    """

    content: Tensor
    style: Tensor
    labels: tuple[int, ...] = field(init=False)
    _hash: str = field(init=False)

    def __post_init__(self) -> None:
        of_content, of_style = (_labels(one) for one in (self.content, self.style))
        for label in sorted(of_content ^ of_style):
            where, other = ("content", "style") if label in of_content else ("style", "content")
            raise SettingsError(f"label {label} is in the {where} mask and not in the {other} mask")
        object.__setattr__(self, "labels", tuple(sorted(of_content)))
        digest = hashlib.blake2b(digest_size=16)
        for one in (self.content, self.style):
            digest.update(str(tuple(one.shape)).encode() + one.cpu().contiguous().numpy().tobytes())
        object.__setattr__(self, "_hash", digest.hexdigest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masks) and self._hash == other._hash

    def __hash__(self) -> int:
        return hash(self._hash)

    def resized(self, content: torch.Size, style: torch.Size) -> Masks:
        """The masks at other sizes of the pictures; a region too small for them stays one pixel."""
        return Masks(_resized(self.content, content), _resized(self.style, style))

    def of(self, mask: Tensor, shape: torch.Size, device: torch.device) -> Tensor:
        """How much of each position of a layer (h, w) each label covers: K×(h·w). No row is all 0."""
        each = torch.stack([(mask == label).float() for label in self.labels]).to(device)
        return functional.adaptive_avg_pool2d(each, (shape[0], shape[1])).flatten(1).clamp(min=1e-6)

    def places(self, mask: Tensor, shape: torch.Size, device: torch.device) -> list[Tensor]:
        """For each label the positions of a layer (h, w) that it covers more of than any other label does, counted row
        by row. No label is without a position.
        """
        covered = self.of(mask.cpu(), shape, torch.device("cpu"))
        labels = covered.argmax(0)
        labels[covered.argmax(1)] = torch.arange(len(covered))  # a region too small for the layer keeps a position
        return [(labels == label).nonzero()[:, 0].to(device) for label in range(len(covered))]

    def shares(self, device: torch.device) -> Tensor:
        """s_k: the share of the content picture that each label covers."""
        counts = torch.stack([(self.content == label).float().mean() for label in self.labels])
        return counts.to(device)


def _labels(mask: Tensor) -> set[int]:
    unique: Tensor = torch.unique(mask)
    return set(unique.tolist())


def _resized(mask: Tensor, shape: torch.Size) -> Tensor:
    if mask.shape == shape:
        return mask
    small = functional.interpolate(mask[None, None].float(), list(shape), mode="nearest-exact")[0, 0].to(mask.dtype)
    for place, label in enumerate(sorted(_labels(mask) - _labels(small))):
        small.view(-1)[place] = label
    return small
