"""Folders of local clusters: removed when their sweep is gone, however it went, and not before."""

import os
import subprocess
import sys
import time
from pathlib import Path

from orchestrator.cluster.session_folder import LEAST_AGE, OWNER, remove_abandoned, session_folder

HOLDS = """
import sys, time
from pathlib import Path
from orchestrator.cluster.session_folder import session_folder
with session_folder(Path(sys.argv[1])) as folder:
    print(folder, flush=True)
    time.sleep(60)
"""


def age(folder):
    old = time.time() - LEAST_AGE - 1
    os.utime(Path(folder) / OWNER, (old, old))


def test_the_folder_of_a_killed_sweep_is_removed_by_the_next(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLDS, tmp_path], stdout=subprocess.PIPE, text=True) as sweep:
        folder = Path(sweep.stdout.readline().strip())
        (folder / "session_1").mkdir()
        age(folder)
        assert remove_abandoned(tmp_path) == []  # the sweep is alive
        assert (folder / "session_1").is_dir()
        sweep.kill()
    with session_folder(tmp_path) as mine:
        assert not folder.exists()
        assert Path(mine).is_dir()
    assert list(tmp_path.iterdir()) == []


def test_other_folders_and_young_ones_are_left_alone(tmp_path):
    (tmp_path / "sweep-of-a-user").mkdir()
    (tmp_path / "sweep-just-begun").mkdir()
    (tmp_path / "sweep-just-begun" / OWNER).touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / OWNER).touch()
    age(tmp_path / "elsewhere")
    (tmp_path / "sweep-link").symlink_to(tmp_path / "elsewhere")
    assert remove_abandoned(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 4
