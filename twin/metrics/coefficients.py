"""Coefficients: would a simple analysis of the twin come to the same conclusion?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.arrays import Floats, Ints
from twin.metrics.association import cramers_v
from twin.metrics.binning import WIDTH, binned, cut
from twin.metrics.case import Case
from twin.metrics.design import UNNAMED, design, independent, positive_class
from twin.metrics.intervals import jackknife
from twin.metrics.learner import usable_columns, with_value
from twin.metrics.overlay import label_of
from twin.metrics.regression import Fit, fit
from twin.metrics.score import Cell, Head, Interval, Score, ScoreTable, short
from twin.metrics.table_view import TableView

PREDICTORS = 10
"""Most columns to explain the target by: those that go with it most."""
LEVELS = 5
"""Most levels of a column, the commonest of which is the one that the others are compared with."""
FEWEST = 10
"""Fewest rows with a yes and with a no."""
_ROWS_A_TERM = 10
SHOWN = 30
CHANCE = 0.71
"""Mean overlap of the intervals of two samples of the same people: 1 - (2 / √π) / (2 · 1.96)."""


@dataclass(frozen=True)
class Analysis:
    """One regression, the same for every table.

    Args:
        labels: One per term.
        logistic: Whether the target is a yes or no.
        real: On train.
        twin: On the twin.
        fresh: On the holdout, or None.
    """

    labels: tuple[str, ...]
    logistic: bool
    real: Fit
    twin: Fit
    fresh: Fit | None


def overlap(low: Floats, high: Floats, other_low: Floats, other_high: Floats) -> Floats:
    """What two intervals have in common, as a part of each, averaged; 0 where they are apart.

    Args:
        low: Lower ends, shape (m,).
        high: Upper ends, shape (m,).
        other_low: Lower ends of the others, shape (m,).
        other_high: Upper ends of the others, shape (m,).

    Source:
        Karr, Kohnen, Oganian, Reiter & Sanil 2006, Am. Stat. 60, 224–232, section 3.

    Example:
        >>> a, b, c, d = (np.array([v]) for v in (0.0, 2.0, 1.0, 5.0))
        >>> overlap(a, b, c, d).tolist()
        [0.375]
    """
    shared = np.maximum(np.minimum(high, other_high) - np.maximum(low, other_low), 0)
    widths = np.maximum(high - low, 1e-12), np.maximum(other_high - other_low, 1e-12)
    both = 0.5 * (shared / widths[0] + shared / widths[1])
    same = (high - low < 1e-12) & (np.abs(low - other_low) < 1e-12)  # two points on one another
    return np.where(same, 1.0, np.minimum(both, 1.0))


def coefficients(case: Case) -> tuple[Score, ...]:
    """Mean overlap of the confidence intervals of a regression's coefficients, beside the holdout's.

    Args:
        case: The tables; without a target there is no score.

    Returns:
        One score, 0 … 1; none without a target.
    """
    if case.target is None:
        return ()
    blank = Score(
        name="coefficients",
        title="Same conclusions (coefficients)",
        sentence="",
        reference_label="a fresh sample of real people",
    )
    outcome = _analysis(case, case.target)
    if isinstance(outcome, str):
        return (blank.unavailable(outcome),)
    analysis, n, what = outcome
    value = _agreement(analysis.real, analysis.twin)
    reference = None if analysis.fresh is None else _agreement(analysis.real, analysis.fresh)
    how = "logistic" if analysis.logistic else "linear"
    sentence = (
        f"Where a {how} regression explains {what}, the twin's 95% intervals of the coefficients overlap "
        f"with those of the training data by {value.value:.0%} on average"
    )
    sentence += (
        "." if reference is None else f"; those of a fresh sample of real people by {reference.value:.0%}."
    )
    score = replace(
        blank,
        sentence=sentence,
        n=n,
        better="higher",
        note=f"Confidence interval overlap of {len(analysis.labels)} coefficients, {n:,} rows of each table, "
        f"intervals robust and by subject. Two samples of the same people overlap by about {CHANCE:.0%}.",
        tables=(_conclusions(analysis), _table(analysis)),
    )
    return (score.read(value, reference),)


def _analysis(case: Case, target: str) -> tuple[Analysis, int, str] | str:
    """The regression on each table, rows per table and what is explained; or why there is none."""
    views = case.views
    j = [c.name for c in views.train.columns].index(target)
    sides = [v for v in (views.train, views.synthetic, views.holdout) if v is not None]
    answered = [with_value(v, j) for v in sides]
    n = min(case.limits.analysis_rows, *(v.n for v in answered))
    if n < 2 * FEWEST:
        return f"needs {2 * FEWEST} rows that have the target in each table"
    answered = [v.sample(n) for v in answered]
    train, twin = answered[0], answered[1]
    yes = positive_class(train, j)
    answers = [_answers(v.values[:, j], yes, train.values[:, j]) for v in answered]
    enough = [
        min(int(y.sum()), int(y.size - y.sum())) >= FEWEST if yes is not None else float(y.std()) > 0
        for y in answers
    ]
    if not all(enough):
        return "the target hardly varies in one of the tables"
    columns = _predictors(train, usable_columns(sides, case, but=target), j)
    made = design(train, twin, columns, k=case.k, most=LEVELS)
    terms = [made.matrix(v) for v in answered]
    keep = independent(terms[0])[: n // _ROWS_A_TERM]
    if not keep.size:
        return "no other column varies"
    fits = [
        fit(x[:, keep], y, v.units, logistic=yes is not None)
        for x, y, v in zip(terms, answers, answered, strict=True)
    ]
    what = short(target, 40)
    if yes is not None:
        named = bool((twin.values[:, j] == yes).any())
        what += f" = {label_of(train.columns[j], yes) if named else UNNAMED}"
    labels = tuple(made.labels[i] for i in keep)
    return Analysis(labels, yes is not None, fits[0], fits[1], fits[2] if len(fits) > 2 else None), n, what


def _answers(x: Floats, yes: float | None, train: Floats) -> Floats:
    if yes is not None:
        return np.asarray(x == yes, np.float64)
    return np.asarray((x - train.mean()) / (float(train.std()) or 1.0), np.float64)


def _predictors(train: TableView, columns: Ints, target: int) -> Ints:
    """The columns that go with the target most, in the order of the table."""
    if columns.size <= PREDICTORS:
        return columns
    codes = binned(train, cut(train)).astype(np.int64)
    strength = [
        cramers_v(
            np.bincount(codes[:, j] * WIDTH + codes[:, target], minlength=WIDTH**2)
            .reshape(WIDTH, WIDTH)
            .astype(np.float64)
        )
        for j in columns
    ]
    return np.sort(columns[np.argsort(-np.array(strength), kind="stable")[:PREDICTORS]])


def _overlaps(real: Fit, other: Fit) -> Floats:
    return overlap(real.low, real.high, other.low, other.high)[1:]  # without the intercept


def _agreement(real: Fit, other: Fit) -> Interval:
    without = [
        float(_overlaps(real, Fit(theta, other.error, other.without)).mean()) for theta in other.without
    ]
    return jackknife(float(_overlaps(real, other).mean()), np.array(without if len(without) > 1 else []))


def _conclusions(analysis: Analysis) -> ScoreTable:
    real, others = analysis.real, (analysis.twin, analysis.fresh)
    clear = ((real.low > 0) | (real.high < 0))[1:]

    def shares(other: Fit | None) -> list[Cell]:
        if other is None:
            return [None, None, None]
        sign = np.sign(real.theta) == np.sign(other.theta)
        also = ((other.low > 0) | (other.high < 0)) & sign
        return [
            float((_overlaps(real, other) > 0).mean()),
            float(sign[1:][clear].mean()) if clear.any() else None,
            float(also[1:][clear].mean()) if clear.any() else None,
        ]

    labels = (
        "intervals that overlap at all",
        f"same sign, of the {int(clear.sum())} that are clear in train",
        "same sign and clear, of these",
    )
    rows = zip(labels, *(shares(other) for other in others), strict=True)
    return ScoreTable(
        title="Do the conclusions agree?",
        heads=(Head("coefficients"), Head("twin", "share"), Head("real", "share")),
        rows=tuple(rows),
        note="Clear: the 95% interval holds no zero.",
    )


def _table(analysis: Analysis) -> ScoreTable:
    real, twin = analysis.real, analysis.twin
    shared = _overlaps(real, twin)
    rows: list[tuple[Cell, ...]] = []
    for i in np.argsort(shared, kind="stable")[:SHOWN]:
        a = (float(f[i + 1]) for f in (real.theta, real.low, real.high, twin.theta, twin.low, twin.high))
        rows.append((analysis.labels[i], *a, float(shared[i])))
    heads = [Head(label, "score") for label in ("train", "low", "high", "twin", "low", "high", "overlap")]
    return ScoreTable(
        title="Coefficients, least overlap first",
        heads=(Head("term"), *heads),
        rows=tuple(rows),
        note="Numbers in standard deviations of train; a level is compared with its column's commonest.",
    )
