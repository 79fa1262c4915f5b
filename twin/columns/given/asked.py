"""What a user asks of a column: one value, several, a range, a missing cell, or a value for each row.

A condition is parsed here without a look at what was learned; each kind then compiles it to its codes.
Errors say which column and what is wrong, and never show a value, though it was the user who gave it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from twin.arrays import Bools, Ints
from twin.columns.schema import Column, Level
from twin.errors import ConditionError, InputError

Ends = tuple[object, object]
"""Lower and upper end of a range, None where it is open."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of one column.

    Args:
        column: Its declaration.
        values: Values that are asked for, as the user gave them; each once where `rows` is given.
        ranges: Ranges that are asked for, both ends included, unless `below`.
        missing: Whether a missing cell is asked for, or is among what is.
        rows: Where each row asks for its own: its index in `values`, -1 for a missing cell, shape (n,).
        argument: The argument that asks, for errors.
        below: Whether the upper ends of ranges are left out, since another range begins there.
    """

    column: Column
    values: tuple[object, ...] = ()
    ranges: tuple[Ends, ...] = ()
    missing: bool = False
    rows: Ints | None = None
    argument: str = "given"
    below: bool = False

    def error(self, what: str) -> InputError:
        """An error about this condition."""
        return InputError(f"{self.argument}[{self.column.name!r}]: {what}")

    def refused(self, what: str) -> InputError:
        """The error for a column that takes no condition."""
        return self.error(
            f"{what} takes no condition, since it is not learned; leave it out, and set it in the sample"
        )

    def never(self, what: str, index: int | None = None) -> InputError:
        """The error where the twin never draws what is asked, such as one of `values`.

        Args:
            what: What it is, in words.
            index: Which of `values`, or None where all rows ask the same.
        """
        where = ""
        if index is not None and self.rows is not None:
            where = f" in row {int(np.argmax(self.rows == index))}"
        return ConditionError(
            f"{self.argument}[{self.column.name!r}]: the twin never draws {what}{where}: none or too few "
            "subjects hold it; ask for what its samples hold"
        )

    def check_held(self, held: Bools, what: str) -> None:
        """Refuse values that a column never holds, shape (m,).

        Args:
            held: Which of the values are kept, shape (m,).
            what: What it is, in words.
        """
        if not held.all():
            raise self.never(what, int(np.argmin(held)))


def ask(column: Column, condition: object, argument: str = "given") -> Asked:
    """A condition as a user gives it.

    Args:
        column: Declaration of the column.
        condition: A value; a set, list or array of values and ranges; a tuple (low, high), with None as an
            open end; or None, NaN or pandas.NA for a missing cell.
        argument: The argument that asks, for errors.

    Returns:
        What is asked.

    Raises:
        InputError: If it is none of these.

    Example:
        >>> from twin.columns.schema import Number
        >>> ask(Number(name="age"), (30, None)).ranges
        ((30, None),)
        >>> ask(Number(name="age"), [30, None]).missing
        True
    """
    if isinstance(condition, np.ndarray) and condition.ndim == 0:
        condition = condition[()]
    several = isinstance(condition, Iterable) and not isinstance(condition, str | bytes | tuple | Mapping)
    parts = list(condition) if several else [condition]  # type: ignore[call-overload]
    values: list[object] = []
    ranges: list[Ends] = []
    missing = False
    bare = Asked(column=column, argument=argument)
    if not parts:
        raise bare.error("an empty list is asked for; give at least one value, or leave the column out")
    for part in parts:
        if isinstance(part, tuple):
            if len(part) != 2:
                raise bare.error("a tuple is a range of two ends, (low, high); give several values as a list")
            low, high = (None if is_missing(end) else _scalar(end, bare) for end in part)
            ranges.append((low, high))
        elif is_missing(part):
            missing = True
        else:
            values.append(_scalar(part, bare))
    return replace(bare, values=tuple(values), ranges=tuple(ranges), missing=missing)


def ask_rows(column: Column, series: pd.Series[Any]) -> Asked:
    """What each row of a table asks: its cell, exactly.

    Args:
        column: Its declaration.
        series: The column of the table that asks.

    Raises:
        InputError: If a cell is no single value.

    Example:
        >>> from twin.columns.schema import Category
        >>> asked = ask_rows(Category(name="sex"), pd.Series(["F", None, "F"]))
        >>> asked.values, asked.rows.tolist()
        (('F',), [0, -1, 0])
    """
    bare = Asked(column=column)
    if series.dtype == object:
        index: dict[tuple[type, object], int] = {}
        rows = np.full(len(series), -1, np.int64)
        for row, cell in enumerate(series):
            if not is_missing(cell):
                cell = _scalar(cell, bare)
                rows[row] = index.setdefault((type(cell), cell), len(index))
        values = tuple(cell for _, cell in index)
    else:
        codes, distinct = pd.factorize(series, use_na_sentinel=True)
        rows, values = codes.astype(np.int64), tuple(_scalar(value, bare) for value in distinct)
    return Asked(column=column, values=values, missing=bool((rows < 0).any()), rows=rows)


def is_missing(value: Any) -> bool:
    """Whether a value stands for a missing cell.

    Example:
        >>> [is_missing(v) for v in (None, float("nan"), pd.NA, pd.NaT, 0, "", [None])]
        [True, True, True, True, False, False, False]
    """
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _scalar(value: object, asked: Asked) -> object:
    """A single value, numbers of numpy as those of Python."""
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64 | np.timedelta64):
        return value.item()
    if isinstance(value, bytes | tuple) or not pd.api.types.is_scalar(value):
        raise asked.error(
            f"a {type(value).__name__} is no condition; give a value, a list of values, "
            "a range (low, high), or None for a missing cell"
        )
    return value


def codes_asked(asked: Asked, levels: Sequence[Level], *, nullable: bool, ordered: bool) -> Ints:
    """Codes of what is asked of a category.

    Args:
        asked: What is asked.
        levels: Levels that were kept, in the order of their codes.
        nullable: Whether code 0 is a missing value.
        ordered: Whether the order of the levels means something.

    Returns:
        Codes, shape (m,); where each row asks for its own, one per value and last that of a missing cell.

    Raises:
        InputError: If a level is not kept, or a range is asked of levels without an order.

    Example:
        >>> from twin.columns.schema import Category
        >>> asked = Asked(column=Category(name="size"), ranges=(("S", None),))
        >>> codes_asked(asked, ("XS", "S", "M"), nullable=True, ordered=True).tolist()
        [2, 3]
    """
    positions = {(type(level), level): i for i, level in enumerate(levels)}

    def code_of(value: object, at: int | None = None) -> int:
        position = positions.get((type(value), value))  # type: ignore[arg-type]
        if position is None:
            alike = [i for i, level in enumerate(levels) if _alike(value, level)]
            if len(alike) != 1:
                raise asked.never("a level that is asked for", at)
            position = alike[0]
        return position + nullable

    if asked.missing and not nullable:
        raise asked.never("a missing value there")
    codes = [code_of(value, at) for at, value in enumerate(asked.values)]
    if asked.rows is not None:
        return np.array([*codes, 0], np.int64)
    if asked.ranges and not ordered:
        raise asked.error("a range is asked for, and its levels have no order; give a list of levels")
    for low, high in asked.ranges:
        first = int(nullable) if low is None else code_of(low)
        last = len(levels) - 1 + nullable if high is None else code_of(high) - asked.below
        if first > last:
            raise asked.error("the lower end of a range lies above its upper end; give it as (low, high)")
        codes += range(first, last + 1)
    return np.unique(np.array([*codes, *([0] if asked.missing else [])], np.int64))


def _alike(value: object, level: Level) -> bool:
    """Whether a value means a level: equal numbers, numbers as flags, or the level as it is written."""
    if isinstance(value, str):
        texts = (str(level), str(level).lower()) if isinstance(level, bool) else (str(level),)
        return not isinstance(level, str) and value.strip() in texts
    return isinstance(value, bool | int | float | Decimal) and not isinstance(level, str) and value == level
