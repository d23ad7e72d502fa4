"""The machines of the connected cluster: what each has, and where a worker was placed.

Ray's documented functions only give totals of the cluster, which do not say where resources are: with eight GPUs on one
machine and thirty cores on others, no worker can start. So this file reads Ray's internal tables; no other file does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ray
from ray._private import state

from orchestrator.cluster.node import Node


def alive_nodes() -> list[Node]:
    """The machines that are alive now, with all their resources."""
    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    return [
        Node(
            one["NodeID"],
            f"{one['NodeManagerHostname']} ({one['NodeManagerAddress']})",
            float(one["Resources"].get("CPU", 0.0)),
            float(one["Resources"].get("GPU", 0.0)),
        )
        for one in nodes
        if one["Alive"]
    ]


def free_nodes() -> list[Node]:
    """The machines that are alive now, with their free resources."""
    free: dict[str, dict[str, float]] = state.available_resources_per_node()  # type: ignore[no-untyped-call]
    return [
        replace(node, cpus=free.get(node.id, {}).get("CPU", 0.0), gpus=free.get(node.id, {}).get("GPU", 0.0))
        for node in alive_nodes()
    ]


def node_of(actor: Any) -> str | None:
    """The machine on which a worker's process was started, even if it has died; None while no machine has room for it.

    Ray's table names a machine already when the worker is only requested there; but then it has no process yet.
    """
    placed: dict[str, Any] = state.actors(actor._actor_id.hex())
    return placed["Address"]["NodeID"] if placed.get("Pid") else None


def gpus_may_come() -> bool:
    """Whether an autoscaler that Ray knows of could add machines with GPUs."""
    try:
        most = state.state.get_max_resources_from_cluster_config()
    except Exception:  # an internal table of Ray's, which may change
        return False
    return bool(most and most.get("GPU"))
