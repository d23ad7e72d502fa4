"""Checksums say whether a file is the one it should be."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downloads import Checksum, ChecksumError


def _of(kind, content):
    if kind == "git":
        return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
    return hashlib.sha256(content).hexdigest()


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([("sha256", 8), ("sha256", 9), ("sha256", 64), ("git", 40)]))
def test_a_file_matches_the_checksum_of_its_contents_and_no_other(tmp_path_factory, content, form):
    kind, length = form
    path = tmp_path_factory.mktemp("file") / "file"
    path.write_bytes(content)
    digits = _of(kind, content)[:length]
    Checksum.parse(f"{kind}:{digits}").verify(path)
    last = "0" if digits[-1] != "0" else "1"
    with pytest.raises(ChecksumError):
        Checksum.parse(f"{kind}:{digits[:-1]}{last}").verify(path)


@pytest.mark.parametrize(
    ("content", "checksum"),
    [
        # FIPS 180 and "Pro Git", 10.2: not computed by us.
        (b"abc", "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (b"test content\n", "git:d670460b4b4aece5915caf5c68d12f560a9fe3e4"),
    ],
)
def test_checksums_are_those_that_others_publish(tmp_path, content, checksum):
    path = tmp_path / "file"
    path.write_bytes(content)
    Checksum.parse(checksum).verify(path)
    assert str(Checksum.parse(checksum)) == checksum


def test_a_file_larger_than_one_read_is_hashed_whole(tmp_path):
    path = tmp_path / "file"
    content = bytes(range(256)) * 10_000
    path.write_bytes(content)
    Checksum.parse(f"sha256:{_of('sha256', content)}").verify(path)
    Checksum.parse(f"git:{_of('git', content)}").verify(path)


@pytest.mark.parametrize(
    "text",
    ["", "88682ab5", "sha256:88682ab", "sha256:88682AB5", f"sha256:{'0' * 65}", "git:88682ab5", "md5:88682ab5", "git:"],
)
def test_what_is_no_checksum_is_refused_with_how_to_write_one(text):
    with pytest.raises(ValueError, match="is no checksum: write sha256:<8 to 64 hex digits> or git:<40 hex digits>"):
        Checksum.parse(text)


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"", "it is empty"),
        (b"\n <!DOCTYPE html><title>Sign in</title>", "it is an HTML page"),
        (b"<html><body>404</body></html>", "it is an HTML page"),
    ],
)
def test_the_message_says_what_the_wrong_file_seems_to_be(tmp_path, content, hint):
    path = tmp_path / "vgg16.pth"
    path.write_bytes(content)
    with pytest.raises(ChecksumError, match=hint) as caught:
        Checksum.parse("sha256:88682ab5").verify(path)
    for part in (str(path), "88682ab5", hashlib.sha256(content).hexdigest()):
        assert part in str(caught.value)
