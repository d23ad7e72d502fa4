"""Films: frames become a GIF, a WebP or an MP4, anywhere that fsspec can write."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import tempfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from results.errors import FilmError
from results.run.storage import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUFFIXES = (".mp4", ".webp", ".gif")
LONGEST_EDGE = {".mp4": 8192, ".webp": 16_383, ".gif": 65_535}
MOST_HELD_PIXELS = 250_000_000
"""All frames of a GIF or WebP together, because they are all in memory (750 MB). An MP4 may have any length."""

SMOOTH_RATE, SLOWEST_RATE = Fraction(12), Fraction(2)
SHORTEST = 4
"""Seconds that a film lasts, unless that would be slower than SLOWEST_RATE frames per second."""

HIGHEST_GIF_RATE = 50
"""Frames per second; browsers slow down a GIF whose frames are shorter than 20 ms."""

H264 = {"crf": "17", "preset": "medium"}
"""A quality whose losses are smaller than those of 4:2:0, the halved colour resolution that browsers need."""

LIMITED, BT709, SRGB = 1, 1, 13
"""H.264's numbers for range, matrix and transfer curve of its colours. Without them players guess by the size."""

Frame = Image.Image | np.ndarray[Any, np.dtype[np.uint8]]


def check_target(target: str | Path) -> str:
    """The suffix of a film's path or URL, in lower case. Raises FilmError for one that no film can have."""
    suffix = os.path.splitext(str(target))[1].lower()
    if suffix not in SUFFIXES:
        raise FilmError(f"{target}: a film is a {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    return suffix


def usual_rate(count: int) -> Fraction:
    """Frames per second of a film of `count` frames: it lasts SHORTEST seconds if the limits of the rate allow it."""
    return min(SMOOTH_RATE, max(SLOWEST_RATE, Fraction(count) / SHORTEST))


def write_film(
    target: str | Path,
    frames: Iterable[Frame],
    rate: Fraction,
    *,
    hold: Fraction = Fraction(0),
    sound_from: str | Path | None = None,
) -> int:
    """Write frames (RGB pictures or H×W×3 bytes, all of one size) as a film, and return how many there were.

    target: a path, or a URL that fsspec knows, ending in .mp4 (H.264, 4:2:0, for browsers), .webp or .gif (one palette
    for all frames, so that what stands still does not flicker). It appears whole or not at all.
    rate: frames per second. hold: seconds that the last frame stays longer than the others.
    sound_from: a media file whose sound the film gets, from its beginning to the film's end; .mp4 only.

    An MP4 has even edges: an odd one gets one pixel more, which repeats its last. Raises FilmError for what no film can
    be made of, RunError where it cannot be written.
    """
    suffix = check_target(target)
    if rate <= 0:
        raise FilmError(f"a film cannot have {rate} frames per second")
    if suffix == ".gif" and rate > HIGHEST_GIF_RATE:
        raise FilmError(
            f"a GIF has at most {HIGHEST_GIF_RATE} frames per second, not {float(rate):g}; use .webp or .mp4"
        )
    if sound_from is not None and suffix != ".mp4":
        raise FilmError(f"a {suffix} has no sound; use .mp4")
    checked = _Checked(frames, suffix)
    content = _mp4(checked, rate, hold, sound_from) if suffix == ".mp4" else _animated(checked, suffix, rate, hold)
    folder, _, name = str(target).replace(os.sep, "/").rpartition("/")
    Run(folder or ("/" if str(target).startswith("/") else ".")).write(name, content)
    return checked.count


class _Checked:
    """Frames as pictures. It is an error if there are none, or if they differ in size."""

    def __init__(self, frames: Iterable[Frame], suffix: str) -> None:
        self._frames, self._suffix = frames, suffix
        self.count = 0

    def __iter__(self) -> Iterator[Image.Image]:
        size: tuple[int, int] | None = None
        for frame in self._frames:
            picture = _picture(frame)
            if size is None and max(picture.size) > LONGEST_EDGE[self._suffix]:
                edge = LONGEST_EDGE[self._suffix]
                raise FilmError(f"a {self._suffix} ends at {edge} pixels, and the frames have {_text(picture.size)}")
            if size not in (None, picture.size):
                raise FilmError(f"frame {self.count} has {_text(picture.size)} pixels, the first {_text(size)}")
            size = picture.size
            self.count += 1
            yield picture
        if size is None:
            raise FilmError("there is no frame to make a film of")


def _picture(frame: Frame) -> Image.Image:
    if isinstance(frame, Image.Image):
        return frame if frame.mode == "RGB" else frame.convert("RGB")
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
        raise FilmError(f"a frame is H×W×3 bytes, not {frame.dtype} of shape {frame.shape}")
    return Image.fromarray(frame)


def _text(size: tuple[int, int] | None) -> str:
    return "×".join(map(str, size or ()))


def _mp4(frames: Iterable[Image.Image], rate: Fraction, hold: Fraction, sound_from: str | Path | None) -> bytes:
    import av

    from results.film.sound import Sound

    # Into a real file: `faststart` moves the index to its beginning by reading it once more.
    with tempfile.TemporaryDirectory(prefix="sweep-film-") as folder, contextlib.ExitStack() as stack:
        path = Path(folder) / "film.mp4"
        film = stack.enter_context(av.open(str(path), "w", options={"movflags": "faststart"}))
        stream = film.add_stream("libx264", rate=rate, options=H264)
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.color_range, context.colorspace = LIMITED, BT709
        context.color_primaries, context.color_trc = BT709, SRGB
        sound = stack.enter_context(Sound(str(sound_from), film)) if sound_from is not None else None
        number, last = 0, None

        def add(pixels: NDArray[np.uint8]) -> None:
            nonlocal number
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(
                format="yuv420p", dst_colorspace="itu709", dst_color_range="MPEG"
            )
            frame.pts, frame.time_base = number, 1 / rate
            number += 1
            film.mux(stream.encode(frame))
            if sound:
                sound.play_until(number / rate)

        for picture in frames:
            last = _even(np.asarray(picture))
            if number == 0:
                stream.height, stream.width = last.shape[:2]
            add(last)
        for _ in range(round(hold * rate)):
            assert last is not None  # `_Checked`
            add(last)
        film.mux(stream.encode(None))
        if sound:
            sound.end()
        film.close()
        return path.read_bytes()


def _even(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge") if height % 2 or width % 2 else pixels


def _animated(frames: Iterable[Image.Image], suffix: str, rate: Fraction, hold: Fraction) -> bytes:
    pictures = []
    for picture in frames:
        pictures.append(picture)
        if len(pictures) * picture.width * picture.height > MOST_HELD_PIXELS:
            raise FilmError(
                f"that is too large for a {suffix}, which ends at {MOST_HELD_PIXELS // 10**6} megapixels in all frames "
                "together; use .mp4, or a smaller width"
            )
    tick = 10 if suffix == ".gif" else 1  # milliseconds that the format counts in
    ends = [number / rate for number in range(1, len(pictures) + 1)]
    ends[-1] += hold
    ticks = [0, *(round(end * 1000 / tick) for end in ends)]
    durations = [(end - start) * tick for start, end in itertools.pairwise(ticks)]
    options: dict[str, Any] = {"quality": 85, "method": 4}
    if suffix == ".gif":
        palette = _palette(pictures)
        pictures = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
        options = {"optimize": False}
    buffer = io.BytesIO()
    pictures[0].save(
        buffer, suffix[1:], save_all=True, append_images=pictures[1:], duration=durations, loop=0, **options
    )
    return buffer.getvalue()


def _palette(pictures: list[Image.Image]) -> Image.Image:
    """256 colours for all pictures together, from some pixels of each."""
    scale = max(1.0, (sum(one.width * one.height for one in pictures) / 2_000_000) ** 0.5)
    size = max(1, round(pictures[0].width / scale)), max(1, round(pictures[0].height / scale))
    mosaic = Image.new("RGB", (size[0], size[1] * len(pictures)))
    for number, picture in enumerate(pictures):
        mosaic.paste(picture.resize(size, Image.Resampling.NEAREST), (0, number * size[1]))
    return mosaic.quantize(256)
