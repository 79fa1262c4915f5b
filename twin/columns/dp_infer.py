"""A schema without a look at any value: kinds from names and dtypes alone, or from a public table.

What a full inference tells (few distinct values, all of them dates) may hang on one person's cell. Here it is
asked of nothing but the names and dtypes of the table, and of a public table where there is one.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from twin.columns.arrays.dp_reading import read_dp
from twin.columns.arrays.dtypes import CATEGORY, NUMBER, OBJECT, Dtype, family, parse_dtype
from twin.columns.arrays.reading import PER_DAY, read
from twin.columns.base import IDENTIFIER
from twin.columns.pii.detect.words import hint_of
from twin.columns.pii.generate.registry import NUMERIC
from twin.columns.schema import (
    Category,
    Column,
    Datetime,
    DirectIdentifier,
    Flag,
    Key,
    Name,
    Number,
    Schema,
    Text,
)
from twin.columns.table import infer_schema
from twin.errors import InputError, SchemaError
from twin.privacy.dp.dp_quantiles import DIGITS, FINEST, digits

_LONG_TEXT = re.compile(
    r"(^|[_\W])(notes?|comments?|remarks?|description|narrative|free_?text|message|feedback|review|"
    r"bemerkung(en)?|kommentare?|notiz(en)?|freitext|beschreibung)$",
    re.IGNORECASE,
)
_BY_NAME = ("username", "coordinates")  # a name alone does not tell that these are in a column
_MANY = 10_000  # public levels beyond these are learned as text that rarely repeats


def infer_dp(
    frame: pd.DataFrame,
    *,
    library: Any = "pandas",
    index: int = 0,
    subject: Name | None = None,
    public: pd.DataFrame | None = None,
) -> Schema:
    """The schema of a table from its names and dtypes; no value is looked at.

    Args:
        frame: The table, its index levels first among its columns.
        library: Frame library that it came in.
        index: How many of the first columns form the row index.
        subject: Name of the column that names the person, or None.
        public: A table without secrets that has columns of the same names, such as an older release: kinds,
            levels, bounds and precision of these are taken from it.

    Returns:
        The schema. Dtypes that pandas turns into each other where a cell is missing have one name in it.

    Raises:
        InputError: If the table has no column, or two of the same name.
        SchemaError: If a name is no text or number, or a dtype cannot be learned.

    Example:
        >>> print(infer_dp(pd.DataFrame({"age": [37.0], "smoker": [True]})))
        age     number    number           numbers, by its dtype
        smoker  category  object           flags or values of several types, by its dtype
    """
    if not len(frame.columns):
        raise InputError("table: it has no columns; give at least one")
    if not frame.columns.is_unique:
        raise InputError("table: column names must be unique; rename the ones that repeat")
    declared = {} if public is None else _public(public, set(frame.columns), subject)
    columns: list[Column] = []
    for position, name in enumerate(frame.columns):
        plain = name.item() if isinstance(name, np.generic) else name
        if not isinstance(plain, str | int | float | bool):
            raise SchemaError(
                f"column at position {position}: its name is a {type(name).__name__}; "
                "names must be text or numbers, so rename it"
            )
        dtype = parse_dtype(_token(frame.dtypes.iloc[position]))
        public_column = declared.get(plain)
        if public_column is None or plain == subject:
            columns.append(_by_name(plain, dtype, is_subject=plain == subject))
        else:
            columns.append(public_column.model_copy(update={"dtype": dtype.token}))
    return Schema(columns=tuple(columns), library=library, index=index)


def _token(kind: Any) -> str:
    """Name of a dtype, without what it says of the values: no levels, no types of objects."""
    if isinstance(kind, pd.CategoricalDtype):
        return f"{CATEGORY}+ordered" if kind.ordered else CATEGORY
    if isinstance(kind, pd.SparseDtype):
        return family(kind.subtype) or str(kind.subtype)
    if isinstance(kind, pd.StringDtype) and kind.na_value is pd.NA:
        return f"string/{kind.storage}"
    return family(kind) or str(kind)


def _by_name(name: Name, dtype: Dtype, *, is_subject: bool) -> Column:
    """A kind from name and dtype."""
    token = dtype.token
    textual = dtype.holds == "text" or token == OBJECT or (dtype.holds == "object" and dtype.texts)
    issued = textual or (dtype.holds == "integer" and not dtype.ticks) or token == NUMBER
    if dtype.holds == "empty":
        raise SchemaError(
            f"column {name!r} has dtype {token}, which no kind of column can learn: "
            "drop it, or turn it into text, numbers, flags or dates first"
        )
    if is_subject and issued:
        return Key(name=name, dtype=token, reason="names the subject")
    if issued and IDENTIFIER.search(str(name)):
        return Key(name=name, dtype=token, reason="an identifier, by its name")
    hint = hint_of(name)
    named = bool(hint.what) and hint.what not in _BY_NAME and (hint.strong or hint.what == "name")
    if named and not hint.topic and (textual or (issued and hint.what in NUMERIC)):
        locale = hint.locale if re.fullmatch("[a-z]{2,3}_[A-Z]{2}", hint.locale) else "en_US"
        reason = "a direct identifier, by its name"
        return DirectIdentifier(name=name, dtype=token, what=hint.what, locale=locale, reason=reason)
    if textual and _LONG_TEXT.search(str(name)):
        return Text(name=name, dtype=token, reason="free text, by its name: left empty in samples")
    return _by_dtype(name, dtype)


def _by_dtype(name: Name, dtype: Dtype) -> Column:
    token = dtype.token
    if dtype.holds == "datetime":
        return Datetime(name=name, dtype=token, reason=f"dtype {token}")
    if dtype.holds == "boolean":
        return Flag(name=name, dtype=token, reason=f"dtype {token}")
    if dtype.numeric:
        what = "numbers, by its dtype" if token == NUMBER else f"dtype {token}"
        return Number(name=name, dtype=token, reason=what)
    what = "flags or values of several types, by its dtype" if token == OBJECT else f"dtype {token}"
    return Category(name=name, dtype=token, reason=what)


def _public(table: pd.DataFrame, names: set[Any], subject: Name | None) -> dict[Name, Column]:
    """Declarations from a public table, by name."""
    shared = table[[name for name in table.columns if name in names]]
    if not len(shared.columns):
        return {}
    schema = infer_schema(shared, subject=subject if subject in shared.columns else None)
    return {column.name: _declared(column, shared[column.name]) for column in schema}


def _declared(column: Column, series: pd.Series[Any]) -> Column:
    """What a public table tells of a column, in full."""
    arrays = read(series)
    reason = f"{column.reason}, as in the public table"
    kept: dict[str, Any] = {"name": column.name, "dtype": column.dtype, "reason": reason}
    if isinstance(column, Category):
        levels = arrays.as_nominal().levels
        return Category(**kept, levels=levels if 0 < len(levels) <= _MANY else None)
    there = arrays.values[~arrays.missing]
    if isinstance(column, Number) and there.size:
        values = there / 10.0**arrays.scale
        values = values[np.isfinite(values)]
        needed = digits(values, rounding=arrays.rounding)
        finest = int(needed.max(initial=FINEST))
        decimals = None if finest == DIGITS - 1 else max(finest - FINEST, 0)
        if values.size:
            return Number(**kept, low=float(values.min()), high=float(values.max()), decimals=decimals)
    if isinstance(column, Datetime):
        return _declared_days(column, series, kept)
    if isinstance(column, Text):
        return Text(**kept)
    return column.model_copy(update={"reason": reason})


def _declared_days(column: Datetime, series: pd.Series[Any], kept: dict[str, Any]) -> Datetime:
    arrays = read_dp(series, column)
    days = arrays.values[~arrays.missing] // PER_DAY[arrays.unit]
    if not days.size:
        return Datetime(**kept, format=column.format)
    low, high = (str(np.datetime64(int(day), "D")) for day in (days.min(), days.max()))
    return Datetime(**kept, format=column.format, low=low, high=high)
