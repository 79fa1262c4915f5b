"""From what a user asks of a sample to what is asked of a model, and of the way back to a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from twin.arrays import Bools, Ints
from twin.codes import Json
from twin.columns.base import Condition
from twin.columns.given.compile import Conditions, asked_rows, compile_conditions
from twin.columns.given.groups import Groups
from twin.columns.kinds.category import LearnedLevels
from twin.columns.schema import Name
from twin.columns.table import Columns
from twin.conditions.feasibility import check_support, compile_or_suggest
from twin.conditions.parity import fairer, tie
from twin.conditions.request import ParityGap, Request, Targets
from twin.conditions.shift import tilts
from twin.conditions.strata import StrataCompiler, targets_of
from twin.constraints.rules import Rules
from twin.errors import InputError
from twin.models.base import Fitted
from twin.sampling.blocks import RowConditions
from twin.sampling.margins import Tilt, raked, raked_if, strata, tabulate, tilt

_TIED = 5_000
"""Rows of the twin that tell what a sensitive column and an outcome go together through."""


@dataclass(frozen=True, kw_only=True)
class CompiledRequest:
    """What is asked, compiled. Made by `compile_request`.

    Args:
        wanted: What is asked of the model.
        conditions: Conditions that hold for all rows, or for each its own.
        groups: For each axis of the cells its column and groups.
        tilt: How far target shares move the twin.
        gap: The difference between groups, where parity was asked for.
        request: What was asked.
        worth: How many independent rows the wanted ones are worth under their conditions (Kish's effective
            sample size); None where there are none, or each row has its own.
        observed: Cells that stand as they are, where missing ones are filled; else None.
    """

    wanted: RowConditions
    conditions: Conditions
    groups: tuple[tuple[Name, Groups], ...] = ()
    tilt: Tilt = field(default_factory=Tilt)
    gap: ParityGap | None = None
    request: Request
    worth: float | None = None
    observed: pd.DataFrame | None = None

    def decoders(self, part: RowConditions) -> dict[Name, Condition]:
        """How the columns of some rows are decoded so that they meet what is asked."""
        found = dict(self.conditions.columns)
        if part.strata is not None and part.cells is not None:
            for axis, (name, groups) in enumerate(self.groups):
                found[name] = groups.of_rows(part.strata.groups[part.cells, axis])
        return found

    def fixed(self, part: RowConditions, rows: Ints) -> dict[Name, Bools]:
        """Which cells of some rows are asked for, by column; a column that is not named is free.

        Args:
            part: What is asked of some rows.
            rows: Numbers of these rows in the sample, shape (n,).
        """
        if self.observed is not None:
            here = self.observed.iloc[rows].notna()
            return {name: here[name].to_numpy() for name in here.columns}
        names = [*self.conditions.columns, *(name for name, _ in self.groups)]
        names += [name for name, shift in self.request.shift.items() if shift.others == "stay"]
        return {name: np.ones(rows.size, dtype=bool) for name in names}

    def record(self) -> dict[str, Json]:
        """What was asked and how far it moves the twin, as JSON: it goes with a sample as its `attrs`."""
        request = self.request
        return {
            "asked": list(request.describe()),
            "request": request.name,
            "mark": request.marked,
            "worth": self.worth,
            "tilt": asdict(self.tilt),
            "gap": None if self.gap is None else asdict(self.gap),
        }


def as_request(
    request: Request | str | None,
    saved: Mapping[str, Request],
    given: Any = None,
    balance: Targets | None = None,
) -> Request | None:
    """All that is asked as one request, or None where nothing is.

    Args:
        request: A request, or the name of one, or None.
        saved: Requests by name.
        given: Conditions, or a table of them, as in `Twin.sample`.
        balance: As in `Twin.sample`.

    Raises:
        InputError: If the request is not known, or the same thing is asked twice.
    """
    conditions = given if isinstance(given, Mapping) else {}
    if request is None:
        return None if given is None and balance is None else Request(given=conditions, balance=balance or {})
    if isinstance(request, str):
        if request not in saved:
            raise InputError(f"request: the twin holds none named {request!r}; see t.requests")
        request = saved[request]
    if not isinstance(request, Request):
        raise InputError("request: give a twin.Request, or the name of one that the twin holds")
    if balance is not None:
        raise InputError("balance: the request says what is asked; put the target shares into it")
    twice = [name for name in conditions if name in request.given]
    if twice:
        raise InputError(
            f"given[{twice[0]!r}]: the request has a condition on this column too; give one of the two"
        )
    return replace(request, given={**request.given, **conditions}) if conditions else request


@dataclass(frozen=True, kw_only=True)
class RowSource:
    """What rows are drawn from.

    Args:
        columns: The learned columns.
        fitted: The fitted model.
        rules: Rules that rows keep.
        rows: Rows of the source.
    """

    columns: Columns
    fitted: Fitted
    rules: Rules
    rows: int

    @property
    def names(self) -> tuple[Name, ...]:
        """Names of the columns that leave, in the table's order; auxiliary ones do not."""
        auxiliary = self.rules.auxiliary if self.rules else ()
        return tuple(name for name in self.columns.schema.names if name not in auxiliary)

    def implied(self, given: Mapping[Name, Any]) -> Mapping[Name, Any]:
        """Conditions with what the rules make of them."""
        if not self.rules or not given:
            return given
        named = zip(self.columns.schema.names, self.columns.learned, strict=True)
        own = {
            str(n): c.levels for n, c in named if n in self.rules.auxiliary and isinstance(c, LearnedLevels)
        }
        levels = {name: tuple(map(str, of)) for name, of in own.items()}
        return self.rules.given(given, self.columns.schema, levels)


def compile_request(
    source: RowSource,
    request: Request,
    *,
    table: Any = None,
    rng: Generator,
    n: int | None = None,
) -> CompiledRequest:
    """Compile what is asked.

    Args:
        source: What rows are drawn from; some are, to see how far it is from what is asked.
        request: What is asked.
        table: A table of which each row asks for its own cells, or None.
        rng: Source of randomness.
        n: Rows that are wanted; None to see no more than whether any can be had.

    Raises:
        ConditionError: If conditions are never met, or rows that meet them are worth too little.
        InputError: If a column is not there or takes no condition, or what is asked cannot be had.
    """
    columns, fitted = source.columns, source.fitted
    if request.marked in columns.schema.names:
        raise InputError(
            "request: the column that marks its rows has the name of one of the table; give another as mark="
        )
    conditions, worth = _conditions(
        source, request, table, n=request.min_effective_rows if n is None else n, rng=rng
    )
    moves = bool(request.shift or request.stress)
    if table is not None and (moves or targets_of(request) or request.fair or request.unseen):
        raise InputError("given: a table asks row by row; it goes with no balance and no request")
    weights = conditions.weights
    if moves:
        for name, own in tilts(columns, fitted, request, weights, rng).items():
            weights[name] = weights[name] * own if name in weights else own
    accepts = conditions.accepts if conditions.joint else None
    wanted = RowConditions(weights=weights, codes=conditions.codes, accepts=accepts)
    plain = CompiledRequest(wanted=wanted, conditions=conditions, request=request, worth=worth)
    cells = StrataCompiler(columns, conditions)
    targets = cells.targets(request)
    tied = None
    if request.fair is not None:
        parity = cells.parity(request.fair)
        named = tie(request.fair, cells, fitted.sample(_TIED, rng=rng, given=weights or None))
        if named is not None:
            tied = cells.axis(named, cells.levels(named, request.fair), "fair")
    if not cells.axes:
        return plain
    known = tabulate(fitted, cells.axes, weights, rng)
    shares, gap = raked(known, targets), None
    if request.fair is not None:
        margins, gap = fairer(request.fair, parity, replace(known, shares=shares), cells, tied)
        shares = raked_if(known, [*targets, *margins], [*targets, *margins[:1]])
    return replace(
        plain,
        wanted=replace(wanted, strata=strata(cells.axes, known, shares)),
        groups=tuple(cells.groups.items()),
        tilt=tilt(known, shares),
        gap=gap,
    )


def _conditions(
    source: RowSource, request: Request, table: Any, *, n: int, rng: Generator
) -> tuple[Conditions, float | None]:
    """What is asked of all rows, or of each, compiled, and what the rows are worth."""
    columns, fitted = source.columns, source.fitted
    if table is not None:
        rows = asked_rows(columns, table)
        return compile_conditions(columns, source.rules.given_rows(rows) if source.rules else rows), None
    given = source.implied(request.given)
    conditions = compile_or_suggest(columns, given, fitted, rng)
    if not given:
        return conditions, None
    auxiliary = source.rules.auxiliary if source.rules else ()
    named = {name: asked for name, asked in given.items() if name not in auxiliary}
    least = request.min_effective_rows
    return conditions, check_support(
        columns, fitted, named, conditions.weights, n=n, least=least, source=source.rows, rng=rng
    )
