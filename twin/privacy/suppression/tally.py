"""Who holds which value, sorted once: all that bounds, cells and atoms need to know of a column.

Pure counting; nothing here decides what may leave the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Tally:
    """Distinct values in ascending order, with the rows and the subjects of each.

    Args:
        values: Distinct values, ascending, shape (d,).
        rows: Rows per value, shape (d,).
        most: Rows of the heaviest subject per value, shape (d,).
        owners: Subjects of the values, one value after the other, shape (pairs,); None where each row is a
            subject of its own.
        starts: Where the owners of each value start, shape (d + 1,).
    """

    values: Ints
    rows: Ints
    most: Ints
    owners: Ints | None
    starts: Ints

    @property
    def held(self) -> Ints:
        """Distinct subjects per value, shape (d,)."""
        return np.diff(self.starts)

    def only(self, wanted: Bools) -> Tally:
        """Some of the values, mask of shape (d,)."""
        if wanted.all():
            return self
        held = self.held[wanted]
        starts = np.append(0, np.cumsum(held))
        owners = None if self.owners is None else self.owners[np.repeat(wanted, self.held)]
        return Tally(self.values[wanted], self.rows[wanted], self.most[wanted], owners, starts)

    def mirrored(self) -> Tally:
        """The same with every value negated."""
        owners = None if self.owners is None else self.owners[::-1]
        return Tally(
            -self.values[::-1],
            self.rows[::-1],
            self.most[::-1],
            owners,
            self.starts[-1] - self.starts[::-1],
        )

    def clipped(self, low: int, high: int) -> Tally:
        """Values beyond the bounds moved onto them; `held` then counts a subject once per value moved.

        Args:
            low: Lower bound, included.
            high: Upper bound, included.
        """
        values = np.clip(self.values, low, high)
        first = np.flatnonzero(np.append(True, values[1:] != values[:-1])[: values.size])
        if first.size == values.size:
            return Tally(values, self.rows, self.most, self.owners, self.starts)
        return Tally(
            values[first],
            np.add.reduceat(self.rows, first),
            np.maximum.reduceat(self.most, first),
            self.owners,
            np.append(self.starts[first], self.starts[-1]),
        )

    def reach(self, threshold: int) -> int | None:
        """Position of the first value at or below which `threshold` subjects are, or None if there are fewer.

        Example:
            >>> tally(np.array([5, 3, 3, 9]), np.array([0, 1, 1, 2])).reach(2)
            1
        """
        if self.owners is None:
            if not self.rows.size or self.starts[-1] < threshold:
                return None
            return int(np.searchsorted(self.starts[1:], threshold))
        width = max(4 * threshold, 64)
        while True:
            first = np.unique(self.owners[:width], return_index=True)[1]
            if first.size >= threshold:
                place = np.sort(first)[threshold - 1]
                return int(np.searchsorted(self.starts, place, side="right")) - 1
            if width >= self.owners.size:
                return None
            width *= 4

    def count(self, start: int, stop: int) -> int:
        """Distinct subjects of the values from one position to before another.

        Args:
            start: First value, included.
            stop: Last value, not included.
        """
        part = slice(int(self.starts[start]), int(self.starts[stop]))
        return part.stop - part.start if self.owners is None else int(np.unique(self.owners[part]).size)

    def counts(self, cuts: Ints) -> Ints:
        """Distinct subjects of the values between positions, shape (cuts - 1,)."""
        edges = self.starts[cuts]
        if self.owners is None:
            return np.diff(edges)
        part = self.owners[edges[0] : edges[-1]]
        width = int(part.max(initial=0)) + 1
        keys = np.sort(np.repeat(np.arange(cuts.size - 1), np.diff(edges)) * width + part)
        new = np.append(True, keys[1:] != keys[:-1])[: keys.size]
        return np.bincount(keys[new] // width, minlength=cuts.size - 1)


def tally(units: Ints, subjects: Ints | None) -> Tally:
    """Count who holds which value.

    Args:
        units: Values on an integer grid, shape (n,).
        subjects: Subject of each value, shape (n,), or None where each is one of its own.

    Returns:
        The tally.

    Example:
        >>> t = tally(np.array([5, 3, 3, 3]), np.array([0, 1, 1, 2]))
        >>> t.values.tolist(), t.rows.tolist(), t.held.tolist(), t.most.tolist()
        ([3, 5], [3, 1], [2, 1], [2, 1])
    """
    if subjects is None or not units.size:
        line = np.sort(units)
        starts = _runs(line)
        rows = np.diff(starts)
        owners = None if subjects is None else np.zeros(0, np.int64)
        return Tally(line[starts[:-1]], rows, np.minimum(rows, 1), owners, starts)
    width, low = int(subjects.max()) + 1, int(units.min())
    if (int(units.max()) - low + 1) * width < 2**62:
        base, place = None, units - low
    else:
        base, place = np.unique(units, return_inverse=True)
    keys = np.sort(place.reshape(-1) * width + subjects)
    ends = _runs(keys)
    pairs, repeats = keys[ends[:-1]], np.diff(ends)
    value = pairs // width
    starts = _runs(value)
    codes = value[starts[:-1]]
    return Tally(
        codes + low if base is None else base[codes],
        np.add.reduceat(repeats, starts[:-1]),
        np.maximum.reduceat(repeats, starts[:-1]),
        pairs - value * width,
        starts,
    )


def _runs(line: Ints) -> Ints:
    """Where runs of equal neighbours start, and the end."""
    if not line.size:
        return np.zeros(1, np.int64)
    return np.concatenate([[0], np.flatnonzero(line[1:] != line[:-1]) + 1, [line.size]])


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
