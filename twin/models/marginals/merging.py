"""Codes merged to fewer, so that each keeps enough rows to be seen through the noise of a joint table."""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats, Ints
from twin.codes import MISSING, Field

_SEEN = 1 / 3
"""Part of the floor from which missing values keep a bin of their own: they are seldom like the rest."""


def merged(counts: Floats, of: Field, *, floor: float) -> Ints:
    """Bins of codes that hold about `floor` rows or more: heavy codes alone, light ones together.

    Neighbours are merged where codes are ordered, but for light ones squeezed in before a heavy code;
    elsewhere all light codes share a bin. A missing code keeps its own bin, or joins the heaviest where next
    to nothing is missing.

    Args:
        counts: Rows per code, not negative, shape (size,); noisy where a budget is kept.
        of: The field.
        floor: Rows that a bin should hold, ≥ 0.

    Returns:
        Bin of each code, shape (size,), each from 0 to the number of bins - 1 in use.

    Example:
        >>> merged(np.array([50.0, 2, 3, 40]), Field(name="age", size=4, ordered=True), floor=5).tolist()
        [0, 1, 1, 2]
        >>> merged(np.array([50.0, 2, 40, 3]), Field(name="city", size=4), floor=10).tolist()
        [0, 2, 1, 2]
    """
    first = 1 if of.nullable and of.size > 1 else 0
    there = counts[first:]
    bins = _runs(there, floor) if of.ordered else _heavy(there, floor)
    if not first:
        return bins
    if counts[MISSING] >= _SEEN * floor and counts[MISSING] > 0:
        return np.append(0, bins + 1)
    return np.append(bins[np.argmax(there)], bins)


def _heavy(counts: Floats, floor: float) -> Ints:
    """Heavy codes alone in their order, the light ones in a last bin, if any row holds one."""
    heavy = (counts >= floor) & (counts > 0)
    bins = np.cumsum(heavy) - 1
    if heavy.any() and not counts[~heavy].any():
        return np.where(heavy, bins, bins[np.argmax(counts)])
    return np.where(heavy, bins, bins[-1] + 1)


def _runs(counts: Floats, floor: float) -> Ints:
    """Runs of neighbours that reach the floor; the last joins the run before if it does not."""
    bins, held, alone = np.zeros(counts.size, np.int64), 0.0, False
    floor = max(floor, 1e-9)  # a bin without rows joins its neighbour
    for i in range(1, counts.size):
        held, alone = held + counts[i - 1], counts[i] >= floor
        start = held >= floor or (alone and held > 0)
        bins[i] = bins[i - 1] + start
        held = 0.0 if start else held
    last = bins == bins[-1]
    if bins[-1] and counts[last].sum() < floor:
        bins[last] -= 1
    return bins


def rows_per_bin(counts: Floats, bins: Ints) -> Floats:
    """Rows of each bin, shape (number of bins,).

    Example:
        >>> rows_per_bin(np.array([50.0, 2, 3]), np.array([0, 1, 1])).tolist()
        [50.0, 5.0]
    """
    return np.bincount(bins, counts, minlength=int(bins.max(initial=0)) + 1).astype(np.float64)
