"""What every rule has, and the tables that rules look at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
import pandas as pd
from pydantic import field_validator, model_validator

from twin.arrays import Array, Bools
from twin.columns.arrays.reading import NOMINAL, ColumnArrays, Table, TableArrays, Type, read
from twin.columns.arrays.restore import restore
from twin.columns.schema import Column, Declared, Name, Schema
from twin.errors import InputError, no_column

_DIGITS = re.compile(r"decimal\d+\((\d+), (-?\d+)\)")
MARK = "⟂"
"""With this the names of auxiliary columns begin."""


class Rule(Declared):
    """What holds in every row, or in the table as a whole. Printed, it says so in words."""

    kind: str

    @property
    def members(self) -> tuple[Name, ...]:
        """Columns that it speaks of."""
        raise NotImplementedError

    def error(self, what: str) -> InputError:
        """An error about this rule."""
        return InputError(f"rule {str(self)!r}: {what}")

    def check(self, table: RuleTable) -> None:
        """Refuse columns that it cannot be about.

        Raises:
            InputError: If one is not there, or of another kind.
        """
        for name in self.members:
            if name not in table.names:
                raise no_column(f"rule {str(self)!r}", name, table.names)


class ColumnsRule(Rule):
    """A rule on several columns alike.

    Args:
        columns: The columns, each once.
    """

    _fewest: ClassVar[int] = 2
    columns: tuple[Name, ...]

    @field_validator("columns", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        return listed(value, "columns")

    @model_validator(mode="after")
    def _several(self) -> Self:
        if len(self.columns) < self._fewest or len(set(self.columns)) < len(self.columns):
            what = "one column" if self._fewest == 1 else "two columns"
            raise ValueError(f"columns must name at least {what}, each once")
        return self

    @property
    def members(self) -> tuple[Name, ...]:
        """The columns."""
        return self.columns


@runtime_checkable
class RowWise(Protocol):
    """A rule that each row keeps or breaks by itself."""

    def broken(self, table: RuleTable) -> Bools:
        """Rows that break it, shape (n,)."""
        ...


@runtime_checkable
class Adds(Protocol):
    """A rule whose construction learns a column of its own."""

    @property
    def auxiliary(self) -> str:
        """Name of that column; two rules on the same columns share it."""
        ...

    def extend(self, table: RuleTable) -> pd.Series[Any]:
        """Its values, from the columns of a table."""
        ...

    def declare(self, schema: Schema) -> Column:
        """Its declaration."""
        ...


class RuleTable:
    """A table that rules look at and write to.

    Args:
        table: The table, n rows; it is not changed.
        schema: Declarations that say its dtypes, or None to read them from the cells.
    """

    def __init__(self, table: Table, schema: Schema | None = None) -> None:
        self._read = TableArrays.of(table)
        self._declared = {} if schema is None else {column.name: column for column in schema}
        self._written: dict[Name, ColumnArrays] = {}
        self._blank: dict[Name, ColumnArrays] = {}

    def __len__(self) -> int:
        return len(self._read)

    def __getitem__(self, name: Name) -> ColumnArrays:
        if name in self._written:
            return self._written[name]
        column = self._read[name]
        if column.empty and name in self._declared:
            if name not in self._blank:
                self._blank[name] = blank(self.dtype(name), len(self))
            return self._blank[name]
        return column

    @property
    def names(self) -> tuple[Name, ...]:
        """Names of the columns."""
        return self._read.names

    @property
    def plain(self) -> tuple[Name, ...]:
        """Names of the columns that are not auxiliary."""
        return tuple(name for name in self.names if not is_auxiliary(name))

    def dtype(self, name: Name) -> str:
        """Token of a column's dtype."""
        declared = self._declared[name].dtype if name in self._declared else ""
        return declared or self._read.dtype(name)

    def series(self, name: Name) -> pd.Series[Any]:
        """A column as it now is."""
        if name not in self._written:
            return self._read.frame[name]
        return restore(self._written[name], self.dtype(name), name).set_axis(self._read.frame.index)

    def write(self, name: Name, column: ColumnArrays) -> None:
        """Put other values in the place of a column's.

        Args:
            name: The column.
            column: Its values, n rows.
        """
        self._written[name] = column

    def frame(self) -> pd.DataFrame:
        """The table with what was written."""
        if not self._written:
            return self._read.frame
        out = self._read.frame.copy(deep=False)
        for name in self._written:
            out.isetitem(self.names.index(name), self.series(name).array)
        return out


def outline(schema: Schema) -> RuleTable:
    """A table without rows, of the columns and dtypes of a schema."""
    columns: dict[Name, pd.Series[Any]] = {name: pd.Series([], dtype=object) for name in schema.names}
    return RuleTable(pd.DataFrame(columns), schema)


def listed(value: object, argument: str) -> object:
    """Names of columns as a tuple.

    Args:
        value: What was given.
        argument: Name of the argument, for the error.

    Raises:
        ValueError: If they are no list.

    Example:
        >>> listed(["a", "b"], "columns")
        ('a', 'b')
    """
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise ValueError(f"{argument} must be a list of names of columns")
    return tuple(value)


def is_auxiliary(name: object) -> bool:
    """Whether a column was added for a rule.

    Example:
        >>> is_auxiliary("⟂ gap a…b"), is_auxiliary("a")
        (True, False)
    """
    return isinstance(name, str) and name.startswith(MARK)


_BLANKS: dict[str, tuple[Type, str]] = {
    "object/str": ("string", ""),
    "object/mixed": ("mixed", ""),
    "object": ("mixed", ""),
    "category": ("mixed", ""),
    "category+ordered": ("mixed", ""),
    "number": ("real", ""),
    "object/bool": ("boolean", ""),
    "object/int": ("integer", ""),
    "object/float": ("real", ""),
    "object/decimal": ("decimal", ""),
    "object/datetime": ("datetime", "us"),
    "object/date": ("datetime", "D"),
    "object/time": ("integer", ""),
    "object/timedelta": ("integer", ""),
}
"""Type and unit of what columns of objects hold, which an empty one does not tell."""


def blank(dtype: str, n: int) -> ColumnArrays:
    """A column of n missing cells, of the type that its dtype tells.

    Args:
        dtype: Name of the dtype.
        n: Number of rows, ≥ 0.

    Example:
        >>> blank("object/date", 2).type
        'datetime'
    """
    missing = np.ones(n, dtype=bool)
    unit = "D" if dtype.startswith("date32") else "s"
    none = ColumnArrays(type="integer", values=np.zeros(0, np.int64), missing=missing[:0], unit=unit)
    type_, unit = _BLANKS.get(dtype, ("mixed", ""))
    if dtype not in _BLANKS:
        told = read(restore(none, dtype, None))
        type_, unit = told.type, told.unit
    levels = (False, True) if type_ == "boolean" else ()
    values = np.zeros(n, np.float64 if type_ == "real" else np.int64)
    values = np.full(n, -1) if type_ in NOMINAL else values
    return ColumnArrays(type=type_, values=values, missing=missing, levels=levels, unit=unit)


def fitting(values: Array, native: ColumnArrays, dtype: str) -> Bools:
    """Which values a dtype can hold, shape (m,).

    Args:
        values: As `native.values` has them, shape (m,).
        native: The column.
        dtype: Its token.

    Example:
        >>> fitting(np.array([127, 128]), read(pd.Series([1], dtype="int8")), "int8").tolist()
        [True, False]
    """
    name = dtype.removeprefix("sparse/").removesuffix("[pyarrow]").lower()
    if match := _DIGITS.fullmatch(name):
        digits, scale = map(int, match.groups())
        return np.asarray(np.abs(values) < 10 ** min(18, digits - scale + native.scale))
    if not name.startswith(("int", "uint")):
        return np.ones(values.shape, dtype=bool)
    limits = np.iinfo(name)
    return np.asarray((values >= limits.min) & (values <= limits.max))
