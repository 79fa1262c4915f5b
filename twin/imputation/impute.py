"""Missing cells drawn from a twin, several times, so that what follows knows how much they leave open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from twin.arrays import Bools, Ints, Ints32
from twin.columns.arrays.reading import FrameOf, to_pandas
from twin.columns.given.compile import Conditions
from twin.columns.schema import Name
from twin.columns.table import stacked
from twin.conditions.compile import CompiledRequest, RowSource
from twin.conditions.draw import RowSampler
from twin.conditions.request import Request
from twin.errors import InputError, check_count
from twin.imputation.chained import Open, chained
from twin.imputation.known_cells import known
from twin.imputation.pooling import Pooled, pool
from twin.imputation.relaxed import Relaxed
from twin.models.base import Fitted, Wrapping
from twin.models.wrappers.dependencies import FittedDependent
from twin.progress import Progress, ProgressBar
from twin.randomness import Stream, derived_seed, generator
from twin.sampling.blocks import FREE, PRESENT, RowConditions

MARK = {"contains": "real rows"}
"""What pandas carries along as `attrs["twin"]`."""
_MOST_TABLES = 1_000
_MOST_ROWS = 30_000
"""Most rows of the twin that the laws of a table are learned from."""


@dataclass(frozen=True, kw_only=True)
class Imputed(Sequence[Any]):
    """Copies of a table whose missing cells are filled, each time with other draws. Made by `Twin.impute`.

    They hold the rows of the table, so they are as confidential as it is.

    Args:
        tables: The filled tables, m of them, in the frame library of the source.
        filled: Number of cells filled, by column; columns in which none was are left out.
        real: That they hold real rows.
    """

    tables: tuple[Any, ...]
    filled: Mapping[Name, int]
    real: bool = True

    @property
    def first(self) -> Any:
        """The first table."""
        return self.tables[0]

    def __len__(self) -> int:
        return len(self.tables)

    @overload
    def __getitem__(self, place: int) -> Any: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Any, ...]: ...

    def __getitem__(self, place: int | slice) -> Any:
        return self.tables[place]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tables)

    def pool(
        self,
        estimator: Callable[[Any], tuple[ArrayLike, ArrayLike]],
        *,
        complete_df: float | None = None,
        level: float = 0.95,
    ) -> Pooled:
        """Estimate on each table and pool the estimates; see `twin.pool`.

        Args:
            estimator: From a table to an estimate and its variance, numbers or arrays of one shape.
            complete_df: As in `twin.pool`.
            level: As in `twin.pool`.

        Raises:
            InputError: If there is one table only, or the estimator gives no numbers.
        """
        found = [estimator(table) for table in self.tables]
        if any(not isinstance(pair, tuple) or len(pair) != 2 for pair in found):
            raise InputError("estimator: it must give a pair, the estimate and its variance")
        estimates, variances = zip(*found, strict=True)
        return pool(list(estimates), list(variances), complete_df=complete_df, level=level)

    def __repr__(self) -> str:
        cells = sum(self.filled.values())
        many = len(self.filled)
        return (
            f"Imputed({len(self)} tables, {cells:,} cells filled in {many} column{'s' * (many != 1)}, "
            "contains real rows)"
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(str(name))}</td><td>{cells:,}</td></tr>" for name, cells in self.filled.items()
        )
        return (
            f"<p><b>{escape(repr(self))}</b></p>"
            f"<table><tr><th>column</th><th>cells filled</th></tr>{rows}</table>"
        )


def impute(source: RowSource, table: Any, m: int = 5, *, seed: int, threads: int) -> Imputed:
    """Draw the missing cells of each row given the rest of the row, m times.

    Args:
        source: What rows are drawn from.
        table: Rows with some of the twin's columns, in any order, and with others beside them, which stay as
            they are and tell nothing.
        m: Number of tables, ≥ 1.
        seed: Of the draws.
        threads: Threads to draw with, ≥ 1.

    Returns:
        The tables.

    Raises:
        InputError: If the table has no column of the twin, or m is out of range.
    """
    if not 1 <= check_count(m, "m") <= _MOST_TABLES:
        raise InputError(f"m: must be between 1 and {_MOST_TABLES:,}; five are usual, twenty are plenty")
    whole = _table(table, source.names)
    gaps = _gaps(source, whole)
    tables, cells = [], {}
    with ProgressBar("impute") as bar:
        for i in range(m):
            if gaps is not None:
                part = bar.part(i / m, (i + 1) / m)
                cells = gaps.drawn(source, derived_seed(seed, Stream.IMPUTED, i), threads, part)
            tables.append(_marked(fill(table, cells)))
    return Imputed(
        tables=tuple(tables), filled={name: int(drawn.notna().sum()) for name, drawn in cells.items()}
    )


@dataclass(frozen=True, kw_only=True)
class _Gaps:
    """The incomplete rows of a table.

    Args:
        rows: Their positions, shape (n,).
        missing: Which of their cells are to be filled, by column, shape (n,) each.
        order: What is asked of the twin.
    """

    rows: Ints
    missing: Mapping[Name, Bools]
    request: CompiledRequest

    def drawn(
        self, source: RowSource, seed: int, threads: int, progress: Progress
    ) -> dict[Name, pd.Series[Any]]:
        """Cells by column, with the positions of their rows as index."""
        rng = generator(seed, Stream.GAPS)
        laws = chained(source.fitted, self.asked(source), rng, threads=threads, progress=progress)
        fitted = Relaxed(laws)
        source = replace(source, fitted=fitted)
        sampler = RowSampler(source=source, request=self.request, seed=seed)
        frame = stacked(list(sampler.blocks(self.rows.size, threads=threads)))
        return {
            name: frame[name][gone].set_axis(pd.Index(self.rows[gone])) for name, gone in self.missing.items()
        }

    def asked(self, source: RowSource) -> Open:
        """The fields that rows know, and those that they do not; auxiliary ones of rules are among these."""
        codes = self.request.wanted.codes
        unknown = {name for name, own in codes.items() if (own < 0).any()}
        for name in source.rules.auxiliary:
            unknown |= {field.name for field in source.columns.fields_of(name)}
        return Open(told=set(codes) - unknown, open=unknown, rows=min(max(source.rows, 1), _MOST_ROWS))


def _gaps(source: RowSource, whole: FrameOf) -> _Gaps | None:
    """What of a table is missing and can be filled; None where nothing is."""
    levels = whole.frame.columns[: whole.levels].tolist()
    told = known(source.columns, whole.frame)
    missing = {name: gone for name, gone in told.missing.items() if gone.any() and name not in levels}
    if not missing:
        return None
    rows = np.flatnonzero(np.logical_or.reduce(list(missing.values())))
    missing = {name: gone[rows] for name, gone in missing.items()}
    codes = {field: codes[rows] for field, codes in told.codes.items()}
    for name, gone in missing.items():
        for field in told.fields[name]:
            if field.size > 1:  # else there is nothing but a missing cell to draw
                codes[field.name][gone] = PRESENT
    _unbind(codes, source.fitted)
    compiled = CompiledRequest(
        wanted=RowConditions(codes=codes),
        conditions=Conditions({}, {}, rows.size),
        request=Request(),
        observed=told.cells.iloc[rows].reset_index(drop=True) if len(source.rules) else None,
    )
    return _Gaps(rows=rows, missing=missing, request=compiled)


def _unbind(codes: Mapping[str, Ints32], fitted: Fitted) -> None:
    """Free what follows from another field that is known, in place: a row of the table may contradict it."""
    while not isinstance(fitted, FittedDependent):
        if not isinstance(fitted, Wrapping):
            return
        fitted = fitted.inner
    names = fitted.domain.names
    for j, lost in fitted.lost().items():
        if names[j] in codes:
            own = codes[names[j]]
            own[(own >= 0) & lost[own]] = FREE
    for link in fitted.links:
        source, dependant = names[link.source], names[link.dependant]
        if source in codes and dependant in codes:
            codes[dependant][codes[source] >= 0] = FREE


def _table(table: Any, names: Sequence[Name]) -> FrameOf:
    """The table as pandas.

    Raises:
        InputError: If it is none, or has no column of the twin.
    """
    whole = to_pandas(table)
    if not whole.frame.columns.is_unique:
        raise InputError("table: column names must be unique; rename the ones that repeat")
    if not set(names) & set(whole.frame.columns):
        raise InputError("table: it has no column of the twin; see t.schema.names")
    return whole


def _marked(table: Any) -> Any:
    """The table, where its library carries such a thing along, marked as one of real rows."""
    if isinstance(table, pd.DataFrame):
        table.attrs["twin"] = dict(MARK)
    return table


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

    Args:
        column: The column with missing cells.
        drawn: What was drawn, with the positions of its rows as index.

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
