"""Downloads from a real server: resumed, verified, and under their name only when they are whole."""

import contextlib
import hashlib
import subprocess
import sys
import time

import pytest

from downloads import Checksum, ChecksumError, DownloadError
from downloads.download import download

LARGEST = 10_000_000


@pytest.fixture
def destination(tmp_path):
    return tmp_path / "cache" / "photo.jpg"


@pytest.fixture
def part(destination):
    """Where a download lies until it is whole."""
    destination.parent.mkdir()
    return destination.with_name("photo.jpg.part")


def _checksum(content):
    return Checksum("sha256", hashlib.sha256(content).hexdigest())


def _get(server, destination, checksum="right", **options):
    if checksum == "right":
        checksum = _checksum(server.content)
    download(server.url, destination, checksum, **{"largest": LARGEST} | options)


@pytest.mark.parametrize("tells_length", [True, False])
@pytest.mark.parametrize("checksum", ["right", None])
def test_a_file_is_fetched_whole_and_nothing_stays_beside_it(server, destination, checksum, tells_length):
    server.tells_length = tells_length
    seen = []

    @contextlib.contextmanager
    def watch(name):
        yield lambda here, total: seen.append((name, here, total))
        seen.append("left")

    _get(server, destination, checksum, watch=watch)
    assert destination.read_bytes() == server.content
    assert [path.name for path in destination.parent.iterdir() if path.suffix != ".lock"] == ["photo.jpg"]
    size = len(server.content)
    total = size if tells_length else None
    assert seen[0] == ("photo.jpg", 0, total)
    assert seen[-2:] == [("photo.jpg", size, total), "left"]


def test_a_file_that_is_here_is_not_fetched_again(server, destination):
    _get(server, destination)
    _get(server, destination)
    assert server.starts == [0]


def test_only_what_is_missing_of_a_part_is_fetched(server, destination, part):
    part.write_bytes(server.content[:400_000])
    _get(server, destination)
    assert server.starts == [400_000]
    assert destination.read_bytes() == server.content
    assert not part.exists()


def test_a_part_that_was_already_whole_becomes_the_file(server, destination, part):
    """As when the process died between the last byte and the renaming; the server answers 416."""
    part.write_bytes(server.content)
    _get(server, destination)
    assert destination.read_bytes() == server.content


def test_a_server_that_knows_no_ranges_sends_it_from_the_start(server, destination, part):
    server.knows_ranges = False
    part.write_bytes(server.content[:400_000])
    _get(server, destination)
    assert destination.read_bytes() == server.content


@pytest.mark.parametrize("size", [400_000, 1_000_000, 1_500_000])
def test_a_part_of_another_file_is_thrown_away_and_the_next_attempt_succeeds(server, destination, part, size):
    part.write_bytes(b"x" * size)
    with pytest.raises(ChecksumError):
        _get(server, destination)
    assert not destination.exists()
    time.sleep(0.02)  # the next part is as long: only its time of change, in ticks of some systems, tells it apart
    _get(server, destination)
    assert server.starts[-1] == 0
    assert destination.read_bytes() == server.content


def test_a_part_that_no_checksum_can_prove_is_not_built_upon(server, destination, part):
    part.write_bytes(b"x" * 400_000)
    _get(server, destination, checksum=None)
    assert destination.read_bytes() == server.content


@pytest.mark.parametrize("content", [b"another file", b"<!doctype html><title>Sign in</title>", b" "])
def test_a_wrong_file_never_gets_the_name_and_the_message_has_both_hashes(server, destination, content):
    expected = _checksum(server.content)
    server.content = content
    with pytest.raises(ChecksumError) as caught:
        _get(server, destination, expected)
    for piece in (server.url, expected.digits, _checksum(content).digits):
        assert piece in str(caught.value)
    assert not destination.exists()
    assert ("HTML" in str(caught.value)) == (b"html" in content)


@pytest.mark.parametrize(("status", "reason"), [(403, "Forbidden"), (404, "Not Found"), (500, "Internal Server Error")])
def test_a_refusal_is_named_and_keeps_what_had_arrived(server, destination, part, status, reason):
    part.write_bytes(server.content[:1000])
    server.status = status
    with pytest.raises(DownloadError, match=f"{server.url}: the server answered {status} {reason}"):
        _get(server, destination)
    assert not destination.exists()
    server.status = None
    _get(server, destination)
    assert server.starts == [1000, 1000]


def test_a_server_that_never_answers_is_given_up(server, destination):
    server.silent = True
    server.gate.clear()
    with pytest.raises(DownloadError, match=f"{server.url}: the server took too long to answer; run again"):
        _get(server, destination, timeout=0.1)
    assert not destination.exists()


@pytest.mark.parametrize("stalls", [True, False])
def test_a_broken_connection_is_named_and_the_next_attempt_goes_on(server, destination, stalls):
    """Halfway, the server either falls silent or hangs up."""
    server.cuts = True
    if stalls:
        server.gate.clear()
    message = f"{server.url}: no connection to the server, or it broke off; run again to go on where it stopped"
    with pytest.raises(DownloadError) as caught:
        _get(server, destination, timeout=0.5 if stalls else 20)
    assert str(caught.value) == message
    assert not destination.exists()
    server.cuts = False
    server.gate.set()
    _get(server, destination)
    assert 0 < server.starts[1] <= 500_000
    assert destination.read_bytes() == server.content


def test_a_connection_that_ends_early_without_a_length_is_not_taken_for_the_file(server, destination):
    server.tells_length = False
    server.cuts = True
    with pytest.raises(ChecksumError):
        _get(server, destination)
    assert not destination.exists()


@pytest.mark.parametrize(
    ("tells_length", "message"),
    [
        (True, "1,000,000 bytes are more than the 300,000 that such a file may have"),
        (False, "more than the 300,000 bytes that such a file may have"),
    ],
)
def test_a_file_larger_than_allowed_is_refused(server, destination, tells_length, message):
    server.tells_length = tells_length
    with pytest.raises(DownloadError) as caught:
        _get(server, destination, largest=300_000)
    assert str(caught.value) == f"{server.url}: {message}"
    assert not destination.exists()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/photo.jpg", "http://", f"http://{'a' * 64}.com/", "http://a b/x", "http://localhost:x/"]
)
def test_an_address_without_a_server_is_named(destination, url):
    with pytest.raises(DownloadError) as caught:
        download(url, destination, None, largest=LARGEST)
    assert str(caught.value).startswith(f"{url}: ")


def test_a_folder_that_cannot_be_written_is_named(server, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DownloadError, match=r"cannot write .*photo\.jpg"):
        _get(server, tmp_path / "file" / "photo.jpg")


def test_two_processes_at_once_fetch_a_file_once(server, destination):
    code = (
        "import sys; from pathlib import Path; from downloads import Checksum\n"
        "from downloads.download import download\n"
        "import requests; print('ready', flush=True)\n"
        "download(sys.argv[1], Path(sys.argv[2]), Checksum.parse(sys.argv[3]), largest=10**7)\n"
        "sys.stdout.buffer.write(Path(sys.argv[2]).read_bytes())"
    )
    command = [sys.executable, "-c", code, server.url, str(destination), str(_checksum(server.content))]
    server.gate.clear()
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE) as one,
        subprocess.Popen(command, stdout=subprocess.PIPE) as two,
    ):
        for process in (one, two):
            assert process.stdout.readline() == b"ready\n"
        time.sleep(0.3)  # long enough for the second to ask as well, if nothing held it back
        server.gate.set()
        for process in (one, two):
            assert process.communicate(timeout=20)[0] == server.content
            assert process.returncode == 0
    assert server.starts == [0]
