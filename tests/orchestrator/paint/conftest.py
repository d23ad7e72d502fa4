"""An easel with a box on it, and its server in a thread."""

import threading

import numpy as np
import pytest

from autopaint.export import generator_of, parameter_shapes
from orchestrator.paint.easel import Easel
from orchestrator.paint.serve import Server
from weights import find_generator
from weights.load import load


@pytest.fixture(scope="session")
def generator(tmp_path_factory):
    return generator_of(load(find_generator("embedded", base=tmp_path_factory.getbasetemp()).file, parameter_shapes()))


@pytest.fixture
def easel(generator, tmp_path):
    """A sketch of 96×64 pixels: a box from (20, 16) to (75, 47), with ink of 3 pixels."""
    sketch = np.ones((64, 96), np.float32)
    sketch[16:48, 20:76] = 0
    sketch[19:45, 23:73] = 1
    return Easel(generator, sketch, tmp_path / "box-hints.png", "settings: {hints: box-hints.png}")


@pytest.fixture
def serve():
    servers = []

    def start(easel):
        server = Server(easel)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
