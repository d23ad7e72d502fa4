"""Which trials can go on from where a shorter one stopped, whose state an earlier sweep kept.

Reads no files: rows say what was kept. The files are written and read in `cluster/state_file.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orchestrator.plan.trial import KeptState, Trial

NOTHING_KEPT: Mapping[str, KeptState] = {}


def beginnings(trials: Iterable[Trial], kept: Mapping[str, KeptState]) -> dict[str, KeptState]:
    """Where trials can begin, by their ids: at the longest kept state of the same optimisation with fewer iterations.

    `kept`: what there is, by the ids of the trials that it belongs to. If a trial asks for snapshots, the earlier one
    must have kept snapshots of the same steps; otherwise it runs from the start, so that none is missing.
    """
    lengths = sorted({state.steps for state in kept.values()}, reverse=True)
    found = {}
    for trial in trials if lengths else ():
        if not trial.setup.can_continue:
            continue
        every = trial.setup.settings.frames_every
        for steps in lengths:
            state = kept.get(trial.at(steps).id) if steps < trial.iterations else None
            if state and every in (0, state.frames_every):
                found[trial.id] = state
                break
    return found
