"""A web server for galleries, reachable only from this machine: for pages that need a server, and for runs in object
stores.

It serves files, and answers requests of its page (see `asks`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote, urlsplit

from results.errors import ResultsError, RunError
from results.gallery.asks import Asks
from results.gallery.describe import Shown
from results.loopback import HEADERS, LoopbackServer, is_own_host
from results.run.storage import Run

MOST_BYTES = 400_000
"""The most bytes of a request's body: the ids of some 16,000 trials."""

_HEADERS = HEADERS | {"Content-Security-Policy": "frame-ancestors 'none'"}
"""A part of the content security policy. The rest is in the page itself, so that it also applies with `file://`."""

_ASKS = (
    b"default-src 'none';",
    b"default-src 'none'; connect-src 'self';",
)
"""A served page may send requests to its server; a page from `file://` may send none."""

_PAGE = re.compile(
    r"gallery/[\w-]+\.(html|js|css|svg)"
    r"|gallery/vendor/[\w.-]+\.(js|css|txt)"
    r"|gallery/curves/[0-9]+\.js",
    re.ASCII,
)
_PICTURE = re.compile(
    r"gallery/thumbnails/[0-9a-f]{2}/[0-9a-f]+-[0-9]+\.webp"
    r"|images/[0-9a-f]{2}/[0-9a-f]+\.png"
    r"|frames/[0-9a-f]{2}/[0-9a-f]+/[0-9]+\.webp"
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


class Server(LoopbackServer):
    """Serves a page and the images and reference pictures of its runs, and no other file.

    page: the folder of the page; for a single run, the run itself. shown: for several runs, the result of
    `write_apart`. Port 0 takes a free one; `url` says which. Raises RunError if the port is taken.
    """

    def __init__(self, page: Run, port: int = 0, shown: Sequence[Shown] = ()) -> None:
        self._page = page
        self._runs = {f"{one.folder}/": one.run for one in shown} or {"": page}
        self.asks = Asks(list(self._runs.values()))
        super().__init__(port, _Handler)

    def find(self, path: str) -> tuple[Run, str] | None:
        """The run and the file in it that an address names; None if it names nothing that may be served."""
        if _PAGE.fullmatch(path):
            return self._page, path
        for folder, run in self._runs.items():
            if path.startswith(folder) and _PICTURE.fullmatch(path, len(folder)):
                return run, path[len(folder) :]
        return None

    @property
    def url(self) -> str:
        """The address of the gallery."""
        return f"{self.origin}/gallery/"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_POST(self) -> None:
        self.close_connection = True  # its body may not have been read
        host = self.headers.get("Host", "")
        if not is_own_host(host, self.server.server_port) or self.headers.get("Origin") != f"http://{host}":
            self._send(HTTPStatus.FORBIDDEN, b"this server is for its own page alone\n")
            return
        asks = self.server.asks
        answers = {"/gallery/marks": (asks.mark, "application/json"), "/gallery/sheet": (asks.sheet, "image/png")}
        length = self.headers.get("Content-Length", "")
        if self.path not in answers or not length.isdecimal() or int(length) > MOST_BYTES:
            self._send(HTTPStatus.NOT_FOUND, b"not here, or too long\n")
            return
        answer, kind = answers[self.path]
        self._send_answer(lambda: answer(json.loads(self.rfile.read(int(length)))), kind)

    def _send_answer(self, find: Callable[[], bytes], kind: str, *, body: bool = True) -> None:
        try:
            content = find()
        except KeyError as missing:
            self._send(HTTPStatus.NOT_FOUND, f"there is no trial {missing}\n".encode(), body=body)
        except (ValueError, RecursionError) as error:
            self._send(HTTPStatus.BAD_REQUEST, f"{error}\n".encode(), body=body)
        except ResultsError as error:
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, f"{error}\n".encode(), body=body)
        else:
            self._send(HTTPStatus.OK, content, {"Content-Type": kind, "Cache-Control": "no-store"}, body=body)

    def _answer(self, *, body: bool) -> None:
        if not is_own_host(self.headers.get("Host", ""), self.server.server_port):
            self._send(HTTPStatus.FORBIDDEN, b"this server is for this machine alone\n", body=body)
            return
        path = unquote(urlsplit(self.path).path).removeprefix("/")
        if path in ("", "gallery"):
            self._send(HTTPStatus.FOUND, b"", {"Location": "/gallery/"}, body=body)
            return
        path = "gallery/index.html" if path == "gallery/" else path
        if path == "gallery/marks":
            self._send_answer(self.server.asks.marks, "application/json", body=body)
            return
        if (found := self.server.find(path)) is None:
            self._send(HTTPStatus.NOT_FOUND, b"not a file of this gallery\n", body=body)
            return
        try:
            run, file = found
            content = run.read(file)
        except RunError:
            self._send(HTTPStatus.NOT_FOUND, b"not here\n", body=body)
            return
        if path == "gallery/index.html":
            content = content.replace(*_ASKS)
        suffix = path[path.rindex(".") :]
        # Images and thumbnails are named by what they show; the data change while a sweep runs.
        cached = "max-age=3600" if suffix in (".png", ".webp") else "no-cache"
        self._send(HTTPStatus.OK, content, {"Content-Type": _TYPES[suffix], "Cache-Control": cached}, body=body)

    def _send(
        self, status: HTTPStatus, content: bytes, headers: dict[str, str] | None = None, *, body: bool = True
    ) -> None:
        self.send_response(status)
        given = _HEADERS | {"Content-Type": "text/plain; charset=utf-8"} | (headers or {})
        for name, value in given.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged: the terminal belongs to the user."""
