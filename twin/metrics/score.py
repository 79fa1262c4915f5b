"""What a metric answers: a figure with its interval, its reference and the tables behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from twin.errors import InputError

Cell = str | int | float | None
Form = Literal["text", "share", "score", "count"]
"""How a cell is written: words, a percentage, three decimals, a whole number."""

Direction = Literal["higher", "lower", "half"]
"""Where a score is best: high, low, or at one half."""


_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
"""Characters that steer a line or a terminal and show nothing themselves."""


def short(name: str, most: int = 60) -> str:
    """A name as people are shown it: cut where it is long, and without marks that turn the text around.

    Args:
        name: The name.
        most: The most that is wanted, ≥ 1.

    Example:
        >>> short("x" * 100, 5), short("gnp\u202e.exe")
        ('xxxx…', 'gnp�.exe')
    """
    plain = _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", name)
    return plain if len(plain) <= most else plain[: most - 1] + "…"


@dataclass(frozen=True)
class Head:
    """The head of a table's column.

    Args:
        label: What stands there.
        form: How its cells are written.
    """

    label: str
    form: Form = "text"


@dataclass(frozen=True, kw_only=True)
class ScoreTable:
    """A small table behind a score.

    Args:
        title: What it shows.
        heads: One per column.
        rows: The cells, each row as long as `heads`.
        note: How to read it, or what was left out.

    Raises:
        InputError: If a row does not fit the heads.

    Example:
        >>> heads = Head("column"), Head("overlap", "share")
        >>> ScoreTable(title="Worst", heads=heads, rows=(("age", .9),)).rows
        (('age', 0.9),)
    """

    title: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.heads) for row in self.rows):
            raise InputError(f"table {self.title!r}: every row needs {len(self.heads)} cells")


@dataclass(frozen=True)
class Interval:
    """A figure and its 95% interval.

    Args:
        value: The figure.
        low: Lower end, or None where there is no interval.
        high: Upper end, or None.

    Example:
        >>> Interval(.5, .4, .6).covers(.45)
        True
    """

    value: float
    low: float | None = None
    high: float | None = None

    def covers(self, truth: float) -> bool:
        """Whether the interval holds the number."""
        return self.low is not None and self.high is not None and self.low <= truth <= self.high


@dataclass(frozen=True, kw_only=True)
class Score:
    """One figure of a report, with its interval and its reference.

    Args:
        name: Key in `Evaluation.scores`.
        title: What is measured, in a few words.
        sentence: What the figure says, in words anyone can read.
        value: The figure, or None where it cannot be had; `note` says why.
        low: Lower end of its 95% interval, or None where there is none.
        high: Upper end, or None.
        reference: What real rows reach that the twin never saw, or None without a holdout.
        reference_low: Lower end of the reference's 95% interval, or None.
        reference_high: Upper end, or None.
        reference_label: What the reference is.
        n: Synthetic rows behind the figure.
        better: Where the figure is best.
        verdict: False where the figure describes only and can neither pass nor fail a twin.
        note: What to know besides: how the interval was made, what was left out.
        tables: The detail behind the figure.

    Example:
        >>> score = Score(name="c2st", title="Telling apart", sentence="", value=.52, low=.51, high=.53)
        >>> str(score)
        'Telling apart: 0.520 (0.510 to 0.530)'
    """

    name: str
    title: str
    sentence: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    reference: float | None = None
    reference_low: float | None = None
    reference_high: float | None = None
    reference_label: str = "fresh real rows"
    n: int = 0
    better: Direction = "higher"
    verdict: bool = True
    note: str = ""
    tables: tuple[ScoreTable, ...] = ()

    def read(self, value: Interval, reference: Interval | None = None) -> Score:
        """The same score with its figure and its reference.

        Args:
            value: The score with its interval.
            reference: What fresh real rows reach, or None.

        Example:
            >>> str(Score(name="x", title="Off", sentence="").read(Interval(.5, .4, .6), Interval(.4)))
            'Off: 0.500 (0.400 to 0.600); fresh real rows: 0.400'
        """
        real = reference or Interval(float("nan"))
        return replace(
            self,
            value=value.value,
            low=value.low,
            high=value.high,
            reference=None if reference is None else real.value,
            reference_low=real.low,
            reference_high=real.high,
        )

    def unavailable(self, why: str) -> Score:
        """The same score without a figure, and why it cannot be had, in a clause."""
        return replace(self, sentence=f"Not available: {why}.", note=why)

    def __str__(self) -> str:
        text = f"{self.title}: {_span(self.value, self.low, self.high)}"
        if self.reference is not None:
            text += (
                f"; {self.reference_label}: {_span(self.reference, self.reference_low, self.reference_high)}"
            )
        return text


def _span(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "not available"
    if low is None or high is None:
        return f"{value:.3f}"
    return f"{value:.3f} ({low:.3f} to {high:.3f})"
