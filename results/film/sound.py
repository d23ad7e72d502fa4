"""The sound of a film: that of another media file, as long as the film lasts."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import fsspec
import numpy as np

from results.errors import FilmError

if TYPE_CHECKING:
    from typing import Self

    from av.container import OutputContainer
    from numpy.typing import NDArray

CONTAINERS = "mov,mp4,matroska,webm,avi,ogg,wav,flac,mp3,aac"
RATES = (44_100, 48_000)
USUAL_RATE = 48_000
BITS_PER_SECOND = 192_000


class Sound:
    """Plays `source`, a path or URL, into a film from where its picture begins; AAC, mono or stereo.

    It is encoded anew, so that it can end at the sample where the film does. Media files come from strangers: FFmpeg is
    given an open file, so that it follows no address, and told which containers it may read, so that no playlist makes
    it open other files. Raises FilmError where there is no sound, or none that can be read.
    """

    def __init__(self, source: str, film: OutputContainer) -> None:
        self._source, self._film = source, film
        try:
            self._file = fsspec.open(source, "rb").open()
        except Exception as error:  # each kind of storage has its own
            raise FilmError(f"cannot read {source}: {error}") from error
        try:
            self._media = av.open(self._file, options={"format_whitelist": CONTAINERS, "protocol_whitelist": "file"})
        except Exception as error:
            self._file.close()
            raise self._unreadable(error) from error
        if not self._media.streams.audio:
            self.__exit__(None, None, None)
            raise FilmError(f"{source} has no sound")
        from_stream = self._media.streams.audio[0]
        self._rate = from_stream.rate if from_stream.rate in RATES else USUAL_RATE
        self._layout = "mono" if from_stream.channels == 1 else "stereo"
        self._stream = film.add_stream("aac", rate=self._rate, layout=self._layout)
        self._stream.bit_rate = BITS_PER_SECOND
        self._waiting = av.AudioFifo()
        self._played = 0  # samples
        self._frames = self._decoded()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._media.close()
        self._file.close()

    def play_until(self, seconds: Fraction) -> None:
        """Add what is heard until then, as far as there is any."""
        wanted = round(seconds * self._rate) - self._played
        while self._waiting.samples < wanted and (frame := next(self._frames, None)):
            frame.pts = None  # the place in the film is counted here
            self._waiting.write(frame)
        count = min(wanted, self._waiting.samples)
        chunk = self._waiting.read(count) if count > 0 else None
        if chunk:
            chunk.pts, chunk.time_base = self._played, Fraction(1, self._rate)
            self._played += count
            self._film.mux(self._stream.encode(chunk))

    def end(self) -> None:
        """Add what the encoder holds back."""
        if self._played:
            self._film.mux(self._stream.encode(None))

    def _decoded(self) -> Iterator[av.AudioFrame]:
        """The samples from where the picture begins, with silence where the sound begins later."""
        pictures = self._media.streams.video
        start = _seconds(pictures[0].start_time, pictures[0].time_base) if pictures else Fraction(0)
        resampler = av.AudioResampler("fltp", self._layout, self._rate)
        late: int | None = None  # samples of silence still to come; below 0, samples still to be left out
        try:
            for decoded in self._media.decode(audio=0):
                if late is None:
                    late = round((_seconds(decoded.pts, decoded.time_base) - start) * self._rate)
                for frame in resampler.resample(decoded):
                    samples = frame.to_ndarray()
                    if late > 0:
                        samples = np.concatenate([np.zeros((len(samples), late), np.float32), samples], axis=1)
                        late = 0
                    left_out = min(-late, samples.shape[1])
                    late += left_out
                    if left_out < samples.shape[1]:
                        yield self._frame(samples[:, left_out:])
        except av.error.FFmpegError as error:
            raise self._unreadable(error) from error

    def _frame(self, samples: NDArray[Any]) -> av.AudioFrame:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", self._layout)
        frame.sample_rate = self._rate
        return frame

    def _unreadable(self, error: Exception) -> FilmError:
        return FilmError(f"the sound of {self._source} cannot be read: {error}")


def _seconds(ticks: int | None, time_base: Fraction | None) -> Fraction:
    """A time of a stream; 0 where it does not say."""
    return Fraction(0) if ticks is None or time_base is None else ticks * time_base
