"""What a scenario does to values themselves: numbers and dates that are moved, levels that get a new name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.codes import FloatArray
from twin.columns.moment import LearnedMoment
from twin.columns.number import LearnedNumber
from twin.columns.schema import Moment, Name
from twin.columns.table import Columns
from twin.errors import InputError
from twin.models.base import Fitted, Given
from twin.sampling.tilting import mean_tilt, tail_tilt
from twin.scenario import Scenario, Shift, Unseen

_ROWS = 30_000
"""Rows of the twin that tell the shares of a column's codes."""


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
    for name in scenario.shift.keys() - follow.keys():
        _line(columns, name, "shift")
    lines = {("shift", name): _line(columns, name, "shift") for name in follow}
    lines |= {("stress", name): _line(columns, name, "stress") for name in scenario.stress}
    if not lines:
        return {}
    drawn = fitted.sample(_ROWS, rng=rng, given=given or None)
    out: dict[str, FloatArray] = {}
    for (argument, name), learned in lines.items():
        field = learned.fields[0]
        scores = _values(learned)
        shares = np.bincount(drawn.column(field.name), minlength=field.size) / _ROWS
        if argument == "stress":
            stress = scenario.stress[name]
            own = tail_tilt(scores, shares, times=stress.times, share=stress.share, side=stress.side)
        else:
            own = _moved(learned, name, follow[name], scores, shares)
        out[field.name] = out[field.name] * own if field.name in out else own
    return out


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


def _moved(
    learned: LearnedNumber | LearnedMoment, name: Name, shift: Shift, scores: FloatArray, shares: FloatArray
) -> FloatArray:
    """Weights that move the mean of a column."""
    known = np.isfinite(scores) & (shares > 0)
    mean = float((scores[known] * shares[known]).sum() / max(shares[known].sum(), 1e-300))
    if isinstance(learned, LearnedMoment):
        step = _span(name, shift) / pd.Timedelta(days=1)
    else:
        step = _number(name, shift)
    weights = mean_tilt(scores, shares, mean * (shift.times or 1.0) + step)
    if weights is None:
        raise InputError(
            f"shift[{name!r}]: so far the twin's values do not reach; move it less, "
            'or move each value by itself with others="stay"'
        )
    return weights


def _number(name: Name, shift: Shift) -> float:
    if shift.by is None:
        return 0.0
    if isinstance(shift.by, bool) or not isinstance(shift.by, int | float):
        raise InputError(f"shift[{name!r}]: by must be a number, since the column holds numbers")
    return float(shift.by)


def _span(name: Name, shift: Shift) -> pd.Timedelta:
    if shift.times is not None:
        raise InputError(f"shift[{name!r}]: dates cannot be multiplied; give by= alone")
    if isinstance(shift.by, str | dt.timedelta):
        try:
            return pd.Timedelta(shift.by)
        except ValueError:
            pass
    raise InputError(
        f'shift[{name!r}]: by must be a length of time such as "30D", since the column holds dates'
    )


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
        learned = columns.learned[columns.schema.names.index(name)]
        if isinstance(learned, LearnedMoment):
            frame[name] = _later(frame[name], _span(name, shift), columns.schema[name])
        else:
            assert isinstance(learned, LearnedNumber)
            frame[name] = _scaled(frame[name], name, shift, learned.grid.decimals)
    return frame


def _scaled(series: pd.Series[Any], name: Name, shift: Shift, decimals: int) -> pd.Series[Any]:
    """Numbers times a factor plus a number, as precise as the column is."""
    step, times = _number(name, shift), 1.0 if shift.times is None else shift.times
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        raise InputError(f"shift[{name!r}]: lengths of time cannot be moved by themselves; let others follow")

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
        whole = np.where(missing, 0.0, np.rint(out)).astype(np.int64)
        filled: pd.Series[Any] = pd.Series(whole, index=series.index).astype(series.dtype)
        return filled.mask(missing) if missing.any() else filled
    return pd.Series(out, index=series.index).astype(series.dtype)


def _later(series: pd.Series[Any], span: pd.Timedelta, column: object) -> pd.Series[Any]:
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
