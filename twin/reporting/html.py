"""The report as one HTML file: no scripts, nothing from elsewhere, every value escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from markupsafe import Markup

from twin.metrics.score import short
from twin.policy.verdict import WORDS
from twin.reporting import blocks, fixed, words
from twin.reporting.document import Context, Report
from twin.reporting.fixed import mapped
from twin.reporting.steered import moved
from twin.reporting.verdicts import CODES, QUESTION, SYMBOLS, answer

if TYPE_CHECKING:
    from jinja2 import Environment

_TABLE_ROWS = 15
_LETTERS = 2_000
_DESCRIBED = ("dcr", "identical")
_UTILITY = ("tstr", "learners", "coefficients", "fairness")
_FIDELITY = ("c2st", "patterns", "rare_groups", "dependencies", "conditional", "missingness", "sdmetrics")
_HEADINGS = {
    "c2st": "Telling apart: can a machine see the difference?",
    "missingness": "Missing values",
    "dcr": "Distances, as a description",
    "identical": "Identical rows, as a description",
    "sdmetrics": "A second opinion",
}
_CONTEXT = {
    "purpose": "What it is for",
    "population": "Whom it is about, and when",
    "recipients": "Who gets it",
    "conditions": "Under which conditions",
    "others": "What else is known of the same people",
    "responsible": "Who answers for the release",
}
_SECTIONS = (
    ("steered", "What was asked for"),
    ("context", "Context"),
    ("data", "Data"),
    ("identifiability", "Identifiability"),
    ("mitigation", "Mitigation"),
    ("fidelity", "Fidelity"),
    ("utility", "Utility"),
    ("governance", "Governance"),
    ("limits", "Method and limits"),
)
_SCORED = ("identifiability", "fidelity", "utility")


def environment() -> Environment:
    """How templates of this room are filled in: escaped, with figures written alike."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("twin.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_plain,
    )
    made.filters.update(
        written=words.written,
        short=lambda text, most=60: short(str(text), most),
        seconds=words.seconds,
        count="{:,}".format,
    )
    made.globals.update(symbols=SYMBOLS, verdict_words=WORDS, headings=_HEADINGS, fixed=fixed)
    return made


def _plain(value: object) -> object:
    """What is filled in, cut where it is very long and without marks that turn the text around."""
    return short(value, _LETTERS) if isinstance(value, str) and not isinstance(value, Markup) else value


def render(report: Report) -> str:
    """The report as an HTML document.

    Args:
        report: The report.

    Returns:
        The document.
    """
    evaluation = report.evaluation
    run = {attack.about.code for attack in report.attacks}
    scores = report.scores
    text = (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            evaluation=evaluation,
            question=QUESTION,
            answer=answer(report),
            cards=blocks.cards(report),
            gates=blocks.limits(report),
            contents=[
                (a, label)
                for a, label in _SECTIONS
                if (evaluation or a not in _SCORED) and (report.steered or a != "steered")
            ],
            steered=report.steered,
            moved=moved(report.steered),
            context=[(label, getattr(report.context, name)) for name, label in _CONTEXT.items()],
            blank=report.context == Context(),
            blocks=blocks.blocks(report),
            figures={name: blocks.figure(score) for name, score in scores.items()},
            described=[name for name in _DESCRIBED if name in scores],
            fidelity=_named(scores, _FIDELITY) + _others(scores),
            utility=_named(scores, _UTILITY),
            panels=blocks.panels(scores, evaluation) if evaluation else [],
            maps=blocks.maps(evaluation) if evaluation else [],
            ledger=blocks.budget(report.ledger),
            training=blocks.training(report.facts.training),
            hashes=[] if report.evidence is None else words.hashes(report.evidence),
            mapping=mapped(report) if evaluation else (),
            untested=[f"{code} {title}" for code, title in CODES.items() if evaluation and code not in run],
            table_rows=_TABLE_ROWS,
            most_rows=blocks.MOST_ROWS,
        )
    )
    return text.rstrip() + "\n"


def _named(scores: Iterable[str], keys: tuple[str, ...]) -> list[str]:
    """Scores of these names, or whose names begin with them, in the order of the keys."""
    names = list(scores)
    return [name for key in keys for name in names if name == key or name.startswith(f"{key}_")]


def _others(scores: Iterable[str]) -> list[str]:
    """Scores that have no place of their own, so that none is left out."""
    placed = {*_named(scores, (*_FIDELITY, *_UTILITY, *_DESCRIBED, "accuracy"))}
    return [name for name in scores if name not in placed]


def summary(report: Report) -> str:
    """The verdict and a small table of the scores, for notebooks."""
    rows: list[str] = []
    for score in report.scores.values():
        shown = blocks.figure(score)
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
    found = answer(report)
    sign = "" if found.verdict is None else f"{SYMBOLS[found.verdict]} "
    judged = (
        f"<p><strong>{QUESTION} {sign}{escape(found.word)}.</strong> {escape(found.sentence)}</p>"
        if report.judgement is not None
        else ""
    )
    notice = f"<p>{escape(report.notice)} The whole report: <code>.to_html(path)</code></p>"
    return f"{stamps}{judged}{said}{table}{notice}"
