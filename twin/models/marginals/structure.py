"""Which fields a model looks at together, and how finely.

Sets of fields are scored by how far a guess of their counts is off. Codes are merged, so that each keeps
enough rows to be seen through the noise of a joint table.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from twin.arrays import Floats, Ints
from twin.codes import MISSING, Domain, Field
from twin.models.marginals.cliques import CliqueTree, Fields, grow, junction_tree, would_cost

_SEEN = 1 / 3
"""Part of the floor from which missing values keep a bin of their own: they are seldom like the rest."""


def merged(counts: Floats, of: Field, *, floor: float) -> Ints:
    """Bins of codes that hold about `floor` rows or more: heavy codes alone, light ones together.

    Neighbours are merged where codes are ordered, but for light ones squeezed in before a heavy code;
    elsewhere all light codes share a bin. A missing code keeps its own bin, or joins the heaviest where next
    to nothing is missing.

    Args:
        counts: Rows per code, not negative, shape (size,); noisy where a budget is kept.
        of: The field.
        floor: Rows that a bin should hold, ≥ 0.

    Returns:
        Bin of each code, shape (size,), each from 0 to the number of bins - 1 in use.

    Example:
        >>> merged(np.array([50.0, 2, 3, 40]), Field(name="age", size=4, ordered=True), floor=5).tolist()
        [0, 1, 1, 2]
        >>> merged(np.array([50.0, 2, 40, 3]), Field(name="city", size=4), floor=10).tolist()
        [0, 2, 1, 2]
    """
    first = 1 if of.nullable and of.size > 1 else 0
    there = counts[first:]
    bins = _runs(there, floor) if of.ordered else _heavy(there, floor)
    if not first:
        return bins
    if counts[MISSING] >= _SEEN * floor and counts[MISSING] > 0:
        return np.append(0, bins + 1)
    return np.append(bins[np.argmax(there)], bins)


def _heavy(counts: Floats, floor: float) -> Ints:
    """Heavy codes alone in their order, the light ones in a last bin, if any row holds one."""
    heavy = (counts >= floor) & (counts > 0)
    bins = np.cumsum(heavy) - 1
    if heavy.any() and not counts[~heavy].any():
        return np.where(heavy, bins, bins[np.argmax(counts)])
    return np.where(heavy, bins, bins[-1] + 1)


def _runs(counts: Floats, floor: float) -> Ints:
    """Runs of neighbours that reach the floor; the last joins the run before if it does not."""
    bins, rows, alone = np.zeros(counts.size, np.int64), 0.0, False
    floor = max(floor, 1e-9)  # a bin without rows joins its neighbour
    for i in range(1, counts.size):
        rows, alone = rows + counts[i - 1], counts[i] >= floor
        start = rows >= floor or (alone and rows > 0)
        bins[i] = bins[i - 1] + start
        rows = 0.0 if start else rows
    last = bins == bins[-1]
    if bins[-1] and counts[last].sum() < floor:
        bins[last] -= 1
    return bins


def rows_per_bin(counts: Floats, bins: Ints) -> Floats:
    """Rows of each bin, shape (number of bins,).

    Args:
        counts: Rows of each code, shape (size,).
        bins: Bin of each code, shape (size,).

    Example:
        >>> rows_per_bin(np.array([50.0, 2, 3]), np.array([0, 1, 1])).tolist()
        [50.0, 5.0]
    """
    return np.bincount(bins, counts, minlength=int(bins.max(initial=0)) + 1).astype(np.float64)


Sets = list[Fields]

FINEST = 64
"""Bins of about equal mass that the codes of a field are merged to at most."""

_RESOLUTIONS = (FINEST, 16)
_ROOM = 0.85  # part of the dependence worth a look for which a tree must have room; else bins are coarser
_NOISE = 0.6  # how much of a pair's noise is taken off its score

_MEAN_ABSOLUTE = math.sqrt(2 / math.pi)  # of a standard normal


def pairs(d: int) -> Sets:
    """All pairs of d fields.

    Example:
        >>> pairs(3)
        [(0, 1), (0, 2), (1, 2)]
    """
    return list(itertools.combinations(range(d), 2))


def by_chance(guess: Floats) -> float:
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

    Args:
        cells: Cells of the joint table, ≥ 1.
        deviation: Standard deviation of the noise, > 0.

    Example:
        >>> round(by_noise(10, 1.0), 2)
        7.98
    """
    return _MEAN_ABSOLUTE * cells * deviation


def candidates(
    tree: CliqueTree, chosen: Sequence[Fields], seen: Iterable[Fields], *, cells: int
) -> tuple[Sets, Sets]:
    """What a further round may look at: pairs that a tree could still take, and triples inside its cliques.

    Args:
        tree: The tree of the sets chosen so far.
        chosen: Those sets.
        seen: Sets that need no second look.
        cells: Most cells of the tree.

    Returns:
        Pairs and triples, in order.

    Example:
        >>> from twin.models.marginals.cliques import junction_tree
        >>> chosen = [(0, 1), (1, 2)]
        >>> candidates(junction_tree(chosen, [2, 2, 2]), chosen, chosen, cells=99)
        ([(0, 2)], [])
    """
    done = {*seen}
    two = [
        pair
        for pair in pairs(len(tree.sizes))
        if pair not in done
        and (tree.home(pair) is not None or would_cost(chosen, pair, tree.sizes).total <= cells)
    ]
    three = {triple for clique in tree.cliques for triple in itertools.combinations(clique, 3)}
    return two, sorted(three - done)


def best(
    sets: Sequence[Fields],
    scores: Floats,
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
    picked: Sets = []
    for i in np.argsort(-scores, kind="stable"):
        if scores[i] <= above or len(picked) >= most:
            break
        if would_cost([*chosen, *picked], sets[i], sizes).total <= cells:
            picked.append(sets[i])
    return picked


def spanning_tree(
    sets: Sequence[Fields], scores: Floats, sizes: Sequence[int], *, cells: int
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
    picked = []
    for i in np.argsort(-scores, kind="stable"):
        a, b = sets[i]
        if part[a] == part[b] or scores[i] <= 0 or sizes[a] * sizes[b] > cells:
            continue
        picked.append(sets[i])
        part = [part[a] if p == part[b] else p for p in part]
    return tuple(picked)


class Settings(Protocol):
    """How far to go; see `Marginals`."""

    @property
    def cells(self) -> int:
        """Most cells of the tree."""
        ...

    @property
    def rounds(self) -> int:
        """Rounds after the first."""
        ...

    @property
    def tree(self) -> bool:
        """Whether pairs form a tree."""
        ...


@dataclass(frozen=True, kw_only=True)
class Structure:
    """What to look at first, and how finely.

    Args:
        bins: For each field the merged code of each code, shape (size,).
        chosen: Pairs of fields.
    """

    bins: tuple[Ints, ...]
    chosen: tuple[Fields, ...]


def bins_of(
    counts: Sequence[Floats], domain: Domain, *, floor: float, resolution: int = FINEST
) -> tuple[Ints, ...]:
    """Merged codes of all fields: bins of about equal mass, above a floor.

    Args:
        counts: Rows per code, shape (size,) per field.
        domain: The fields.
        floor: Rows that a bin holds at least.
        resolution: Bins of a field at most, about.

    Returns:
        The merged code of each code, shape (size,) per field.
    """
    return tuple(
        merged(c, f, floor=max(floor, float(c.sum()) / resolution))
        for c, f in zip(counts, domain, strict=True)
    )


def structure(
    counts: Sequence[Floats],
    domain: Domain,
    scores: Floats,
    *,
    settings: Settings,
    floor: float = 0.0,
    noise: float = 0.0,
    above: float = 0.0,
) -> Structure:
    """Choose pairs, and how finely codes are told apart: as finely as leaves room for most of the dependence.

    Args:
        counts: Rows per code, shape (size,) per field.
        domain: The fields.
        scores: How far each of `pairs` is from independence, beyond chance, in rows, shape (pairs,).
        settings: How far to go.
        floor: Rows that a bin holds at least.
        noise: Standard deviation of the noise that each count of a pair will have.
        above: Scores that are not above this are left out.

    Returns:
        The structure.
    """
    sets = pairs(len(domain))
    for resolution in _RESOLUTIONS:
        bins = bins_of(counts, domain, floor=floor, resolution=resolution)
        sizes = [int(b.max(initial=0)) + 1 for b in bins]
        worth = scores - [_NOISE * by_noise(sizes[i] * sizes[j], noise) for i, j in sets]
        wanted = {s: float(x) for s, x in zip(sets, worth, strict=True) if x > max(above, 0.0)}
        if settings.tree:
            chosen = spanning_tree(sets, worth, sizes, cells=settings.cells)
            break
        chosen = grow(wanted, sizes, cells=settings.cells)
        tree = junction_tree(chosen, sizes)
        kept = math.fsum(x for s, x in wanted.items() if tree.home(s) is not None)
        if kept >= _ROOM * math.fsum(wanted.values()):
            break
    return Structure(bins=bins, chosen=chosen)
