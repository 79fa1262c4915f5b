"""Runs twin: its defaults, the fast setting of the trees, or the copula."""

from __future__ import annotations

from typing import Any

import pandas as pd
from _measure import THREADS, run

import twin


def fit(table: pd.DataFrame, setting: str, seed: int) -> Any:
    models = {"default": "auto", "fast": twin.Trees.fast(), "copula": "copula"}
    return twin.fit(table, model=models[setting], seed=seed)


def sample(fitted: Any, n: int, seed: int) -> pd.DataFrame:
    return fitted.sample(n, seed=seed, threads=THREADS)


if __name__ == "__main__":
    run(fit, sample, ("twin", "lightgbm", "numpy", "pandas", "scikit-learn"))
