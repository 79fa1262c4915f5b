"""What a copula learns from a vault: noisy margins, an order of codes, and latent correlations."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.codes import Field, FloatArray
from twin.models.base import Progress
from twin.models.correlations import correlations_of, nearest_correlation
from twin.models.noisy import Margins, cleaned, deviations, margins, spendable, whole
from twin.privacy.vault import Vault

Ints = NDArray[np.int64]

_MARGINS, _ORDERS = 0.7, 0.15
"""Shares of mu² for the counts and for the order of nominal codes; what is left goes to the correlations. On
Adult, equal shares are as good at epsilon 1, but worse than no correlations at all at epsilon .1."""

_MOST_TABLES = 256
_MOST_ANCHORS = 16


@dataclass(frozen=True)
class Learned:
    """What noisy answers say about a table.

    Args:
        counts: Rows per code, per field.
        orders: Codes by place on the latent scale, per field.
        correlation: Latent correlations, shape (d, d).
    """

    counts: tuple[Ints, ...]
    orders: tuple[Ints, ...]
    correlation: FloatArray


@dataclass(frozen=True)
class _Side:
    """A field cut in two.

    Args:
        order: Codes by place, shape (size,). A missing code lies between the halves: there, values that are
            missing by chance distort the relations of the others least (at the low end they ruin them).
        signs: -1, 0 or 1 per code, shape (size,).
    """

    order: Ints
    signs: Ints


def learn(vault: Vault, *, rng: Generator, progress: Progress | None = None, share: float = 1.0) -> Learned:
    """Ask a vault for what a copula needs, with all that its ledger has left or a share of it.

    Args:
        vault: Holds the table.
        rng: Rounds the counts; all noise is the vault's own.
        progress: Told about the work.
        share: Share of the mu² that is left which may be spent, above 0 and at most 1.

    Returns:
        The counts, orders and correlations.

    Raises:
        BudgetExceeded: If nothing is left of the budget.
    """
    tell = progress or (lambda done, what: None)
    domain, left = vault.domain, spendable(vault) * math.sqrt(share)
    pairs = len(domain) * (len(domain) - 1) // 2
    nominal = [j for j, f in enumerate(domain) if not f.ordered and f.size - f.nullable > 2] if pairs else []
    shares = [_MARGINS if pairs else 1.0, _ORDERS if nominal else 0.0]
    tell(0.0, "counts")
    sigmas = deviations(vault, left * math.sqrt(shares[0]))
    clean = cleaned(margins(vault, sigmas), sigmas=sigmas, domain=domain)
    # An order of codes, noisy as all else: frequent ones first, until more is known.
    sides = [_cut(f, c, -c) for f, c in zip(domain, clean.counts, strict=True)]
    if nominal:
        tell(0.3, "order of codes")
        scores = _associations(vault, nominal, clean, sides, mu=left * math.sqrt(shares[1]))
        for j, score in scores.items():
            sides[j] = _cut(domain.fields[j], clean.counts[j], score)
    tell(0.6, "correlations")
    correlation = np.eye(len(domain))
    if pairs:
        sigma = vault.cap * math.sqrt(2 * pairs) / (left * math.sqrt(1 - sum(shares)))
        sums, rows = vault.products([side.signs for side in sides], sigma=sigma)
        signs = [side.signs for side in sides]
        correlation = nearest_correlation(_correlations(sums, rows, clean, signs, sigma=sigma, sigmas=sigmas))
    counts = tuple(whole(c, rng=rng) for c in clean.counts)
    tell(1.0, "done")
    return Learned(counts, tuple(side.order for side in sides), correlation)


def _cut(of: Field, counts: FloatArray, scores: FloatArray) -> _Side:
    """Cut a field in two halves as equal as can be, in its own order or, where nominal, by scores."""
    codes = np.arange(of.size)
    line = codes if of.ordered or of.size <= 2 else np.argsort(scores, kind="stable")
    apart = of.nullable and np.count_nonzero(counts[1:]) > 1  # else to be missing is the one thing to know
    if apart:
        line = line[line != 0]
    below = np.cumsum(counts[line])
    signs = np.zeros(of.size, np.int64)
    can = np.flatnonzero((below > 0) & (below < below[-1] * (1 - 1e-12)))
    if can.size == 0:
        return _Side(codes, signs)  # one code only: nothing to cut
    last = int(can[np.argmin(np.abs(below[can] / below[-1] - 0.5))]) + 1
    signs[line[:last]], signs[line[last:]] = -1, 1
    middle = codes[:1] if apart else codes[:0]
    return _Side(np.concatenate([line[:last], middle, line[last:]]), signs)


def _associations(
    vault: Vault, nominal: list[int], clean: Margins, sides: list[_Side], *, mu: float
) -> dict[int, FloatArray]:
    """Scores of the codes of nominal fields: how they go together with the halves of other fields.

    Args:
        vault: Holds the table.
        nominal: Positions of the fields to order.
        clean: Counts of all fields.
        sides: Halves of all fields.
        mu: What may be spent.

    Returns:
        Scores, shape (size,), by position of the field.

    Source:
        The first axis of a correspondence analysis, as in `orders.first_axis`, of noisy tables: codes so rare
        that noise hides their place are drawn to the middle.
    """
    anchors = {}
    most = max(1, min(_MOST_ANCHORS, _MOST_TABLES // len(nominal)))
    for j in nominal:
        others = [i for i in range(len(sides)) if i != j]
        anchors[j] = others[:: -(-len(others) // most)]
    sigma = vault.cap * math.sqrt(sum(map(len, anchors.values()))) / mu
    spread = math.sqrt(2) * sigma  # of a difference of two counts
    out = {}
    for j in nominal:
        bins = [side.signs % 3 for side in sides]  # 0 none, 1 high, 2 low
        bins[j] = np.arange(vault.domain.sizes[j])
        coarse = vault.coarse(bins)
        counts = clean.counts[j]
        columns = []
        for i in anchors[j]:
            table = coarse.marginal((j, i), sigma=sigma, name="order of codes")
            wide = np.pad(table, ((0, 0), (0, 3 - table.shape[1])))  # (size, 3)
            mean = float(clean.counts[i] @ sides[i].signs) / clean.total
            columns.append(wide[:, 1] - wide[:, 2] - counts * mean)
        more = np.stack(columns, axis=1)  # (size, anchors): higher sums of signs than chance
        if vault.domain.fields[j].nullable:
            more[0] = 0.0
        weighted = more / np.sqrt(np.maximum(counts, 3 * spread))[:, None]
        axis = np.linalg.svd(weighted, full_matrices=False)[2][0]  # (anchors,)
        out[j] = more @ axis / (counts + spread)
    return out


def _correlations(
    sums: Ints, rows: Ints, clean: Margins, signs: list[Ints], *, sigma: float, sigmas: tuple[float, ...]
) -> FloatArray:
    """Latent correlations from noisy sums of products of signs, shape (d, d), not yet one matrix's.

    Args:
        sums: Noisy sums of products, shape (d, d).
        rows: Noisy numbers of rows in which no sign is 0, shape (d, d).
        clean: Counts of all fields.
        signs: Sign per code, per field.
        sigma: Deviation of the noise on sums and rows.
        sigmas: Deviation of the noise on the counts, per field.
    """
    from scipy.special import ndtri

    n, d = clean.total, len(signs)
    halves = np.array([[c[s < 0].sum(), c[s > 0].sum()] for c, s in zip(clean.counts, signs, strict=True)])
    known = halves.sum(axis=1)  # (d,)
    means = np.diff(halves, axis=1)[:, 0] / np.maximum(known, 1e-9)  # (d,), of rows that are known
    vague = np.array([v * v * np.count_nonzero(s) for v, s in zip(sigmas, signs, strict=True)])
    vague /= np.maximum(known, 1.0) ** 2  # variance of the means
    i, j = np.triu_indices(d, 1)
    # Rows known in both: between the bounds of Fréchet, and as chance has it where noise hides more.
    chance = known[i] * known[j] / n
    more = rows[i, j] - chance
    both = chance + more * np.maximum(0.0, 1 - sigma**2 / np.maximum(more**2, 1e-9))
    both = np.clip(both, np.maximum(known[i] + known[j] - n, 0.0), np.minimum(known[i], known[j]))
    both = np.maximum(both, 1.0)
    product = np.clip(sums[i, j] / both, -1.0, 1.0)
    # The halves of a pair stand apart by what is missing, and so do the cuts: see `_Side`.
    scale = known[i] * known[j] / n**2
    least = np.maximum(sigma, 1.0) / both
    cells = [(1 + a * means[i] + b * means[j] + a * b * product) / 4 for a in (-1, 1) for b in (-1, 1)]
    sample = 16 / both / sum(1 / np.maximum(cell, least) for cell in cells)  # as in a log odds ratio
    noise = (sigma / both) ** 2 + means[i] ** 2 * vague[j] + means[j] ** 2 * vague[i] + sample
    cuts = ndtri(np.stack([halves[:, 0], n - halves[:, 1]], axis=1) / n)  # (d, 2)
    found = correlations_of(
        (product - means[i] * means[j]) * scale,
        noise=np.sqrt(noise) * np.maximum(scale, 1e-12),
        cuts=(cuts[i], cuts[j]),
    )
    out = np.eye(d)
    out[i, j] = out[j, i] = found
    return out
