"""Dates and times that a user asks for, as whole units since 1970-01-01 on the column's clock."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Literal

import numpy as np
import pandas as pd

from twin.columns.given.asked import Asked

_ZONED = re.compile(r"datetime64\[\w+, (.+)\]|timestamp\[\w+, tz=(.+)\]\[pyarrow\]")
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_EPOCH = dt.date(1970, 1, 1)
FAR = 2**62
"""Beyond all dates."""


@dataclass(frozen=True)
class Instant:
    """What a value stands for: a time, or all times of a day.

    Args:
        first: Its first unit since 1970-01-01.
        last: Its last one; the same where it is a time.
        day: Whether it is a day that was given without a time.
    """

    first: int
    last: int
    day: bool = False


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Reads dates and times for one column.

    Args:
        asked: What is asked of the column.
        per_day: Units of the column in a day, ≥ 1.
        format: How text is written, or None.

    Example:
        >>> from twin.columns.schema import Datetime
        >>> asked = Asked(column=Datetime(name="seen", dtype="datetime64[s]"))
        >>> calendar = Calendar(asked=asked, per_day=86_400, format=None)
        >>> calendar.read("1970-01-02"), calendar.read(dt.datetime(1970, 1, 1, 0, 1))
        (Instant(first=86400, last=172799, day=True), Instant(first=60, last=60, day=False))
    """

    asked: Asked
    per_day: int
    format: str | None

    def read(self, value: object) -> Instant:
        """A value that is asked for.

        Raises:
            InputError: If it is no date or time, or one that the column cannot hold.
        """
        plain = self._plain(value)
        if not isinstance(plain, pd.Timestamp):
            first = (plain - _EPOCH).days * self.per_day
            return Instant(first, first + self.per_day - 1, day=True)
        wall = self._wall(plain)
        if self.zone is not None:
            instant = _shown(wall, self.zone)
            if instant != plain if plain.tz is not None else _bare(instant) != wall:
                raise self.asked.error(
                    "a time is asked for that clocks skip, or the first of two that they show alike, which "
                    "the column cannot hold; ask for another time, or for a range"
                )
        exact = self._units(wall)
        if exact.denominator != 1:
            raise self.asked.error("a time is asked for that is finer than the column holds; ask for a range")
        return Instant(int(exact), int(exact))

    def range(self, low: object, high: object, *, below: bool = False) -> tuple[int, int]:
        """First and last unit of a range, both ends included; an end that is None is beyond all dates.

        Args:
            low: Its lower end.
            high: Its upper end.
            below: Whether the upper end is left out.

        Raises:
            InputError: If an end is no date or time, or the lower one lies above the upper one.
        """
        first = -FAR if low is None else self._end(low, "low")
        last = FAR if high is None else self._end(high, "high")
        if below and high is not None:
            last = self._end(high, "low") - 1
        if low is not None and high is not None and first > last:
            raise self.asked.error(
                "the lower end of a range lies above its upper end, or clocks skip what is between them; "
                "give it as (low, high)"
            )
        return first, last

    @property
    def zone(self) -> str | None:
        """The column's time zone, or None."""
        match = _ZONED.fullmatch(self.asked.column.dtype)
        return None if match is None else next(part for part in match.groups() if part)

    def _plain(self, value: object) -> dt.date | pd.Timestamp:
        """A day, or a time with or without a zone."""
        if isinstance(value, str):
            return self._text(value.strip())
        if isinstance(value, np.datetime64) and np.datetime_data(value.dtype)[0] == "D":
            value = value.item()
        if isinstance(value, dt.datetime | np.datetime64):
            return pd.Timestamp(value)
        if isinstance(value, dt.date):
            return value
        raise self.asked.error(f"a {type(value).__name__} is asked for; the column holds dates or times")

    def _text(self, text: str) -> dt.date | pd.Timestamp:
        """A text in the column's format, else in ISO 8601."""
        if self.format is not None:
            try:
                stamp = dt.datetime.strptime(text, self.format)
            except ValueError:
                pass
            else:
                return pd.Timestamp(stamp) if "%H" in self.format else stamp.date()
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            pass
        try:
            if ":" in text:
                return pd.Timestamp(text)
        except ValueError:
            pass
        raise self.asked.error(
            "a text is asked for that is no date or time; write it as 2024-01-31 or 2024-01-31 14:30:00"
        )

    def _wall(self, time: pd.Timestamp) -> pd.Timestamp:
        """What the column's clock shows, without a zone."""
        if time.tz is None:
            return time
        if self.zone is None:
            raise self.asked.error("a time with a zone is asked for, and the column has none; leave it out")
        return _bare(time.tz_convert(self.zone))

    def _units(self, wall: pd.Timestamp) -> Fraction:
        """Units since 1970-01-01."""
        stamp = wall.asm8
        seconds = Fraction(int(stamp.astype(np.int64)), _PER_SECOND[np.datetime_data(stamp.dtype)[0]])
        return seconds * Fraction(self.per_day, 86_400)

    def _end(self, value: object, side: Literal["low", "high"]) -> int:
        """The first unit that a range may hold, or the last."""
        plain = self._plain(value)
        if not isinstance(plain, pd.Timestamp):
            first = (plain - _EPOCH).days * self.per_day
            return first if side == "low" else first + self.per_day - 1
        wall = self._wall(plain)
        if self.zone is None:
            return ceil(self._units(wall)) if side == "low" else floor(self._units(wall))
        # `restore.py` turns what clocks show into times, which follow each other in the same order.
        if plain.tz is None:
            skipped: Literal["shift_forward", "shift_backward"]
            skipped = "shift_forward" if side == "low" else "shift_backward"
            plain = wall.tz_localize(self.zone, ambiguous=False, nonexistent=skipped)
            wall = _bare(plain)
        if side == "low":
            return ceil(self._units(wall))
        last = floor(self._units(wall))
        if _shown(wall, self.zone) <= plain:
            return last
        low = last - self.per_day  # the hour is shown twice, and the later one is meant: end before it
        while last - low > 1:
            middle = (low + last) // 2
            seconds = Fraction(middle * 86_400, self.per_day)
            shown = pd.Timestamp(int(seconds * 10**9), unit="ns")
            low, last = (middle, last) if _shown(shown, self.zone) <= plain else (low, middle)
        return low


def _shown(wall: pd.Timestamp, zone: str) -> pd.Timestamp:
    """The time at which a clock shows this, as a restored column has it."""
    return wall.tz_localize(zone, ambiguous=False, nonexistent="shift_forward")


def _bare(time: pd.Timestamp) -> pd.Timestamp:
    """What the clock shows, without its zone."""
    return time.tz_localize(None)
