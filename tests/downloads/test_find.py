"""A file is looked for in the user's folder, then in the cache, and only then on the network."""

from dataclasses import replace
from pathlib import Path

import pytest

from downloads import (
    Access,
    Checksum,
    ChecksumError,
    DownloadError,
    NotHereError,
    Remote,
    VerifiedFileError,
    cache_folder,
    find,
)
from downloads.checksum import sha256
from weights import find_weights


@pytest.fixture
def places(tmp_path):
    """A folder of the user's and a cache."""
    places = tmp_path / "folder", tmp_path / "cache"
    for place in places:
        place.mkdir()
    return places


@pytest.fixture
def remote(server, tmp_path):
    path = tmp_path / "right"
    path.write_bytes(server.content)
    return Remote("photo.jpg", server.url, Checksum("sha256", sha256(path)[:8]), largest=10_000_000)


@pytest.mark.parametrize("offline", [True, False])
@pytest.mark.parametrize(("here", "first"), [([0, 1], 0), ([0], 0), ([1], 1)])
def test_the_users_folder_comes_first_and_then_the_cache(server, remote, places, here, first, offline):
    for number in here:
        (places[number] / "photo.jpg").write_bytes(server.content)
    assert find(remote, *places, Access(offline=offline)) == places[first] / "photo.jpg"
    assert server.starts == []


@pytest.mark.parametrize("with_folder", [True, False])
def test_what_is_nowhere_here_is_fetched_into_the_cache_once(server, remote, places, with_folder):
    folder, cache = places
    for _ in range(2):
        assert find(remote, folder if with_folder else None, cache) == cache / "photo.jpg"
    assert (cache / "photo.jpg").read_bytes() == server.content
    assert server.starts == [0]
    assert list(folder.iterdir()) == []


def test_offline_the_network_is_not_used_and_the_message_says_where_was_looked(server, remote, places):
    with pytest.raises(NotHereError) as caught:
        find(remote, *places, Access(offline=True))
    for piece in ("photo.jpg", str(places[0]), str(places[1]), "--offline", server.url):
        assert piece in str(caught.value)
    assert server.starts == []


def test_a_plan_fetches_nothing(server, remote, places):
    assert find(remote, *places, Access(offline=False, fetch=False)) is None
    assert server.starts == []


@pytest.mark.parametrize("number", [0, 1])
def test_a_wrong_file_is_named_and_not_passed_over(server, remote, places, number):
    """The user put it there, or thinks it is there: another one in its place would be a surprise."""
    path = places[number] / "photo.jpg"
    path.write_bytes(b"<html>Sign in</html>")
    with pytest.raises(ChecksumError, match=r"HTML page.*; remove or rename it") as caught:
        find(remote, *places)
    assert str(path) in str(caught.value)
    assert remote.checksum.digits in str(caught.value)
    assert server.starts == []


def test_a_file_without_a_checksum_is_taken_as_it_is(remote, places):
    (places[0] / "photo.jpg").write_bytes(b"anything")
    assert find(replace(remote, checksum=None), *places, Access(offline=True)) == places[0] / "photo.jpg"


def test_a_failed_download_says_where_to_put_the_file_by_hand(server, remote, places):
    server.status = 404
    with pytest.raises(DownloadError, match=r"404 Not Found\nOr put the file at ") as caught:
        find(remote, *places)
    assert str(places[1] / "photo.jpg") in str(caught.value)


def test_a_replaced_file_is_hashed_anew(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"one")
    before = sha256(path)
    path.write_bytes(b"three")
    assert sha256(path) != before


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("SWEEP_CACHE", str(tmp_path / "elsewhere"))
    assert cache_folder("pictures") == tmp_path / "elsewhere" / "pictures"
    monkeypatch.delenv("SWEEP_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert tmp_path in Path(cache_folder("weights")).parents


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch, tmp_path):
    def nobody(name):
        raise KeyError(f"getpwuid(): uid not found: {name}")

    for name in ("SWEEP_CACHE", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    with pytest.raises(VerifiedFileError, match=r"this user has no home folder .* set SWEEP_CACHE to a folder"):
        cache_folder("pictures")
    monkeypatch.setenv("SWEEP_CACHE", str(tmp_path))
    assert cache_folder("pictures") == tmp_path / "pictures"
    assert find_weights("vgg16", None, base=tmp_path, access=Access(offline=True)).stand_in == "vgg16-steerable"
