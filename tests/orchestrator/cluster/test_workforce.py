"""How many workers there are, and what each takes."""

import pytest

from orchestrator.cluster.node import Node
from orchestrator.cluster.workforce import Workforce, threads_per_worker, workforce
from orchestrator.errors import UsageError


@pytest.mark.parametrize(
    ("cores", "parallel", "threads"),
    [
        (2, 9, 1),
        (2, 1, 2),  # a single batch, or a single clip, has all cores
        (2, 2, 1),
        (8, 3, 2),
        (8, 8, 1),
        (8, 500, 1),
        (64, 500, 8),  # more processes than eight would compete for memory
        (64, 1, 64),
        (1, 1, 1),
        (0, 0, 1),
    ],
)
def test_threads_follow_from_the_grid_and_the_machine(cores, parallel, threads):
    assert threads_per_worker(cores, parallel) == threads


def test_a_worker_on_a_gpu_has_one_thread_for_torch_however_many_cores_it_asks_for():
    assert Workforce(4, 2, 1.0, 4).threads == 1
    assert Workforce(1, 2, 0.0, 1).threads == 2


def test_there_are_no_more_workers_than_batches_and_they_stay_as_they_are():
    assert Workforce(8, 2, 0.0, 8).for_batches(3) == Workforce(3, 2, 0.0, 3)
    assert Workforce(2, 1, 0.5, 1).for_batches(3) == Workforce(2, 1, 0.5, 1)


@pytest.mark.parametrize(
    ("force", "text"),
    [
        (Workforce(1, 1, 0.0, 1), "1 worker with 1 CPU core"),
        (Workforce(2, 3, 0.0, 2), "2 workers with 3 CPU cores each"),
        (Workforce(4, 1, 0.5, 4), "4 workers with 0.5 GPU each"),
        (Workforce(64, 1, 1.0, 8), "up to 64 workers with 1 GPU each"),
    ],
)
def test_a_workforce_is_described_for_people(force, text):
    assert force.describe() == text


def nodes(*machines):
    return [Node(str(number), f"machine {number}", cpus, gpus) for number, (cpus, gpus) in enumerate(machines)]


@pytest.mark.parametrize(
    ("machine", "cpus", "gpus", "workers"),
    [
        ((4, 0), 1, 0.0, 4),
        ((4, 0), 3, 0.0, 1),
        ((4, 8), 1, 1.0, 4),  # a core for each
        ((64, 8), 1, 1.0, 8),
        ((64, 8), 1, 2.0, 4),
        ((64, 2), 1, 0.75, 2),  # one on each GPU; the rests do not add up
        ((64, 2), 1, 0.3, 6),
        ((64, 2), 1, 0.1, 20),
        ((64, 0), 1, 1.0, 0),
    ],
)
def test_how_many_workers_fit_on_a_machine(machine, cpus, gpus, workers):
    assert nodes(machine)[0].fits(cpus, gpus) == workers


@pytest.mark.parametrize(
    ("machines", "asked", "joined", "expected"),
    [
        # This machine alone: what fits, and no more.
        ([(2, 0)], {}, False, Workforce(2, 1, 0.0, 2)),
        ([(2, 0)], {"workers": 5}, False, Workforce(2, 1, 0.0, 2)),
        ([(2, 0)], {"workers": 1}, False, Workforce(1, 1, 0.0, 1)),
        ([(16, 4)], {}, False, Workforce(4, 2, 1.0, 4)),  # one core to drive the GPU, one to finish batches
        ([(6, 4)], {}, False, Workforce(4, 1, 1.0, 4)),  # too few cores for that
        ([(16, 4)], {"gpus_per_worker": 0}, False, Workforce(8, 2, 0.0, 8)),
        # A cluster: asked for beyond what fits, so that machines may come.
        ([(0, 0)], {"gpus_per_worker": 1.0}, True, Workforce(64, 1, 1.0, 0)),
        ([(0, 0)], {"gpus_may_come": True}, True, Workforce(64, 1, 1.0, 0)),
        ([(0, 0)], {"gpus_per_worker": 1.0, "workers": 8}, True, Workforce(8, 1, 1.0, 0)),
        ([(0, 0), (4, 8), (64, 8)], {}, True, Workforce(64, 1, 1.0, 12)),
        ([(64, 8)] * 16, {}, True, Workforce(128, 2, 1.0, 128)),
        ([(8, 0), (8, 0)], {}, True, Workforce(64, 1, 0.0, 16)),
        ([(64, 0)], {}, True, Workforce(64, 8, 0.0, 8)),
    ],
)
def test_what_a_cluster_is_asked_for(machines, asked, joined, expected):
    settled = {"workers": None, "gpus_per_worker": None, "gpus_may_come": False} | asked
    assert workforce(nodes(*machines), parallel=500, joined=joined, **settled) == expected


def test_a_gpu_that_this_machine_does_not_have_is_refused():
    with pytest.raises(UsageError, match="--gpus-per-worker 1 is more than the 0 GPUs that this machine has"):
        workforce(nodes((8, 0)), None, 1.0, 500, joined=False, gpus_may_come=False)
