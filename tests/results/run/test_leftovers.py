"""What killed processes leave: removed when their process is gone, and not before."""

import os
import subprocess
import sys
import time

import pytest

from results import Run
from results.run import leftovers

WRITES = """
import os, sys, time
from results import Run
os.fsync = lambda descriptor: (print("half", flush=True), time.sleep(60))
Run(sys.argv[1]).write("gallery/data.js", b"half")
"""


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path / "run")


def temporary(run):
    return run.names("**/.*.tmp")


def test_what_a_process_was_writing_goes_when_it_is_dead(run):
    with subprocess.Popen([sys.executable, "-c", WRITES, run.location], stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline() == b"half\n"
        assert len(temporary(run)) == 1
        assert run.remove_leftovers() == 0  # it is alive
        writer.kill()
    assert run.remove_leftovers() == 1
    assert temporary(run) == []
    assert not run.exists("gallery/data.js")


def test_files_of_other_machines_and_of_older_versions_go_when_they_are_old(run):
    run.write("images/ab/whole.png", b"whole")
    for name in (".00000000-1-abcdefgh.tmp", ".k3jf9a.tmp"):
        run.write(f"images/ab/{name}", b"half")
    assert run.remove_leftovers() == 0
    old = time.time() - leftovers.ABANDONED_SECONDS - 1
    for path in run.names("images/**"):
        os.utime(run.full_path(path), (old, old))
    assert run.remove_leftovers() == 2
    assert run.names("**") == ["images/ab/whole.png"]


def test_a_run_in_a_store_has_no_leftovers():
    assert Run("memory://nothing/here").remove_leftovers() == 0
