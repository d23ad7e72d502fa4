"""A sketch that is being painted: hints come in as PNG, the coloured sketch goes out as PNG, hints are kept in a file.

Nothing here knows of HTTP.
"""

from __future__ import annotations

import contextlib
import io
import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from autopaint.hints import hints_of_picture
from autopaint.networks import Generator
from autopaint.painting import colour
from orchestrator.errors import UsageError
from results.run.image_file import png

MOST_EDGE = 1024
"""Pixels of the long edge that are painted while one looks on."""


@dataclass
class Easel:
    """sketch: H×W, 0 is ink. file: where hints are kept. line: the lines of a grid that use them."""

    generator: Generator
    sketch: NDArray[np.float32]
    file: Path
    line: str
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.sketch.shape[1], self.sketch.shape[0]

    def sketch_png(self) -> bytes:
        """The sketch."""
        return png(Image.fromarray((255 * self.sketch).round().astype(np.uint8)))

    def kept_png(self) -> bytes:
        """The hints that the file has; none at all if there is no file. Raises UsageError for a file that is no hints
        of this sketch.
        """
        if not self.file.is_file():
            return png(Image.new("RGBA", self.size))
        content = self.file.read_bytes()
        try:
            self.hints(content)
        except ValueError as error:
            raise UsageError(f"{self.file} is there already and {error}; choose another with --hints") from error
        return content

    def hints(self, content: bytes) -> NDArray[np.uint8]:
        """The hints in a PNG, H×W×4. Raises ValueError, whose message goes on after a subject."""
        try:
            with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
                if picture.size != self.size:
                    width, height = picture.size
                    raise ValueError(f"has {width}×{height} pixels, not {self.size[0]}×{self.size[1]}")
                return np.asarray(picture.convert("RGBA"))
        except ValueError:
            raise
        except Exception as error:  # decoders raise nearly anything for a damaged file
            raise ValueError(f"does not decode as a PNG ({error})") from error

    def painted_png(self, content: bytes) -> bytes:
        """The sketch, coloured after the hints in a PNG. Raises ValueError as `hints`."""
        width, height = self.size
        hints = hints_of_picture(self.hints(content), height, width)
        with self._one_at_a_time:
            return png(Image.fromarray(colour(self.generator, self.sketch, hints)))

    def keep(self, content: bytes) -> None:
        """Write the hints in a PNG to the file. Raises ValueError as `hints`, and OSError."""
        picture = png(Image.fromarray(self.hints(content)))  # without whatever else was in the PNG
        part = self.file.with_name(f".{self.file.name}.part")
        try:
            part.write_bytes(picture)
            part.replace(self.file)
        finally:
            with contextlib.suppress(OSError):
                part.unlink()
