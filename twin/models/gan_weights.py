"""How a critic's word becomes a weight: as sharp as the candidates bear, and true to each field's shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.codes import FloatArray, IntArray
from twin.models.facts import Counts
from twin.models.gan_layout import Layout
from twin.models.importance import effective_size

STEEPEST = 4.0
"""What a critic says beyond this above the median counts as this."""

_WORTH = 1.2
_ROUNDS = 8
_TRUST = 100.0
_MOST = 1.0
_SHARPNESS = (1.0, 0.85, 0.7, 0.55, 0.4, 0.25, 0.1)


def weigh(verdict: FloatArray) -> FloatArray:
    """Weights of rows by the logarithm of their ratio, shape (n,), those of median rows 1."""
    out: FloatArray = np.exp(np.minimum(verdict - np.median(verdict), STEEPEST)) if verdict.size else verdict
    return out


def calibrate(
    layout: Layout, counts: Sequence[Counts], rows: IntArray, verdict: FloatArray, *, candidates: int
) -> tuple[float, FloatArray]:
    """How sharply to follow a critic, and by how much to correct each cell so that fields keep their shares.

    Args:
        layout: Of the rows.
        counts: Rows per code and field that may be told.
        rows: Rows of parts that the generator drew, shape (n, p).
        verdict: What the critic says of them, shape (n,).
        candidates: Rows that are drawn for each that is chosen.

    Returns:
        A factor 0 … 1 for what the critic says: the largest with which the candidates are worth 1.2 times
        the rows that are chosen; and the logarithm of a factor for each of the v cells.

    Source:
        Deming and Stephan 1940 (proportional fitting of weights to shares); Kish 1965 (what they are worth).
    """
    flat = rows[:, layout.parts.first] + layout.starts  # (n, d)
    shares = cell_shares(layout, counts)
    sharp, lines = 0.0, np.zeros(shares.size)
    half = len(rows) // 2  # what some rows are weighed by is tried on others
    for sharp in _SHARPNESS:
        lines = _fitted(flat[:half], shares, weigh(sharp * verdict[:half]))
        chance = weigh(sharp * verdict[half:] + lines[flat[half:]].sum(axis=1))
        if effective_size(chance) * candidates >= _WORTH * chance.size:
            break
    return sharp, lines


def cell_shares(layout: Layout, counts: Sequence[Counts]) -> FloatArray:
    """Share of rows of each cell in its field, shape (v,)."""
    out = [np.zeros(0)]
    for s, c in zip(layout.parts.splits, counts, strict=True):
        mass = np.where(s.codes >= 0, c[np.maximum(s.codes, 0)], 0).sum(axis=1)
        out.append(mass / mass.sum())
    return np.concatenate(out)


def _fitted(flat: NDArray[np.int64], shares: FloatArray, weights: FloatArray) -> FloatArray:
    """Logarithms of factors of cells with which weighted rows have each field's shares, shape (v,)."""
    lines, n = np.zeros(shares.size), len(weights)
    weights = weights.copy()
    drawn = np.bincount(flat.ravel(), minlength=shares.size)
    trust = drawn / (drawn + _TRUST)  # a cell that few rows have says little
    for _ in range(_ROUNDS):
        for cells in flat.T:
            first, last = int(cells.min()), int(cells.max()) + 1
            seen = np.bincount(cells - first, weights, minlength=last - first) / weights.sum()
            ratio = (shares[first:last] * n + 1) / (seen * n + 1)
            before = lines[first:last].copy()
            lines[first:last] = np.clip(before + trust[first:last] * np.log(ratio), -_MOST, _MOST)
            weights *= np.exp(lines[first:last] - before)[cells - first]
    return lines
