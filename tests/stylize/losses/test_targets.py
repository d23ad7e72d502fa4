"""The hash by which targets and metrics know a picture."""

import hashlib

import torch

from stylize.losses import targets
from stylize.losses.targets import pixels_hash


def test_equal_pictures_have_one_hash_and_others_another():
    picture = torch.arange(48, dtype=torch.uint8).view(3, 4, 4)
    assert pixels_hash(picture) == pixels_hash(picture.clone()) == pixels_hash(picture.contiguous())
    assert pixels_hash(picture) != pixels_hash(picture.view(3, 2, 8))
    before = pixels_hash(picture)
    picture[0, 0, 0] = 9
    assert pixels_hash(picture) != before


def test_a_picture_is_hashed_once_and_forgotten_when_it_is_gone(monkeypatch):
    hashed, of = [], hashlib.blake2b

    def counted(content, **options):
        hashed.append(len(content))
        return of(content, **options)

    monkeypatch.setattr("hashlib.blake2b", counted)
    picture = torch.full((3, 5, 5), 7, dtype=torch.uint8)
    assert len({pixels_hash(picture) for _ in range(10)}) == 1
    assert len(hashed) == 1
    kept = len(targets._HASHES)
    del picture
    assert len(targets._HASHES) == kept - 1
