"""What a policy says of a twin: a verdict per limit, and one on the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "fail", "inconclusive", "weak"]
"""Within the limit; beyond it; neither can be told; the attack could not have told (never a pass)."""
Action = Literal["block", "warn"]
Aim = Literal["privacy", "fidelity"]

WORDS: dict[Verdict, str] = {
    "pass": "pass",
    "fail": "fail",
    "inconclusive": "inconclusive",
    "weak": "too weak to tell",
}
"""Verdicts as people read them."""
_WORST: tuple[Verdict, ...] = ("fail", "inconclusive", "weak", "pass")


@dataclass(frozen=True, kw_only=True)
class LimitResult:
    """One limit and how the twin stands to it.

    Args:
        name: Key of the attack or score.
        title: What is limited, in a few words.
        aim: Whether it guards people or the use of the data.
        verdict: How the twin stands.
        limit: The limit in force, or None where what is asked is that attacks were run at all.
        value: The figure, or None where it could not be had.
        low: Lower end of its 95% interval, or None.
        high: Upper end, or None.
        action: Whether anything but a pass stops a release, or is said only.
        sentence: The verdict in words anyone can read, with its reason.
    """

    name: str
    title: str
    aim: Aim
    verdict: Verdict
    limit: float | None
    value: float | None
    low: float | None
    high: float | None
    action: Action
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The verdict of a policy.

    Args:
        policy: Name of the policy.
        gates: One per limit, in the order of a report.
        refused: Why no attack could be run, in words; empty where they were. Then the verdict is no pass.
        notes: What else to know: limits that were not judged, and why a budget changes what they do.
    """

    policy: str = "default"
    gates: tuple[LimitResult, ...]
    refused: str = ""
    notes: tuple[str, ...] = ()

    @property
    def blocking(self) -> tuple[LimitResult, ...]:
        """The gates that stop a release."""
        return tuple(g for g in self.gates if g.action == "block" and g.verdict != "pass")

    @property
    def verdict(self) -> Verdict:
        """The worst verdict among the gates that can stop a release; among all where none can."""
        judged = [g for g in self.gates if g.action == "block"] or self.gates
        met: set[Verdict] = {g.verdict for g in judged}
        if self.refused or not judged:
            met.add("weak")
        return next(v for v in _WORST if v in met)

    @property
    def passed(self) -> bool | None:
        """Whether a release may go out: every gate that can stop it passed; None where none can."""
        if not any(g.action == "block" for g in self.gates):
            return None
        return self.verdict == "pass"

    def __str__(self) -> str:
        lines = [f"{WORDS[self.verdict]} (policy {self.policy})"]
        for gate in self.gates:
            told = WORDS[gate.verdict] if gate.action == "block" else f"{WORDS[gate.verdict]}, warns only"
            lines.append(f"- {gate.title} ({gate.name}; {told}): {gate.sentence}")
        return "\n".join([*lines, *self.notes])
