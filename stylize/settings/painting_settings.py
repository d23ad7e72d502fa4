"""The settings of the auto-painter (`method: autopainter`), which colours a sketch, and `method` itself.

Those of the training of its generator have no effect where a generator is given that was trained before.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stylize.settings.about import About, Need
from stylize.settings.conditions import unless, where
from stylize.settings.optimisation_settings import Settings
from stylize.settings.types import Method, Name, Output, Sketch, WholeNumber

MAKES_SKETCH = where("sketch", "xdog")
EMBEDDED = "embedded"
"""The value of `generator` for the one that comes with this program."""


class PaintingSettings(Settings):
    """The settings of the optimisation, and those of the auto-painter."""

    method: Annotated[Method, About(method="both", mentioned="unless default")] = Field(
        default="transfer",
        description="What makes the image. transfer: an optimisation gives the content the style. autopainter: a "
        "generator colours a sketch (Liu et al. 2017), after hints of colour if there are any.",
    )
    sketch: Annotated[Sketch, About(method="autopainter", mentioned="unless default")] = Field(
        default="xdog",
        description="The sketch that is coloured. xdog: one is made of the content picture, which is then the truth "
        "that results are compared with. as-is: the content picture is a sketch.",
    )
    sketch_sigma: Annotated[
        float,
        About(method="autopainter", effect=MAKES_SKETCH, words={0.0: "long edge / 200"}, mentioned="unless default"),
    ] = Field(
        default=0.0,
        ge=0,
        le=50,
        description="σ of the sketch's finer Gaussian in pixels: larger ones give thicker and fewer lines. 0: a 200th "
        "of the long edge.",
    )
    sketch_threshold: Annotated[float, About(method="autopainter", effect=MAKES_SKETCH, mentioned="unless default")] = (
        Field(
            default=0.4,
            ge=-50,
            le=50,
            description="ε of the sketch, in pixel values (0–255): more of the picture is black with larger ones.",
        )
    )
    hints: Annotated[
        Name | None,
        About(
            method="autopainter",
            named_by="file",
            needed=(Need(unless("hints", None), "hints are given"),),
            mentioned="unless default",
        ),
    ] = Field(
        default=None,
        description="A picture with transparency, of the same aspect as the content: its opaque pixels are colours "
        "that the result should have there.",
    )
    hint_count: Annotated[WholeNumber, About(method="autopainter", mentioned="unless default", alone=True)] = Field(
        default=0,
        ge=0,
        le=10_000,
        description="Squares of colour that are taken from the content picture as hints, at places that `seed` draws.",
    )
    hint_size: Annotated[
        WholeNumber,
        About(
            method="autopainter",
            effect=unless("hint_count", 0),
            words={0: "long edge / 24"},
            mentioned="unless default",
            alone=True,
        ),
    ] = Field(
        default=0,
        ge=0,
        le=1_000,
        description="Pixels along the edge of these squares. 0: a 24th of the long edge.",
    )
    generator: Annotated[Name, About(method="autopainter", named_by="file", mentioned="unless default")] = Field(
        default=EMBEDDED,
        description="What colours the sketch: embedded, or the path of a .safetensors file.",
    )
    output: Annotated[Output, About(method="autopainter", mentioned="unless default")] = Field(
        default="painted",
        description="The image that is made. painted: the coloured sketch. sketch: the sketch with its hints, to "
        "compare with.",
    )

    @property
    def paints(self) -> bool:
        """Whether a generator colours a sketch; nothing is optimised then."""
        return self.method == "autopainter"
