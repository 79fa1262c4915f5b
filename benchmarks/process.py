"""A command in a session of its own, held to a time and to an amount of memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PAUSE = 0.1
"""Seconds between two looks at the memory of a command."""


class TooMuchMemoryError(Exception):
    """A command was stopped because it, with its helpers, held more memory than allowed."""


def run(
    command: list[str],
    environ: dict[str, str],
    *,
    limit: float | None = None,
    memory_mb: float | None = None,
    log: Path | None = None,
) -> None:
    """Run a command; when its time is up or its memory spent, it is ended with all its helpers.

    Args:
        command: The command; what it prints goes to standard error.
        environ: Its environment variables.
        limit: Seconds that it may take, or None.
        memory_mb: MB that it may hold with its helpers (resident set), or None. Looked at on Linux alone.
        log: File for what it says on standard error, or None.

    Raises:
        subprocess.CalledProcessError: If it fails; `output` is the last line of its log.
        subprocess.TimeoutExpired: If it takes longer than the limit.
        TooMuchMemoryError: If it holds more memory than allowed.
    """
    said = None if log is None else log.open("w", encoding="utf-8")
    with subprocess.Popen(
        command, env=environ, stdout=sys.stderr, stderr=said, start_new_session=True
    ) as process:
        try:
            code = process.wait(limit) if memory_mb is None else _watch(process, command, limit, memory_mb)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            if said is not None:
                said.close()
    if code:
        raise subprocess.CalledProcessError(code, command, output=None if log is None else _last_line(log))


def _watch(
    process: subprocess.Popen[bytes], command: list[str], limit: float | None, memory_mb: float
) -> int:
    """The exit code, with a look at the clock and the memory every now and then."""
    start = time.monotonic()
    while True:
        try:
            return process.wait(PAUSE)
        except subprocess.TimeoutExpired:
            if limit is not None and time.monotonic() - start > limit:
                raise subprocess.TimeoutExpired(command, limit) from None
            if _resident_mb(process.pid) > memory_mb:
                raise TooMuchMemoryError(f"{time.monotonic() - start:.0f} s") from None


def _resident_mb(session: int) -> float:
    """Memory that the processes of a session hold; what they share is counted for each."""
    pages = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # After the name in brackets: state, parent, group, session.
            if int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                pages += int((folder / "statm").read_text().split()[1])
        except (OSError, IndexError):  # it has ended meanwhile
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else ""
