"""Exact laws of counts where those learned from and others are alike."""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats
from twin.metrics.score import Interval


def even_split(train: int, holdout: int, n: int) -> float:
    """One-sided p-value of so many hits on the side of train, given all hits, each person hit or not.

    Where most people are hit, the split of the hits varies far less than by tossing a coin for each.

    Args:
        train: People hit among those learned from, 0 … n.
        holdout: People hit among others, 0 … n.
        n: People on each side, ≥ 1.

    Source:
        Fisher 1935, The Logic of Inductive Inference (the exact test).

    Example:
        >>> round(even_split(4, 0, 4), 4), even_split(4, 4, 4)
        (0.0143, 1.0)
    """
    from scipy.stats import hypergeom

    return float(hypergeom.sf(train - 1, 2 * n, n, train + holdout))


def ahead(train: Floats, holdout: Floats, rank: int) -> float:
    """One-sided p-value of so many people learned from scoring above the holdout's best but rank - 1.

    Where both sides are alike, all orders are: the m people of train above the r-th of the holdout are that
    many because among the m + r - 1 foremost at most r - 1 are of the holdout. Ties count for the holdout.

    Args:
        train: Scores of n people learned from, shape (n,).
        holdout: Scores of as many others, shape (n,).
        rank: r, 1 … n.

    Source:
        Precedence test: Balakrishnan & Ng 2006, Precedence-Type Tests and Applications, chapter 3.

    Example:
        >>> round(ahead(np.array([3.0, 2.0]), np.array([1.0, 0.0]), 1), 4)
        0.1667
    """
    from scipy.stats import hypergeom

    n = holdout.size
    m = int((train > np.sort(holdout)[n - rank]).sum())
    return float(hypergeom.cdf(rank - 1, n + train.size, n, m + rank - 1))


def clopper_pearson(hits: int, n: int) -> Interval:
    """A share with the interval that covers at least 95% whatever the share is.

    Args:
        hits: How often, 0 … n.
        n: Of how many, ≥ 1.

    Source:
        Clopper & Pearson 1934, Biometrika 26, 404–413.

    Example:
        >>> ends = clopper_pearson(1, 10)
        >>> round(ends.low, 4), round(ends.high, 4)
        (0.0025, 0.445)
    """
    from scipy.special import betaincinv

    low = 0.0 if hits == 0 else float(betaincinv(hits, n - hits + 1, 0.025))
    high = 1.0 if hits == n else float(betaincinv(hits + 1, n - hits, 0.975))
    return Interval(hits / n, low, high)
