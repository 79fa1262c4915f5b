"""Canaries of numbers: extremes, exact values, odd precision, the first negative."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from twin.arrays import Floats
from twin.canaries import detectors as watches
from twin.canaries import invent
from twin.canaries.column import REPEATS, CanaryColumn, CanaryPlan
from twin.canaries.detectors import Detector
from twin.canaries.patterns import Pattern, number_pattern
from twin.columns.arrays.reading import read, token
from twin.columns.schema import Category, Datetime, Number

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

    values: Floats
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
        """The number so many steps from zero, as the dtype holds it.

        Args:
            steps: How many steps above the column's own values it lies.
            step: Distance of the grid's points, > 0.
        """
        return self._held(self.on_grid(steps) if self.step else steps * step)

    def _held(self, value: float) -> float:
        """The number as the dtype holds it."""
        return float(np.float32(value)) if self.rounding > _SINGLE else float(value)

    @staticmethod
    def _odd(most: float, rng: Generator) -> int:
        """A whole number between `most` and twice that which does not end in 0."""
        steps = int(rng.integers(int(most), int(2 * most)))
        return steps + 1 if steps % 10 == 0 else steps


def grid_of(values: Floats, rounding: float, whole: bool) -> float:
    """The coarsest power of ten that all numbers are multiples of; 0 where there is none from 1e-9 on.

    Args:
        values: Known values of the column, shape (n,).
        rounding: Most that a value may lie beside the grid, ≥ 0.
        whole: Whether the grid is one of whole numbers.

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


def plan_number(bed: CanaryColumn) -> Iterator[CanaryPlan]:
    """An extreme, an exact number, an odd precision, the first negative, a number of one person."""
    declared = bed.column.decimals if isinstance(bed.column, Number) else None
    numbers = numbers_of(bed.series, declared)
    if numbers is not None and numbers.values.size:
        yield from _plan_numbers(bed, numbers)
    yield from bed.missing()


def _plan_numbers(bed: CanaryColumn, numbers: Numbers) -> Iterator[CanaryPlan]:
    low, high = float(numbers.values.min()), float(numbers.values.max())
    step = numbers.step

    def plan(sort: str, value: float | None, *own: Detector, **options: Any) -> Iterator[CanaryPlan]:
        if value is not None:
            cell = int(value) if numbers.whole else value
            beside = sort.startswith(("extreme", "first"))
            needle = number_pattern(value, beside=beside)
            yield CanaryPlan(sort=sort, cells={bed.name: cell}, needle=needle, watches=own, **options)

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


_OFTEN = 20  # rows from which a character of a key counts as part of its form
_TEXT_TRIES = 99


def plan_category(bed: CanaryColumn) -> Iterator[CanaryPlan]:
    """A rare level, a long one, an odd character, a level of one person, a missing cell."""
    declared = bed.column
    covered = isinstance(declared, Category) and declared.parents is not None
    if bed.texts and not covered:
        yield bed.text("rare level", invent.word(bed.rng))
        yield from bed.odd_texts(lambda: invent.word(bed.rng))
        if bed.longitudinal:
            yield bed.text("repeated by one", invent.word(bed.rng), holders=1, repeats=REPEATS)
    yield from bed.missing()


def plan_text(bed: CanaryColumn) -> Iterator[CanaryPlan]:
    """A surname in a text, a long text, an odd character."""
    if not bed.texts:
        return
    name = invent.word(bed.rng)
    words = str(bed.rng.choice(np.array(bed.texts, dtype=object))).split(" ")
    words.insert(int(bed.rng.integers(len(words) + 1)), name)
    yield bed.text("name in a text", " ".join(words), name)
    yield from bed.odd_texts(lambda: f"{words[0]} {invent.word(bed.rng)}")


def plan_key(bed: CanaryColumn) -> Iterator[CanaryPlan]:
    """An identifier in the form of the others, a long one, an odd character, a missing cell."""
    holders = 1 if bed.is_subject else None
    if bed.texts:
        every, taken = np.array(bed.texts, dtype=object), set(bed.texts)
        model = str(bed.rng.choice(every))
        value = next(
            (v for _ in range(_TEXT_TRIES) if (v := invent.same_form(model, bed.rng)) not in taken), ""
        )
        if value:
            share = 1 / _forms(bed.texts)
            watch = watches.Reissued(bed.name, value, share)
            yield bed.text("identifier", value, watches=(watch,), chancy=True, holders=holders)
        if not bed.is_subject:
            yield from bed.odd_texts(lambda: invent.same_form(model, bed.rng))
    elif pd.api.types.is_integer_dtype(bed.series.dtype):
        yield from _whole_key(bed, holders)
    yield from bed.missing()


def _whole_key(bed: CanaryColumn, holders: int | None) -> Iterator[CanaryPlan]:
    present = bed.series.dropna().astype(np.int64).to_numpy()
    if not present.size:
        return
    model = str(abs(int(bed.rng.choice(present))))
    taken = set(present.tolist())
    value = next(
        (v for _ in range(_TEXT_TRIES) if (v := int(invent.same_form(model, bed.rng))) not in taken), None
    )
    if value is not None:
        watch = watches.Reissued(bed.name, str(value), 1 / (9 * 10.0 ** (len(model) - 1)))
        needle = number_pattern(value)
        yield CanaryPlan(
            sort="identifier",
            cells={bed.name: value},
            needle=needle,
            watches=(watch,),
            chancy=True,
            holders=holders,
        )


def _forms(texts: list[str]) -> float:
    """At least so many identifiers share the form of the commonest length."""
    lengths = np.array([len(text) for text in texts])
    length = int(np.bincount(lengths).argmax())
    letters = np.array([text for text in texts if len(text) == length], dtype=f"U{max(length, 1)}")
    forms = 1.0
    for j, column in enumerate(letters.view("U1").reshape(letters.size, -1).T if length else ()):
        _, counts = np.unique(column, return_counts=True)
        forms *= max(1, int((counts >= _OFTEN).sum())) if j < length else 1
    return forms


def plan_flag(bed: CanaryColumn) -> Iterator[CanaryPlan]:
    """A missing cell."""
    yield from bed.missing()


_EARLY = 1938  # days before 1940 are large negative numbers, which nothing but a date is
_FIRST = 1680  # nanoseconds reach back to 1677
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_GRAINS = (86_400, 60, 1)
_ODD = 60  # rows whose times keep to a grain of seconds show none finer
_UNITS = ("D", "s", "ms", "us", "ns")
_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d")
_LARGE = 10**7  # ticks of a time of day that are met by chance less often than this


def plan_datetime(bed: CanaryColumn) -> Iterator[CanaryPlan]:
    """A date before all others, an odd time of day, a missing cell."""
    ticks, unit = bed.ticks, unit_of(bed)
    if ticks.size and unit is not None:
        yield from _outlier(bed, ticks, unit)
        if unit != "D":
            yield from _odd_time(bed, ticks, unit)
    yield from bed.missing()


def unit_of(bed: CanaryColumn) -> str | None:
    """Unit of a column's ticks, or None where no moment can be written into it."""
    declared = bed.column
    if isinstance(declared, Datetime) and declared.format is not None and bed.texts:
        return "s"
    kind = token(bed.series)
    if kind in ("object/date", "object/datetime"):
        return "D" if kind == "object/date" else "us"
    if kind.startswith("datetime64["):
        return kind[len("datetime64[") :].split("]")[0].split(",")[0]
    if kind.startswith("timestamp["):
        return kind[len("timestamp[") :].split("]")[0].split(",")[0]
    return "D" if kind.startswith("date32") else None


def first_year(bed: CanaryColumn) -> int | None:
    """Year of the first moment of a column, or None where it has none."""
    unit = unit_of(bed) if isinstance(bed.column, Datetime) else None
    ticks = bed.ticks if unit is not None else np.empty(0)
    return _datetime(int(ticks.min()), unit).year if unit is not None and ticks.size else None


def _outlier(bed: CanaryColumn, ticks: Any, unit: str) -> Iterator[CanaryPlan]:
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
    yield CanaryPlan(
        sort="date outlier",
        cells={bed.name: cell},
        needle=_needle(moment, day),
        watches=(watches.Beyond(bed.name, low=low),),
    )


def _odd_time(bed: CanaryColumn, ticks: Any, unit: str) -> Iterator[CanaryPlan]:
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
        yield CanaryPlan(
            sort="odd time",
            cells={bed.name: cell},
            needle=_needle(moment, None),
            watches=(watches.OffGrid(bed.name, grain * per_second),),
        )


def _datetime(ticks: int, unit: str) -> dt.datetime:
    micros = np.datetime64(ticks, unit).astype("datetime64[us]")  # type: ignore[call-overload]
    value: dt.datetime = micros.item()
    return value


def _cell(bed: CanaryColumn, moment: dt.datetime) -> Any:
    """A moment as the column holds it, or None where it cannot."""
    declared = bed.column
    if isinstance(declared, Datetime) and declared.format is not None and bed.texts:
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


def _needle(moment: dt.datetime, day: dt.datetime | None) -> Pattern:
    """The spellings of a date, or of a moment's time of day."""
    stamp = np.datetime64(moment, "us")
    numbers = {int(stamp.astype(f"datetime64[{unit}]").astype(np.int64)) for unit in _UNITS}
    if day is None:
        since = moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)
        ticks = since // dt.timedelta(microseconds=1)
        every = numbers | {ticks, ticks * 1_000, ticks // 1_000}
        shown = (moment.isoformat()[11:23],) if moment.microsecond else ()
        return Pattern(shown, tuple(sorted(n for n in every if abs(n) >= _LARGE)))
    days = int(np.datetime64(day, "D").astype(np.int64))
    beside = {days - 0.5, days + 0.5, days}
    dates = tuple(day.strftime(f) for f in _FORMATS)
    return Pattern(dates, tuple(sorted({n for n in numbers if abs(n) >= _LARGE} | beside)))
