"""The setup of trials of the auto-painter, which colours a sketch: what it needs, and what does not go together.

Those of transfers are made in `transfer`.
"""

from __future__ import annotations

from collections.abc import Sequence

from autopaint.architecture import ARCHITECTURE as GENERATOR
from orchestrator.plan.identity import Identity
from orchestrator.plan.inputs import Inputs
from orchestrator.plan.training import check_training, training_sha256
from orchestrator.plan.transfer import used_content
from orchestrator.plan.trial import Setup
from stylize import SettingsError
from stylize.settings import TrialSettings

MOST_STRETCH = 0.02
"""How much the aspect of hints may differ from that of the picture that they are laid on."""


def painting_setup(settings: TrialSettings, inputs: Inputs, varying: Sequence[str] = ()) -> Setup:
    """The setup of a point of a grid.

    Raises SettingsError for settings that do not fit together, and what finding pictures and generators raises.
    """
    # Nothing is compared; a table says which network painted.
    settings = settings.model_copy(update={"content_layers": (), "style_layers": (), "architecture": GENERATOR.name})
    content = used_content(settings, inputs)
    if content is None:
        raise SettingsError("no content picture is given, but method: autopainter colours it", "content")
    _check(settings)
    weights = inputs.network_weights(settings)
    sha256 = weights.sha256
    if settings.trains:
        folder = inputs.training_folder(settings)
        sha256 = training_sha256(settings, weights.sha256, folder.sha256 if folder else None)
    width, height = inputs.scaled(content, settings.size)
    [painted] = GENERATOR.layers
    smallest = GENERATOR.smallest_edge(painted)
    if min(width, height) < smallest:
        raise SettingsError(
            f"size {settings.size} leaves an edge of {min(width, height)} pixels; the auto-painter needs {smallest}",
            "size",
        )
    if settings.hints:
        _check_hints(settings.hints, content, inputs)
    return Setup(
        settings=settings,
        varying=tuple(varying),
        width=width,
        height=height,
        content=content,
        style=None,
        start=None,
        frame_before=None,
        weights_reference=settings.generator,
        weights_sha256=sha256,
        preprocessing=None,
        stand_ins=tuple(_stand_ins(settings, content, inputs)),
        architecture=GENERATOR.name,
        network=f"{GENERATOR.name} {sha256}",
        deepest=painted,
        identity=Identity(settings, width, height, _hashes(settings, content, sha256, inputs), varying),
    )


def _check(settings: TrialSettings) -> None:
    if settings.trains:
        check_training(settings)
    if settings.sketch == "as-is" and settings.hint_count:
        raise SettingsError(
            "hint_count takes hints from the true colours, which sketch: as-is does not have; give a picture of hints",
            "hint_count",
        )
    if settings.hints and settings.hint_count:
        raise SettingsError("hints and hint_count are both given; a sketch has hints from one of them", "hint_count")


def _check_hints(hints: str, content: str, inputs: Inputs) -> None:
    """Raises SettingsError for hints that do not fit the content, or are none."""
    facts = inputs.hints_facts(hints)
    size, share = facts.size, facts.share
    own = inputs.picture(content).size if inputs.picture(content).source else None
    if own and abs(size[0] * own[1] / (size[1] * own[0]) - 1) > MOST_STRETCH:
        raise SettingsError(
            f"the hints {hints} have {size[0]}×{size[1]} pixels, and {content} has {own[0]}×{own[1]}: they need the "
            "same aspect",
            "hints",
        )
    if not share:
        raise SettingsError(f"the hints {hints} are empty: no pixel of them is opaque", "hints")
    if share == 1:
        raise SettingsError(
            f"the hints {hints} have no transparency, so every pixel would be a hint: erase what is none", "hints"
        )


def _hashes(settings: TrialSettings, content: str, generator: str, inputs: Inputs) -> dict[str, str]:
    picture = inputs.picture(content)
    found = {"weights": generator, "content": picture.sha256 if picture.source else f"unknown: {content}"}
    return found | ({"hints": inputs.hints_facts(settings.hints).sha256} if settings.hints else {})


def _stand_ins(settings: TrialSettings, content: str, inputs: Inputs) -> list[str]:
    named = [reference for reference in (content, settings.hints) if reference]
    found = [(inputs.picture(reference).stand_in, reference) for reference in named]
    return [f"{stand_in} for {reference}" for stand_in, reference in found if stand_in]
