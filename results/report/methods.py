"""What a report says of the methods that its trials used: a sentence with the formula for each, and its sources."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Any

import pandas as pd

from results.table.axes import comparable
from stylize.registry import NETWORKS, chosen_by_settings
from stylize.settings import ARCHITECTURE_NAMES, TORCHVISION_NETWORKS


@dataclass(frozen=True)
class Method:
    """A sentence about a method, and the keys of its sources (`sources.SOURCES`)."""

    text: str
    sources: tuple[str, ...] = ()


class _Used:
    """Which values of a setting the trials have."""

    def __init__(self, trials: pd.DataFrame) -> None:
        self._trials = trials

    def __call__(self, name: str) -> Set[Any]:
        return set(map(comparable, self._trials[name])) - {None} if name in self._trials else set()

    def is_on(self, name: str) -> bool:
        """Whether some trial gives a weight or a number other than 0."""
        return bool(self(name) - {0})


Holds = Callable[[_Used], bool]


def _value(setting: str, *values: Any) -> Holds:
    return lambda used: bool(used(setting) & set(values))


def _weight(setting: str) -> Holds:
    return lambda used: used.is_on(setting)


def _is_of_plugin(setting: str, name: str) -> bool:
    """Whether a value of a setting is no method of this program. Its plugin need not be loaded."""
    if setting == "architecture":
        return name in NETWORKS or name not in ARCHITECTURE_NAMES
    entry = chosen_by_settings()[setting].get(name)
    return entry is None or not entry.implementation.startswith("stylize.")


_TRANSFERS: tuple[tuple[Holds, Method], ...] = (
    (
        lambda used: True,
        Method(
            "An image x is optimised so that L = L_c + (β/α)·L_s plus the terms below is small; α/β is the ratio. "
            "F are the responses of a layer to x after ReLU, N channels × M positions, P those to the content picture.",
            ("gatys2015", "lopez2017"),
        ),
    ),
    (
        # Tables of earlier versions do not have the column.
        lambda used: "responses" in (used("content_representation") or {"responses"}),
        Method("The content loss is L_c = Σ_l w_l · ½ Σ_ij (F_ij − P_ij)².", ("gatys2015",)),
    ),
    (
        _value("style_representation", "gram"),
        Method(
            "The style loss compares Gram matrices: L_s = Σ_l w_l · Σ_ij (G_ij − A_ij)² / (4 (N·M)²), G = F Fᵀ, and A "
            "that of the style picture.",
            ("gatys2015",),
        ),
    ),
    (
        _value("style_representation", "mean-variance"),
        Method(
            "The style loss mean-variance compares means and standard deviations of channels: "
            "1/N · Σ_i (μ_i − μ′_i)² + (σ_i − σ′_i)².",
            ("li2017",),
        ),
    ),
    (
        _value("style_representation", "wasserstein"),
        Method(
            "The style loss wasserstein is the squared 2-Wasserstein distance of normal distributions of the "
            "responses: (‖μ − μ′‖² + tr(Σ + Σ′ − 2 (Σ′^½ Σ Σ′^½)^½)) / N.",
            ("mroueh2019",),
        ),
    ),
    (
        _value("style_representation", "sliced-wasserstein"),
        Method(
            "The style loss sliced-wasserstein compares the sorted responses along K directions, with quantile "
            "functions q_k and q′_k: 1/K Σ_k ∫ (q_k(t) − q′_k(t))² dt.",
            ("heitz2021",),
        ),
    ),
    (
        _value("style_representation", "mrf"),
        Method(
            "The style loss mrf compares each 3×3 patch of the responses with the style picture's patch of the largest "
            "normalised cross-correlation: Σ_i ‖Ψ_i(x) − Ψ_NN(i)(a)‖².",
            ("li2016",),
        ),
    ),
    (
        _value("style_representation", "nnst"),
        Method(
            "The style loss nnst compares the responses at each position with those at the nearest neighbour in the "
            "style picture, by the centred cosine similarity of the responses of all layers: "
            "S²/s² · 1/M Σ_i |F_i − A_j(i)|².",
            ("kolkin2022",),
        ),
    ),
    (
        _weight("tv_weight"),
        Method(
            "Total variation is added with the weight tv_weight: Σ (x_{i+1,j} − x_ij)² + (x_{i,j+1} − x_ij)².",
            ("mahendran2015",),
        ),
    ),
    (
        _weight("matting_weight"),
        Method(
            "A photorealism term λ Σ_c V_cᵀ M V_c is added, M the matting Laplacian of the content picture.",
            ("luan2017", "levin2008"),
        ),
    ),
    (
        _weight("laplacian_weight"),
        Method(
            "A term γ · 1/M Σ_i (σ² D G_σ (b(x) − b(p)))² is added, b the brightness, p the content picture, G_σ a "
            "blur with the standard deviation laplacian_blur, D the discrete Laplacian.",
            ("li2017laplacian",),
        ),
    ),
    (
        _weight("temporal_weight"),
        Method(
            "Frames of a clip have the temporal loss γ · 1/D Σ_k c_k (x_k − ω_k)², ω the result of the frame before, "
            "moved along the optical flow.",
            ("ruder2016",),
        ),
    ),
    (
        _value("colour", "match-image-analogies", "match-cholesky", "luminance"),
        Method("The content picture's colours are kept (setting colour).", ("gatys2016",)),
    ),
    (_value("optimizer", "adam"), Method("The optimiser Adam takes one step for each gradient.", ("kingma2015",))),
    (
        _value("optimizer", "lbfgs"),
        Method("L-BFGS has a memory of 20 and a line search after the strong Wolfe conditions.", ("liu1989",)),
    ),
    (
        _value("architecture", "vgg16", "vgg19", "vgg16-slim", "vgg19-slim", "vgg16-steerable", "vgg19-steerable"),
        Method("The responses are those of a VGG network.", ("simonyan2015",)),
    ),
    (_value("architecture", "squeezenet1_1"), Method("The responses are those of SqueezeNet 1.1.", ("iandola2016",))),
    (_value("architecture", "alexnet"), Method("The responses are those of AlexNet.", ("krizhevsky2014",))),
    (
        _value("architecture", "pixels"),
        Method(
            "In place of a network's responses, patches of pixels are compared along random directions, and contents "
            "by differences of luminance between neighbours.",
            ("elnekave2022",),
        ),
    ),
    (
        lambda used: bool({*used("architecture")} & {*TORCHVISION_NETWORKS}),
        Method("The responses of other networks are those of torchvision's models, by its names."),
    ),
    (
        lambda used: (
            used("architecture") != {"pixels"} and any(str(one).startswith("random") for one in used("weights"))
        ),
        Method("Some networks have random weights.", ("he2016",)),
    ),
)
"""Of style transfers."""

_PAINTING: tuple[tuple[Holds, Method], ...] = (
    (
        lambda used: True,
        Method(
            "The auto-painter colours a sketch by a generator that was trained against a discriminator. Unlike the one "
            "that was published, it guesses colours at one size of the picture, and chooses for each pixel one of the "
            "guesses around it or the colour of a hint.",
            ("liu2017",),
        ),
    ),
    (
        _value("sketch", "xdog"),
        Method(
            "Sketches are made by XDoG: D = G_σ − γ·G_kσ of the brightness, white where D ≥ ε, else "
            "1 + tanh(φ·(D − ε)); k = 2, γ = 0.97, φ = 200.",
            ("winnemoeller2012",),
        ),
    ),
    (
        _weight("hint_count"),
        Method("Hints are squares of the true colours, where these are steady along the diagonal and not white."),
    ),
)
"""Of the auto-painter."""

_OF_ALL: tuple[tuple[Holds, Method], ...] = (
    (
        lambda used: bool(used("structural_similarity")),
        Method(
            "Structural similarity is that of the luminances of result and content (Gaussian window 11×11, σ = 1.5).",
            ("wang2004",),
        ),
    ),
    (
        lambda used: bool(used("style_distance")),
        Method(
            "Style distance is 1/L Σ_l ‖G_l(result) − G_l(style)‖ / (‖G_l(result)‖ + ‖G_l(style)‖), in a network that "
            "the image was not optimised in.",
        ),
    ),
    (
        lambda used: any(_is_of_plugin(setting, name) for setting in chosen_by_settings() for name in used(setting)),
        Method("Some methods are from plugins; run.json has the names and hashes of their sources."),
    ),
    (lambda used: True, Method("Software: PyTorch, and Ray for the trials.", ("paszke2019", "moritz2018"))),
)

EFFECTS = Method(
    "The share of an axis is the variance of the metric's means over its values, divided by the variance of all "
    "trials; that of a pair is their joint effect less both single ones (functional analysis of variance).",
    ("hoeffding1948", "hooker2007"),
)
"""Said where a report has effects."""


def methods_of(trials: pd.DataFrame) -> list[Method]:
    """The methods that a table of `results.load` used, in the order in which a paper would explain them."""
    paints = trials["method"] == "autopainter" if "method" in trials else pd.Series(False, trials.index)
    parts = ((_TRANSFERS, trials[~paints]), (_PAINTING, trials[paints]), (_OF_ALL, trials))
    return [method for methods, of in parts if len(of) for holds, method in methods if holds(_Used(of))]
