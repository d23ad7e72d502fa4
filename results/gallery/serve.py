"""A web server for one run's gallery, for this machine alone: where `file://` will not do, and for runs elsewhere."""

from __future__ import annotations

import re
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from results.errors import RunError
from results.run.folder import Run

HOST = "127.0.0.1"
_SERVED = re.compile(
    r"gallery/[\w-]+\.(html|js|css|svg)"
    r"|gallery/vendor/[\w.-]+\.(js|css|txt)"
    r"|gallery/curves/[0-9]+\.js"
    r"|gallery/thumbnails/[0-9a-f]{2}/[0-9a-f]+-[0-9]+\.webp"
    r"|images/[0-9a-f]{2}/[0-9a-f]+\.png"
    r"|references/[0-9a-f]+\.png",
    re.ASCII,
)
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".png": "image/png",
}


class Server(ThreadingHTTPServer):
    """Serves the gallery, the images and the reference pictures of a run, and no other file of it.

    Port 0 takes a free one; `url` says which. Raises RunError where the port is taken.
    """

    daemon_threads = True

    def __init__(self, run: Run, port: int = 0) -> None:
        self.run = run
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise RunError(f"cannot serve at port {port}: {error.strerror}; choose another with --port") from error

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Browsers hang up on images that were scrolled out of sight."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """Where the gallery is."""
        return f"http://{HOST}:{self.server_port}/gallery/"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        # A page elsewhere whose name was made to lead to this address would send that name.
        if self.headers.get("Host", "").rpartition(":")[0] not in (HOST, "localhost"):
            self._send(HTTPStatus.FORBIDDEN, b"this server is for this machine alone\n", body=body)
            return
        path = unquote(urlsplit(self.path).path).removeprefix("/")
        if path in ("", "gallery"):
            self._send(HTTPStatus.FOUND, b"", {"Location": "/gallery/"}, body=body)
            return
        path = "gallery/index.html" if path == "gallery/" else path
        if not _SERVED.fullmatch(path):
            self._send(HTTPStatus.NOT_FOUND, b"not a file of this gallery\n", body=body)
            return
        try:
            content = self.server.run.read(path)
        except RunError:
            self._send(HTTPStatus.NOT_FOUND, b"not here\n", body=body)
            return
        suffix = path[path.rindex(".") :]
        # Images and thumbnails are named by what they show; the data change while a sweep runs.
        cached = "max-age=3600" if suffix in (".png", ".webp") else "no-cache"
        self._send(HTTPStatus.OK, content, {"Content-Type": _TYPES[suffix], "Cache-Control": cached}, body=body)

    def _send(
        self, status: HTTPStatus, content: bytes, headers: dict[str, str] | None = None, *, body: bool = True
    ) -> None:
        self.send_response(status)
        given = {"Content-Type": "text/plain; charset=utf-8"} | (headers or {})
        for name, value in given.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal belongs to the user."""
