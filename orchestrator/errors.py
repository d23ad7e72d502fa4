"""The exceptions of `orchestrator`.

OrchestratorError
├── GridError       a grid that cannot be read, or asks for something impossible; says where in the file
├── UsageError      options or circumstances with which nothing can be started
└── EngineError     Ray or its workers failed beyond what is retried
"""

from __future__ import annotations

from dataclasses import dataclass


class OrchestratorError(Exception):
    """Base of this package's errors; each message says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Position:
    """A position in a file. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    source: str  # the line's text

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def caret(self) -> str:
        """The line with a caret below the column; a long line is cut around it."""
        start = max(0, self.column - 60)
        text = self.source[start : start + 100].replace("\t", " ")
        return f"    {text}\n    {' ' * (self.column - 1 - start)}^"


class GridError(OrchestratorError):
    """`path`: the path of the entry, such as `axes.ratio[1]`. `position`: its line and column, if it is in a file."""

    def __init__(self, message: str, path: str = "", position: Position | None = None) -> None:
        self.message, self.path, self.position = message, path, position
        where = ": ".join(part for part in (str(position) if position else "", path) if part)
        text = f"{where}: {message}" if where else message
        super().__init__(f"{text}\n{position.caret()}" if position else text)


class UsageError(OrchestratorError):
    """Options that do not fit together or do not fit the grid; nothing was started."""


class EngineError(OrchestratorError):
    """The sweep had to stop. Committed rows are kept, and running it again continues."""
