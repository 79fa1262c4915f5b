"""Numbers that a user asks for, exactly: in the units of the column's dtype, and as ends of ranges."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import ceil, floor
from typing import Any, Literal

import numpy as np
import pandas as pd

from twin.arrays import Array
from twin.columns.binning.binning import FARTHEST, Grid
from twin.columns.given.asked import Asked

_NANOSECONDS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_NANOSECONDS |= {"D": 86_400 * 10**9, "W": 7 * 86_400 * 10**9}
_SPAN = re.compile(r"timedelta64\[(\w+)\]|duration\[(\w+)\]\[pyarrow\]|object/(timedelta)")
_CLOCK = re.compile(r"time\d\d\[(\w+)\]\[pyarrow\]|object/(time)")
_PERIOD = re.compile(r"period\[(.+)\]")

Number = Fraction | float
"""An exact number, or an infinity."""


def amounts(asked: Asked, grid: Grid) -> Array:
    """The values asked for as the column's arrays hold them, shape (m,).

    Args:
        asked: What is asked of the column.
        grid: The grid of whole numbers that the column lies on.

    Raises:
        InputError: If one is no number, or has digits that the column cannot hold.

    Example:
        >>> from twin.columns.schema import Number as Declared
        >>> asked = Asked(column=Declared(name="price", dtype="object/decimal"), values=(Decimal("1.5"),))
        >>> amounts(asked, Grid(type="decimal", decimals=2, scale=2)).tolist()
        [150]
    """
    read = _reader(asked)
    if grid.type == "real":
        plain = [v if isinstance(v, float) else _real(read(v)) for v in asked.values]
        return np.array(plain, np.float64)
    scaled = [read(value) * 10**grid.scale for value in asked.values]
    if any(isinstance(v, float) or v.denominator != 1 or abs(v) >= 2**62 for v in scaled):
        what = f"more than {grid.scale} digits after the point" if grid.scale else "digits after the point"
        raise asked.error(f"a value has {what}, or is too large, for the column to hold; ask for a range")
    return np.array([int(value) for value in scaled], np.int64)


def spans(asked: Asked, grid: Grid) -> list[tuple[int, int]]:
    """First and last point of the grid in each range that is asked for.

    Args:
        asked: What is asked of the column.
        grid: The grid of whole numbers that the column lies on.

    Raises:
        InputError: If an end is no number, or a lower end lies above its upper end.

    Example:
        >>> from twin.columns.schema import Number as Declared
        >>> asked = Asked(column=Declared(name="age", dtype="int64"), ranges=((29.5, 40), (65, None)))
        >>> [(low, high) for low, high in spans(asked, Grid(type="integer", decimals=0))][0]
        (30, 40)
    """
    read = _reader(asked)
    out = []
    for low, high in asked.ranges:
        ends = [sign * float("inf") if v is None else read(v) for v, sign in ((low, -1), (high, 1))]
        if ends[0] > ends[1]:
            raise asked.error("the lower end of a range lies above its upper end; give it as (low, high)")
        kind = _kind(asked.column.dtype)
        below = asked.below and high is not None
        last = _point(ends[1], grid, "low", kind) - 1 if below else _point(ends[1], grid, "high", kind)
        out.append((_point(ends[0], grid, "low", kind), last))
    return out


def _point(end: Number, grid: Grid, side: Literal["low", "high"], kind: type[np.floating[Any]]) -> int:
    """The lowest point of the grid at or above a lower end, or the highest at or below an upper one."""
    far = int(FARTHEST)
    value = _real(end)
    if np.isinf(value):
        return far if value > 0 else -far
    if not isinstance(end, float) and grid.type != "real":
        exact = end * Fraction(10) ** grid.decimals
        return max(-far, min(far, ceil(exact) if side == "low" else floor(exact)))
    near = int(grid.units(np.array([value]))[0]) + np.arange(-2, 3)
    with np.errstate(over="ignore"):
        values, limit = grid.values(near).astype(kind), kind(value)  # as the column will hold them
    fits = near[values >= limit] if side == "low" else near[values <= limit]
    if not fits.size:  # beyond all that the grid reaches
        return far if side == "low" else -far
    return int(fits.min() if side == "low" else fits.max())


def _kind(dtype: str) -> type[np.floating[Any]]:
    """The precision in which a column of reals is kept."""
    name = dtype.removeprefix("sparse/").lower()
    if name.startswith(("float32", "float[")):
        return np.float32
    return np.float16 if name.startswith(("float16", "halffloat")) else np.float64


def _real(number: Number) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else -float("inf")


def measures(dtype: str) -> Literal["numbers", "lengths of time", "times of day", "periods"]:
    """What a column of numbers holds, by its dtype.

    Example:
        >>> measures("timedelta64[ns]"), measures("Int64")
        ('lengths of time', 'numbers')
    """
    dtype = dtype.removeprefix("sparse/")
    if _SPAN.fullmatch(dtype):
        return "lengths of time"
    if _CLOCK.fullmatch(dtype):
        return "times of day"
    return "periods" if _PERIOD.fullmatch(dtype) else "numbers"


def _reader(asked: Asked) -> Callable[[object], Number]:
    """How values of the column's dtype are read as numbers in its units."""
    dtype = asked.column.dtype.removeprefix("sparse/")
    if match := _SPAN.fullmatch(dtype):
        unit = next(part for part in match.groups() if part)
        return lambda v: Fraction(_span(v, asked), _NANOSECONDS[{"timedelta": "us"}.get(unit, unit)])
    if match := _CLOCK.fullmatch(dtype):
        unit = next(part for part in match.groups() if part)
        return lambda v: Fraction(_clock(v, asked), _NANOSECONDS[{"time": "us"}.get(unit, unit)])
    if match := _PERIOD.fullmatch(dtype):
        frequency = match[1]
        return lambda v: Fraction(_ordinal(v, frequency, asked))
    return lambda v: _number(v, asked)


def _number(value: object, asked: Asked) -> Number:
    if isinstance(value, str):
        try:
            value = Decimal(value.strip())
        except InvalidOperation:
            raise asked.error("a text is asked for that is no number; the column holds numbers") from None
    if isinstance(value, float):
        return value if not np.isfinite(value) else Fraction(Decimal(repr(value)))
    if isinstance(value, Decimal):
        return Fraction(value) if value.is_finite() else float(value)
    if isinstance(value, int):
        return Fraction(value)
    raise asked.error(f"a {type(value).__name__} is asked for; the column holds numbers")


def _span(value: object, asked: Asked) -> int:
    """A length of time in nanoseconds."""
    if isinstance(value, str | dt.timedelta | np.timedelta64):
        try:
            plain = pd.Timedelta(value).asm8
        except (ValueError, OverflowError):
            raise asked.error("a text is asked for that is no length of time, such as '3h'") from None
        return int(plain.astype(np.int64)) * _NANOSECONDS[np.datetime_data(plain.dtype)[0]]
    raise asked.error(f"a {type(value).__name__} is asked for; the column holds lengths of time")


def _clock(value: object, asked: Asked) -> int:
    """A time of day in nanoseconds."""
    if isinstance(value, str):
        try:
            value = dt.time.fromisoformat(value.strip())
        except ValueError:
            raise asked.error("a text is asked for that is no time of day, such as '14:30'") from None
    if isinstance(value, dt.time):
        seconds = (value.hour * 60 + value.minute) * 60 + value.second
        return (seconds * 10**6 + value.microsecond) * 1000
    raise asked.error(f"a {type(value).__name__} is asked for; the column holds times of day")


def _ordinal(value: object, frequency: str, asked: Asked) -> int:
    """A period as a number."""
    if isinstance(value, str | dt.date | pd.Period | np.datetime64):
        try:
            plain: Any = value if isinstance(value, pd.Period) else pd.Period(value, freq=frequency)  # type: ignore[arg-type]
        except ValueError:
            raise asked.error("a text is asked for that is no period, such as '2020-01'") from None
        if plain.freqstr == frequency:
            return int(plain.ordinal)
        raise asked.error("a period of another length is asked for; give it in the column's own")
    raise asked.error(f"a {type(value).__name__} is asked for; the column holds periods")
