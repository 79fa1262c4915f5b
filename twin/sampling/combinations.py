"""Combinations of quasi-identifiers that enough subjects share (rule S7): only these are kept."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Floats, Ints, Ints32
from twin.codes import Codes
from twin.errors import InputError
from twin.privacy.suppression.guard import Guard

LARGEST = 3
"""Most fields in a combination."""


@dataclass(frozen=True)
class Subset:
    """Two or three fields, and their combinations that enough subjects share.

    Args:
        places: Positions among the quasi-identifiers, ascending.
        sizes: Number of codes of each.
        allowed: Combinations as one number each, ascending; the last field counts fastest.
    """

    places: tuple[int, ...]
    sizes: tuple[int, ...]
    allowed: Ints

    def flat(self, values: Ints32) -> Ints:
        """Combination of each row as one number, shape (n,), of quasi-identifiers of shape (n, q)."""
        out = np.zeros(values.shape[0], np.int64)
        for place, size in zip(self.places, self.sizes, strict=True):
            out = out * size + values[:, place]
        return out

    def allows(self, flat: Ints) -> Bools:
        """Whether each combination is one that enough subjects share."""
        if not self.allowed.size:
            return np.zeros(flat.shape, dtype=bool)
        at = np.minimum(np.searchsorted(self.allowed, flat), self.allowed.size - 1)
        found: Bools = self.allowed[at] == flat
        return found

    def share(self, flat: Ints, shares: list[Floats]) -> Floats:
        """Share of each combination if the fields were independent, shape of `flat`."""
        out, rest = np.ones(flat.shape), flat
        for place, size in zip(reversed(self.places), reversed(self.sizes), strict=True):
            rest, code = np.divmod(rest, size)
            out *= shares[place].take(code)
        return out


def find_subsets(codes: Codes, fields: list[int], lost: dict[int, Bools], guard: Guard) -> tuple[Subset, ...]:
    """All pairs and triples of some fields, with the combinations that enough subjects share.

    Args:
        codes: The table, n rows.
        fields: Positions of the quasi-identifiers, at least two.
        lost: Codes that never come out, by position, mask of shape (size,): rows that hold one count for
            no combination.
        guard: The door; each subset has a secret threshold of its own.

    Returns:
        Pairs first, then triples. A pair that is part of an allowed triple is allowed.

    Raises:
        InputError: If the codes of a triple are too many to number.

    Example:
        >>> from twin.codes import Domain, Field
        >>> domain = Domain((Field(name="zip", size=2), Field(name="sex", size=2)))
        >>> table = Codes(domain, np.array([[0, 0]] * 9 + [[0, 1]] * 4 + [[1, 1]] * 9))
        >>> [s.allowed.tolist() for s in find_subsets(table, [0, 1], {}, Guard(k=5, noise=lambda: 0))]
        [[0, 3]]
    """
    values = codes.values[:, fields]
    whole = np.ones(codes.n, dtype=bool)
    for place, field in enumerate(fields):
        if field in lost:
            whole &= ~lost[field][values[:, place]]
    sizes = [codes.domain.sizes[field] for field in fields]
    names = [codes.domain.names[field] for field in fields]
    if any(
        np.prod([float(sizes[p]) for p in trio]) > 2**62
        for trio in itertools.combinations(range(len(sizes)), 3)
    ):
        raise InputError("quasi_identifiers: three of them have too many codes; declare fewer cells for them")
    doors = {
        places: guard.column(" × ".join(names[p] for p in places)).at(whole)
        for length in range(2, LARGEST + 1)
        for places in itertools.combinations(range(len(fields)), length)
    }
    found: dict[tuple[int, ...], Subset] = {}
    for places, door in doors.items():
        empty = Subset(places, tuple(sizes[p] for p in places), np.zeros(0, np.int64))
        held, index = np.unique(empty.flat(values[whole]), return_inverse=True)
        kept = door.keep(index, held.size)
        found[places] = Subset(empty.places, empty.sizes, held[kept])
    return tuple(_with_parts(subset, found) for subset in found.values())


def _with_parts(subset: Subset, found: dict[tuple[int, ...], Subset]) -> Subset:
    """A pair with the pairs inside allowed triples: enough subjects share these too."""
    if len(subset.places) > 2:
        return subset
    more = [subset.allowed]
    for places, whole in found.items():
        if len(places) > 2 and set(subset.places) < set(places):
            split = np.stack(np.unravel_index(whole.allowed, whole.sizes), axis=1)  # (allowed, 3)
            part = split[:, [places.index(p) for p in subset.places]]
            more.append(np.ravel_multi_index(tuple(part.T), subset.sizes).astype(np.int64))
    return Subset(subset.places, subset.sizes, np.unique(np.concatenate(more)))


def shares_of(counts: list[Ints], lost: dict[int, Bools]) -> list[Floats]:
    """Share of rows per code that can come out, one array of shape (size,) per field."""
    out = []
    for j, count in enumerate(counts):
        mass = np.where(lost[j], 0, count).astype(np.float64) if j in lost else count.astype(np.float64)
        mass = mass if mass.any() else np.ones(mass.size)
        out.append(mass / mass.sum())
    return out
