"""The further file of a result that the setting `print_file` asks for: PNG or TIFF, 8 or 16 bits, with an sRGB profile.

Samples are made and compressed in strips of rows, so that a large image needs little more memory than its file. Pillow
writes no colours of 16 bits, so a PNG is put together here, as its specification (ISO/IEC 15948) says; tifffile writes
TIFF. The usual image of a trial is written in `finisher`.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from stylize.result import STRIP_ROWS

BITS = {"png": 8, "png-16": 16, "tiff": 8, "tiff-16": 16}
"""Bits of a sample, by the values of `print_file`."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TRUE_COLOUR = 2
_SUB, _UP = 1, 2


def suffix_of(print_file: str) -> str:
    """The suffix of such a file's name."""
    return ".tif" if print_file.startswith("tiff") else ".png"


def file_of(image: Tensor, print_file: str, description: str) -> bytes:
    """The contents of a file of an image, 3×H×W in 0–255 on the CPU, not rounded. `description` is kept in it."""
    if suffix_of(print_file) == ".tif":
        return _tiff(image, BITS[print_file], description)
    return _png(image, BITS[print_file], {"sweep": description})


def strips(image: Tensor, bits: int) -> Iterator[NDArray[np.unsignedinteger]]:
    """The samples in strips of rows, each h×W×3: 0–255 is 0–255 of 8 bits, or 0–65,535 of 16."""
    kind, most = (np.uint16, 65_535) if bits == 16 else (np.uint8, 255)
    for top in range(0, image.shape[1], STRIP_ROWS):
        rows = image[:, top : top + STRIP_ROWS].clamp(0, 255).mul(most / 255).round()
        yield np.ascontiguousarray(rows.permute(1, 2, 0).numpy()).astype(kind)


def srgb_profile() -> bytes:
    """An ICC profile of sRGB. It has a fixed date, so that equal images are equal files."""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + profile[36:]


def _tiff(image: Tensor, bits: int, description: str) -> bytes:
    import tifffile

    _, height, width = image.shape
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        (zlib.compress(_differences(strip)) for strip in strips(image, bits)),
        shape=(height, width, 3),
        dtype="<u2" if bits == 16 else "u1",
        byteorder="<",
        photometric="rgb",
        rowsperstrip=STRIP_ROWS,
        compression="zlib",
        predictor=True,
        iccprofile=srgb_profile(),
        description=description.encode("ascii", "backslashreplace").decode(),  # a TIFF's texts are ASCII
        metadata=None,
    )
    return buffer.getvalue()


def _differences(strip: NDArray[np.unsignedinteger]) -> bytes:
    """Samples as differences from the pixel at the left: predictor 2, which tifffile only notes in the file."""
    differences = strip.astype(strip.dtype.newbyteorder("<"))
    differences[:, 1:] -= strip[:, :-1]
    return differences.tobytes()


def _png(image: Tensor, bits: int, texts: Mapping[str, str]) -> bytes:
    _, height, width = image.shape
    file = io.BytesIO()
    file.write(_SIGNATURE)
    _chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, bits, _TRUE_COLOUR, 0, 0, 0))
    _chunk(file, b"iCCP", b"sRGB\0\0" + zlib.compress(srgb_profile()))
    for keyword, text in texts.items():
        _chunk(file, b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode())
    compressor = zlib.compressobj()
    above = np.zeros((1, 3 * width * bits // 8), np.uint8)
    for strip in strips(image, bits):
        rows = strip.astype(f">u{bits // 8}").reshape(len(strip), -1).view(np.uint8)
        _chunk(file, b"IDAT", compressor.compress(_filtered(rows, above, 3 * bits // 8)))
        above = rows[-1:]
    _chunk(file, b"IDAT", compressor.flush())
    _chunk(file, b"IEND", b"")
    return file.getvalue()


def _filtered(rows: NDArray[np.uint8], above: NDArray[np.uint8], pixel: int) -> bytes:
    """Rows as differences from the pixel at the left or from the row above, whichever is smaller, and which it is."""
    left = np.zeros_like(rows)
    left[:, pixel:] = rows[:, :-pixel]
    differences = rows - left, rows - np.concatenate([above, rows[:-1]])
    sizes = [np.abs(one.view(np.int8).astype(np.int16)).sum(1, dtype=np.int64) for one in differences]
    up = sizes[1] < sizes[0]
    filters = np.where(up, _UP, _SUB).astype(np.uint8)[:, None]
    return np.concatenate([filters, np.where(up[:, None], differences[1], differences[0])], axis=1).tobytes()


def _chunk(file: io.BytesIO, kind: bytes, content: bytes) -> None:
    file.write(struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content)))
