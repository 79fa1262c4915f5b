"""A whole table learned under a budget: what its columns need, and how they are learned."""

from __future__ import annotations

import pandas as pd

from twin.columns.arrays.dp_reading import read_dp
from twin.columns.base import LearnedColumn
from twin.columns.kinds.registry import KINDS
from twin.columns.schema import Column, Schema
from twin.columns.table import Columns, check_fits
from twin.privacy.dp.dp_guard import DpGuard
from twin.privacy.dp.plan import Need


def needs_of(schema: Schema) -> tuple[Need, ...]:
    """What the columns of a schema must learn with noise, in order.

    Args:
        schema: The declarations.

    Returns:
        The needs; none where everything is declared.

    Raises:
        SchemaError: If a column cannot be learned under a budget; only the schema is looked at.

    Example:
        >>> from twin.columns.schema import Category, Number
        >>> schema = Schema(columns=(Category(name="city", dtype="str"), Number(name="n", dtype="int8")))
        >>> [(need.column, need.fact) for need in needs_of(schema)]
        [('city', 'levels'), ('n', 'cells')]
    """
    return tuple(need for column in schema for need in KINDS[column.kind].needs(column))


def learn_columns_dp(frame: pd.DataFrame, schema: Schema, guard: DpGuard) -> Columns:
    """Learn every column of a table through its private guard.

    Args:
        frame: The table; nothing that its cells hold is refused.
        schema: The declarations, whose `needs_of` were planned.
        guard: The private guard.

    Returns:
        The learned columns. Their schema has the dtypes in which columns come back, which follow from
        declarations and from what was released, never from the dtypes of the table.

    Raises:
        SchemaError: If the schema does not fit the names of the table.
        BudgetExceeded: If the budget does not bear it.
    """
    check_fits(frame, schema)
    released: list[Column] = []
    learned: list[LearnedColumn] = []
    for column in schema:
        kind = KINDS[column.kind]
        arrays = read_dp(frame[column.name], column)
        learned.append(kind.learn_dp(column, arrays, guard.column(column.name)))
        released.append(kind.released(column, learned[-1]))
    return Columns(schema.model_copy(update={"columns": tuple(released)}), tuple(learned), private=True)
