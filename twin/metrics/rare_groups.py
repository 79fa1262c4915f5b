"""Rare groups: are the few as well represented as the many?"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.metrics.binning import WIDTH, CodeArray, binned, cut
from twin.metrics.case import Case
from twin.metrics.intervals import groups_of, jackknife
from twin.metrics.learner import usable_columns
from twin.metrics.parts import RANGES, parts
from twin.metrics.score import Cell, Head, Interval, Score, ScoreTable
from twin.metrics.table_view import TableView
from twin.privacy.suppression.guard import count_subjects
from twin.randomness import Stream

SMALLEST, LARGEST = 0.001, 0.02
"""Shares of the rows of train between which a group is rare."""
MOST_PARTS = 10
MOST_COLUMNS = 15
SHOWN = 15


@dataclass(frozen=True)
class RareGroup:
    """People who share a part of one column, or of two.

    Args:
        parts: Columns' places among those cut, and the part of each.
        columns: Positions of the columns in the table.
        label: The group in words.
    """

    parts: tuple[tuple[int, int], ...]
    columns: tuple[int, ...]
    label: str

    def rows(self, codes: list[Ints]) -> Bools:
        """Which rows belong to it, from the codes of the columns that were cut, shape (n,)."""
        return np.asarray(np.all([codes[index] == part for index, part in self.parts], axis=0))


@dataclass(frozen=True)
class Compared:
    """How well m groups of one table agree with those of train.

    Args:
        people: How many hold each, shape (m,).
        share: Share of the rows, shape (m,).
        size: The smaller of two shares over the larger, shape (m,).
        size_without: The same without each group of subjects, shape (G, m).
        inside: Mean overlap of the other columns within the group, shape (m,).
        inside_without: The same without each group of subjects, shape (G, m).
    """

    people: Ints
    share: Floats
    size: Floats
    size_without: Floats
    inside: Floats
    inside_without: Floats

    def sizes(self) -> Interval:
        """How well sizes agree on average."""
        return jackknife(float(self.size.mean()), self.size_without.mean(axis=1))

    def insides(self) -> Interval:
        """How well the people within agree on average."""
        return jackknife(float(self.inside.mean()), self.inside_without.mean(axis=1))


def rare_groups(case: Case) -> tuple[Score, ...]:
    """How far sizes of small groups, and the people in them, agree with train, beside the holdout's.

    Args:
        case: The tables.

    Returns:
        Two scores, 0 … 1: "rare_groups" for sizes and "rare_groups_inside" for the other columns within;
        none where no group is rare.
    """
    train, holdout, synthetic = case.alike(case.limits.rows)
    columns = usable_columns([train, synthetic], case)
    if columns.size > MOST_COLUMNS:
        columns = np.sort(case.rng(Stream.RARE_COLUMNS).choice(columns, MOST_COLUMNS, replace=False))
    cuts = [parts(train, synthetic, int(j), k=case.k, most=MOST_PARTS) for j in columns]
    codes = [c.codes(train) for c in cuts]
    labels = [c.labels for c in cuts]
    groups = _rare(train, [int(j) for j in columns], codes, labels, case.k)
    found = len(groups)
    if not groups:
        return ()
    if found > case.limits.groups:
        chosen = case.rng(Stream.RARE_GROUPS).permutation(found)[: case.limits.groups]
        groups = [groups[i] for i in np.sort(chosen)]
    bins = cut(train)
    known = [g.rows(codes) for g in groups]
    real_bins = binned(train, bins)

    def compared(view: TableView) -> Compared:
        there = [c.codes(view) for c in cuts]
        mine = [g.rows(there) for g in groups]
        return _compare(groups, (real_bins, known), (binned(view, bins), mine), view.units)

    twin = compared(synthetic)
    real = None if holdout is None else compared(holdout)
    shares = np.array([rows.mean() for rows in known])
    what = f"{len(groups):,} groups" + (f" of {found:,}, drawn at random" if found > len(groups) else "")
    note = (
        f"{what}: levels, ranges and pairs of them that {SMALLEST:.1%} to {LARGEST:.0%} of the training rows "
        f"and at least {case.k} people hold; {synthetic.n:,} rows of the twin and as many of the holdout."
    )
    sizes = _sizes_table(groups, shares, train.n, twin, real, case.k, synthetic.n)
    size = Score(
        name="rare_groups",
        title="Small groups, their size",
        sentence="The shares of a small group in the twin and in the training data agree to {} on average "
        "(the smaller over the larger)",
        n=synthetic.n,
        note=note,
        tables=(sizes,),
    )
    inside = Score(
        name="rare_groups_inside",
        title="Small groups, the people in them",
        sentence="Within a small group, {} of the twin's rows fall, column by column, where the training "
        "data put them",
        n=synthetic.n,
        note=f"{note} A group that the twin lacks counts 0.",
        tables=(_inside_table(groups, twin, real, case.k),),
    )
    return (
        _finished(size, twin.sizes(), None if real is None else real.sizes()),
        _finished(inside, twin.insides(), None if real is None else real.insides()),
    )


def _finished(score: Score, value: Interval, reference: Interval | None) -> Score:
    sentence = score.sentence.format(f"{value.value:.1%}")
    sentence += (
        "." if reference is None else f"; for a fresh sample of real people it is {reference.value:.1%}."
    )
    return replace(score, sentence=sentence).read(value, reference)


def _rare(
    train: TableView, columns: list[int], codes: list[Ints], labels: list[tuple[str, ...]], k: int
) -> list[RareGroup]:
    found = []
    sizes = [len(names) for names in labels]
    for index in range(len(columns)):
        for part in _few(codes[index], sizes[index], train, k):
            found.append(RareGroup(((index, part),), (columns[index],), labels[index][part]))
    for a, b in itertools.combinations(range(len(columns)), 2):
        both = np.where((codes[a] >= 0) & (codes[b] >= 0), codes[a] * sizes[b] + codes[b], -1)
        for cell in _few(both, sizes[a] * sizes[b], train, k):
            i, j = divmod(cell, sizes[b])
            label = f"{labels[a][i]} and {labels[b][j]}"
            found.append(RareGroup(((a, i), (b, j)), (columns[a], columns[b]), label))
    return found


def _few(codes: Ints, size: int, train: TableView, k: int) -> list[int]:
    people, rows, _ = count_subjects(codes, size, train.units)
    share = rows / train.n
    return [int(i) for i in np.flatnonzero((people >= k) & (share >= SMALLEST) & (share <= LARGEST))]


Side = tuple[CodeArray, list[Bools]]


def _compare(groups: list[RareGroup], real: Side, other: Side, units: Ints) -> Compared:
    fold = groups_of(units)
    n_folds, p = int(fold.max()) + 1, real[0].shape[1]
    n, rest = units.size, units.size - np.bincount(fold)  # (G,)
    width = WIDTH * p
    index = np.arange(p) * WIDTH
    size, inside = np.empty(len(groups)), np.empty(len(groups))
    size_without, inside_without = np.empty((n_folds, len(groups))), np.empty((n_folds, len(groups)))
    people, share = np.empty(len(groups), np.int64), np.empty(len(groups))
    for i, (group, known, mine) in enumerate(zip(groups, real[1], other[1], strict=True)):
        rows = np.flatnonzero(mine)
        per_fold = np.bincount(fold[rows], minlength=n_folds)  # (G,)
        people[i], share[i] = np.unique(units[rows]).size, rows.size / n
        size[i] = _ratio(known.mean(), np.array([rows.size / n]))[0]
        size_without[:, i] = _ratio(known.mean(), (rows.size - per_fold) / np.maximum(rest, 1))
        others = np.setdiff1d(np.arange(p), group.columns)
        there = np.bincount((real[0][known] + index).ravel(), minlength=width) / known.sum()  # (12 p,)
        cell = fold[rows, None] * width + other[0][rows] + index
        tables = np.bincount(cell.ravel(), minlength=n_folds * width).reshape(n_folds, width)
        total = tables.sum(axis=0)
        inside[i] = _overlap(there, total[None], np.array([rows.size]), others)[0]
        inside_without[:, i] = _overlap(there, total - tables, rows.size - per_fold, others)
    return Compared(people, share, size, size_without, inside, inside_without)


def _ratio(p: float, q: Floats) -> Floats:
    return np.asarray(np.minimum(p, q) / np.maximum(p, q), np.float64)


def _overlap(real: Floats, tables: Ints, rows: Ints, others: Ints) -> Floats:
    """Mean overlap over some columns, for each table of counts, 0 without rows, shape (t,)."""
    if not others.size:
        return np.ones(len(tables))
    shares = tables / np.maximum(rows, 1)[:, None]
    apart = np.abs(shares - real).reshape(len(tables), -1, WIDTH).sum(axis=2)[:, others]
    return np.where(rows > 0, 1 - 0.5 * apart.mean(axis=1), 0.0)


def _sizes_table(
    groups: list[RareGroup],
    shares: Floats,
    n: int,
    twin: Compared,
    real: Compared | None,
    k: int,
    m: int,
) -> ScoreTable:
    off = np.abs(twin.share - shares) / np.sqrt(shares * (1 - shares) * (1 / n + 1 / m))
    rows: list[tuple[Cell, ...]] = []
    for i in np.argsort(-off, kind="stable")[:SHOWN]:
        fresh: Cell = None
        if real is not None:
            fresh = f"< {k} people" if 0 < real.people[i] < k else float(real.share[i])
        rows.append((groups[i].label, float(shares[i]), fresh, float(twin.share[i]), float(twin.size[i])))
    heads = (Head("train", "share"), Head("holdout", "share"), Head("twin", "share"), Head("agree", "score"))
    return ScoreTable(
        title="Sizes of small groups, furthest beyond chance first",
        heads=(Head("group"), *heads),
        rows=tuple(rows),
        note=RANGES,
    )


def _inside_table(groups: list[RareGroup], twin: Compared, real: Compared | None, k: int) -> ScoreTable:
    ends = [jackknife(float(v), w) for v, w in zip(twin.inside, twin.inside_without.T, strict=True)]
    upper = np.array([e.value if e.high is None else e.high for e in ends])
    rows: list[tuple[Cell, ...]] = []
    for i in np.argsort(upper if real is None else upper - real.inside, kind="stable")[:SHOWN]:
        one = ends[i]
        fresh: Cell = None if real is None or real.people[i] < k else float(real.inside[i])
        rows.append((groups[i].label, one.value, one.low, one.high, fresh))
    heads = (Head("twin", "score"), Head("low", "score"), Head("high", "score"), Head("real", "score"))
    return ScoreTable(
        title="The people in small groups, clearest behind fresh real people first",
        heads=(Head("group"), *heads),
        rows=tuple(rows),
        note=RANGES,
    )
