"""Canaries of moments: a date far before the others, and an odd time of day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from twin.columns.native import token
from twin.columns.schema import Moment
from twin.leaktest import watches
from twin.leaktest.bed import Bed, Plan
from twin.leaktest.needles import Needle

_EARLY = 1938  # days before 1940 are large negative numbers, which nothing but a date is
_FIRST = 1680  # nanoseconds reach back to 1677
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_GRAINS = (86_400, 60, 1)
_ODD = 60  # rows whose times keep to a grain of seconds show none finer
_UNITS = ("D", "s", "ms", "us", "ns")
_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d")
_LARGE = 10**7  # ticks of a time of day that are met by chance less often than this


def plan_moment(bed: Bed) -> Iterator[Plan]:
    """A date before all others, an odd time of day, a missing cell."""
    ticks, unit = bed.ticks, unit_of(bed)
    if ticks.size and unit is not None:
        yield from _outlier(bed, ticks, unit)
        if unit != "D":
            yield from _odd_time(bed, ticks, unit)
    yield from bed.missing()


def unit_of(bed: Bed) -> str | None:
    """Unit of a column's ticks, or None where no moment can be written into it."""
    declared = bed.column
    if isinstance(declared, Moment) and declared.format is not None and bed.texts:
        return "s"
    kind = token(bed.series)
    if kind in ("object/date", "object/datetime"):
        return "D" if kind == "object/date" else "us"
    if kind.startswith("datetime64["):
        return kind[len("datetime64[") :].split("]")[0].split(",")[0]
    if kind.startswith("timestamp["):
        return kind[len("timestamp[") :].split("]")[0].split(",")[0]
    return "D" if kind.startswith("date32") else None


def first_year(bed: Bed) -> int | None:
    """Year of the first moment of a column, or None where it has none."""
    unit = unit_of(bed) if isinstance(bed.column, Moment) else None
    ticks = bed.ticks if unit is not None else np.empty(0)
    return _datetime(int(ticks.min()), unit).year if unit is not None and ticks.size else None


def _outlier(bed: Bed, ticks: Any, unit: str) -> Iterator[Plan]:
    first = _datetime(int(ticks.min()), unit)
    year = min(_EARLY, bed.earliest - 20) - int(bed.rng.integers(40))
    if year < _FIRST:
        return
    day = dt.datetime(year, 1, 1) + dt.timedelta(days=int(bed.rng.integers(1, 365)))
    moment = day + (first - first.replace(hour=0, minute=0, second=0, microsecond=0))
    cell = _cell(bed, moment)
    if cell is None:
        return
    low = int(ticks.min())
    yield Plan(
        sort="date outlier",
        cells={bed.name: cell},
        needle=_needle(moment, day),
        watches=(watches.Beyond(bed.name, low=low),),
    )


def _odd_time(bed: Bed, ticks: Any, unit: str) -> Iterator[Plan]:
    per_second = _PER_SECOND[unit]
    grain = next((g for g in _GRAINS if not (ticks % (g * per_second)).any()), 0)
    if grain < _ODD:
        return
    low, high = np.quantile(ticks, [0.1, 0.9])
    day = _datetime(int(bed.rng.integers(int(low), int(high) + 1)), unit)
    micro = int(bed.rng.integers(100_000, 999_999)) | 1
    if per_second < 10**6:
        micro = micro // 1_000 * 1_000 if per_second == 1_000 else 0
    moment = day.replace(
        hour=int(bed.rng.integers(10, 18)),
        minute=int(bed.rng.integers(11, 59)) | 1,
        second=int(bed.rng.integers(11, 59)) | 1,
        microsecond=micro,
    )
    cell = _cell(bed, moment)
    if cell is not None:
        yield Plan(
            sort="odd time",
            cells={bed.name: cell},
            needle=_needle(moment, None),
            watches=(watches.OffGrid(bed.name, grain * per_second),),
        )


def _datetime(ticks: int, unit: str) -> dt.datetime:
    micros = np.datetime64(ticks, unit).astype("datetime64[us]")  # type: ignore[call-overload]
    value: dt.datetime = micros.item()
    return value


def _cell(bed: Bed, moment: dt.datetime) -> Any:
    """A moment as the column holds it, or None where it cannot."""
    declared = bed.column
    if isinstance(declared, Moment) and declared.format is not None and bed.texts:
        text = moment.strftime(declared.format)
        whole = dt.datetime.strptime(text, declared.format)
        return text if whole.replace(microsecond=0) == moment.replace(microsecond=0) else None
    kind = token(bed.series)
    if kind == "object/date" or kind.startswith("date32"):
        return moment.date()
    if kind == "object/datetime":
        return moment
    zone = getattr(bed.series.dtype, "tz", None) or getattr(
        getattr(bed.series.dtype, "pyarrow_dtype", None), "tz", None
    )
    stamp = pd.Timestamp(moment)
    return stamp if zone is None else stamp.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")


def _needle(moment: dt.datetime, day: dt.datetime | None) -> Needle:
    """The spellings of a date, or of a moment's time of day."""
    stamp = np.datetime64(moment, "us")
    numbers = {int(stamp.astype(f"datetime64[{unit}]").astype(np.int64)) for unit in _UNITS}
    if day is None:
        since = moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)
        ticks = since // dt.timedelta(microseconds=1)
        every = numbers | {ticks, ticks * 1_000, ticks // 1_000}
        shown = (moment.isoformat()[11:23],) if moment.microsecond else ()
        return Needle(shown, tuple(sorted(n for n in every if abs(n) >= _LARGE)))
    days = int(np.datetime64(day, "D").astype(np.int64))
    beside = {days - 0.5, days + 0.5, days}
    dates = tuple(day.strftime(f) for f in _FORMATS)
    return Needle(dates, tuple(sorted({n for n in numbers if abs(n) >= _LARGE} | beside)))
