"""What a weights file says of itself beside its numbers. No torch, so that a plan can say it."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open


def named_preprocessing(path: Path) -> str | None:
    """The preprocessing that a .safetensors file names in its metadata. None for other files, which cannot say it, and
    for damaged ones, which `load` refuses.
    """
    if path.suffix.lower() != ".safetensors":
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            named: str | None = (file.metadata() or {}).get("preprocessing")
            return named
    except (SafetensorError, OSError, ValueError):
        return None
