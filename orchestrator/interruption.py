"""Handles Ctrl-C and SIGTERM while a sweep runs.

A signal handler that raises or prints does so in the middle of any other code, such as Ray's. So the handler here only
tells the engine, which looks a few times a second.
"""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Protocol, Self


class Engine(Protocol):
    """The object that is told about signals: `orchestrator.cluster.engine.Engine`, which needs Ray and is not imported
    here.
    """

    def interrupt(self, why: str, within: float | None = None) -> None: ...


_FINISHING = "stopping: what is running will be finished and kept{limit}; press Ctrl-C again to end at once"


class Interruption:
    """A context in which signals end the sweep in good order.

    The first Ctrl-C lets running batches finish, the second ends at once, and the third raises KeyboardInterrupt, in
    case the storage hangs. SIGTERM, which Slurm, Kubernetes and spot instances send before they kill, sometimes twice,
    is like a first Ctrl-C after which batches have `grace` seconds.
    """

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._engine: Engine | None = None
        self._presses = 0
        self._terminated = False
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        self._before = self._listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def came(self) -> bool:
        """Whether a signal has asked to stop."""
        return bool(self._presses or self._terminated)

    def watch(self, engine: Engine) -> None:
        """Pass signals on to this engine, also one that came while Ray was starting."""
        self._engine = engine
        self._listen()  # again, because Ray installs its own handler for SIGTERM
        if self.came:
            engine.interrupt("interrupted before it began", within=0)

    def _listen(self) -> dict[signal.Signals, signal._HANDLER]:
        handlers = {signal.SIGINT: self._on_ctrl_c, signal.SIGTERM: self._on_sigterm}
        return {number: signal.signal(number, handler) for number, handler in handlers.items()}

    def _on_ctrl_c(self, number: int, frame: FrameType | None) -> None:
        self._presses += 1
        if self._presses > 2:
            raise KeyboardInterrupt
        if self._engine and self._presses == 1 and not self._terminated:
            self._engine.interrupt(_FINISHING.format(limit=""))
        elif self._engine:
            self._presses = 2
            self._engine.interrupt("stopping at once", within=0)

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        if self._engine and not self._terminated:
            limit = f", if it is done within {self._grace:g} s"
            self._engine.interrupt(_FINISHING.format(limit=limit), within=self._grace)
        self._terminated = True
