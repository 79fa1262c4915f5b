"""Categories and flags under a budget: levels are declared, or found by partition selection (rule P1)."""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats
from twin.columns import schema
from twin.columns.arrays.dp_cells import level, sorted_levels
from twin.columns.arrays.dtypes import NUMBER, Dtype, of_levels, parse_dtype
from twin.columns.arrays.reading import ColumnArrays, Type
from twin.columns.kinds.category import LearnedLevels, hierarchy_of, token_level
from twin.columns.schema import Level
from twin.errors import SchemaError
from twin.privacy.dp.dp_guard import DpColumnGuard
from twin.privacy.dp.plan import Need

LEVELS = "levels"


def needs(column: schema.Category | schema.Flag) -> tuple[Need, ...]:
    """The levels, unless they are public.

    Raises:
        SchemaError: If the dtype cannot hold levels, or levels are to be found below others.
    """
    dtype = parse_dtype(column.dtype)
    if dtype.holds in ("datetime", "empty", "decimal") or dtype.ticks or dtype.token.startswith("period["):
        raise SchemaError(
            f"column {column.name!r}: its dtype {column.dtype} cannot be learned as a {column.kind} under a "
            "budget; turn it into text first, or declare another kind"
        )
    if isinstance(column, schema.Flag) or _public(column, dtype) is not None:
        return ()
    if column.prefixes is not None:
        raise SchemaError(
            f"column {column.name!r}: under a budget beginnings of levels that are not declared cannot be "
            'found; declare levels=, with the beginnings among them, or choose rare="resample"'
        )
    return (Need(column.name, LEVELS, thresholded=True),)


def learn(column: schema.Category | schema.Flag, arrays: ColumnArrays, guard: DpColumnGuard) -> LearnedLevels:
    """Learn which levels may be told, and noisy weights of those found in the data.

    Args:
        column: Its declaration.
        arrays: The column as arrays, n rows.
        guard: The guard of this column under a budget: it charges, then answers with noise.
    """
    dtype = parse_dtype(column.dtype)
    declared = column if isinstance(column, schema.Category) else schema.Category(levels=(False, True))
    public = _public(column, dtype)
    if public is not None:
        names, weights = public, np.ones(len(public))
    else:
        names, weights = _found(declared, arrays, dtype, guard)
    textual = dtype.holds in ("text", "object") and dtype.texts
    visible = textual and (declared.rare == "token" or not names)
    if isinstance(column, schema.Flag):
        visible = False
    nullable = dtype.nullable
    pooled = bool(names) and not visible and dtype.holds != "boolean" and not isinstance(column, schema.Flag)
    levels: tuple[Level, ...] = (*names, token_level(names)) if visible else names
    size = max(1, len(levels) + nullable + pooled)
    shares = np.zeros(size)
    if weights.sum() > 0:
        shares[nullable : nullable + len(names)] = weights / weights.sum()
    keep = _normal(declared.keep, dtype)
    return LearnedLevels(
        name=str(column.name),
        type=_type(dtype, levels),
        levels=levels,
        weights=shares,
        ordered=isinstance(column, schema.Flag) or (public is not None and "+ordered" in column.dtype),
        nullable=nullable,
        pooled=pooled,
        token=len(names) + nullable if visible else None,
        hierarchy=hierarchy_of(column),
        shown=tuple(i + nullable for i, name in enumerate(names) if name in keep),
    )


def released(column: schema.Category | schema.Flag, learned: LearnedLevels) -> schema.Category | schema.Flag:
    """The declaration with the dtype in which the column comes back.

    Args:
        column: Its declaration.
        learned: What was learned of it.
    """
    dtype = parse_dtype(column.dtype)
    ordered = learned.ordered and "+ordered" in column.dtype
    return column.model_copy(update={"dtype": of_levels(dtype, learned.levels, ordered=ordered)})


def _public(column: schema.Category | schema.Flag, dtype: Dtype) -> tuple[Level, ...] | None:
    """Levels that schema or dtype tell: declared ones, all names of a mapping of parents, false and true."""
    if isinstance(column, schema.Flag) or dtype.holds == "boolean":
        return (False, True)
    if column.levels is not None:
        return _normal(column.levels, dtype)
    if column.parents is not None:
        names = {*column.parents, *column.parents.values(), *map(str, column.keep)}
        return tuple(sorted(names))
    return None


def _normal(levels: tuple[Level, ...], dtype: Dtype) -> tuple[Level, ...]:
    """Levels in the type that the dtype holds."""
    if dtype.holds == "integer":
        return tuple(dict.fromkeys(int(x) for x in levels if not isinstance(x, str)))
    if dtype.holds == "real":
        floats = tuple(dict.fromkeys(float(x) for x in levels if not isinstance(x, str)))
        return _whole(floats) if dtype.token == NUMBER else floats
    return levels


def _whole(levels: tuple[Level, ...]) -> tuple[Level, ...]:
    """Whole numbers as such, if all are."""
    fits = all(isinstance(x, float) and x.is_integer() and abs(x) < 2**53 for x in levels)
    return tuple(int(x) for x in levels) if fits else levels


def _found(
    column: schema.Category, arrays: ColumnArrays, dtype: Dtype, guard: DpColumnGuard
) -> tuple[tuple[Level, ...], Floats]:
    """Levels that may be told and those kept by override, in a public order, and their noisy counts."""
    selected = guard.levels(arrays.values.astype(np.int64), len(arrays.levels), fact=LEVELS)
    counts = dict.fromkeys(((type(x).__name__, x) for x in column.keep if level(x) is not None), 0)
    for index, count in zip(selected.places.tolist(), selected.counts.tolist(), strict=True):
        name = arrays.levels[index]
        counts[type(name).__name__, name] = count
    _, ordered = sorted_levels(np.empty(0, np.int64), list(counts))
    weights = np.array([counts[type(x).__name__, x] for x in ordered], np.float64)
    return (_whole(ordered) if dtype.token == NUMBER else ordered), weights


def _type(dtype: Dtype, levels: tuple[Level, ...]) -> Type:
    if dtype.holds == "boolean" or (levels and all(isinstance(x, bool) for x in levels)):
        return "boolean"
    return "string" if dtype.holds == "text" else "mixed"
