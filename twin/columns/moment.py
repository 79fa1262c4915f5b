"""Moments: a line of days, and where the grain is finer than a day a second line of times of day."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from twin.codes import Field, State
from twin.columns import schema
from twin.columns.asked import Asked
from twin.columns.base import Condition, Draw, Matrix
from twin.columns.instants import Calendar
from twin.columns.line import Line, learn_line
from twin.columns.native import Native
from twin.columns.times import Times
from twin.errors import SchemaError
from twin.privacy.guard import ColumnGuard

IntegerArray = NDArray[np.int64]
PER_DAY = {"D": 1, "s": 86_400, "ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}
_SECONDS = (3600, 60, 1)  # grains coarser than a second, in seconds


@dataclass(frozen=True, kw_only=True)
class LearnedMoment:
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
    days: Line
    clock: Line | None
    format: str | None

    @property
    def fields(self) -> tuple[Field, ...]:
        """The field of days, and that of the time of day if there is one."""
        if self.clock is None:
            return (self.days.field(self.name),)
        return self.days.field(f"{self.name} (date)"), self.clock.field(f"{self.name} (time)")

    def encode(self, native: Native, rng: Generator) -> Matrix:
        """Codes, shape (n, 1) or (n, 2)."""
        native = _as_moment(native, self.format, self.name, self.unit)
        days, rest = np.divmod(native.values, PER_DAY[self.unit])
        codes = [self.days.encode(days, native.missing, rng)]
        if self.clock is not None:
            codes.append(self.clock.encode(rest // self.grain, native.missing, rng))
        return np.stack(codes, axis=1)

    def decode(self, codes: Matrix, draw: Draw) -> Native:
        """Moments, missing where the day is."""
        values, missing = self.days.decode(codes[:, 0], draw.rng)
        values = values * PER_DAY[self.unit]
        if self.clock is not None:
            steps, _ = self.clock.decode(codes[:, 1], draw.rng)
            values = values + steps * self.grain
        return self._native(values, missing)

    def _native(self, values: IntegerArray, missing: NDArray[np.bool_]) -> Native:
        moment = Native(type="moment", values=np.where(missing, 0, values), missing=missing, unit=self.unit)
        return moment if self.format is None else _as_text(moment, self.format)

    def condition(self, asked: Asked) -> Condition:
        """Dates or times that are asked for, compiled to codes; a date without a time is the whole day."""
        if asked.missing and not self.days.nullable:
            raise asked.never("a missing value there")
        per_day = PER_DAY[self.unit]
        calendar = Calendar(asked=asked, per_day=per_day, format=self.format)
        times = Times(days=self.days, clock=self.clock, per_day=per_day, grain=self.grain, whole=self._native)
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


def learn(column: schema.Moment, native: Native, guard: ColumnGuard) -> LearnedMoment:
    """Learn the grain, the days and the times of day of a moment.

    Raises:
        SchemaError: If the values are not moments.
    """
    native = _as_moment(native, column.format, str(column.name), None)
    grain = _grain(native, guard)
    days, rest = np.divmod(native.values, PER_DAY[native.unit])
    low, high = column.days
    if low is not None or high is not None:
        days = np.clip(days, low, high)
    line = learn_line(days, native.missing, guard, most=column.cells)
    clock = None
    if grain < PER_DAY[native.unit]:
        quiet = replace(guard, guard=replace(guard.guard, entries=[]))  # the days have told of missing ones
        clock = learn_line(rest // grain, native.missing, quiet, most=column.cells)
    return LearnedMoment(
        name=str(column.name), unit=native.unit, grain=grain, days=line, clock=clock, format=column.format
    )


def load(column: schema.Moment, state: State) -> LearnedMoment:
    """The learned column from its state."""
    facts = state.facts
    nullable, grain, format_ = facts["nullable"], facts["grain"], facts["format"]
    assert isinstance(nullable, dict) and isinstance(grain, int)

    def line(part: str) -> Line:
        prefix = f"{part}."
        arrays = {k.removeprefix(prefix): v for k, v in state.arrays.items() if k.startswith(prefix)}
        return Line.load(State({"nullable": nullable[part]}, arrays))

    return LearnedMoment(
        name=str(column.name),
        unit=str(facts["unit"]),
        grain=grain,
        days=line("days"),
        clock=line("clock") if "clock" in nullable else None,
        format=None if format_ is None else str(format_),
    )


def _grain(native: Native, guard: ColumnGuard) -> int:
    """Units in the coarsest step that all but too few subjects keep to."""
    here, values = guard.at(~native.missing), native.values[~native.missing]
    per_day = PER_DAY[native.unit]
    second = max(1, per_day // 86_400)
    steps = [per_day, *(grain * second for grain in _SECONDS if native.unit != "D")]
    steps += [second // 10**digits for digits in (3, 6, 9) if second >= 10**digits]
    for step in steps:
        if not here.supports(values % step != 0):
            return step
    return 1


def _as_moment(native: Native, format_: str | None, name: str, unit: str | None) -> Native:
    """The column as moments in `unit`; text that does not follow the format counts as missing."""
    if native.empty and native.type != "moment":
        return replace(
            native, type="moment", values=np.zeros(native.missing.shape, np.int64), unit=unit or "D"
        )
    if native.type == "string" and format_ is not None:
        stamps = pd.to_datetime(pd.Series(list(native.levels), dtype=object), format=format_, errors="coerce")
        unit = unit or ("s" if _has_time(format_) else "D")
        ticks = stamps.to_numpy().astype(f"datetime64[{unit}]")
        bad = np.append(np.isnat(ticks), True)  # the last stands for missing
        values = np.append(np.where(np.isnat(ticks), 0, ticks.astype(np.int64)), 0)
        missing = bad[native.values]
        return Native(type="moment", values=values[native.values], missing=missing, unit=unit)
    if native.type != "moment":
        raise SchemaError(
            f"column {name!r}: declared a moment, but it holds {native.type} values; "
            "convert it to dates, give a format, or declare another kind"
        )
    if unit is not None and native.unit != unit:
        moments = native.values.astype(f"datetime64[{native.unit}]").astype(f"datetime64[{unit}]")
        return replace(native, values=moments.astype(np.int64), unit=unit)
    return native


def _has_time(format_: str) -> bool:
    return "%H" in format_


def _as_text(moment: Native, format_: str) -> Native:
    distinct, codes = np.unique(moment.values, return_inverse=True)
    stamps = pd.Series(distinct.astype(f"datetime64[{moment.unit}]").astype("datetime64[s]"))
    levels = tuple(stamps.dt.strftime(format_))
    return Native(
        type="string", values=np.where(moment.missing, -1, codes), missing=moment.missing, levels=levels
    )
