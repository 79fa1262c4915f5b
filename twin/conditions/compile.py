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
from twin.conditions.feasibility import LEAST, check_support, compile_or_suggest
from twin.conditions.parity import ParityGap, fairer, tie
from twin.conditions.request import Parity, Scenario, Targets
from twin.conditions.shift import tilts
from twin.conditions.strata import StrataCompiler, targets_of
from twin.constraints.rules import Rules
from twin.errors import InputError
from twin.models.base import Fitted
from twin.sampling.blocks import RowConditions
from twin.sampling.margins import Tilt, raked, raked_if, strata, tabulate, tilt

_TIED = 5_000
"""Rows of the twin that tell what a sensitive column and an outcome go together through."""
PLAIN = "asked"
"""Name of what is asked outside of any scenario."""


@dataclass(frozen=True, kw_only=True)
class CompiledRequest:
    """What is asked, compiled. Made by `order`.

    Args:
        wanted: What is asked of the model.
        conditions: Conditions that hold for all rows, or for each its own.
        groups: For each axis of the cells its column and groups.
        tilt: How far target shares move the twin.
        gap: The difference between groups, where parity was asked for.
        scenario: What was asked.
        worth: How many independent rows the wanted ones are worth under their conditions (Kish's effective
            sample size); None where there are none, or each row has its own.
        observed: Cells that stand as they are, where missing ones are filled; else None.
    """

    wanted: RowConditions
    conditions: Conditions
    groups: tuple[tuple[Name, Groups], ...] = ()
    tilt: Tilt = field(default_factory=Tilt)
    gap: ParityGap | None = None
    scenario: Scenario
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
        """Which cells of some rows are asked for, by column; a column that is not named is free."""
        if self.observed is not None:
            here = self.observed.iloc[rows].notna()
            return {name: here[name].to_numpy() for name in here.columns}
        names = [*self.conditions.columns, *(name for name, _ in self.groups)]
        names += [name for name, shift in self.scenario.shift.items() if shift.others == "stay"]
        return {name: np.ones(rows.size, dtype=bool) for name in names}

    def record(self) -> dict[str, Json]:
        """What was asked and how far it moves the twin, as JSON: it goes with a sample as its `attrs`."""
        scenario = self.scenario
        return {
            "asked": list(scenario.describe()),
            "scenario": scenario.name if scenario.name != PLAIN else None,
            "mark": scenario.mark if scenario.name != PLAIN else None,
            "worth": self.worth,
            "tilt": asdict(self.tilt),
            "gap": None if self.gap is None else asdict(self.gap),
        }


def request(
    scenario: Scenario | str | None,
    known: Mapping[str, Scenario],
    given: Any = None,
    balance: Targets | None = None,
    margins: Targets | None = None,
    fair: Parity | None = None,
) -> Scenario | None:
    """What is asked as a scenario, or None where nothing is.

    Args:
        scenario: A scenario, or the name of one, or None.
        known: Scenarios by name.
        given: Conditions or a table of them, as in `Twin.sample`.
        balance: As in `Twin.sample`.
        margins: As in `Twin.sample`.
        fair: As in `Twin.sample`.

    Raises:
        InputError: If the scenario is not known, or other things are asked beside it.
    """
    own = given, balance, margins, fair
    if scenario is None:
        if all(part is None for part in own):
            return None
        conditions = given if isinstance(given, Mapping) else {}
        return Scenario(
            name=PLAIN, given=conditions, balance=balance or {}, margins=margins or {}, fair=fair, mark=None
        )
    if any(part is not None for part in own):
        raise InputError("scenario: it says all that is asked; put given, balance, margins and fair into it")
    if isinstance(scenario, Scenario):
        if scenario.name == PLAIN:
            raise InputError(f"scenario: {PLAIN!r} names what is asked outside of any; give it another name")
        return scenario
    if not isinstance(scenario, str):
        raise InputError("scenario: give a twin.Scenario, or the name of one that the twin holds")
    if scenario not in known:
        raise InputError(f"scenario: the twin holds none named {scenario!r}; see t.scenarios")
    return known[scenario]


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

    def implied(self, given: Mapping[Name, Any]) -> Mapping[Name, Any]:
        """Conditions with what the rules make of them."""
        if not len(self.rules) or not given:
            return given
        named = zip(self.columns.schema.names, self.columns.learned, strict=True)
        own = {
            str(n): c.levels for n, c in named if n in self.rules.auxiliary and isinstance(c, LearnedLevels)
        }
        levels = {name: tuple(map(str, of)) for name, of in own.items()}
        return self.rules.given(given, self.columns.schema, levels)


def order(
    source: RowSource,
    scenario: Scenario,
    *,
    table: Any = None,
    rng: Generator,
    n: int | None = None,
    least: int = LEAST,
) -> CompiledRequest:
    """Compile what is asked.

    Args:
        source: What rows are drawn from; some are, to see how far it is from what is asked.
        scenario: What is asked.
        table: A table of which each row asks for its own cells, or None.
        rng: Source of randomness.
        n: Rows that are wanted; None to see no more than whether any can be had.
        least: Fewest independent rows that rows under conditions must be worth, ≥ 0.

    Raises:
        ConditionError: If conditions are never met, or rows that meet them are worth too little.
        InputError: If a column is not there or takes no condition, or what is asked cannot be had.
    """
    columns, fitted = source.columns, source.fitted
    if scenario.mark in columns.schema.names:
        raise InputError(
            "scenario: the column that marks its rows has the name of one of the table; give another as mark="
        )
    conditions, worth = _conditions(
        source, scenario, table, n=least if n is None else n, least=least, rng=rng
    )
    moves = bool(scenario.shift or scenario.stress)
    if table is not None and (moves or targets_of(scenario) or scenario.fair or scenario.unseen):
        raise InputError("given: a table asks row by row; it goes with no balance, margins, fair or scenario")
    weights = conditions.weights
    if moves:
        for name, own in tilts(columns, fitted, scenario, weights, rng).items():
            weights[name] = weights[name] * own if name in weights else own
    accepts = conditions.accepts if conditions.joint else None
    wanted = RowConditions(weights=weights, codes=conditions.codes, accepts=accepts)
    plain = CompiledRequest(wanted=wanted, conditions=conditions, scenario=scenario, worth=worth)
    cells = StrataCompiler(columns, conditions)
    targets = cells.targets(scenario)
    tied = None
    if scenario.fair is not None:
        parity = cells.parity(scenario.fair)
        named = tie(scenario.fair, cells, fitted.sample(_TIED, rng=rng, given=weights or None))
        if named is not None:
            tied = cells.axis(named, cells.levels(named, scenario.fair), "fair")
    if not cells.axes:
        return plain
    known = tabulate(fitted, cells.axes, weights, rng)
    shares, gap = raked(known, targets), None
    if scenario.fair is not None:
        margins, gap = fairer(scenario.fair, parity, replace(known, shares=shares), cells, tied)
        shares = raked_if(known, [*targets, *margins], [*targets, *margins[:1]])
    return replace(
        plain,
        wanted=replace(wanted, strata=strata(cells.axes, known, shares)),
        groups=tuple(cells.groups.items()),
        tilt=tilt(known, shares),
        gap=gap,
    )


def _conditions(
    source: RowSource, scenario: Scenario, table: Any, *, n: int, least: int, rng: Generator
) -> tuple[Conditions, float | None]:
    """What is asked of all rows, or of each, compiled, and what the rows are worth."""
    columns, fitted = source.columns, source.fitted
    if table is not None:
        rows = asked_rows(columns, table)
        return compile_conditions(columns, source.rules.given_rows(rows) if len(source.rules) else rows), None
    found = compile_or_suggest(columns, scenario.given, fitted, rng)
    given = source.implied(scenario.given)
    if not given:
        return found, None
    if len(source.rules):
        found = compile_or_suggest(columns, given, fitted, rng)
    named = {name: asked for name, asked in given.items() if name not in source.rules.auxiliary}
    return found, check_support(
        columns, fitted, named, found.weights, n=n, least=least, source=source.rows, rng=rng
    )
