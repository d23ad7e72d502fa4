"""One style transfer in this process: no grid, no run, no Ray."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.errors import UsageError

if TYPE_CHECKING:
    from PIL import Image

_NEEDS_A_SWEEP = ("style_blend", "content_mask", "style_mask", "init_image", "frame", "clip_frames")
"""Settings that name further pictures."""


def transfer(
    content: str | Path,
    style: str | Path,
    *,
    offline: bool = False,
    pictures: Path | None = None,
    weights_folder: Path | None = None,
    **settings: Any,
) -> Image.Image:
    """The content picture in the style of another one.

    `content` and `style` are files, addresses, or names of bundled pictures. `settings` are those of a grid, such as
    `size=448`, `ratio=1e-3`, `iterations=300` (`sweep schema` lists them). `offline`: no network; stand-ins take the
    place of what is missing, and a warning names them. `pictures`, `weights_folder`: folders to look in first.

    Raises UsageError for a setting that needs a sweep, GridError for a wrong one, and what pictures, weights and
    `stylize.transfer` raise. `stylize.transfer` is the same with tensors.
    """
    import warnings

    import numpy as np
    import torch
    from PIL import Image

    from downloads import Access
    from orchestrator.grid.reader import grid_of
    from orchestrator.plan.inputs import Inputs, Sources
    from orchestrator.plan.plan import Selection, make_plan
    from pictures import resize
    from style_sweep.grid_file import grid_text
    from stylize import PREPROCESSING, Network, Settings, architecture_named
    from stylize import transfer as transfer_tensors

    if further := [name for name in _NEEDS_A_SWEEP if settings.get(name)]:
        raise UsageError(f"{further[0]} names further pictures; use a Sweep for it")
    text = grid_text("transfer", {"content": content, "style": style, **settings}, {}, {})
    grid = grid_of(text, Path("transfer.yaml"))
    access = Access(offline=offline, fetch=True)
    inputs = Inputs(Sources(base=Path.cwd(), pictures=pictures, weights=weights_folder, access=access))
    [trial] = make_plan(grid, inputs, {}, Selection()).trials.values()
    if trial.paints:
        raise UsageError("method: autopainter colours sketches in a Sweep; transfer makes style transfers")
    for stand_in in trial.setup.stand_ins:
        warnings.warn(f"stand-in: {stand_in}", stacklevel=2)
    given = trial.settings
    weights = inputs.network_weights(given)
    architecture = architecture_named(trial.architecture)
    parameters, preprocessing = weights.load(architecture.parameter_shapes(), architecture.random_parameters)
    network = Network(architecture, parameters, PREPROCESSING[preprocessing], given.pooling, given.padding)
    network = network.to("cuda" if torch.cuda.is_available() else "cpu")

    def tensor(reference: str, size: int | tuple[int, int]) -> torch.Tensor:
        return torch.from_numpy(np.array(resize(inputs.picture(reference).image(), size))).permute(2, 0, 1).float()

    own = Settings.model_construct(**{name: getattr(given, name) for name in Settings.model_fields})
    of_content = tensor(trial.content, given.size) if trial.content else None
    of_style = tensor(trial.style, given.style_size) if trial.style else None
    result = transfer_tensors(of_content, of_style, own, network)
    if result.failed_at is not None:
        warnings.warn(f"the loss was not finite at step {result.failed_at}; this is the last good image", stacklevel=2)
    return Image.fromarray(result.pixels().numpy())
