"""Which canaries each kind of column takes, and combinations of quasi-identifiers: the plans for planting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from twin.arrays import Floats, Ints
from twin.canaries import detectors
from twin.canaries.canary import REPEATS, CanaryColumn, CanaryPlan, invented_word, same_form
from twin.canaries.detectors import Detector
from twin.canaries.search import Pattern, number_pattern
from twin.columns.arrays.reading import read, token
from twin.columns.schema import Category, Datetime, Name, Number, Schema

_TRIES = 1_000
_SINGLE = 1e-9  # rounding error from which a dtype is single precision
_EXACT = 2.0**52  # up to here float64 holds half-integers

_OFTEN = 20  # rows from which a character of a key counts as part of its form
_TEXT_TRIES = 99

_EARLY = 1938  # days before 1940 are large negative numbers, which nothing but a date is
_FIRST = 1680  # nanoseconds reach back to 1677
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_GRAINS = (86_400, 60, 1)
_ODD = 60  # rows whose times keep to a grain of seconds show none finer
_UNITS = ("D", "s", "ms", "us", "ns")
_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d")
_LARGE = 10**7  # ticks of a time of day that are met by chance less often than this

_COMMON = 4  # times k persons make a value of a quasi-identifier common
_LEVELS = 12  # of those, the least common that are tried: by chance, they seldom meet
_SUBSETS = 3  # combinations of each size that are planted


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """A column of numbers on the finest grid that holds them all.

    Args:
        values: The numbers that are there, finite, shape (m,).
        step: The grid; 0 where there is none, as with measurements of full precision.
        rounding: Relative rounding error of the dtype.
        top: Largest number that the dtype holds exactly.
        integer: Whether the dtype holds whole numbers only.
        signed: Whether the dtype holds negative numbers.
    """

    values: Floats
    step: float
    rounding: float
    top: float
    integer: bool
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
            return self._rounded(float(rng.uniform(low, high)))
        taken = set(np.rint(self.values / self.step).astype(np.int64).tolist())
        first, last = int(np.ceil(low / self.step)), int(np.floor(high / self.step))
        if first >= last:
            return None
        for steps in rng.integers(first, last + 1, _TRIES).tolist():
            if steps not in taken and steps % 10:
                return self._rounded(self.on_grid(steps))
        return None

    def finer(self, rng: Generator) -> float | None:
        """A number amid the others that is finer than their grid; None where the dtype allows none."""
        low, high = np.quantile(self.values, [0.1, 0.9])
        coarse = not self.step or self.rounding > _SINGLE or self.step <= 1e-6
        if coarse or not low < high or (self.integer and self.step == 1):
            return None
        base = np.rint(rng.uniform(low, high) / self.step)
        if self.integer:
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
        return self._at(self._odd(most, rng))

    def negative(self, rng: Generator) -> float | None:
        """A number below zero, for a column that has none."""
        step = self.step or 1.0
        return -self._at(self._odd(min(1e7, self.top / step / 2), rng))

    def _at(self, steps: int) -> float:
        """The number so many steps of the grid, or units, from zero, as the dtype holds it."""
        return self._rounded(self.on_grid(steps) if self.step else float(steps))

    def _rounded(self, value: float) -> float:
        """The number as the dtype holds it."""
        return float(np.float32(value)) if self.rounding > _SINGLE else float(value)

    @staticmethod
    def _odd(most: float, rng: Generator) -> int:
        """A whole number between `most` and twice that which does not end in 0."""
        steps = int(rng.integers(int(most), int(2 * most)))
        return steps + 1 if steps % 10 == 0 else steps


def grid_of(values: Floats, rounding: float, integer: bool) -> float:
    """The coarsest power of ten that all numbers are multiples of; 0 where there is none from 1e-9 on.

    Args:
        values: The numbers, finite, shape (m,).
        rounding: Relative rounding error of the dtype.
        integer: Whether the dtype holds whole numbers only.

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
    if power or not off(1.0) or integer:
        return 10.0**power
    return next((10.0**-d for d in range(1, 10) if not off(10.0**-d)), 0.0)


def plan_number(column: CanaryColumn) -> Iterator[CanaryPlan]:
    """An extreme, an exact number, an odd precision, the first negative, a number of one person."""
    declared = column.declared.decimals if isinstance(column.declared, Number) else None
    numbers = numbers_of(column.series, declared)
    if numbers is not None and numbers.values.size:
        yield from _plan_numbers(column, numbers)
    yield from column.missing()


def _plan_numbers(column: CanaryColumn, numbers: Numbers) -> Iterator[CanaryPlan]:
    low, high = float(numbers.values.min()), float(numbers.values.max())
    step = numbers.step

    def plan(sort: str, value: float | None, *own: Detector, **options: Any) -> Iterator[CanaryPlan]:
        if value is not None:
            cell = int(value) if numbers.integer else value
            pattern = number_pattern(value, beside=sort.startswith(("extreme", "first")))
            yield CanaryPlan(sort=sort, cells={column.name: cell}, pattern=pattern, detectors=own, **options)

    yield from plan("extreme number", numbers.extreme(column.rng), detectors.Beyond(column.name, high=high))
    if low >= 0 and numbers.signed:
        yield from plan(
            "first negative", numbers.negative(column.rng), detectors.Beyond(column.name, low=0.0)
        )
    precise = detectors.OffGrid(column.name, step, numbers.rounding)
    yield from plan("odd precision", numbers.finer(column.rng), precise)
    for sort, holders, repeats in (("number inside", None, 1), ("repeated by one", 1, REPEATS)):
        value = numbers.inside(column.rng) if holders is None or column.longitudinal else None
        if value is not None:
            peak = detectors.Peak(column.name, value, step or 1e-9 * abs(value))
            yield from plan(sort, value, peak, by_chance=True, holders=holders, repeats=repeats)


def numbers_of(series: pd.Series[Any], decimals: int | None = None) -> Numbers | None:
    """The numbers of a column, or None where it holds others or no canary can be written into it.

    Args:
        series: The column.
        decimals: Digits after the point that its samples shall have, or None for those of the column.
    """
    kind: Any = series.dtype
    if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind):
        return None
    arrays = read(series)
    if arrays.type not in ("integer", "real") or arrays.rounding > 1e-6:
        return None
    values = arrays.values[~arrays.missing].astype(np.float64)
    values = values[np.isfinite(values)]
    integer = arrays.type == "integer"
    top = float(np.iinfo(_integer_dtype(kind)).max) if integer else _EXACT
    step = grid_of(values, arrays.rounding, integer) if decimals is None else 10.0**-decimals
    return Numbers(
        values=values,
        step=step,
        rounding=arrays.rounding,
        top=min(top, _EXACT),
        integer=integer,
        signed=not pd.api.types.is_unsigned_integer_dtype(kind),
    )


def _integer_dtype(kind: Any) -> np.dtype[Any]:
    plain: np.dtype[Any] = np.dtype(getattr(kind, "numpy_dtype", kind))
    return plain


def plan_category(column: CanaryColumn) -> Iterator[CanaryPlan]:
    """A rare level, a long one, an odd character, a level of one person, a missing cell."""
    declared = column.declared
    covered = isinstance(declared, Category) and declared.parents is not None
    if column.texts and not covered:
        yield column.text("rare level", invented_word(column.rng))
        yield from column.odd_texts(lambda: invented_word(column.rng))
        if column.longitudinal:
            yield column.text("repeated by one", invented_word(column.rng), holders=1, repeats=REPEATS)
    yield from column.missing()


def plan_text(column: CanaryColumn) -> Iterator[CanaryPlan]:
    """A surname in a text, a long text, an odd character."""
    if not column.texts:
        return
    name = invented_word(column.rng)
    words = str(column.rng.choice(np.array(column.texts, dtype=object))).split(" ")
    words.insert(int(column.rng.integers(len(words) + 1)), name)
    yield column.text("name in a text", " ".join(words), name)
    yield from column.odd_texts(lambda: f"{words[0]} {invented_word(column.rng)}")


def plan_key(column: CanaryColumn) -> Iterator[CanaryPlan]:
    """An identifier in the form of the others, a long one, an odd character, a missing cell."""
    holders = 1 if column.is_subject else None
    if column.texts:
        model = str(column.rng.choice(np.array(column.texts, dtype=object)))
        value = _unused(model, set(column.texts), column.rng)
        if value is not None:
            reissued = detectors.Reissued(column.name, value, 1 / _forms(column.texts))
            yield column.text("identifier", value, detectors=(reissued,), by_chance=True, holders=holders)
        if not column.is_subject:
            yield from column.odd_texts(lambda: same_form(model, column.rng))
    elif pd.api.types.is_integer_dtype(column.series.dtype):
        yield from _integer_key(column, holders)
    yield from column.missing()


def _unused(model: str, taken: set[str], rng: Generator) -> str | None:
    """An identifier in the form of another that nobody has, or None where none was met."""
    for _ in range(_TEXT_TRIES):
        if (value := same_form(model, rng)) not in taken:
            return value
    return None


def _integer_key(column: CanaryColumn, holders: int | None) -> Iterator[CanaryPlan]:
    present = column.series.dropna().astype(np.int64).to_numpy()
    if not present.size:
        return
    model = str(abs(int(column.rng.choice(present))))
    value = _unused(model, set(map(str, present.tolist())), column.rng)
    if value is not None:
        yield CanaryPlan(
            sort="identifier",
            cells={column.name: int(value)},
            pattern=number_pattern(int(value)),
            detectors=(detectors.Reissued(column.name, value, 1 / (9 * 10.0 ** (len(model) - 1))),),
            by_chance=True,
            holders=holders,
        )


def _forms(texts: list[str]) -> float:
    """At least so many identifiers share the form of the commonest length."""
    lengths = np.array([len(text) for text in texts])
    length = int(np.bincount(lengths).argmax())
    letters = np.array([text for text in texts if len(text) == length], dtype=f"U{max(length, 1)}")
    forms = 1.0
    for position in letters.view("U1").reshape(letters.size, -1).T if length else ():
        _, counts = np.unique(position, return_counts=True)
        forms *= max(1, int((counts >= _OFTEN).sum()))
    return forms


def plan_flag(column: CanaryColumn) -> Iterator[CanaryPlan]:
    """A missing cell."""
    yield from column.missing()


def plan_datetime(column: CanaryColumn) -> Iterator[CanaryPlan]:
    """A date before all others, an odd time of day, a missing cell."""
    ticks, unit = column.ticks, unit_of(column)
    if ticks.size and unit is not None:
        yield from _outlier(column, ticks, unit)
        if unit != "D":
            yield from _odd_time(column, ticks, unit)
    yield from column.missing()


def unit_of(column: CanaryColumn) -> str | None:
    """Unit of a column's ticks, or None where no date can be written into it."""
    if column.format is not None and column.texts:
        return "s"
    kind = token(column.series)
    if kind in ("object/date", "object/datetime"):
        return "D" if kind == "object/date" else "us"
    for arrow in ("datetime64[", "timestamp["):
        if kind.startswith(arrow):
            return kind.removeprefix(arrow).split("]")[0].split(",")[0]
    return "D" if kind.startswith("date32") else None


def first_year(column: CanaryColumn) -> int | None:
    """Year of the first date of a column, or None where it has none."""
    unit = unit_of(column) if isinstance(column.declared, Datetime) else None
    ticks = column.ticks if unit is not None else np.empty(0)
    return _datetime(int(ticks.min()), unit).year if unit is not None and ticks.size else None


def _outlier(column: CanaryColumn, ticks: Ints, unit: str) -> Iterator[CanaryPlan]:
    low = int(ticks.min())
    first = _datetime(low, unit)
    year = min(_EARLY, column.earliest - 20) - int(column.rng.integers(40))
    if year < _FIRST:
        return
    day = dt.datetime(year, 1, 1) + dt.timedelta(days=int(column.rng.integers(1, 365)))
    moment = day + (first - _midnight(first))
    cell = _cell(column, moment)
    if cell is not None:
        yield CanaryPlan(
            sort="date outlier",
            cells={column.name: cell},
            pattern=_date_pattern(moment, day),
            detectors=(detectors.Beyond(column.name, low=low),),
        )


def _odd_time(column: CanaryColumn, ticks: Ints, unit: str) -> Iterator[CanaryPlan]:
    per_second = _PER_SECOND[unit]
    grain = next((g for g in _GRAINS if not (ticks % (g * per_second)).any()), 0)
    if grain < _ODD:
        return
    low, high = np.quantile(ticks, [0.1, 0.9])
    day = _datetime(int(column.rng.integers(int(low), int(high) + 1)), unit)
    micro = int(column.rng.integers(100_000, 999_999)) | 1
    if per_second < 10**6:
        micro = micro // 1_000 * 1_000 if per_second == 1_000 else 0
    moment = day.replace(
        hour=int(column.rng.integers(10, 18)),
        minute=int(column.rng.integers(11, 59)) | 1,
        second=int(column.rng.integers(11, 59)) | 1,
        microsecond=micro,
    )
    cell = _cell(column, moment)
    if cell is not None:
        yield CanaryPlan(
            sort="odd time",
            cells={column.name: cell},
            pattern=_time_pattern(moment),
            detectors=(detectors.OffGrid(column.name, grain * per_second),),
        )


def _datetime(ticks: int, unit: str) -> dt.datetime:
    micros = np.datetime64(ticks, unit).astype("datetime64[us]")  # type: ignore[call-overload]
    value: dt.datetime = micros.item()
    return value


def _midnight(moment: dt.datetime) -> dt.datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _cell(column: CanaryColumn, moment: dt.datetime) -> Any:
    """A date as the column holds it, or None where it cannot."""
    if column.format is not None and column.texts:
        text = moment.strftime(column.format)
        reads_back = dt.datetime.strptime(text, column.format).replace(microsecond=0)
        return text if reads_back == moment.replace(microsecond=0) else None
    kind = token(column.series)
    if kind == "object/date" or kind.startswith("date32"):
        return moment.date()
    if kind == "object/datetime":
        return moment
    dtype = column.series.dtype
    zone = getattr(dtype, "tz", None) or getattr(getattr(dtype, "pyarrow_dtype", None), "tz", None)
    stamp = pd.Timestamp(moment)
    return stamp if zone is None else stamp.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")


def _in_units(moment: dt.datetime) -> set[int | float]:
    """A date and time since 1970 in every unit that it may be kept in."""
    stamp = np.datetime64(moment, "us")
    return {int(stamp.astype(f"datetime64[{unit}]").astype(np.int64)) for unit in _UNITS}


def _date_pattern(moment: dt.datetime, day: dt.datetime) -> Pattern:
    """The spellings of a date."""
    days = int(np.datetime64(day, "D").astype(np.int64))
    numbers = {n for n in _in_units(moment) if abs(n) >= _LARGE} | {days - 0.5, days + 0.5, days}
    return Pattern(tuple(day.strftime(form) for form in _FORMATS), tuple(sorted(numbers)))


def _time_pattern(moment: dt.datetime) -> Pattern:
    """The spellings of a time of day."""
    micros = (moment - _midnight(moment)) // dt.timedelta(microseconds=1)
    numbers = _in_units(moment) | {micros, micros * 1_000, micros // 1_000}
    shown = (moment.isoformat()[11:23],) if moment.microsecond else ()
    return Pattern(shown, tuple(sorted(n for n in numbers if abs(n) >= _LARGE)))


PLANS: dict[str, Callable[[CanaryColumn], Iterator[CanaryPlan]]] = {
    "category": plan_category,
    "flag": plan_flag,
    "direct_identifier": plan_key,
    "key": plan_key,
    "datetime": plan_datetime,
    "number": plan_number,
    "text": plan_text,
}
"""The canaries of each kind of column."""


def plan_canaries(
    frame: pd.DataFrame,
    schema: Schema,
    *,
    subject: Name | None,
    ids: Ints | None,
    k: int,
    quasi_identifiers: Sequence[Name],
    rng: Generator,
) -> list[CanaryPlan]:
    """The canaries of a table: one per suitable column and sort, and combinations of quasi-identifiers.

    Args:
        frame: The table, n rows.
        schema: Kinds of its columns.
        subject: Column that names the person, or None.
        ids: Dense subject ids, shape (n,), or None where each row is a person.
        k: Threshold of the guard.
        quasi_identifiers: Columns whose combinations of two and three values are planned too.
        rng: Invents the values.
    """

    def column(i: int, earliest: int = 0) -> CanaryColumn:
        declared = schema.columns[i]
        series, is_subject = frame[declared.name], declared.name == subject
        return CanaryColumn(declared, series, rng, i, is_subject, subject is not None, earliest)

    every = range(len(schema))
    years = [year for i in every if (year := first_year(column(i))) is not None]
    earliest = min(years, default=0)
    plans = [
        plan
        for i, declared in enumerate(schema.columns)
        if declared.family in PLANS
        for plan in PLANS[declared.family](column(i, earliest))
    ]
    return plans + _combined(frame, quasi_identifiers, ids, k, rng)


def _combined(
    frame: pd.DataFrame, names: Sequence[Name], ids: Ints | None, k: int, rng: Generator
) -> list[CanaryPlan]:
    """Combinations of two and three values, each common in itself, that nobody holds together."""
    common = {name: _common(frame[name], ids, k) for name in names}
    out: list[CanaryPlan] = []
    for size in (2, 3):
        subsets = list(combinations([name for name in names if common[name]], size))
        planted = 0
        for i in rng.permutation(len(subsets)).tolist():
            if planted == _SUBSETS:
                break
            cells = _apart(frame, subsets[i], common)
            if cells is not None:
                planted += 1
                sort = f"combination of {size}"
                out.append(CanaryPlan(sort=sort, cells=cells, detectors=(detectors.Together(cells),)))
                for name, value in cells.items():  # a value in two combinations could make a third
                    common[name].remove(value)
    return out


def _common(series: pd.Series[Any], ids: Ints | None, k: int) -> list[Any]:
    """The least common of the values that many persons hold, those first that the fewest do."""
    owners = pd.Series(np.arange(len(series)) if ids is None else ids, index=series.index)
    holders = owners.groupby(series, observed=True).nunique().sort_values()
    return list(holders.index[holders >= _COMMON * k][:_LEVELS])


def _apart(
    frame: pd.DataFrame, subset: tuple[Name, ...], common: Mapping[Name, list[Any]]
) -> dict[Name, Any] | None:
    """Common values that no row holds together, the rarest first; None where all occur."""
    holds = {name: [(frame[name] == v).fillna(False).to_numpy(bool) for v in common[name]] for name in subset}
    indices = np.stack(np.meshgrid(*(range(len(common[n])) for n in subset), indexing="ij"), axis=-1)
    choices = indices.reshape(-1, len(subset))  # (choices, columns)
    for choice in choices[np.argsort(choices.sum(axis=1), kind="stable")].tolist():
        if not np.logical_and.reduce([holds[n][j] for n, j in zip(subset, choice, strict=True)]).any():
            return {name: common[name][j] for name, j in zip(subset, choice, strict=True)}
    return None
