"""Numbers under a budget: bounds and precision are declared or released with noise, then atoms and cells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from twin.arrays import Array, Bools, Floats
from twin.columns import schema
from twin.columns.arrays.dtypes import Dtype, parse_dtype
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.binning.binning import Grid
from twin.columns.binning.dp_binning import ATOMS, CELLS, Window, exact_binning, learn_binning_dp
from twin.columns.kinds.number import LearnedNumber
from twin.errors import SchemaError
from twin.privacy.dp.dp_guard import DpColumnGuard
from twin.privacy.dp.dp_quantiles import DIGITS, MOST_POINTS, OCTAVES, bounds, decimals, digits, octaves
from twin.privacy.dp.plan import Need

BOUNDS, PRECISION = "bounds", "precision"
_LARGEST = 2.0**50  # steps from zero on a grid; half-steps are exact below it
_CONTINUOUS = 2.0**40  # steps of a grid for values of many digits
_MOST_DECIMALS = 15


@dataclass(frozen=True, kw_only=True)
class NumberFacts:
    """What declaration and dtype say of a number.

    Args:
        dtype: What the dtype can hold.
        low: Public lower bound, or None.
        high: Public upper bound, or None.
        decimals: Public precision, or None.
    """

    dtype: Dtype
    low: float | None
    high: float | None
    decimals: int | None

    @property
    def window(self) -> Window | None:
        """The grid, where bounds and precision are public."""
        if self.low is None or self.high is None or self.decimals is None:
            return None
        return window_of(self.low, self.high, self.decimals)


def public_facts(column: schema.Number) -> NumberFacts:
    """What is public of a number before anything is learned.

    Raises:
        SchemaError: If its dtype cannot hold numbers.
    """
    dtype = parse_dtype(column.dtype)
    wrapped = dtype.categorical or dtype.token.startswith("null")
    if wrapped or dtype.holds not in ("integer", "real", "decimal", "boolean", "object"):
        raise SchemaError(
            f"column {column.name!r}: declared a number, but its dtype {column.dtype} holds none; "
            "convert it or declare another kind"
        )
    precision = column.decimals
    if dtype.holds in ("integer", "boolean") and not dtype.ticks:
        precision = 0 if precision is None else min(precision, 0)
    elif dtype.holds == "integer" and precision is not None:
        precision = min(precision, 0)
    elif dtype.scale is not None:
        precision = dtype.scale if precision is None else min(precision, dtype.scale)
    low, high = _limits(dtype)
    narrow = dtype.holds in ("integer", "boolean") and high - low < MOST_POINTS
    return NumberFacts(
        dtype=dtype,
        low=max(low, column.low) if column.low is not None else low if narrow else None,
        high=min(high, column.high) if column.high is not None else high if narrow else None,
        decimals=precision,
    )


def _limits(dtype: Dtype) -> tuple[float, float]:
    """The values that a dtype can hold."""
    if dtype.holds in ("integer", "boolean"):
        return dtype.low, dtype.high
    if dtype.holds == "decimal" and dtype.scale is not None:
        return dtype.low / 10**dtype.scale, dtype.high / 10**dtype.scale
    name = dtype.token.lower()
    if name.startswith(("float16", "halffloat")):
        return -65_504.0, 65_504.0
    if name.startswith(("float32", "float[")):
        return -3.4e38, 3.4e38
    return -(2.0**62), 2.0**62


def window_of(low: float, high: float, precision: int) -> Window:
    """Points of the grid of a precision between two bounds, at least one.

    Args:
        low: Lower bound.
        high: Upper bound.
        precision: Digits after the point; negative for tens.
    """
    step = 10.0**precision
    far = 2.0**62
    first = math.ceil(max(-far, low * step) - 1e-9)
    last = math.floor(min(far, high * step) + 1e-9)
    return Window(low=min(first, max(last, first)), high=max(first, last))


def needs(column: schema.Number) -> tuple[Need, ...]:
    """What must be learned with noise: nothing where the grid is public and has few points."""
    public = public_facts(column)
    window = public.window
    if window is not None and window.few(column.cells):
        return ()
    out = []
    if public.low is None or public.high is None:
        out.append(Need(column.name, BOUNDS, 0.5))
    if public.decimals is None:
        out.append(Need(column.name, PRECISION, 0.25))
    out.append(Need(column.name, CELLS))
    if window is None or window.points > MOST_POINTS:
        out.append(Need(column.name, ATOMS, thresholded=True))
    return tuple(out)


def learn(column: schema.Number, arrays: ColumnArrays, guard: DpColumnGuard) -> LearnedNumber:
    """Learn bounds, precision, atoms and cells, as far as they are not public.

    Args:
        column: Its declaration.
        arrays: The column as arrays, n rows.
        guard: The guard of this column under a budget: it charges, then answers with noise.
    """
    public = public_facts(column)
    present = ~arrays.missing
    values = arrays.values.astype(np.float64) / 10.0**arrays.scale
    low, high = _bounds(public, values, present, guard)
    nullable = public.dtype.nullable
    if public.window is not None and not guard.needs(CELLS):
        grid = _grid(public.dtype, public.decimals or 0)
        return LearnedNumber(
            name=str(column.name), grid=grid, binning=exact_binning(public.window, nullable=nullable)
        )
    precision = _precision(public, arrays, values, present, guard, top=max(abs(low), abs(high)))
    grid = _grid(public.dtype, precision)
    window = window_of(low, high, precision)
    units = np.clip(grid.units(_as(grid.type, arrays, grid.scale)), window.low, window.high)
    learned = learn_binning_dp(units, present, guard, window=window, most=column.cells, nullable=nullable)
    return LearnedNumber(name=str(column.name), grid=grid, binning=learned)


def released(column: schema.Number, learned: LearnedNumber) -> schema.Number:
    """The declaration with the dtype, and the digits of decimals, in which the column comes back.

    Args:
        column: Its declaration.
        learned: What was learned of it.
    """
    dtype = parse_dtype(column.dtype)
    changes: dict[str, Any] = {}
    if dtype.open:
        changes["dtype"] = "Int64" if learned.grid.type == "integer" else "float64"
    if dtype.holds == "decimal" and dtype.scale is None:
        changes["decimals"] = learned.grid.decimals
    return column.model_copy(update=changes) if changes else column


def _bounds(public: NumberFacts, values: Floats, present: Bools, guard: DpColumnGuard) -> tuple[float, float]:
    low, high = public.low, public.high
    if low is None or high is None:
        bins = np.where(present, octaves(values), -1)
        bounds_found = bounds(guard.histogram(BOUNDS, bins, OCTAVES), sigma=guard.sigma(BOUNDS))
        far = _limits(public.dtype)
        low = max(bounds_found[0], far[0]) if low is None else low
        high = min(bounds_found[1], far[1]) if high is None else high
    return (low, high) if low <= high else (low, low) if public.low is not None else (high, high)


def _precision(
    public: NumberFacts,
    arrays: ColumnArrays,
    values: Floats,
    present: Bools,
    guard: DpColumnGuard,
    *,
    top: float,
) -> int:
    """Digits after the point, so few that every point of the grid is exact."""
    most = math.floor(math.log10(_LARGEST / max(top, 1e-12)))
    precision = public.decimals
    if precision is None:
        bins = np.where(present, digits(values, rounding=arrays.rounding), -1)
        precision = decimals(guard.histogram(PRECISION, bins, DIGITS), sigma=guard.sigma(PRECISION))
        if precision is None:
            precision = min(_MOST_DECIMALS, math.floor(math.log10(_CONTINUOUS / max(top, 1e-12))))
        precision = max(precision, -math.floor(math.log10(max(top, 1.0))))  # at least one point beside zero
        if public.dtype.holds == "integer":
            precision = min(precision, 0)
    return max(min(precision, most), -9)


def _grid(dtype: Dtype, precision: int) -> Grid:
    if dtype.holds == "decimal":
        return Grid(
            type="decimal",
            decimals=precision,
            scale=dtype.scale if dtype.scale is not None else max(0, precision),
        )
    if dtype.holds in ("integer", "boolean") or (dtype.open and precision <= 0):
        return Grid(type="integer", decimals=min(precision, 0))
    return Grid(type="real", decimals=precision)


def _as(type_: Literal["integer", "real", "decimal"], arrays: ColumnArrays, scale: int) -> Array:
    """Values in the type of the grid."""
    if type_ == "integer" and arrays.type == "real":
        near = np.clip(arrays.values.astype(np.float64), -(2.0**62), 2.0**62)
        return np.rint(near).astype(np.int64)
    values: Array = arrays.values
    step = 10 ** max(0, arrays.scale - scale) if type_ == "decimal" else 1
    return values if step == 1 else (values + step // 2) // step
