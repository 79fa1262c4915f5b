"""Cuts of a number line that enough subjects stand on either side of. Pure functions on integers.

Values lie on an integer grid (cents, days, …). Every cut is a half-integer, so it equals no value, and is the
roundest one between its two neighbours, so it does not tell them.
"""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats, Ints
from twin.privacy.suppression.tally import Tally, tally  # noqa: F401  (tally: for the examples)


def round_between(below: Ints, above: Ints) -> Floats:
    """The roundest half-integers between pairs of integers.

    Args:
        below: Lower neighbours, shape (m,).
        above: Upper neighbours, shape (m,), each > its lower one.

    Returns:
        c - 1/2 for the integer c, below < c < above, that is a multiple of the highest power of ten; below +
        1/2 where the two are adjacent. Shape (m,).

    Example:
        >>> round_between(np.array([37, 1999]), np.array([112, 2000])).tolist()
        [99.5, 1999.5]
    """
    cut = below + 1
    for power in range(1, 19):
        step = 10**power
        candidate = (below // step + 1) * step
        fits = (candidate < above) & (candidate > below)  # the second also catches overflow
        if not fits.any():
            break
        cut = np.where(fits, candidate, cut)
    return cut.astype(np.float64) - 0.5


def bound_below(line: Tally, threshold: int) -> float | None:
    """A lower bound with at least `threshold` subjects at or below it (rule S5).

    Args:
        line: Values on an integer grid, and who holds them.
        threshold: Fewest subjects.

    Returns:
        A half-integer, or None if there are fewer subjects in all.

    Example:
        >>> bound_below(tally(np.array([3, 18, 18, 19, 25]), None), 2)
        17.5
        >>> bound_below(tally(np.array([3, 5, 48, 75]), None), 2)
        9.5
    """
    place = line.reach(threshold)
    if place is None:
        return None
    edge = int(line.values[place])
    if line.held[place] >= threshold:
        return edge - 0.5
    above = line.values[place + 1 : place + 2]
    if not above.size:
        return edge + 0.5
    return float(round_between(np.array([edge]), above)[0])


def bound_above(line: Tally, threshold: int) -> float | None:
    """An upper bound with at least `threshold` subjects at or above it: `bound_below` in the mirror.

    Args:
        line: Who holds which value.
        threshold: Fewest subjects, ≥ 1.
    """
    mirrored = bound_below(line.mirrored(), threshold)
    return None if mirrored is None else -mirrored


def middle(line: Tally) -> Floats:
    """Edges around the roundest grid point in the middle of the values: one value for all.

    Example:
        >>> middle(tally(np.array([2, 7, 13, 30]), None)).tolist()
        [9.5, 10.5]
    """
    ends = np.cumsum(line.rows)  # rows at or below each value
    place = int(np.searchsorted(ends, max(ends[-1] // 2, 1)))
    if place + 1 >= line.values.size:
        return np.array([line.values[place] - 0.5, line.values[place] + 0.5])
    cut = round_between(line.values[place : place + 1], line.values[place + 1 : place + 2])[0]
    return np.array([cut, cut + 1.0])


def cell_edges(
    line: Tally, *, threshold: int, most: int, within: tuple[float, float] | None = None
) -> Floats:
    """Edges of cells of about equally many rows, each with at least `threshold` subjects (rule S6).

    Args:
        line: Values on an integer grid, and who holds them.
        threshold: Fewest subjects in a cell.
        most: Most cells, ≥ 1.
        within: Bounds that the cells keep to, half-integers, or None.

    Returns:
        Ascending half-integers, shape (cells + 1,). The outer ones are guarded bounds, so that values
        beyond them belong to the end cells. Empty if there are too few subjects, or no room, for a cell.

    Example:
        >>> cell_edges(tally(np.arange(100), None), threshold=10, most=4).tolist()
        [9.5, 24.5, 49.5, 74.5, 89.5]
    """
    low, high = bound_below(line, threshold), bound_above(line, threshold)
    if low is None or high is None:
        return np.empty(0)
    low, high = min(low, high), max(low, high)  # they cross where fewer than two cells' subjects are there
    if within is not None:
        low, high = max(low, within[0]), min(high, within[1])
    if high - low < 1:
        return np.empty(0)
    inside = line.clipped(int(np.ceil(low)), int(np.floor(high)))
    ends = np.cumsum(inside.rows)  # rows at or below each value
    wanted = max(1, min(most, int(ends[-1]) // threshold))
    if ends.size == 1 or wanted == 1:
        return np.array([low, high])
    targets = np.arange(1, wanted) * ends[-1] / wanted
    spot = np.clip(np.searchsorted(ends[:-1], targets), 0, ends.size - 2)
    nearer = np.maximum(spot - 1, 0)
    spot = np.where(np.abs(ends[nearer] - targets) < np.abs(ends[spot] - targets), nearer, spot)
    cuts = np.unique(spot)
    inner = round_between(inside.values[cuts], inside.values[cuts + 1])
    edges = np.unique(np.concatenate([[low], inner[(inner > low) & (inner < high)], [high]]))
    return _merged(edges, inside, threshold)


def _merged(edges: Floats, line: Tally, threshold: int) -> Floats:
    """Drop edges from the left until each cell has enough subjects."""
    cuts = np.append(np.searchsorted(line.values, edges[:-1]), line.values.size)
    held = line.counts(cuts)
    kept: list[int] = []
    left = 0
    for cell in range(held.size):
        enough = held[cell] if left == cell else line.count(int(cuts[left]), int(cuts[cell + 1]))
        if enough >= threshold:
            kept.append(left)
            left = cell + 1
    return np.append(edges[kept] if kept else edges[:1], edges[-1])
