"""Nearest rows: which rows of a table lie closest to people, in all columns or in some of them.

Distances are city-block: a number or datetime counts by the share of real people it passes, a level counts 1
where it differs (Gower 1971, Biometrics 27, 857–871, ranks in place of ranges). They are summed in whole
numbers of 16 bits, tile by tile, so that ties are exact and columns can be taken away again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.arrays import Floats, Ints
from twin.attacks.data import AttackData, joined
from twin.metrics.learner import few_enough
from twin.metrics.table_view import TableView
from twin.randomness import Stream

Gaps = NDArray[np.uint16]

_MOST_ROWS = 100_000
_PEOPLE = 64  # a tile of people × rows and its temporaries stay in the cache
_ROWS = 4_096
_BINS = 128  # rows of a tile are searched in so many bins; the nearest ones' bins are searched again
_LARGEST = 65_535
_FINEST = 16_384


@dataclass(frozen=True)
class Points:
    """A table's rows, column by column.

    Args:
        step: What a differing level adds to a gap, ≥ 1.
        ranks: Share of real people below, of each number and datetime, shape (q, n).
        steps: The same in whole numbers, 0 … step, shape (q, n).
        codes: Levels, and whether a number is missing, shape (s, n).
        ranked: The column of each row of `ranks`, shape (q,).
        coded: The column of each row of `codes`, shape (s,).
    """

    step: int
    ranks: Floats
    steps: NDArray[np.int16]
    codes: NDArray[np.uint16]
    ranked: tuple[int, ...]
    coded: tuple[int, ...]

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.ranks.shape[1])


@dataclass(frozen=True)
class PointSpace:
    """What distances are measured by: the sorted values of real people in each column that has an order.

    Args:
        real: Per column, its known values, sorted; None where it is nominal.
        coded: Columns where levels count: nominal ones, and those where real people have missing values.
    """

    real: tuple[Floats | None, ...]
    coded: tuple[int, ...]

    def points(self, view: TableView) -> Points:
        """A view as points; views that were read together can be compared.

        Args:
            view: With the columns that the space was made from.
        """
        ranks: list[Floats] = []
        codes: list[Floats] = []
        for j, real in enumerate(self.real):
            x = view.values[:, j]
            gone = np.isnan(x)
            if j in self.coded:
                codes.append(np.where(gone, _LARGEST, x % _LARGEST if real is None else 0.0))
            if real is not None:
                rank = np.searchsorted(real, x, "left") + np.searchsorted(real, x, "right")
                ranks.append(np.where(gone, 0.5, rank / (2 * max(real.size, 1))))
        ordered = tuple(j for j, real in enumerate(self.real) if real is not None)
        step = max(1, min(_FINEST, _LARGEST // (len(self.coded) + len(ordered))))
        stacked = np.array(ranks, np.float64).reshape(len(ordered), view.n)  # (q, n)
        return Points(
            step,
            stacked,
            np.rint(stacked * step).astype(np.int16),
            np.array(codes).reshape(len(self.coded), view.n).astype(np.uint16),
            ordered,
            self.coded,
        )


def space_of(*views: TableView) -> PointSpace:
    """The space in which numbers are ranked among the rows of these views.

    Args:
        views: Real people; both sides of an attack, so that neither is favoured.
    """
    real: list[Floats | None] = []
    coded = []
    for j, column in enumerate(views[0].columns):
        x = np.concatenate([view.values[:, j] for view in views])
        gone = np.isnan(x)
        real.append(None if column.nominal else np.sort(x[~gone]))
        if column.nominal or gone.any():
            coded.append(j)
    return PointSpace(tuple(real), tuple(coded))


def targets(data: AttackData) -> TableView:
    """One row each of the people attacked: first those learned from, then as many others."""
    return joined(data.train.rows(data.train_targets), data.holdout.rows(data.holdout_targets))


def shuffled(data: AttackData, table: TableView) -> TableView:
    """The rows of a table in random order, so that the first of equally near rows is a random one.

    Args:
        data: Seeds the order.
        table: Of any size; beyond 100,000 rows (fewer where there are many columns) a sample is kept.
    """
    most = few_enough(_MOST_ROWS, len(table.columns))
    return table.rows(data.rng(Stream.ATTACK_POINTS).permutation(table.n)[:most])


def gaps(people: Points, rows: Points, columns: Collection[int], *, person: slice, row: slice) -> Gaps:
    """Distances over some columns in steps, shape (people, rows).

    Args:
        people: The people.
        rows: The table's rows.
        columns: Positions of the columns that count.
        person: Which people.
        row: Which rows.
    """
    shape = people.ranks[:0, person].shape[1], rows.ranks[:0, row].shape[1]
    total = np.zeros(shape, np.uint16)
    for f in (f for f, j in enumerate(people.ranked) if j in columns):
        gap = people.steps[f, person, None] - rows.steps[f, None, row]
        np.abs(gap, out=gap)
        total += gap.view(np.uint16)
    fields = [f for f, j in enumerate(people.coded) if j in columns]
    differ = np.zeros(shape, np.uint8 if len(fields) < 256 else np.uint16)
    for f in fields:
        differ += (people.codes[f, person, None] != rows.codes[f, None, row]).view(np.uint8)
    total += np.multiply(differ, np.uint16(people.step), dtype=np.uint16)
    return total


def tiles(n: int, size: int) -> Iterator[slice]:
    """Ranges that cover 0 … n - 1.

    Args:
        n: Number of rows, ≥ 0.
        size: Rows of a tile, ≥ 1.
    """
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def person_tiles(people: Points) -> Iterator[slice]:
    """Ranges of people that are looked at together."""
    return tiles(people.n, _PEOPLE)


def row_tiles(rows: Points) -> Iterator[slice]:
    """Ranges of rows that are looked at together."""
    return tiles(rows.n, _ROWS)


def nearest(
    people: Points, rows: Points, k: int, *, without: Sequence[int | None] = (None,)
) -> list[tuple[Floats, Ints]]:
    """The k nearest rows of each person, in all columns but one.

    Args:
        people: t people.
        rows: n rows in random order, n ≥ 1; of equally near ones any may be chosen.
        k: How many, 1 … n; fewer are found in smaller tables.
        without: For each search the position of a column that does not count, or None.

    Returns:
        For each search the distances, in columns that differ, and the positions of the rows, nearest first,
        both of shape (t, k).
    """
    k = min(k, rows.n)
    every = {*people.ranked, *people.coded}
    found: list[list[tuple[Floats, Ints]]] = [[] for _ in without]
    for person in person_tiles(people):
        folded: list[list[Gaps]] = [[] for _ in without]
        for row in row_tiles(rows):
            total = gaps(people, rows, every, person=person, row=row)
            for mine, column in zip(folded, without, strict=True):
                less = () if column is None else (column,)
                mine.append(_folded(total - gaps(people, rows, less, person=person, row=row)))
        for i, (mine, column) in enumerate(zip(folded, without, strict=True)):
            near = _candidates(np.hstack(mine), rows.n, k)  # (b, c)
            found[i].append(_refined(people, rows, near, k, person=person, without=column))
    return [(np.vstack([d for d, _ in part]), np.vstack([w for _, w in part])) for part in found]


def _folded(total: Gaps) -> Gaps:
    """The least of the rows i, i + bins, i + 2 bins, … of a tile, shape (b, bins)."""
    if total.shape[1] % _BINS:
        total = np.pad(total, ((0, 0), (0, -total.shape[1] % _BINS)), constant_values=_LARGEST)
    least = total[:, :_BINS].copy()
    for start in range(_BINS, total.shape[1], _BINS):
        np.minimum(least, total[:, start : start + _BINS], out=least)
    return least


def _candidates(least: Gaps, n: int, k: int) -> Ints:
    """Positions of the rows in the k + 1 bins with the nearest rows, -1 beyond the table."""
    best = min(k + 1, least.shape[1])
    bins = np.argpartition(least, best - 1, axis=1)[:, :best].astype(np.int64)
    start = bins // _BINS * _ROWS + bins % _BINS
    stop = np.minimum((bins // _BINS + 1) * _ROWS, n)
    rows = start[:, :, None] + np.arange(0, _ROWS, _BINS)  # (b, k + 1, rows of a bin)
    return np.where(rows < stop[:, :, None], rows, -1).reshape(least.shape[0], -1)


def _refined(
    people: Points, rows: Points, near: Ints, k: int, *, person: slice, without: int | None
) -> tuple[Floats, Ints]:
    """The k nearest of the candidates, by distances that are not rounded."""
    distance = np.where(near < 0, np.inf, 0.0)
    for f, j in enumerate(people.ranked):
        if j != without:
            distance += np.abs(people.ranks[f, person, None] - rows.ranks[f, near])
    for f, j in enumerate(people.coded):
        if j != without:
            distance += people.codes[f, person, None] != rows.codes[f, near]
    order = np.argsort(distance, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distance, order, axis=1), np.take_along_axis(near, order, axis=1)
