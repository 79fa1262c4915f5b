"""Sums and other linear equalities: one free column is computed from the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from math import isfinite, lcm
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from twin.arrays import Array, Bools
from twin.columns.schema import Name
from twin.constraints.base import Rule, RuleTable, fitting, listed
from twin.constraints.units import CommonUnits, family, in_common_units, own_units

_TOLERANCE = 1e-9  # of the sum of the sizes of all terms, where columns hold reals of double precision
_FINEST = 10**6  # most that coefficients are multiplied by to be whole


class Equality(Rule):
    """What `Linear` and `Sum` have in common: coefficients of columns, and what they add up to."""

    @property
    def weights(self) -> tuple[tuple[Name, float], ...]:
        """Columns and their coefficients."""
        raise NotImplementedError

    @property
    def constant(self) -> float:
        """What they add up to."""
        return 0.0

    @property
    def members(self) -> tuple[Name, ...]:
        """Columns with a coefficient."""
        return tuple(name for name, _ in self.weights)

    @property
    def pivots(self) -> tuple[Name, ...]:
        """The total first: the column of a sign of its own; then those of coefficient 1 or -1, last first."""
        signs = [coefficient > 0 for _, coefficient in self.weights]
        lone = [name for (name, _), sign in zip(self.weights, signs, strict=True) if signs.count(sign) == 1]
        units = [name for name, coefficient in self.weights if abs(coefficient) == 1]
        first = [name for name in lone if name in units] if len(self.weights) > 2 else []
        return tuple(dict.fromkeys([*first, *units[::-1], *self.members[::-1]]))

    def check(self, table: RuleTable) -> None:
        """Refuse columns that are no numbers."""
        super().check(table)
        found = {}
        for name in self.members:
            found[name] = family(table[name], table.dtype(name))
            if found[name] not in ("number", "span", "unknown"):
                raise self.error(f"column {name!r} holds no numbers; convert it, or leave the rule out")
        spans = [name for name, kind in found.items() if kind == "span"]
        if spans and "number" in found.values():
            raise self.error(f"column {spans[0]!r} holds lengths of time and others do not; use one unit")

    def broken(self, table: RuleTable) -> Bools:
        """Rows whose terms do not add up, shape (n,); exact for whole numbers and decimals."""
        if any(table[name].empty for name in self.members):
            return np.zeros(len(table), dtype=bool)
        found, weights, constant = self._terms(table)
        rest = constant - (found.values * weights).sum(axis=1)
        near: Any = 0
        reals = [table[name] for name in self.members if table[name].type == "real"]
        if reals:
            share = max(_TOLERANCE, *(native.rounding for native in reals))
            near = share * (np.abs(found.values * weights).sum(axis=1) + abs(constant))
        apart: Bools = (np.abs(rest) > near) & ~found.missing.any(axis=1)
        return apart

    def _terms(self, table: RuleTable) -> tuple[CommonUnits, Array, Any]:
        """Columns in one unit, their coefficients, and what they add up to in it; whole where all can be."""
        found = in_common_units(
            [table[name] for name in self.members], [table.dtype(n) for n in self.members]
        )
        exact = [Fraction(repr(float(coefficient))) for _, coefficient in self.weights]
        times = lcm(*(number.denominator for number in exact))
        constant = Fraction(repr(float(self.constant))) * found.unit * times
        if found.exact and times <= _FINEST and constant.denominator == 1:
            weights = [int(number * times) for number in exact]
            tops = np.abs(found.values).max(axis=0, initial=0)
            if sum(int(top) * abs(weight) for top, weight in zip(tops, weights, strict=True)) < 2**61:
                return found, np.array(weights, np.int64), int(constant)
        reals = replace(found, values=found.values / found.unit, steps=found.steps / found.unit, unit=1)
        return reals, np.array([float(number) for number in exact]), float(self.constant)

    def repair(self, table: RuleTable, rows: Bools, free: frozenset[Name]) -> None:
        """Compute the total if it is free, else change free terms so that they add up to it.

        Args:
            table: The table, which is changed in place where a rule computes a column.
            rows: Which rows are changed, shape (n,).
            free: Columns that may be changed.
        """
        if any(table[name].empty for name in self.members):
            return
        found, weights, constant = self._terms(table)
        rows = rows & ~found.missing.any(axis=1)
        places = [i for i, name in enumerate(self.members) if name in free]
        if not places:
            return
        values = found.values.copy()
        total = self.members.index(self.pivots[0])
        parts = np.delete(values[rows], total, axis=1)
        if total in places and _finest(found, weights, total) and (parts >= 0).all():
            _move(values, weights, constant, found.steps, total)
        elif (values[rows] < 0).any() or not rows.any():
            _move(values, weights, constant, found.steps, _widest(found, weights, rows, places))
        else:
            _spread(values, weights, constant, found.steps, places)
        dtypes = [table.dtype(name) for name in self.members]
        for place in places:
            name, native = self.members[place], table[self.members[place]]
            moved = rows & (values[:, place] != found.values[:, place])
            if moved.any():
                own = own_units(values[:, place], found, native, dtype=dtypes[place], others=dtypes)
                moved &= fitting(own, native, dtypes[place])
                table.write(name, replace(native, values=np.where(moved, own, native.values)))


class Linear(Equality):
    """Columns times coefficients add up to a number. The rule is not applied where a column is missing.

    Args:
        terms: Coefficient of each column, none of them 0; at least two columns.
        equals: What they add up to.

    Example:
        >>> print(Linear(terms={"time": 1, "hour": -100, "minute": -1}))
        time - 100 hour - minute = 0
    """

    kind: Literal["linear"] = "linear"
    terms: tuple[tuple[Name, float], ...]
    equals: float = Field(default=0.0, strict=False, allow_inf_nan=False)

    @field_validator("terms", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        pairs = tuple(value.items()) if isinstance(value, Mapping) else value
        if isinstance(pairs, tuple | list):
            return tuple(tuple(pair) if isinstance(pair, list | tuple) else pair for pair in pairs)
        raise ValueError("terms must map columns to coefficients, as in {'a': 1, 'b': -1}")

    @model_validator(mode="after")
    def _several(self) -> Self:
        names = [name for name, _ in self.terms]
        if len(names) < 2 or len(set(names)) < len(names):
            raise ValueError("terms must name at least two columns, each once")
        if any(not isfinite(coefficient) or coefficient == 0 for _, coefficient in self.terms):
            raise ValueError("terms must have finite coefficients other than 0; leave a column out instead")
        return self

    @property
    def weights(self) -> tuple[tuple[Name, float], ...]:
        """Columns and their coefficients."""
        return self.terms

    @property
    def constant(self) -> float:
        """What they add up to."""
        return self.equals

    def __str__(self) -> str:
        parts = [
            f"{'-' if c < 0 else '+'} {'' if abs(c) == 1 else f'{abs(c):g} '}{name}" for name, c in self.terms
        ]
        first = parts[0].removeprefix("+ ").replace("- ", "-", 1)
        return " ".join([first, *parts[1:], "=", f"{self.equals:g}"])


class Sum(Equality):
    """A column is the sum of others. The rule is not applied where one of them is missing.

    Args:
        total: The column that is the sum.
        parts: The columns that add up to it; one or more.

    Example:
        >>> print(Sum(total="cost", parts=["drugs", "care"]))
        cost = drugs + care
    """

    kind: Literal["sum"] = "sum"
    total: Name
    parts: tuple[Name, ...]

    @field_validator("parts", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        return listed(value, "parts")

    @model_validator(mode="after")
    def _several(self) -> Self:
        if not self.parts or len({self.total, *self.parts}) <= len(self.parts):
            raise ValueError("parts must name at least one column, each once, and not the total")
        return self

    @property
    def weights(self) -> tuple[tuple[Name, float], ...]:
        """Columns and their coefficients."""
        return (*((name, 1.0) for name in self.parts), (self.total, -1.0))

    @property
    def pivots(self) -> tuple[Name, ...]:
        """The total, then the parts."""
        return self.total, *self.parts

    def __str__(self) -> str:
        return f"{self.total} = {' + '.join(map(str, self.parts))}"


def _finest(found: CommonUnits, weights: Array, place: int) -> bool:
    """Whether a column can hold whatever the others add up to."""
    sizes = np.abs(weights * found.steps)
    return bool(sizes[place] == sizes.min())


def _widest(found: CommonUnits, weights: Array, rows: Bools, places: list[int]) -> int:
    """Of columns with the finest steps the one that varies most, where a change shows least."""
    sizes = np.abs(weights * found.steps)
    fine = [place for place in places if sizes[place] == min(sizes[p] for p in places)]
    terms = found.values[rows][:, fine] * weights[fine]
    spreads = (
        np.zeros(len(fine)) if terms.shape[0] < 2 else np.subtract(*np.quantile(terms, (0.75, 0.25), axis=0))
    )
    return fine[int(np.argmax(spreads))]


def _rest(values: Array, weights: Array, constant: Any) -> Array:
    """What is left to add, shape (n,)."""
    rest: Array = constant - (values * weights).sum(axis=1)
    return rest


def _move(values: Array, weights: Array, constant: Any, steps: Array, place: int) -> None:
    """Add all that is left to one column, as far as its steps allow."""
    rest, weight, step = _rest(values, weights, constant), weights[place], steps[place]
    whole = values.dtype.kind == "i"
    if whole:
        values[:, place] += np.rint(rest / (weight * step)).astype(np.int64) * step
    elif step:
        values[:, place] = np.rint((values[:, place] + rest / weight) / step) * step
    else:
        values[:, place] += rest / weight


def _spread(values: Array, weights: Array, constant: Any, steps: Array, places: list[int]) -> None:
    """Share what is left among free columns: coarse ones first, the finest in proportion."""
    sizes = np.abs(weights * np.where(steps > 0, steps, steps[steps > 0].min(initial=1)))
    finest = min(sizes[place] for place in places)
    equal = [place for place in places if sizes[place] == finest]
    for place in sorted(places, key=lambda place: -sizes[place]):
        if place not in equal:
            _move(values, weights, constant, steps, place)
    alike = [
        place for place in equal if weights[place] == weights[equal[0]] and steps[place] == steps[equal[0]]
    ]
    rest = _rest(values, weights, constant)
    if len(alike) > 1:
        _scale(values, alike, rest, weights[alike[0]], steps[alike[0]])
    _move_largest(values, weights, constant, steps, equal)


def _scale(values: Array, places: list[int], rest: Array, weight: Any, step: Any) -> None:
    """Scale columns in proportion where none is negative; what rounding leaves goes by largest remainder.

    Source: Hamilton's method of apportionment; Balinski & Young, Fair Representation, 2nd ed. 2001, ch. 3.
    """
    part = values[:, places]
    held = part.sum(axis=1)
    wanted = held + (np.rint(rest / weight) if values.dtype.kind == "i" else rest / weight)
    rows = (part >= 0).all(axis=1) & (held > 0) & (wanted >= 0)
    if not step or not rows.any():
        ratio = np.divide(wanted, held, out=np.ones(held.shape), where=rows)
        if values.dtype.kind == "f":
            values[:, places] = np.where(rows[:, None], part * ratio[:, None], part)
        return
    quotas = part[rows] * (wanted[rows] / held[rows])[:, None] / step  # (rows, places), in steps
    floors = np.floor(quotas)
    short = np.rint(wanted[rows] / step).astype(np.int64) - floors.sum(axis=1).astype(np.int64)
    order = np.argsort(np.argsort(floors - quotas, axis=1, kind="stable"), axis=1, kind="stable")
    shares = (floors + (order < short[:, None])) * step
    values[np.ix_(rows, places)] = shares.astype(values.dtype)


def _move_largest(values: Array, weights: Array, constant: Any, steps: Array, places: list[int]) -> None:
    """Add what is left to the largest of some columns in each row, where it shows least."""
    rest = _rest(values, weights, constant)
    largest = np.argmax(values[:, places], axis=1)
    for i, place in enumerate(places):
        rows = (largest == i) & (rest != 0)
        if rows.any():
            part = values[rows]
            _move(part, weights, constant, steps, place)
            values[rows] = part
