"""Canaries of numbers: extremes, exact values, odd precision, the first negative."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from twin.columns.native import read
from twin.columns.schema import Number
from twin.leaktest import watches
from twin.leaktest.bed import REPEATS, Bed, Plan
from twin.leaktest.needles import number_needle
from twin.leaktest.watches import Watch

_TRIES = 1_000
_SINGLE = 1e-9  # rounding error from which a dtype is single precision
_EXACT = 2.0**52  # up to here float64 holds half-integers


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """A column of numbers on the finest grid that holds them all.

    Args:
        values: The numbers that are there, finite, shape (m,).
        step: The grid; 0 where there is none, as with measurements of full precision.
        rounding: Relative rounding error of the dtype.
        top: Largest number that the dtype holds exactly.
        whole: Whether the dtype holds whole numbers only.
        signed: Whether the dtype holds negative numbers.
    """

    values: NDArray[np.float64]
    step: float
    rounding: float
    top: float
    whole: bool
    signed: bool

    def on_grid(self, steps: int) -> float:
        """The number so many steps of the grid from zero."""
        if self.step >= 1:
            return float(steps * int(self.step))
        return steps / round(1 / self.step)

    def inside(self, rng: Generator) -> float | None:
        """A number amid the others that none of them equals; None where there is no room."""
        low, high = np.quantile(self.values, [0.1, 0.9])
        if not low < high:
            return None
        if not self.step:
            return self._held(float(rng.uniform(low, high)))
        taken = set(np.rint(self.values / self.step).astype(np.int64).tolist())
        first, last = int(np.ceil(low / self.step)), int(np.floor(high / self.step))
        if first >= last:
            return None
        for steps in rng.integers(first, last + 1, _TRIES).tolist():
            if steps not in taken and steps % 10:
                return self._held(self.on_grid(steps))
        return None

    def finer(self, rng: Generator) -> float | None:
        """A number amid the others that is finer than their grid; None where the dtype allows none."""
        low, high = np.quantile(self.values, [0.1, 0.9])
        coarse = not self.step or self.rounding > _SINGLE or self.step <= 1e-6
        if coarse or not low < high or (self.whole and self.step == 1):
            return None
        base = np.rint(rng.uniform(low, high) / self.step)
        if self.whole:
            odd = int(rng.integers(1, int(self.step)))
            return float(int(base) * int(self.step) + odd)
        extra = int(rng.integers(10_000, 90_000)) * 10 + int(rng.integers(1, 10))  # six digits
        return float(round((base + extra / 1e6) * self.step, 12))

    def extreme(self, rng: Generator) -> float | None:
        """A number far above all others; None where the dtype has no room."""
        step = self.step or 1.0
        most = max(50 * np.abs(self.values).max(initial=0.0) / step, 1e8)
        if 2 * most * step >= self.top:
            most = self.top / step / 2
            if most <= 2 * self.values.max(initial=0.0) / step:
                return None
        return self.on_step(self._odd(most, rng), step)

    def negative(self, rng: Generator) -> float | None:
        """A number below zero, for a column that has none."""
        step = self.step or 1.0
        return -self.on_step(self._odd(min(1e7, self.top / step / 2), rng), step)

    def on_step(self, steps: int, step: float) -> float:
        """The number so many steps from zero, as the dtype holds it."""
        return self._held(self.on_grid(steps) if self.step else steps * step)

    def _held(self, value: float) -> float:
        """The number as the dtype holds it."""
        return float(np.float32(value)) if self.rounding > _SINGLE else float(value)

    @staticmethod
    def _odd(most: float, rng: Generator) -> int:
        """A whole number between `most` and twice that which does not end in 0."""
        steps = int(rng.integers(int(most), int(2 * most)))
        return steps + 1 if steps % 10 == 0 else steps


def grid_of(values: NDArray[np.float64], rounding: float, whole: bool) -> float:
    """The coarsest power of ten that all numbers are multiples of; 0 where there is none from 1e-9 on.

    Example:
        >>> grid_of(np.array([1.5, 2.25]), 1e-12, False), grid_of(np.array([100.0, 1200.0]), 1e-12, True)
        (0.01, 100.0)
    """

    def off(step: float) -> bool:
        scaled = values / step
        return bool((np.abs(scaled - np.rint(scaled)) > rounding * np.abs(scaled) + 1e-9).any())

    if not values.any():
        return 1.0
    power = 0
    while power < 9 and not off(10.0 ** (power + 1)):
        power += 1
    if power or not off(1.0) or whole:
        return 10.0**power
    return next((10.0**-d for d in range(1, 10) if not off(10.0**-d)), 0.0)


def plan_number(bed: Bed) -> Iterator[Plan]:
    """An extreme, an exact number, an odd precision, the first negative, a number of one person."""
    declared = bed.column.decimals if isinstance(bed.column, Number) else None
    numbers = numbers_of(bed.series, declared)
    if numbers is not None and numbers.values.size:
        yield from _plan_numbers(bed, numbers)
    yield from bed.missing()


def _plan_numbers(bed: Bed, numbers: Numbers) -> Iterator[Plan]:
    low, high = float(numbers.values.min()), float(numbers.values.max())
    step = numbers.step

    def plan(sort: str, value: float | None, *own: Watch, **options: Any) -> Iterator[Plan]:
        if value is not None:
            cell = int(value) if numbers.whole else value
            beside = sort.startswith(("extreme", "first"))
            needle = number_needle(value, beside=beside)
            yield Plan(sort=sort, cells={bed.name: cell}, needle=needle, watches=own, **options)

    yield from plan("extreme number", numbers.extreme(bed.rng), watches.Beyond(bed.name, high=high))
    if low >= 0 and numbers.signed:
        yield from plan("first negative", numbers.negative(bed.rng), watches.Beyond(bed.name, low=0.0))
    precise = watches.OffGrid(bed.name, step, numbers.rounding)
    yield from plan("odd precision", numbers.finer(bed.rng), precise)
    for sort, holders, repeats in (("number inside", None, 1), ("repeated by one", 1, REPEATS)):
        value = numbers.inside(bed.rng) if holders is None or bed.longitudinal else None
        if value is not None:
            peak = watches.Peak(bed.name, value, step or 1e-9 * abs(value))
            yield from plan(sort, value, peak, chancy=True, holders=holders, repeats=repeats)


def numbers_of(series: pd.Series[Any], decimals: int | None = None) -> Numbers | None:
    """The numbers of a column, or None where it holds others or no canary can be written into it.

    Args:
        series: The column.
        decimals: Digits after the point that its samples shall have, or None for those of the column.
    """
    kind: Any = series.dtype
    if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind):
        return None
    native = read(series)
    if native.type not in ("integer", "real") or native.rounding > 1e-6:
        return None
    values = native.values[~native.missing].astype(np.float64)
    values = values[np.isfinite(values)]
    whole = native.type == "integer"
    top = float(np.iinfo(_integer_dtype(kind)).max) if whole else _EXACT
    step = grid_of(values, native.rounding, whole) if decimals is None else 10.0**-decimals
    return Numbers(
        values=values,
        step=step,
        rounding=native.rounding,
        top=min(top, _EXACT),
        whole=whole,
        signed=not pd.api.types.is_unsigned_integer_dtype(kind),
    )


def _integer_dtype(kind: Any) -> np.dtype[Any]:
    plain: np.dtype[Any] = np.dtype(getattr(kind, "numpy_dtype", kind))
    return plain
