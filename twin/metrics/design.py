"""Columns as the terms of a regression: numbers in standard deviations, levels as indicators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.metrics.overlay import label_of
from twin.metrics.parts import index_of
from twin.metrics.score import short
from twin.metrics.table_view import TableView
from twin.privacy.suppression.guard import count_subjects

_SEEN = 0.01  # share of the rows of train from which missing values and other levels get a term
UNNAMED = "a level that the twin lacks"


@dataclass(frozen=True)
class Nominal:
    """A column of levels: one indicator each, but for the commonest.

    Args:
        column: Position.
        levels: Codes of the levels, the commonest first, shape (m,).
        others: Whether all other levels and missing values together get an indicator.
    """

    column: int
    levels: Floats
    others: bool

    def terms(self, view: TableView) -> Floats:
        """The indicators, shape (n, m - 1) or (n, m) with the others'."""
        index = index_of(self.levels, view.values[:, self.column])
        wanted = [*range(1, self.levels.size), *((-1,) if self.others else ())]
        return np.asarray(index[:, None] == np.array(wanted, dtype=np.int64), np.float64)


@dataclass(frozen=True)
class OrderedTerm:
    """A number or datetime, centred and scaled by train; missing values stand in its middle.

    Args:
        column: Position.
        mean: Mean in train.
        spread: Standard deviation in train, > 0.
        gaps: Whether missing values get an indicator.
    """

    column: int
    mean: float
    spread: float
    gaps: bool

    def terms(self, view: TableView) -> Floats:
        """The number, and the indicator where there is one, shape (n, 1 or 2)."""
        x = view.values[:, self.column]
        gone = np.isnan(x)
        z = np.where(gone, 0.0, (x - self.mean) / self.spread)
        return np.column_stack([z, gone]) if self.gaps else z[:, None]


@dataclass(frozen=True)
class Design:
    """How columns become terms, learned from train.

    Args:
        parts: One per column.
        labels: One per term.
    """

    parts: tuple[Nominal | OrderedTerm, ...]
    labels: tuple[str, ...]

    def matrix(self, view: TableView) -> Floats:
        """The terms of each row, without an intercept, shape (n, q)."""
        return np.hstack([np.zeros((view.n, 0)), *(part.terms(view) for part in self.parts)])


def design(train: TableView, twin: TableView, columns: Ints, *, k: int, most: int) -> Design:
    """Terms for some columns.

    Args:
        train: The training rows; levels that fewer than k people hold share one term.
        twin: The twin's rows; levels that it lacks are not named.
        columns: Positions, shape (p,).
        k: Fewest people of a level.
        most: Most levels of a column.

    Example:
        >>> from twin.metrics.table_view import ViewColumn
        >>> column = ViewColumn(name="sex", kind="category", nominal=True, levels=("F", "M"))
        >>> x = np.array([[0.0], [0.0], [1.0], [1.0], [1.0]])
        >>> view = TableView((column,), x, np.arange(5), np.arange(5, dtype=np.uint64))
        >>> design(view, view, np.array([0]), k=2, most=5).labels
        ('sex = F',)
    """
    parts: list[Nominal | OrderedTerm] = []
    labels: list[str] = []
    for j in (int(c) for c in columns):
        column, name, x = train.columns[j], short(train.columns[j].name, 40), train.values[:, j]
        known = ~np.isnan(x)
        if column.nominal:
            met = np.unique(x[known])
            index = index_of(met, x)
            held, _, _ = count_subjects(index, met.size, train.units)
            keep = np.argsort(-held, kind="stable")[:most]
            keep = keep[held[keep] >= k]
            others = _enough(~np.isin(index, keep), train, k) and keep.size > 0
            parts.append(Nominal(j, met[keep], others))
            for value in met[keep][1:]:
                named = bool((twin.values[:, j] == value).any())
                labels.append(f"{name} = {label_of(column, float(value)) if named else UNNAMED}")
            labels += [f"{name} = (others)"] if others else []
        elif known.any() and float(x[known].std()) > 0:
            gaps = _enough(~known, train, k)
            parts.append(OrderedTerm(j, float(x[known].mean()), float(x[known].std()), gaps))
            labels += [name, f"{name} missing"] if gaps else [name]
    return Design(tuple(parts), tuple(labels))


def _enough(rows: Bools, train: TableView, k: int) -> bool:
    return bool(rows.mean() >= _SEEN and np.unique(train.units[rows]).size >= k)


def independent(x: Floats, *, least: float = 0.05) -> Ints:
    """Positions of the terms that those before them do not tell, shape (q',).

    Args:
        x: Terms, shape (n, q).
        least: Length of what is left of a term without those before it, as a part of its own.

    Example:
        >>> x = np.array([[1.0, 2.0, 0.0], [2.0, 4.0, 1.0], [3.0, 6.0, 0.0]])
        >>> independent(x).tolist()
        [0, 2]
    """
    centred = x - x.mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    kept: list[int] = []
    basis = np.zeros((x.shape[0], 0))
    for j in range(x.shape[1]):
        rest = centred[:, j] - basis @ (basis.T @ centred[:, j])
        left = float(np.linalg.norm(rest))
        if length[j] > 0 and left > least * length[j]:
            kept.append(j)
            basis = np.column_stack([basis, rest / left])
    return np.array(kept, dtype=np.int64)


def positive_class(train: TableView, j: int) -> float | None:
    """The class that counts as yes: the rarer of two, the commonest of more; None for a number.

    Args:
        train: The real rows that were learned from.
        j: Position of the column.
    """
    values, counts = np.unique(train.values[~np.isnan(train.values[:, j]), j], return_counts=True)
    if values.size == 2:
        return float(values[0] if counts[0] < counts[1] else values[1])
    if train.columns[j].nominal and values.size > 2:
        return float(values[int(np.argmax(counts))])
    return None
