"""Columns as at most twelve codes, for tables of one, two and three columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Bytes, Floats
from twin.metrics.table_view import TableView

BINS = 10
OTHER, MISSING, WIDTH = 10, 11, 12
"""Codes of values beyond the ten commonest and of missing ones, and the number of codes."""

CodeArray = Bytes


@dataclass(frozen=True)
class Cut:
    """How one column is cut.

    Args:
        values: The ten commonest values of train, by frequency; None for a column cut at quantiles.
        edges: Inner edges between the deciles of train, ascending; None for a column of few values.
    """

    values: Floats | None
    edges: Floats | None

    def codes(self, x: Floats) -> CodeArray:
        """The code of each value, shape (n,)."""
        if self.edges is not None:
            codes = np.searchsorted(self.edges, x, side="right")
        else:
            assert self.values is not None
            order = np.argsort(self.values)
            ranked = self.values[order]
            if not ranked.size:
                codes = np.full(x.size, OTHER)
            else:
                index = np.minimum(np.searchsorted(ranked, x), ranked.size - 1)
                codes = np.where(ranked[index] == x, order[index], OTHER)
        return np.where(np.isnan(x), MISSING, codes).astype(np.uint8)


def cut(train: TableView) -> tuple[Cut, ...]:
    """How each column is cut: deciles of train, or its ten commonest values where it has few or no order.

    Args:
        train: The training rows.

    Returns:
        One cut per column.

    Example:
        >>> from twin.metrics.table_view import ViewColumn
        >>> x = np.array([[0.0], [1.0], [1.0], [np.nan]])
        >>> column = ViewColumn(name="sex", kind="category", nominal=True, levels=("F", "M"))
        >>> view = TableView((column,), x, np.arange(4), np.arange(4, dtype=np.uint64))
        >>> cut(view)[0].codes(x[:, 0]).tolist()
        [1, 0, 0, 11]
    """
    cuts = []
    for j, column in enumerate(train.columns):
        x = train.values[:, j]
        x = x[~np.isnan(x)]
        values, counts = np.unique(x, return_counts=True)
        if column.nominal or values.size <= BINS:
            cuts.append(Cut(values[np.argsort(-counts, kind="stable")][:BINS], None))
        else:
            cuts.append(Cut(None, np.unique(np.quantile(x, np.linspace(0.1, 0.9, 9)))))
    return tuple(cuts)


def binned(view: TableView, cuts: tuple[Cut, ...]) -> CodeArray:
    """The codes of all columns, shape (n, p), column-major.

    Args:
        view: The table.
        cuts: How each column is cut.
    """
    codes = np.empty(view.values.shape, np.uint8, order="F")
    for j, one in enumerate(cuts):
        codes[:, j] = one.codes(view.values[:, j])
    return codes
