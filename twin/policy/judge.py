"""The verdict of a policy on what attacks and scores found. Pure: figures in, verdicts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from twin.attacks.base import Attack, Reading
from twin.errors import FileFormatError, PolicyError
from twin.files.paths import open_to_read
from twin.metrics.score import Score
from twin.policy.policy import Limit, Policy, ScoreBound
from twin.policy.record import read_record, usable
from twin.policy.verdict import Action, Judgement, LimitResult, Verdict

LEVEL = 0.05
"""Chance of failing any of the attacks where each truth is at its limit."""


class Judged(Protocol):
    """What is judged: an `Evaluation`, or a `Record` of one."""

    @property
    def scores(self) -> Mapping[str, Score]:
        """Scores by name."""
        ...

    @property
    def attacks(self) -> tuple[Attack, ...]:
        """What attacks got out of the twin."""
        ...

    @property
    def refused(self) -> str:
        """Why no attack could be run, or empty."""
        ...


def judge(found: Judged, policy: Policy, *, budget: bool = False) -> Judgement:
    """What a policy says of a twin.

    An attack fails where it gets beyond its limit by more than chance, with p-values after Holm over all
    attacks. It passes where the upper end of its 95% interval is within the limit or, for a limit of nothing
    at all, where it finds nothing; only an attack that has shown that it could have told can pass.
    A score is judged by its figure, and whether its interval reaches past the limit is said.

    Args:
        found: Scores and attacks.
        policy: The limits.
        budget: Whether the twin was fitted under a privacy budget; limits then warn only, unless the
            policy says otherwise.

    Returns:
        A gate per limit that has something to judge, and notes on the others.

    Raises:
        PolicyError: If a limit was set for a score that only describes.

    Source:
        Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scand. J. Statist. 6.

    Example:
        >>> from twin.policy.record import Record
        >>> verdict = judge(Record(scores={}, attacks=(), refused="needs a holdout"), Policy())
        >>> verdict.passed, verdict.refused
        (False, 'needs a holdout')
    """
    mild = budget and not policy.block_with_budget
    attacks = tuple(map(usable, found.attacks))
    refused = "" if attacks else (found.refused or NOT_ASKED)
    privacy = _refused(refused, policy) if refused else _attacks(attacks, policy)
    gates = [*privacy, *_scores(found.scores, policy)]
    if mild:
        gates = [replace(gate, action="warn") for gate in gates]
    notes = [UNDER_BUDGET if mild else BLOCKS_UNDER_BUDGET] if budget else []
    if not refused:
        missing = [key for key in policy.privacy if key not in policy.required and not _of(attacks, key)]
        notes += [f"Not judged, because the attack was not run: {listed(missing)}."] if missing else []
    absent = [n for n, b in policy.fidelity.items() if b.action == "warn" and n not in found.scores]
    notes += [f"Not judged, because the report has no such figure: {listed(absent)}."] if absent else []
    return Judgement(policy=policy.name, gates=tuple(gates), refused=refused, notes=tuple(notes))


def holm(values: Sequence[float]) -> list[float]:
    """p-values adjusted for being several, so that the chance of any false alarm stays below the level.

    Args:
        values: p-values, in any order.

    Returns:
        Adjusted p-values in the same order, at most 1.

    Example:
        >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]
    """
    adjusted, least = [0.0] * len(values), 0.0
    for rank, i in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        least = max(least, min(1.0, (len(values) - rank) * values[i]))
        adjusted[i] = least
    return adjusted


def _refused(why: str, policy: Policy) -> list[LimitResult]:
    """One gate in place of all attacks: it stops where any of their limits could."""
    actions: set[Action] = {limit.action for limit in policy.privacy.values()}
    return [_absent("attacks", "Attacks on people", why, "block" if "block" in actions else "warn", None)]


def _absent(name: str, title: str, why: str, action: Action, limit: float | None) -> LimitResult:
    return LimitResult(
        name=name,
        title=title,
        aim="privacy",
        verdict="weak",
        limit=limit,
        value=None,
        low=None,
        high=None,
        action=action,
        sentence=f"Too weak to tell: no attack was run ({why.rstrip('.')}).",
    )


def _attacks(attacks: tuple[Attack, ...], policy: Policy) -> list[LimitResult]:
    limited = [(a, limit) for a in attacks if (limit := _limit(a, policy)) is not None]
    beyond = _beyond([(a.reading, a, limit) for a, limit in limited])
    alarms = _beyond([(a.negative, a, limit) for a, limit in limited])
    blind = all((a.power or 2.0) > policy.smallest_leak for a in attacks)
    told = [
        _verdict(attack, limit.limit, failed=failed, alarm=alarm)
        for (attack, limit), failed, alarm in zip(limited, beyond, alarms, strict=True)
    ]
    # Attacks of one number are ways to the same end: where one could tell, another's blindness stops nothing.
    able = {a.about.code for (a, _), (verdict, _) in zip(limited, told, strict=True) if verdict != "weak"}
    gates = []
    for (attack, limit), (verdict, reason) in zip(limited, told, strict=True):
        seen = attack.about.code in able and attack.about.name not in policy.required
        mild = policy.weak == "warn" and not _required(attack, policy)
        excused = verdict == "weak" and (seen or mild)
        if seen and verdict == "weak":
            reason += f"; another attack {attack.about.code} could tell, and decides"
        if blind and verdict == "pass":
            verdict, reason = "weak", BLIND.format(share=share(policy.smallest_leak))
        reading = attack.reading
        gates.append(
            LimitResult(
                name=attack.about.name,
                title=attack.about.title,
                aim="privacy",
                verdict=verdict,
                limit=limit.limit,
                value=None if reading is None else reading.value,
                low=None if reading is None else reading.low,
                high=None if reading is None else reading.high,
                action="warn" if excused else limit.action,
                sentence=of_attack(attack, limit.limit, verdict, reason),
            )
        )
    for key in policy.required:
        if not _of(attacks, key):
            limit = policy.privacy.get(key, Limit(limit=0.0))
            why = f"the policy requires {key}, which had nothing to work on or was left out"
            gates.append(_absent(key, f"Attack {key}", why, limit.action, None))
    return gates


def _limit(attack: Attack, policy: Policy) -> Limit | None:
    return policy.privacy.get(attack.about.name, policy.privacy.get(attack.about.code))


def _required(attack: Attack, policy: Policy) -> bool:
    return attack.about.name in policy.required or attack.about.code in policy.required


def _of(attacks: tuple[Attack, ...], key: str) -> list[Attack]:
    return [a for a in attacks if key in (a.about.name, a.about.code)]


def _p(reading: Reading, attack: Attack, limit: Limit) -> float:
    """Chance of a figure as high where the truth is at the limit."""
    return reading.p if limit.limit == attack.about.null else reading.p_above(limit.limit)


def _beyond(arms: Sequence[tuple[Reading | None, Attack, Limit]]) -> list[bool]:
    """Which readings are beyond their limits by more than chance, over all of them."""
    values = [1.0 if reading is None else _p(reading, attack, limit) for reading, attack, limit in arms]
    tested = [i for i, (reading, _, _) in enumerate(arms) if reading is not None]
    adjusted = dict(zip(tested, holm([values[i] for i in tested]), strict=True))
    return [adjusted.get(i, 1.0) < LEVEL for i in range(len(arms))]


def _verdict(attack: Attack, limit: float, *, failed: bool, alarm: bool) -> tuple[Verdict, str]:
    """The verdict on an attack, and the reason where the figures do not say it."""
    if failed:
        return ("inconclusive", ALARM) if alarm else ("fail", "")
    weakness = _weakness(attack)
    if weakness or attack.reading is None:
        return "weak", weakness
    reading = attack.reading
    if limit == attack.about.null:
        chance = "the attack found something, but so much comes about by chance where several are run"
        return ("pass", "") if reading.p >= LEVEL else ("inconclusive", chance)
    return ("pass", "") if reading.high <= limit else ("inconclusive", "")


def _weakness(attack: Attack) -> str:
    """Why the silence of this attack would mean nothing; empty where it means something."""
    reading = attack.reading
    if attack.weak:
        return attack.weak.rstrip(".")
    if reading is None:
        return "the attack could not be run"
    train, naive = reading.train, reading.naive
    if train is not None and naive is not None and train.high is not None and train.high < naive.value:
        return "the attack does worse than guessing without the table"
    if any(control.share == 1.0 and not control.reading.found for control in attack.controls):
        return "the attack does not notice when all people learned from stand in the table"
    return ""


def _scores(scores: Mapping[str, Score], policy: Policy) -> list[LimitResult]:
    gates = []
    for name, bound in policy.fidelity.items():
        score = scores.get(name)
        if score is None and bound.action == "warn":
            continue
        score = score or Score(name=name, title=name, sentence="", note=NO_FIGURE)
        if not score.verdict:
            raise PolicyError(
                f"policy: {name} describes only, and nothing passes or fails by it; take it out"
            )
        gates.append(_score(score, bound))
    return gates


def _score(score: Score, bound: ScoreBound) -> LimitResult:
    figure = bound.figure(score)
    verdict: Verdict = "weak" if figure is None else "pass" if bound.keeps(score) else "fail"
    plain = bound.loss is None
    return LimitResult(
        name=score.name,
        title=score.title,
        aim="fidelity",
        verdict=verdict,
        limit=bound.in_force(score),
        value=figure,
        low=score.low if plain else None,
        high=score.high if plain else None,
        action=bound.action,
        sentence=of_score(score, bound, figure),
    )


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
    found = attack.power
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


def of_score(score: Score, bound: ScoreBound, figure: float | None) -> str:
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


def check(report: str | Path, *, policy: Policy | str | Path | None = None) -> Judgement:
    """The verdict of a policy on a report that was made before. Nothing is computed anew.

    Args:
        report: A report as JSON, its internal part.
        policy: Limits, or the path of a file of them; None for those of `twin.Policy()`.

    Returns:
        The verdict.

    Raises:
        InputError: If there is no such file.
        FileFormatError: If it is no such report.
        PolicyError: If the policy is wrong.
    """
    limits = Policy.of(policy)
    with open_to_read(Path(report)) as file:
        content = file.read()
    try:
        found = read_record(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise FileFormatError("report: the file is not JSON; give the one that --json wrote") from None
    return judge(found, limits, budget=found.private)
