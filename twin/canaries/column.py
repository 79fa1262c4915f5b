"""What a canary is before it is planted, and the column it is made for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from twin.arrays import Ints
from twin.canaries import detectors as watches
from twin.canaries import invent
from twin.canaries.detectors import Detector
from twin.canaries.patterns import Pattern, text_pattern
from twin.columns.arrays.reading import read
from twin.columns.schema import Column, Datetime, DirectIdentifier, Name

REPEATS = 12  # rows in which one person holds a canary of its own
_SHORTEST = 7  # letters and digits from which an identifier is not met by chance


@dataclass(frozen=True, kw_only=True)
class CanaryPlan:
    """A canary to plant.

    Args:
        sort: What is unusual about it, in words.
        cells: Its value per column; None for a missing cell.
        needle: Its spellings.
        watches: What tells it in a sample.
        chancy: Whether its spelling may come out of a sample by chance.
        holders: Persons who shall hold it, or None for k - 1.
        repeats: Rows of each holder.
    """

    sort: str
    cells: Mapping[Name, Any]
    needle: Pattern = field(default_factory=Pattern)
    watches: tuple[Detector, ...] = ()
    chancy: bool = False
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
        column: Its declaration.
        series: Its cells.
        rng: Invents the canaries.
        number: Which column of the table it is.
        is_subject: Whether it names the person.
        longitudinal: Whether persons may have several rows.
        earliest: Year before which no column of the table has a moment.
    """

    column: Column
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
        return self.column.name

    @property
    def texts(self) -> list[str]:
        """Its distinct texts; none where it holds others."""
        if not self._texts:
            self._texts.extend(watches.texts_of(self.series))
        return self._texts

    @property
    def ticks(self) -> Ints:
        """Its moments in its own unit, or in seconds where it holds text, shape (m,)."""
        format_ = self.column.format if isinstance(self.column, Datetime) else None
        return watches.values_of(read(self.series), format_).astype(np.int64)

    def missing(self) -> Iterator[CanaryPlan]:
        """The first missing cell, where none is missing and the column does not come back empty."""
        dropped = isinstance(self.column, DirectIdentifier) and self.column.treatment == "drop"
        if not self.series.isna().any() and not self.is_subject and not dropped:
            yield CanaryPlan(
                sort="first missing", cells={self.name: None}, watches=(watches.Missing(self.name),)
            )

    def text(self, sort: str, value: str, needle: str = "", **options: Any) -> CanaryPlan:
        """A canary of text; a short identifier may stand anywhere, so only samples are searched for it.

        Args:
            sort: What sort of canary it is, in words.
            value: A value of the column, whose form is kept.
            needle: The text to look for.
            **options: What else a plan is made of.
        """
        short = not needle and sum(map(str.isalnum, value)) < _SHORTEST
        spelled = Pattern() if short else text_pattern(needle or value)
        return CanaryPlan(sort=sort, cells={self.name: value}, needle=spelled, **options)

    def odd_texts(self, like: Callable[[], str]) -> Iterator[CanaryPlan]:
        """A very long text, and one with an unusual character."""
        long, rune = invent.long_text(self.rng), invent.rune(self.number)
        longest = max(map(len, self.texts), default=0)
        if longest < invent.LONG / 2:
            limit = (longest + invent.LONG) // 2
            yield self.text("long string", long, watches=(watches.Longer(self.name, limit),))
        if not any(rune in text for text in self.texts):
            value = like()
            at = len(value) // 2
            yield self.text("unusual character", value[:at] + rune + value[at + 1 :], rune)
