"""A large table: fit time and memory, and a million rows out of the saved twin, each in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.experiment import Lab
from benchmarks.systems import HERE

FLIGHTS = "flights.parquet"
ROWS = 1_000_000
STEPS = ("fit", "sample", "stream")


def run(lab: Lab, *, rows: int = ROWS, seed: int = 0) -> dict[str, Any]:
    """What the three steps measured, by step; kept in the cache too."""
    folder = lab.cache / "large"
    folder.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {"rows": rows}
    for step in STEPS:
        script = [sys.executable, str(HERE / "runners" / "run_large.py"), step]
        files = [str(data.folder() / FLIGHTS), str(folder / "flights.twin"), str(folder / f"{step}.json")]
        options = ["--rows", str(rows), "--seed", str(seed)]
        subprocess.run([*script, *files, *options], check=True, env=lab.environ())
        results[step] = json.loads(Path(folder / f"{step}.json").read_text())
    (folder / "flights.twin").unlink()
    return results
