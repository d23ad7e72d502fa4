"""Sources of batches: one that knows everything, and one that learns from rows what comes next."""

from types import SimpleNamespace

import pytest

import results
from orchestrator import sweep as sweep_module
from orchestrator.plan.plan import Plan, Selection
from orchestrator.plan.source import FixedPlan, ToCome


def test_a_fixed_plan_gives_its_batches_once_and_counts_what_has_ended():
    batches = [SimpleNamespace(trials=())]
    plan = Plan(None, [], {"a": "to run", "b": "failed", "c": "to run"}, batches, None, Selection(), None)
    source = FixedPlan(plan)
    assert source.ask() == batches
    assert source.to_come() == ToCome(0, 0.0)
    source.tell([{"trial_id": "a", "status": "done"}, {"trial_id": "b", "status": "done"}])
    assert not source.ask()
    assert source.plan.states == {"a": "done", "b": "done", "c": "to run"}
    assert source.plan.batches == batches


class OneByOne(FixedPlan):
    """Gives the batches of a plan one after the other, each when the rows of the one before are committed."""

    def __init__(self, plan):
        super().__init__(plan)
        self.left, self.told, self.asked = list(plan.batches), [], 0

    def ask(self):
        self.asked += 1
        return [self.left.pop(0)] if self.left else []

    def tell(self, rows):
        super().tell(rows)
        self.told += rows

    def to_come(self):
        return ToCome(sum(len(batch.trials) for batch in self.left), sum(batch.operations for batch in self.left))


@pytest.mark.usefixtures("ray_session")
def test_an_engine_asks_for_more_batches_until_there_are_none(small_grid, sweep, monkeypatch):
    sources = []

    def source(plan):
        sources.append(OneByOne(plan))
        return sources[-1]

    monkeypatch.setattr(sweep_module, "FixedPlan", source)
    done = sweep(small_grid)
    assert done.exit_code == 0, done.stderr
    assert "then probably 3 more, on" in done.stderr
    assert "4 of 4 in" in done.stderr
    [one] = sources
    assert one.asked == 5  # before the first batch, and after each of four
    assert [row["status"] for row in one.told] == ["done"] * 4
    assert {row["trial_id"] for row in one.told} == set(results.load("runs/small")["trial_id"])
