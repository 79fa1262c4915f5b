"""Learners that are trained on the twin and on real rows: boosting, a regression, a forest."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.metrics.learner import classifier, regressor
from twin.metrics.view import View

FloatArray = NDArray[np.float64]
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
    terms: Callable[[View], FloatArray]
    model: Callable[[bool], Any]
    rows: int

    def predict(
        self, source: View, y: FloatArray, unseen: View, *, number: bool
    ) -> tuple[FloatArray, FloatArray]:
        """Train on the rows of `source` with answers y, shape (n,), and answer for unseen rows.

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
    plain: Callable[[View], FloatArray],
    categorical: list[int],
    design: Callable[[View], FloatArray],
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
