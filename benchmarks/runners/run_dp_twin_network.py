"""Runs a network of twin, `ctgan` or `network`, with a budget, everything public declared."""

from __future__ import annotations

from typing import Any

import opacus  # noqa: F401 (the peers import it before the clock starts, too)
import pandas as pd
import torch  # noqa: F401
from _adult import DELTA, chosen
from _measure import run
from run_dp_twin import public_schema, sample

import twin


def fit(table: pd.DataFrame, setting: str, seed: int) -> Any:
    what, epsilon = chosen(setting)
    return twin.fit(
        table, model=what, privacy=twin.Budget(epsilon, delta=DELTA), schema=public_schema(table), seed=seed
    )


if __name__ == "__main__":
    run(fit, sample, ("twin", "torch", "opacus", "numpy", "pandas", "scipy"))
