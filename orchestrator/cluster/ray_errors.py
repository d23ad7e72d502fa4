"""Interprets Ray's exceptions: which of them mean that a worker is lost, and how. No other file does that."""

from __future__ import annotations

import ray
from ray import exceptions

from orchestrator.cluster.device import DeviceFault
from orchestrator.cluster.retry import Loss, LossKind
from orchestrator.errors import EngineError

LOST = (
    exceptions.RayActorError,
    exceptions.WorkerCrashedError,
    exceptions.NodeDiedError,
    exceptions.ObjectLostError,
    exceptions.OutOfMemoryError,
    DeviceFault,
)
"""Exceptions of a call to a worker that mean that the worker is lost or must end, and not only that the call failed."""

NODE_GONE = (exceptions.NodeDiedError, exceptions.ActorUnavailableError)


def classify(error: Exception) -> Loss:
    """How a worker was lost, from the error that said so.

    If a node is killed without notice, Ray first raises `ActorUnavailableError`, and knows only seconds later that the
    node has died. The same error means a broken connection; neither is the fault of a batch.
    """
    if isinstance(error, exceptions.OutOfMemoryError) or "low on memory" in str(error):
        kind = LossKind.OUT_OF_MEMORY
    elif isinstance(error, NODE_GONE) or "node was terminated" in str(error):
        kind = LossKind.NODE
    elif isinstance(error, TimeoutError):
        kind = LossKind.STUCK
    elif isinstance(error, DeviceFault):
        kind = LossKind.DEVICE
    else:
        kind = LossKind.CRASH
    return Loss(kind, last_line(error))


def never_started(error: Exception) -> bool:
    """Whether a worker ended while it started because of an error of its own. Another worker would fail as well."""
    if isinstance(error, EngineError | exceptions.RayTaskError | TimeoutError):
        return True
    return isinstance(error, exceptions.RayActorError) and error.actor_init_failed


def says_lost(answer: ray.ObjectRef[object]) -> bool:
    """Whether an answer that has arrived says that its worker is lost."""
    try:
        ray.get(answer)
    except LOST:
        return True
    except Exception:
        return False
    return False


def last_line(error: Exception) -> str:
    """The last line of an error's text, which in Ray's errors says what happened.

    If a worker's process ended, the line before the last one says how; the last one only says that it did no work.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith("The actor never ran")]
    return (telling or lines)[-1][:300] if lines else type(error).__name__
