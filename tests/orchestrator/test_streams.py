"""Output that cannot be written, and how the program ends."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCHEMA = [sys.executable, "-m", "orchestrator", "schema"]


def _shell(redirect):
    command = f"{sys.executable} -m orchestrator schema {redirect}"
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_the_output_gets_one_message():
    ran = _shell("> /dev/full")
    assert (ran.returncode, ran.stderr) == (1, "error: cannot write: No space left on device\n")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_no_error(closed):
    ran = _shell(closed)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_reader_that_has_seen_enough_is_no_error():
    ran = _shell("| head -c 10")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, '{\n  "$schem'[:10], "")


def test_a_library_that_aborts_while_the_program_ends_does_not_change_its_exit_code():
    """Threads of C++ libraries have done so. What runs when C's own exit handlers do stands for them here."""
    code = (
        "import ctypes, sys\n"
        "c = ctypes.CDLL(None)\n"
        "c.__cxa_atexit(c.abort, None, None)\n"
        "from orchestrator.command.main import main\n"
        "sys.argv = ['sweep', *sys.argv[1:]]\n"
        "main()"
    )
    for arguments, expected in ((["--version"], 0), (["status", "nowhere"], 2), (["nowhere.yaml"], 2)):
        ran = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert ran.returncode == expected, ran.stderr
        assert bool(ran.stdout) == (expected == 0)
