"""What the metrics that train a model share: which columns and how many rows, and the model itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from twin.arrays import Ints
from twin.metrics.case import Case
from twin.metrics.table_view import TableView
from twin.randomness import Stream

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

CELLS = 3_000_000
"""Most cells (rows × columns) of a side that a model is trained on."""
_CATEGORIES = 250  # the learner's own limit is 255


def usable_columns(views: list[TableView], case: Case, *, but: str | None = None) -> Ints:
    """Positions of the columns that vary, at most `limits.learner_columns`, drawn at random beyond.

    Args:
        views: The tables.
        case: The tables, and their caps.
        but: Name of a column to leave out, or None.
    """
    keep = []
    for j, column in enumerate(views[0].columns):
        if column.name == but:
            continue
        parts = [v.values[:, j] for v in views]
        first = parts[0][0]
        same = [np.isnan(x).all() if np.isnan(first) else (x == first).all() for x in parts]
        if not all(same):
            keep.append(j)
    most = case.limits.learner_columns
    if len(keep) > most:
        return np.sort(case.rng(Stream.LEARNER).choice(keep, most, replace=False)).astype(np.int64)
    return np.array(keep, dtype=np.int64)


def with_value(view: TableView, j: int) -> TableView:
    """The rows whose value in one column is known, subjects as they were.

    Args:
        view: The table.
        j: Position of the column.
    """
    known = ~np.isnan(view.values[:, j])
    return TableView(view.columns, view.values[known], view.units[known], view.hashes[known])


@contextmanager
def one_thread() -> Iterator[None]:
    """Learners on one thread: as quick on tables of this size, and not stalled by other work."""
    import sklearn.ensemble  # noqa: F401 - only libraries that are loaded can be limited
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=1):
        yield


def few_enough(rows: int, columns: int) -> int:
    """At most so many rows, fewer where there are many columns.

    Args:
        rows: Number of rows, ≥ 0.
        columns: Number of columns, ≥ 1.
    """
    return max(1, min(rows, CELLS // max(1, columns)))


def classifier(*, categorical: list[int] | None = None) -> HistGradientBoostingClassifier:
    """Gradient boosting with its usual settings (Ke et al. 2017, LightGBM; here scikit-learn's)."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(random_state=0, categorical_features=categorical or None)


def regressor(*, categorical: list[int] | None = None) -> HistGradientBoostingRegressor:
    """Gradient boosting with its usual settings, for a number."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(random_state=0, categorical_features=categorical or None)


def categorical_places(view: TableView, columns: Ints) -> list[int]:
    """Places, among the columns used, of nominal ones that the learner can take as such.

    Args:
        view: The table.
        columns: Positions of the columns.
    """
    chosen = [view.columns[j] for j in columns]
    return [i for i, c in enumerate(chosen) if c.nominal and len(c.levels) <= _CATEGORIES]
