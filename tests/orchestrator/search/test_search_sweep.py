"""A search as a user sees it: a sweep that waits for votes while somebody judges, and what the commands say of it."""

import contextlib
import json
import threading

import results
from results import ResultsError, Run
from results.judge.session import Session

GRID = """
settings: {content: astronaut, style: swirls, size: 32, iterations: 2, architecture: vgg16-slim}
axes: {ratio: {loguniform: [1e-5, 1e-1]}}
search: {trials: 5, minimise: [style_distance], maximise: [preference], at_once: 2}
"""


def judge(run, ended):
    """Votes for whatever is at the left, until it is told to stop."""
    session = None
    while not ended.wait(0.1):
        with contextlib.suppress(ResultsError, IndexError):  # nothing is there yet
            session = session or Session(run)
            session._look_again = 0.0
            if pair := session.next_pair(session.axes[0].name):
                session.vote(pair[0], "left")


def test_a_sweep_goes_on_while_somebody_judges(ray_session, sweep, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("orchestrator.cluster.engine.WAITING_SECONDS", 0.1)
    (tmp_path / "liked.yaml").write_text(GRID)
    planned = sweep("plan", "liked.yaml", "--offline")
    assert "5 trials by tpe, 2 at once: minimise style_distance; maximise preference" in " ".join(
        planned.stdout.split()
    )
    assert "2 to run; 3 more are proposed" in " ".join(planned.stdout.split())
    ended = threading.Event()
    judging = threading.Thread(target=judge, args=(Run("runs/liked"), ended))
    judging.start()
    try:
        ran = sweep("liked.yaml", "--offline")
    finally:
        ended.set()
        judging.join()
    assert ran.exit_code == 0, ran.stderr
    assert "waiting for votes: sweep judge" in ran.stderr
    assert "5 trials done" in ran.stderr
    trials = results.load("runs/liked")
    assert trials["ratio"].nunique() == len(trials) == 5
    assert sweep("verify", "liked").exit_code == 0
    again = sweep("liked.yaml", "--offline")
    assert "nothing to do: 5 of 5" in again.stderr
    for option in (["--only", "ratio=1"], ["--limit", "2"]):
        refused = sweep("plan", "liked.yaml", "--offline", *option)
        assert refused.exit_code == 2
        assert "does not go with a search" in refused.stderr
    found = json.loads(sweep("plan", "liked.yaml", "--offline", "--json").stdout)
    assert found["search"]["to_propose"] == 0
