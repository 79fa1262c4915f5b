"""The machine that the figures were taken on, in words."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe(threads: int) -> str:
    """The machine, and how many threads each run was given."""
    return f"{describe_machine()}; {threads} threads for every system"


def describe_machine() -> str:
    """Processor, cores, memory, system and Python."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {_memory_gb():.0f} GB of memory, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"


def _memory_gb() -> float:
    if not hasattr(os, "sysconf"):
        return float("nan")
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
