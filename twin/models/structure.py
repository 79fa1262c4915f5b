"""Which fields a model looks at together: sets scored by how far a guess of their counts is off."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np

from twin.codes import FloatArray
from twin.models.cliques import CliqueTree, Fields, would_cost

Sets = list[Fields]

_MEAN_ABSOLUTE = math.sqrt(2 / math.pi)  # of a standard normal


def pairs(d: int) -> Sets:
    """All pairs of d fields.

    Example:
        >>> pairs(3)
        [(0, 1), (0, 2), (1, 2)]
    """
    return list(itertools.combinations(range(d), 2))


def by_chance(guess: FloatArray) -> float:
    """How far counts are off by chance where a guess is right: the mean of the summed absolute differences.

    Args:
        guess: Expected counts, ≥ 0.

    Returns:
        Rows.

    Source:
        The mean absolute deviation of a Poisson count, sqrt(2 m / pi), and 2 m at most.

    Example:
        >>> round(by_chance(np.array([100.0, 0.0])), 2)
        7.98
    """
    return float(np.minimum(_MEAN_ABSOLUTE * np.sqrt(guess), 2 * guess).sum())


def by_noise(cells: int, deviation: float) -> float:
    """How far counts with noise are off, summed over cells.

    Example:
        >>> round(by_noise(10, 1.0), 2)
        7.98
    """
    return _MEAN_ABSOLUTE * cells * deviation


def candidates(
    tree: CliqueTree, chosen: Sequence[Fields], known: Iterable[Fields], *, cells: int
) -> tuple[Sets, Sets]:
    """What a further round may look at: pairs that a tree could still take, and triples inside its cliques.

    Args:
        tree: The tree of the sets chosen so far.
        chosen: Those sets.
        known: Sets that need no second look.
        cells: Most cells of the tree.

    Returns:
        Pairs and triples, in order.

    Example:
        >>> from twin.models.cliques import junction_tree
        >>> chosen = [(0, 1), (1, 2)]
        >>> candidates(junction_tree(chosen, [2, 2, 2]), chosen, chosen, cells=99)
        ([(0, 2)], [])
    """
    seen = {*known}
    two = [
        pair
        for pair in pairs(len(tree.sizes))
        if pair not in seen
        and (tree.home(pair) is not None or would_cost(chosen, pair, tree.sizes).total <= cells)
    ]
    three = {triple for clique in tree.cliques for triple in itertools.combinations(clique, 3)}
    return two, sorted(three - seen)


def best(
    sets: Sequence[Fields],
    scores: FloatArray,
    chosen: Sequence[Fields],
    sizes: Sequence[int],
    *,
    above: float,
    most: int,
    cells: int,
) -> Sets:
    """The sets of the highest scores that a tree can take.

    Args:
        sets: Candidates.
        scores: Score of each, shape (len(sets),).
        chosen: Sets chosen before.
        sizes: Number of codes of each field.
        above: Lower scores are left out.
        most: Most sets.
        cells: Most cells of the tree.

    Returns:
        The sets, best first.

    Example:
        >>> best([(0, 1), (1, 2)], np.array([1.0, 5.0]), [], [2, 2, 2], above=0.0, most=1, cells=99)
        [(1, 2)]
    """
    found: Sets = []
    for i in np.argsort(-scores, kind="stable"):
        if scores[i] <= above or len(found) >= most:
            break
        if would_cost([*chosen, *found], sets[i], sizes).total <= cells:
            found.append(sets[i])
    return found


def spanning_tree(
    sets: Sequence[Fields], scores: FloatArray, sizes: Sequence[int], *, cells: int
) -> tuple[Fields, ...]:
    """The pairs of the highest scores that form no circle.

    Args:
        sets: Pairs.
        scores: Score of each, shape (len(sets),).
        sizes: Number of codes of each field.
        cells: Most cells of a pair.

    Returns:
        The pairs, best first.

    Source:
        Kruskal 1956; Chow & Liu 1968.

    Example:
        >>> spanning_tree([(0, 1), (0, 2), (1, 2)], np.array([3.0, 1.0, 2.0]), [2, 2, 2], cells=99)
        ((0, 1), (1, 2))
    """
    part = list(range(len(sizes)))
    found = []
    for i in np.argsort(-scores, kind="stable"):
        a, b = sets[i]
        if part[a] == part[b] or scores[i] <= 0 or sizes[a] * sizes[b] > cells:
            continue
        found.append(sets[i])
        part = [part[a] if p == part[b] else p for p in part]
    return tuple(found)
