"""Small facts about codes that models share: guarded counts, entropy, coarse bins, given weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.arrays import Floats, Ints, Ints32
from twin.codes import Codes, Domain, Field
from twin.errors import InputError
from twin.privacy.suppression.guard import ColumnGuard, Guard, count_subjects


def guarded_counts(codes: Codes, guard: Guard) -> list[Ints]:
    """Rows per code and field, of the codes that enough subjects hold.

    A code held by fewer than k subjects, or mostly by one, counts 0. Codes held by k subjects or more but
    fewer than the secret threshold share their rows evenly (one alone counts k), so that no small count is
    told. A field of which nothing may be told counts 1 for each code. Codes that a field shows by override
    count as they are.

    Args:
        codes: The table, n rows.
        guard: The door for what is kept.

    Returns:
        One array of shape (size,) per field.

    Example:
        >>> from twin.codes import Field
        >>> codes = Codes(Domain((Field(name="a", size=3),)), np.array([[0]] * 9 + [[1]] * 6 + [[2]]))
        >>> guarded_counts(codes, Guard(k=5, noise=lambda: 0))[0].tolist()
        [9, 6, 0]
    """
    return [_guarded(codes.values[:, j], f, guard, guard.column(f.name)) for j, f in enumerate(codes.domain)]


def _guarded(column: Ints32, of: Field, guard: Guard, door: ColumnGuard) -> Ints:
    size = of.size
    held, rows, most = count_subjects(column, size, guard.subjects)
    shown = np.isin(np.arange(size), of.shown)
    told = ((held >= guard.k) & (2 * most <= rows)) | shown
    counts = np.where(told, rows, 0)
    few = told & (held < door.threshold) & ~shown
    if few.any():
        counts[few] = int(rows[few].mean()) if np.count_nonzero(few) > 1 else guard.k
    return counts if counts.any() else np.ones(size, np.int64)


def entropy(counts: Ints) -> float:
    """Entropy of counts, in bits.

    Example:
        >>> entropy(np.array([2, 2, 0]))
        1.0
    """
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log2(p)).sum()) + 0.0


def coarse_bins(counts: Ints, bins: int) -> Ints:
    """Groups of neighbouring codes with about equal mass, heavy codes alone.

    Args:
        counts: Rows per code, in the order in which codes are neighbours, shape (size,).
        bins: Most groups wanted, ≥ 1.

    Returns:
        Group of each code, shape (size,), not falling.

    Example:
        >>> coarse_bins(np.array([1, 1, 6, 1, 1]), 3).tolist()
        [0, 0, 1, 2, 2]
    """
    out = np.zeros(counts.size, np.int64)
    if np.count_nonzero(counts) <= bins:
        return np.maximum(np.cumsum(counts > 0, dtype=np.int64) - 1, np.int64(0))
    left, budget, mass, group = float(counts.sum()), bins, 0.0, 0
    target = left / budget
    for i, count in enumerate(counts.tolist()):
        if mass > 0 and mass + count / 2 > target and group < bins - 1:
            left, budget, mass, group = left - mass, budget - 1, 0.0, group + 1
            target = left / budget
        out[i] = group
        mass += count
    return out


def check_given(domain: Domain, given: Mapping[str, Floats] | None, n: int) -> dict[int, Floats]:
    """Conditions by position of their field, after a check of shape and sign.

    Args:
        domain: The fields.
        given: Weights per field, shape (size,) or (n, size), or None.
        n: Rows that are wanted.

    Returns:
        The weights as float64, by position of the field.

    Raises:
        InputError: If a field is unknown, a shape does not fit, a weight is negative or not finite, or
            all weights of a row are zero.
    """
    out: dict[int, Floats] = {}
    for name, weights in (given or {}).items():
        j = domain.index(name)
        size = domain.fields[j].size
        w = np.asarray(weights, np.float64)
        if w.shape not in ((size,), (n, size)):
            raise InputError(f"given[{name!r}]: weights must have shape ({size},) or ({n}, {size})")
        if not np.isfinite(w).all() or (w < 0).any():
            raise InputError(f"given[{name!r}]: weights must be finite and not negative")
        if not w.any(axis=-1).all():
            raise InputError(f"given[{name!r}]: at least one code of each row needs a positive weight")
        out[j] = w
    return out


def single_codes(weights: Floats) -> Ints | None:
    """The one code of each row that has a weight, shape (n,), of weights of shape (n, size); else None.

    Example:
        >>> single_codes(np.array([[0.0, 2.0], [1.0, 0.0]])).tolist()
        [1, 0]
    """
    if weights.ndim != 2 or (np.count_nonzero(weights, axis=1) != 1).any():
        return None
    single: Ints = weights.argmax(axis=1)
    return single


def impossible(name: str) -> InputError:
    """The error for a condition that no row can meet."""
    return InputError(
        f"given[{name!r}]: the twin never draws what is asked, too few subjects hold it; "
        "ask for a wider condition"
    )
