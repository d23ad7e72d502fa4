"""Opens image files that a sweep has written. They may be larger than Pillow opens by itself."""

from __future__ import annotations

import io

from PIL import Image, PngImagePlugin, UnidentifiedImageError, WebPImagePlugin

MOST_PIXELS = 16_384**2
"""Of an image: the largest size that a grid may ask for, on both sides."""


def open_image(content: bytes) -> Image.Image:
    """A PNG or a WebP, not decoded yet.

    Raises what Pillow raises for a file that is neither or is damaged, and DecompressionBombError for one with more
    than `MOST_PIXELS`. `Image.open` refuses PNGs above 179 megapixels, which `sweep render` may write.
    """
    kind = WebPImagePlugin.WebPImageFile if content[:4] == b"RIFF" else PngImagePlugin.PngImageFile
    try:
        opened = kind(io.BytesIO(content))
    except SyntaxError as error:  # which Pillow's classes raise for a file of another kind, and `Image.open` hides
        raise UnidentifiedImageError(f"it is no image: {error}") from error
    if opened.width * opened.height > MOST_PIXELS:
        raise Image.DecompressionBombError(f"it has {opened.width}×{opened.height} pixels")
    return opened
