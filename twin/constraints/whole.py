"""Rules on a table as a whole: no two rows alike, and values that only rise within a person."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pydantic import model_validator

from twin.arrays import Array, Bools, Ints, Uints64
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.schema import Name
from twin.constraints.base import ColumnsRule, Rule, RuleTable
from twin.constraints.fixed_combinations import labelled
from twin.constraints.units import family


class Unique(ColumnsRule):
    """No two rows of a sample have the same values in some columns. Rows where one is missing keep it.

    Args:
        columns: One column or more.

    Example:
        >>> print(Unique(columns=["flight", "day"]))
        no two rows alike in flight, day
    """

    kind: Literal["unique"] = "unique"
    _fewest: ClassVar[int] = 1

    def repeated(self, table: RuleTable) -> Bools:
        """Rows that are like another one, shape (n,)."""
        hashes, missing = _hashes(table, self.columns)
        return pd.Series(hashes).duplicated(keep=False).to_numpy() & ~missing

    def __str__(self) -> str:
        return f"no two rows alike in {', '.join(map(str, self.columns))}"


class Seen:
    """Remembers the rows of a sample block by block, as hashes, and tells which come again.

    Args:
        rules: What must be unique.

    Example:
        >>> seen = Seen((Unique(columns=["a"]),))
        >>> seen.add(pd.DataFrame({"a": [1, 2]}))
        >>> seen.repeats(pd.DataFrame({"a": [2, 3, 3]})).tolist()
        [True, False, True]
    """

    def __init__(self, rules: tuple[Unique, ...]) -> None:
        self._rules = rules
        self._hashes: list[set[int]] = [set() for _ in rules]

    @property
    def asked(self) -> tuple[Unique, ...]:
        """What must be unique."""
        return self._rules

    def repeats(self, frame: pd.DataFrame) -> Bools:
        """Rows that are like one remembered, or like one before them in the table, shape (n,)."""
        table, out = RuleTable(frame), np.zeros(len(frame), dtype=bool)
        for rule, known in zip(self._rules, self._hashes, strict=True):
            hashes, missing = _hashes(table, rule.columns)
            first = pd.Series(hashes).duplicated().to_numpy()
            there = np.fromiter((value in known for value in hashes.tolist()), bool, hashes.size)
            out |= (first | there) & ~missing
        return out

    def add(self, frame: pd.DataFrame) -> None:
        """Remember the rows of a table."""
        table = RuleTable(frame)
        for rule, known in zip(self._rules, self._hashes, strict=True):
            hashes, missing = _hashes(table, rule.columns)
            known.update(hashes[~missing].tolist())


def _hashes(table: RuleTable, columns: tuple[Name, ...]) -> tuple[Uints64, Bools]:
    """A 64-bit hash of each row, and where a cell is missing, shape (n,) each."""
    natives = [table[name] for name in columns]
    texts, codes = labelled(natives)
    values = pd.util.hash_array(np.array(texts, dtype=object)) if texts else np.zeros(0, np.uint64)
    missing = np.asarray(np.stack([native.missing for native in natives], axis=1).any(axis=1))
    return values[codes], missing


class Monotone(Rule):
    """A column only rises, or only falls, within each person. Rows where a cell is missing keep it.

    Args:
        column: The column that rises.
        by: The column along which it does, such as a date.
        within: The column that names the person.
        rising: Whether it rises; else it falls.

    Example:
        >>> print(Monotone(column="age", by="visited", within="person"))
        age never falls along visited within each person
    """

    kind: Literal["monotone"] = "monotone"
    column: Name
    by: Name
    within: Name
    rising: bool = True

    @model_validator(mode="after")
    def _three(self) -> Self:
        if len({self.column, self.by, self.within}) < 3:
            raise ValueError("column, by and within must be three columns")
        return self

    @property
    def _word(self) -> str:
        return "falls" if self.rising else "rises"

    def __str__(self) -> str:
        return f"{self.column} never {self._word} along {self.by} within each {self.within}"

    @property
    def members(self) -> tuple[Name, ...]:
        """The three columns."""
        return self.column, self.by, self.within

    def check(self, table: RuleTable) -> None:
        """Refuse columns without an order."""
        super().check(table)
        for name in (self.column, self.by):
            native = table[name]
            if native.nominal and not native.ordered and family(native, table.dtype(name)) != "unknown":
                raise self.error(f"column {name!r} has no order; convert it to numbers or dates")

    def falls(self, table: RuleTable) -> Bools:
        """Rows that lie below the one before them in the person's order, shape (n,)."""
        rows, person, along, value = self._read(table)
        order = np.lexsort((value, along, person))
        drop = (np.diff(person[order]) == 0) & (np.diff(value[order]) < 0)
        out = np.zeros(len(table), dtype=bool)
        out[rows[order][1:][drop]] = True
        return out

    def _read(self, table: RuleTable) -> tuple[Ints, Array, Array, Array]:
        """Rows without a missing cell: their places, and ranks of person, `by` and column."""
        natives = [table[name] for name in (self.within, self.by, self.column)]
        rows = np.flatnonzero(~np.stack([native.missing for native in natives], axis=1).any(axis=1))
        person, along, value = (native.values[rows] for native in natives)
        return rows, person, along, value if self.rising else -value

    def sorted_within(self, table: RuleTable) -> None:
        """Exchange values within each person, so that they rise; what values there are stays the same."""
        rows, person, along, value = self._read(table)
        to, source = np.lexsort((along, person)), np.lexsort((value, person))
        native: ColumnArrays = table[self.column]
        values = native.values.copy()
        values[rows[to]] = native.values[rows[source]]
        table.write(self.column, replace(native, values=values))
