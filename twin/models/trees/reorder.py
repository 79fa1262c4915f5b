"""A chain of trees refitted in another order, on rows that the chain itself drew.

Fields that are late in a chain are hard to condition on: all before them is drawn blindly. Refitted so that
they come first, the chain draws what is given at once and the rest from it. It learns from the twin alone,
so nobody's data is looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats
from twin.codes import Codes
from twin.models.trees.chain import FieldTrees, FittedTrees
from twin.models.trees.trees import Trees, TreeTable
from twin.privacy.suppression.guard import Guard

_ROWS = 30_000
_MOST_TILTED = 2


def reordered(chain: FittedTrees, first: Sequence[int], rng: Generator, *, rows: int = _ROWS) -> FittedTrees:
    """The chain in an order that begins with some fields.

    The first fields are learned from plain rows. The others, whose law given the first ones stays what it is
    however often these come, are learned from rows in which rare codes of the first ones are as common as
    they can be made: so a rare condition has rows to learn from.

    Args:
        chain: The chain.
        first: Positions of the fields that come first, in this order.
        rng: Source of randomness.
        rows: Rows that it draws to learn from.

    Returns:
        The chain over the same fields.
    """
    sequence = np.array([*first, *(f.position for f in chain.fields if f.position not in set(first))])
    plain = _table(chain, chain.sample(rows, rng=rng))
    head = plain.chain(sequence[: len(first)], rng)
    table = plain
    if len(first) <= _MOST_TILTED:
        table = _table(chain, chain.chosen(rows, {j: _flat(chain, j) for j in first}, rng))
    return FittedTrees(chain.domain, (*head, *table.chain(sequence, rng, after=len(first))), chain.bins)


def _table(chain: FittedTrees, codes: Codes) -> TreeTable:
    """Rows of the twin, which are nobody's: what was told of each field stays told, and nothing is cut."""
    known: dict[int, FieldTrees] = {f.position: f for f in chain.fields}
    fields = [known[j] for j in range(len(chain.domain))]
    guard = Guard(k=1, unsafe=True, noise=lambda: 0)
    counts, orders = [f.counts for f in fields], [f.order for f in fields]
    return TreeTable.of(Trees(), codes, guard, counts, orders, chain.bins)


def _flat(chain: FittedTrees, j: int) -> Floats:
    """Weights under which the shares of codes become their square roots, shape (size,)."""
    counts = next(f.counts for f in chain.fields if f.position == j)
    return np.where(counts > 0, 1.0 / np.sqrt(np.maximum(counts, 1)), 0.0)
