"""Time of rows under conditions that few rows of Adult meet, beside SDV's, on one thread."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pandas as pd

from benchmarks import data, experiment, page
from benchmarks.environments import python_of
from benchmarks.systems import System

TABLE = "adult.train.parquet"
FILES = (TABLE,)
MODELS = ("trees", "copula", "network", "marginals", "ctgan")
ROWS, REPEATS = 100_000, 2
TWIN = System(title="twin", runner="run_conditions_twin.py")
PEER = System(title="SDV GaussianCopula", runner="run_conditions_sdv.py", peer="sdv")
CONDITIONS: dict[str, dict[str, Any]] = {
    "high income": {"income": ">50K"},
    "a country": {"native_country": "Greece"},
    "age 83 and over": {"age": [83, None]},
    "occupation and country": {"occupation": "Exec-managerial", "native_country": "Germany"},
}
"""What all rows have: values, or ranges as two ends."""


def run(lab: experiment.Lab, rows: int | None, *, fresh: bool) -> dict[str, Any]:
    """What both measured, from its file or anew.

    Args:
        lab: Where things are kept; each run has one thread.
        rows: Rows that are sampled, or None for 100,000.
        fresh: Run again what is finished already.
    """
    folder = lab.cache / "conditions"
    kept = folder / f"adult-{rows or ROWS}.json"
    if kept.is_file() and not fresh:
        found: dict[str, Any] = json.loads(kept.read_text())
        return found
    folder.mkdir(parents=True, exist_ok=True)
    table, asked, out = data.folder() / TABLE, folder / "asked.json", folder / "times.json"
    settings = {"rows": rows or ROWS, "repeats": REPEATS, "models": MODELS, "conditions": CONDITIONS}
    asked.write_text(json.dumps(settings))
    result: dict[str, Any] = {"rows": rows or ROWS, "shares": shares(pd.read_parquet(table))}
    result |= {"versions": {}, "systems": {}}
    for system in (TWIN, PEER):
        command = [str(python_of(system, lab.envs)), str(system.script), str(table), str(asked), str(out)]
        subprocess.run(command, check=True, env=replace(lab, threads=1).environ(), stdout=sys.stderr)
        for part, told in json.loads(out.read_text()).items():
            result[part] |= told
    kept.write_text(json.dumps(result, indent=1))
    return result


def shares(table: pd.DataFrame) -> dict[str, float]:
    """Share of the rows that meets each condition."""
    found = {}
    for name, condition in CONDITIONS.items():
        held = pd.Series(True, index=table.index)
        for column, ask in condition.items():
            values = table[column]
            if isinstance(ask, list):
                low, high = ask
                held &= values.ge(values.min() if low is None else low)
                held &= values.le(values.max() if high is None else high)
            else:
                held &= values == ask
        found[name] = float(held.mean())
    return found


def section(result: dict[str, Any], machine: str) -> str:
    """Seconds without a condition, and under each the first and the later times, as multiples of that."""
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    heads = ["system", "no condition, s"]
    heads += [f"{name} ({100 * share:.2g} %)" for name, share in result["shares"].items()]
    base = {name: min(told["plain"]) for name, told in result["systems"].items()}
    rows = []
    for system, told in result["systems"].items():
        cells = [PEER.title if system == "sdv" else f"twin, `{system}`", f"{base[system]:.2f}"]
        cells += [_times(told["under"].get(name), base[system]) for name in CONDITIONS]
        rows.append(cells)
    return "\n\n".join([f"Machine: {machine}. {versions}; {result['rows']:,} rows.", page.table(heads, rows)])


def _times(seconds: list[float] | None, base: float) -> str:
    """The first time in seconds, and the best of the later ones over that without a condition."""
    if seconds is None:
        return "takes none"
    return f"{seconds[0]:.1f} s, then × {min(seconds[1:] or seconds) / base:.2f}"
