"""Dependencies: does the twin keep the rules that hold in the training data?"""

from __future__ import annotations

import numpy as np

from twin.arrays import Bools
from twin.metrics.case import Case
from twin.metrics.intervals import share
from twin.metrics.learner import usable_columns
from twin.metrics.rules import NEARLY, KeptRule, rules
from twin.metrics.score import Cell, Head, Score, ScoreTable
from twin.metrics.table_view import TableView
from twin.randomness import Stream

SHOWN = 30
ROWS = 50_000
"""Most rows of train in which rules are sought."""


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
    found = rules(train, columns, case.k)
    if not found:
        return ()
    in_twin = [rule.broken(synthetic) for rule in found]
    in_holdout = None if holdout is None else [rule.broken(holdout) for rule in found]
    value = share(np.any(in_twin, axis=0), synthetic.units)
    reference = None
    if holdout is not None and in_holdout is not None:
        reference = share(np.any(in_holdout, axis=0), holdout.units)
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
        tables=(_table(case, found, train, holdout, synthetic, in_twin, in_holdout),),
    )
    return (score.read(value, reference),)


def _share(view: TableView, broken: Bools, k: int) -> Cell:
    return f"< {k} people" if 0 < np.unique(view.units[broken]).size < k else float(broken.mean())


def _table(
    case: Case,
    found: list[KeptRule],
    train: TableView,
    holdout: TableView | None,
    synthetic: TableView,
    in_twin: list[Bools],
    in_holdout: list[Bools] | None,
) -> ScoreTable:
    names = [c.name for c in train.columns]
    order = np.argsort([-float(m.mean()) for m in in_twin], kind="stable")
    rows: list[tuple[Cell, ...]] = []
    for i in order[:SHOWN]:
        twin = share(in_twin[i], synthetic.units)
        learned = _share(train, found[i].broken(train), case.k)
        fresh = None if holdout is None or in_holdout is None else _share(holdout, in_holdout[i], case.k)
        rows.append((found[i].words(names), learned, fresh, twin.value, twin.low, twin.high))
    heads = [Head(label, "share") for label in ("train", "holdout", "twin", "low", "high")]
    left = len(found) - len(rows)
    return ScoreTable(
        title="Rows that break a rule, most in the twin first",
        heads=(Head("rule"), *heads),
        rows=tuple(rows),
        note=f"{left} more rules are broken by no larger share of the twin." if left else "",
    )
