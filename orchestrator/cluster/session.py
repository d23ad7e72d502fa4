"""Ray: joining a cluster or starting one on this machine, and the workers on it."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ray
import ray.exceptions

from orchestrator.cluster.worker import Worker
from orchestrator.errors import EngineError, UsageError
from orchestrator.versions import sweep_version


@contextlib.contextmanager
def session(address: str | None) -> Iterator[None]:
    """A connection to the cluster at `address` or $RAY_ADDRESS, or else to one started here, which ends with it.

    Ray reports nothing home, opens no dashboard, and keeps its log off the terminal. A connection that is open
    already is used and left open. Raises EngineError where the cluster cannot be reached.
    """
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # Ray's next default; without it, it warns
    address = address or os.environ.get("RAY_ADDRESS")
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    folder = None
    try:
        if address:
            ray.init(address=address, **quiet)
        else:
            # A folder of its own under a short path: the names of unix sockets may not be long, and
            # nothing is left behind.
            folder = tempfile.mkdtemp(prefix="sweep-", dir="/tmp" if Path("/tmp").is_dir() else None)
            ray.init(address="local", include_dashboard=False, _temp_dir=folder, **quiet)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        where = f"the Ray cluster at {address}" if address else "Ray on this machine"
        raise EngineError(f"cannot start {where}: {error}") from error
    try:
        yield
    finally:
        ray.shutdown()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Workforce:
    """How many workers to have, and what each one takes."""

    workers: int
    cpus: int  # per worker; also its threads on a machine without GPUs
    gpus: float  # per worker
    most_cpus: int | None = None  # of one node: a worker that asked for more would never be placed

    def for_batches(self, batches: int) -> Workforce:
        """No more workers than there is work for; on a machine without GPUs they then have more threads each."""
        workers = min(self.workers, batches)
        if self.gpus:
            return replace(self, workers=workers)
        cpus = self.workers * self.cpus // workers
        return replace(self, workers=workers, cpus=min(cpus, self.most_cpus) if self.most_cpus else cpus)

    def describe(self) -> str:
        """For people: `2 workers with 1 CPU core each`."""
        workers = "1 worker" if self.workers == 1 else f"{self.workers} workers"
        each = f"{self.gpus:g} GPU" if self.gpus else "1 CPU core" if self.cpus == 1 else f"{self.cpus} CPU cores"
        return f"{workers} with {each}" + (" each" if self.workers > 1 else "")


MOST_CPU_WORKERS = 8
"""On a machine without GPUs: beyond this, processes compete for memory bandwidth, and threads inside them gain more."""


def workforce(workers: int | None, gpus_per_worker: float | None, *, may_grow: bool = False) -> Workforce:
    """All workers that the connected cluster has room for: one per GPU, or a few that share the CPU cores.

    Raises UsageError where more is asked for than the cluster has, unless it `may_grow`.
    """
    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    gpus, cpus = resources.get("GPU", 0.0), max(1, int(resources.get("CPU", 1)))
    if gpus_per_worker and gpus_per_worker > gpus and may_grow:
        return Workforce(workers or 1, 1, gpus_per_worker)  # asked for, so that an autoscaler sees it
    if gpus_per_worker is not None and gpus_per_worker > gpus:
        raise UsageError(f"--gpus-per-worker {gpus_per_worker:g} is more than the {gpus:g} GPUs that the cluster has")
    if gpus and gpus_per_worker != 0:
        share = gpus_per_worker or 1.0
        fitting = max(1, int(gpus / share + 1e-9))
        return Workforce(workers or fitting, 1, share)
    count = min(workers or MOST_CPU_WORKERS, cpus)
    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    largest = max((int(node["Resources"].get("CPU", 0)) for node in nodes if node["Alive"]), default=1)
    return Workforce(count, max(1, min(cpus // count, largest)), 0.0, max(1, largest))


def cluster_room(workers: int | None, gpus_per_worker: float | None) -> int:
    """For how many workers the connected cluster has room now, nodes that have joined or left counted."""
    return workforce(workers, gpus_per_worker, may_grow=True).workers


def gpu_memory(force: Workforce) -> float | None:
    """Bytes of GPU memory that a worker may use, asked of one GPU; None where a node has no GPU that torch knows."""

    def ask() -> int | None:
        import torch

        return torch.cuda.mem_get_info()[1] if torch.cuda.is_available() else None

    asked: Any = ray.remote(num_gpus=force.gpus, num_cpus=0)(ask)
    memory = ray.get(asked.remote())
    return memory * min(1.0, force.gpus) if memory else None


def start_worker(force: Workforce) -> Any:
    """A new worker. It may take a while until it is there; calls to it wait."""
    options: dict[str, Any] = {
        "num_cpus": force.cpus,
        "num_gpus": force.gpus,
        # `progress` is answered in a thread of its own while `optimise` works.
        "concurrency_groups": {"control": 1},
        # The engine replaces a lost worker, because it must know what was lost with it.
        "max_restarts": 0,
    }
    actor: Any = ray.remote(**options)(Worker)
    return actor.remote(force.cpus, sweep_version())
