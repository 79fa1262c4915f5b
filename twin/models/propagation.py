"""Marginals of a law on a clique tree, quickly: probabilities where they do, logarithms where they must."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from twin.codes import FloatArray
from twin.models.cliques import CliqueTree, Fields
from twin.models.sums import Sums, plan_sums


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

    def marginals(self, potentials: Mapping[Fields, FloatArray]) -> dict[Fields, FloatArray]:
        """The marginals of the law in proportion to the product of the exponentials of potentials.

        Each clique is kept as a conditional law given its separator, so nothing overflows, and one
        exponential per cell is taken.

        Args:
            potentials: Finite logarithms by set of fields, sets that the propagation was planned for.

        Returns:
            Probabilities by set of fields.
        """
        tree = self.tree
        messages: list[dict[Fields, FloatArray]] = [{} for _ in tree.cliques]
        tables: list[FloatArray] = [np.ones(())] * len(tree.cliques)
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
        found: dict[Fields, FloatArray] = {}
        above: list[dict[Fields, FloatArray]] = []
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
        >>> from twin.models.cliques import junction_tree
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
