"""Clips: films, GIFs and folders of frames, each written here and read back."""

from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from downloads import Access
from pictures import Finder, UnknownPictureError, UnreadableError
from pictures.clip import is_clip, open_clip

GREYS = [20, 60, 100, 140, 180, 220]


def still(grey, size=(48, 32)):
    return Image.new("RGB", size, (grey, grey, grey))


def write_film(path, sound=False, rate=25):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        noise = container.add_stream("aac", rate=8000) if sound else None
        for grey in GREYS:
            container.mux(stream.encode(av.VideoFrame.from_image(still(grey))))
        container.mux(stream.encode())
        if noise:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            silence.sample_rate = 8000
            container.mux(noise.encode(silence))
            container.mux(noise.encode())


@pytest.fixture(params=["film.mp4", "film.mkv", "moving.gif", "frames"])
def clip_path(request, tmp_path):
    path = tmp_path / request.param
    if path.suffix in (".mp4", ".mkv"):
        write_film(path)
    elif path.suffix == ".gif":
        first, *others = map(still, GREYS)
        first.save(path, save_all=True, append_images=others, duration=40)
    else:
        path.mkdir()
        for number, grey in zip((1, 2, 9, 10, 11, 100), GREYS, strict=True):
            still(grey).save(path / f"frame{number}.png")
        (path / "notes.txt").write_text("no frame")
    return path


def test_frames_come_in_order_and_again(clip_path):
    assert is_clip(clip_path)
    clip = open_clip(clip_path)
    assert (clip.count, clip.size) == (6, (48, 32))
    for number in (0, 1, 4, 5, 2, 2):
        middle = clip.frame(number).getpixel((24, 16))
        assert all(abs(part - GREYS[number]) <= 6 for part in middle)  # films are not lossless
    assert len({clip.sha256(number) for number in range(6)}) == 6
    assert open_clip(clip_path).sha256(3) == clip.sha256(3)


def test_rate_and_sound_are_known(tmp_path):
    write_film(tmp_path / "loud.mp4", sound=True, rate=Fraction(30000, 1001))
    loud = open_clip(tmp_path / "loud.mp4")
    assert loud.rate == pytest.approx(29.97, abs=0.01)
    assert loud.sound
    assert loud.count == 6
    write_film(tmp_path / "mute.mp4")
    assert not open_clip(tmp_path / "mute.mp4").sound


def test_a_still_gif_is_a_picture(tmp_path):
    still(7).save(tmp_path / "still.gif")
    assert not is_clip(tmp_path / "still.gif")
    assert Finder(tmp_path).find_clip("still.gif") is None


def test_a_built_in_clip_moves(tmp_path):
    finder = Finder(tmp_path, access=Access(offline=True))
    clip = finder.find_clip("passing_ball")
    assert clip.count == 12
    first, last = (np.asarray(clip.frame(number), dtype=float) for number in (0, 11))
    assert np.abs(first - last).mean() > 10
    assert np.array_equal(np.asarray(finder.find("passing_ball").image()), first)


PLAYLIST = "#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    "content", [b"", b"no film", PLAYLIST.encode(), b"ffconcat version 1.0\nfile /etc/hostname\n", bytes(5000)]
)
def test_what_is_no_film_is_refused_and_playlists_are_not_followed(tmp_path, content):
    (tmp_path / "bad.mp4").write_bytes(content)
    with pytest.raises(UnreadableError, match=r"bad\.mp4 is no clip that can be read"):
        open_clip(tmp_path / "bad.mp4")


def test_a_film_that_is_cut_short_says_so(tmp_path):
    write_film(tmp_path / "film.mkv")
    whole = (tmp_path / "film.mkv").read_bytes()
    (tmp_path / "film.mkv").write_bytes(whole[: len(whole) // 2])

    def last_frame():
        return open_clip(tmp_path / "film.mkv").frame(5)

    with pytest.raises(UnreadableError, match=r"film\.mkv"):
        last_frame()


def test_messages_for_clips_in_wrong_places(tmp_path):
    (tmp_path / "empty").mkdir()
    write_film(tmp_path / "film.mp4")
    finder = Finder(tmp_path)
    with pytest.raises(UnreadableError, match="a folder without pictures"):
        finder.find_clip("empty/")
    with pytest.raises(UnknownPictureError, match="only `content` may be one"):
        finder.find("film.mp4")
    with pytest.raises(UnknownPictureError, match="download it"):
        finder.find_clip("https://example.org/film.mp4")
    with pytest.raises(UnknownPictureError, match="untrusted"):
        Finder(tmp_path / "empty", access=Access(untrusted=True)).find_clip("../film.mp4")
