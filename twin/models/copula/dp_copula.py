"""What a copula learns from a vault: noisy margins, an order of codes, and latent correlations."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Ints
from twin.codes import Field
from twin.models.consistency import Margins, cleaned, deviations, margins, spendable, whole
from twin.privacy.dp.queryable import Queryable
from twin.progress import Progress

_MARGINS, _ORDERS = 0.7, 0.15
"""Shares of mu² for the counts and for the order of nominal codes; what is left goes to the correlations. On
Adult, equal shares are as good at epsilon 1, but worse than no correlations at all at epsilon .1."""

_MOST_TABLES = 256
_MOST_ANCHORS = 16


@dataclass(frozen=True)
class NoisyCorrelations:
    """What noisy answers say about a table.

    Args:
        counts: Rows per code, per field.
        orders: Codes by place on the latent scale, per field.
        correlation: Latent correlations, shape (d, d).
    """

    counts: tuple[Ints, ...]
    orders: tuple[Ints, ...]
    correlation: Floats


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


def learn(
    vault: Queryable, *, rng: Generator, progress: Progress | None = None, share: float = 1.0
) -> NoisyCorrelations:
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
    return NoisyCorrelations(counts, tuple(side.order for side in sides), correlation)


def _cut(of: Field, counts: Floats, scores: Floats) -> _Side:
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
    vault: Queryable, nominal: list[int], clean: Margins, sides: list[_Side], *, mu: float
) -> dict[int, Floats]:
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
) -> Floats:
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


_MOST = 0.999
_STEPS = 801  # odd: 0 is among them
_PAIRS = 256
_SCALES = (0.02, 0.05, 0.1, 0.2, 0.4, 1.0)
_ROUNDS = 200


def grid() -> Floats:
    """Correlations from -.999 to .999, evenly spaced by their angle asin ρ, shape (801,)."""
    out: Floats = np.sin(np.linspace(-1, 1, _STEPS) * np.arcsin(_MOST))
    out[_STEPS // 2] = 0.0
    return out


def above_both(low: Floats, high: Floats) -> Floats:
    """By how much each correlation of `grid` raises the chance that two normals both exceed their cuts.

    Args:
        low: Cuts of the first normal, shape (p,); infinite ones count as 12.
        high: Cuts of the second, shape (p,).

    Returns:
        P(x > low, y > high) - P(x > low) P(y > high), shape (p, 801).

    Source:
        Drezner and Wesolowsky, On the computation of the bivariate normal integral (1990): the chance grows
        with ρ at the rate of the density at the cuts. In θ = asin ρ the density is smooth; Genz (2004),
        section 2.3.

    Example:
        >>> gain = above_both(np.zeros(1), np.zeros(1))[0]
        >>> float(np.interp(0.5, grid(), gain).round(4))  # asin(.5) / (2 π)
        0.0833
    """
    h, k = (np.clip(cut, -12, 12)[:, None] for cut in (low, high))  # (p, 1)
    sine = grid()
    rate = np.exp(-0.5 * (h * h + k * k - 2 * h * k * sine) / (1 - sine**2)) / (2 * np.pi)  # (p, 801)
    step = 2 * np.arcsin(_MOST) / (_STEPS - 1)
    out: Floats = np.cumsum(rate, axis=1) - 0.5 * rate
    out -= out[:, [_STEPS // 2]]
    out *= step  # the trapezoid rule from ρ = 0 both ways
    return out


def correlations_of(excess: Floats, *, noise: Floats, cuts: tuple[Floats, Floats]) -> Floats:
    """What correlations to expect, given how much more often than chance pairs of signs agree.

    A sign is the number of a field's cuts below a normal variable. Its expected products with another sign
    exceed those of independence by the sum of `above_both` over all pairs of their cuts.

    Args:
        excess: Mean product of signs less the product of their means, shape (p,).
        noise: Its standard deviation, > 0, shape (p,).
        cuts: Cuts of the first and of the second variable of each pair, each of shape (p, cuts).

    Returns:
        Posterior means, shape (p,). What noise explains is drawn to 0, the more so the fewer pairs show
        more than noise.

    Source:
        The tetrachoric correlation, Pearson (1900). The prior is a mixture of normals around 0 and a point at
        0, with weights learned from all pairs: Stephens, False discovery rates: a new deal (2017), section 2.

    Example:
        >>> cut = np.array([[2.0]])  # 2.3 % lie above
        >>> truth = above_both(cut[0], cut[0])[:, np.searchsorted(grid(), 0.6)]
        >>> round(correlations_of(truth, noise=np.array([1e-6]), cuts=(cut, cut)).item(), 2)
        0.6
    """
    rho = grid()
    priors = np.stack([np.exp(-0.5 * (rho / scale) ** 2) * np.gradient(rho) for scale in _SCALES])
    priors = np.vstack(
        [np.eye(1, _STEPS, _STEPS // 2), priors / priors.sum(axis=1, keepdims=True)]
    )  # (k, 801)
    evidence, means = np.zeros((2, excess.size, priors.shape[0]))
    for start in range(0, excess.size, _PAIRS):
        rows = slice(start, start + _PAIRS)
        first, second = cuts[0][rows], cuts[1][rows]
        gain = np.zeros((first.shape[0], _STEPS))  # (pairs, 801)
        for a in range(first.shape[1]):
            for b in range(second.shape[1]):
                gain += above_both(first[:, a], second[:, b])
        step = np.asarray(np.gradient(gain, axis=1), np.float64)
        blur = noise[rows, None] ** 2 + 0.25 * step**2  # (pairs, 801): the grid is no finer than that
        fit = -0.5 * ((excess[rows, None] - gain) ** 2 / blur + np.log(blur))
        fit = np.exp(fit - fit.max(axis=1, keepdims=True))
        evidence[rows], means[rows] = fit @ priors.T, fit @ (priors * rho).T
    weights = _weights(evidence)
    out: Floats = (means @ weights) / (evidence @ weights)
    return out


def _weights(evidence: Floats) -> Floats:
    """Weights of a mixture, (k,), by EM from evidence for its parts, (p, k), and one vote for the first."""
    k = evidence.shape[1]
    weights = np.full(k, 1 / k)
    for _ in range(_ROUNDS):
        shares = evidence * weights
        shares /= shares.sum(axis=1, keepdims=True)
        weights = (np.eye(k)[0] + shares.sum(axis=0)) / (1 + evidence.shape[0])
    return weights


def nearest_correlation(matrix: Floats, *, floor: float = 1e-4) -> Floats:
    """The correlation matrix nearest to a symmetric one, in the Frobenius norm.

    Args:
        matrix: Symmetric, shape (d, d).
        floor: Least eigenvalue wanted, > 0.

    Returns:
        Symmetric, ones on the diagonal, eigenvalues at least about the floor, shape (d, d).

    Source:
        Higham, Computing the nearest correlation matrix (2002), algorithm 3.3: alternating projections with
        the correction of Dykstra.

    Example:
        >>> bad = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
        >>> nearest_correlation(bad).round(2)[0].tolist()
        [1.0, 0.76, 0.16]
    """
    found = 0.5 * (matrix + matrix.T)
    correction = np.zeros_like(found)
    for _ in range(_ROUNDS):
        start = found - correction
        cone = _raised(start, floor)
        correction = cone - start
        before, found = found, cone.copy()
        np.fill_diagonal(found, 1.0)
        if np.abs(found - before).max(initial=0.0) < 1e-8:
            break
    cone = _raised(found, floor)  # what the rounds left; then ones on the diagonal again
    scale = 1 / np.sqrt(np.diag(cone))
    out: Floats = cone * np.outer(scale, scale)
    np.fill_diagonal(out, 1.0)
    return out


def _raised(matrix: Floats, floor: float) -> Floats:
    """The matrix with its eigenvalues raised to a floor."""
    values, vectors = np.linalg.eigh(matrix)
    out: Floats = (vectors * np.maximum(values, floor)) @ vectors.T
    return out
