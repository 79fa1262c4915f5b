"""Columns that are never above others, and values that only rise within a person."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from twin.arrays import Floats, Ints
from twin.constraints.discovery.source import CandidateColumn, DiscoveryTable, Suggestion
from twin.constraints.inequality import Inequality
from twin.constraints.linear import Equality
from twin.constraints.measure import measure, zone
from twin.constraints.order import follows
from twin.constraints.whole import Monotone

_BY_CHANCE = 0.02  # share of rows that must break it if the columns had nothing to do with each other
_MOST = 200  # columns that are compared
_ALONG = 4  # columns along which values may rise


def inequalities(source: DiscoveryTable, sums: Sequence[Equality]) -> list[Suggestion]:
    """Columns of one kind of which one is at most the other, where chance would not have it so.

    Args:
        source: The table.
        sums: Sums that were found: a part of a sum is no news.
    """
    found: list[Suggestion] = []
    for group in _comparable(source):
        screened = _screened(source, group[:_MOST])
        found += [s for s in (_suggested(source, low, high, share) for low, high, share in screened) if s]
    told = {(part, total) for rule in sums for part, total in _parts(rule)}
    same = {rule.members for rule in sums if len(rule.weights) == 2}
    rules = [s for s in found if isinstance(s.rule, Inequality)]
    kept = [s for s in rules if (s.rule.low, s.rule.high) not in told and s.rule.members not in same]  # type: ignore[attr-defined]
    for suggestion in list(kept):
        others = [other.rule for other in kept if other is not suggestion]
        if follows(suggestion.rule, others):  # type: ignore[arg-type]
            kept.remove(suggestion)
    return kept


def _parts(rule: Equality) -> list[tuple[object, object]]:
    """Pairs of part and total in a sum."""
    total = rule.pivots[0]
    pairs: list[tuple[object, object]] = [(name, total) for name in rule.members if name != total]
    return pairs + [(total, name) for name, _ in pairs] if len(rule.members) == 2 else pairs


def _comparable(source: DiscoveryTable) -> list[list[CandidateColumn]]:
    """Columns that can be compared with each other: of one family, and all with a time zone or none."""
    groups: dict[tuple[str, bool], list[CandidateColumn]] = {}
    for column in source.amounts:
        zoned = zone(source.table.dtype(column.name)) is not None
        groups.setdefault((column.family, zoned), []).append(column)
    return [group for group in groups.values() if len(group) > 1]


def _screened(
    source: DiscoveryTable, group: Sequence[CandidateColumn]
) -> list[tuple[CandidateColumn, CandidateColumn, float]]:
    """Pairs that hold in the rows looked at, with how often chance would break them."""
    values = np.stack([_reals(source, column)[source.rows] for column in group])  # (m, rows)
    shuffled = np.sort(values, axis=1)
    counts = np.isfinite(values).sum(axis=1)
    out = []
    for i, low in enumerate(group):
        broken = (values[i] > values).sum(axis=1)  # comparisons with NaN are false
        together = (np.isfinite(values[i]) & np.isfinite(values)).sum(axis=1)
        for j in np.flatnonzero((broken < source.k) & (together >= 20)):
            if i != j:
                mine, other = shuffled[i, : counts[i]], shuffled[j, : counts[j]]
                share = float(np.searchsorted(other, mine).mean() / max(other.size, 1))
                if share >= _BY_CHANCE:
                    out.append((low, group[int(j)], share))
    return out


def _reals(source: DiscoveryTable, column: CandidateColumn) -> Floats:
    """Numbers, or days and parts of them, as reals with NaN where missing, shape (n,)."""
    found = measure([column.native], [source.table.dtype(column.name)])
    reals: Floats = np.where(found.missing, np.nan, found.values / found.unit)[:, 0]
    return reals


def _suggested(
    source: DiscoveryTable, low: CandidateColumn, high: CandidateColumn, share: float
) -> Suggestion | None:
    loose = Inequality(low=low.name, high=high.name)
    exceptions = source.exceptions(loose)
    if exceptions is None or source.exceptions(Inequality(low=high.name, high=low.name)) is not None:
        return None
    strict = Inequality(low=low.name, high=high.name, strict=True)
    if exceptions == 0 and source.exceptions(strict) == 0:
        loose = strict
    percent = f"{share:.0%}"
    return Suggestion(
        loose, f"holds in {source.words(exceptions)}; chance would break it in {percent} of them"
    )


def _counts(persons: Ints, column: CandidateColumn) -> bool:
    """Whether a column of whole numbers is another in each row of a person, as years and visits are."""
    if column.native.type != "integer" or not column.present.all():
        return False
    pairs = np.stack([persons, column.native.values])
    return bool(np.unique(persons).size < persons.size == np.unique(pairs, axis=1).shape[1])


def monotones(source: DiscoveryTable, orders: Sequence[Suggestion]) -> list[Suggestion]:
    """Numbers and dates that only rise, or only fall, within each person.

    Args:
        source: The table.
        orders: Inequalities that were found: that the end of a stay rises along its beginning is no news.
    """
    subject = source.subject
    if subject is None:
        return []
    out: list[Suggestion] = []
    told = {pair for item in orders for pair in itertools.permutations(item.rule.members)}
    persons = source.table.native(subject).as_nominal().values
    along = [column for column in source.amounts if _counts(persons, column)]
    along += [column for column in source.amounts if column.family == "moment" and column not in along]
    for by in along[:_ALONG]:
        for column in source.amounts[:_MOST]:
            if column is by or (by.name, column.name) in told:
                continue
            up = Monotone(column=column.name, by=by.name, within=subject)
            down = up.model_copy(update={"rising": False})
            falls, rises = (int(rule.falls(source.table).sum()) for rule in (up, down))
            if min(falls, rises) < source.k <= max(falls, rises):
                rule, words = (up, source.words(falls)) if falls < rises else (down, source.words(rises))
                out.append(Suggestion(rule, f"holds in {words}, and many persons' values change"))
                told.add((column.name, by.name))
    return out
