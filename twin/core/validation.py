"""Arguments of the public functions, checked before any work is done."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from twin.arrays import Ints
from twin.columns.arrays.reading import subject_ids
from twin.columns.schema import DirectIdentifier, Key, Name, Schema
from twin.errors import InputError, no_column


def check_model_name(model: str, known: tuple[str, ...]) -> None:
    """Refuse the name of a model that is unknown.

    Args:
        model: The name.
        known: Names that are known.
    """
    if model not in known:
        raise InputError(f"model: there is no model of this name; choose from {', '.join(known)}")


def check_rows(frame: pd.DataFrame) -> None:
    """Refuse a table without rows or columns."""
    if not len(frame.columns):
        raise InputError("table: it has no columns; give at least one")
    if not len(frame):
        raise InputError("table: it has no rows; give at least one per subject")


def check_names(frame: pd.DataFrame, names: Iterable[Name], argument: str) -> None:
    """Refuse names of columns that are not there.

    Args:
        frame: The table.
        names: The names.
        argument: Argument that gives them.

    Raises:
        InputError: If the table lacks one.
    """
    for name in names:
        if name not in frame.columns:
            raise no_column(argument, name, frame.columns)


def check_subjects(frame: pd.DataFrame, subject: Name | None, k: int) -> Ints | None:
    """Dense ids of the subjects of the rows, shape (n,), or None where each row is one.

    Args:
        frame: The table, n rows.
        subject: Column that names the subject, or None.
        k: Half as many subjects as there must be at least.

    Raises:
        InputError: If the column is not there or has missing cells, or there are fewer than 2k subjects.
    """
    ids = None if subject is None else subject_ids(frame, subject)
    count = len(frame) if ids is None else int(ids.max(initial=-1)) + 1
    if count < 2 * k:
        what = "rows, each counted as a subject" if subject is None else "subjects"
        raise InputError(f"table: it has fewer than 2k = {2 * k} {what}; give more, or a smaller k")
    return ids


def check_schema(schema: Schema | None) -> None:
    """Refuse what is no schema."""
    if schema is not None and not isinstance(schema, Schema):
        raise InputError(
            f"schema: a {type(schema).__name__} is no schema; "
            "use twin.infer(table) or twin.Schema.from_json(text)"
        )


def with_key(schema: Schema, subject: Name | None) -> Schema:
    """The schema with the column that names the subject as a key, which is never learned.

    Args:
        schema: Declarations of the columns.
        subject: Column that names the person, or None where each row is one.
    """
    if subject is None or isinstance(schema[subject], Key | DirectIdentifier):
        return schema
    return schema.replace({subject: Key(reason="names the subject")})
