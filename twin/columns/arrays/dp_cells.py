"""One cell at a time to a number, a level or a date: what a cell becomes depends on no other cell.

Functions that look at a whole column choose by its worst value, and so would let one cell change all others.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from twin.arrays import Bools, Floats, Ints
from twin.columns.arrays.reading import PER_DAY
from twin.columns.schema import Level

_MICROSECOND = dt.timedelta(microseconds=1)
_EPOCH = dt.date(1970, 1, 1).toordinal()
_DAYS = {"ns": (-106_000, 106_000)}
_ALL_DAYS = (-719_162, 2_932_896)  # the years 1 to 9999
_LARGEST = 2**63
_LEVELS: dict[type, Callable[[Any], Level | None]] = {
    str: lambda value: value if _spelled(value) else None,
    np.str_: lambda value: str(value) if _spelled(value) else None,
    bool: bool,
    np.bool_: bool,
    int: lambda value: value if -_LARGEST <= value < _LARGEST else None,
    float: lambda value: value + 0.0 if math.isfinite(value) else None,  # -0.0 and 0.0 are one level
}


def _spelled(text: str) -> bool:
    """Whether a text can be written to a file: half a surrogate pair cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def level(value: Any) -> Level | None:
    """A cell as a level, None where it is none: text, a flag or a finite number of at most 64 bits."""
    convert = _LEVELS.get(type(value))
    if convert is not None:
        return convert(value)
    if isinstance(value, np.integer | np.floating):
        return level(value.item())
    return None


def number(value: Any) -> float:
    """A cell as a number; not a number where it cannot be read as one.

    Example:
        >>> number("12.5"), number(True), number([1])
        (12.5, 1.0, nan)
    """
    if isinstance(value, dt.timedelta):
        return float(value // _MICROSECOND)
    if isinstance(value, dt.time):
        return float(((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond)
    if not isinstance(value, str | bool | int | float | np.number | np.bool_ | Decimal):
        return np.nan
    if isinstance(value, np.timedelta64 | np.complexfloating):
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf  # type: ignore[operator]
    except ValueError:
        return np.nan


def day_and_time(value: Any, format_: str | None) -> tuple[int, int] | None:
    """A cell as days since 1970-01-01 and microseconds since midnight; None where it is no date.

    Args:
        value: The cell.
        format_: How dates are written, as strptime says it; None for what is no text.

    Example:
        >>> day_and_time("1970-01-02 00:00:01", None), day_and_time("x", None)
        ((1, 1000000), None)
    """
    if isinstance(value, str):
        try:
            value = dt.datetime.strptime(value, format_) if format_ else dt.datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, np.datetime64):
        ticks = value.astype("datetime64[us]").astype(np.int64)
        days, rest = divmod(int(ticks), PER_DAY["us"])
        return days, rest
    if isinstance(value, dt.datetime):
        clock = ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
        return value.toordinal() - _EPOCH, clock
    if isinstance(value, dt.date):
        return value.toordinal() - _EPOCH, 0
    return None


def numbers(cells: Iterable[Any], missing: Bools) -> Floats:
    """Cells as numbers, shape (n,), not a number where missing.

    Args:
        cells: Cells of the column, one by one.
        missing: Which cells are missing, shape (n,).
    """
    return np.array(
        [np.nan if gone else number(cell) for cell, gone in zip(cells, missing.tolist(), strict=True)],
        np.float64,
    )


def levels(cells: Iterable[Any], missing: Bools) -> tuple[Ints, tuple[Level, ...]]:
    """Codes of cells, shape (n,), -1 where there is none, and their levels; 1, 1.0 and True are three.

    Args:
        cells: Cells of the column, one by one.
        missing: Which cells are missing, shape (n,).
    """
    index: dict[tuple[str, Level], int] = {}
    codes = np.full(missing.shape, -1, np.int64)
    for row, (cell, gone) in enumerate(zip(cells, missing.tolist(), strict=True)):
        one = None if gone else level(cell)
        if one is not None:
            codes[row] = index.setdefault((type(one).__name__, one), len(index))
    return sorted_levels(codes, list(index))


def sorted_levels(codes: Ints, tags: list[tuple[str, Level]]) -> tuple[Ints, tuple[Level, ...]]:
    """Codes and levels in a public order: by type, then by value, never by appearance.

    Args:
        codes: Codes, shape (n,).
        tags: Levels with the sort of each.
    """
    order = sorted(range(len(tags)), key=lambda i: tags[i])
    rank = np.full(len(tags) + 1, -1, np.int64)
    rank[order] = np.arange(len(tags))
    return rank[codes], tuple(tags[i][1] for i in order)


def texts(series: pd.Series[Any]) -> tuple[Ints, tuple[Level, ...]]:
    """Codes and levels of a column of a text dtype; far faster than `levels`."""
    codes, unique = pd.factorize(series.astype(object), use_na_sentinel=True)
    texts_or_none = [level(value) for value in unique]
    kept = [i for i, value in enumerate(texts_or_none) if isinstance(value, str)]
    rank = np.full(len(texts_or_none) + 1, -1, np.int64)
    rank[kept] = np.arange(len(kept))
    return sorted_levels(rank[codes], [("str", str(texts_or_none[i])) for i in kept])


def datetimes(cells: Iterable[Any], missing: Bools, *, format_: str | None, unit: str) -> tuple[Ints, Bools]:
    """Cells as ticks since 1970-01-01 and which are missing, shapes (n,).

    Args:
        cells: Cells of the column, one by one.
        missing: Which cells are missing, shape (n,).
        format_: How dates are written, as strptime says it; None for what is no text.
        unit: Unit of the numbers, such as "s" or "D".
    """
    known_texts: dict[Any, tuple[int, int] | None] = {}
    days, clock = np.zeros(missing.shape, np.int64), np.zeros(missing.shape, np.int64)
    gone = missing.copy()
    for row, cell in enumerate(cells):
        if gone[row]:
            continue
        if isinstance(cell, str):  # the same text is read once
            if cell not in known_texts:
                known_texts[cell] = day_and_time(cell, format_)
            read = known_texts[cell]
        else:
            read = None if format_ else day_and_time(cell, None)
        if read is None:
            gone[row] = True
        else:
            days[row], clock[row] = np.clip(read[0], *_ALL_DAYS), read[1]
    ticks = joined(days, clock, unit="us", to=unit)
    return np.where(gone, 0, ticks), gone


def joined(days: Ints, rest: Ints, *, unit: str, to: str) -> Ints:
    """Days and ticks since midnight in one unit as ticks in another; days that it cannot hold are clipped.

    Args:
        days: Days since 1970-01-01, shape (n,).
        rest: Units since midnight, shape (n,).
        unit: Unit of the numbers, such as "s" or "D".
        to: Unit of the result.
    """
    days = np.clip(days, *_DAYS.get(to, _ALL_DAYS))
    inside, wanted = PER_DAY[unit], PER_DAY[to]
    clock = rest * (wanted // inside) if wanted >= inside else rest // (inside // wanted)
    return days * wanted + clock
