"""What a sample was asked for, as a part of its report."""

from __future__ import annotations

from dataclasses import dataclass

from twin.conditions.request import ParityGap


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
