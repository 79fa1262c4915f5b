"""Conditions on moments: stretches of time, which a line of days and a line of times of day meet together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from twin.columns.asked import Asked
from twin.columns.base import Condition, Draw, Matrix
from twin.columns.instants import Calendar, Instant
from twin.columns.line import IntegerArray, Line
from twin.columns.native import Native
from twin.columns.region import BoolArray, Pieces, Region, pieces_of, region_of

_TRIES = 100
Whole = Callable[[IntegerArray, BoolArray], Native]
"""From units since 1970-01-01 and what is missing to a column."""


@dataclass(frozen=True, kw_only=True)
class Times:
    """What is known of a moment that conditions need.

    Args:
        days: Line of days since 1970-01-01.
        clock: Line of steps since midnight, or None where all values are midnights.
        per_day: Units in a day.
        grain: Units in a step of the clock.
        whole: Makes the column.
    """

    days: Line
    clock: Line | None
    per_day: int
    grain: int
    whole: Whole

    @property
    def step(self) -> int:
        """Units between two times that the column can hold."""
        return self.per_day if self.clock is None else self.grain

    def condition(self, asked: Asked, calendar: Calendar) -> Condition:
        """What all rows ask, compiled to codes of the day and of the time of day."""
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
            weights.append(np.ones(stretch.clock.line.size) if free else stretch.clock.weights)
        if not all(w.any() for w in weights):
            raise asked.never("a time in the range that is asked for")
        accepts = stretch.accepts if stretch.joint else None
        return Condition(weights=tuple(weights), decode=stretch.decode, accepts=accepts)

    def row_by_row(self, asked: Asked, calendar: Calendar) -> Condition:
        """What each row asks for itself; a day without a time leaves the time free."""
        assert asked.rows is not None
        rows, instants = asked.rows, [calendar.read(value) for value in asked.values]
        self._check(instants, asked)
        first = np.array([*(one.first for one in instants), 0], np.int64)
        day = np.array([*(one.day for one in instants), False], dtype=bool)
        places = self.days.place(first // self.per_day)
        codes = [np.where(rows < 0, 0, places[rows])]
        if self.clock is not None:
            times = np.where(day, -1, self.clock.place(first % self.per_day // self.grain))
            codes.append(np.where(rows < 0, 0 if self.clock.nullable else -1, times[rows]))

        def decode(part: Matrix, draw: Draw) -> Native:
            mine = rows[draw.numbers(part.shape[0])]
            values = first[mine]
            if self.clock is not None:
                steps, _ = self.clock.decode(part[:, 1], draw.rng)
                values = values + np.where(day[mine], steps * self.grain, 0)
            return self.whole(values, mine < 0)

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
        times: The moment.
        pieces: Stretches, in steps.
        exact: Exact values in units, which `pieces.exact` points at.
        day: Days that the pieces touch, and the missing one where it is asked for.
        clock: Times of day that they touch, or None.
        joint: Whether day and time of day have to be looked at together.
    """

    times: Times
    pieces: Pieces
    exact: IntegerArray
    day: Region
    clock: Region | None
    joint: bool

    @classmethod
    def of(cls, times: Times, pieces: Pieces, exact: IntegerArray, *, missing: bool) -> Stretch:
        """The stretch of some pieces."""
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
        whole = bool(((start == 0) & (end == many - 1)).all())
        joint = not (whole or (first.size == 1 and first[0] == last[0])) or (absent and bool(first.size))
        return cls(times, pieces, exact, day, clock, joint)

    def accepts(self, codes: Matrix, rng: Generator) -> BoolArray:
        """Which rows stay: each with the share of its points that lies in the pieces."""
        _, gone, inside = self._draw(codes, rng)
        return gone | inside

    def decode(self, codes: Matrix, draw: Draw) -> Native:
        """Times inside the pieces."""
        steps, gone, inside = self._draw(codes, draw.rng)
        for _ in range(_TRIES):
            out = np.flatnonzero(~inside & ~gone)
            if not out.size:
                break
            steps[out], _, inside[out] = self._draw(codes[out], draw.rng)
        out = np.flatnonzero(~inside & ~gone)
        steps[out] = self.pieces.nearest(steps[out])
        values = steps * self.times.step
        at = np.append(self.pieces.exact, -1)[self.pieces.find(steps)]
        values[at >= 0] = self.exact[at[at >= 0]]
        return self.times.whole(values, gone)

    def _draw(self, codes: Matrix, rng: Generator) -> tuple[IntegerArray, BoolArray, BoolArray]:
        """Steps since 1970-01-01, whether the row is missing, and whether it lies in a piece, shapes (n,)."""
        steps, gone = self.day.decode(codes[:, 0], rng)
        inside = ~gone
        if self.clock is not None:
            here = np.flatnonzero(inside)
            within, absent = self.clock.decode(codes[here, 1], rng)
            steps[here] = steps[here] * (self.times.per_day // self.times.step) + within
            inside[here] = ~absent
        return steps, gone, inside & (self.pieces.find(steps) >= 0)
