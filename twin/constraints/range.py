"""Numbers and dates within limits."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from math import isfinite
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import field_validator, model_validator

from twin.arrays import Bools
from twin.columns.arrays.reading import PER_DAY, ColumnArrays
from twin.columns.binning.binning import Grid
from twin.columns.given.amounts import spans
from twin.columns.given.asked import Asked
from twin.columns.given.instants import Calendar
from twin.columns.schema import Datetime, Name, Number
from twin.constraints.base import Rule, RuleTable
from twin.constraints.units import family
from twin.errors import InputError

End = int | float | str | None
_ENDS = "must be a finite number, a date, a time or a length of time, or None"


class Range(Rule):
    """A column of numbers, dates, times or lengths of time lies within limits. A missing cell keeps it.

    Args:
        column: The column.
        low: Least value that it has, or None. A date includes the whole day.
        high: Greatest value that it has, or None.

    Example:
        >>> print(Range(column="age", low=18))
        age ≥ 18
        >>> print(Range(column="joined", low="2020-01-01", high="2020-12-31"))
        2020-01-01 ≤ joined ≤ 2020-12-31
    """

    kind: Literal["range"] = "range"
    column: Name
    low: End = None
    high: End = None

    @field_validator("low", "high", mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        """Dates, times, decimals and numbers of numpy as what JSON holds."""
        if isinstance(value, np.generic) and not isinstance(value, np.datetime64 | np.timedelta64):
            value = value.item()
        if isinstance(value, bool) or (isinstance(value, float) and not isfinite(value)):
            raise ValueError(_ENDS)
        if isinstance(value, dt.datetime | np.datetime64):
            stamp = pd.Timestamp(value)
            whole = isinstance(value, np.datetime64) and np.datetime_data(value.dtype)[0] == "D"
            return stamp.date().isoformat() if whole else stamp.isoformat(sep=" ")
        if isinstance(value, dt.date):
            return value.isoformat()
        if isinstance(value, dt.timedelta | np.timedelta64):
            return str(pd.Timedelta(value))
        if isinstance(value, Decimal):
            return str(value)
        if not isinstance(value, int | float | str | None):
            raise ValueError(_ENDS)
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("give low, high or both")
        if type(self.low) in (int, float) and type(self.high) in (int, float) and self.low > self.high:  # type: ignore[operator]
            raise ValueError("low must not be above high")
        return self

    def __str__(self) -> str:
        if self.low is None:
            return f"{self.column} ≤ {self.high}"
        return (
            f"{self.column} ≥ {self.low}"
            if self.high is None
            else f"{self.low} ≤ {self.column} ≤ {self.high}"
        )

    @property
    def members(self) -> tuple[Name, ...]:
        """The one column."""
        return (self.column,)

    def check(self, table: RuleTable) -> None:
        """Refuse a column without an order, or limits that it cannot be compared with."""
        super().check(table)
        native = table[self.column]
        if native.nominal and family(native, table.dtype(self.column)) != "unknown":
            raise self.error(f"column {self.column!r} holds neither numbers nor dates; convert it first")
        self.limits(native, table.dtype(self.column))

    def limits(self, native: ColumnArrays, dtype: str) -> tuple[float, float] | tuple[int, int]:
        """Lowest and highest of the values that `ColumnArrays.values` may hold.

        Args:
            native: The column as arrays, n rows.
            dtype: Name of the dtype.

        Raises:
            InputError: If the limits cannot be compared with the column, or the lower one is above the other.
        """
        asked: Asked
        try:
            if native.type == "datetime":
                asked = Asked(column=Datetime(name=self.column, dtype=dtype))
                calendar = Calendar(asked=asked, per_day=PER_DAY[native.unit], format=None)
                return calendar.range(self.low, self.high)
            asked = Asked(column=Number(name=self.column, dtype=dtype), ranges=((self.low, self.high),))
            if native.type == "real" or native.empty:
                ends = [None if end is None else float(end) for end in (self.low, self.high)]
                low, high = -np.inf if ends[0] is None else ends[0], np.inf if ends[1] is None else ends[1]
                if low > high:
                    raise self.error("its low lies above its high; turn them round")
                return float(low), float(high)
            kind: Any = native.type
            return spans(asked, Grid(type=kind, decimals=native.scale, scale=native.scale))[0]
        except InputError as error:
            told = str(error).split("]: ", 1)[-1].replace("is asked for", "is its limit")
            raise self.error(told) from None
        except ValueError:
            raise self.error("a text is its limit that is no number; the column holds numbers") from None

    def broken(self, table: RuleTable) -> Bools:
        """Rows outside the limits, shape (n,)."""
        native = table[self.column]
        if native.empty:
            return np.zeros(len(table), dtype=bool)
        low, high = self.limits(native, table.dtype(self.column))
        return ((native.values < low) | (native.values > high)) & ~native.missing

    def narrowed(self, column: Any) -> Any:
        """A declaration whose bounds are no wider than these limits, which are public.

        Args:
            column: The declaration.

        Returns:
            The same where its kind has no bounds.
        """
        if isinstance(column, Number) and column.dtype and not _other(column.dtype):
            low, high = (end if type(end) in (int, float) else None for end in (self.low, self.high))
            lows = [end for end in (column.low, low) if end is not None]
            highs = [end for end in (column.high, high) if end is not None]
            bounds = {"low": max(lows, default=None), "high": min(highs, default=None)}
            return column.model_copy(update={k: None if v is None else float(v) for k, v in bounds.items()})
        if isinstance(column, Datetime):
            days = [None if end is None else str(end)[:10] for end in (self.low, self.high)]
            lows_ = [end for end in (column.low, days[0]) if end is not None]
            highs_ = [end for end in (column.high, days[1]) if end is not None]
            return column.model_copy(
                update={"low": max(lows_, default=None), "high": min(highs_, default=None)}
            )
        return column


def _other(dtype: str) -> bool:
    """Whether numbers of a dtype are no plain numbers, but lengths of time, times of day or periods."""
    native = ColumnArrays(type="integer", values=np.zeros(0, np.int64), missing=np.zeros(0, dtype=bool))
    return family(native, dtype) != "number"
