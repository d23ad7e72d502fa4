"""A real HTTP server on this machine that misbehaves as it is told."""

import http.server
import os
import re
import threading

import pytest


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        start = int(wanted[1]) if wanted and server.knows_ranges else 0
        server.starts.append(start)
        if server.status:
            self.send_error(server.status)
        elif server.silent:
            server.gate.wait(20)
        elif start >= len(server.content):
            self.send_error(416)
        else:
            self._send(server, server.content[start:], 206 if start else 200)

    def _send(self, server, body, status):
        self.send_response(status)
        if server.tells_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        half = len(body) // 2
        self.wfile.write(body[:half])
        self.wfile.flush()
        server.gate.wait(20)
        if not server.cuts:
            self.wfile.write(body[half:])

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    """Serves `content` under any path, and notes the byte from which each request was answered in `starts`."""

    content = os.urandom(1_000_000)
    knows_ranges = True
    tells_length = True
    cuts = False  # after half of what was asked for
    silent = False  # never answers
    status = None

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.starts = []
        self.gate = threading.Event()  # while it is shut, no answer gets beyond its half
        self.gate.set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/photo.jpg"


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.gate.set()
        server.shutdown()
        thread.join()
