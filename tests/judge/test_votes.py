"""Votes on storage: nothing that was acknowledged is lost, by whomever and however the judging ends."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request

import pandas as pd
import pytest

from results import Run, RunError
from results.judge.votes import SCHEMA, Ballot, read_votes

COMMAND = [sys.executable, "-m", "orchestrator", "judge"]


def vote(left="ab", right="cd", choice="left"):
    return {
        "voted_at": pd.Timestamp.now(tz="UTC"),
        "axis": "ratio",
        "left": left,
        "right": right,
        "choice": choice,
        "voter": "me",
    }


def post(url, path, **body):
    origin = url.split("/", 3)
    headers = {"Content-Type": "application/json", "Origin": f"http://{origin[2]}"}
    request = urllib.request.Request(url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_kill_9_after_the_answer_loses_no_vote(judged_run):
    made = judged_run({"ratio": [1e-4, 1e-3, 1e-2]})
    process = subprocess.Popen(
        [*COMMAND, made.run.location, "--no-browser", "--voter", "ada"], stdout=subprocess.PIPE, text=True
    )
    try:
        url = process.stdout.readline().strip()
        given = []
        for choice in ("left", "right", "tie", "skip", "left"):
            pair = post(url, "pair", axis="ratio")["pair"]
            post(url, "vote", pair=pair, choice=choice)
            given.append(choice)
        post(url, "undo")
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    votes = read_votes(made.run).to_pandas()
    assert votes["choice"].tolist() == given[:-1]
    assert set(votes["voter"]) == {"ada"}
    assert set(votes["left"]) | set(votes["right"]) <= {made.trial(place) for place in range(3)}


def test_two_who_judge_at_the_same_time_lose_no_vote_of_each_other(tmp_path):
    def judge(number):
        ballot = Ballot(Run(tmp_path))
        for count in range(20):
            ballot.add(vote(left=f"{number} {count}"))

    threads = [threading.Thread(target=judge, args=[number]) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    votes = read_votes(Run(tmp_path)).to_pandas()
    assert set(votes["left"]) == {f"{number} {count}" for number in range(3) for count in range(20)}
    assert votes["session"].nunique() == 3


def test_votes_in_an_object_store(tmp_path):
    run = Run(f"memory://{tmp_path.name}")
    Ballot(run).add(vote(choice="tie"))
    Ballot(run).add(vote(choice="left"))
    assert read_votes(run)["choice"].to_pylist() == ["tie", "left"]


def test_pandas_reads_the_folder_as_one_table(tmp_path):
    first, second = Ballot(Run(tmp_path)), Ballot(Run(tmp_path))
    first.add(vote(choice="tie"))
    second.add(vote(choice="left"))
    first.add(vote(choice="skip"))
    (tmp_path / "votes.parquet" / ".half.tmp").write_bytes(b"PAR1")  # what a kill may leave
    table = pd.read_parquet(tmp_path / "votes.parquet")
    assert sorted(table["choice"]) == ["left", "skip", "tie"]
    assert list(table.columns) == SCHEMA.names


def test_undo_takes_the_last_vote_back_and_no_other(tmp_path):
    ballot = Ballot(Run(tmp_path))
    assert ballot.undo() is None
    ballot.add(vote(choice="left"))
    ballot.add(vote(choice="tie"))
    assert ballot.undo()["choice"] == "tie"
    assert read_votes(Run(tmp_path))["choice"].to_pylist() == ["left"]


def test_a_vote_that_cannot_be_written_is_not_there(tmp_path):
    ballot = Ballot(Run(tmp_path))
    (tmp_path / "votes.parquet").write_text("in the way")
    with pytest.raises(RunError, match=r"cannot write votes\.parquet/"):
        ballot.add(vote())
    assert len(ballot) == 0


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing", None])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "votes.parquet" / "theirs.parquet"
    path.parent.mkdir()
    if content is None:
        pd.DataFrame({"other": [1]}).to_parquet(path)
    else:
        path.write_bytes(content)
    with pytest.raises(RunError, match=r"votes\.parquet/theirs\.parquet in .* is damaged"):
        read_votes(Run(tmp_path))
