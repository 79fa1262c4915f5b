"""Runs twin with a budget: everything public declared, nothing declared, or the copula."""

from __future__ import annotations

from typing import Any

import pandas as pd
from _adult import BOUNDS, DELTA, LEVELS, chosen
from _measure import THREADS, run

import twin

MODELS = {"public": "auto", "found": "auto", "copula": "copula"}


def public_schema(table: pd.DataFrame) -> twin.Schema:
    """Every column declared from the documentation of the data."""
    numbers = {name: twin.Number(low=low, high=high, decimals=0) for name, (low, high) in BOUNDS.items()}
    categories = {name: twin.Category(levels=list(levels)) for name, levels in LEVELS.items()}
    return twin.infer(table).replace(numbers | categories)


def fit(table: pd.DataFrame, setting: str, seed: int) -> Any:
    what, epsilon = chosen(setting)
    schema = None if what == "found" else public_schema(table)
    return twin.fit(
        table, model=MODELS[what], privacy=twin.Budget(epsilon, delta=DELTA), schema=schema, seed=seed
    )


def sample(fitted: Any, n: int, seed: int) -> pd.DataFrame:
    return fitted.sample(n, seed=seed, threads=THREADS)


if __name__ == "__main__":
    run(fit, sample, ("twin", "numpy", "pandas", "scipy"))
