"""Names this machine's processor precisely enough for rows: two processors of other names may round differently."""

from __future__ import annotations

import os
import platform
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
"""Where Linux describes its processors."""

INSTRUCTIONS = {"amx_bf16": "AMX", "avx512_bf16": "AVX-512 BF16", "avx512f": "AVX-512", "avx2": "AVX2"}
"""Linux's flags of the instructions that torch has convolutions for, the widest first."""

LIMITS = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY")
"""Environment variables with which users keep torch from using all instructions."""


def processor() -> str:
    """The model of this machine's processor, its widest instructions, and what keeps torch from using them.

    `Intel(R) Xeon(R) Processor, AMX`: machines in a cloud hide the model, and the instructions decide the rounding.
    """
    facts = _facts()
    flags = facts.get("flags", "").split()
    model = facts.get("model name") or platform.processor() or platform.machine()
    widest = [name for flag, name in INSTRUCTIONS.items() if flag in flags][:1]
    limits = [f"{name}={os.environ[name]}" for name in LIMITS if os.environ.get(name)]
    return ", ".join([model, *widest, *limits])


def _facts() -> dict[str, str]:
    """What Linux says about the first processor."""
    try:
        first, _, _ = CPU_INFO.read_text().partition("\n\n")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}
