"""A model of the bytes that a step of a batch holds at its peak, from its settings and the network's plan, without
torch.

`tests/stylize/network/test_step_memory.py` compares it with the tensors that a step really makes. It does not include
workspaces of libraries, gaps between tensors and the network's weights. All images have the same shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from stylize.network.architecture import Architecture, Response, middle_layer
from stylize.registry import STYLE_REPRESENTATIONS
from stylize.settings.optimisation_settings import Settings

FP32, FP64, INT64 = 4, 8, 8

CHUNK = 1 << 26
"""How many similarities are in memory at once, for the whole batch, because all of them would not fit into it
(`style_representations/nearest.py`).
"""


def batch_bytes(
    settings: Settings, architecture: Architecture, height: int, width: int, images: int, itemsize: int, labels: int = 0
) -> float:
    """The most bytes that a batch of `images` images with these `settings` holds at once.

    `settings` have their layers filled in. `itemsize`: bytes of a number in the responses, 4, or 2 in bf16. `labels`:
    the number of labels in the masks, if there are masks.
    """
    shape = height, width
    peak = _peak(settings, architecture, shape, images, itemsize, labels)
    return images * (_always(settings, shape, itemsize) + peak) + _shared(settings, architecture, shape)


def tiled_bytes(
    settings: Settings,
    architecture: Architecture,
    shape: tuple[int, int],
    shown: tuple[int, int],
    images: int,
    itemsize: int,
) -> float:
    """The same for images of this shape (height, width) that are seen in tiles, of which `shown` is the largest."""
    whole = settings.model_copy(update={"checkpointing": "never"})
    peak = _peak(whole, architecture, shown, images, itemsize, 0)
    always = _always(settings, shape, itemsize) + FP32 * 3 * shape[0] * shape[1]  # the gradient that is added up
    return images * (always + peak) + _shared(settings, architecture, shape)


def _always(settings: Settings, shape: tuple[int, int], itemsize: int) -> float:
    """What an image holds all the time."""
    pixels = 3 * shape[0] * shape[1]
    return _state(settings, pixels) + _losses(settings, pixels) + (itemsize + FP32) * pixels


def _shared(settings: Settings, architecture: Architecture, shape: tuple[int, int]) -> float:
    """The targets, which all images of a batch share: content responses to the whole picture, and Gram matrices."""
    deepest = architecture.deepest(settings.active_layers)
    by_name = {name: stage for stage in architecture.responses(deepest, *shape) for name in stage.names}
    content = sum(FP32 * by_name[layer].size for layer, _ in settings.active_content_layers)
    style = [by_name[layer] for layer, _ in settings.active_style_layers]
    if style and STYLE_REPRESENTATIONS[settings.style_representation].searches == "hypercolumns":
        return content + FP32 * (sum(stage.size for stage in style) + 2 * _hypercolumns(style))
    return content + sum(2 * FP32 * stage.channels**2 for stage in style)


def _peak(
    settings: Settings,
    architecture: Architecture,
    shape: tuple[int, int],
    images: int,
    itemsize: int,
    labels: int,
) -> float:
    """What the passes of an image of this shape hold at their fullest moment."""
    stages = architecture.responses(architecture.deepest(settings.active_layers), *shape)
    by_name = {name: stage for stage in stages for name in stage.names}
    style = [by_name[layer] for layer, _ in settings.active_style_layers]
    content = [by_name[layer] for layer, _ in settings.active_content_layers]
    held = _style(settings, style, itemsize, labels, images) if style else _Style()
    held = replace(held, kept=held.kept + sum(FP32 * stage.size for stage in content))
    waiting: dict[tuple[str, ...], int] = {}
    for stage in (*style, *content):
        waiting[stage.names] = waiting.get(stage.names, 0) + itemsize * stage.size
    if settings.checkpointing == "always":
        return max(_peaks_with_checkpoints(stages, waiting, held, itemsize))
    return max(_peaks(stages, waiting, held, itemsize))


def _state(settings: Settings, pixels: int) -> float:
    """The images, the last good ones, and the state of the optimiser."""
    vectors = 2 + 4 + 42 if settings.optimizer == "lbfgs" else 1 + 2  # of one image; L-BFGS has 21 pairs
    return FP32 * pixels * (1 + vectors)


def _losses(settings: Settings, pixels: int) -> float:
    """The numbers that losses keep of the images themselves."""
    found = 0.0
    if settings.tv_weight:
        found += 2 * FP32 * pixels  # differences to both neighbours
    if settings.matting_weight:
        found += 3 * FP32 * pixels  # the image in 0 to 1, its product with the Laplacian, and the padded image
    if settings.laplacian_weight:
        found += FP32 * pixels  # of one number a pixel: the content's brightness, the Laplacian, and its gradient
    if settings.temporal_weight:
        found += 3 * FP32 * pixels
    return found


@dataclass(frozen=True)
class _Style:
    """The numbers that the style loss of an image holds: kept for the backward pass; in addition, for a moment, in the
    forward pass; and in the backward pass, when one layer is left. at_once: whether the gradients of all layers are
    made while everything is still kept.
    """

    kept: float = 0.0
    forward: float = 0.0
    back: float = 0.0
    at_once: bool = False


def _style(settings: Settings, layers: Sequence[Response], itemsize: int, labels: int, images: int) -> _Style:
    searches = STYLE_REPRESENTATIONS[settings.style_representation].searches
    if searches:
        return _patches(settings, layers, images) if searches == "patches" else _neighbours(layers, images, itemsize)
    responses = FP32 * sum(stage.size for stage in layers)
    largest = FP32 * max(stage.size for stage in layers)
    matrices = sum(stage.channels**2 for stage in layers)
    if settings.style_representation == "sliced-wasserstein":
        return _sliced(settings, layers, largest if itemsize < FP32 else 0.0)
    if labels:
        exact = responses if itemsize < FP32 else 0.0  # copies in fp32
        return _Style(labels * (responses + FP32 * matrices) + exact, largest, (labels + 1) * largest)
    if settings.style_representation == "mean-variance":
        return _Style(responses, 2 * largest, 4 * largest)
    if settings.style_representation == "wasserstein":
        return _Style(responses + FP64 * matrices, 2 * largest, 3 * largest + FP64 * matrices)
    return _Style(2 * FP32 * matrices, largest if itemsize < FP32 else 0.0, at_once=True)


def _sliced(settings: Settings, layers: Sequence[Response], exact: float) -> _Style:
    along = [(settings.sliced_directions or stage.channels) * stage.positions for stage in layers]
    most = max(along)
    # Kept are where each number came from and its difference. While a layer is sorted, there are its numbers and the
    # sorted ones besides. On the way back there are first the gradients of sorting, then that by the responses in fp32.
    kept, later, forward = (INT64 + FP32) * sum(along), 0.0, 0.0
    for one in reversed(along):
        forward = max(forward, 2 * FP32 * one - later)
        later += (INT64 + FP32) * one
    back = max((INT64 + 4 * FP32) * most, exact + 2 * FP32 * most)
    return _Style(kept, forward, back)


def _patches(settings: Settings, layers: Sequence[Response], images: int) -> _Style:
    patches = [FP32 * 9 * stage.size / settings.mrf_stride**2 for stage in layers]
    places = max(stage.positions for stage in layers) / settings.mrf_stride**2
    forms = len(settings.mrf_rotations) * len(settings.mrf_scales)
    similarities = min(forms * places * places, CHUNK / images)
    return _Style(sum(patches), max(FP32 * similarities, 3 * max(patches)))


def _neighbours(layers: Sequence[Response], images: int, itemsize: int) -> _Style:
    middle = _middle(layers)
    columns = FP32 * _hypercolumns(layers)
    similarities = FP32 * min(middle.positions**2, CHUNK / images)
    # Responses are resized along rows first, those in bf16 after they became fp32.
    halfway = FP32 * max(stage.channels * middle.height * stage.width for stage in layers)
    exact = FP32 * max(stage.size for stage in layers) if itemsize < FP32 else 0.0
    return _Style(columns, max(2 * columns, columns + similarities), halfway + exact)


def _hypercolumns(layers: Sequence[Response]) -> int:
    """How many numbers they are (`style_representations/nnst.py`)."""
    return _middle(layers).positions * sum(stage.channels for stage in layers)


def _middle(layers: Sequence[Response]) -> Response:
    return layers[middle_layer([stage.positions for stage in layers])]


def _peaks(
    stages: Sequence[Response], waiting: dict[tuple[str, ...], int], style: _Style, itemsize: int
) -> Iterator[float]:
    """The numbers held at the moments of highest use: after the forward pass, and at each stage of the backward pass.

    `waiting`: the gradients by the responses that losses use. All of them exist before the backward pass begins.
    """
    responses = sum(stage.kept for stage in stages) * itemsize
    yield responses + style.kept + style.forward
    left = float(sum(waiting.values()))
    yield responses + (style.kept if style.at_once else style.back) + left
    for place in range(len(stages) - 1, -1, -1):
        stage = stages[place]
        # The gradient by this response with that of the losses, and behind the ReLU; then that by the one before.
        # The deepest response only has the gradient of the losses.
        yield responses + left + itemsize * stage.size * (1 if place == len(stages) - 1 else 2)
        left -= waiting.get(stage.names, 0)
        responses -= itemsize * stage.kept
        before = stages[place - 1].size if place else 0
        yield responses + left + itemsize * (stage.size + before)


def _peaks_with_checkpoints(
    stages: Sequence[Response], waiting: dict[tuple[str, ...], int], style: _Style, itemsize: int
) -> Iterator[float]:
    """The same with checkpointing: the ends of blocks and the responses that losses use are kept, the rest is computed
    again."""
    blocks: list[list[Response]] = [[]]
    for stage in stages:
        if stage.begins_block:
            blocks.append([])
        blocks[-1].append(stage)
    ends = {block[-1].names for block in blocks[:-1] if block}
    kept = sum(itemsize * stage.size for stage in stages if stage.names in waiting or stage.names in ends)
    left = float(sum(waiting.values()))
    yield kept + style.kept + style.forward
    yield kept + (style.kept if style.at_once else style.back) + left
    for block in reversed(blocks):
        if block:
            again = sum(stage.kept for stage in block) + max(stage.size for stage in block)
            yield kept + left + itemsize * again
            kept -= sum(itemsize * stage.size for stage in block if stage.names in waiting or stage.names in ends)
            left -= sum(waiting.get(stage.names, 0) for stage in block)
