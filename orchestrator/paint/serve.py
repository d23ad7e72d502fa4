"""A web server for an easel, for one person at this machine; `results.loopback` says who is refused."""

from __future__ import annotations

from http import HTTPStatus
from importlib import resources

from orchestrator.paint.easel import Easel
from results.loopback import Answer, PageHandler, PageServer, Refused, json_answer

MOST_BYTES = 6_000_000
"""The most bytes of a request's body: hints of 1024×1024 pixels as PNG, uncompressed."""

_PAGE = {
    "": ("index.html", "text/html; charset=utf-8"),
    "paint.js": ("paint.js", "text/javascript; charset=utf-8"),
    "paint.css": ("paint.css", "text/css; charset=utf-8"),
}


class Server(PageServer):
    """Serves an easel. Port 0 takes a free one; `url` says which. Raises RunError if the port is taken."""

    def __init__(self, easel: Easel, port: int = 0) -> None:
        self.easel = easel
        super().__init__(port, _Handler)


class _Handler(PageHandler):
    server: Server
    images = "'self' data: blob:"

    def get(self, path: str) -> Answer:
        easel = self.server.easel
        if path in _PAGE:
            name, kind = _PAGE[path]
            return resources.files("orchestrator.paint").joinpath("page", name).read_bytes(), kind
        if path == "easel":
            return json_answer({"size": easel.size, "file": str(easel.file), "line": easel.line})
        if path == "sketch":
            return easel.sketch_png(), "image/png"
        if path == "hints":
            return easel.kept_png(), "image/png"
        raise Refused(HTTPStatus.NOT_FOUND, "not here\n")

    def post(self, path: str) -> Answer:
        if path not in ("painted", "keep"):
            raise Refused(HTTPStatus.NOT_FOUND, "not here\n")
        content = self.body(MOST_BYTES)
        try:
            if path == "painted":
                return self.server.easel.painted_png(content), "image/png"
            self.server.easel.keep(content)
        except ValueError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, f"the picture {error}\n") from None
        except OSError as error:
            reason = f"cannot write {self.server.easel.file}: {error.strerror}\n"
            raise Refused(HTTPStatus.INTERNAL_SERVER_ERROR, reason) from None
        return json_answer({})
