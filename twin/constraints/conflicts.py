"""Rules that cannot all hold: found before anything is fitted, and named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import TypedDict, TypeVar

import numpy as np

from twin.arrays import Floats
from twin.columns.arrays.reading import PER_DAY
from twin.columns.schema import Name
from twin.constraints.base import Rule, RuleTable
from twin.constraints.inequality import Inequality
from twin.constraints.linear import Equality
from twin.constraints.measure import family, ticks
from twin.constraints.onehot import OneHot
from twin.constraints.order import order
from twin.constraints.range import Range
from twin.errors import InputError

_FAR = 2**61  # limits beyond this are none
_LEAST = 1e-7  # by how much a strict inequality must be able to hold
_SECONDS = 2.0  # after which a search for whole numbers ends, and none is taken for a conflict
_MOST_BRANCHED = 40  # whole columns up to which solutions in whole numbers are looked for

_Any = TypeVar("_Any")

Solvable = Inequality | Equality | Range | OneHot


def check_conflicts(rules: Sequence[Rule], table: RuleTable) -> None:
    """Refuse rules that no row without missing cells can keep, or that cannot be settled one after the other.

    Args:
        rules: The rules.
        table: The table, which is changed in place where a rule computes a column.

    Raises:
        InputError: It names the rules that clash, and no others.
    """
    cycle = _cycle([rule for rule in rules if isinstance(rule, Inequality)])
    if cycle:
        strict = any(rule.strict for rule in cycle)
        way = (
            "which no values can keep; leave one out"
            if strict
            else "so that all must be equal; say so with Linear, or leave one out"
        )
        raise InputError(f"constraints: the rules {named(cycle)} go round in a circle, {way}")
    solvable = [rule for rule in rules if isinstance(rule, Solvable)]
    if not _feasible(solvable, table):
        clash = minimal(solvable, lambda some: _feasible(some, table))
        if len(clash) == 1:
            raise InputError(f"constraints: no values can keep the rule {named(clash)}; change it")
        raise InputError(
            f"constraints: the rules {named(clash)} cannot hold together; change one or leave it out"
        )
    circle = order(rules).circle
    if circle:
        raise InputError(
            f"constraints: the rules {named(_around(circle, rules))} compute each other's columns in a "
            "circle; leave one out, or put them so that each has a column that no other has"
        )


def named(rules: Sequence[Rule]) -> str:
    """Rules in words, joined by commas and "and"."""
    names = [repr(str(rule)) for rule in rules]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _around(circle: Sequence[Equality], rules: Sequence[Rule]) -> list[Equality]:
    """The equalities that the circle goes through: as few as still have one."""
    equalities = [rule for rule in rules if isinstance(rule, Equality)]
    others = [rule for rule in rules if not isinstance(rule, Equality | Inequality)]
    return minimal(equalities, lambda some: not order([*others, *some]).circle)


def minimal(rules: Sequence[_Any], holds: Callable[[list[_Any]], bool]) -> list[_Any]:
    """Of rules that do not hold together, some that do not either, and do without any one of them.

    Args:
        rules: What may clash.
        holds: Whether some of them can hold together.

    Example:
        >>> minimal([1, 2, 3, 4], lambda some: sum(some) < 6)
        [3, 4]
    """
    kept = list(rules)
    for rule in rules:
        fewer = [other for other in kept if other is not rule]
        if not holds(fewer):
            kept = fewer
    return kept


def _cycle(rules: Sequence[Inequality]) -> list[Inequality]:
    """Inequalities that lead from a column back to it, a shortest such circle of the first that has one."""
    for first in rules:
        paths: dict[Name, list[Inequality]] = {first.high: [first]}
        reached = [first.high]
        for at in reached:
            for rule in rules:
                if rule.low == at and rule.high not in paths:
                    paths[rule.high] = [*paths[at], rule]
                    reached.append(rule.high)
        if first.low in paths:
            return paths[first.low]
    return []


@dataclass(frozen=True)
class _Variable:
    """A column as an unknown: where it stands, whether it is whole, and its own units in 1 (or in a day)."""

    place: int
    whole: bool
    per: int


def _feasible(rules: Sequence[Solvable], table: RuleTable) -> bool:
    """Whether some values keep all rules: a linear programme, strict inequalities as wide as they can be."""
    if not rules:
        return True
    from scipy.optimize import linprog

    known = _variables(rules, table)
    if any(isinstance(rule, Equality) and not _divides(rule, known) for rule in rules):
        return False
    programme = _programme(rules, known, table)
    if any(low > high for low, high in programme["bounds"]):
        return False
    whole = [variable.whole for variable in known.values()] + [False]
    for branched in (False, True):
        if branched and not 0 < sum(whole) <= _MOST_BRANCHED:
            continue
        # Presolve is off since HiGHS may fail in it on small programmes in whole numbers.
        answer = linprog(
            **programme,
            integrality=np.array(whole, dtype=int) if branched else None,
            options={"presolve": not branched, "time_limit": _SECONDS},
        )
        if answer.status == 2 or (answer.status == 0 and -answer.fun < _LEAST):
            return False
    return True


def _divides(rule: Equality, known: Mapping[Name, _Variable]) -> bool:
    """Whether whole columns can add up to what they must: 2 a + 2 b is never 5."""
    exact = [Fraction(repr(float(weight))) for _, weight in rule.weights]
    if not all(known[name].whole for name in rule.members):
        return True
    times = lcm(*(weight.denominator for weight in exact))
    wanted = Fraction(repr(float(rule.constant))) * times
    shared = gcd(*(int(weight * times) for weight in exact))
    return wanted.denominator == 1 and int(wanted) % shared == 0


class _Programme(TypedDict):
    """Arguments of `scipy.optimize.linprog`."""

    c: Floats
    A_ub: Floats | None
    b_ub: list[float] | None
    A_eq: Floats | None
    b_eq: list[float] | None
    bounds: list[list[float]]


def _programme(rules: Sequence[Solvable], known: Mapping[Name, _Variable], table: RuleTable) -> _Programme:
    """The rules as a linear programme; its last unknown is by how much strict inequalities hold."""
    width = len(known)
    bounds: list[list[float]] = [[-np.inf, np.inf] for _ in known] + [[0.0, 1.0]]
    least: list[Floats] = []
    equal: list[Floats] = []
    most: list[float] = []
    sums: list[float] = []
    for rule in rules:
        row = np.zeros(width + 1)
        if isinstance(rule, Inequality):
            low, high = known[rule.low], known[rule.high]
            row[low.place], row[high.place] = 1.0, -1.0
            whole = low.whole and high.whole
            row[width] = float(rule.strict and not whole)
            least.append(row)
            most.append(-1.0 if rule.strict and whole else 0.0)
        elif isinstance(rule, Range):
            ends = rule.limits(table[rule.column], table.dtype(rule.column))
            to = known[rule.column]
            first, last = (float(np.sign(e)) * np.inf if abs(e) > _FAR else e / to.per for e in ends)
            _narrow(bounds[to.place], first, last)
        else:
            weights = rule.weights if isinstance(rule, Equality) else [(name, 1.0) for name in rule.columns]
            for name, weight in weights:
                row[known[name].place] = weight
                if isinstance(rule, OneHot):
                    _narrow(bounds[known[name].place], 0.0, 1.0)
            equal.append(row)
            sums.append(rule.constant if isinstance(rule, Equality) else 1.0)
    return {
        "c": np.append(np.zeros(width), -1.0),
        "A_ub": np.array(least) if least else None,
        "b_ub": most or None,
        "A_eq": np.array(equal) if equal else None,
        "b_eq": sums or None,
        "bounds": bounds,
    }


def _narrow(bounds: list[float], low: float, high: float) -> None:
    bounds[0], bounds[1] = max(bounds[0], low), min(bounds[1], high)


def _variables(rules: Sequence[Rule], table: RuleTable) -> dict[Name, _Variable]:
    hot = {name for rule in rules if isinstance(rule, OneHot) for name in rule.columns}
    out: dict[Name, _Variable] = {}
    for rule in rules:
        for name in rule.members:
            native, dtype = table[name], table.dtype(name)
            unit = ticks(native, dtype)
            per = PER_DAY[unit] if unit else 10**native.scale
            number = family(native, dtype) == "number" and native.type == "integer"
            out.setdefault(name, _Variable(len(out), (number and not unit) or name in hot, per))
    return out
