"""Columns of train and twin as binned shares, ready to be drawn.

Nothing in here is a value of real rows alone: levels and exact numbers are named only where the twin holds
them, edges are round numbers, and what fewer than k people share is merged with its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.metrics.case import Case
from twin.metrics.scale import Scale, calendar, linear, logarithmic, moment_label, number_label
from twin.metrics.score import short
from twin.metrics.view import View, ViewColumn
from twin.privacy.guard import count_subjects

BARS = 10
"""Most bars of one column, beside "other" and "missing"."""
NUMBERS = 16
"""Most distinct numbers that get a bar each."""
HEAP = 0.25
"""Share of rows from which one exact number gets a bar of its own."""
_SKEWED = 20.0  # how many times the median the 99.5 % quantile must be for a logarithmic axis
OTHER, MISSING = "(others)", "(missing)"

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Bar:
    """A share of rows that has a name.

    Args:
        label: The name.
        train: Share of the rows of train.
        synthetic: Share of the twin's rows.
    """

    label: str
    train: float
    synthetic: float


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """One column of train and of the twin.

    Args:
        column: Name of the column.
        kind: Its kind.
        bars: Levels, heaps and missing values.
        places: Where the edges of the bins stand, 0 … 1, shape (b + 1,); empty without bins.
        labels: What is written at each edge.
        train: Share of the rows of train in each bin, shape (b,).
        synthetic: Share of the twin's rows in each bin, shape (b,).
    """

    column: str
    kind: str
    bars: tuple[Bar, ...]
    places: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    train: tuple[float, ...] = ()
    synthetic: tuple[float, ...] = ()


def overlays(case: Case) -> tuple[Overlay, ...]:
    """Binned shares of each column, at most `limits.overlays` columns, in the order of the table.

    Args:
        case: The tables.

    Returns:
        One per column.
    """
    rows = case.limits.rows
    train, synthetic = case.views.train.sample(rows), case.views.synthetic.sample(rows)
    return tuple(
        _overlay(column, train, synthetic, j, case.k)
        for j, column in enumerate(train.columns[: case.limits.overlays])
    )


def _overlay(column: ViewColumn, train: View, synthetic: View, j: int, k: int) -> Overlay:
    x, y = train.values[:, j], synthetic.values[:, j]
    met, counts = np.unique(y[~np.isnan(y)], return_counts=True)
    if column.nominal or met.size <= NUMBERS:
        named = met[np.argsort(-counts, kind="stable")][:BARS] if column.nominal else met
        return Overlay(
            column=column.name, kind=column.kind, bars=_bars(column, x, y, named, units=train.units, k=k)
        )
    heap = met[[int(np.argmax(counts))]] if counts.max() > HEAP * y.size else met[:0]
    bars = _bars(column, x, y, heap, units=train.units, k=k, rest=False)
    if heap.size and not (bars and bars[0].label == label_of(column, float(heap[0]))):
        heap = met[:0]  # too few people hold it in train for a bar of its own
    scale = scale_of(column, x[~np.isin(x, heap)], y[~np.isin(y, heap)], k)
    first, second = _bins(scale, x, heap), _bins(scale, y, heap)
    size = scale.edges.size - 1
    held, in_train, _ = count_subjects(first, size, train.units)
    in_twin = np.bincount(second[second >= 0], minlength=size)
    kept = merged(held, k)
    return Overlay(
        column=column.name,
        kind=column.kind,
        bars=bars,
        places=tuple(round(float(v), 4) for v in scale.places[kept]),
        labels=tuple(scale.labels[i] for i in kept),
        train=_shares(np.add.reduceat(in_train, kept[:-1]), x.size),
        synthetic=_shares(np.add.reduceat(in_twin, kept[:-1]), y.size),
    )


def _shares(counts: IntArray, n: int) -> tuple[float, ...]:
    return tuple(round(float(c) / n, 4) for c in counts)


def label_of(column: ViewColumn, value: float) -> str:
    """A value of the twin, as people read it."""
    if column.nominal:
        return short(column.levels[int(value)])
    if column.kind == "moment":
        return moment_label(value, "D" if value % 86_400 == 0 else "s")
    return number_label(value)


def _bars(
    column: ViewColumn,
    x: FloatArray,
    y: FloatArray,
    named: FloatArray,
    *,
    units: IntArray,
    k: int,
    rest: bool = True,
) -> tuple[Bar, ...]:
    """Bars of the named values, of the others where `rest`, and of missing ones."""

    def codes(v: FloatArray) -> IntArray:
        code = np.full(v.size, named.size, np.int64)
        for i, value in enumerate(named):
            code[v == value] = i
        return np.where(np.isnan(v), named.size + 1, code)

    first, second = codes(x), codes(y)
    held, in_train, _ = count_subjects(first, named.size + 2, units)
    in_twin = np.bincount(second, minlength=named.size + 2)
    few = (held > 0) & (held < k)
    few[named.size] = False
    first[few[first]] = second[few[second]] = named.size  # what few people share goes to the others
    in_train, in_twin = (np.bincount(c, minlength=named.size + 2) for c in (first, second))
    labels = [*(label_of(column, v) for v in named), OTHER, MISSING]
    order = [i for i in range(named.size + 2) if (in_train[i] or in_twin[i]) and (rest or i != named.size)]
    return tuple(
        Bar(labels[i], round(float(in_train[i]) / x.size, 4), round(float(in_twin[i]) / y.size, 4))
        for i in order
    )


def scale_of(column: ViewColumn, x: FloatArray, y: FloatArray, k: int) -> Scale:
    """Round edges for numbers or moments x of train and y of the twin; y must hold some."""
    x, y = x[~np.isnan(x)], y[~np.isnan(y)]
    ends = [np.quantile(y, [0.005, 0.5, 0.995])]
    if x.size >= 200 * k:  # enough people lie beyond its ends
        ends.append(np.quantile(x, [0.005, 0.5, 0.995]))
    low, high = float(min(e[0] for e in ends)), float(max(e[2] for e in ends))
    if column.kind == "moment":
        return calendar(low, high)
    middle = float(min(e[1] for e in ends))
    if low > 0 and middle > 0 and high / middle > _SKEWED:
        return logarithmic(low, high)
    return linear(low, high, whole=bool((y == np.round(y)).all()))


def _bins(scale: Scale, x: FloatArray, heap: FloatArray) -> IntArray:
    """The bin of each value, -1 for heaps and missing ones; the end bins hold all that lies beyond."""
    place = np.clip(np.searchsorted(scale.edges, x, side="right") - 1, 0, scale.edges.size - 2)
    return np.where(np.isnan(x) | np.isin(x, heap), -1, place).astype(np.int64)


def merged(held: IntArray, k: int) -> IntArray:
    """Edges that remain when bins that fewer than k people share join the next one, shape (b' + 1,).

    Example:
        >>> merged(np.array([5, 3, 9, 12, 1]), 8).tolist()
        [0, 2, 3, 5]
    """
    kept, waiting = [0], 0
    for i, people in enumerate(held):
        waiting += int(people)
        if waiting == 0 or waiting >= k:
            kept.append(i + 1)
            waiting = 0
    if kept[-1] != held.size:  # the last ones are too few: they join those before
        while len(kept) > 1 and held[kept[-1] :].sum() < k:
            kept.pop()
        kept.append(held.size)
    return np.array(kept, dtype=np.int64)
