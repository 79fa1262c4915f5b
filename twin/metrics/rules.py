"""Rules that hold in every row, or nearly: what a column settles about another, orders, sums, signs, keys."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.metrics.parts import places
from twin.metrics.score import short
from twin.metrics.table_view import TableView
from twin.privacy.suppression.guard import count_subjects

NEARLY = 0.002
"""Share of the rows of train that may break a rule."""
SUPPORT = 100
"""Fewest rows of train to which a rule applies."""
_SURPRISE = 0.005  # share of rows that would break an order if the columns had nothing to do with each other
_EXPECTED = 20.0  # people who would break what a value settles, by chance: e⁻²⁰ that none does
_NUMBERS = 12  # most numbers among which sums are sought
_FIRST = 200  # rows on which a sum must hold before all are looked at
_DENSE = 1_000_000  # cells up to which a table is counted in full


class KeptRule(Protocol):
    """Something that a row keeps or breaks."""

    def broken(self, view: TableView) -> Bools:
        """Which rows break it, shape (n,)."""
        ...

    def words(self, names: Sequence[str]) -> str:
        """The rule, with the names of the columns and no value."""
        ...


@dataclass(frozen=True)
class Settles:
    """Some values of a column go with one value of another.

    Args:
        a: Position of the first column.
        b: Position of the second.
        keys: The values of the first, shape (m,).
        to: The value of the second that goes with each, shape (m,); infinite where it is missing.
        every: Whether these are all values that enough people hold.
    """

    a: int
    b: int
    keys: Floats
    to: Floats
    every: bool

    def broken(self, view: TableView) -> Bools:
        """Rows with one of the values whose second value is another."""
        place = places(self.keys, filled(view.values[:, self.a]))
        return np.asarray((place >= 0) & (filled(view.values[:, self.b]) != self.to[place]))

    def words(self, names: Sequence[str]) -> str:
        """In words."""
        if np.isinf(self.keys).all():
            return f"{short(names[self.a], 40)} missing determines {short(names[self.b], 40)}"
        some = "" if self.every else f", for {self.keys.size} of its values"
        return f"{short(names[self.a], 40)} determines {short(names[self.b], 40)}{some}"


@dataclass(frozen=True)
class OrderedPair:
    """A number or moment is never above another.

    Args:
        a: Position of the lower.
        b: Position of the upper.
    """

    a: int
    b: int

    def broken(self, view: TableView) -> Bools:
        """Rows in which it is."""
        return np.asarray(view.values[:, self.a] > view.values[:, self.b])

    def words(self, names: Sequence[str]) -> str:
        """In words."""
        return f"{short(names[self.a], 40)} ≤ {short(names[self.b], 40)}"


@dataclass(frozen=True)
class SumOfColumns:
    """Some numbers add up to another, or to the same in every row.

    Args:
        terms: Positions of the numbers.
        total: Position of what they add up to, or None for a constant.
        constant: The constant, never told.
    """

    terms: tuple[int, ...]
    total: int | None
    constant: float = 0.0

    def broken(self, view: TableView) -> Bools:
        """Rows in which they do not; a row with a missing value breaks nothing."""
        whole = view.values[:, list(self.terms)].sum(axis=1)
        wanted = self.constant if self.total is None else view.values[:, self.total]
        size = np.maximum(np.abs(view.values[:, list(self.terms)]).max(axis=1), np.abs(wanted))
        return np.asarray(np.abs(whole - wanted) > 1e-6 * np.maximum(size, 1.0))

    def words(self, names: Sequence[str]) -> str:
        """In words."""
        left = " + ".join(short(names[j], 40) for j in self.terms)
        return f"{left} is constant" if self.total is None else f"{left} = {short(names[self.total], 40)}"


@dataclass(frozen=True)
class NotNegative:
    """A number is never below zero.

    Args:
        a: Its position.
    """

    a: int

    def broken(self, view: TableView) -> Bools:
        """Rows in which it is."""
        return np.asarray(view.values[:, self.a] < 0)

    def words(self, names: Sequence[str]) -> str:
        """In words."""
        return f"{short(names[self.a], 40)} ≥ 0"


@dataclass(frozen=True)
class UniqueColumn:
    """No value of a column occurs twice.

    Args:
        a: Its position.
    """

    a: int

    def broken(self, view: TableView) -> Bools:
        """Rows whose value stands in another row, too."""
        x = view.values[:, self.a]
        _, place, counts = np.unique(x, return_inverse=True, return_counts=True)
        return np.asarray((counts[place] > 1) & ~np.isnan(x))

    def words(self, names: Sequence[str]) -> str:
        """In words."""
        return f"{short(names[self.a], 40)} is unique"


def filled(x: Floats) -> Floats:
    """Missing values as one value of their own."""
    return np.where(np.isnan(x), np.inf, x)


def rules(train: TableView, columns: Ints, k: int) -> list[KeptRule]:
    """Rules that all rows of train keep, but for a share of `NEARLY`, and that are more than chance.

    Args:
        train: The training rows.
        columns: Positions of the columns to look at, shape (p,).
        k: Fewest people that hold a value that settles another.

    Returns:
        The rules, by sort.

    Source:
        Error of a dependency as the share of rows to remove: Kivinen & Mannila 1995, Theor. Comput. Sci. 149,
        section 3 (g3). For some values only: Bohannon et al. 2007, ICDE (conditional dependencies).
    """
    kinds = [train.columns[int(j)].kind for j in columns]
    numbers = [
        int(j) for j, kind in zip(columns, kinds, strict=True) if kind == "number" and _varies(train, j)
    ]
    moments = [
        int(j) for j, kind in zip(columns, kinds, strict=True) if kind == "datetime" and _varies(train, j)
    ]
    found: list[KeptRule] = list(_settled(train, columns, k))
    found += [r for some in (numbers, moments) for r in _orders(train, some)]
    found += _sums(train, numbers[:_NUMBERS])
    candidates: list[KeptRule] = [NotNegative(j) for j in numbers]
    candidates += [UniqueColumn(int(j)) for j in columns if _whole(train, int(j))]
    return found + [rule for rule in candidates if _holds(rule, train)]


def _varies(train: TableView, j: int) -> bool:
    x = train.values[:, j]
    x = x[~np.isnan(x)]
    return x.size >= SUPPORT and bool((x != x[0]).any())


def _whole(train: TableView, j: int) -> bool:
    x = train.values[:, j]
    x = x[~np.isnan(x)]
    return x.size >= SUPPORT and (train.columns[j].kind != "number" or bool((x == np.round(x)).all()))


def _holds(rule: KeptRule, train: TableView) -> bool:
    return float(rule.broken(train).mean()) <= NEARLY


def _settled(train: TableView, columns: Ints, k: int) -> list[Settles]:
    met, codes = [], []
    for j in columns:
        values, dense = np.unique(filled(train.values[:, j]), return_inverse=True)
        met.append(values)
        codes.append(dense.reshape(-1).astype(np.int64))
    found = []
    for a in range(columns.size):
        people, rows, _ = count_subjects(codes[a], met[a].size, train.units)
        held = people >= k
        if not held.any():
            continue
        for b in range(columns.size):
            if a == b or met[b].size < 2:
                continue
            best, most = _best(codes[a], codes[b], met[a].size, met[b].size)
            usual = np.bincount(codes[b], minlength=met[b].size) / train.n  # (KB,)
            expected = people * (1 - usual[best])  # people who would break it by chance
            keep = held & (rows - most <= NEARLY * rows) & (expected >= _EXPECTED)
            if keep.any() and rows[keep].sum() >= SUPPORT:
                every = bool(keep[held].all())
                found.append(
                    Settles(int(columns[a]), int(columns[b]), met[a][keep], met[b][best[keep]], every)
                )
    return found


def _best(a: Ints, b: Ints, size_a: int, size_b: int) -> tuple[Ints, Ints]:
    """The commonest b for each a, and how often it is, shapes (size_a,)."""
    if size_a * size_b <= _DENSE:
        table = np.bincount(a * size_b + b, minlength=size_a * size_b).reshape(size_a, size_b)
        return table.argmax(axis=1), table.max(axis=1)
    cells, counts = np.unique(a * size_b + b, return_counts=True)
    order = np.lexsort((-cells, counts))  # the commonest last, of equals the first b
    best, most = np.zeros(size_a, np.int64), np.zeros(size_a, np.int64)
    best[cells[order] // size_b], most[cells[order] // size_b] = cells[order] % size_b, counts[order]
    return best, most


def _orders(train: TableView, columns: list[int]) -> list[OrderedPair]:
    found = []
    for a, b in itertools.permutations(columns, 2):
        x, y = train.values[:, a], train.values[:, b]
        known = ~np.isnan(x) & ~np.isnan(y)
        x, y = x[known], y[known]
        if x.size < SUPPORT or (broken := (x > y).mean()) > NEARLY:
            continue
        chance = (x > np.roll(y, y.size // 2)).mean()  # rows stand in random order
        if chance >= max(_SURPRISE, 5 * broken):
            found.append(OrderedPair(a, b))
    return found


def _sums(train: TableView, columns: list[int]) -> list[SumOfColumns]:
    few = TableView(train.columns, train.values[:_FIRST], train.units[:_FIRST], train.hashes[:_FIRST])
    found = []
    for size in (2, 3):
        for terms in itertools.combinations(columns, size):
            known = train.values[:, list(terms)]
            known = known[~np.isnan(known).any(axis=1)]
            if known.shape[0] < SUPPORT or ((known != 0).mean(axis=0) < 0.05).any():
                continue
            candidates = [SumOfColumns(terms, None, float(np.median(known[:_FIRST].sum(axis=1))))]
            if size == 2:
                candidates += [SumOfColumns(terms, c) for c in columns if c not in terms]
            for rule in candidates:
                if _holds(rule, few) and _applies(rule, train) and _holds(rule, train):
                    found.append(rule)
    return found


def _applies(rule: SumOfColumns, train: TableView) -> bool:
    columns = [*rule.terms, *(() if rule.total is None else (rule.total,))]
    return int((~np.isnan(train.values[:, columns]).any(axis=1)).sum()) >= SUPPORT
