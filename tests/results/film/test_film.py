"""Films, read back with the libraries that players use."""

import io
import itertools
from fractions import Fraction

import av
import fsspec
import numpy as np
import pytest
from PIL import Image

from results import RunError
from results.errors import FilmError
from results.film.film import SUFFIXES, usual_rate, write_film

COUNT, SIZE = 9, (70, 46)


def frame(number, size=SIZE):
    """White at the left, at the right a colour that says which frame it is."""
    picture = Image.new("RGB", size, "white")
    picture.paste((25 * number, 255 - 25 * number, 90), (size[0] // 2, 0, *size))
    return picture


def frames(count=COUNT, size=SIZE):
    return (frame(number, size) for number in range(count))


def decoded(path):
    """The frames as arrays, and the seconds that each stays."""
    if str(path).endswith(".mp4"):
        with av.open(str(path)) as film:
            stream = film.streams.video[0]
            found = [one.to_ndarray(format="rgb24") for one in film.decode(stream)]
            return found, [float(1 / stream.average_rate)] * len(found)
    with Image.open(path) as film:
        found, seconds = [], []
        for number in range(film.n_frames):
            film.seek(number)
            found.append(np.asarray(film.convert("RGB")))
            seconds.append(film.info["duration"] / 1000)
        return found, seconds


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("as_arrays", [False, True])
def test_a_film_has_its_frames_in_order_and_lasts_as_long_as_was_asked(tmp_path, suffix, as_arrays):
    path, rate = tmp_path / f"film{suffix}", Fraction(12)
    given = map(np.asarray, frames()) if as_arrays else frames()
    assert write_film(path, given, rate, hold=Fraction(1, 2)) == COUNT
    found, seconds = decoded(path)
    assert sum(seconds) == pytest.approx(float(COUNT / rate) + 0.5, abs=0.006)
    assert seconds[0] == pytest.approx(1 / 12, abs=0.006)
    held = 6 if suffix == ".mp4" else 0  # an MP4 repeats its last frame
    assert len(found) == COUNT + held
    for number, pixels in enumerate(found):
        assert pixels.shape == (SIZE[1], SIZE[0], 3)
        expected = np.asarray(frame(min(number, COUNT - 1))).astype(int)
        for column in (10, 60):  # away from the edge, where 4:2:0 blurs
            assert np.abs(pixels[20, column] - expected[20, column]).max() <= 4, (number, column)


@pytest.mark.parametrize("rate", [Fraction(30_000, 1001), Fraction(25), Fraction(1, 2)])
def test_an_mp4_keeps_the_exact_rate(tmp_path, rate):
    write_film(tmp_path / "film.mp4", frames(), rate)
    with av.open(str(tmp_path / "film.mp4")) as film:
        stream = film.streams.video[0]
        assert stream.average_rate == rate
        assert stream.duration * stream.time_base == COUNT / rate


def test_an_mp4_is_one_that_browsers_play(tmp_path):
    """H.264 of 8 bits and 4:2:0, its colours named, its index at the beginning of the file."""
    path = tmp_path / "film.mp4"
    write_film(path, frames(), Fraction(12))
    with av.open(str(path)) as film:
        context = film.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.color_range, context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1, 13)
    content = path.read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_odd_edges_get_one_pixel_more_which_repeats_the_last(tmp_path):
    picture = Image.new("RGB", (33, 21), "white")
    picture.paste("black", (0, 0, 32, 20))
    picture.paste("black", (32, 20, 33, 21))
    write_film(tmp_path / "film.mp4", [picture], Fraction(5))
    [pixels], _ = decoded(tmp_path / "film.mp4")
    assert pixels.shape == (22, 34, 3)
    assert (pixels[:18, 32:] > 200).all()
    assert (pixels[:18, :31] < 50).all()
    write_film(tmp_path / "film.gif", [picture], Fraction(5))
    with Image.open(tmp_path / "film.gif") as film:
        assert film.size == (33, 21)


def test_in_a_gif_nothing_flickers_that_stands_still(tmp_path):
    """A noisy half that stands still beside one that changes: to the bit the same in all frames."""
    random = np.random.default_rng(0)
    still = random.integers(0, 256, (40, 30, 3), dtype=np.uint8)
    moving = [np.concatenate([still, random.integers(0, 256, still.shape, dtype=np.uint8)], axis=1) for _ in range(6)]
    write_film(tmp_path / "film.gif", moving, Fraction(10))
    found, _ = decoded(tmp_path / "film.gif")
    assert len(found) == 6
    assert all(np.array_equal(found[0][:, :30], pixels[:, :30]) for pixels in found)
    assert all(not np.array_equal(one, other) for one, other in itertools.pairwise(found))
    assert np.abs(found[3].astype(int) - moving[3]).mean() < 20


@pytest.mark.parametrize("rate", [Fraction(12), Fraction(7), Fraction(30)])
def test_a_gif_that_cannot_have_its_rate_still_has_its_length(tmp_path, rate):
    """It counts in hundredths of a second."""
    write_film(tmp_path / "film.gif", frames(), rate)
    _, seconds = decoded(tmp_path / "film.gif")
    assert {round(one * 100) for one in seconds} == {int(100 / rate), int(100 / rate) + 1}
    assert sum(seconds) == pytest.approx(float(COUNT / rate), abs=0.005)


def test_a_film_may_go_to_any_storage():
    write_film("memory://films/deep/film.webp", frames(), Fraction(12))
    content = fsspec.filesystem("memory").cat("/films/deep/film.webp")
    with Image.open(io.BytesIO(content)) as film:
        assert film.n_frames == COUNT


def late_failure():
    yield frame(0)
    yield frame(1)
    raise RunError("a frame is missing")


HOSTILE = [
    ("film.avi", frames(2), {}, FilmError, r"film\.avi: a film is a \.mp4, \.webp or \.gif"),
    ("film", frames(2), {}, FilmError, "film: a film is a"),
    ("film.mp4", [], {}, FilmError, "no frame to make a film of"),
    ("film.gif", iter(()), {}, FilmError, "no frame to make a film of"),
    ("film.mp4", [frame(0), frame(1, (20, 20))], {}, FilmError, "frame 1 has 20×20 pixels, the first 70×46"),
    ("film.mp4", [np.zeros((4, 4), np.uint8)], {}, FilmError, "H×W×3 bytes, not uint8 of shape"),
    ("film.mp4", [np.zeros((4, 4, 3))], {}, FilmError, "H×W×3 bytes, not float64"),
    ("film.mp4", late_failure(), {}, RunError, "a frame is missing"),
    ("film.webp", late_failure(), {}, RunError, "a frame is missing"),
    ("film.mp4", frames(2), {"rate": Fraction(0)}, FilmError, "cannot have 0 frames per second"),
    ("film.gif", frames(2), {"rate": Fraction(60)}, FilmError, "at most 50 frames per second, not 60"),
    ("film.webp", [Image.new("RGB", (16_384, 1))], {}, FilmError, "ends at 16383 pixels"),
    ("film.gif", frames(2), {"sound_from": "x.mp4"}, FilmError, "has no sound; use .mp4"),
    ("film.mp4", frames(2), {"sound_from": "nowhere.mp4"}, FilmError, "cannot read nowhere.mp4"),
]


@pytest.mark.parametrize(("name", "given", "changes", "error", "message"), HOSTILE)
def test_what_no_film_can_be_made_of_is_refused_and_nothing_is_written(tmp_path, name, given, changes, error, message):
    changes = {"rate": Fraction(12)} | changes
    with pytest.raises(error, match=message):
        write_film(tmp_path / name, given, **changes)
    assert list(tmp_path.iterdir()) == []


def test_a_film_that_is_too_large_for_its_format_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("results.film.film.MOST_HELD_PIXELS", 5 * SIZE[0] * SIZE[1])
    with pytest.raises(FilmError, match=r"too large for a \.webp.*use \.mp4"):
        write_film(tmp_path / "film.webp", frames(), Fraction(12))
    assert write_film(tmp_path / "film.mp4", frames(), Fraction(12)) == COUNT


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(RunError, match=r"cannot write film\.gif"):
        write_film(tmp_path / "file/film.gif", frames(2), Fraction(12))


@pytest.mark.parametrize(("count", "rate"), [(3, 2), (16, 4), (47, Fraction(47, 4)), (400, 12)])
def test_a_film_of_few_frames_lasts_long_enough_to_be_seen(count, rate):
    assert usual_rate(count) == rate
