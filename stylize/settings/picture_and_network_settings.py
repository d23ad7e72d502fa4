"""The settings of a trial's pictures, clip and network. Those of its optimisation are in `optimisation_settings.py`.

Each setting is declared in one of these two files and nowhere else: its type, limits, default and description, and in
`About` everything else that the program needs to know about it. Nothing here imports torch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from stylize import registry
from stylize.network.architectures import ARCHITECTURES
from stylize.settings.about import About, Need, Weights
from stylize.settings.conditions import AFTER_FRAME, ALWAYS, Facts, chooses, unless, where
from stylize.settings.loss_settings import FOLLOWS, USES_CONTENT, USES_STYLE
from stylize.settings.optimisation_settings import PAINTS, TRANSFERS, Settings
from stylize.settings.painting_settings import PaintingSettings
from stylize.settings.types import (
    ArchitectureName,
    FrameStart,
    Name,
    NumberFromZero,
    Padding,
    Pooling,
    PreprocessingName,
    PrintFile,
    Size,
    StyleBlend,
    WholeNumber,
    long_edge,
)

STARTS_AS_CONTENT = chooses("init", registry.INITIAL_IMAGES, lambda image: image.picture == "content")
STARTS_AS_STYLE = chooses("init", registry.INITIAL_IMAGES, lambda image: image.picture == "style")
STARTS_AS_IMAGE = chooses("init", registry.INITIAL_IMAGES, lambda image: image.picture == "start")
OWN_NETWORK = where("architecture", *ARCHITECTURES)
HAS_CONTENT_MASK = USES_STYLE & unless("content_mask", None)
HAS_STYLE_MASK = USES_STYLE & unless("style_mask", None)


CAN_CONTINUE = (
    TRANSFERS
    & unless(AFTER_FRAME, True)
    & where("pyramid", ())
    & (where("matting_weight", 0) | where("matting_from", 0))
    & chooses("optimizer", registry.OPTIMISERS, lambda optimiser: optimiser.keeps_state)
)
"""Whether a trial's optimisation begins with the same steps if it is made longer, and can go on from a kept state."""


class TrialSettings(PaintingSettings):
    """All settings of a trial: its pictures, its network, and the optimisation of the image."""

    content: Annotated[
        Name | None,
        About(
            method="both",
            named_by="file",
            needed=(
                Need(PAINTS, "method: autopainter colours it"),
                Need(TRANSFERS & STARTS_AS_CONTENT, "init: {init} starts from it"),
                Need(TRANSFERS & USES_CONTENT, "its content loss counts"),
                Need(TRANSFERS & unless("colour", "style"), "colour: {colour} needs its colours"),
                Need(TRANSFERS & unless("matting_weight", 0), "matting_weight needs its edges"),
                Need(TRANSFERS & unless("laplacian_weight", 0), "laplacian_weight needs its edges"),
            ),
        ),
    ] = Field(
        default=None,
        description="Content picture: a name of pictures.yaml or of the --pictures folder, a path, or a URL.",
    )
    style: Annotated[
        Name | None,
        About(
            named_by="file",
            effect=USES_STYLE | STARTS_AS_STYLE,
            needed=(
                Need(STARTS_AS_STYLE, "init: {init} starts from it"),
                Need(USES_STYLE, "its style loss counts"),
            ),
        ),
    ] = Field(default=None, description="Style picture: named as content is.")
    size: Annotated[
        Size,
        About(
            method="both",
            also_called=("width", "height", "image_size", "resolution"),
            cell=long_edge,
            cell_type=int,
        ),
    ] = Field(
        default=448,
        description="In pixels: the long edge, which keeps the aspect of each picture, or [width, height], which "
        "stretches both.",
    )
    architecture: Annotated[
        ArchitectureName,
        About(
            also_called=("network", "model"),
        ),
    ] = Field(
        default="vgg16",
        description="The network whose responses are compared: one of ours, or of torchvision by its name there. "
        "pixels: no network, but patches of pixels, seen through random filters.",
    )
    weights: Annotated[Name | None, About(named_by="file", mentioned="never")] = Field(
        default=None,
        description="Parameters of the network: a name of the manifest (original, torchvision, embedded) or of "
        "torchvision's enumeration (IMAGENET1K_V1), random, random:<seed>, or a path to a .safetensors or .pth file. "
        "Default: the architecture's first in the manifest, or torchvision's default.",
    )
    preprocessing: Annotated[PreprocessingName | None, About(named_by="file", mentioned="never")] = Field(
        default=None,
        description="How pictures are normalised for the network, as its weights were trained. "
        "Default: as the manifest or the weights' file says, otherwise torchvision.",
    )
    pooling: Annotated[Pooling, About(effect=OWN_NETWORK)] = Field(
        default="average",
        description="How the network pools between its blocks; l2 is the root of the mean square of each window.",
    )
    padding: Annotated[Padding, About(effect=OWN_NETWORK, mentioned="unless default")] = Field(
        default="zero", description="How the network's convolutions pad beyond the border."
    )

    style_blend: Annotated[
        StyleBlend,
        About(named_by="file", effect=USES_STYLE, weights=Weights("style_blend_shares", equal_is_usual=False)),
    ] = Field(
        default=(),
        description="Further style pictures and their shares of the style loss, {starry_night: 0.3}; `style` has the "
        "rest.",
    )
    style_scale: Annotated[float, About(effect=USES_STYLE | STARTS_AS_STYLE, mentioned="unless default")] = Field(
        default=1.0, ge=0.05, le=10, description="Size of the style pictures, relative to `size`."
    )
    content_mask: Annotated[
        Name | None,
        About(
            named_by="file",
            effect=HAS_STYLE_MASK,
            needed=(Need(HAS_STYLE_MASK, "there is a style_mask"),),
        ),
    ] = Field(
        default=None,
        description="Label image of the content picture: each colour is a label. With style_mask, the part of the "
        "image with a label gets its style from the part of the style picture with the same label.",
    )
    style_mask: Annotated[
        Name | None,
        About(
            named_by="file",
            effect=HAS_CONTENT_MASK,
            needed=(Need(HAS_CONTENT_MASK, "there is a content_mask"),),
        ),
    ] = Field(default=None, description="Label image of the style picture.")
    init_image: Annotated[
        Name | None,
        About(
            named_by="file",
            effect=STARTS_AS_IMAGE,
            needed=(Need(STARTS_AS_IMAGE, "init: {init} starts from it"),),
        ),
    ] = Field(
        default=None,
        description="The picture that init: image starts from, named as content is, or trial:<id>, the image of a "
        "trial of this run, or trial:RUN/<id>, of another run.",
    )

    frame: Annotated[NumberFromZero | None, About(method="both", named_by="nothing")] = Field(
        default=None,
        description="If the content is a clip: the number of one frame, from 0, which is made as a still. Without it "
        "all frames are made, one after the other.",
    )
    clip_frames: Annotated[WholeNumber, About(method="both", named_by="nothing", mentioned="unless default")] = Field(
        default=0, ge=0, description="How many frames of a clip are made, from the first on. 0: all."
    )
    frame_start: Annotated[FrameStart, About(effect=FOLLOWS, mentioned="unless default")] = Field(
        default="warped",
        description="The initial image of a clip's frame. warped: the result of the frame before, warped along the "
        "optical flow. own: as `init` says, like the first frame.",
    )

    print_file: Annotated[PrintFile, About(named_by="nothing", mentioned="never")] = Field(
        default="none",
        description="A further file of the result, with an sRGB profile: PNG or TIFF with 8 or 16 bits a channel. The "
        "16 bits are those of the optimised image before it is rounded. The result is the same.",
    )
    keep_state: Annotated[bool, About(named_by="nothing", mentioned="never", effect=CAN_CONTINUE)] = Field(
        default=False,
        description="Whether the state of the optimiser is kept beside the image, so that a grid with more iterations "
        "goes on from there. The result is the same.",
    )

    @property
    def follows(self) -> bool:
        """Whether the frames of a clip need the results of the frames before them."""
        return not self.paints and (self.frame_start == "warped" or self.temporal_weight > 0)

    @property
    def uses_masks(self) -> bool:
        """Whether masks are used in the style loss."""
        return bool((HAS_CONTENT_MASK & HAS_STYLE_MASK).holds(self.__dict__))

    @property
    def style_size(self) -> int | tuple[int, int]:
        """The size to which style pictures are scaled."""
        if isinstance(self.size, tuple):
            return max(1, round(self.size[0] * self.style_scale)), max(1, round(self.size[1] * self.style_scale))
        return max(1, round(self.size * self.style_scale))


def abouts(settings: type[Settings]) -> dict[str, About]:
    """The `About` of each setting of a class, by name; one that is for a single method has no effect with others.

    Raises TypeError if a setting has none.
    """
    found = {}
    for name, field in settings.model_fields.items():
        declared = [one for one in field.metadata if isinstance(one, About)]
        if len(declared) != 1:
            raise TypeError(f"the setting {name} has no About in its type")
        found[name] = _of_its_method(declared[0])
    return found


def _of_its_method(about: About) -> About:
    """With its method in its conditions."""
    if about.method == "both":
        return about
    chosen = where("method", about.method)
    needed = tuple(replace(need, condition=chosen & need.condition) for need in about.needed)
    return replace(about, effect=chosen if about.effect is ALWAYS else chosen & about.effect, needed=needed)


_INHERITED = (PaintingSettings, Settings)
SETTING_NAMES: tuple[str, ...] = tuple(
    sorted(TrialSettings.model_fields, key=lambda name: sum(name in one.model_fields for one in _INHERITED))
)
"""Every setting, in the order of a table's columns."""

ABOUT = abouts(TrialSettings)
"""The `About` of each setting."""

PICTURES = tuple(name for name in SETTING_NAMES if ABOUT[name].needed)
"""Settings that name one picture each."""

DEFAULTS: dict[str, Any] = {name: TrialSettings.model_fields[name].default for name in SETTING_NAMES}
"""The default of each setting."""


def why_needed(picture: str, facts: Facts) -> str | None:
    """Why a trial needs one of its pictures (`content`, `style`, …), in words; None if it does not.

    Facts without a `method`, such as the settings of an optimisation, are those of a transfer.
    """
    return ABOUT[picture].reason({"method": DEFAULTS["method"], **facts})
