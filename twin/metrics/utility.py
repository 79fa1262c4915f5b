"""Utility: is a model trained on the twin as good on real people as one trained on real rows?"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.metrics.binning import BINS
from twin.metrics.case import NEEDS_HOLDOUT, Case
from twin.metrics.design import design
from twin.metrics.intervals import groups_of, jackknife
from twin.metrics.learner import (
    categorical_places,
    classifier,
    few_enough,
    one_thread,
    regressor,
    usable_columns,
    with_value,
)
from twin.metrics.ranking import area
from twin.metrics.score import Cell, Head, Interval, Score, ScoreTable, short
from twin.metrics.table_view import TableView

FEWEST = 10
"""Fewest rows of a class that is predicted."""
MOST_CLASSES = 20
LEVELS = 30
"""Most levels of a column that learners see as terms."""


@dataclass(frozen=True)
class Test:
    """What models are tested on.

    Args:
        columns: Positions of the predictors, shape (q,).
        target: Position of the target.
        classes: The classes that are predicted, shape (c,); None for a number.
        rows: The holdout's rows.
    """

    columns: Ints
    target: int
    classes: Floats | None
    rows: TableView

    @property
    def truth(self) -> Floats:
        """The target of the rows, shape (n,)."""
        return self.rows.values[:, self.target]


def _classes(train: TableView, holdout: TableView, j: int) -> Floats | None:
    values, counts = np.unique(train.values[:, j], return_counts=True)
    if not train.columns[j].nominal and values.size > BINS:
        return None
    common = values[np.argsort(-counts, kind="stable")][:MOST_CLASSES]
    seen, met = np.unique(holdout.values[:, j], return_counts=True)
    enough = seen[(met >= FEWEST) & (met <= holdout.n - FEWEST)]
    return np.sort(common[np.isin(common, enough)])


def _predict(source: TableView, test: Test, learner: Learner) -> Floats:
    """Scores per class, shape (n, c), or predictions, shape (n, 1), of a model trained on `source`."""
    source = source.sample(learner.rows)
    y = source.values[:, test.target]
    if test.classes is None:
        return learner.predict(source, y, test.rows, number=True)[0]
    label = np.searchsorted(test.classes, y).clip(max=test.classes.size - 1)
    label = np.where(test.classes[label] == y, label, test.classes.size)  # the last stands for all others
    counts = np.bincount(label, minlength=test.classes.size + 1)
    taught = counts[label] >= FEWEST
    scores = np.zeros((test.rows.n, test.classes.size + 1))
    if np.count_nonzero(counts >= FEWEST) >= 2:
        some = TableView(source.columns, source.values[taught], source.units[taught], source.hashes[taught])
        chances, classes = learner.predict(some, label[taught].astype(np.float64), test.rows, number=False)
        scores[:, classes.astype(np.int64)] = chances
    return scores[:, : test.classes.size]


def _figure(predicted: Floats, test: Test, keep: Bools) -> float:
    """AUC, averaged over classes where there are more than two, or R², of the rows kept."""
    truth, predicted = test.truth[keep], predicted[keep]
    if test.classes is None:
        spread = float(np.sum((truth - truth.mean()) ** 2))
        return 1 - float(np.sum((truth - predicted[:, 0]) ** 2)) / spread if spread else float("nan")
    areas = []
    for c in range(1 if test.classes.size == 2 else 0, test.classes.size):
        hit = truth == test.classes[c]
        if hit.any() and not hit.all():
            areas.append(area(predicted[hit, c], predicted[~hit, c]))
    return float(np.mean(areas)) if areas else float("nan")


@dataclass(frozen=True)
class Reached:
    """What models reach on the holdout.

    Args:
        value: The figure on all rows.
        without: The figure without each of G groups of people, shape (G,).
        lowest: Smallest value there is.
    """

    value: float
    without: Floats
    lowest: float

    def interval(self) -> Interval:
        """The figure, and how far it would move with other people to test on."""
        return jackknife(self.value, self.without, low=self.lowest)

    def less(self, other: Reached) -> Interval:
        """How much more this is than another, on the same people."""
        gap = self.without - other.without
        return jackknife(self.value - other.value, gap, low=-np.inf, high=np.inf)


def _reached(source: TableView, test: Test, learner: Learner) -> Reached:
    predicted = _predict(source, test, learner)
    group = groups_of(test.rows.units)
    everyone = np.ones(test.rows.n, bool)
    without = [_figure(predicted, test, group != g) for g in range(int(group.max()) + 1)]
    lowest = 0.0 if test.classes is not None else -np.inf
    return Reached(_figure(predicted, test, everyone), np.array(without if len(without) > 1 else []), lowest)


def _mean(reached: list[Reached]) -> Reached:
    whole = float(np.mean([r.value for r in reached]))
    return Reached(whole, np.mean([r.without for r in reached], axis=0), reached[0].lowest)


def utility(case: Case) -> tuple[Score, ...]:
    """Train on synthetic, test on real, beside train on real, test on real.

    Args:
        case: The tables; without a target there is no score.

    Returns:
        The mean one-vs-rest AUC for a class, R² for a number: "tstr" of the headline's learner, and
        "learners", the mean over all; none without a target.

    Source:
        Esteban, Hyland & Rätsch 2017, arXiv 1706.02633, section 4 (TSTR).
    """
    if case.target is None:
        return ()
    train, holdout, synthetic = case.views.train, case.views.holdout, case.views.synthetic
    if holdout is None:
        return (_BLANK.unavailable(NEEDS_HOLDOUT),)
    j = [c.name for c in train.columns].index(case.target)
    columns = usable_columns([train, holdout, synthetic], case, but=case.target)
    most = few_enough(case.limits.utility_rows, columns.size)
    train, holdout, synthetic = (with_value(v, j).sample(most) for v in (train, holdout, synthetic))
    if min(train.n, holdout.n, synthetic.n) < 2 * FEWEST or not columns.size:
        why = f"needs a column to predict from and {2 * FEWEST} rows that have the target"
        return (_BLANK.unavailable(why),)
    classes = _classes(train, holdout, j)
    if classes is not None and classes.size == 0:
        why = f"no class of the target has {FEWEST} rows of the holdout for and against it"
        return (_BLANK.unavailable(why),)
    test = Test(columns, j, classes, holdout)
    terms = design(train, synthetic, columns, k=case.k, most=LEVELS)
    rows = few_enough(case.limits.analysis_rows, len(terms.labels))
    some = learners(
        lambda view: view.values[:, columns], categorical_places(train, columns), terms.matrix, rows
    )
    some = some if terms.labels else some[:1]
    with one_thread():
        twin = [_reached(synthetic, test, learner) for learner in some]
        real = [_reached(train, test, learner) for learner in some]
    if any(np.isnan(r.value) for r in (*twin, *real)):
        return (_BLANK.unavailable("the target does not vary in the holdout"),)
    return (
        _score(case.target, test, twin[0], real[0], synthetic.n),
        _several(case.target, test, some, twin, real, synthetic.n),
    )


def _measure(test: Test) -> str:
    return "R²" if test.classes is None else "AUC"


def _score(target: str, test: Test, twin: Reached, real: Reached, n: int) -> Score:
    target = short(target)
    value, reference, loss = twin.interval(), real.interval(), real.less(twin)
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
    heads = (Head("model"), Head(_measure(test), "score"), Head("low", "score"), Head("high", "score"))
    return replace(
        _BLANK,
        sentence=sentence,
        n=n,
        note=f"{_measure(test)} of gradient boosting on {test.rows.n:,} rows of the holdout; the interval "
        "says how far it would move with other people to test on.",
        tables=(ScoreTable(title=f"Predicting {target}", heads=heads, rows=rows),),
    ).read(value, reference)


def _several(
    target: str, test: Test, some: Sequence[Learner], twin: list[Reached], real: list[Reached], n: int
) -> Score:
    target = short(target)
    value, reference = _mean(twin).interval(), _mean(real).interval()
    loss = _mean(real).less(_mean(twin))
    rows: list[tuple[Cell, ...]] = []
    for learner, a, b in zip(some, twin, real, strict=True):
        gap = b.less(a)
        rows.append((learner.name, a.value, b.value, gap.value, gap.low, gap.high))
    heads = [Head(label, "score") for label in ("twin", "real", "loss", "low", "high")]
    return Score(
        name="learners",
        title="Usefulness, several learners",
        sentence=f"Averaged over {len(rows)} sorts of models that predict {target}, one trained on the twin "
        f"reaches {value.value:.3f} and one trained on real rows {reference.value:.3f} "
        f"(loss {loss.value:.3f}).",
        reference_label=_BLANK.reference_label,
        n=n,
        note=f"Mean {_measure(test)} on the holdout. All but boosting learn from at most {some[-1].rows:,} "
        "rows.",
        tables=(
            ScoreTable(
                title=f"Predicting {target}, by learner ({_measure(test)})",
                heads=(Head("learner"), *heads),
                rows=tuple(rows),
                note="Loss: how much better the model trained on real rows is, on the same people.",
            ),
        ),
    ).read(value, reference)


_BLANK = Score(
    name="tstr",
    title="Usefulness (TSTR)",
    sentence="",
    reference_label="trained on real rows",
    better="higher",
)


TREES = 50
_LEAF = 5
_ROUNDS = 200


@dataclass(frozen=True)
class Learner:
    """A way to learn a target from other columns.

    Args:
        name: Its name.
        terms: What it sees of a table's rows, shape (n, q).
        model: A new model for a class, or for a number.
        rows: Most rows that it learns from.
    """

    name: str
    terms: Callable[[TableView], Floats]
    model: Callable[[bool], Any]
    rows: int

    def predict(
        self, source: TableView, y: Floats, unseen: TableView, *, number: bool
    ) -> tuple[Floats, Floats]:
        """Train on the rows of `source` with answers y, shape (n,), and answer for unseen rows.

        Args:
            source: Rows that the model learns from.
            y: Other values of the same sort, or what is predicted, shape (m,).
            unseen: Rows that are predicted.
            number: Whether a number is predicted, not a class.

        Returns:
            Chances of the classes, shape (m, c), or numbers, shape (m, 1); and the classes, shape (c,).
        """
        model = self.model(number)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a fit was stopped early
            model.fit(self.terms(source), y)
        if number:
            return np.asarray(model.predict(self.terms(unseen)), np.float64)[:, None], np.zeros(0)
        return np.asarray(model.predict_proba(self.terms(unseen)), np.float64), np.asarray(model.classes_)


def learners(
    plain: Callable[[TableView], Floats],
    categorical: list[int],
    design: Callable[[TableView], Floats],
    rows: int,
) -> tuple[Learner, ...]:
    """The learners, the headline first.

    Args:
        plain: Columns as they are, shape (n, p).
        categorical: Places among them that are levels.
        design: Columns as terms of a regression, shape (n, q).
        rows: Most rows for all but the headline.
    """

    def boosted(number: bool) -> Any:
        return regressor(categorical=categorical) if number else classifier(categorical=categorical)

    def linear(number: bool) -> Any:
        from sklearn.linear_model import LogisticRegression, Ridge

        return Ridge() if number else LogisticRegression(max_iter=_ROUNDS)

    def forest(number: bool) -> Any:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        kind = RandomForestRegressor if number else RandomForestClassifier
        return kind(TREES, min_samples_leaf=_LEAF, max_features="sqrt", random_state=0, n_jobs=1)

    return (
        Learner("gradient boosting", plain, boosted, 10**9),
        Learner("linear or logistic regression", design, linear, rows),
        Learner("random forest", design, forest, rows),
    )
