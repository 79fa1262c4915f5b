"""Coarser cells for quasi-identifiers, so that their combinations are shared by enough subjects.

Between 500 dates of birth and 40 postcodes, every combination is rare, and all that could come out is their
independence. Between 20 stretches of years and 40 postcodes, how they go together survives.
"""

from __future__ import annotations

import numpy as np

from twin.columns.arrays.reading import ColumnArrays, Table, TableArrays
from twin.columns.schema import Column, Datetime, Name, Number, Schema
from twin.privacy.suppression.guard import Guard, count_subjects

_STEPS = (20, 30, 50, 75, 100, 150, 200, 300, 500)
_ROOM = 3.0
"""Times that the subjects of an average combination should be above the threshold."""


def coarsened(schema: Schema, table: Table, guard: Guard) -> Schema:
    """A schema in which ordered quasi-identifiers have no more cells than their combinations can bear.

    Args:
        schema: The schema, with its quasi-identifiers.
        table: The table, n rows.
        guard: Its guard, for k and the subjects.

    Returns:
        The schema; the same one where there is nothing to coarsen.

    Example:
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"age": range(2_000), "sex": ["F", "M"] * 1_000})
        >>> schema = Schema(columns=(Number(name="age", dtype="int64"), Datetime(name="sex", dtype="str")))
        >>> schema = schema.with_quasi_identifiers(["age"])
        >>> coarsened(schema, frame, Guard(k=11))["age"].cells
        50
    """
    names = schema.quasi_identifiers
    if len(names) < 1:
        return schema
    people = len(table) if guard.subjects is None else int(guard.subjects.max(initial=0)) + 1
    columns = TableArrays.of(table)
    spread = {name: _spread(schema[name], columns[name], guard) for name in names}
    changes: dict[Name, Column] = {}
    for name in names:
        column = schema[name]
        if not isinstance(column, Number | Datetime):
            continue
        others = sorted((min(s, _STEPS[0]) for other, s in spread.items() if other != name), reverse=True)[:2]
        wanted = people / (_ROOM * (guard.k + 2) * float(np.prod(others)))
        cells = max(_STEPS[0], *(step for step in _STEPS if step <= wanted), 0)
        if cells < column.cells:
            reason = f"{column.reason}; fewer cells, as a quasi-identifier"
            changes[name] = column.model_copy(update={"cells": cells, "reason": reason})
    return schema.replace(changes) if changes else schema


def _spread(column: Column, arrays: ColumnArrays, guard: Guard) -> float:
    """How many values of equal share a column is worth: the exponential of its entropy."""
    arrays = arrays.as_nominal()
    if isinstance(column, Number | Datetime):
        return float(min(len(arrays.levels), _STEPS[0]))
    subjects, rows, _ = count_subjects(arrays.values, len(arrays.levels), guard.subjects)
    enough = subjects >= guard.k
    counts = np.append(rows[enough], rows[~enough].sum())  # what too few hold counts as one value
    p = counts[counts > 0] / max(counts.sum(), 1)
    return float(np.exp(-(p * np.log(p)).sum()))
