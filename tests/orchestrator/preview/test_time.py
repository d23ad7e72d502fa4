"""The estimate of a sweep's time: from rows of earlier sweeps, else from a measured step; on how many workers."""

import json
import socket
from types import SimpleNamespace

import pytest

from orchestrator.plan.known_row import known_row
from orchestrator.plan.settings_columns import SETTINGS_SCHEMA
from orchestrator.preview import hardware, probe, time
from orchestrator.preview.probe import measure_apart  # what the tests' plans use is replaced in conftest.py
from orchestrator.request import Request
from orchestrator.sweep import prepare
from results.run.rows import commit
from stylize import Settings
from stylize.network.by_name import architecture_named


@pytest.fixture
def planned(small_grid, monkeypatch):
    """The small grid with one setting changed, planned for so many workers; a probe says 0.01 s a step."""
    monkeypatch.setattr(hardware.os, "cpu_count", lambda: 4)

    def make(*changes, out="runs/small", **options):
        request = Request(grid=small_grid, set=changes, offline=True, out=out, **options)
        return request, *prepare(request, fetch=False)

    return make


def working_seconds(planned):
    """Without the start and what follows the last step."""
    _, plan, _ = planned
    found = time.estimate(*planned)
    trial = next(iter(plan.trials.values()))
    each = time.TRIAL_SECONDS + time.PIXEL_SECONDS * trial.width * trial.height
    return found.seconds - time.START_SECONDS - each * sum(len(batch.trials) for batch in plan.batches)


def record(plan, run, seconds_a_step, **columns):
    """Rows of a plan's trials, as this machine would have written them."""
    from orchestrator.describe import write_run

    hashes = {reference: picture.sha256 for reference, picture in plan.inputs.pictures.items()}
    row = {"status": "done", "device": "CPU x86_64", "worker": f"{socket.gethostname()}/1", "threads": 1}
    rows = [
        known_row(trial, hashes)
        | row
        | {"steps": trial.iterations, "seconds": seconds_a_step * trial.iterations}
        | columns
        for trial in plan.trials.values()
    ]
    write_run(run, plan, Request(grid=plan.grid.file))
    commit(run, SETTINGS_SCHEMA, "0" * 16, "test", rows)


def test_without_earlier_rows_a_step_is_measured(planned):
    """Each of the four batches has one image; the costliest step takes 0.01 s, the others less by their operations."""
    request, plan, run = planned(workers=1)
    assert time.estimate(request, plan, run).basis == "a short measurement"
    operations = [batch.operations for batch in plan.batches]
    measured = probe.sample(plan.batches[0].lanes[0][0].setup, 1, False).operations
    assert working_seconds((request, plan, run)) == pytest.approx(0.01 * sum(operations) / measured)


def test_twice_the_steps_take_twice_the_time(planned):
    once, twice = planned(workers=1), planned("iterations=8", workers=1)
    assert working_seconds(twice) == pytest.approx(2 * working_seconds(once))


def test_workers_share_the_batches(planned):
    alone, four = time.estimate(*planned(workers=1)), time.estimate(*planned())
    assert four.workers == "4 workers with 1 CPU core each"
    assert time.START_SECONDS < four.seconds < alone.seconds
    assert four.worker_hours == pytest.approx(4 * four.seconds / 3600)
    assert four.gpu_hours == 0


def test_each_worker_takes_the_next_batch_when_it_is_free():
    assert time._end([5, 4, 3, 2, 1], 2) == 8  # 5 + 2 + 1 beside 4 + 3
    assert time._end([5, 4, 3, 2, 1], 1) == 15


@pytest.mark.parametrize("beside", [False, True], ids=["in the run itself", "in a run beside it"])
def test_rows_of_the_same_kind_tell_the_rate(planned, beside):
    _, plan, run = planned("ratio=1e-4", out="runs/other" if beside else "runs/small", workers=1)
    record(plan, run, seconds_a_step=2.0)
    request, plan, run = planned(workers=1)
    assert (
        time.estimate(request, plan, run).basis == f"2 earlier trials in {run.location if not beside else other(run)}"
    )
    assert working_seconds((request, plan, run)) == pytest.approx(2.0 * 4 * 4)


def other(run):
    return run.location.replace("small", "other")


@pytest.mark.parametrize(
    "columns",
    [{"worker": "elsewhere/1"}, {"threads": 2}, {"device": "NVIDIA H100"}, {"width": 64}, {"optimizer": "lbfgs"}],
)
def test_rows_of_other_hardware_or_of_another_kind_do_not(planned, columns):
    _, plan, run = planned("ratio=1e-4", out="runs/other", workers=1)
    record(plan, run, 2.0, **columns)
    assert time.estimate(*planned(workers=1)).basis == "a short measurement"


def test_a_damaged_run_beside_does_not_matter(planned, tmp_path):
    _, plan, run = planned("ratio=1e-4", out="runs/other", workers=1)
    record(plan, run, 2.0)
    [shard] = (tmp_path / "runs/other/trials").iterdir()
    shard.write_bytes(b"no table")
    assert time.estimate(*planned(workers=1)).basis == "a short measurement"


def test_nothing_to_do_takes_no_time(planned):
    _, plan, run = planned()
    record(plan, run, 1.0)
    assert time.estimate(*planned()).seconds == 0


def test_gpus_and_what_they_cost(planned, monkeypatch):
    monkeypatch.setattr(hardware, "gpu_models", lambda: ["NVIDIA H100 80GB HBM3"] * 2)
    request, plan, run = planned("iterations=4000")
    found = time.estimate(request, plan, run)
    assert found.workers == "2 workers with 1 GPU each"
    assert found.gpu_hours == pytest.approx(2 * found.seconds / 3600)
    assert found.cost(3.0) == pytest.approx(3.0 * found.gpu_hours)
    assert found.cost(None) is None


def test_where_nothing_can_be_measured_the_plan_says_why(small_grid, sweep, monkeypatch):
    def fails(*_):
        raise probe.ProbeError("measuring failed: no torch")

    monkeypatch.setattr(probe, "measure_apart", fails)
    said = sweep("plan", small_grid)
    assert said.exit_code == 0
    assert "not known: measuring failed: no torch" in said.stdout


def test_the_plan_says_what_it_costs(small_grid, sweep):
    assert "cost" not in sweep("plan", small_grid).stdout
    assert "cost      about" in sweep("plan", small_grid, "--price", "2.5").stdout


@pytest.mark.parametrize(
    ("model", "device", "same"),
    [
        ("H100", "NVIDIA H100 80GB HBM3", True),
        ("A100", "NVIDIA A100-SXM4-40GB", True),
        ("NVIDIA L4", "NVIDIA L4", True),
        ("L4", "NVIDIA L40S", False),
        ("H100", "CPU x86_64", False),
        ("H100", None, False),
    ],
)
def test_models_of_gpus_by_their_names_in_ray_and_in_rows(model, device, same):
    gpus = hardware.Workforce(1, 1, 1.0, 1)
    found = hardware.Hardware(gpus, frozenset(), frozenset({model}), list)
    assert found.did(device, "host/1", 1) == same


def test_the_gpus_of_this_machine(tmp_path, monkeypatch):
    lines = "GPU 0: NVIDIA L4 (UUID: GPU-1)\nGPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-2)\n"
    command = tmp_path / "nvidia-smi"
    command.write_text(f"#!/bin/sh\necho '{lines}'\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert hardware.gpu_models() == ["NVIDIA L4", "NVIDIA H100 80GB HBM3"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert hardware.gpu_models() == []
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert hardware.gpu_models() == []


def test_a_sample_of_every_bundled_grid_can_be_optimised():
    """Its settings are valid, and a step of it is small enough for a probe."""
    from orchestrator.grid.bundled import bundled_grids

    for name, path in bundled_grids().items():
        plan, _ = prepare(Request(grid=path, offline=True, out=f"/nowhere/{name}"), fetch=False)
        for setup in [one for one in plan.setups if not one.paints]:  # sketches are not optimised
            one = probe.sample(setup, 8, on_gpu=False)
            architecture = architecture_named(one.architecture)
            Settings.model_validate(one.settings).for_architecture(architecture)
            smallest = architecture.smallest_edge(setup.deepest)
            assert one.operations < 1.5 * probe.MOST_OPERATIONS or min(one.width, one.height) == smallest


def test_a_step_is_measured(planned, monkeypatch):
    """With the code of the sweep, in this process."""
    monkeypatch.setattr(probe, "SECONDS", 0.02)
    _, plan, _ = planned()
    setup = plan.setups[0]
    narrow, wide = (probe.sample(setup, images, on_gpu=False) for images in (1, 2))
    assert wide.operations == 2 * narrow.operations
    assert all(0 < seconds < 60 for seconds in probe.measure([narrow, wide], 1, False))


@pytest.fixture
def probes(monkeypatch, tmp_path):
    """Processes that measure are replaced by a list of their answers, 0.25 s each; nothing is remembered yet."""
    monkeypatch.setenv("SWEEP_CACHE", str(tmp_path / "cache"))
    found = []

    def answer(*_, **__):
        found.append(0.25)
        return SimpleNamespace(returncode=0, stdout=json.dumps(found[-1:]))

    monkeypatch.setattr(probe.subprocess, "run", answer)
    return found


def test_what_was_measured_is_remembered_where_it_can_be(probes, tmp_path, monkeypatch):
    for _ in range(2):
        assert measure_apart([], 1, False, 1) == [0.25]
    assert len(probes) == 1
    [kept] = (tmp_path / "cache/rates").iterdir()
    kept.write_text("[0.2")
    assert measure_apart([], 1, False, 1) == [0.25]
    monkeypatch.setenv("SWEEP_CACHE", "/dev/null")
    assert measure_apart([], 1, False, 1) == [0.25]

    def homeless(*_, **__):
        raise RuntimeError("no home")

    monkeypatch.delenv("SWEEP_CACHE")
    monkeypatch.setattr("platformdirs.user_cache_dir", homeless)
    assert measure_apart([], 1, False, 1) == [0.25]
    assert len(probes) == 4


def test_a_cluster_is_asked_what_it_has_and_measures(ray_session, planned):
    from orchestrator.cluster.survey import joined
    from orchestrator.errors import EngineError

    request, plan, _ = planned(address="auto", workers=1)
    with joined(request, plan) as cluster:
        assert cluster.force.workers == 1
        assert socket.gethostname() in cluster.hosts
        assert cluster.call(lambda one, other: one / other, (6, 3), 60.0) == 2
        with pytest.raises(EngineError, match="measuring on the cluster failed: division by zero"):
            cluster.call(lambda one, other: one / other, (6, 0), 60.0)
