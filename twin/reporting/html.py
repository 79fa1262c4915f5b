"""The report as one HTML file: no scripts, nothing from elsewhere, every value escaped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from markupsafe import Markup

from twin.attacks.base import Attack
from twin.metrics.score import short
from twin.policy.verdict import WORDS
from twin.reporting import blocks, fixed, words
from twin.reporting.document import Context, Report
from twin.reporting.summary import moved
from twin.reporting.verdicts import CODES, QUESTION, SYMBOLS, answer, figure

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


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """One thing that a text asks for.

    Args:
        text: The text.
        asks: What it asks for.
        shown: The section where evidence stands, in words.
        anchor: The section's anchor in the page; empty where there is no evidence.
        figure: The figure, written; empty where there is none.
        missing: What is not shown here.
    """

    text: str
    asks: str
    shown: str
    anchor: str
    figure: str
    missing: str


_WP216 = "Article 29 Working Party, Opinion 05/2014 (WP216)"
_ATTACKS = (
    (
        _WP216,
        "Singling out: can one person be isolated?",
        ("A1",),
        "Singling out by columns or values outside the table",
    ),
    (
        _WP216,
        "Linkability: can records of one person be linked?",
        ("A2",),
        "Links to tables that are not part of this one",
    ),
    (
        _WP216,
        "Inference: can a person’s value be told from other values?",
        ("A3",),
        "Inference on columns that were not attacked",
    ),
    (
        "EDPB Opinion 28/2024",
        "Can data of the people learned from be drawn from the model?",
        ("A4", "A5"),
        "The saved twin itself in other hands, and means of attack yet to come",
    ),
)


def mapped(report: Report) -> tuple[Mapped, ...]:
    """The rows of the table, in the order in which they are printed."""
    rows = [
        Mapped(text=text, asks=asks, missing=missing, **_found(report.attacks, codes))
        for text, asks, codes, missing in _ATTACKS
    ]
    rows.append(
        Mapped(
            text="45 CFR 164.514(b)(1) (HIPAA, expert determination)",
            asks="Methods and results of the analysis, documented",
            shown="Identifiability; Statement of the expert",
            anchor="governance",
            figure="",
            missing="The determination: a person makes it and signs it",
        )
    )
    ledger = report.ledger
    sound = ledger is not None and ledger.valid
    rows.append(
        Mapped(
            text="NIST SP 800-226",
            asks="A guarantee by differential privacy, with its unit and its parameters",
            shown="Privacy budget" if ledger is not None else "nothing: there was no privacy budget",
            anchor="budget" if ledger is not None else "",
            figure=ledger.stamp if ledger is not None and sound else "",
            missing="An audit of the computer and the program that made the noise",
        )
    )
    return tuple(rows)


def _found(attacks: tuple[Attack, ...], codes: tuple[str, ...]) -> dict[str, str]:
    """Where attacks of these codes stand, and what they read."""
    places = [(i + 1, a) for i, a in enumerate(attacks) if a.about.code in codes and a.reading is not None]
    if not places:
        return {"shown": "nothing: the attack was not run", "anchor": "", "figure": ""}
    ran = dict.fromkeys(a.about.code for _, a in places)
    told = [f"{a.about.code} {a.about.title}: {figure(a.reading, a.about)}" for _, a in places]
    names = ", ".join(f"{code} {CODES.get(code, '')}".strip() for code in ran)
    return {"shown": names, "anchor": f"attack-{places[0][0]}", "figure": "; ".join(told)}
