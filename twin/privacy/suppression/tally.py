"""Who holds which value, sorted once: all that bounds, cells and atoms need to know of a column.

Pure counting; nothing here decides what may leave the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Ints


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
