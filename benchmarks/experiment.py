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

from benchmarks import data
from benchmarks.environments import python_of
from benchmarks.systems import SYSTEMS

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)


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
    path.parent.mkdir(parents=True, exist_ok=True)
    stem = path.with_suffix("")
    out, measured, scored = (Path(f"{stem}.{end}") for end in ("parquet", "run.json", "score.json"))
    start = time.perf_counter()
    what = SYSTEMS[system]
    python = str(python_of(what, lab.envs))
    options = ["--setting", what.setting, "--seed", str(seed), "--speed-rows", str(lab.speed_rows)]
    n = str(_rows(table))
    files = [str(table.train), n, str(out), str(measured)]
    subprocess.run(
        [python, str(what.script), *files, *options], check=True, env=lab.environ(), stdout=sys.stderr
    )
    scorer = [sys.executable, "-m", "benchmarks.scoring", str(data.folder() / "score.py")]
    parts = [str(table.train), str(table.holdout), str(out), table.target, str(scored)]
    subprocess.run([*scorer, *parts], check=True, env=lab.environ(), cwd=data.ROOT)
    result = {
        "system": system,
        "table": table.name,
        "seed": seed,
        "run": json.loads(measured.read_text()),
        "score": json.loads(scored.read_text()),
    }
    path.write_text(json.dumps(result, indent=1))
    for left in (measured, scored, out):
        left.unlink()
    print(f"{path.stem}: {time.perf_counter() - start:.0f} s in all", file=sys.stderr)
    return result


def _rows(table: data.Table) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(table.train).num_rows)
