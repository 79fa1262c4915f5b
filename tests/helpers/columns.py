"""A column of every kind and dtype with its schema, for tests of columns and of conditions."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from twin.columns.schema import Category, Column, Datetime, Flag, Key, Number, Text

RNG = np.random.default_rng(1)
N = 400
DAYS = np.datetime64("2020-01-01") + RNG.integers(0, 900, N)
COLUMNS: dict[str, tuple[Column, pd.Series]] = {
    "category": (Category(), pd.Series(RNG.choice(["a", "b", "🦉"], N))),
    "ordered category": (
        Category(),
        pd.Series(pd.Categorical(RNG.choice(["lo", "hi"], N), categories=["lo", "hi"], ordered=True)),
    ),
    "category of numbers": (Category(), pd.Series(RNG.integers(0, 3, N))),
    "flag": (Flag(), pd.Series(RNG.random(N) < 0.3)),
    "integer": (Number(), pd.Series(RNG.integers(0, 50, N))),
    "unsigned": (Number(), pd.Series(RNG.integers(0, 200, N).astype("uint8"))),
    "nullable": (
        Number(),
        pd.Series(RNG.integers(0, 5, N), dtype="Int16").mask(pd.Series(RNG.random(N) < 0.2)),
    ),
    "money": (Number(), pd.Series(np.round(RNG.lognormal(3, 1, N), 2))),
    "real": (Number(), pd.Series(RNG.normal(size=N))),
    "wide": (Number(), pd.Series(np.exp(RNG.normal(0, 40, N)))),
    "float32": (Number(), pd.Series(RNG.normal(size=N).astype("float32"))),
    "decimal": (Number(), pd.Series([Decimal(int(v)) / 100 for v in RNG.integers(0, 10_000, N)])),
    "span": (Number(), pd.Series(pd.to_timedelta(RNG.integers(0, 9_000, N), unit="s"))),
    "day": (Datetime(), pd.Series(DAYS)),
    "date object": (Datetime(), pd.Series(DAYS.astype("M8[D]").astype(object))),
    "second": (Datetime(), pd.Series(DAYS + RNG.integers(0, 86_400, N).astype("m8[s]"))),
    "zone": (Datetime(), pd.Series(DAYS + RNG.integers(0, 24, N).astype("m8[h]")).dt.tz_localize("UTC")),
    "text date": (Datetime(format="%d.%m.%Y"), pd.Series(pd.Series(DAYS).dt.strftime("%d.%m.%Y"))),
    "key": (Key(), pd.Series([f"P-{i:05d}" for i in RNG.permutation(N)])),
    "number key": (Key(), pd.Series(RNG.permutation(N) + 10_000)),
    "text": (Text(), pd.Series([f"note number {i} of a long story" for i in range(N)])),
}
