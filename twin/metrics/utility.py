"""Utility: is a model trained on the twin as good on real people as one trained on real rows?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.metrics.binning import BINS
from twin.metrics.case import NEEDS_HOLDOUT, Case
from twin.metrics.intervals import jackknife_rows
from twin.metrics.learner import (
    categorical_places,
    classifier,
    few_enough,
    one_thread,
    regressor,
    usable_columns,
)
from twin.metrics.ranking import auc
from twin.metrics.score import Cell, Head, Interval, Score, Table, short
from twin.metrics.view import View

FEWEST = 10
"""Fewest rows of a class that is predicted."""
MOST_CLASSES = 20
TITLE = "Usefulness (TSTR)"

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Test:
    """What models are tested on.

    Args:
        columns: Positions of the predictors, shape (q,).
        target: Position of the target.
        classes: The classes that are predicted, shape (c,); None for a number.
        rows: The holdout's rows.
    """

    columns: NDArray[np.int64]
    target: int
    classes: FloatArray | None
    rows: View

    @property
    def truth(self) -> FloatArray:
        """The target of the rows, shape (n,)."""
        return self.rows.values[:, self.target]


def _without_missing(view: View, j: int, most: int) -> View:
    known = ~np.isnan(view.values[:, j])
    return View(view.columns, view.values[known], view.units[known], view.hashes[known]).sample(most)


def _classes(train: View, holdout: View, j: int) -> FloatArray | None:
    values, counts = np.unique(train.values[:, j], return_counts=True)
    if not train.columns[j].nominal and values.size > BINS:
        return None
    common = values[np.argsort(-counts, kind="stable")][:MOST_CLASSES]
    seen, met = np.unique(holdout.values[:, j], return_counts=True)
    enough = seen[(met >= FEWEST) & (met <= holdout.n - FEWEST)]
    return np.sort(common[np.isin(common, enough)])


def _predict(source: View, test: Test) -> FloatArray:
    """Scores per class, shape (n, c), or predictions, shape (n, 1), of a model trained on `source`."""
    x, y = source.values[:, test.columns], source.values[:, test.target]
    categorical = categorical_places(source, test.columns)
    unseen = test.rows.values[:, test.columns]
    if test.classes is None:
        return np.asarray(regressor(categorical=categorical).fit(x, y).predict(unseen))[:, None]
    label = np.searchsorted(test.classes, y).clip(max=test.classes.size - 1)
    label = np.where(test.classes[label] == y, label, test.classes.size)  # the last stands for all others
    counts = np.bincount(label, minlength=test.classes.size + 1)
    taught = counts[label] >= FEWEST
    scores = np.zeros((test.rows.n, test.classes.size + 1))
    if np.count_nonzero(counts >= FEWEST) >= 2:
        model = classifier(categorical=categorical).fit(x[taught], label[taught])
        scores[:, model.classes_.astype(np.int64)] = model.predict_proba(unseen)
    return scores[:, : test.classes.size]


def _figure(predicted: FloatArray, test: Test, keep: NDArray[np.bool_]) -> float:
    """AUC, averaged over classes where there are more than two, or R², of the rows kept."""
    truth, predicted = test.truth[keep], predicted[keep]
    if test.classes is None:
        spread = float(np.sum((truth - truth.mean()) ** 2))
        return 1 - float(np.sum((truth - predicted[:, 0]) ** 2)) / spread if spread else float("nan")
    areas = []
    for c in range(1 if test.classes.size == 2 else 0, test.classes.size):
        hit = truth == test.classes[c]
        if hit.any() and not hit.all():
            areas.append(auc(predicted[hit, c], predicted[~hit, c]).value)
    return float(np.mean(areas)) if areas else float("nan")


def utility(case: Case) -> tuple[Score, ...]:
    """Train on synthetic, test on real, beside train on real, test on real.

    Args:
        case: The tables; without a target there is no score.

    Returns:
        One score: the mean one-vs-rest AUC for a class, R² for a number; none without a target.

    Source:
        Esteban, Hyland & Rätsch 2017, arXiv 1706.02633, section 4 (TSTR).
    """
    if case.target is None:
        return ()
    train, holdout, synthetic = case.views.train, case.views.holdout, case.views.synthetic
    if holdout is None:
        return (_none(NEEDS_HOLDOUT),)
    j = [c.name for c in train.columns].index(case.target)
    columns = usable_columns([train, holdout, synthetic], case, but=case.target)
    most = few_enough(case.limits.utility_rows, columns.size)
    train, holdout, synthetic = (_without_missing(v, j, most) for v in (train, holdout, synthetic))
    if min(train.n, holdout.n, synthetic.n) < 2 * FEWEST or not columns.size:
        return (_none(f"needs a column to predict from and {2 * FEWEST} rows that have the target"),)
    classes = _classes(train, holdout, j)
    if classes is not None and classes.size == 0:
        return (_none(f"no class of the target has {FEWEST} rows of the holdout for and against it"),)
    test = Test(columns, j, classes, holdout)
    with one_thread():
        by_twin, by_real = _predict(synthetic, test), _predict(train, test)
    lowest = 0.0 if classes is not None else -np.inf
    value = jackknife_rows(lambda keep: _figure(by_twin, test, keep), holdout.units, low=lowest)
    reference = jackknife_rows(lambda keep: _figure(by_real, test, keep), holdout.units, low=lowest)
    loss = jackknife_rows(
        lambda keep: _figure(by_real, test, keep) - _figure(by_twin, test, keep),
        holdout.units,
        low=-np.inf,
        high=np.inf,
    )
    if np.isnan(value.value) or np.isnan(reference.value):
        return (_none("the target does not vary in the holdout"),)
    return (_score(case.target, test, value, reference, loss, synthetic.n),)


def _score(target: str, test: Test, value: Interval, reference: Interval, loss: Interval, n: int) -> Score:
    target = short(target)
    if test.classes is None:
        sentence = (
            f"A model trained on the twin explains {value.value:.1%} of the variation of {target} among real "
            f"people it never saw; one trained on the real rows explains {reference.value:.1%}."
        )
    else:
        sentence = (
            f"A model trained on the twin to predict {target} ranks two real people of different classes "
            f"rightly {value.value:.1%} of the time; one trained on the real rows {reference.value:.1%}. "
            "Guessing gets 50%."
        )
    rows: tuple[tuple[Cell, ...], ...] = (
        ("trained on the twin", value.value, value.low, value.high),
        ("trained on real rows", reference.value, reference.low, reference.high),
        ("loss, on the same people", loss.value, loss.low, loss.high),
    )
    measure = "R²" if test.classes is None else "AUC"
    return Score(
        name="tstr",
        title=TITLE,
        sentence=sentence,
        value=value.value,
        low=value.low,
        high=value.high,
        reference=reference.value,
        reference_low=reference.low,
        reference_high=reference.high,
        reference_label="trained on real rows",
        n=n,
        better="higher",
        note=f"{measure} of gradient boosting on {test.rows.n:,} rows of the holdout; the interval says how "
        "far it would move with other people to test on.",
        tables=(
            Table(
                title=f"Predicting {target}",
                heads=(Head("model"), Head(measure, "score"), Head("low", "score"), Head("high", "score")),
                rows=rows,
            ),
        ),
    )


def _none(why: str) -> Score:
    return Score(
        name="tstr",
        title=TITLE,
        sentence=f"Not available: {why}.",
        note=why,
        reference_label="trained on real rows",
    )
