"""The command `sweep compact`: printed lines. Shards are merged in `results/run/compact.py`."""

from __future__ import annotations

from orchestrator.command.messages import messages, run_path, say
from orchestrator.command.options import RunArgument


def compact(run: RunArgument) -> None:
    """Merge the many small files of a run's table into one, which is read faster. Safe while others read the run."""
    with messages():
        import results
        from results.run.compact import compact as merge

        count = merge(results.Run(run_path(run)))
        say(f"merged {count} shards" if count else "there is nothing to merge")
