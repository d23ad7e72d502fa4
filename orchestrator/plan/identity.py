"""The id of a trial: a hash of everything that determines its result. The class `Trial` is in `trial`."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from stylize import registry
from stylize.plugins import source_of
from stylize.settings import ABOUT, AFTER_FRAME, DEFAULTS, PICTURES, TrialSettings, why_needed

NUMERICS_VERSION = 3
"""Increased whenever the same settings would give other pixels than before, including by a changed default."""

NUMERICS_VERSION_OF_PYRAMIDS = 4
"""The same for pyramids with Adam, whose moments are enlarged differently since version 3."""

NUMERICS_VERSION_OF_SLICED = 5
"""The same for style_representation: sliced-wasserstein, which since version 4 keeps the order of equal numbers."""


def trial_id(settings: TrialSettings, width: int, height: int, hashes: Mapping[str, str]) -> str:
    """The id of a trial: 20 hexadecimal digits, a hash of everything that determines its result.

    `settings` have their layers filled in. `hashes` holds the hashes of weights and pictures, because their names do
    not matter, and for a frame of a clip `previous`, the trial of the frame before. Three kinds of settings are left
    out: those without effect (the seed if nothing is random, the style if only content counts), those that do not
    change pixels (checkpointing, frames_every), and those at their default, so that old ids stay valid when settings
    are added.
    """
    return Identity(settings, width, height, hashes).id((), hashes.get("previous"))


class Identity:
    """The common part of the ids of trials that differ only in the settings named in `varying`.

    The hashed text is canonical JSON. It is written once, except for the varying settings.
    """

    def __init__(
        self,
        settings: TrialSettings,
        width: int,
        height: int,
        hashes: Mapping[str, str],
        varying: Sequence[str] = (),
    ) -> None:
        facts = settings.__dict__ | {AFTER_FRAME: "previous" in hashes}
        counted = {
            name: value
            for name, value in settings.__dict__.items()
            if ABOUT[name].named_by == "value" and ABOUT[name].effect.holds(facts)
        }
        counted[_ALWAYS] = settings.active_content_layers
        counted["style_layers"] = settings.active_style_layers
        self._files = {"weights": hashes["weights"]}
        self._files |= {name: hashes[name] for name in PICTURES if why_needed(name, facts)}
        if settings.uses_style and settings.style_blend:
            shares = ", ".join(f"{hashes[picture]} {share}" for picture, share in settings.style_blend)
            self._files["style_blend"] = shares
        self._files |= plugins_of(counted)
        self._pieces = [
            f'{{"height":{height},"inputs":',
            _json(self._files),
            f',"numerics":{_numerics(settings)},"settings":{{',
        ]
        self._iterations = 0  # the index of their piece
        self._gaps = []  # indices of pieces that vary, with their indices in `varying`
        for name in sorted(counted):
            if name in varying:
                self._gaps.append((len(self._pieces), varying.index(name)))
            if name == "iterations":
                self._iterations = len(self._pieces)
            self._pieces.append(id_part(name, counted[name]))
        self._pieces.append(f'}},"width":{width}}}')

    def at(self, iterations: int) -> Identity:
        """The same for trials with another number of `iterations`, where that does not vary."""
        other = copy.copy(self)
        other._pieces = self._pieces.copy()
        other._pieces[self._iterations] = id_part("iterations", iterations)
        return other

    def id(self, parts: Sequence[str], previous: str | None = None) -> str:
        """The id of one trial. `parts` has an `id_part` for each varying setting; `previous` is as in `trial_id`."""
        pieces = self._pieces.copy()
        for gap, index in self._gaps:
            pieces[gap] = parts[index]
        if previous:
            pieces[1] = _json(self._files | {"previous": previous})
        return hashlib.sha256("".join(pieces).encode()).hexdigest()[:20]


def _numerics(settings: TrialSettings) -> int:
    if settings.uses_style and settings.style_representation == "sliced-wasserstein":
        return NUMERICS_VERSION_OF_SLICED
    in_levels = settings.pyramid and settings.optimizer == "adam"
    return NUMERICS_VERSION_OF_PYRAMIDS if in_levels else NUMERICS_VERSION


def plugins_of(counted: Mapping[str, Any]) -> dict[str, str]:
    """The hashes of the plugins that these settings choose methods from, by setting."""
    found = {}
    for name, entries in registry.chosen_by_settings().items():
        entry = entries.get(counted[name]) if name in counted else None
        if entry and (sha256 := source_of(entry.implementation)):
            found[f"plugin of {name}"] = sha256
    return found


_ALWAYS = "content_layers"
"""A setting that is always in the text, so that the others, which may be left out, can always have a comma."""


def id_part(name: str, value: Any) -> str:
    """A setting as it is written in the hashed text, with its comma; "" if it has its default."""
    text = f"{_json(name)}:{_json(value)}"
    if name == _ALWAYS:
        return text
    if name != "style_layers" and value == DEFAULTS[name]:
        return ""
    return f"{text}," if name < _ALWAYS else f",{text}"


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
