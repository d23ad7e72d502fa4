"""Image files as large as a sweep may write them are opened; nothing larger, and nothing else."""

import io
import struct
import zlib

import pytest
from PIL import Image

from results.run.image_file import open_image


def header(width, height):
    """A PNG of this size without any pixels: opening decodes none."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = (struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in (chunk, data))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_images_of_the_largest_size_are_opened_and_no_larger_ones():
    with pytest.raises(Image.DecompressionBombError):  # why there is a function for it
        Image.open(io.BytesIO(header(16_384, 16_384)))
    assert open_image(header(16_384, 16_384)).size == (16_384, 16_384)
    with pytest.raises(Image.DecompressionBombError):
        open_image(header(16_384, 16_385))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG", "GIF"])
def test_a_png_and_a_webp_are_opened_and_nothing_else(kind):
    buffer = io.BytesIO()
    Image.new("RGB", (5, 4), "red").save(buffer, kind)
    if kind in ("PNG", "WEBP"):
        assert open_image(buffer.getvalue()).convert("RGB").size == (5, 4)
        return
    for content in (buffer.getvalue(), b"", b"RIFF"):
        with pytest.raises((OSError, SyntaxError)):
            open_image(content)
