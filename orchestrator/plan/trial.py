"""A trial: its settings, pictures and network. Its id is made in `identity`, all trials of a grid in `trials`, and
batches of trials in `batches`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.plan.identity import Identity
from orchestrator.plan.inputs import Inputs
from stylize import SettingsError, architecture_named, registry
from stylize.settings import PICTURES, PictureShare, TrialSettings, why_needed
from weights import Weights

LONGEST_SNAPSHOT = 16_383
"""The largest edge of a WebP in pixels; snapshots are WebPs."""


@dataclass(frozen=True)
class Setup:
    """What trials share that differ only in settings on which nothing else depends (`About.alone`): their pictures,
    size, network and all other settings.
    """

    settings: TrialSettings  # those of one of the trials, with layers filled in
    varying: tuple[str, ...]  # the settings in which its trials may differ
    width: int
    height: int
    content: str | None  # references of the pictures that are used
    style: str | None
    start: str | None
    frame_before: str | None  # if the trial depends on the frame before: the reference of that frame
    weights_reference: str
    weights_sha256: str
    preprocessing: str | None  # the one that is used; None if the weights are not downloaded yet
    stand_ins: tuple[str, ...]
    architecture: str  # that of the network that runs, which may be a stand-in
    network: str  # equal for trials that share a network
    deepest: str  # the layer that the network is cut off after

    @property
    def blend(self) -> tuple[PictureShare, ...]:
        """Further style pictures that are used."""
        return self.settings.style_blend if self.settings.uses_style else ()

    @property
    def masks(self) -> tuple[str, str] | None:
        """The label images of the content and of the style picture, where they have a part."""
        one = self.settings
        return (one.content_mask, one.style_mask) if one.uses_masks and one.content_mask and one.style_mask else None

    @functools.cached_property
    def pictures(self) -> list[tuple[str, int | tuple[int, int]]]:
        """References of all pictures that are used, with the sizes they are brought to."""
        styles = [picture for picture, _ in self.blend] + ([self.style] if self.style else [])
        found: list[tuple[str, int | tuple[int, int]]] = [(style, self.settings.style_size) for style in styles]
        if self.content:
            found.append((self.content, self.settings.size))
        if self.start:
            found.append((self.start, (self.width, self.height)))
        if self.frame_before:
            found.append((self.frame_before, self.settings.size))
        return found

    @functools.cached_property
    def operations_a_step(self) -> float:
        """Floating-point operations of one step of the optimisation."""
        architecture, settings = architecture_named(self.architecture), self.settings
        one = architecture.operations(self.deepest, self.height, self.width)
        if settings.style_representation == "mrf":
            forms = len(settings.mrf_rotations) * len(settings.mrf_scales) * (1 + len(self.blend))
            for layer, _ in settings.active_style_layers:
                one += architecture.matching_operations(layer, self.height, self.width, settings.mrf_stride, forms)
        return one

    @functools.cached_property
    def iterations_at(self) -> int | None:
        """The index of `iterations` in `varying`; None if it does not vary."""
        return self.varying.index("iterations") if "iterations" in self.varying else None

    @functools.cached_property
    def trajectory(self) -> tuple[object, ...]:
        """The part of `Settings.trajectory` that does not vary."""
        return tuple((name, value) for name, value in self.settings.trajectory.items() if name not in self.varying)

    @functools.cached_property
    def _ends_alone(self) -> bool:
        """Whether `iterations` only says when the optimisation ends, and changes nothing before that."""
        return self.iterations_at is not None and "iterations" not in self.settings.trajectory

    @functools.cached_property
    def shared_in_batch(self) -> tuple[object, ...]:
        """What all trials of a batch must share."""
        return self.network, self.deepest, self.width, self.height, self.settings.shared_in_batch

    def lasting(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """The values that must be equal for trials of one optimisation: all; but not `iterations` if it only says when
        the optimisation ends.
        """
        at = self.iterations_at
        return values[:at] + values[at + 1 :] if self._ends_alone and at is not None else values


@dataclass(frozen=True, slots=True)
class Trial:
    """One image to make. It is small, because grids may have a million trials; everything that trials share is in
    `setup`.
    """

    id: str
    setup: Setup
    values: tuple[Any, ...] = ()  # the values of the settings `setup.varying`
    after: str | None = None  # for a frame of a clip: the trial of the frame before, which has to be done first

    @property
    def settings(self) -> TrialSettings:
        """All settings, with layers filled in. They are made at each call; keep them if you need them often."""
        return self.setup.settings.model_copy(update=dict(zip(self.setup.varying, self.values, strict=True)))

    @property
    def iterations(self) -> int:
        """Steps of the optimisation."""
        index = self.setup.iterations_at
        return self.setup.settings.iterations if index is None else self.values[index]

    @property
    def operations(self) -> float:
        """Floating-point operations of the whole optimisation."""
        return self.setup.operations_a_step * self.iterations

    @property
    def width(self) -> int:
        """Pixels of the image."""
        return self.setup.width

    @property
    def height(self) -> int:
        """Pixels of the image."""
        return self.setup.height

    @property
    def content(self) -> str | None:
        """The reference of the content picture; of a clip, that of the frame."""
        return self.setup.content

    @property
    def style(self) -> str | None:
        """The reference of the style picture, where it is used."""
        return self.setup.style

    @property
    def start(self) -> str | None:
        """The reference of the picture that the image starts from, where it is another one."""
        return self.setup.start

    @property
    def frame_before(self) -> str | None:
        """The reference of the frame before, where the trial follows it."""
        return self.setup.frame_before

    @property
    def blend(self) -> tuple[PictureShare, ...]:
        """Further style pictures that are used."""
        return self.setup.blend

    @property
    def masks(self) -> tuple[str, str] | None:
        """The label images of the content and of the style picture, where they have a part."""
        return self.setup.masks

    @property
    def pictures(self) -> list[tuple[str, int | tuple[int, int]]]:
        """References of all pictures that are used, with the sizes they are brought to."""
        return self.setup.pictures

    @property
    def weights_reference(self) -> str:
        """What the weights are called."""
        return self.setup.weights_reference

    @property
    def weights_sha256(self) -> str:
        """The hash of the weights' file."""
        return self.setup.weights_sha256

    @property
    def preprocessing(self) -> str | None:
        """The name of what is done to pictures before the network sees them."""
        return self.setup.preprocessing

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """What stands in for what, in words."""
        return self.setup.stand_ins

    @property
    def architecture(self) -> str:
        """Of the network that runs, which may be a stand-in."""
        return self.setup.architecture

    @property
    def network(self) -> str:
        """Equal for trials that share a network."""
        return self.setup.network

    @property
    def deepest(self) -> str:
        """The layer that the network is cut off after."""
        return self.setup.deepest


def make_setup(
    settings: TrialSettings, inputs: Inputs, before: Trial | None = None, varying: Sequence[str] = ()
) -> tuple[Setup, Identity]:
    """The setup of a point of a grid, and what the ids of its trials have in common. `before` is the trial of the frame
    before, in a clip.

    Raises SettingsError for settings that do not fit together, and what finding pictures and weights raises.
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
    deepest = architecture_named(weights.architecture).deepest(settings.active_layers)
    _check_size(settings, weights, deepest, width, height, inputs)
    files = {"content": content, "style": style, "init_image": start}
    files |= {picture: picture for picture in _blended(settings)}
    files |= {"content_mask": settings.content_mask, "style_mask": settings.style_mask}
    hashes = _hashes(files, weights, inputs)
    setup = Setup(
        settings=settings,
        varying=tuple(varying),
        width=width,
        height=height,
        content=content,
        style=style,
        start=start,
        frame_before=before.content if before else None,
        weights_reference=weights.reference,
        weights_sha256=weights.sha256 if weights.is_here else "unknown",
        preprocessing=weights.preprocessing_used,
        stand_ins=_stand_ins(files, settings, weights, inputs),
        architecture=weights.architecture,
        network=f"{weights.architecture} {hashes['weights']} {settings.pooling} {settings.padding}",
        deepest=deepest,
    )
    following = {"previous": ""} if before else {}
    return setup, Identity(settings, width, height, hashes | following, setup.varying)


def _content(settings: TrialSettings, inputs: Inputs) -> str | None:
    """The reference of the content picture, also where only its shape counts; of a clip, that of the frame."""
    content = settings.content
    if content is None or settings.frame is None:
        return content
    if inputs.clip(content):
        return inputs.frame(content, settings.frame)
    if settings.frame:
        raise SettingsError(f"frame {settings.frame} of {content} is asked for, but that is a still picture", "frame")
    return content


def _used(picture: str, settings: TrialSettings) -> str | None:
    """The picture that one of the settings names; None if the trial does not need it."""
    named: str | None = getattr(settings, picture)
    return named if why_needed(picture, settings.__dict__) else None


def _blended(settings: TrialSettings) -> list[str]:
    return [picture for picture, _ in settings.style_blend] if settings.uses_style else []


def _image_size(settings: TrialSettings, content: str | None, inputs: Inputs) -> tuple[int, int]:
    """Width and height of the image: those of the content picture, even if it is not in the loss, or else of the style
    picture.
    """
    if content:
        return inputs.scaled(content, settings.size)
    assert settings.style is not None  # check_point
    return inputs.scaled(settings.style, settings.style_size)


def _check_size(
    settings: TrialSettings, weights: Weights, deepest: str, width: int, height: int, inputs: Inputs
) -> None:
    """Raises SettingsError if a picture is too small for the network, or too large for snapshots."""
    if settings.frames_every and max(width, height) > LONGEST_SNAPSHOT:
        raise SettingsError(
            f"frames_every: snapshots are WebP, with edges of at most {LONGEST_SNAPSHOT} pixels, not {width}×{height}",
            "frames_every",
        )
    style = _used("style", settings)
    styles = [inputs.scaled(one, settings.style_size) for one in [*([style] if style else []), *_blended(settings)]]
    edge = min(width, height, *(side for shape in styles for side in shape))
    architecture = architecture_named(weights.architecture)
    needed = architecture.smallest_edge(deepest)
    if edge < needed:
        raise SettingsError(
            f"size {settings.size} leaves an edge of {edge} pixels; {deepest} of {architecture.name} needs {needed}",
            "size",
        )


def _hashes(files: Mapping[str, str | None], weights: Weights, inputs: Inputs) -> dict[str, str]:
    """The hashes from which ids are made. Files that are not downloaded yet have none; then the id is not final."""
    found = {"weights": f"{weights.sha256} {weights.preprocessing}" if weights.is_here else "unknown"}
    for name, reference in files.items():
        if reference:
            picture = inputs.picture(reference)
            found[name] = picture.sha256 if picture.source else f"unknown: {reference}"
    return found


def _stand_ins(
    files: Mapping[str, str | None], settings: TrialSettings, weights: Weights, inputs: Inputs
) -> tuple[str, ...]:
    """The stand-ins for pictures and weights that are missing offline, in words."""
    pictures = [(inputs.picture(reference).stand_in, reference) for reference in files.values() if reference]
    found = [f"{stand_in} for {reference}" for stand_in, reference in pictures if stand_in]
    if weights.stand_in:
        found.append(f"{weights.stand_in} for {settings.architecture} {weights.reference}")
    return tuple(found)


def check_point(settings: TrialSettings) -> TrialSettings:
    """`settings` with the architecture's layers filled in. Raises SettingsError if they do not fit together."""
    complete = settings.for_architecture(architecture_named(settings.architecture))
    for name in PICTURES:
        reason = why_needed(name, settings.__dict__)
        if reason and getattr(settings, name) is None:
            named = f"{name} picture" if name in ("content", "style") else name
            raise SettingsError(f"no {named} is given, but {reason}", name)
    if settings.frame is None and settings.temporal_weight:
        raise SettingsError("temporal_weight is for clips, but the content is a still picture", "temporal_weight")
    takes_masks = registry.STYLE_REPRESENTATIONS[complete.style_representation].takes_masks
    if complete.uses_masks and (not takes_masks or complete.style_blend):
        raise SettingsError(registry.what_masks_need(), "content_mask")
    return complete
