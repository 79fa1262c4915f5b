"""What a sample was asked for and how far that moved it, written alike in every format."""

from __future__ import annotations

from dataclasses import dataclass

from twin.conditions.request import EXTREME, ParityGap
from twin.reporting.words import number


@dataclass(frozen=True, kw_only=True)
class Steered:
    """What a sample was asked for, and how far that moves it from the twin.

    Args:
        scenario: Name of the scenario; empty where conditions or shares were asked for without one.
        asked: What was asked, one line for each part.
        distance: Total variation distance of the cells with target shares from the twin's, 0 … 1.
        effective: Share of the rows that they are worth as weighted rows of the twin, 0 … 1.
        largest: How many times more often than in the twin the most raised cell comes up, ≥ 1.
        gap: How far groups are apart, where parity was asked for.
        moved: Columns and how far each lies from a plain sample of the twin, 0 … 1, the furthest first.
        accuracy: Mean accuracy against the source, of a plain sample of the twin and of this one.

    Example:
        >>> Steered(asked=("sex: F",)).scenario
        ''
    """

    scenario: str = ""
    asked: tuple[str, ...] = ()
    distance: float = 0.0
    effective: float = 1.0
    largest: float = 1.0
    gap: ParityGap | None = None
    moved: tuple[tuple[str, float], ...] = ()
    accuracy: tuple[float, float] | None = None

    @property
    def unmeasured(self) -> Steered:
        """What was asked, without what was measured."""
        return Steered(scenario=self.scenario, asked=self.asked)


_COLUMNS = 10


@dataclass(frozen=True, kw_only=True)
class Moved:
    """How far a sample was moved from the twin, written.

    Args:
        figures: What was measured and the figure.
        columns: The columns that moved furthest and how far.
        extreme: Whether some rows come up so often that they vary little.
    """

    figures: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]
    extreme: bool


def moved(steered: Steered | None) -> Moved | None:
    """How far the sample was moved; None where nothing was asked, or nothing was measured.

    Example:
        >>> moved(Steered(asked=("sex: F",), accuracy=(0.98, 0.95))).figures[-1]
        ('mean accuracy against the source, of a plain sample and of this one', '0.980, 0.950')
    """
    if steered is None or (steered.accuracy is None and steered.gap is None and not steered.moved):
        return None
    figures = []
    if steered.distance > 0:
        figures = [
            ("share of rows that target shares moved", number(steered.distance, "share")),
            (
                "what a row is worth of one of the twin (effective sample size)",
                number(steered.effective, "share"),
            ),
            ("most that a row was raised, in times", number(steered.largest)),
        ]
    if steered.gap is not None:
        gap = steered.gap
        what = f"{gap.kind}: most that shares of {gap.outcome} differ by {gap.sensitive}"
        figures.append((f"{what}, before and after", f"{number(gap.before)}, {number(gap.after)}"))
    if steered.accuracy is not None:
        plain, own = steered.accuracy
        what = "mean accuracy against the source, of a plain sample and of this one"
        figures.append((what, f"{number(plain)}, {number(own)}"))
    return Moved(
        figures=tuple(figures),
        columns=tuple((name, number(value, "share")) for name, value in steered.moved[:_COLUMNS]),
        extreme=steered.largest > EXTREME,
    )
