"""Every loss, content and style representation, optimiser, initial image and metric by name, and where its code is.

To add one, write its class in a file of its own and add one line here: the values that settings allow, the columns of a
table, the curves and the labels of sheets follow from these lines. Nothing here imports torch; `load` imports a class
when it is first needed. docs/extending.md shows an example of each kind.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Better = Literal["lower", "higher"]
"""Which values of a column are better."""

TOTAL_LOSS = "total_loss"
"""The column of the sum that is minimised."""


@dataclass(frozen=True)
class Element:
    """A method that grids choose by its name. `implementation` is its class, as "module:Class"."""

    implementation: str

    def load(self) -> Any:
        """The class; its module is imported now."""
        module, _, name = self.implementation.partition(":")
        return getattr(importlib.import_module(module), name)


@dataclass(frozen=True)
class Loss(Element):
    """One loss of the weighted sum (a `stylize.losses.term.Term`).

    column: its name in tables and results. by_layer: whether its value for each layer is reported, too.
    in_history: whether its curve is recorded.
    """

    column: str
    by_layer: bool = False
    in_history: bool = True


@dataclass(frozen=True)
class ContentRepresentation(Element):
    """How contents are compared. sums_over_positions: whether the loss grows with the number of positions of a layer,
    as sums do, or not, as means do.
    """

    sums_over_positions: bool = False


@dataclass(frozen=True)
class StyleRepresentation(Element):
    """How styles are compared. takes_masks: whether regions with the same label can be compared with each other.
    layers: which of a network's style layers are used where none are named: the place of the first, and that after the
    last.

    searches: what it compares every position of the image with every position of the style picture by, if it does:
    patches of each layer, as `mrf`, or hypercolumns of all layers, as `nnst`. Plans count the operations and the memory
    of this, which can be more than the network's, and `architecture: pixels` is refused.
    sums_over_positions: whether the loss grows with the number of positions of a layer, as sums do, or not, as means.
    """

    takes_masks: bool = False
    layers: tuple[int, int | None] = (0, None)
    searches: Literal["patches", "hypercolumns"] | None = None
    sums_over_positions: bool = False


@dataclass(frozen=True)
class Optimiser(Element):
    """How an image is changed. keeps_state: whether it can go on later from where it stopped (`Optimiser.state` and
    `restore`).
    """

    keeps_state: bool = True


@dataclass(frozen=True)
class InitialImage(Element):
    """The image that an optimisation starts from. `picture`: the picture of the transfer that it needs; None for none.
    `draws_noise`: whether the settings `seed` and `noise_deviation` have an effect on it.
    """

    picture: Literal["content", "style", "start"] | None = None
    draws_noise: bool = True


@dataclass(frozen=True)
class Network(Element):
    """A network of a plugin: `implementation` is a function without parameters that makes it. Its default layers are
    named as `sweep layers` lists them.
    """

    content_layers: tuple[str, ...] = ()
    style_layers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Metric(Element):
    """A measure of finished images. It may give several columns; each is a number (float) or a text (str).

    better: for each column that can rank images, which values are better. Columns without an entry cannot rank.
    """

    columns: Mapping[str, type[float] | type[str]] = field(default_factory=dict)
    better: Mapping[str, Better] = field(default_factory=dict)


LOSSES: dict[str, Loss] = {
    "content": Loss("stylize.losses.content:ContentLoss", "content_loss", by_layer=True),
    "style": Loss("stylize.losses.style:StyleLoss", "style_loss", by_layer=True),
    "total_variation": Loss("stylize.losses.total_variation:TotalVariation", "total_variation"),
    "matting": Loss("stylize.losses.matting:MattingLoss", "matting_loss", in_history=False),
    "laplacian": Loss("stylize.losses.laplacian:LaplacianLoss", "laplacian_loss", in_history=False),
    "temporal": Loss("stylize.losses.temporal:TemporalLoss", "temporal_loss", in_history=False),
}
"""The losses in the order in which they are added up, and in which tables have them."""

CONTENT_REPRESENTATIONS: dict[str, ContentRepresentation] = {
    "responses": ContentRepresentation("stylize.losses.content_representation:Responses", sums_over_positions=True),
}
"""What the setting `content_representation` may be."""

STYLE_REPRESENTATIONS: dict[str, StyleRepresentation] = {
    "gram": StyleRepresentation("stylize.losses.style_representations.gram:Gram", takes_masks=True),
    "mean-variance": StyleRepresentation("stylize.losses.style_representations.mean_variance:MeanVariance"),
    "wasserstein": StyleRepresentation("stylize.losses.style_representations.wasserstein:Wasserstein"),
    "sliced-wasserstein": StyleRepresentation(
        "stylize.losses.style_representations.sliced_wasserstein:SlicedWasserstein", takes_masks=True
    ),
    "mrf": StyleRepresentation(
        "stylize.losses.style_representations.mrf:Patches",
        layers=(2, 4),
        searches="patches",
        sums_over_positions=True,
    ),
    "nnst": StyleRepresentation(
        "stylize.losses.style_representations.nnst:NearestNeighbours",
        takes_masks=True,
        layers=(0, 4),
        searches="hypercolumns",
    ),
}
"""What the setting `style_representation` may be."""

OPTIMISERS: dict[str, Optimiser] = {
    "adam": Optimiser("stylize.optimisers.adam:Adam"),
    "lbfgs": Optimiser("stylize.optimisers.lbfgs:LBFGS"),
}
"""What the setting `optimizer` may be."""

INITIAL_IMAGES: dict[str, InitialImage] = {
    "content": InitialImage("stylize.images.initial:Picture", picture="content", draws_noise=False),
    "noise": InitialImage("stylize.images.initial:Noise"),
    "style": InitialImage("stylize.images.initial:Picture", picture="style", draws_noise=False),
    "mix": InitialImage("stylize.images.initial:Mix", picture="content"),
    "image": InitialImage("stylize.images.initial:Picture", picture="start", draws_noise=False),
}
"""What the setting `init` may be."""

NETWORKS: dict[str, Network] = {}
"""The networks of plugins that the setting `architecture` may be, besides ours (`stylize.network.architectures`) and
those of torchvision.
"""

METRICS: dict[str, Metric] = {
    "structural_similarity": Metric(
        "stylize.metrics.structural_similarity:StructuralSimilarity",
        {"structural_similarity": float},
        {"structural_similarity": "higher"},
    ),
    "style_distance": Metric(
        "stylize.metrics.style_distance:StyleDistance",
        {"style_distance": float, "style_distance_of_content": float, "style_distance_network": str},
        {"style_distance": "lower"},
    ),
    "colour_distance": Metric(
        "stylize.metrics.colour_distance:ColourDistance",
        {"colour_distance_to_content": float, "colour_distance_to_style": float},
        {"colour_distance_to_content": "lower", "colour_distance_to_style": "lower"},
    ),
}
"""The metrics of every finished image, in the order in which tables have their columns."""


TRAINING_LOSSES = ("pixel_loss", "feature_loss", "adversarial_loss", "discriminator_loss", "smoothness_loss")
"""The losses of a training of the auto-painter, without their weights (`autopaint/objective.py`)."""

PAINTING_COLUMNS = ("pixel_error", "nearest_hint_error", "hint_error", "ink_share")
"""The measures of a coloured sketch (`method: autopainter`), which are computed in `autopaint/painting.py`: the mean
absolute difference from the truth, in 0–1; that of a rule without a network, in which each pixel has the colour of the
nearest hint times the sketch; ΔE of CIELAB from the colours that hints ask for; the share of the sketch that is ink.
"""


def chosen_by_settings() -> dict[str, Mapping[str, Element]]:
    """For each setting that chooses a method by its name, the methods that it may choose."""
    return {
        "architecture": NETWORKS,  # those of plugins
        "content_representation": CONTENT_REPRESENTATIONS,
        "init": INITIAL_IMAGES,
        "optimizer": OPTIMISERS,
        "style_representation": STYLE_REPRESENTATIONS,
    }


def loss_columns() -> list[str]:
    """The columns of final losses: one for each loss, then the total."""
    return [*(loss.column for loss in LOSSES.values()), TOTAL_LOSS]


def by_layer_columns() -> list[str]:
    """The columns of final losses by layer, `<loss>_by_layer`."""
    return [f"{loss.column}_by_layer" for loss in LOSSES.values() if loss.by_layer]


def what_masks_need() -> str:
    """What masks go with, for messages."""
    names = [name for name, one in STYLE_REPRESENTATIONS.items() if one.takes_masks]
    return f"masks need a single style picture and style_representation: {' or '.join(names)}"


def curves() -> list[str]:
    """The losses that are recorded while an image is optimised, by their columns; the total is the last."""
    return [*(loss.column for loss in LOSSES.values() if loss.in_history), TOTAL_LOSS]


def metric_columns() -> dict[str, type[float] | type[str]]:
    """The columns of metrics, with the type of each."""
    return {column: kind for metric in METRICS.values() for column, kind in metric.columns.items()}


def better(column: str) -> Better | None:
    """Which values of a column are better: lower ones for losses; for metrics, as they declare it.

    None for a column that cannot rank.
    """
    if column in (*loss_columns(), "pixel_error", "hint_error"):
        return "lower"
    return next((metric.better[column] for metric in METRICS.values() if column in metric.better), None)
