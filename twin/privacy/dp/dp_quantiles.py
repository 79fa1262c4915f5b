"""Bounds, precision, atoms and cells from noisy counts over public bins: post-processing, at no cost.

Pure functions. They see noisy counts and how wide the noise is, never data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from twin.arrays import Floats, Ints
from twin.errors import InputError

FALSE_ALARM = 1e-3
"""Chance that any of the bins of a histogram passes for filled though nobody is in it."""

_LOWEST, _HIGHEST = -20, 62  # powers of two that bound the exponential bins
_HALVES = 2 * (_HIGHEST - _LOWEST)  # half-octaves on either side of zero
OCTAVES = 2 * _HALVES + 1
"""Number of exponential bins: half-octaves below zero, zero, half-octaves above it."""

_SCALES = 5  # bins alone, and joined in twos, fours, eights and sixteens
_CHANGE = 4.5  # deviations from which a change of level is no chance, over tens of thousands of bins
_LEFT = 0.01  # share of values that bounds may leave outside, besides noise

MOST_POINTS = 65_536
"""Grids of no more points than these have a bin for each."""

COARSE = 512
"""Most bins of wider grids."""

DOUBT = 2.5
"""Standard deviations of its noise that the mass of a cell passes. The model measures the cell again."""

FINEST = 9
DIGITS = 2 * FINEST + 2
"""Number of bins of precision: from -9 (multiples of 10⁹) to 9 digits after the point, and finer."""


def beyond_doubt(size: int, *, sigma: float, false_alarm: float = FALSE_ALARM) -> float:
    """The count from which a bin is filled beyond doubt.

    Args:
        size: Number of bins, ≥ 1.
        sigma: Standard deviation of the noise on each.
        false_alarm: Chance that any empty bin reaches it, by the union bound.

    Returns:
        A count > 0.

    Example:
        >>> round(beyond_doubt(100, sigma=10.0), 2)
        42.65
    """
    from scipy.special import ndtri

    return float(-sigma * ndtri(false_alarm / max(1, size)))


def outermost(counts: Ints, *, sigma: float) -> tuple[int, int] | None:
    """The first and the last bin of the stretch that is filled beyond doubt.

    Bins are looked at one by one, then in twos, fours, … sixteens, until next to nothing is left outside.

    Args:
        counts: Noisy counts, shape (size,).
        sigma: Standard deviation of the noise on each.

    Returns:
        Two positions, or None where no bin is.

    Example:
        >>> outermost(np.array([3, 90, -2, 70, 8]), sigma=10.0)
        (1, 3)
        >>> outermost(np.array([3, -4, 38, 40, 36, 41, 8, 1]), sigma=10.0)
        (2, 5)
    """
    found = None
    for scale in range(_SCALES):
        wide = 2**scale
        merged = np.add.reduceat(counts, np.arange(0, counts.size, wide))
        doubt = beyond_doubt(merged.size, sigma=sigma * math.sqrt(wide), false_alarm=FALSE_ALARM / _SCALES)
        filled = np.flatnonzero(merged > doubt)
        if not filled.size:
            continue
        found = int(filled[0]) * wide, min(int(filled[-1] + 1) * wide, counts.size) - 1
        outside = np.concatenate([counts[: found[0]], counts[found[1] + 1 :]])
        if outside.sum() <= _LEFT * counts.sum() + 2 * sigma * math.sqrt(outside.size):
            return found
    return found


def octaves(values: Floats) -> Ints:
    """The exponential bin of each value.

    Args:
        values: Shape (n,); infinite ones go to the outermost bins.

    Returns:
        Bins, 0 … OCTAVES - 1, ascending with the values; below 0 where a value is not a number.

    Example:
        >>> bins = octaves(np.array([-1.0, 0.0, 1.0, 1.5, np.nan]))
        >>> (bins[:4] - octaves(np.array([0.0]))).tolist(), int(bins[4])
        ([-41, 0, 41, 42], -1)
    """
    size = np.clip(np.abs(np.nan_to_num(values, nan=0.0)), 2.0**_LOWEST, 2.0**_HIGHEST)
    step = np.clip(np.floor(2 * np.log2(size)) - 2 * _LOWEST, 0, _HALVES - 1).astype(np.int64)
    bins = np.where(values == 0, _HALVES, _HALVES + np.where(values > 0, step + 1, -step - 1))
    return np.where(np.isnan(values), -1, bins).astype(np.int64)


def octave_range(bin_: int) -> tuple[float, float]:
    """The two ends of an exponential bin, ascending.

    Example:
        >>> octave_range(int(octaves(np.array([65.0]))[0]))
        (64.0, 90.50966799187809)
    """
    if not 0 <= bin_ < OCTAVES:
        raise InputError(f"bin: must lie between 0 and {OCTAVES - 1}")
    step = abs(bin_ - _HALVES) - 1
    if step < 0:
        return 0.0, 0.0
    near = 2.0 ** (_LOWEST + step / 2) if step else 0.0  # the innermost bin reaches down to zero
    far = 2.0 ** (_LOWEST + (step + 1) / 2)
    return (near, far) if bin_ > _HALVES else (-far, -near)


def bounds(counts: Ints, *, sigma: float) -> tuple[float, float]:
    """Bounds of values from noisy counts in exponential bins; (0, 1) where nothing is beyond doubt.

    Args:
        counts: Noisy counts, shape (OCTAVES,).
        sigma: Standard deviation of the noise on each.

    Returns:
        (low, high), low ≤ high.

    Example:
        >>> counts = np.zeros(OCTAVES, np.int64)
        >>> counts[octaves(np.array([17.0, 65.0]))] = 500
        >>> [round(end, 2) for end in bounds(counts, sigma=20.0)]
        [16.0, 90.51]
    """
    found = outermost(counts, sigma=sigma)
    if found is None:
        return 0.0, 1.0
    return octave_range(found[0])[0], octave_range(found[1])[1]


def digits(values: Floats, *, rounding: float = 1e-12) -> Ints:
    """The bin of the digits after the point that each value needs.

    Args:
        values: Shape (n,).
        rounding: Relative rounding error of the values.

    Returns:
        Bins, 0 … DIGITS - 1; 0 for multiples of 10⁹, 9 for whole numbers, 9 + d for d digits after the point,
        the last for more than nine; below 0 where a value is not finite.

    Example:
        >>> (digits(np.array([1200.0, 3.0, 0.25, np.pi, np.inf])) - FINEST).tolist()
        [-2, 0, 2, 10, -10]
    """
    finite = np.isfinite(values)
    held = np.where(finite, values, 0.0)
    needed = np.full(values.shape, DIGITS - 1, np.int64)
    for place in range(FINEST, -FINEST - 1, -1):
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = held * 10.0**place if place >= 0 else held / 10.0**-place
            whole = np.abs(scaled - np.rint(scaled)) <= rounding * np.abs(scaled) + 1e-9
        needed[whole & (needed == place + FINEST + 1)] = place + FINEST
    return np.where(finite, needed, -1)


def decimals(counts: Ints, *, sigma: float, spare: float = 0.005) -> int | None:
    """The coarsest precision that all but a small share of values keep to.

    Args:
        counts: Noisy counts in bins of `digits`, shape (DIGITS,).
        sigma: Standard deviation of the noise on each.
        spare: Share of values that may need more digits.

    Returns:
        Digits after the point, -9 … 9; 0 where nothing is beyond doubt; None where nine are too few.

    Example:
        >>> counts = np.zeros(DIGITS, np.int64)
        >>> counts[FINEST + 2], counts[FINEST + 4] = 1000, 3
        >>> decimals(counts, sigma=5.0)
        2
    """
    total = float(counts.sum())
    if total <= 4 * sigma * math.sqrt(counts.size):
        return 0
    beyond = np.cumsum(counts[::-1])[::-1]  # from each bin on
    bins = np.arange(counts.size, 0, -1)
    needed = np.flatnonzero(beyond > 3 * sigma * np.sqrt(bins) + spare * total)
    last = int(needed[-1]) if needed.size else FINEST
    return None if last == DIGITS - 1 else last - FINEST


def public_edges(low: int, high: int) -> Floats:
    """Edges of the bins of a grid: one per point, or a few hundred that also suit skewed values.

    Args:
        low: First point of the grid.
        high: Last point, ≥ low.

    Returns:
        Half-integers, ascending, from low - 1/2 to high + 1/2. Where the grid has more points than
        `MOST_POINTS`, half of them are evenly spread, and half grow with the distance from zero.

    Example:
        >>> public_edges(3, 5).tolist(), public_edges(-10, 10**9).size <= COARSE + 1
        ([2.5, 3.5, 4.5, 5.5], True)
    """
    if high < low:
        raise InputError("grid: its last point must not lie below its first")
    if high - low < MOST_POINTS:
        return np.arange(low, high + 2, dtype=np.float64) - 0.5
    half = COARSE // 2
    even = np.linspace(low, high, half)
    growing = np.sinh(np.linspace(math.asinh(low), math.asinh(high), half))
    inner = np.floor(np.concatenate([even, growing])) - 0.5
    edges = np.unique(np.concatenate([inner, [low - 0.5, high + 0.5]]))
    return edges[(edges >= low - 0.5) & (edges <= high + 0.5)]


def heaps(counts: Ints, *, sigma: float, most: int, reach: int = 8) -> Ints:
    """Bins that stand out from the noise and from their neighbours.

    Args:
        counts: Noisy counts, shape (size,), in the order of the values.
        sigma: Standard deviation of the noise on each.
        most: Most bins to return, ≥ 0.
        reach: Neighbours on either side that a bin is held against.

    Returns:
        Their positions, ascending.

    Example:
        >>> heaps(np.array([4, 5, 90, 3, 6, 5]), sigma=2.0, most=3).tolist()
        [2]
    """
    size = counts.size
    sums = np.concatenate([[0], np.cumsum(counts)])
    first, last = np.maximum(np.arange(size) - reach, 0), np.minimum(np.arange(size) + reach + 1, size)
    others = last - first - 1
    level = np.maximum(sums[last] - sums[first] - counts, 0) / np.maximum(others, 1)
    least = max(4.0 * sigma, beyond_doubt(size, sigma=sigma, false_alarm=0.05))
    stands = (counts > least) & (counts > 2 * level + sigma)
    found = np.flatnonzero(stands)
    heaviest = found[np.argsort(-counts[found], kind="stable")[:most]]
    return np.sort(heaviest).astype(np.int64)


def segments(counts: Ints, edges: Floats, *, sigma: float, most: int) -> list[int]:
    """Where the density of noisy counts changes, so that a crowd is not lost in a wide empty stretch.

    Args:
        counts: Noisy counts of the bins, shape (size,).
        edges: Edges of the bins, ascending, shape (size + 1,).
        sigma: Standard deviation of the noise on each.
        most: Most segments, about, ≥ 1.

    Returns:
        Ascending positions from 0 to size between which densities look alike.

    Source:
        Olshen et al. 2004 (circular binary segmentation: windows that differ from what is around them, the
        clearest first), over windows of dyadic lengths.

    Example:
        >>> segments(np.array([50, 52, 2, 3, 1, 95]), np.arange(7) - 0.5, sigma=4.0, most=9)
        [0, 2, 5, 6]
    """
    sums = np.concatenate([[0.0], np.cumsum(counts, dtype=np.float64)])
    found, open_ = {0, counts.size}, [_window(sums, edges, 0, counts.size, sigma)]
    while open_ and len(found) <= most:
        clear, cuts = open_.pop(int(np.argmax([window[0] for window in open_])))
        if clear < _CHANGE:
            break
        found.update(cuts)
        open_ += [_window(sums, edges, low, high, sigma) for low, high in pairwise(cuts) if high > low]
    return sorted(found)


def _window(
    sums: Floats, edges: Floats, low: int, high: int, sigma: float
) -> tuple[float, tuple[int, int, int, int]]:
    """The window that differs most from the rest between two positions: in deviations, and where."""
    whole, density = high - low, (sums[high] - sums[low]) / (edges[high] - edges[low])
    clear, at, width = 0.0, low, whole
    w = 1
    while w < whole:
        starts = np.arange(low, high - w + 1)
        ends = starts + w
        expected = density * (edges[ends] - edges[starts])
        off = np.abs(sums[ends] - sums[starts] - expected) / (sigma * math.sqrt(w * (1 - w / whole)))
        best = int(np.argmax(off))
        if off[best] > clear:
            clear, at, width = float(off[best]), low + best, w
        w *= 2
    return clear, (low, at, at + width, high)


def cells(counts: Ints, edges: Floats, *, sigma: float, most: int, cuts: Sequence[int] = ()) -> Floats:
    """Edges of cells: where the density changes, and between about equal masses above their noise.

    Args:
        counts: Noisy counts of the bins, shape (size,).
        edges: Edges of the bins, ascending, shape (size + 1,).
        sigma: Standard deviation of the noise on each.
        most: Most cells, ≥ 1.
        cuts: Positions of bins at which the density is known to change.

    Returns:
        Some of the edges, the outer ones among them, shape (cells + 1,).

    Example:
        >>> cells(np.array([50, 50, 2, 3, 95]), np.arange(6) - 0.5, sigma=4.0, most=4).tolist()
        [-0.5, 1.5, 3.5, 4.5]
    """
    found = segments(counts, edges, sigma=sigma, most=max(1, most // 2 - len(cuts)))
    parts = sorted({*found, *(min(cut, counts.size) for cut in cuts)})
    target = max(float(counts.sum()), 1.0) / max(1, most - len(parts) + 2)
    chosen = [0]
    for low, high in pairwise(parts):
        inside = _equal(counts[low:high], sigma=sigma, target=target, most=most - len(chosen) + 1)
        chosen += [low + place for place in inside] + [high]
    return edges[chosen]


def _equal(counts: Ints, *, sigma: float, target: float, most: int) -> list[int]:
    """Positions inside a segment between cells of the target mass, each clearly above its noise."""
    chosen, mass = [0], 0.0
    for place, count in enumerate(counts.tolist()):
        mass += count
        doubt = DOUBT * sigma * math.sqrt(place + 1 - chosen[-1])
        if mass >= max(target * 0.999, doubt) and len(chosen) < most:
            chosen.append(place + 1)
            mass = 0.0
    doubt = DOUBT * sigma * math.sqrt(max(1, counts.size - chosen[-1]))
    if len(chosen) > 1 and mass < max(0.5 * target, doubt):
        chosen.pop()  # what is left is too little for a cell of its own
    return [place for place in chosen[1:] if place < counts.size]
