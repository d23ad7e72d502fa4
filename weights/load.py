"""Read the parameters of a weights file. Nothing in a file is ever executed.

safetensors holds numbers only; a .pth file is a pickle, which torch reads with an interpreter that knows tensors and
nothing else (`weights_only=True`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from downloads.checksum import looks_like_html
from weights.errors import UnusableError

if TYPE_CHECKING:
    from torch import Tensor


def load(
    path: Path, shapes: Mapping[str, tuple[int, ...]], older_key: Callable[[str], str] = lambda key: key
) -> dict[str, Tensor]:
    """What `load_arrays` reads, as tensors on the CPU."""
    import torch

    return {key: torch.from_numpy(array) for key, array in load_arrays(path, shapes, older_key).items()}


def load_arrays(
    path: Path, shapes: Mapping[str, tuple[int, ...]], older_key: Callable[[str], str] = lambda key: key
) -> dict[str, NDArray[np.float32]]:
    """The parameters named in `shapes` as fp32. `older_key`: what a parameter was called in older files.

    Other entries of the file, such as a classifier, are left alone. torch is imported only for pickles and for numbers
    that NumPy does not have (bf16). Raises UnusableError, which says whether the file is empty, a web page, cut short,
    unsafe, or made for another architecture.
    """
    if path.stat().st_size == 0:
        raise UnusableError(f"{path} is empty")
    if looks_like_html(path):
        raise UnusableError(f"{path} is an HTML page, not a weights file: save the file that the page links to")
    wanted = {*shapes, *map(older_key, shapes)}
    read = _read_safetensors if path.suffix.lower() == ".safetensors" else _read_pickle
    arrays = read(path, wanted)
    arrays = {key: arrays[name] for key in shapes for name in (key, older_key(key)) if name in arrays}
    _check(path, arrays, shapes)
    return {key: arrays[key].astype(np.float32) for key in shapes}


def _read_safetensors(path: Path, wanted: Set[str]) -> dict[str, NDArray[np.generic]]:
    try:
        with safe_open(path, framework="np") as file:
            here = wanted & set(file.keys())
            if all(file.get_slice(key).get_dtype() in ("F64", "F32", "F16") for key in here):
                return {key: file.get_tensor(key) for key in here}
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key).float().numpy() for key in here}
    except (SafetensorError, OSError, ValueError) as error:
        raise UnusableError(f"{path} is damaged, cut short, or not a safetensors file: {error}") from error


def _read_pickle(path: Path, wanted: Set[str]) -> dict[str, NDArray[np.generic]]:
    import torch

    try:
        # mmap: the classifier, nine tenths of the 528 MB of VGG-16, is then never read.
        try:
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError as error:
            if "mmap" not in str(error):
                raise
            content = torch.load(path, map_location="cpu", weights_only=True)  # the format before torch 1.6
    except Exception as error:  # torch.load raises nearly anything for damaged files
        # This message means that the file asks for other objects than tensors; all others mean damaged bytes.
        if "unsupported global" in str(error).lower():
            raise UnusableError(
                f"{path} holds more than numbers and was not loaded, because that could run code; "
                "save its state_dict alone, best as .safetensors"
            ) from error
        raise UnusableError(f"{path} is damaged, cut short, or not a weights file") from error
    if not isinstance(content, Mapping):
        raise UnusableError(f"{path} holds a {type(content).__name__}, not a state dictionary")
    tensors = {str(key): value for key, value in content.items() if isinstance(value, torch.Tensor)}
    return {key: tensors[key].float().numpy() for key in wanted & tensors.keys()}


def _check(path: Path, arrays: Mapping[str, NDArray[np.generic]], shapes: Mapping[str, tuple[int, ...]]) -> None:
    for key, shape in shapes.items():
        if key not in arrays:
            raise UnusableError(f"{path} has no {key}, which this architecture needs: it is made for another one")
        found = arrays[key].shape
        if found != shape:
            raise UnusableError(
                f"{path}: {key} has shape {found}, expected {shape}: it is made for another architecture"
            )
        if not np.isfinite(arrays[key]).all():
            raise UnusableError(f"{path}: {key} has numbers that are not finite")
