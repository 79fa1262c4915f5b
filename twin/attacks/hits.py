"""From how often an attack hit people on each side to its reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from twin.arrays import Floats
from twin.attacks.base import Reading
from twin.metrics.intervals import Z95, newcombe, wilson
from twin.metrics.score import Head, Interval, ScoreTable


def rates(
    train: int, holdout: int, n: int, *, others: int | None = None, naive: Interval | None = None
) -> Reading:
    """The reading of an attack that hits or misses each person, or each of its guesses.

    Args:
        train: Hits among people learned from, 0 … n.
        holdout: Hits among others, 0 … n.
        n: People, or guesses, on the side of train, ≥ 1.
        others: Those on the other side; None for as many.
        naive: How often guessing without the table hits, or None.

    Returns:
        Share of train less share of the holdout.

    Example:
        >>> reading = rates(30, 10, 100)
        >>> round(reading.value, 2), round(reading.low, 3), round(reading.high, 3), round(reading.p, 4)
        (0.2, 0.09, 0.306, 0.0011)
    """
    others = n if others is None else others
    difference = newcombe(train, n, holdout, others)
    assert difference.low is not None and difference.high is not None
    return Reading(
        value=difference.value,
        low=difference.low,
        high=difference.high,
        error=(difference.high - difference.low) / (2 * Z95),
        p=tail(train, train + holdout, n / (n + others)),
        n=n,
        train=wilson(train, n),
        holdout=wilson(holdout, others),
        naive=naive,
    )


def tail(train: int, hits: int, share: float = 0.5) -> float:
    """One-sided p-value of so many hits on the side of train, where each hit meets anyone alike.

    Given all hits, those of one side are then binomial(hits, its share of the people), or vary less where
    nobody can be hit twice: exact, or on the safe side.

    Args:
        train: Hits on the side of train, 0 … hits.
        hits: Hits on both sides.
        share: Share of the people on the side of train, in (0, 1).

    Example:
        >>> tail(5, 5), tail(0, 0), tail(2, 3)
        (0.03125, 1.0, 0.5)
    """
    from scipy.special import betainc

    return 1.0 if train == 0 else float(betainc(train, hits - train + 1, share))


def worst(readings: Sequence[Reading]) -> Reading:
    """The reading of the largest figure, its p-value that of finding any in so many (Bonferroni).

    Args:
        readings: One per column, ≥ 1.
    """
    clearest = min(reading.p for reading in readings)
    return replace(max(readings, key=lambda one: one.value), p=min(1.0, clearest * len(readings)))


def by_column(readings: Mapping[str, Reading], title: str) -> ScoreTable:
    """Readings of several columns, largest figure first.

    Args:
        readings: The reading of each column, by its name.
        title: Title of the table.
    """
    ordered = sorted(readings.items(), key=lambda item: -item[1].value)
    return ScoreTable(
        title=title,
        heads=(
            Head("column"),
            Head("people learned from", "share"),
            Head("people it never saw", "share"),
            Head("difference", "share"),
            Head("from", "share"),
            Head("to", "share"),
        ),
        rows=tuple(
            (name, one.train.value, one.holdout.value, one.value, one.low, one.high)
            for name, one in ordered
            if one.train is not None and one.holdout is not None
        ),
        note="Newcombe's intervals, each for its column alone.",
    )


# Exact distributions of counts where those learned from and others are alike --------------------------


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
