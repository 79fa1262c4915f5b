"""Numbers: put on a grid of the precision that enough subjects support, then learned as a line (S5, S6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.codes import Field, State
from twin.columns import schema
from twin.columns.base import Draw, Matrix
from twin.columns.line import FARTHEST, Line, learn_line
from twin.columns.native import Native, Type
from twin.errors import SchemaError
from twin.privacy.guard import ColumnGuard

IntegerArray = NDArray[np.int64]
_LARGEST = 2.0**52  # beyond this a float64 cannot hold half-integers
_ROUGHEST = -9
_FINE = 1_000  # a grid that leaves this many steps below most values is fine enough


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

    def units(self, values: NDArray[Any]) -> IntegerArray:
        """Integers of the values, shape (n,); infinities lie farthest out."""
        if self.type != "real":
            step = 10 ** (self.scale - self.decimals)
            whole: IntegerArray = values.astype(np.int64)
            return whole if step == 1 else (whole + step // 2) // step
        reals = values.astype(np.float64)
        if self.binary:
            bits = (reals + 0.0).view(np.int64)
            ordered = np.where(bits < 0, np.iinfo(np.int64).min - bits, bits)
        else:
            scaled = np.rint(_shift(np.where(np.isfinite(reals), reals, 0.0), self.decimals))
            ordered = np.clip(scaled, -_LARGEST * 1024, _LARGEST * 1024).astype(np.int64)
        return np.where(np.isposinf(reals), FARTHEST, np.where(np.isneginf(reals), -FARTHEST, ordered))

    def values(self, units: IntegerArray) -> NDArray[Any]:
        """Values of the integers, shape (n,)."""
        if self.type != "real":
            step: int = 10 ** (self.scale - self.decimals)
            return units * step
        if self.binary:
            bits = np.where(units < 0, np.iinfo(np.int64).min - units, units)
            reals = bits.view(np.float64)
        else:
            reals = _shift(units.astype(np.float64), -self.decimals)
        far = np.abs(units) == FARTHEST
        return np.where(far, np.copysign(np.inf, units), reals) if far.any() else reals


def _shift(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    """Values times 10**digits, correctly rounded where the power is exact."""
    return values * 10.0**digits if digits >= 0 else values / 10.0**-digits


@dataclass(frozen=True, kw_only=True)
class LearnedNumber:
    """A learned number: a grid and a line on it.

    Args:
        name: Name of its field.
        grid: How values become integers.
        line: Atoms and cells on the grid.
    """

    name: str
    grid: Grid
    line: Line

    @property
    def fields(self) -> tuple[Field, ...]:
        """The one field of the column."""
        return (self.line.field(self.name),)

    def encode(self, native: Native, rng: Generator) -> Matrix:
        """Codes, shape (n, 1)."""
        return self.line.encode(self.grid.units(native.values), native.missing, rng)[:, None]

    def decode(self, codes: Matrix, draw: Draw) -> Native:
        """Numbers: atoms exactly, others uniformly inside their cell."""
        units, missing = self.line.decode(codes[:, 0], draw.rng)
        type_: Type = self.grid.type
        return Native(type=type_, values=self.grid.values(units), missing=missing, scale=self.grid.scale)

    def state(self) -> State:
        """What `load` needs."""
        line, grid = self.line.state(), self.grid
        facts = {"type": grid.type, "decimals": grid.decimals, "scale": grid.scale, "binary": grid.binary}
        return State({**line.facts, **facts}, line.arrays)


def learn(column: schema.Number, native: Native, guard: ColumnGuard) -> LearnedNumber:
    """Learn the precision, the atoms and the cells of a number.

    Raises:
        SchemaError: If the values are not numbers.
    """
    if native.empty and native.nominal:
        native = replace(native, type="real", values=np.zeros(native.missing.shape))
    if native.type not in ("integer", "real", "decimal"):
        raise SchemaError(
            f"column {column.name!r}: declared a number, but it holds {native.type} values; "
            "convert it or declare another kind"
        )
    grid = _grid(column, native, guard)
    units = grid.units(native.values)
    if column.low is not None or column.high is not None:
        units = _clipped(units, column, grid)
    line = learn_line(units, native.missing, guard, most=column.cells)
    return LearnedNumber(name=str(column.name), grid=grid, line=line)


def load(column: schema.Number, state: State) -> LearnedNumber:
    """The learned column from its state."""
    facts = state.facts
    decimals, scale = facts["decimals"], facts["scale"]
    assert isinstance(decimals, int) and isinstance(scale, int)
    type_ = cast(Literal["integer", "real", "decimal"], facts["type"])
    grid = Grid(type=type_, decimals=decimals, scale=scale, binary=bool(facts["binary"]))
    return LearnedNumber(name=str(column.name), grid=grid, line=Line.load(state))


def _clipped(units: IntegerArray, column: schema.Number, grid: Grid) -> IntegerArray:
    steps = 10.0**grid.decimals
    low = -FARTHEST if column.low is None else int(np.ceil(column.low * steps))
    high = FARTHEST if column.high is None else int(np.floor(column.high * steps))
    return np.clip(units, low, high)


def _grid(column: schema.Number, native: Native, guard: ColumnGuard) -> Grid:
    """The finest grid that enough subjects support (rule S6)."""
    here = guard.at(~native.missing)
    values = native.values[~native.missing]
    if native.type != "real":
        type_: Literal["integer", "decimal"] = "decimal" if native.type == "decimal" else "integer"
        decimals = column.decimals
        if decimals is None:
            decimals = _integer_decimals(values, native.scale, here)
        return Grid(type=type_, decimals=min(decimals, native.scale), scale=native.scale)
    finite = np.isfinite(values)
    reals, here = values[finite], here.at(finite)
    if column.decimals is not None:
        return Grid(type="real", decimals=column.decimals)
    most = _most_decimals(reals, here)
    decimals = _real_decimals(reals, native.rounding, most, here)
    if column.low is not None or column.high is not None:
        return Grid(type="real", decimals=decimals)
    if decimals == most and _needs_bits(reals, most, here):
        return Grid(type="real", decimals=decimals, binary=True)
    return Grid(type="real", decimals=decimals)


def _needs_bits(reals: NDArray[np.float64], most: int, guard: ColumnGuard) -> bool:
    """Whether a decimal grid is too coarse for more than a twentieth of the values, held by enough."""
    size = np.abs(reals)
    small = (size > 0) & (size * 10.0**most < _FINE)
    return bool(small.sum() > 0.05 * np.count_nonzero(size)) and guard.supports(small)


def _most_decimals(reals: NDArray[np.float64], guard: ColumnGuard) -> int:
    """Most digits after the point that keep all values that enough subjects reach below 2**52 steps."""
    top = _reached(np.abs(reals), guard)
    if top == 0.0:
        return 15
    return int(np.clip(np.floor(np.log10(_LARGEST / top)) - 1, _ROUGHEST, 18))


def _reached(size: NDArray[np.float64], guard: ColumnGuard) -> float:
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


def _real_decimals(reals: NDArray[np.float64], rounding: float, most: int, guard: ColumnGuard) -> int:
    def finer_than(decimals: int) -> NDArray[np.bool_]:
        scaled = _shift(reals, decimals)
        return np.abs(scaled - np.rint(scaled)) > rounding * np.abs(scaled) + 1e-9

    decimals = min(0, most)
    if guard.supports(finer_than(decimals)):
        while decimals < most and guard.supports(finer_than(decimals)):
            decimals += 1
        return decimals
    while decimals > _ROUGHEST and reals.any() and not guard.supports(finer_than(decimals - 1)):
        decimals -= 1
    return decimals


def _integer_decimals(values: IntegerArray, scale: int, guard: ColumnGuard) -> int:
    decimals = scale
    while decimals > _ROUGHEST and values.any():
        if guard.supports(values % 10 ** (scale - decimals + 1) != 0):
            break
        decimals -= 1
    return decimals
