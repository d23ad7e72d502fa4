"""A sweep on a small cluster of this machine, and everything that can be done to its processes. For `chaos.py`."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from results import Run
from results.run.derived import read_derived
from results.run.rows import read_rows

MERGE_AT = 3
"""Shards that are merged, in place of the usual number: so small a sweep would never merge any."""

COMMIT_SECONDS, DRAW_SECONDS = 0.3, 1.0
"""How much longer a commit takes, and drawing the sheet, as if storage were far away: on a quick disk the moments
between an image and its row, and between the last row and the sheet, are too short to be met.
"""

DRIVER = f"""
import time
import orchestrator.finish, results.run.commits, results.run.compact
from orchestrator.command.main import main

def make_slower(module, name, seconds):
    function = getattr(module, name)
    def slow(*arguments, **options):
        time.sleep(seconds)
        return function(*arguments, **options)
    setattr(module, name, slow)

make_slower(results.run.commits, "write_shard", {COMMIT_SECONDS})
make_slower(orchestrator.finish, "_draw", {DRAW_SECONDS})
results.run.compact.WORTH_MERGING = {MERGE_AT}
main()
"""


class Place:
    """A grid in a folder of its own, and the cluster that sweeps it: a head, and nodes of one core each."""

    def __init__(self, folder, grid, workers=2):
        self.folder = Path(folder)
        (self.folder / "chaos.yaml").write_text(grid)
        self.run = self.folder / "run"
        self.workers_wanted = workers
        self.cluster, self.nodes = None, []

    def __enter__(self):
        from ray.cluster_utils import Cluster

        health = {
            "health_check_initial_delay_ms": 0,
            "health_check_period_ms": 500,
            "health_check_timeout_ms": 10_000,  # a busy machine answers late; a dead one refuses at once
            "health_check_failure_threshold": 3,
        }
        alone = {"include_dashboard": False, "include_log_monitor": False, "no_monitor": True}
        head = {"num_cpus": 0, "_system_config": health, **alone}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.join(self.workers_wanted)
        return self

    def __exit__(self, *error):
        self.cluster.shutdown()

    def join(self, count):
        self.nodes += [self.cluster.add_node(num_cpus=1) for _ in range(count)]

    def start(self, log):
        """A driver: the command, which merges shards early and gives running batches three seconds after SIGTERM."""
        arguments = ["chaos.yaml", "--out", str(self.run), "--address", self.cluster.address, "--grace", "3"]
        return subprocess.Popen([sys.executable, "-c", DRIVER, *arguments], cwd=self.folder, stdout=log, stderr=log)

    def rows(self):
        """Trials that are committed."""
        return len(read_rows(Run(self.run), columns=["trial_id"]))

    def images(self):
        return len(list(self.run.glob("images/*/*.png")))

    def is_finishing(self, trials):
        """Whether all rows are there, and what is made of them is not."""
        return self.rows() == trials and read_derived(Run(self.run)).sheet is None

    def stage(self):
        """What a driver that is finishing is at, by what it has made since the last row."""
        shards = list(self.run.glob("trials/*.parquet"))
        last = max(path.stat().st_mtime for path in shards)
        if len(shards) >= MERGE_AT:
            return "merging"
        for name, path in (("sheet", "sheet.png"), ("gallery", "gallery/data.js")):
            if not (self.run / path).exists() or (self.run / path).stat().st_mtime < last:
                return name
        return "thumbnails or record"

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def processes(self, node):
        """The processes of a node itself: Ray's, without workers."""
        infos = [info for kind, infos in node.all_processes.items() if kind == "raylet" for info in infos]
        return [psutil.Process(info.process.pid) for info in infos]

    def workers(self):
        """Processes of the sweep's workers: those of this cluster, by the raylets that are their parents."""
        found = []
        for node in self.nodes:
            with contextlib.suppress(psutil.Error):
                for raylet in self.processes(node):
                    children = raylet.children(recursive=True)
                    found += [child for child in children if "Worker" in " ".join(child.cmdline()[:1])]
        return found

    def signal_worker(self, chance, number, pause=0.0):
        """Whether one was alive to be signalled; one that was killed is dead now. `pause`: seconds until SIGCONT."""
        workers = self.workers()
        if not workers:
            return False
        worker = chance.choice(workers)
        try:
            worker.send_signal(number)
            if number == signal.SIGSTOP:
                time.sleep(pause)
                worker.send_signal(signal.SIGCONT)
            else:
                worker.wait(20)
        except psutil.Error:
            return number == signal.SIGSTOP
        return True

    def kill_node(self, chance):
        """kill -9 of a raylet and all that it started; another node joins."""
        node = self.nodes.pop(chance.randrange(len(self.nodes)))
        alive = node.any_processes_alive()
        self.cluster.remove_node(node, allow_graceful=False)
        self.join(1)
        return alive

    def stop_node(self, chance, pause):
        """A node hangs for some seconds, with all of its workers."""
        node = chance.choice(self.nodes)
        stopped = []
        with contextlib.suppress(psutil.Error):
            for raylet in self.processes(node):
                stopped += [raylet, *raylet.children(recursive=True)]
        for process in stopped:
            with contextlib.suppress(psutil.Error):
                process.suspend()
        time.sleep(pause)
        for process in stopped:
            with contextlib.suppress(psutil.Error):
                process.resume()
        return bool(stopped)


def quiet():
    """Ray sends no usage reports from here."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
