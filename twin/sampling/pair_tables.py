"""Guarded pair tables: for pairs of fields, the share of rows in each cell of coarse groups."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from twin.arrays import Bytes, Floats, Ints, Ints32
from twin.codes import Codes
from twin.models.code_ordering import code_orders
from twin.models.guarded_counts import coarse_bins, guarded_counts
from twin.privacy.suppression.guard import Guard, count_subjects

MOST_GROUPS = 16


@dataclass(frozen=True)
class PairTables:
    """Shares of cells, by pair of fields.

    Args:
        groups: For each field the group of each code, shape (size,).
        pairs: Positions of the two fields of each table, shape (pairs, 2).
        cells: For each pair the cell of each combination of groups, shape (16, 16); combinations that too
            few subjects hold share one cell.
        shares: For each pair the share of rows in each cell.
    """

    groups: tuple[Bytes, ...]
    pairs: Ints32
    cells: tuple[Bytes, ...]
    shares: tuple[Floats, ...]

    def place(self, values: Ints32) -> list[Bytes]:
        """For each pair the cell of each row, shape (n,), of codes of shape (n, d)."""
        high = [g.take(values[:, j]) for j, g in enumerate(self.groups)]
        return [
            cells.reshape(-1).take(high[i].astype(np.intp) * MOST_GROUPS + high[j])
            for (i, j), cells in zip(self.pairs.tolist(), self.cells, strict=True)
        ]

    def distance(self, placed: list[Bytes]) -> Floats:
        """Total variation distance of each table from the rows placed in it, shape (pairs,)."""
        gaps = [
            np.abs(np.bincount(x, minlength=t.size) / max(x.size, 1) - t).sum() / 2
            for x, t in zip(placed, self.shares, strict=True)
        ]
        return np.array(gaps)

    def keep(self, which: Ints) -> PairTables:
        """Only some of the pairs."""
        return PairTables(
            self.groups,
            self.pairs[which],
            tuple(self.cells[p] for p in which),
            tuple(self.shares[p] for p in which),
        )


def pair_tables(codes: Codes, *, guard: Guard, bins: int, most: int) -> PairTables:
    """Count pairs of fields; combinations held by too few subjects are pooled, two at least.

    Args:
        codes: The table, n rows.
        guard: The door for what is kept.
        bins: Groups per field, 2 … 16.
        most: Most pairs; the most associated ones are taken.
    """
    counts = guarded_counts(codes, guard)
    orders = code_orders(codes, counts)
    groups = []
    for count, order in zip(counts, orders, strict=True):
        group = np.empty(count.size, np.uint8)
        group[order] = coarse_bins(count[order], bins)
        groups.append(group)
    high = [g.take(codes.values[:, j]) for j, g in enumerate(groups)]
    pairs = _pairs(high, most)
    cells, shares = [], []
    for i, j in pairs:
        flat = high[i].astype(np.int64) * MOST_GROUPS + high[j]
        threshold = guard.column(f"{codes.domain.names[i]} × {codes.domain.names[j]}").threshold
        cell = _pooled(flat, threshold, guard.subjects)
        cells.append(cell.reshape(MOST_GROUPS, MOST_GROUPS))
        shares.append(np.bincount(cell[flat], minlength=int(cell.max()) + 1) / max(codes.n, 1))
    return PairTables(tuple(groups), np.array(pairs, np.int32).reshape(-1, 2), tuple(cells), tuple(shares))


def _pooled(flat: Ints, threshold: int, subjects: Ints | None) -> Bytes:
    """The cell of each combination, shape (256,); cell 0 pools what fewer than `threshold` subjects hold.

    Pooled combinations are at least two and together held by enough subjects: else the rarest of the others
    joins them.
    """
    size = MOST_GROUPS * MOST_GROUPS
    held, _, _ = count_subjects(flat, size, subjects)
    poor = held < threshold
    for code in np.argsort(held, kind="stable"):
        inside = poor[flat]
        together = np.count_nonzero(inside) if subjects is None else np.unique(subjects[inside]).size
        if not together or (together >= threshold and np.count_nonzero(held[poor]) > 1):
            break
        poor[code] = True
    cell = np.zeros(size, np.uint8)
    rich = np.flatnonzero(~poor)
    cell[rich] = np.arange(1, rich.size + 1) if poor.any() else np.arange(rich.size)
    return cell


def _pairs(high: list[Bytes], most: int) -> list[tuple[int, int]]:
    """All pairs of fields that vary, or the most associated of them."""
    varied = [j for j, h in enumerate(high) if h.size and h.min() != h.max()]
    pairs = list(itertools.combinations(varied, 2))
    if len(pairs) <= most:
        return pairs
    step = max(1, high[0].size // 10_000)
    z = np.stack([high[j][::step] for j in varied], axis=1).astype(np.float64)
    z = (z - z.mean(axis=0)) / np.maximum(z.std(axis=0), 1e-9)
    strength = np.abs(z.T @ z)[np.triu_indices(len(varied), 1)]
    return [pairs[p] for p in np.sort(np.argsort(-strength, kind="stable")[:most])]
