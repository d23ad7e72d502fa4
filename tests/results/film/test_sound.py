"""The sound of a film, heard back: where a tone begins, how high it is, and when it ends."""

from fractions import Fraction

import av
import numpy as np
import pytest

from results.errors import FilmError
from results.film.film import write_film

RATE = Fraction(10)


def clip(path, *, seconds=3.0, codec="aac", rate=44_100, layout="stereo", tone=440, from_=0.5, picture_from=0.0):
    """A film whose sound is a tone from `from_` seconds on, silent before; its picture may begin later."""
    with av.open(str(path), "w") as film:
        picture = film.add_stream("mpeg4", rate=10)
        picture.width = picture.height = 32
        picture.pix_fmt = "yuv420p"
        sound = film.add_stream(codec, rate=rate, layout=layout)
        for number in range(round((seconds - picture_from) * 10)):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 100, np.uint8), "rgb24")
            frame.pts, frame.time_base = number + round(picture_from * 10), Fraction(1, 10)
            film.mux(picture.encode(frame))
        film.mux(picture.encode(None))
        time = np.arange(round(seconds * rate)) / rate
        wave = np.where(time < from_, 0, np.sin(2 * np.pi * tone * time) / 2).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.stack([wave] * (2 if layout == "stereo" else 1)), "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        film.mux(sound.encode(frame))
        film.mux(sound.encode(None))
    return path


def heard(path):
    """Samples by channel, their rate, and what the film says how long the sound is."""
    with av.open(str(path)) as film:
        stream = film.streams.audio[0]
        samples = np.concatenate([frame.to_ndarray() for frame in film.decode(stream)], axis=1)
        return samples, stream.rate, float(stream.duration * stream.time_base)


def film_of(tmp_path, source, count, hold=Fraction(0)):
    path = tmp_path / "film.mp4"
    pictures = (np.full((40, 40, 3), 20 * number % 256, np.uint8) for number in range(count))
    write_film(path, pictures, RATE, hold=hold, sound_from=source)
    return path


def begins(samples, rate):
    return np.argmax(np.abs(samples[0]) > 0.1) / rate


KINDS = [
    ("clip.mp4", {}, 44_100),
    ("clip.mp4", {"rate": 48_000, "layout": "mono"}, 48_000),
    ("clip.mkv", {"codec": "pcm_s16le", "rate": 22_050}, 48_000),
    ("clip.mkv", {"codec": "libopus", "rate": 48_000}, 48_000),
]


@pytest.mark.parametrize(("name", "changes", "rate"), KINDS)
def test_a_film_gets_the_sound_of_its_clip_as_long_as_it_lasts(tmp_path, name, changes, rate):
    film = film_of(tmp_path, clip(tmp_path / name, **changes), count=12, hold=Fraction(1, 2))
    samples, found_rate, seconds = heard(film)
    assert found_rate == rate
    assert len(samples) == (1 if changes.get("layout") == "mono" else 2)
    assert seconds == pytest.approx(1.7, abs=0.03)  # 12 frames, half a second more, and AAC's last packet
    assert begins(samples, rate) == pytest.approx(0.5, abs=0.01)
    tone = samples[0][rate * 7 // 10 : rate * 12 // 10]
    loudest = np.argmax(np.abs(np.fft.rfft(tone * np.hanning(len(tone))))) * rate / len(tone)
    assert loudest == pytest.approx(440, abs=3)
    assert np.abs(tone).max() == pytest.approx(0.5, abs=0.1)


def test_a_short_sound_ends_before_its_film(tmp_path):
    film = film_of(tmp_path, clip(tmp_path / "clip.mp4", seconds=1.0), count=40)
    _, _, seconds = heard(film)
    assert seconds == pytest.approx(1.0, abs=0.05)
    with av.open(str(film)) as opened:
        assert sum(1 for _ in opened.decode(video=0)) == 40


def test_sound_and_picture_stay_together_where_the_clips_picture_begins_later(tmp_path):
    """The film's first frame is the clip's, which is shown 0.3 s after the sound begins."""
    samples, rate, _ = heard(film_of(tmp_path, clip(tmp_path / "clip.mkv", picture_from=0.3), count=15))
    assert begins(samples, rate) == pytest.approx(0.2, abs=0.03)


def test_what_has_no_sound_or_is_no_media_file_is_named(tmp_path):
    silent = tmp_path / "silent.mp4"
    write_film(silent, [np.zeros((8, 8, 3), np.uint8)], RATE)
    with pytest.raises(FilmError, match=r"silent\.mp4 has no sound"):
        film_of(tmp_path, silent, 3)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0" * 1000)
    with pytest.raises(FilmError, match=r"the sound of .*broken\.mp4 cannot be read"):
        film_of(tmp_path, broken, 3)
    whole = clip(tmp_path / "clip.mp4").read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FilmError, match=r"the sound of .*broken\.mp4 cannot be read"):
        film_of(tmp_path, broken, 3)


def test_a_playlist_leads_to_no_other_file(tmp_path):
    """FFmpeg would open whatever it names."""
    clip(tmp_path / "secret.mp4")
    playlist = tmp_path / "clip.mp4"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nsecret.mp4\n#EXT-X-ENDLIST\n")
    with pytest.raises(FilmError, match="cannot be read"):
        film_of(tmp_path, playlist, 3)
    playlist.write_text("ffconcat version 1.0\nfile secret.mp4\n")
    with pytest.raises(FilmError, match="cannot be read"):
        film_of(tmp_path, playlist, 3)
    assert not (tmp_path / "film.mp4").exists()
