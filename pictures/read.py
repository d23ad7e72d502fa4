"""Read any picture file into 8-bit sRGB, and bring it to the size of a trial.

Files may come from strangers. Only formats that Pillow decodes itself are opened (no PostScript interpreter), sizes are
checked before anything is decoded, and whatever goes wrong in decoding becomes one message.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from pictures.errors import UnreadableError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "JPEG2000", "AVIF")
MOST_PIXELS = 150_000_000
"""A 14,000×10,000 scan still passes; a 60,000×60,000 decompression bomb does not."""
SMALLEST_EDGE = 16
"""Pixels. Below this no network here has a response in its deeper layers."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How to turn a picture upright, by its EXIF orientation."""


def read_bytes(content: bytes, name: str) -> Image.Image:
    """The picture in these bytes, as `read` gives it; `name` is what messages call it. Raises UnreadableError."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check(image, Path(name))
            return _to_srgb(_upright(image))
    except UnreadableError:
        raise
    except Exception as error:  # as in `read`
        raise UnreadableError(f"{name} is damaged or cut short: {error}") from error


def read(path: Path) -> Image.Image:
    """A picture file as an RGB image in sRGB: turned as its EXIF says, transparency over white, first frame.

    Greyscale, 16-bit, CMYK and palette pictures are converted; an embedded colour profile is applied. Raises
    UnreadableError.
    """
    return _read(path, _to_srgb)


def read_layer(path: Path) -> Image.Image:
    """A picture file as RGBA, turned as its EXIF says, first frame, with its transparency. Raises UnreadableError."""
    return _read(path, lambda image: image.convert("RGBA"))


def _read(path: Path, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sizes, which MOST_PIXELS limits, and about damaged metadata
            with Image.open(path, formats=FORMATS) as image:
                _check(image, path)
                image.load()
                return convert(_upright(image))
    except UnreadableError:
        raise
    except FileNotFoundError as error:
        raise UnreadableError(f"{path} does not exist") from error
    except Image.DecompressionBombError as error:
        raise UnreadableError(f"{path} has more than the {MOST_PIXELS / 1e6:.0f} megapixels that are read") from error
    except UnidentifiedImageError as error:
        empty = "is empty" if path.stat().st_size == 0 else "is not a picture, or is of a kind that is not read"
        raise UnreadableError(f"{path} {empty}; {', '.join(FORMATS)} are") from error
    except Exception as error:  # Pillow's decoders raise nearly anything for damaged files
        raise UnreadableError(f"{path} is damaged or cut short: {error}") from error


def _check(image: Image.Image, path: Path) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise UnreadableError(
            f"{path} has {image.width}×{image.height} pixels; up to {MOST_PIXELS / 1e6:.0f} megapixels are read"
        )
    if min(image.size) < SMALLEST_EDGE:
        raise UnreadableError(
            f"{path} has {image.width}×{image.height} pixels; each edge needs at least {SMALLEST_EDGE}"
        )
    if image.mode == "F":
        raise UnreadableError(
            f"{path} has floating-point numbers of unknown range as its pixels; save it with 8 or 16 bits"
        )


def _upright(image: Image.Image) -> Image.Image:
    """The picture turned as its EXIF says; damaged EXIF is ignored, as viewers do."""
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # Pillow's reader of EXIF, like its decoders, raises nearly anything
        return image
    return image if turn is None else image.transpose(turn)


def _to_srgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        image = _to_8_bits(image)
    if image.mode in ("P", "PA", "LA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        with_alpha = image.convert("RGBA")
        colours = _apply_profile(with_alpha.convert("RGB"), image.info.get("icc_profile"))
        white = Image.new("RGB", image.size, "white")
        return Image.composite(colours, white, with_alpha.getchannel("A"))
    return _apply_profile(image, image.info.get("icc_profile"))


def _to_8_bits(image: Image.Image) -> Image.Image:
    """16-bit greyscale to 8 bits: 65535 becomes 255. Transparent values are found before rounding."""
    values = np.asarray(image)
    reduced = Image.fromarray((values.astype(np.float64) / 257).round().clip(0, 255).astype(np.uint8))
    reduced.info = image.info.copy()
    transparent = reduced.info.pop("transparency", None)
    if transparent is not None:
        reduced.putalpha(Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8)))
    return reduced


def _apply_profile(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and image.mode in ("RGB", "L", "CMYK", "LAB"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError):
            pass  # the profile is damaged or does not fit: show the picture without it, as most viewers would
    return image.convert("RGB")


def pixels_sha256(image: Image.Image) -> str:
    """SHA-256 of width, height and RGB bytes: two files that show the same pixels have the same one."""
    digest = hashlib.sha256(f"{image.width}x{image.height}:".encode())
    digest.update(image.tobytes())
    return digest.hexdigest()


def scaled_size(width: int, height: int, size: int | tuple[int, int]) -> tuple[int, int]:
    """Width and height for a trial's `size`: a long edge that keeps the aspect, or exactly (width, height)."""
    if not isinstance(size, int):
        return size
    scale = size / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


MOST_LABELS = 32


def label_image(image: Image.Image, name: str) -> NDArray[np.int32]:
    """The label of each pixel, H×W: its colour as one number. Raises UnreadableError for more than MOST_LABELS."""
    red, green, blue = np.moveaxis(np.asarray(image, dtype=np.int32), -1, 0)
    labels: NDArray[np.int32] = red << 16 | green << 8 | blue
    count = len(np.unique(labels))
    if count > MOST_LABELS:
        raise UnreadableError(
            f"{name} has {count} colours, and a label image has one for each label, at most {MOST_LABELS}: save it "
            "as PNG, without smooth edges"
        )
    return labels


def resize(image: Image.Image, size: int | tuple[int, int]) -> Image.Image:
    """`image` at a trial's `size` (see `scaled_size`), antialiased."""
    return image.resize(scaled_size(image.width, image.height, size), Image.Resampling.LANCZOS)
