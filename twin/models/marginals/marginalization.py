"""Marginals of a law on a clique tree, quickly: probabilities where they do, logarithms where they must."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.arrays import Floats
from twin.models.marginals.cliques import CliqueTree, Fields


@dataclass(frozen=True)
class Propagation:
    """Belief propagation for fixed sets of fields. Made by `plan_propagation`.

    Args:
        tree: The clique tree.
        homes: The sets of fields that are looked at in each clique.
        plans: How each clique is summed up to these sets and to the separators of its children.
    """

    tree: CliqueTree
    homes: tuple[tuple[Fields, ...], ...]
    plans: tuple[Sums, ...]

    def marginals(self, potentials: Mapping[Fields, Floats]) -> dict[Fields, Floats]:
        """The marginals of the law in proportion to the product of the exponentials of potentials.

        Each clique is kept as a conditional law given its separator, so nothing overflows, and one
        exponential per cell is taken.

        Args:
            potentials: Finite logarithms by set of fields, sets that the propagation was planned for.

        Returns:
            Probabilities by set of fields.
        """
        tree = self.tree
        messages: list[dict[Fields, Floats]] = [{} for _ in tree.cliques]
        tables: list[Floats] = [np.ones(())] * len(tree.cliques)
        totals = list(tables)
        for i in range(len(tree.cliques) - 1, -1, -1):
            own = messages[i]
            for fields in self.homes[i]:
                if fields in potentials:
                    own[fields] = own[fields] + potentials[fields] if fields in own else potentials[fields]
            shape = tuple(tree.sizes[f] for f in tree.cliques[i])
            whole = self.plans[i].spread(own, shape)
            axes = tuple(a for a, f in enumerate(tree.cliques[i]) if f not in tree.separators[i])
            top = whole.max(axis=axes, keepdims=True)
            tables[i] = np.exp(whole - top)
            totals[i] = tables[i].sum(axis=axes, keepdims=True)
            if i:
                shared, up = tree.separators[i], messages[tree.parents[i]]
                message = (np.log(totals[i]) + top).reshape([tree.sizes[f] for f in shared])
                up[shared] = up[shared] + message if shared in up else message
        found: dict[Fields, Floats] = {}
        above: list[dict[Fields, Floats]] = []
        for i, shared in enumerate(tree.separators):
            mass = 1.0 if i == 0 else above[tree.parents[i]][shared].reshape(totals[i].shape)
            above.append(self.plans[i].of([tables[i] * (mass / totals[i])]))
            found.update((fields, above[i][fields]) for fields in self.homes[i])
        return found


def plan_propagation(tree: CliqueTree, sets: Iterable[Fields]) -> Propagation:
    """Plan the sums that belief propagation takes for some sets of fields.

    Args:
        tree: The clique tree.
        sets: Sets of fields, ascending, each inside one clique.

    Returns:
        The plan.

    Source:
        Lauritzen & Spiegelhalter 1988; the cliques as conditional laws after Shafer & Shenoy 1990.

    Example:
        >>> from twin.models.marginals.cliques import junction_tree
        >>> plan = plan_propagation(junction_tree([(0, 1), (1, 2)], [2, 2, 2]), [(0, 1), (1, 2)])
        >>> same = np.log([[0.4, 0.1], [0.1, 0.4]])
        >>> plan.marginals({(0, 1): same, (1, 2): same})[(1, 2)].round(2).tolist()
        [[0.4, 0.1], [0.1, 0.4]]
    """
    homes: list[list[Fields]] = [[] for _ in tree.cliques]
    for fields in dict.fromkeys(sets):
        home = tree.home(fields)
        assert home is not None, "each set lies inside a clique"
        homes[home].append(fields)
    wanted = [list(own) for own in homes]
    for child, parent in enumerate(tree.parents):
        if parent >= 0:
            wanted[parent].append(tree.separators[child])
    plans = (plan_sums([c], w, tree.sizes) for c, w in zip(tree.cliques, wanted, strict=True))
    return Propagation(tree, tuple(map(tuple, homes)), tuple(plans))


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

    def of(self, tables: Sequence[Floats]) -> dict[Fields, Floats]:
        """The marginal of each wanted set of fields."""
        known = list(tables)
        for source, axis in self.steps:
            known.append(known[source].sum(axis=axis))
        return {fields: known[place] for fields, place in self.places.items()}

    def spread(self, own: Mapping[Fields, Floats], shape: tuple[int, ...]) -> Floats:
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
        known: list[Floats | None] = [None] * (len(self.steps) + 1)
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
