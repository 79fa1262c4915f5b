"""The split of a table by subject: rows to fit on, and rows to keep away."""

from __future__ import annotations

import numpy as np
import pandas as pd

from twin.arrays import Ints
from twin.columns.arrays.reading import subject_ids
from twin.columns.schema import Name
from twin.randomness import Stream, fresh, generator

_SHARE = 0.2
_ENOUGH = 2_000
_LARGE = 10_000
_ATTACKED = 600
"""People whom attacks need in a holdout: 500 to attack, and 100 more for the negative control."""


def holdout_size(subjects: int) -> int:
    """Subjects to keep away from the fit: a fifth, at least 2,000 where there are 10,000, at most half.

    And at least 600 where there are twice as many, since no attack is run on fewer.

    Args:
        subjects: Subjects in all, ≥ 0.

    Returns:
        Subjects of the holdout.

    Example:
        >>> holdout_size(100), holdout_size(1_500), holdout_size(10_000), holdout_size(50_000)
        (20, 600, 2000, 10000)
    """
    least = _ENOUGH if subjects >= _LARGE else _ATTACKED if subjects >= 2 * _ATTACKED else 0
    wanted = max(int(_SHARE * subjects), least)
    return min(wanted, subjects // 2)


def split_by_coins(frame: pd.DataFrame, subject: Name | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to fit on and rows to keep away, by a coin per subject that depends on nobody else.

    With one subject more or less, all others stay where they are. A choice of a fixed number of subjects, or
    coins from a known seed, would move others too, and the guarantee of the fit would not carry over.

    Args:
        frame: The table.
        subject: Column that names the person, or None where each row is one.

    Returns:
        Two tables with their rows in the order of `frame`. Rows without a subject are in neither.
    """
    ids = np.arange(len(frame)) if subject is None else subject_ids(frame, subject, missing="drop")
    known = ids >= 0
    held = (fresh().random(int(ids.max(initial=-1)) + 1) < _SHARE)[ids[known]]
    rows = frame[known]
    return rows[~held].reset_index(drop=True), rows[held].reset_index(drop=True)


def split(frame: pd.DataFrame, ids: Ints | None, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to fit on and rows to keep away, no subject in both.

    Args:
        frame: The table, n rows.
        ids: Dense subject ids, shape (n,), or None where each row is a subject.
        seed: Of the choice.

    Returns:
        Two tables with their rows in the order of `frame`.
    """
    rows = np.arange(len(frame)) if ids is None else ids
    subjects = int(rows.max()) + 1
    away = generator(seed, Stream.HOLDOUT).permutation(subjects)[: holdout_size(subjects)]
    held = np.isin(rows, away)
    return frame[~held].reset_index(drop=True), frame[held].reset_index(drop=True)
