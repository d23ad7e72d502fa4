"""The setup of trials of style transfers: what they need, and which settings do not go together.

Those of the auto-painter are made in `painting`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestrator.plan.identity import Identity
from orchestrator.plan.inputs import Inputs
from orchestrator.plan.networks import network_named
from orchestrator.plan.trial import Setup, Trial
from stylize import SettingsError, registry
from stylize.settings import PICTURES, TrialSettings, why_needed
from weights import Weights

LONGEST_SNAPSHOT = 16_383
"""The largest edge of a WebP in pixels; snapshots are WebPs."""


def transfer_setup(
    settings: TrialSettings, inputs: Inputs, before: Trial | None = None, varying: Sequence[str] = ()
) -> Setup:
    """The setup of a point of a grid. `before` is the trial of the frame before, in a clip.

    Raises SettingsError for settings that do not fit together, and what finding pictures and weights raises.
    """
    settings = check_point(settings)
    before = before if settings.follows else None
    content = used_content(settings, inputs)
    weights = inputs.network_weights(settings)
    style, start = _used("style", settings), _used("init_image", settings)
    if settings.content_mask and settings.style_mask and settings.uses_masks:
        inputs.check_masks(settings.content_mask, settings.style_mask)
    else:
        settings = settings.model_copy(update={"content_mask": None, "style_mask": None})
    width, height = _image_size(settings, content, inputs)
    deepest = network_named(weights.architecture).deepest(settings.active_layers)
    _check_size(settings, weights, deepest, width, height, inputs)
    files = {"content": content, "style": style, "init_image": start}
    files |= {picture: picture for picture in _blended(settings)}
    files |= {"content_mask": settings.content_mask, "style_mask": settings.style_mask}
    hashes = _hashes(files, weights, inputs) | ({"previous": ""} if before else {})
    return Setup(
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
        identity=Identity(settings, width, height, hashes, varying),
    )


def used_content(settings: TrialSettings, inputs: Inputs) -> str | None:
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
    architecture = network_named(weights.architecture)
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
    complete = settings.for_architecture(network_named(settings.architecture))
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
