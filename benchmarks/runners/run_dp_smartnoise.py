"""Runs smartnoise-synth's MST or AIM under differential privacy.

It takes its levels from the table that its transformers are fitted on: that is a made-up one of all public
levels. Whole numbers of at most a hundred possible values are levels; the others are cut into a hundred equal
bins, of which it gives the middle.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import opendp.prelude as dp
import pandas as pd
from _adult import BOUNDS, DELTA, LEVELS, MISSING, NULLABLE, chosen, levels_or_missing
from _measure import run
from snsynth import Synthesizer
from snsynth.transform import BinTransformer, LabelTransformer, TableTransformer

BINS = 100


def transformer(columns: list[str]) -> Any:
    public, how = {}, []
    for name in columns:
        if name in LEVELS:
            values: list[Any] = levels_or_missing(name)
        else:
            low, high = BOUNDS[name]
            values = list(range(low, high + 1)) if high - low < BINS else [low, high]
        labelled = name in LEVELS or len(values) > 2
        how.append(
            LabelTransformer(nullable=False)
            if labelled
            else BinTransformer(bins=BINS, lower=values[0], upper=values[1], nullable=False)
        )
        public[name] = values
    longest = max(map(len, public.values()))
    table = pd.DataFrame({name: [v[i % len(v)] for i in range(longest)] for name, v in public.items()})
    made = TableTransformer(how)
    made.fit(table)
    return made


def fit(table: pd.DataFrame, setting: str, seed: int) -> Any:
    what, epsilon = chosen(setting)
    np.random.seed(seed)  # noqa: NPY002 (the only way to seed what it draws by numpy)
    dp.enable_features("contrib", "floating-point")
    synthesizer = Synthesizer.create(what, epsilon=epsilon, delta=DELTA)
    filled = table.fillna(dict.fromkeys(NULLABLE, MISSING))
    synthesizer.fit(filled, transformer=transformer(list(table)))
    return synthesizer, table.dtypes


def sample(fitted: Any, n: int, seed: int) -> pd.DataFrame:
    synthesizer, dtypes = fitted
    np.random.seed(seed)  # noqa: NPY002
    drawn = synthesizer.sample(n)
    for name in NULLABLE:
        drawn[name] = drawn[name].astype(object).where(drawn[name] != MISSING, None)
    for name in BOUNDS:
        drawn[name] = drawn[name].astype(float).round().astype(dtypes[name])
    return drawn


if __name__ == "__main__":
    run(fit, sample, ("smartnoise-synth", "mbi", "opendp", "jax", "numpy", "pandas"))
