"""One machine of a cluster, and how many workers fit on it. Knows nothing of Ray: a plan counts workers, too."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

EPSILON = 1e-9
"""For shares such as 0.1 + 0.2, which are not exact in floating point."""


@dataclass(frozen=True)
class Node:
    """One machine and its cores and GPUs: either all of them or the free ones. `name` is for people."""

    id: str
    name: str
    cpus: float
    gpus: float

    def fits(self, cpus: float, gpus: float) -> int:
        """How many workers with these numbers of cores and GPUs fit on the machine together.

        A share of a GPU is a share of one GPU: 0.75 fits once on each.
        """
        by_cores = int(self.cpus / cpus + EPSILON) if cpus else math.inf
        if not gpus:
            by_gpus = math.inf
        elif gpus < 1:
            by_gpus = int(self.gpus + EPSILON) * int(1 / gpus + EPSILON)
        else:
            by_gpus = int(self.gpus / gpus + EPSILON)
        most = min(by_cores, by_gpus)
        return 0 if most == math.inf else int(most)


def room(nodes: Iterable[Node], cpus: float, gpus: float, but: Collection[str] = ()) -> int:
    """How many workers fit on these machines together, without the machines in `but`."""
    return sum(node.fits(cpus, gpus) for node in nodes if node.id not in but)
