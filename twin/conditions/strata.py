"""Cells of a sample with target shares: which columns divide it, into what, and what shares should hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.random import Generator

from twin.arrays import Bools, Floats
from twin.codes import Codes
from twin.columns.base import Condition
from twin.columns.given.compile import Conditions
from twin.columns.given.groups import Groups, divide, shares_of
from twin.columns.schema import Category, Flag, Name
from twin.columns.table import Columns
from twin.conditions.request import EqualOpportunity, Parity, Request, Targets
from twin.errors import InputError, no_column
from twin.sampling.margins import Accepts, Axis, Margin


def targets_of(request: Request) -> list[tuple[str, Any, Mapping[Any, float], bool]]:
    """Argument, columns and targets of each margin, and whether they are totals."""
    found: list[tuple[str, Targets, bool]] = [
        ("balance", request.balance, False),
        ("margins", request.margins, True),
    ]
    return [(argument, at, wanted, totals) for argument, t, totals in found for at, wanted in t.items()]


class StrataCompiler:
    """Axes of the strata, found as they are asked for: one for each column.

    Args:
        columns: The learned columns.
        conditions: Conditions on all rows.
    """

    def __init__(self, columns: Columns, conditions: Conditions) -> None:
        self.columns, self.taken = columns, conditions.columns
        self.groups: dict[Name, Groups] = {}
        self.axes: list[Axis] = []

    def axis(self, name: Name, names: list[object], argument: str) -> int:
        """Position of a column's axis with these groups.

        Args:
            name: The column.
            names: Its groups: levels, ranges, or ... for all others.
            argument: Name of the argument that asks, for errors.
        """
        where = f"{argument}[{name!r}]"
        if name not in self.columns.schema.names:
            raise no_column(argument, name, self.columns.schema.names)
        if name in self.taken:
            raise InputError(f"{where}: the column has a condition in given= too; give one of the two")
        if name in self.groups:
            held = self.groups[name].names
            if set(held) != set(names):
                raise InputError(f"{where}: the column is divided in two ways; use the same groups for both")
            return list(self.groups).index(name)
        place = self.columns.schema.names.index(name)
        learned = self.columns.learned[place]
        groups = divide(self.columns.schema.columns[place], learned, names, argument)
        self.groups[name] = groups
        fields = [f.name for f in learned.fields]
        self.axes.append(
            Axis(
                name=str(name),
                weights={f: groups.weights(i) for i, f in enumerate(fields)},
                accepts=tuple(_accepting(condition, fields) for condition in groups.conditions),
            )
        )
        return len(self.axes) - 1

    def targets(self, request: Request) -> list[Margin]:
        """Margins of balance, of totals from elsewhere, and of unseen levels."""
        margins = []
        for argument, at, wanted, totals in targets_of(request):
            where = f"{argument}[{at!r}]"
            shares = shares_of(wanted, where, totals=totals)
            margins.append(self._margin(at, list(wanted), shares, argument))
        for unseen in request.unseen:
            where = f"unseen[{unseen.column!r}]"
            axis = self._unseen(unseen.column, unseen.like, unseen.level)
            shares = np.array([unseen.share, 1.0 - unseen.share])
            margins.append(Margin(axes=(axis,), shares=shares, name=where))
        return margins

    def _margin(self, at: Any, names: list[Any], shares: Floats, argument: str) -> Margin:
        """The margin of one column, or of several together."""
        where = f"{argument}[{at!r}]"
        if not isinstance(at, tuple):
            axis = self.axis(at, names, argument)
            places = [self.groups[at].names.index(name) for name in names]
            full = np.zeros(len(places))
            full[places] = shares
            return Margin(axes=(axis,), shares=full, name=where)
        if any(not isinstance(name, tuple) or len(name) != len(at) for name in names):
            raise InputError(f"{where}: each of its keys must be a tuple with one group per column")
        parts = [list(dict.fromkeys(name[i] for name in names)) for i in range(len(at))]
        axes = tuple(self.axis(name, part, argument) for name, part in zip(at, parts, strict=True))
        held: list[list[object]] = [list(self.groups[name].names) for name in at]
        table = np.zeros(tuple(len(part) for part in held))
        for name, share in zip(names, shares, strict=True):
            table[tuple(part.index(each) for part, each in zip(held, name, strict=True))] += share
        return Margin(axes=axes, shares=table, name=where)

    def _unseen(self, name: Name, like: object, level: object) -> int:
        """An axis of two groups: rows of the stand-in that get a new name, and all rows as they are."""
        argument = "unseen"
        if name in self.groups:
            raise InputError(f"unseen[{name!r}]: the column has target shares too; give one of the two")
        axis = self.axis(name, [like], argument)
        column = self.columns.schema[name]
        learned = self.columns.learned[self.columns.schema.names.index(name)]
        if not isinstance(column, Category | Flag):
            raise InputError(f"unseen[{name!r}]: the column is no category; only categories have levels")
        if level in getattr(learned, "levels", ()):
            raise InputError(f"unseen[{name!r}]: the twin has this level; use balance= for it")
        free = Condition(weights=tuple(np.ones(f.size) for f in learned.fields), decode=learned.decode)
        groups = self.groups[name]
        self.groups[name] = replace(groups, names=(like, ...), conditions=(*groups.conditions, free))
        old = self.axes[axis]
        weights = {f: np.concatenate([w, np.ones_like(w)]) for f, w in old.weights.items()}
        self.axes[axis] = replace(old, weights=weights, accepts=(*old.accepts, None))
        return axis

    def parity(self, fair: Parity) -> tuple[int, ...]:
        """Axes of the sensitive column, of the outcome and, where there is one, of merit."""
        axes = [self.axis(name, self.levels(name, fair), "fair") for name in (fair.sensitive, fair.outcome)]
        if isinstance(fair, EqualOpportunity):
            divided = fair.merit in self.groups or fair.merit in fair.groups
            levels = self.levels(fair.merit, fair) if divided else [fair.deserving, ...]
            axes.append(self.axis(fair.merit, levels, "fair"))
        return tuple(axes)

    def levels(self, name: Name, fair: Parity) -> list[object]:
        """Groups of a column that is asked to be fair: those it has already, those given, or its levels.

        Args:
            name: The column.
            fair: The parity that is asked for.
        """
        if name in self.groups:
            return list(self.groups[name].names)
        if name in fair.groups:
            return list(fair.groups[name])
        if name not in self.columns.schema.names:
            raise no_column("fair", name, self.columns.schema.names)
        learned = self.columns.learned[self.columns.schema.names.index(name)]
        levels = getattr(learned, "levels", None)
        if not levels:
            raise InputError(
                f"fair[{name!r}]: the column has no levels; say by groups={{column: [(low, high), …]}} "
                "what to divide it into"
            )
        missing = [None] if any(f.nullable for f in learned.fields) else []
        return [*levels, *missing]


def _accepting(condition: Condition, fields: list[str]) -> Accepts | None:
    """Which rows stay that were drawn for a group."""
    accepts: Callable[..., Bools] | None = condition.accepts
    if accepts is None:
        return None

    def stays(codes: Codes, rng: Generator) -> Bools:
        return accepts(np.stack([codes.column(name) for name in fields], axis=1), rng)

    return stays
