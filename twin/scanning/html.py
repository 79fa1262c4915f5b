"""The scan as one HTML file: no scripts, nothing from elsewhere, every value escaped."""

from __future__ import annotations

from html import escape

from twin.metrics.score import short
from twin.scanning.document import Scan
from twin.scanning.finding import LEVELS, Finding
from twin.scanning.words import listed

_FINDINGS = 60  # of a topic
_COLUMNS = 400
_SUMMARY = 40
_MEANINGS = {
    "identifies": "points at one person by itself",
    "may identify": "does so for some persons, or together with what others know",
    "quality": "of use to know, and no risk in itself",
}


def render(scan: Scan) -> str:
    """The scan as an HTML document.

    Args:
        scan: The scan.

    Returns:
        The document.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader("twin.scanning", "templates"), PackageLoader("twin.reporting", "templates")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        short=lambda text, most=60: short(str(text), most), listed=listed, count="{:,}".format
    )
    text = environment.get_template("scan.html").render(
        scan=scan,
        facts=scan.facts,
        levels=LEVELS,
        meanings=_MEANINGS,
        most=_FINDINGS,
        most_columns=_COLUMNS,
        sizes=[[row for row in scan.uniqueness if len(row.columns) == size] for size in (1, 2, 3)],
        slug=_slug,
    )
    return text.rstrip() + "\n"


def _slug(level: str) -> str:
    return level.replace(" ", "-")


def summary(scan: Scan) -> str:
    """The findings as a small table, for notebooks."""
    head = "".join(f"<th style='text-align:left'>{h}</th>" for h in ("", "columns", "what", "twin"))
    rows = []
    for level in LEVELS:
        rows += [_row(finding) for finding in scan.at(level)]
    more = f"<p>… and {len(rows) - _SUMMARY:,} more.</p>" if len(rows) > _SUMMARY else ""
    facts = scan.facts
    people = f"{facts.subjects:,} persons" if facts.subject is not None else "each counted as a person"
    notices = " ".join(escape(notice) for notice in scan.notices)
    return (
        f"<p><strong>Scan of {facts.rows:,} rows ({people}) × {facts.columns:,} columns</strong>, "
        f"k = {facts.k}: {escape(scan.tally)}.</p><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows[:_SUMMARY])}</tbody></table>{more}"
        f"<p>{notices} The whole scan: <code>.to_html(path)</code></p>"
    )


def _row(finding: Finding) -> str:
    tail = "; ".join(filter(None, [finding.count, finding.share]))
    shown = f" Such as: {' | '.join(finding.examples)}" if finding.examples else ""
    cells = (
        finding.level,
        listed(finding.columns, 4),
        finding.what + (f" [{tail}]" if tail else "") + shown,
        finding.treatment,
    )
    return "<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in cells) + "</tr>"
