"""Dates and times under a budget: bounds and grain are declared or released with noise."""

from __future__ import annotations

from datetime import date

import numpy as np

from twin.arrays import Array, Bools
from twin.columns import schema
from twin.columns.arrays.dp_reading import unit_of
from twin.columns.arrays.dtypes import parse_dtype
from twin.columns.arrays.reading import PER_DAY, ColumnArrays
from twin.columns.binning.binning import Binning
from twin.columns.binning.dp_binning import CELLS, Window, exact_binning, learn_binning_dp
from twin.columns.kinds.datetime import LearnedDatetime
from twin.errors import SchemaError
from twin.privacy.dp.dp_guard import DpColumnGuard
from twin.privacy.dp.dp_quantiles import outermost
from twin.privacy.dp.plan import Need

BOUNDS, GRAIN = "bounds", "grain"
_EPOCH = date(1970, 1, 1)
HALF_YEARS = np.array(
    [(date(year, month, 1) - _EPOCH).days for year in range(1800, 2200) for month in (1, 7)]
    + [(date(2200, 1, 1) - _EPOCH).days],
    np.int64,
)
"""Edges of the public bins of days: half-years of four centuries."""

_GRAINS = (86_400, 3_600, 60, 1)  # seconds; a fifth is finer
_QUARTERS = 96
_SPARE = 0.005  # share of dates and times that may be finer than the grain


def _public(column: schema.Datetime) -> Window | None:
    """The days, where both bounds are public."""
    low, high = column.days
    return None if low is None or high is None else Window(low=low, high=high)


def _declared_grain(column: schema.Datetime, unit: str) -> int | None:
    """Units in one step of the time of day as format or dtype tell, None where it must be learned."""
    if unit == "D":
        return 1
    if column.format is None:
        return None
    if any(code in column.format for code in ("%S", "%T", "%X")):
        return PER_DAY[unit] // 86_400
    return PER_DAY[unit] // (1_440 if "%M" in column.format else 24)


def needs(column: schema.Datetime) -> tuple[Need, ...]:
    """What must be learned with noise.

    Raises:
        SchemaError: If the dtype cannot hold dates or times.
    """
    dtype = parse_dtype(column.dtype)
    textual = dtype.holds in ("text", "object")
    if not (dtype.holds == "datetime" or (textual and (column.format is not None or dtype.open))):
        raise SchemaError(
            f"column {column.name!r}: declared a datetime, but its dtype {column.dtype} holds none; "
            "convert it to dates, give a format, or declare another kind"
        )
    window, out = _public(column), []
    if window is None:
        out.append(Need(column.name, BOUNDS, 0.5))
    if _declared_grain(column, unit_of(column)) is None:
        out.append(Need(column.name, GRAIN, 0.25))
    if window is None or not window.few(column.cells):
        out.append(Need(column.name, CELLS))
    return tuple(out)


def learn(column: schema.Datetime, arrays: ColumnArrays, guard: DpColumnGuard) -> LearnedDatetime:
    """Learn bounds, grain and days, as far as they are not public; times of day have public cells.

    Args:
        column: Its declaration.
        arrays: The column as arrays, n rows.
        guard: The guard of this column under a budget: it charges, then answers with noise.
    """
    per_day, present = PER_DAY[arrays.unit], ~arrays.missing
    days, rest = np.divmod(arrays.values, per_day)
    window = _public(column) or _bounds(column, days, present, guard)
    if guard.needs(CELLS):
        inside = np.clip(days, window.low, window.high)
        learned = learn_binning_dp(inside, present, guard, window=window, most=column.cells, nullable=True)
    else:
        learned = exact_binning(window, nullable=True)
    grain = _declared_grain(column, arrays.unit)
    if grain is None:
        grain = _grain(rest, present, guard, per_day)
    return LearnedDatetime(
        name=str(column.name),
        unit=arrays.unit,
        grain=grain,
        days=learned,
        clock=None if grain == per_day else _clock(per_day // grain),
        format=column.format,
    )


def released(column: schema.Datetime, learned: LearnedDatetime) -> schema.Datetime:
    """The declaration with the dtype in which the column comes back.

    Args:
        column: Its declaration.
        learned: What was learned of it.
    """
    if not parse_dtype(column.dtype).open:
        return column
    token = "object/str" if column.format is not None else f"datetime64[{learned.unit}]"
    return column.model_copy(update={"dtype": token})


def _bounds(column: schema.Datetime, days: Array, present: Bools, guard: DpColumnGuard) -> Window:
    last = HALF_YEARS.size - 2
    bins = np.clip(np.searchsorted(HALF_YEARS, days, side="right") - 1, 0, last)
    counts = guard.histogram(BOUNDS, np.where(present, bins, -1), last + 1)
    outer = outermost(counts, sigma=guard.sigma(BOUNDS))
    low, high = column.days
    first, end = (0, 1) if outer is None else (int(HALF_YEARS[outer[0]]), int(HALF_YEARS[outer[1] + 1]) - 1)
    first, end = first if low is None else low, end if high is None else high
    if first > end:
        first, end = (first, first) if low is not None else (end, end)
    return Window(low=first, high=end)


def _grain(rest: Array, present: Bools, guard: DpColumnGuard, per_day: int) -> int:
    """Units in the coarsest step that all but a small share of dates and times keep to."""
    steps = [per_day * seconds // 86_400 for seconds in _GRAINS]
    bins = np.full(rest.shape, len(steps), np.int64)
    for index in range(len(steps) - 1, -1, -1):
        bins[rest % steps[index] == 0] = index
    counts = guard.histogram(GRAIN, np.where(present, bins, -1), len(steps) + 1)
    sigma, total = guard.sigma(GRAIN), max(0.0, float(counts.sum()))
    for index, step in enumerate(steps):
        finer = counts[index + 1 :]
        if finer.sum() <= 3 * sigma * np.sqrt(finer.size) + _SPARE * total:
            return step
    return 1


def _clock(steps: int) -> Binning:
    """Times of day in public quarter-hours; each hour alone where the grain is an hour."""
    if steps < _QUARTERS:
        return exact_binning(Window(low=0, high=steps - 1), nullable=True)
    edges = np.arange(_QUARTERS + 1, dtype=np.float64) * (steps // _QUARTERS) - 0.5
    weights = np.append(0.0, np.full(_QUARTERS, 1.0 / _QUARTERS))
    return Binning(atoms=np.empty(0, np.int64), edges=edges, weights=weights, nullable=True)
