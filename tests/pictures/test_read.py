"""Any picture becomes what a viewer would show, in 8-bit sRGB."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from pictures.read import FORMATS, read

ORIENTATION = 0x0112

# The EXIF standard: where the stored first row and first column are in the picture as it should be seen.
UPRIGHT = {
    1: lambda stored: stored,
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).transpose(1, 0, 2),
    8: np.rot90,
}


def _pixels(path):
    picture = read(path)
    assert picture.mode == "RGB"
    return np.asarray(picture).astype(int)


@pytest.mark.parametrize("suffix", ["png", "tiff"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_picture_is_turned_as_its_exif_says(tmp_path, noise, orientation, suffix):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    noise.save(tmp_path / f"turned.{suffix}", exif=exif)
    expected = UPRIGHT[orientation](np.asarray(noise))
    assert np.array_equal(_pixels(tmp_path / f"turned.{suffix}"), expected)


@pytest.mark.parametrize("exif", [b"Exif\0\0no exif at all", b"Exif\0\0II*\0\x08\0\0\0\0\0", b"\0"])
def test_damaged_exif_does_not_matter(tmp_path, noise, exif):
    noise.save(tmp_path / "plain.png")
    noise.save(tmp_path / "odd.png", exif=exif)
    assert np.array_equal(_pixels(tmp_path / "odd.png"), _pixels(tmp_path / "plain.png"))


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_read_whatever_the_suffix(tmp_path, format):
    """Of a smooth picture no format loses more than a little: GIF has 256 colours, JPEG and WebP forget details."""
    rows, columns = np.mgrid[0:48, 0:64]
    smooth = np.stack([rows * 5, columns * 4, 255 - rows * 5], axis=-1).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "picture.dat", format)
    difference = np.abs(_pixels(tmp_path / "picture.dat") - smooth)
    lossless = format in ("PNG", "TIFF", "BMP", "PPM", "JPEG2000")
    assert difference.mean() <= (0 if lossless else 5)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_over_white(tmp_path, noise, mode):
    alpha = Image.fromarray(np.linspace(0, 255, 17 * 20).round().astype(np.uint8).reshape(17, 20))
    picture = noise.convert(mode[:-1])
    colours = np.asarray(picture.convert("RGB")).astype(float)
    picture.putalpha(alpha)
    picture.save(tmp_path / "glass.png")
    share = np.asarray(alpha)[..., np.newaxis] / 255
    expected = share * colours + (1 - share) * 255
    assert np.abs(_pixels(tmp_path / "glass.png") - expected).max() <= 1


@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_a_transparent_colour_of_a_palette_becomes_white(tmp_path, suffix):
    picture = Image.new("P", (32, 16), 0)
    picture.putpalette([200, 30, 40, 10, 90, 220])
    picture.paste(1, (16, 0, 32, 16))
    picture.save(tmp_path / f"palette.{suffix}", transparency=0)
    pixels = _pixels(tmp_path / f"palette.{suffix}")
    assert (pixels[:, :16] == 255).all()
    assert (pixels[:, 16:] == (10, 90, 220)).all()


@pytest.mark.parametrize(
    ("seen", "unseen", "dtype"),
    [
        ((9, 60, 200), (1, 2, 3), np.uint8),
        (90, 7, np.uint8),
        # At 8 bits, what is seen is 0x34, the lower half of what is not.
        (0x3434, 0x1234, np.uint16),
    ],
)
def test_a_colour_that_stands_for_transparency_becomes_white(tmp_path, seen, unseen, dtype):
    halves = np.array([[seen] * 16 + [unseen] * 16] * 16, dtype)
    Image.fromarray(halves).save(tmp_path / "hole.png", transparency=unseen)
    pixels = _pixels(tmp_path / "hole.png")
    assert (pixels[:, :16] != 255).all()
    assert (pixels[:, 16:] == 255).all()


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK"])
def test_other_modes_become_rgb(tmp_path, mode):
    """Colours that each of the modes has."""
    picture = Image.new("RGB", (32, 16), "white")
    picture.paste("black", (16, 0, 32, 16))
    picture.convert(mode).save(tmp_path / "picture.tiff")
    assert np.array_equal(_pixels(tmp_path / "picture.tiff"), np.asarray(picture))


def test_cmyk_inks_are_taken_from_white(tmp_path):
    inks = {"cyan": (255, 0, 0, 0), "magenta": (0, 255, 0, 0), "yellow": (0, 0, 255, 0), "black": (0, 0, 0, 255)}
    expected = {"cyan": (0, 255, 255), "magenta": (255, 0, 255), "yellow": (255, 255, 0), "black": (0, 0, 0)}
    for name, ink in inks.items():
        Image.new("CMYK", (16, 16), ink).save(tmp_path / f"{name}.jpg", quality=95)
        assert np.abs(_pixels(tmp_path / f"{name}.jpg") - expected[name]).max() <= 3


@pytest.mark.parametrize(("suffix", "mode"), [("png", "I;16"), ("tiff", "I;16"), ("tiff", "I;16B"), ("tiff", "I")])
def test_16_bit_greyscale_keeps_its_lightness(tmp_path, suffix, mode):
    """Read as 8 bits without scaling, nearly all of it would be white."""
    values = np.linspace(0, 65535, 16 * 64).round().reshape(16, 64)
    dtype = {"I;16": "<u2", "I;16B": ">u2", "I": "<i4"}[mode]
    Image.frombytes(mode, (64, 16), values.astype(dtype).tobytes()).save(tmp_path / f"deep.{suffix}")
    expected = (values * 255 / 65535)[..., np.newaxis]
    assert np.abs(_pixels(tmp_path / f"deep.{suffix}") - expected).max() <= 0.5


def _profile_with_red_and_blue_swapped():
    """sRGB's own profile, with the light that it says red is under the name of blue, and the other way round."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # The table of tags has twelve bytes for each after its count at 128: name, offset and size.
    count = int.from_bytes(profile[128:132], "big")
    tags = profile[132 : 132 + 12 * count]
    names = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}
    entries = [tags[start : start + 12] for start in range(0, len(tags), 12)]
    swapped = b"".join(names.get(entry[:4], entry[:4]) + entry[4:] for entry in entries)
    return profile[:132] + swapped + profile[132 + len(tags) :]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_an_embedded_colour_profile_is_applied(tmp_path, noise, mode):
    picture = noise.convert("P", palette=Image.Palette.ADAPTIVE) if mode == "P" else noise.convert(mode)
    picture.save(tmp_path / "profiled.png", icc_profile=_profile_with_red_and_blue_swapped())
    shown = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(_pixels(tmp_path / "profiled.png") - shown[..., ::-1]).max() <= 2


def test_the_profile_of_srgb_changes_nothing(tmp_path, noise):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    noise.save(tmp_path / "profiled.png", icc_profile=profile)
    assert np.abs(_pixels(tmp_path / "profiled.png") - np.asarray(noise)).max() <= 1


_LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


@pytest.mark.parametrize("profile", [b"no profile", b"\0" * 400, _LAB], ids=["text", "zeros", "of LAB"])
def test_a_profile_that_does_not_fit_is_ignored(tmp_path, noise, profile):
    noise.save(tmp_path / "profiled.png", icc_profile=profile)
    assert np.array_equal(_pixels(tmp_path / "profiled.png"), np.asarray(noise))


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tiff"])
def test_of_an_animation_the_first_frame_counts(tmp_path, suffix):
    frames = [Image.new("RGB", (32, 16), colour) for colour in ("red", "lime", "blue")]
    lossless = {"lossless": True} if suffix == "webp" else {}
    frames[0].save(tmp_path / f"moving.{suffix}", save_all=True, append_images=frames[1:], **lossless)
    assert (_pixels(tmp_path / f"moving.{suffix}") == (255, 0, 0)).all()
