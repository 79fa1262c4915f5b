"""What a canary does to a sample, and when it is more than chance.

A detector counts in each block of a sample, and judges the sums. All are frozen; the sums are kept outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd

from twin.arrays import Array, Bools, Floats, Ints
from twin.canaries.search import Finder
from twin.columns.arrays.reading import ColumnArrays, TableArrays
from twin.columns.schema import Datetime, Name, Schema

_LEVEL = 1e-4
"""Chance of calling one canary found that is emitted no more often than by chance."""
NEAR = 5
"""Grid points on either side that a number is compared with."""
_ROUNDING = 1e-9


def values_of(arrays: ColumnArrays, format_: str | None) -> Array:
    """Numbers, or ticks of dates, that are there, shape (m,); none where the column holds others.

    Args:
        arrays: The column.
        format_: How its texts write dates, or None where they are no dates.
    """
    if format_ is not None and arrays.type == "string":
        return _ticks(arrays, format_)
    if arrays.nominal:
        return np.empty(0)
    values = arrays.values[~arrays.missing]
    return np.asarray(values / 10.0**arrays.scale if arrays.type == "decimal" else values)


def _ticks(arrays: ColumnArrays, format_: str) -> Array:
    dates = pd.to_datetime(pd.Series(list(arrays.levels), dtype=object), format=format_, errors="coerce")
    seconds = dates.to_numpy().astype("datetime64[s]")[arrays.values[arrays.values >= 0]]
    return np.asarray(seconds[~np.isnat(seconds)].astype(np.int64))


@dataclass(frozen=True)
class CellBlock:
    """Some rows of a sample, each column read at most once.

    Args:
        table: The rows.
        schema: Kinds of the columns.
    """

    table: TableArrays
    schema: Schema
    _values: dict[Name, Array] = field(default_factory=dict, repr=False)
    _texts: dict[Name, list[str]] = field(default_factory=dict, repr=False)

    def values(self, column: Name) -> Array:
        """As `values_of`."""
        if column not in self._values:
            declared = self.schema[column]
            format_ = declared.format if isinstance(declared, Datetime) else None
            self._values[column] = values_of(self.table[column], format_)
        return self._values[column]

    def texts(self, column: Name) -> list[str]:
        """Distinct texts of a column; none where it holds no text."""
        if column not in self._texts:
            self._texts[column] = texts_of(self.table.frame[column])
        return self._texts[column]


def texts_of(series: pd.Series[Any]) -> list[str]:
    """Distinct texts of a column; none where it holds no text."""
    kind = series.dtype
    if isinstance(kind, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(kind):
        return [value for value in series.dropna().unique().tolist() if isinstance(value, str)]
    return []


class Detector(Protocol):
    """Tells whether a canary came out in a sample."""

    def tally(self, block: CellBlock) -> Ints:
        """Counts in some rows, of a fixed shape; those of several blocks add up."""
        ...

    def found(self, total: Ints) -> bool:
        """Whether the counts are more than chance."""
        ...


@dataclass(frozen=True)
class Missing:
    """A missing cell, where none was."""

    column: Name

    def tally(self, block: CellBlock) -> Ints:
        """Missing cells, shape (1,)."""
        return np.array([block.table.frame[self.column].isna().sum()])

    def found(self, total: Ints) -> bool:
        """If there is one."""
        return bool(total[0] > 0)


@dataclass(frozen=True)
class Beyond:
    """A number or date beyond all that the others hold."""

    column: Name
    low: float = -np.inf
    high: float = np.inf

    def tally(self, block: CellBlock) -> Ints:
        """Values beyond, shape (1,)."""
        values = block.values(self.column)
        low, high = self.low, self.high
        if values.dtype.kind == "f":
            values = values[np.isfinite(values)]
            low, high = low - _ROUNDING * abs(low), high + _ROUNDING * abs(high)
        return np.array([np.count_nonzero((values < low) | (values > high))])

    def found(self, total: Ints) -> bool:
        """If there is one."""
        return bool(total[0] > 0)


@dataclass(frozen=True)
class OffGrid:
    """A number or date finer than all that the others hold; `step` is the grid of the others."""

    column: Name
    step: float
    rounding: float = 1e-12

    def tally(self, block: CellBlock) -> Ints:
        """Values off the grid, shape (1,)."""
        values = block.values(self.column)
        if values.dtype.kind in "iu":
            return np.array([np.count_nonzero(values % int(self.step))])
        return np.array([np.count_nonzero(off_grid(values, self.step, self.rounding))])

    def found(self, total: Ints) -> bool:
        """If there is one."""
        return bool(total[0] > 0)


def off_grid(values: Floats, step: float, rounding: float) -> Bools:
    """Which reals are no multiples of a step, beyond their rounding error.

    Args:
        values: The numbers, shape (m,).
        step: The grid.
        rounding: Relative rounding error of the dtype.

    Example:
        >>> off_grid(np.array([1.25, 1.2503]), 0.01, 1e-12).tolist()
        [False, True]
    """
    scaled = values[np.isfinite(values)] / step
    return np.asarray(np.abs(scaled - np.rint(scaled)) > rounding * np.abs(scaled) + 1e-6)


@dataclass(frozen=True)
class Peak:
    """An exact number that may come out of its cell by chance, as often as its neighbours on the grid do."""

    column: Name
    value: float
    step: float

    def tally(self, block: CellBlock) -> Ints:
        """Rows at each of the grid points around, shape (2 · NEAR + 1,)."""
        values = block.values(self.column).astype(np.float64)
        steps = (values[np.isfinite(values)] - self.value) / self.step
        near = np.rint(steps[np.abs(steps) <= NEAR + 0.4]).astype(np.int64)
        return np.bincount(near + NEAR, minlength=2 * NEAR + 1)

    def found(self, total: Ints) -> bool:
        """If it is more frequent than its most frequent neighbour, by an exact binomial test."""
        here, there = int(total[NEAR]), int(np.delete(total, NEAR).max())
        return _exceeds(here, here + there, 0.5)


@dataclass(frozen=True)
class Reissued:
    """An identifier that may be drawn by chance, `share` of the time."""

    column: Name
    value: str
    share: float

    def tally(self, block: CellBlock) -> Ints:
        """Rows, and those that hold it, shape (2,)."""
        column = block.table.frame[self.column]
        same = column == self.value if block.texts(self.column) else column.astype(str) == self.value
        return np.array([len(column), int(same.sum())])

    def found(self, total: Ints) -> bool:
        """If it comes out more often than drawn by lot."""
        return _exceeds(int(total[1]), int(total[0]), self.share)


@dataclass(frozen=True)
class Longer:
    """A text longer than all that the others hold."""

    column: Name
    length: int

    def tally(self, block: CellBlock) -> Ints:
        """Distinct texts of that length or more, shape (1,)."""
        return np.array([sum(len(text) >= self.length for text in block.texts(self.column))])

    def found(self, total: Ints) -> bool:
        """If there is one."""
        return bool(total[0] > 0)


@dataclass(frozen=True)
class Together:
    """Values that are common, and together held by too few: found if emitted more often than by chance."""

    cells: Mapping[Name, Any]

    def tally(self, block: CellBlock) -> Ints:
        """Rows, rows that hold all the values, and rows that hold each, shape (2 + columns,)."""
        each = [(block.table.frame[c] == v).fillna(False).to_numpy(bool) for c, v in self.cells.items()]
        every = np.logical_and.reduce(each)
        return np.array([len(every), every.sum(), *(e.sum() for e in each)])

    def found(self, total: Ints) -> bool:
        """If they meet more often than if the columns were independent, by an exact binomial test."""
        rows, every, *each = total.tolist()
        return _exceeds(every, rows, float(np.prod(np.array(each) / max(rows, 1))))


def _exceeds(hits: int, rows: int, share: float) -> bool:
    """Whether so many hits are too many for chance: exact binomial upper tail below `_LEVEL`."""
    from scipy.stats import binom

    return hits > 0 and float(binom.sf(hits - 1, rows, min(share, 1.0))) < _LEVEL


def search_samples(
    blocks: Iterable[pd.DataFrame],
    schema: Schema,
    detectors: Sequence[Sequence[Detector]],
    finder: Finder,
    by_chance: set[int],
) -> set[int]:
    """Positions of the canaries that come out in a sample.

    Args:
        blocks: Tables that follow each other.
        schema: Kinds of their columns.
        detectors: What to count for each canary.
        finder: Finds the spellings of canaries in any column.
        by_chance: Canaries whose spelling may come out by chance, which only their detectors judge.

    Returns:
        Positions of the canaries that were found.
    """
    found: set[int] = set()
    totals: dict[tuple[int, int], Ints] = {}
    for frame in blocks:
        block = CellBlock(TableArrays(frame), schema)
        for i, own in enumerate(detectors):
            for j, detector in enumerate(own):
                totals[i, j] = totals.get((i, j), np.int64(0)) + detector.tally(block)
        for column in frame.columns:
            texts = block.texts(column)
            hits = finder.text("\n".join(texts)) if texts else finder.array(block.values(column))
            found |= hits - by_chance
    return found | {i for (i, j), total in totals.items() if detectors[i][j].found(total)}
