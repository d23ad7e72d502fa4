"""What will run a sweep, as far as a plan can know it: how many workers, on which machines, with which GPUs.

Nothing here needs torch; Ray is only asked where a cluster is addressed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from orchestrator.cluster.node import Node
from orchestrator.cluster.workforce import Workforce, workforce
from orchestrator.plan.plan import Plan
from orchestrator.preview import probe
from orchestrator.preview.probe import Sample
from orchestrator.request import Request
from stylize.plugins import loaded_plugins

ANSWER_SECONDS = 5.0
"""How long the GPU's driver may take to say which GPUs there are."""

PROBE_SECONDS = 60.0
"""How long a probe on a cluster may take, the start of its process included; it may find every GPU taken."""


@dataclass(frozen=True)
class Hardware:
    """What will run a sweep. `hosts`: names of its machines; `models`: names of its GPUs, or parts of them.

    probe: gives for each sample the seconds that a step takes on one of the workers.
    """

    force: Workforce
    hosts: frozenset[str]
    models: frozenset[str]
    probe: Callable[[Sequence[Sample]], list[float]]

    @property
    def workers(self) -> int:
        """Those that there is room for; where there is none yet, those that will be asked for."""
        return self.force.fitting or self.force.workers

    def did(self, device: str | None, worker: str | None, threads: int | None) -> bool:
        """Whether a row with these columns is from the same hardware.

        Machines with the same processor may still differ in speed, so rows of processors have to be from the same host.
        """
        device, host = device or "", (worker or "").partition("/")[0]
        if self.force.gpus:
            return any(model in device.replace("-", " ").split() or model == device for model in self.models)
        return device.startswith("CPU") and host in self.hosts and threads == self.force.cpus


@contextlib.contextmanager
def hardware(request: Request, plan: Plan) -> Iterator[Hardware]:
    """The cluster that the request addresses, as long as this lasts, or else this machine.

    Raises EngineError where the cluster cannot be reached, and UsageError for more than this machine has.
    """
    address = request.address or os.environ.get("RAY_ADDRESS")
    if not address or address == "local":
        yield this_machine(request, plan)
        return
    from orchestrator.cluster.survey import joined

    with joined(request, plan) as cluster:
        models = frozenset(model.partition("-")[0] for model in cluster.accelerators)  # A100-80G
        force = cluster.force

        def ask(samples: Sequence[Sample]) -> list[float]:
            arguments = samples, force.cpus, bool(force.gpus), loaded_plugins()
            return list(cluster.call(probe.measure, arguments, PROBE_SECONDS))

        yield Hardware(force, cluster.hosts, models, ask)


def this_machine(request: Request, plan: Plan) -> Hardware:
    """This machine as a sweep will use it that starts Ray here."""
    models = gpu_models()
    machine = Node("", socket.gethostname(), os.cpu_count() or 1, len(models))
    force = workforce([machine], request.workers, request.gpus_per_worker, plan.parallel_at_first, joined=False)
    force = force.for_batches(max(1, plan.parallel))

    def ask(samples: Sequence[Sample]) -> list[float]:
        return probe.measure_apart(samples, force.cpus, bool(force.gpus), force.workers)

    return Hardware(force, frozenset({machine.name}), frozenset(models), ask)


def gpu_models() -> list[str]:
    """The GPUs of this machine, by name, as NVIDIA's driver lists them; none where there is no such driver."""
    command = shutil.which("nvidia-smi")
    if not command:
        return []
    try:
        said = subprocess.run([command, "-L"], capture_output=True, text=True, timeout=ANSWER_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    models = re.findall(r"^GPU \d+: (.+?) \(UUID", said.stdout, re.MULTILINE)
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return models if visible is None else models[: len([one for one in visible.split(",") if one.strip()])]
