"""What the page servers share: they answer this machine alone, under its own names, and say so to browsers."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from results.errors import RunError

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
