"""What an attack answers: how far it got against the twin, against controls, and by guessing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol

from twin.attacks.data import AttackData
from twin.metrics.score import Interval, ScoreTable
from twin.metrics.table_view import TableView

Scale = Literal["excess", "share", "area"]
"""What a figure is: a difference of two rates or a share, 0 without a leak, or an area, one half then."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How far an attack got against one table.

    Args:
        value: The figure: success against the people learned from less success against others, or an area.
        low: Lower end of its 95% interval.
        high: Upper end.
        error: Standard error behind the interval, > 0 unless nothing could move the figure.
        p: One-sided p-value of a figure as high as this where nothing leaks, in [0, 1].
        n: People attacked on each side, ≥ 1.
        train: Success against people learned from, or None where the figure is no difference of rates.
        holdout: Success against others, or None.
        naive: Success of guessing without the table, or None where guessing has no meaning.

    Example:
        >>> reading = Reading(value=.04, low=.02, high=.06, error=.01, p=.0001, n=2000)
        >>> reading.found, round(reading.p_above(.03), 3)
        (True, 0.159)
    """

    value: float
    low: float
    high: float
    error: float
    p: float
    n: int
    train: Interval | None = None
    holdout: Interval | None = None
    naive: Interval | None = None

    @property
    def found(self) -> bool:
        """Whether more leaks than chance brings about, at the 5% level."""
        return self.p < 0.05

    def p_above(self, limit: float) -> float:
        """One-sided p-value of the figure where the truth is at the limit, with a normal error."""
        return normal_p(self.value, self.error, limit)


@dataclass(frozen=True, kw_only=True)
class Control:
    """The same attack against a twin into which a known leak was put.

    Args:
        share: Share of the people learned from whose rows were put in, in (0, 1].
        reading: How far the attack got.
    """

    share: float
    reading: Reading


@dataclass(frozen=True, kw_only=True)
class AttackInfo:
    """What an attack is, in words.

    Args:
        name: Key in `Evaluation.attacks`.
        code: Its number in the documentation, "A0" … "A6"; several attacks may share one.
        title: What it tries, in a few words.
        question: What the attacker knows and does, in a sentence or two that anyone can read.
        figure: What the figure is.
        scale: Where the figure lies without a leak.
        source: Where the attack is described.
    """

    name: str
    code: str
    title: str
    question: str
    figure: str
    scale: Scale = "excess"
    source: str = ""

    @property
    def null(self) -> float:
        """The figure where nothing leaks."""
        return 0.5 if self.scale == "area" else 0.0


@dataclass(frozen=True, kw_only=True, repr=False)
class Attack:
    """An attack and all its readings: what each function of `twin.attacks` gives.

    Args:
        about: What it is.
        reading: Against the twin, or None where it could not be run; `weak` says why.
        negative: Against real people passed off as a twin, or None where too few were left.
        controls: Against planted leaks, smallest first.
        weak: Why its silence would mean nothing, in words; empty where it means something.
        note: How it was run, what was left out.
        tables: The detail behind the figure.

    Example:
        >>> about = AttackInfo(name="x", code="A0", title="Copied rows", question="", figure="")
        >>> reading = Reading(value=.04, low=.02, high=.06, error=.01, p=.0001, n=2000)
        >>> found = Attack(about=about, reading=reading, controls=(Control(share=.05, reading=reading),))
        >>> found
        Copied rows: 0.040 (0.020 to 0.060), 0 without a leak, p = 0.0001; finds a planted leak of 5%
        >>> found.value, found.power
        (0.04, 0.05)
    """

    about: AttackInfo
    reading: Reading | None
    negative: Reading | None = None
    controls: tuple[Control, ...] = ()
    weak: str = ""
    note: str = ""
    tables: tuple[ScoreTable, ...] = ()

    @property
    def value(self) -> float | None:
        """The figure against the synthetic table, or None where the attack could not be run."""
        return None if self.reading is None else self.reading.value

    @property
    def low(self) -> float | None:
        """Lower end of its 95% interval, or None."""
        return None if self.reading is None else self.reading.low

    @property
    def high(self) -> float | None:
        """Upper end of its 95% interval, or None."""
        return None if self.reading is None else self.reading.high

    @property
    def p(self) -> float | None:
        """One-sided p-value of a figure as high where nothing leaks, or None."""
        return None if self.reading is None else self.reading.p

    @property
    def found(self) -> bool:
        """Whether more leaks than chance brings about, at the 5% level."""
        return self.reading is not None and self.reading.found

    @property
    def power(self) -> float | None:
        """The smallest planted share that it found, all larger ones included; None where it found none."""
        found = None
        for control in reversed(self.controls):
            if not control.reading.found:
                break
            found = control.share
        return found

    def __repr__(self) -> str:
        finds = "no planted leak" if self.power is None else f"a planted leak of {self.power:.0%}"
        if self.reading is None:
            return f"{self.about.title}: not run, {self.weak or 'the tables give it nothing to work on'}"
        read = self.reading
        weak = f"; too weak to tell: {self.weak}" if self.weak else ""
        return (
            f"{self.about.title}: {read.value:.3f} ({read.low:.3f} to {read.high:.3f}), {self.about.null:g} "
            f"without a leak, p = {read.p:.2g}; finds {finds}{weak}"
        )


@dataclass(frozen=True, kw_only=True)
class Detail:
    """What to know of a reading besides its figure.

    Args:
        weak: As in `Attack`.
        note: As in `Attack`.
        tables: As in `Attack`.
    """

    weak: str = ""
    note: str = ""
    tables: tuple[ScoreTable, ...] = ()


class Attacker(Protocol):
    """One attack. It is run against the synthetic table and, the same way, against every control."""

    @property
    def about(self) -> AttackInfo:
        """What it is."""
        ...

    def read(self, data: AttackData, synthetic: TableView) -> Reading | None:
        """How far it gets; None where the tables give it nothing to work on.

        Args:
            data: The people to attack.
            synthetic: The table that the attacker holds: the synthetic one, or a control's in its place.

        Returns:
            The reading.
        """
        ...

    def detail(self, data: AttackData, synthetic: TableView, reading: Reading | None) -> Detail:
        """What to say besides, of the reading against the synthetic table alone.

        Args:
            data: The people that were attacked.
            synthetic: The synthetic rows.
            reading: What `read` gave for them.

        Returns:
            Notes and tables.
        """
        ...


def normal_p(value: float, error: float, null: float = 0.0) -> float:
    """One-sided p-value of a figure that is normal about the null where nothing leaks.

    Args:
        value: The figure.
        error: Its standard error.
        null: The figure where nothing leaks.

    Returns:
        The p-value, in [0, 1].

    Example:
        >>> round(normal_p(1.645, 1.0), 3)
        0.05
    """
    if error <= 0 or not math.isfinite(error):
        return float(value <= null)
    return math.erfc((value - null) / error / math.sqrt(2)) / 2
