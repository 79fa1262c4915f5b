"""Conditions on a whole table, compiled to codes: what `given=` means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from twin.arrays import Bools, Floats, Ints32
from twin.codes import Codes
from twin.columns.arrays.reading import to_pandas
from twin.columns.base import Condition
from twin.columns.given.asked import ask, ask_rows
from twin.columns.schema import Name
from twin.columns.table import Columns
from twin.errors import InputError, no_column


@dataclass(frozen=True)
class Conditions:
    """What is asked of the rows of a sample. Made by `compile_conditions`.

    Args:
        columns: Condition of each column that has one.
        fields: Names of the fields of these columns.
        rows: Rows of the table that asks, where each row asks for its own; else None.
    """

    columns: Mapping[Name, Condition]
    fields: Mapping[Name, tuple[str, ...]]
    rows: int | None

    @property
    def weights(self) -> dict[str, Floats]:
        """Weights per code by field, shape (size,) each, for all rows alike; not where they are all alike."""
        return {
            field: weights
            for name, condition in self.columns.items()
            for field, weights in zip(self.fields[name], condition.weights or (), strict=False)
            if np.ptp(weights) > 0
        }

    @property
    def codes(self) -> dict[str, Ints32]:
        """Code of each row by field, shape (n,) each, -1 where a row leaves the field free."""
        return {
            field: codes
            for name, condition in self.columns.items()
            for field, codes in zip(self.fields[name], condition.codes or (), strict=False)
        }

    @property
    def joint(self) -> bool:
        """Whether weights of single fields do not say all that is asked, so that rows are looked at."""
        return any(condition.accepts is not None for condition in self.columns.values())

    def accepts(self, codes: Codes, rng: Generator) -> Bools:
        """Which rows, drawn under the weights, meet the conditions, shape (n,).

        Args:
            codes: Codes of the rows, shape (n, fields).
            rng: Source of randomness.
        """
        stays = np.ones(codes.n, dtype=bool)
        for name, condition in self.columns.items():
            if condition.accepts is not None:
                part = np.stack([codes.column(field) for field in self.fields[name]], axis=1)
                stays &= condition.accepts(part, rng)
        return stays


def compile_conditions(columns: Columns, given: object) -> Conditions:
    """What a user asks, compiled to codes.

    Args:
        columns: The learned columns.
        given: A mapping of columns to conditions, see `ask`, or a table of which each row asks for its cells.

    Returns:
        The conditions.

    Raises:
        InputError: If it is neither, or a column is not there, takes no condition, or never holds what is
            asked.
    """
    if isinstance(given, Mapping):
        table, rows = None, None
        names = list(given)
    else:
        table = asked_rows(columns, given)
        names, rows = table.columns.tolist(), len(table)
    compiled: dict[Name, Condition] = {}
    fields: dict[Name, tuple[str, ...]] = {}
    names_known = columns.schema.names
    for name in names:
        if name not in names_known:
            raise no_column("given", name, names_known)
        position = names_known.index(name)
        learned, column = columns.learned[position], columns.schema.columns[position]
        asked = ask(column, given[name]) if table is None else ask_rows(column, table[name])  # type: ignore[index]
        compiled[column.name] = learned.condition(asked)
        fields[column.name] = tuple(field.name for field in learned.fields)
    return Conditions(compiled, fields, rows)


def asked_rows(columns: Columns, given: Any) -> pd.DataFrame:
    """The table of which each row asks for its cells, without an index that the twin's table has not.

    Args:
        columns: The learned columns.
        given: A table in any library.

    Raises:
        InputError: If it is no table, or column names repeat.
    """
    try:
        frame, _, levels = to_pandas(given)
    except InputError as error:
        if hasattr(given, "columns"):
            raise InputError(f"given: {error}") from None
        raise InputError(
            f"given: a {type(given).__name__} is no condition; give {{column: condition}}, or a table "
            "of which each row asks for its cells"
        ) from None
    if not frame.columns.is_unique:
        raise InputError("given: column names must be unique; rename the ones that repeat")
    names = columns.schema.names
    return frame.loc[:, [i >= levels or name in names for i, name in enumerate(frame.columns)]]
