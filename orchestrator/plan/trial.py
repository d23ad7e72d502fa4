"""A trial: what it is, which pictures and which network it uses, and its id, which follows from what determines its
result. What a grid says and how trials share batches is not here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.plan.inputs import Inputs
from stylize import ARCHITECTURES, SettingsError
from stylize.settings import ABOUT, AFTER_FRAME, DEFAULTS, PICTURES, PictureShare, TrialSettings, why_needed
from weights import Weights

NUMERICS_VERSION = 3
"""Raised whenever the same settings would give other pixels than before, also by another default."""

NUMERICS_VERSION_OF_PYRAMIDS = 4
"""The same for pyramids with Adam: what it has learned of the slope is enlarged in another way than by version 3."""

LONGEST_SNAPSHOT = 16_383
"""Pixels that an edge of a WebP can have, the format of the images on the way."""


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


def make_trial(settings: TrialSettings, inputs: Inputs, before: Trial | None = None) -> Trial:
    """The trial of a point of a grid. `before` is the trial of the frame before, in a clip.

    Raises SettingsError for what cannot go together, and what finding pictures and weights raises.
    """
    settings = check_point(settings)
    before = before if settings.follows else None
    content = _content(settings, inputs)
    weights = inputs.network_weights(settings)
    style, start = _used("style", settings), _used("init_image", settings)
    if settings.content_mask and settings.style_mask and settings.uses_masks:
        inputs.check_masks(settings.content_mask, settings.style_mask)
    else:
        settings = settings.model_copy(update={"content_mask": None, "style_mask": None})
    width, height = _image_size(settings, content, inputs)
    deepest = ARCHITECTURES[weights.architecture].deepest(settings.active_layers)
    _check_size(settings, weights, deepest, width, height, inputs)
    files = {"content": content, "style": style, "init_image": start}
    files |= {picture: picture for picture in _blended(settings)}
    files |= {"content_mask": settings.content_mask, "style_mask": settings.style_mask}
    hashes = _hashes(files, weights, before, inputs)
    return Trial(
        id=trial_id(settings, width, height, hashes),
        settings=settings,
        width=width,
        height=height,
        content=content,
        style=style,
        start=start,
        after=before.id if before else None,
        frame_before=before.content if before else None,
        weights_reference=weights.reference,
        weights_sha256=weights.sha256 if weights.is_here else "unknown",
        stand_ins=_stand_ins(files, settings, weights, inputs),
        architecture=weights.architecture,
        network=f"{weights.architecture} {hashes['weights']} {settings.pooling} {settings.padding}",
        deepest=deepest,
    )


def _content(settings: TrialSettings, inputs: Inputs) -> str | None:
    """The reference of the content picture, also where only its shape counts; of a clip, that of the frame."""
    content = settings.content
    if content is None or settings.frame is None:
        return content
    if inputs.clip(content):
        return inputs.frame(content, settings.frame)
    if settings.frame:
        raise SettingsError(f"frame {settings.frame} of {content} is asked for, which is a still picture")
    return content


def _used(picture: str, settings: TrialSettings) -> str | None:
    """What one of the picture settings names; None where the trial does not need it."""
    named: str | None = getattr(settings, picture)
    return named if why_needed(picture, settings.__dict__) else None


def _blended(settings: TrialSettings) -> list[str]:
    return [picture for picture, _ in settings.style_blend] if settings.uses_style else []


def _image_size(settings: TrialSettings, content: str | None, inputs: Inputs) -> tuple[int, int]:
    """Width and height: those of the content picture, also where it has no other part, else of the style picture."""
    if content:
        return inputs.scaled(content, settings.size)
    assert settings.style is not None  # check_point
    return inputs.scaled(settings.style, settings.style_size)


def _check_size(
    settings: TrialSettings, weights: Weights, deepest: str, width: int, height: int, inputs: Inputs
) -> None:
    """Raises SettingsError where a picture is too small for the network, or too large to be kept on the way."""
    if settings.frames_every and max(width, height) > LONGEST_SNAPSHOT:
        raise SettingsError(
            f"frames_every: frames are WebP, which ends at {LONGEST_SNAPSHOT} pixels, not {width}×{height}"
        )
    style = _used("style", settings)
    styles = [inputs.scaled(one, settings.style_size) for one in [*([style] if style else []), *_blended(settings)]]
    edge = min(width, height, *(side for shape in styles for side in shape))
    architecture = ARCHITECTURES[weights.architecture]
    needed = architecture.smallest_edge(deepest)
    if edge < needed:
        raise SettingsError(
            f"size {settings.size} leaves an edge of {edge} pixels; {deepest} of {architecture.name} needs {needed}"
        )


def _hashes(files: Mapping[str, str | None], weights: Weights, before: Trial | None, inputs: Inputs) -> dict[str, str]:
    """The hashes that `trial_id` takes. What has to be downloaded first has none: then the id is not final."""
    found = {"weights": f"{weights.sha256} {weights.preprocessing}" if weights.is_here else "unknown"}
    for name, reference in files.items():
        if reference:
            picture = inputs.picture(reference)
            found[name] = picture.sha256 if picture.source else f"unknown: {reference}"
    if before:
        assert before.content
        found["previous"] = f"{before.id} {inputs.picture(before.content).sha256}"
    return found


def _stand_ins(
    files: Mapping[str, str | None], settings: TrialSettings, weights: Weights, inputs: Inputs
) -> tuple[str, ...]:
    """What stands in for pictures and weights that could not be had offline, in words."""
    pictures = [(inputs.picture(reference).stand_in, reference) for reference in files.values() if reference]
    found = [f"{stand_in} for {reference}" for stand_in, reference in pictures if stand_in]
    if weights.stand_in:
        found.append(f"{weights.stand_in} for {settings.architecture} {weights.reference}")
    return tuple(found)


def trial_id(settings: TrialSettings, width: int, height: int, hashes: Mapping[str, str]) -> str:
    """Names a trial by what determines its result: 20 hexadecimal digits.

    `settings` have their layers filled in. `hashes` holds those of weights and pictures, whose names do not count, and
    for a frame of a clip `previous`: what it follows. Settings without effect (the seed where nothing is drawn, the
    style where α alone counts) do not count either, nor does what leaves the pixels alone (checkpointing,
    frames_every), nor do settings at their default, so that settings added later leave old trials valid.
    """
    facts = settings.__dict__ | {AFTER_FRAME: "previous" in hashes}
    counted = {
        name: value
        for name, value in settings.__dict__.items()
        if value != DEFAULTS[name] and ABOUT[name].named_by == "value" and ABOUT[name].effect.holds(facts)
    }
    counted["content_layers"] = settings.active_content_layers
    counted["style_layers"] = settings.active_style_layers
    used = {"weights": hashes["weights"]}
    used |= {name: hashes[name] for name in PICTURES if why_needed(name, facts)}
    if settings.uses_style and settings.style_blend:
        used["style_blend"] = ", ".join(f"{hashes[picture]} {share}" for picture, share in settings.style_blend)
    if "previous" in hashes:
        used["previous"] = hashes["previous"]
    in_levels = settings.pyramid and settings.optimizer == "adam"
    numerics = NUMERICS_VERSION_OF_PYRAMIDS if in_levels else NUMERICS_VERSION
    identity = {"numerics": numerics, "width": width, "height": height, "settings": counted, "inputs": used}
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def check_point(settings: TrialSettings) -> TrialSettings:
    """`settings` with the architecture's layers filled in. Raises SettingsError for what cannot go together."""
    complete = settings.for_architecture(ARCHITECTURES[settings.architecture])
    for name in PICTURES:
        reason = why_needed(name, settings.__dict__)
        if reason and getattr(settings, name) is None:
            named = f"{name} picture" if name in ("content", "style") else name
            raise SettingsError(f"no {named} is given, but {reason}")
    if settings.frame is None and settings.temporal_weight:
        raise SettingsError("temporal_weight is for clips, and the content is a still picture")
    if complete.uses_masks and (complete.style_representation != "gram" or complete.style_blend):
        raise SettingsError("masks go with one style picture and style_representation: gram")
    return complete
