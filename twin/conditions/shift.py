"""What a request does to values themselves: numbers and dates that are moved, levels that get a new name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from twin.arrays import Bools, Floats, Ints32
from twin.columns.given.amounts import amounts, measures
from twin.columns.given.asked import Asked
from twin.columns.kinds.datetime import LearnedDatetime
from twin.columns.kinds.number import LearnedNumber
from twin.columns.schema import Column, Datetime, Name
from twin.columns.table import Columns
from twin.conditions.request import Request, Shift, Unseen
from twin.errors import InputError, no_column
from twin.models.base import Fitted, Given
from twin.models.conditioning import effective_size

_ROWS = 30_000
"""Rows of the twin that tell the shares of a column's codes."""
_LEAST = 300
"""Rows that these should be worth under the weights."""


def tilts(
    columns: Columns, fitted: Fitted, request: Request, given: Given, rng: np.random.Generator
) -> dict[str, Floats]:
    """Weights per code of the fields whose mean is moved, or whose tails are stressed.

    Args:
        columns: The learned columns.
        fitted: The fitted model, of which rows are drawn.
        request: What is asked.
        given: What is asked of all rows.
        rng: Source of randomness.

    Raises:
        InputError: If a column is not there, is no number or date, or cannot be moved so far.
    """
    follow = {name: shift for name, shift in request.shift.items() if shift.others == "follow"}
    for name, shift in request.shift.items():
        _line(columns, name, "shift")
        _step(columns.schema[name], shift)
    lines = {name: _line(columns, name, "shift") for name in follow}
    lines |= {name: _line(columns, name, "stress") for name in request.stress}
    if not lines:
        return {}
    drawn = fitted.sample(_ROWS, rng=rng, given=given or None)
    codes = {name: drawn.column(learned.fields[0].name) for name, learned in lines.items()}
    scores = {name: _values(learned) for name, learned in lines.items()}
    shares = {name: np.bincount(codes[name], minlength=own.size) / _ROWS for name, own in scores.items()}
    out = {
        name: tail_tilt(scores[name], shares[name], factor=s.factor, share=s.share, side=s.side)
        for name, s in request.stress.items()
    }
    rows = np.ones(_ROWS)
    for name, own in out.items():
        rows *= own[codes[name]]
    targets = [
        _target(lines[name], columns.schema[name], shift, scores[name], shares[name])
        for name, shift in follow.items()
    ]
    moved = mean_tilts([scores[name] for name in follow], [codes[name] for name in follow], rows, targets)
    for name, own in zip(follow, moved or (), strict=False):
        rows *= own[codes[name]]
        out[name] = out[name] * own if name in out else own
    if moved is None or effective_size(rows) < _LEAST:
        names = ", ".join(f"{'shift' if name in follow else 'stress'}[{name!r}]" for name in lines)
        raise InputError(
            f"{names}: so far the twin's values do not reach, or too few rows do; move them less, "
            'or shift each value by itself with others="stay"'
        )
    return {lines[name].fields[0].name: own for name, own in out.items()}


def _line(columns: Columns, name: Name, argument: str) -> LearnedNumber | LearnedDatetime:
    """The learned number or date of a name."""
    if name not in columns.schema.names:
        raise no_column(argument, name, columns.schema.names)
    learned = columns.learned[columns.schema.names.index(name)]
    if not isinstance(learned, LearnedNumber | LearnedDatetime):
        raise InputError(
            f"{argument}[{name!r}]: the column is no number and no date; use balance= for its levels"
        )
    return learned


def _values(learned: LearnedNumber | LearnedDatetime) -> Floats:
    """The number, or the day, in the middle of each code; NaN where it has none; shape (size,)."""
    scores = np.asarray(learned.fields[0].scores, np.float64)
    if isinstance(learned, LearnedDatetime):
        return scores
    known = np.isfinite(scores)
    out = np.full(scores.size, np.nan)
    values = learned.grid.values(np.rint(scores[known]).astype(np.int64)).astype(np.float64)
    out[known] = np.where(np.isfinite(values), values / 10.0**learned.grid.scale, np.nan)
    return out


def _target(
    learned: LearnedNumber | LearnedDatetime,
    column: Column,
    shift: Shift,
    scores: Floats,
    shares: Floats,
) -> float:
    """The mean that a column should have."""
    known = np.isfinite(scores) & (shares > 0)
    mean = float((scores[known] * shares[known]).sum() / max(shares[known].sum(), 1e-300))
    factor, step = 1.0 if shift.factor is None else float(shift.factor), _step(column, shift)
    if not isinstance(step, pd.Timedelta):
        return mean * factor + step
    if isinstance(learned, LearnedDatetime):
        return mean + step / pd.Timedelta(days=1)
    asked = Asked(column=column, values=(step,), argument="shift")
    return mean * factor + float(amounts(asked, learned.grid)[0])


def _step(column: Column, shift: Shift) -> float | pd.Timedelta:
    """What is added to a column: a number, or a length of time where it holds dates or such lengths."""
    where, dates = f"shift[{column.name!r}]", isinstance(column, Datetime)
    what = "dates" if dates else measures(column.dtype)
    if what in ("times of day", "periods"):
        raise InputError(f"{where}: {what} cannot be moved; use balance= with ranges")
    if dates and shift.factor is not None:
        raise InputError(f"{where}: dates cannot be multiplied; give by= alone")
    if what == "numbers":
        if not isinstance(shift.by, Real | None):
            raise InputError(f"{where}: by must be a number, since the column holds numbers")
        return 0.0 if shift.by is None else float(shift.by)
    if isinstance(shift.by, str | dt.timedelta | None):
        try:
            return pd.Timedelta(0) if shift.by is None else pd.Timedelta(shift.by)
        except (ValueError, OverflowError):
            pass
    raise InputError(f'{where}: by must be a length of time such as "30D", since the column holds {what}')


def shift_values(frame: pd.DataFrame, columns: Columns, shifts: Mapping[Name, Shift]) -> pd.DataFrame:
    """Move each value of some columns by itself; their dtypes stay.

    Args:
        frame: Rows.
        columns: The learned columns.
        shifts: What is moved; those whose other columns follow are left to the model.
    """
    alone = {name: shift for name, shift in shifts.items() if shift.others == "stay"}
    if not alone:
        return frame
    frame = frame.copy(deep=False)
    for name, shift in alone.items():
        learned, column = columns.learned[columns.schema.names.index(name)], columns.schema[name]
        factor, step = 1.0 if shift.factor is None else float(shift.factor), _step(column, shift)
        try:
            if isinstance(learned, LearnedDatetime):
                assert isinstance(step, pd.Timedelta)
                frame[name] = _later(frame[name], step, column)
            elif isinstance(step, pd.Timedelta):
                spans = pd.to_timedelta(frame[name].astype(object)) * factor + step
                frame[name] = spans.astype(frame[name].dtype)
            else:
                assert isinstance(learned, LearnedNumber)
                frame[name] = _scaled(frame[name], factor, step, learned.grid.decimals)
        except (OverflowError, pd.errors.OutOfBoundsDatetime):
            raise InputError(f"shift[{name!r}]: so far its dtype does not reach; move it less") from None
    return frame


def _scaled(series: pd.Series[Any], factor: float, step: float, decimals: int) -> pd.Series[Any]:
    """Numbers times a factor plus a number, as precise as the column is."""

    def move(value: Any) -> Any:
        if isinstance(value, Decimal):
            return (value * Decimal(str(factor)) + Decimal(str(step))).quantize(value)
        return type(value)(round(value * factor + step, decimals))

    if series.dtype == object or "decimal" in str(series.dtype):
        moved = [value if pd.isna(value) else move(value) for value in series]
        return pd.Series(moved, index=series.index, dtype=series.dtype)
    plain = series.to_numpy(dtype=np.float64, na_value=np.nan) * factor + step
    out = np.round(plain, decimals)
    if pd.api.types.is_integer_dtype(series.dtype):
        missing = series.isna().to_numpy()
        kind = getattr(series.dtype, "subtype", getattr(series.dtype, "numpy_dtype", series.dtype))
        limits = np.iinfo(kind)
        if not ((out >= float(limits.min)) & (out < float(limits.max) + 1.0) | missing).all():
            raise OverflowError
        whole = np.where(missing, 0.0, np.rint(out)).astype(np.int64)
        filled: pd.Series[Any] = pd.Series(whole, index=series.index).astype(series.dtype)
        return filled.mask(missing) if missing.any() else filled
    return pd.Series(out, index=series.index).astype(series.dtype)


def _later(series: pd.Series[Any], span: pd.Timedelta, column: Column) -> pd.Series[Any]:
    """Dates and times moved, text written as before."""
    if isinstance(column, Datetime) and column.format is not None:
        stamps = pd.to_datetime(series, format=column.format, errors="coerce") + span
        return stamps.dt.strftime(column.format).astype(series.dtype)
    if series.dtype == object:
        moved = [value if pd.isna(value) else value + span.to_pytimedelta() for value in series]
        return pd.Series(moved, index=series.index, dtype=object)
    return (series + span).astype(series.dtype)


def relabel(frame: pd.DataFrame, unseen: Unseen, rows: Bools) -> pd.DataFrame:
    """Give some rows a level that the twin does not have.

    Args:
        frame: Rows.
        unseen: The level and its column.
        rows: Which rows get it, shape (n,).
    """
    series = frame[unseen.column]
    if isinstance(series.dtype, pd.CategoricalDtype) and unseen.level not in series.cat.categories:
        series = series.cat.add_categories([unseen.level])
    frame = frame.copy(deep=False)
    try:
        frame[unseen.column] = series.mask(rows, unseen.level)
    except (TypeError, ValueError):
        raise InputError(
            f"unseen[{unseen.column!r}]: the level is of another type than the column's"
        ) from None
    return frame


_FURTHEST = 60.0
"""Largest exponent of a tilt."""
_ROUNDS, _NEAR = 200, 1e-3


def mean_tilt(scores: Floats, shares: Floats, target: float) -> Floats | None:
    """Weights per code under which the mean score is the target, as close to even as can be.

    Args:
        scores: Score of each code, NaN where it has none (a missing cell, whose share stays), shape (size,).
        shares: Share of rows of each code, shape (size,).
        target: The mean that is wanted.

    Returns:
        Weights, shape (size,); None where no weights reach the target.

    Source:
        Exponential tilting; Csiszár 1975.

    Example:
        >>> mean_tilt(np.array([0.0, 1.0]), np.array([0.5, 0.5]), 0.75).round(2).tolist()
        [0.5, 1.5]
    """
    known = np.isfinite(scores) & (shares > 0)
    x, p = scores[known], shares[known]
    if not x.size or not x.min() <= target <= x.max():
        return None
    width = max(float(x.max() - x.min()), 1e-300)
    z = (x - target) / width

    def pull(slope: float) -> Floats:
        weights: Floats = np.exp(slope * z - (slope * z).max())
        return weights

    low, high = -1.0, 1.0
    while (p * pull(low) * z).sum() > 0 and low > -_FURTHEST * 64:
        low *= 2
    while (p * pull(high) * z).sum() < 0 and high < _FURTHEST * 64:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if (p * pull(middle) * z).sum() < 0 else (low, middle)
    slope = (low + high) / 2
    scale = p.sum() / (p * pull(slope)).sum()
    out = np.ones(scores.size)
    held = np.isfinite(scores)
    exponent = slope * (scores[held] - target) / width - (slope * z).max()
    out[held] = scale * np.exp(np.minimum(exponent, _FURTHEST))
    return out


def mean_tilts(
    scores: Sequence[Floats], codes: Sequence[Ints32], weights: Floats, targets: Sequence[float]
) -> list[Floats] | None:
    """Weights per code of several fields under which each mean score is its target.

    Columns that go together move each other, so each is tilted in turn as the others stand.

    Args:
        scores: For each field the score of each code, see `mean_tilt`.
        codes: For each field the codes of some rows, shape (n,).
        weights: What these rows weigh beforehand, shape (n,).
        targets: The means that are wanted.

    Returns:
        Weights of each field, shape (size,); None where they do not reach all targets.

    Source:
        Iterative scaling, as in `twin.sampling.margins`.

    Example:
        >>> scores, codes = [np.array([0.0, 1.0])] * 2, [np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])]
        >>> [w.round(2).tolist() for w in mean_tilts(scores, codes, np.ones(4), [0.75, 0.5])]
        [[0.5, 1.5], [1.0, 1.0]]
    """
    found = [np.ones(own.size) for own in scores]
    for _ in range(_ROUNDS):
        furthest = 0.0
        for i, (own, at, target) in enumerate(zip(scores, codes, targets, strict=True)):
            rows = weights.copy()
            for j, other in enumerate(found):
                rows *= other[codes[j]] if j != i else 1.0
            shares = np.bincount(at, rows, minlength=own.size) / rows.sum()
            tilt = mean_tilt(own, shares, target)
            if tilt is None:
                return None
            furthest = max(furthest, float(np.abs(shares * (tilt - found[i])).sum()))
            found[i] = tilt
        if furthest < _NEAR or len(found) == 1:
            return found
    return None


def tail_tilt(
    scores: Floats,
    shares: Floats,
    *,
    factor: float,
    share: float,
    side: Literal["both", "low", "high"] = "both",
) -> Floats:
    """Weights per code under which tails come up `factor` times as often as the middle does.

    Args:
        scores: Score of each code, NaN where it has none, shape (size,).
        shares: Share of rows of each code, shape (size,).
        factor: How many times as often, > 0.
        share: Share of the rows that a tail is, in (0, 0.5).
        side: Which tail.

    Returns:
        Weights, shape (size,); a code that lies partly in a tail weighs between.

    Example:
        >>> tail_tilt(np.arange(4.0), np.full(4, 0.25), factor=3, share=0.25, side="high").tolist()
        [1.0, 1.0, 1.0, 3.0]
    """
    known = np.flatnonzero(np.isfinite(scores))
    order = known[np.argsort(scores[known], kind="stable")]
    p = shares[order] / max(float(shares[order].sum()), 1e-300)
    above = np.cumsum(p)
    below = above - p
    inside = np.zeros(order.size)
    if side in ("both", "low"):
        inside += np.clip(share - below, 0.0, p)
    if side in ("both", "high"):
        inside += np.clip(above - (1.0 - share), 0.0, p)
    out = np.ones(scores.size)
    out[order] += (factor - 1.0) * np.where(p > 0, np.round(inside / np.where(p > 0, p, 1.0), 12), 0.0)
    return out
