"""Pictures on disk and on a server of this machine."""

import functools
import http.server
import threading

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path, monkeypatch):
    """Each test starts with nothing fetched."""
    monkeypatch.setenv("SWEEP_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def noise():
    """A picture with no symmetry: 20 wide, 17 high."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (17, 20, 3), dtype=np.uint8))


class _Handler(http.server.SimpleHTTPRequestHandler):
    def translate_path(self, path):
        # Any path at all: the tests are about what the client makes of it.
        return f"{self.directory}/picture.png"

    def log_message(self, *arguments):
        pass


@pytest.fixture
def site(tmp_path, monkeypatch, noise):
    """The address of a server that answers every path with the picture `noise`."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "served"
    folder.mkdir()
    noise.save(folder / "picture.png")
    handler = functools.partial(_Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
