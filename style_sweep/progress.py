"""How far a sweep is: a bar in a notebook's cell, and what the command line shows elsewhere."""

from __future__ import annotations

import html
import importlib
import sys
from types import TracebackType
from typing import Any, Self

from orchestrator.cluster.status import Status
from orchestrator.progress import display
from results.printable import printable


def make_display() -> display.Display:
    """A bar that HTML draws in a notebook, else the display of `sweep run`."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return _Notebook() if shell is not None and shell.has_trait("kernel") else display.make_display()


class _Notebook:
    """One output of the cell, which is replaced as the sweep goes on."""

    def __init__(self) -> None:
        self._output: Any = None
        self._lines: list[str] = []
        self._drawn = ""

    def __enter__(self) -> Self:
        self._output = _ipython().display(_html("<p>starting workers</p>"), display_id=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def __call__(self, status: Status, line: str | None) -> None:
        if line:
            self._lines = [*self._lines, printable(line)][-8:]
        share = status.work / status.total_work if status.total_work else 0.0
        lines = "".join(f"<div>{html.escape(one)}</div>" for one in self._lines)
        text = (
            f'<progress value="{share:.3f}" max="1" style="width:20em"></progress> '
            f"{html.escape(display.summary(status))}{lines}"
        )
        if text != self._drawn:
            self._drawn = text
            self._output.update(_html(text))


def _ipython() -> Any:
    """The module that shows things in cells. It is there wherever a notebook runs, and has no types."""
    return importlib.import_module("IPython.display")


def _html(text: str) -> Any:
    return _ipython().HTML(text)
