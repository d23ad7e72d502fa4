"""What the page servers share: they answer this machine alone, under its own names, and say so to browsers.

A page for one person (`PageServer`) is below a random path that only the terminal shows, so that other users of the
machine find nothing. Other pages in the same browser are refused by the `Host` header (against names made to lead here)
and by the `Origin` header, which browsers send with requests that change something.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from results.errors import ResultsError, RunError

HOST = "127.0.0.1"

HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",  # no page elsewhere may load our files as its own scripts or images
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Of every answer."""


class LoopbackServer(ThreadingHTTPServer):
    """Listens on the loopback interface. Port 0 takes a free one. Raises RunError where the port cannot be had."""

    daemon_threads = True

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        try:
            super().__init__((HOST, port), handler)
        except OSError as error:
            raise RunError(f"cannot serve at port {port}: {error.strerror}; choose another with --port") from error

    @property
    def origin(self) -> str:
        """Scheme, host and port, as this server is addressed."""
        return f"http://{HOST}:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Browsers hang up on what they no longer want."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def is_own_host(header: str, port: int) -> bool:
    """Whether a Host header names this server. A page elsewhere whose name was made to lead here sends that name.

    Browsers leave port 80 out, which is HTTP's own.
    """
    name, colon, given = header.partition(":")
    return name in (HOST, "localhost") and (given == str(port) if colon else port == 80)


Answer = tuple[bytes, str]
"""What is sent, and its content type."""


class Refused(Exception):
    """A request that is not answered. The message is sent with this status."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class PageServer(LoopbackServer):
    """Serves a page below a random path; `url` says which. Port 0 takes a free one. Raises RunError as its base."""

    def __init__(self, port: int, handler: type[PageHandler]) -> None:
        self.token = secrets.token_urlsafe(16)
        super().__init__(port, handler)

    @property
    def url(self) -> str:
        """The address of the page, with its secret path."""
        return f"{self.origin}/{self.token}/"


class PageHandler(BaseHTTPRequestHandler):
    """Answers requests by `get` and `post`, which are given the path below the secret one and may raise Refused.

    images: sources of images that the page may show.
    """

    server: PageServer
    protocol_version = "HTTP/1.1"
    images = "'self' data:"

    def get(self, path: str) -> Answer:
        """What is found at a path."""
        raise NotImplementedError

    def post(self, path: str) -> Answer:
        """The answer to what the page asks."""
        raise NotImplementedError

    def do_GET(self) -> None:
        self._answer(self.get)

    def do_POST(self) -> None:
        self._answer(self.post)

    def body(self, most: int) -> bytes:
        """The body of the request. Raises Refused for one of more bytes than `most`."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > most:
            raise Refused(HTTPStatus.BAD_REQUEST, f"a request has a body, of at most {most:,} bytes\n")
        return self.rfile.read(int(length))

    def _answer(self, find: Callable[[str], Answer]) -> None:
        try:
            content, kind = find(self._path())
            self._send(HTTPStatus.OK, content, kind)
        except Refused as refused:
            self.close_connection = True  # its body may not have been read
            self._send(refused.status, str(refused).encode(), "text/plain; charset=utf-8")
        except ResultsError as error:
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, *json_answer({"error": str(error)}))

    def _path(self) -> str:
        """The path of the request below the secret one. Raises Refused for strangers."""
        host = self.headers.get("Host", "")
        if not is_own_host(host, self.server.server_port):
            raise Refused(HTTPStatus.FORBIDDEN, "this server is for this machine alone\n")
        if self.headers.get("Origin", f"http://{host}") != f"http://{host}":
            raise Refused(HTTPStatus.FORBIDDEN, "this server is for its own page alone\n")
        _, token, *rest = [*urlsplit(self.path).path.split("/", 2), ""][:3]
        if not secrets.compare_digest(token.encode(), self.server.token.encode()):
            raise Refused(HTTPStatus.NOT_FOUND, "not here; the whole address is in the terminal\n")
        return rest[0] if rest else ""

    def _send(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self.send_response(status)
        policy = (
            f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {self.images}; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        for name, value in (HEADERS | {"Cache-Control": "no-store", "Content-Security-Policy": policy}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged: the terminal belongs to the user."""


def json_answer(found: dict[str, Any]) -> Answer:
    """An answer as JSON."""
    return json.dumps(found).encode(), "application/json"
