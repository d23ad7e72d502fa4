"""A small generator's training, shared by the tests of this folder."""

import pytest
import torch

from autopaint.examples import Examples
from pictures.cartoons import cartoon


@pytest.fixture(scope="session")
def bank():
    """Eight cartoons of 96 px."""
    return [cartoon(number, (48, 48)) for number in range(8)]


@pytest.fixture
def examples(bank, monkeypatch):
    """Batches of two small pictures: call it with a seed."""
    monkeypatch.setattr("autopaint.examples.EDGES", (96,))
    monkeypatch.setattr("autopaint.examples.SHARES", (1.0,))
    return lambda seed=0, hinted=0.6: Examples(bank, [], 2, hinted, seed)


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
