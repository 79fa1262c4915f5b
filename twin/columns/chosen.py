"""Levels that a user asks for, as places among the levels that were kept."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from twin.columns.asked import Asked
from twin.columns.schema import Level


def codes_asked(asked: Asked, levels: Sequence[Level], *, nullable: bool, ordered: bool) -> NDArray[np.int64]:
    """Codes of what is asked of a category.

    Args:
        asked: What is asked.
        levels: Levels that were kept, in the order of their codes.
        nullable: Whether code 0 is a missing value.
        ordered: Whether the order of the levels means something.

    Returns:
        Codes, shape (m,); where each row asks for its own, one per value and last that of a missing cell.

    Raises:
        InputError: If a level is not kept, or a range is asked of levels without an order.

    Example:
        >>> from twin.columns.schema import Category
        >>> asked = Asked(column=Category(name="size"), ranges=(("S", None),))
        >>> codes_asked(asked, ("XS", "S", "M"), nullable=True, ordered=True).tolist()
        [2, 3]
    """
    places = {(type(level), level): i for i, level in enumerate(levels)}

    def place(value: object, at: int | None = None) -> int:
        found = places.get((type(value), value))  # type: ignore[arg-type]
        if found is None:
            alike = [i for i, level in enumerate(levels) if _alike(value, level)]
            if len(alike) != 1:
                raise asked.never("a level that is asked for", at)
            found = alike[0]
        return found + nullable

    if asked.missing and not nullable:
        raise asked.never("a missing value there")
    codes = [place(value, at) for at, value in enumerate(asked.values)]
    if asked.rows is not None:
        return np.array([*codes, 0], np.int64)
    if asked.ranges and not ordered:
        raise asked.error("a range is asked for, and its levels have no order; give a list of levels")
    for low, high in asked.ranges:
        first = int(nullable) if low is None else place(low)
        last = len(levels) - 1 + nullable if high is None else place(high) - asked.below
        if first > last:
            raise asked.error("the lower end of a range lies above its upper end; give it as (low, high)")
        codes += range(first, last + 1)
    return np.unique(np.array([*codes, *([0] if asked.missing else [])], np.int64))


def _alike(value: object, level: Level) -> bool:
    """Whether a value means a level: equal numbers, numbers as flags, or the level as it is written."""
    if isinstance(value, str):
        texts = (str(level), str(level).lower()) if isinstance(level, bool) else (str(level),)
        return not isinstance(level, str) and value.strip() in texts
    return isinstance(value, bool | int | float | Decimal) and not isinstance(level, str) and value == level
