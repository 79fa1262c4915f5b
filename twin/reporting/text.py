"""The report as plain text, for a terminal."""

from __future__ import annotations

import textwrap

from twin.metrics.evaluate import Evaluation
from twin.metrics.score import Score, ScoreTable, short
from twin.privacy.dp.statement import SPENT, PrivacyStatement, figures, spent, unprotected
from twin.reporting import fixed, verdicts
from twin.reporting.charts import trained
from twin.reporting.document import Report, Steered
from twin.reporting.summary import moved
from twin.reporting.words import MISSING, form_of, hashes, number, seconds, span, written

WIDTH = 96
_ROWS = 8
_LETTERS = 1_000


def render(report: Report) -> str:
    """The report as text of at most 96 columns.

    Args:
        report: The report.

    Returns:
        The text, with a line feed at its end.
    """
    name = short(report.facts.name)
    title = f"Evidence on the twin of {name}" if name else "Evidence on a twin"
    lines = [title, "=" * len(title), ""]
    lines += [line for stamp in report.stamps for line in (stamp, "")]
    lines += [*_verdict(report), *wrapped(report.notice), ""]
    if report.steered is not None:
        lines += _steered(report.steered)
    if report.evaluation is not None:
        lines += _internal(report, report.evaluation)
    if report.ledger is not None:
        lines += _budget(report.ledger)
    lines += [*_facts(report), ""]
    lines += ["Limits", *(line for limit in report.limits for line in wrapped(limit, "  - "))]
    return "\n".join(lines).rstrip() + "\n"


def _steered(steered: Steered) -> list[str]:
    """What the sample was asked for, and how far that moved it."""
    title = f"Scenario {short(steered.scenario)}" if steered.scenario else "What the sample was asked for"
    lines = [title, *(line for asked in steered.asked for line in wrapped(asked, "  - "))]
    found = moved(steered)
    if found is not None:
        lines += [f"  {label}: {value}" for label, value in found.figures]
        lines += wrapped(fixed.EXTREME, "  ") if found.extreme else []
        lines += [f"  moved: {name} {value}" for name, value in found.columns]
        lines += wrapped(fixed.STEERED, "  ")
        lines += wrapped(fixed.FAIRER, "  ") if steered.gap is not None else []
    return [*lines, ""]


def _budget(receipt: PrivacyStatement) -> list[str]:
    """What was promised and what it cost, without the lines of the ledger."""
    wide = max(len(label) for label, _ in figures(receipt))
    lines = ["Privacy budget", *wrapped(receipt.sentence, "  ")]
    lines += [f"  {label:<{wide}}  {value}" for label, value in figures(receipt)]
    lines += ["  where it went", *(f"    {line}" for line in aligned([SPENT, *spent(receipt)]))]
    open_points = [line for point in unprotected(receipt) for line in wrapped(point, "    - ")]
    return [*lines, "  it does not protect", *open_points, ""]


def _internal(report: Report, evaluation: Evaluation) -> list[str]:
    """What was computed from real data."""
    sizes = evaluation.sizes
    lines = wrapped(
        f"{sizes.synthetic:,} synthetic rows beside {sizes.train:,} real rows that the twin learned from"
        + (f" and {sizes.holdout:,} that it never saw." if sizes.holdout else "; no holdout was given.")
    )
    lines += ["", *_attacks(report, evaluation), *_figures(report), ""]
    for score in report.scores.values():
        if score.sentence and not score.name.startswith("accuracy_"):
            lines += [*wrapped(f"{score.title}: {score.sentence}"), ""]
    for name in ("accuracy_1", "accuracy_2", "c2st"):
        for table in report.scores[name].tables if name in report.scores else ():
            lines += [*_table(table), ""]
    if report.suppression is not None:
        lines += [
            "Suppressed",
            *(f"  {short(line, 2 * WIDTH)}" for line in str(report.suppression).splitlines()),
            "",
        ]
    return lines


def _verdict(report: Report) -> list[str]:
    """The answer, what stands against it, and the limits in force."""
    found = verdicts.answer(report)
    if report.evaluation is None and found.verdict is None:
        return []
    sign = "" if found.verdict is None else f"{verdicts.SYMBOLS[found.verdict]} "
    lines = [verdicts.QUESTION, f"{sign}{found.word}.", *wrapped(found.sentence)]
    lines += [line for reason in found.reasons for line in wrapped(reason, "  - ")]
    judged = report.judgement
    if judged is None or not judged.gates:
        return [*lines, ""]
    rows: list[tuple[str, ...]] = [("limited", "verdict", "figure", "95% interval", "limit", "otherwise")]
    for gate in judged.gates:
        form = verdicts.form_of_gate(gate, report.attacks)
        figures = number(gate.value, form), span(gate.low, gate.high, form) or MISSING
        limit = verdicts.bound(gate, report.scores, form)
        rows.append(
            (short(gate.title, 40), verdicts.told(gate.verdict), *figures, limit, verdicts.effect(gate))
        )
    notes = [line for note in judged.notes for line in wrapped(note)]
    return [*lines, "", f"Limits in force, policy {short(judged.policy)}", *aligned(rows), *notes, ""]


def _attacks(report: Report, evaluation: Evaluation) -> list[str]:
    """What attackers would get out of it."""
    if not report.attacks:
        why = f": {evaluation.refused}" if evaluation.refused else ""
        return ["Attacks", *wrapped(f"No attack was run{why}.", "  "), ""]
    lines = ["Attacks"]
    for attack in report.attacks:
        about = attack.about
        lines += wrapped(f"{about.code} {about.title}: {verdicts.figure(attack.reading, about)}", "  ")
        if attack.weak:
            lines += wrapped(f"Too weak to tell: {attack.weak.rstrip('.')}.", "      ")
        if attack.reading is not None:
            lines += wrapped(f"{verdicts.negative(attack)} {verdicts.smallest(attack)}", "      ")
    return [*lines, ""]


def wrapped(text: str, first: str = "") -> list[str]:
    """Words as lines of at most `WIDTH` letters, `first` before the first line and as much space later.

    Args:
        text: The text.
        first: What stands before the first line.
    """
    return textwrap.wrap(
        short(text, _LETTERS), WIDTH, initial_indent=first, subsequent_indent=" " * len(first)
    )


def _figures(report: Report) -> list[str]:
    rows: list[tuple[str, ...]] = [("", "twin", "95% interval", "reference", "what the reference is")]
    rows += [_figure(score) for score in report.scores.values()]
    return aligned(rows)


def _figure(score: Score) -> tuple[str, ...]:
    form = form_of(score)
    label = score.reference_label if score.reference is not None else ""
    figures = number(score.value, form), span(score.low, score.high, form), number(score.reference, form)
    return (score.title, *figures, label)


def _table(table: ScoreTable) -> list[str]:
    shown = written(table)
    return [table.title, *(f"  {line}" for line in aligned([shown.heads, *shown.rows[:_ROWS]]))]


def aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows of cells as lines, each column as wide as its widest cell, cut at 44 letters."""
    rows = [tuple(short(v, 44) for v in row) for row in rows]
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
        lines += wrapped(f"training: {trained(facts.training)}", "  ")
    if facts.k is not None:
        lines.append(f"  k {facts.k}")
    if report.evaluation is not None:
        lines.append(f"  seed of the scores {report.evaluation.seed}")
    lines += [f"  {name}: {seconds(value)}" for name, value in facts.seconds]
    lines += [f"  {name} {value}" for name, value in (*facts.settings, *facts.versions)]
    if report.evidence is not None:
        lines += ["", "Hashes", *(f"  {name} {value}" for name, value in hashes(report.evidence))]
    return lines
