"""Frames of any library in, the same library out, with pandas between."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import pandas as pd

from twin.columns.schema import Schema
from twin.errors import InputError

Library = Literal["pandas", "polars", "pyarrow"]


class FrameOf(NamedTuple):
    """A table as pandas, with what is needed to give it back.

    Args:
        frame: The table with a plain range index; the levels of a meaningful index come first as columns.
        library: Frame library that it came in.
        levels: How many of the first columns were the index.
    """

    frame: pd.DataFrame
    library: Library
    levels: int


def to_pandas(table: Any) -> FrameOf:
    """A pandas or polars frame, an Arrow table or a DuckDB relation as pandas.

    An index of whole numbers without a name counts rows and is left out; any other becomes columns.

    Raises:
        InputError: If the object is no table, or its columns have several levels.

    Example:
        >>> to_pandas(pd.DataFrame({"a": [1]}, index=[7])).levels
        0
    """
    if isinstance(table, pd.DataFrame):
        return _from_pandas(table)
    import narwhals as nw

    try:
        frame: Any = nw.from_native(table)
    except TypeError:
        raise InputError(
            f"table: a {type(table).__name__} is no table; "
            "give a pandas or polars frame, an Arrow table or a DuckDB relation"
        ) from None
    implementation = frame.implementation
    arrow = (frame.collect("pyarrow") if isinstance(frame, nw.LazyFrame) else frame).to_arrow()
    if implementation.is_duckdb():
        return FrameOf(arrow.to_pandas(), "pandas", 0)
    library: Library = "polars" if implementation.is_polars() else "pyarrow"
    names = list(arrow.column_names)
    if len(set(names)) < len(names):
        raise InputError("table: column names must be unique; rename the ones that repeat")
    return FrameOf(arrow.to_pandas(types_mapper=pd.ArrowDtype), library, 0)


def _from_pandas(frame: pd.DataFrame) -> FrameOf:
    if frame.columns.nlevels > 1:
        raise InputError("table: its column names have several levels; flatten them to one")
    index = frame.index
    counted = index.nlevels == 1 and index.name is None and pd.api.types.is_integer_dtype(index.dtype)
    if counted or not len(frame.columns):
        return FrameOf(frame.reset_index(drop=True), "pandas", 0)
    names: Any = [f"index_{i}" if name is None else name for i, name in enumerate(index.names)]
    clash = set(names) & set(frame.columns) or (set() if len(set(names)) == len(names) else {"repeated"})
    if clash:
        raise InputError("table: an index level has the name of another column; rename it or reset the index")
    levels: Any = names if len(names) > 1 else names[0]
    return FrameOf(
        index.to_frame(index=False, name=levels).join(frame.reset_index(drop=True)), "pandas", len(names)
    )


def from_pandas(frame: pd.DataFrame, schema: Schema) -> Any:
    """A table of the schema's columns in the library that the schema names."""
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
