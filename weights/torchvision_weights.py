"""The pretrained weights that torchvision lists for its own networks, as entries like those of the manifest.

torchvision only says where the files are: `downloads/` fetches and checks them. Importing torchvision takes seconds, so
it is done where such weights are looked up.
"""

from __future__ import annotations

import functools
import re
from pathlib import PurePosixPath

from downloads import Checksum
from weights.manifest import Entry

_HASH = re.compile(r"-([0-9a-f]{8,64})\.pth")
_PREPROCESSINGS = {
    ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)): "torchvision",
    ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)): "torchvision-half",
}
"""Our names for what torchvision's transforms subtract and divide by, of pictures in 0 to 1."""


@functools.cache
def entries(architecture: str) -> dict[str, Entry]:
    """The weights of a network by the names in torchvision's enumeration; its default is the first. None for a network
    that is not torchvision's.
    """
    from torchvision.models import get_model_weights, list_models

    if architecture not in list_models():
        return {}
    enumeration = get_model_weights(architecture)
    default = enumeration.DEFAULT
    return {one.name: _entry(one) for one in sorted(enumeration, key=lambda one: one is not default)}


def _entry(weights: object) -> Entry:
    url, transforms, meta = weights.url, weights.transforms(), weights.meta  # type: ignore[attr-defined]
    match = _HASH.search(PurePosixPath(url).name)
    assert match, f"{url} carries no hash"
    return Entry(
        title=f"{weights} as torchvision lists it",
        url=url,
        checksum=Checksum.parse(f"sha256:{match[1]}"),
        preprocessing=_PREPROCESSINGS[tuple(transforms.mean), tuple(transforms.std)],
        licence=meta.get("license", "BSD 3-Clause (torchvision)"),
    )


def older_key(architecture: str, key: str) -> str:
    """What a parameter is called in files of earlier torchvisions: in DenseNets `norm.1` for `norm1`."""
    if not architecture.startswith("densenet"):
        return key
    return re.sub(r"(denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", key)
