"""What a sample was asked for and how far that moved it, written alike in every format."""

from __future__ import annotations

from dataclasses import dataclass

from twin.conditions.request import EXTREME
from twin.reporting.document import Steered
from twin.reporting.words import number

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
