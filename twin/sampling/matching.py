"""Which row gets which values, so that rows stay near what they were and columns keep their shares."""

from __future__ import annotations

import numpy as np

from twin.codes import FloatArray, IntArray
from twin.sampling.combinations import IntegerArray
from twin.sampling.rates import rank

_GROUPS = 16
_FITTING = 8


def raked(pool: IntArray, wanted: IntArray) -> FloatArray:
    """Weights of pool rows by which their columns have the shares of the wanted rows, shape (m,).

    Source:
        Deming and Stephan, Annals of Mathematical Statistics 11 (1940): iterative proportional fitting.
    """
    weights = np.ones(pool.shape[0])
    for _ in range(_FITTING):
        for j in range(pool.shape[1]):
            size = int(max(pool[:, j].max(), wanted[:, j].max())) + 1
            here = np.bincount(pool[:, j], weights, minlength=size)
            there = np.bincount(wanted[:, j], minlength=size) + 1e-3
            weights *= (there / np.maximum(here, 1e-9))[pool[:, j]]
    return weights


def groups(ordered: bool, share: FloatArray) -> IntegerArray:
    """Group of each code, shape (size,): neighbours of about equal share where ordered, else itself."""
    if not ordered or share.size <= _GROUPS:
        return np.arange(share.size)
    return np.minimum((np.cumsum(share) - share / 2) * _GROUPS, _GROUPS - 1).astype(np.int64)


def match(old: IntegerArray, new: IntegerArray) -> IntegerArray:
    """For each old row a new row, each once, alike in as many leading columns as can be had.

    Args:
        old: Shape (m, q), whole numbers ≥ 0.
        new: Shape (m, q).

    Returns:
        Positions of new rows, a permutation, shape (m,).

    Example:
        >>> match(np.array([[0, 1], [1, 5]]), np.array([[1, 4], [0, 1]])).tolist()
        [1, 0]
    """
    m, q = old.shape
    out = np.full(m, -1, np.int64)
    here, there = np.arange(m), np.arange(m)
    for depth in range(q, -1, -1):
        keys = np.zeros((2, here.size), np.int64)
        for j in range(depth):
            both = np.stack([old[here, j], new[there, j]])
            keys = np.unique(keys * (int(both.max(initial=0)) + 1) + both, return_inverse=True)[1].reshape(
                keys.shape
            )
        mine, theirs = (key * m + rank(key) for key in keys)
        _, a, b = np.intersect1d(mine, theirs, assume_unique=True, return_indices=True)
        out[here[a]] = there[b]
        here, there = np.delete(here, a), np.delete(there, b)
    return out
