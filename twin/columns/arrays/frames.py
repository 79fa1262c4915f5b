"""Frames of any library in, the same library out, with pandas between."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from twin.arrays import Ints
from twin.columns.arrays.reading import missing_cells
from twin.columns.schema import Name, Schema
from twin.errors import InputError, no_column

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


def subject_ids(frame: pd.DataFrame, subject: Name, *, missing: Literal["refuse", "drop"] = "refuse") -> Ints:
    """Dense ids of the subjects of rows, 0 … number of subjects - 1 in the order in which they first occur.

    Args:
        frame: The table, n rows.
        subject: Column that names the subject.
        missing: What a row without a subject does: "refuse" raises an error; "drop" gives it the id -1, and
            so never raises for what a cell holds.

    Returns:
        The ids, shape (n,).

    Raises:
        InputError: If there is no such column, or `missing` is "refuse" and a cell is missing.

    Example:
        >>> frame = pd.DataFrame({"who": ["b", None, "a", "b"]})
        >>> subject_ids(frame, "who", missing="drop").tolist()
        [0, -1, 1, 0]
        >>> subject_ids(frame, "who")
        Traceback (most recent call last):
        twin.errors.InputError: subject: column 'who' has missing cells; drop or fill these rows first
    """
    if subject not in frame.columns:
        raise no_column("subject", subject, frame.columns)
    column: Any = frame[subject]
    if missing == "refuse":
        if column.isna().any():
            raise InputError(f"subject: column {subject!r} has missing cells; drop or fill these rows first")
        codes: Ints = pd.factorize(column)[0].astype(np.int64)
        return codes
    cells = column.astype(object).to_numpy()
    ids: dict[Any, int] = {}
    out = np.full(cells.size, -1, np.int64)
    for row in np.flatnonzero(~missing_cells(cells)).tolist():
        try:
            out[row] = ids.setdefault(cells[row], len(ids))
        except TypeError:  # a cell without a hash names nobody
            continue
    return out


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
