"""Keeping a photograph's colours: Gatys, Bethge, Hertzmann, Shechtman 2016 (arXiv 1606.05897).

Everything here is float64 on the CPU, once per picture; pictures are 3×H×W, RGB in 0–255.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from stylize.lanes import Transfer

REGULARISATION = 1e-5
"""Added to the diagonal of covariances of RGB in [0, 1], because pictures of few colours have singular ones."""

LUMINANCE = (0.299, 0.587, 0.114)
"""Y of YIQ, from R, G and B."""


def matched(style: Tensor, content: Tensor, colour: str) -> Tensor:
    """The style picture with the content picture's mean colour and covariance: p′ = A(p − μ_S) + μ_C, clipped.

    A = Σ_C^½ Σ_S^-½ with symmetric square roots for `match-image-analogies`, A = L_C L_S⁻¹ with Cholesky factors for
    `match-cholesky`.
    """
    pixels = style.double().cpu().flatten(1) / 255
    mean, covariance = _moments(pixels)
    wanted_mean, wanted = _moments(content.double().cpu().flatten(1) / 255)
    if colour == "match-cholesky":
        change = torch.linalg.cholesky(wanted) @ torch.linalg.inv(torch.linalg.cholesky(covariance))
    else:
        change = _square_root(wanted) @ torch.linalg.inv(_square_root(covariance))
    recoloured: Tensor = change @ (pixels - mean) + wanted_mean
    return (recoloured.clamp(0, 1) * 255).float().view(style.shape)


def _moments(pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (3×1) and regularised covariance (3×3) of 3×M pixels."""
    mean = pixels.mean(1, keepdim=True)
    centred = pixels - mean
    identity = torch.eye(3, dtype=pixels.dtype)
    return mean, centred @ centred.T / pixels.shape[1] + REGULARISATION * identity


def _square_root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = vectors @ torch.diag(values.sqrt()) @ vectors.T
    return root


def luminance(picture: Tensor) -> Tensor:
    """Y = .299R + .587G + .114B of a picture, 1×H×W."""
    weights = torch.tensor(LUMINANCE, dtype=torch.float64).view(3, 1, 1)
    return (picture.double().cpu() * weights).sum(0, keepdim=True)


def grey(picture: Tensor) -> Tensor:
    """A picture's luminance in all three channels, as the network sees pictures if colour is left out."""
    return luminance(picture).float().expand(3, -1, -1).contiguous()


def grey_matched(style: Tensor, content: Tensor) -> Tensor:
    """The style picture's luminance with the content's mean and deviation, L′ = (σ_C/σ_S)(L − μ_S) + μ_C, thrice."""
    have, wanted = luminance(style), luminance(content)
    deviation = have.std(correction=0).clamp(min=REGULARISATION)
    changed = (wanted.std(correction=0) / deviation) * (have - have.mean()) + wanted.mean()
    return changed.clamp(0, 255).float().expand(3, -1, -1).contiguous()


def with_prepared_colours(transfer: Transfer) -> Transfer:
    """A transfer whose pictures are prepared as its setting `colour` says."""
    colour, content, previous = transfer.settings.colour, transfer.content, transfer.previous
    if colour == "style" or content is None:
        return transfer

    def changed(style: Tensor) -> Tensor:
        return grey_matched(style, content) if colour == "luminance" else matched(style, content, colour)

    return replace(
        transfer,
        content=grey(content) if colour == "luminance" else content,
        style=None if transfer.style is None else changed(transfer.style),
        blend=tuple((changed(style), share) for style, share in transfer.blend),
        previous=replace(previous, warped=grey(previous.warped)) if colour == "luminance" and previous else previous,
        start=grey(transfer.start) if colour == "luminance" and transfer.start is not None else transfer.start,
    )


def with_kept_colours(transfer: Transfer, image: Tensor) -> Tensor:
    """The final image of a transfer, made from the optimised image as its setting `colour` says."""
    if transfer.settings.colour != "luminance" or transfer.content is None:
        return image
    return with_colours_of(transfer.content, image)


def with_colours_of(content: Tensor, image: Tensor) -> Tensor:
    """The image's Y with the content's I and Q, in RGB: R = Y + …I + …Q, so that each channel moves by Y′ − Y."""
    return (content.double().cpu() + luminance(image) - luminance(content)).float()
