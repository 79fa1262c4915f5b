"""Columns that others decide: a city and its country, a code and its name."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.arrays import Ints
from twin.columns.schema import Name
from twin.constraints.discovery.source import DiscoveryTable, Suggestion
from twin.constraints.fixed_combinations import FixedCombinations

_LEVELS = 1_000  # most levels of a text that decides others
_FEW = 300  # most distinct values of a number that takes part
_GROUP = 5  # mean rows a level, below which a level decides everything by chance
_NEARLY = 0.98  # share of rows that must have the level that most of their group have
_SPREAD = 1.05  # most combinations with what is decided, for each one that decides
_OFTEN = 0.02  # share of rows that must lie outside the commonest level of what is decided
_MOST = 100  # columns that are looked at
_PAIRED = 12  # texts of which two together may decide a third column


@dataclass(frozen=True, eq=False)
class _Coded:
    """A column as levels, a missing cell among them."""

    name: Name
    codes: Ints
    levels: int
    text: bool


def combinations(source: DiscoveryTable, sums: Sequence[Suggestion]) -> list[Suggestion]:
    """Columns that one other, or two together, decide.

    Args:
        source: The table.
        sums: Equalities that were found: that one of two columns decides the other is no news then.
    """
    told = {pair for item in sums for pair in itertools.permutations(item.rule.members, 2)}
    columns = _coded(source)[:_MOST]
    decided: dict[tuple[_Coded, ...], list[_Coded]] = {}
    for by in columns:
        followers = [
            column
            for column in columns
            if column is not by and (by.name, column.name) not in told and _decides(source, (by,), column)
        ]
        if followers:
            decided[(by,)] = followers
    single = {(by.name, column.name) for (by,), found in decided.items() for column in found}
    texts = [column for column in columns if column.text][:_PAIRED]
    for pair in itertools.combinations(texts, 2):
        if any((a.name, b.name) in single for a, b in itertools.permutations(pair, 2)):
            continue
        followers = [
            column
            for column in columns
            if column not in pair
            and not any((by.name, column.name) in single for by in pair)
            and _decides(source, pair, column)
        ]
        if followers:
            decided[pair] = followers
    return _suggested(source, decided)


def _suggested(source: DiscoveryTable, decided: dict[tuple[_Coded, ...], list[_Coded]]) -> list[Suggestion]:
    """One suggestion for each group of columns that is in no other."""
    groups: dict[frozenset[Name], Suggestion] = {}
    for by, followers in decided.items():
        names = tuple(column.name for column in (*by, *followers))
        words = " and ".join(str(column.name) for column in by)
        verb = "decides" if len(by) == 1 else "decide"
        told = ", ".join(str(column.name) for column in followers)
        reason = f"{words} {verb} {told}, in all or nearly all rows"
        groups.setdefault(
            frozenset(names),
            Suggestion(FixedCombinations(columns=names), reason),
        )
    return [s for names, s in groups.items() if not any(names < other for other in groups)]


def _coded(source: DiscoveryTable) -> list[_Coded]:
    """Columns with few levels, fewest first."""
    out = []
    for column in source.columns:
        if column.native.type in ("moment", "boolean"):
            continue
        plain = column.native.as_nominal()
        most = _LEVELS if column.native.nominal else _FEW
        there = int(column.present.sum())
        if 2 <= len(plain.levels) <= min(most, there / _GROUP):
            codes = np.where(plain.missing, len(plain.levels), plain.values)
            out.append(_Coded(column.name, codes, len(plain.levels) + 1, column.native.nominal))
    return sorted(out, key=lambda column: column.levels)


def _decides(source: DiscoveryTable, by: Sequence[_Coded], column: _Coded) -> bool:
    """Whether levels of some columns leave next to one level of another, other than by chance."""
    levels = [coded.levels for coded in by]
    looked = _joint([coded.codes[source.rows] for coded in by], levels)
    if not _alike(looked, column.codes[source.rows]):
        return False
    counts = np.bincount(column.codes, minlength=column.levels)
    if counts.max() > (1 - _OFTEN) * counts.sum():
        return False
    joint = _joint([coded.codes for coded in by], levels)
    held = np.bincount(joint)
    groups = held[held > 0]
    if groups.size * _GROUP > joint.size or (len(by) == 2 and np.mean(groups < source.k) > 0.5):
        return False
    return _alike(joint, column.codes) and _combined(joint, column) <= _SPREAD * groups.size


def _joint(codes: Sequence[Ints], levels: Sequence[int]) -> Ints:
    joint = codes[0]
    for own, size in zip(codes[1:], levels[1:], strict=True):
        joint = joint * size + own
    return joint


def _alike(joint: Ints, column: Ints) -> bool:
    """Whether nearly all rows have the level of the first row of their group."""
    first = np.zeros(int(joint.max()) + 1, np.int64)
    first[joint[::-1]] = column[::-1]
    return bool(np.mean(first[joint] == column) >= _NEARLY)


def _combined(joint: Ints, column: _Coded) -> int:
    """How many combinations of groups and levels there are."""
    return int(np.unique(joint * column.levels + column.codes).size)
