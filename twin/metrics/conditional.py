"""Conditional: is the twin as accurate within each group as on the whole?"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Floats
from twin.metrics.accuracy import Overlap, overlaps
from twin.metrics.binning import binned, cut
from twin.metrics.case import Case
from twin.metrics.intervals import GROUPS, jackknife
from twin.metrics.parts import RANGES, ColumnParts, parts
from twin.metrics.score import Cell, Head, Score, ScoreTable
from twin.metrics.table_view import TableView
from twin.randomness import Stream

COLUMNS = 3
"""Most columns to group by, the target among them."""
PARTS = 8
"""Most groups of a column."""
FEWEST = 30
"""Fewest rows of a group in each table."""
PAIRS = 100
"""Most pairs of columns, and most columns, drawn at random beyond."""
SHOWN = 20


@dataclass(frozen=True)
class Within:
    """Accuracy within one group.

    Args:
        label: The group.
        value: Mean overlap of single columns and pairs.
        without: The same without each group of subjects, shape (G,).
    """

    label: str
    value: float
    without: Floats


def conditional(case: Case) -> tuple[Score, ...]:
    """Accuracy within the groups of the target and of other columns of few levels, beside the holdout's.

    Args:
        case: The tables.

    Returns:
        One score, the mean over groups, 0 … 1; none where no column parts the people into groups.
    """
    train, holdout, synthetic = case.alike(case.limits.rows)
    cuts = _grouping(case, train, synthetic)
    real = [v for v in (holdout,) if v is not None]
    twin: list[Within] = []
    fresh: list[Within | None] = []
    for one in cuts:
        for part in range(one.n):
            mine, *others = _within(case, one, part, train, [synthetic, *real])
            if mine is not None:
                twin.append(mine)
                fresh.append(others[0] if others else None)
    if not twin:
        return ()
    value = jackknife(float(np.mean([w.value for w in twin])), np.mean([w.without for w in twin], axis=0))
    known = [w for w in fresh if w is not None]
    reference = None
    if known:
        reference = jackknife(
            float(np.mean([w.value for w in known])), np.mean([w.without for w in known], axis=0)
        )
    sentence = (
        f"Within {len(twin)} groups, {value.value:.1%} of the twin's rows fall where the training data "
    )
    sentence += "put them"
    if reference is not None:
        sentence += f"; for a fresh sample of real people it is {reference.value:.1%}"
    score = Score(
        name="conditional",
        title="Accuracy within groups",
        sentence=sentence + ".",
        n=synthetic.n,
        note="Mean over groups of the overlap of single columns and of pairs; "
        f"{synthetic.n:,} rows of the twin and as many of the holdout. Groups of at least {case.k} people.",
        tables=(_table(twin, fresh),),
    )
    return (score.read(value, reference),)


def _grouping(case: Case, train: TableView, synthetic: TableView) -> list[ColumnParts]:
    """The target, and then the columns of few levels that part the people most evenly."""
    names = [c.name for c in train.columns]
    target = names.index(case.target) if case.target is not None else -1
    found: list[tuple[float, int, ColumnParts]] = []
    for j in range(len(names)):
        x = train.values[:, j]
        if j != target and np.unique(x[~np.isnan(x)]).size > PARTS:
            continue
        one = parts(train, synthetic, j, k=case.k, most=PARTS)
        rows = np.bincount(one.codes(train) + 1, minlength=one.n + 2)[1:-1] / train.n
        rows = rows[rows > 0]
        if one.n >= 2:
            evenness = float(-(rows * np.log(rows)).sum() / np.log(max(rows.size, 2)))
            found.append((-np.inf if j == target else -evenness, j, one))
    return [one for _, _, one in sorted(found, key=lambda f: f[:2])[:COLUMNS]]


def _rows(view: TableView, keep: Bools) -> TableView:
    return TableView(view.columns, view.values[keep], view.units[keep], view.hashes[keep])


def _within(
    case: Case, one: ColumnParts, part: int, train: TableView, others: list[TableView]
) -> list[Within | None]:
    """The accuracy of other tables within one group of train; None where a table has too few of it."""
    here = _rows(train, one.codes(train) == part)
    there = [_rows(v, one.codes(v) == part) for v in others]
    if here.n < FEWEST or not any(v.n >= FEWEST for v in there):
        return [None for _ in others]
    rest = [j for j in range(len(train.columns)) if j != one.column]
    if len(rest) > PAIRS:
        rest = [int(j) for j in np.sort(case.rng(Stream.CONDITIONAL).permutation(rest)[:PAIRS])]
    pairs = list(itertools.combinations(rest, 2))
    if len(pairs) > PAIRS:
        pairs = [pairs[i] for i in np.sort(case.rng(Stream.CONDITIONAL).permutation(len(pairs))[:PAIRS])]
    cuts = cut(here)
    codes = binned(here, cuts)
    found: list[Within | None] = []
    for index, view in enumerate(there):
        if view.n < FEWEST or np.unique(view.units).size < case.k:
            # A group that the twin lacks, or nearly, is as far off as can be.
            found.append(Within(one.labels[part], 0.0, np.zeros(GROUPS)) if index == 0 else None)
            continue
        ways = [
            overlaps(codes, binned(view, cuts), view.units, sets)
            for sets in ([(j,) for j in rest], pairs)
            if sets
        ]
        if not ways:
            return [None for _ in others]
        value = float(np.mean([w.values.mean() for w in ways]))
        without = np.mean([_padded(w) for w in ways], axis=0)
        found.append(Within(one.labels[part], value, without))
    return found


def _padded(way: Overlap) -> Floats:
    """The mean over sets without each of the groups of subjects; those that are not there change nothing."""
    without = np.full(GROUPS, way.values.mean())
    if len(way.without) > 1:
        without[: len(way.without)] = way.without.mean(axis=1)
    return without


def _table(twin: list[Within], fresh: list[Within | None]) -> ScoreTable:
    ends = [jackknife(w.value, w.without) for w in twin]
    behind = [
        (e.value if e.high is None else e.high) - (1.0 if w is None else w.value)
        for e, w in zip(ends, fresh, strict=True)
    ]
    rows: list[tuple[Cell, ...]] = []
    for i in np.argsort(behind, kind="stable")[:SHOWN]:
        one, real = ends[i], fresh[i]
        rows.append((twin[i].label, one.value, one.low, one.high, None if real is None else real.value))
    heads = (Head("twin", "score"), Head("low", "score"), Head("high", "score"), Head("real", "score"))
    return ScoreTable(
        title="Groups, clearest behind fresh real people first",
        heads=(Head("group"), *heads),
        rows=tuple(rows),
        note=RANGES,
    )
