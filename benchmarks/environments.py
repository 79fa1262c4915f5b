"""An environment for each peer, outside the repository, made on demand from exact pins."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from benchmarks.systems import HERE, System

TORCH = "torch=="


def python_of(system: System, envs: Path) -> Path:
    """The interpreter that runs a system; its environment is made if it is missing or has other pins."""
    if system.peer is None:
        return Path(sys.executable)
    pins = HERE / "peers" / f"{system.peer}.txt"
    folder = envs / system.peer
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp = folder / "pins.sha256"
    wanted = hashlib.sha256(pins.read_bytes()).hexdigest()
    if not (python.is_file() and stamp.is_file() and stamp.read_text() == wanted):
        _make(folder, python, pins)
        stamp.write_text(wanted)
    return python


def _make(folder: Path, python: Path, pins: Path) -> None:
    print(f"{folder}: installing {pins.name} (once)", file=sys.stderr)
    folder.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "-q", "install"]
    # torch first, with what it needs on this platform; then exactly the pins, so that nothing replaces it
    # (a small CPU build, where there is one, by a large one for GPUs).
    torch = [line for line in pins.read_text().splitlines() if line.startswith(TORCH)]
    if torch:
        subprocess.run([*pip, *torch], check=True)
    subprocess.run([*pip, "--no-deps", "-r", str(pins)], check=True)
