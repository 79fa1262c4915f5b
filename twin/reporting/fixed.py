"""Sentences that stand in every report alike, whatever its figures."""

from __future__ import annotations

from dataclasses import dataclass

from twin.attacks.base import Attack
from twin.reporting.document import Report
from twin.reporting.verdicts import CODES, figure

NO_GUARANTEE = (
    "Suppression is not a guarantee: it removes values that few people share, and does not bound what can "
    "be inferred about a person."
)
ROWS_AS_PEOPLE = (
    "No column was named that tells which person a row is about, so each row was counted as a person. "
    "Where people have several rows, name that column: otherwise what one person holds in many rows counts "
    "as common."
)
NO_ATTACK = (
    "No attack on the twin was run for this report, and nothing in it shows what an attacker would get out "
    "of it. Distances and identical rows describe; they are neither passed nor failed."
)
ATTACKED = (
    "Each attack is one way to try, with what its description names. Who knows more, or tries otherwise, may "
    "get further. A leak smaller than the smallest planted one that an attack found may have gone unseen. "
    "Distances and identical rows describe; they are neither passed nor failed."
)
EVIDENCE = (
    "This is evidence for people who decide. It decides nothing by itself, and certifies nothing under any "
    "law or standard."
)
SCENARIO = "This is a scenario: rows as somebody asked for them, and not a picture of the source as it was."
STEERED = (
    "Fidelity and utility are measured against the source as it was; these rows are meant to differ from it."
)
EXTREME = (
    "Some rows come up more than 25 times as often as in the twin: they vary no more than the few people who "
    "taught them to it."
)
FAIRER = (
    "Equal shares in a table do not make decisions fair: they say nothing about who deserved the outcome, "
    "about groups formed by several columns, or about what a model does that learns from the table."
)
NOT_SHOWN = (
    "What other tables and releases, now or later, tell when they are put beside this one.",
    "What becomes of the table with those who receive it: access, contracts and controls are theirs to show.",
    "How the real table came about, and whether it may be used: consent, purpose and law.",
    "Uses of the table that were not measured here.",
)
INTERNAL = (
    "For internal use. The scores are computed from real data: they tell something about it, so think before "
    "you publish them."
)
ROWS_PROTECTED = (
    "No column was named that tells which person a row is about, so the budget protects each row by itself. "
    "Where people have several rows, name that column: otherwise what one person holds in many rows can show."
)
SETTINGS_ONLY = (
    "This part may be released: it holds settings, the limits in force, and the names and kinds of the "
    "columns. Without a privacy budget every score is computed from real data and tells something about it, "
    "so no figure stands here."
)
ANNOUNCED = (
    "The verdict is the one exception: a word that was computed from real data, outside any privacy budget, "
    "which whoever made this part chose to tell."
)
PUBLIC = (
    "This part may be released: it holds settings, declarations and the ledger, and nothing that was "
    "computed from real data outside the budget."
)
NOT_FOR_RELEASE = (
    "Not for release. The scores are computed from real data, outside the privacy budget: whoever publishes "
    "them undoes the guarantee."
)
NO_SCORES = (
    "It says nothing of how good the twin is: scores are computed from real data, so they stand in the "
    "internal part alone."
)
VOID = (
    "VOID: the noise came from a seed, so nothing is protected. Never release this twin or what came of it."
)
UNSAFE = "UNSAFE: k was set below the floor of 5, so that very small groups may be visible."


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
