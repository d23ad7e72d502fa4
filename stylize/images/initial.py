"""The images that an optimisation may start from: a class for each value of the setting `init`."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from stylize import registry
from stylize.errors import PictureError, SettingsError
from stylize.lanes import Transfer
from stylize.masks import Masks
from stylize.network.preprocessing import MEAN_PIXEL
from stylize.settings import Settings, why_needed


class Initial(Protocol):
    """Makes the image of a transfer, 1×3×H×W fp32 on the CPU. `picture` is the one that the registry asks for."""

    def make(self, picture: Tensor | None, settings: Settings, shape: torch.Size) -> Tensor: ...


class Picture:
    """A picture, resized to the shape of the image."""

    def make(self, picture: Tensor | None, settings: Settings, shape: torch.Size) -> Tensor:
        assert picture is not None  # check_transfer
        image = picture[None].cpu().float().clone()
        if image.shape[2:] != shape:
            image = functional.interpolate(image, shape, mode="bicubic", antialias=True).clamp(0, 255)
        return image


class Noise:
    """Normal noise around the mean pixel, cut off at two standard deviations, as the paper's program has it."""

    def make(self, picture: Tensor | None, settings: Settings, shape: torch.Size) -> Tensor:
        generator = torch.Generator().manual_seed(settings.seed)
        noise, deviation = torch.empty(1, 3, *shape), settings.noise_deviation
        torch.nn.init.trunc_normal_(noise, 0.0, deviation, -2 * deviation, 2 * deviation, generator=generator)
        return noise + torch.tensor(MEAN_PIXEL).view(1, 3, 1, 1)


class Mix:
    """A picture, of which `noise_share` is replaced by noise."""

    def make(self, picture: Tensor | None, settings: Settings, shape: torch.Size) -> Tensor:
        image, noise = (kind.make(picture, settings, shape) for kind in (Picture(), Noise()))
        return torch.lerp(image, noise, settings.noise_share)


def initial_image(transfer: Transfer) -> Tensor:
    """1×3×H×W fp32 on the CPU, by the setting `init`."""
    entry = registry.INITIAL_IMAGES[transfer.settings.init]
    initial: Initial = entry.load()()
    picture = getattr(transfer, entry.picture) if entry.picture else None
    return initial.make(picture, transfer.settings, torch.Size(transfer.shape))


def check_transfer(transfer: Transfer) -> None:
    """Raises SettingsError if a picture is missing, PictureError if one has a wrong shape."""
    pictures = {"content": transfer.content, "style": transfer.style, "start": transfer.start}
    for name, setting in (("content", "content"), ("style", "style"), ("start", "init_image")):
        reason = why_needed(setting, transfer.settings.__dict__)
        if pictures[name] is None and reason:
            raise SettingsError(f"no {name} picture is given, but {reason}")
    if transfer.masks is not None:
        _check_masks(transfer, transfer.masks)
    for name, picture in [*pictures.items(), *(("style", one) for one, _ in transfer.blend)]:
        if picture is not None and (picture.ndim != 3 or picture.shape[0] != 3):
            raise PictureError(f"the {name} picture has shape {tuple(picture.shape)}; expected 3×H×W, RGB in 0–255")


def _check_masks(transfer: Transfer, masks: Masks) -> None:
    if not registry.STYLE_REPRESENTATIONS[transfer.settings.style_representation].takes_masks or transfer.blend:
        raise SettingsError(registry.what_masks_need())
    for name, picture, mask in (
        ("content", transfer.content, masks.content),
        ("style", transfer.style, masks.style),
    ):
        if picture is None or picture.shape[1:] != mask.shape:
            raise SettingsError(f"the {name} mask has shape {tuple(mask.shape)}, which is not that of its picture")
