"""What is done to a picture before a network sees it: each network's weights were trained on inputs of their own kind.

No torch here: the driver of a sweep knows the names.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preprocessing:
    """(picture − mean) / deviation per channel, on RGB in 0–255; then the channels in reverse order where `bgr`."""

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)
    bgr: bool = False


PREPROCESSING: dict[str, Preprocessing] = {
    # Oxford's mean pixel of ImageNet in RGB, no division: torchvision's IMAGENET1K_FEATURES (std 1/255) say the same.
    "vgg-original": Preprocessing((123.68, 116.779, 103.939)),
    # The same for weights that were converted from Caffe without turning the first layer's channels around.
    "vgg-original-bgr": Preprocessing((123.68, 116.779, 103.939), bgr=True),
    # torchvision's own training: [0, 1] minus .485/.456/.406, over .229/.224/.225.
    "torchvision": Preprocessing((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    # Some weights of torchvision: [0, 1] minus a half, over a half.
    "torchvision-half": Preprocessing((127.5, 127.5, 127.5), (127.5, 127.5, 127.5)),
}
"""The preprocessings with which the weights in the manifest were trained, by name."""

MEAN_PIXEL = PREPROCESSING["vgg-original"].mean
"""The mean RGB pixel of ImageNet; initial noise is drawn around it."""
