"""Cuts of a number line that enough subjects stand on either side of. Pure functions on integers.

Values lie on an integer grid (cents, days, …). Every cut is a half-integer, so it equals no value, and is the
roundest one between its two neighbours, so it does not tell them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IntegerArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


def round_between(below: IntegerArray, above: IntegerArray) -> FloatArray:
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


def distinct_so_far(subjects: NDArray[np.int64] | None, n: int) -> IntegerArray:
    """Number of distinct subjects among the first 1, 2, …, n rows, shape (n,)."""
    if subjects is None:
        return np.arange(1, n + 1)
    new = np.zeros(n, np.int64)
    new[np.unique(subjects, return_index=True)[1]] = 1
    return np.cumsum(new)


def bound_below(units: IntegerArray, subjects: NDArray[np.int64] | None, threshold: int) -> float | None:
    """A lower bound with at least `threshold` subjects at or below it (rule S5).

    Args:
        units: Values on an integer grid, shape (n,).
        subjects: Subject of each value, shape (n,), or None where each is one of its own.
        threshold: Fewest subjects.

    Returns:
        A half-integer, or None if there are fewer subjects in all.

    Example:
        >>> bound_below(np.array([3, 18, 18, 19, 25]), None, 2)
        17.5
        >>> bound_below(np.array([3, 5, 48, 75]), None, 2)
        9.5
    """
    order = np.argsort(units, kind="stable")
    line = units[order]  # (n,) ascending
    owners = None if subjects is None else subjects[order]
    reached = distinct_so_far(owners, line.size)
    if not reached.size or reached[-1] < threshold:
        return None
    edge = line[np.searchsorted(reached, threshold)]
    at_edge = line == edge
    held = int(at_edge.sum()) if owners is None else np.unique(owners[at_edge]).size
    if held >= threshold:
        return float(edge) - 0.5
    above = line[line > edge]
    if not above.size:
        return float(edge) + 0.5
    return float(round_between(np.array([edge]), above[:1])[0])


def bound_above(units: IntegerArray, subjects: NDArray[np.int64] | None, threshold: int) -> float | None:
    """An upper bound with at least `threshold` subjects at or above it: `bound_below` in the mirror."""
    mirrored = bound_below(-units, subjects, threshold)
    return None if mirrored is None else -mirrored


def middle(units: IntegerArray) -> FloatArray:
    """Edges around the roundest grid point in the middle of the values: one value for all.

    Example:
        >>> middle(np.array([2, 7, 13, 30])).tolist()
        [9.5, 10.5]
    """
    line = np.sort(units)
    half = line.size // 2
    above = line[half:][line[half:] > line[max(half - 1, 0)]]
    if not above.size:
        return np.array([line[half] - 0.5, line[half] + 0.5])
    cut = round_between(line[half - 1 : half], above[:1])[0]
    return np.array([cut, cut + 1.0])


def cell_edges(
    units: IntegerArray,
    subjects: NDArray[np.int64] | None,
    *,
    threshold: int,
    most: int,
    within: tuple[float, float] | None = None,
) -> FloatArray:
    """Edges of cells of about equally many rows, each with at least `threshold` subjects (rule S6).

    Args:
        units: Values on an integer grid, shape (n,).
        subjects: Subject of each value, shape (n,), or None where each is one of its own.
        threshold: Fewest subjects in a cell.
        most: Most cells, ≥ 1.
        within: Bounds that the cells keep to, half-integers, or None.

    Returns:
        Ascending half-integers, shape (cells + 1,). The outer ones are guarded bounds, so that values
        beyond them belong to the end cells. Empty if there are too few subjects, or no room, for a cell.

    Example:
        >>> cell_edges(np.arange(100), None, threshold=10, most=4).tolist()
        [9.5, 24.5, 49.5, 74.5, 89.5]
    """
    low, high = bound_below(units, subjects, threshold), bound_above(units, subjects, threshold)
    if low is None or high is None:
        return np.empty(0)
    low, high = min(low, high), max(low, high)  # they cross where fewer than two cells' subjects are there
    if within is not None:
        low, high = max(low, within[0]), min(high, within[1])
    if high - low < 1:
        return np.empty(0)
    inside = np.clip(units, int(np.ceil(low)), int(np.floor(high)))
    order = np.argsort(inside, kind="stable")
    line = inside[order]
    wanted = max(1, min(most, line.size // threshold))
    steps = np.flatnonzero(np.diff(line))  # last row of each distinct value but the highest
    if not steps.size or wanted == 1:
        return np.array([low, high])
    targets = np.arange(1, wanted) * line.size / wanted
    spot = np.clip(np.searchsorted(steps + 1, targets), 0, steps.size - 1)
    nearer = np.maximum(spot - 1, 0)
    spot = np.where(np.abs(steps[nearer] + 1 - targets) < np.abs(steps[spot] + 1 - targets), nearer, spot)
    cuts = steps[np.unique(spot)]
    inner = round_between(line[cuts], line[cuts + 1])
    edges = np.unique(np.concatenate([[low], inner[(inner > low) & (inner < high)], [high]]))
    owners = None if subjects is None else subjects[order]
    return _merged(edges, line, owners, threshold)


def _merged(
    edges: FloatArray, line: IntegerArray, subjects: NDArray[np.int64] | None, threshold: int
) -> FloatArray:
    """Drop edges from the left until each cell has enough subjects."""
    start = np.searchsorted(line, edges[:-1])
    stop = np.append(start[1:], line.size)
    kept: list[int] = []
    left = 0
    for cell in range(start.size):
        rows = slice(start[left], stop[cell])
        held = rows.stop - rows.start if subjects is None else np.unique(subjects[rows]).size
        if held >= threshold:
            kept.append(left)
            left = cell + 1
    return np.append(edges[kept] if kept else edges[:1], edges[-1])
