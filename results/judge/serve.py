"""A web server for blind comparisons, for one person at this machine; `results.loopback` says who is refused."""

from __future__ import annotations

import json
from http import HTTPStatus
from importlib import resources
from typing import Any

from results.judge.session import Session, Shown
from results.loopback import Answer, PageHandler, PageServer, Refused, json_answer

MOST_BYTES = 1000
"""The most bytes of a request's body."""

_PAGE = {
    "": ("index.html", "text/html; charset=utf-8"),
    "judge.js": ("judge.js", "text/javascript; charset=utf-8"),
    "judge.css": ("judge.css", "text/css; charset=utf-8"),
}


class Server(PageServer):
    """Serves a session. Port 0 takes a free one; `url` says which. Raises RunError if the port is taken."""

    def __init__(self, session: Session, port: int = 0) -> None:
        self.session = session
        super().__init__(port, _Handler)


class _Handler(PageHandler):
    server: Server

    def get(self, path: str) -> Answer:
        if path in _PAGE:
            name, kind = _PAGE[path]
            return resources.files("results.judge").joinpath("page", name).read_bytes(), kind
        if path == "axes":
            axes = [{"name": axis.name, "title": axis.title} for axis in self.server.session.axes]
            return json_answer({"axes": axes})
        try:
            return self.server.session.picture(path.removeprefix("pictures/")), "image/png"
        except KeyError:
            raise Refused(HTTPStatus.NOT_FOUND, "not here\n") from None

    def post(self, path: str) -> Answer:
        asked = self._asked()
        session = self.server.session
        try:
            if path == "pair":
                return self._pair(asked["axis"], session.next_pair(asked["axis"]))
            if path == "vote":
                session.vote(asked["pair"], asked["choice"])
                return json_answer({})
            if path == "undo":
                taken = session.undo()
                return self._pair(taken[1].axis, taken) if taken else json_answer({"pair": None})
        except KeyError as missing:
            raise Refused(HTTPStatus.NOT_FOUND, f"there is no {missing}\n") from None
        except ValueError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, f"{error}\n") from None
        raise Refused(HTTPStatus.NOT_FOUND, "not here\n")

    def _asked(self) -> dict[str, str]:
        content = self.body(MOST_BYTES)
        try:
            asked = json.loads(content)
        except (ValueError, RecursionError):
            asked = None
        if not isinstance(asked, dict) or not all(isinstance(value, str) for value in asked.values()):
            raise Refused(HTTPStatus.BAD_REQUEST, "a request is an object of texts\n")
        return asked

    def _pair(self, axis: str, pair: tuple[str, Shown] | None) -> Answer:
        session = self.server.session
        seen, of = session.progress(axis)
        found: dict[str, Any] = {"axis": axis, "votes": session.votes, "seen": seen, "of": of, "pair": None}
        if pair:
            name, shown = pair
            found |= {"pair": name, "pictures": {which: f"pictures/{one}" for which, one in shown.names.items()}}
        return json_answer(found)
