"""The four losses of the training, on two views of each place. Where the crops come from is decided in `data`.

contrast  the averaged deepest layer has to tell which two crops show the same place (SimCLR, Chen et al. 2020,
          arXiv 2002.05709)
gram      so has the Gram matrix of each style layer, because style transfer will match these numbers
colour    the average of each block has to tell the mean and the spread of the crop's colours
decode    a linear map of single responses has to redraw the undisturbed pixels, so that positions and detail are kept
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from weights.training.network import convolutions

DEEP_LAYERS = ("conv2_1", "conv3_1", "conv4_1", "conv5_1")
DECODED_LAYERS = ("conv2_2", "conv3_2", "conv4_2")
WEIGHTS = {"contrast": 1.0, "gram": 0.3, "colour": 0.5, "decode": 0.5}
FINE_WEIGHT = 4.0
"""How much more the error in fine detail counts than the whole error, of which it is only a small part."""
TEMPERATURE = 0.2
DECODED_SHARE = 4
"""Only every fourth crop is redrawn, which saves time."""


def contrastive(first: Tensor, second: Tensor) -> Tensor:
    """SimCLR's loss (NT-Xent) for rows of two B×D matrices that belong together."""
    embedded = functional.normalize(torch.cat([first, second]).float(), dim=1)
    similarity = embedded @ embedded.T / TEMPERATURE
    similarity.fill_diagonal_(-1e4)  # no row is compared with itself
    count = len(first)
    return functional.cross_entropy(similarity, torch.arange(2 * count).roll(count))


class Objective(nn.Module):
    """The losses, with the heads that only training needs."""

    def __init__(self, architecture: str) -> None:
        super().__init__()
        width = {name: convolution.outputs for name, convolution in convolutions(architecture).items()}
        self.last = list(width)[-1]
        self.project = nn.Sequential(nn.Linear(width[self.last], 256), nn.ReLU(), nn.Linear(256, 64))
        self.colour = nn.ModuleDict({layer: nn.Linear(width[layer], 6) for layer in DEEP_LAYERS})
        self.gram = nn.ModuleDict({layer: nn.Linear(width[layer] ** 2, 64) for layer in DEEP_LAYERS})
        self.decode = nn.ModuleDict(
            {layer: nn.Conv2d(width[layer], 3 * _reduction(layer) ** 2, 1) for layer in DECODED_LAYERS}
        )

    def forward(self, responses: dict[str, Tensor], clean: Tensor, seen: Tensor) -> dict[str, Tensor]:
        """The weighted losses by name. The first half of a batch and the second are views of the same places, in order.

        `clean` are the crops, `seen` the crops as the network saw them, both 2B×3×H×W and normalised.
        """
        count = len(clean) // 2
        embedded = self.project(responses[self.last].float().mean((2, 3)))
        losses = {"contrast": contrastive(embedded[:count], embedded[count:])}
        statistics = torch.cat([seen.mean((2, 3)), 2 * seen.std((2, 3))], 1)
        for layer in DEEP_LAYERS:
            guessed = self.colour[layer](responses[layer].float().mean((2, 3)))
            losses[f"colour {layer}"] = (guessed - statistics).square().mean() / len(DEEP_LAYERS)
            flat = responses[layer].flatten(2)
            gram = (flat @ flat.transpose(1, 2)).float() / flat.shape[2]
            embedded = self.gram[layer](gram.flatten(1))
            losses[f"gram {layer}"] = contrastive(embedded[:count], embedded[count:])
        for layer in DECODED_LAYERS:
            decoded = self.decode[layer](responses[layer][::DECODED_SHARE])
            error = functional.pixel_shuffle(decoded, _reduction(layer)).float() - clean[::DECODED_SHARE]
            fine = error - functional.avg_pool2d(error, 3, 1, 1, count_include_pad=False)
            losses[f"decode {layer}"] = error.square().mean() + FINE_WEIGHT * fine.square().mean()
        return {name: WEIGHTS[name.split()[0]] * loss for name, loss in losses.items()}


def _reduction(layer: str) -> int:
    """How many pixels lie between two responses of a layer, in each direction."""
    return int(2 ** (int(layer[4]) - 1))
