"""Flights under rules that overlap: whether every row of a large sample keeps them, and what they cost."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import twin
from benchmarks import data, experiment, page, scoring

FILES = ("score.py", "flights.parquet")
MODELS = ("trees", "copula")
SAMPLED = 1_000_000
"""Rows in which every rule is looked for."""


def table(rows: int | None) -> pd.DataFrame:
    """Flights with what follows from their columns: minutes made up, and when they left and landed."""
    flights = pd.read_parquet(data.folder() / "flights.parquet")
    if rows is not None and rows < len(flights):
        flights = flights.sample(rows, random_state=0).reset_index(drop=True)
    flights["gain"] = flights["dep_delay"] - flights["arr_delay"]
    day = pd.to_datetime(flights[["year", "month", "day"]])
    flights["scheduled"] = day + pd.to_timedelta(flights["hour"] * 60 + flights["minute"], unit="min")
    flights["departed"] = flights["scheduled"] + pd.to_timedelta(flights["dep_delay"], unit="min")
    flights["landed"] = flights["departed"] + pd.to_timedelta(flights["air_time"] + 20, unit="min")
    return flights


def rules() -> list[Any]:
    """Times, delays, sums; most columns stand in several."""
    return [
        twin.Linear(terms={"sched_dep_time": 1, "hour": -100, "minute": -1}),
        twin.Linear(terms={"gain": 1, "dep_delay": -1, "arr_delay": 1}),
        twin.FixedCombinations(columns=["origin", "dest", "distance"]),
        twin.Inequality(low="air_time", high="distance"),
        twin.Inequality(low="departed", high="landed", strict=True),
        twin.Range(column="minute", low=0, high=59),
        twin.Range(column="hour", low=0, high=23),
        twin.Range(column="dep_delay", low=-60),
        twin.Matches(column="tailnum", pattern=r"[A-Z0-9]{4,6}"),
        twin.Predicate(name="who never departs never lands", function=_never_lands),
        twin.Predicate(name="clocks show times", function=_clocks),
    ]


def _never_lands(t: pd.DataFrame) -> pd.Series[bool]:
    return t["dep_time"].notna() | (t["arr_time"].isna() & t["air_time"].isna() & t["dep_delay"].isna())


def _clocks(t: pd.DataFrame) -> pd.Series[bool]:
    kept = pd.Series(True, index=t.index)
    for name in ("dep_time", "arr_time", "sched_arr_time"):
        kept &= (t[name] % 100 < 60) | t[name].isna()
    return kept


@dataclass(frozen=True, kw_only=True)
class Run:
    """One fit without rules, and one with them.

    Args:
        model: Name of the model.
        seed: Of both fits.
    """

    model: str
    seed: int

    @property
    def name(self) -> str:
        """Stem of the result's file."""
        return f"flights-{self.model}-{self.seed}"


def plan(seeds: Iterable[int]) -> list[Run]:
    """Every run, models in turn."""
    return [Run(model=model, seed=seed) for seed in seeds for model in MODELS]


def run(lab: experiment.Lab, which: Run, rows: int | None, *, fresh: bool) -> dict[str, Any]:
    """What a run measured, from its file or anew.

    Args:
        lab: Where things are kept.
        which: The run.
        rows: Rows that flights are cut to, or None.
        fresh: Run again what is finished already.
    """
    path = lab.cache / "constraints" / f"{which.name}{'' if rows is None else f'-{rows}rows'}.json"
    if path.is_file() and not fresh:
        kept: dict[str, Any] = json.loads(path.read_text())
        return kept
    result = {"model": which.model, "seed": which.seed, **_measured(table(rows), which, lab.threads)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1))
    return result


def _measured(real: pd.DataFrame, which: Run, threads: int) -> dict[str, Any]:
    score = scoring.load(str(data.folder() / "score.py"))
    kinds: dict[str, str] = score.kinds(real)
    found: dict[str, Any] = {"rows": len(real)}
    kept = twin.Rules(rules=tuple(rules()))
    for name, asked in (("without", None), ("with", rules())):
        start = time.perf_counter()
        fitted = twin.fit(real, model=which.model, seed=which.seed, constraints=asked)
        fit_seconds = time.perf_counter() - start
        start = time.perf_counter()
        made = fitted.sample(len(real), seed=which.seed + 1, threads=threads)
        sample_seconds = time.perf_counter() - start
        first, second = (score.norm(t[list(kinds)], kinds, None) for t in (real, made))
        binners = {column: score.binner(first[column], kind) for column, kind in kinds.items()}
        codes = [np.stack([binners[c](frame[c]) for c in kinds], 1) for frame in (first, second)]
        checked = broken = 0
        for block in fitted.stream(SAMPLED, seed=which.seed + 2, threads=threads):
            checked, broken = checked + len(block), broken + int((~kept.holds(block)).sum())
        found[name] = {
            "fit_s": fit_seconds,
            "sample_s": sample_seconds,
            "acc": score.accs(*codes, len(kinds)),
            "checked": checked,
            "broken": broken,
        }
    return found


def finished(lab: experiment.Lab) -> list[page.Result]:
    """Every result on the whole table that is kept."""
    paths = sorted((lab.cache / "constraints").glob("*.json"))
    return [json.loads(p.read_text()) for p in paths if p.stem.rsplit("-", 1)[1].isdigit()]


def section(results: list[page.Result], machine: str) -> str:
    """The table: rows that break a rule, accuracy and time, without rules and with them."""
    rows = []
    for result in results:
        for name in ("without", "with"):
            one = result[name]
            rows.append(
                [
                    f"{result['model']}, {name} rules",
                    f"{one['broken']:,} of {one['checked']:,}",
                    f"{one['acc']['mean']:.4f}",
                    f"{one['fit_s']:.0f}",
                    f"{one['sample_s']:.1f}",
                ]
            )
    heads = ["twin", "rows that break a rule", "mean accuracy", "fit, s", "sample, s"]
    told = "; ".join(str(rule) for rule in rules())
    size = results[0]["rows"]
    return (
        f"Machine: {machine}. Flights, {size:,} rows, with columns added that follow from others. "
        f"{len(rules())} rules: {told}.\n\n{page.table(heads, rows)}"
    )
