"""One experiment: a system, a table, a seed. Fits and samples in one process, scores in another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import data, process
from benchmarks.environments import python_of
from benchmarks.systems import SYSTEMS, System

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)


class RefusedError(Exception):
    """A system cannot do what was asked of it; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Lab:
    """Where things are kept, and how runs are limited.

    Args:
        envs: Folder of the peers' environments.
        cache: Folder of results and synthetic tables.
        threads: Threads for each run.
        speed_rows: Rows of the second, larger sample that sampling is timed on.
    """

    envs: Path
    cache: Path
    threads: int = 2
    speed_rows: int = 100_000

    def environ(self) -> dict[str, str]:
        """Environment variables for a run."""
        quiet = {"HF_HUB_OFFLINE": "1", "PYTHONHASHSEED": "0", "TQDM_DISABLE": "1"}
        return {**os.environ, **quiet, **{name: str(self.threads) for name in THREADS}}


def result_path(lab: Lab, system: str, table: data.Table, seed: int) -> Path:
    """Where the result of an experiment is kept."""
    cut = "" if table.rows is None else f"-{table.rows}rows"
    return lab.cache / "results" / f"{table.name}-{system}-{seed}{cut}.json"


def run(lab: Lab, system: str, table: data.Table, seed: int, *, fresh: bool) -> dict[str, Any]:
    """The result of an experiment, from its file or anew.

    Raises:
        subprocess.CalledProcessError: If the runner or the scorer fails; what it said is on standard error.
    """
    path = result_path(lab, system, table, seed)
    if path.is_file() and not fresh:
        return json.loads(path.read_text())
    what = SYSTEMS[system]
    python = python_of(what, lab.envs)
    result = {"system": system, "table": table.name, "seed": seed}
    return measure(lab, path, [str(python), str(what.script)], what.setting, table, result)


def attempt(
    lab: Lab,
    path: Path,
    what: System,
    setting: str,
    table: data.Table,
    result: dict[str, Any],
    *,
    limit: float,
    fresh: bool,
) -> dict[str, Any]:
    """The result, from its file or anew. One that is refused or not done in time is kept as such.

    Args:
        lab: Where things are kept.
        path: File of the result.
        what: The system.
        setting: Which setting of its runner.
        table: The table.
        result: What the result says beforehand; `seed` is passed on.
        limit: Seconds that fitting and sampling may take.
        fresh: Run again what is finished already.

    Raises:
        subprocess.CalledProcessError: If the runner or the scorer fails; what it said is on standard error.
    """
    if path.is_file() and not fresh:
        return json.loads(path.read_text())
    script = [str(python_of(what, lab.envs)), str(what.script)]
    try:
        return measure(lab, path, script, setting, table, result, limit=limit)
    except subprocess.TimeoutExpired:
        result = {**result, "unfinished": f"did not finish in {limit / 60:.0f} min"}
    except RefusedError as error:
        result = {**result, "unfinished": str(error)}
    path.write_text(json.dumps(result, indent=1))
    print(f"{stem_of(path).name}: {result['unfinished']}", file=sys.stderr)
    return result


def measure(
    lab: Lab,
    path: Path,
    script: list[str],
    setting: str,
    table: data.Table,
    result: dict[str, Any],
    *,
    limit: float | None = None,
) -> dict[str, Any]:
    """Fit, sample and score in fresh processes, and keep what came of it.

    Args:
        lab: Where things are kept.
        path: File of the result.
        script: Interpreter and runner.
        setting: Which setting of the runner.
        table: The table.
        result: What the result says beforehand; `seed` is passed on.
        limit: Seconds after which fitting and sampling are given up, or None.

    Raises:
        subprocess.CalledProcessError: If the runner or the scorer fails; what it said is on standard error.
        subprocess.TimeoutExpired: If fitting and sampling take longer than the limit.
        RefusedError: If the system cannot do what was asked.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    stem = stem_of(path)
    out, measured, scored = (Path(f"{stem}.{end}") for end in ("parquet", "run.json", "score.json"))
    options = ["--setting", setting, "--seed", str(result["seed"]), "--speed-rows", str(lab.speed_rows)]
    files = [str(table.train), str(_rows(table)), str(out), str(measured)]
    process.run([*script, *files, *options], lab.environ(), limit=limit)
    run = json.loads(measured.read_text())
    if "refused" in run:
        measured.unlink()
        raise RefusedError(run["refused"])
    scorer = [sys.executable, "-m", "benchmarks.scoring", str(data.folder() / "score.py")]
    parts = [str(table.train), str(table.holdout), str(out), table.target, str(scored)]
    subprocess.run([*scorer, *parts], check=True, env=lab.environ(), cwd=data.ROOT)
    result = {**result, "run": run, "score": json.loads(scored.read_text())}
    path.write_text(json.dumps(result, indent=1))
    for left in (measured, scored, out):
        left.unlink()
    print(f"{stem.name}: {time.perf_counter() - start:.0f} s in all", file=sys.stderr)
    return result


def stem_of(path: Path) -> Path:
    """The path without `.json`; with a dot in an epsilon, with_suffix would cut the name."""
    return path.parent / path.name.removesuffix(".json")


def _rows(table: data.Table) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(table.train).num_rows)
