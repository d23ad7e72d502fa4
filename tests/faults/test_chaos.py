"""A cluster that loses a driver, a worker and a node within one sweep, and its driver again while the sheet is drawn.

`make chaos` sends a hundred signals.
"""

import random

import chaos
import pytest

pytestmark = pytest.mark.clusters


def test_a_sweep_survives_the_loss_of_a_worker_a_node_and_its_driver(tmp_path, sixteen, undisturbed, monkeypatch):
    """Its table is the one that an undisturbed sweep on one machine has, and sheet and gallery show it."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    with chaos.Place(tmp_path, sixteen.read_text()) as place:
        disturbance = chaos.Disturbance(place, random.Random(7), pause=0.1)  # all have to be met
        signalled = disturbance.run(["kill driver before its commit", "kill worker", "kill node", chaos.AT_THE_END])
        assert signalled["kill worker"] == signalled["kill node"] == 1
        assert sum(count for kind, count in signalled.items() if kind.startswith("kill driver")) == 2
    expected = undisturbed(sixteen)[chaos.TELLING].set_index("trial_id")
    assert not any(chaos.check(place, expected).values())
