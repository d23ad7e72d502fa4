"""The catalogue keeps what it promises."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from downloads import Access
from pictures import Finder
from pictures.catalogue import Entry, catalogue
from pictures.drawn import PAINTINGS
from pictures.find import is_path, is_url

REMOTE = [name for name, entry in catalogue().items() if entry.url]
BUILT_IN = [name for name in catalogue() if name not in REMOTE]
SHARED = Path(__file__).parents[2] / "../shared/images"


@pytest.mark.parametrize("name", REMOTE)
def test_every_picture_of_the_network_is_proved_by_a_checksum_and_has_a_stand_in(name):
    entry = catalogue()[name]
    assert entry.url.startswith("https://")
    assert entry.checksum is not None
    assert entry.stand_in in BUILT_IN


def test_no_two_pictures_share_a_file_name_or_a_stand_in():
    """Files lie beside each other in the cache; two styles that become one would make a grid's comparison void."""
    for values in ([catalogue()[name].remote.name for name in REMOTE], [catalogue()[name].stand_in for name in REMOTE]):
        assert len(set(values)) == len(values)


@pytest.mark.parametrize("name", catalogue())
def test_a_name_cannot_be_taken_for_a_path_or_an_address(name):
    assert not is_path(name)
    assert not is_url(name)


def test_every_drawn_painting_has_a_name():
    drawn = {entry.drawn for entry in catalogue().values() if entry.drawn and not entry.frames}
    assert {name for name in drawn if " " not in name} == set(PAINTINGS)  # the others are numbered cartoons


@pytest.mark.parametrize("name", [name for name in BUILT_IN if catalogue()[name].package])
def test_photographs_of_an_installed_package_are_here_without_a_network(tmp_path, name):
    picture = Finder(tmp_path, access=Access(offline=True)).find(name)
    assert picture.stand_in is None
    pixels = np.asarray(picture.image())
    assert min(pixels.shape[:2]) >= 300
    assert pixels.shape[2] == 3
    assert pixels.std() > 20


@pytest.mark.parametrize(
    "source",
    [{}, {"url": "https://x/y.jpg", "drawn": "waves"}, {"package": "skimage"}, {"drawn": "waves", "file": "x.png"}],
)
def test_an_entry_without_exactly_one_source_is_refused(source):
    with pytest.raises(ValidationError, match=r"exactly one of url, package and drawn|package and file go together"):
        Entry.model_validate({"title": "A", "by": "B", "licence": "C"} | source)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the papers' pictures are not beside the repository")
def test_the_papers_pictures_have_the_checksums_of_the_catalogue():
    entries = [catalogue()[name] for name in REMOTE if (SHARED / catalogue()[name].remote.name).is_file()]
    assert len(entries) == 5
    for entry in entries:
        content = (SHARED / entry.remote.name).read_bytes()
        assert str(entry.checksum) == f"sha256:{hashlib.sha256(content).hexdigest()}"
