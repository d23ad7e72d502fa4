"""Rendering: trials of a run once more, larger, each from its own image. What comes of it is a run of its own.

The rendered run has a grid file like any other, which this module writes: its one axis has the chosen trials, with all
settings in which they differ. So resuming, verifying, tables and sheets are those of every run. How the work is done is
told in `sweep`.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from downloads import Access, Watch
from orchestrator.errors import UsageError
from orchestrator.grid.reader import grid_of
from orchestrator.plan.inputs import OF_TRIAL, Inputs, Sources
from orchestrator.plan.trial import Trial
from orchestrator.plan.trials import make_trials
from orchestrator.request import Request
from orchestrator.sweep import load_plugins
from pictures.find import is_path
from results import Run
from results.export import image_names
from results.file_name import file_name
from results.run.storage import GENERATORS
from stylize.registry import CONTENT_REPRESENTATIONS, STYLE_REPRESENTATIONS
from stylize.settings import ABOUT, DEFAULTS, PICTURES, SETTING_NAMES, TrialSettings
from stylize.settings.painting_settings import EMBEDDED
from stylize.settings.types import PrintFile

FINER = 2
"""From one size of the image to the next, coarse to fine."""

_WRITTEN_BY_US = "# Written by `sweep render`"


@dataclass(frozen=True)
class Rendering:
    """How trials are rendered.

    size: pixels of the long edge. style_scale: whether the style pictures grow with the image, so that strokes keep
    their share of it, or keep their pixels, so that strokes become finer. detail: steps that refine the enlarged image
    at full size; None: all steps of the trial, from coarse to fine. print_file: as the setting of this name.
    """

    size: int
    style_scale: Literal["grow", "keep"] = "grow"
    detail: int | None = None
    print_file: PrintFile = "none"


def render_request(run: Run, trials: pd.DataFrame, how: Rendering, out: str | None, watch: Watch | None) -> Request:
    """The request that renders trials of a run (rows of `results.load`), and its grid file, which is written here.

    The request has everything of that by which the run was made but the trials. `out` is the folder of the rendered
    run; None: the run's own name with the size. Raises UsageError, and what finding plugins, pictures and weights
    raises.
    """
    metadata = run.metadata()
    record, text = metadata.get("request"), metadata.get("grid_file")
    if not record or not text:
        raise UsageError(f"{run.location} was written by a version that did not keep how it was asked for")
    asked = Request.from_record(record)
    done = trials[(trials["status"] == "done") & trials["image_path"].notna()].drop_duplicates("trial_id")
    if done.empty:
        raise UsageError("none of these trials has an image to start from")
    if "frame" in done and done["frame"].notna().any():
        raise UsageError("frames of clips are not rendered one by one; run the clip again with another size")
    found, inputs = _trials_of(run, asked, text, watch)
    if lost := [id for id in done["trial_id"] if id not in found]:
        raise UsageError(
            f"{len(lost)} of these trials, such as {lost[0]}, are none that the grid of {run.location} gives now: "
            "pictures, weights or plugins changed"
        )
    edges = [max(width, height) for width, height in zip(done["width"], done["height"], strict=True)]
    settings = [
        _rendered(found[id], int(edge), how, inputs, f"{OF_TRIAL}{run.url}/{id}")
        for id, edge in zip(done["trial_id"], edges, strict=True)
    ]
    labels = [name.removesuffix(".png") for name in image_names(done)]
    name = file_name(f"{metadata['grid']['name']}-{how.size}")
    target = Run(out or f"{run.location.rstrip('/')}-{how.size}")
    if target.url == run.url:
        raise UsageError(f"{target.location} is the run itself; choose another folder with --out")
    path = Path(target.url) / f"{name}.yaml" if target.is_local else Path.cwd() / f"{name}.yaml"
    title = f"{metadata['grid']['title']}, rendered at {how.size} pixels"
    _write(path, _grid_text(title, f"From trials of {run.url}", labels, settings))
    return replace(asked, grid=path, out=target.location, set=(), however_many=True)


@contextlib.contextmanager
def nothing_left(request: Request) -> Iterator[None]:
    """Remove the grid file of a request again where what follows raises before a run is there."""
    try:
        yield
    except Exception:
        if not Run(request.out or "").exists():
            request.grid.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                request.grid.parent.rmdir()  # if it is empty
        raise


def _trials_of(run: Run, asked: Request, text: str, watch: Watch | None) -> tuple[dict[str, Trial], Inputs]:
    """The trials of the grid as the run keeps it, by their ids."""
    load_plugins(asked)
    overrides = (*asked.set, "precision=fp32") if asked.exact else asked.set
    grid = grid_of(text, asked.grid, overrides)
    access = Access(offline=asked.offline, fetch=True, untrusted=asked.untrusted, watch=watch)
    inputs = Inputs(Sources(grid.base, asked.pictures, asked.weights, access, run=run))
    return {trial.id: trial for _, trial in make_trials(grid, inputs)}, inputs


def _rendered(trial: Trial, edge: int, how: Rendering, inputs: Inputs, start: str) -> TrialSettings:
    """The settings of a trial, whose image has this long edge, at the size that it is rendered at."""
    before = trial.settings
    growth = how.size / edge
    size: int | tuple[int, int] = how.size
    if isinstance(before.size, tuple):
        size = round(before.size[0] * growth), round(before.size[1] * growth)
    if before.paints:
        return _painted(trial, size, inputs, start)
    changes: dict[str, Any] = {"size": size, "init": "image", "init_image": start, "frames_every": 0}
    changes |= {"print_file": how.print_file, "keep_state": False}
    changes["pyramid"] = () if how.detail else _sizes_between(edge, how.size)
    if how.detail:
        changes["iterations"] = how.detail
    changes |= _balance(before, growth)
    if before.laplacian_weight:
        changes["laplacian_blur"] = before.laplacian_blur * growth  # so that the same edges are compared
    if how.style_scale == "keep":
        if trial.content is None:
            raise UsageError(
                f"trial {trial.id} has the size of its style picture, as it has no content; "
                "--style-scale keep cannot enlarge it"
            )
        changes["style_scale"] = before.style_scale / growth
        if changes["style_scale"] < 0.05:
            raise UsageError(
                f"--style-scale keep would make the style pictures {1 / changes['style_scale']:.0f} times smaller than "
                "the image, and 20 times is the most; use grow"
            )
    named = {name: getattr(before, name) for name in PICTURES if name not in changes}
    changes |= {name: _absolute(reference, inputs) for name, reference in named.items() if reference}
    changes["style_blend"] = tuple(one._replace(picture=_absolute(one.picture, inputs)) for one in before.style_blend)
    weights = inputs.network_weights(before)
    if before.weights and weights.file and before.weights.endswith((".safetensors", ".pth", ".pt")):
        changes["weights"] = str(weights.file.resolve())
    return before.model_copy(update=changes)


def _painted(trial: Trial, size: int | tuple[int, int], inputs: Inputs, start: str) -> TrialSettings:
    """The settings of a coloured sketch at another size. `start` only names the trial: nothing starts from an image."""
    before = trial.settings
    changes: dict[str, Any] = {name: DEFAULTS[name] for name in ("architecture", "content_layers", "style_layers")}
    changes |= {"size": size, "init_image": start}
    for name in ("content", "hints"):
        if reference := getattr(before, name):
            changes[name] = _absolute(reference, inputs)
    if before.trains:
        run = inputs.sources.run
        assert run is not None
        changes["generator"] = run.full_path(f"{GENERATORS}/{trial.weights_sha256}.safetensors")
    elif file := inputs.network_weights(before).file:
        changes["generator"] = before.generator if before.generator == EMBEDDED else str(file.resolve())
    return before.model_copy(update=changes)


def _balance(before: TrialSettings, growth: float) -> dict[str, float]:
    """The weights with which losses keep their shares in the total where an image has edges `growth` times as long.

    The content loss, the total variation and the matting loss are sums over positions, and the style loss is not: at
    2048 pixels the content of an image of 160 pixels would weigh 164 times as much, and the result would look like the
    photograph. Patches (`mrf`) are summed over positions, too. The content loss of a plugin may be no such sum. The
    Laplacian loss is a mean: where all others grow, its weight does.
    """
    guided = {"laplacian_weight": before.laplacian_weight * growth**2} if before.laplacian_weight else {}
    if not before.uses_style or STYLE_REPRESENTATIONS[before.style_representation].sums_over_positions:
        return guided
    fewer = 1 / growth**2
    if before.uses_content and CONTENT_REPRESENTATIONS[before.content_representation].sums_over_positions:
        return {"ratio": before.ratio * fewer} | guided
    return {name: getattr(before, name) * fewer for name in ("tv_weight", "matting_weight")}


def _sizes_between(edge: int, size: int) -> tuple[int, ...]:
    """Long edges on the way from an image's own size to the one it is rendered at, each at most `FINER` times that
    before: of 160 to 2048 they are 320, 640 and 1280.
    """
    count = max(0, math.ceil(math.log(size / edge, FINER)) - 1)
    return tuple(edge * FINER**number for number in range(1, count + 1))


def _absolute(reference: str, inputs: Inputs) -> str:
    """The reference of a picture for a grid file in another folder."""
    if reference.startswith(OF_TRIAL):
        run, trial = inputs.run_of(reference)
        return f"{OF_TRIAL}{run.url}/{trial}"
    return inputs.picture(reference).origin if is_path(reference) else reference


def _grid_text(title: str, description: str, labels: Sequence[str], settings: Sequence[TrialSettings]) -> str:
    """A grid file whose points are these settings: an axis of the images that they start from, labelled, with all
    other settings in which they differ beside it.
    """
    given = [{name: getattr(one, name) for name in SETTING_NAMES} for one in settings]
    differing = [name for name in SETTING_NAMES if any(one[name] != given[0][name] for one in given)]
    fixed = {
        name: value
        for name, value in given[0].items()
        if name not in differing and name != "init_image" and value != DEFAULTS[name]
    }
    beside = [name for name in differing if name != "init_image"]
    lines = [f"{_WRITTEN_BY_US}, which writes it again.", f"title: {_yaml(title)}"]
    lines += [f"description: {_yaml(description)}", "settings:"]
    lines += [f"  {name}: {_yaml(_plain(name, value))}" for name, value in fixed.items()]
    lines += ["axes:", "  init_image:"]
    lines += [f"    {_yaml(label)}: {_yaml(one['init_image'])}" for label, one in zip(labels, given, strict=True)]
    for name in beside:
        lines += [f"  {name}:", *(f"    - {_yaml(_plain(name, one[name]))}" for one in given)]
    if beside:
        lines.append(f"zip: [[{', '.join(['init_image', *beside])}]]")
    return "\n".join([*lines, "sheet: {columns: init_image}", ""])


def _plain(name: str, value: Any) -> Any:
    """A setting's value as a grid file gives it."""
    if ABOUT[name].weights and value is not None:  # no layers are a list, and no pictures a mapping
        return dict(value) if value or name == "style_blend" else []
    return list(value) if isinstance(value, tuple) else value


def _yaml(value: Any) -> str:
    """A value as YAML: as JSON, which is YAML too, but for infinity."""
    if isinstance(value, float) and math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_yaml(key)}: {_yaml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _write(path: Path, text: str) -> None:
    """Put a grid file in its place. Raises UsageError where a file of somebody else is there, or where it cannot be
    written.
    """
    try:
        if path.exists() and not path.read_text(encoding="utf-8").startswith(_WRITTEN_BY_US):
            raise UsageError(f"{path} is there already and was not written by `sweep render`; choose another --out")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
