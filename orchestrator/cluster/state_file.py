"""The file in which a run keeps the state of a trial's optimisation, so that a longer trial can go on from there.

It holds tensors only, in the format safetensors, which cannot run code. What is no tensor is JSON in a tensor of bytes.
Which trial goes on from which file is decided in `orchestrator/plan/kept_state.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.errors import OrchestratorError
from results import Run, RunError
from results.run.rows import CIRCUMSTANCES

if TYPE_CHECKING:
    from orchestrator.plan.trial import KeptState
    from stylize import State

FACTS = "facts"
"""The tensor with the JSON. The names of other tensors contain a dot or are `totals` and `recorded`."""

OPTIMISER = "optimiser."


class LostStateError(OrchestratorError):
    """A kept state is missing or damaged."""


@dataclass(frozen=True)
class KeptSnapshots:
    """Snapshots of the steps before a state: the trial whose id names them, their steps, the hashes of their pixels."""

    kept_by: str
    steps: tuple[int, ...]
    hashes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Kept:
    """A state with what its later row has to say about the steps before it.

    circumstances: those in which the steps were made, as columns of rows; several if they were made in several parts.
    snapshots: None if there are none.
    """

    state: State
    circumstances: tuple[Mapping[str, Any], ...]
    snapshots: KeptSnapshots | None

    def other_circumstances(self, row: Mapping[str, Any]) -> str:
        """The circumstances of earlier steps that differ from those of a row, as text; empty if none do."""
        found = {
            f"{name} {one[name]}": None
            for one in self.circumstances
            for name in CIRCUMSTANCES
            if name in one and one[name] != row.get(name)
        }
        return "; ".join(found)


def circumstances(row: Mapping[str, Any]) -> dict[str, Any]:
    """The circumstances that a row says."""
    return {name: row.get(name) for name in CIRCUMSTANCES}


def write_state(
    run: Run, trial: str, state: State, done_in: Sequence[Mapping[str, Any]], snapshots: KeptSnapshots | None
) -> str:
    """Write the state of a trial. Returns the hash of the file, which belongs in the trial's row. Raises RunError."""
    import torch
    from safetensors.torch import save

    facts = {
        "steps": state.steps,
        "ended_at": state.ended_at,
        "seconds": state.seconds,
        "recorded_steps": state.recorded_steps,
        "circumstances": list(done_in),
        "snapshots": asdict(snapshots) if snapshots else None,
    }
    tensors = {f"{OPTIMISER}{name}": tensor for name, tensor in state.optimiser.items()}
    tensors |= {"totals": state.totals, "recorded": state.recorded}
    tensors[FACTS] = torch.frombuffer(bytearray(json.dumps(facts).encode()), dtype=torch.uint8)
    content = save(tensors)
    run.write(Run.state_path(trial), content)
    return hashlib.sha256(content).hexdigest()


def read_state(run: Run, kept: KeptState) -> Kept:
    """Read a state. Raises LostStateError if it is missing or is not what was written."""
    from safetensors.torch import load

    from stylize import State

    try:
        content = run.read(Run.state_path(kept.trial))
    except RunError as error:
        raise LostStateError(f"the state of trial {kept.trial} cannot be read: {error}") from error
    if hashlib.sha256(content).hexdigest() != kept.sha256:
        raise LostStateError(f"the state of trial {kept.trial} is not what was written")
    tensors = load(content)
    facts = json.loads(tensors[FACTS].numpy().tobytes())
    snapshots = facts["snapshots"]
    state = State(
        steps=facts["steps"],
        ended_at=facts["ended_at"],
        seconds=facts["seconds"],
        optimiser={
            name.removeprefix(OPTIMISER): tensor for name, tensor in tensors.items() if name.startswith(OPTIMISER)
        },
        totals=tensors["totals"],
        recorded_steps=tuple(facts["recorded_steps"]),
        recorded=tensors["recorded"],
    )
    return Kept(
        state,
        tuple(facts["circumstances"]),
        snapshots and KeptSnapshots(snapshots["kept_by"], tuple(snapshots["steps"]), tuple(snapshots["hashes"])),
    )
