"""Kills parts of a small cluster at random moments while a sweep runs, until the sweep is done all the same.

    python tests/faults/chaos.py --kills 100 --seed 1

One round: a cluster of a head and two nodes of one core each on this machine; a sweep of 16 trials; kill -9 of a worker
process, of a whole node, or of the driver, at seeded random moments, of the driver also while images are written whose
rows are not; a driver that was killed is started again. Afterwards the table, pixel hashes included, must be that of
an undisturbed sweep, and `sweep verify` must find no damage.
"""

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import psutil
import pyarrow.parquet as pq

import results
from results.run.verify import verify

GRID = """\
title: Chaos
settings: {content: astronaut, style: swirls, size: 40, iterations: 40, history_every: 5, architecture: squeezenet1_1,
           weights: random, content_layers: [fire3], style_layers: [conv1, fire2]}
axes:
  ratio: {logspace: [1e-4, 1e-1, 16]}
"""
TELLING = ["trial_id", "pixels_sha256", "total_loss", "status", "batch_width"]
KINDS = ("worker", "node", "driver", "driver before its commit", "driver twice")
ROUND_SECONDS = 300


class Place:
    """A grid in a folder of its own, and the cluster that sweeps it."""

    def __init__(self, folder, grid=GRID):
        self.folder = Path(folder)
        (self.folder / "chaos.yaml").write_text(grid)
        self.run = self.folder / "run"
        self.cluster, self.nodes = None, []

    def __enter__(self):
        from ray.cluster_utils import Cluster

        health = {
            "health_check_initial_delay_ms": 0,
            "health_check_period_ms": 500,
            "health_check_timeout_ms": 10_000,  # a busy machine answers late; a dead one refuses at once
            "health_check_failure_threshold": 3,
        }
        head = {"num_cpus": 0, "include_dashboard": False, "_system_config": health}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.join(2)
        return self

    def __exit__(self, *error):
        self.cluster.shutdown()

    def join(self, count):
        self.nodes += [self.cluster.add_node(num_cpus=1) for _ in range(count)]

    def rows(self):
        """Rows that are committed; a shard holds those of a batch."""
        return sum(pq.read_metadata(shard).num_rows for shard in self.run.glob("trials/*.parquet"))

    def images(self):
        return len(list(self.run.glob("images/*/*.png")))

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def workers(self):
        """Processes of the sweep's workers: those of this cluster, by the raylets that are their parents."""
        raylets = {
            info.process.pid
            for node in self.nodes
            for kind, infos in node.all_processes.items()
            if kind == "raylet"
            for info in infos
        }
        found = []
        for raylet in raylets:
            with contextlib.suppress(psutil.Error):
                children = psutil.Process(raylet).children(recursive=True)
                found += [child for child in children if "Worker" in " ".join(child.cmdline()[:1])]
        return found

    def kill_worker(self, chance):
        """Whether one was alive to be killed, and is dead now."""
        workers = self.workers()
        if not workers:
            return False
        worker = chance.choice(workers)
        try:
            worker.kill()
            worker.wait(10)
        except psutil.NoSuchProcess:
            return False
        return True

    def kill_node(self, chance):
        """kill -9 of a raylet and all that it started; another node joins."""
        node = self.nodes.pop(chance.randrange(len(self.nodes)))
        alive = node.any_processes_alive()
        self.cluster.remove_node(node, allow_graceful=False)
        self.join(1)
        return alive


class Disturbance:
    """A sweep on a place's cluster, and what is done to it until it has ended well. `pause`: seconds at most between
    an image and a kill; the longer, the more moments can be met, and the likelier the sweep has ended by then.
    """

    def __init__(self, place, chance, pause=1.0):
        self.place, self.chance, self.pause, self.killed = place, chance, pause, Counter()

    def run(self, kinds):
        """Returns how many processes were killed, by kind. The moments come in this order, if the sweep lasts."""
        deadline = time.monotonic() + ROUND_SECONDS
        with (self.place.folder / "log").open("ab") as log:
            self.driver = self.start(log)
            for kind in kinds:
                self.await_moment(kind)
                if self.driver.poll() is not None:
                    break
                self.kill(kind, log)
            while self.driver.poll() is None:
                assert time.monotonic() < deadline, f"not done in time: {self.place.log()}"
                time.sleep(0.05)
        assert self.driver.returncode == 0, f"the driver ended with {self.driver.returncode}: {self.place.log()}"
        return self.killed

    def start(self, log):
        command = [
            sys.executable,
            "-m",
            "orchestrator",
            "chaos.yaml",
            "--out",
            "run",
        ]
        command += ["--address", self.place.cluster.address]
        return subprocess.Popen(command, cwd=self.place.folder, stdout=log, stderr=log)

    def await_moment(self, kind):
        """Waits until work is done, and then for a moment that suits the kind of kill; less where the sweep ends."""
        before = self.place.images()
        while self.driver.poll() is None and self.place.images() <= min(before, 14):
            time.sleep(0.02)
        if kind == "driver before its commit":
            while self.driver.poll() is None and self.place.images() <= self.place.rows():
                time.sleep(0.001)
        else:
            time.sleep(self.chance.uniform(0, self.pause))

    def kill(self, kind, log):
        if kind == "worker":
            while self.driver.poll() is None and not self.place.kill_worker(self.chance):
                time.sleep(0.05)  # those that were there have just gone with their driver
            self.killed["worker"] += self.driver.poll() is None
        elif kind == "node":
            self.killed["node"] += self.place.kill_node(self.chance)
        else:
            self.kill_driver(kind, log)
            if kind == "driver twice":
                time.sleep(self.chance.uniform(0, 8))  # while it resumes
                self.kill_driver("driver", log)

    def kill_driver(self, kind, log):
        self.driver.kill()
        if self.driver.wait() == -signal.SIGKILL:  # and not done a moment before
            uncommitted = self.place.images() > self.place.rows()
            self.killed["driver with images uncommitted" if uncommitted else "driver"] += 1
        self.driver = self.start(log)


def check(place, expected):
    """Trials that are lost, twice there, or other than in the table of an undisturbed sweep: their numbers."""
    rows = pd.concat([pd.read_parquet(shard, columns=["trial_id"]) for shard in place.run.glob("trials/*.parquet")])
    table = results.load(place.run)[TELLING].set_index("trial_id")
    assert table.index.is_unique
    both = expected.index.intersection(table.index)
    differing = (expected.loc[both] != table.loc[both]).any(axis="columns")
    _, findings = verify(results.Run(place.run))
    return {
        "lost": len(set(expected.index) - set(table.index)),
        "committed twice": int(rows["trial_id"].duplicated().sum()),
        "differing": int(differing.sum()),
        "damaged": sum(not finding.harmless for finding in findings),
    }


def undisturbed(folder):
    with Place(folder) as place:
        Disturbance(place, random.Random(0)).run([])
        return results.load(place.run)[TELLING].set_index("trial_id")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    chance, killed, found, rounds = random.Random(options.seed), Counter(), Counter(), 0
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chaos-", dir="/tmp") as folder:
        (Path(folder) / "expected").mkdir()
        expected = undisturbed(Path(folder) / "expected")
        while killed.total() < options.kills:
            rounds += 1
            here = Path(folder) / f"round{rounds}"
            here.mkdir()
            with Place(here) as place:
                killed += Disturbance(place, chance).run(chance.choices(KINDS, k=4))
                found.update(check(place, expected))
            print(f"round {rounds}: {_said(killed)} killed; trials {_said(found)}", flush=True)
    print(f"{killed.total()} kills in {rounds} rounds of {len(expected)} trials, {time.monotonic() - started:.0f} s")
    print(f"killed: {_said(killed)}")
    print(f"trials: {_said(found)}")
    sys.exit(any(found.values()))


def _said(counts):
    return ", ".join(f"{count} {name}" for name, count in counts.items())


if __name__ == "__main__":
    main()
