"""Text by strangers (labels, titles, messages of errors) as terminals and sheets may show it."""

from __future__ import annotations


def printable(text: str) -> str:
    """Each control or direction character becomes a space: it would garble its line, or order the terminal about.

    Lines stay lines.
    """
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text)
