"""Files that are no pictures, or too large, end in a message with their name and what is wrong."""

import struct
import zlib

import pytest
from PIL import Image

from pictures import UnreadableError
from pictures.read import FORMATS, read


def _message(path):
    with pytest.raises(UnreadableError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty; PNG, JPEG, "),
        (b"just text\n", "is not a picture, or is of a kind that is not read; PNG, JPEG, "),
        (b"<!doctype html><title>404</title>", "is not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is not a picture"),
        # Pillow hands these to Ghostscript, an interpreter of programs.
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n%%EndComments\n", "is not a picture"),
        (b"%PDF-1.7\n", "is not a picture"),
    ],
    ids=["empty", "text", "html", "svg", "postscript", "pdf"],
)
def test_what_is_no_picture_is_refused(tmp_path, content, problem):
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)
    assert problem in _message(path)


def test_a_missing_file_is_refused(tmp_path):
    assert "does not exist" in _message(tmp_path / "picture.jpg")


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize("format", [format for format in FORMATS if format != "AVIF"])
def test_a_truncated_picture_is_refused(tmp_path, noise, format, share):
    """And not shown with a grey half."""
    path = tmp_path / "picture.dat"
    noise.resize((64, 48)).save(path, format)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert "is damaged or cut short" in _message(path)


def test_a_truncated_avif_is_refused(tmp_path, noise):
    """Cut early, not even its kind can be told."""
    path = tmp_path / "picture.avif"
    noise.save(path)
    content = path.read_bytes()
    for share in (0.2, 0.9):
        path.write_bytes(content[: int(len(content) * share)])
        _message(path)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (15, 400), (400, 15)])
def test_a_picture_too_small_for_a_network_is_refused(tmp_path, width, height):
    path = tmp_path / "dot.png"
    Image.new("RGB", (width, height)).save(path)
    assert f"has {width}×{height} pixels; each edge needs at least 16" in _message(path)


def test_the_smallest_picture_is_read(tmp_path):
    Image.new("RGB", (16, 16)).save(tmp_path / "small.png")
    assert read(tmp_path / "small.png").size == (16, 16)


@pytest.mark.parametrize("edge", [60_000, 13_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path, edge):
    """Its header promises 3.6 gigapixels (or 169 megapixels, where Pillow itself only warns), its data are missing:
    decoded, it would be damaged.
    """
    header = b"IHDR" + struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\r" + header + struct.pack(">I", zlib.crc32(header)) + b"\0\0\x10\0IDAT")
    message = _message(path)
    assert "megapixels" in message
    assert "damaged" not in message


def test_pixels_of_unknown_range_are_refused(tmp_path):
    path = tmp_path / "float.tiff"
    Image.new("F", (32, 32), 0.5).save(path)
    assert "floating-point numbers of unknown range" in _message(path)
