"""How figures are written, alike in every format."""

from __future__ import annotations

from dataclasses import dataclass

from twin.evidence.evidence import Evidence
from twin.metrics.score import Cell, Form, Score, ScoreTable, short

MISSING = "–"
HEADLINE = ("accuracy", "c2st", "tstr", "identical")
"""Scores of the first page."""
IN_PERCENT = ("missingness", "identical")
"""Scores that are small shares and are read as percentages."""
DIRECTIONS = {
    "higher": "higher is better",
    "lower": "lower is better",
    "half": "0.5 is best",
}


def number(value: float | None, form: Form = "score") -> str:
    """A figure in one form.

    Args:
        value: The figure, or None where there is none.
        form: How the figure is written.

    Example:
        >>> number(.98345), number(.0571, "share"), number(12345, "count"), number(None)
        ('0.983', '5.71%', '12,345', '–')
        >>> number(-.0001), number(-.25)
        ('0.000', '−0.250')
    """
    if value is None:
        return MISSING
    if form == "count":
        return f"{value:,.0f}"
    text = f"{value * 100:.2f}%" if form == "share" else f"{value:.3f}"
    return text.lstrip("-") if not text.strip("-0.%") else text.replace("-", "−")


def cell(value: Cell, form: Form) -> str:
    """A cell of a table.

    Args:
        value: The figure.
        form: How the figure is written.

    Example:
        >>> cell("age", "text"), cell(.5, "score")
        ('age', '0.500')
    """
    return short(value) if isinstance(value, str) else number(value, form)


@dataclass(frozen=True)
class Written:
    """A table as it is shown, the ends of an interval in one cell.

    Args:
        heads: Heads of the columns.
        numeric: Whether each column holds figures.
        rows: The cells.
    """

    heads: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]


def written(table: ScoreTable) -> Written:
    """The cells of a table as they are shown.

    Example:
        >>> from twin.metrics.score import Head
        >>> heads = (Head("column"), Head("low", "score"), Head("high", "score"))
        >>> written(ScoreTable(title="", heads=heads, rows=(("age", .1, .2),))).rows
        (('age', '0.100–0.200'),)
    """
    labels = [head.label for head in table.heads]
    joined = [i for i in range(len(labels) - 1) if labels[i : i + 2] == ["low", "high"]]
    shown = [i for i in range(len(labels)) if i - 1 not in joined]

    def at(row: tuple[Cell, ...], i: int) -> str:
        first, form = cell(row[i], table.heads[i].form), table.heads[i].form
        low, high = row[i], row[i + 1] if i in joined else None
        if isinstance(low, (int, float)) and isinstance(high, (int, float)):
            return span(low, high, form)
        return first

    return Written(
        tuple("95% interval" if i in joined else labels[i] for i in shown),
        tuple(table.heads[i].form != "text" for i in shown),
        tuple(tuple(at(row, i) for i in shown) for row in table.rows),
    )


def form_of(score: Score) -> Form:
    """The form a score is written in."""
    return "share" if score.name in IN_PERCENT else "score"


def span(low: float | None, high: float | None, form: Form = "score") -> str:
    """An interval, or nothing where there is none.

    Args:
        low: Lower end, or None.
        high: Upper end, or None.
        form: How the figure is written.

    Example:
        >>> span(.1, .2), span(None, None)
        ('0.100–0.200', '')
    """
    if low is None or high is None:
        return ""
    between = "–" if low >= 0 else " to "  # a dash beside a minus would mislead
    return f"{number(low, form).removesuffix('%')}{between}{number(high, form)}"


def hashes(evidence: Evidence) -> list[tuple[str, str]]:
    """The lines of the evidence that a report does not tell elsewhere."""
    return [line for line in evidence.told if line not in evidence.versions and line[0] != "made"]


def seconds(value: float) -> str:
    """A duration.

    Example:
        >>> seconds(.2), seconds(75)
        ('0.2 s', '1 min 15 s')
    """
    return f"{value:.1f} s" if value < 60 else f"{value // 60:.0f} min {value % 60:.0f} s"
