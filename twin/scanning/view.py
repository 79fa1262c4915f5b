"""A table as a scan reads it: each column as codes, and how many persons hold each of its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from twin.arrays import Array, Bools, Floats, Ints
from twin.columns.arrays.reading import ColumnArrays, TableArrays
from twin.columns.schema import Column, Datetime, DirectIdentifier, Name
from twin.metrics.score import short
from twin.privacy.suppression.guard import count_subjects, in_range
from twin.scanning import words

_EXAMPLES = 5
_NEVER_LEARNED = ("key", "direct_identifier", "text")


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """One column.

    Args:
        declared: What the schema says of it.
        native: Its arrays.
        codes: Place of each row's value among the distinct ones, shape (n,), -1 where missing.
        values: The distinct values that occur, ascending, shape (m,); places in `native.levels` where the
            column is nominal.
        held: Persons that hold each, shape (m,).
        rows: Rows that hold each, shape (m,).
        dominant: Whether one person has more than half of these rows, shape (m,).
    """

    declared: Column
    native: ColumnArrays
    codes: Ints
    values: Array
    held: Ints
    rows: Ints
    dominant: Bools

    @property
    def name(self) -> str:
        """Its name as text."""
        return str(self.declared.name)

    @property
    def identity(self) -> DirectIdentifier | None:
        """What it is declared to identify, where it is a direct identifier."""
        return self.declared if isinstance(self.declared, DirectIdentifier) else None

    @property
    def present(self) -> int:
        """Rows with a value."""
        return int(self.rows.sum())

    @property
    def learned(self) -> bool:
        """Whether its values are learned at all: keys, identities and text are not."""
        return self.declared.kind not in _NEVER_LEARNED

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers (flags and levels are not)."""
        return self.native.type in ("integer", "real", "decimal")

    @property
    def numbers(self) -> Floats:
        """The distinct values of a numeric column as real numbers, shape (m,)."""
        return self.values.astype(np.float64) / 10.0**self.native.scale

    @property
    def levels(self) -> list[Any]:
        """The distinct values of a nominal column."""
        return [self.native.levels[place] for place in self.values.tolist()]

    @property
    def texts(self) -> bool:
        """Whether its values are text."""
        return self.native.type == "string"

    def rare(self, k: int) -> Bools:
        """Which values are held by fewer than k persons or mostly by one (rules S1, S10), shape (m,)."""
        return (self.held < k) | self.dominant

    def shown(self, place: int) -> str:
        """A value in words. For scans that show values, nothing else."""
        value = self.values[place]
        if self.native.nominal:
            return short(str(self.native.levels[int(value)]))
        if self.native.type == "datetime":
            return str(np.datetime64(int(value), self.native.unit))  # type: ignore[call-overload]
        if self.native.type == "decimal":
            return f"{int(value) / 10**self.native.scale:.{self.native.scale}f}"
        return f"{value:,}" if self.native.type == "integer" else f"{value:.10g}"


@dataclass(frozen=True, kw_only=True)
class ScanView:
    """A table.

    Args:
        columns: The columns that can be learned, in order.
        table: The table of these columns, in the same order.
        subject: Column that names the person, or None.
        subjects: Dense ids of the persons, shape (n,), or None where each row is one.
        persons: Number of persons.
        n: Number of rows.
        k: Fewer persons than this make a small group.
        show: Whether values may be shown.
        left_out: Columns of no kind, and why.
    """

    columns: tuple[Scanned, ...]
    table: TableArrays
    subject: Name | None
    subjects: Ints | None
    persons: int
    n: int
    k: int
    show: bool
    left_out: tuple[tuple[str, str], ...] = ()

    def people(self, rows: Bools) -> int:
        """Persons with a row in the mask, shape (n,)."""
        if self.subjects is None:
            return int(np.count_nonzero(rows))
        return int(np.count_nonzero(np.bincount(self.subjects[rows], minlength=1)))

    def share(self, count: float, total: float | None = None) -> str:
        """A share of the persons (or of another total), rounded.

        Args:
            count: How many.
            total: Of how many, or None for all rows.
        """
        return words.share(count, self.persons if total is None else total, self.k)

    def rows_share(self, rows: float) -> str:
        """A share of the rows, rounded."""
        return words.share(rows, self.n, self.k)

    def range(self, count: int) -> str:
        """A count as a range."""
        return in_range(count, self.k)

    def told(self, count: int) -> str:
        """A number of persons as a range, in words."""
        return words.persons(count, self.k)

    def small(self, count: int) -> bool:
        """Whether some, but fewer than k, are meant."""
        return 0 < count < self.k

    def examples(self, column: Scanned, places: Array) -> tuple[str, ...]:
        """Some values of a column, where they may be shown.

        Args:
            column: The column.
            places: Positions of values.
        """
        if not self.show:
            return ()
        return tuple(column.shown(int(place)) for place in places[:_EXAMPLES])


def viewed(native: ColumnArrays, declared: Column, subjects: Ints | None) -> Scanned:
    """One column, counted.

    Args:
        native: The column, n rows.
        declared: Its declaration.
        subjects: Dense ids of the persons, shape (n,), or None where each row is one.
    """
    if isinstance(declared, Datetime) and declared.format is not None and native.type == "string":
        native = _dated(native, declared.format)
    there = ~native.missing
    if native.nominal:
        used = np.flatnonzero(np.bincount(native.values[there], minlength=len(native.levels)))
        place = np.full(len(native.levels) + 1, -1, np.int64)  # the last entry serves code -1
        place[used] = np.arange(used.size)
        codes, values = place[native.values], used
    else:
        codes = np.full(there.shape, -1, np.int64)
        values, codes[there] = np.unique(native.values[there], return_inverse=True)
    held, rows, most = count_subjects(codes, values.size, subjects)
    dominant = 2 * most > rows
    if subjects is None:
        dominant = np.zeros(values.shape, dtype=bool)  # one row each: no person has several
    return Scanned(
        declared=declared, native=native, codes=codes, values=values, held=held, rows=rows, dominant=dominant
    )


def _dated(native: ColumnArrays, format_: str) -> ColumnArrays:
    """Text that reads as dates, as dates; days and seconds do for a scan."""
    levels = pd.Series(list(native.levels), dtype=object)
    stamps = pd.to_datetime(levels, format=format_, errors="coerce").to_numpy("datetime64[s]")
    unit: Literal["s", "D"] = "s" if "%H" in format_ else "D"
    ticks = np.append(stamps.astype(f"datetime64[{unit}]").astype(np.int64), 0)  # the last serves code -1
    missing = native.missing | np.append(np.isnat(stamps), True)[native.values]
    return ColumnArrays(
        type="datetime", values=np.where(missing, 0, ticks[native.values]), missing=missing, unit=unit
    )
