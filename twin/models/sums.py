"""Many marginals of a few tables at once, each summed out of the smallest table that holds it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.codes import FloatArray

Fields = tuple[int, ...]


@dataclass(frozen=True)
class Sums:
    """The order in which tables are summed up. Made by `plan_sums`.

    Args:
        steps: Per step the table that is summed (the given ones come first, then each step's result), and
            over which axis.
        places: The table of each wanted set of fields.
    """

    steps: tuple[tuple[int, int], ...]
    places: dict[Fields, int]

    def of(self, tables: Sequence[FloatArray]) -> dict[Fields, FloatArray]:
        """The marginal of each wanted set of fields."""
        known = list(tables)
        for source, axis in self.steps:
            known.append(known[source].sum(axis=axis))
        return {fields: known[place] for fields, place in self.places.items()}

    def spread(self, own: Mapping[Fields, FloatArray], shape: tuple[int, ...]) -> FloatArray:
        """One table that is the sum of smaller ones, each repeated over the fields it lacks: `of` reversed.

        Args:
            own: Tables by wanted set of fields.
            shape: Shape of the one table that the sums were planned for.

        Returns:
            The table.

        Example:
            >>> import numpy as np
            >>> sums = plan_sums([(0, 1)], [(0,), (1,)], [2, 2])
            >>> sums.spread({(0,): np.array([1.0, 2.0]), (1,): np.array([0.0, 10.0])}, (2, 2)).tolist()
            [[1.0, 11.0], [2.0, 12.0]]
        """
        known: list[FloatArray | None] = [None] * (len(self.steps) + 1)
        for fields, table in own.items():
            known[self.places[fields]] = table
        for result in range(len(self.steps), 0, -1):
            table_here = known[result]
            if table_here is not None:
                source, axis = self.steps[result - 1]
                wide, there = np.expand_dims(table_here, axis), known[source]
                known[source] = wide if there is None else there + wide
        return np.broadcast_to(np.zeros(()) if known[0] is None else known[0], shape)


def plan_sums(tables: Sequence[Fields], wanted: Iterable[Fields], sizes: Sequence[int]) -> Sums:
    """Plan the sums that give the marginals of some sets of fields.

    Large sets come first; each is summed from the smallest table so far that holds it, longest axis first,
    and what arises on the way serves later ones.

    Args:
        tables: Fields of the given tables, ascending.
        wanted: Sets of fields, ascending, each inside one of the tables.
        sizes: Number of codes of each field.

    Returns:
        The plan.

    Example:
        >>> import numpy as np
        >>> sums = plan_sums([(0, 1, 2)], [(0,), (0, 2)], [2, 3, 4])
        >>> {k: v.shape for k, v in sums.of([np.ones((2, 3, 4))]).items()}
        {(0, 2): (2, 4), (0,): (2,)}
    """

    def cells(fields: Fields) -> int:
        return math.prod(sizes[f] for f in fields)

    known, steps, places = list(tables), list[tuple[int, int]](), dict[Fields, int]()
    for fields in sorted({*wanted}, key=lambda fields: (-cells(fields), fields)):
        holds = (i for i, table in enumerate(known) if {*fields} <= {*table})
        at = min(holds, key=lambda i: (cells(known[i]), i))
        while known[at] != fields:
            drop = max((f for f in known[at] if f not in fields), key=lambda f: (sizes[f], f))
            steps.append((at, known[at].index(drop)))
            known.append(tuple(f for f in known[at] if f != drop))
            at = len(known) - 1
        places[fields] = at
    return Sums(tuple(steps), places)
