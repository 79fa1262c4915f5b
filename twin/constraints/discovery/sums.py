"""Sums and other linear equalities, and groups of flags of which one is on: found by exact elimination."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from twin.arrays import Ints
from twin.columns.schema import Name
from twin.constraints.discovery.source import CandidateColumn, DiscoveryTable, Suggestion
from twin.constraints.linear import Equality, Linear, Sum
from twin.constraints.measure import places_of
from twin.constraints.onehot import OneHot

_PRIME = 2**31 - 1
_PARTS = 6  # most columns that add up to another
_LARGEST = 1_000  # largest coefficient, and largest divisor
_SPARE = 30  # rows beyond the number of columns that a relation must hold in to be looked at
_MOST = 300  # columns that are looked at
_HOT = 60  # most flags of a group

Relation = tuple[tuple[tuple[Name, Fraction], ...], Fraction]
"""Columns with coefficients, and what they add up to."""


def equalities(source: DiscoveryTable, hot: Sequence[OneHot]) -> list[Suggestion]:
    """Numbers that add up to others, to the last digit.

    Args:
        source: The table.
        hot: Groups of flags that were found: that they add up to 1 is no news.
    """
    known = [frozenset(rule.columns) for rule in hot]
    out: list[Suggestion] = []
    for terms, constant in _relations([c for c in source.amounts if c.family == "number"]):
        names = frozenset(name for name, _ in terms)
        if not 2 <= len(names) <= _PARTS + 1 or names in known:
            continue
        rule = _rule(terms, constant)
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


def _rule(terms: Sequence[tuple[Name, Fraction]], constant: Fraction) -> Equality | None:
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
    if constant.denominator != 1 or abs(constant) > _LARGEST:
        return None
    return Linear(terms=tuple((name, float(weight)) for name, weight in terms), equals=float(constant))


def _relations(columns: Sequence[CandidateColumn]) -> list[Relation]:
    """Linear relations between columns that hold in some rows, with coefficients that are small fractions."""
    gridded = [(column, scale) for column in columns[:_MOST] if (scale := _scale(column)) is not None]
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
    for column, scale in used:
        values = column.native.values[picked]
        whole = np.rint(values * 10.0**scale).astype(np.int64) if column.native.type == "real" else values
        lines.append(whole.astype(np.int64) % _PRIME * pow(10, digits - scale, _PRIME))
    names = [None, *(column.name for column, _ in used)]
    out: list[Relation] = []
    for weights in null_space(np.stack(lines, axis=1) % _PRIME):
        exact = [_fraction(int(weight)) for weight in weights]
        if any(weight is None for weight in exact):
            continue
        terms = tuple((n, w) for n, w in zip(names, exact, strict=True) if n is not None and w)
        if terms:
            times = np.lcm.reduce([w.denominator for _, w in terms])
            constant = -(exact[0] or Fraction(0))
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
