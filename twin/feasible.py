"""Conditions that cannot be had are refused before a row is drawn, with the nearest that can be."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from twin.codes import Codes, FloatArray
from twin.columns.asked import is_missing
from twin.columns.base import Draw
from twin.columns.category import Levels
from twin.columns.conditions import Conditions, compile_conditions
from twin.columns.schema import Name
from twin.columns.table import Columns
from twin.errors import ConditionError, TwinWarning
from twin.models.base import Fitted
from twin.sampling.support import nearest, support

LEAST = 30
"""Rows under a condition are refused where they are worth fewer independent ones than this."""
_FEWEST = 1.0
"""So many rows of a table as large as the source must meet a condition: else rows would show what smoothing
leaves where the twin learned nothing."""
_THIN = 0.1
"""Rows that are worth less than this share of their number are warned of."""
_NAMED = 3
_ROWS = 2_000


def compile_or_suggest(
    columns: Columns, given: Mapping[Name, Any], fitted: Fitted, rng: Generator
) -> Conditions:
    """Conditions compiled; where one column never holds what is asked, an error with what it does hold.

    Args:
        columns: The learned columns.
        given: The conditions.
        fitted: The fitted model, of which rows are drawn to see what a column holds.
        rng: Source of randomness.

    Raises:
        ConditionError: If a column never holds what is asked.
        InputError: If a column is not there, or takes no such condition.
    """
    try:
        return compile_conditions(columns, given)
    except ConditionError as error:
        for name, asked in given.items():
            try:
                compile_conditions(columns, {name: asked})
            except ConditionError:
                held = _held(columns, name, asked, fitted, rng)
                raise ConditionError(
                    str(error), None if held is None else {**dict(given), name: held}
                ) from None
        raise


def check_support(
    columns: Columns,
    fitted: Fitted,
    given: Mapping[Name, Any],
    weights: Mapping[str, FloatArray],
    *,
    n: int,
    least: int,
    source: int,
    rng: Generator,
) -> float:
    """How many independent rows the wanted ones are worth, if that is enough.

    Args:
        columns: The learned columns.
        fitted: The fitted model.
        given: The conditions, as the user gave them.
        weights: The same as weights per code by field.
        n: Rows that are wanted.
        least: Fewest independent rows that they must be worth, ≥ 0; so many or n, whichever is less. 0
            refuses only what is never drawn.
        source: Rows of the source.
        rng: Source of randomness.

    Raises:
        ConditionError: If they are worth fewer.
    """
    if not weights or not n:
        return float(n)
    found = support(fitted, weights, n, rng)
    hardly = least > 0 and len(given) > 1 and _share(columns, fitted, given, weights, rng) * source < _FEWEST
    if not found.share or hardly or found.effective < min(n, least):
        names = ", ".join(repr(name) for name in given)
        why = f"given: the twin never draws what is asked of {names} together; ask for a wider condition"
        if found.share and hardly:
            why = (
                f"given: in as many rows as the source had, the twin draws less than one that meets what is "
                f"asked of {names}; ask for a wider condition, or take what there is with least=0"
            )
        elif found.share:
            why = (
                f"given: rows that meet what is asked of {names} are worth only about {found.effective:.0f} "
                "independent ones; ask for a wider condition, or take them with a lower least="
            )
        raise ConditionError(
            why,
            _instead(columns, fitted, given, weights, rng),
        )
    if found.effective < _THIN * n:
        warnings.warn(
            f"given: these {n:,} rows are worth about {found.effective:,.0f} independent ones, since the "
            "twin seldom draws what is asked; a wider condition, or fewer rows, say as much",
            TwinWarning,
            stacklevel=6,
        )
    return found.effective


def _share(
    columns: Columns,
    fitted: Fitted,
    given: Mapping[Name, Any],
    weights: Mapping[str, FloatArray],
    rng: Generator,
) -> float:
    """Share of the twin in cells that meet all conditions: of a number that of a value, of a time its day."""
    fields = [columns.fields_of(name)[0].name for name in given]
    whole = {field: (weights[field] > 0).astype(np.float64) for field in fields if field in weights}
    return support(fitted, whole, 1, rng).share


def _instead(
    columns: Columns,
    fitted: Fitted,
    given: Mapping[Name, Any],
    weights: Mapping[str, FloatArray],
    rng: Generator,
) -> dict[Name, Any] | None:
    """The conditions with the one that stands in the way replaced by the nearest that can be had."""
    found = nearest(fitted, weights, rng)
    if found is None:
        return None
    at = 0
    for name, learned in zip(columns.schema.names, columns.learned, strict=True):
        fields = [field.name for field in learned.fields]
        if found.field in fields and name in given:
            codes = np.zeros((_ROWS, len(columns.domain)), np.int32)
            some = np.flatnonzero(found.weights)
            codes[:, at + fields.index(found.field)] = some[np.arange(_ROWS) % some.size]
            cells = _decoded(columns, Codes(columns.domain, codes), name, rng)
            return {**dict(given), name: _told(cells, exact=isinstance(learned, Levels))}
        at += len(fields)
    return None


def _held(columns: Columns, name: Name, asked: Any, fitted: Fitted, rng: Generator) -> object | None:
    """What a column holds that is near to what is asked: close levels, the commonest, or the range."""
    learned = columns.learned[columns.schema.names.index(name)]
    if isinstance(learned, Levels) and isinstance(asked, str):
        by_text = {str(level): level for level in learned.levels}
        alike = difflib.get_close_matches(asked, by_text, n=_NAMED)
        if alike:
            return [by_text[text] for text in alike]
    cells = _decoded(columns, fitted.sample(_ROWS, rng=rng), name, rng)
    return _told(cells, exact=isinstance(learned, Levels)) if len(cells.dropna()) else None


def _decoded(columns: Columns, codes: Codes, name: Name, rng: Generator) -> pd.Series[Any]:
    cells: pd.Series[Any] = columns.decode(codes, Draw(rng=rng, seed=0))[name]
    return cells


def _told(cells: pd.Series[Any], *, exact: bool) -> object:
    """Cells as a condition: the commonest levels, or the range that they lie in."""
    here = cells.dropna()
    if exact:
        common = here.value_counts().index[:_NAMED].tolist()
        return common if len(common) > 1 else common[0] if common else None
    low, high = (end.item() if isinstance(end, np.generic) else end for end in (here.min(), here.max()))
    return low if not is_missing(low) and low == high else (low, high)
