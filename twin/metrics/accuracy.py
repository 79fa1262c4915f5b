"""Accuracy: how far the tables of one, two and three columns overlap with those of train."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.arrays import Floats, Ints
from twin.metrics.binning import WIDTH, CodeArray, binned, cut
from twin.metrics.case import Case
from twin.metrics.intervals import groups_of, jackknife
from twin.metrics.score import Cell, Head, Interval, Score, ScoreTable
from twin.metrics.table_view import TableView
from twin.randomness import Stream

Sets = Sequence[tuple[int, ...]]
WAYS = {1: "single columns", 2: "pairs of columns", 3: "triples of columns"}
SHOWN_SETS = 15
_FAIR = 0.8  # share of the twin's rows from which a holdout is a fair reference
SHOWN_COLUMNS = 100


@dataclass(frozen=True)
class Overlap:
    """Overlaps of one table with train, for sets of columns of one size.

    Args:
        values: One per set, shape (m,).
        without: The same with each group of subjects left out, shape (G, m).
        expected: What a perfect sample of this size would reach, shape (m,).
    """

    values: Floats
    without: Floats
    expected: Floats

    def mean(self) -> Interval:
        """The mean over the sets."""
        return jackknife(float(self.values.mean()), self.without.mean(axis=1))

    def one(self, i: int) -> Interval:
        """The overlap of one set."""
        return jackknife(float(self.values[i]), self.without[:, i])


def column_sets(p: int, size: int, most: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Sets of `size` of p columns: all of them, or `most` drawn at random where there are more.

    Args:
        p: Number of columns, ≥ 1.
        size: Columns of a set, ≥ 1.
        most: The most that is wanted, ≥ 1.
        rng: Source of randomness.

    Example:
        >>> column_sets(3, 2, 10, np.random.default_rng(0))
        [(0, 1), (0, 2), (1, 2)]
    """
    total = 1
    for i in range(size):
        total = total * (p - i) // (i + 1)
    if total <= 20 * most:
        every = list(itertools.combinations(range(p), size))
        if total <= most:
            return every
        return [every[i] for i in np.sort(rng.permutation(total)[:most])]
    drawn: set[tuple[int, ...]] = set()
    while len(drawn) < most:
        drawn.add(tuple(sorted(int(i) for i in rng.choice(p, size, replace=False))))
    return sorted(drawn)


def cells(codes: CodeArray, columns: tuple[int, ...]) -> Ints:
    """The cell of each row in the table of some columns, shape (n,).

    Args:
        codes: Codes of the columns, shape (n, columns).
        columns: Positions of the columns.
    """
    index = codes[:, columns[0]].astype(np.int64)
    for j in columns[1:]:
        index *= WIDTH
        index += codes[:, j]
    return index


def overlaps(train: CodeArray, other: CodeArray, units: Ints, sets: Sets) -> Overlap:
    """1 - total variation distance of the binned tables of each set of columns.

    Args:
        train: Codes, shape (n, p).
        other: Codes, shape (m, p).
        units: Subjects of `other`, shape (m,).
        sets: Positions of columns, all sets of one size.

    Returns:
        The overlaps, 0 (nothing in common) … 1 (the same shares everywhere).

    Source:
        Total variation distance, ½ Σ |p - q|; Levin & Peres 2017, proposition 4.2.

    Example:
        >>> a = np.array([[0], [0], [1], [1]], np.uint8)
        >>> b = np.array([[0], [0], [0], [1]], np.uint8)
        >>> overlaps(a, b, np.arange(4), [(0,)]).values.tolist()
        [0.75]
    """
    group = groups_of(units)
    n_groups = int(group.max()) + 1
    rest = other.shape[0] - np.bincount(group, minlength=n_groups)  # (G,) rows that remain
    values = np.empty(len(sets))
    expected = np.empty(len(sets))
    noise = np.sqrt((1 / train.shape[0] + 1 / other.shape[0]) * 2 / np.pi)  # E|x| is σ √(2/π) for a normal x
    without = np.full((n_groups, len(sets)), np.nan)
    size = WIDTH ** len(sets[0])
    base = group * size
    for i, columns in enumerate(sets):
        p = np.bincount(cells(train, columns), minlength=size) / train.shape[0]  # (size,)
        tables = np.bincount(base + cells(other, columns), minlength=n_groups * size).reshape(n_groups, size)
        total = tables.sum(axis=0)
        values[i] = 1 - 0.5 * np.abs(p - total / other.shape[0]).sum()
        expected[i] = 1 - 0.5 * noise * np.sqrt(p * (1 - p)).sum()
        if n_groups > 1:
            without[:, i] = 1 - 0.5 * np.abs(p - (total - tables) / rest[:, None]).sum(axis=1)
    return Overlap(values, without, expected)


def _sets(case: Case) -> dict[int, Sets]:
    """Single columns, pairs and triples; the same ones for the same case."""
    p, limits, rng = len(case.views.train.columns), case.limits, case.rng(Stream.ACCURACY)
    most = {1: p, 2: limits.pairs, 3: limits.triples}
    sets = {way: column_sets(p, way, most[way], rng) for way in WAYS}
    return {way: some for way, some in sets.items() if some}


def _ways(real: TableView, others: Sequence[TableView], case: Case) -> list[dict[int, Overlap]]:
    """Overlaps of tables with a real one, for one, two and three columns at a time."""
    cuts = cut(real)
    codes = binned(real, cuts)
    sets = _sets(case)
    return [
        {way: overlaps(codes, binned(other, cuts), other.units, some) for way, some in sets.items()}
        for other in others
    ]


def _overall(ways: dict[int, Overlap]) -> Interval:
    value = float(np.mean([o.values.mean() for o in ways.values()]))
    return jackknife(value, np.mean([o.without.mean(axis=1) for o in ways.values()], axis=0))


def accuracy(case: Case) -> tuple[Score, ...]:
    """Overlap of the twin's tables with those of train, beside the holdout's.

    Args:
        case: The tables.

    Returns:
        Four scores: the mean of the three, and those of one, two and three columns at a time.
    """
    rows = case.limits.rows
    train, synthetic = case.views.train.sample(rows), case.views.synthetic.sample(rows)
    holdout = None if case.views.holdout is None else case.views.holdout.sample(rows)
    twin, *rest = _ways(train, [synthetic] if holdout is None else [synthetic, holdout], case)
    real = rest[0] if rest else None
    names = [c.name for c in train.columns]
    against, fair = _against_holdout(case, synthetic, train, holdout)
    tables = {0: against}
    for way, sets in _sets(case).items():
        tables[way] = (_worst_table(names, sets, twin[way], real[way] if real else None),)
    whole = _score(0, _overall(twin), _overall(real) if real else None, synthetic.n, tables[0])
    if not fair and whole.value is not None and whole.reference is not None and whole.value > whole.reference:
        fair = " More than the fresh sample is no gain: the twin learned from these very rows."
    scores = [replace(whole, sentence=whole.sentence + fair)]
    for way, overlap in twin.items():
        reference = real[way].mean() if real else None
        scores.append(_score(way, overlap.mean(), reference, synthetic.n, tables.get(way, ())))
    return tuple(scores)


def _score(
    way: int, value: Interval, reference: Interval | None, n: int, tables: tuple[ScoreTable, ...]
) -> Score:
    what = WAYS.get(way, "tables of one, two and three columns")
    sentence = (
        f"Counted in {what}, {value.value:.1%} of the twin's rows fall where the training data put them"
    )
    if reference is not None:
        sentence += f"; for a fresh sample of real people it is {reference.value:.1%}"
    return Score(
        name=f"accuracy_{way}" if way else "accuracy",
        title=f"Accuracy, {what}" if way else "Accuracy",
        sentence=sentence + ".",
        value=value.value,
        low=value.low,
        high=value.high,
        reference=None if reference is None else reference.value,
        reference_low=None if reference is None else reference.low,
        reference_high=None if reference is None else reference.high,
        n=n,
        better="higher",
        note="One minus the total variation distance on ten quantile bins or ten commonest values; "
        "the interval says how far it would move with another sample of the same size.",
        tables=tables,
    )


def _against_holdout(
    case: Case, synthetic: TableView, train: TableView, holdout: TableView | None
) -> tuple[tuple[ScoreTable, ...], str]:
    """The comparison with the holdout, and a sentence where the holdout is too small for a fair reference."""
    if holdout is None:
        return (), ""
    twin, real = _ways(holdout, [synthetic, train], case)
    rows: list[tuple[Cell, ...]] = []
    for label, a, b in [
        ("mean", _overall(twin), _overall(real)),
        *((WAYS[way], twin[way].mean(), real[way].mean()) for way in twin),
    ]:
        rows.append((label, a.value, a.low, a.high, b.value))
    heads = (Head("counted in"), Head("twin", "score"), Head("low", "score"), Head("high", "score"))
    table = ScoreTable(
        title="Accuracy against the holdout instead of train",
        heads=(*heads, Head("train", "score")),
        rows=tuple(rows),
        note="Here the twin has no advantage from having seen the rows it is compared with.",
    )
    if holdout.n_units >= _FAIR * min(train.n, synthetic.n):
        return (table,), ""
    return (table,), (
        f" The fresh sample is small ({holdout.n_units:,} {'people' if case.views.by_subject else 'rows'}), "
        "which alone lowers its figure. Fairer is to compare both with it: then the twin reaches "
        f"{_overall(twin).value:.1%} and the training data {_overall(real).value:.1%}."
    )


def _worst_first(twin: Overlap) -> NDArray[np.intp]:
    """Sets by how much less they overlap than in a perfect sample of this size; then the others."""
    return np.lexsort((twin.values, np.minimum(twin.values - twin.expected, 0)))


def _worst_table(names: list[str], sets: Sets, twin: Overlap, real: Overlap | None) -> ScoreTable:
    way, p = len(sets[0]), len(names)
    rows: list[tuple[Cell, ...]] = []
    for i in _worst_first(twin)[: SHOWN_COLUMNS if way == 1 else SHOWN_SETS]:
        a = twin.one(int(i))
        reference = None if real is None else float(real.values[i])
        rows.append((*(names[j] for j in sets[i]), a.value, a.low, a.high, reference))
    heads = (Head("column"), Head("with"), Head("and"))[:way]
    figures = (Head("twin", "score"), Head("low", "score"), Head("high", "score"), Head("real", "score"))
    every = math.comb(p, way)
    what = WAYS[way].split()[0]
    note = (
        "Real: fresh rows of people the twin never saw. Worst: furthest below what a perfect sample of this "
    )
    note += "size would reach."
    if len(sets) < every:
        note += f" {len(sets):,} of {every:,} {what}, drawn at random, were looked at."
    title = WAYS[way].capitalize() if way > 1 else "Columns"
    return ScoreTable(title=f"{title}, worst first", heads=(*heads, *figures), rows=tuple(rows), note=note)
