"""From a column to plain arrays without refusing anything: guided by the declaration and its dtype alone.

`reading.read` looks at the values to say what they are, and refuses what it does not know. Under a budget
both would tell of one person's cell. Here the declaration says what a column holds; a cell that does not fit
is missing, and no cell decides how another is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from twin.arrays import Array, Bools, Floats, Ints
from twin.columns.arrays import dp_cells as cells
from twin.columns.arrays.dtypes import Dtype, parse_dtype, scale_of
from twin.columns.arrays.reading import HALF_PRECISION, PER_DAY, SINGLE_PRECISION, ColumnArrays, missing_cells
from twin.columns.schema import Category, Column, Datetime, Level, Number

_FAR = 2.0**62


def read_dp(series: pd.Series[Any], column: Column) -> ColumnArrays:
    """A column as arrays, whatever it holds.

    Args:
        series: The column, of any dtype.
        column: Its declaration; kind and dtype say how cells are read.

    Returns:
        The arrays. Cells that do not fit are missing; infinite numbers are kept where the dtype has them.

    Example:
        >>> from twin.columns.schema import Number
        >>> arrays = read_dp(pd.Series([1, "x", [2], "3.5"]), Number(dtype="float64"))
        >>> arrays.values.tolist(), arrays.missing.tolist()
        ([1.0, 0.0, 0.0, 3.5], [False, True, True, False])
    """
    with np.errstate(all="ignore"):
        return _READERS.get(column.kind, _presence)(_plain(series), column, parse_dtype(column.dtype))


def _plain(series: pd.Series[Any]) -> pd.Series[Any]:
    """The column without dtypes that wrap another; the levels of a categorical dtype are not looked at."""
    kind = series.dtype
    if isinstance(kind, pd.SparseDtype):
        return pd.Series(np.asarray(series))
    if isinstance(kind, pd.CategoricalDtype) or str(kind).startswith("dictionary"):
        return series.astype(object)
    return series


def _missing(series: pd.Series[Any]) -> Bools:
    if pd.api.types.is_object_dtype(series.dtype):
        return missing_cells(series.to_numpy(object))
    return series.isna().to_numpy(dtype=bool)


def _is_text(series: pd.Series[Any]) -> bool:
    kind = str(series.dtype)
    return isinstance(series.dtype, pd.StringDtype) or kind in ("string[pyarrow]", "large_string[pyarrow]")


def _presence(series: pd.Series[Any], column: Column, dtype: Dtype) -> ColumnArrays:
    """Which cells are there, and nothing of what they hold."""
    return ColumnArrays(type="mixed", values=np.full(len(series), -1, np.int64), missing=_missing(series))


def _reals(series: pd.Series[Any]) -> Floats:
    """Cells as numbers, shape (n,), not a number where they are none."""
    kind, missing = series.dtype, _missing(series)
    ticks = _ticks(series, missing)
    if ticks is not None:
        return np.where(missing, np.nan, ticks)
    fits = pd.api.types.is_bool_dtype(kind) or pd.api.types.is_float_dtype(kind)
    if fits and not str(kind).startswith("decimal"):
        return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan), np.float64)
    if pd.api.types.is_object_dtype(kind) or _is_text(series) or str(kind).startswith("decimal"):
        return cells.numbers(series.to_numpy(object), missing)
    return np.full(len(series), np.nan)


def _ticks(series: pd.Series[Any], missing: Bools) -> Ints | None:
    """Exact whole numbers of dtypes that count, shape (n,), 0 where missing; None for all other dtypes."""
    kind = series.dtype
    name = str(kind)
    raw: Any
    wide: Array
    if isinstance(kind, pd.PeriodDtype) or name.startswith("timedelta64"):
        values = series.to_numpy().view(np.int64) if name.startswith("timedelta") else series.array.asi8
        return np.where(missing, 0, values)
    if name.startswith(("time32", "time64", "duration")):
        import pyarrow as pa

        raw = pa.array(series).cast(pa.int32() if name.startswith("time32") else pa.int64())
        return np.asarray(raw.fill_null(0)).astype(np.int64)
    if pd.api.types.is_integer_dtype(kind):
        wide = np.asarray(series.array.fillna(0) if missing.any() else series.array)
        return (np.minimum(wide, np.uint64(2**62)) if wide.dtype == np.uint64 else wide).astype(np.int64)
    return None


def _integers(series: pd.Series[Any]) -> tuple[Ints, Bools]:
    """Cells as whole numbers, rounded and clipped, and which are missing."""
    missing = _missing(series)
    ticks = _ticks(series, missing)
    if ticks is not None:
        return np.clip(ticks, -int(_FAR), int(_FAR)), missing
    reals = _reals(series)
    gone = np.isnan(reals)
    return np.rint(np.clip(np.where(gone, 0.0, reals), -_FAR, _FAR)).astype(np.int64), gone


def _number(series: pd.Series[Any], column: Column, dtype: Dtype) -> ColumnArrays:
    if dtype.holds in ("integer", "boolean"):
        values, missing = _integers(series)
        return ColumnArrays(type="integer", values=np.where(missing, 0, values), missing=missing)
    reals = _reals(series)
    missing = np.isnan(reals)
    reals = np.where(missing, 0.0, reals)
    if dtype.holds == "decimal":
        scale = scale_of(dtype, column.decimals if isinstance(column, Number) else None)
        units = np.rint(np.clip(reals * 10.0**scale, -_FAR, _FAR)).astype(np.int64)
        return ColumnArrays(type="decimal", values=units, missing=missing, scale=scale)
    name = dtype.token.lower()
    single = name.startswith(("float32", "float["))
    half = name.startswith(("float16", "halffloat"))
    rounding = SINGLE_PRECISION if single else HALF_PRECISION if half else 1e-12
    return ColumnArrays(type="real", values=reals, missing=missing, rounding=rounding)


def _flag(series: pd.Series[Any], column: Column, dtype: Dtype) -> ColumnArrays:
    """Flags, and the numbers 0 and 1."""
    reals = _reals(series) if not _is_text(series) else np.full(len(series), np.nan)
    fits = (reals == 0) | (reals == 1)
    codes = np.where(fits, np.where(fits, reals, 0.0), -1).astype(np.int64)
    return ColumnArrays(type="boolean", values=codes, missing=~fits, levels=(False, True), ordered=True)


def _category(series: pd.Series[Any], column: Column, dtype: Dtype) -> ColumnArrays:
    ordered = isinstance(column, Category) and column.levels is not None and "+ordered" in dtype.token
    if dtype.numeric:
        return _numeric_levels(series, dtype)
    if dtype.holds == "boolean":
        return _flag(series, column, dtype)
    levels: tuple[Level, ...] = ()
    codes = np.full(len(series), -1, np.int64)
    if _is_text(series):
        codes, levels = cells.texts(series)
    elif not dtype.token.startswith("null"):
        codes, levels = cells.levels(series.to_numpy(object), _missing(series))
    if dtype.holds == "text":  # other cells than text do not fit
        fits = np.array([isinstance(level, str) for level in levels] + [False], dtype=bool)
        codes = np.where(fits[codes], codes, -1)
    return ColumnArrays(
        type="string" if dtype.holds == "text" else "mixed",
        values=codes,
        missing=codes < 0,
        levels=levels,
        ordered=ordered,
    )


def _numeric_levels(series: pd.Series[Any], dtype: Dtype) -> ColumnArrays:
    """Levels that are numbers: whole ones where the dtype holds such, else floats."""
    if dtype.holds == "integer":
        values: Array
        values, missing = _integers(series)
    else:
        values = _reals(series) + 0.0  # else the first of -0.0 and 0.0 would name the level of all
        missing = ~np.isfinite(values)
    levels, inverse = np.unique(values[~missing], return_inverse=True)
    codes = np.full(len(series), -1, np.int64)
    codes[~missing] = inverse.reshape(-1)
    return ColumnArrays(type="mixed", values=codes, missing=missing, levels=tuple(levels.tolist()))


def unit_of(column: Datetime) -> str:
    """Unit in which a date or time is read: by its format, else by its dtype."""
    if column.format is not None:
        return "s" if any(code in column.format for code in ("%H", "%I", "%M", "%S", "%T", "%X")) else "D"
    return parse_dtype(column.dtype).unit or "us"


def _datetime(series: pd.Series[Any], column: Column, dtype: Dtype) -> ColumnArrays:
    if not isinstance(column, Datetime):
        raise TypeError("column: is no Datetime")
    unit, missing = unit_of(column), _missing(series)
    name = str(series.dtype)
    if name.startswith("datetime64"):
        if getattr(series.dtype, "tz", None) is not None:
            series = series.dt.tz_localize(None)  # wall-clock time, as people read it
        stamps = series.to_numpy()
        own = np.datetime_data(stamps.dtype)[0]
        ticks = np.where(missing, 0, stamps.astype(np.int64))
    elif name.startswith(("timestamp", "date32", "date64")):
        ticks, own = _arrow_ticks(series)
    elif pd.api.types.is_object_dtype(series.dtype) or _is_text(series):
        values, missing = cells.datetimes(series.to_numpy(object), missing, format_=column.format, unit=unit)
        return ColumnArrays(type="datetime", values=values, missing=missing, unit=unit)
    else:
        ticks, own, missing = np.zeros(len(series), np.int64), "s", np.ones(len(series), dtype=bool)
    days, rest = np.divmod(ticks, PER_DAY[own])
    values = cells.joined(days, rest, unit=own, to=unit)
    return ColumnArrays(type="datetime", values=np.where(missing, 0, values), missing=missing, unit=unit)


def _arrow_ticks(series: pd.Series[Any]) -> tuple[Ints, str]:
    """Ticks of an Arrow column of dates or times, on the wall clock, 0 where missing, and their unit."""
    import pyarrow as pa
    import pyarrow.compute as pc

    raw: Any = pa.array(series)
    if pa.types.is_date(raw.type):
        return np.asarray(raw.cast(pa.date32()).cast(pa.int32()).fill_null(0)).astype(np.int64), "D"
    unit = str(raw.type.unit)
    if raw.type.tz is not None:
        raw = pc.local_timestamp(raw)
    return np.asarray(raw.cast(pa.int64()).fill_null(0)).astype(np.int64), unit


_READERS: dict[str, Callable[[pd.Series[Any], Column, Dtype], ColumnArrays]] = {
    "number": _number,
    "category": _category,
    "flag": _flag,
    "datetime": _datetime,
}
"""By kind; of all other kinds only presence is read."""
