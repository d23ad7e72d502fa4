"""What an optimisation gives: the image, its losses, and how they fell."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class History:
    """The losses at every `history_every`-th step, before that step's update, and at the end; tuples of one length.

    The last are those of the result; the others are in the arithmetic of the steps, and at the coarse levels of a
    pyramid those of the small image, its content loss scaled to the positions of the full one.
    """

    step: tuple[int, ...]
    content_loss: tuple[float, ...]
    style_loss: tuple[float, ...]
    total_variation: tuple[float, ...]
    total_loss: tuple[float, ...]


@dataclass(frozen=True)
class Result:
    """An optimised image and its losses, those of this very image, evaluated in fp32.

    image: 3×H×W fp32 on the CPU, in 0–255 but not clipped: see `pixels`.
    content_loss, style_loss: Σ_l w_l·L^l, without α and β; total_loss: α·content + β·style + tv_weight·total variation.
    matting_loss: L_m, without λ; None where λ is 0.
    temporal_loss: L_t, without γ; None where there was no frame before.
    content_loss_by_layer, style_loss_by_layer: L_c^l and E_l without weights.
    arithmetic: that of the convolutions: fp32, tf32 or bf16.
    steps: how many were done; fewer than asked for where the loss had reached its plateau.
    batch_width: images that were optimised together.
    seconds: this image's share of the batch's wall-clock time.
    failed_at: the step whose losses were not finite, or None; then `image` and the losses are the last finite ones.
    """

    image: Tensor
    content_loss: float
    style_loss: float
    total_variation: float
    matting_loss: float | None
    temporal_loss: float | None
    total_loss: float
    content_loss_by_layer: dict[str, float]
    style_loss_by_layer: dict[str, float]
    history: History
    arithmetic: str
    steps: int
    batch_width: int
    seconds: float
    failed_at: int | None

    def pixels(self) -> Tensor:
        """The image as H×W×3 bytes, clipped and rounded."""
        return as_pixels(self.image)


def as_pixels(image: Tensor) -> Tensor:
    """A 3×H×W image in 0–255 as H×W×3 bytes, clipped and rounded."""
    return image.clamp(0, 255).round().byte().permute(1, 2, 0).contiguous()
