"""Canaries put into a copy of a table, each held by its own few persons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from twin.arrays import Ints
from twin.canaries.column import CanaryColumn, CanaryPlan
from twin.canaries.detectors import Together
from twin.canaries.plans import (
    first_year,
    plan_category,
    plan_datetime,
    plan_flag,
    plan_key,
    plan_number,
    plan_text,
)
from twin.canaries.result import Canary
from twin.columns.schema import Name, Schema
from twin.errors import InputError

PLANS: dict[str, Callable[[CanaryColumn], Iterator[CanaryPlan]]] = {
    "category": plan_category,
    "flag": plan_flag,
    "direct_identifier": plan_key,
    "key": plan_key,
    "datetime": plan_datetime,
    "number": plan_number,
    "text": plan_text,
}
"""The canaries of each kind of column."""

_COMMON = 4  # times k persons make a value of a quasi-identifier common
_LEVELS = 12  # of those, the least common that are tried: by chance, they seldom meet
_SUBSETS = 3  # combinations of each size that are planted


@dataclass(frozen=True)
class Planted:
    """A table with its canaries.

    Args:
        frame: The table.
        canaries: What was planted, in the order of `plans`.
        plans: The same with their values.
        rows: Rows that hold each.
        without: Columns in which none could be planted.
    """

    frame: pd.DataFrame
    canaries: tuple[Canary, ...]
    plans: tuple[CanaryPlan, ...]
    rows: tuple[tuple[int, ...], ...]
    without: tuple[str, ...]


def plant(
    frame: pd.DataFrame,
    schema: Schema,
    *,
    subject: Name | None,
    ids: Ints | None,
    k: int,
    quasi_identifiers: Sequence[Name],
    rng: Generator,
) -> Planted:
    """Plant one canary per suitable column and sort, each held by k - 1 persons of its own.

    Args:
        frame: The table, n rows.
        schema: Kinds of its columns.
        subject: Column that names the person, or None.
        ids: Dense subject ids, shape (n,), or None where each row is a person.
        k: Threshold of the guard.
        quasi_identifiers: Columns whose combinations are planted too.
        rng: Chooses persons and values.

    Returns:
        A copy of the table, with what was planted.

    Raises:
        InputError: If there are too few persons for all canaries.
    """
    plans = _plans(frame, schema, subject, rng)
    plans += _combined(frame, quasi_identifiers, ids, k, rng)
    wanted = [k - 1 if plan.holders is None else plan.holders for plan in plans]
    owners = np.arange(len(frame)) if ids is None else ids
    persons = int(owners.max()) + 1
    if sum(wanted) > persons // 2:
        raise InputError(
            f"table: {len(plans)} canaries of k - 1 = {k - 1} persons each need a table of at least "
            f"{2 * sum(wanted):,} persons; give more rows, fewer columns, or a smaller k"
        )
    shuffled = rng.permutation(len(frame))
    first = shuffled[np.unique(owners[shuffled], return_index=True)[1]]  # (persons,) a row of each
    free = iter(rng.permutation(first).tolist())
    out = frame.copy()
    extra: list[int] = []
    rows_of: list[list[int]] = []
    for plan, count in zip(plans, wanted, strict=True):
        rows = [next(free) for _ in range(count)]
        added = [row for row in rows for _ in range(plan.repeats - 1)]
        rows_of.append(rows + list(range(len(frame) + len(extra), len(frame) + len(extra) + len(added))))
        extra += added
    if extra:
        out = pd.concat([out, out.iloc[extra]], ignore_index=True)
    for plan, rows in zip(plans, rows_of, strict=True):
        for column, value in plan.cells.items():
            out[column] = _written(out[column], rows, value)
    canaries = tuple(
        Canary(sort=plan.sort, column=plan.column, holders=count, rows=len(rows))
        for plan, count, rows in zip(plans, wanted, rows_of, strict=True)
    )
    used = {name for plan in plans for name in plan.cells}
    without = tuple(str(name) for name in schema.names if name not in used)
    return Planted(out, canaries, tuple(plans), tuple(map(tuple, rows_of)), without)


def _plans(frame: pd.DataFrame, schema: Schema, subject: Name | None, rng: Generator) -> list[CanaryPlan]:
    def bed(i: int, earliest: int = 0) -> CanaryColumn:
        column = schema.columns[i]
        is_subject = column.name == subject
        return CanaryColumn(column, frame[column.name], rng, i, is_subject, subject is not None, earliest)

    every = range(len(schema))
    years = [year for i in every if (year := first_year(bed(i))) is not None]
    out: list[CanaryPlan] = []
    for i in every:
        plans = PLANS.get(schema.columns[i].family)
        out += plans(bed(i, min(years, default=0))) if plans is not None else ()
    return out


def _written(series: pd.Series[Any], rows: list[int], value: Any) -> pd.Series[Any]:
    """The column with a value in some rows; one that cannot be missing becomes one that can."""
    kind: Any = series.dtype
    if value is None and isinstance(kind, np.dtype) and kind.kind in "iub":
        bits = 8 * kind.itemsize
        wide: Any = {"b": "boolean", "i": f"Int{bits}", "u": f"UInt{bits}"}
        series = series.astype(wide[kind.kind])
    if isinstance(kind, pd.CategoricalDtype) and value is not None and value not in kind.categories:
        series = series.cat.add_categories([value])
    sparse = isinstance(kind, pd.SparseDtype)
    series = pd.Series(np.array(series)) if sparse else series.copy()
    series.iloc[rows] = value
    return series.astype(kind) if sparse else series


def _combined(
    frame: pd.DataFrame, names: Sequence[Name], ids: Ints | None, k: int, rng: Generator
) -> list[CanaryPlan]:
    """Combinations of two and three values, each common in itself, that nobody holds together."""
    common = {name: _common(frame[name], ids, k) for name in names}
    out: list[CanaryPlan] = []
    for size in (2, 3):
        subsets = list(combinations([name for name in names if common[name]], size))
        planted = 0
        for i in rng.permutation(len(subsets)).tolist():
            if planted == _SUBSETS:
                break
            cells = _apart(frame, subsets[i], common)
            if cells is not None:
                planted += 1
                sort = f"combination of {size}"
                out.append(CanaryPlan(sort=sort, cells=cells, watches=(Together(cells),)))
                for name, value in cells.items():  # a value in two combinations could make a third
                    common[name].remove(value)
    return out


def _common(series: pd.Series[Any], ids: Ints | None, k: int) -> list[Any]:
    """The least common of the values that many persons hold, those first that the fewest do."""
    owners = pd.Series(np.arange(len(series)) if ids is None else ids, index=series.index)
    held = owners.groupby(series, observed=True).nunique().sort_values()
    return list(held.index[held >= _COMMON * k][:_LEVELS])


def _apart(
    frame: pd.DataFrame, subset: tuple[Name, ...], common: Mapping[Name, list[Any]]
) -> dict[Name, Any] | None:
    """Common values that no row holds together, the rarest first; None where all occur."""
    holds = {name: [(frame[name] == v).fillna(False).to_numpy(bool) for v in common[name]] for name in subset}
    places = np.stack(np.meshgrid(*(range(len(common[n])) for n in subset), indexing="ij"), axis=-1)
    choices = places.reshape(-1, len(subset))  # (choices, columns)
    for choice in choices[np.argsort(choices.sum(axis=1), kind="stable")].tolist():
        if not np.logical_and.reduce([holds[n][j] for n, j in zip(subset, choice, strict=True)]).any():
            return {name: common[name][j] for name, j in zip(subset, choice, strict=True)}
    return None
