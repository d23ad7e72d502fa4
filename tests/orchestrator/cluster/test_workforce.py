"""How many workers there are, and what each takes."""

import pytest

from orchestrator.cluster.session import Workforce


@pytest.mark.parametrize(
    ("force", "batches", "workers", "cpus"),
    [
        (Workforce(8, 1, 0.0), 20, 8, 1),
        (Workforce(8, 1, 0.0), 3, 3, 2),  # fewer workers have the cores of the others
        (Workforce(8, 1, 0.0), 1, 1, 8),
        (Workforce(2, 4, 0.0), 1, 1, 8),
        (Workforce(8, 1, 0.0, most_cpus=4), 1, 1, 4),  # no node has more
        (Workforce(8, 1, 1.0), 3, 3, 1),  # a GPU cannot be shared out
    ],
)
def test_there_are_no_more_workers_than_batches(force, batches, workers, cpus):
    fewer = force.for_batches(batches)
    assert (fewer.workers, fewer.cpus, fewer.gpus) == (workers, cpus, force.gpus)


@pytest.mark.parametrize(
    ("force", "text"),
    [
        (Workforce(1, 1, 0.0), "1 worker with 1 CPU core"),
        (Workforce(2, 3, 0.0), "2 workers with 3 CPU cores each"),
        (Workforce(4, 1, 0.5), "4 workers with 0.5 GPU each"),
    ],
)
def test_a_workforce_is_described_for_people(force, text):
    assert force.describe() == text
