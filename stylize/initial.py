"""The image that an optimisation starts from."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from stylize.errors import PictureError, SettingsError
from stylize.network import MEAN_PIXEL
from stylize.objective import Transfer

NOISE_DEVIATION = 20.0
"""Standard deviation of the initial noise in pixel values, cut off at two of them, as the paper's program has it."""


def initial_image(transfer: Transfer) -> Tensor:
    """1×3×H×W fp32 on the CPU, by the setting `init`."""
    settings, shape = transfer.settings, image_shape(transfer)
    if settings.init == "noise":
        generator = torch.Generator().manual_seed(settings.seed)
        noise = torch.empty(1, 3, *shape)
        bound = 2 * NOISE_DEVIATION
        torch.nn.init.trunc_normal_(noise, 0.0, NOISE_DEVIATION, -bound, bound, generator=generator)
        return noise + torch.tensor(MEAN_PIXEL).view(1, 3, 1, 1)
    picture = transfer.content if settings.init == "content" else transfer.style
    assert picture is not None  # check_transfer
    image = picture[None].cpu().float().clone()
    if image.shape[2:] != shape:
        image = functional.interpolate(image, shape, mode="bicubic", antialias=True).clamp(0, 255)
    return image


def image_shape(transfer: Transfer) -> torch.Size:
    """Height and width of the image: the content picture's, or the style picture's where there is none."""
    picture = transfer.content if transfer.content is not None else transfer.style
    assert picture is not None  # check_transfer
    return picture.shape[1:]


def check_transfer(transfer: Transfer) -> None:
    """Raises SettingsError where a picture is missing, PictureError where one has a wrong shape."""
    settings = transfer.settings
    for name, picture in (("content", transfer.content), ("style", transfer.style)):
        needed = settings.uses_content if name == "content" else settings.uses_style
        if picture is None:
            if needed or settings.init == name:
                reason = f"the {name} loss" if needed else f"init: {name}"
                raise SettingsError(f"a {name} picture is needed for {reason}")
        elif picture.ndim != 3 or picture.shape[0] != 3:
            raise PictureError(f"the {name} picture has shape {tuple(picture.shape)}; expected 3×H×W, RGB in 0–255")
