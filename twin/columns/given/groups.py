"""Groups of one column, each a condition: levels or ranges with target shares, or people to compare."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin.arrays import Floats, Ints
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.base import Condition, DecodeContext, LearnedColumn, Matrix
from twin.columns.given.asked import ask, is_missing
from twin.columns.schema import Column
from twin.errors import InputError

REST = ...
"""Stands for all levels that are not named."""


@dataclass(frozen=True, kw_only=True)
class Groups:
    """What a user divides a column into.

    Args:
        names: The groups as the user gave them: a value, a frozenset of values, a range (low, high), None for
            missing cells, or `...` for all that is not named.
        conditions: The condition of each.
    """

    names: tuple[object, ...]
    conditions: tuple[Condition, ...]

    def weights(self, field: int) -> Floats:
        """Weights per code of one field by group, shape (groups, size)."""
        return np.stack([(condition.weights or ())[field] for condition in self.conditions])

    def of_rows(self, which: Ints) -> Condition:
        """The condition of rows of which each has its group, shape (n,)."""

        def decode(codes: Matrix, context: DecodeContext) -> ColumnArrays:
            parts = []
            for g in np.unique(which) if which.size else [0]:
                rows = np.flatnonzero(which == g)
                part = DecodeContext(
                    rng=context.rng, seed=context.seed, rows=context.numbers(which.size)[rows]
                )
                parts.append((rows, self.conditions[g].decode(codes[rows], part)))
            return joined(parts, which.size)

        return Condition(decode=decode)


def divide(column: Column, learned: LearnedColumn, names: Sequence[object], argument: str) -> Groups:
    """Compile groups of a column.

    Args:
        column: Its declaration.
        learned: The learned column.
        names: The groups, see `Groups`; at least one.
        argument: The argument that names them, for errors.

    Raises:
        InputError: If a group is no condition, is never drawn, or overlaps with another.
    """
    _check_apart(names, f"{argument}[{column.name!r}]")
    asked = {
        i: replace(
            ask(column, list(name) if isinstance(name, frozenset) else name, argument),
            below=_goes_on(name, names),
        )
        for i, name in enumerate(names)
        if name is not REST
    }
    known = {i: learned.condition(one) for i, one in asked.items()}
    if len(learned.fields) == 1:  # ranges of several fields are apart by their ends
        held = sum(((condition.weights or ())[0] for condition in known.values()), np.zeros(1))
        if (held > 1.0 + 1e-9).any():
            raise InputError(
                f"{argument}[{column.name!r}]: a value lies in two of its groups; let each lie in one"
            )
    return Groups(
        names=tuple(names),
        conditions=tuple(
            known[i] if i in known else _rest(column, learned, list(known.values()), argument)
            for i in range(len(names))
        ),
    )


def _rest(column: Column, learned: LearnedColumn, others: list[Condition], argument: str) -> Condition:
    """What no other group holds."""
    where = f"{argument}[{column.name!r}]"
    if len(learned.fields) != 1 or not learned.fields[0].exact:
        raise InputError(f"{where}: ... stands for the other levels of a category; name ranges for the rest")
    taken = sum(((condition.weights or ())[0] for condition in others), np.zeros(learned.fields[0].size))
    free = np.maximum(1.0 - taken, 0.0)
    rare = learned.fields[0].rare
    if rare is not None:
        free[rare] = 0.0
    if not free.any():
        raise InputError(f"{where}: ... stands for the other levels, and all are named; leave it out")
    return Condition(weights=(free,), decode=learned.decode)


def _check_apart(names: Sequence[object], where: str) -> None:
    """Refuse ranges that overlap by more than an end."""
    ranges = [name for name in names if isinstance(name, tuple) and len(name) == 2]
    if any(_overlap(one, two) for one, two in itertools.combinations(ranges, 2)):
        raise InputError(f"{where}: two of its ranges overlap; let each end where the next begins")


def _goes_on(name: object, names: Sequence[object]) -> bool:
    """Whether another range begins where this one ends: the end is then part of the other alone."""
    if not isinstance(name, tuple) or len(name) != 2 or is_missing(name[1]):
        return False
    others = (other for other in names if isinstance(other, tuple) and other is not name)
    return any(name[1] == other[0] for other in others)


def _overlap(one: tuple[Any, Any], two: tuple[Any, Any]) -> bool:
    """Whether two ranges share more than an end; of ends that cannot be compared the column has its say."""
    try:
        return not any(
            not is_missing(high) and not is_missing(low) and high <= low
            for (_, high), (low, _) in ((one, two), (two, one))
        )
    except TypeError:
        return False


def joined(parts: Sequence[tuple[Ints, ColumnArrays]], n: int) -> ColumnArrays:
    """A column from parts of its rows.

    Args:
        parts: Positions of the rows of each part, together all of 0 … n - 1, and their values; at least one.
        n: Number of rows.

    Returns:
        The column; levels that only some parts have are joined.

    Example:
        >>> one = ColumnArrays(type="integer", values=np.array([7]), missing=np.zeros(1, bool))
        >>> joined([(np.array([1]), one), (np.array([0]), one)], 2).values.tolist()
        [7, 7]
    """
    first = parts[0][1]
    tagged = dict.fromkeys((type(level), level) for _, part in parts for level in part.levels)
    places = {tag: i for i, tag in enumerate(tagged)}
    same = all(part.levels == first.levels for _, part in parts)
    values = np.empty(n, first.values.dtype)
    missing = np.empty(n, dtype=bool)
    for rows, part in parts:
        own = part.values
        if part.nominal and not same:
            own = np.array([*(places[type(level), level] for level in part.levels), -1], np.int64)[own]
        values[rows], missing[rows] = own, part.missing
    return ColumnArrays(
        type=first.type,
        values=values,
        missing=missing,
        levels=first.levels if same else tuple(level for _, level in tagged),
        ordered=first.ordered,
        unit=first.unit,
        scale=first.scale,
        rounding=first.rounding,
    )


def shares_of(targets: Mapping[object, object], where: str, *, totals: bool = False) -> Floats:
    """Target shares of groups, checked.

    Args:
        targets: Share of each group, 0 … 1; or totals, ≥ 0.
        where: The argument, for errors.
        totals: Whether numbers are counts from elsewhere, such as a census, and need not add to 1.

    Raises:
        InputError: If there are none, one is no number or negative, or shares do not add to 1.

    Example:
        >>> shares_of({"F": 2, "M": 6}, "margins['sex']", totals=True).tolist()
        [0.25, 0.75]
    """
    what = "totals" if totals else "shares"
    if not isinstance(targets, Mapping) or not targets:
        raise InputError(f"{where}: give the {what} of its levels, as {{level: {what[:-1]}}}")
    for value in targets.values():
        if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
            raise InputError(f"{where}: a {type(value).__name__} is no {what[:-1]}; give numbers")
    shares = np.array([float(value) for value in targets.values()])  # type: ignore[arg-type]
    if not np.isfinite(shares).all() or (shares < 0).any():
        raise InputError(f"{where}: {what} must be finite and not negative")
    total = float(shares.sum())
    if total <= 0 or (not totals and abs(total - 1.0) > 1e-6):
        way = "give at least one above 0" if totals else "name all levels, or the rest as ..."
        raise InputError(f"{where}: its {what} add to {total:.4g}{'' if totals else ', not to 1'}; {way}")
    return shares / total
