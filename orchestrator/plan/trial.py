"""A trial: one point of a grid, named by what determines its result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stylize import ARCHITECTURES
from stylize.settings.trial_settings import PictureShare, TrialSettings

NUMERICS_VERSION = 3
"""Raised whenever the same settings would give other pixels than before, also by another default."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One optimisation: its name, its settings with layers filled in, and what it is made from."""

    id: str
    settings: TrialSettings
    width: int
    height: int
    content: str | None  # references of the pictures that it uses
    style: str | None
    start: str | None
    after: str | None  # of a frame of a clip: the trial whose result it follows
    frame_before: str | None  # and the reference of that trial's content
    weights_reference: str
    weights_sha256: str
    stand_ins: tuple[str, ...]
    architecture: str  # of the network that runs, which may be a stand-in
    network: str  # equal for trials that share a network
    deepest: str  # the layer that the network is cut off after

    @property
    def blend(self) -> tuple[PictureShare, ...]:
        """Further style pictures that it uses."""
        return self.settings.style_blend if self.settings.uses_style else ()

    @property
    def masks(self) -> tuple[str, str] | None:
        """The label images of the content and of the style picture, where they have a part."""
        one = self.settings
        return (one.content_mask, one.style_mask) if one.uses_masks and one.content_mask and one.style_mask else None

    @property
    def pictures(self) -> list[tuple[str, int | tuple[int, int]]]:
        """References of all pictures that it uses, with the sizes they are brought to."""
        styles = [picture for picture, _ in self.blend] + ([self.style] if self.style else [])
        found: list[tuple[str, int | tuple[int, int]]] = [(style, self.settings.style_size) for style in styles]
        if self.content:
            found.append((self.content, self.settings.size))
        if self.start:
            found.append((self.start, (self.width, self.height)))
        if self.frame_before:
            found.append((self.frame_before, self.settings.size))
        return found

    @property
    def operations(self) -> float:
        """Floating-point operations of the whole optimisation."""
        architecture, settings = ARCHITECTURES[self.architecture], self.settings
        one = architecture.operations(self.deepest, self.height, self.width)
        if settings.style_representation == "mrf":
            forms = len(settings.mrf_rotations) * len(settings.mrf_scales) * (1 + len(self.blend))
            for layer, _ in settings.active_style_layers:
                one += architecture.matching_operations(layer, self.height, self.width, settings.mrf_stride, forms)
        return one * settings.iterations


_NAMES_ONLY = {
    "content",
    "style",
    "style_blend",
    "content_mask",
    "style_mask",
    "init_image",
    "weights",
    "checkpointing",
    "frame",
    "clip_frames",
    "frames_every",
}


def _without_effect(settings: TrialSettings, *, follows: bool) -> Iterator[str]:
    """Settings that change nothing beside the others; `follows`: after a frame of a clip."""
    if not follows:
        yield from ("temporal_weight", "frame_start")
    elif settings.frame_start == "warped":
        yield from ("init", "seed", "noise_deviation", "noise_share")
    if settings.optimizer == "lbfgs":
        yield from ("decay", "betas")
    if settings.decay == "none" or settings.optimizer == "lbfgs":
        yield from ("decay_rate", "decay_steps")
    if settings.init not in ("noise", "mix"):
        yield from ("seed", "noise_deviation")
    if settings.init != "mix":
        yield "noise_share"
    if not settings.uses_style:
        yield "style_representation"
        if settings.init != "style":
            yield "style_scale"
    if not settings.matting_weight:
        yield "matting_from"
    if not settings.uses_style or settings.style_representation != "mrf":
        yield from ("mrf_stride", "mrf_rotations", "mrf_scales")


def trial_id(settings: TrialSettings, width: int, height: int, inputs: Mapping[str, str]) -> str:
    """Names a trial by what determines its result: 20 hexadecimal digits.

    `settings` have their layers filled in. `inputs` holds the hashes of weights and pictures, whose names do not
    count, and for a frame of a clip what it follows. Settings without effect (the seed where nothing is drawn, the
    style where α alone counts) do not count either, nor does what leaves the pixels alone (checkpointing,
    frames_every), nor do settings at their default, so that settings added later leave old trials valid.
    """
    counted = settings.model_dump(exclude=_NAMES_ONLY, exclude_defaults=True)
    for name in _without_effect(settings, follows="previous" in inputs):
        counted.pop(name, None)
    counted["content_layers"] = settings.active_content_layers
    counted["style_layers"] = settings.active_style_layers
    used = {"weights": inputs["weights"]}
    if (
        settings.uses_content
        or settings.init in ("content", "mix")
        or settings.colour != "style"
        or settings.matting_weight
    ):
        used["content"] = inputs["content"]
    if settings.uses_style or settings.init == "style":
        used["style"] = inputs["style"]
    if settings.uses_style and settings.style_blend:
        used["style_blend"] = ", ".join(f"{inputs[picture]} {share}" for picture, share in settings.style_blend)
    if settings.init == "image":
        used["init_image"] = inputs["init_image"]
    if settings.uses_masks:
        used |= {mask: inputs[mask] for mask in ("content_mask", "style_mask")}
    if "previous" in inputs:
        used["previous"] = inputs["previous"]
    identity = {"numerics": NUMERICS_VERSION, "width": width, "height": height, "settings": counted, "inputs": used}
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def check_point(settings: TrialSettings) -> TrialSettings:
    """`settings` with the architecture's layers filled in. Raises stylize.SettingsError for what cannot go together."""
    from stylize import SettingsError

    complete = settings.for_architecture(ARCHITECTURES[settings.architecture])
    reasons = {
        "content": {
            f"init: {settings.init} starts from it": settings.init in ("content", "mix"),
            "its content loss counts": settings.uses_content,
            f"colour: {settings.colour} needs its colours": settings.colour != "style",
            "matting_weight needs its edges": settings.matting_weight > 0,
        },
        "style": {
            "init: style starts from it": settings.init == "style",
            "its style loss counts": settings.uses_style,
        },
        "content_mask": {"there is a style_mask": settings.uses_style and settings.style_mask is not None},
        "style_mask": {"there is a content_mask": settings.uses_style and settings.content_mask is not None},
        "init_image": {"init: image starts from it": settings.init == "image"},
    }
    for setting, why in reasons.items():
        reason = next((text for text, applies in why.items() if applies), None)
        if reason and getattr(settings, setting) is None:
            named = f"{setting} picture" if setting in ("content", "style") else setting
            raise SettingsError(f"no {named} is given, but {reason}")
    if settings.frame is None and settings.temporal_weight:
        raise SettingsError("temporal_weight is for clips, and the content is a still picture")
    if complete.uses_masks and (complete.style_representation != "gram" or complete.style_blend):
        raise SettingsError("masks go with one style picture and style_representation: gram")
    return complete
