"""What a scenario does to values themselves: numbers and dates that are moved, levels that get a new name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.codes import FloatArray
from twin.columns.amounts import amounts, measures
from twin.columns.asked import Asked
from twin.columns.moment import LearnedMoment
from twin.columns.number import LearnedNumber
from twin.columns.schema import AnyColumn, Moment, Name
from twin.columns.table import Columns
from twin.errors import InputError
from twin.models.base import Fitted, Given
from twin.models.importance import effective_size
from twin.sampling.tilting import mean_tilts, tail_tilt
from twin.scenario import Scenario, Shift, Unseen

_ROWS = 30_000
"""Rows of the twin that tell the shares of a column's codes."""
_LEAST = 300
"""Rows that these should be worth under the weights."""


def tilts(
    columns: Columns, fitted: Fitted, scenario: Scenario, given: Given, rng: np.random.Generator
) -> dict[str, FloatArray]:
    """Weights per code of the fields whose mean is moved, or whose tails are stressed.

    Args:
        columns: The learned columns.
        fitted: The fitted model, of which rows are drawn.
        scenario: What is asked.
        given: What is asked of all rows.
        rng: Source of randomness.

    Raises:
        InputError: If a column is not there, is no number or date, or cannot be moved so far.
    """
    follow = {name: shift for name, shift in scenario.shift.items() if shift.others == "follow"}
    for name, shift in scenario.shift.items():
        _line(columns, name, "shift")
        _step(columns.schema[name], shift)
    lines = {name: _line(columns, name, "shift") for name in follow}
    lines |= {name: _line(columns, name, "stress") for name in scenario.stress}
    if not lines:
        return {}
    drawn = fitted.sample(_ROWS, rng=rng, given=given or None)
    codes = {name: drawn.column(learned.fields[0].name) for name, learned in lines.items()}
    scores = {name: _values(learned) for name, learned in lines.items()}
    shares = {name: np.bincount(codes[name], minlength=own.size) / _ROWS for name, own in scores.items()}
    out = {
        name: tail_tilt(scores[name], shares[name], times=s.times, share=s.share, side=s.side)
        for name, s in scenario.stress.items()
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


def _line(columns: Columns, name: Name, argument: str) -> LearnedNumber | LearnedMoment:
    """The learned number or date of a name."""
    if name not in columns.schema.names:
        raise InputError(f"{argument}: there is no column {name!r}; see t.schema.names")
    learned = columns.learned[columns.schema.names.index(name)]
    if not isinstance(learned, LearnedNumber | LearnedMoment):
        raise InputError(
            f"{argument}[{name!r}]: the column is no number and no date; use balance= for its levels"
        )
    return learned


def _values(learned: LearnedNumber | LearnedMoment) -> FloatArray:
    """The number, or the day, in the middle of each code; NaN where it has none; shape (size,)."""
    scores = np.asarray(learned.fields[0].scores, np.float64)
    if isinstance(learned, LearnedMoment):
        return scores
    known = np.isfinite(scores)
    out = np.full(scores.size, np.nan)
    values = learned.grid.values(np.rint(scores[known]).astype(np.int64)).astype(np.float64)
    out[known] = np.where(np.isfinite(values), values / 10.0**learned.grid.scale, np.nan)
    return out


def _target(
    learned: LearnedNumber | LearnedMoment,
    column: AnyColumn,
    shift: Shift,
    scores: FloatArray,
    shares: FloatArray,
) -> float:
    """The mean that a column should have."""
    known = np.isfinite(scores) & (shares > 0)
    mean = float((scores[known] * shares[known]).sum() / max(shares[known].sum(), 1e-300))
    times, step = 1.0 if shift.times is None else float(shift.times), _step(column, shift)
    if not isinstance(step, pd.Timedelta):
        return mean * times + step
    if isinstance(learned, LearnedMoment):
        return mean + step / pd.Timedelta(days=1)
    asked = Asked(column=column, values=(step,), argument="shift")
    return mean * times + float(amounts(asked, learned.grid)[0])


def _step(column: AnyColumn, shift: Shift) -> float | pd.Timedelta:
    """What is added to a column: a number, or a length of time where it holds dates or such lengths."""
    where, dates = f"shift[{column.name!r}]", isinstance(column, Moment)
    what = "dates" if dates else measures(column.dtype)
    if what in ("times of day", "periods"):
        raise InputError(f"{where}: {what} cannot be moved; use balance= with ranges")
    if dates and shift.times is not None:
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
        times, step = 1.0 if shift.times is None else float(shift.times), _step(column, shift)
        try:
            if isinstance(learned, LearnedMoment):
                assert isinstance(step, pd.Timedelta)
                frame[name] = _later(frame[name], step, column)
            elif isinstance(step, pd.Timedelta):
                spans = pd.to_timedelta(frame[name].astype(object)) * times + step
                frame[name] = spans.astype(frame[name].dtype)
            else:
                assert isinstance(learned, LearnedNumber)
                frame[name] = _scaled(frame[name], times, step, learned.grid.decimals)
        except (OverflowError, pd.errors.OutOfBoundsDatetime):
            raise InputError(f"shift[{name!r}]: so far its dtype does not reach; move it less") from None
    return frame


def _scaled(series: pd.Series[Any], times: float, step: float, decimals: int) -> pd.Series[Any]:
    """Numbers times a factor plus a number, as precise as the column is."""

    def move(value: Any) -> Any:
        if isinstance(value, Decimal):
            return (value * Decimal(str(times)) + Decimal(str(step))).quantize(value)
        return type(value)(round(value * times + step, decimals))

    if series.dtype == object or "decimal" in str(series.dtype):
        moved = [value if pd.isna(value) else move(value) for value in series]
        return pd.Series(moved, index=series.index, dtype=series.dtype)
    plain = series.to_numpy(dtype=np.float64, na_value=np.nan) * times + step
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


def _later(series: pd.Series[Any], span: pd.Timedelta, column: AnyColumn) -> pd.Series[Any]:
    """Dates and times moved, text written as before."""
    if isinstance(column, Moment) and column.format is not None:
        stamps = pd.to_datetime(series, format=column.format, errors="coerce") + span
        return stamps.dt.strftime(column.format).astype(series.dtype)
    if series.dtype == object:
        moved = [value if pd.isna(value) else value + span.to_pytimedelta() for value in series]
        return pd.Series(moved, index=series.index, dtype=object)
    return (series + span).astype(series.dtype)


def relabel(frame: pd.DataFrame, unseen: Unseen, rows: NDArray[np.bool_]) -> pd.DataFrame:
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
