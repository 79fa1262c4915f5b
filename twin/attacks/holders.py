"""How many people hold a value or a combination of values, and who holds it alone."""

from __future__ import annotations

import numpy as np

from twin.arrays import Bools, Floats, Ints, Uints64
from twin.metrics.table_view import TableView

Keys = Floats | Ints | Uints64


def holders(keys: Keys, units: Ints) -> tuple[Keys, Ints]:
    """How many people hold each value.

    Args:
        keys: Value of each row, without missing ones, shape (n,).
        units: Person of each row, shape (n,).

    Returns:
        The distinct values, ascending, and of each the people who hold it.

    Example:
        >>> holders(np.array([7, 5, 5, 5]), np.array([0, 0, 1, 1]))[1].tolist()
        [2, 1]
    """
    order = np.lexsort((units, keys))
    key, unit = keys[order], units[order]
    new = np.ones(key.size, dtype=bool)
    new[1:] = key[1:] != key[:-1]
    person = new.copy()  # the first row of a person with the value
    person[1:] |= unit[1:] != unit[:-1]
    return key[new], np.add.reduceat(person, np.flatnonzero(new), dtype=np.int64) if key.size else person


def alone(keys: Keys, units: Ints) -> Bools:
    """Whether nobody but a row's own person holds the row's value, shape (n,).

    Example:
        >>> alone(np.array([7, 5, 5, 9, 9]), np.array([0, 0, 1, 2, 2])).tolist()
        [True, False, False, True, True]
    """
    values, people = holders(keys, units)
    single: Bools = people == 1
    return single[np.searchsorted(values, keys)]


def by_person(view: TableView, rows: Bools) -> Bools:
    """Whether any of a person's rows is marked, shape (people,)."""
    marked: Bools = np.bincount(view.units[rows], minlength=view.n_units) > 0
    return marked
