"""What users ask of columns, held against rules: conditions made narrower, and what they imply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from twin.arrays import Bools
from twin.columns.given.asked import is_missing
from twin.columns.schema import Name, Schema
from twin.constraints.base import Rule, RuleTable
from twin.constraints.fixed_combinations import FixedCombinations
from twin.constraints.inequality import Inequality
from twin.constraints.onehot import OneHot
from twin.constraints.range import Range
from twin.errors import InputError


def within(condition: object, rule: Rule, limits: Range, table: RuleTable) -> object:
    """A condition on a column, no wider than some limits.

    Args:
        condition: As users give it, see `twin.columns.given.asked.ask`.
        rule: The rule that sets the limits, for errors.
        limits: The limits, on the same column.
        table: Tells the column's dtype.

    Returns:
        The condition, unchanged where it is within the limits.

    Raises:
        InputError: If nothing is left.

    Example:
        >>> from twin.constraints.base import outline
        >>> from twin.columns.schema import Number, Schema
        >>> table = outline(Schema(columns=(Number(name="age", dtype="int64"),)))
        >>> adult = Range(column="age", low=18)
        >>> within([12, 20, (10, 30), None], adult, adult, table)
        [20, (18, 30), None]
    """
    low, high = _limits(limits, table)
    parts = _parts(condition)
    kept: list[object] = []
    for part in parts:
        if is_missing(part):
            kept.append(part)
            continue
        pair = part if isinstance(part, tuple) else (part, part)
        first, last = (None if is_missing(end) else end for end in pair)
        if first is None and last is None:
            first, last = limits.low, limits.high
            kept.append((first, last))
            continue
        own = _limits(_asked(limits.column, first, last), table)
        if own[0] > high or own[1] < low:
            continue
        if not isinstance(part, tuple):
            kept.append(part)
        else:
            kept.append((limits.low if own[0] < low else first, limits.high if own[1] > high else last))
    if not kept:
        raise InputError(
            f"given[{limits.column!r}]: nothing that is asked for keeps the rule {str(rule)!r}; "
            "ask for what it allows"
        )
    return condition if kept == parts else kept if len(kept) > 1 or _several(condition) else kept[0]


def _several(condition: object) -> bool:
    return isinstance(condition, Iterable) and not isinstance(condition, str | bytes | tuple | Mapping)


def _parts(condition: object) -> list[object]:
    if isinstance(condition, np.ndarray) and condition.ndim == 0:
        condition = condition[()]
    return list(condition) if _several(condition) else [condition]  # type: ignore[call-overload]


def _asked(column: Name, low: Any, high: Any) -> Range:
    try:
        return Range(column=column, low=low, high=high)
    except InputError:
        raise InputError(
            f"given[{column!r}]: its lower end lies above its upper end, or an end is neither a number nor a "
            "date or time; give it as (low, high)"
        ) from None


def _limits(limits: Range, table: RuleTable) -> tuple[float, float]:
    return limits.limits(table[limits.column], table.dtype(limits.column))


def reach(name: Name, condition: object, table: RuleTable) -> tuple[object, object] | None:
    """The least and the greatest that a condition allows, None for an open end.

    None in their place where missing cells are allowed too.

    Args:
        name: The column.
        condition: The condition, as users give it.
        table: The table, which is changed in place where a rule computes a column.

    Example:
        >>> from twin.constraints.base import outline
        >>> from twin.columns.schema import Number, Schema
        >>> table = outline(Schema(columns=(Number(name="age", dtype="int64"),)))
        >>> reach("age", [30, (12, 20)], table), reach("age", (5, None), table)
        ((12, 30), (5, None))
    """
    lows, highs = [], []
    for part in _parts(condition):
        if is_missing(part):
            return None
        pair = part if isinstance(part, tuple) else (part, part)
        first, last = (None if is_missing(end) else end for end in pair)
        if first is None and last is None:
            return None, None
        own = _limits(_asked(name, first, last), table)
        lows.append((own[0], first))
        highs.append((own[1], last))
    return min(lows, key=lambda end: end[0])[1], max(highs, key=lambda end: end[0])[1]


def meets(series: pd.Series[Any], condition: object) -> Bools:
    """Which cells of a column meet a condition, shape (n,).

    Args:
        series: The column, of any dtype.
        condition: As users give it. A range on text holds for all of it.

    Example:
        >>> meets(pd.Series(["a", "b", None]), ["a", None]).tolist()
        [True, False, True]
        >>> meets(pd.Series(pd.to_datetime(["2020-01-01", "2021-01-01"])), ("2020-06-01", None)).tolist()
        [False, True]
    """
    table = RuleTable(pd.DataFrame({"cell": series.reset_index(drop=True)}))
    native = table["cell"]
    out = np.zeros(len(table), dtype=bool)
    for part in _parts(condition):
        if is_missing(part):
            out |= native.missing
        elif native.nominal:
            same = np.array([isinstance(part, tuple) or level == part for level in native.levels] + [False])
            out |= same[native.values]
        elif not native.empty:
            pair = part if isinstance(part, tuple) else (part, part)
            first, last = (None if is_missing(end) else end for end in pair)
            inside = (
                native.missing
                if first is None and last is None
                else _asked("cell", first, last).broken(table)
            )
            out |= ~inside & ~native.missing
    return out


def single(condition: object) -> bool:
    """Whether a condition is one value."""
    return (
        not isinstance(condition, tuple)
        and len(_parts(condition)) == 1
        and not is_missing(_parts(condition)[0])
    )


def narrow(out: dict[Name, object], rule: Range | Inequality, table: RuleTable) -> None:
    """Narrow conditions to limits, or those on both columns of an inequality to what the other leaves.

    Args:
        out: Conditions by column; they are changed.
        rule: The rule.
        table: Tells the columns' dtypes.

    Raises:
        InputError: If nothing is left.
    """
    if isinstance(rule, Range):
        if rule.column in out:
            out[rule.column] = within(out[rule.column], rule, rule, table)
        return
    if rule.low not in out or rule.high not in out:
        return
    low, high = reach(rule.low, out[rule.low], table), reach(rule.high, out[rule.high], table)
    if low is None or high is None:
        return
    if low[0] is not None:
        limits = _asked(rule.high, low[0], None)
        out[rule.high] = within(out[rule.high], rule, limits, table)
    if high[1] is not None:
        limits = _asked(rule.low, None, high[1])
        out[rule.low] = within(out[rule.low], rule, limits, table)


def imply_which(out: dict[Name, object], rule: OneHot) -> None:
    """Which one of a group is on, from conditions on its columns.

    Args:
        out: Conditions by column; it is changed in place.
        rule: The rule.
    """
    single_ = {name: out[name] for name in rule.columns if name in out and single(out[name])}
    on = [str(name) for name, value in single_.items() if value == 1]
    off = [str(name) for name, value in single_.items() if value == 0]
    left = [level for level in rule.levels if level not in off]
    if len(on) > 1 or not left or (on and on[0] in off):
        raise InputError(
            f"given: the rule {str(rule)!r} leaves nothing of what is asked for; ask for what it allows"
        )
    if on or off:
        out[rule.auxiliary] = on[0] if on else left


def imply_combinations(
    out: dict[Name, object], rule: FixedCombinations, schema: Schema, levels: Sequence[str]
) -> None:
    """Which combinations meet conditions on their columns.

    Args:
        out: Conditions by column; it is changed in place.
        rule: The rule.
        schema: Declarations of the columns.
        levels: Levels that were learned of the combination.
    """
    asked = [name for name in rule.columns if name in out]
    if not asked or not levels:
        return
    parts = rule.parts(levels, schema)
    stay = np.ones(len(levels), dtype=bool)
    for name in asked:
        stay &= meets(parts[name], out[name])
    if not stay.any():
        raise InputError(
            f"given[{asked[0]!r}]: no combination of the rule {str(rule)!r} that enough people share meets "
            "what is asked for; ask for one that its samples hold"
        )
    out[rule.auxiliary] = [level for level, stays in zip(levels, stay, strict=True) if stays]
