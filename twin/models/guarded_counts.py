"""What models learn first of each field: guarded counts, coarse bins, an order for nominal codes."""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats, Ints, Ints32
from twin.codes import Codes, Field
from twin.privacy.suppression.guard import ColumnGuard, Guard, count_subjects


def guarded_counts(codes: Codes, guard: Guard) -> list[Ints]:
    """Rows per code and field, of the codes that enough subjects hold.

    A code held by fewer than k subjects, or mostly by one, counts 0. Codes held by k subjects or more but
    fewer than the secret threshold share their rows evenly (one alone counts k), so that no small count is
    released. A field of which nothing may be released counts 1 for each code. Codes that a field shows by
    override count as they are.

    Args:
        codes: The table, n rows.
        guard: The guard for what is kept.

    Returns:
        One array of shape (size,) per field.

    Example:
        >>> from twin.codes import Domain
        >>> codes = Codes(Domain((Field(name="a", size=3),)), np.array([[0]] * 9 + [[1]] * 6 + [[2]]))
        >>> guarded_counts(codes, Guard(k=5, noise=lambda: 0))[0].tolist()
        [9, 6, 0]
    """
    return [_guarded(codes.values[:, j], f, guard, guard.column(f.name)) for j, f in enumerate(codes.domain)]


def _guarded(column: Ints32, of: Field, guard: Guard, column_guard: ColumnGuard) -> Ints:
    size = of.size
    holders, rows, most = count_subjects(column, size, guard.subjects)
    shown = np.isin(np.arange(size), of.shown)
    released = ((holders >= guard.k) & (2 * most <= rows)) | shown
    counts = np.where(released, rows, 0)
    few = released & (holders < column_guard.threshold) & ~shown
    if few.any():
        counts[few] = int(rows[few].mean()) if np.count_nonzero(few) > 1 else guard.k
    return counts if counts.any() else np.ones(size, np.int64)


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


_MOST_OTHERS = 64
_MOST_ROWS = 100_000


def code_orders(codes: Codes, counts: list[Ints], *, bins: int = 24) -> list[Ints]:
    """For each field its codes in an order that makes neighbours alike, missing first.

    Args:
        codes: The table, n rows.
        counts: Guarded rows per code and field.
        bins: Groups per other field in the contingency table.

    Returns:
        One permutation of the codes per field: the codes themselves where the field is ordered.

    Source:
        Benzécri, L'analyse des données (1973); Greenacre, Theory and Applications of Correspondence
        Analysis (1984), section 4.1.
    """
    fields = codes.domain.fields
    step = max(1, codes.n // _MOST_ROWS)
    values = codes.values[::step]
    groups = [coarse_bins(c, bins) for c in counts]
    orders = []
    for j, f in enumerate(fields):
        if f.ordered or f.size <= 2:
            orders.append(np.arange(f.size))
            continue
        axis = first_axis(values, j, groups, f.size)
        axis[counts[j] == 0] = np.inf
        if f.nullable:
            axis[0] = -np.inf
        orders.append(np.argsort(axis, kind="stable"))
    return orders


def first_axis(values: Ints32, j: int, groups: list[Ints], size: int) -> Floats:
    """Scores of the codes of field j on the first axis of its correspondence analysis with the others.

    Args:
        values: Codes, shape (n, d).
        j: Position of the field.
        groups: For each field the group of each of its codes.
        size: Number of codes of field j.

    Returns:
        Scores, shape (size,); 0 where a code is not seen.
    """
    others = [i for i in range(len(groups)) if i != j]
    others = others[:: max(1, -(-len(others) // _MOST_OTHERS))]
    tables = []
    for i in others:
        width = int(groups[i][-1]) + 1
        flat = values[:, j].astype(np.int64) * width + groups[i][values[:, i]]
        tables.append(np.bincount(flat, minlength=size * width).reshape(size, width))
    if not tables:
        return np.arange(size, dtype=np.float64)
    table = np.hstack(tables).astype(np.float64)  # (size, Σ groups)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    expected = np.outer(rows, columns) / max(table.sum(), 1.0)
    root = np.sqrt(np.where(expected > 0, expected, 1.0))
    residual = np.where(expected > 0, (table - expected) / root, 0.0)
    root_mass = np.sqrt(np.maximum(rows, 1.0))
    if size <= columns.size:  # the smaller of the two cross products
        axis = np.linalg.eigh(residual @ residual.T)[1][:, -1] / root_mass
    else:
        axis = residual @ np.linalg.eigh(residual.T @ residual)[1][:, -1] / root_mass
    signed: Floats = axis * (-1.0 if axis[np.argmax(np.abs(axis))] < 0 else 1.0)  # a fixed sign
    return signed
