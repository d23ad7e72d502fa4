"""The generator, which colours a sketch, and the discriminator, which tells its pictures from true ones.

The generator has two parts. A U-net sees the whole picture at the same small size, whatever the size of the picture,
and guesses its colours: so pictures of all sizes are coloured alike. A smaller U-net sees the picture at full size and
decides for each pixel which colour it has: one of the 3×3 guesses around it, or that of a hint from which colour flows
to it (`hints.flood`). Colours are chosen, not made up, so that a hint may have any colour, and its colour arrives
unchanged. Liu et al. 2017 have one U-net at one size, and hints painted into the sketch.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

SEEN = 10
"""Channels of what a generator sees: ink, hints (colours and where), flooded colours, inside, nearness. See `seen`."""

COARSE_EDGE = 96
"""Pixels of the longer edge at which the whole picture is seen; the guess has half as many."""

COARSE_WIDTHS, FINE_WIDTHS = (32, 64, 128, 192, 192), (12, 24, 40, 56)
NEIGHBOURS = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1)]

DISCRIMINATOR_WIDTHS = (32, 64, 128)


class Coarse(nn.Module):
    """Guesses colours: B×10×h×w, h and w multiples of 32, to B×3×h/2×w/2 in 0–1."""

    def __init__(self) -> None:
        super().__init__()
        widths = COARSE_WIDTHS
        self.down = nn.ModuleList(
            _block(before, after, stride=2) for before, after in zip((SEEN, *widths), widths, strict=False)
        )
        self.up = nn.ModuleList(
            _block(below + beside, beside) for below, beside in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.out = nn.Conv2d(widths[0], 4, 3, padding=1)
        _start_at(self.out, [0.0, 0.0, 0.0, 1.0])

    def forward(self, seen: Tensor) -> Tensor:
        signal, levels = seen, []
        for layer in self.down:
            signal = layer(signal)
            levels.append(signal)
        for layer, beside in zip(self.up, levels[-2::-1], strict=True):
            signal = layer(torch.cat([functional.interpolate(signal, scale_factor=2.0), beside], 1))
        colours, gate = self.out(signal).float().split([3, 1], 1)
        small = functional.avg_pool2d(seen.float(), 2)
        # Where there is no hint at all, nearness is 0 everywhere.
        gate = torch.sigmoid(gate) * (small[:, 9:10].amax((2, 3), keepdim=True) > 0)
        return torch.lerp(torch.sigmoid(colours), small[:, 5:8], gate)


class Fine(nn.Module):
    """Chooses a colour for each pixel. Sees B×13×H×W (what `Coarse` sees, and its guess enlarged), H and W multiples of
    8. Gives B×14×H×W: ten choices (nine guesses, the flooded hint), how dark ink is, a correction of the colour.
    """

    def __init__(self) -> None:
        super().__init__()
        widths = FINE_WIDTHS
        self.first = nn.Sequential(nn.Conv2d(SEEN + 3, widths[0], 3, padding=1), nn.LeakyReLU(0.2))
        self.down = nn.ModuleList(_block(before, after, stride=2) for before, after in itertools.pairwise(widths))
        self.up = nn.ModuleList(
            _block(below + beside, beside) for below, beside in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.out = nn.Conv2d(widths[0], len(NEIGHBOURS) + 5, 3, padding=1)
        _start_at(self.out, [*[0.0] * len(NEIGHBOURS), 1.0, 2.0, 0.0, 0.0, 0.0])

    def forward(self, seen: Tensor) -> Tensor:
        signal = self.first(seen)
        levels = [signal]
        for layer in self.down:
            signal = layer(signal)
            levels.append(signal)
        for layer, beside in zip(self.up, levels[-2::-1], strict=True):
            signal = layer(torch.cat([functional.interpolate(signal, scale_factor=2.0), beside], 1))
        return self.out(signal).float()  # type: ignore[no-any-return]


class Generator(nn.Module):
    """Colours sketches: see the module."""

    def __init__(self) -> None:
        super().__init__()
        self.coarse, self.fine = Coarse(), Fine()

    def guess(self, seen: Tensor) -> Tensor:
        """The colours of whole pictures (`seen`, B×10×H×W), B×3×h×w in 0–1, with about 48 pixels along the long edge.

        Edges that do not fit are mirrored outwards and cut off again.
        """
        height, width = coarse_size(seen.shape[2], seen.shape[3])
        small = functional.interpolate(seen, (height, width), mode="area")
        right, below = -width % 32, -height % 32
        guess = self.coarse(_padded(small, right, below))
        return guess[..., : (height + 1) // 2, : (width + 1) // 2]  # type: ignore[no-any-return]

    def refine(self, seen: Tensor, guess: Tensor, places: Tensor) -> Tensor:
        """The finished colours of `seen` (B×10×H×W), B×3×H×W, about 0–1 but not clipped.

        guess: of the whole pictures, of which `seen` may be parts. places: B×H×W×2, where in its picture each pixel is,
        as (x, y) from −1 to 1; see `places_of`.
        """
        enlarged, candidates, prior = _around(guess, places)
        right, below = -seen.shape[3] % 8, -seen.shape[2] % 8
        shown = torch.cat([seen, enlarged.to(seen.dtype)], 1)
        found = self.fine(_padded(shown, right, below))[..., : seen.shape[2], : seen.shape[3]]
        scores, ink, correction = found.split([len(NEIGHBOURS) + 1, 1, 3], 1)
        flooded = seen[:, 9:10].amax((2, 3), keepdim=True) > 0
        last = scores[:, -1:].masked_fill(~flooded, -1e4)
        shares = torch.softmax(torch.cat([scores[:, :-1] + prior, last], 1), 1)
        colours = (shares[:, :-1, None] * candidates).sum(1) + shares[:, -1:] * seen[:, 5:8].float()
        dark = 1 - torch.sigmoid(ink) * seen[:, :1].float()
        return (colours + 0.1 * torch.tanh(correction)) * dark

    def forward(self, seen: Tensor) -> Tensor:
        """The finished colours of whole pictures, B×10×H×W to B×3×H×W."""
        places = places_of(seen.shape[2], seen.shape[3]).to(seen.device).expand(len(seen), -1, -1, -1)
        return self.refine(seen, self.guess(seen), places)


class Discriminator(nn.Module):
    """Tells true colours of a sketch from a generator's, patch by patch: B×4×H×W (ink, colours) to B×1×h×w, where a
    larger number means true. Three halvings with 4×4 kernels, so that each number sees 70×70 pixels (pix2pix).
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 4
        for number, width in enumerate((*DISCRIMINATOR_WIDTHS, 2 * DISCRIMINATOR_WIDTHS[-1])):
            stride = 2 if number < len(DISCRIMINATOR_WIDTHS) else 1
            layers.append(nn.Conv2d(before, width, 4, stride, 1, bias=number == 0))
            if number:
                layers.append(nn.BatchNorm2d(width))
            layers.append(nn.LeakyReLU(0.2))
            before = width
        self.layers = nn.Sequential(*layers, nn.Conv2d(before, 1, 4, 1, 1))

    def forward(self, ink: Tensor, colours: Tensor) -> Tensor:
        return self.layers(torch.cat([ink, 2 * colours - 1], 1)).float()  # type: ignore[no-any-return]


def coarse_size(height: int, width: int) -> tuple[int, int]:
    """Height and width at which the coarse part of the generator sees a picture."""
    scale = COARSE_EDGE / max(height, width)
    return max(2, round(height * scale)), max(2, round(width * scale))


def places_of(height: int, width: int, box: Sequence[int] | None = None) -> Tensor:
    """Where each pixel of a picture is, 1×H×W×2 as (x, y) from −1 to 1; with a box (top, left, h, w), of its pixels."""
    top, left, rows, columns = box or (0, 0, height, width)
    y = (torch.arange(top, top + rows) + 0.5) * 2 / height - 1
    x = (torch.arange(left, left + columns) + 0.5) * 2 / width - 1
    return torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], -1)[None]


def _around(guess: Tensor, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """For each place: the guess there, B×3×H×W; the 3×3 guesses around it, B×9×3×H×W; and the logarithm of each one's
    share in a smooth enlargement (quadratic B-splines), B×9×H×W.
    """
    count, _, height, width = guess.shape
    size = torch.tensor([width, height], device=guess.device)
    cells = (places + 1) / 2 * size - 0.5  # in cells of the guess, whole numbers at their middles
    middle = cells.round()
    offset = cells - middle
    weights = torch.stack([0.5 * (0.5 - offset) ** 2, 0.75 - offset**2, 0.5 * (0.5 + offset) ** 2], -1)
    padded = functional.pad(guess, (1, 1, 1, 1), mode="replicate").flatten(2)
    candidates, shares = [], []
    column, row = (middle[..., axis].long().clamp(0, (width, height)[axis] - 1) + 1 for axis in (0, 1))
    for down, across in NEIGHBOURS:
        index = ((row + down) * (width + 2) + column + across).flatten(1)[:, None].expand(-1, 3, -1)
        candidates.append(padded.gather(2, index).view(count, 3, *places.shape[1:3]))
        shares.append(weights[..., 1, down + 1] * weights[..., 0, across + 1])
    found, share = torch.stack(candidates, 1), torch.stack(shares, 1)
    return (found * share[:, :, None]).sum(1), found, share.clamp(min=1e-4).log()


def _block(before: int, after: int, stride: int = 1) -> nn.Sequential:
    kernel = 4 if stride == 2 else 3
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, 1, bias=False), nn.BatchNorm2d(after, momentum=0.05), nn.LeakyReLU(0.2)
    )


def _start_at(layer: nn.Conv2d, bias: Sequence[float]) -> None:
    """Let an untrained layer give these numbers, so that training starts from the colours of hints times the ink."""
    nn.init.zeros_(layer.weight)
    assert layer.bias is not None
    with torch.no_grad():
        layer.bias.copy_(torch.tensor(bias))


def _padded(picture: Tensor, right: int, below: int) -> Tensor:
    """Mirrored outwards; replicated where it is too narrow for that."""
    if not right and not below:
        return picture
    mode = "reflect" if right < picture.shape[3] and below < picture.shape[2] else "replicate"
    return functional.pad(picture, (0, right, 0, below), mode=mode)
