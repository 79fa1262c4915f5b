"""Columns as people have them, each with what a careful reader takes it for: the yardstick of recognition.

A case is a small maker of a column, or of the two columns of a position, with the kinds that are right (any
other is wrong), how its cells are written, and which values stand for something else. What columns look like
decides, never what a recogniser makes of them. Where careful readers would differ on the kind, several are
right, or the case is not here.

A third is held out, by the hash of its name. It is tried once, when all else is done: nothing is tuned on it,
and its misses are not looked at before. `columns()` gives the open cases and `columns(held_out=True)`
the others. Add cases freely, but rename none.

A column is recognised rightly where its kind is one of `kinds`; what is found of its form, grain and special
values can be held against `form`, `grain` and `specials`. `case.table()` makes it. Identifiers in many more
locales stand in `tests/helpers/labelled_columns.py`.
"""

from __future__ import annotations

from tests.helpers.labelled_kinds import calendars, dates, identifiers, keys, numbers, places, plain, prose
from tests.helpers.labelled_kinds.base import KINDS, ROWS, Case

EVERY: tuple[Case, ...] = (
    *dates.CASES,
    *numbers.CASES,
    *calendars.CASES,
    *identifiers.CASES,
    *keys.CASES,
    *places.CASES,
    *plain.CASES,
    *prose.CASES,
)


def columns(held_out: bool = False) -> list[Case]:
    """The open cases, or those held out.

    Args:
        held_out: Whether the third is meant that is tried once, at the end.
    """
    return [case for case in EVERY if case.held_out == held_out]


__all__ = ["EVERY", "KINDS", "ROWS", "Case", "columns"]
