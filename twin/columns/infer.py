"""From a table to a schema: a kind for each column, with the reason in words.

Reasons speak of shares and dtypes, never of values. What the values are is learned later, through the guard.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from twin.arrays import Array
from twin.columns.arrays.reading import ColumnArrays, Table, TableArrays
from twin.columns.pii.detect import vocabulary
from twin.columns.pii.detect.quasi import reads_as_sex
from twin.columns.pii.detect.recognition import recognise
from twin.columns.pii.detect.whats import Recognition
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
from twin.errors import InputError, SchemaError

_UNIQUE = 0.95  # share of distinct values from which a column points at its rows (rule S11)
_ROWS = 100  # fewest rows for that share to mean anything
_LONG = 1e12  # numbers of this size are codes
_IN_RUNS = 0.1  # share of neighbours that follow each other, from which numbers run
_EVEN = 0.03  # distance from an even spread below which numbers were drawn by lot
_WORDS = 5.0  # mean words a value from which text is free
_FREE = 0.5  # share of distinct values from which long text is free
_FORMATS = (
    ("%Y-%m-%d", r"\d{4}-\d{2}-\d{2}"),
    ("%Y-%m-%d %H:%M:%S", r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"),
    ("%Y-%m-%dT%H:%M:%S", r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}"),
    ("%Y-%m-%d %H:%M", r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}"),
    ("%Y/%m/%d", r"\d{4}/\d{2}/\d{2}"),
    ("%d.%m.%Y", r"\d{2}\.\d{2}\.\d{4}"),
    ("%m/%d/%Y", r"\d{2}/\d{2}/\d{4}"),
    ("%d/%m/%Y", r"\d{2}/\d{2}/\d{4}"),
)
IDENTIFIER = re.compile(r"(^|[_\W])(id|key|uuid|guid|ssn|iban)$|[a-z](Id|ID|Key)$|^(ID|Id)$")
_SPREAD = 0.02  # share of distinct values from which a column of such a name is an identifier
_NAMES = ("name", "first_name")
_OTHERS = vocabulary.words("other_people")
REPEATS = "an identifier that repeats: if it names the person, pass subject="
"""The reason of a key that may well name the subject."""


def infer_schema(table: Table, *, library: Any = "pandas", index: int = 0, subject: Any = None) -> Schema:
    """The schema of a table, one reasoned kind per column.

    Args:
        table: The table, its index levels first among its columns.
        library: Frame library that it came in.
        index: How many of the first columns form the row index.
        subject: Name of the column that names the person, or None.

    Returns:
        The schema.

    Raises:
        InputError: If the table has no column, or two of the same name.
        SchemaError: If a column has a name or values that cannot be learned.

    Example:
        >>> print(infer_schema(pd.DataFrame({"smoker": [True, False]})))
        smoker  flag      bool             dtype bool
    """
    read = TableArrays.of(table)
    frame = read.frame
    if not len(frame.columns):
        raise InputError("table: it has no columns; give at least one")
    if not frame.columns.is_unique:
        raise InputError("table: column names must be unique; rename the ones that repeat")
    columns: list[Column] = []
    sexes: list[Name] = []
    for position, name in enumerate(frame.columns):
        plain = name.item() if isinstance(name, np.generic) else name
        if not isinstance(plain, str | int | float | bool):
            raise SchemaError(
                f"column at position {position}: its name is a {type(name).__name__}; "
                "names must be text or numbers, so rename it"
            )
        arrays, dtype = read[plain], read.dtype(plain)
        columns.append(_infer_column(plain, arrays, dtype, is_subject=name == subject))
        if reads_as_sex(arrays, plain):
            sexes.append(plain)
    agreed = [_agreeing(column, sexes[0]) if sexes else column for column in columns]
    return Schema(columns=tuple(agreed), library=library, index=index)


def _agreeing(column: Column, sex: Name) -> Column:
    """The names of the person that a row is about agree with the column that tells the sex."""
    if isinstance(column, DirectIdentifier) and column.what in _NAMES and not column.person:
        return column.model_copy(update={"sex": sex})
    return column


def _infer_column(name: Name, arrays: ColumnArrays, dtype: str, *, is_subject: bool) -> Column:
    present = int((~arrays.missing).sum())
    found = recognise(name, arrays, dtype) if present else None
    if found is not None:
        return _identity(name, arrays, dtype, found, is_subject=is_subject)
    if is_subject:
        return Key(name=name, dtype=dtype, reason="names the subject")
    if not present:
        return Category(name=name, dtype=dtype, reason="no value at all")
    if arrays.type == "boolean":
        return Flag(name=name, dtype=dtype, reason=f"dtype {dtype}")
    if arrays.type == "datetime":
        return Datetime(name=name, dtype=dtype, reason=f"dtype {dtype}")
    if arrays.nominal:
        return _infer_nominal(name, dtype, arrays, present)
    return _infer_number(name, dtype, arrays, present)


def _identity(
    name: Name, arrays: ColumnArrays, dtype: str, found: Recognition, *, is_subject: bool
) -> DirectIdentifier:
    """The declaration of a direct identifier."""
    distinct, present = len(arrays.as_nominal().levels), int((~arrays.missing).sum())
    reason = f"names the subject: {found.reason}" if is_subject else found.reason
    if not is_subject and distinct < present and _is_identifier(name, distinct, present):
        reason = f"{reason}; {REPEATS}"
    return DirectIdentifier(
        name=name,
        dtype=dtype,
        what=found.what,
        locale=found.locale,
        unique=is_subject or (present >= _ROWS and distinct == present),
        person=_other_person(name),
        reason=reason,
    )


def _other_person(name: Name) -> str:
    """Whom an identifier belongs to if not to the person that the row is about: "mother" in mother_email."""
    parts = re.findall(r"[a-zäöüéèñ]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", str(name)).lower())
    return next((part for part in parts if part in _OTHERS), "")


def _infer_number(name: Name, dtype: str, arrays: ColumnArrays, present: int) -> Column:
    values = arrays.numbers[~arrays.missing]
    whole = arrays.type == "integer" or bool(np.isfinite(values).all() and (values == np.rint(values)).all())
    counts = dtype.startswith(("timedelta", "period", "duration", "time", "object/time"))
    distinct = np.unique(values).size
    if whole and not counts and present >= _ROWS and distinct > _UNIQUE * present and _issued(values):
        return Key(
            name=name, dtype=dtype, reason="whole numbers that almost never repeat, spread like issued ones"
        )
    if whole and not counts and _is_identifier(name, distinct, present):
        return Key(name=name, dtype=dtype, reason=REPEATS)
    what = "whole numbers" if whole else "numbers"
    return Number(name=name, dtype=dtype, reason=f"{what}, dtype {dtype}")


def _issued(values: Array) -> bool:
    """Whether distinct whole numbers look issued and not measured: in runs, evenly spread, or very long.

    Measured amounts gather somewhere. They are learned as numbers, inside cells that enough subjects share.
    """
    line = np.sort(values[np.isfinite(values)].astype(np.float64))
    if line[-1] >= _LONG or np.mean(np.diff(line) == 1) > _IN_RUNS:
        return True
    even = (line - line[0]) / max(line[-1] - line[0], 1.0)
    steps = np.arange(line.size) / max(line.size - 1, 1)
    distance = np.abs(even - steps).max()  # Kolmogorov–Smirnov distance from even spread
    return bool(distance < max(_EVEN, 1.6 / np.sqrt(line.size)))


def _infer_nominal(name: Name, dtype: str, arrays: ColumnArrays, present: int) -> Column:
    distinct = len(arrays.levels)
    if dtype.startswith(("category", "dictionary")):
        return Category(name=name, dtype=dtype, reason=f"dtype {dtype.split('/')[0].split('<')[0]}")
    if arrays.type == "mixed":
        return Category(name=name, dtype=dtype, reason="values of several types")
    format_ = _format(arrays)
    if format_ is not None:
        return Datetime(name=name, dtype=dtype, format=format_, reason=f"text that reads as {format_}")
    levels: Any = pd.Series(arrays.levels, dtype=object)
    words = float(levels.str.count(r"\S+").mean())
    share = distinct / present
    if words >= _WORDS and share > _FREE and present >= _ROWS:
        return Text(name=name, dtype=dtype, reason="long text that seldom repeats: left empty in samples")
    if share > _UNIQUE and present >= _ROWS:
        return Key(name=name, dtype=dtype, reason="text that almost never repeats")
    if _is_identifier(name, distinct, present):
        return Key(name=name, dtype=dtype, reason=REPEATS)
    few = "few" if distinct <= max(20, present // 20) else "many"
    return Category(name=name, dtype=dtype, reason=f"text with {few} distinct values")


def _is_identifier(name: Name, distinct: int, present: int) -> bool:
    """Whether a column is named like an identifier and has more distinct values than a code would."""
    return bool(IDENTIFIER.search(str(name))) and present >= _ROWS and distinct > _SPREAD * present


def _format(arrays: ColumnArrays) -> str | None:
    """The first format that all levels follow."""
    levels: Any = pd.Series(arrays.levels, dtype=object)
    for format_, pattern in _FORMATS:
        if not levels.str.fullmatch(pattern).all():
            continue
        if pd.to_datetime(levels, format=format_, errors="coerce").notna().all():
            return format_
    return None
