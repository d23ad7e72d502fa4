"""Files of 8 and 16 bits with a profile: read back by other libraries, they have the samples of the image."""

import io
import json

import cv2
import numpy as np
import pytest
import tifffile
import torch
from PIL import Image, ImageCms

from orchestrator.cluster.print_file import file_of, strips, suffix_of
from stylize.result import STRIP_ROWS, as_pixels

SHAPE = 2 * STRIP_ROWS + 7, 37
"""Of an image of two whole strips and a part of a third."""


@pytest.fixture(scope="module")
def image():
    """Noise, smooth parts and values out of range: every filter of a PNG and the clipping are used."""
    image = torch.rand(3, *SHAPE, generator=torch.Generator().manual_seed(0)) * 300 - 20
    image[:, 100:200] = torch.linspace(0, 255, SHAPE[1])
    image[:, 200:300] = torch.linspace(0, 255, 100)[:, None]
    return image


def expected(image, bits):
    exact = image.double().clamp(0, 255).permute(1, 2, 0).numpy()
    return np.round(exact * 257 if bits == 16 else exact)


@pytest.mark.parametrize("kind", ["png", "png-16", "tiff", "tiff-16"])
def test_other_libraries_read_what_was_written(image, kind):
    bits = 16 if kind.endswith("16") else 8
    content = file_of(image, kind, json.dumps({"style": "é"}))
    assert content == file_of(image, kind, json.dumps({"style": "é"}))
    read = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)[:, :, ::-1]
    assert read.dtype == (np.uint16 if bits == 16 else np.uint8)
    # Halves may be rounded either way in fp32.
    assert np.abs(read.astype(float) - expected(image, bits)).max() <= (1 if bits == 16 else 0)
    with Image.open(io.BytesIO(content)) as opened:
        assert opened.format == ("TIFF" if suffix_of(kind) == ".tif" else "PNG")
        assert "sRGB" in ImageCms.getProfileDescription(io.BytesIO(opened.info["icc_profile"]))
        opened.load()
        kept = opened.tag_v2[270] if suffix_of(kind) == ".tif" else opened.text["sweep"]
    assert json.loads(kept) == {"style": "é"}
    if suffix_of(kind) == ".tif":
        with tifffile.TiffFile(io.BytesIO(content)) as file:
            assert len(file.pages[0].dataoffsets) == 3  # strips
            assert np.array_equal(file.asarray(), read)
    else:
        with Image.open(io.BytesIO(content)) as opened:
            opened.verify()  # the checksums of all chunks


def test_8_bits_are_the_pixels_of_the_usual_image(image):
    assert np.array_equal(np.concatenate(list(strips(image, 8))), as_pixels(image).numpy())


def test_pixels_made_in_strips_are_those_of_the_whole_image(image):
    whole = image.clamp(0, 255).round().byte().permute(1, 2, 0).contiguous()
    assert torch.equal(as_pixels(image), whole)
    assert as_pixels(image).is_contiguous()
