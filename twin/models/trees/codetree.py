"""A binary tree over the codes of one field: each inner node asks in which half a row's code lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Ints


@dataclass(frozen=True)
class CodeTree:
    """Nested intervals of a field's ordered codes, parents before children.

    Args:
        low: First position of each inner node, shape (nodes,).
        mid: First position of its right half.
        high: One past its last position.
        left: Inner node that halves its left part further, or -1.
        right: The same for its right part.
    """

    low: Ints
    mid: Ints
    high: Ints
    left: Ints
    right: Ints

    def __len__(self) -> int:
        return self.low.size

    def prune(self, alive: Bools) -> tuple[CodeTree, Ints]:
        """The tree without nodes that neither are alive nor have a descendant that is.

        Returns:
            The smaller tree and the old position of each of its nodes.
        """
        needed = alive.copy()
        for node in range(len(self) - 1, -1, -1):  # children come after their parents
            for child in (self.left[node], self.right[node]):
                needed[node] |= child >= 0 and needed[child]
        kept = np.flatnonzero(needed)
        new = np.full(len(self) + 1, -1)  # the last entry stands for -1
        new[kept] = np.arange(kept.size)
        return CodeTree(
            self.low[kept], self.mid[kept], self.high[kept], new[self.left[kept]], new[self.right[kept]]
        ), kept


def grow(counts: Ints, *, depth: int, min_rows: int, first_alone: bool) -> CodeTree:
    """Halve the mass again and again; heavy codes end near the root.

    Args:
        counts: Rows per code in the field's order, shape (size,).
        depth: Most halvings on a path, ≥ 0.
        min_rows: Fewest rows of a node that is halved.
        first_alone: Whether the first code (missing) is split off before anything else.

    Returns:
        The tree; the expected depth of a row is about the entropy of the counts in bits.

    Example:
        >>> tree = grow(np.array([8, 4, 2, 2]), depth=7, min_rows=2, first_alone=False)
        >>> tree.mid.tolist(), tree.left.tolist(), tree.right.tolist()
        ([1, 2, 3], [-1, -1, -1], [1, 2, -1])
    """
    sums = np.concatenate([[0], np.cumsum(counts)])
    nodes: list[list[int]] = []

    def split(low: int, high: int, level: int) -> int:
        total = sums[high] - sums[low]
        seen = low + np.flatnonzero(counts[low:high])
        if seen.size < 2 or level >= depth or total < min_rows:
            return -1
        if first_alone and level == 0 and counts[0]:
            mid = 1
        else:  # the cut between two seen codes that lies nearest to half the mass
            cuts = seen[1:]
            mid = int(cuts[np.argmin(np.abs(sums[cuts] - sums[low] - total / 2))])
        here = len(nodes)
        nodes.append([low, mid, high, -1, -1])
        nodes[here][3] = split(low, mid, level + 1)
        nodes[here][4] = split(mid, high, level + 1)
        return here

    split(0, counts.size, 0)
    table = np.array(nodes, np.int64).reshape(-1, 5)
    return CodeTree(*(table[:, i].copy() for i in range(5)))
