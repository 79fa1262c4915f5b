"""C2ST: can a classifier tell real rows from synthetic ones, and by which columns?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.metrics.case import NEEDS_HOLDOUT, Case
from twin.metrics.learner import classifier, few_enough, one_thread, usable_columns
from twin.metrics.ranking import auc
from twin.metrics.regions import regions
from twin.metrics.score import Cell, Head, Interval, Score, Table, short
from twin.metrics.view import View

FOLDS = 3
FEWEST = 30
"""Fewest subjects on each side."""
_SHUFFLED_ROWS = 3_000
_SHOWN = 10
TITLE = "Telling apart (C2ST)"

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Told:
    """How well two tables were told apart.

    Args:
        area: Area under the ROC curve.
        drops: How far it falls when one column is shuffled, shape (p,).
        spread: Standard deviation of the drops over folds, shape (p,).
    """

    area: Interval
    drops: FloatArray
    spread: FloatArray


def tell_apart(
    first: View, second: View, columns: NDArray[np.int64], *, rng: np.random.Generator | None
) -> Told:
    """Train on two thirds of the subjects, tell the rest; three times.

    Args:
        first: Rows of the first kind.
        second: Rows of the second kind; no subject may be in both.
        columns: Positions of the columns to look at, shape (q,).
        rng: Shuffles columns to see which ones gave the second away; None to skip that.

    Returns:
        The area under the ROC curve, and the drops where asked for.

    Source:
        Lopez-Paz & Oquab 2017, ICLR (classifier two-sample test); Breiman 2001, Mach. Learn. 45, section 10
        (shuffling), here on rows that were not trained on.
    """
    x = np.vstack([first.values[:, columns], second.values[:, columns]])  # (m + n, q)
    y = np.r_[np.zeros(first.n), np.ones(second.n)]
    fold = np.r_[first.units % FOLDS, second.units % FOLDS]  # a subject's rows stay in one fold
    scores = np.empty(y.size)
    drops = []
    for f in range(FOLDS):
        test = np.flatnonzero(fold == f)
        model = classifier().fit(x[fold != f], y[fold != f])
        scores[test] = model.predict_proba(x[test])[:, 1]
        if rng is not None:
            some = rng.permutation(test)[:_SHUFFLED_ROWS]
            drops.append(_drops(model, x[some], y[some], rng))
    area = _area(scores, y, first, second)
    table = np.array(drops) if drops else np.zeros((1, columns.size))  # (folds, q)
    return Told(area, table.mean(axis=0), table.std(axis=0))


def _area(scores: FloatArray, y: FloatArray, first: View, second: View) -> Interval:
    area = auc(scores[y == 1], scores[y == 0], positive_units=second.units, negative_units=first.units)
    if area.low is None or area.high is None:
        return area
    # Models of different folds share half of what they learned from, so their figures vary together: the
    # variance is raised by 1 + J · n_test / n_train (Nadeau & Bengio 2003, Mach. Learn. 52, section 3).
    # Without it the interval of two samples of one population holds .5 in 80% of cases only.
    wider = np.sqrt(1 + FOLDS / (FOLDS - 1))
    low, high = area.value - wider * (area.value - area.low), area.value + wider * (area.high - area.value)
    return Interval(area.value, max(0.0, float(low)), min(1.0, float(high)))


def _drops(model: object, x: FloatArray, y: FloatArray, rng: np.random.Generator) -> FloatArray:
    predict = model.predict_proba  # type: ignore[attr-defined]
    known = predict(x)[:, 1]
    whole = auc(known[y == 1], known[y == 0]).value
    drops = np.empty(x.shape[1])
    for j in range(x.shape[1]):
        shuffled = x.copy()
        shuffled[:, j] = rng.permutation(shuffled[:, j])
        scores = predict(shuffled)[:, 1]
        drops[j] = whole - auc(scores[y == 1], scores[y == 0]).value
    return drops


def c2st(case: Case) -> tuple[Score, ...]:
    """Whether a classifier can tell holdout from synthetic rows, beside train from holdout.

    Args:
        case: The tables.

    Returns:
        One score, .5 where nothing tells them apart.
    """
    train, holdout, synthetic = case.views.train, case.views.holdout, case.views.synthetic
    if holdout is None:
        return (_none(NEEDS_HOLDOUT),)
    columns = usable_columns([train, holdout, synthetic], case)
    n = few_enough(case.limits.learner_rows, columns.size)
    n = min(n, train.n, holdout.n, synthetic.n)
    train, holdout, synthetic = train.sample(n), holdout.sample(n), synthetic.sample(n)
    if min(train.n_units, holdout.n_units, synthetic.n_units) < FEWEST:
        return (_none(f"needs at least {FEWEST} subjects on each side"),)
    if not columns.size:
        return (_none("no column varies"),)
    with one_thread():
        twin = tell_apart(holdout, synthetic, columns, rng=case.rng(3))
        real = tell_apart(holdout, train, columns, rng=None)
        where = regions(case, holdout, synthetic, columns[np.argsort(-twin.drops, kind="stable")])
    area, reference = twin.area, real.area
    names = [train.columns[j].name for j in columns]
    caught = [short(names[i]) for i in np.argsort(-twin.drops, kind="stable")[:3] if _clear(twin, int(i))]
    gave = f" What gives it away most: {', '.join(caught)}." if caught else ""
    return (
        Score(
            name="c2st",
            title=TITLE,
            sentence=f"Shown one real and one synthetic row, a trained classifier picks the synthetic one "
            f"{area.value:.1%} of the time; guessing gets 50%, and between two samples of real people "
            f"it gets {reference.value:.1%}." + gave,
            value=area.value,
            low=area.low,
            high=area.high,
            reference=reference.value,
            reference_low=reference.low,
            reference_high=reference.high,
            reference_label="train told from holdout",
            n=n,
            better="half",
            note=f"Area under the ROC curve of gradient boosting, {FOLDS}-fold, {n:,} rows a side, all rows "
            "of a subject in one fold; interval after DeLong by subject, widened for cross-validation."
            + _drawn(columns.size, case, [train, holdout, synthetic]),
            tables=(_table(names, twin),) if where is None else (_table(names, twin), where),
        ),
    )


def _clear(told: Told, i: int) -> bool:
    """Whether the tables are told apart better than by guessing, and the column has a clear part in it."""
    above = told.area.low is not None and told.area.low > 0.5
    return above and bool(told.drops[i] > max(0.005, 2 * told.spread[i] / np.sqrt(FOLDS)))


def _drawn(used: int, case: Case, views: list[View]) -> str:
    if used < case.limits.learner_columns:
        return ""
    return f" {used:,} of {len(views[0].columns):,} columns, drawn at random."


def _none(why: str) -> Score:
    return Score(
        name="c2st",
        title=TITLE,
        sentence=f"Not available: {why}.",
        note=why,
        better="half",
        reference_label="train told from holdout",
    )


def _table(names: list[str], told: Told) -> Table:
    order = np.argsort(-told.drops, kind="stable")[:_SHOWN]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (names[i], float(told.drops[i]), float(told.spread[i] / np.sqrt(FOLDS))) for i in order
    )
    return Table(
        title="What gives it away",
        heads=(Head("column"), Head("loss when shuffled", "score"), Head("standard error", "score")),
        rows=rows,
        note="How far the classifier's area falls when the column's values are shuffled: near 0 where the "
        "column does not help to tell the twin from real rows.",
    )
