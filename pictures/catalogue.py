"""The named pictures of `grids/pictures.yaml`: what each is, where it comes from, and what may stand in for it."""

from __future__ import annotations

import functools
from importlib import resources
from pathlib import PurePosixPath
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from downloads import Checksum, Remote

LARGEST_FILE = 200_000_000
"""Bytes that a downloaded picture may have."""


class Entry(BaseModel):
    """One picture: fetched from `url`, taken from `package` (a data file of an installed package), or `drawn` by our
    own code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    title: str
    by: str
    licence: str
    year: str | None = None
    url: str | None = None
    checksum: Annotated[Checksum | None, BeforeValidator(lambda text: text and Checksum.parse(text))] = None
    package: str | None = None
    file: str | None = None
    drawn: str | None = None
    frames: int | None = None  # of a drawn clip
    stand_in: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(bool(source) for source in (self.url, self.package, self.drawn)) != 1:
            raise ValueError("exactly one of url, package and drawn says where the picture comes from")
        if bool(self.package) != bool(self.file):
            raise ValueError("package and file go together")
        return self

    @property
    def built_in(self) -> bool:
        """Whether it is here without any network."""
        return self.url is None

    @property
    def remote(self) -> Remote:
        """Where a picture with a `url` is fetched from."""
        assert self.url is not None
        return Remote(PurePosixPath(self.url).name, self.url, self.checksum, LARGEST_FILE)


@functools.cache
def catalogue() -> dict[str, Entry]:
    """All named pictures."""
    text = resources.files("grids").joinpath("pictures.yaml").read_text(encoding="utf-8")
    entries = {name: Entry.model_validate(entry) for name, entry in yaml.safe_load(text).items()}
    for name, entry in entries.items():
        if entry.stand_in and not entries[entry.stand_in].built_in:
            raise ValueError(f"pictures.yaml: the stand-in of {name} is not built in")
    return entries
