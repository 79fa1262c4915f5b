"""Columns of which exactly one is on: learned as which one it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from twin.arrays import Bools, Ints
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.schema import Category, Column, Name, Schema
from twin.constraints.base import MARK, ColumnsRule, RuleTable
from twin.constraints.units import family


class OneHot(ColumnsRule):
    """Exactly one of several flags is true, or of several numbers 1 where all others are 0.

    A row where one of them is missing keeps it.

    Args:
        columns: Two columns or more of flags, or of numbers 0 and 1.

    Example:
        >>> print(OneHot(columns=["owns", "rents"]))
        exactly one of owns, rents
    """

    kind: Literal["one_hot"] = "one_hot"

    def __str__(self) -> str:
        return f"exactly one of {', '.join(map(str, self.columns))}"

    @property
    def pivots(self) -> tuple[Name, ...]:
        """All columns are computed from which one it is."""
        return self.columns

    @property
    def auxiliary(self) -> str:
        """Name of the column that says which one it is."""
        return f"{MARK} which of {', '.join(map(str, self.columns))}"

    @property
    def levels(self) -> tuple[str, ...]:
        """What that column says: names of the columns as text."""
        return tuple(map(str, self.columns))

    def check(self, table: RuleTable) -> None:
        """Refuse columns that are neither flags nor numbers."""
        super().check(table)
        for name in self.columns:
            flag = table[name].type == "boolean"
            if not flag and family(table[name], table.dtype(name)) not in ("number", "unknown"):
                raise self.error(
                    f"column {name!r} holds neither flags nor numbers 0 and 1; convert it, "
                    "or leave the rule out"
                )

    def broken(self, table: RuleTable) -> Bools:
        """Rows where none or several are on, or a number is neither 0 nor 1, shape (n,)."""
        on, odd, missing = self._read(table)
        wrong: Bools = ((on.sum(axis=1) != 1) | odd.any(axis=1)) & ~missing.any(axis=1)
        return wrong

    def _read(self, table: RuleTable) -> tuple[Bools, Bools, Bools]:
        """Which cells are on, neither on nor off, and missing, shape (n, columns) each."""
        natives = [table[name] for name in self.columns]
        ones = [native.values == _one(native) for native in natives]
        zeros = [native.values == 0 for native in natives]
        missing = np.stack([native.missing for native in natives], axis=1)
        on, off = np.stack(ones, axis=1), np.stack(zeros, axis=1)
        return on & ~missing, ~on & ~off & ~missing, missing

    def extend(self, table: RuleTable) -> pd.Series[Any]:
        """Which one it is, missing where the rule does not say."""
        on, odd, missing = self._read(table)
        clear = (on.sum(axis=1) == 1) & ~odd.any(axis=1) & ~missing.any(axis=1)
        which = np.array([*self.levels, None], dtype=object)[
            np.where(clear, on.argmax(axis=1), len(self.columns))
        ]
        return pd.Series(which, dtype=object)

    def declare(self, schema: Schema) -> Column:
        """Which one it is, as a category whose levels are public: they are names of columns."""
        return Category(
            name=self.auxiliary, dtype="object/str", levels=self.levels, reason=f"the rule {self}"
        )

    def repair(self, table: RuleTable, rows: Bools, free: frozenset[Name]) -> None:
        """Turn on the one that was drawn, and the others off; what is on and fixed stays on.

        Args:
            table: The table, which is changed in place where a rule computes a column.
            rows: Which rows are changed, shape (n,).
            free: Columns that may be changed.
        """
        which = table[self.auxiliary]
        on, _, missing = self._read(table)
        places = np.array([self.levels.index(str(level)) for level in which.levels] + [-1])
        drawn: Ints = places[np.where(which.missing, len(which.levels), which.values)]
        bound = [place for place, name in enumerate(self.columns) if name not in free]
        for place in bound:
            drawn = np.where(on[:, place], place, drawn)
        rows = rows & (drawn >= 0) & ~missing.any(axis=1)
        for place, name in enumerate(self.columns):
            if name in free:
                native = table[name]
                put = np.where(drawn == place, _one(native), 0).astype(native.values.dtype)
                table.write(name, replace(native, values=np.where(rows, put, native.values)))


def _one(native: ColumnArrays) -> int:
    """A 1, as the column's arrays hold it."""
    return int(10**native.scale)
