"""Verdicts, limits and attacks in words, alike in every format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twin.attacks.base import Attack, AttackInfo, Reading
from twin.metrics.score import Form, Score
from twin.policy.verdict import WORDS, Judgement, LimitResult, Verdict
from twin.reporting.document import Report
from twin.reporting.words import IN_PERCENT, number, span

SYMBOLS: dict[Verdict, str] = {"pass": "✓", "fail": "✗", "inconclusive": "?", "weak": "∅"}
"""A sign beside each verdict, so that none is told by colour alone."""
CODES = {
    "A0": "Leak scan",
    "A1": "Singling out",
    "A2": "Linkability",
    "A3": "Attribute inference",
    "A4": "Membership",
    "A5": "Outliers, with shadow twins",
    "A6": "Replicated uniques and disclosive pairs",
}
"""Every kind of attack, whether it was run or not."""
QUESTION = "May this table leave?"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The verdict as someone reads it who reads nothing else.

    Args:
        word: The answer to `QUESTION`.
        verdict: The verdict behind it, or None where nothing was judged.
        sentence: Why, in a sentence.
        reasons: What stands against it, one sentence a limit.
    """

    word: str
    verdict: Verdict | None
    sentence: str
    reasons: tuple[str, ...] = ()


def answer(report: Report) -> Answer:
    """Whether the table may leave, by the limits that were set."""
    judged = report.judgement
    if judged is None:
        if report.announced is not None:
            word, sentence = _ANSWERS[report.announced]
            return Answer(word=word, verdict=report.announced, sentence=sentence)
        return Answer(
            word="Not judged",
            verdict=None,
            sentence="No limits were set for this report, so it tells figures and gives no verdict.",
        )
    word, sentence = _ANSWERS[judged.verdict]
    if judged.refused:
        sentence = f"No attack could be run: {judged.refused}."
    if judged.passed is None and judged.verdict != "pass":
        sentence += " The limits warn only: none of them stops a release."
    return Answer(word=word, verdict=judged.verdict, sentence=sentence, reasons=_against(judged))


_WORST: tuple[Verdict, ...] = ("fail", "inconclusive", "weak", "pass")
_ANSWERS: dict[Verdict, tuple[str, str]] = {
    "pass": ("Yes, within these limits", "Every limit that can stop a release was kept."),
    "fail": ("No", "A limit was broken, by more than chance explains."),
    "inconclusive": (
        "Cannot be told",
        "Chance may have moved a figure across its limit, so neither yes nor no can be said.",
    ),
    "weak": (
        "Cannot be told",
        "Something was not tested, or not well enough for its silence to count.",
    ),
}


def _against(judged: Judgement) -> tuple[str, ...]:
    """The sentences of what did not pass: what stops a release first, then the worst."""
    lost = [gate for gate in judged.gates if gate.verdict != "pass"]
    kept = sorted(lost, key=lambda g: (g.action == "warn", _WORST.index(g.verdict)))
    mild = " This limit warns only." if judged.passed is not None else ""
    return tuple(f"{g.title}: {g.sentence}{mild if g.action == 'warn' else ''}" for g in kept)


def told(verdict: Verdict) -> str:
    """A verdict with its sign.

    Example:
        >>> told("weak")
        '∅ too weak to tell'
    """
    return f"{SYMBOLS[verdict]} {WORDS[verdict]}"


def form_of_gate(gate: LimitResult, attacks: tuple[Attack, ...]) -> Form:
    """The form a limit and its figure are written in.

    Args:
        gate: A limit, and how the twin stands to it.
        attacks: The attacks.
    """
    for attack in attacks:
        if attack.about.name == gate.name:
            return form_of_attack(attack.about)
    return "share" if gate.name in IN_PERCENT else "score"


def form_of_attack(about: AttackInfo) -> Form:
    """The form an attack's figure is written in: differences of rates in percent, areas as they are."""
    return "score" if about.scale == "area" else "share"


def bound(gate: LimitResult, scores: Mapping[str, Score], form: Form = "score") -> str:
    """What a limit asks for: "at most …", "at least …", or how much may be lost against real rows.

    Args:
        gate: A limit, and how the twin stands to it.
        scores: Scores by name.
        form: How the figure is written.
    """
    if gate.limit is None:
        return "to be run"
    written = number(gate.limit, form)
    score = scores.get(gate.name)
    if gate.aim == "privacy" or score is None or score.better != "higher":
        return f"at most {written}"
    return f"at least {written}" if gate.value in (None, score.value) else f"loss of at most {written}"


def effect(gate: LimitResult) -> str:
    """What happens where a limit is not kept."""
    return "stops a release" if gate.action == "block" else "warns"


def in_words(gate: LimitResult, report: Report) -> tuple[str, str]:
    """A limit as a setting: its title, and what is asked.

    Args:
        gate: A limit, and how the twin stands to it.
        report: The report.
    """
    asked = bound(gate, report.scores, form_of_gate(gate, report.attacks))
    return f"Limit: {gate.title}", f"{asked}; {effect(gate)}"


def worst(judged: Judgement, attacks: tuple[Attack, ...]) -> LimitResult | None:
    """The limit on people that stands worst: by its verdict, then by how near its figure comes to it.

    Args:
        judged: The verdicts.
        attacks: The attacks.
    """
    gates = [g for g in judged.gates if g.aim == "privacy" and g.value is not None]
    nearness = {g.name: relative(g, attacks) for g in gates}
    order: dict[str, tuple[int, float]] = {
        g.name: (-_WORST.index(g.verdict), nearness[g.name] or 0.0) for g in gates
    }
    return max(gates, key=lambda g: order[g.name], default=None)


def relative(gate: LimitResult, attacks: tuple[Attack, ...]) -> float | None:
    """A figure as a share of its limit: 0 without a leak, 1 at the limit; None where nothing is allowed.

    Args:
        gate: A limit, and how the twin stands to it.
        attacks: The attacks.
    """
    null = null_of(gate, attacks)
    if gate.value is None or gate.limit is None or gate.limit <= null:
        return None
    return (gate.value - null) / (gate.limit - null)


def null_of(gate: LimitResult, attacks: tuple[Attack, ...]) -> float:
    """The figure of a gate's attack where nothing leaks.

    Args:
        gate: A limit, and how the twin stands to it.
        attacks: The attacks.
    """
    return next((a.about.null for a in attacks if a.about.name == gate.name), 0.0)


def figure(reading: Reading | None, about: AttackInfo) -> str:
    """An attack's figure with its interval.

    Args:
        reading: How far an attack got, or None.
        about: What the attack is.

    Example:
        >>> about = AttackInfo(name="", code="A4", title="", question="", figure="", scale="area")
        >>> figure(Reading(value=.512, low=.49, high=.53, error=.01, p=.2, n=500), about)
        '0.512 (0.490–0.530)'
    """
    if reading is None:
        return "not run"
    form = form_of_attack(about)
    return f"{number(reading.value, form)} ({span(reading.low, reading.high, form)})"


def negative(attack: Attack) -> str:
    """What the attack got out of real people passed off as a twin, in a sentence."""
    control = attack.negative
    if control is None:
        return "Too few real people were left to pass them off as a twin: there is no negative control."
    said = f"Against real people passed off as a twin it reads {figure(control, attack.about)}: "
    if control.found:
        return said + "more than chance brings about, so its own reading may be too high."
    return said + "no more than chance brings about, as it should be."


def smallest(attack: Attack) -> str:
    """The smallest planted leak that the attack found, in a sentence."""
    if not attack.controls:
        return "No leak was planted to see whether it would be found."
    if attack.power is None:
        most = max(control.share for control in attack.controls)
        return f"It found none of the planted leaks, not even one of {most:.0%} of the people learned from."
    return f"Smallest leak this would have found: {attack.power:.0%} of the people learned from, planted."
