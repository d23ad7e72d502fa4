"""Weights files of a small network, and a manifest that knows one of them."""

import hashlib

import pytest
import torch

SHAPES = {"features.0.weight": (4, 3, 3, 3), "features.0.bias": (4,), "features.3.weight": (5, 4, 1, 1)}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No test may find the files that torchvision once downloaded for the user, or another test fetched."""
    monkeypatch.setenv("SWEEP_CACHE", str(tmp_path / "cache"))
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def shapes():
    return dict(SHAPES)


@pytest.fixture
def parameters():
    generator = torch.Generator().manual_seed(0)
    return {key: torch.randn(shape, generator=generator) for key, shape in SHAPES.items()}


@pytest.fixture
def content(parameters, tmp_path):
    """The bytes of a weights file that holds `parameters`."""
    path = tmp_path / "content.pth"
    torch.save(parameters, path)
    return path.read_bytes()


@pytest.fixture
def known(content, monkeypatch):
    """Makes `small` an architecture whose default weights are `content`, at the given address."""
    from weights.manifest import Entry

    def put(url="http://127.0.0.1:1/small.pth"):
        entry = Entry(
            title="Small",
            url=url,
            checksum="sha256:" + hashlib.sha256(content).hexdigest()[:8],
            preprocessing="vgg-original-bgr",
            licence="none",
        )
        monkeypatch.setattr("weights.find.manifest", lambda: {"small": {"usual": entry}})

    return put
