"""Runs to be judged, written without a sweep: every trial is a picture of one colour, which says which trial it is."""

import datetime
import hashlib
import io
import itertools
import threading

import pyarrow as pa
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from results import Run
from results.judge.serve import Server
from results.judge.session import Session
from results.judge.votes import Ballot
from results.run.rows import commit, write_plan

SETTINGS = pa.schema(
    [
        ("content", pa.string()),
        ("style", pa.string()),
        ("style_layers", pa.list_(pa.string())),
        ("ratio", pa.float64()),
        ("learning_rate", pa.float64()),
        ("seed", pa.int64()),
    ]
)
USUAL = {
    "content": "cat",
    "style": "strokes",
    "style_layers": ["conv1_1"],
    "ratio": 1e-3,
    "learning_rate": 8.0,
    "seed": 0,
}
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def trial_id(*codes):
    return hashlib.sha256(repr(codes).encode()).hexdigest()[:20]


def colour(trial):
    return tuple(bytes.fromhex(trial[:6]))


def png(fill, size=(24, 18)):
    buffer = io.BytesIO()
    about = PngInfo()
    about.add_text("settings", "a label that nobody should see")
    Image.new("RGB", size, fill).save(buffer, "PNG", pnginfo=about)
    return buffer.getvalue()


class JudgedRun:
    """A run with every combination of `axes`: settings, or tuples of them that move together, and their values.

    By point, numbers along the axes: `excluded` are none of the grid, `missing` were not run, `failed` failed, and
    `shared` have the trial of another point, as where a setting has no effect.
    """

    def __init__(self, location, axes, labels=None, excluded=(), missing=(), failed=(), shared=None):
        self.run = Run(location)
        self.axes = {one if isinstance(one, tuple) else (one,): values for one, values in axes.items()}
        self.labels, self.shared = labels or {}, shared or {}
        every = itertools.product(*(range(len(values)) for values in self.axes.values()))
        self.points = [point for point in every if point not in excluded]
        self.rows = [self.row(point) for point in self.points]
        names = [name for group in self.axes for name in group]
        columns = [(f"{name}_order", pa.int32()) for name in names]
        columns += [(f"{name}_label", pa.string()) for name in self.labels]
        schema = pa.schema([("trial_id", pa.string()), *SETTINGS, *columns])
        write_plan(self.run, pa.Table.from_pylist(self.rows, schema=schema))
        groups = [{"settings": list(group)} for group in self.axes]
        self.run.write_metadata({"grid": {"name": "made", "axes": groups, "sheet": None}})
        self.commit(missing, failed)

    def row(self, point):
        row = dict(USUAL)
        for (group, values), code in zip(self.axes.items(), point, strict=True):
            for name, value in zip(group, values[code] if len(group) > 1 else (values[code],), strict=True):
                row |= {name: value, f"{name}_order": code}
                if name in self.labels:
                    row[f"{name}_label"] = self.labels[name][code]
        return row | {"trial_id": self.trial(*point)}

    def trial(self, *point):
        return trial_id(*self.shared.get(point, point))

    def commit(self, missing, failed):
        done = []
        for point, row in zip(self.points, self.rows, strict=True):
            if point in missing:
                continue
            outcome = {name: row[name] for name in SETTINGS.names} | {"trial_id": row["trial_id"], "committed_at": NOW}
            for picture in ("content", "style"):
                outcome[f"{picture}_sha256"] = hashlib.sha256(row[picture].encode()).hexdigest()
                self.run.write(Run.reference_path(outcome[f"{picture}_sha256"]), png("grey", (12, 9)))
            if point in failed:
                done.append(outcome | {"status": "failed", "error": "out of luck"})
                continue
            path = Run.image_path(row["trial_id"])
            self.run.write(path, png(colour(row["trial_id"])))
            done.append(outcome | {"status": "done", "image_path": path})
        commit(self.run, SETTINGS, "ab" * 8, f"a{len(done):04}", done)

    def vote(self, axis, *votes):
        """Votes as (left point, right point, choice)."""
        ballot = Ballot(self.run)
        common = {"voted_at": NOW, "axis": axis, "voter": "somebody", "session": ballot.session}
        ballot._replace(  # all at once: each `add` would write the file again
            [
                common | {"left": self.trial(*left), "right": self.trial(*right), "choice": choice}
                for left, right, choice in votes
            ]
        )
        return self


@pytest.fixture
def judged_run(tmp_path):
    """Makes a run in a temporary folder."""
    return lambda axes, **options: JudgedRun(tmp_path / "run", axes, **options)


@pytest.fixture(scope="session")
def judged_run_in():
    """Makes a run in a given folder: for property tests, which need a new one for each example."""
    return JudgedRun


@pytest.fixture
def serve():
    """Serves a run in a thread; the server has `url`, `token` and `session`."""
    servers = []

    def start(run, axis=None, **options):
        server = Server(Session(run, axis, **options))
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
