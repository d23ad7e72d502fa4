"""Calculates how many workers a sweep should have, and the cores and GPUs of each, from the machines that there are.

Knows nothing of Ray and starts nothing: `recruiter` decides when workers are added, `crew` starts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestrator.cluster.node import Node, room
from orchestrator.errors import UsageError

MOST_CPU_WORKERS = 8
"""The most workers on one machine without GPUs: with more processes, memory bandwidth is the limit. Threads gain more.
"""

MOST_ASKED_FOR = 64
"""The most workers that a sweep asks a cluster for, unless more fit already or --workers says another number."""

CORES_BESIDE_A_GPU = 2
"""Of a worker with a GPU: one tells the device what to do, and one finishes the batch before: metrics, PNG, storing."""


@dataclass(frozen=True)
class Workforce:
    """How many workers to have, and the cores and GPUs of each. `fitting`: for how many of them there is room now."""

    workers: int
    cpus: int  # per worker
    gpus: float  # per worker
    fitting: int

    @property
    def threads(self) -> int:
        """Threads of a worker for torch; one on a GPU, where they only tell the device what to do."""
        return 1 if self.gpus else self.cpus

    def for_batches(self, batches: int) -> Workforce:
        """No more workers than there is work for."""
        return replace(self, workers=min(self.workers, batches), fitting=min(self.fitting, batches))

    def describe(self) -> str:
        """For people: `2 workers with 1 CPU core each`; `up to 8 workers` if there is no room for some of them yet."""
        workers = "1 worker" if self.workers == 1 else f"{self.workers} workers"
        each = f"{self.gpus:g} GPU" if self.gpus else "1 CPU core" if self.cpus == 1 else f"{self.cpus} CPU cores"
        upto = "up to " if self.fitting < self.workers else ""
        return f"{upto}{workers} with {each}" + (" each" if self.workers > 1 else "")


def threads_per_worker(cores: int, parallel: int) -> int:
    """CPU threads of a worker without a GPU, on machines with this many cores. `parallel`: how many batches of the grid
    can run at the same time.

    The number of threads is part of the numerics: it decides in which order numbers are added up. So it depends only on
    the grid and the machine, never on the number of workers or on how much is done already.
    """
    cores = max(1, cores)
    return cores // min(cores, MOST_CPU_WORKERS, max(1, parallel))


def workforce(
    nodes: Sequence[Node],
    workers: int | None,
    gpus_per_worker: float | None,
    parallel: int,
    *,
    joined: bool,
    gpus_may_come: bool = False,
) -> Workforce:
    """The workforce to ask these machines for: one worker per GPU, or a few that share the cores of a machine.

    `parallel`: how many batches could run at the same time if nothing of the grid were done. `joined`: the cluster was
    there before and may grow, so more workers are requested than fit: an autoscaler sees that, and machines that join
    have work at once. `gpus_may_come`: an autoscaler can add GPUs. Raises UsageError if more is asked for than this
    machine has.
    """
    if gpus_per_worker == 0 or (gpus_per_worker is None and not gpus_may_come and not any(one.gpus for one in nodes)):
        cpus, gpus = threads_per_worker(max((int(node.cpus) for node in nodes), default=1), parallel), 0.0
        fitting = sum(min(MOST_CPU_WORKERS, node.fits(cpus, gpus)) for node in nodes)
    else:
        gpus = gpus_per_worker or 1.0
        fitting = room(nodes, 1, gpus)
        # Where cores are few, or nothing is known of the machines yet, one core: no GPU stays idle for want of cores.
        cpus = CORES_BESIDE_A_GPU if 0 < fitting == room(nodes, CORES_BESIDE_A_GPU, gpus) else 1
    if joined:
        wanted = workers or max(fitting, MOST_ASKED_FOR)
        return Workforce(wanted, cpus, gpus, min(fitting, wanted))
    if gpus and not fitting:
        most = max((node.gpus for node in nodes), default=0)
        raise UsageError(f"--gpus-per-worker {gpus:g} is more than the {most:g} GPUs that this machine has")
    wanted = max(1, min(workers or fitting, fitting))
    return Workforce(wanted, cpus, gpus, wanted)
