"""Finders of rules: limits and shapes, orders of columns, columns that others decide, sums and flags."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

import numpy as np

from twin.arrays import Array, Floats, Ints
from twin.columns.schema import Name
from twin.constraints.discovery.source import CandidateColumn, DiscoveryTable, Suggestion
from twin.constraints.fixed_combinations import FixedCombinations
from twin.constraints.inequality import Inequality
from twin.constraints.linear import Equality, Linear, Sum
from twin.constraints.onehot import OneHot
from twin.constraints.order import follows
from twin.constraints.range import Range
from twin.constraints.texts import Matches
from twin.constraints.units import in_common_units, places_of, zone
from twin.constraints.whole import Monotone, Unique

_NATURAL = ((0, 1), (0, 23), (0, 59), (0, 100), (1, 7), (1, 12), (1, 31), (1, 53), (1, 366))
_NEAR = 0.1  # share of the middle value below which the least one is near zero
_SHORT = 24  # most letters of a code
_SHAPES = 4  # most shapes of a code
_MOST_LEVELS = 5_000  # distinct texts that are looked at
_FEWEST_LEVELS = 5


def ranges(source: DiscoveryTable) -> list[Suggestion]:
    """Limits that are natural numbers and that many rows reach: 0, a share, an hour, a month."""
    out: list[Suggestion] = []
    for column in source.amounts:
        if column.family != "number":
            continue
        values = column.native.values[column.present] / 10.0**column.native.scale
        if column.native.type == "real" and not np.isfinite(values).all():
            continue
        least, most = values.min(), values.max()
        many = [pair for pair in _NATURAL if _reaches(source, column, values, pair)]
        if many and np.unique(values).size > 2:
            low, high = many[0]
            out.append(
                Suggestion(
                    Range(column=column.name, low=low, high=high),
                    f"no value is outside, and at least {source.k} rows hold either end",
                )
            )
        elif least >= 0 and most > 1 and (values <= _NEAR * np.median(values)).sum() >= source.k:
            out.append(
                Suggestion(Range(column=column.name, low=0), "no value is negative, and many are near 0")
            )
    return out


def _reaches(source: DiscoveryTable, column: CandidateColumn, values: Array, pair: tuple[int, int]) -> bool:
    """Whether values end where a natural range does, at numbers that enough rows hold."""
    low, high = pair
    whole = bool((values == np.rint(values)).all())
    if values.min() < low or values.max() > high or (not whole and pair not in ((0, 1), (0, 100))):
        return False
    return bool((values == low).sum() >= source.k and (values == high).sum() >= source.k)


def without_repeats(source: DiscoveryTable) -> list[Suggestion]:
    """Columns, alone or with the person, that never repeat though they might."""
    out: list[Suggestion] = []
    n = len(source.table)
    if n < 20 * source.k:
        return out
    person = None if source.subject is None else source.table[source.subject].as_nominal().values
    for column in source.columns:
        native = column.native
        if native.type == "real" or not column.present.all():
            continue
        codes = native.as_nominal().values
        size = int(codes.max()) + 1
        if size == n:
            out.append(Suggestion(Unique(columns=(column.name,)), "no two rows have the same value"))
        elif person is not None and size < n / 2 and source.subject is not None:
            pairs = person.astype(np.int64) * size + codes
            if np.unique(person).size < n and np.unique(pairs).size == n:
                rule = Unique(columns=(source.subject, column.name))
                out.append(Suggestion(rule, "no person has the same value twice"))
    return out


def shapes(source: DiscoveryTable) -> list[Suggestion]:
    """Text of few shapes, as codes have: letters and digits in the same places."""
    out: list[Suggestion] = []
    for column in source.columns:
        native = column.native
        if native.type != "string" or not _FEWEST_LEVELS <= len(native.levels) <= _MOST_LEVELS:
            continue
        pattern = _pattern(source, column)
        if pattern is None:
            continue
        rule = Matches(column=column.name, pattern=pattern)
        exceptions = source.exceptions(rule)
        if exceptions is not None:
            out.append(Suggestion(rule, f"has one shape of letters and digits in {source.words(exceptions)}"))
    return out


def _pattern(source: DiscoveryTable, column: CandidateColumn) -> str | None:
    """A pattern of the shapes that enough rows have; None where text has too many, or looks like words."""
    levels = [str(level) for level in column.native.levels]
    if max(map(len, levels)) > _SHORT or any(re.search(r"\s", level) for level in levels[:100]):
        return None
    rows = np.bincount(column.native.values[column.present], minlength=len(levels))
    runs: Counter[tuple[tuple[str, int], ...]] = Counter()
    for level, count in zip(levels, rows.tolist(), strict=True):
        runs[tuple((kind, len(list(same))) for kind, same in groupby(level, _class))] += count
    kept = [run for run, count in runs.items() if count >= source.k]
    merged: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for run in kept:
        kinds, lengths = tuple(kind for kind, _ in run), [length for _, length in run]
        old = merged.get(kinds, [(length, length) for length in lengths])
        merged[kinds] = [(min(a, n), max(b, n)) for (a, b), n in zip(old, lengths, strict=True)]
    classes = {kind for kinds in merged for kind in kinds}
    if not 1 <= len(merged) <= _SHAPES or classes <= {"[a-z]"} or not classes & {"[0-9]", "[A-Z]"}:
        return None
    if "[0-9]" not in classes and not all(a == b for ends in merged.values() for a, b in ends):
        return None
    return "|".join(
        "".join(kind + _times(*ends) for kind, ends in zip(kinds, merged[kinds], strict=True))
        for kinds in sorted(merged)
    )


def _class(letter: str) -> str:
    if "0" <= letter <= "9":
        return "[0-9]"
    if "A" <= letter <= "Z":
        return "[A-Z]"
    if "a" <= letter <= "z":
        return "[a-z]"
    return re.escape(letter) if letter in "-_./:+#" else r"[^\W\d]" if letter.isalpha() else r"\W"


def _times(least: int, most: int) -> str:
    if least == most:
        return "" if least == 1 else f"{{{least}}}"
    return f"{{{least},{most}}}"


_BY_CHANCE = 0.02  # share of rows that must break it if the columns had nothing to do with each other
_MOST_COMPARED = 200  # columns that are compared
_ALONG = 4  # columns along which values may rise


def orders(source: DiscoveryTable, *, by_chance: float = _BY_CHANCE) -> list[Suggestion]:
    """Columns of one kind of which one is at most the other, where chance would not have it so.

    Args:
        source: The table.
        by_chance: Share of rows that would have to break it if the columns had nothing to do with each other.

    Returns:
        Inequalities with their reasons, those that follow from others too.
    """
    screened = [
        pair for group in _comparable(source) for pair in _screened(source, group[:_MOST_COMPARED], by_chance)
    ]
    return [s for s in (_inequality(source, low, high, share) for low, high, share in screened) if s]


def inequalities(source: DiscoveryTable, sums: Sequence[Equality]) -> list[Suggestion]:
    """Orders of columns that say something new.

    Args:
        source: The table.
        sums: Sums that were found: a part of a sum is no news.

    Returns:
        Inequalities with their reasons; none follows from the others.
    """
    found = orders(source)
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
    source: DiscoveryTable, group: Sequence[CandidateColumn], by_chance: float
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
                if share >= by_chance:
                    out.append((low, group[int(j)], share))
    return out


def _reals(source: DiscoveryTable, column: CandidateColumn) -> Floats:
    """Numbers, or days and parts of them, as reals with NaN where missing, shape (n,)."""
    found = in_common_units([column.native], [source.table.dtype(column.name)])
    reals: Floats = np.where(found.missing, np.nan, found.values / found.unit)[:, 0]
    return reals


def _inequality(
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
    persons = source.table[subject].as_nominal().values
    along = [column for column in source.amounts if _counts(persons, column)]
    along += [column for column in source.amounts if column.family == "datetime" and column not in along]
    for by in along[:_ALONG]:
        for column in source.amounts[:_MOST_COMPARED]:
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
        if column.native.type in ("datetime", "boolean"):
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


_PRIME = 2**31 - 1
_PARTS = 6  # most columns that add up to another
_LARGEST = 1_000  # largest coefficient, and largest divisor
_SPARE = 30  # rows beyond the number of columns that a relation must hold in to be looked at
_MOST_SUMMED = 300  # columns that are looked at
_HOT = 60  # most flags of a group

Relation = tuple[tuple[tuple[Name, Fraction], ...], Fraction]
"""Columns with coefficients, and what they add up to."""


def equalities(
    source: DiscoveryTable, hot: Sequence[OneHot] = (), *, any_constant: bool = False
) -> list[Suggestion]:
    """Numbers that add up to others, to the last digit.

    Args:
        source: The table.
        hot: Groups of flags that were found: that they add up to 1 is no news.
        any_constant: Whether they may add up to any number, which then must not be told, since it may be that
            of one person; else to small whole ones alone.

    Returns:
        Rules with their reasons.
    """
    known = [frozenset(rule.columns) for rule in hot]
    out: list[Suggestion] = []
    for terms, constant in _relations([c for c in source.amounts if c.family == "number"]):
        names = frozenset(name for name, _ in terms)
        if not 2 <= len(names) <= _PARTS + 1 or names in known:
            continue
        rule = _rule(terms, constant, any_constant)
        exceptions = None if rule is None else source.exceptions(rule)
        if rule is not None and exceptions is not None:
            out.append(Suggestion(rule, f"adds up to the last digit in {source.words(exceptions)}"))
    return out


def groups_of_flags(source: DiscoveryTable) -> list[Suggestion]:
    """Flags, or numbers 0 and 1, of which exactly one is on in each row."""
    flags = [column for column in source.columns if _is_flag(column)]
    out: list[Suggestion] = []
    for terms, constant in _relations(flags):
        if 2 <= len(terms) <= _HOT and constant != 0 and all(weight == constant for _, weight in terms):
            rule = OneHot(columns=tuple(name for name, _ in terms))
            exceptions = source.exceptions(rule)
            if exceptions is not None:
                out.append(Suggestion(rule, f"exactly one is on in {source.words(exceptions)}"))
    return out


def _is_flag(column: CandidateColumn) -> bool:
    native = column.native
    if native.type == "boolean":
        return True
    values = native.values[~native.missing]
    return native.type in ("integer", "real") and bool(np.isin(values, (0, 1)).all())


def _rule(terms: Sequence[tuple[Name, Fraction]], constant: Fraction, any_constant: bool) -> Equality | None:
    """A relation as a rule, as a sum where it is one."""
    positive = [name for name, weight in terms if weight == 1]
    negative = [name for name, weight in terms if weight == -1]
    if constant == 0 and len(positive) + len(negative) == len(terms):
        if len(negative) == 1:
            return Sum(total=negative[0], parts=tuple(positive))
        if len(positive) == 1:
            return Sum(total=positive[0], parts=tuple(negative))
    sizes = [abs(weight) for _, weight in terms]
    if max(sizes) > _LARGEST or any(weight.denominator != 1 for _, weight in terms):
        return None
    # A constant that no heap of people shares would tell a value: whole and small ones alone are named.
    if not any_constant and (constant.denominator != 1 or abs(constant) > _LARGEST):
        return None
    return Linear(terms=tuple((name, float(weight)) for name, weight in terms), equals=float(constant))


def _relations(columns: Sequence[CandidateColumn]) -> list[Relation]:
    """Linear relations between columns that hold in some rows, with coefficients that are small fractions."""
    gridded = [(column, scale) for column in columns[:_MOST_SUMMED] if (scale := _scale(column)) is not None]
    gridded.sort(key=lambda pair: int((~pair[0].present).sum()))  # stable: the fullest columns first
    used, left = _together(gridded)
    out = _solved(used)
    if left:  # columns that are seldom there, with whatever is there beside them
        out += _solved(_together([*left, *used])[0])
    return out


def _together(
    columns: Sequence[tuple[CandidateColumn, int]],
) -> tuple[list[tuple[CandidateColumn, int]], list[tuple[CandidateColumn, int]]]:
    """As many of the first columns as enough rows have all of, and the others."""
    there = np.ones(columns[0][0].present.size if columns else 0, dtype=bool)
    used: list[tuple[CandidateColumn, int]] = []
    left: list[tuple[CandidateColumn, int]] = []
    for column in columns:
        both = there & column[0].present
        fits = int(both.sum()) > len(used) + 1 + _SPARE
        (used if fits else left).append(column)
        there = both if fits else there
    return used, left


def _scale(column: CandidateColumn) -> int | None:
    """Digits after the point, or None where a column has too many."""
    native = column.native
    if native.type == "real":
        return places_of(native.values[~native.missing], native.rounding)
    return native.scale


def _solved(used: Sequence[tuple[CandidateColumn, int]]) -> list[Relation]:
    """Relations of columns in rows where all are there."""
    if len(used) < 2:
        return []
    rows = np.flatnonzero(np.logical_and.reduce([column.present for column, _ in used]))
    picked = rows[np.linspace(0, rows.size - 1, min(rows.size, len(used) + 1 + _SPARE)).astype(np.int64)]
    digits = max(scale for _, scale in used)
    lines = [np.full(picked.size, 10**digits, np.int64)]
    one: dict[Name, Fraction] = {}  # a row, since a constant may be too large to be told by its residue
    for column, scale in used:
        values = column.native.values[picked]
        whole = np.rint(values * 10.0**scale).astype(np.int64) if column.native.type == "real" else values
        lines.append(whole.astype(np.int64) % _PRIME * pow(10, digits - scale, _PRIME))
        one[column.name] = Fraction(int(whole[0]), 10**scale)
    out: list[Relation] = []
    for weights in null_space(np.stack(lines, axis=1) % _PRIME):
        exact = [_fraction(int(weight)) for weight in weights[1:]]
        terms = tuple((n, w) for n, w in zip(one, exact, strict=True) if w)
        if terms and None not in exact:
            times = np.lcm.reduce([w.denominator for _, w in terms])
            constant = sum((w * one[n] for n, w in terms), Fraction(0))
            sign = -1 if terms[-1][1] > 0 and constant == 0 else 1
            out.append((tuple((n, w * int(times) * sign) for n, w in terms), constant * int(times) * sign))
    return out


def null_space(matrix: Ints) -> list[Ints]:
    """Relations of the columns of a matrix of whole numbers, modulo 2³¹ - 1.

    Each writes a column as a sum of ones before it, so that there is one for each column that is one.

    Args:
        matrix: Shape (rows, columns), entries from 0 to 2³¹ - 2.

    Returns:
        Weights of the columns, shape (columns,), modulo the prime; the last that is not 0 is 1.

    Example:
        >>> null_space(np.array([[1, 2, 3], [2, 2, 4], [5, 1, 6]]))[0] - (2**31 - 1)
        array([         -1,          -1, -2147483646])
    """
    work = matrix.copy()
    pivots: list[int] = []
    out: list[Ints] = []
    for column in range(work.shape[1]):
        row = len(pivots)
        there = np.flatnonzero(work[row:, column])
        if not there.size:
            weights = np.zeros(work.shape[1], np.int64)
            weights[pivots] = (-work[:row, column]) % _PRIME
            weights[column] = 1
            out.append(weights)
            continue
        swap = row + int(there[0])
        work[[row, swap]] = work[[swap, row]]
        work[row] = work[row] * pow(int(work[row, column]), -1, _PRIME) % _PRIME
        factors = work[:, column].copy()
        factors[row] = 0
        work = (work - factors[:, None] * work[row][None, :] % _PRIME) % _PRIME
        pivots.append(column)
    return out


def _fraction(residue: int) -> Fraction | None:
    """The small fraction that a residue stands for, by rational reconstruction; None if there is none.

    Source: Wang, Guy & Davenport, "P-adic reconstruction of rational numbers", SIGSAM Bulletin 16 (1982).
    """
    before, now = (_PRIME, 0), (residue, 1)
    while now[0] > _LARGEST:
        times = before[0] // now[0]
        before, now = now, (before[0] - times * now[0], before[1] - times * now[1])
    return Fraction(now[0], now[1]) if 0 < abs(now[1]) <= _LARGEST else None
