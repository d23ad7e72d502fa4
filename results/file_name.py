"""Names of files that are made from labels and settings, which strangers write."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 80
"""Characters. Most file systems take 255 bytes, and a name also gets a number and a suffix."""


def file_name(text: str) -> str:
    """A text as part of a file's name, at most `LONGEST` characters: letters, digits, `_` and `.`, others as `-`.

    It contains no separator of folders, and starts and ends with neither `-` nor `.`; it may be empty. 10⁻³ becomes
    10-3.
    """
    plain = re.sub(r"[^\w.]+", "-", unicodedata.normalize("NFKC", text))
    return plain.strip("-.")[:LONGEST].rstrip("-.")
