"""An order for the codes of nominal fields: the first axis of a correspondence analysis."""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats, Ints, Ints32
from twin.codes import Codes
from twin.models.guarded_counts import coarse_bins

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
