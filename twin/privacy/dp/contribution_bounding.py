"""Whose rows count: a cap on rows per subject, enforced and not assumed (rule P14)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from twin.arrays import Ints
from twin.errors import InputError


@dataclass(frozen=True)
class BoundedContribution:
    """The rows that count, at most `cap` of each subject. Made by `cohort`.

    Args:
        rows: Positions of the rows that count, ascending, shape (m,).
        subjects: Dense ids of their subjects, shape (m,), or None where each row is a subject.
        cap: Most rows of one subject, ≥ 1.
    """

    rows: Ints
    subjects: Ints | None
    cap: int


def bound_contribution(n: int, subjects: Ints | None, *, cap: int, rng: Generator) -> BoundedContribution:
    """Choose at most `cap` rows of each subject, at random; which ones depends on no other subject's rows.

    Args:
        n: Rows of the table, ≥ 0.
        subjects: Subject id of each row, shape (n,), below 0 where there is none: such rows do not count.
            None: each row is a subject.
        cap: Most rows of one subject, ≥ 1.
        rng: Chooses among the rows of one subject.

    Returns:
        The rows that count.

    Raises:
        InputError: If cap is below 1.

    Example:
        >>> ids = np.array([0, 0, 1, -1, 0])
        >>> found = bound_contribution(5, ids, cap=2, rng=np.random.default_rng(0))
        >>> np.bincount(found.subjects).tolist(), 3 in found.rows
        ([2, 1], False)
    """
    if cap < 1:
        raise InputError("rows_per_subject: must be at least 1")
    if subjects is None:
        return BoundedContribution(np.arange(n), None, cap)
    mixed = rng.permutation(n)
    mixed = mixed[subjects[mixed] >= 0]
    order = mixed[np.argsort(subjects[mixed], kind="stable")]  # subject after subject, in random order within
    line = subjects[order]
    starts = np.flatnonzero(np.append(True, line[1:] != line[:-1])[: line.size])
    rank = np.arange(line.size) - np.repeat(starts, np.diff(np.append(starts, line.size)))
    rows = np.sort(order[rank < cap])
    dense = np.unique(subjects[rows], return_inverse=True)[1].reshape(-1).astype(np.int64)
    return BoundedContribution(rows, dense, cap)
