"""Where a report shows what texts on identifiability ask for, and what it leaves open."""

from __future__ import annotations

from dataclasses import dataclass

from twin.metrics.attacks.attack import Attack
from twin.report.document import Report
from twin.report.verdicts import CODES, figure


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
