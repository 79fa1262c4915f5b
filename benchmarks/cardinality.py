"""Memory and time against the number of levels of one category, on made-up tables of a million rows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import experiment, page, process
from benchmarks.environments import python_of
from benchmarks.systems import CARDINALITY, NETWORKS

if TYPE_CHECKING:
    import pandas as pd

ROWS = 1_000_000
LEVELS = (100, 1_000, 10_000, 50_000, 1_000_000)
"""Of 50,000 levels each has 20 rows. With a chance of 1.7 % the guard's secret threshold lies above, and the
page says that a single code is left: run that one again with `--fresh`."""
SAMPLED = 100_000
"""Rows that are sampled; their memory counts too."""
LIMIT = 30.0
"""Minutes that fitting and sampling may take."""
MEMORY_GB = 12.0
"""Memory that a system may hold, with its helpers."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One fit of one epoch on a made-up table.

    Args:
        system: Name in `CARDINALITY`.
        levels: Distinct values of one column, each in as many rows as the others.
        rows: Rows of the table.
        seed: Of the table, of the fit and of the sample.
    """

    system: str
    levels: int
    rows: int
    seed: int

    @property
    def name(self) -> str:
        return f"{self.rows}-{self.system}-{self.levels}-{self.seed}"


def plan(systems: Iterable[str], levels: Iterable[int], rows: int, seed: int) -> list[Run]:
    """Every run, systems in turn, fewest levels first."""
    systems = list(systems)
    return [Run(system=s, levels=n, rows=rows, seed=seed) for n in sorted(levels) for s in systems]


def run(lab: experiment.Lab, which: Run, *, limit: float, memory_mb: float, fresh: bool) -> dict[str, Any]:
    """What a run measured, from its file or anew; one that is stopped is kept as such.

    So is a peer that fails; what it said is in its log.

    Raises:
        subprocess.CalledProcessError: If twin fails.
    """
    folder = _folder(lab)
    path = folder / f"{which.name}.json"
    if path.is_file() and not fresh:
        return json.loads(path.read_text())
    folder.mkdir(parents=True, exist_ok=True)
    table, measured = _table(folder, which), folder / f"{which.name}.run.json"
    what = NETWORKS[which.system]
    command = [str(python_of(what, lab.envs)), str(what.script), str(table), str(min(SAMPLED, which.rows))]
    command += [str(folder / "sample.parquet"), str(measured), "--setting", f"{what.setting}@1"]
    command += ["--seed", str(which.seed), "--speed-rows", "0"]
    result: dict[str, Any] = {
        "system": which.system,
        "levels": which.levels,
        "rows": which.rows,
        "seed": which.seed,
        "threads": lab.threads,
    }
    log = folder / f"{which.name}.log"
    try:
        process.run(command, lab.environ(), limit=limit, memory_mb=memory_mb, log=log)
        result["run"] = json.loads(measured.read_text())
        measured.unlink()
    except subprocess.TimeoutExpired:
        result["unfinished"] = f"did not finish in {limit / 60:.0f} min"
    except process.TooMuchMemoryError as error:
        result["unfinished"] = f"stopped after {error}: more than {memory_mb / 1024:.0f} GB"
    except subprocess.CalledProcessError as error:
        if what.peer is None:
            raise
        result["unfinished"] = f"failed: {_in_words(str(error.output))}"
    path.write_text(json.dumps(result, indent=1))
    print(f"{which.name}: {result.get('unfinished', 'done')}", file=sys.stderr)
    return result


def make(rows: int, levels: int, seed: int) -> pd.DataFrame:
    """A table whose column `level` has so many levels, each in as many rows; others depend on it.

    Its dtype says that it is a category, which nobody would guess of a million distinct values.
    """
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng([seed, levels])
    level = rng.permutation(np.arange(rows) % levels)
    effect = rng.normal(size=levels)[level]
    x = effect + rng.normal(size=rows)
    names = pd.Index([f"L{i:07d}" for i in range(levels)], dtype=object)
    return pd.DataFrame(
        {
            "level": pd.Categorical.from_codes(level, categories=names),
            "group": np.array(list("ABCDE"), dtype=object)[rng.permutation(levels)[level] % 5],
            "x": x.round(2),
            "y": np.exp(0.5 * x + rng.normal(size=rows)).round(2),
            "flag": rng.random(rows) < 1 / (1 + np.exp(-x)),
        }
    )


def finished(lab: experiment.Lab) -> list[page.Result]:
    """Every result on the whole number of rows that is kept."""
    paths = sorted(_folder(lab).glob(f"{ROWS}-*-[0-9]*.json"))
    kept = [json.loads(p.read_text()) for p in paths if p.stem.rsplit("-", 1)[1].isdigit()]
    return [result for result in kept if result["system"] in CARDINALITY]


def write(lab: experiment.Lab, target: Path, machine: str) -> None:
    """The section of the page, from every result that is kept."""
    results = finished(lab)
    if any("run" in result for result in results):
        page.write(target, "cardinality", section(results, machine))


def section(results: list[page.Result], machine: str) -> str:
    """One line per number of levels and system."""
    done = [r for r in results if "run" in r]
    rows = []
    for levels in sorted({r["levels"] for r in results}):
        for system, same in page.by_system(
            [r for r in results if r["levels"] == levels], CARDINALITY
        ).items():
            rows.append([NETWORKS[system].title, f"{levels:,}", *_cells(same[0])])
    heads = ["system", "levels", "fit, s", "fit, s of processor", "peak memory, MB", "codes of it"]
    return "\n\n".join(
        [
            f"Machine: {machine}. Threads: {page.threads(results, NETWORKS)}.",
            f"Versions: {page.versions(done, NETWORKS)}.",
            page.table(heads, rows),
        ]
    )


def _cells(result: page.Result) -> list[str]:
    if "run" not in result:
        return page.unfinished([result], 4)
    r = result["run"]
    codes = f"{r['facts']['codes']:,.0f}" if "codes" in r["facts"] else ""
    return [f"{r['fit_s']:,.1f}", f"{r['fit_cpu_s']:,.1f}", f"{r['peak_mb']:,.0f}", codes]


def _in_words(line: str) -> str:
    """The last line of a log, fit for a cell of a table."""
    line = " ".join(line.replace("|", "/").split())
    return line if len(line) <= 120 else f"{line[:117]}..."


def _table(folder: Path, which: Run) -> Path:
    path = folder / f"{which.rows}-{which.levels}-{which.seed}.parquet"
    if not path.is_file():
        make(which.rows, which.levels, which.seed).to_parquet(path, index=False)
    return path


def _folder(lab: experiment.Lab) -> Path:
    return lab.cache / "cardinality"
