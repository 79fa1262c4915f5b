"""Missingness: are as many values missing, column by column, and together in the same rows?"""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats, Ints
from twin.metrics.case import Case
from twin.metrics.intervals import groups_of, jackknife
from twin.metrics.parts import reportable
from twin.metrics.score import Cell, Head, Interval, Score, ScoreTable, short
from twin.metrics.table_view import TableView

SHOWN = 50


def _gap(train: Floats, other: TableView) -> Interval:
    """Mean absolute difference of the columns' shares of missing values."""
    gone = np.isnan(other.values)
    group = groups_of(other.units)
    counts = np.array([gone[group == g].sum(axis=0) for g in range(int(group.max()) + 1)])  # (G, p)
    rest = other.n - np.bincount(group)  # (G,)
    value = float(np.abs(counts.sum(axis=0) / other.n - train).mean())
    if rest.size < 2:
        return Interval(value)
    without = np.abs((counts.sum(axis=0) - counts) / rest[:, None] - train).mean(axis=1)
    return jackknife(value, without)


def missingness(case: Case) -> tuple[Score, ...]:
    """Difference in the share of missing values, averaged over columns, beside the holdout's.

    Args:
        case: The tables.

    Returns:
        One score, 0 where the shares agree.
    """
    train, holdout, synthetic = case.views.train, case.views.holdout, case.views.synthetic
    share = np.isnan(train.values).mean(axis=0)  # (p,)
    value = _gap(share, synthetic)
    reference = None if holdout is None else _gap(share, holdout)
    present = bool(share.any() or np.isnan(synthetic.values).any())
    sentence = (
        f"The share of missing values in a column differs from the training data by {value.value * 100:.2f} "
        "percentage points on average"
    )
    if reference is not None:
        sentence += f"; for a fresh sample of real people by {reference.value * 100:.2f}"
    if not present:
        sentence = "No value is missing in the training data or in the twin"
    score = Score(
        name="missingness",
        title="Missing values",
        sentence=sentence + ".",
        n=synthetic.n,
        better="lower",
        note="Mean absolute difference of the shares over all columns.",
        tables=(_table(case, share),) if present else (),
    )
    return (score.read(value, reference),)


def _share(view: TableView | None, j: int, k: int, *, real: bool) -> Cell:
    if view is None:
        return None
    gone = np.isnan(view.values[:, j])
    # That a value is missing is a fact about a person, too: what few people share is not told.
    few = 0 < np.unique(view.units[gone]).size < k
    return f"< {k} people" if real and few else float(gone.mean())


def _table(case: Case, share: Floats) -> ScoreTable:
    views = case.views
    twin = np.isnan(views.synthetic.values).mean(axis=0)
    order = np.argsort(-np.abs(twin - share), kind="stable")
    some = [j for j in order if share[j] > 0 or twin[j] > 0]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            views.train.columns[j].name,
            _share(views.train, j, case.k, real=True),
            _share(views.holdout, j, case.k, real=True),
            _share(views.synthetic, j, case.k, real=False),
        )
        for j in some[:SHOWN]
    )
    left = len(some) - len(rows)
    return ScoreTable(
        title="Share of missing values, largest difference first",
        heads=(Head("column"), Head("train", "share"), Head("holdout", "share"), Head("twin", "share")),
        rows=rows,
        note=f"{left} more columns have smaller differences." if left else "",
    )


SHOWN_PATTERNS = 20
_NAMED = 6  # most columns that are named in one pattern
POOL = "any rarer pattern"


def distance(p: Floats, codes: Ints, units: Ints) -> Interval:
    """Total variation distance of the shares of codes from p, by leaving out groups of subjects.

    Args:
        p: Shares of the codes, shape (m,).
        codes: Code of each row, 0 … m - 1, shape (n,).
        units: Subjects of the rows, shape (n,).

    Returns:
        ½ Σ |p - q| with its interval, 0 (the same shares) … 1 (nothing in common).

    Source:
        Levin & Peres 2017, proposition 4.2.

    Example:
        >>> distance(np.array([.5, .5]), np.array([0, 0, 0, 1]), np.arange(4)).value
        0.25
    """
    group, size = groups_of(units), p.size
    tables = np.bincount(group * size + codes, minlength=(int(group.max()) + 1) * size).reshape(-1, size)
    counts, rest = tables.sum(axis=0), codes.size - tables.sum(axis=1)  # (m,), (G,)
    value = 0.5 * float(np.abs(p - counts / codes.size).sum())
    if rest.size < 2:
        return Interval(value)
    return jackknife(value, 0.5 * np.abs(p - (counts - tables) / rest[:, None]).sum(axis=1))


def patterns(case: Case) -> tuple[Score, ...]:
    """How far the shares of patterns of missing columns are from those of train, beside the holdout's.

    Args:
        case: The tables.

    Returns:
        One score, 0 where the shares agree; none where nothing is missing anywhere.
    """
    views, rows = case.views, case.limits.rows
    holdout = None if views.holdout is None else views.holdout.sample(rows)
    train, synthetic = views.train.sample(rows), views.synthetic.sample(rows)
    real = [train] if holdout is None else [train, holdout]
    masks = [np.isnan(v.values) for v in (*real, synthetic)]
    some = np.flatnonzero(np.any([m.any(axis=0) for m in masks], axis=0))  # (q,) columns with missing cells
    if not some.size:
        return ()
    packed = np.packbits(np.vstack([m[:, some] for m in masks]), axis=1)
    met, dense = np.unique(packed, axis=0, return_inverse=True)
    parts = np.split(dense.reshape(-1).astype(np.int64), np.cumsum([m.shape[0] for m in masks])[:-1])
    enough = [reportable(c, len(met), v.units, case.k) for c, v in zip(parts, real, strict=False)]
    kept = np.flatnonzero(np.all(enough, axis=0))
    index = np.full(len(met), kept.size)  # all others share the last place
    index[kept] = np.arange(kept.size)
    codes = [index[c] for c in parts]
    p = np.bincount(codes[0], minlength=kept.size + 1) / train.n
    value = distance(p, codes[-1], synthetic.units)
    reference = None if holdout is None else distance(p, codes[1], holdout.units)
    names = [
        _words([train.columns[some[j]].name for j in np.flatnonzero(np.unpackbits(met[i], count=some.size))])
        for i in kept
    ]
    sentence = (
        f"{value.value:.2%} of the twin's rows would have to miss other columns for the patterns to agree"
    )
    if reference is not None:
        sentence += f"; among fresh real people {reference.value:.2%}"
    score = Score(
        name="patterns",
        title="Columns missing together",
        sentence=sentence + ".",
        n=synthetic.n,
        better="lower",
        note="Total variation distance of the patterns of missing columns; patterns that fewer than "
        f"{case.k} real people share count as one.",
        tables=(_pattern_table([*names, POOL], codes, [train, holdout, synthetic]),),
    )
    return (score.read(value, reference),)


def _words(columns: list[str]) -> str:
    if not columns:
        return "(none missing)"
    more = f" and {len(columns) - _NAMED} more" if len(columns) > _NAMED else ""
    return ", ".join(short(name, 40) for name in columns[:_NAMED]) + more


def _pattern_table(names: list[str], codes: list[Ints], views: list[TableView | None]) -> ScoreTable:
    size = len(names)
    shares = [np.bincount(c, minlength=size) / c.size for c in codes]
    train, synthetic = shares[0], shares[-1]
    order = np.argsort(-np.abs(synthetic - train), kind="stable")
    some = [int(i) for i in order if max(s[i] for s in shares) > 0]
    rows: list[tuple[Cell, ...]] = [
        (names[i], float(train[i]), None if views[1] is None else float(shares[1][i]), float(synthetic[i]))
        for i in some[:SHOWN_PATTERNS]
    ]
    left = len(some) - len(rows)
    return ScoreTable(
        title="Patterns of missing columns, largest difference first",
        heads=(Head("missing"), Head("train", "share"), Head("holdout", "share"), Head("twin", "share")),
        rows=tuple(rows),
        note=f"{left} more patterns have smaller differences." if left else "",
    )
