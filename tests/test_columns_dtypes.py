"""Every dtype that a kind accepts comes back as it was; every other is refused by name."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from twin.columns.arrays.reading import read, token
from twin.columns.arrays.restore import restore
from twin.errors import SchemaError


def arrow(values: list[object], kind: pa.DataType) -> pd.Series:
    return pd.Series(values, dtype=pd.ArrowDtype(kind))


COLUMNS = [
    pd.Series([1, 2], dtype="int64"),
    pd.Series([1, 2], dtype="uint8"),
    pd.Series([2**63 - 1], dtype="uint64"),
    pd.Series([1, 2, None], dtype="Int64"),
    pd.Series([1.5, np.nan, np.inf, -np.inf]),
    pd.Series([1.5, 2], dtype="float32"),
    pd.Series([1.5, None], dtype="Float32"),
    pd.Series([np.nan] * 3),
    pd.Series([True, False]),
    pd.Series([True, None], dtype="boolean"),
    pd.Series([True, None], dtype=object),
    pd.Series(["a", None, ""]),
    pd.Series(["a", None], dtype=object),
    pd.Series(["a", None], dtype="string"),
    pd.Series([1, "a", 1.0, True, None], dtype=object),
    pd.Series([None, None], dtype=object),
    pd.Series(pd.Categorical(["a", "b", "a"], categories=["b", "a"], ordered=True)),
    pd.Series(pd.Categorical([1, 2, None])),
    pd.Series(pd.to_datetime(["2021-01-01", None])),
    pd.Series(pd.to_datetime(["2021-01-01", None], utc=True)),
    pd.Series(pd.to_datetime(["2021-06-01 12:30", None])).dt.tz_localize("Europe/Vienna"),
    pd.Series(np.array(["1500-01-01"], dtype="M8[s]")),
    pd.Series([dt.date(1500, 1, 1), None]),
    pd.Series([dt.datetime(1500, 1, 1, 5), None], dtype=object),
    pd.Series([dt.time(1, 2), None]),
    pd.Series(pd.to_timedelta([1, None], unit="s")),
    pd.Series(pd.PeriodIndex(["2020-01", None], freq="M")),
    pd.Series([Decimal("1.25"), None]),
    pd.Series([1, 0, 0], dtype="Sparse[int]"),
    arrow([1, None], pa.int64()),
    arrow([1.5, None], pa.float32()),
    arrow([1.5, None], pa.float64()),
    arrow([True, None], pa.bool_()),
    arrow(["a", None], pa.string()),
    arrow(["a", None], pa.large_string()),
    arrow(["x", "y", None], pa.dictionary(pa.int32(), pa.string())),
    arrow([dt.date(2020, 1, 1), None], pa.date32()),
    arrow([dt.datetime(2020, 1, 1), None], pa.timestamp("us", "Europe/Vienna")),
    arrow([dt.datetime(2020, 1, 1), None], pa.timestamp("ns")),
    arrow([dt.time(1, 2), None], pa.time64("us")),
    arrow([dt.time(1, 2), None], pa.time32("s")),
    arrow([dt.timedelta(seconds=3), None], pa.duration("ms")),
    arrow([Decimal("1.25"), None], pa.decimal128(7, 2)),
    arrow([None, None], pa.null()),
]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda c: str(c.dtype))
def test_round_trip_restores_values_and_dtype(column: pd.Series) -> None:
    column = column.rename("c")
    pd.testing.assert_series_equal(restore(read(column), token(column), "c"), column)


def test_unused_levels_are_gone() -> None:
    native = read(pd.Series(pd.Categorical(["a"], categories=["secret", "a"])))
    assert native.levels == ("a",)


def test_clock_changes_do_not_stop_a_restore() -> None:
    naive = pd.Series(pd.to_datetime(["2021-03-28 02:30", "2021-10-31 02:30"]))  # skipped, repeated
    restored = restore(read(naive), "datetime64[ns, Europe/Vienna]", "t")
    assert restored.notna().all()


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([[1]]),
        pd.Series([{"a": 1}]),
        pd.Series([b"a"]),
        pd.Series([1j]),
        pd.Series([2**64 - 1], dtype="uint64"),
        pd.Series([Decimal("Infinity")]),
        pd.Series([dt.date(2020, 1, 1), "a"]),
        pd.Series(pd.cut([1, 2, 3], 2)),
        pd.Series(pd.to_datetime(["2020-01-01"])).astype("category"),
        arrow([[1]], pa.list_(pa.int64())),
    ],
    ids=lambda c: str(c.dtype),
)
def test_other_dtypes_are_refused_by_column_name(column: pd.Series) -> None:
    with pytest.raises(SchemaError, match=r"column 'secretive' .* drop it, or turn it"):
        read(column.rename("secretive"))
