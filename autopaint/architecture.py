"""What the program knows of a generator without its parameters, as of any network. Does not import torch itself."""

from __future__ import annotations

from stylize.network.architecture import Architecture, Response

NAME = "autopainter"

OPERATIONS = 0.5e9
"""Of guessing the colours of a square picture: a fixed amount, because pictures of all sizes are seen at one size."""

OPERATIONS_A_PIXEL = 3.0e4
"""Of choosing the colours at full size."""

CHANNELS = 120
"""Numbers that are held for each pixel at once while colours are chosen."""

SMALLEST_EDGE = 16


class GeneratorArchitecture(Architecture):
    """See `networks.Generator`. It only paints: its single layer is the painted picture."""

    name = NAME
    content_layers: tuple[str, ...] = ()
    style_layers: tuple[str, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        return ("painted",)

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        from autopaint.export import parameter_shapes  # imports torch

        return parameter_shapes()

    def smallest_edge(self, layer: str) -> int:
        return SMALLEST_EDGE

    def responses(self, layer: str, height: int, width: int) -> tuple[Response, ...]:
        kept = CHANNELS * height * width
        return (Response(("painted",), begins_block=True, channels=3, height=height, width=width, kept=kept),)

    def operations(self, layer: str, height: int, width: int) -> float:
        return OPERATIONS + OPERATIONS_A_PIXEL * height * width


ARCHITECTURE = GeneratorArchitecture()
