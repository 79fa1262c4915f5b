"""Conditions as plain JSON and back: values, ranges, sets, missing cells, dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from twin.codes import Json
from twin.columns.asked import is_missing
from twin.errors import InputError

_READ: dict[str, Callable[[Any], object]] = {
    "range": lambda parts: tuple(from_plain(part) for part in parts),
    "set": lambda parts: frozenset(from_plain(part) for part in parts),
    "map": lambda pairs: {from_plain(key): from_plain(value) for key, value in pairs},
    "rest": lambda _: ...,
    "moment": pd.Timestamp,
    "day": dt.date.fromisoformat,
    "clock": dt.time.fromisoformat,
    "span": pd.Timedelta,
    "period": lambda told: pd.Period(told[0], freq=told[1]),
    "decimal": Decimal,
}


def to_plain(value: Any) -> Json:
    """A condition, or a mapping of conditions, as JSON.

    Raises:
        InputError: If it holds an object that is no condition.

    Example:
        >>> to_plain({"age": (18, None), "sex": ["F", None]})
        {'map': [['age', {'range': [18, None]}], ['sex', ['F', None]]]}
    """
    if value is ...:
        return {"rest": True}
    if is_missing(value):
        return None
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64 | np.timedelta64):
        value = value.item()
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {"map": [[to_plain(key), to_plain(part)] for key, part in value.items()]}
    if isinstance(value, tuple):
        return {"range": [to_plain(part) for part in value]}
    if isinstance(value, set | frozenset):
        return {"set": [to_plain(part) for part in sorted(value, key=repr)]}
    told = _scalar(value)
    if told is not None:
        return told
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [to_plain(part) for part in value]
    raise InputError(f"scenario: a {type(value).__name__} is no condition that can be saved")


def _scalar(value: Any) -> Json:
    """A single value that JSON has no word for."""
    if isinstance(value, dt.datetime | np.datetime64):
        return {"moment": pd.Timestamp(value).isoformat()}
    if isinstance(value, dt.date):
        return {"day": value.isoformat()}
    if isinstance(value, dt.time):
        return {"clock": value.isoformat()}
    if isinstance(value, dt.timedelta | np.timedelta64):
        return {"span": pd.Timedelta(value).isoformat()}
    if isinstance(value, pd.Period):
        return {"period": [str(value), value.freqstr]}
    return {"decimal": str(value)} if isinstance(value, Decimal) else None


def from_plain(told: Json) -> Any:
    """What `to_plain` wrote.

    Example:
        >>> from_plain(to_plain({"age": (18, None), "sex": frozenset(["F"]), "born": dt.date(2000, 1, 2)}))
        {'age': (18, None), 'sex': frozenset({'F'}), 'born': datetime.date(2000, 1, 2)}
    """
    if isinstance(told, list):
        return [from_plain(part) for part in told]
    if isinstance(told, dict):
        ((kind, part),) = told.items()
        return _READ[kind](part)
    return told
