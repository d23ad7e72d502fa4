"""Signals parts of a small cluster at random moments while a sweep runs, until the sweep is done all the same.

    python tests/faults/chaos.py --signals 100 --seed 1 --workers 3

One round: a cluster of a head and one to `--workers` nodes of one core each on this machine; a sweep of 16 trials; at
seeded random moments SIGKILL, SIGTERM or SIGSTOP (with SIGCONT some seconds later) to a worker, to a whole node, or to
the driver: in the middle, while images are written whose rows are not, and after the last row, while shards are merged
and sheet and gallery are made. A driver that is gone is started again.

Afterwards the table, pixel hashes included, must be that of an undisturbed sweep, sheet and gallery must be those of
the table, and `sweep verify` must find no damage.
"""

import argparse
import contextlib
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from place import Place, quiet
from shown import out_of_date

import results
from results.run.rows import read_shards, replaced
from results.run.verify import verify

TRIALS = 16
GRID = f"""\
title: Chaos
settings: {{content: astronaut, style: swirls, size: 40, iterations: 40, history_every: 5, architecture: squeezenet1_1,
           weights: random, content_layers: [fire3], style_layers: [conv1, fire2]}}
axes:
  ratio: {{logspace: [1e-4, 1e-1, {TRIALS}]}}
"""
TELLING = ["trial_id", "pixels_sha256", "total_loss", "status", "batch_width"]

IN_THE_MIDDLE = (
    "kill worker", "terminate worker", "stop worker", "kill node", "stop node",
    "kill driver", "kill driver before its commit", "kill driver twice", "terminate driver", "stop driver",
)  # fmt: skip
AT_THE_END = "kill driver at its end"

ROUND_SECONDS, LONGEST_STOP, FINISHING_SECONDS = 600, 6.0, 2.5
"""How long a round may take, how long a process is stopped at most, and how long a driver finishes before its kill."""


class Disturbance:
    """A sweep on a place's cluster, and what is done to it until it has ended well. `pause`: seconds at most between
    an image and a signal; the longer, the more moments can be met, and the likelier the sweep has ended by then.
    """

    def __init__(self, place, chance, pause=1.0):
        self.place, self.chance, self.pause, self.signalled = place, chance, pause, Counter()

    def run(self, kinds):
        """Returns how many processes were signalled, by kind. The moments come in this order, if the sweep lasts."""
        self.deadline = time.monotonic() + ROUND_SECONDS
        with (self.place.folder / "log").open("ab") as log:
            self.driver = self.place.start(log)
            for kind in kinds:
                self.await_moment(kind)
                if self.driver.poll() is None:
                    self.signal(kind, log)
            while self.is_running():
                time.sleep(0.05)
        assert self.driver.returncode == 0, f"the driver ended with {self.driver.returncode}: {self.place.log()}"
        return self.signalled

    def is_running(self):
        assert time.monotonic() < self.deadline, f"not done in time: {self.place.log()}"
        return self.driver.poll() is None

    def await_moment(self, kind):
        """Waits until work is done, and then for a moment that suits the kind; less where the sweep ends."""
        if kind == AT_THE_END:
            while self.is_running() and not self.place.is_finishing(TRIALS):
                time.sleep(0.02)
            time.sleep(self.pause * FINISHING_SECONDS * self.chance.uniform(0, 1) ** 2)  # the first steps are short
            return
        before = self.place.images()
        while self.is_running() and self.place.images() <= min(before, TRIALS - 2):
            time.sleep(0.02)
        if kind == "kill driver before its commit":
            while self.is_running() and self.place.images() <= self.place.rows():
                time.sleep(0.001)
        else:
            time.sleep(self.chance.uniform(0, self.pause))

    def signal(self, kind, log):
        place, seconds = self.place, self.chance.uniform(0.5, LONGEST_STOP)
        if kind.endswith("worker"):
            numbers = {"kill": signal.SIGKILL, "terminate": signal.SIGTERM, "stop": signal.SIGSTOP}
            while self.is_running() and not place.signal_worker(self.chance, numbers[kind.split()[0]], seconds):
                time.sleep(0.05)  # those that were there have just gone with their driver
            self.signalled[kind] += self.driver.poll() is None
        elif kind == "kill node":
            self.signalled[kind] += place.kill_node(self.chance)
        elif kind == "stop node":
            self.signalled[kind] += place.stop_node(self.chance, seconds)
        elif kind == "stop driver":
            self.driver.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            self.driver.send_signal(signal.SIGCONT)
            self.signalled[kind] += 1
        else:
            self.end_driver(kind, log)
            if kind == "kill driver twice":
                time.sleep(self.chance.uniform(0, 8))  # while it resumes
                self.end_driver("kill driver", log)

    def end_driver(self, kind, log):
        at_its_end = kind == AT_THE_END and self.place.is_finishing(TRIALS)
        uncommitted = self.place.images() > self.place.rows()
        self.driver.send_signal(signal.SIGTERM if kind == "terminate driver" else signal.SIGKILL)
        if self.driver.wait() != 0:  # and not done a moment before
            stage = f" at its end ({self.place.stage()})" if at_its_end else ""
            verb = "terminate" if kind == "terminate driver" else "kill"
            self.signalled[f"{verb} driver" + (stage or (" with images uncommitted" if uncommitted else ""))] += 1
        self.driver = self.place.start(log)


def check(place, expected):
    """Numbers of trials that are lost, twice there, or other than in the table of an undisturbed sweep, of files that
    are damaged, and of things that do not show what the table has.
    """
    run = results.Run(place.run)
    shards = run.read_all("trials/*.parquet")
    gone = replaced(run, shards)
    ids = [table["trial_id"].to_pylist() for path, table in read_shards(run, shards).items() if path not in gone]
    committed = Counter(trial for shard in ids for trial in shard)
    everything = results.load(place.run, missing=True)
    table = everything[everything["status"] != "missing"][TELLING].set_index("trial_id")
    assert table.index.is_unique
    both = expected.index.intersection(table.index)
    differing = (expected.loc[both] != table.loc[both]).any(axis="columns")
    if "its trials run one by one" in place.log():  # a batch that cost two workers; its rows say how wide it was then
        differing &= table.loc[both, "batch_width"] >= expected.loc[both, "batch_width"]
    _, findings = verify(run)
    return {
        "lost": len(set(expected.index) - set(table.index)),
        "committed twice": sum(count - 1 for count in committed.values()),
        "differing": int(differing.sum()),
        "damaged": sum(not finding.harmless for finding in findings),
        **{f"{name} out of date": 1 for name in out_of_date(run)},
    }


def undisturbed(folder):
    with Place(folder, GRID) as place:
        Disturbance(place, random.Random(0)).run([])
        return results.load(place.run)[TELLING].set_index("trial_id")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--signals", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=3, help="rounds have one worker, two, and so on up to this")
    options = parser.parse_args()
    quiet()
    chance, signalled, found, rounds = random.Random(options.seed), Counter(), Counter(), 0
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chaos-", dir="/tmp") as folder, contextlib.suppress(KeyboardInterrupt):
        (Path(folder) / "expected").mkdir()
        expected = undisturbed(Path(folder) / "expected")
        while signalled.total() < options.signals:
            workers = 1 + rounds % options.workers
            rounds += 1
            here = Path(folder) / f"round{rounds}"
            here.mkdir()
            kinds = [*chance.choices(IN_THE_MIDDLE, k=3), AT_THE_END, AT_THE_END]
            with Place(here, GRID, workers) as place:
                signalled += Disturbance(place, chance).run(kinds)
                found.update(check(place, expected))
            print(f"round {rounds}, {workers} workers: {_said(signalled)}; trials {_said(found)}", flush=True)
    print(f"{signalled.total()} signals in {rounds} rounds of {TRIALS} trials, {time.monotonic() - started:.0f} s")
    print(f"signals: {_said(signalled)}")
    print(f"trials and files: {_said(found)}")
    sys.exit(any(found.values()))


def _said(counts):
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    main()
