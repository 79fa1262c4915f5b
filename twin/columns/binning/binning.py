"""A number line as codes: atoms (exact values that enough subjects share) and guarded cells.

Numbers and datetimes both become integers on a grid first, so that atoms, cells and draws are exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.random import Generator

from twin.arrays import Array, Bools, Floats, Integers, Ints, Ints32
from twin.codes import Field, State
from twin.columns.base import scatter
from twin.privacy.suppression.guard import ColumnGuard
from twin.privacy.suppression.tally import middle

FARTHEST = np.iinfo(np.int64).max
"""Stands for infinity on the grid, minus it for minus infinity; these can be atoms, never in a cell."""


_END = np.nextafter(2.0**63, 0)  # the largest float that an int64 holds


@dataclass(frozen=True, kw_only=True)
class Binning:
    """Codes of values on an integer grid.

    Code 0 is a missing value if `nullable`; then come atoms and cells in the order of their values.

    Args:
        atoms: Exact values, ascending, shape (a,).
        edges: Half-integers between which cells lie, ascending, shape (c + 1,) or (0,).
        weights: Share of rows per code among the guarded ones, shape (size,), to place what was not kept.
        nullable: Whether code 0 is a missing value.

    Example:
        >>> edges, weights = np.array([0.5, 9.5]), np.ones(2)
        >>> binning = Binning(atoms=np.array([0]), edges=edges, weights=weights, nullable=False)
        >>> binning.encode(np.array([0, 7]), np.array([False, False]), np.random.default_rng(0)).tolist()
        [0, 1]
    """

    atoms: Ints
    edges: Floats
    weights: Floats
    nullable: bool
    _rank: Ints = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        positions = np.concatenate([self.atoms.astype(np.float64), self._middles()])
        rank = np.empty(positions.size, np.int64)
        rank[np.argsort(positions, kind="stable")] = np.arange(positions.size)
        object.__setattr__(self, "_rank", rank + self.nullable)

    def _middles(self) -> Floats:
        return (self.edges[:-1] + self.edges[1:]) / 2

    @property
    def size(self) -> int:
        """Number of codes, ≥ 1."""
        return max(1, self._rank.size + self.nullable)

    @property
    def empty(self) -> bool:
        """Whether no value was kept: all come out as 0, or as missing where that is a code."""
        return not self._rank.size

    def codes_of(self, items: Ints) -> Ints:
        """Codes of items, shape (n,): atoms by their place, then cells."""
        return self._rank[items]

    def is_atom(self, codes: Integers) -> Bools:
        """Which codes stand for one exact value, shape (n,)."""
        atom = np.zeros(self.size, dtype=bool)
        atom[self._rank[: self.atoms.size]] = True
        picked: Bools = atom[codes]
        return picked

    def holds(self, units: Ints) -> Bools:
        """Which values are an atom or lie between the outermost edges, shape (n,)."""
        held = np.isin(units, self.atoms)
        if self.edges.size:
            held |= (units > self.edges[0]) & (units < self.edges[-1])
        return held

    def field(self, name: str) -> Field:
        """The finite field of this binning."""
        scores = np.full(self.size, np.nan)
        scores[self._rank] = np.concatenate([self.atoms.astype(np.float64), self._middles()])
        return Field(
            name=name,
            size=self.size,
            ordered=True,
            nullable=self.nullable,
            scores=scores,
            exact=self.edges.size == 0,
        )

    def nearest_codes(self, units: Ints) -> Ints:
        """Codes of values that are there, shape (n,): an atom, else the cell around, else the nearest."""
        if not self._rank.size:
            return np.full(units.shape, -1, np.int64)
        atom = np.searchsorted(self.atoms, units)
        if self.atoms.size:
            atom = np.minimum(atom, self.atoms.size - 1)
            exact = self.atoms[atom] == units
        else:
            exact = np.zeros(units.shape, dtype=bool)
        if self.edges.size:
            cell = np.searchsorted(self.edges, units.astype(np.float64)) - 1
            item = self.atoms.size + np.clip(cell, 0, self.edges.size - 2)
        else:
            below = np.maximum(atom - 1, 0)
            to_below = np.abs(units.astype(np.float64) - self.atoms[below])
            item = np.where(to_below < np.abs(self.atoms[atom] - units.astype(np.float64)), below, atom)
        return self._rank[np.where(exact, atom, item)]

    def encode(self, units: Ints, missing: Bools, rng: Generator) -> Ints32:
        """Codes, shape (n,); a missing value that may not be seen takes a code by weight.

        Args:
            units: Values on the grid, shape (n,).
            missing: Which cells are missing, shape (n,).
            rng: Source of randomness.
        """
        codes = np.where(missing, 0 if self.nullable else -1, self.nearest_codes(units))
        return scatter(codes, self.weights, rng)

    def decode(self, codes: Integers, rng: Generator) -> tuple[Ints, Bools]:
        """Values on the grid and which are missing, shapes (n,): atoms exactly, cells uniformly inside.

        Args:
            codes: Codes of the rows, shape (n,).
            rng: Source of randomness.
        """
        if not self._rank.size:  # nothing was kept
            return np.zeros(codes.shape, np.int64), np.full(codes.shape, self.nullable)
        missing = codes == 0 if self.nullable else np.zeros(codes.shape, dtype=bool)
        item = np.zeros(self.size, np.int64)
        item[self._rank] = np.arange(self._rank.size)
        items = item[codes]  # (n,) atoms first, then cells
        units = np.zeros(codes.shape, np.int64)
        exact = items < self.atoms.size
        units[exact] = self.atoms[items[exact]]
        inside = np.flatnonzero(~exact)
        cells = items[inside] - self.atoms.size
        first = _free_points(self.edges, self.atoms)
        free = rng.integers(first[cells], first[cells + 1])
        skipped = np.searchsorted(self.atoms - np.arange(self.atoms.size), free, side="right")
        units[inside] = free + skipped
        return units, missing

    def state(self) -> State:
        """What `load` needs."""
        arrays = {"atoms": self.atoms, "edges": self.edges, "weights": self.weights}
        return State({"nullable": self.nullable}, arrays)

    @classmethod
    def load(cls, state: State) -> Binning:
        """The binning from its state.

        Raises:
            ValueError: If its parts do not fit each other.
        """
        atoms = state.array("atoms", np.int64, (None,), -FARTHEST, FARTHEST)
        edges = state.array("edges", np.float64, (None,), -_END, _END)
        nullable = state.fact("nullable", bool)
        size = max(1, atoms.size + max(0, edges.size - 1) + nullable)
        free = _free_points(edges, atoms)
        if edges.size == 1 or (atoms[1:] <= atoms[:-1]).any() or (free[1:] <= free[:-1]).any():
            raise ValueError("state: atoms and edges must ascend, with room between edges")
        weights = state.array("weights", np.float64, (size,), 0.0)
        return cls(atoms=atoms, edges=edges, weights=weights, nullable=nullable)


def _free_points(edges: Floats, atoms: Ints) -> Ints:
    """Grid points below each edge that are no atoms, up to a constant, shape of `edges`.

    An atom inside a cell has a code of its own, so the cell is drawn from its free points only.
    """
    return free_index(np.floor(edges).astype(np.int64) + 1, atoms)


def free_index(points: Ints, atoms: Ints) -> Ints:
    """How many grid points below each point are no atoms, up to a constant, shape of `points`.

    Args:
        points: Values of the grid, shape (m,).
        atoms: Exact values that are kept, sorted, shape (a,).
    """
    return points - np.searchsorted(atoms, points)


def with_room(edges: Floats, atoms: Ints) -> Floats:
    """Edges with cells that have no free point joined to the next, or gone if there is no other.

    Args:
        edges: Edges of the cells, sorted, shape (c + 1,).
        atoms: Exact values that are kept, sorted, shape (a,).
    """
    if not edges.size:
        return edges
    free = _free_points(edges, atoms)
    inner = edges[1:-1][np.diff(free)[1:] > 0]
    if inner.size and free[0] == _free_points(inner[:1], atoms)[0]:
        inner = inner[1:]
    return np.concatenate([edges[:1], inner, edges[-1:]]) if free[-1] > free[0] else edges[:0]


def learn_binning(units: Ints, missing: Bools, guard: ColumnGuard, *, most: int) -> Binning:
    """Learn atoms and cells of values on a grid.

    Args:
        units: Values, shape (n,); anything where missing.
        missing: Which are missing, shape (n,).
        guard: Guard of the column.
        most: Most atoms and cells together, ≥ 2.

    Returns:
        The binning; it has no atom and no cell where too few subjects hold any value.
    """
    nullable = missing.size == 0 or guard.supports(missing)
    present = ~missing
    values, here = units[present], guard.at(present)
    if missing.any() and not nullable:
        guard.note("missing in too few", values=1, rows=int(missing.sum()), replacement="a value instead")
    tally = here.tally(values)
    kept = here.atoms(tally)
    room = most if kept.all() and kept.size <= most else most // 2  # leave room for cells
    atom = np.zeros(kept.size, dtype=bool)
    atom[np.flatnonzero(kept)[np.argsort(-tally.rows[kept], kind="stable")[:room]]] = True
    near = np.abs(tally.values) < FARTHEST
    finite, atoms = tally.only(near), tally.values[atom]
    within = here.bounds(finite)
    if within is not None:
        room_left = max(1, most - int(atom.sum()))
        edges = with_room(here.cells(tally.only(near & ~atom), room_left, within), atoms)
    elif not atoms.size and finite.reach(here.threshold) is not None:
        edges = middle(finite)
    else:
        edges = np.empty(0)
    lost = ~kept
    if edges.size:
        lost &= (tally.values < edges[0]) | (tally.values > edges[-1])
    if lost.any():
        replacement = "drawn inside the bounds" if edges.size or atom.any() else "one value for all"
        rows = int(tally.rows[lost].sum())
        rule = "lowest or highest, held by too few"
        guard.note(rule, values=int(lost.sum()), rows=rows, replacement=replacement)
    bare = Binning(atoms=atoms, edges=edges, weights=np.ones(1), nullable=nullable)
    codes = bare.nearest_codes(tally.values)
    placed = codes >= 0
    weights = np.bincount(codes[placed], tally.rows[placed], minlength=bare.size).astype(np.float64)
    if nullable:
        weights[0] = np.count_nonzero(missing)
    return replace(bare, weights=weights / max(1.0, weights.sum()))


LARGEST = 2.0**52
"""Beyond this a float64 cannot hold half-integers."""

WIDEST = 18
"""Most digits of a power of ten that an int64 holds."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Maps numbers to integers and back, keeping their order.

    Args:
        type: What the values are: integer, real or decimal.
        decimals: Digits after the point that one step of the grid stands for; negative for tens.
        scale: Digits after the point of a decimal.
        binary: Use the ordered bit patterns of float64 in place of a decimal grid, for values over very
            many orders of magnitude.

    Example:
        >>> grid = Grid(type="real", decimals=2)
        >>> grid.units(np.array([1.25])).tolist(), grid.values(np.array([125])).tolist()
        ([125], [1.25])
    """

    type: Literal["integer", "real", "decimal"]
    decimals: int
    scale: int = 0
    binary: bool = False

    def units(self, values: Array, scale: int | None = None) -> Ints:
        """Integers of the values; infinities lie farthest out.

        Args:
            values: Shape (n,); decimals as whole numbers of their last digit.
            scale: Digits after the point of these decimals, where they may have others than the grid.

        Returns:
            Shape (n,).
        """
        if self.type != "real":
            return _rounded(values.astype(np.int64), (self.scale if scale is None else scale) - self.decimals)
        reals = values.astype(np.float64)
        if self.binary:
            bits = (reals + 0.0).view(np.int64)
            ordered = np.where(bits < 0, np.iinfo(np.int64).min - bits, bits)
        else:
            scaled = np.rint(shifted(np.where(np.isfinite(reals), reals, 0.0), self.decimals))
            ordered = np.clip(scaled, -LARGEST * 1024, LARGEST * 1024).astype(np.int64)
        return np.where(np.isposinf(reals), FARTHEST, np.where(np.isneginf(reals), -FARTHEST, ordered))

    def values(self, units: Ints) -> Array:
        """Values of the integers, shape (n,)."""
        if self.type != "real":
            step: int = 10 ** (self.scale - self.decimals)
            return units * step
        if self.binary:
            bits = np.where(units < 0, np.iinfo(np.int64).min - units, units)
            reals = bits.view(np.float64)
        else:
            reals = shifted(units.astype(np.float64), -self.decimals)
        far = np.abs(units) == FARTHEST
        return np.where(far, np.copysign(np.inf, units), reals) if far.any() else reals


def _rounded(values: Ints, digits: int) -> Ints:
    """Whole numbers less their last digits, rounded; with zeros at the end where digits are below 0."""
    if digits < 0:
        more: int = 10 ** min(-digits, WIDEST)
        return np.clip(values, -(FARTHEST // more), FARTHEST // more) * more
    if digits > WIDEST:  # the step is beyond int64, and more than twice any value
        return np.zeros_like(values)
    step = 10**digits
    return values if step == 1 else (values + step // 2) // step


def shifted(values: Floats, digits: int) -> Floats:
    """Values times 10**digits, correctly rounded where the power is exact.

    Args:
        values: Numbers, shape (n,).
        digits: Digits, ≥ 0.
    """
    return values * 10.0**digits if digits >= 0 else values / 10.0**-digits
