"""A table in which rules are looked for: what all finders ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from twin.arrays import Bools, Ints
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.schema import Name
from twin.constraints.base import RowWise, Rule, RuleTable
from twin.constraints.units import Family, family
from twin.errors import SchemaError
from twin.randomness import Stream, generator

LOOK = 5_000
"""Rows that a rule must hold in before all others are asked."""


@dataclass(frozen=True)
class Suggestion:
    """A rule that a table seems to keep.

    Args:
        rule: The rule.
        reason: Why it is suggested, in words, without a value that few people share.
    """

    rule: Rule
    reason: str


@dataclass(frozen=True, eq=False)
class CandidateColumn:
    """A column in which rules are looked for.

    Args:
        name: Its name.
        native: The column as arrays.
        family: What it can be compared with.
    """

    name: Name
    native: ColumnArrays
    family: Family

    @cached_property
    def present(self) -> Bools:
        """Where there is a value, shape (n,)."""
        return ~self.native.missing


@dataclass(frozen=True)
class DiscoveryTable:
    """A table in which rules are looked for.

    Args:
        table: The table, n rows.
        k: Fewer rows than this may break a rule that is suggested all the same; no smaller count is told.
        rows: Some rows, to look at first, shape (at most `LOOK`,).
        subject: Column that names the person, or None.
    """

    table: RuleTable
    k: int
    rows: Ints
    subject: Name | None

    @classmethod
    def of(cls, frame: pd.DataFrame, *, k: int, seed: int, subject: Name | None) -> DiscoveryTable:
        """A table with some of its rows, drawn by a seed.

        Args:
            frame: The table.
            k: Fewest subjects that a fact may be about, ≥ 1.
            seed: Seed of every random choice.
            subject: Column that names the person, or None where each row is one.
        """
        n = len(frame)
        rows = np.sort(generator(seed, Stream.RULES).choice(n, size=min(n, LOOK), replace=False))
        return cls(RuleTable(frame), k, rows, subject)

    @cached_property
    def columns(self) -> tuple[CandidateColumn, ...]:
        """Columns that can be read and hold more than one value, without the subject."""
        out = []
        for name in self.table.names:
            if name == self.subject:
                continue
            try:
                native = self.table[name]
            except SchemaError:
                continue  # what no kind of column can learn takes part in no rule
            there = native.values[~native.missing]
            if there.size >= 2 and (there != there[0]).any():
                out.append(CandidateColumn(name, native, family(native, self.table.dtype(name))))
        return tuple(out)

    @cached_property
    def amounts(self) -> tuple[CandidateColumn, ...]:
        """Columns of numbers, dates and lengths of time that are no identifiers."""
        return tuple(c for c in self.columns if c.family in ("number", "datetime", "span") and not _issued(c))

    def exceptions(self, rule: RowWise) -> int | None:
        """How many rows break a rule; None for k or more, where it is not suggested."""
        count = int(rule.broken(self.table).sum())
        return count if count < self.k else None

    def words(self, exceptions: int) -> str:
        """In how many rows a rule holds."""
        return "all rows" if not exceptions else f"all rows but fewer than {self.k}"


def _issued(column: CandidateColumn) -> bool:
    """Whether whole numbers are all different and follow each other: row numbers and the like."""
    values = column.native.values[column.present]
    if column.native.type != "integer" or column.family != "number" or values.size < 100:
        return False
    line = np.unique(values)
    return line.size == values.size and bool(np.mean(np.diff(line) == 1) > 0.5)


def in_order(suggestions: Sequence[Suggestion]) -> tuple[Suggestion, ...]:
    """Suggestions without repeats, as they were found."""
    seen: dict[Rule, Suggestion] = {}
    for suggestion in suggestions:
        seen.setdefault(suggestion.rule, suggestion)
    return tuple(seen.values())
