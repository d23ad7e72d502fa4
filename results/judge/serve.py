"""A web server for blind comparisons, for one person at this machine.

It listens only on the loopback interface, below a random path that only the terminal shows, so that other users of the
machine find nothing. Other pages in the same browser are refused by the `Host` header (against names made to lead here)
and by the `Origin` header, which browsers send with requests that change something.
"""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from results.errors import ResultsError
from results.judge.session import Session, Shown
from results.loopback import HEADERS, LoopbackServer, is_own_host

MOST_BYTES = 1000
"""The most bytes of a request's body."""

_PAGE = {
    "": ("index.html", "text/html; charset=utf-8"),
    "judge.js": ("judge.js", "text/javascript; charset=utf-8"),
    "judge.css": ("judge.css", "text/css; charset=utf-8"),
}
_HEADERS = HEADERS | {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}


class Server(LoopbackServer):
    """Serves a session. Port 0 takes a free one; `url` says which. Raises RunError if the port is taken."""

    def __init__(self, session: Session, port: int = 0) -> None:
        self.session = session
        self.token = secrets.token_urlsafe(16)
        super().__init__(port, _Handler)

    @property
    def url(self) -> str:
        """The address of the page, with its secret path."""
        return f"{self.origin}/{self.token}/"


class _Refused(Exception):
    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def _answer(self, find: Any) -> None:
        try:
            content, kind = find(self._path())
            self._send(HTTPStatus.OK, content, kind)
        except _Refused as refused:
            self.close_connection = True  # its body may not have been read
            self._send(refused.status, str(refused).encode(), "text/plain; charset=utf-8")
        except ResultsError as error:
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, *_json({"error": str(error)}))

    def _path(self) -> str:
        """The path of the request below the secret one. Raises _Refused for strangers."""
        host = self.headers.get("Host", "")
        if not is_own_host(host, self.server.server_port):
            raise _Refused(HTTPStatus.FORBIDDEN, "this server is for this machine alone\n")
        if self.headers.get("Origin", f"http://{host}") != f"http://{host}":
            raise _Refused(HTTPStatus.FORBIDDEN, "this server is for its own page alone\n")
        _, token, *rest = [*urlsplit(self.path).path.split("/", 2), ""][:3]
        if not secrets.compare_digest(token.encode(), self.server.token.encode()):
            raise _Refused(HTTPStatus.NOT_FOUND, "not here; the whole address is in the terminal\n")
        return rest[0] if rest else ""

    def _get(self, path: str) -> tuple[bytes, str]:
        if path in _PAGE:
            name, kind = _PAGE[path]
            return resources.files("results.judge").joinpath("page", name).read_bytes(), kind
        if path == "axes":
            axes = [{"name": axis.name, "title": axis.title} for axis in self.server.session.axes]
            return _json({"axes": axes})
        try:
            return self.server.session.picture(path.removeprefix("pictures/")), "image/png"
        except KeyError:
            raise _Refused(HTTPStatus.NOT_FOUND, "not here\n") from None

    def _post(self, path: str) -> tuple[bytes, str]:
        asked = self._body()
        session = self.server.session
        try:
            if path == "pair":
                return self._pair(asked["axis"], session.next_pair(asked["axis"]))
            if path == "vote":
                session.vote(asked["pair"], asked["choice"])
                return _json({})
            if path == "undo":
                taken = session.undo()
                return self._pair(taken[1].axis, taken) if taken else _json({"pair": None})
        except KeyError as missing:
            raise _Refused(HTTPStatus.NOT_FOUND, f"there is no {missing}\n") from None
        except ValueError as error:
            raise _Refused(HTTPStatus.BAD_REQUEST, f"{error}\n") from None
        raise _Refused(HTTPStatus.NOT_FOUND, "not here\n")

    def _body(self) -> dict[str, str]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            raise _Refused(HTTPStatus.BAD_REQUEST, "a request has a body, and a small one\n")
        try:
            asked = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            asked = None
        if not isinstance(asked, dict) or not all(isinstance(value, str) for value in asked.values()):
            raise _Refused(HTTPStatus.BAD_REQUEST, "a request is an object of texts\n")
        return asked

    def _pair(self, axis: str, pair: tuple[str, Shown] | None) -> tuple[bytes, str]:
        session = self.server.session
        seen, of = session.progress(axis)
        found: dict[str, Any] = {"axis": axis, "votes": session.votes, "seen": seen, "of": of, "pair": None}
        if pair:
            name, shown = pair
            found |= {"pair": name, "pictures": {which: f"pictures/{one}" for which, one in shown.names.items()}}
        return _json(found)

    def _send(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged: the terminal belongs to the user."""


def _json(found: dict[str, Any]) -> tuple[bytes, str]:
    return json.dumps(found).encode(), "application/json"
