"""Rules that a table seems to keep, for people to choose from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from twin.columns.arrays.reading import to_pandas
from twin.columns.schema import Name
from twin.constraints.base import Rule
from twin.constraints.discovery.finders import (
    combinations,
    equalities,
    groups_of_flags,
    inequalities,
    monotones,
    ranges,
    shapes,
    without_repeats,
)
from twin.constraints.discovery.source import DiscoveryTable, Suggestion, in_order
from twin.constraints.linear import Equality
from twin.constraints.onehot import OneHot
from twin.errors import InputError, no_column


@dataclass(frozen=True)
class Suggestions:
    """Rules that a table seems to keep, each with its reason. Iterating gives the rules.

    Args:
        items: Rules with their reasons.

    Example:
        >>> from twin.constraints.range import Range
        >>> print(Suggestions((Suggestion(Range(column="age", low=0), "no value is negative"),)))
        age ≥ 0  (no value is negative)
    """

    items: tuple[Suggestion, ...]

    def __iter__(self) -> Iterator[Rule]:
        return iter(item.rule for item in self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __str__(self) -> str:
        if not self.items:
            return "No rules were found."
        return "\n".join(f"{item.rule}  ({item.reason})" for item in self.items)

    def __repr__(self) -> str:
        return f"Suggestions({len(self)} rules)\n{self}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(item.rule.kind)}</td><th>{escape(str(item.rule))}</th>"
            f"<td>{escape(item.reason)}</td></tr>"
            for item in self.items
        )
        return f"<table><tr><th>kind</th><th>rule</th><th>reason</th></tr>{rows}</table>"

    def to_json(self) -> str:
        """The rules and their reasons as JSON text; the rules are as in `Rules.to_json`."""
        items = [
            {"rule": item.rule.model_dump(mode="json", exclude_none=True), "reason": item.reason}
            for item in self.items
        ]
        return json.dumps({"suggestions": items}, indent=2, ensure_ascii=False)


def suggest_constraints(
    table: Any, *, subject: Name | None = None, k: int = 11, seed: int = 0
) -> Suggestions:
    """Rules that a table seems to keep: choose those that are meant, and give them to `twin.fit`.

    What is suggested was seen in the data and may hold by chance. No reason shows a value or a count that
    fewer than k rows share; suggestions are for whoever may see the table, and cost a privacy budget if
    they are used with one: declare rules by hand there.

    Args:
        table: pandas or polars frame, Arrow table or DuckDB relation.
        subject: Column that names the person, for rules within a person; or None.
        k: Fewer rows than this may break a rule that is suggested all the same, ≥ 2.
        seed: Which rows are looked at first.

    Returns:
        The rules with their reasons.

    Raises:
        InputError: If the object is no table, or the subject is none of its columns.

    Example:
        >>> import pandas as pd
        >>> months = pd.DataFrame({"month": [1 + i % 12 for i in range(600)]})
        >>> print(suggest_constraints(months))
        1 ≤ month ≤ 12  (no value is outside, and at least 11 rows hold either end)
    """
    frame, _, _ = to_pandas(table)
    if not frame.columns.is_unique:
        raise InputError("table: column names must be unique; rename the ones that repeat")
    if subject is not None and subject not in frame.columns:
        raise no_column("subject", subject, frame.columns)
    if isinstance(k, bool) or not isinstance(k, int) or k < 2:
        raise InputError("k: must be a whole number of at least 2")
    source = DiscoveryTable.of(frame, k=k, seed=seed, subject=subject)
    hot = groups_of_flags(source)
    sums = equalities(source, [item.rule for item in hot if isinstance(item.rule, OneHot)])
    orders = inequalities(source, [item.rule for item in sums if isinstance(item.rule, Equality)])
    found = [*orders, *monotones(source, orders), *sums, *combinations(source, sums), *hot, *ranges(source)]
    return Suggestions(in_order([*found, *without_repeats(source), *shapes(source)]))
