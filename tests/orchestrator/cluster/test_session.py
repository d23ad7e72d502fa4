"""Joining a cluster that does not answer, and starting one that leaves nothing behind: in processes of their own."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from orchestrator.cluster.session import TOKEN_HINT, _cause
from orchestrator.errors import EngineError


@pytest.fixture
def closed_port():
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def silent_port():
    """Something listens that never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def grid(tmp_path, monkeypatch):
    """A grid whose weights are read without torch, which no sweep here lives long enough to need."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.yaml"
    path.write_text("title: Small\nsettings: {content: astronaut, style: swirls, size: 40}\n")
    return path


def python(code, **options):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)


@pytest.mark.parametrize("kind", ["closed_port", "silent_port"])
def test_a_cluster_that_does_not_answer_is_given_up_with_one_message(kind, request, grid):
    port = request.getfixturevalue(kind)
    code = (
        "from orchestrator.cluster import session; session.JOIN_SECONDS = 4\n"
        "from orchestrator.command.main import main; import sys\n"
        f"sys.argv = ['sweep', '{grid}', '--offline', '--address', '127.0.0.1:{port}']; main()"
    )
    ran = python(code)
    assert ran.returncode == 1, ran.stderr
    assert ran.stderr.count("error: cannot reach the Ray cluster at 127.0.0.1") == 1
    assert "Traceback" not in ran.stderr
    assert "GCS" not in ran.stderr  # Ray's own words
    reason = "Connection refused" if kind == "closed_port" else "it did not answer within 4 s"
    assert reason in ran.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait_for_a_cluster(number, closed_port, grid):
    environment = dict(os.environ, RAY_ADDRESS=f"127.0.0.1:{closed_port}")
    command = [sys.executable, "-m", "orchestrator", str(grid), "--offline"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        said = ""
        while "waiting for the Ray cluster" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        process.send_signal(number)
        said += process.stderr.read()
    assert process.returncode == 130, said
    assert "interrupted; run the same command again to go on" in said
    assert "Traceback" not in said


def test_a_local_cluster_leaves_nothing_behind_and_needs_no_home_to_write_to(tmp_path):
    code = (
        "import os, ray\n"
        "from orchestrator.cluster.session import session\n"
        "with session(None):\n"
        "    print(ray.get(ray.remote(lambda: 7).remote()))\n"
        "    folder = ray._private.worker._global_node.get_session_dir_path()\n"
        "print(os.path.exists(folder), [name for name in os.environ if name.startswith('RAY_AUTH')])"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    tmp_path.chmod(0o500)
    ran = python(code, env=environment | {"HOME": str(tmp_path / "none")})
    tmp_path.chmod(0o700)
    assert ran.stdout.splitlines() == ["7", "False []"], ran.stderr
    assert not list(tmp_path.rglob("auth_token"))


@pytest.mark.clusters
@pytest.mark.parametrize("demanded", [False, True], ids=["no token demanded", "token demanded"])
def test_a_token_in_the_home_is_presented_where_it_is_demanded_and_nowhere_else(demanded, tmp_path):
    """Ray leaves tokens in the home for ever, and a cluster without tokens is lost for a driver that presents one."""
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("7" * 64)
    start = (
        "from ray.cluster_utils import Cluster\n"
        "cluster = Cluster(initialize_head=True, head_node_args={'num_cpus': 1, 'include_dashboard': False})\n"
        "print(cluster.address, flush=True)\ninput()\ncluster.shutdown()\n"
    )
    join = (
        "import ray, sys\n"
        "from orchestrator.cluster.session import session\n"
        "with session(sys.argv[1]):\n"
        "    print(ray.get(ray.remote(type('Seven', (), {'of': lambda self: 7})).remote().of.remote(), timeout=60))\n"
    )
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    plain |= {"HOME": str(tmp_path), "RAY_USAGE_STATS_ENABLED": "0"}
    mode = {"RAY_AUTH_MODE": "token"} if demanded else {}
    with subprocess.Popen(
        [sys.executable, "-c", start], env=plain | mode, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as cluster:
        address = cluster.stdout.readline().strip()
        joined = subprocess.run(
            [sys.executable, "-c", join, address], env=plain, capture_output=True, text=True, check=False, timeout=120
        )
        cluster.stdin.write("\n")
    assert joined.stdout == "7\n", joined.stderr


def test_what_is_said_where_a_token_is_missing():
    refused = RuntimeError("Unauthenticated: RPC error: InvalidAuthToken: Authentication token is missing")
    error = ConnectionError("Failed to connect to Ray cluster at 10.0.0.1:6379")
    error.__cause__ = refused
    assert _cause(error) == TOKEN_HINT
    assert "RAY_AUTH_TOKEN_PATH" in str(EngineError(TOKEN_HINT))
