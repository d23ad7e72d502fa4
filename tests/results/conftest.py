"""Runs as a sweep leaves them, written through the package's own functions but without a sweep."""

import datetime
import hashlib
import io

import pyarrow as pa
import pytest
from PIL import Image

from results import Run
from results.run.rows import commit, write_plan

SETTINGS = pa.schema(
    [
        ("content", pa.string()),
        ("style", pa.string()),
        ("architecture", pa.string()),
        ("weights", pa.string()),
        ("style_layers", pa.list_(pa.string())),
        ("style_layer_weights", pa.list_(pa.float64())),
        ("ratio", pa.float64()),
        ("iterations", pa.int64()),
        ("frame", pa.int64()),
    ]
)
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def png(colour, size=(32, 24)):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def webp(colour, size=(32, 24)):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()


def trial_id(number):
    return hashlib.sha256(str(number).encode()).hexdigest()[:20]


def settings(**changes):
    usual = {
        "content": "cat",
        "style": "strokes",
        "architecture": "vgg16",
        "weights": "random",
        "style_layers": ["conv1_1", "conv2_1"],
        "ratio": 1e-3,
        "iterations": 100,
    }
    usual |= changes
    return {"style_layer_weights": [1.0] * len(usual["style_layers"])} | usual


class MadeRun:
    """A run under construction: `add` a trial for each point, then `write` it."""

    def __init__(self, location, name="fake"):
        self.run = Run(location)
        self.name = name
        self.plan = []
        self.labels = []

    def add(self, number, colour=None, *, kept=None, steps=100, outcome=None, **changes):
        """A trial; without a colour it was not run yet. `kept`: colours of frames by their steps. `outcome`: other
        columns of its row.
        """
        usual = {"status": "done", "size": (32, 24), "labels": None, "error": None}
        status, size, labels, error = (changes.pop(name, value) for name, value in usual.items())
        one = {"trial_id": trial_id(number)} | settings(**changes)
        self.plan.append(one | {f"{axis}_label": label for axis, label in (labels or {}).items()})
        self.labels += [axis for axis in labels or () if axis not in self.labels]
        if colour is None and status == "done":
            return self
        for picture in ("content", "style"):
            sha256 = hashlib.sha256(one[picture].encode()).hexdigest()
            self.run.write(Run.reference_path(sha256), png("grey"))
            one[f"{picture}_sha256"] = sha256
        one |= {"status": status, "error": error, "width": size[0], "height": size[1], "weights_sha256": "ab" * 32}
        one |= {"committed_at": NOW, "content_loss": 10.0 * number, "style_loss": 2.0, "total_loss": 10.0 * number + 2}
        one["style_loss_by_layer"] = [(layer, 0.5) for layer in one["style_layers"]]
        one["history_step"], one["history_total_loss"] = [0, 5], [9.0 + number, 1.0 + number]
        for term in ("content_loss", "style_loss", "total_variation"):
            one[f"history_{term}"] = [0.0, 0.5]
        one |= {"steps": steps} | (outcome or {})
        if kept is not None:
            one["kept_by"], one["kept_steps"] = one["trial_id"], list(kept)
            for step, frame in kept.items():
                self.run.write(Run.snapshot_path(one["trial_id"], step), webp(frame, size))
        if colour is not None:
            one["image_path"] = Run.image_path(one["trial_id"])
            self.run.write(one["image_path"], png(colour, size))
        commit(self.run, SETTINGS, trial_id(f"batch {number}")[:16], f"a{len(self.plan):04}", [one])
        return self

    def write(self, axes=(), sheet=None, title="A title", description="What to look for.", order=None):
        """`order` has the values of axes in the grid's order, for those that have one."""
        grid = {"name": self.name, "title": title, "description": description, "sheet": sheet}
        self.run.write_metadata({"grid": grid | {"axes": [{"settings": list(axis)} for axis in axes]}})
        columns = [(f"{axis}_label", pa.string()) for axis in self.labels]
        for axis, values in (order or {}).items():
            columns.append((f"{axis}_order", pa.int32()))
            for one in self.plan:
                one[f"{axis}_order"] = list(values).index(one[axis])
        schema = pa.schema([("trial_id", pa.string()), *SETTINGS, *columns])
        write_plan(self.run, pa.Table.from_pylist(self.plan, schema=schema))
        return self.run


@pytest.fixture
def made_run(tmp_path):
    """Makes runs below a temporary folder whose name is unkind."""

    def make(name="fake"):
        return MadeRun(tmp_path / 'a folder\'s "name"' / name, name)

    return make


@pytest.fixture(scope="session")
def made_run_in():
    """Makes a run in a given folder: for property tests, which need a new one for each example."""
    return MadeRun
