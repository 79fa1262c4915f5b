"""From a column of any dtype to plain arrays; `restore.py` is the way back.

Kinds see only two shapes of data: numbers on arrays, or codes into levels. What a frame library calls a
dtype ends here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from twin.arrays import Array, Bools, Ints
from twin.columns.schema import Level, Name
from twin.errors import InputError, SchemaError, no_column

Library = Literal["pandas", "polars", "pyarrow"]
Type = Literal["boolean", "integer", "real", "decimal", "datetime", "string", "mixed"]
NOMINAL: tuple[Type, ...] = ("boolean", "string", "mixed")
PER_DAY = {"D": 1, "s": 86_400, "ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}
"""Units of a datetime in one day."""

SINGLE_PRECISION = 2e-7
HALF_PRECISION = 1e-3
_MIDNIGHT = dt.datetime(1970, 1, 1)
_OBJECTS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "str"),
    ((bool, np.bool_), "bool"),
    ((int, np.integer), "int"),
    ((float, np.floating), "float"),
    (Decimal, "decimal"),
    (dt.datetime, "datetime"),
    (dt.date, "date"),
    (dt.time, "time"),
    ((dt.timedelta, np.timedelta64), "timedelta"),
)


@dataclass(frozen=True, kw_only=True)
class ColumnArrays:
    """A column as arrays.

    Args:
        type: What the values are.
        values: Shape (n,). boolean, string, mixed: codes into `levels`, -1 where missing. integer: int64.
            real: float64. decimal: int64 in units of 10**-scale. datetime: int64 in `unit` since
            1970-01-01, wall-clock time.
        missing: Shape (n,), true where there is no value; `values` is 0 (or -1) there.
        levels: Distinct values of a nominal column, in their own order if `ordered`.
        ordered: Whether the order of the levels means something.
        unit: Unit of a datetime: D, s, ms, us or ns.
        scale: Digits after the point of a decimal: those of its dtype, or the most of any cell of objects.
        rounding: Relative rounding error of the dtype, for a real.
    """

    type: Type
    values: Array
    missing: Bools
    levels: tuple[Level, ...] = ()
    ordered: bool = False
    unit: str = ""
    scale: int = 0
    rounding: float = 1e-12

    @property
    def nominal(self) -> bool:
        """Whether `values` are codes into `levels`."""
        return self.type in NOMINAL

    @property
    def empty(self) -> bool:
        """Whether no value is there at all, so that the type says nothing."""
        return bool(self.missing.all())

    @property
    def numbers(self) -> Array:
        """Values that are not nominal as the numbers they are, shape (n,), in no units."""
        return self.values / 10.0**self.scale if self.scale else self.values

    def as_nominal(self) -> ColumnArrays:
        """The same column with its distinct values as levels."""
        if self.nominal:
            return self
        unique, inverse = np.unique(self.values[~self.missing], return_inverse=True)
        codes = np.full(self.values.shape, -1, np.int64)
        codes[~self.missing] = inverse
        levels: list[Level] = unique.tolist()
        if self.scale:  # each level tells of itself alone: whole where it is, whatever digits others have
            step = 10**self.scale
            levels = [int(x) // step if int(x) % step == 0 else int(x) / step for x in unique]
        return ColumnArrays(type="mixed", values=codes, missing=self.missing, levels=tuple(levels))


def missing_cells(values: Array) -> Bools:
    """Which cells of an object array hold nothing, shape (n,)."""
    try:
        return np.asarray(pd.isna(values), dtype=bool)
    except ArithmeticError:  # a signalling decimal; what is said of the other cells stays the same
        return np.array([_is_missing(cell) for cell in values], dtype=bool)


def _is_missing(cell: Any) -> bool:
    """As `pandas.isna` of one cell, for signalling decimals too."""
    if isinstance(cell, Decimal):
        return cell.is_nan()
    return bool(pd.isna(cell)) if pd.api.types.is_scalar(cell) else False


def token(series: pd.Series[Any]) -> str:
    """Name of a column's dtype, with the type of its values where the dtype does not tell.

    Example:
        >>> token(pd.Series([1, 2], dtype="int64")), token(pd.Series([1, "a"], dtype=object))
        ('int64', 'object/mixed')
    """
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        inner = token(pd.Series(dtype.categories))
        return f"category{'+ordered' if dtype.ordered else ''}/{inner}"
    if isinstance(dtype, pd.SparseDtype):
        return f"sparse/{dtype.subtype}"
    if pd.api.types.is_object_dtype(dtype):
        return f"object/{_object_type(series)}"
    if isinstance(dtype, pd.StringDtype) and dtype.na_value is pd.NA:
        return f"string/{dtype.storage}"
    return str(dtype)


def _object_type(series: pd.Series[Any]) -> str:
    names: set[str] = set()
    for kind in set(map(type, series[series.notna()].to_numpy(object))):
        name = next((name for types, name in _OBJECTS if issubclass(kind, types)), None)
        if name is None:
            raise _refusal(series.name, f"holds objects of type {kind.__name__}")
        names.add(name)
    if len(names) == 1:
        return names.pop()
    if names == {"int", "float"}:
        return "float"
    if names <= {"str", "int", "float", "bool"}:
        return "mixed"
    raise _refusal(series.name, f"mixes objects of the types {', '.join(sorted(names))}")


def _refusal(name: object, what: str) -> SchemaError:
    return SchemaError(
        f"column {name!r} {what}, which no kind of column can learn: "
        "drop it, or turn it into text, numbers, flags or dates first"
    )


def read(series: pd.Series[Any]) -> ColumnArrays:
    """A column as arrays.

    Args:
        series: Column of any dtype that some kind accepts.

    Returns:
        The arrays; unused levels of a categorical column are gone.

    Raises:
        SchemaError: If no kind of column accepts values of this dtype.

    Example:
        >>> arrays = read(pd.Series(["b", None, "a"]))
        >>> arrays.levels, arrays.values.tolist()
        (('a', 'b'), [1, -1, 0])
    """
    dtype = series.dtype
    missing = series.isna().to_numpy(dtype=bool)
    if isinstance(dtype, pd.SparseDtype):
        return read(pd.Series(np.asarray(series), name=series.name))
    if isinstance(dtype, pd.CategoricalDtype):
        return _read_categorical(series, missing)
    if isinstance(dtype, pd.ArrowDtype):
        return _read_arrow(series, dtype, missing)
    if isinstance(dtype, pd.PeriodDtype):
        ordinals = np.where(missing, 0, series.array.asi8)
        return ColumnArrays(type="integer", values=ordinals, missing=missing)
    if isinstance(dtype, pd.StringDtype):
        return _read_levels(series, missing, "string")
    if pd.api.types.is_object_dtype(dtype):
        return _read_objects(series, missing, _object_type(series))
    kind = getattr(dtype, "kind", "O")
    if kind == "b":
        values = series.array.fillna(False) if missing.any() else series.array
        codes = np.where(missing, -1, np.asarray(values, dtype=bool).astype(np.int64))
        return ColumnArrays(type="boolean", values=codes, missing=missing, levels=(False, True), ordered=True)
    if kind in "iu":
        return ColumnArrays(type="integer", values=_integers(series, missing), missing=missing)
    if kind == "f":
        return _read_reals(series, missing, str(dtype))
    if kind == "M":
        return _read_datetimes(series, missing)
    if kind == "m":
        values = series.to_numpy().astype(np.int64)
        return ColumnArrays(type="integer", values=np.where(missing, 0, values), missing=missing)
    raise _refusal(series.name, f"has dtype {dtype}")


class TableArrays:
    """A table as arrays: each column is read when it is first asked for, and once.

    Args:
        frame: The table, n rows; it is not changed.

    Example:
        >>> table = TableArrays(pd.DataFrame({"age": [37, 54]}))
        >>> table["age"].values.tolist(), table.dtype("age"), table["age"] is table["age"]
        ([37, 54], 'int64', True)
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self._arrays: dict[Name, ColumnArrays] = {}
        self._dtypes: dict[Name, str] = {}

    @classmethod
    def of(cls, table: Table) -> TableArrays:
        """The table as arrays; itself where it is one."""
        return table if isinstance(table, TableArrays) else cls(table)

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, name: Name) -> ColumnArrays:
        if name not in self._arrays:
            self._arrays[name] = read(self.series(name))
        return self._arrays[name]

    @property
    def names(self) -> tuple[Name, ...]:
        """Names of the columns, in order."""
        return tuple(self.frame.columns)

    def series(self, name: Name) -> pd.Series[Any]:
        """A column as the frame holds it."""
        return self.frame[name].rename(name)

    def dtype(self, name: Name) -> str:
        """Name of a column's dtype, as `token` gives it."""
        if name not in self._dtypes:
            self._dtypes[name] = token(self.series(name))
        return self._dtypes[name]

    def rows(self, kept: Bools) -> TableArrays:
        """The rows of a mask, shape (n,), with a fresh index; the same table where these are all."""
        return self if kept.all() else TableArrays(self.frame.loc[kept].reset_index(drop=True))

    def with_columns(self, added: Mapping[str, pd.Series[Any]]) -> TableArrays:
        """The table with more columns after its own; what was read of it is not read again."""
        if not added:
            return self
        own = {name: series.set_axis(self.frame.index) for name, series in added.items()}
        wider = TableArrays(pd.concat([self.frame, pd.DataFrame(own, index=self.frame.index)], axis=1))
        wider._arrays, wider._dtypes = {**self._arrays}, {**self._dtypes}
        return wider


Table: TypeAlias = "pd.DataFrame | TableArrays"
"""A table, with or without what was read of it."""


def _integers(series: pd.Series[Any], missing: Bools) -> Ints:
    values = series.array.fillna(0) if missing.any() else series.array
    wide = np.asarray(values)
    if wide.dtype.kind == "u" and wide.size and wide.max() > np.iinfo(np.int64).max:
        raise _refusal(series.name, "holds integers beyond the range of int64")
    return wide.astype(np.int64)


def _read_reals(series: pd.Series[Any], missing: Bools, dtype: str) -> ColumnArrays:
    values = series.to_numpy(dtype=np.float64, na_value=np.nan)
    rounding = 1e-12
    if dtype.lower().startswith(("float32", "float[")):
        rounding = SINGLE_PRECISION
    elif dtype.lower().startswith(("float16", "halffloat")):
        rounding = HALF_PRECISION
    return ColumnArrays(
        type="real", values=np.where(missing, 0.0, values), missing=missing, rounding=rounding
    )


def _read_datetimes(series: pd.Series[Any], missing: Bools) -> ColumnArrays:
    if getattr(series.dtype, "tz", None) is not None:
        series = series.dt.tz_localize(None)  # wall-clock time, as people read it
    values = series.to_numpy()
    unit = np.datetime_data(values.dtype)[0]
    return ColumnArrays(
        type="datetime", values=np.where(missing, 0, values.astype(np.int64)), missing=missing, unit=unit
    )


def _read_levels(series: pd.Series[Any], missing: Bools, type_: Type) -> ColumnArrays:
    codes, unique = pd.factorize(series, sort=False)
    levels = list(unique)
    order = sorted(range(len(levels)), key=lambda i: (type(levels[i]).__name__, levels[i]))
    rank = np.empty(len(levels) + 1, np.int64)
    rank[order] = np.arange(len(levels))
    rank[-1] = -1  # code -1 stays -1
    plain = tuple(_plain(levels[i]) for i in order)
    return ColumnArrays(type=type_, values=rank[codes], missing=missing, levels=plain)


def _plain(value: Any) -> Level:
    plain: Level = value.item() if isinstance(value, np.generic) else value
    return plain


def _read_categorical(series: pd.Series[Any], missing: Bools) -> ColumnArrays:
    used = series.cat.remove_unused_categories()
    inner = read(pd.Series(used.cat.categories, name=series.name))
    if not (inner.nominal or inner.type in ("integer", "real")):
        raise _refusal(series.name, f"is categorical with levels of dtype {used.cat.categories.dtype}")
    levels = tuple(_plain(value) for value in used.cat.categories)
    codes = used.cat.codes.to_numpy().astype(np.int64)
    type_: Type = "string" if inner.type == "string" else "mixed"
    return ColumnArrays(
        type=type_, values=codes, missing=missing, levels=levels, ordered=bool(series.cat.ordered)
    )


def _read_objects(series: pd.Series[Any], missing: Bools, what: str) -> ColumnArrays:
    if what == "str":
        return _read_levels(series.astype(object), missing, "string")
    if what == "mixed":
        return _read_mixed(series, missing)
    filled = series.to_numpy(object).copy()
    if what == "bool":
        codes = np.where(missing, -1, np.array([v is not None and bool(v == True) for v in filled]))  # noqa: E712
        return ColumnArrays(type="boolean", values=codes, missing=missing, levels=(False, True), ordered=True)
    if what == "int":
        filled[missing] = 0
        try:
            return ColumnArrays(type="integer", values=filled.astype(np.int64), missing=missing)
        except OverflowError:
            raise _refusal(series.name, "holds integers beyond the range of int64") from None
    if what == "float":
        filled[missing] = 0.0
        return ColumnArrays(type="real", values=filled.astype(np.float64), missing=missing)
    if what == "decimal":
        return _read_decimals(series.name, filled, missing)
    if what == "timedelta":
        spans = pd.to_timedelta(series).astype("timedelta64[us]").to_numpy().astype(np.int64)
        return ColumnArrays(type="integer", values=np.where(missing, 0, spans), missing=missing)
    if what == "time":
        ticks = [0 if gone else _ticks(value) for value, gone in zip(filled, missing, strict=True)]
        return ColumnArrays(type="integer", values=np.array(ticks, np.int64), missing=missing)
    filled[missing] = _MIDNIGHT
    unit = "D" if what == "date" else "us"
    if any(getattr(value, "tzinfo", None) is not None for value in filled):
        raise _refusal(series.name, "holds date-times with time zones as objects, not as a datetime dtype")
    days = filled.astype(f"datetime64[{unit}]").astype(np.int64)  # (n,), exact for years 1 … 9999
    return ColumnArrays(type="datetime", values=days, missing=missing, unit=unit)


def _ticks(value: dt.time) -> int:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond


def _read_mixed(series: pd.Series[Any], missing: Bools) -> ColumnArrays:
    """Levels of several types; 1, 1.0 and True are levels of their own."""
    tagged = pd.Series(
        [None if gone else f"{type(v).__name__}:{v!r}" for v, gone in zip(series, missing, strict=True)],
        dtype=object,
    )
    codes, unique = pd.factorize(tagged, sort=True)
    first = np.zeros(len(unique), np.int64)
    rows = np.flatnonzero(~missing)
    first[codes[rows][::-1]] = rows[::-1]
    levels = tuple(_plain(series.iloc[int(row)]) for row in first)
    return ColumnArrays(type="mixed", values=codes.astype(np.int64), missing=missing, levels=levels)


def _read_decimals(name: object, values: Array, missing: Bools, declared: int | None = None) -> ColumnArrays:
    present = values[~missing]
    if not all(value.is_finite() for value in present):
        raise _refusal(name, "holds infinite decimals")
    most = max((max(-int(value.as_tuple().exponent), 0) for value in present), default=0)
    scale = most if declared is None else declared
    scaled = [int(value.scaleb(scale)) for value in present]
    if any(abs(value) >= 2**62 for value in scaled):
        raise _refusal(name, "holds decimals of more than 18 digits")
    units = np.zeros(values.shape, np.int64)
    units[~missing] = scaled
    return ColumnArrays(type="decimal", values=units, missing=missing, scale=scale)


def _read_arrow(series: pd.Series[Any], dtype: pd.ArrowDtype, missing: Bools) -> ColumnArrays:
    import pyarrow as pa

    kind = dtype.pyarrow_dtype
    types = pa.types
    if types.is_boolean(kind):
        return read(series.astype("boolean"))
    if types.is_integer(kind):
        return ColumnArrays(type="integer", values=_integers(series, missing), missing=missing)
    if types.is_floating(kind):
        return _read_reals(series, missing, str(kind) + "[")
    if types.is_string(kind) or types.is_large_string(kind):
        return _read_levels(series.astype(object), missing, "string")
    if types.is_dictionary(kind):
        objects = pa.chunked_array(pa.array(series)).cast(kind.value_type).to_pandas()
        ordered = bool(kind.ordered)
        return replace(read(pd.Series(objects, name=series.name).astype("category")), ordered=ordered)
    if types.is_decimal(kind):
        return _read_decimals(series.name, series.to_numpy(object), missing, max(0, kind.scale))
    if types.is_date(kind) or types.is_timestamp(kind):
        return _read_arrow_datetime(series, kind, missing)
    if types.is_time(kind) or types.is_duration(kind):
        raw = pa.array(series).cast(pa.int32() if types.is_time32(kind) else pa.int64())
        values = np.asarray(raw.fill_null(0)).astype(np.int64)
        return ColumnArrays(type="integer", values=values, missing=missing)
    if types.is_null(kind):
        return ColumnArrays(type="mixed", values=np.full(len(series), -1, np.int64), missing=missing)
    raise _refusal(series.name, f"has dtype {dtype}")


def _read_arrow_datetime(series: pd.Series[Any], kind: Any, missing: Bools) -> ColumnArrays:
    import pyarrow as pa
    import pyarrow.compute as pc

    raw = pa.array(series)
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        raw = pc.local_timestamp(raw)
    unit = "D" if pa.types.is_date(kind) else kind.unit
    if pa.types.is_date(kind):
        raw = raw.cast(pa.date32()).cast(pa.int32())
    values = np.asarray(raw.cast(pa.int64()).fill_null(0))
    return ColumnArrays(type="datetime", values=values, missing=missing, unit=unit)


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
