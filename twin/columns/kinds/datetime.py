"""Dates and times: a binning of days, and for finer grains than a day a second one of times of day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.random import Generator

from twin.arrays import Bools, Ints
from twin.codes import Field, State
from twin.columns import schema
from twin.columns.arrays.dtypes import parse_dtype
from twin.columns.arrays.reading import PER_DAY, ColumnArrays
from twin.columns.base import Candidate, Condition, DecodeContext, Matrix
from twin.columns.binning.binning import FARTHEST, Binning, learn_binning
from twin.columns.binning.region import Pieces, Region, pieces_of, region_of
from twin.columns.given.asked import Asked
from twin.columns.given.instants import Calendar, Instant
from twin.errors import SchemaError
from twin.privacy.suppression.guard import ColumnGuard

_FORMATS = (
    ("%Y-%m-%d", r"\d{4}-\d{2}-\d{2}"),
    ("%Y-%m-%d %H:%M:%S", r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"),
    ("%Y-%m-%dT%H:%M:%S", r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}"),
    ("%Y-%m-%d %H:%M", r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}"),
    ("%Y/%m/%d", r"\d{4}/\d{2}/\d{2}"),
    ("%d.%m.%Y", r"\d{2}\.\d{2}\.\d{4}"),
    ("%m/%d/%Y", r"\d{2}/\d{2}/\d{4}"),
    ("%d/%m/%Y", r"\d{2}/\d{2}/\d{4}"),
)
_EARLIEST, _LATEST = -719_162, 2_932_896  # days that text and Python's dates can say: years 1 to 9999
_SECONDS = (3600, 60, 1)  # grains coarser than a second, in seconds


@dataclass(frozen=True, kw_only=True)
class LearnedDatetime:
    """A learned date or time.

    Args:
        name: Name of the column, from which its fields are named.
        unit: Unit of the values: D, s, ms, us or ns.
        grain: Units in one step of the time of day, ≥ 1.
        days: Line of days since 1970-01-01.
        clock: Line of steps since midnight, or None where the grain is a day.
        format: How text is written, or None where the values are no text.
    """

    name: str
    unit: str
    grain: int
    days: Binning
    clock: Binning | None
    format: str | None

    @property
    def fields(self) -> tuple[Field, ...]:
        """The field of days, and that of the time of day if there is one."""
        if self.clock is None:
            return (self.days.field(self.name),)
        return self.days.field(f"{self.name} (date)"), self.clock.field(f"{self.name} (time)")

    def encode(self, arrays: ColumnArrays, rng: Generator) -> Matrix:
        """Codes, shape (n, 1) or (n, 2).

        Args:
            arrays: The column as arrays, n rows.
            rng: Source of randomness.
        """
        arrays = _as_datetimes(arrays, self.format, self.name, self.unit)
        days, rest = np.divmod(arrays.values, PER_DAY[self.unit])
        codes = [self.days.encode(days, arrays.missing, rng)]
        if self.clock is not None:
            codes.append(self.clock.encode(rest // self.grain, arrays.missing, rng))
        return np.stack(codes, axis=1)

    def decode(self, codes: Matrix, context: DecodeContext) -> ColumnArrays:
        """Dates and times, missing where the day is.

        Args:
            codes: Codes of the column's fields, shape (n, fields).
            context: Which rows are decoded, and their randomness.
        """
        values, missing = self.days.decode(codes[:, 0], context.rng)
        values = values * PER_DAY[self.unit]
        if self.clock is not None:
            steps, _ = self.clock.decode(codes[:, 1], context.rng)
            values = values + steps * self.grain
        return self._arrays(values, missing)

    def _arrays(self, values: Ints, missing: Bools) -> ColumnArrays:
        dates = ColumnArrays(
            type="datetime", values=np.where(missing, 0, values), missing=missing, unit=self.unit
        )
        return dates if self.format is None else _as_text(dates, self.format)

    def condition(self, asked: Asked) -> Condition:
        """Dates or times that are asked for, compiled to codes; a date without a time is the whole day."""
        if asked.missing and not self.days.nullable:
            raise asked.never("a missing value there")
        per_day = PER_DAY[self.unit]
        calendar = Calendar(asked=asked, per_day=per_day, format=self.format)
        times = Times(
            days=self.days, clock=self.clock, per_day=per_day, grain=self.grain, to_column=self._arrays
        )
        return (times.condition if asked.rows is None else times.row_by_row)(asked, calendar)

    def state(self) -> State:
        """What `load` needs."""
        arrays = {f"days.{name}": array for name, array in self.days.state().arrays.items()}
        nullable = {"days": self.days.nullable}
        if self.clock is not None:
            arrays |= {f"clock.{name}": array for name, array in self.clock.state().arrays.items()}
            nullable["clock"] = self.clock.nullable
        return State(
            {"unit": self.unit, "grain": self.grain, "format": self.format, "nullable": {**nullable}}, arrays
        )


def takes(candidate: Candidate) -> schema.Datetime | None:
    """Dates and times, by their dtype or as text in one of the usual formats."""
    format_, reason = None, f"dtype {candidate.dtype}"
    if not candidate.present or candidate.categorical:
        return None
    if candidate.arrays.type == "string":
        format_ = _usual_format(candidate.arrays)
        reason = f"text that reads as {format_}"
    if candidate.arrays.type != "datetime" and format_ is None:
        return None
    return schema.Datetime(name=candidate.name, dtype=candidate.dtype, format=format_, reason=reason)


def _usual_format(arrays: ColumnArrays) -> str | None:
    """The first format that all levels follow."""
    levels: Any = pd.Series(arrays.levels, dtype=object)
    for format_, pattern in _FORMATS:
        if not levels.str.fullmatch(pattern).all():
            continue
        if pd.to_datetime(levels, format=format_, errors="coerce").notna().all():
            return format_
    return None


def learn(column: schema.Datetime, arrays: ColumnArrays, guard: ColumnGuard) -> LearnedDatetime:
    """Learn the grain, the days and the times of day of a datetime.

    Args:
        column: Its declaration.
        arrays: The column as arrays, n rows.
        guard: The guard of this column.

    Raises:
        SchemaError: If the values are not dates or times.
    """
    arrays = _as_datetimes(arrays, column.format, str(column.name), None)
    grain = _grain(arrays, guard)
    days, rest = np.divmod(arrays.values, PER_DAY[arrays.unit])
    low, high = column.days
    if low is not None or high is not None:
        days = np.clip(days, low, high)
    day = learn_binning(days, arrays.missing, guard, most=column.cells)
    clock = None
    if grain < PER_DAY[arrays.unit]:
        quiet = replace(guard, guard=replace(guard.guard, entries=[]))  # the days have told of missing ones
        clock = learn_binning(rest // grain, arrays.missing, quiet, most=column.cells)
    return LearnedDatetime(
        name=str(column.name), unit=arrays.unit, grain=grain, days=day, clock=clock, format=column.format
    )


def load(column: schema.Datetime, state: State) -> LearnedDatetime:
    """The learned column from its state.

    Args:
        column: Its declaration.
        state: What `state` gave, as it came from a file.
    """
    nullable, unit = state.fact("nullable", dict), state.fact("unit", str)
    if state.facts["format"] != column.format:
        raise ValueError("state: its format is not that of the schema")
    per_day = PER_DAY[unit]

    def binning(part: str, low: int, high: int) -> Binning:
        """A binning between two ends."""
        made = Binning.load(State({"nullable": nullable[part]}, state.part(part)))
        if not all((low <= ends).all() and (ends <= high).all() for ends in (made.atoms, made.edges)):
            raise ValueError("state: its days or times lie beyond what its unit holds")
        return made

    grain = state.whole("grain", 1, per_day)
    said = column.format is not None or column.dtype.startswith("object")
    first, last = (_EARLIEST, _LATEST) if said else (-FARTHEST, FARTHEST)
    far = FARTHEST // max(per_day, PER_DAY[parse_dtype(column.dtype).unit or unit]) - 1
    return LearnedDatetime(
        name=str(column.name),
        unit=unit,
        grain=grain,
        days=binning("days", max(-far, first), min(far, last)),
        clock=binning("clock", -1, -(-per_day // grain)) if "clock" in nullable else None,
        format=column.format,
    )


def _grain(arrays: ColumnArrays, guard: ColumnGuard) -> int:
    """Units in the coarsest step that all but too few subjects keep to."""
    here, values = guard.at(~arrays.missing), arrays.values[~arrays.missing]
    per_day = PER_DAY[arrays.unit]
    second = max(1, per_day // 86_400)
    steps = [per_day, *(grain * second for grain in _SECONDS if arrays.unit != "D")]
    steps += [second // 10**digits for digits in (3, 6, 9) if second >= 10**digits]
    for step in steps:
        if not here.supports(values % step != 0):
            return step
    return 1


def _as_datetimes(arrays: ColumnArrays, format_: str | None, name: str, unit: str | None) -> ColumnArrays:
    """The column as datetimes in `unit`; text that does not follow the format counts as missing."""
    if arrays.empty and arrays.type != "datetime":
        return replace(
            arrays, type="datetime", values=np.zeros(arrays.missing.shape, np.int64), unit=unit or "D"
        )
    if arrays.type == "string" and format_ is not None:
        stamps = pd.to_datetime(pd.Series(list(arrays.levels), dtype=object), format=format_, errors="coerce")
        unit = unit or ("s" if _has_time(format_) else "D")
        ticks = stamps.to_numpy().astype(f"datetime64[{unit}]")
        bad = np.append(np.isnat(ticks), True)  # the last stands for missing
        values = np.append(np.where(np.isnat(ticks), 0, ticks.astype(np.int64)), 0)
        missing = bad[arrays.values]
        return ColumnArrays(type="datetime", values=values[arrays.values], missing=missing, unit=unit)
    if arrays.type != "datetime":
        raise SchemaError(
            f"column {name!r}: declared a datetime, but it holds {arrays.type} values; "
            "convert it to dates, give a format, or declare another kind"
        )
    if unit is not None and arrays.unit != unit:
        ticks = arrays.values.astype(f"datetime64[{arrays.unit}]").astype(f"datetime64[{unit}]")
        return replace(arrays, values=ticks.astype(np.int64), unit=unit)
    return arrays


def _has_time(format_: str) -> bool:
    return "%H" in format_


def _as_text(dates: ColumnArrays, format_: str) -> ColumnArrays:
    distinct, codes = np.unique(dates.values, return_inverse=True)
    stamps = pd.Series(distinct.astype(f"datetime64[{dates.unit}]").astype("datetime64[s]"))
    levels = tuple(stamps.dt.strftime(format_))
    return ColumnArrays(
        type="string", values=np.where(dates.missing, -1, codes), missing=dates.missing, levels=levels
    )


_TRIES = 100
ToColumn = Callable[[Ints, Bools], ColumnArrays]
"""From units since 1970-01-01 and what is missing to a column."""


@dataclass(frozen=True, kw_only=True)
class Times:
    """What is known of a datetime that conditions need.

    Args:
        days: Line of days since 1970-01-01.
        clock: Line of steps since midnight, or None where all values are midnights.
        per_day: Units in a day.
        grain: Units in a step of the clock.
        to_column: From values and which are missing to the column.
    """

    days: Binning
    clock: Binning | None
    per_day: int
    grain: int
    to_column: ToColumn

    @property
    def step(self) -> int:
        """Units between two times that the column can hold."""
        return self.per_day if self.clock is None else self.grain

    def condition(self, asked: Asked, calendar: Calendar) -> Condition:
        """What all rows ask, compiled to codes of the day and of the time of day.

        Args:
            asked: What is asked of the column.
            calendar: Days and times on the column's clock.
        """
        instants = [calendar.read(value) for value in asked.values]
        self._check(instants, asked)
        stretches = [calendar.range(low, high, below=asked.below) for low, high in asked.ranges]
        stretches += [(one.first, one.last) for one in instants if one.day]
        exact = np.unique(np.array([one.first for one in instants if not one.day], np.int64))
        steps = [(-(-first // self.step), last // self.step) for first, last in stretches]
        pieces = pieces_of(steps, exact // self.step)
        stretch = Stretch.of(self, pieces, exact, missing=asked.missing)
        weights = [stretch.day.weights]
        if stretch.clock is not None:
            free = not pieces.low.size and not stretch.clock.missing
            weights.append(np.ones(stretch.clock.binning.size) if free else stretch.clock.weights)
        if not all(w.any() for w in weights):
            raise asked.never("a time in the range that is asked for")
        accepts = stretch.accepts if stretch.joint else None
        return Condition(weights=tuple(weights), decode=stretch.decode, accepts=accepts)

    def row_by_row(self, asked: Asked, calendar: Calendar) -> Condition:
        """What each row asks for itself; a day without a time leaves the time free.

        Args:
            asked: What is asked of the column.
            calendar: Days and times on the column's clock.
        """
        rows = cast(Ints, asked.rows)
        instants = [calendar.read(value) for value in asked.values]
        self._check(instants, asked)
        first = np.array([*(one.first for one in instants), 0], np.int64)
        day = np.array([*(one.day for one in instants), False], dtype=bool)
        day_codes = self.days.nearest_codes(first // self.per_day)
        codes = [np.where(rows < 0, 0, day_codes[rows])]
        if self.clock is not None:
            times = np.where(day, -1, self.clock.nearest_codes(first % self.per_day // self.grain))
            codes.append(np.where(rows < 0, 0 if self.clock.nullable else -1, times[rows]))

        def decode(part: Matrix, context: DecodeContext) -> ColumnArrays:
            mine = rows[context.numbers(part.shape[0])]
            values = first[mine]
            if self.clock is not None:
                steps, _ = self.clock.decode(part[:, 1], context.rng)
                values = values + np.where(day[mine], steps * self.grain, 0)
            return self.to_column(values, mine < 0)

        return Condition(codes=tuple(code.astype(np.int32) for code in codes), decode=decode)

    def _check(self, instants: list[Instant], asked: Asked) -> None:
        """Refuse values that the column never holds."""
        first = np.array([one.first for one in instants], np.int64)
        held = self.days.holds(first // self.per_day)
        if self.clock is not None:
            day = np.array([one.day for one in instants], dtype=bool)
            held &= day | self.clock.holds(first % self.per_day // self.grain)
        asked.check_held(held, "a date or time that is asked for")


@dataclass(frozen=True)
class Stretch:
    """Stretches of time in steps since 1970-01-01, with the days and times of day that they touch.

    A row has its day and its time of day each in the right region, but together they may lie outside: on the
    last day before noon, the morning is asked for and the evening of other days. Such rows do not stay.

    Args:
        times: The column.
        pieces: Stretches, in steps.
        exact: Exact values in units, which `pieces.exact` points at.
        day: Days that the pieces touch, and the missing one where it is asked for.
        clock: Times of day that they touch, or None.
        joint: Whether day and time of day have to be looked at together.
    """

    times: Times
    pieces: Pieces
    exact: Ints
    day: Region
    clock: Region | None
    joint: bool

    @classmethod
    def of(cls, times: Times, pieces: Pieces, exact: Ints, *, missing: bool) -> Stretch:
        """The stretch of some pieces.

        Args:
            times: Times of day that are asked for.
            pieces: Stretches of the binning that are asked for.
            exact: Values that are asked for exactly, shape (m,).
            missing: Whether a missing cell is asked for, too.
        """
        none = np.zeros(0, np.int64)
        many = times.per_day // times.step
        first, last = pieces.low // many, pieces.high // many
        start, end = pieces.low % many, pieces.high % many
        touched = pieces_of(list(zip(first.tolist(), last.tolist(), strict=True)), none)
        day = region_of(times.days, touched, missing=missing)
        if times.clock is None:
            return cls(times, pieces, exact, day, None, False)
        within: list[tuple[int, int]] = []
        for d0, d1, s0, s1 in zip(first.tolist(), last.tolist(), start.tolist(), end.tolist(), strict=True):
            within += [(s0, s1)] if d0 == d1 else [(s0, many - 1), (0, s1)]
            within += [(0, many - 1)] if d1 - d0 > 1 else []
        absent = missing and times.clock.nullable
        clock = region_of(times.clock, pieces_of(within, none), missing=absent)
        days_are_whole = bool(((start == 0) & (end == many - 1)).all())
        joint = not (days_are_whole or (first.size == 1 and first[0] == last[0])) or (
            absent and bool(first.size)
        )
        return cls(times, pieces, exact, day, clock, joint)

    def accepts(self, codes: Matrix, rng: Generator) -> Bools:
        """Which rows stay: each with the share of its points that lies in the pieces.

        Args:
            codes: Codes of the column's fields, shape (n, fields).
            rng: Source of randomness.
        """
        _, gone, inside = self._draw(codes, rng)
        return gone | inside

    def decode(self, codes: Matrix, context: DecodeContext) -> ColumnArrays:
        """Times inside the pieces.

        Args:
            codes: Codes of the column's fields, shape (n, fields).
            context: Which rows are decoded, and their randomness.
        """
        steps, gone, inside = self._draw(codes, context.rng)
        for _ in range(_TRIES):
            out = np.flatnonzero(~inside & ~gone)
            if not out.size:
                break
            steps[out], _, inside[out] = self._draw(codes[out], context.rng)
        out = np.flatnonzero(~inside & ~gone)
        steps[out] = self.pieces.nearest(steps[out])
        values = steps * self.times.step
        at = np.append(self.pieces.exact, -1)[self.pieces.find(steps)]
        values[at >= 0] = self.exact[at[at >= 0]]
        return self.times.to_column(values, gone)

    def _draw(self, codes: Matrix, rng: Generator) -> tuple[Ints, Bools, Bools]:
        """Steps since 1970-01-01, whether the row is missing, and whether it lies in a piece, shapes (n,)."""
        steps, gone = self.day.decode(codes[:, 0], rng)
        inside = ~gone
        if self.clock is not None:
            here = np.flatnonzero(inside)
            within, absent = self.clock.decode(codes[here, 1], rng)
            steps[here] = steps[here] * (self.times.per_day // self.times.step) + within
            inside[here] = ~absent
        return steps, gone, inside & (self.pieces.find(steps) >= 0)
