"""From a table to a schema: a kind for each column, with the reason in words.

Reasons speak of shares and dtypes, never of values. What the values are is learned later, through the guard.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.columns.arrays.reading import Table, TableArrays
from twin.columns.base import Candidate
from twin.columns.kinds.registry import KINDS
from twin.columns.pii.detect.quasi import reads_as_sex
from twin.columns.schema import Column, DirectIdentifier, Name, Schema
from twin.errors import InputError, SchemaError

_NAMES = ("name", "first_name")


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
        >>> import pandas as pd
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
        candidate = Candidate(name=plain, arrays=arrays, dtype=dtype, is_subject=name == subject)
        columns.append(_kind_of(candidate))
        if reads_as_sex(arrays, plain):
            sexes.append(plain)
    agreed = [_agreeing(column, sexes[0]) if sexes else column for column in columns]
    return Schema(columns=tuple(agreed), library=library, index=index)


def _agreeing(column: Column, sex: Name) -> Column:
    """The names of the person that a row is about agree with the column that tells the sex."""
    if isinstance(column, DirectIdentifier) and column.what in _NAMES and not column.person:
        return column.model_copy(update={"sex": sex})
    return column


def _kind_of(candidate: Candidate) -> Column:
    """The declaration by the first kind that takes the column; what names the subject, not every kind may."""
    for kind in KINDS.values():
        declared = kind.takes(candidate) if kind.names_subject or not candidate.is_subject else None
        if declared is not None:
            return declared
    raise SchemaError(f"column {candidate.name!r}: no kind of column takes it; drop it")
