"""A canary before it is planted, the column that it is made for, and a table with canaries in it."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from twin.arrays import Ints
from twin.canaries import detectors
from twin.canaries.detectors import Detector
from twin.canaries.result import Canary
from twin.canaries.search import Pattern, text_pattern
from twin.columns.arrays.reading import read
from twin.columns.schema import Column, Datetime, DirectIdentifier, Name
from twin.errors import InputError

REPEATS = 12  # rows in which one person holds a canary of its own
_SHORTEST = 7  # letters and digits from which an identifier is not met by chance
_LETTERS = 14  # of an invented word
_LONG = 2_000  # characters of a very long text
_RUNES = [chr(c) for c in (*range(0x16A0, 0x16EB), *range(0x1681, 0x169B), *range(0x1401, 0x166D))]


@dataclass(frozen=True, kw_only=True)
class CanaryPlan:
    """A canary to plant.

    Args:
        sort: What is unusual about it, in words.
        cells: Its value per column; None for a missing cell.
        pattern: Its spellings.
        detectors: What notices it in a sample.
        by_chance: Whether its spelling may come out of a sample by chance.
        holders: Persons who shall hold it, or None for k - 1.
        repeats: Rows of each holder.
    """

    sort: str
    cells: Mapping[Name, Any]
    pattern: Pattern = field(default_factory=Pattern)
    detectors: tuple[Detector, ...] = ()
    by_chance: bool = False
    holders: int | None = None
    repeats: int = 1

    @property
    def column(self) -> str:
        """Its columns, for people to read."""
        return " × ".join(map(str, self.cells))


@dataclass(frozen=True)
class CanaryColumn:
    """A column that canaries are planted in.

    Args:
        declared: Its declaration in the schema.
        series: Its cells.
        rng: Invents the canaries.
        number: Which column of the table it is.
        is_subject: Whether it names the person.
        longitudinal: Whether persons may have several rows.
        earliest: Year before which no column of the table has a date.
    """

    declared: Column
    series: pd.Series[Any]
    rng: Generator
    number: int
    is_subject: bool
    longitudinal: bool
    earliest: int = 0
    _texts: list[str] = field(default_factory=list, repr=False)

    @property
    def name(self) -> Name:
        """Name of the column."""
        return self.declared.name

    @property
    def texts(self) -> list[str]:
        """Its distinct texts; none where it holds others."""
        if not self._texts:
            self._texts.extend(detectors.texts_of(self.series))
        return self._texts

    @property
    def format(self) -> str | None:
        """How its texts write dates, or None where it holds no such texts."""
        return self.declared.format if isinstance(self.declared, Datetime) else None

    @property
    def ticks(self) -> Ints:
        """Its dates in its own unit, or in seconds where it holds text, shape (m,)."""
        return detectors.values_of(read(self.series), self.format).astype(np.int64)

    def missing(self) -> Iterator[CanaryPlan]:
        """The first missing cell, where none is missing and the column does not come back empty."""
        dropped = isinstance(self.declared, DirectIdentifier) and self.declared.treatment == "drop"
        if not self.series.isna().any() and not self.is_subject and not dropped:
            detector = detectors.Missing(self.name)
            yield CanaryPlan(sort="first missing", cells={self.name: None}, detectors=(detector,))

    def text(self, sort: str, value: str, spelling: str = "", **options: Any) -> CanaryPlan:
        """A canary of text; a short identifier may stand anywhere, so only samples are searched for it.

        Args:
            sort: What is unusual about it, in words.
            value: The text of the cell.
            spelling: The part of it that is searched for; empty for the whole.
            options: Other fields of the plan.
        """
        short = not spelling and sum(map(str.isalnum, value)) < _SHORTEST
        pattern = Pattern() if short else text_pattern(spelling or value)
        return CanaryPlan(sort=sort, cells={self.name: value}, pattern=pattern, **options)

    def odd_texts(self, like: Callable[[], str]) -> Iterator[CanaryPlan]:
        """A very long text, and one with an unusual character; `like` invents a text of the column's form."""
        long, rune = _letters(self.rng, _LONG), _RUNES[self.number % len(_RUNES)]
        longest = max(map(len, self.texts), default=0)
        if longest < _LONG / 2:
            longer = detectors.Longer(self.name, (longest + _LONG) // 2)
            yield self.text("long string", long, detectors=(longer,))
        if not any(rune in text for text in self.texts):
            value = like()
            middle = len(value) // 2
            yield self.text("unusual character", value[:middle] + rune + value[middle + 1 :], rune)


def invented_word(rng: Generator) -> str:
    """A word of random letters.

    Example:
        >>> len(invented_word(np.random.default_rng(0)))
        14
    """
    return _letters(rng, _LETTERS)


def _letters(rng: Generator, length: int) -> str:
    return "".join(rng.choice(list(string.ascii_lowercase), length)).capitalize()


def same_form(value: str, rng: Generator) -> str:
    """Other letters and digits in the form of a value; the first digit is no zero.

    Args:
        value: The value.
        rng: Chooses the letters and digits.

    Example:
        >>> same_form("P-1234", np.random.default_rng(0))[1]
        '-'
    """
    out = []
    for i, letter in enumerate(value):
        if letter.isdigit():
            out.append(str(rng.integers(1 if i == 0 else 0, 10)))
        elif letter.isalpha():
            every = string.ascii_uppercase if letter.isupper() else string.ascii_lowercase
            out.append(str(rng.choice(list(every))))
        else:
            out.append(letter)
    return "".join(out)


@dataclass(frozen=True)
class Planted:
    """A table with its canaries.

    Args:
        frame: The table.
        canaries: What was planted, in the order of `plans`.
        plans: The same with their values.
        rows: Rows that hold each.
        without: Columns in which none could be planted.
    """

    frame: pd.DataFrame
    canaries: tuple[Canary, ...]
    plans: tuple[CanaryPlan, ...]
    rows: tuple[tuple[int, ...], ...]
    without: tuple[str, ...]


def plant(
    frame: pd.DataFrame, plans: Sequence[CanaryPlan], *, ids: Ints | None, k: int, rng: Generator
) -> Planted:
    """Plant canaries, each held by k - 1 persons of its own unless its plan says otherwise.

    Args:
        frame: The table, n rows.
        plans: The canaries.
        ids: Dense subject ids, shape (n,), or None where each row is a person.
        k: Threshold of the guard.
        rng: Chooses the persons.

    Returns:
        A copy of the table, with what was planted.

    Raises:
        InputError: If there are too few persons for all canaries.
    """
    wanted = [k - 1 if plan.holders is None else plan.holders for plan in plans]
    owners = np.arange(len(frame)) if ids is None else ids
    persons = int(owners.max()) + 1
    if sum(wanted) > persons // 2:
        raise InputError(
            f"table: {len(plans)} canaries of k - 1 = {k - 1} persons each need a table of at least "
            f"{2 * sum(wanted):,} persons; give more rows, fewer columns, or a smaller k"
        )
    shuffled = rng.permutation(len(frame))
    first = shuffled[np.unique(owners[shuffled], return_index=True)[1]]  # (persons,) a row of each
    free = iter(rng.permutation(first).tolist())
    extra: list[int] = []
    rows_of: list[list[int]] = []
    for plan, count in zip(plans, wanted, strict=True):
        rows = [next(free) for _ in range(count)]
        added = [row for row in rows for _ in range(plan.repeats - 1)]
        start = len(frame) + len(extra)
        rows_of.append([*rows, *range(start, start + len(added))])
        extra += added
    out = pd.concat([frame, frame.iloc[extra]], ignore_index=True) if extra else frame.copy()
    for plan, rows in zip(plans, rows_of, strict=True):
        for name, value in plan.cells.items():
            out[name] = _written(out[name], rows, value)
    canaries = tuple(
        Canary(sort=plan.sort, column=plan.column, holders=count, rows=len(rows))
        for plan, count, rows in zip(plans, wanted, rows_of, strict=True)
    )
    used = {name for plan in plans for name in plan.cells}
    without = tuple(str(name) for name in frame.columns if name not in used)
    return Planted(out, canaries, tuple(plans), tuple(map(tuple, rows_of)), without)


def _written(series: pd.Series[Any], rows: list[int], value: Any) -> pd.Series[Any]:
    """The column with a value in some rows; one that cannot be missing becomes one that can."""
    kind: Any = series.dtype
    if value is None and isinstance(kind, np.dtype) and kind.kind in "iub":
        bits = 8 * kind.itemsize
        wide: Any = {"b": "boolean", "i": f"Int{bits}", "u": f"UInt{bits}"}
        series = series.astype(wide[kind.kind])
    if isinstance(kind, pd.CategoricalDtype) and value is not None and value not in kind.categories:
        series = series.cat.add_categories([value])
    sparse = isinstance(kind, pd.SparseDtype)
    series = pd.Series(np.array(series)) if sparse else series.copy()
    series.iloc[rows] = value
    return series.astype(kind) if sparse else series
