"""Columns cut into parts that can be named, and which parts are held by enough people to be told of.

A level or an exact number is named only where the twin holds it and at least k people of train do; ranges
lie between round edges, so that no edge is a value of the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.metrics.overlay import label_of, merged, scale_of
from twin.metrics.score import short
from twin.metrics.table_view import TableView
from twin.privacy.suppression.guard import count_subjects

RANGES = "a to b: from a up to, but not, b."
"""How ranges are read, for the notes of tables."""


@dataclass(frozen=True, kw_only=True)
class ColumnParts:
    """How one column is cut.

    Args:
        column: Its position.
        labels: One per part, with the column's name; the last stands for missing values.
        values: The values of the parts, shape (m,), or None where they are ranges.
        edges: Edges between the ranges, ascending, shape (m - 1,); None where parts are values.
        texts: What is written at each edge.
    """

    column: int
    labels: tuple[str, ...]
    values: Floats | None = None
    edges: Floats | None = None
    texts: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of parts, but for missing values."""
        return len(self.labels) - 1

    def codes(self, view: TableView) -> Ints:
        """The part of each row, -1 where its value is in none, shape (n,)."""
        x = view.values[:, self.column]
        if self.edges is not None:
            code = np.searchsorted(self.edges, x, side="right").astype(np.int64)
        else:
            assert self.values is not None
            code = index_of(self.values, x)
        return np.where(np.isnan(x), self.n, code)


def index_of(values: Floats, x: Floats) -> Ints:
    """Where each x stands among distinct values, -1 where it is none of them, shape (n,).

    Args:
        values: Values of the column, shape (n,).
        x: Values, shape (n,) or (n, terms).

    Example:
        >>> index_of(np.array([3.0, 1.0]), np.array([1.0, 2.0, 3.0, np.nan])).tolist()
        [1, -1, 0, -1]
    """
    if not values.size:
        return np.full(x.size, -1)
    order = np.argsort(values)
    at = np.minimum(np.searchsorted(values[order], x), values.size - 1)
    return np.where(values[order][at] == x, order[at], -1).astype(np.int64)


def parts(train: TableView, twin: TableView, j: int, *, k: int, most: int) -> ColumnParts:
    """Cut one column into at most so many parts, each held by at least k people of train.

    Args:
        train: The training rows.
        twin: The twin's rows.
        j: Position of the column.
        k: Fewest people of a part.
        most: Most parts.

    Returns:
        The commonest levels, or ranges of about equally many people; no part where nothing can be named.

    Example:
        >>> from twin.metrics.table_view import ViewColumn
        >>> column = ViewColumn(name="sex", kind="category", nominal=True, levels=("F", "M", "X"))
        >>> x = np.array([[0.0], [0.0], [1.0], [1.0], [1.0], [2.0]])
        >>> view = TableView((column,), x, np.arange(6), np.arange(6, dtype=np.uint64))
        >>> parts(view, view, 0, k=2, most=5).labels
        ('sex = M', 'sex = F', 'sex missing')
    """
    column, name = train.columns[j], short(train.columns[j].name, 40)
    x, y = train.values[:, j], twin.values[:, j]
    met = np.unique(y[~np.isnan(y)])
    if column.nominal or met.size <= most:
        held, _, _ = count_subjects(index_of(met, x), met.size, train.units)
        keep = np.argsort(-held, kind="stable")[:most]
        keep = keep[held[keep] >= k]
        values = met[keep if column.nominal else np.sort(keep)]
        named = [f"{name} = {label_of(column, float(v))}" for v in values]
        return ColumnParts(column=j, labels=(*named, f"{name} missing"), values=values)
    scale = scale_of(column, x, y, k)
    inner = scale.edges[1:-1]
    code = np.where(np.isnan(x), -1, np.searchsorted(inner, x, side="right"))
    held, _, _ = count_subjects(code, inner.size + 1, train.units)
    kept = merged(held, max(k, -(-train.n_units // most)))[1:-1]
    edges, texts = scale.edges[kept], tuple(scale.labels[i] for i in kept)
    named = [f"{name} {between(a, b)}" for a, b in zip(("", *texts), (*texts, ""), strict=True)]
    if held.sum() < k or len(named) == 1:  # all in one range says nothing
        return ColumnParts(column=j, labels=(f"{name} missing",), values=met[:0])
    return ColumnParts(column=j, labels=(*named, f"{name} missing"), edges=edges, texts=texts)


def between(low: str, high: str) -> str:
    """A range in words; an empty end is open.

    Args:
        low: Lower end, written.
        high: Upper end, written.

    Example:
        >>> between("20", "30"), between("", "30"), between("20", "")
        ('20 to 30', 'below 30', 'from 20')
    """
    if low and high:
        return f"{low} to {high}"
    return f"below {high}" if high else f"from {low}"


def reportable(codes: Ints, size: int, units: Ints, k: int) -> Bools:
    """Which codes can be told of one by one, shape (size,).

    Those that at least k people hold; and where all that is left is held by fewer than k together, one more
    is left out, since a total would tell of them.

    Args:
        codes: Code of each row, shape (n,); negative ones are of no part.
        size: Number of codes.
        units: Subjects of the rows, shape (n,).
        k: Fewest people.

    Example:
        >>> reportable(np.array([0, 0, 0, 1, 1, 2]), 3, np.arange(6), 2).tolist()
        [True, False, False]
    """
    held, _, _ = count_subjects(codes, size, units)
    fine = held >= k
    left = codes >= 0
    left[left] = ~fine[codes[left]]
    if fine.any() and 0 < np.unique(units[left]).size < k:
        fine[np.flatnonzero(fine)[np.argmin(held[fine])]] = False
    return fine
