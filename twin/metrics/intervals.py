"""Intervals for shares, differences of shares, and anything that can be left-one-group-out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.metrics.score import Interval

Z95 = 1.959963984540054
GROUPS = 20
"""Groups of subjects that the jackknife leaves out in turn."""

_T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145]
_T95 += [2.131, 2.120, 2.110, 2.101, 2.093]  # Student's t, .975 quantile, 1 to 19 degrees of freedom


def wilson(hits: float, n: float) -> Interval:
    """A share with Wilson's score interval.

    Args:
        hits: How often, 0 … n; halves are allowed for ties.
        n: Of how many, ≥ 1; a fraction where rows do not count in full.

    Returns:
        The share and its 95% interval.

    Source:
        Wilson 1927, J. Am. Stat. Assoc. 22, 209–212.

    Example:
        >>> wilson(0, 10).low, round(wilson(0, 10).high, 4)
        (0.0, 0.2775)
    """
    p, z2 = hits / n, Z95**2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * np.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    high = 1.0 if hits == n else min(1.0, centre + half)
    return Interval(p, float(low), float(high))


def newcombe(first: int, of_first: int, second: int, of_second: int) -> Interval:
    """The difference of two shares of different rows.

    Args:
        first: How many of the first rows have the property, 0 … of_first.
        of_first: First rows, ≥ 1.
        second: How many of the second rows have it, 0 … of_second.
        of_second: Second rows, ≥ 1.

    Returns:
        Share of the first less share of the second, with its 95% interval.

    Source:
        Newcombe 1998, Stat. Med. 17, 873–890, method 10; the example is in its table II.

    Example:
        >>> d = newcombe(56, 70, 48, 80)
        >>> round(d.value, 4), round(d.low, 4), round(d.high, 4)
        (0.2, 0.0524, 0.3339)
    """
    return difference(wilson(first, of_first), wilson(second, of_second))


def newcombe_paired(both: int, first: int, second: int, neither: int) -> Interval:
    """The difference of two shares of the same rows.

    Args:
        both: Rows that have both properties.
        first: Rows that have the first only.
        second: Rows that have the second only.
        neither: Rows that have neither.

    Returns:
        Share of the first less share of the second, with its 95% interval.

    Source:
        Newcombe 1998, Stat. Med. 17, 2635–2650, method 10.

    Example:
        >>> d = newcombe_paired(36, 12, 2, 0)
        >>> round(d.value, 4), round(d.low, 4), round(d.high, 4)
        (0.2, 0.0569, 0.3404)
    """
    n = both + first + second + neither
    a, b = wilson(both + first, n), wilson(both + second, n)
    assert a.low is not None and a.high is not None and b.low is not None and b.high is not None
    product = float((both + first) * (second + neither)) * float((both + second) * (first + neither))
    cross = float(both * neither - first * second)
    if cross > 0:
        cross = max(cross - n / 2, 0.0)  # continuity correction of method 10
    phi = cross / np.sqrt(product) if product else 0.0
    down_a, up_a, down_b, up_b = a.value - a.low, a.high - a.value, b.value - b.low, b.high - b.value
    difference = a.value - b.value
    low = difference - np.sqrt(max(down_a**2 - 2 * phi * down_a * up_b + up_b**2, 0.0))
    high = difference + np.sqrt(max(up_a**2 - 2 * phi * up_a * down_b + down_b**2, 0.0))
    return Interval(float(difference), float(low), float(high))


def groups_of(units: Ints, groups: int = GROUPS) -> Ints:
    """The group of each row, so that the rows of one subject stay together.

    Args:
        units: Dense ids of subjects in random order, shape (n,).
        groups: Most groups.

    Returns:
        Group of each row, shape (n,), 0 … min(groups, subjects) - 1.

    Example:
        >>> groups_of(np.array([0, 1, 1, 2]), groups=2).tolist()
        [0, 1, 1, 0]
    """
    return units % max(1, min(groups, int(units.max(initial=-1)) + 1))


def jackknife(value: float, without: Floats, *, low: float = 0.0, high: float = 1.0) -> Interval:
    """An interval from the figures reached when each of G groups of subjects is left out.

    Leaving out large groups, and not single rows, keeps the variance right for figures that are not
    smooth, such as sums of absolute differences, and groups of subjects keep the rows of a person together.

    Args:
        value: The figure on all rows.
        without: The figure without each group, shape (G,); NaN where it cannot be had.
        low: Smallest value there is.
        high: Largest value there is.

    Returns:
        The figure and its 95% interval, Student's t with G - 1 degrees of freedom; no ends below 2 groups.

    Source:
        Shao & Wu 1989, Ann. Stat. 17, 1176–1197 (deleting groups); Efron & Tibshirani 1993, section 11.5.

    Example:
        >>> jackknife(.5, np.array([.5, .5, .5]))
        Interval(value=0.5, low=0.5, high=0.5)
    """
    without = without[~np.isnan(without)]
    g = without.size
    if g < 2:
        return Interval(value)
    error = np.sqrt((g - 1) / g * np.sum((without - without.mean()) ** 2))
    half = (_T95[g - 2] if g - 2 < len(_T95) else Z95) * error
    return Interval(value, float(max(low, value - half)), float(min(high, value + half)))


def jackknife_rows(
    figure: Callable[[Bools], float],
    units: Ints,
    *,
    low: float = 0.0,
    high: float = 1.0,
) -> Interval:
    """`jackknife` for a figure that is computed from a mask of rows.

    Args:
        figure: The figure of the rows that a mask of shape (n,) keeps.
        units: Dense ids of subjects, shape (n,).
        low: Smallest value there is.
        high: Largest value there is.

    Returns:
        The figure of all rows and its interval.

    Example:
        >>> x = np.array([0.0, 1.0, 0.0, 1.0])
        >>> jackknife_rows(lambda keep: float(x[keep].mean()), np.arange(4)).value
        0.5
    """
    group = groups_of(units)
    everything = np.ones(units.size, bool)
    without = [figure(group != g) for g in range(int(group.max()) + 1)] if group.max() > 0 else []
    return jackknife(figure(everything), np.array(without, dtype=np.float64), low=low, high=high)


def share(hits: Bools, units: Ints) -> Interval:
    """The share of rows that are hit: Wilson's interval, or the jackknife's where subjects have several rows.

    Args:
        hits: Shape (n,), n ≥ 1.
        units: Dense ids of subjects, shape (n,).

    Returns:
        The share and its 95% interval.

    Example:
        >>> share(np.array([True, False]), np.arange(2)).value
        0.5
    """
    if np.unique(units).size == units.size:
        return wilson(float(np.count_nonzero(hits)), hits.size)
    return jackknife_rows(lambda keep: float(hits[keep].mean()) if keep.any() else float("nan"), units)


def difference(first: Interval, second: Interval) -> Interval:
    """The difference of two figures of different people.

    Args:
        first: A figure with its interval.
        second: Another, independent of it.

    Returns:
        First less second, with an interval made of the distances of their ends; no ends where one has none.

    Source:
        Newcombe 1998, Stat. Med. 17, 873–890, method 10; for any two intervals Zou & Donner 2008, Stat. Med.
        27, 1693–1702.

    Example:
        >>> d = difference(wilson(56, 70), wilson(48, 80))
        >>> round(d.value, 4), round(d.low, 4), round(d.high, 4)
        (0.2, 0.0524, 0.3339)
    """
    value = first.value - second.value
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return Interval(value)
    low = value - np.hypot(first.value - first.low, second.high - second.value)
    high = value + np.hypot(first.high - first.value, second.value - second.low)
    return Interval(value, float(low), float(high))
