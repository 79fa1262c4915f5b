"""Whether tables can be held against each other: the same columns of the same sort, and other people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from twin.columns.schema import Category, Datetime, Flag, Name, Number, Schema
from twin.errors import InputError, SchemaError

_SORTS = {
    "integer": "numbers",
    "floating": "numbers",
    "decimal": "numbers",
    "mixed-integer-float": "numbers",
    "string": "text",
    "boolean": "flags",
    "datetime": "dates or times",
    "datetime64": "dates or times",
    "date": "dates or times",
}
_REPEATED = 0.5
"""Where more rows than this share repeat within train, rows of other people may well equal them."""


def check_tables(
    schema: Schema,
    train: pd.DataFrame,
    synthetic: pd.DataFrame,
    holdout: pd.DataFrame | None,
    subject: Name | None,
) -> None:
    """Refuses tables that cannot be held against each other.

    Args:
        schema: Kinds of the columns.
        train: Real rows that the twin learned from.
        synthetic: The twin's rows.
        holdout: Real rows of other people, or None.
        subject: As in `check_apart`.

    Raises:
        InputError: If `check_alike` or `check_apart` refuses them.
    """
    check_alike(schema, {"train": train, "synthetic": synthetic})
    if holdout is not None:
        check_alike(schema, {"train": train, "holdout": holdout})
        check_apart(train, holdout, subject)


def check_alike(schema: Schema, tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuses tables whose columns are not those of the schema, or hold another sort of cells.

    A column that the schema does not know would be released unseen: no score and no attack looks at it.

    Args:
        schema: Kinds of the columns.
        tables: The tables by what they are, the one that the others are held against first.

    Raises:
        SchemaError: If a table has a column too many, or a column holds text in one and numbers in another.

    Example:
        >>> check_alike(Schema(columns=(Number(name="x"),)), {"train": pd.DataFrame({"x": [1, 2]})})
    """
    for which, frame in tables.items():
        extra = [name for name in frame.columns if name not in schema.names]
        if extra:
            raise SchemaError(
                f"{which}: column {extra[0]!r} is not in the schema, so nothing would look at it; take it "
                "out, or give the twin that was fitted to these columns"
            )
    for column in schema:
        if not isinstance(column, Category | Flag | Datetime | Number):
            continue
        known = {w: s for w, f in tables.items() if column.name in f and (s := _sort(f[column.name]))}
        if "str" in column.dtype:
            known = {"the schema": "text", **known}
        for which, sort in known.items():
            first = next(iter(known))
            if sort != known[first]:
                raise SchemaError(
                    f"{which}: column {column.name!r} holds {sort}, and in {first} {known[first]}; "
                    "read the tables the same way, and give the twin that was fitted to them"
                )


def check_apart(
    train: pd.DataFrame,
    holdout: pd.DataFrame,
    subject: Name | None,
    role: str = "holdout",
    learned_from: str = "train",
) -> None:
    """Refuses a holdout of people that the twin learned from: against them no attack would find anything.

    Args:
        train: Real rows that the twin learned from.
        holdout: Real rows of other people.
        subject: Column that names the person, or None where each row is one; then only a holdout of which
            every row is in train is refused, since rows of two people may be alike.
        role: What the other people's table is called, for the error.
        learned_from: What the table learned from is called.

    Raises:
        InputError: If people are in both.

    Example:
        >>> check_apart(pd.DataFrame({"who": [1, 2]}), pd.DataFrame({"who": [3]}), "who")
    """
    if subject is not None and subject in train and subject in holdout:
        if holdout[subject].dropna().isin(train[subject].dropna()).any():
            raise InputError(f"{role}: has people who are in {learned_from} too; split the table by person")
        return
    learned = _hashes(train)
    if (
        len(holdout)
        and learned.duplicated(keep=False).mean() <= _REPEATED
        and _hashes(holdout).isin(learned).all()
    ):
        raise InputError(
            f"{role}: all its rows are in {learned_from} too; give rows of people kept away from the fit"
        )


def _sort(column: Any) -> str | None:
    """What a column holds, in a word; None where it is mixed, empty, or repeats a name."""
    if not isinstance(column, pd.Series):
        return None
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = pd.Series(column.cat.categories)
    if isinstance(column.dtype, pd.ArrowDtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = column.dropna().head(1_000).astype(object)
    return _SORTS.get(pd.api.types.infer_dtype(column, skipna=True))


def _hashes(frame: pd.DataFrame) -> pd.Series[Any]:
    return pd.util.hash_pandas_object(frame.astype(str), index=False)
