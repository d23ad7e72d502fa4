"""The id of a trial: a hash of what determines its result. What a trial is and how it is found is in `trial`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from stylize.settings import ABOUT, AFTER_FRAME, DEFAULTS, PICTURES, TrialSettings, why_needed

NUMERICS_VERSION = 3
"""Raised whenever the same settings would give other pixels than before, also by another default."""

NUMERICS_VERSION_OF_PYRAMIDS = 4
"""The same for pyramids with Adam: what it has learned of the slope is enlarged in another way than by version 3."""


def trial_id(settings: TrialSettings, width: int, height: int, hashes: Mapping[str, str]) -> str:
    """Names a trial by what determines its result: 20 hexadecimal digits.

    `settings` have their layers filled in. `hashes` holds those of weights and pictures, whose names do not count, and
    for a frame of a clip `previous`: what it follows. Settings without effect (the seed where nothing is drawn, the
    style where α alone counts) do not count either, nor does what leaves the pixels alone (checkpointing,
    frames_every), nor do settings at their default, so that settings added later leave old trials valid.
    """
    return Identity(settings, width, height, hashes).id((), hashes.get("previous"))


class Identity:
    """What the ids of trials have in common that differ only in the settings named in `varying`.

    The text that is hashed is canonical JSON. All of it but the varying settings is written once.
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
        in_levels = settings.pyramid and settings.optimizer == "adam"
        numerics = NUMERICS_VERSION_OF_PYRAMIDS if in_levels else NUMERICS_VERSION
        self._pieces = [
            f'{{"height":{height},"inputs":',
            _json(self._files),
            f',"numerics":{numerics},"settings":{{',
        ]
        self._gaps = []  # indices of pieces that vary, with their indices in `varying`
        for name in sorted(counted):
            if name in varying:
                self._gaps.append((len(self._pieces), varying.index(name)))
            self._pieces.append(id_part(name, counted[name]))
        self._pieces.append(f'}},"width":{width}}}')

    def id(self, parts: Sequence[str], previous: str | None = None) -> str:
        """The id of one trial. `parts` has an `id_part` for each varying setting; `previous` is the hash of that name
        in `trial_id`.
        """
        pieces = self._pieces.copy()
        for gap, index in self._gaps:
            pieces[gap] = parts[index]
        if previous:
            pieces[1] = _json(self._files | {"previous": previous})
        return hashlib.sha256("".join(pieces).encode()).hexdigest()[:20]


_ALWAYS = "content_layers"
"""A setting that is always in the text, so that commas can be put between it and those that are there or not."""


def id_part(name: str, value: Any) -> str:
    """How a setting stands in the text that is hashed, with its comma; empty where it has its default."""
    text = f"{_json(name)}:{_json(value)}"
    if name == _ALWAYS:
        return text
    if name != "style_layers" and value == DEFAULTS[name]:
        return ""
    return f"{text}," if name < _ALWAYS else f",{text}"


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
