"""Runs of any shape without a sweep, and what looks at their galleries."""

import datetime
import hashlib
import io
import itertools
import os
import threading
import time
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from results import Run
from results.gallery.serve import Server
from results.gallery.write import write_gallery
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
        ("seed", pa.int64()),
        ("learning_rate", pa.float64()),
    ]
)
USUAL = {
    "content": "cat",
    "style": "strokes",
    "architecture": "vgg16",
    "weights": "original",
    "style_layers": ["conv1_1", "conv2_1"],
    "style_layer_weights": [1.0, 1.0],
    "ratio": 1e-3,
    "seed": 0,
    "learning_rate": 8.0,
}
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
PICTURES = 20
"""Different images; further trials share them."""


def trial_id(point):
    return hashlib.sha256(repr(point).encode()).hexdigest()[:20]


def picture(number, size):
    """A gradient that differs in every picture, and is seen to move when it is zoomed."""
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    bands = [rows * 255 // size[1], columns * 255 // size[0], np.full_like(rows, number * 12 % 256)]
    return Image.fromarray(np.stack(bands, axis=2).astype(np.uint8))


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


class MakeRun:
    """A run with every combination of `axes`, which map settings to values; a tuple of settings moves together.

    `failed` maps points (numbers in the grid's order) to reasons; those of `last_good` have an image all the same;
    `missing` were not run, `excluded` are no points. `metrics` are columns of every done trial, by its number. At the
    steps `kept` all have snapshots, the last image is at step 20.
    """

    def __init__(
        self, location, axes, *, size=(48, 36), failed=None, last_good=(), missing=(), excluded=(), labels=None,
        sheet=None, metrics=None, kept=(),
    ):  # fmt: skip
        self.run = Run(location)
        self.axes = {one if isinstance(one, tuple) else (one,): values for one, values in axes.items()}
        self.size, self.failed, self.labels = size, failed or {}, labels or {}
        self.last_good, self.metrics, self.kept = last_good, metrics or {}, kept
        self.title = "A title"
        self.pictures = [png(picture(number, size)) for number in range(PICTURES)]
        self.hashes = [
            hashlib.sha256(np.asarray(picture(number, size)).tobytes()).hexdigest() for number in range(PICTURES)
        ]
        every = itertools.product(*(range(len(values)) for values in self.axes.values()))
        self.points = [(number, codes) for number, codes in enumerate(every) if number not in excluded]
        groups = [{"settings": list(group)} for group in self.axes]
        grid = {"name": "made", "title": self.title, "description": "What to look for.", "axes": groups, "sheet": sheet}
        self.run.write_metadata({"grid": grid})
        self.write_plan()
        self.add(number for number, _ in self.points if number not in missing)

    def settings(self, codes):
        row = dict(USUAL)
        for (group, values), code in zip(self.axes.items(), codes, strict=True):
            value = values[code] if len(group) > 1 else (values[code],)
            for name, one in zip(group, value, strict=True):
                row[name] = one
                row[f"{name}_order"] = code
                if name in self.labels:
                    row[f"{name}_label"] = self.labels[name][code]
        row["style_layer_weights"] = [1.0] * len(row["style_layers"])
        return row | {"trial_id": trial_id(codes)}

    def write_plan(self):
        names = [name for group in self.axes for name in group]
        extra = [(f"{name}_order", pa.int32()) for name in names] + [(f"{n}_label", pa.string()) for n in self.labels]
        schema = pa.schema([("trial_id", pa.string()), *SETTINGS, *extra])
        write_plan(self.run, pa.Table.from_pylist([self.settings(codes) for _, codes in self.points], schema=schema))

    def add(self, numbers):
        """Commit these points, with images that are written without the care a sweep takes: it would take minutes."""
        codes = dict(self.points)
        rows = []
        for number in numbers:
            row = {name: value for name, value in self.settings(codes[number]).items() if name in SETTINGS.names}
            row |= {
                "trial_id": trial_id(codes[number]),
                "committed_at": NOW,
                "stand_ins": "",
                "weights_sha256": "ab" * 32,
            }
            row |= {"width": self.size[0], "height": self.size[1], "device": "CPU", "seconds": 0.25}
            for name in ("content", "style"):
                sha256 = hashlib.sha256(row[name].encode()).hexdigest()
                row[f"{name}_sha256"] = sha256
                if not self.run.exists(Run.reference_path(sha256)):
                    self.run.write(Run.reference_path(sha256), png(picture(len(row[name]), (40, 30))))
            if number in self.failed:
                row |= {"status": "failed", "error": self.failed[number]}
                if number not in self.last_good:
                    rows.append(row)
                    continue
            total = 1000.0 / (1 + number % 37)
            row = {"status": "done", **row, "total_loss": total, "content_loss": total / 2, "style_loss": total / 3}
            if self.kept:
                row |= {"kept_steps": list(self.kept), "kept_by": row["trial_id"], "steps": 20}
                for step in self.kept:
                    buffer = io.BytesIO()
                    picture(step, self.size).save(buffer, "WEBP", lossless=True)
                    self.run.write(Run.snapshot_path(row["trial_id"], step), buffer.getvalue())
            row |= {name: metric(number) for name, metric in self.metrics.items()}
            row |= {"history_step": [0, 10, 20], "history_total_loss": [9 * total, 3 * total, total]}
            for term, share in (("content_loss", 0.5), ("style_loss", 0.3), ("total_variation", 0.0)):
                row[f"history_{term}"] = [share * loss for loss in row["history_total_loss"]]
            which = number % PICTURES
            row |= {"image_path": Run.image_path(row["trial_id"]), "pixels_sha256": self.hashes[which]}
            path = self.run.full_path(row["image_path"])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(self.pictures[which])
            rows.append(row)
        if rows:
            first = rows[0]["trial_id"]
            commit(self.run, SETTINGS, first[:16], f"a{len(rows):05}", rows)


@pytest.fixture(scope="session")
def make_run_in():
    """Makes a run in a given folder."""
    return MakeRun


@pytest.fixture
def make_run(tmp_path):
    """Makes runs below a folder whose name is unkind to addresses."""

    def make(axes, **options):
        return MakeRun(tmp_path / 'a folder\'s #1 100% "name"', axes, **options)

    return make


class Looker:
    """Opens galleries. What any page logs as an error, or asks of another place, fails the test at its end."""

    def __init__(self, browser, scheme):
        self.browser, self.scheme = browser, scheme
        self.contexts, self.servers, self.complaints = [], [], []
        self.expected = None  # part of a complaint that a test provokes

    def address(self, run, shown):
        if self.scheme == "file":
            return f"file://{quote(run.full_path('gallery/index.html'))}"
        server = Server(run, shown=shown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.servers.append(server)
        return server.url

    def __call__(self, run, view="", *, write=True, shown=(), **options):
        if write:
            write_gallery(run)
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = self.browser.new_context(**options)
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on(
            "console", lambda message: message.type in ("error", "warning") and self.complaints.append(message.text)
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        address = self.address(run, shown)
        start = "file://" if self.scheme == "file" else address.removesuffix("gallery/")
        page.on("request", lambda request: request.url.startswith(start) or self.complaints.append(request.url))
        page.goto(f"{address}{view}")
        _until(page, "Boolean(window.gallery && gallery.layout)")
        _settle(page)
        return page

    def close(self):
        for context in self.contexts:
            context.close()
        for server in self.servers:
            server.shutdown()
            server.server_close()


def _settle(page):
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 10))))"
    )


def _until(page, condition):
    """Until a JavaScript expression is true; Playwright's own waiting needs eval, which the page forbids.

    An expression about an element that is not there yet is not true yet.
    """
    deadline = time.monotonic() + 10
    while not page.evaluate(f"(() => {{ try {{ return {condition} }} catch (error) {{ return false }} }})()"):
        assert time.monotonic() < deadline, f"never {condition}"
        page.wait_for_timeout(30)


@pytest.fixture(scope="session")
def until():
    """Waits until a JavaScript expression is true."""
    return _until


@pytest.fixture(scope="session")
def settle():
    """Waits until what was asked for is drawn."""
    return _settle


@pytest.fixture(params=["file"])
def look(chromium, request):
    """Opens the gallery of a run, from file:// unless a test asks for others too."""
    looker = Looker(chromium, request.param)
    yield looker
    looker.close()
    assert [text for text in looker.complaints if not looker.expected or looker.expected not in text] == []
