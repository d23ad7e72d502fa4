"""`sweep animate` on a run of a clip: its stylised frames as films, with its sound."""

from fractions import Fraction

import av
import numpy as np
import pytest

import results

pytestmark = pytest.mark.usefixtures("ray_session")

GRID = """\
settings: {content: clip.mp4, style: swirls, size: 40, iterations: 2, history_every: 2, architecture: squeezenet1_1,
           weights: random, content_layers: [fire3], style_layers: [conv1], frame_start: own}
axes: {ratio: {much: 1e-3, little: 1e-2}}
"""


def write_clip(path, frames=4, tone=440):
    """A film of some frames at 10 a second, with a tone."""
    with av.open(str(path), "w") as film:
        picture, sound = film.add_stream("mpeg4", rate=10), film.add_stream("aac", rate=44_100, layout="mono")
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        for number in range(frames):
            pixels = np.full((48, 64, 3), 40, np.uint8)
            pixels[10:40, 10 + 8 * number : 30 + 8 * number] = (220, 180, 60)
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            film.mux(picture.encode(frame))
        film.mux(picture.encode(None))
        wave = np.sin(2 * np.pi * tone * np.arange(44_100) / 44_100).astype(np.float32)[None] / 2
        frame = av.AudioFrame.from_ndarray(wave, "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 44_100, 0, Fraction(1, 44_100)
        film.mux(sound.encode(frame))
        film.mux(sound.encode(None))


def test_stylised_clips_are_films_with_the_clips_rate_and_sound(sweep, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "clip.mp4")
    (tmp_path / "clip.yaml").write_text(GRID)
    ran = sweep("clip.yaml")
    assert ran.exit_code == 0, ran.stderr
    done = sweep("animate", "clip")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("4 frames, with sound") == 2
    trials = results.load("runs/clip")
    for path, label in zip(done.stdout.split(), ("much", "little"), strict=True):
        assert path.endswith(f"clip-{label}.mp4")
        with av.open(path) as film:
            picture, sound = film.streams.video[0], film.streams.audio[0]
            assert picture.average_rate == 10
            assert float(sound.duration * sound.time_base) == pytest.approx(0.4, abs=0.03)
            shown = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(picture)]
        ours = trials[trials["ratio_label"] == label].sort_values("frame")
        assert len(shown) == len(ours) == 4
        for pixels, (_, row) in zip(shown, ours.iterrows(), strict=True):
            image = np.asarray(results.image(row)).astype(int)
            assert np.abs(pixels[: image.shape[0], : image.shape[1]].mean(2) - image.mean(2)).mean() < 6

    refused = sweep("animate", "clip", "--out", "one.mp4")
    assert refused.exit_code == 2
    assert "these would be 2 (clip-much, clip-little); choose one with --where" in refused.stderr
    for option in (("--fps", "60"), ("--width", "200")):
        assert "a clip keeps its own rate and size" in sweep("animate", "clip", *option).stderr
    assert sweep("animate", "clip", "--sheet").exit_code == 2  # no frames_every
    assert not (tmp_path / "one.mp4").exists()

    write_clip(tmp_path / "clip.mp4", tone=880)  # another clip now
    silent = sweep("animate", "clip", "--where", "ratio == 1e-3", "--out", "one.mp4")
    assert silent.exit_code == 0, silent.stderr
    assert "is no longer the clip that these frames were made from" in silent.stderr
    with av.open("one.mp4") as film:
        assert not film.streams.audio
