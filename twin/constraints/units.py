"""Columns that a rule compares, in one unit: whole numbers wherever the columns have a finest step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm
from typing import Any, Literal

import numpy as np
import pandas as pd

from twin.arrays import Array, Bools, Floats, Ints
from twin.columns.arrays.reading import PER_DAY, ColumnArrays

Family = Literal["number", "datetime", "span", "other", "unknown"]

_MOST_PLACES = 9  # digits after the point beyond which a column of reals has no finest step
_LARGEST = 2**61  # whole numbers above this are not computed with
_REACH = 2.0**52  # steps from zero up to which a real tells them apart
_SPAN = re.compile(r"timedelta64\[(\w+)\]|duration\[(\w+)\]\[pyarrow\]|object/(timedelta)")
_ZONED = re.compile(r"datetime64\[\w+, (.+)\]|timestamp\[\w+, tz=(.+)\]\[pyarrow\]")
_NOT_NUMBERS = ("period", "time32", "time64", "object/time")


def family(native: ColumnArrays, dtype: str) -> Family:
    """What can be compared with what: numbers, dates and times, or lengths of time.

    Args:
        native: The column as arrays.
        dtype: Its token, see `native.token`.

    Example:
        >>> from twin.columns.arrays.reading import read
        >>> family(read(pd.Series([1, 2])), "int64")
        'number'
    """
    if native.type == "mixed" and native.empty:
        return "unknown"
    if native.type == "datetime":
        return "datetime"
    if _SPAN.fullmatch(dtype):
        return "span"
    if native.type in ("integer", "real", "decimal") and not dtype.startswith(_NOT_NUMBERS):
        return "number"
    return "other"


def zone(dtype: str) -> str | None:
    """The time zone of a column of times, or None.

    Example:
        >>> zone("datetime64[us, Europe/Vienna]")
        'Europe/Vienna'
    """
    match = _ZONED.fullmatch(dtype)
    return None if match is None else next(part for part in match.groups() if part)


@dataclass(frozen=True, kw_only=True)
class CommonUnits:
    """Columns in one unit.

    Args:
        values: int64 units, or float64 where a column has no finest step, 0 where missing, shape (n, m).
        missing: Where there is no value, shape (n, m).
        unit: Units in a number of 1, or in a day; 1 where values are float64.
        steps: Finest step of each column in these units, 0 where it has none, shape (m,).
    """

    values: Array
    missing: Bools
    unit: int
    steps: Array

    @property
    def exact(self) -> bool:
        """Whether values are whole numbers."""
        return self.values.dtype.kind == "i"


@dataclass(frozen=True)
class _Line:
    """One column as whole numbers of its own steps, or as reals where `points` is 0."""

    values: Array
    points: int  # steps in a number of 1, or in a day


def in_common_units(
    columns: Sequence[ColumnArrays], dtypes: Sequence[str], *, places: int = 0
) -> CommonUnits:
    """Columns of one family in one unit.

    Args:
        columns: The columns, n rows each.
        dtypes: Their tokens. Times in different zones are compared as instants.
        places: Digits after the point that reals have at least, 0 … 9.

    Returns:
        The values in one unit.

    Example:
        >>> from twin.columns.arrays.reading import read
        >>> columns = [read(pd.Series([1, 2])), read(pd.Series([0.5, 0.25]))]
        >>> found = in_common_units(columns, ["int64", "float64"])
        >>> found.values.tolist(), found.unit, found.steps.tolist()
        ([[100, 50], [200, 25]], 100, [100, 1])
    """
    zones = {zone(dtype) for dtype in dtypes}
    lines = [
        _line(native, dtype, zone(dtype) if len(zones) > 1 else None, places)
        for native, dtype in zip(columns, dtypes, strict=True)
    ]
    missing = np.stack([native.missing for native in columns], axis=1)
    unit = lcm(*(line.points for line in lines)) if all(line.points for line in lines) else 0
    if unit:
        tops = [_top(line.values) * (unit // line.points) for line in lines]
        if sum(tops) < _LARGEST:
            steps = np.array([unit // line.points for line in lines], np.int64)
            values = np.stack([line.values for line in lines], axis=1) * steps
            return CommonUnits(values=np.where(missing, 0, values), missing=missing, unit=unit, steps=steps)
    reals = np.stack([line.values / max(line.points, 1) for line in lines], axis=1)
    steps = np.array([1 / line.points if line.points else 0.0 for line in lines])
    return CommonUnits(values=np.where(missing, 0.0, reals), missing=missing, unit=1, steps=steps)


def _top(values: Array) -> int:
    return int(np.abs(values).max(initial=0))


def ticks(native: ColumnArrays, dtype: str) -> str:
    """Unit of a column of dates, times or lengths of time, a key of `PER_DAY`; or nothing.

    Args:
        native: The column as arrays, n rows.
        dtype: Name of the dtype.
    """
    match = _SPAN.fullmatch(dtype)
    if match is None:
        return native.unit if native.type == "datetime" else ""
    unit = next(part for part in match.groups() if part)
    return "us" if unit == "timedelta" else unit


def _line(native: ColumnArrays, dtype: str, shown: str | None, places: int) -> _Line:
    if unit := ticks(native, dtype):
        values = native.values if shown is None else _to_utc(native, shown)
        grain = _grain(native.values[~native.missing], unit)
        return _Line(np.where(native.missing, 0, values) // grain, PER_DAY[unit] // grain)
    if native.type == "decimal":
        return _Line(native.values, 10**native.scale)
    if native.type == "real":
        found = places_of(native.values[~native.missing], native.rounding)
        if found is None:
            return _Line(native.values, 0)
        points = 10 ** max(found, places)
        return _Line(np.rint(native.values * points).astype(np.int64), points)
    return _Line(native.values, 1)


def places_of(values: Floats, rounding: float = 1e-12) -> int | None:
    """Digits after the point that reals have, up to 9; None where they have more.

    Args:
        values: Reals without missing ones, shape (m,).
        rounding: Relative rounding error of their dtype.

    Example:
        >>> places_of(np.array([0.25, 3.0])), places_of(np.array([1 / 3]))
        (2, None)
    """
    if not np.isfinite(values).all():
        return None
    for digits in range(_MOST_PLACES + 1):
        scaled = values * 10.0**digits
        if np.abs(scaled).max(initial=0.0) >= _REACH:
            return None
        near = np.abs(scaled - np.rint(scaled)) <= rounding * np.abs(scaled) + 1e-9
        if near.all():
            return digits
    return None


def _grain(values: Ints, unit: str) -> int:
    """Units in the coarsest of day, hour, minute, second and their parts that all values keep to."""
    per_day = PER_DAY[unit]
    second = max(1, per_day // 86_400)
    steps = [per_day] if unit == "D" else [per_day, 3600 * second, 60 * second, second]
    steps += [second // 10**digits for digits in (3, 6) if second >= 10**digits]
    return next((step for step in steps if not (values % step).any()), 1)


def _to_utc(native: ColumnArrays, shown: str) -> Ints:
    """Instants of wall-clock times; of an hour shown twice the later is meant, as in `restore.py`."""
    late = np.zeros(native.values.size, dtype=bool)
    wall = pd.Series(native.values.astype(f"datetime64[{native.unit}]"))
    zoned = wall.dt.tz_localize(shown, ambiguous=late, nonexistent="shift_forward")
    return _units(zoned.dt.tz_convert("UTC").dt.tz_localize(None), native.unit)


def _units(stamps: pd.Series[Any], unit: str) -> Ints:
    return stamps.to_numpy().astype(f"datetime64[{unit}]").astype(np.int64)


def own_units(
    values: Array, common: CommonUnits, native: ColumnArrays, *, dtype: str, others: Sequence[str]
) -> Array:
    """Values of one column, from the shared unit back to its own.

    Args:
        values: In units of `common`, on the column's steps, shape (m,).
        common: Where they come from.
        native: The column.
        dtype: Its token.
        others: Tokens of all columns that were common.

    Returns:
        As `ColumnArrays.values` has them, shape (m,).
    """
    if native.type == "real":
        return values / common.unit
    unit = ticks(native, dtype)
    own = PER_DAY[unit] if unit else 10**native.scale
    if common.exact:
        whole = values * (own // common.unit) if own >= common.unit else values // (common.unit // own)
    else:
        whole = np.rint(values * own).astype(np.int64)
    if native.type == "datetime" and len({zone(other) for other in others}) > 1:
        wall = (
            pd.Series(whole.astype(f"datetime64[{native.unit}]"))
            .dt.tz_localize("UTC")
            .dt.tz_convert(zone(dtype))
        )
        whole = wall.dt.tz_localize(None).to_numpy().astype(f"datetime64[{native.unit}]").astype(np.int64)
    return whole
