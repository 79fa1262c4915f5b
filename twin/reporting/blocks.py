"""Parts of the HTML report, with every figure written and every chart drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from twin.attacks.base import Attack, Reading
from twin.metrics.evaluate import Evaluation
from twin.metrics.overlay import Overlay
from twin.metrics.score import Interval, Score, ScoreTable
from twin.policy.verdict import LimitResult, Verdict
from twin.privacy.dp import statement as reading
from twin.privacy.dp.statement import PrivacyStatement
from twin.privacy.rounding import rounded_up
from twin.reporting import charts, verdicts, words
from twin.reporting.charts import attack_chart
from twin.reporting.document import Report, TrainingCurve

MOST_ROWS = 300
"""Most lines of a ledger, a suppression log or a schema that a page shows."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A score as the page shows it.

    Args:
        score: The score.
        value: Its value, written.
        span: Its interval, written.
        reference: The reference, written; empty without one.
        reference_span: Its interval, written.
        strip: The chart, empty where there is no value.
    """

    score: Score
    value: str
    span: str
    reference: str
    reference_span: str
    strip: Markup


def figure(score: Score) -> Figure:
    """What the page shows of a score."""
    form = words.form_of(score)
    return Figure(
        score=score,
        value=words.number(score.value, form),
        span=words.span(score.low, score.high, form),
        reference="" if score.reference is None else words.number(score.reference, form),
        reference_span=words.span(score.reference_low, score.reference_high, form),
        strip=Markup("") if score.value is None else charts.strip(score),
    )


@dataclass(frozen=True, kw_only=True)
class Card:
    """A figure of the first page.

    Args:
        title: What it is.
        value: The figure, written.
        span: Its interval, written.
        under: What it is held against.
        anchor: Where the page tells more.
    """

    title: str
    value: str
    span: str
    under: str
    anchor: str


def cards(report: Report) -> list[Card]:
    """The figures behind the verdict: the worst attack, the promise, likeness and use."""
    shown = []
    judged = report.judgement
    gate = None if judged is None else verdicts.worst(judged, report.attacks)
    if gate is not None:
        form = verdicts.form_of_gate(gate, report.attacks)
        shown.append(
            Card(
                title=f"Worst attack: {gate.title}",
                value=words.number(gate.value, form),
                span=words.span(gate.low, gate.high, form),
                under=f"limit: {verdicts.bound(gate, report.scores, form)}",
                anchor="identifiability",
            )
        )
    if report.ledger is not None and report.ledger.valid:
        epsilon, delta = rounded_up(report.ledger.total()), report.ledger.budget.delta
        under = f"epsilon at delta {delta:g}"
        shown.append(Card(title="Privacy budget", value=epsilon, span="", under=under, anchor="budget"))
    for name in words.HEADLINE:
        if name in report.scores and len(shown) < 4:
            score = figure(report.scores[name])
            against = f"{score.score.reference_label}: {score.reference}; " if score.reference else ""
            shown.append(
                Card(
                    title=score.score.title,
                    value=score.value,
                    span=score.span,
                    under=against + words.DIRECTIONS[score.score.better],
                    anchor="utility" if name == "tstr" else "fidelity",
                )
            )
    return shown


@dataclass(frozen=True, kw_only=True)
class LimitRow:
    """A gate as the page shows it.

    Args:
        title: What is limited.
        verdict: How the twin stands.
        value: The figure, written.
        span: Its interval, written.
        limit: The limit, written.
        effect: What happens where it is not kept.
    """

    title: str
    verdict: Verdict
    value: str
    span: str
    limit: str
    effect: str


def limits(report: Report) -> list[LimitRow]:
    """The gates of the verdict."""
    shown = []
    for gate in () if report.judgement is None else report.judgement.gates:
        form = verdicts.form_of_gate(gate, report.attacks)
        shown.append(
            LimitRow(
                title=gate.title,
                verdict=gate.verdict,
                value=words.number(gate.value, form),
                span=words.span(gate.low, gate.high, form),
                limit=verdicts.bound(gate, report.scores, form),
                effect=verdicts.effect(gate),
            )
        )
    return shown


@dataclass(frozen=True, kw_only=True)
class AttackBlock:
    """An attack as the page shows it.

    Args:
        attack: The attack.
        verdict: Its verdict, or None where there is no limit.
        value: The figure, written.
        span: Its interval, written.
        limit: The limit, written; empty without one.
        chart: The chart, empty where the attack was not run.
        success: Against whom, how often, with the interval, written.
        said: The verdict in a sentence, or why there is none.
        controls: What the controls say.
    """

    attack: Attack
    verdict: Verdict | None
    value: str
    span: str
    limit: str
    chart: Markup
    success: list[tuple[str, str, str]]
    said: str
    controls: tuple[str, ...]


def blocks(report: Report) -> list[AttackBlock]:
    """The attacks of the page."""
    gates = {} if report.judgement is None else {gate.name: gate for gate in report.judgement.gates}
    return [_block(attack, gates.get(attack.about.name), report.scores) for attack in report.attacks]


def _block(attack: Attack, gate: LimitResult | None, scores: Mapping[str, Score]) -> AttackBlock:
    form, read = verdicts.form_of_attack(attack.about), attack.reading
    limit = None if gate is None else gate.limit
    weak = f"Too weak to tell: {attack.weak.rstrip('.')}." if attack.weak else ""
    return AttackBlock(
        attack=attack,
        verdict=None if gate is None else gate.verdict,
        value=words.number(None if read is None else read.value, form),
        span="" if read is None else words.span(read.low, read.high, form),
        limit="" if gate is None else verdicts.bound(gate, scores, form),
        chart=Markup("") if read is None else attack_chart(attack, limit),
        success=[] if read is None else _success(read),
        said=weak if gate is None else gate.sentence,
        controls=() if read is None else (verdicts.negative(attack), verdicts.smallest(attack)),
    )


def _success(read: Reading) -> list[tuple[str, str, str]]:
    told: list[tuple[str, Interval | None]] = [
        ("people learned from", read.train),
        ("others", read.holdout),
        ("guessing without the table", read.naive),
    ]
    return [
        (name, words.number(rate.value, "share"), words.span(rate.low, rate.high, "share") or words.MISSING)
        for name, rate in told
        if rate is not None
    ]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A column as the page shows it.

    Args:
        overlay: Its shares.
        chart: The chart.
        overlap: Overlap with train, written; empty where it is not known.
        rows: Label, share of train, share of the twin, written.
    """

    overlay: Overlay
    chart: Markup
    overlap: str
    rows: tuple[tuple[str, str, str], ...]


def panels(scores: Mapping[str, Score], evaluation: Evaluation) -> list[Panel]:
    """The columns of the page.

    Args:
        scores: Scores by name.
        evaluation: Scores and attacks.
    """
    overlaps = _overlaps(scores.get("accuracy_1"))
    shown = []
    for overlay in evaluation.overlays:
        rows = [(bar.label, bar.train, bar.synthetic) for bar in overlay.bars]
        edges = list(zip(overlay.labels, overlay.labels[1:], strict=False))
        for i, (low, high) in enumerate(edges):
            label = f"{low} to {high}"
            if i in (0, len(edges) - 1) and len(edges) > 1:
                label = f"below {high}" if i == 0 else f"{low} and above"
            rows.append((label, overlay.train[i], overlay.synthetic[i]))
        shown.append(
            Panel(
                overlay=overlay,
                chart=charts.overlay_chart(overlay),
                overlap=overlaps.get(overlay.column, ""),
                rows=tuple((a, f"{b * 100:.1f}", f"{c * 100:.1f}") for a, b, c in rows),
            )
        )
    return shown


def _overlaps(score: Score | None) -> dict[str, str]:
    table: ScoreTable | None = score.tables[0] if score is not None and score.tables else None
    overlaps = {}
    for row in table.rows if table is not None else ():
        name, twin, real = str(row[0]), words.cell(row[1], "score"), row[-1]
        overlaps[name] = twin if real is None else f"{twin} (real {words.cell(real, 'score')})"
    return overlaps


def maps(evaluation: Evaluation) -> list[tuple[str, Markup, Markup]]:
    """The maps of associations with their titles and colours."""
    found = evaluation.associations
    if len(found.names) < 2:
        return []
    difference = [
        [b - a for a, b in zip(first, second, strict=True)]
        for first, second in zip(found.train, found.synthetic, strict=True)
    ]
    what = "Association of each pair of columns in"
    plain, signed = charts.key(), charts.key(signed=True)
    return [
        ("Source", charts.heat_map(found.names, found.train, title=f"{what} the source"), plain),
        ("Twin", charts.heat_map(found.names, found.synthetic, title=f"{what} the twin"), plain),
        (
            "Twin less source",
            charts.heat_map(found.names, difference, title="Difference of the two maps", signed=True),
            signed,
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class BudgetSection:
    """A ledger as the page shows it.

    Args:
        receipt: The ledger.
        figures: Totals, as label and figure.
        spent: Where the budget went.
        rows: The lines, the first of very many.
        unprotected: What the guarantee leaves open.
        heads: Heads of the lines.
        titles: Heads of `spent`.
    """

    receipt: PrivacyStatement
    figures: list[tuple[str, str]]
    spent: list[tuple[str, ...]]
    rows: list[tuple[str, ...]]
    unprotected: list[str]
    heads: tuple[str, ...] = reading.HEADS
    titles: tuple[str, ...] = reading.SPENT


def budget(receipt: PrivacyStatement | None) -> BudgetSection | None:
    """What the page shows of a ledger."""
    if receipt is None:
        return None
    return BudgetSection(
        receipt=receipt,
        figures=reading.figures(receipt),
        spent=reading.spent(receipt),
        rows=[reading.row(entry, receipt.valid) for entry in receipt.entries[:MOST_ROWS]],
        unprotected=reading.unprotected(receipt),
    )


def training(curve: TrainingCurve | None) -> tuple[str, Markup] | None:
    """What the page says of a training, and its chart, empty where no step was done."""
    if curve is None:
        return None
    return charts.trained(curve), charts.training_chart(curve) if curve.steps else Markup("")
