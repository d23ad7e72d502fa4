"""Designs the steerable networks: VGG's plan with filters that are written down instead of trained.

python -m weights.training.steerable

Every channel of every layer has a meaning. Each block looks at lightness and colour at its own scale with derivatives
in up to eight directions, made by steering a few 3×3 kernels (Freeman, Adelson 1991; Simoncelli, Freeman 1995), and
follows each along its edge in the later layers of the block. ReLUs make energies of them, which the next two blocks
carry on beside their own responses. So Gram matrices hold the correlations between directions, scales and colours that
Portilla and Simoncelli (2000) found to describe textures. From the third block on, further channels respond to changes
of these energies: where a texture ends.

    colour        lightness, red − green, yellow − blue, each above and below the mean pixel                    6
    slope         first derivative of lightness in 8 directions                                                 8
    bend          second derivative of lightness in 4 directions, both signs                                    8
    colour slope  first derivative of both colours in 4 directions                                              8
    fine          the pixel grid's own frequencies in lightness, found in the first block                       2
    colour fine   the same in both colours, in the first block only                                             4
    energy        slopes, bends and colour slopes of the block before (from the third on: of two), unsigned    16 or 32
    change        first derivative of the last block's slope and bend energies in 4 directions                 32
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor
from torch.nn import functional

from stylize.network.preprocessing import MEAN_PIXEL
from weights.training.export import reference_pictures, write
from weights.training.network import convolutions

ARCHITECTURES = ("vgg16-steerable", "vgg19-steerable")

AXES = {"lightness": (1 / 3, 1 / 3, 1 / 3), "red-green": (0.5, -0.5, 0.0), "yellow-blue": (0.25, 0.25, -0.5)}
"""Of R, G and B."""

EMPHASIS = {"colour": 1.5, "colour fine": 0.25}
"""How strongly a kind of channel responds to the reference photographs, beside all others. With `colour` at 4, colours
outweigh everything else, and there are no strokes. Photographs have little fine colour, because JPEG halves its
resolution: with a quarter, colours count about as much as lightness at the pixel grid's own frequencies.
"""

STEERABLE_SCALE = {
    layer: {"conv4_1": 300.0, "conv4_2": 320.0, "conv5_1": 300.0}.get(layer, 200.0)
    for layer in convolutions(ARCHITECTURES[-1])
}
"""The sizes of whole layers: some hundreds, as those of VGG with pixels from 0 to 255. So a weight or ratio that suits
these networks also suits VGG where a loss is the square of responses, and not their fourth power as Gatys' is. conv4_1
and conv5_1 hold the large shapes and settle last under Adam, so they are larger; with twice as much, houses dissolved.
conv4_2 is the content layer: with this size, ratios from 1e-4 to 1e-2 lead from painting to photograph.
"""

_BLUR, _SLOPE, _BEND = (torch.tensor(profile, dtype=torch.float64) for profile in ([1, 2, 1], [-1, 0, 1], [-1, 2, -1]))
SAME = torch.zeros(3, 3, dtype=torch.float64)
SAME[1, 1] = 1
BLUR = torch.outer(_BLUR, _BLUR) / 16
FINE = SAME - BLUR
ALONG, ACROSS = 1.3, 0.62
"""Standard deviations, in pixels, of the blur that follows an edge."""


@dataclass(frozen=True)
class Channel:
    """What a channel responds to.

    block: where it was found. of: the axis of colour, or the kind of response whose energy it is. direction: of the
    derivative, in eighths of a turn; `change` is that of a change of energy. sign: of the response, or 0 for both.
    """

    kind: str
    of: str = "lightness"
    block: int = 0
    direction: int = 0
    sign: int = 1
    change: int = 0


Kernels = dict[Channel, dict[Channel, Tensor]]
"""For each channel, the 3×3 kernels through which it sees the channels of the layer before."""


def slope(direction: int) -> Tensor:
    """3×3, the first derivative towards `direction`, in eighths of a turn from the right."""
    down, across = torch.outer(_SLOPE, _BLUR) / 8, torch.outer(_BLUR, _SLOPE) / 8
    angle = direction * math.pi / 4
    return math.cos(angle) * across + math.sin(angle) * down


def bend(direction: int) -> Tensor:
    """3×3, minus a quarter of the second derivative along `direction`."""
    down, across, both = (
        torch.outer(_BEND, _BLUR) / 16,
        torch.outer(_BLUR, _BEND) / 16,
        torch.outer(_SLOPE, _SLOPE) / 16,
    )
    cosine, sine = math.cos(direction * math.pi / 4), math.sin(direction * math.pi / 4)
    return cosine**2 * across + sine**2 * down - 2 * cosine * sine * both


def along(direction: int) -> Tensor:
    """3×3, a blur along the edges whose derivative is towards `direction`."""
    down, across = torch.meshgrid(*2 * [torch.arange(-1, 2, dtype=torch.float64)], indexing="ij")
    angle = direction * math.pi / 4
    towards = across * math.cos(angle) + down * math.sin(angle)
    beside = down * math.cos(angle) - across * math.sin(angle)
    kernel = torch.exp(-0.5 * (towards / ACROSS) ** 2 - 0.5 * (beside / ALONG) ** 2)
    return kernel / kernel.sum()


def begin(block: int, before: Mapping[Channel, object]) -> Kernels:
    """The first layer of a block, which follows the channels `before` it: new derivatives of lightness and colour, and
    what became of the earlier ones.
    """
    kernels: Kernels = {}
    for axis in AXES:
        for sign in (1, -1):
            kernels[Channel("colour", axis, sign=sign)] = _seen(block, axis, sign * (BLUR if block == 1 else SAME))
    for direction in range(8):
        kernels[Channel("slope", block=block, direction=direction)] = _seen(block, "lightness", slope(direction))
    for direction in range(4):
        for sign in (1, -1):
            kernel = sign * bend(direction)
            kernels[Channel("bend", block=block, direction=direction, sign=sign)] = _seen(block, "lightness", kernel)
    for axis in ("red-green", "yellow-blue"):
        for direction in (0, 2, 4, 6):
            kernels[Channel("colour slope", axis, block, direction)] = _seen(block, axis, slope(direction))
    for sign in (1, -1):
        fine = Channel("fine", sign=sign)
        kernels[fine] = _seen(block, "lightness", sign * FINE) if block == 1 else {fine: SAME}
    if block == 1:
        kernels |= _colour_fine()
    if block > 1:
        kernels |= {energy: dict.fromkeys(parts, SAME) for energy, parts in _energies(block - 1).items()}
        kernels |= {one: {one: SAME} for one in before if one.kind == "energy" and one.block == block - 2}
    if block > 2:
        kernels |= _changes(block - 1)
    return kernels


def go_on(block: int, before: Mapping[Channel, object]) -> Kernels:
    """A later layer of a block: the same channels as `before` it, blurred, derivatives along their edges only. The blur
    also keeps the next pooling from aliasing.
    """
    kernels: Kernels = {}
    for one in before:
        if one.kind == "colour":
            kernels[one] = _seen(2, one.of, one.sign * BLUR)
        elif one.kind in ("slope", "bend"):
            kernels[one] = {one: along(one.direction)}
        elif one.kind in ("fine", "colour fine") and block == 1:
            # The kernel again, so that edges count less beside the pixel grid.
            kernels[one] = {replace(one, sign=sign): sign * one.sign * FINE for sign in (1, -1)}
        else:
            kernels[one] = {one: BLUR}
    return kernels


def _colour_fine() -> Kernels:
    """The pixel grid's own frequencies in colours. Without them, a weave of colours would change no loss, and Adam
    leaves one. Later blocks do without, because there they would outweigh the strokes.
    """
    found: Kernels = {}
    for axis in ("red-green", "yellow-blue"):
        for sign in (1, -1):
            found[Channel("colour fine", axis, sign=sign)] = _seen(1, axis, sign * FINE)
    return found


def _seen(block: int, axis: str, kernel: Tensor) -> dict[Channel, Tensor]:
    """An axis of colour, seen through a kernel: in the first block from pixels, later from both of its signs."""
    if block == 1:
        return {Channel("pixel", of=letter): share * kernel for letter, share in zip("rgb", AXES[axis], strict=True)}
    return {Channel("colour", axis, sign=sign): sign * kernel for sign in (1, -1)}


def _opposite(kind: str, axis: str, block: int, direction: int) -> list[Channel]:
    """The first derivatives along a direction and against it."""
    return [Channel(kind, axis, block, turned) for turned in (direction, direction + 4)]


def _energies(block: int) -> dict[Channel, list[Channel]]:
    """The 16 energies of a block, each with the channels whose sum it is: opposite slopes belong together."""
    found = {}
    for direction in range(4):
        slopes = _opposite("slope", "lightness", block, direction)
        found[Channel("energy", "slope", block, direction, sign=0)] = slopes
        for sign in (1, -1):
            bent = Channel("bend", block=block, direction=direction, sign=sign)
            found[Channel("energy", "bend", block, direction, sign)] = [bent]
    for axis in ("red-green", "yellow-blue"):
        for direction in (0, 2):
            slopes = _opposite("colour slope", axis, block, direction)
            found[Channel("energy", axis, block, direction, sign=0)] = slopes
    return found


def _changes(block: int) -> Kernels:
    """The 32 changes of a block's energies."""
    found: Kernels = {}
    for direction in range(4):
        slopes = _opposite("slope", "lightness", block, direction)
        bends = [Channel("bend", block=block, direction=direction, sign=sign) for sign in (1, -1)]
        for change in (0, 2, 4, 6):
            for of, parts in (("slope", slopes), ("bend", bends)):
                channel = Channel("change", of, block, direction, sign=0, change=change)
                found[channel] = dict.fromkeys(parts, slope(change))
    return found


@torch.no_grad()
def designed(architecture: str) -> dict[str, Tensor]:
    """The parameters of a steerable network, by torchvision's keys, in float64.

    Each channel is scaled so that the root mean square of its responses to the reference photographs is 1 times its
    emphasis; `write` then sets the sizes of whole layers.
    """
    signal = reference_pictures().double() - torch.tensor(MEAN_PIXEL, dtype=torch.float64).view(1, 3, 1, 1)
    sizes = {Channel("pixel", of=letter): 1.0 for letter in "rgb"}
    parameters = {}
    for name, convolution in convolutions(architecture).items():
        block, begins = int(name[4]), name.endswith("_1")
        if begins and block > 1:
            signal = functional.avg_pool2d(signal, 2)
        kernels = begin(block, sizes) if begins else go_on(block, sizes)
        places = {channel: place for place, channel in enumerate(sizes)}
        weight = torch.zeros(convolution.outputs, convolution.inputs, 3, 3, dtype=torch.float64)
        for row, seen in enumerate(kernels.values()):
            for channel, kernel in seen.items():
                weight[row, places[channel]] = kernel / sizes[channel]
        found = functional.conv2d(signal, weight, padding=1).relu()
        emphasis = torch.tensor([EMPHASIS.get(channel.kind, 1.0) for channel in kernels], dtype=torch.float64)
        gain = emphasis / found.square().mean((0, 2, 3)).sqrt()
        parameters[f"{convolution.key}.weight"] = weight * gain.view(-1, 1, 1, 1)
        parameters[f"{convolution.key}.bias"] = torch.zeros(convolution.outputs, dtype=torch.float64)
        signal = found * gain.view(1, -1, 1, 1)
        sizes = dict(zip(kernels, gain.tolist(), strict=True))
    return parameters


def main(
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path(__file__).parents[1],
) -> None:
    """Design the steerable networks."""
    out.mkdir(parents=True, exist_ok=True)
    for architecture in ARCHITECTURES:
        path = out / f"{architecture}.safetensors"
        write(designed(architecture), architecture, path, {}, STEERABLE_SCALE)
        typer.echo(path)


if __name__ == "__main__":
    typer.run(main)
