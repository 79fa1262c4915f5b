"""Keys, direct identifiers and free text under a budget: nothing of them is learned, so they cost nothing."""

from __future__ import annotations

import string

from twin.columns import schema
from twin.columns.arrays.dtypes import NUMBER, Dtype, parse_dtype
from twin.columns.arrays.reading import ColumnArrays, Type
from twin.columns.kinds.direct_identifier import HIDDEN, LearnedDirectIdentifier, inventor_of
from twin.columns.kinds.key import FALLBACK, LearnedKey
from twin.columns.kinds.text import LearnedText
from twin.columns.pii.generate.base import IdentifierFacts
from twin.errors import SchemaError
from twin.privacy.dp.dp_guard import DpColumnGuard
from twin.privacy.dp.plan import Need

_KEY_DIGITS = 9


def _refuse_dtype(column: schema.Column, dtype: Dtype) -> None:
    fits = dtype.holds in ("integer", "real", "text", "object") and not dtype.ticks
    if fits and not (dtype.holds == "object" and not dtype.texts) and not dtype.token.startswith("period["):
        return
    raise SchemaError(
        f"column {column.name!r}: its dtype {column.dtype} cannot hold a {column.kind.replace('_', ' ')}; "
        "declare another kind, or turn it into text or whole numbers first"
    )


def key_needs(column: schema.Key) -> tuple[Need, ...]:
    """Nothing.

    Raises:
        SchemaError: If the dtype cannot hold a key.
    """
    _refuse_dtype(column, parse_dtype(column.dtype))
    return ()


def learn_key(column: schema.Key, arrays: ColumnArrays, guard: DpColumnGuard) -> LearnedKey:
    """A public shape: nine digits, fewer where the dtype holds fewer, or ten letters and digits.

    Args:
        column: Its declaration.
        arrays: The column as arrays, n rows.
        guard: The guard of this column under a budget: it charges, then answers with noise.
    """
    dtype = parse_dtype(column.dtype)
    if not dtype.numeric:
        return LearnedKey(shape=FALLBACK, textual=True)
    most = min(_KEY_DIGITS, len(str(dtype.high)) - 1)
    first = (string.digits[1:],) if most > 1 else ()
    return LearnedKey(shape=(*first, *[string.digits] * (most - len(first))), textual=False)


def released_key(column: schema.Key, learned: LearnedKey) -> schema.Key:
    """The declaration with the dtype in which the column comes back.

    Args:
        column: Its declaration.
        learned: What was learned of it.
    """
    return column.model_copy(update={"dtype": _dtype_of(column.dtype)})


def identifier_needs(column: schema.DirectIdentifier) -> tuple[Need, ...]:
    """Nothing.

    Raises:
        SchemaError: If the dtype cannot hold an identifier, or cannot be left empty.
    """
    dtype = parse_dtype(column.dtype)
    _refuse_dtype(column, dtype)
    if column.treatment == "drop":
        _check_empty(column, dtype)
    return ()


def learn_identifier(
    column: schema.DirectIdentifier, arrays: ColumnArrays, guard: DpColumnGuard
) -> LearnedDirectIdentifier:
    """The usual form, and a field that tells missing from there; the model measures it.

    Args:
        column: Its declaration.
        arrays: The column as arrays, n rows.
        guard: The guard of this column under a budget: it charges, then answers with noise.
    """
    dtype = parse_dtype(column.dtype)
    numeric = dtype.numeric
    if column.treatment == "mask":
        form = "0" if numeric else HIDDEN
    else:
        about = IdentifierFacts(locale=column.locale, name=str(column.name))
        form = inventor_of(column.what, numeric).default(about)
    type_: Type = "string"
    if numeric:
        type_ = "integer" if dtype.holds == "integer" or dtype.token == NUMBER else "real"
    return LearnedDirectIdentifier(
        column=column,
        forms=(form,),
        presence="never" if column.treatment == "drop" else "field" if dtype.nullable else "always",
        type=type_,
        numeric=numeric,
    )


def released_identifier(
    column: schema.DirectIdentifier, learned: LearnedDirectIdentifier
) -> schema.DirectIdentifier:
    """The declaration with the dtype in which the column comes back.

    Args:
        column: Its declaration.
        learned: What was learned of it.
    """
    return column.model_copy(update={"dtype": _dtype_of(column.dtype)})


def text_needs(column: schema.Text) -> tuple[Need, ...]:
    """Nothing.

    Raises:
        SchemaError: If templates are asked for, or the dtype cannot be left empty.
    """
    if column.treatment == "template":
        raise SchemaError(
            f"column {column.name!r}: templates of text cannot be learned under a budget; "
            'use twin.Text(treatment="drop")'
        )
    _check_empty(column, parse_dtype(column.dtype))
    return ()


def learn_text(column: schema.Text, arrays: ColumnArrays, guard: DpColumnGuard) -> LearnedText:
    """Nothing.

    Args:
        column: Its declaration.
        arrays: The column as arrays, n rows.
        guard: The guard of this column under a budget: it charges, then answers with noise.
    """
    return LearnedText()


def released_text(column: schema.Text, learned: LearnedText) -> schema.Text:
    """The declaration with the dtype in which the column comes back.

    Args:
        column: Its declaration.
        learned: What was learned of it.
    """
    token = "float64" if column.dtype == NUMBER else _dtype_of(column.dtype)
    return column.model_copy(update={"dtype": token})


def _check_empty(column: schema.Column, dtype: Dtype) -> None:
    if not dtype.nullable:
        raise SchemaError(
            f"column {column.name!r} has dtype {column.dtype}, which cannot be empty: "
            "declare another kind or treatment, or make it a nullable dtype such as Int64 first"
        )


def _dtype_of(token: str) -> str:
    """The dtype in which something that was not learned comes back."""
    dtype = parse_dtype(token)
    if dtype.token == NUMBER:
        return "Int64"
    if dtype.open:
        return "object/str"
    return "category/object/str" if token.startswith("category") else token
