"""The image files of trials and the PNGs of sheets: how they are written, and how images are opened that may be larger
than Pillow opens.
"""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

from PIL import Image, PngImagePlugin, UnidentifiedImageError, WebPImagePlugin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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


def image_file(pixels: NDArray[np.uint8], settings: str) -> bytes:
    """H×W×3 pixels as a PNG that has its trial's settings in a text chunk, so that they are known without the table.

    `Run.image_path` has its suffix.
    """
    chunk = PngImagePlugin.PngInfo()
    chunk.add_itxt("sweep", settings)
    return png(Image.fromarray(pixels), chunk)


def png(image: Image.Image, chunk: PngImagePlugin.PngInfo | None = None) -> bytes:
    """An image as a PNG, with text chunks.

    Of repeated bytes only runs are looked for (Z_RLE). Stylised images repeat little else: sheets of them were written
    three times as fast as at zlib's default, and were 0 to 4 % larger.
    """
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=chunk, compress_type=zlib.Z_RLE)
    return buffer.getvalue()
