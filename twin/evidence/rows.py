"""A hash of a table's cells that does not depend on the file format.

Each column is hashed in order: its name, then every cell as text, missing cells apart from empty ones. Whole
numbers are digits, also where they are stored as decimals; other decimals are the shortest text that reads
back the same; flags are true and false; a moment is ISO 8601, and a midnight without a zone is its date.
Texts are as they are. So csv, parquet and arrow files of the same rows agree, except for texts that csv takes
for something else, such as "1.50".
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from twin.evidence.canonical import canonical

_EXACT = 2**53
"""Whole numbers up to this are exact as decimals."""


def hash_rows(frame: pd.DataFrame) -> str:
    """SHA-256 of a table's names and cells, 64 hexadecimal digits.

    Args:
        frame: The table; its index is left out.

    Returns:
        The same for the same rows in the same order, whatever file they came from.

    Example:
        >>> one = pd.DataFrame({"n": [1, None], "word": ["a", None]})
        >>> hash_rows(one) == hash_rows(one.astype({"n": "Int64"})), hash_rows(one) == hash_rows(one[::-1])
        (True, False)
    """
    total = hashlib.sha256(canonical(["twin-rows-1", *map(str, frame.columns), len(frame)]))
    for i in range(frame.shape[1]):
        cells = [
            None if text is None else text.encode("utf-8", "surrogatepass")
            for text in _texts(frame.iloc[:, i])
        ]
        lengths = np.array([-1 if cell is None else len(cell) for cell in cells], dtype="<i8")  # (n,)
        total.update(lengths.tobytes())
        total.update(b"".join(cell for cell in cells if cell is not None))
    return total.hexdigest()


def _texts(column: pd.Series[Any]) -> list[str | None]:
    """Every cell as text, None where it is missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        levels = [*_texts(pd.Series(column.cat.categories)), None]
        return [levels[code] for code in column.cat.codes]
    gone = column.isna().to_numpy()
    cells: list[Any] = column.tolist()
    if "32" in str(column.dtype) and pd.api.types.is_float_dtype(column.dtype):
        cells = [float(str(np.float32(cell))) if cell is not pd.NA else cell for cell in cells]
    return [None if miss else _text(cell) for cell, miss in zip(cells, gone, strict=True)]


def _text(cell: Any) -> str:
    kind = type(cell)
    if kind is str:
        return str(cell)
    if kind is int:
        return int.__repr__(cell)
    if isinstance(cell, float | np.floating):
        number = float(cell)
        return str(int(number)) if abs(number) < _EXACT and number.is_integer() else repr(number)
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        midnight = cell.tzinfo is None and not (cell.hour or cell.minute or cell.second or cell.microsecond)
        return cell.isoformat()[:10] if midnight and not getattr(cell, "nanosecond", 0) else cell.isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)
