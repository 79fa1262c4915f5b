"""What recognition looks at: some distinct values of a column, as clean text, and their plain traits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.columns.arrays.reading import ColumnArrays
from twin.columns.pii.detect.words import (
    word_list,
)

MOST = 1000
"""Most distinct values that are looked at."""

_LENGTH = 300  # letters of a text that are looked at
_DRAWN = 4000  # rows that numbers are drawn from
_NOTHING = word_list("nothing")
_GAPS = re.compile(r"[\s\u00a0\u200b\u200e\u200f\ufeff]+")
_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))"
    r"([T ]\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}(:\d{2})?.*"
)
_SEPARATORS = str.maketrans("", "", " -./\u2013")
_TIMES = ("timedelta", "period", "duration", "time", "object/time", "datetime", "date")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Some distinct values of a column.

    Args:
        texts: At most `MOST` distinct values, trimmed, blanks single, without words for "nothing".
        numeric: Whether the column holds numbers, so that leading zeros are gone.
        distinct: Number of distinct values in the column, or an estimate from below.
        rows: Number of rows that hold a value.
    """

    texts: tuple[str, ...]
    numeric: bool
    distinct: int
    rows: int

    def share(self, flags: list[bool]) -> float:
        """Share of true flags, 0 where there are none."""
        return sum(flags) / len(flags) if flags else 0.0

    def some(self, most: int) -> tuple[str, ...]:
        """At most so many of the values, spread over all."""
        if len(self.texts) <= most:
            return self.texts
        return tuple(self.texts[i] for i in np.linspace(0, len(self.texts) - 1, most).astype(int))

    def having(self, letters: str) -> float:
        """Share of the values in which one of the letters stands."""
        return self.share([any(letter in text for letter in letters) for text in self.texts])

    @cached_property
    def digits(self) -> tuple[str, ...]:
        """The digits alone, per value."""
        return tuple("".join(c for c in text if c in "0123456789") for text in self.texts)

    @cached_property
    def compact(self) -> tuple[str, ...]:
        """The values in capitals, without blanks, hyphens, dots and slashes."""
        return tuple(text.translate(_SEPARATORS).upper() for text in self.texts)

    @cached_property
    def digital(self) -> float:
        """Share of the values that hold a digit."""
        return self.share([bool(d) for d in self.digits])

    @cached_property
    def lettered(self) -> float:
        """Share of the values that hold a letter."""
        return self.share([any(c.isalpha() for c in text) for text in self.texts])

    @cached_property
    def dated(self) -> bool:
        """Whether most values are dates or times of day."""
        return self.share([_DATE.fullmatch(text) is not None for text in self.some(100)]) > 0.5

    @property
    def repeats(self) -> float:
        """Rows per distinct value."""
        return self.rows / max(self.distinct, 1)


def draw(native: ColumnArrays, dtype: str) -> Sample | None:
    """Some distinct values of a column, spread over all of them; the same ones each time.

    Args:
        native: The column.
        dtype: Name of its dtype.

    Returns:
        The sample; None where the column holds nothing that could identify anyone by its form.

    Example:
        >>> import pandas as pd
        >>> from twin.columns.arrays.reading import read
        >>> draw(read(pd.Series([" a@b.c ", "n/a", None])), "str").texts
        ('a@b.c',)
    """
    if native.type in ("boolean", "datetime", "decimal") or dtype.startswith(_TIMES):
        return None
    rows = int(np.count_nonzero(~native.missing))
    if not rows:
        return None
    if native.nominal:
        return _of_levels(native, rows)
    return _of_numbers(native, rows)


def _of_levels(native: ColumnArrays, rows: int) -> Sample | None:
    levels = native.levels
    if len(levels) > MOST:
        levels = tuple(levels[i] for i in np.linspace(0, len(levels) - 1, MOST).astype(int))
    texts = dict.fromkeys(_GAPS.sub(" ", _written(level)[:_LENGTH]).strip() for level in levels)
    kept = tuple(text for text in texts if text and text.casefold() not in _NOTHING)
    numeric = not any(isinstance(level, str) for level in levels)
    if not kept or (numeric and max(map(len, kept)) < 6):
        return None
    return Sample(texts=kept, numeric=numeric, distinct=len(native.levels), rows=rows)


def _written(level: object) -> str:
    if isinstance(level, float) and level.is_integer():
        return str(int(level))
    return str(level)


def _of_numbers(native: ColumnArrays, rows: int) -> Sample | None:
    values = native.values[~native.missing]
    if values.size > _DRAWN:
        values = values[np.linspace(0, values.size - 1, _DRAWN).astype(np.int64)]
    if native.type == "real":
        values = values[np.isfinite(values)]
        if not values.size or (values != np.rint(values)).any() or np.abs(values).max() >= 2**53:
            return None
    unique = np.unique(values)
    if not unique.size or np.median(unique) < 1e5 or unique[unique.size // 20] < 0:
        return None  # too short for a number that points at a person
    kept = unique if unique.size <= MOST else unique[np.linspace(0, unique.size - 1, MOST).astype(np.int64)]
    texts = tuple(str(int(value)) for value in kept if value > 0)
    grown = round(unique.size * rows / values.size) if unique.size > 0.9 * values.size else int(unique.size)
    return Sample(texts=texts, numeric=True, distinct=grown, rows=rows)
