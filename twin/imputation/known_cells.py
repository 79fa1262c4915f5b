"""What a table that was not made for a twin tells of its codes: cells that the twin knows, others free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from twin.arrays import Bools, Ints32
from twin.codes import MISSING, Field
from twin.columns.arrays.dp_reading import read_dp
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.arrays.restore import restore
from twin.columns.base import LearnedColumn, Matrix
from twin.columns.kinds.category import LearnedLevels
from twin.columns.kinds.datetime import LearnedDatetime
from twin.columns.kinds.number import LearnedNumber
from twin.columns.schema import Name
from twin.columns.table import Columns

UNKNOWN = -1
"""In place of a code: the cell is missing, or holds what the twin never draws."""


@dataclass(frozen=True, kw_only=True)
class KnownCodes:
    """What some rows tell. Made by `known`.

    Args:
        codes: Code of each row by field, shape (n,) each, or `UNKNOWN`; of the columns that are learned.
        fields: Fields of each of these columns that the table has.
        missing: Which cells of them are missing, shape (n,) each.
        cells: These columns as the twin would give them, in dtypes that can hold a missing cell; missing too
            where they hold what does not fit.
    """

    codes: Mapping[str, Ints32]
    fields: Mapping[Name, tuple[Field, ...]]
    missing: Mapping[Name, Bools]
    cells: pd.DataFrame


def known(columns: Columns, frame: pd.DataFrame) -> KnownCodes:
    """Codes of a table, whatever it holds: no cell is refused, and none is placed at random.

    A number or a date beyond the bounds takes the nearest code. Keys, identities and free text tell nothing.

    Args:
        columns: The learned columns.
        frame: Rows with some of the columns, in any order, in any dtype, and with others beside them.

    Returns:
        What is known.

    Example:
        >>> from twin.columns.schema import Category, Schema
        >>> levels = LearnedLevels(name="sex", type="string", levels=("F", "M"), weights=np.ones(2) / 2)
        >>> columns = Columns(Schema(columns=(Category(name="sex", dtype="object/str"),)), (levels,))
        >>> known(columns, pd.DataFrame({"sex": ["M", None, "X"]})).codes["sex"].tolist()
        [1, -1, -1]
    """
    codes: dict[str, Ints32] = {}
    fields: dict[Name, tuple[Field, ...]] = {}
    missing: dict[Name, Bools] = {}
    cells: dict[Name, pd.Series[Any]] = {}
    for column, learned in zip(columns.schema, columns.learned, strict=True):
        if column.name not in frame.columns or not isinstance(learned, _PLACED):
            continue
        native = read_dp(frame[column.name], column)
        placed = _placed(learned, native)
        for j, field in enumerate(learned.fields):
            codes[field.name] = _told(placed[:, j], field, native.missing)
        fields[column.name] = learned.fields
        missing[column.name] = frame[column.name].isna().to_numpy(dtype=bool)
        cells[column.name] = restore(native, _nullable(column.dtype), column.name)
    return KnownCodes(
        codes=codes, fields=fields, missing=missing, cells=pd.DataFrame(cells, index=frame.index)
    )


_PLACED = (LearnedLevels, LearnedNumber, LearnedDatetime)


def _nullable(token: str) -> str:
    """A dtype for the same values that can hold a missing cell."""
    plain = token.removeprefix("sparse/")
    if plain == "bool":
        return "boolean"
    if plain.startswith(("int", "uint")) and plain.isalnum():
        return plain.replace("uint", "UInt") if plain[0] == "u" else plain.replace("int", "Int")
    return plain


def _placed(learned: LearnedColumn, native: ColumnArrays) -> Matrix:
    """Codes, shape (n, number of fields), negative where a level has none."""
    if isinstance(learned, LearnedLevels):
        return learned.codes_of(native).astype(np.int32)[:, None]
    if isinstance(learned, LearnedNumber) and learned.grid.scale != native.scale:
        factor = 10.0 ** (learned.grid.scale - native.scale)
        values = np.rint(native.values * factor).astype(np.int64)
        native = replace(native, values=values, scale=learned.grid.scale)
    return learned.encode(native, np.random.default_rng(0))  # only missing cells are left to chance


def _told(codes: Ints32, field: Field, missing: Bools) -> Ints32:
    """The codes that say what a cell holds: not that it is missing, and not that it is any of the rare."""
    untold = missing | (codes < 0)
    if field.nullable:
        untold |= codes == MISSING
    if field.rare is not None:
        untold |= codes == field.rare
    return np.where(untold, UNKNOWN, codes).astype(np.int32)
