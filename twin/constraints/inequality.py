"""One column never above another: built as the lower one and the gap between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import model_validator

from twin.arrays import Array, Bools
from twin.columns.schema import Column, Datetime, Name, Number, Schema
from twin.constraints.base import MARK, Rule, RuleTable, fitting
from twin.constraints.units import CommonUnits, family, in_common_units, own_units, zone

_SECONDS = 86_400  # in a day
_CLOSE = 0.5
_FEW = 20


class Inequality(Rule):
    """One column is at most another: numbers, dates, times or lengths of time.

    A row where either is missing keeps it.

    Args:
        low: The column that is lower.
        high: The column that is higher.
        strict: Whether they are never equal.
        gap: Whether the gap between them is learned and the rule met by construction; otherwise rows that
            break it are drawn again. None: a fit decides, see `Rules.resolved`.

    Example:
        >>> print(Inequality(low="admitted", high="discharged"))
        admitted ≤ discharged
    """

    kind: Literal["inequality"] = "inequality"
    low: Name
    high: Name
    strict: bool = False
    gap: bool | None = None

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.low == self.high:
            raise ValueError("low and high must be two columns")
        return self

    def __str__(self) -> str:
        return f"{self.low} {'<' if self.strict else '≤'} {self.high}"

    @property
    def members(self) -> tuple[Name, ...]:
        """The two columns."""
        return self.low, self.high

    @property
    def pivots(self) -> tuple[Name, ...]:
        """The higher one is computed rather than the lower one."""
        return self.high, self.low

    @property
    def auxiliary(self) -> str:
        """Name of the gap."""
        return f"{MARK} gap {self.low}…{self.high}"

    def check(self, table: RuleTable) -> None:
        """Refuse columns that cannot be compared."""
        super().check(table)
        families = []
        for name in self.members:
            families.append(family(table[name], table.dtype(name)))
            if families[-1] == "other":
                raise self.error(
                    f"column {name!r} holds neither numbers nor dates, times or lengths of time; "
                    "convert it, or leave the rule out"
                )
        known = {found for found in families if found != "unknown"}
        if len(known) > 1:
            raise self.error("one column holds dates or times and the other does not; compare like with like")
        if known == {"datetime"} and len({zone(table.dtype(name)) is None for name in self.members}) > 1:
            raise self.error("one column has a time zone and the other has none; give both one")

    def broken(self, table: RuleTable) -> Bools:
        """Rows where the lower column is higher, shape (n,)."""
        if any(table[name].empty for name in self.members):
            return np.zeros(len(table), dtype=bool)
        found = self._in_common_units(table)
        low, high = found.values.T
        above = low >= high if self.strict else low > high
        broken: Bools = above & ~found.missing.any(axis=1)
        return broken

    def _in_common_units(self, table: RuleTable, places: int = 0) -> CommonUnits:
        dtypes = [table.dtype(name) for name in self.members]
        return in_common_units([table[name] for name in self.members], dtypes, places=places)

    def close(self, table: RuleTable) -> bool:
        """Whether the gap varies much less than the columns do, so that it says more than they do apart.

        Stays and dates of discharge are such. Where the columns are far apart, a model keeps the rule by
        itself, and a column computed from a gap would only be coarser.
        """
        if any(table[name].empty for name in self.members):
            return True
        found = self._in_common_units(table)
        here = found.values[~found.missing.any(axis=1)].astype(np.float64)
        if len(here) < _FEW:
            return True
        whole = np.column_stack([here, here[:, 1] - here[:, 0]])
        low, high, gap = np.diff(np.quantile(whole, [0.1, 0.9], axis=0), axis=0)[0]
        return bool(gap <= _CLOSE * min(low, high))

    def extend(self, table: RuleTable) -> pd.Series[Any]:
        """The gap: a number; whole days between dates, seconds between times or lengths of time."""
        dtypes = [table.dtype(name) for name in self.members]
        kind = self._gap(dtypes, [table[name].type for name in self.members])
        missing: Bools = np.ones(len(table), dtype=bool)
        gap: Array = np.zeros(len(table))
        if not any(table[name].empty for name in self.members):
            found = self._in_common_units(table)
            missing, gap = np.asarray(found.missing.any(axis=1)), found.values[:, 1] - found.values[:, 0]
            seconds = _SECONDS if kind == "seconds" else 1
            gap = gap if kind == "Int64" and found.unit == 1 else gap * seconds / found.unit
        if kind == "Int64":
            return pd.Series(pd.arrays.IntegerArray(np.rint(gap).astype(np.int64), missing))
        return pd.Series(np.where(missing, np.nan, gap))

    def _gap(self, dtypes: list[str], types: Sequence[str]) -> str:
        """How the gap is written: "Int64" for whole numbers and days, "seconds", or "float64"."""
        if "datetime" in types or any(map(_spans, dtypes)):
            return "Int64" if all(map(_days, dtypes)) else "seconds"
        return "Int64" if set(types) == {"integer"} else "float64"

    def declare(self, schema: Schema) -> Column:
        """The gap as a number that is never below 0, bounded where both columns are declared so."""
        low, high = schema[self.low], schema[self.high]
        dtypes = [low.dtype, high.dtype]
        types = [
            "datetime" if c.kind == "datetime" else "integer" if _whole(c.dtype) else "real"
            for c in (low, high)
        ]
        kind = self._gap(dtypes, types)
        decimals = 0 if kind == "Int64" else None
        most = None
        if isinstance(low, Number) and isinstance(high, Number):
            if low.low is not None and high.high is not None:
                most = max(0.0, high.high - low.low)
            if low.decimals is not None and high.decimals is not None and not any(map(_spans, dtypes)):
                decimals = max(low.decimals, high.decimals)
        if isinstance(low, Datetime) and isinstance(high, Datetime):
            first, last = low.days[0], high.days[1]
            if first is not None and last is not None:
                days = max(0, last - first)
                most = float(days if kind == "Int64" else (days + 1) * _SECONDS - 1)
        return Number(
            name=self.auxiliary,
            dtype="Int64" if kind == "Int64" else "float64",
            low=1.0 if self.strict and kind == "Int64" else 0.0,
            high=None if most is None else max(most, 1.0),
            decimals=decimals,
            reason=f"the gap of the rule {self}",
        )

    def repair(self, table: RuleTable, rows: Bools, free: frozenset[Name]) -> None:
        """Put the higher column at the lower one plus the gap, else the lower one at the other minus it.

        Args:
            table: The table, which is changed in place where a rule computes a column.
            rows: Which rows are changed, shape (n,).
            free: Columns that may be changed.
        """
        pivot = next((name for name in self.pivots if name in free), None)
        gaps = table[self.auxiliary]
        if pivot is None or gaps.empty or any(table[name].empty for name in self.members):
            return
        found, gap = self._with_gap(table)
        low, high = found.values.T
        rows = rows & ~found.missing.any(axis=1) & ~gaps.missing
        to = self.members.index(pivot)
        step = found.steps[to]
        least = _above(low, step, self.strict) if to else _below(high, step, self.strict)
        if to:
            put = np.maximum(_snapped(low + gap, step), least)
        else:
            put = np.minimum(_snapped(high - gap, step), least)
        self._write(table, pivot, put, found, rows)

    def _with_gap(self, table: RuleTable) -> tuple[CommonUnits, Array]:
        """Both columns, and the gap in their unit."""
        gaps = table[self.auxiliary]
        dtypes = [table.dtype(name) for name in self.members]
        types = [table[name].type for name in self.members]
        reals = self._gap(dtypes, types) == "float64"
        places = 0
        if reals:
            own = in_common_units([gaps], ["float64"])
            places = len(str(own.unit)) - 1 if own.exact else 0
        found = self._in_common_units(table, places)
        per = _SECONDS if self._gap(dtypes, types) == "seconds" else 1
        gap = gaps.values * found.unit / per if found.unit != per else gaps.values
        return found, np.rint(gap).astype(np.int64) if found.exact else gap

    def _write(self, table: RuleTable, pivot: Name, put: Array, found: CommonUnits, rows: Bools) -> None:
        native = table[pivot]
        others = [table.dtype(name) for name in self.members]
        own = own_units(put, found, native, dtype=table.dtype(pivot), others=others)
        rows = rows & fitting(own, native, table.dtype(pivot))
        table.write(pivot, replace(native, values=np.where(rows, own, native.values)))


def _snapped(values: Array, step: Any) -> Array:
    """The nearest multiples of a step."""
    if not step:
        return values
    if values.dtype.kind == "i":
        return np.asarray((values + step // 2) // step * step)
    return np.asarray(np.rint(values / step) * step)


def _above(low: Array, step: Any, strict: bool) -> Array:
    """The lowest multiples of a step at or above, or above, some values."""
    if not step:
        return np.nextafter(low, np.inf) if strict else low
    up = -(-low // step) * step
    return np.where(up == low, up + step, up) if strict else np.asarray(up)


def _below(high: Array, step: Any, strict: bool) -> Array:
    return -_above(-high, step, strict)


def _spans(dtype: str) -> bool:
    return dtype.startswith(("timedelta", "duration", "object/timedelta"))


def _days(dtype: str) -> bool:
    return dtype.startswith(("object/date", "date32")) and not dtype.startswith("object/datetime")


def _whole(dtype: str) -> bool:
    return dtype.removeprefix("object/").lower().startswith(("int", "uint"))
