"""Dependencies: does the synthetic table keep the rules that hold in the training data?

Orders, sums, signs and keys are rules of `constraints/`, found by its discovery. What one value settles about
another column is looked for here, since it may hold for some values alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from twin.arrays import Bools, Floats, Ints
from twin.constraints.base import RowWise, Rule, RuleTable
from twin.constraints.discovery.finders import equalities, orders
from twin.constraints.discovery.source import LOOK, DiscoveryTable
from twin.constraints.linear import Linear
from twin.constraints.range import Range
from twin.constraints.whole import Unique
from twin.metrics.case import Case
from twin.metrics.intervals import share
from twin.metrics.learner import usable_columns
from twin.metrics.parts import index_of
from twin.metrics.score import Cell, Head, Score, ScoreTable, short
from twin.metrics.table_view import TableView
from twin.privacy.suppression.guard import count_subjects
from twin.randomness import Stream

NEARLY = 0.002
"""Share of the rows of train that may break a rule."""
SUPPORT = 100
"""Fewest rows of train to which a rule applies."""
SHOWN = 30
ROWS = 50_000
"""Most rows of train in which rules are sought."""
_SURPRISE = 0.01  # share of rows that would break an order if the columns had nothing to do with each other
_EXPECTED = 20.0  # people who would break what a value settles, by chance: e⁻²⁰ that none does
_DENSE = 1_000_000  # cells up to which a table is counted in full


@dataclass(frozen=True)
class CheckedTable:
    """A table in which rules are checked.

    Args:
        view: Its rows.
    """

    view: TableView

    @cached_property
    def rules(self) -> RuleTable:
        """The same rows for the rules of `constraints/`; columns have the names that reports show."""
        columns: dict[str, object] = {}
        for name, column, x in zip(labels(self.view), self.view.columns, self.view.values.T, strict=True):
            if column.nominal:
                codes = np.where(np.isnan(x), -1, x).astype(np.int64)
                columns[name] = pd.Categorical.from_codes(codes, categories=pd.Index(column.levels))
            elif column.kind == "datetime":
                micros = np.where(np.isnan(x), 0, np.rint(x * 1e6)).astype("datetime64[us]")
                columns[name] = np.where(np.isnan(x), np.datetime64("NaT"), micros)
            else:
                columns[name] = x
        return RuleTable(pd.DataFrame(columns))


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

    def broken(self, table: CheckedTable) -> Bools:
        """Rows with one of the values whose second value is another, shape (n,)."""
        x, y = (filled(table.view.values[:, j]) for j in (self.a, self.b))
        index = index_of(self.keys, x)
        return np.asarray((index >= 0) & (y != self.to[index]))

    def words(self, names: Sequence[str]) -> str:
        """In words."""
        if np.isinf(self.keys).all():
            return f"{names[self.a]} missing determines {names[self.b]}"
        some = "" if self.every else f", for {self.keys.size} of its values"
        return f"{names[self.a]} determines {names[self.b]}{some}"


@dataclass(frozen=True)
class DeclaredRule:
    """A rule as it might be declared for a fit.

    Args:
        rule: The rule, on columns by the names that reports show.
    """

    rule: Rule

    def broken(self, table: CheckedTable) -> Bools:
        """Rows that break it, shape (n,); of a repeated key all rows that have it."""
        if isinstance(self.rule, Unique):
            return self.rule.repeated(table.rules)
        if not isinstance(self.rule, RowWise):
            raise self.rule.error("is none that rows keep one by one")
        return self.rule.broken(table.rules)

    def words(self, names: Sequence[str]) -> str:
        """In words, without a constant, which may be that of one person."""
        if isinstance(self.rule, Unique):
            return f"{self.rule.columns[0]} is unique"
        if isinstance(self.rule, Linear) and self.rule.equals:
            return f"{str(self.rule).rpartition(' = ')[0]} is constant"
        return str(self.rule)


KeptRule = Settles | DeclaredRule


def labels(view: TableView) -> list[str]:
    """Names of columns as reports show them: cut, and no two alike.

    Args:
        view: A table.

    Returns:
        A name per column.
    """
    out: list[str] = []
    for column in view.columns:
        name = short(column.name, 40)
        while name in out:
            name += "′"
        out.append(name)
    return out


def filled(x: Floats) -> Floats:
    """Missing values as one value of their own."""
    return np.where(np.isnan(x), np.inf, x)


def rules(train: CheckedTable, columns: Ints, k: int) -> list[KeptRule]:
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
    view, names = train.view, labels(train.view)
    few = int(NEARLY * view.n) + 1
    table = RuleTable(train.rules.frame()[[names[int(j)] for j in columns]])
    source = DiscoveryTable(table, few, np.arange(min(view.n, LOOK)), None)
    inequalities = [
        item.rule.model_copy(update={"strict": False}) for item in orders(source, by_chance=_SURPRISE)
    ]
    sums = [item.rule for item in equalities(source, any_constant=True)]
    signs: list[Rule] = []
    keys: list[Rule] = []
    for j in columns:
        x, number = view.values[:, j], view.columns[j].kind == "number"
        x = x[~np.isnan(x)]
        if x.size >= SUPPORT and (x != x[0]).any():
            signs += [Range(column=names[j], low=0)] if number else []
            keys += [Unique(columns=(names[j],))] if not number or (x == np.round(x)).all() else []
    declared = [DeclaredRule(rule) for rule in (*inequalities, *sums, *signs, *keys) if _applies(rule, table)]
    return [*_settled(view, columns, k), *(rule for rule in declared if rule.broken(train).sum() < few)]


def _applies(rule: Rule, table: RuleTable) -> bool:
    missing = np.stack([table[name].missing for name in rule.members], axis=1).any(axis=1)
    return int((~missing).sum()) >= SUPPORT


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


def dependencies(case: Case) -> tuple[Score, ...]:
    """Share of the twin's rows that break a rule of train, beside the holdout's.

    Args:
        case: The tables.

    Returns:
        One score, 0 where every row keeps every rule; none where no rule was found.
    """
    train, holdout, synthetic = case.alike(case.limits.rows)
    train = train.sample(ROWS)
    columns = usable_columns([train], case)
    drawn = ""
    if columns.size > case.limits.rule_columns:
        drawn = f" {case.limits.rule_columns:,} of {columns.size:,} columns, drawn at random, were looked at."
        rng = case.rng(Stream.DEPENDENCIES)
        columns = np.sort(rng.choice(columns, case.limits.rule_columns, replace=False))
    learned = CheckedTable(train)
    found = rules(learned, columns, case.k)
    if not found:
        return ()
    words = [rule.words(labels(train)) for rule in found]
    sides = [learned, *(CheckedTable(view) for view in (holdout, synthetic) if view is not None)]
    broken = [np.array([rule.broken(side) for rule in found]) for side in sides]  # (rules, n) each
    value = share(np.any(broken[-1], axis=0), synthetic.units)
    reference = None if holdout is None else share(np.any(broken[1], axis=0), holdout.units)
    many = f"one of {len(found):,} rules" if len(found) > 1 else "the one rule"
    sentence = f"{value.value:.2%} of the twin's rows break {many} that the training data keep"
    sentence += "." if reference is None else f"; among fresh real people {reference.value:.2%} do."
    score = Score(
        name="dependencies",
        title="Rules kept",
        sentence=sentence,
        n=synthetic.n,
        better="lower",
        note=f"Rules that at most {NEARLY:.1%} of the training rows break: what a column settles about "
        f"another, orders, sums, signs and keys.{drawn}",
        tables=(_table(words, [side.view for side in sides], broken, case.k),),
    )
    return (score.read(value, reference),)


def _table(words: list[str], views: list[TableView], broken: list[Bools], k: int) -> ScoreTable:
    """Rules with the share of rows that break them, in train, perhaps a holdout, and the synthetic table."""
    order = np.argsort(-broken[-1].mean(axis=1), kind="stable")[:SHOWN]
    rows: list[tuple[Cell, ...]] = []
    for i in order:
        real = [_share(view, rules[i], k) for view, rules in zip(views[:-1], broken[:-1], strict=True)]
        made = share(broken[-1][i], views[-1].units)
        rows.append((words[i], real[0], real[1] if len(real) > 1 else None, made.value, made.low, made.high))
    heads = [Head(label, "share") for label in ("train", "holdout", "twin", "low", "high")]
    left = len(words) - len(rows)
    return ScoreTable(
        title="Rows that break a rule, most in the twin first",
        heads=(Head("rule"), *heads),
        rows=tuple(rows),
        note=f"{left} more rules are broken by no larger share of the twin." if left else "",
    )


def _share(view: TableView, broken: Bools, k: int) -> Cell:
    return f"< {k} people" if 0 < np.unique(view.units[broken]).size < k else float(broken.mean())
