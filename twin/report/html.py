"""The report as one HTML file: no scripts, nothing from elsewhere, every value escaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from twin.metrics import Evaluation
from twin.metrics.overlay import Overlay
from twin.metrics.score import Score, Table, short
from twin.privacy import reading
from twin.privacy.receipt import Receipt
from twin.report import charts, document, words
from twin.report.document import Report, TrainingCurve

_TABLE_ROWS = 15
_MOST_ROWS = 300  # of the suppression log and the schema


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


@dataclass(frozen=True, kw_only=True)
class Budget:
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

    receipt: Receipt
    figures: list[tuple[str, str]]
    spent: list[tuple[str, ...]]
    rows: list[tuple[str, ...]]
    unprotected: list[str]
    heads: tuple[str, ...] = reading.HEADS
    titles: tuple[str, ...] = reading.SPENT


def render(report: Report) -> str:
    """The report as an HTML document.

    Args:
        report: The report.

    Returns:
        The document.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("twin.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        written=words.written,
        short=lambda text, most=60: short(str(text), most),
        seconds=words.seconds,
        count="{:,}".format,
    )
    shown = {name: figure(score) for name, score in report.scores.items()}
    ledger = report.ledger
    text = environment.get_template("report.html").render(
        report=report,
        evaluation=report.evaluation,
        figures=shown,
        headline=[shown[name] for name in words.HEADLINE if name in shown],
        panels=_panels(report.scores, report.evaluation) if report.evaluation else [],
        maps=_maps(report.evaluation) if report.evaluation else [],
        ledger=None if ledger is None else _ledger(ledger),
        training=_training(report.facts.training),
        fixed=document,
        table_rows=_TABLE_ROWS,
        most_rows=_MOST_ROWS,
        directions=words.DIRECTIONS,
    )
    return text.rstrip() + "\n"


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


def _training(curve: TrainingCurve | None) -> tuple[str, Markup] | None:
    """What the page says of a training, and its chart, empty where no step was done."""
    if curve is None:
        return None
    return words.trained(curve), charts.training_chart(curve) if curve.steps else Markup("")


def _ledger(receipt: Receipt) -> Budget:
    """What the page shows of a ledger."""
    return Budget(
        receipt=receipt,
        figures=reading.figures(receipt),
        spent=reading.spent(receipt),
        rows=[reading.row(entry, receipt.valid) for entry in receipt.entries[:_MOST_ROWS]],
        unprotected=reading.unprotected(receipt),
    )


def _panels(scores: Mapping[str, Score], evaluation: Evaluation) -> list[Panel]:
    overlaps = _overlaps(scores.get("accuracy_1"))
    panels = []
    for overlay in evaluation.overlays:
        rows = [(bar.label, bar.train, bar.synthetic) for bar in overlay.bars]
        edges = list(zip(overlay.labels, overlay.labels[1:], strict=False))
        for i, (low, high) in enumerate(edges):
            label = f"{low} to {high}"
            if i in (0, len(edges) - 1) and len(edges) > 1:
                label = f"below {high}" if i == 0 else f"{low} and above"
            rows.append((label, overlay.train[i], overlay.synthetic[i]))
        panels.append(
            Panel(
                overlay=overlay,
                chart=charts.overlay_chart(overlay),
                overlap=overlaps.get(overlay.column, ""),
                rows=tuple((a, f"{b * 100:.1f}", f"{c * 100:.1f}") for a, b, c in rows),
            )
        )
    return panels


def _overlaps(score: Score | None) -> dict[str, str]:
    table: Table | None = score.tables[0] if score is not None and score.tables else None
    overlaps = {}
    for row in table.rows if table is not None else ():
        name, twin, real = str(row[0]), words.cell(row[1], "score"), row[-1]
        overlaps[name] = twin if real is None else f"{twin} (real {words.cell(real, 'score')})"
    return overlaps


def _maps(evaluation: Evaluation) -> list[tuple[str, Markup, Markup]]:
    maps = evaluation.associations
    if len(maps.names) < 2:
        return []
    difference = [
        [b - a for a, b in zip(first, second, strict=True)]
        for first, second in zip(maps.train, maps.synthetic, strict=True)
    ]
    what = "Association of each pair of columns in"
    plain, signed = charts.key(), charts.key(signed=True)
    return [
        ("Source", charts.heat_map(maps.names, maps.train, title=f"{what} the source"), plain),
        ("Twin", charts.heat_map(maps.names, maps.synthetic, title=f"{what} the twin"), plain),
        (
            "Twin less source",
            charts.heat_map(maps.names, difference, title="Difference of the two maps", signed=True),
            signed,
        ),
    ]


def summary(report: Report) -> str:
    """A small table of the scores, for notebooks."""
    rows: list[str] = []
    for score in report.scores.values():
        shown = figure(score)
        label = escape(score.reference_label) if shown.reference else ""
        rows.append(
            f"<tr><td style='text-align:left'>{escape(score.title)}</td><td>{shown.value}</td>"
            f"<td>{shown.span}</td><td>{shown.reference or words.MISSING}</td>"
            f"<td style='text-align:left'>{label}</td></tr>"
        )
    head = "".join(f"<th>{h}</th>" for h in ("score", "twin", "95% interval", "reference", "which is"))
    stamps = "".join(f"<p><strong>{escape(stamp)}</strong></p>" for stamp in report.stamps)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>" if rows else ""
    said = "" if report.ledger is None else f"<p>{escape(report.guarantee)}</p>"
    return (
        f"{stamps}{said}{table}<p>{escape(report.notice)} The whole report: <code>.to_html(path)</code></p>"
    )
