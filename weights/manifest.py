"""The pretrained weights of `manifest.yaml`."""

from __future__ import annotations

import functools
from importlib import resources
from pathlib import PurePosixPath
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict

from downloads import Checksum, Remote

LARGEST_FILE = 3_000_000_000
"""Bytes that a weights file may have. VGG-19 with its classifier has 575 million, RegNet-Y 128GF 2.6 billion."""


def _checksum(value: Checksum | str) -> Checksum:
    return value if isinstance(value, Checksum) else Checksum.parse(value)


class Entry(BaseModel):
    """One file of pretrained weights: to be downloaded, or, without `url` and `checksum`, embedded in this package as
    `<architecture>.safetensors`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    title: str
    url: str | None = None
    checksum: Annotated[Checksum, BeforeValidator(_checksum)] | None = None
    preprocessing: str
    licence: str

    @property
    def remote(self) -> Remote | None:
        """Where the file is fetched from; None for an embedded one."""
        if not self.url or not self.checksum:
            return None
        return Remote(PurePosixPath(self.url).name, self.url, self.checksum, LARGEST_FILE)


@functools.cache
def manifest() -> dict[str, dict[str, Entry]]:
    """Entries by architecture and name; an architecture's first is its default."""
    text = resources.files("weights").joinpath("manifest.yaml").read_text(encoding="utf-8")
    return {
        architecture: {name: Entry.model_validate(entry) for name, entry in entries.items()}
        for architecture, entries in yaml.safe_load(text).items()
    }
