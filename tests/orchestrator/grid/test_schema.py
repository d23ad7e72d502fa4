"""The JSON schema of grids: what editors check while one types has to agree with what the program reads."""

import contextlib
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import grids
from orchestrator.errors import GridError
from orchestrator.grid.reader import load_grid
from orchestrator.grid.schema import grid_schema
from orchestrator.grid.values import check_value
from orchestrator.grid.yaml12 import parse
from stylize.settings import SETTING_NAMES

FOLDER = Path(grids.__file__).parent
BUNDLED = sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem != "pictures")


@pytest.fixture(scope="module")
def validator():
    schema = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_schema_beside_the_grids_is_the_one_that_is_printed(sweep):
    """After a change of settings: sweep schema > grids/schema.json."""
    assert (FOLDER / "schema.json").read_text(encoding="utf-8") == sweep("schema").stdout


def test_every_setting_is_described_as_setting_and_as_axis():
    schema = grid_schema()
    entries = schema["properties"]
    for block in ("settings", "axes"):
        assert list(entries[block]["properties"]) == list(SETTING_NAMES)
    assert all(len(entries["axes"]["properties"][name]["description"]) > 10 for name in SETTING_NAMES)
    for name in SETTING_NAMES:
        assert entries["settings"]["properties"][name] == {"$ref": f"#/$defs/{name}"}
        assert len(schema["$defs"][name]["description"]) > 10


@pytest.mark.parametrize("name", BUNDLED)
def test_every_bundled_grid_is_valid_and_tells_editors_of_the_schema(name, validator):
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    validator.validate(parse(text, name).data)


GOOD = {
    "nothing": "{}",
    "numbers": "settings: {iterations: 1e3, ratio: 1, size: 448.0, seed: 9223372036854775807, tv_weight: 0}",
    "size": "settings: {size: [40, 30]}",
    "layers": "settings: {content_layers: [], style_layers: {conv1_1: 0.5}, weights: null}",
    "ratio": "settings: {ratio: .inf}",
    "labels": "axes: {ratio: {none: 0, all: .inf}, style_layers: {first: [conv1_1], second: {conv2_1: 2}}}",
    "spaced": "axes: {ratio: {logspace: [1e-4, 1e-2, 3]}, seed: {linspace: [0, 9, 10]}}",
    "zip": "axes: {seed: [1], ratio: [1]}\nzip: [[seed, ratio]]",
    "points": "axes: {seed: [1]}\nexclude: [{seed: 1}]\ninclude: [{seed: 2, pooling: max}]",
    "sheet": "axes: {seed: [1], ratio: [1]}\nsheet: {rows: [seed, ratio], columns: []}",
}

BAD = {
    "a list": "[]",
    "entry": "setings: {}",
    "title": "title: 5",
    "setting": "settings: {raito: 1}",
    "text for a number": "settings: {iterations: '5'}",
    "truth for a number": "settings: {seed: true}",
    "fraction": "settings: {iterations: 1.5}",
    "below": "settings: {iterations: 0}",
    "above": "settings: {iterations: 1000001}",
    "not above": "settings: {learning_rate: 0}",
    "negative": "settings: {ratio: -1}",
    "choice": "settings: {pooling: maximum}",
    "size": "settings: {size: 20000}",
    "three edges": "settings: {size: [1, 2, 3]}",
    "layer": "settings: {style_layers: conv1_1}",
    "layers": "settings: {style_layers: [1]}",
    "layer's weight": "settings: {style_layers: {conv1_1: 0}}",
    "no name": "settings: {content: ''}",
    "null": "settings: {iterations: null}",
    "single value": "axes: {seed: 1}",
    "empty axis": "axes: {seed: []}",
    "empty labels": "axes: {seed: {}}",
    "axis value": "axes: {seed: [1, x]}",
    "labelled value": "axes: {seed: {a: x}}",
    "short": "axes: {ratio: {logspace: [1, 2]}}",
    "one value": "axes: {ratio: {logspace: [1, 2, 1]}}",
    "fractional count": "axes: {ratio: {linspace: [1, 2, 2.5]}}",
    "zip of one": "axes: {seed: [1]}\nzip: [[seed]]",
    "zip": "axes: {seed: [1]}\nzip: [seed]",
    "point": "axes: {seed: [1]}\nexclude: [seed]",
    "no point": "include: [{}]",
    "point's name": "include: [{sed: 1}]",
    "sheet": "sheet: {row: seed}",
    "sheet's axis": "axes: {seed: [1]}\nsheet: {rows: sed}",
}


@pytest.mark.parametrize("name", GOOD)
def test_what_the_schema_accepts_is_read(name, validator, tmp_path):
    path = tmp_path / "g.yaml"
    path.write_text(GOOD[name])
    validator.validate(parse(GOOD[name], "").data)
    load_grid(path)


@pytest.mark.parametrize("name", BAD)
def test_what_the_schema_refuses_is_refused_when_read(name, validator, tmp_path):
    path = tmp_path / "g.yaml"
    path.write_text(BAD[name])
    assert not validator.is_valid(parse(BAD[name], "").data)
    with pytest.raises(GridError):
        load_grid(path)


VALUES = [None, True, False, 0, 1, -1, 0.5, 1e3, 448, 16_385, 1e300, 2**63, [], {}, ["conv1_1"], ["a", 1], [[1, 2]]]
VALUES += [{"conv1_1": 2}, {"a": 0}, {"a": "b"}, [40, 30], [40.0, 30.0], [40], [0, 30], "", "a.png", "448"]
VALUES += [
    "max",
    "none",
    "vgg19",
    "noise",
    "adam",
    "bf16",
    "always",
    "torchvision",
    "gram",
    "responses",
    "style",
    "zero",
    "own",
    "transfer",
    "xdog",
    "painted",
    "hinge",
    [0.5, 0.9],
    {"a": 0.5},
]


@pytest.mark.parametrize("setting", SETTING_NAMES)
def test_editors_mark_exactly_the_values_that_are_refused(setting, validator):
    def readable(value):
        with contextlib.suppress(GridError):
            check_value(setting, value)
            return True
        return False

    assert {readable(value) for value in VALUES} == {True, False}
    for value in VALUES:
        for grid in (
            {"settings": {setting: value}},
            {"axes": {setting: [value]}},
            {"axes": {setting: {"label": value}}},
        ):
            assert validator.is_valid(grid) == readable(value), grid
