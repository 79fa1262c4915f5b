"""Verdicts in sentences that anyone can read."""

from __future__ import annotations

from collections.abc import Sequence

from twin.metrics.attacks.attack import Attack, Reading
from twin.metrics.score import Score
from twin.policy.policy import Bound
from twin.policy.verdict import Verdict

UNDER_BUDGET = (
    "Under a privacy budget these limits warn and stop nothing: whether a release is stopped would itself "
    "tell of the real data, outside the budget."
)
BLOCKS_UNDER_BUDGET = (
    "These limits can stop a release although there is a privacy budget, as the policy asks: whether it went "
    "out then tells of the real data, which the budget does not cover."
)
NO_FIGURE = "the report has no such figure"
NOT_ASKED = "no attack was asked for"
ALARM = (
    "the attack raises the same alarm on real people passed off as a twin, so on this table it proves nothing"
)
BLIND = "no attack of this run found a planted leak of {share} of the people, so a pass would mean little"


def points(x: float) -> str:
    """A difference of rates in percentage points.

    Example:
        >>> points(0.0123)
        '1.2 points'
    """
    return _minus(f"{100 * x:.1f} points")


def _minus(text: str) -> str:
    return text.replace("-", "−")


def share(x: float) -> str:
    """A share as a percentage without needless digits.

    Example:
        >>> share(0.01), share(1.0)
        ('1%', '100%')
    """
    return f"{100 * x:g}%"


def of_attack(attack: Attack, limit: float, verdict: Verdict, reason: str = "") -> str:
    """What a verdict on an attack says, and why.

    Args:
        attack: The attack.
        limit: The limit in force.
        verdict: How it stands.
        reason: Why it is inconclusive or too weak to tell, in a clause; empty to say what the figures say.
    """
    reading = attack.reading
    told = "" if reading is None else f" {_figure(attack, reading, limit)}"
    if verdict == "fail":
        return f"Failed: beyond the limit by more than chance.{told}"
    if verdict == "weak":
        return f"Too weak to tell: {reason}.{told}"
    if verdict == "inconclusive":
        return (
            f"Inconclusive: {reason or 'the interval reaches from one side of the limit to the other'}.{told}"
        )
    found = attack.smallest
    ability = f" It would have found a leak of {share(found)} of the people." if found is not None else ""
    return f"Passed.{told}{ability}"


def _figure(attack: Attack, reading: Reading, limit: float) -> str:
    at_null = limit == attack.about.null
    if attack.about.scale == "area":
        span = f"Area {reading.value:.3f} ({reading.low:.3f} to {reading.high:.3f}), guessing gets 0.500"
        return f"{span}; {'no more' if at_null else f'up to {limit:g}'} is allowed."
    if attack.about.scale == "share":
        span = f"It finds {100 * reading.value:.1f}% of what it looks for"
        return f"{span}; {'none' if at_null else f'up to {share(limit)}'} is allowed."
    ends = _minus(f"({100 * reading.low:.1f} to {100 * reading.high:.1f})")
    span = f"It gets {points(reading.value)} {ends} further against people learned from than against others"
    return f"{span}; {'nothing beyond chance' if at_null else f'up to {points(limit)}'} is allowed."


def of_score(score: Score, bound: Bound, figure: float | None) -> str:
    """What a verdict on a score says.

    Args:
        score: The score.
        bound: What it must reach.
        figure: What is held against the limit, or None where it could not be had.
    """
    if figure is None:
        return f"Too weak to tell: the figure could not be had ({(score.note or NO_FIGURE).rstrip('.')})."
    kept = "Passed" if bound.keeps(score) else "Failed"
    if bound.loss is not None:
        return (
            f"{kept}: {score.value:.3f}, a loss of {figure:.3f} against {score.reference:.3f} "
            f"({score.reference_label}), where {bound.loss:g} is allowed."
        )
    asked = "at least {:g} is asked for" if bound.at_least is not None else "at most {:g} is allowed"
    told, limit = f"{kept}: {figure:.3f}, where {asked.format(bound.limit)}", bound.in_force(score)
    if limit != bound.limit:
        told += f", or as much as {score.reference_label} reach ({limit:.3f})"
    elif score.reference is not None:
        told += f"; {score.reference_label}: {score.reference:.3f}"
    if score.low is not None and score.high is not None and score.low < limit < score.high:
        told += ". Its interval reaches past the limit, so another sample might fall on the other side"
    return f"{told}."


def listed(names: Sequence[str]) -> str:
    """Names in a row, "a, b and c".

    Example:
        >>> listed(["a", "b", "c"])
        'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
