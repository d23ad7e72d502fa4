"""The settings of a trial's pictures, clip and network. Those of its optimisation are in `optimisation_settings.py`.

Each setting is declared in one of these two files and nowhere else: type, limits, default, description, and in `About`
everything else that the program has to know about it. No torch.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from stylize import registry
from stylize.settings.about import About, Need, Weights
from stylize.settings.conditions import Facts, chooses, unless
from stylize.settings.optimisation_settings import FOLLOWS, USES_CONTENT, USES_STYLE, Settings
from stylize.settings.types import (
    ArchitectureName,
    FrameStart,
    Name,
    NumberFromZero,
    Padding,
    Pooling,
    PreprocessingName,
    Size,
    StyleBlend,
    WholeNumber,
    long_edge,
)

STARTS_AS_CONTENT = chooses("init", registry.INITIAL_IMAGES, lambda image: image.picture == "content")
STARTS_AS_STYLE = chooses("init", registry.INITIAL_IMAGES, lambda image: image.picture == "style")
STARTS_AS_IMAGE = chooses("init", registry.INITIAL_IMAGES, lambda image: image.picture == "start")
HAS_CONTENT_MASK = USES_STYLE & unless("content_mask", None)
HAS_STYLE_MASK = USES_STYLE & unless("style_mask", None)


class TrialSettings(Settings):
    """All that a grid can say of a trial: its pictures, its network, and how the image is optimised."""

    content: Annotated[
        Name | None,
        About(
            named_by="file",
            needed=(
                Need(STARTS_AS_CONTENT, "init: {init} starts from it"),
                Need(USES_CONTENT, "its content loss counts"),
                Need(unless("colour", "style"), "colour: {colour} needs its colours"),
                Need(unless("matting_weight", 0), "matting_weight needs its edges"),
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
            also_called=("width", "height", "image_size", "resolution"),
            cell=long_edge,
            cell_type=int,
        ),
    ] = Field(
        default=448,
        description="Pixels: the long edge, each picture keeping its aspect, or [width, height], which stretches both.",
    )
    architecture: Annotated[
        ArchitectureName,
        About(
            also_called=("network", "model"),
        ),
    ] = Field(default="vgg16", description="The network whose responses are compared.")
    weights: Annotated[Name | None, About(named_by="file", mentioned="never")] = Field(
        default=None,
        description="Parameters of the network: a name of the manifest (original, torchvision, embedded), random, "
        "random:<seed>, or a path to a .safetensors or .pth file. Default: the architecture's first in the manifest.",
    )
    preprocessing: Annotated[PreprocessingName | None, About(named_by="file", mentioned="never")] = Field(
        default=None,
        description="What is done to pictures before the network sees them: what its weights were trained with. "
        "Default: what the manifest or the weights' file says; torchvision where neither does.",
    )
    pooling: Annotated[Pooling, About()] = Field(
        default="average",
        description="How the network pools between its blocks; l2 is the root of the mean square of each window.",
    )
    padding: Annotated[Padding, About(mentioned="unless default")] = Field(
        default="zero", description="What the network's convolutions see beyond the border."
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
        default=1.0, ge=0.05, le=10, description="Size of the style pictures, relative to what `size` makes them."
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
        description="Label image of the content picture: each colour is a label. With style_mask, each label's part of "
        "the image gets its style from the same label's part of the style picture.",
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

    frame: Annotated[NumberFromZero | None, About(named_by="nothing")] = Field(
        default=None,
        description="One frame of a content that is a clip, from 0, made as a still. Without it all frames are made, "
        "one after the other.",
    )
    clip_frames: Annotated[WholeNumber, About(named_by="nothing", mentioned="unless default")] = Field(
        default=0, ge=0, description="How many first frames of a clip are made. 0: all."
    )
    frame_start: Annotated[FrameStart, About(effect=FOLLOWS, mentioned="unless default")] = Field(
        default="warped",
        description="What a frame of a clip starts as: the result of the frame before, moved along the optical "
        "flow, or what `init` says, as the first frame does.",
    )

    @property
    def follows(self) -> bool:
        """Whether the frames of a clip need the results of the frames before them."""
        return self.frame_start == "warped" or self.temporal_weight > 0

    @property
    def uses_masks(self) -> bool:
        """Whether masks have a part in the style loss."""
        return bool((HAS_CONTENT_MASK & HAS_STYLE_MASK).holds(self.__dict__))

    @property
    def style_size(self) -> int | tuple[int, int]:
        """The size that style pictures are brought to."""
        if isinstance(self.size, tuple):
            return max(1, round(self.size[0] * self.style_scale)), max(1, round(self.size[1] * self.style_scale))
        return max(1, round(self.size * self.style_scale))


def abouts(settings: type[Settings]) -> dict[str, About]:
    """What each setting of a class declares, by its name. Raises TypeError where one declares nothing."""
    found = {}
    for name, field in settings.model_fields.items():
        declared = [one for one in field.metadata if isinstance(one, About)]
        if len(declared) != 1:
            raise TypeError(f"the setting {name} has no About in its type")
        found[name] = declared[0]
    return found


SETTING_NAMES: tuple[str, ...] = tuple(
    sorted(TrialSettings.model_fields, key=lambda name: name in Settings.model_fields)  # pictures and network first
)
"""Every setting, in the order of a table's columns."""

ABOUT = abouts(TrialSettings)
"""What each setting declares beside its type, default and description."""

PICTURES = tuple(name for name in SETTING_NAMES if ABOUT[name].needed)
"""Settings that name one picture each."""

DEFAULTS: dict[str, Any] = {name: TrialSettings.model_fields[name].default for name in SETTING_NAMES}
"""The value that each setting has where nobody gives one."""


def why_needed(picture: str, facts: Facts) -> str | None:
    """Why a trial needs one of its pictures (`content`, `style`, …), in words; None where it does not."""
    return ABOUT[picture].reason(facts)
