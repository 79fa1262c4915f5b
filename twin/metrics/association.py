"""Association of columns of any kind, for maps of the source, the twin and their difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Floats
from twin.metrics.accuracy import cells
from twin.metrics.binning import WIDTH, binned, cut
from twin.metrics.case import Case
from twin.randomness import Stream


@dataclass(frozen=True)
class Associations:
    """How strongly columns go together, in train and in the twin.

    Args:
        names: The q columns.
        train: Association of each pair, 0 (none) … 1 (one tells the other), q × q.
        synthetic: The same in the twin.
        left_out: How many columns are not in the maps.
    """

    names: tuple[str, ...]
    train: tuple[tuple[float, ...], ...]
    synthetic: tuple[tuple[float, ...], ...]
    left_out: int


def cramers_v(table: Floats) -> float:
    """Cramér's V of a table of counts, corrected for the bias that chance brings.

    Args:
        table: Counts, shape (r, c).

    Returns:
        0 … 1; 0 where a side does not vary.

    Source:
        Bergsma 2013, J. Korean Stat. Soc. 42, 323–328, equations 6 and 7.

    Example:
        >>> cramers_v(np.array([[50.0, 0.0], [0.0, 50.0]]))
        1.0
        >>> cramers_v(np.array([[25.0, 25.0], [25.0, 25.0]]))
        0.0
    """
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    n, (r, c) = table.sum(), table.shape
    if n < 2 or min(r, c) < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi2 = float(((table - expected) ** 2 / expected).sum() / n)
    phi2 = max(0.0, phi2 - (r - 1) * (c - 1) / (n - 1))
    smaller = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    return float(min(1.0, np.sqrt(phi2 / smaller))) if smaller > 0 else 0.0


def associations(case: Case) -> Associations:
    """Maps of association of train and of the twin, on the bins that accuracy uses.

    Args:
        case: The tables.

    Returns:
        The maps, of at most `limits.heat_columns` columns, drawn at random where there are more.
    """
    limits = case.limits
    train, synthetic = case.views.train.sample(limits.rows), case.views.synthetic.sample(limits.rows)
    p = len(train.columns)
    chosen = np.arange(p)
    if p > limits.heat_columns:
        chosen = np.sort(case.rng(Stream.ASSOCIATION).choice(p, limits.heat_columns, replace=False))
    cuts = cut(train)
    maps = []
    for view in (train, synthetic):
        codes = binned(view, cuts)
        q = chosen.size
        one = np.eye(q)
        for a in range(q):
            for b in range(a):
                counts = np.bincount(cells(codes, (int(chosen[a]), int(chosen[b]))), minlength=WIDTH**2)
                one[a, b] = one[b, a] = cramers_v(counts.reshape(WIDTH, WIDTH).astype(np.float64))
        maps.append(tuple(tuple(round(float(v), 3) for v in row) for row in one))
    names = tuple(train.columns[int(j)].name for j in chosen)
    return Associations(names, maps[0], maps[1], p - chosen.size)
