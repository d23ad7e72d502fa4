"""A cluster that loses a driver, a worker and a node within one sweep.

`make chaos` kills a hundred times.
"""

import importlib.util
import os
import random
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def chaos():
    path = Path(__file__).parent / "chaos.py"
    spec = importlib.util.spec_from_file_location("chaos", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_sweep_survives_the_loss_of_a_worker_a_node_and_its_driver(
    chaos, tmp_path, sixteen, undisturbed, monkeypatch
):
    """Its table is the one that an undisturbed sweep on one machine has."""
    monkeypatch.setitem(os.environ, "RAY_USAGE_STATS_ENABLED", "0")
    with chaos.Place(tmp_path, sixteen.read_text()) as place:
        disturbance = chaos.Disturbance(place, random.Random(7), pause=0.1)  # all three have to be met
        killed = disturbance.run(["driver before its commit", "worker", "node"])
        assert killed["worker"] == killed["node"] == 1
        assert killed["driver with images uncommitted"] + killed["driver"] == 1
    expected = undisturbed(sixteen)[chaos.TELLING].set_index("trial_id")
    assert not any(chaos.check(place, expected).values())
