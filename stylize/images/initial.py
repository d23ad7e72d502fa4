"""The image that an optimisation starts from."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from stylize.errors import PictureError, SettingsError
from stylize.losses.masks import Masks
from stylize.losses.objective import Transfer
from stylize.network.network import MEAN_PIXEL
from stylize.settings.transfer_settings import Settings


def initial_image(transfer: Transfer) -> Tensor:
    """1×3×H×W fp32 on the CPU, by the setting `init`."""
    settings, shape = transfer.settings, image_shape(transfer)
    if settings.init == "noise":
        return _noise(settings, shape)
    picture = _start(transfer)
    assert picture is not None  # check_transfer
    image = picture[None].cpu().float().clone()
    if image.shape[2:] != shape:
        image = functional.interpolate(image, shape, mode="bicubic", antialias=True).clamp(0, 255)
    if settings.init == "mix":
        image = torch.lerp(image, _noise(settings, shape), settings.noise_share)
    return image


def _start(transfer: Transfer) -> Tensor | None:
    """The picture that the image starts as, or is mixed from; None for noise."""
    return {
        "content": transfer.content,
        "mix": transfer.content,
        "style": transfer.style,
        "image": transfer.start,
        "noise": None,
    }[transfer.settings.init]


def _noise(settings: Settings, shape: torch.Size) -> Tensor:
    """Normal noise around the mean pixel, cut off at two standard deviations, as the paper's program has it."""
    generator = torch.Generator().manual_seed(settings.seed)
    noise, deviation = torch.empty(1, 3, *shape), settings.noise_deviation
    torch.nn.init.trunc_normal_(noise, 0.0, deviation, -2 * deviation, 2 * deviation, generator=generator)
    return noise + torch.tensor(MEAN_PIXEL).view(1, 3, 1, 1)


def image_shape(transfer: Transfer) -> torch.Size:
    """Height and width of the image: the content picture's, or the style picture's where there is none."""
    picture = transfer.content if transfer.content is not None else transfer.style
    assert picture is not None  # check_transfer
    return picture.shape[1:]


def check_transfer(transfer: Transfer) -> None:
    """Raises SettingsError where a picture is missing, PictureError where one has a wrong shape."""
    settings = transfer.settings
    wanted = {
        "content": {
            "the content loss": settings.uses_content,
            f"init: {settings.init}": settings.init in ("content", "mix"),
            f"colour: {settings.colour}": settings.colour != "style",
            "matting_weight": settings.matting_weight > 0,
        },
        "style": {"the style loss": settings.uses_style, "init: style": settings.init == "style"},
        "start": {"init: image": settings.init == "image"},
    }
    pictures = {"content": transfer.content, "style": transfer.style, "start": transfer.start}
    for name, reasons in wanted.items():
        reason = next((why for why, needed in reasons.items() if needed), None)
        if pictures[name] is None and reason:
            raise SettingsError(f"a {name} picture is needed for {reason}")
    if transfer.masks is not None:
        _check_masks(transfer, transfer.masks)
    for name, picture in [*pictures.items(), *(("style", one) for one, _ in transfer.blend)]:
        if picture is not None and (picture.ndim != 3 or picture.shape[0] != 3):
            raise PictureError(f"the {name} picture has shape {tuple(picture.shape)}; expected 3×H×W, RGB in 0–255")


def _check_masks(transfer: Transfer, masks: Masks) -> None:
    if transfer.settings.style_representation != "gram" or transfer.blend:
        raise SettingsError("masks go with one style picture and style_representation: gram")
    for name, picture, mask in (
        ("content", transfer.content, masks.content),
        ("style", transfer.style, masks.style),
    ):
        if picture is None or picture.shape[1:] != mask.shape:
            raise SettingsError(f"the {name} mask has shape {tuple(mask.shape)}, which is not that of its picture")
