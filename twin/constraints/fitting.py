"""Rules in a fit: rows that break them are set aside, and auxiliary columns are learned with the others."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from twin.columns.arrays.dp_reading import read_dp
from twin.columns.arrays.dtypes import CATEGORY, NUMBER, OBJECT
from twin.columns.arrays.restore import restore
from twin.columns.schema import Schema
from twin.constraints.base import Rule
from twin.constraints.rules import Rules
from twin.constraints.texts import Predicate

_PLAIN = {NUMBER: "float64", OBJECT: "object/mixed", CATEGORY: "object/mixed"}
"""In what cells are held while rules look at them, of dtypes that stand for several."""

Constraints = Rules | Iterable[Rule]


def as_rules(constraints: Constraints | None) -> Rules:
    """Rules as users give them; empty where there are none.

    Raises:
        SchemaError: If they are no rules.
    """
    if constraints is None:
        return Rules()
    return constraints if isinstance(constraints, Rules) else Rules(rules=constraints)  # type: ignore[arg-type]


def ruled_dp(rules: Rules, frame: pd.DataFrame, schema: Schema) -> tuple[pd.DataFrame, Schema]:
    """A source as it is learned under rules and a budget, where no cell may decide about another row.

    Cells are read one by one, as declared. Functions of predicates may look at many rows at once, so they are
    not asked of the source, only of samples.

    Args:
        rules: The rules.
        frame: The source.
        schema: Its declarations.

    Returns:
        Rows that keep the rules, with auxiliary columns, and the declarations of all.

    Raises:
        InputError: If the rules do not fit the schema, or cannot all hold.
    """
    if not len(rules):
        return frame, schema
    rules.check(schema)
    asked = Rules(rules=tuple(rule for rule in rules.rules if not isinstance(rule, Predicate)))
    members = {name for rule in asked.rules for name in rule.members}
    clean = frame.copy(deep=False)
    for column in schema:
        if column.name in members:
            native = read_dp(frame[column.name], column)
            token = _PLAIN.get(column.dtype, column.dtype)
            clean[column.name] = restore(native, token, column.name).set_axis(frame.index)
    kept, _ = asked.set_aside(clean, private=True)
    return rules.extend(kept), rules.declare(schema)
