"""Text by strangers (labels, titles, messages of errors) as terminals and sheets may show it."""

from __future__ import annotations

import json
from typing import Any


def json_text(data: Any) -> str:
    """JSON for people and programs: letters as they are, and escapes for whatever `printable` would not show."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return "".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text)


def printable(text: str) -> str:
    """Each control or direction character becomes a space: it would garble its line, or order the terminal about.

    Lines stay lines.
    """
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text)
