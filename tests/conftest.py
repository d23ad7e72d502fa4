"""What all tests share: no surprises from the user's environment, one Ray session, one browser, small grids."""

import functools
import logging
import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest
import typer.testing
from typer.testing import CliRunner

# Before torch is loaded here or in any process that a test starts: threads that wait should not keep a core busy, as
# several processes of tests and their workers share two.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Ray's workers are nice to whatever else runs; beside other processes of tests, that would starve them.
os.environ.setdefault("RAY_worker_niceness", "0")

NEEDS_RAY = {"ray_session", "undisturbed"}
"""Fixtures of tests that run sweeps."""

STARTS_SWEEPS = {"test_chaos", "test_fake_gpus"}
"""Files that start sweeps as processes with a Ray of their own: one after the other, as two cores are few for that."""

LOSES_WORKERS = {"test_elastic", "test_interruption", "test_threads", "test_worker_faults"}
"""Files whose sweeps take as long as those of all other files together; they have a Ray session of their own."""

USES_TORCHVISION = {"test_architectures", "test_manifest", "test_network", "test_torchvision"}
"""Files whose tests import torchvision, and with it torch's compiler, which takes some seconds: once, in one process.
They import it in functions, because every process imports every file.
"""

LONGEST_FIRST = ["ray", "ray at its edges", "browser", "processes", "test_session", "test_wheel"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Deal tests out to pytest's processes in groups, each of which one process runs, the longest groups first.

    Tests that run sweeps are one group, because they share a Ray session; those that look at pages share a browser; and
    those of one file share its fixtures. Short groups go where there is time.
    """
    place = {}
    for item in items:
        if item.path.stem in STARTS_SWEEPS:
            group = "processes"
        elif NEEDS_RAY & set(item.fixturenames):
            group = "ray at its edges" if item.path.stem in LOSES_WORKERS else "ray"
        elif item.path.stem in USES_TORCHVISION:
            group = "torchvision"
        elif "chromium" in item.fixturenames:
            group = "browser"
        else:
            group = item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
        place[item] = LONGEST_FIRST.index(group) if group in LONGEST_FIRST else len(LONGEST_FIRST)
    items.sort(key=place.__getitem__)


def pytest_collection_finish(session):
    """pytest-xdist 3.8 silently groups nothing under pytest 9.2 (its issue 1386): it takes twice as long then."""
    if "PYTEST_XDIST_WORKER" in os.environ and any("@" not in item.nodeid for item in session.items):
        raise pytest.UsageError("pytest-xdist does not group tests under this version of pytest; install pytest<9.2")


ONE_WORKER = ["--workers", "1"]
"""A second one would spend more on importing torch than such small grids take. What needs two asks for two."""


@pytest.fixture(autouse=True, scope="session")
def _one_core():
    """Processes with two threads each would wait for each other on the two cores that this suite is made for."""
    import torch

    if "PYTEST_XDIST_WORKER" in os.environ:
        torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def _commands_are_built_once():
    """Typer would build all of them anew for each of some thousand calls."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.testing._get_command", functools.cache(typer.testing._get_command))
        yield


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """A cache for each of pytest's processes, which share the paintings that code draws."""
    folder = tmp_path_factory.getbasetemp() / "cache"
    folder.mkdir()
    if "PYTEST_XDIST_WORKER" in os.environ:
        drawn = folder.parent.parent / "drawn"
        drawn.mkdir(exist_ok=True)
        (folder / "drawn").symlink_to(drawn)
    return folder


@pytest.fixture(autouse=True)
def _own_cache(cache, monkeypatch):
    """No test may find, or leave, anything in the user's own cache."""
    monkeypatch.setenv("SWEEP_CACHE", str(cache))
    for name in ("SWEEP_PICTURES", "SWEEP_WEIGHTS", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _no_probe(monkeypatch):
    """Plans in the tests' process take a step to last a hundredth of a second: measuring it would load torch anew."""
    from orchestrator.preview import probe

    monkeypatch.setattr(probe, "measure_apart", lambda samples, *_: [0.01] * len(samples))


class WorkerPool:
    """Worker processes that outlive a sweep, so that torch is imported once and not for each of some seventy sweeps.

    A process is handed a new Worker, of whatever class the sweep asks for, and drops it when the sweep ends. One that
    died, or is still busy then, is not used again.
    """

    def __init__(self):
        self._idle = []

    def start(self, force, avoid=()):
        """A worker for a sweep; what tests put in place of the class `Worker` holds here, too."""
        from orchestrator.cluster import crew

        actor = self._idle.pop() if self._idle else self._new_process()
        actor.take.remote(crew.Worker, *crew.worker_arguments(force))
        return actor

    def end(self, actor):
        """What is done with a worker when its sweep needs it no more."""
        import ray

        try:
            answered, _ = ray.wait([dropped := actor.drop.remote()], timeout=2.0)
            if answered and ray.get(dropped) is None and len(self._idle) < 2:
                self._idle.append(actor)
                return
        except ray.exceptions.RayError:
            pass
        ray.kill(actor)

    @staticmethod
    def _new_process():
        import ray

        from orchestrator.cluster.worker import CONCURRENCY_GROUPS

        class Process:
            """Passes on what a worker is asked."""

            worker = error = None

            def take(self, kind, *arguments):
                self.error = None
                try:
                    self.worker = kind(*arguments)
                except Exception as error:
                    self.error = error
                    raise

            def drop(self):
                self.worker = None

            def introduce(self, *arguments):
                while not self.worker:  # it is being made, in the process's other thread
                    if self.error:
                        raise self.error
                    time.sleep(0.02)
                return self.worker.introduce(*arguments)

            def prepare(self, *arguments):
                return self.worker.prepare(*arguments)

            def optimise(self, *arguments):
                return self.worker.optimise(*arguments)

            def finish(self, *arguments):
                return self.worker.finish(*arguments)

            def progress(self):
                worker = self.worker
                return worker.progress() if worker else None

        # It takes no room in the cluster, where tests count what is free.
        return ray.remote(num_cpus=0, concurrency_groups=CONCURRENCY_GROUPS)(Process).remote()


def _lend_workers(patch, pool):
    from orchestrator.cluster import crew

    patch.setattr(crew, "start_worker", pool.start)
    patch.setattr(crew, "end_worker", pool.end)


@pytest.fixture(scope="session")
def ray_session():
    """One local Ray for all tests that need it, and workers that serve one sweep after the other."""
    import ray

    folder = tempfile.mkdtemp(prefix="st-", dir="/tmp")  # short: unix sockets
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        ray.init(
            address="local",
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            _temp_dir=folder,
        )
        with pytest.MonkeyPatch.context() as lending:
            pool = WorkerPool()
            _lend_workers(lending, pool)
            yield lending, pool
        ray.shutdown()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_workers(ray_session):
    """The sweeps of this test start workers of their own, as they do for a user: for what happens at their start."""
    lending, pool = ray_session
    lending.undo()
    yield
    _lend_workers(lending, pool)


_SMALL_GRID = """\
title: Small
description: Runs in seconds
settings:
  content: astronaut
  style: swirls
  size: 40
  iterations: 4
  history_every: 2
  architecture: squeezenet1_1
  weights: random
  content_layers: [fire3]
axes:
  style_layers:
    shallow: [conv1]
    deep: [conv1, fire2]
  ratio: [1e-3, 1e-2]
sheet: {rows: style_layers, columns: ratio}
"""


@pytest.fixture(scope="session")
def small_grid_text():
    """A grid of four trials."""
    return _SMALL_GRID


@pytest.fixture
def small_grid(small_grid_text, tmp_path, monkeypatch):
    """A grid of four trials in a folder of its own, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.yaml"
    path.write_text(small_grid_text)
    return path


@pytest.fixture
def sixteen(small_grid):
    """A grid of 16 trials in 8 batches of two, some tenths of a second each; to be interrupted and disturbed."""
    grid = small_grid.read_text().replace("[1e-3, 1e-2]", "[1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1, 2e-1]")
    small_grid.write_text(grid.replace("iterations: 4", "iterations: 25"))
    return small_grid


@pytest.fixture(scope="session")
def undisturbed(ray_session, tmp_path_factory):
    """The table of a grid that was swept in peace; each grid is swept once for all tests."""
    import results
    from orchestrator.command.main import app

    tables = {}

    def table(grid):
        text = Path(grid).read_text()
        if text not in tables:
            out = tmp_path_factory.mktemp("undisturbed") / "run"
            assert CliRunner().invoke(app, [str(grid), "--out", str(out), *ONE_WORKER]).exit_code == 0
            tables[text] = results.load(out)
        return tables[text]

    return table


@pytest.fixture
def sweep():
    """Runs the command in this process: `sweep("plan", grid)` gives exit_code, stdout and stderr."""
    from orchestrator.command.main import app

    def run(*arguments, one_worker=True):
        words = [str(argument) for argument in arguments]
        runs_a_grid = one_worker and words and words[0].endswith(".yaml") and "--workers" not in words
        return CliRunner().invoke(app, words + ONE_WORKER if runs_a_grid else words, prog_name="sweep")

    return run


@pytest.fixture
def tree():
    """All files below a folder with their contents, to see what was written."""

    def look(folder):
        return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}

    return look


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests. Skips them, and says why, where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from results.report.write import BROWSERS

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not path:
        pytest.skip(f"there is no browser: none of {', '.join(BROWSERS)} (apt-get install chromium-headless-shell)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield browser
        browser.close()
