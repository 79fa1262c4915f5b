"""Missingness: are as many values missing in the twin, column by column?"""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats
from twin.metrics.case import Case
from twin.metrics.intervals import groups_of, jackknife
from twin.metrics.score import Cell, Head, Interval, Score, ScoreTable
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
    return (
        Score(
            name="missingness",
            title="Missing values",
            sentence=sentence + ".",
            value=value.value,
            low=value.low,
            high=value.high,
            reference=None if reference is None else reference.value,
            reference_low=None if reference is None else reference.low,
            reference_high=None if reference is None else reference.high,
            n=synthetic.n,
            better="lower",
            note="Mean absolute difference of the shares over all columns.",
            tables=(_table(case, share),) if present else (),
        ),
    )


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
