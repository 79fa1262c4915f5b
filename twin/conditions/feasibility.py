"""Conditions that cannot be had are refused before a row is drawn, with the nearest that can be."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from twin.arrays import Bools, Floats, Ints
from twin.codes import Codes, Field
from twin.columns.base import DecodeContext
from twin.columns.given.asked import is_missing
from twin.columns.given.compile import Conditions, compile_conditions
from twin.columns.kinds.category import LearnedLevels
from twin.columns.schema import Name
from twin.columns.table import Columns
from twin.errors import ConditionError, InputError, TwinWarning
from twin.models.base import Fitted, Wrapping
from twin.models.conditioning import Shares, affordable, candidates, check_given
from twin.models.wrappers.dependencies import FittedDependent

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
    weights: Mapping[str, Floats],
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
                f"asked of {names}; ask for a wider condition, or take what there is with "
                "twin.Request(min_effective_rows=0)"
            )
        elif found.share:
            why = (
                f"given: rows that meet what is asked of {names} are worth only about {found.effective:.0f} "
                "independent ones; ask for a wider condition, or take them with a lower "
                "twin.Request(min_effective_rows=...)"
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
    weights: Mapping[str, Floats],
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
    weights: Mapping[str, Floats],
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
            return {**dict(given), name: _told(cells, exact=isinstance(learned, LearnedLevels))}
        at += len(fields)
    return None


def _held(columns: Columns, name: Name, asked: Any, fitted: Fitted, rng: Generator) -> object | None:
    """What a column holds that is near to what is asked: close levels, the commonest, or the range."""
    learned = columns.learned[columns.schema.names.index(name)]
    if isinstance(learned, LearnedLevels) and isinstance(asked, str):
        by_text = {str(level): level for level in learned.levels}
        alike = difflib.get_close_matches(asked, by_text, n=_NAMED)
        if alike:
            return [by_text[text] for text in alike]
    cells = _decoded(columns, fitted.sample(_ROWS, rng=rng), name, rng)
    return _told(cells, exact=isinstance(learned, LearnedLevels)) if len(cells.dropna()) else None


def _decoded(columns: Columns, codes: Codes, name: Name, rng: Generator) -> pd.Series[Any]:
    cells: pd.Series[Any] = columns.decode(codes, DecodeContext(rng=rng, seed=0))[name]
    return cells


def _told(cells: pd.Series[Any], *, exact: bool) -> object:
    """Cells as a condition: the commonest levels, or the range that they lie in."""
    here = cells.dropna()
    if exact:
        common = here.value_counts().index[:_NAMED].tolist()
        return common if len(common) > 1 else common[0] if common else None
    low, high = (end.item() if isinstance(end, np.generic) else end for end in (here.min(), here.max()))
    return low if not is_missing(low) and low == high else (low, high)


_PILOT = 8_192
_TRIAL = 2_000
_SEEN = 5


@dataclass(frozen=True, kw_only=True)
class Support:
    """What a condition is worth.

    Args:
        share: Mass of the twin's law times the weights, ≥ 0: for weights of 0 and 1 the share of its rows
            that meet the condition. Told by tables, or estimated from begun rows.
        effective: How many independent rows the wanted ones are worth (Kish); 0 where none can be had.
        exact: Whether rows follow the conditional law exactly, so that each is worth one.
    """

    share: float
    effective: float
    exact: bool


@dataclass(frozen=True, kw_only=True)
class NearestCondition:
    """What could be asked in place of a condition that cannot be met.

    Args:
        field: Name of the field whose condition stands in the way.
        weights: Nearest codes to those asked that can be had beside the other conditions: 1 for each, else 0,
            shape (size,).
    """

    field: str
    weights: Floats


def support(fitted: Fitted, weights: Mapping[str, Floats], n: int, rng: Generator) -> Support:
    """What rows under a condition are worth, before they are drawn.

    Args:
        fitted: A fitted model, in any number of wrappings.
        weights: Weights per code by field, shape (size,) each, for all rows alike.
        n: Rows that are wanted, ≥ 0.
        rng: Source of randomness, for models that can only try.

    Returns:
        Share, worth, and whether the rows are exact; raking and the gate, which come after, are not in it.

    Raises:
        InputError: If a field is unknown or its weights do not fit.

    Source:
        Kish, Survey Sampling, 1965; of Σ (w / Σ w)², over candidates as they would be begun.

    Example:
        >>> from twin.codes import Domain
        >>> from twin.models.independent import FittedIndependent
        >>> fitted = FittedIndependent(Domain((Field(name="a", size=2),)), (np.array([3, 1]),))
        >>> support(fitted, {"a": np.array([0.0, 1.0])}, 100, np.random.default_rng(0))
        Support(share=0.25, effective=100.0, exact=True)
    """
    if any(not w.any() for w in weights.values()):
        return Support(share=0.0, effective=0.0, exact=True)
    asked = weights
    check_given(fitted.domain, asked, n)
    while isinstance(fitted, Wrapping):
        if isinstance(fitted, FittedDependent):
            try:
                inside = fitted.conditions(n, asked)
            except InputError:  # codes that are never drawn
                return Support(share=0.0, effective=0.0, exact=True)
            asked = {fitted.domain.names[j]: w for j, w in inside.items()}
        fitted = fitted.inner
    within = check_given(fitted.domain, asked, n)
    if isinstance(fitted, Shares):
        share = fitted.share(within)
        return Support(share=share, effective=float(n) if share else 0.0, exact=True)
    if not within:
        return Support(share=1.0, effective=float(n), exact=True)
    begun = candidates(fitted, _PILOT, within, rng)
    share = float(np.cumsum(begun.importance)[-1]) / _PILOT
    worth = begun.worth / _PILOT if share else 0.0
    return Support(share=share, effective=min(float(n), worth * affordable(n)), exact=False)


def nearest(fitted: Fitted, weights: Mapping[str, Floats], rng: Generator) -> NearestCondition | None:
    """What could be asked instead, where a condition on several fields is worth too little.

    The field is given up that leaves most support to the others. Under these, codes of the field are drawn:
    of an ordered field the one nearest to those asked is told, of others the commonest.

    Args:
        fitted: A fitted model, in any number of wrappings.
        weights: Weights per code by field, shape (size,) each.
        rng: Source of randomness.

    Returns:
        The field and its codes, or None where giving up one condition is not enough.

    Example:
        >>> from twin.codes import Domain
        >>> from twin.models.independent import FittedIndependent
        >>> domain = Domain((Field(name="a", size=4, ordered=True),))
        >>> fitted = FittedIndependent(domain, (np.array([3, 1, 0, 0]),))
        >>> nearest(fitted, {"a": np.array([0.0, 0, 0, 1])}, np.random.default_rng(0)).weights.tolist()
        [0.0, 1.0, 0.0, 0.0]
    """
    best: tuple[float, float, str] | None = None
    for name in weights:
        found = support(fitted, _without(weights, name), _TRIAL, rng)
        if found.effective and (best is None or (found.effective, found.share) > best[:2]):
            best = found.effective, found.share, name
    if best is None:
        return None
    name = best[2]
    drawn = fitted.sample(_TRIAL, rng=rng, given=_without(weights, name) or None).column(name)
    field = fitted.domain[name]
    seen = np.bincount(drawn, minlength=field.size)
    told = _near(field, weights[name] > 0, seen) if field.ordered else _common(weights[name] > 0, seen)
    return NearestCondition(field=name, weights=told) if told.any() else None


def _without(weights: Mapping[str, Floats], name: str) -> dict[str, Floats]:
    return {f: w for f, w in weights.items() if f != name}


def _common(asked: Bools, seen: Ints) -> Floats:
    """The codes that are drawn most often, of those asked if any of them is."""
    able = np.where(asked, seen, 0) if (seen[asked] >= _SEEN).any() else seen
    first = np.argsort(-able, kind="stable")[:_NAMED]
    out = np.zeros(seen.size)
    out[first[able[first] >= _SEEN]] = 1.0
    return out


def _near(field: Field, asked: Bools, seen: Ints) -> Floats:
    """The code nearest to those asked, of those that are drawn often enough; missing is no code there."""
    place = np.arange(field.size, dtype=np.float64) if field.scores is None else field.scores.copy()
    place[: int(field.nullable)] = np.nan
    there = (seen >= _SEEN) & np.isfinite(place)
    wanted = place[asked & np.isfinite(place)]
    if not wanted.size or not there.any():  # a missing cell is asked for, or nothing else is drawn
        return _common(asked, seen)
    gap = np.where(there, np.abs(place[:, None] - wanted[None, :]).min(axis=1), np.inf)
    out = np.zeros(field.size)
    out[np.argmin(gap)] = 1.0
    return out
