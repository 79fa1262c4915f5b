"""Runs dpmm's MST or AIM pipeline under differential privacy.

Its default split of the budget is 1 for the model and 0.1 for the bins of numbers, which add up; here both
are scaled so that their sum is what was asked for. Missing cells are a public level, in its favour: its own
way with them copies a value of the table.
"""

from __future__ import annotations

import os
from typing import Any

import pandas as pd
from _adult import BOUNDS, DELTA, LEVELS, MISSING, NULLABLE, chosen, levels_or_missing
from _measure import run
from dpmm.pipelines import AIMPipeline, MSTPipeline

PIPELINES = {"mst": MSTPipeline, "aim": AIMPipeline}


def fit(table: pd.DataFrame, setting: str, seed: int) -> Any:
    what, epsilon = chosen(setting)
    pipeline = PIPELINES[what](
        epsilon=epsilon * 10 / 11,
        proc_epsilon=epsilon / 11,
        delta=DELTA,
        n_jobs=int(os.environ.get("OMP_NUM_THREADS", "1")),
    )
    domain: dict[str, Any] = {name: {"lower": low, "upper": high} for name, (low, high) in BOUNDS.items()}
    domain |= {name: {"categories": levels_or_missing(name)} for name in LEVELS}
    pipeline.fit(table.fillna(dict.fromkeys(NULLABLE, MISSING)), domain=domain, random_state=seed)
    return pipeline


def sample(fitted: Any, n: int, seed: int) -> pd.DataFrame:
    drawn = fitted.generate(n_records=n, random_state=seed)
    for name in NULLABLE:
        drawn[name] = drawn[name].astype(object).where(drawn[name] != MISSING, None)
    return drawn


if __name__ == "__main__":
    run(fit, sample, ("dpmm", "opendp", "numpy", "pandas"))
