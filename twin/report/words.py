"""How figures are written, alike in every format."""

from __future__ import annotations

from twin.metrics.score import Cell, Form, Score

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

    Example:
        >>> number(.98345), number(.0571, "share"), number(12345, "count"), number(None)
        ('0.983', '5.71%', '12,345', '–')
    """
    if value is None:
        return MISSING
    if form == "share":
        return f"{value * 100:.2f}%"
    if form == "count":
        return f"{value:,.0f}"
    text = f"{value:.3f}"
    return "0.000" if text == "-0.000" else text.replace("-", "−")


def cell(value: Cell, form: Form) -> str:
    """A cell of a table.

    Example:
        >>> cell("age", "text"), cell(.5, "score")
        ('age', '0.500')
    """
    return value if isinstance(value, str) else number(value, form)


def form_of(score: Score) -> Form:
    """The form a score is written in."""
    return "share" if score.name in IN_PERCENT else "score"


def span(low: float | None, high: float | None, form: Form = "score") -> str:
    """An interval, or nothing where there is none.

    Example:
        >>> span(.1, .2), span(None, None)
        ('0.100 to 0.200', '')
    """
    return "" if low is None or high is None else f"{number(low, form)} to {number(high, form)}"


def seconds(value: float) -> str:
    """A duration.

    Example:
        >>> seconds(.2), seconds(75)
        ('0.2 s', '1 min 15 s')
    """
    return f"{value:.1f} s" if value < 60 else f"{value // 60:.0f} min {value % 60:.0f} s"
