"""The networks of torchvision by name, with their default layers. Does not import torchvision.

Grids are checked against these names, so that a wrong one is found without loading a library that takes seconds.
`tests/stylize/network/test_torchvision.py` compares them with what torchvision has. Left out are those of which we have
plans of our own (`architectures.py`), and the vision transformers (`vit_…`, `maxvit_t`), which accept one size of
picture only.
"""

from __future__ import annotations

import re

_RESNETS = "resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d resnext101_64x4d "
_RESNETS += "wide_resnet50_2 wide_resnet101_2"
_REGNETS = "400mf 800mf 1_6gf 3_2gf 8gf 16gf 32gf"

NAMES: tuple[str, ...] = (
    *_RESNETS.split(),
    *(f"convnext_{size}" for size in ("tiny", "small", "base", "large")),
    *(f"densenet{depth}" for depth in (121, 161, 169, 201)),
    *(f"efficientnet_b{number}" for number in range(8)),
    *(f"efficientnet_v2_{size}" for size in "sml"),
    "googlenet",
    "inception_v3",
    *(f"mnasnet{width}" for width in ("0_5", "0_75", "1_0", "1_3")),
    *("mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large"),
    *(f"regnet_{kind}_{size}" for kind in "xy" for size in _REGNETS.split()),
    "regnet_y_128gf",
    *(f"shufflenet_v2_x{width}" for width in ("0_5", "1_0", "1_5", "2_0")),
    "squeezenet1_0",
    *(f"swin_{size}" for size in "tsb"),
    *(f"swin_v2_{size}" for size in "tsb"),
    *("vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16_bn", "vgg19_bn"),
)
"""Every network of torchvision that can be the setting `architecture`."""

_DEFAULTS: dict[str, tuple[str, str]] = {
    r"(wide_)?resne(x)?t.*": ("layer2", "relu layer1 layer2 layer3 layer4"),
    r"convnext_.*": ("features.3", "features.0 features.1 features.3 features.5 features.7"),
    r"densenet.*": (
        "features.denseblock2",
        "features.relu0 features.denseblock1 features.denseblock2 features.denseblock3 features.denseblock4",
    ),
    r"efficientnet_.*": ("features.3", "features.1 features.2 features.3 features.5 features.7"),
    r"googlenet": ("inception3b", "conv1 conv3 inception3b inception4e inception5b"),
    r"inception_v3": ("Mixed_5d", "Conv2d_2b_3x3 Conv2d_4a_3x3 Mixed_5d Mixed_6e Mixed_7c"),
    r"mnasnet.*": ("layers.9", "layers.7 layers.8 layers.9 layers.11 layers.13"),
    r"mobilenet_v2": ("features.6", "features.1 features.3 features.6 features.13 features.17"),
    r"mobilenet_v3_small": ("features.3", "features.0 features.1 features.3 features.8 features.11"),
    r"mobilenet_v3_large": ("features.6", "features.1 features.3 features.6 features.12 features.15"),
    r"regnet_.*": (
        "trunk_output.block2",
        "stem trunk_output.block1 trunk_output.block2 trunk_output.block3 trunk_output.block4",
    ),
    r"shufflenet_v2_.*": ("stage2", "conv1 maxpool stage2 stage3 stage4"),
    r"squeezenet1_0": ("features.7", "features.1 features.4 features.7 features.10 features.12"),
    r"swin_.*": ("features.3", "features.0 features.1 features.3 features.5 features.7"),
    # The ReLUs behind conv4_2, and behind the first convolution of each block.
    r"vgg11": ("features.14", "features.1 features.4 features.7 features.12 features.17"),
    r"vgg11_bn": ("features.20", "features.2 features.6 features.10 features.17 features.24"),
    r"vgg13": ("features.18", "features.1 features.6 features.11 features.16 features.21"),
    r"vgg13_bn": ("features.26", "features.2 features.9 features.16 features.23 features.30"),
    r"vgg16_bn": ("features.29", "features.2 features.9 features.16 features.26 features.36"),
    r"vgg19_bn": ("features.32", "features.2 features.9 features.16 features.29 features.42"),
}
"""By a pattern of names: the default content layer, at an eighth of the picture's size like VGG's conv4_2, and the
default style layers, one for each scale."""


def default_layers(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The default content layers and style layers of a network."""
    content, style = next(layers for pattern, layers in _DEFAULTS.items() if re.fullmatch(pattern, name))
    return (content,), tuple(style.split())
