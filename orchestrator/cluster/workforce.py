"""How many workers a sweep should have, and what each of them takes, from the machines that there are. Knows no Ray."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestrator.cluster.node import Node, room
from orchestrator.errors import UsageError

MOST_CPU_WORKERS = 8
"""On one machine without GPUs: beyond this, processes compete for memory bandwidth, and threads inside them gain more.
"""

MOST_ASKED_FOR = 64
"""Workers that a sweep asks a cluster for at most, unless more fit already or --workers says another number."""


@dataclass(frozen=True)
class Workforce:
    """How many workers to have, and what each one takes. `fitting`: for how many of them there is room now."""

    workers: int
    cpus: int  # per worker, and its threads
    gpus: float  # per worker
    fitting: int

    def for_batches(self, batches: int) -> Workforce:
        """No more workers than there is work for."""
        return replace(self, workers=min(self.workers, batches), fitting=min(self.fitting, batches))

    def describe(self) -> str:
        """For people: `2 workers with 1 CPU core each`; `up to 8 workers` where some of them have no room yet."""
        workers = "1 worker" if self.workers == 1 else f"{self.workers} workers"
        each = f"{self.gpus:g} GPU" if self.gpus else "1 CPU core" if self.cpus == 1 else f"{self.cpus} CPU cores"
        upto = "up to " if self.fitting < self.workers else ""
        return f"{upto}{workers} with {each}" + (" each" if self.workers > 1 else "")


def threads_per_worker(cores: int, parallel: int) -> int:
    """CPU threads of a worker without a GPU, on machines of so many cores, for a grid of which `parallel` batches can
    be worked at together.

    The number of threads is part of the numerics: it decides in which order numbers are added up. So it follows from
    the grid and the machine alone, never from how many workers are asked for or from what is left to do.
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
    """What these machines should be asked for: one worker per GPU, or a few that share the cores of a machine.

    `parallel`: batches that could be worked at together if nothing of the grid were done. `joined`: the cluster was
    there before and may grow, so that workers are asked for beyond those that fit: an autoscaler sees that, and
    machines that join have work at once. `gpus_may_come`: an autoscaler can add GPUs. Raises UsageError where more is
    asked for than this machine has.
    """
    if gpus_per_worker == 0 or (gpus_per_worker is None and not gpus_may_come and not any(one.gpus for one in nodes)):
        cpus, gpus = threads_per_worker(max((int(node.cpus) for node in nodes), default=1), parallel), 0.0
        fitting = sum(min(MOST_CPU_WORKERS, node.fits(cpus, gpus)) for node in nodes)
    else:
        cpus, gpus = 1, gpus_per_worker or 1.0
        fitting = room(nodes, cpus, gpus)
    if joined:
        wanted = workers or max(fitting, MOST_ASKED_FOR)
        return Workforce(wanted, cpus, gpus, min(fitting, wanted))
    if gpus and not fitting:
        most = max((node.gpus for node in nodes), default=0)
        raise UsageError(f"--gpus-per-worker {gpus:g} is more than the {most:g} GPUs that this machine has")
    wanted = max(1, min(workers or fitting, fitting))
    return Workforce(wanted, cpus, gpus, wanted)
