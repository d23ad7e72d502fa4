"""What clusters with GPUs do to a sweep, scenario by scenario, on one simulated cluster (`benchmarks.simulation`).

    python -m tests.faults.scenarios OUT.json [NAME …]

Writes what happened, for `test_fake_gpus.py` to judge. Processes of their own, because a process has one Ray; and
several at once, because each mostly waits.
"""

import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import ray

from benchmarks.simulation import Habits, Machines, connect, sweep

NARROW = {"": 1e6}
"""So little memory that each trial is a batch of its own."""


def gpus_come(machines):
    """At first there is no GPU at all; then machines with GPUs join. The sweep lasts until the second has joined."""
    with tempfile.TemporaryDirectory() as folder:
        hurry = Path(folder) / "hurry"

        def meanwhile(story):
            story.heard("waiting for the cluster")
            machines.add(cpus=2, gpus=1)
            story.done_at_least(4)
            machines.add(cpus=2, gpus=1)
            story.heard("the cluster has grown: 2 workers")
            hurry.touch()

        return sweep(machines, 60, Habits(trial=1.0, memory=NARROW, hurry=str(hurry)), meanwhile, gpus_per_worker=1.0)


def gpus_come_unasked(machines):
    """A cluster of processors, and nobody says anything of GPUs: when some come, they are used."""
    machines.add(cpus=1)

    def meanwhile(story):
        story.done_at_least(2)
        machines.add(cpus=1, gpus=1)

    return sweep(machines, 60, Habits(trial=0.3), meanwhile)


def unlike_machines(machines):
    """GPUs without cores beside cores without GPUs, and GPUs of different memory."""
    few_cores, many_cores = machines.add(cpus=1, gpus=3), machines.add(cpus=3, gpus=1)
    memory = {few_cores.node_id: 1e6, many_cores.node_id: 1e12}
    return sweep(machines, 40, Habits(trial=0.1, memory=memory))


def a_bad_machine(machines):
    """Workers on one of two machines end while they start; the sweep lasts until that machine is set aside."""
    bad, _ = machines.add(cpus=2, gpus=2), machines.add(cpus=1, gpus=1)
    with tempfile.TemporaryDirectory() as folder:
        hurry = Path(folder) / "hurry"

        def meanwhile(story):
            story.heard("is set aside")
            hurry.touch()

        return sweep(machines, 40, Habits(trial=3.0, dies=[bad.node_id], hurry=str(hurry)), meanwhile)


def a_blind_machine(machines):
    """One of two machines does not see the run's folder."""
    blind, _ = machines.add(cpus=1, gpus=1), machines.add(cpus=1, gpus=1)
    return sweep(machines, 20, Habits(blind=[blind.node_id]))


def only_blind_machines(machines):
    """None sees the run's folder."""
    blind = machines.add(cpus=1, gpus=1)
    return sweep(machines, 4, Habits(blind=[blind.node_id]))


def lost_at_the_start(machines):
    """A machine is lost while its workers start."""
    lost, _ = machines.add(cpus=1, gpus=1), machines.add(cpus=1, gpus=1)

    def meanwhile(story):
        time.sleep(3.0)
        machines.kill(lost)

    return sweep(machines, 10, Habits(start=6.0, memory=NARROW), meanwhile)


def lost_in_the_middle(machines):
    """A machine is lost while it works, and another one joins; in the end the only one is lost."""
    lost = machines.add(cpus=1, gpus=1)
    machines.add(cpus=1, gpus=1)

    def meanwhile(story):
        story.done_at_least(5)
        machines.kill(lost)
        story.done_at_least(20)
        machines.add(cpus=1, gpus=1)
        machines.kill(machines.nodes[0])

    return sweep(machines, 60, Habits(trial=0.2, memory=NARROW), meanwhile)


class Occupier:
    """Somebody else's work."""

    def here(self):
        return True


def all_gpus_taken(machines):
    """Somebody else has all GPUs, and leaves."""
    machines.add(cpus=2, gpus=1)
    occupier = ray.remote(num_gpus=1, num_cpus=1)(Occupier).remote()
    assert ray.get(occupier.here.remote())

    def meanwhile(story):
        story.heard("waiting for the cluster")
        ray.kill(occupier)

    return sweep(machines, 4, Habits(), meanwhile)


SCENARIOS = [
    gpus_come,
    gpus_come_unasked,
    unlike_machines,
    a_bad_machine,
    a_blind_machine,
    only_blind_machines,
    lost_at_the_start,
    lost_in_the_middle,
    all_gpus_taken,
]


def main():
    out, *names = sys.argv[1:]
    machines = Machines()
    connect(machines)
    stories = {}
    for scenario in SCENARIOS:
        if names and scenario.__name__ not in names:
            continue
        started = time.monotonic()
        story = scenario(machines)
        story.status = None
        stories[scenario.__name__] = asdict(story)
        machines.clear()
        print(f"{scenario.__name__}: {time.monotonic() - started:.0f} s, {story.done} done {story.error}", flush=True)
    Path(out).write_text(json.dumps(stories, indent=1))
    machines.close()


if __name__ == "__main__":
    main()
