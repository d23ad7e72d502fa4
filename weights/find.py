"""From what a grid calls weights (a name of the manifest, `random`, a path) to where their numbers come from."""

from __future__ import annotations

import functools
import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from downloads import EVERYTHING_ALLOWED, Access, NotHereError, Remote, cache_folder, find
from downloads.checksum import sha256
from weights import torchvision_weights
from weights.errors import UnknownWeightsError
from weights.manifest import manifest
from weights.metadata import named_preprocessing
from weights.torchvision_weights import older_key

if TYPE_CHECKING:
    from torch import Tensor

SUFFIXES = (".safetensors", ".pth", ".pt")
GENERATOR = "autopainter"
"""What the generator of the auto-painter is called as an architecture. It has a preprocessing of its own."""

ONLY_RANDOM = "pixels"
"""The architecture whose filters nobody publishes: they are random, or from a file of the user's."""

_RANDOM = re.compile(r"random(?::(\d{1,9}))?")

STAND_INS = {"vgg16": "vgg16-steerable", "vgg19": "vgg19-steerable"}
"""The architecture whose embedded weights stand in for pretrained ones that are not here under `--offline`; for all
others random weights do.
"""


@dataclass(frozen=True)
class Weights:
    """The weights of one architecture: a file, a seed of random ones, or (with neither) a file yet to be downloaded.

    architecture: of the network that they fit; for a stand-in it may differ from the one that the grid asked for.
    reference: as the grid wrote it, or the name of the architecture's default.
    preprocessing: the name of what is done to pictures first; None: as the file's own metadata say. See
        `preprocessing_used`.
    stand_in: what replaces the weights that the grid asked for (`vgg16-slim`, `random weights`), or None.
    """

    architecture: str
    reference: str
    origin: str
    preprocessing: str | None
    stand_in: str | None = None
    file: Path | None = None
    seed: int | None = None

    @property
    def is_here(self) -> bool:
        """Whether nothing has to be downloaded first."""
        return self.file is not None or self.seed is not None

    @functools.cached_property
    def sha256(self) -> str:
        """Identifies these weights: the hash of the file, or of the recipe of random weights."""
        if self.file:
            return sha256(self.file)
        return hashlib.sha256(f"He-normal with gains {self.architecture} seed {self.seed}".encode()).hexdigest()

    @functools.cached_property
    def preprocessing_used(self) -> str | None:
        """The name of what is done to pictures first; None where the file that may say it is yet to be downloaded."""
        if self.preprocessing or not self.is_here:
            return self.preprocessing
        return (self.file and named_preprocessing(self.file)) or DEFAULT_PREPROCESSING

    @property
    def preprocessing_is_assumed(self) -> bool:
        """Whether neither the grid, the manifest nor the file says it."""
        return bool(self.file and not self.preprocessing and not named_preprocessing(self.file))

    def load(
        self,
        shapes: Mapping[str, tuple[int, ...]],
        random_parameters: Callable[[int], dict[str, Tensor] | None] = lambda seed: None,
    ) -> tuple[dict[str, Tensor], str]:
        """What `load_arrays` gives, as tensors on the CPU."""
        import torch

        arrays, preprocessing = self.load_arrays(shapes, random_parameters)
        return {key: torch.from_numpy(array) for key, array in arrays.items()}, preprocessing

    def load_arrays(
        self,
        shapes: Mapping[str, tuple[int, ...]],
        random_parameters: Callable[[int], dict[str, Tensor] | None] = lambda seed: None,
    ) -> tuple[dict[str, NDArray[np.float32]], str]:
        """The parameters with the keys and shapes of `shapes` (fp32), and the name of their preprocessing.

        `random_parameters`: those that suit the network, by seed; None for He-normal ones. Raises UnusableError.
        """
        if self.seed is not None:
            from weights.he_normal import GAINS, he_normal

            drawn = random_parameters(self.seed) or he_normal(shapes, self.seed, GAINS.get(self.architecture))
            arrays = {key: tensor.numpy() for key, tensor in drawn.items()}
        else:
            from weights.load import load_arrays

            assert self.file is not None, f"{self.reference} is not here yet"
            arrays = load_arrays(self.file, shapes, functools.partial(older_key, self.architecture))
        return arrays, self.preprocessing_used or DEFAULT_PREPROCESSING


DEFAULT_PREPROCESSING = "torchvision"
"""For a user's own file that does not say otherwise, where the grid does not either."""


def find_weights(
    architecture: str,
    reference: str | None,
    *,
    base: Path,
    folder: Path | None = None,
    access: Access = EVERYTHING_ALLOWED,
) -> Weights:
    """The weights that a grid names; None names the architecture's default.

    A path is relative to `base`, the grid's folder, or else to the working directory. Files of the manifest are
    looked for in `folder` (the user's `--weights`), the cache, torch hub's own cache, and on the network; embedded
    ones are here. Where `access` is offline, others stand in for weights that are missing; where the grid is untrusted,
    it reaches no file outside `base`. Raises UnknownWeightsError, and downloads.VerifiedFileError where a file
    cannot be had.
    """
    entries = {} if architecture == ONLY_RANDOM else manifest().get(architecture)
    if entries is None and not (reference and (_RANDOM.fullmatch(reference) or is_path(reference))):
        entries = torchvision_weights.entries(architecture)
    entries = entries or {}
    reference = reference or next(iter(entries), "random")
    if match := _RANDOM.fullmatch(reference):
        return _random(architecture, reference, int(match[1] or 0))
    if is_path(reference):
        return _own_file(architecture, reference, base, untrusted=access.untrusted)
    entry = entries.get(reference)
    if entry is None:
        known = ", ".join([*entries, "random", "random:<seed>"])
        raise UnknownWeightsError(
            f"{architecture} has no weights {reference!r}; there are {known}, or a path ending in {', '.join(SUFFIXES)}"
        )
    if not entry.remote:
        return _embedded(architecture, reference)
    try:
        path = _look(entry.remote, folder, access)
    except NotHereError:
        if embedded := STAND_INS.get(architecture):
            return replace(_embedded(embedded, reference), stand_in=embedded)
        return replace(_random(architecture, reference, seed=0), stand_in="random weights")
    return Weights(architecture, reference, str(path or entry.url), entry.preprocessing, file=path)


def find_generator(reference: str, *, base: Path, access: Access = EVERYTHING_ALLOWED) -> Weights:
    """The auto-painter's generator that a grid names: `embedded`, or the path of a .safetensors file.

    Raises UnknownWeightsError; where the grid is untrusted, also for a file outside `base`.
    """
    if reference == "embedded":
        file, origin = Path(__file__).parent / f"{GENERATOR}.safetensors", "trained for this program"
        return Weights(GENERATOR, reference, f"{origin} (see weights/{GENERATOR}.md)", GENERATOR, file=file)
    if not reference.lower().endswith(".safetensors"):
        raise UnknownWeightsError(
            f"there is no generator {reference!r}: it is embedded, or the path of a .safetensors file"
        )
    own = _own_file(GENERATOR, reference, base, untrusted=access.untrusted)
    return replace(own, preprocessing=GENERATOR)


def is_path(reference: str) -> bool:
    """Whether a reference is a path and not a name."""
    return "/" in reference or "\\" in reference or reference.lower().endswith(SUFFIXES)


def _look(remote: Remote, folder: Path | None, access: Access) -> Path | None:
    cache = cache_folder("weights")
    hub = Path(os.path.expanduser("~/.cache/torch/hub/checkpoints"))  # where torchvision keeps its downloads
    here = any(place and (place / remote.name).is_file() for place in (folder, cache))
    if not here and (hub / remote.name).is_file():
        folder = hub
    return find(remote, folder, cache, access)


def _embedded(architecture: str, reference: str) -> Weights:
    [entry] = manifest()[architecture].values()
    file = Path(__file__).parent / f"{architecture}.safetensors"
    return Weights(architecture, reference, entry.title, entry.preprocessing, file=file)


def _random(architecture: str, reference: str, seed: int) -> Weights:
    preprocessing = "vgg-original" if architecture in manifest() else DEFAULT_PREPROCESSING
    origin = f"{'random filters' if architecture == ONLY_RANDOM else 'He-normal'}, seed {seed}"
    return Weights(architecture, reference, origin, preprocessing, seed=seed)


def _own_file(architecture: str, reference: str, base: Path, *, untrusted: bool) -> Weights:
    if untrusted:
        path = (base / reference).resolve()
        if path.is_relative_to(base.resolve()) and os.path.isfile(path):
            return Weights(architecture, reference, str(path), None, file=path)
        raise UnknownWeightsError(
            f"there are no weights {reference!r} in {base}, and --untrusted grids may name no others"
        )
    for place in (base, Path.cwd()):
        path = place / os.path.expanduser(reference)
        if os.path.isfile(path):  # False too for a name that no file can have
            return Weights(architecture, reference, str(path), None, file=path)
    raise UnknownWeightsError(f"there is no weights file {reference!r} in {base} or {Path.cwd()}")
