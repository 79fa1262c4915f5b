"""Frames as plain arrays that every metric can use, whatever the dtypes were.

Numbers and datetimes become float64; categories and flags become codes shared by all frames. Rows stand in
an order that depends on their content and the seed alone, so that no score depends on the order of rows.
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from twin.arrays import Bools, Floats, Ints, Uints64
from twin.columns.schema import Column, Name, Schema
from twin.errors import InputError

_LARGEST = 1e30
"""Learners count in single precision; numbers beyond are taken for this one."""


@dataclass(frozen=True, kw_only=True)
class ViewColumn:
    """What a view knows of a column.

    Args:
        name: Name, as text.
        kind: Kind in the schema.
        nominal: Whether its values are codes of levels without an order.
        levels: Labels of the codes, sorted; empty where it is not nominal.
    """

    name: str
    kind: str
    nominal: bool
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableView:
    """A table as numbers.

    Args:
        columns: The p columns that metrics look at.
        values: Shape (n, p), float64; codes where nominal; NaN where missing.
        units: Dense ids of the subjects of the rows in random order, shape (n,).
        hashes: One per row, equal where the rows are equal, shape (n,).
        strings: Hashes of the cells of keys, texts and identities, 0 where missing, shape (n, q); empty
            where there are none.
    """

    columns: tuple[ViewColumn, ...]
    values: Floats
    units: Ints
    hashes: Uints64
    strings: Uints64 = field(default_factory=lambda: np.zeros((0, 0), np.uint64))

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.values.shape[0])

    @property
    def n_units(self) -> int:
        """Number of subjects."""
        return int(self.units.max(initial=-1)) + 1

    def sample(self, n: int) -> TableView:
        """At most n rows of whole subjects (but for the last): random, because a hash orders both."""
        if n >= self.n:
            return self
        rows = np.bincount(self.units)
        last = int(np.searchsorted(np.cumsum(rows), n))  # the subject that fills the sample
        keep = np.flatnonzero(self.units <= last)
        keep = np.sort(keep[np.argsort(self.units[keep] == last, kind="stable")][:n])
        return self.rows(keep)

    def rows(self, keep: Ints | Bools) -> TableView:
        """Some rows, units as they were."""
        strings = self.strings[keep] if self.strings.size else self.strings
        return TableView(self.columns, self.values[keep], self.units[keep], self.hashes[keep], strings)


@dataclass(frozen=True)
class Views:
    """The three tables side by side.

    Args:
        train: What the twin learned from.
        holdout: Real rows that it never saw, or None.
        synthetic: Its sample.
        left_out: Columns that no metric looks at, with the reason.
        by_subject: Whether units are the subjects of a named column, and not rows.
        strings: Names of the q columns whose cells are compared as wholes alone.
    """

    train: TableView
    holdout: TableView | None
    synthetic: TableView
    left_out: tuple[tuple[str, str], ...]
    by_subject: bool
    strings: tuple[str, ...] = ()

    @property
    def control(self) -> TableView:
        """The holdout, for what cannot do without.

        Raises:
            InputError: If there is none.
        """
        if self.holdout is None:
            raise InputError("holdout: is needed here; give real rows that were kept away from the fit")
        return self.holdout


def read_views(
    train: pd.DataFrame,
    holdout: pd.DataFrame | None,
    synthetic: pd.DataFrame,
    schema: Schema,
    *,
    subject: Name | None = None,
    seed: int = 0,
) -> Views:
    """Turn frames into views.

    Args:
        train: Real rows that the twin learned from, ≥ 1.
        holdout: Real rows that it never saw, or None.
        synthetic: Its sample, ≥ 1 row.
        schema: Which column is of which kind; keys and texts are left out.
        subject: The column that names the person, left out too; None where each row is a person.
        seed: Of the order of the rows.

    Returns:
        The views, with the columns that were left out.

    Raises:
        InputError: If a frame has no rows or lacks a column, or no column is left to compare.

    Example:
        >>> from twin.columns.schema import Category, Key
        >>> schema = Schema(columns=(Key(name="id"), Category(name="sex")))
        >>> frame = pd.DataFrame({"id": [1, 2], "sex": ["F", None]})
        >>> views = read_views(frame, None, frame, schema)
        >>> views.train.columns[0].levels, views.left_out
        (('F',), (('id', 'key'),))
    """
    frames = [("train", train), ("holdout", holdout), ("synthetic", synthetic)]
    given = [(name, frame) for name, frame in frames if frame is not None]
    wanted = _compared(schema, subject)
    for role, frame in given:
        check_columns(frame, schema, None if role == "synthetic" else subject, role)
    tables = [frame for _, frame in given]
    parts = [READERS[c.family](c, [frame[c.name] for frame in tables]) for c in wanted]
    columns = tuple(column for column, _ in parts)
    compared = {c.name for c in wanted}
    rest = [c for c in schema if c.name not in compared]
    unscored = [c for c in rest if c.name != subject and all(c.name in t for t in tables)]
    left_out = tuple((str(c.name), "names the person" if c.name == subject else c.kind) for c in rest)
    views = []
    for i, (role, frame) in enumerate(given):
        values = np.empty((len(frame), len(columns)), order="F")  # (n, p)
        for j, (_, arrays) in enumerate(parts):
            values[:, j] = arrays[i]
        named = role != "synthetic" and subject is not None
        people = _hash_labels(frame[subject]) if named else np.zeros(len(frame), np.uint64)
        strings = np.zeros((len(frame), len(unscored)), np.uint64)  # (n, q)
        for j, c in enumerate(unscored):
            strings[:, j] = np.where(_missing(frame[c.name]), np.uint64(0), _hash_labels(frame[c.name]))
        rows = TableView(columns, values, people.view(np.int64), hash_rows(values), strings)
        views.append(_in_canonical_order(rows, named=named, salt=seed * 3 + len(role)))
    return Views(
        train=views[0],
        holdout=views[1] if holdout is not None else None,
        synthetic=views[-1],
        left_out=left_out,
        by_subject=subject is not None,
        strings=tuple(str(c.name) for c in unscored),
    )


def _compared(schema: Schema, subject: Name | None) -> list[Column]:
    return [c for c in schema if c.family in READERS and c.name != subject]


def check_columns(frame: pd.DataFrame, schema: Schema, subject: Name | None, role: str) -> None:
    """Refuse a table without rows, or without a column that is compared.

    Args:
        frame: The table.
        schema: Kinds of the columns.
        subject: The column that names the person, or None where it need not be there.
        role: What the table is, for the error.

    Raises:
        InputError: If it has no rows or lacks a column, or no column is left to compare.
    """
    wanted = [c.name for c in _compared(schema, subject)]
    if not wanted:
        raise InputError(
            "schema: no column is left to compare, since keys, texts and the subject are left out"
        )
    if not len(frame):
        raise InputError(f"{role}: has no rows, and scores need at least one")
    missing = [n for n in (*wanted, *([] if subject is None else [subject])) if n not in frame.columns]
    if missing:
        raise InputError(
            f"{role}: column {str(missing[0])!r} of the schema is missing; pass a table that has it"
        )


# Readers: one column of all frames at once --------------------------------------------------------------


def _read_nominal(column: Column, series: Sequence[pd.Series[Any]]) -> tuple[ViewColumn, list[Floats]]:
    labels = [_labels(s) for s in series]
    levels = sorted({label for uniques, _ in labels for label in uniques})
    code_of = {label: float(i) for i, label in enumerate(levels)}
    arrays = []
    for uniques, codes in labels:
        table = np.array([*(code_of[label] for label in uniques), np.nan])  # code -1 picks the last: missing
        arrays.append(table[codes])
    view = ViewColumn(name=str(column.name), kind=column.family, nominal=True, levels=tuple(levels))
    return view, arrays


def _read_number(column: Column, series: Sequence[pd.Series[Any]]) -> tuple[ViewColumn, list[Floats]]:
    arrays = [np.round(_numbers(s), 6) + 0.0 for s in series]  # + 0.0 turns -0.0 into 0.0
    view = ViewColumn(name=str(column.name), kind=column.family, nominal=False)
    return view, [np.clip(a, -_LARGEST, _LARGEST) for a in _without_infinities(arrays)]


def _read_datetime(column: Column, series: Sequence[pd.Series[Any]]) -> tuple[ViewColumn, list[Floats]]:
    view = ViewColumn(name=str(column.name), kind=column.family, nominal=False)
    return view, [_seconds(s) for s in series]


Reader = Callable[[Column, Sequence["pd.Series[Any]"]], tuple[ViewColumn, list[Floats]]]
READERS: dict[str, Reader] = {
    "category": _read_nominal,
    "flag": _read_nominal,
    "number": _read_number,
    "datetime": _read_datetime,
}
"""Kinds that metrics look at; a kind that is not here is left out of every score."""


def _missing(series: pd.Series[Any]) -> Bools:
    return np.asarray(series.isna(), dtype=bool)


def label(value: Any) -> str:
    """A level as text."""
    # The same level must read alike as 1, 1.0, Decimal("1") or numpy's 1, and True apart from 1.
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, np.floating, Decimal)) and value == value and abs(float(value)) < 1e15:
        integer = int(value)
        return str(integer) if integer == value else str(float(value))
    return str(value)


def _labels(series: pd.Series[Any]) -> tuple[list[str], Ints]:
    """Labels of the distinct values, and per row the position of its own, -1 where missing."""
    missing = _missing(series)
    plain = series.astype(object).to_numpy()
    try:
        codes, uniques = pd.factorize(plain, use_na_sentinel=True)
    except TypeError:  # lists, dictionaries: compared by what they look like
        codes, uniques = pd.factorize(np.array([str(v) for v in plain], dtype=object))
    return [label(v) for v in uniques], np.where(missing, -1, codes).astype(np.int64)


def _numbers(series: pd.Series[Any]) -> Floats:
    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iufb":
        return series.to_numpy().astype(np.float64)
    if isinstance(dtype, np.dtype) and dtype.kind == "m":
        return _parsed(series, lambda v: pd.Timedelta(v).total_seconds())
    if not isinstance(dtype, np.dtype) and pd.api.types.is_numeric_dtype(dtype):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    return _parsed(series, _as_float)


def _as_float(value: Any) -> float:
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan


def _parsed(series: pd.Series[Any], parse: Callable[[Any], float]) -> Floats:
    """Each distinct value parsed once."""
    missing = _missing(series)
    plain = series.astype(object).to_numpy()
    codes, uniques = pd.factorize(plain, use_na_sentinel=True)
    table = np.array([*(parse(v) for v in uniques), np.nan], dtype=np.float64)
    return np.where(missing, np.nan, table[codes])


def _seconds(series: pd.Series[Any]) -> Floats:
    """Datetimes as seconds since 1970 (UTC where there is a zone), times of day as seconds since midnight."""
    dtype = series.dtype
    if isinstance(dtype, pd.PeriodDtype):
        return _seconds(series.dt.to_timestamp())
    if isinstance(dtype, pd.DatetimeTZDtype):
        return _seconds(series.dt.tz_convert("UTC").dt.tz_localize(None))
    if isinstance(dtype, np.dtype) and dtype.kind == "M":
        ticks = series.to_numpy().astype("datetime64[us]").astype(np.int64)
        return np.where(_missing(series), np.nan, ticks / 1e6)
    return _parsed(series, _datetime)


def _datetime(value: Any) -> float:
    if isinstance(value, dt.time):
        return value.hour * 3600.0 + value.minute * 60.0 + value.second + value.microsecond / 1e6
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            with warnings.catch_warnings():  # pandas warns where it has to guess a date's format
                warnings.simplefilter("ignore")
                value = pd.to_datetime(value, errors="coerce")
    if isinstance(value, dt.datetime) and value == value:
        if value.tzinfo is None:
            return (value.replace(tzinfo=None) - dt.datetime(1970, 1, 1)).total_seconds()
        return value.timestamp()
    if isinstance(value, dt.date) and value == value:
        return (value - dt.date(1970, 1, 1)).days * 86400.0
    return np.nan


def _without_infinities(arrays: list[Floats]) -> list[Floats]:
    """Infinities moved just beyond the finite values, since quantiles and distances need finite ones."""
    if not any(np.isinf(a).any() for a in arrays):
        return arrays
    finite = np.concatenate([a[np.isfinite(a)] for a in arrays])
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    step = (high - low) or 1.0
    return [np.where(np.isposinf(a), high + step, np.where(np.isneginf(a), low - step, a)) for a in arrays]


# The order of rows --------------------------------------------------------------------------------------


def _mix(x: Uints64) -> Uints64:
    # The finaliser of splitmix64 (Steele, Lea & Flood 2014): every bit of the input moves every bit out.
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def hash_rows(values: Floats) -> Uints64:
    """One hash per row, equal where all its values are.

    Args:
        values: Shape (n, p); NaN where missing, which equals itself.

    Returns:
        Hashes, shape (n,).

    Example:
        >>> a, b = hash_rows(np.array([[1.0, np.nan], [1.0, np.nan]]))
        >>> bool(a == b)
        True
    """
    state = np.full(values.shape[0], 0x9E3779B97F4A7C15, np.uint64)  # (n,)
    for j in range(values.shape[1]):
        column = np.where(np.isnan(values[:, j]), np.nan, values[:, j] + 0.0)  # one NaN, one zero
        state = _mix(state ^ _mix(column.view(np.uint64) + np.uint64(j + 1)))
    return state


def _hash_labels(series: pd.Series[Any]) -> Uints64:
    labels, codes = _labels(series)
    table = pd.util.hash_array(np.array([*labels, ""], dtype=object)).astype(np.uint64)
    return table[codes]


def _in_canonical_order(view: TableView, *, named: bool, salt: int) -> TableView:
    """The rows in an order that does not depend on the one they came in; hashes of people become units."""
    people = view.units.view(np.uint64)
    order = np.lexsort((*view.strings.T, people, view.hashes))
    ranked = view.hashes[order]
    start = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    copy = np.arange(ranked.size) - np.repeat(
        start, np.diff(np.r_[start, ranked.size])
    )  # 0, 1, … in equal rows
    shift = np.uint64((salt * 0x9E3779B97F4A7C15) % 2**64)
    order = order[np.argsort(_mix(_mix(ranked + shift) + copy.astype(np.uint64)), kind="stable")]
    units = np.arange(order.size, dtype=np.int64)
    if named:
        units = np.unique(_mix(people[order] + shift), return_inverse=True)[1].astype(np.int64)
    return TableView(
        view.columns,
        np.asfortranarray(view.values[order]),
        units,
        view.hashes[order],
        view.strings[order],
    )
