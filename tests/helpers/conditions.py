"""A table to ask of, and a twin of it that draws by its model alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

import twin
from twin.models.wrappers.dependencies import FittedDependent
from twin.sampling.rare_combinations import FittedRareCombinationFilter


def table(n: int = 2_500, seed: int = 0) -> pd.DataFrame:
    """A cause, an effect, a kind of which one in 50 is rare, and numbers that depend on them."""
    rng = np.random.default_rng(seed)
    cause = rng.integers(0, 3, n)
    kind = np.array(["x", "y", "z"])[(cause + (rng.random(n) < 0.2)) % 3]
    kind = np.where(rng.random(n) < 0.02, "rare", kind)
    age = np.clip(rng.normal(30 + 12 * cause, 8, n), 18, 80).astype(int)
    pay = np.round(age * 700 + rng.normal(0, 4_000, n), 2)
    minutes = rng.integers(0, 60, n) * 1440 + rng.integers(480, 1080, n)
    seen = np.datetime64("2021-01-01T00:00:00") + minutes.astype("m8[m]")
    gap = np.where(rng.random(n) < 0.1 + 0.2 * cause, np.nan, np.round(age / 7 + rng.normal(size=n), 1))
    return pd.DataFrame(
        {"cause": [f"c{i}" for i in cause], "kind": kind, "age": age, "pay": pay, "seen": seen, "gap": gap}
    )


def unraked(t: twin.Twin) -> twin.Twin:
    """The twin without raking, which does more for free rows than for those under conditions."""
    fitted = t.fitted
    if isinstance(fitted, FittedRareCombinationFilter):
        return replace(t, fitted=replace(fitted, inner=unraked(replace(t, fitted=fitted.inner)).fitted))
    if isinstance(fitted, FittedDependent):
        return replace(t, fitted=replace(fitted, inner=replace(fitted.inner, tables=None)))
    return t
