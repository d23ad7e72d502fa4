"""YAML as its version 1.2 reads it, with the position of every entry.

PyYAML follows YAML 1.1, where `1e-3` is text, `1_1` is 11, `no` is false, and duplicate keys pass. Here PyYAML only
parses; scalars are resolved by the YAML 1.2 core schema, and everything dangerous (tags, cycles, alias bombs, duplicate
keys) is refused with a message that says where it is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml
from yaml.reader import ReaderError

from orchestrator.errors import GridError, Position

MOST_BYTES = 1_000_000
MOST_NODES = 200_000
MOST_DEPTH = 30
MOST_DIGITS = 300

_NO_TAG = "none"

Steps = tuple[str | int, ...]
"""The way to an entry: keys of mappings and indices of lists."""

_CORE_SCHEMA: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"|~|null|Null|NULL"), lambda text: None),
    (re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text.lower() == "true"),
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)"), lambda text: float(text.replace(".", "").lower())),
    (re.compile(r"\.(nan|NaN|NAN)"), lambda text: float("nan")),
)
"""The meaning of plain scalars in YAML 1.2, in the order in which the patterns are tried."""


_HINTS = {
    "mapping values are not allowed here": "a text with a colon needs quotes",
    r"found character '\t'": "indent with spaces",
}
"""Advice for frequent problems, by PyYAML's message."""


@dataclass
class Document:
    """A parsed file: its data, and where each key and value is."""

    file: str
    lines: list[str]
    data: Any = None
    values: dict[Steps, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Steps, tuple[int, int]] = field(default_factory=dict)

    def position(self, steps: Steps, *, key: bool = False) -> Position:
        """The position of an entry, or with `key` of its key. For a missing entry, that of the one around it."""
        table = self.keys if key else self.values
        while steps and steps not in table:
            steps = steps[:-1]
        line, column = table.get(steps, self.values.get(steps, (0, 0)))
        return self.at(line, column)

    def at(self, line: int, column: int) -> Position:
        """A position by line and column, counted from 0."""
        source = self.lines[line] if line < len(self.lines) else ""
        return Position(self.file, line + 1, column + 1, source)


def path_text(steps: Steps) -> str:
    """`axes.ratio[1]`, as messages name it."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def read_yaml(path: Path) -> Document:
    """Read one YAML file. Raises GridError, with a position, for anything that is wrong in it."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise GridError(f"{path} is larger than the {MOST_BYTES:,} bytes that a grid may have")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise GridError(f"there is no file {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise GridError(f"cannot read {path}: {reason}") from error
    return parse(text, str(path))


def parse_value(text: str) -> Any:
    """One value as a command line gives it: `1e-3`, `[448, 448]`, `noise`. Raises GridError without a position."""
    try:
        return parse(text, "").data
    except GridError as error:
        raise GridError(error.message) from error


def parse(text: str, file: str) -> Document:
    """Parse YAML text; `file` is what messages call it."""
    document = Document(file, text.splitlines())
    try:
        loader = _Loader(text, document)
    except ReaderError as error:
        before = f"{text[: error.position]}.".splitlines()
        message = f"not YAML: the character U+{error.character:04X} may not stand in a file"
        raise GridError(message, position=document.at(len(before) - 1, len(before[-1]) - 1)) from error
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        assert mark is not None
        problem = ", ".join(part for part in (error.context, error.problem) if part)
        hints = (hint for found, hint in _HINTS.items() if found in problem)
        message = "; ".join([f"not YAML: {problem}", *hints])
        raise GridError(message, position=document.at(mark.line, mark.column)) from error
    except (ValueError, OverflowError) as error:  # PyYAML turns "\UFFFFFFFF" and %YAML 1.999… into numbers unchecked
        raise GridError("not YAML: a number out of range", position=document.at(loader.line, loader.column)) from error
    if node is not None:
        document.data = _Builder(document).build(node, (), ())
    return document


class _Loader(yaml.BaseLoader):
    """Composes nodes, and refuses tags and deep nesting before PyYAML's own recursion meets them."""

    def __init__(self, text: str, document: Document) -> None:
        super().__init__(text)
        self._document = document
        self._depth = 0

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        """Called for every node. Returns no tag, because the builder decides by YAML 1.2's rules."""
        return _NO_TAG

    def descend_resolver(self, parent: yaml.Node | None, index: Any) -> None:
        """Called before a node is composed."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        self._depth += 1
        if self._depth > MOST_DEPTH + 1:
            self._refuse(event, f"nested deeper than {MOST_DEPTH} levels")
        if event.tag is not None:
            self._refuse(event, f"tags such as {event.tag} are not used here")

    def ascend_resolver(self) -> None:
        """Called after a node is composed."""
        self._depth -= 1

    def _refuse(self, event: yaml.Event, message: str) -> NoReturn:
        assert event.start_mark is not None
        raise GridError(message, position=self._document.at(event.start_mark.line, event.start_mark.column))


class _Builder:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._nodes = 0
        # Once for each node, even if aliases repeat it.
        self._texts: dict[int, str] = {}
        self._scalars: dict[int, Any] = {}

    def build(self, node: yaml.Node, steps: Steps, ancestors: tuple[int, ...]) -> Any:
        """The data of a node; `ancestors` are the ids of those around it, to find aliases that contain themselves."""
        self._nodes += 1
        mark = node.start_mark
        self._document.values[steps] = (mark.line, mark.column)
        if id(node) in ancestors:
            raise self._error(node, steps, "an alias contains itself")
        if self._nodes > MOST_NODES:
            raise self._error(node, steps, f"more than {MOST_NODES:,} entries, counting what aliases repeat")
        if len(ancestors) > MOST_DEPTH:
            raise self._error(node, steps, f"nested deeper than {MOST_DEPTH} levels")
        within = (*ancestors, id(node))
        if isinstance(node, yaml.ScalarNode):
            if id(node) not in self._scalars:
                self._scalars[id(node)] = self._scalar(node, steps)
            return self._scalars[id(node)]
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*steps, index), within) for index, item in enumerate(node.value)]
        assert isinstance(node, yaml.MappingNode)
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(key_node, steps, "a key must be plain text")
            key = self._text(key_node, steps)
            self._document.keys[(*steps, key)] = (key_node.start_mark.line, key_node.start_mark.column)
            if key in mapping:
                raise self._error(key_node, (*steps, key), "this key is here a second time")
            mapping[key] = self.build(value_node, (*steps, key), within)
        return mapping

    def _scalar(self, node: yaml.ScalarNode, steps: Steps) -> Any:
        text = self._text(node, steps)
        if node.style is not None:  # quoted or a block: text
            return text
        for pattern, resolve in _CORE_SCHEMA:
            if pattern.fullmatch(text):
                if len(text) > MOST_DIGITS:
                    raise self._error(node, steps, "this number has too many digits")
                value = resolve(text)
                overflows = isinstance(value, int | float) and abs(value) > sys.float_info.max
                if overflows and "inf" not in text.lower():
                    raise self._error(node, steps, "this number is too large")
                return value
        return text

    def _text(self, node: yaml.ScalarNode, steps: Steps) -> str:
        if id(node) not in self._texts:
            try:  # \ud83d\ude00, as JSON writes characters beyond U+FFFF, is one character
                text = str(node.value).encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError as error:
                raise self._error(node, steps, "half of a surrogate pair is not a character") from error
            self._texts[id(node)] = text
        return self._texts[id(node)]

    def _error(self, node: yaml.Node, steps: Steps, message: str) -> GridError:
        mark = node.start_mark
        return GridError(message, path_text(steps), self._document.at(mark.line, mark.column))
