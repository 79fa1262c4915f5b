"""From plain arrays back to a column of the dtype it came with: the inverse of `reading.py`."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from twin.arrays import Array
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.schema import Schema

_EPOCH = dt.date(1970, 1, 1)
_DECIMAL = re.compile(r"decimal\d+\((\d+), (-?\d+)\)")
_DICTIONARY = re.compile(r"dictionary<values=(\w+), indices=(\w+), ordered=(\d)>")
_TIMESTAMP = re.compile(r"timestamp\[(\w+)(?:, tz=(.+))?\]")


def restore(arrays: ColumnArrays, token: str, name: Any) -> pd.Series[Any]:
    """A column with the dtype that `token` names.

    Args:
        arrays: The arrays.
        token: Name of the dtype, from `reading.token`.
        name: Name of the column.

    Returns:
        The column, with a fresh index.

    Example:
        >>> from twin.columns.arrays.reading import read
        >>> restore(read(pd.Series([1, None], dtype="Int64")), "Int64", "a").tolist()
        [1, <NA>]
    """
    if token.startswith("category"):
        return _categorical(arrays, token, name)
    if token.startswith("sparse/"):
        dense = restore(arrays, token.removeprefix("sparse/"), name)
        return dense.astype(pd.SparseDtype(token.removeprefix("sparse/")))
    if token.startswith("object/"):
        return pd.Series(_objects(arrays, token.removeprefix("object/")), name=name, dtype=object)
    if token.endswith("[pyarrow]"):
        return _arrow(arrays, token.removesuffix("[pyarrow]"), name)
    if token.startswith("string/"):
        storage: Any = f"string[{token.removeprefix('string/')}]"
        return _texts_as(arrays, storage, name)
    if token == "str":
        return _texts_as(arrays, token, name)
    if token.startswith("period["):
        ordinals = np.where(arrays.missing, np.iinfo(np.int64).min, _numbers(arrays))
        return pd.Series(pd.arrays.PeriodArray(ordinals, dtype=pd.PeriodDtype(token[7:-1])), name=name)
    if token.startswith(("datetime64", "timedelta64")):
        return _datetimes(arrays, token, name)
    return _numeric(arrays, token, name)


def _numbers(arrays: ColumnArrays) -> Array:
    """Values as numbers, 0 where missing; levels of a nominal column in place of its codes."""
    if not arrays.nominal:
        return arrays.values
    if not arrays.levels:
        return np.zeros(arrays.values.shape)
    levels = np.asarray(arrays.levels)
    return levels[np.where(arrays.missing, 0, arrays.values)]


def _texts(arrays: ColumnArrays) -> Array:
    values = np.array([*arrays.levels, None], dtype=object)
    return values[np.where(arrays.missing, len(arrays.levels), arrays.values)]


def _texts_as(arrays: ColumnArrays, dtype: Any, name: Any) -> pd.Series[Any]:
    texts: pd.Series[Any] = pd.Series(_texts(arrays), name=name, dtype=dtype)
    return texts


def _numeric(arrays: ColumnArrays, token: str, name: Any) -> pd.Series[Any]:
    numbers = _numbers(arrays)
    if token[0].isupper() or token == "boolean":  # pandas' nullable dtypes
        plain = token.lower() if token != "boolean" else "bool"
        dtype: Any = token
        filled: pd.Series[Any] = pd.Series(numbers.astype(plain)).astype(dtype)
        filled[arrays.missing] = pd.NA
        return filled.rename(name)
    if arrays.missing.any():
        numbers = np.where(arrays.missing, np.nan, numbers.astype(np.float64))
    with np.errstate(over="ignore"):
        return pd.Series(numbers.astype(token), name=name)


def _datetimes(arrays: ColumnArrays, token: str, name: Any) -> pd.Series[Any]:
    kind, unit, zone = re.fullmatch(r"(\w+)\[(\w+)(?:, (.+))?\]", token).groups()  # type: ignore[union-attr]
    unit_in = arrays.unit or unit
    values = np.where(arrays.missing, np.iinfo(np.int64).min, arrays.values)
    stamps: Any = pd.Series(values.astype(f"{kind}[{unit_in}]").astype(f"{kind}[{unit}]"), name=name)
    dtype: Any = token
    restored: pd.Series[Any] = stamps if zone is None else _in_zone(stamps, zone).astype(dtype)
    return restored


def _in_zone(stamps: pd.Series[Any], zone: str) -> pd.Series[Any]:
    """Wall-clock times in a zone: a skipped hour is shifted on, of a repeated one the later is meant."""
    late = np.zeros(len(stamps), dtype=bool)
    zoned: pd.Series[Any] = stamps.dt.tz_localize(zone, ambiguous=late, nonexistent="shift_forward")
    return zoned


def _categorical(arrays: ColumnArrays, token: str, name: Any) -> pd.Series[Any]:
    head, inner = token.split("/", 1)
    levels = restore(
        ColumnArrays(
            type=arrays.type,
            values=np.arange(len(arrays.levels)),
            missing=np.zeros(len(arrays.levels), dtype=bool),
            levels=arrays.levels,
        ),
        inner,
        None,
    )
    codes = np.where(arrays.missing, -1, arrays.values)
    values = pd.Categorical.from_codes(codes, categories=pd.Index(levels), ordered=head.endswith("+ordered"))
    return pd.Series(values, name=name)


def _objects(arrays: ColumnArrays, what: str) -> Array:
    if arrays.nominal:
        levels = _texts(arrays)
        if what == "decimal":
            levels[:] = [Decimal(str(x)) if isinstance(x, int | float) else x for x in levels]
        return levels
    values: list[Any]
    if what == "decimal":
        values = [Decimal(int(value)).scaleb(-arrays.scale) for value in arrays.values]
    elif what == "date":
        values = [_EPOCH + dt.timedelta(days=int(value)) for value in arrays.values]
    elif what == "datetime":
        values = arrays.values.astype(f"datetime64[{arrays.unit}]").astype("datetime64[us]").tolist()
    elif what == "timedelta":
        values = arrays.values.astype("timedelta64[us]").tolist()
    elif what == "time":
        midnight = dt.datetime.min
        values = [(midnight + dt.timedelta(microseconds=int(value))).time() for value in arrays.values]
    else:
        values = arrays.values.tolist()
    out = np.empty(len(values), dtype=object)
    out[:] = values
    out[arrays.missing] = None
    return out


def _arrow(arrays: ColumnArrays, kind: str, name: Any) -> pd.Series[Any]:
    import pyarrow as pa

    array: Any
    if match := _DICTIONARY.fullmatch(kind):
        value_type, index_type, ordered = match.groups()
        if len(arrays.levels) > np.iinfo(index_type).max:  # more levels than the source had: invented ones
            index_type = "int32"
        indices = pa.array(arrays.values, mask=arrays.missing).cast(pa.type_for_alias(index_type))
        levels = pa.array(list(arrays.levels), type=pa.type_for_alias(value_type))
        array = pa.DictionaryArray.from_arrays(indices, levels, ordered=ordered == "1")
    elif match := _DECIMAL.fullmatch(kind):
        array = pa.array(_objects(arrays, "decimal"), type=pa.decimal128(*map(int, match.groups())))
    elif match := _TIMESTAMP.fullmatch(kind):
        array = _arrow_timestamps(arrays, *match.groups())
    elif arrays.type == "string" or kind == "null":
        array = pa.array(_texts(arrays), type=pa.type_for_alias(kind), from_pandas=True)
    else:
        wide = arrays.unit == "D" or kind.startswith("time32")
        ticks = pa.array(_numbers(arrays), mask=arrays.missing)
        if kind.startswith(("date", "time")):
            ticks = ticks.cast(pa.int32() if wide else pa.int64())
        if kind.startswith("date"):
            ticks = ticks.cast(pa.date32())
        array = ticks.cast(pa.type_for_alias(kind.removesuffix("[day]") if kind == "date32[day]" else kind))
    return pd.Series(pd.arrays.ArrowExtensionArray(array), name=name)


def _arrow_timestamps(arrays: ColumnArrays, unit: str, zone: str | None) -> Any:
    import pyarrow as pa

    stamps = pd.Series(arrays.values.astype(f"datetime64[{arrays.unit}]").astype(f"datetime64[{unit}]"))
    if zone is not None:
        stamps = _in_zone(stamps, zone).dt.tz_convert("UTC").dt.tz_localize(None)
    ticks = pa.array(stamps.to_numpy().astype(np.int64), mask=arrays.missing)
    return ticks.cast(pa.timestamp(unit, zone))


def from_pandas(frame: pd.DataFrame, schema: Schema) -> Any:
    """A table of the schema's columns in the library that the schema names.

    Args:
        frame: The table.
        schema: Declarations of the columns.
    """
    if schema.library == "pandas":
        if not schema.index:
            return frame
        levels = list(schema.names[: schema.index])
        indexed = frame.set_index(levels)
        indexed.index.names = [None if n == f"index_{i}" else n for i, n in enumerate(levels)]
        return indexed
    import pyarrow as pa

    arrow = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    if schema.library == "pyarrow":
        return arrow
    import polars as pl

    return pl.from_arrow(arrow)
