"""Numbers: on a grid of the precision that enough subjects support, atoms and cells (S5, S6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
from numpy.random import Generator

from twin.arrays import Array, Bools, Floats, Ints
from twin.codes import Field, State
from twin.columns import schema
from twin.columns.arrays.dtypes import parse_dtype
from twin.columns.arrays.reading import ColumnArrays, Type
from twin.columns.base import Candidate, Condition, DecodeContext, Matrix
from twin.columns.binning.binning import FARTHEST, LARGEST, WIDEST, Binning, Grid, learn_binning, shifted
from twin.columns.binning.region import pieces_of, region_of
from twin.columns.given.amounts import amounts, spans
from twin.columns.given.asked import Asked
from twin.errors import SchemaError
from twin.privacy.suppression.guard import ColumnGuard

_ROUGHEST = -9
_DIGITS = 38  # of a decimal of 128 bits
_FINE = 1_000  # a grid that leaves this many steps below most values is fine enough


@dataclass(frozen=True, kw_only=True)
class LearnedNumber:
    """A learned number: a grid and a binning on it.

    Args:
        name: Name of its field.
        grid: How values become integers.
        binning: Atoms and cells on the grid.
    """

    name: str
    grid: Grid
    binning: Binning

    @property
    def fields(self) -> tuple[Field, ...]:
        """The one field of the column."""
        return (self.binning.field(self.name),)

    def encode(self, arrays: ColumnArrays, rng: Generator) -> Matrix:
        """Codes, shape (n, 1).

        Args:
            arrays: The column as arrays, n rows.
            rng: Source of randomness.
        """
        return self.binning.encode(self.grid.units(arrays.values, arrays.scale), arrays.missing, rng)[:, None]

    def decode(self, codes: Matrix, context: DecodeContext) -> ColumnArrays:
        """Numbers: atoms exactly, others uniformly inside their cell.

        Args:
            codes: Codes of the column's fields, shape (n, fields).
            context: Which rows are decoded, and their randomness.
        """
        units, missing = self.binning.decode(codes[:, 0], context.rng)
        return self._arrays(self.grid.values(units), missing)

    def _arrays(self, values: Array, missing: Bools) -> ColumnArrays:
        type_: Type = self.grid.type
        return ColumnArrays(type=type_, values=values, missing=missing, scale=self.grid.scale)

    def condition(self, asked: Asked) -> Condition:
        """Numbers that are asked for, compiled to codes; a value comes out to the last digit."""
        if asked.missing and not self.binning.nullable:
            raise asked.never("a missing value there")
        values = amounts(asked, self.grid)
        units = self.grid.units(values)
        asked.check_held(self.binning.holds(units), "a value that is asked for")
        if asked.rows is not None:
            return self._row_by_row(asked.rows, values, self.binning.nearest_codes(units))
        pieces = pieces_of(spans(asked, self.grid), units)
        region = region_of(self.binning, pieces, missing=asked.missing)
        if not region.weights.any():
            raise asked.never("a value in the range that is asked for")

        def decode(codes: Matrix, context: DecodeContext) -> ColumnArrays:
            drawn, missing = region.decode(codes[:, 0], context.rng)
            exact = np.append(pieces.exact, -1)[pieces.find(drawn)]
            out = self.grid.values(drawn)
            out[exact >= 0] = values[exact[exact >= 0]]
            return self._arrays(out, missing)

        return Condition(weights=(region.weights,), decode=decode)

    def _row_by_row(self, rows: Ints, values: Array, codes_asked: Ints) -> Condition:
        codes = np.append(codes_asked, 0)[rows].astype(np.int32)

        def decode(codes: Matrix, context: DecodeContext) -> ColumnArrays:
            mine = rows[context.numbers(codes.shape[0])]
            return self._arrays(np.append(values, values.dtype.type(0))[mine], mine < 0)

        return Condition(codes=(codes,), decode=decode)

    def state(self) -> State:
        """What `load` needs."""
        binning, grid = self.binning.state(), self.grid
        facts = {"type": grid.type, "decimals": grid.decimals, "scale": grid.scale, "binary": grid.binary}
        return State({**binning.facts, **facts}, binning.arrays)


def takes(candidate: Candidate) -> schema.Number | None:
    """A number, where the dtype holds numbers or steps of time."""
    if candidate.arrays.type not in ("integer", "real", "decimal") or not candidate.present:
        return None
    what = "whole numbers" if candidate.whole else "numbers"
    reason = f"{what}, dtype {candidate.dtype}"
    return schema.Number(name=candidate.name, dtype=candidate.dtype, reason=reason)


def learn(column: schema.Number, arrays: ColumnArrays, guard: ColumnGuard) -> LearnedNumber:
    """Learn the precision, the atoms and the cells of a number.

    Args:
        column: Its declaration.
        arrays: The column as arrays, n rows.
        guard: The guard of this column.

    Raises:
        SchemaError: If the values are not numbers.
    """
    if arrays.empty and arrays.nominal:
        arrays = replace(arrays, type="real", values=np.zeros(arrays.missing.shape))
    if arrays.type not in ("integer", "real", "decimal"):
        raise SchemaError(
            f"column {column.name!r}: declared a number, but it holds {arrays.type} values; "
            "convert it or declare another kind"
        )
    grid = _grid(column, arrays, guard)
    units = grid.units(arrays.values, arrays.scale)
    if column.low is not None or column.high is not None:
        units = _clipped(units, column, grid)
    binning = learn_binning(units, arrays.missing, guard, most=column.cells)
    return LearnedNumber(name=str(column.name), grid=grid, binning=binning)


def load(column: schema.Number, state: State) -> LearnedNumber:
    """The learned column from its state.

    Args:
        column: Its declaration.
        state: What `state` gave, as it came from a file.
    """
    type_ = state.fact("type", str)
    most = _DIGITS if type_ == "decimal" else WIDEST
    decimals, scale = state.whole("decimals", -WIDEST, most), state.whole("scale", 0, most)
    fits = type_ == "real" or 0 <= scale - decimals <= WIDEST
    if type_ not in ("integer", "real", "decimal") or not fits:
        raise ValueError("state: its grid does not fit its type")
    grid = Grid(
        type=cast(Literal["integer", "real", "decimal"], type_),
        decimals=decimals,
        scale=scale,
        binary=state.fact("binary", bool),
    )
    return LearnedNumber(name=str(column.name), grid=grid, binning=Binning.load(state))


def _clipped(units: Ints, column: schema.Number, grid: Grid) -> Ints:
    steps = 10.0**grid.decimals
    low = -FARTHEST if column.low is None else int(np.ceil(column.low * steps))
    high = FARTHEST if column.high is None else int(np.floor(column.high * steps))
    return np.clip(units, low, high)


def _grid(column: schema.Number, arrays: ColumnArrays, guard: ColumnGuard) -> Grid:
    """The finest grid that enough subjects support (rule S6)."""
    here = guard.at(~arrays.missing)
    values = arrays.values[~arrays.missing]
    if arrays.type == "decimal":
        return _decimal_grid(column, values, arrays.scale, here)
    if arrays.type == "integer":
        decimals = column.decimals
        if decimals is None:
            decimals = _integer_decimals(values, 0, here)
        return Grid(type="integer", decimals=min(decimals, 0))
    finite = np.isfinite(values)
    reals, here = values[finite], here.at(finite)
    if column.decimals is not None:
        return Grid(type="real", decimals=column.decimals)
    most = _most_decimals(reals, here)
    decimals = _real_decimals(reals, arrays.rounding, most, here)
    if column.low is not None or column.high is not None:
        return Grid(type="real", decimals=decimals)
    if decimals == most and _needs_bits(reals, most, here):
        return Grid(type="real", decimals=decimals, binary=True)
    return Grid(type="real", decimals=decimals)


def _decimal_grid(column: schema.Number, values: Ints, scale: int, guard: ColumnGuard) -> Grid:
    """The grid of decimals. Their dtype may declare how many digits come back; else enough subjects decide.

    The scale of objects is the most digits of any cell, so it may be one person's and is not kept.
    """
    supported = _integer_decimals(values, scale, guard)
    declared = parse_dtype(column.dtype).scale
    most = max(0, supported) if declared is None else declared
    decimals = min(supported if column.decimals is None else column.decimals, most)
    return Grid(type="decimal", decimals=decimals, scale=max(0, decimals) if declared is None else declared)


def _needs_bits(reals: Floats, most: int, guard: ColumnGuard) -> bool:
    """Whether a decimal grid is too coarse for more than a twentieth of the values, held by enough."""
    size = np.abs(reals)
    small = (size > 0) & (size * 10.0**most < _FINE)
    return bool(small.sum() > 0.05 * np.count_nonzero(size)) and guard.supports(small)


def _most_decimals(reals: Floats, guard: ColumnGuard) -> int:
    """Most digits after the point that keep all values that enough subjects reach below 2**52 steps."""
    top = _reached(np.abs(reals), guard)
    if top == 0.0:
        return 15
    return int(np.clip(np.floor(np.log10(LARGEST / top)) - 1, _ROUGHEST, 18))


def _reached(size: Floats, guard: ColumnGuard) -> float:
    """The largest value that enough subjects reach or pass, 0 if there is none; looks at the top alone."""
    subjects, count = guard.guard.subjects, 8 * guard.threshold
    while True:
        top = np.arange(size.size) if count >= size.size else np.argpartition(size, -count)[-count:]
        top = top[np.argsort(-size[top], kind="stable")]
        new = np.arange(top.size) if subjects is None else np.unique(subjects[top], return_index=True)[1]
        if new.size >= guard.threshold:
            return float(size[top[np.sort(new)[guard.threshold - 1]]])
        if count >= size.size:
            return 0.0
        count *= 8


def _real_decimals(reals: Floats, rounding: float, most: int, guard: ColumnGuard) -> int:
    def finer_than(decimals: int) -> Bools:
        scaled = shifted(reals, decimals)
        return np.abs(scaled - np.rint(scaled)) > rounding * np.abs(scaled) + 1e-9

    decimals = min(0, most)
    if guard.supports(finer_than(decimals)):
        while decimals < most and guard.supports(finer_than(decimals)):
            decimals += 1
        return decimals
    while decimals > _ROUGHEST and reals.any() and not guard.supports(finer_than(decimals - 1)):
        decimals -= 1
    return decimals


def _integer_decimals(values: Ints, scale: int, guard: ColumnGuard) -> int:
    if not values.any():
        return 0  # the digits of zeros say nothing
    decimals = scale
    while decimals > _ROUGHEST:
        last = scale - decimals + 1
        if guard.supports((values % 10**last if last <= WIDEST else values) != 0):
            break
        decimals -= 1
    return decimals
