"""Puts drawn cells in place of missing ones, and touches nothing else of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from twin.columns.schema import Name

Cells = Mapping[Name, "pd.Series[Any]"]
"""By column the drawn cells; their index says in which rows, counted from 0, they belong."""


def fill(table: Any, cells: Cells) -> Any:
    """A copy of a table with drawn cells in some rows.

    Args:
        table: A pandas or polars frame, an Arrow table or a DuckDB relation.
        cells: What is drawn.

    Returns:
        The same rows, index, columns and dtypes in the same library (polars frames in memory, relations as
        pandas). Categories take in what is drawn. A column without any value whose dtype cannot hold what is
        drawn gets the dtype of that.

    Example:
        >>> table = pd.DataFrame({"a": [1.0, None]}, index=[7, 8])
        >>> fill(table, {"a": pd.Series([5], index=[1])})["a"].tolist()
        [1.0, 5.0]
    """
    if isinstance(table, pd.DataFrame):
        out = table.copy()
        for name, drawn in cells.items():
            out[name] = filled(out[name], drawn)
        return out
    import narwhals as nw

    cells = {name: drawn[drawn.notna()] for name, drawn in cells.items() if drawn.notna().any()}
    frame: Any = nw.from_native(table)
    if isinstance(frame, nw.LazyFrame):
        if frame.implementation.is_duckdb():
            return fill(frame.collect("pyarrow").to_native().to_pandas(), cells)
        frame = frame.collect()
    if frame.implementation.is_polars():
        return _fill_polars(frame.to_native(), cells)
    out = frame.to_native()
    for name, drawn in cells.items():
        place = out.column_names.index(name)
        there = _filled_arrow(out.column(place), drawn)
        out = out.set_column(place, out.field(place).with_type(there.type), there)
    return out


def filled(column: pd.Series[Any], drawn: pd.Series[Any]) -> pd.Series[Any]:
    """A column with drawn cells at some positions, in its own dtype; missing ones among them change nothing.

    Example:
        >>> filled(pd.Series(["a", None]), pd.Series(["b"], index=[1])).tolist()
        ['a', 'b']
    """
    drawn = drawn[drawn.notna()]
    if not len(drawn):
        return column
    dtype = column.dtype
    if isinstance(dtype, pd.SparseDtype):
        return filled(column.astype(dtype.subtype), drawn).astype(dtype)
    if isinstance(dtype, pd.CategoricalDtype):
        levels = pd.Index(drawn.unique()).astype(dtype.categories.dtype)
        column = column.cat.add_categories([v for v in levels if v not in dtype.categories])
        drawn = drawn.astype(column.dtype)
    elif drawn.dtype != dtype:
        column, drawn = _alike(column, drawn)
    values = column.array.copy()
    values[drawn.index.to_numpy(np.int64)] = drawn.array
    return pd.Series(values, index=column.index, name=column.name)


def _alike(column: pd.Series[Any], drawn: pd.Series[Any]) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Both in the dtype of the column, or in that of what is drawn where the column is empty."""
    dtype = column.dtype
    plain = drawn.astype(object) if isinstance(drawn.dtype, pd.CategoricalDtype) else drawn
    if pd.api.types.is_integer_dtype(dtype) and pd.api.types.is_float_dtype(drawn.dtype):
        plain = plain.round()
    try:
        return column, plain.astype(dtype)
    except (TypeError, ValueError):
        if not column.isna().all():
            return column.astype(object), plain.astype(object)
        return column.astype(object).where(column.notna(), None).astype(drawn.dtype), drawn


def _fill_polars(frame: Any, cells: Cells) -> Any:
    import polars as pl

    for name, drawn in cells.items():
        column = frame.get_column(name)
        values: Any = pl.from_arrow(_arrow(drawn))
        kind = column.dtype
        if kind == pl.Null:
            kind = values.dtype
        elif isinstance(kind, pl.Enum):
            texts = values.cast(pl.String)
            new = texts.filter(~texts.is_in(kind.categories)).unique(maintain_order=True)
            kind = pl.Enum([*kind.categories, *new])
        inner = pl.String if isinstance(kind, pl.Enum | pl.Categorical) else kind
        if inner.is_integer() and values.dtype.is_float():
            values = values.round()
        there = column.cast(inner).scatter(drawn.index.to_list(), values.cast(inner))
        frame = frame.with_columns(there.cast(kind).alias(name))
    return frame


def _filled_arrow(column: Any, drawn: pd.Series[Any]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    values, kind = _arrow(drawn), column.type
    if pa.types.is_null(kind):
        kind = values.type
    coded = pa.types.is_dictionary(kind)
    inner = kind.value_type if coded else kind
    if pa.types.is_integer(inner) and pa.types.is_floating(values.type):
        values = pc.round(values)
    rows = np.zeros(len(column), dtype=bool)
    rows[drawn.index.to_numpy(np.int64)] = True
    there = pc.replace_with_mask(column.combine_chunks().cast(inner), pa.array(rows), values.cast(inner))
    if not coded:
        return there
    found = pc.dictionary_encode(there)
    fits = len(found.dictionary) <= np.iinfo(kind.index_type.to_pandas_dtype()).max
    index = kind.index_type if fits else found.type.index_type
    return found.cast(pa.dictionary(index, inner, kind.ordered))


def _arrow(drawn: pd.Series[Any]) -> Any:
    """Drawn cells as an Arrow array, levels as what they are."""
    import pyarrow as pa

    array = pa.Array.from_pandas(drawn)
    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return whole.dictionary_decode() if pa.types.is_dictionary(whole.type) else whole
