"""The machines of the connected cluster: what each has, and where a worker was placed.

Ray tells only cluster totals in its documented functions, and a total says nothing of how resources lie on nodes: eight
GPUs on one machine and thirty cores on others start no worker. So this asks Ray's own tables, and nobody else does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ray
from ray._private import state

from orchestrator.cluster.node import Node


def alive_nodes() -> list[Node]:
    """The machines that are there now, with all that they have."""
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
    """The machines that are there now, with what nobody uses of them."""
    free: dict[str, dict[str, float]] = state.available_resources_per_node()  # type: ignore[no-untyped-call]
    return [
        replace(node, cpus=free.get(node.id, {}).get("CPU", 0.0), gpus=free.get(node.id, {}).get("GPU", 0.0))
        for node in alive_nodes()
    ]


def node_of(actor: Any) -> str | None:
    """The machine on which a worker's process was started, also one that has died; None while none has room for it.

    Ray notes a machine that it has only asked, too; what tells them apart is the process.
    """
    placed: dict[str, Any] = state.actors(actor._actor_id.hex())
    return placed["Address"]["NodeID"] if placed.get("Pid") else None


def gpus_may_come() -> bool:
    """Whether an autoscaler, as far as Ray knows of one, could add machines with GPUs."""
    try:
        most = state.state.get_max_resources_from_cluster_config()
    except Exception:  # Ray's own table, of which nothing is promised
        return False
    return bool(most and most.get("GPU"))
