"""In which order rules settle a row, so that none undoes what another has done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from twin.columns.schema import Name
from twin.constraints.base import Rule
from twin.constraints.fixed_combinations import FixedCombinations
from twin.constraints.inequality import Inequality
from twin.constraints.linear import Equality
from twin.constraints.onehot import OneHot

Building = Inequality | Equality | FixedCombinations | OneHot


@dataclass(frozen=True)
class ComputationOrder:
    """An order of settling.

    Args:
        steps: Rules with the columns that each may change, first to last.
        circle: Equalities that cannot be settled one after the other, since each would change what another
            has computed: they are only checked.
        left: Inequalities that are only checked for the same reason.
    """

    steps: tuple[tuple[Building, frozenset[Name]], ...]
    circle: tuple[Equality, ...]
    left: tuple[Inequality, ...]


def order(rules: Iterable[Rule], fixed: frozenset[Name] = frozenset()) -> ComputationOrder:
    """An order in which each rule changes only what none before it has read or written.

    Combinations and one-hot groups come first, since they change all their columns. Among the others a rule
    comes last if it has a free column that no other has, and so on with the rest.

    Args:
        rules: The rules; what follows from others is left out, as are those that are only checked.
        fixed: Columns that may not change.

    Returns:
        The order.

    Example:
        >>> chain = Inequality(low="a", high="b"), Inequality(low="b", high="c")
        >>> [sorted(free) for _, free in order(chain, frozenset({"c"})).steps]
        [['b'], ['a']]
    """
    building = [rule for rule in rules if isinstance(rule, Building) and not _only_checked(rule)]
    first = [rule for rule in building if isinstance(rule, FixedCombinations | OneHot)]
    settled = fixed.union(*(rule.members for rule in first))
    lasting, circle, left = _peeled([*_needed(building, Inequality), *_independent(building)], settled)
    steps, touched = [], set(fixed)
    for rule in [*first, *lasting]:
        free = frozenset(rule.members) - touched
        touched.update(rule.members)
        if free:
            steps.append((rule, free))
    return ComputationOrder(tuple(steps), circle, left)


def _only_checked(rule: Building) -> bool:
    return isinstance(rule, Inequality) and rule.gap is False


def _peeled(
    rules: Sequence[Inequality | Equality], settled: frozenset[Name]
) -> tuple[list[Inequality | Equality], tuple[Equality, ...], tuple[Inequality, ...]]:
    """Rules so that each has a column that none before it has; and equalities and inequalities left over."""
    remaining, backwards = list(rules), []
    circle: list[Equality] = []
    left: list[Inequality] = []
    while remaining:
        counts: dict[Name, int] = {}
        for rule in remaining:
            for name in rule.members:
                counts[name] = counts.get(name, 0) + 1
        found = [
            (place, -i)
            for i, rule in enumerate(remaining)
            for place, name in enumerate(rule.pivots)
            if counts[name] == 1 and name not in settled
        ]
        if found:
            backwards.append(remaining.pop(-min(found)[1]))
            continue
        spare = [rule for rule in remaining if isinstance(rule, Inequality)] or remaining
        rule = spare[-1]
        remaining.remove(rule)
        if isinstance(rule, Inequality):
            left.append(rule)
        elif any(name not in settled for name in rule.members):
            circle.append(rule)
    return backwards[::-1], tuple(circle[::-1]), tuple(left[::-1])


def _needed(rules: Iterable[Rule], kind: type[Inequality]) -> list[Inequality]:
    """Inequalities that do not follow from others: a ≤ c goes where a ≤ b and b ≤ c are there."""
    kept = [rule for rule in rules if isinstance(rule, kind)]
    for rule in list(kept):
        others = [other for other in kept if other is not rule]
        if follows(rule, others):
            kept = others
    return kept


def follows(rule: Inequality, others: Sequence[Inequality]) -> bool:
    """Whether an inequality follows from others.

    Example:
        >>> ab, bc, ac = (Inequality(low=x, high=y) for x, y in ("ab", "bc", "ac"))
        >>> follows(ac, [ab, bc]), follows(ab, [bc, ac])
        (True, False)
    """
    reached = {(rule.low, False)}  # columns at or above `low`, and whether strictly
    while True:
        more = {
            (other.high, strict or other.strict)
            for at, strict in reached
            for other in others
            if other.low == at and (other.high, strict or other.strict) not in reached
        }
        if not more:
            return (rule.high, True) in reached or (not rule.strict and (rule.high, False) in reached)
        reached |= more


def _independent(rules: Iterable[Rule]) -> list[Equality]:
    """Equalities that do not follow from those before them, by Gaussian elimination in fractions."""
    kept: list[Equality] = []
    reduced: list[tuple[Name, dict[Name, Fraction]]] = []
    for rule in rules:
        if not isinstance(rule, Equality):
            continue
        row = {name: Fraction(repr(float(weight))) for name, weight in rule.weights}
        for pivot, other in reduced:
            if factor := row.get(pivot, Fraction(0)):
                for name, weight in other.items():
                    row[name] = row.get(name, Fraction(0)) - factor * weight
        row = {name: weight for name, weight in row.items() if weight}
        if row:
            pivot = next(iter(row))
            reduced.append((pivot, {name: weight / row[pivot] for name, weight in row.items()}))
            kept.append(rule)
    return kept
