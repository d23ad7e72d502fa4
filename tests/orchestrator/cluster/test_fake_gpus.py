"""GPUs that come, go, break and are taken, on a simulated cluster of Ray's own processes: nothing is lost by it."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.clusters

ROOT = Path(__file__).parents[3]

SIDE_BY_SIDE = [
    ["gpus_come", "gpus_come_unasked", "unlike_machines", "all_gpus_taken"],
    ["a_bad_machine", "a_blind_machine", "only_blind_machines", "lost_at_the_start", "lost_in_the_middle"],
]
"""Scenarios by process, about equally long."""


@pytest.fixture(scope="module")
def stories(tmp_path_factory):
    """What happened, by scenario. Two processes with a cluster each, side by side, because they mostly wait."""
    folder = tmp_path_factory.mktemp("stories")
    told = {}
    with contextlib.ExitStack() as ended:
        running = [
            ended.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.faults.scenarios", str(folder / f"{number}.json"), *names],
                    cwd=ROOT,  # from where `benchmarks` can be imported: it is not installed
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
            )
            for number, names in enumerate(SIDE_BY_SIDE)
        ]
        for number, process in enumerate(running):
            output, _ = process.communicate(timeout=600)
            assert process.returncode == 0, output[-5000:]
            told |= json.loads((folder / f"{number}.json").read_text())
    return told


def said(story, *words):
    return any(all(word in line for word in words) for line in story["said"])


@pytest.mark.parametrize(
    ("name", "trials"),
    [
        ("gpus_come", 60),
        ("gpus_come_unasked", 60),
        ("unlike_machines", 40),
        ("a_bad_machine", 40),
        ("a_blind_machine", 20),
        ("lost_at_the_start", 10),
        ("lost_in_the_middle", 60),
        ("all_gpus_taken", 4),
    ],
)
def test_every_trial_is_done(name, trials, stories):
    assert stories[name]["error"] == ""
    assert (stories[name]["done"], stories[name]["failed"]) == (trials, 0)


def test_from_no_gpu_at_all_the_demand_is_said_and_every_gpu_that_joins_is_used(stories):
    assert said(stories["gpus_come"], "waiting for the cluster: asked for up to 60 workers with 1 GPU each")
    assert len(stories["gpus_come"]["devices"]) == 2


def test_gpus_that_join_a_cluster_of_processors_are_used(stories):
    assert len(stories["gpus_come_unasked"]["devices"]) == 2


def test_machines_of_different_memory_get_batches_of_different_width(stories):
    widths = sorted(max(widths) for widths in stories["unlike_machines"]["widths"].values())
    assert widths[0] == 1
    assert widths[1] > 1


def test_a_machine_where_workers_die_is_named_and_set_aside(stories):
    assert said(stories["a_bad_machine"], "is set aside for 30 s, because no worker starts there")
    assert len(stories["a_bad_machine"]["devices"]) == 1


def test_a_machine_that_does_not_see_the_run_is_named_and_set_aside(stories):
    assert said(stories["a_blind_machine"], "is set aside", "it does not see what the driver wrote")
    assert len(stories["a_blind_machine"]["devices"]) == 1


def test_a_sweep_ends_where_no_machine_can_start_a_worker(stories):
    """`test_elastic` has one whose workers die while they start."""
    assert "a worker could not start" in stories["only_blind_machines"]["error"]
    assert "it does not see what the driver wrote" in stories["only_blind_machines"]["error"]
    assert stories["only_blind_machines"]["done"] == 0


def test_gpus_that_others_have_are_waited_for(stories):
    assert said(stories["all_gpus_taken"], "waiting for the cluster", "0 GPUs are free")
