"""Decides what happens to a batch whose worker was lost. A pure function, which knows nothing of Ray.

Most losses are not the batch's fault: processes are killed and machines are taken away. So a batch runs again, on its
own, until it has cost about two workers. Then its trials run one by one, to find the one that is to blame; and a trial
that costs two workers on its own is recorded as failed, so that the sweep ends.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.plan.batches import Batch

MOST_BLAME = 2.0
"""At this much blame a batch is split into its trials, and a single trial is recorded as failed."""


class LossKind(enum.Enum):
    """How a worker was lost. `blame`: how much of the loss is held against the batch that it was running."""

    def __init__(self, number: int, blame: float) -> None:
        self.number, self.blame = number, blame

    CRASH = 1, 1.0  # its process ended
    STUCK = 2, 1.0  # it made no progress and was ended
    NODE = 3, 0.25  # the whole machine was lost, mostly for reasons that have nothing to do with the batch
    DEVICE = 4, 1.0  # its GPU failed, and with it the process
    OUT_OF_MEMORY = 5, 1.0  # the host had no memory left, and Ray ended the worker


@dataclass(frozen=True)
class Loss:
    """The loss of one worker. `cause` is one line for people."""

    kind: LossKind
    cause: str


@dataclass(frozen=True)
class Verdict:
    """What is done about a batch that lost its worker.

    again: batches to run in its place. Empty if its trial is to be recorded as failed.
    suspected: run each of these batches alone on its worker, so that another batch is not blamed if the worker is lost.
    reason: one line for people, or the error of the failed trial.
    """

    again: tuple[Batch, ...]
    suspected: bool
    reason: str


def after_loss(batch: Batch, loss: Loss, earlier: Sequence[LossKind], *, finishing: bool = False) -> Verdict:
    """Decide about a batch that was running on a lost worker. `earlier`: how this same batch lost workers before.

    `finishing`: all its steps were done, so that memory for them was not what was missing.
    """
    trials = batch.trials
    if loss.kind is LossKind.OUT_OF_MEMORY and len(trials) > 1 and not finishing and not batch.trains:
        return Verdict(
            tuple(batch.halves()), False, "a node ran out of memory; the batch that was running runs in halves"
        )
    if sum(kind.blame for kind in [*earlier, loss.kind]) < MOST_BLAME:
        return Verdict((batch,), True, f"a worker was lost ({loss.cause}); its batch runs again")
    if len(trials) > 1 and not batch.trains:  # a training goes on from its checkpoint, once for all
        return Verdict(tuple(batch.singles()), True, "a batch cost two workers; its trials run one by one")
    return Verdict((), True, f"its worker process was lost {len(earlier) + 1} times: {loss.cause}")
