"""Clique trees: which fields stand together, what that costs, and exact inference on them.

A set of marginals is closed under a triangulated graph; its maximal cliques form a tree in which every
field's cliques hang together. On that tree all marginals follow from two passes of messages.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heapify, heappop, heappush

import numpy as np

from twin.arrays import Floats
from twin.errors import InputError
from twin.models.marginals.factors import Factor

Fields = tuple[int, ...]


@dataclass(frozen=True)
class Cells:
    """How many cells the tables of a tree have.

    Args:
        largest: Cells of the largest clique.
        total: Cells of all cliques.
    """

    largest: int
    total: int


@dataclass(frozen=True)
class CliqueTree:
    """A tree of cliques with the running-intersection property, parents before their children.

    Args:
        sizes: Number of codes of each field.
        cliques: Fields of each clique, ascending; together they hold every field.
        parents: Position of each clique's parent; -1 for the first.
    """

    sizes: tuple[int, ...]
    cliques: tuple[Fields, ...]
    parents: tuple[int, ...]

    @cached_property
    def separators(self) -> tuple[Fields, ...]:
        """Fields that each clique shares with its parent; none for the first."""
        pairs = zip(self.cliques, self.parents, strict=True)
        return tuple(
            tuple(f for f in clique if f in self.cliques[up]) if up >= 0 else () for clique, up in pairs
        )

    @property
    def valid(self) -> bool:
        """Whether it is such a tree: what a clique shares with those before it, it shares with its parent."""
        seen: set[int] = set()
        for i, (clique, up) in enumerate(zip(self.cliques, self.parents, strict=True)):
            if not -1 <= up < i or list(clique) != sorted({*clique}):
                return False
            if not seen.intersection(clique) <= ({*self.cliques[up]} if up >= 0 else set()):
                return False
            seen.update(clique)
        return seen == set(range(len(self.sizes)))

    @cached_property
    def cells(self) -> Cells:
        """Cells of the largest clique and of all."""
        return _cells(self.cliques, self.sizes)

    @cached_property
    def _sets(self) -> tuple[tuple[frozenset[int], int], ...]:
        """The cliques as sets with their positions, small ones first."""
        order = sorted(range(len(self.cliques)), key=lambda i: _weight(self.cliques[i], self.sizes))
        return tuple((frozenset(self.cliques[i]), i) for i in order)

    def home(self, fields: Iterable[int]) -> int | None:
        """Position of the smallest clique that holds all the fields, or None."""
        asked = frozenset(fields)
        return next((i for clique, i in self._sets if asked <= clique), None)


def junction_tree(cliques: Iterable[Iterable[int]], sizes: Sequence[int]) -> CliqueTree:
    """A clique tree in which each of the given sets of fields lies inside one clique.

    The graph is triangulated greedily, once by least fill and once by least weight, and the result with
    fewer cells is kept. Parts that do not touch are joined by empty separators.

    Args:
        cliques: Sets of fields (pairs are edges), positions 0 … number of fields - 1.
        sizes: Number of codes of each field.

    Returns:
        The tree; it holds every field, those that no set names as cliques of their own.

    Raises:
        InputError: If a set names a field that `sizes` has not.

    Source:
        Koller & Friedman 2009, sections 9.4.3 (greedy elimination) and 10.4 (maximum spanning tree).

    Example:
        >>> tree = junction_tree([(0, 1), (1, 2), (2, 3), (0, 3)], [2, 3, 2, 3])
        >>> sorted(tree.cliques), tree.separators[1], tree.cells
        ([(0, 1, 2), (0, 2, 3)], (0, 2), Cells(largest=12, total=24))
    """
    maximal = _triangulate(cliques, sizes)
    first = max(range(len(maximal)), key=lambda i: (_weight(maximal[i], sizes), -i)) if maximal else 0
    order, parents = [first] if maximal else [], [-1] if maximal else []
    shared = [len({*clique} & {*maximal[first]}) for clique in maximal]
    link = [0] * len(maximal)  # position, in the new order, of the best neighbour
    left = set(range(len(maximal))) - {first}
    while left:
        best = max(left, key=lambda i: (shared[i], -i))
        left.remove(best)
        parents.append(link[best])
        order.append(best)
        for i in left:
            common = len({*maximal[i]} & {*maximal[best]})
            if common > shared[i]:
                shared[i], link[i] = common, len(order) - 1
    return CliqueTree(tuple(sizes), tuple(maximal[i] for i in order), tuple(parents))


def would_cost(cliques: Iterable[Iterable[int]], new_clique: Iterable[int], sizes: Sequence[int]) -> Cells:
    """Cells of the tree once `new_clique` has joined the given sets of fields.

    Args:
        cliques: Sets of fields that are already chosen.
        new_clique: The set to add.
        sizes: Number of codes of each field.

    Returns:
        Cells of the largest clique and of all, those of fields that stand alone included.

    Raises:
        InputError: If a set names a field that `sizes` has not.

    Example:
        >>> would_cost([(0, 1), (1, 2)], (0, 2), [10, 10, 10])
        Cells(largest=1000, total=1000)
    """
    return _cells(_triangulate([*cliques, new_clique], sizes), sizes)


def grow(
    scores: Mapping[Fields, float], sizes: Sequence[int], *, cells: int, thrift: float = 0.4
) -> tuple[Fields, ...]:
    """Choose sets of fields greedily, by score over added cells, until no more fit under a limit.

    Added cells are looked at again only for the set that seems best (lazy evaluation).

    Args:
        scores: How much each set is worth (its mutual information, say); those not above zero are left out.
        sizes: Number of codes of each field.
        cells: Most cells in total; fields that stand alone count too, and are never refused.
        thrift: Power of the added cells by which a score is divided; 0 looks at scores alone.

    Returns:
        The chosen sets, best first.

    Raises:
        InputError: If a set names a field that `sizes` has not.

    Source:
        Minoux 1978 (accelerated greedy algorithms).

    Example:
        >>> grow({(0, 1): 2.0, (1, 2): 1.0, (0, 2): 0.5}, [10, 10, 10], cells=500)
        ((0, 1), (1, 2))
    """
    chosen: list[Fields] = []
    now = junction_tree(chosen, sizes).cells.total

    def rise(fields: Fields) -> int:
        return would_cost(chosen, fields, sizes).total - now

    def worth(fields: Fields, added: int) -> float:
        return float(-scores[fields] / max(added, 1) ** thrift)

    queue = [(worth(fields, rise(fields)), fields) for fields, score in scores.items() if score > 0]
    heapify(queue)  # by what each was worth when last looked at, which seldom rises as the tree grows
    while queue:
        _, fields = heappop(queue)
        added = rise(fields)
        if now + added > cells:
            continue
        again = worth(fields, added)
        if queue and again > queue[0][0]:
            heappush(queue, (again, fields))
            continue
        chosen.append(fields)
        now += added
    return tuple(chosen)


def _weight(fields: Iterable[int], sizes: Sequence[int]) -> int:
    """Cells of a table over the fields."""
    return math.prod(sizes[f] for f in fields)


def _cells(cliques: Iterable[Fields], sizes: Sequence[int]) -> Cells:
    """Largest and total number of cells."""
    weights = [_weight(c, sizes) for c in cliques]
    return Cells(max(weights, default=0), sum(weights))


def _bits(mask: int) -> Iterator[int]:
    """Positions of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _triangulate(cliques: Iterable[Iterable[int]], sizes: Sequence[int]) -> list[Fields]:
    """Maximal cliques of the cheaper of two greedy triangulations."""
    near = [0] * len(sizes)  # neighbours of each field, as bits
    for clique in cliques:
        members = sorted({*clique})
        if members and (members[0] < 0 or members[-1] >= len(sizes)):
            raise InputError(f"clique tree: fields must lie between 0 and {len(sizes) - 1}")
        mask = sum(1 << f for f in members)
        for f in members:
            near[f] |= mask & ~(1 << f)
    tries = [_eliminate(near, sizes, by_weight=w) for w in (False, True)]
    return min(tries, key=lambda found: _cells(found, sizes).total)


def _eliminate(near: list[int], sizes: Sequence[int], *, by_weight: bool) -> list[Fields]:
    """Maximal cliques of greedy elimination by least fill, or by least weight, the other breaking ties."""
    near = list(near)
    logs = [math.log(s) for s in sizes]
    left, masks = set(range(len(sizes))), list[int]()

    def burden(v: int) -> tuple[bool, float, float, int]:
        around = near[v]
        fill = sum((around & ~near[u]).bit_count() - 1 for u in _bits(around))  # twice the edges to add
        weight = logs[v] + sum(logs[u] for u in _bits(around))
        return (fill > 0, weight, fill, v) if by_weight else (fill > 0, fill, weight, v)

    score = {v: burden(v) for v in left}
    while left:
        v = min(left, key=score.__getitem__)
        left.remove(v)
        around = near[v]
        if not any((around | 1 << v) & ~mask == 0 for mask in masks):
            masks.append(around | 1 << v)
        touched = around
        for u in _bits(around):
            near[u] = (near[u] | around) & ~(1 << u | 1 << v)
            touched |= near[u]
        for u in _bits(touched):
            score[u] = burden(u)
    return [tuple(_bits(mask)) for mask in masks]


@dataclass(frozen=True)
class Beliefs:
    """A distribution on all fields, as the logarithms of its marginals on a tree. Made by `calibrate`.

    Args:
        tree: The tree.
        cliques: Log-marginal of each clique; each sums to one.
        separators: Log-marginal of each clique's separator.
        log_total: Logarithm of the sum of the product of all potentials.
    """

    tree: CliqueTree
    cliques: tuple[Factor, ...]
    separators: tuple[Factor, ...]
    log_total: float

    def marginal(self, fields: Iterable[int]) -> Floats:
        """The joint distribution of some fields; by elimination along the tree where no clique holds all.

        Args:
            fields: Positions of the fields, in any order.

        Returns:
            Probabilities, one axis per field in ascending order.

        Raises:
            InputError: If a field is not in the tree.
        """
        asked = {*fields}
        if not asked <= set(range(len(self.tree.sizes))):
            raise InputError(f"marginal: fields must lie between 0 and {len(self.tree.sizes) - 1}")
        home = self.tree.home(asked)
        found = self._along(asked) if home is None else self.cliques[home].marginal(asked)
        return np.exp(found.values)

    def _along(self, asked: set[int]) -> Factor:
        """Log-marginal of fields that no clique holds together."""
        tree = self.tree
        below: list[set[int]] = [  # asked fields that first appear in this clique, later also under it
            asked & ({*clique} - {*shared})
            for clique, shared in zip(tree.cliques, tree.separators, strict=True)
        ]
        children: list[list[int]] = [[] for _ in tree.cliques]
        for i in range(len(tree.cliques) - 1, 0, -1):
            if below[i]:
                below[tree.parents[i]] |= below[i]
                children[tree.parents[i]].append(i)
        top = 0
        while len(children[top]) == 1 and asked & {*tree.cliques[top]} <= {
            *tree.separators[children[top][0]]
        }:
            top = children[top][0]

        def message(i: int) -> Factor:
            kept = asked.union(tree.separators[i] if i != top else ())
            left = list(children[i])
            table = self.cliques[i].marginal(kept.union(*(tree.separators[c] for c in left)))
            while left:
                table = table.product(message(left.pop()))
                table = table.marginal(kept.union(*(tree.separators[c] for c in left)))
            return table.over(self.separators[i]) if i != top else table.marginal(asked)

        return message(top)


def calibrate(tree: CliqueTree, potentials: Iterable[Factor]) -> Beliefs:
    """All clique marginals of the distribution in proportion to the product of the potentials, by two passes.

    Args:
        tree: The clique tree.
        potentials: Log-factors, each over fields that some clique holds together.

    Returns:
        The beliefs; a tree without potentials gives the uniform distribution.

    Raises:
        InputError: If no clique holds the fields of a potential, its sizes are not the tree's, or the
            product is zero everywhere.

    Source:
        Lauritzen & Spiegelhalter 1988; Koller & Friedman 2009, algorithm 10.3 (belief update).

    Example:
        >>> tree = junction_tree([(0, 1), (1, 2)], [2, 2, 2])
        >>> same = np.log([[0.4, 0.1], [0.1, 0.4]])
        >>> distribution = calibrate(tree, [Factor((0, 1), same), Factor((1, 2), same)])
        >>> distribution.marginal((0, 2)).round(2).tolist()
        [[0.34, 0.16], [0.16, 0.34]]
    """
    tables = [np.zeros([tree.sizes[f] for f in clique]) for clique in tree.cliques]
    for potential in potentials:
        home = tree.home(potential.fields)
        if home is None:
            raise InputError("calibrate: the fields of each potential must lie inside one clique")
        if potential.values.shape != tuple(tree.sizes[f] for f in potential.fields):
            raise InputError("calibrate: each potential must have the sizes that the tree has for its fields")
        tables[home] += potential.expand(tree.cliques[home])
    beliefs = [Factor(clique, table) for clique, table in zip(tree.cliques, tables, strict=True)]
    up: list[Factor] = [Factor((), np.zeros(()))] * len(beliefs)
    for i in range(len(beliefs) - 1, 0, -1):
        up[i] = beliefs[i].marginal(tree.separators[i])
        beliefs[tree.parents[i]] = beliefs[tree.parents[i]].product(up[i])
    log_total = float(beliefs[0].marginal(()).values) if beliefs else 0.0
    if not math.isfinite(log_total):
        raise InputError("calibrate: the potentials leave no cell above zero; raise some of them")
    shared = [Factor((), np.zeros(()))] * len(beliefs)
    for i, parent in enumerate(tree.parents):
        if i == 0:
            beliefs[0] = Factor(beliefs[0].fields, beliefs[0].values - log_total)
        else:
            shared[i] = beliefs[parent].marginal(tree.separators[i])
            beliefs[i] = beliefs[i].product(shared[i].over(up[i]))
    return Beliefs(tree, tuple(beliefs), tuple(shared), log_total)
