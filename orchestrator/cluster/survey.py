"""A cluster as a plan sees it: what a sweep would have there, and a function run on one of its machines.

Nothing of a sweep starts here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import ray

from orchestrator.cluster.session import session
from orchestrator.cluster.work import workforce_of_cluster
from orchestrator.cluster.workforce import Workforce
from orchestrator.errors import EngineError
from orchestrator.plan.plan import Plan
from orchestrator.request import Request

ACCELERATOR = "accelerator_type:"
"""What Ray calls a resource by which a machine says its model of GPU."""


@dataclass(frozen=True)
class Cluster:
    """A cluster that is joined. `hosts`: the names of its machines; `accelerators`: Ray's names of its GPU models."""

    force: Workforce
    hosts: frozenset[str]
    accelerators: frozenset[str]

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...], seconds: float) -> Any:
        """What a function returns that runs with what a worker would have. Raises EngineError where it does not start,
        does not end within so many seconds, or fails.
        """
        task: Any = ray.remote(num_cpus=self.force.cpus, num_gpus=self.force.gpus, max_retries=0)(function)
        answer = task.remote(*arguments)
        try:
            return ray.get(answer, timeout=seconds)
        except ray.exceptions.GetTimeoutError as error:
            ray.cancel(answer, force=True)
            raise EngineError(f"no machine of the cluster was free to measure on for {seconds:g} s") from error
        except ray.exceptions.RayError as error:
            cause = getattr(error, "cause", None) or error
            raise EngineError(f"measuring on the cluster failed: {str(cause).strip().splitlines()[-1]}") from error


@contextlib.contextmanager
def joined(request: Request, plan: Plan) -> Iterator[Cluster]:
    """The cluster that a request addresses. Raises EngineError where it cannot be reached."""
    with session(request.address):
        machines: list[dict[str, Any]] = [one for one in ray.nodes() if one["Alive"]]  # type: ignore[no-untyped-call]
        yield Cluster(
            workforce_of_cluster(request, plan, joined=True),
            frozenset(one["NodeManagerHostname"] for one in machines),
            frozenset(
                name.removeprefix(ACCELERATOR)
                for one in machines
                for name in one["Resources"]
                if name.startswith(ACCELERATOR)
            ),
        )
