"""What every runner shares: the arguments, the clock, and the memory of this process.

A runner is called as `TRAIN N OUT JSON --setting S --seed I --speed-rows M` by the interpreter of its own
environment. It fits on TRAIN, writes N sampled rows to OUT and what it measured to JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

THREADS = int(os.environ.get("OMP_NUM_THREADS", "2"))
"""Threads that this run was given."""


class RefusedError(Exception):
    """A system cannot do what was asked of it; the message says why."""


def peak_mb() -> float:
    """Most memory that this process held so far, in MB (resident set)."""
    status = Path("/proc/self/status")
    if status.is_file():  # unlike getrusage it does not count what the parent held before it started us
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) / 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024


def chosen(setting: str) -> tuple[str, int | None]:
    """The two halves of a setting such as `ctgan@50`: what, and for how many epochs, None for its default."""
    what, _, epochs = setting.partition("@")
    return what, int(epochs) if epochs else None


def run(
    fit: Callable[[pd.DataFrame, str, int], Any],
    sample: Callable[[Any, int, int], pd.DataFrame],
    packages: tuple[str, ...],
    facts: Callable[[Any], dict[str, float]] | None = None,
) -> None:
    """Fit, sample and write what was measured.

    Args:
        fit: Called with the table, the setting and the seed; gives the fitted model.
        sample: Called with the fitted model, a number of rows and the seed; gives a pandas table.
        packages: Names of the packages whose versions are kept.
        facts: Called with the fitted model; gives figures of its own to keep.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("train")
    parser.add_argument("n", type=int)
    parser.add_argument("out")
    parser.add_argument("json")
    parser.add_argument("--setting", default="default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speed-rows", type=int, default=100_000)
    args = parser.parse_args()
    table = pd.read_parquet(args.train)
    before = peak_mb()

    start, cpu_start = time.perf_counter(), time.process_time()
    try:
        fitted = fit(table, args.setting, args.seed)
    except RefusedError as error:
        Path(args.json).write_text(json.dumps({"refused": str(error)}))
        return
    fit_s, fit_cpu_s = time.perf_counter() - start, time.process_time() - cpu_start
    fit_peak = peak_mb()

    start = time.perf_counter()
    synthetic = sample(fitted, args.n, args.seed)
    sample_s = time.perf_counter() - start
    synthetic.to_parquet(args.out, index=False)

    start = time.perf_counter()
    drawn = len(sample(fitted, args.speed_rows, args.seed + 1)) if args.speed_rows else 0
    speed_s = time.perf_counter() - start

    measured = {
        "fit_s": fit_s,
        "fit_cpu_s": fit_cpu_s,
        "sample_s": sample_s,
        "n": len(synthetic),
        "rows_per_s": drawn / speed_s if drawn else args.n / sample_s,
        "speed_rows": drawn,
        "start_mb": before,
        "fit_peak_mb": fit_peak,
        "peak_mb": peak_mb(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
        "facts": facts(fitted) if facts is not None else {},
    }
    Path(args.json).write_text(json.dumps(measured, indent=1))
