"""What a dtype can hold, from its name alone, and which dtype a learned column comes back in.

When a first cell is missing, pandas turns whole numbers into floats and flags into objects, and a table from
a file has nullable dtypes in place of plain ones. Under a budget such dtypes count as one, "number" and
"object": which of them a table has would tell of one cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from twin.columns.schema import Level

NUMBER, OBJECT, CATEGORY = "number", "object", "category"
"""Dtypes that stand for all that pandas may make of a column; learned columns come back in a fixed one."""

Holds = Literal["integer", "real", "decimal", "datetime", "text", "boolean", "object", "empty"]

_INT = re.compile(r"(u?)int(8|16|32|64)", re.IGNORECASE)
_DECIMAL = re.compile(r"decimal\d+\((\d+), (-?\d+)\)\[pyarrow\]")
_UNIT = re.compile(r"\[(D|s|ms|us|ns)\b")
_TICKS = ("timedelta64", "duration", "time32", "time64", "object/timedelta", "object/time")
_DAY = 86_400
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_FAR = 2**62
_OBJECT_SCALE = 6
"""Digits after the point that are read of decimals whose dtype does not say how many they have."""


@dataclass(frozen=True, kw_only=True)
class Dtype:
    """What a dtype can hold.

    Args:
        token: Its name, as in a schema.
        holds: What its values are.
        nullable: Whether a cell may be missing.
        low: Smallest value that it can hold; for decimals and counts of ticks, in their steps.
        high: Largest value.
        scale: Digits after the point of a decimal, where the dtype tells, else None.
        ticks: Whether whole numbers count steps of time, which are often round.
        unit: Unit of a datetime: D, s, ms, us or ns.

    Example:
        >>> parse_dtype("int8").low, parse_dtype("Int64").nullable, parse_dtype("datetime64[s]").unit
        (-128, True, 's')
    """

    token: str
    holds: Holds
    nullable: bool = True
    low: int = -_FAR
    high: int = _FAR
    scale: int | None = None
    ticks: bool = False
    unit: str = ""

    @property
    def open(self) -> bool:
        """Whether the dtype of the column that comes back follows from what is learned."""
        return self.token in ("", NUMBER, OBJECT)

    @property
    def numeric(self) -> bool:
        """Whether values are numbers."""
        return self.holds in ("integer", "real", "decimal")

    @property
    def texts(self) -> bool:
        """Whether it can hold a text."""
        arrow = self.token.startswith("dictionary") and "values=string" not in self.token
        return self.holds in ("text", "object") and not arrow and not self.token.startswith("null")

    @property
    def categorical(self) -> bool:
        """Whether it is a dtype of levels."""
        return self.token.startswith(("category", "dictionary"))


def parse_dtype(token: str) -> Dtype:
    """What a dtype can hold.

    Args:
        token: Its name, from `reading.token` or one of `NUMBER`, `OBJECT` and `CATEGORY`, or "".

    Returns:
        What is known of it; holds "empty" where no kind can learn it.

    Example:
        >>> parse_dtype("decimal128(7, 2)[pyarrow]").scale, parse_dtype("number").holds
        (2, 'real')
    """
    inner = token.removeprefix("sparse/")
    name = inner.removesuffix("[pyarrow]")
    if inner == NUMBER:
        return Dtype(token=token, holds="real")
    if match := _INT.fullmatch(name):
        return _integer(token, match, nullable=name[0].isupper() or inner != name)
    if inner == "bool":
        return Dtype(token=token, holds="boolean", nullable=False, low=0, high=1)
    if inner in ("boolean", "bool[pyarrow]", "object/bool"):
        return Dtype(token=token, holds="boolean", low=0, high=1)
    if inner in ("object/int", "object/float"):
        return Dtype(token=token, holds="integer" if inner.endswith("int") else "real")
    if name.lower().startswith(("float", "double", "halffloat")):
        return Dtype(token=token, holds="real")
    if match := _DECIMAL.fullmatch(inner):
        precision, scale = int(match[1]), max(0, int(match[2]))
        far = min(_FAR, 10 ** min(precision, 18) - 1)
        return Dtype(token=token, holds="decimal", low=-far, high=far, scale=scale)
    if inner == "object/decimal":
        return Dtype(token=token, holds="decimal")
    if inner.startswith(_TICKS):
        return _ticks(token, inner)
    if inner.startswith("period["):
        return Dtype(token=token, holds="integer")
    if inner.startswith(("datetime64", "timestamp", "date32", "date64", "object/date")):
        match = _UNIT.search(inner)
        unit = match[1] if match else "us" if inner == "object/datetime" else "D"
        return Dtype(token=token, holds="datetime", unit=unit)
    if inner == "str" or inner.startswith(("string", "large_string", "object/str")):
        return Dtype(token=token, holds="text")
    if inner in ("", OBJECT) or inner.startswith((CATEGORY, "dictionary", "object/", "null")):
        return Dtype(token=token, holds="object")
    return Dtype(token=token, holds="empty")


def _integer(token: str, match: re.Match[str], *, nullable: bool) -> Dtype:
    bits = int(match[2])
    if match[1]:
        low, high = 0, 2**bits - 1
    else:
        low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return Dtype(token=token, holds="integer", nullable=nullable, low=max(low, -_FAR), high=min(high, _FAR))


def _ticks(token: str, inner: str) -> Dtype:
    if inner.startswith(("object/timedelta", "timedelta64", "duration")):
        return Dtype(token=token, holds="integer", ticks=True)
    match = _UNIT.search(inner)
    per_second = _PER_SECOND[match[1]] if match else _PER_SECOND["us"]
    return Dtype(token=token, holds="integer", ticks=True, low=0, high=_DAY * per_second - 1)


def scale_of(token: Dtype, decimals: int | None) -> int:
    """Digits after the point in which decimals are read: a matter of dtype and declaration, not of values.

    Args:
        token: The dtype.
        decimals: Digits after the point, or None where they are not declared.
    """
    if token.scale is not None:
        return token.scale
    return _OBJECT_SCALE if decimals is None else max(0, decimals)


def of_levels(token: Dtype, levels: Iterable[Level], *, ordered: bool) -> str:
    """The dtype in which levels that were told come back.

    Args:
        token: The dtype that was declared.
        levels: The levels.
        ordered: Whether their order is declared.

    Example:
        >>> of_levels(parse_dtype("object"), (False, True), ordered=False)
        'boolean'
    """
    types = {type(level) for level in levels}
    if token.token.startswith(CATEGORY):
        head = "category+ordered" if ordered else CATEGORY
        inner = {frozenset({int}): "int64", frozenset({float}): "float64", frozenset({bool}): "bool"}
        return f"{head}/{inner.get(frozenset(types), 'object/mixed')}"
    if not token.open:
        return token.token
    if types == {bool}:
        return "boolean"
    if token.token == NUMBER:
        return "Int64" if types == {int} else "float64"
    return "object/mixed"


def family(kind: object) -> str:
    """The name under which dtypes count as one that a missing cell turns into each other; "" for all others.

    Whole numbers, plain or nullable, and floats of 64 bits are numbers. Flags, plain or nullable, and objects
    are objects. A nullable float of 32 bits counts as the plain one, which has room for a missing cell too.
    The dtypes of Arrow have one form only, so they stay what they are.

    Args:
        kind: A dtype of numpy or pandas.

    Example:
        >>> import numpy as np, pandas as pd
        >>> family(np.dtype("int64")) == family(np.dtype("float64")) == family(pd.Int8Dtype()) == NUMBER
        True
        >>> family(np.dtype(bool)) == family(pd.BooleanDtype()) == OBJECT
        True
    """
    name = str(getattr(kind, "name", kind))
    if _INT.fullmatch(name) or name.lower() == "float64":
        return NUMBER
    if name in ("bool", "boolean", "object"):
        return OBJECT
    return "float32" if name == "Float32" else ""
