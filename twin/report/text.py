"""The report as plain text, for a terminal."""

from __future__ import annotations

import textwrap

from twin.metrics import Evaluation
from twin.metrics.score import Score, Table, short
from twin.privacy.reading import SPENT, figures, spent, unprotected
from twin.privacy.receipt import Receipt
from twin.report.document import NOT_FOR_RELEASE, Report
from twin.report.words import form_of, number, seconds, span, trained, written

WIDTH = 96
_ROWS = 8


def render(report: Report) -> str:
    """The report as text of at most 96 columns.

    Args:
        report: The report.

    Returns:
        The text, with a line feed at its end.
    """
    title = f"Report on the twin of {report.facts.name}" if report.facts.name else "Report on a twin"
    lines = [title, "=" * len(title), ""]
    lines += [line for stamp in report.stamps for line in (stamp, "")]
    if report.ledger is not None:
        lines += [
            "Public part",
            *_wrapped(report.about_public),
            "",
            *_budget(report.ledger),
            *_facts(report),
            "",
        ]
    if report.evaluation is not None:
        lines += _internal(report, report.evaluation)
    lines += ["Limits", *(line for limit in report.limits for line in _wrapped(limit, "  - "))]
    lines += _wrapped(report.notice, "  - ")
    return "\n".join(lines).rstrip() + "\n"


def _budget(receipt: Receipt) -> list[str]:
    """What was promised and what it cost, without the lines of the ledger."""
    wide = max(len(label) for label, _ in figures(receipt))
    lines = ["Privacy budget", *_wrapped(receipt.sentence, "  ")]
    lines += [f"  {label:<{wide}}  {value}" for label, value in figures(receipt)]
    lines += ["  where it went", *(f"    {line}" for line in _aligned([SPENT, *spent(receipt)]))]
    open_points = [line for point in unprotected(receipt) for line in _wrapped(point, "    - ")]
    return [*lines, "  it does not protect", *open_points, ""]


def _internal(report: Report, evaluation: Evaluation) -> list[str]:
    """What was computed from real data."""
    sizes = evaluation.sizes
    lines = []
    if report.ledger is not None:
        lines += ["Internal part", *_wrapped(NOT_FOR_RELEASE), ""]
    lines += _wrapped(
        f"{sizes.synthetic:,} synthetic rows beside {sizes.train:,} real rows that the twin learned from"
        + (f" and {sizes.holdout:,} that it never saw." if sizes.holdout else "; no holdout was given.")
    )
    lines += ["", *_figures(report), ""]
    for score in report.scores.values():
        if score.sentence and not score.name.startswith("accuracy_"):
            lines += [*_wrapped(f"{score.title}: {score.sentence}"), ""]
    for name in ("accuracy_1", "accuracy_2", "c2st"):
        for table in report.scores[name].tables if name in report.scores else ():
            lines += [*_table(table), ""]
    if report.suppression is not None:
        lines += [
            "Suppressed",
            *(f"  {short(line, 2 * WIDTH)}" for line in str(report.suppression).splitlines()),
            "",
        ]
    return lines if report.ledger is not None else [*lines, *_facts(report), ""]


def _wrapped(text: str, first: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def _figures(report: Report) -> list[str]:
    rows: list[tuple[str, ...]] = [("", "twin", "95% interval", "reference", "what the reference is")]
    rows += [_figure(score) for score in report.scores.values()]
    return _aligned(rows)


def _figure(score: Score) -> tuple[str, ...]:
    form = form_of(score)
    label = score.reference_label if score.reference is not None else ""
    figures = number(score.value, form), span(score.low, score.high, form), number(score.reference, form)
    return (score.title, *figures, label)


def _table(table: Table) -> list[str]:
    shown = written(table)
    return [table.title, *(f"  {line}" for line in _aligned([shown.heads, *shown.rows[:_ROWS]]))]


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    rows = [tuple(v if len(v) <= 44 else v[:43] + "…" for v in row) for row in rows]
    wide = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(f"{v:<{w}}" for v, w in zip(row, wide, strict=True)).rstrip() for row in rows]


def _facts(report: Report) -> list[str]:
    facts = report.facts
    lines = ["Run"]
    if facts.created:
        lines.append(f"  created {facts.created}")
    if facts.model:
        lines.append(f"  model {facts.model}" + (f" ({'; '.join(facts.reasons)})" if facts.reasons else ""))
    if facts.training is not None:
        lines += _wrapped(f"training: {trained(facts.training)}", "  ")
    if facts.k is not None:
        lines.append(f"  k {facts.k}")
    if report.evaluation is not None:
        lines.append(f"  seed of the scores {report.evaluation.seed}")
    lines += [f"  {name}: {seconds(value)}" for name, value in facts.seconds]
    lines += [f"  {name} {value}" for name, value in (*facts.settings, *facts.versions)]
    return lines
