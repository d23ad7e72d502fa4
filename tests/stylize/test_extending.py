"""docs/extending.md: its style representation, optimiser and metric are added as it says, and swept over."""

import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from ray import cloudpickle

import results
from orchestrator.cluster.worker import Worker
from stylize import Settings, registry, transfer

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"
EXAMPLE = re.compile(r"<!-- (stylize/\S+)\.py -->\n```python\n(.*?)```", re.DOTALL)
LINE = re.compile(r"The line[^`]*(?:`stylize/registry.py`, in )?`([A-Z_]+)`[^`]*```python\n(.*?),\n```", re.DOTALL)


def write_examples(folder):
    """The files of the page, below a folder; gives their modules."""
    modules = []
    for name, code in EXAMPLE.findall(PAGE.read_text(encoding="utf-8")):
        file = folder / f"{name}.py"
        file.parent.mkdir(parents=True)
        file.write_text(code, encoding="utf-8")
        modules.append(name.replace("/", "."))
    return modules


def add(folder, modules):
    """Add the examples as if they were in this package; gives what takes them out again."""
    added = []
    for module in modules:
        package = importlib.import_module(module.rpartition(".")[0])
        package.__path__.append(str(folder / package.__name__.replace(".", "/")))
        added.append((package.__path__, package.__path__[-1]))
    names = {name: getattr(registry, name) for name in ("Metric", "Optimiser", "StyleRepresentation")}
    for name, line in LINE.findall(PAGE.read_text(encoding="utf-8")):
        for key, element in eval(f"{{{line}}}", names).items():
            entries = getattr(registry, name)
            assert key not in entries
            entries[key] = element
            added.append((entries, key))

    def take_out():
        for where, what in added:
            where.remove(what) if isinstance(where, list) else where.pop(what)
        for module in modules:
            sys.modules.pop(module, None)

    return take_out


@pytest.fixture
def extended(tmp_path_factory):
    """The folder and the modules of the examples, which are in the registry."""
    folder = tmp_path_factory.mktemp("extending")
    modules = write_examples(folder)
    assert [module.rpartition(".")[2] for module in modules] == ["peaks", "signs", "contrast"]
    take_out = add(folder, modules)
    yield folder, modules
    take_out()


@pytest.mark.usefixtures("extended")
def test_what_was_added_can_be_chosen_and_is_what_it_says(network, pictures):
    content, style = pictures
    layers = ["conv1", "fire2"]
    common = {"content_layers": [], "style_layers": layers, "ratio": 0, "iterations": 60, "precision": "fp32"}
    settings = Settings(style_representation="peaks", optimizer="signs", learning_rate=2.0, **common)
    result = transfer(content, style, settings, network)
    with torch.no_grad():
        of_image, of_style = (network(one[None].float(), layers) for one in (result.image, style))
    for layer in layers:
        image, painting = (one[layer][0].double().flatten(1).amax(1) for one in (of_image, of_style))
        assert result.style_loss_by_layer[layer] == pytest.approx((image - painting).square().mean().item(), rel=1e-4)
    assert result.total_loss < result.history.total_loss[0] / 2
    with pytest.raises(ValueError, match=" or 'peaks'"):
        Settings(style_representation="peak")


def test_without_it_nobody_knows_it():
    with pytest.raises(ValueError, match="Input should be 'adam' or 'lbfgs'"):
        Settings(optimizer="signs")


def a_worker(folder, modules):
    class Extended(Worker):
        """Knows the examples, as every process of somebody does who has added them."""

        def __init__(self, *arguments):
            super().__init__(*arguments)
            add(folder, modules)

    return Extended


@pytest.mark.usefixtures("own_workers")
def test_they_are_swept_over(extended, small_grid, sweep, monkeypatch, request):
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    request.addfinalizer(lambda: cloudpickle.unregister_pickle_by_value(sys.modules[__name__]))
    home = sys.modules.get("orchestrator.cluster.crew") or importlib.import_module("orchestrator.cluster.session")
    monkeypatch.setattr(home, "Worker", a_worker(*extended))
    grid = small_grid.read_text().replace("ratio: [1e-3, 1e-2]", "optimizer: [adam, signs]")
    grid = grid.replace("shallow: [conv1]\n    deep: [conv1, fire2]", "").replace("style_layers:\n", "")
    grid = re.sub(r"axes:\n\s*", "axes:\n  style_representation: [gram, peaks]\n  ", grid)
    small_grid.write_text(re.sub(r"sheet: .*", "sheet: {rows: style_representation, columns: optimizer}", grid))
    ran = sweep(small_grid)
    assert ran.exit_code == 0, ran.stderr
    trials = results.load("runs/small")
    assert sorted(zip(trials["style_representation"], trials["optimizer"], strict=True)) == [
        ("gram", "adam"), ("gram", "signs"), ("peaks", "adam"), ("peaks", "signs")
    ]  # fmt: skip
    assert trials["pixels_sha256"].nunique() == 4
    for _, trial in trials.iterrows():
        pixels = np.asarray(results.image(trial), dtype=np.float64)
        luminance = pixels @ [0.299, 0.587, 0.114]
        assert trial["contrast"] == pytest.approx(luminance.std(), rel=1e-6)
    assert "contrast" in Path("runs/small/gallery/data.js").read_text()
    figure = results.effects_figure(trials, "style_distance")
    panels = {panel.get_title(loc="left"): panel for panel in figure.axes}
    assert [label.get_text() for label in panels["style representation"].get_xticklabels()] == ["gram", "peaks"]
    assert [label.get_text() for label in panels["optimizer"].get_xticklabels()] == ["adam", "signs"]
