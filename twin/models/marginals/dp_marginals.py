"""Marginals under a budget: noisy margins, noisy errors of independence, one measurement, a few rounds more.

All that steers the fit (which codes are merged, which sets are looked at, how much noise each gets) is worked
out from noisy answers, so it costs nothing further.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.arrays import Floats, Ints
from twin.codes import Domain
from twin.models.consistency import Margins, cleaned, deviations, margins, spendable
from twin.models.marginals.clique_sampling import clique_tables
from twin.models.marginals.cliques import Fields, junction_tree
from twin.models.marginals.estimate import Estimate, Measurement, fit_noisy
from twin.models.marginals.fitted import FittedMarginals, Looked, scaled
from twin.models.marginals.structure import (
    Sets,
    Settings,
    Structure,
    best,
    bins_of,
    by_chance,
    by_noise,
    candidates,
    pairs,
    rows_per_bin,
    structure,
)
from twin.privacy.dp.mechanism import GAMMA
from twin.privacy.dp.queryable import Queryable
from twin.progress import Progress

_MARGINS, _SCORES, _FIRST = 0.2, 0.1, 0.8
"""Parts of mu²: of all for margins; of the rest for scores; of the rest of that for the first tree."""

_ROUND_SCORES = 0.3  # part of a round's mu² for scores, the rest measures
_PER_ROUND = 6
_NOISE = 0.6  # how much of a set's noise is taken off its score
_CLEAR = 2.0  # deviations of its noise that a score must lie above zero
_POWER = 1 / 3  # of its cells, with which the budget of a set goes
_EVALUATIONS = 120  # of the gradient, in each fit
_FLOOR = 3.0  # rows of a bin, in deviations of the noise on a pair's counts
_PAIRS = 1.3  # pairs per field that are reckoned with when codes are merged
_DROWNED = 0.05  # part of all rows: where scores are noisier, rounds cannot tell anything
_LEAST = 0.01  # part of the budget that is not worth a further measurement
_ROUNDING = 1 + 2 * GAMMA  # what rounding scores to a grid adds to their sensitivity; see `Mechanism.scores`


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What is known so far; frozen, each step makes the next.

    Args:
        vault: Holds the table of merged codes.
        rows: Noisy number of rows.
        margins: Rows per merged code, per field.
        measured: All measurements.
        looked: What they were for.
        chosen: Sets of fields that the tree must hold.
        estimate: The law that fits them.
    """

    vault: Queryable
    rows: float
    margins: tuple[Floats, ...]
    measured: tuple[Measurement, ...]
    looked: tuple[Looked, ...]
    chosen: tuple[Fields, ...] = ()
    estimate: Estimate | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.vault.domain.sizes


def fit_dp(settings: Settings, vault: Queryable, *, progress: Progress) -> FittedMarginals:
    """Fit marginals to what a vault tells, and spend what its ledger has left.

    Args:
        settings: How far to go.
        vault: The table, behind its door.
        progress: Told about work done.

    Returns:
        The fitted tables.

    Raises:
        BudgetExceeded: If nothing is left to spend.

    Source:
        McKenna, Miklau, Sheldon 2021 (Winning the NIST contest), section 3: select, measure, generate;
        McKenna, Mullins, Sheldon, Miklau 2022 (AIM), for rounds that look where the law so far is off.
    """
    d = len(vault.domain)
    if d < 2:
        return _alone(vault)
    mu2 = spendable(vault) ** 2
    progress(0.0, "margins")
    sigmas = deviations(vault, math.sqrt(mu2 * _MARGINS))
    clean = cleaned(margins(vault, sigmas), sigmas=sigmas, domain=vault.domain)
    progress(0.1, "pairs of fields")
    first = _structure(settings, vault, clean)
    known = replace(_start(vault, clean, sigmas, first.bins), chosen=first.chosen)
    left = spendable(vault) ** 2 * (_FIRST if settings.rounds else 1.0)
    known = _measure(known, list(first.chosen), left, "far from independent")
    found = True
    for i in range(settings.rounds):
        progress(0.4 + 0.6 * i / settings.rounds, f"round {i + 1} of {settings.rounds}")  # whatever was found
        before = known
        known = _round(settings, known, left=settings.rounds - i) if found else known
        found = known is not before
    known = _spend_rest(known)
    assert known.estimate is not None
    return FittedMarginals(
        domain=vault.domain,
        tables=clique_tables(known.estimate.beliefs),
        bins=first.bins,
        weights=tuple(scaled(c) for c in clean.counts),
        looked=known.looked,
    )


def _alone(vault: Queryable) -> FittedMarginals:
    """One field, or none: all is spent on its margin."""
    sigmas = deviations(vault, spendable(vault)) if len(vault.domain) else ()
    clean = cleaned(margins(vault, sigmas), sigmas=sigmas, domain=vault.domain)
    known = _start(vault, clean, sigmas, tuple(np.arange(s) for s in vault.domain.sizes))
    law = fit_noisy(junction_tree([], known.sizes), known.measured, known.rows).beliefs
    weights = tuple(scaled(c) for c in clean.counts)
    bins = tuple(np.arange(s) for s in vault.domain.sizes)
    return FittedMarginals(
        domain=vault.domain, tables=clique_tables(law), bins=bins, weights=weights, looked=known.looked
    )


def _structure(settings: Settings, vault: Queryable, clean: Margins) -> Structure:
    """Score all pairs by how far they are from independence, with noise, and choose."""
    left, d = spendable(vault) ** 2, len(vault.domain)
    noise = vault.cap * math.sqrt(_PAIRS * d / (left * (1 - _SCORES) * _FIRST))
    bins = bins_of(clean.counts, vault.domain, floor=_FLOOR * noise)
    rows = [rows_per_bin(c, b) for c, b in zip(clean.counts, bins, strict=True)]
    sets = pairs(d)
    guesses = [np.outer(rows[i], rows[j]) / clean.total for i, j in sets]
    sigma = vault.cap * math.sqrt(len(sets) / (left * _SCORES)) * _ROUNDING
    errors = vault.coarse(bins).errors(sets, guesses, sigma=sigma)
    return structure(
        clean.counts,
        vault.domain,
        errors - [by_chance(g) for g in guesses],
        settings=settings,
        floor=_FLOOR * noise,
        noise=noise,
        above=_CLEAR * sigma,
    )


def _start(vault: Queryable, clean: Margins, sigmas: Sequence[float], bins: tuple[Ints, ...]) -> _Known:
    """What the margins tell of merged codes."""
    coarse = vault.coarse(bins)
    rows = tuple(rows_per_bin(c, b) for c, b in zip(clean.counts, bins, strict=True))
    measured, looked = [], []
    for j, (counts, sigma) in enumerate(zip(rows, sigmas, strict=True)):
        joined = vault.domain.sizes[j] / counts.size
        measured.append(Measurement((j,), counts, sigma * math.sqrt(joined)))
        looked.append(_looked(vault.domain, (j,), vault.domain.sizes[j], sigma, "every field is counted"))
    return _Known(
        vault=coarse, rows=clean.total, margins=rows, measured=tuple(measured), looked=tuple(looked)
    )


def _round(settings: Settings, known: _Known, *, left: int) -> _Known:
    """Look where the law so far is off most, and measure there."""
    assert known.estimate is not None
    vault, sizes = known.vault, known.sizes
    mu2 = spendable(vault) ** 2 / left
    done = [m.fields for m in known.measured]
    two, three = candidates(known.estimate.beliefs.tree, known.chosen, done, cells=settings.cells)
    sets = [*two, *three]
    if not sets:
        return known
    sigma = vault.cap * math.sqrt(len(sets) / (mu2 * _ROUND_SCORES)) * _ROUNDING
    if sigma > _DROWNED * known.rows:
        return known
    law = known.estimate.beliefs
    guesses = [law.marginal(s) * known.rows for s in sets]
    errors = vault.errors(sets, guesses, sigma=sigma)
    mu2 *= 1 - _ROUND_SCORES
    noise = vault.cap * math.sqrt(_PER_ROUND / mu2)
    scores = errors - [by_chance(g) + _NOISE * by_noise(g.size, noise) for g in guesses]
    found = best(
        sets, scores, known.chosen, sizes, above=_CLEAR * sigma, most=_PER_ROUND, cells=settings.cells
    )
    if not found:
        return known
    return _measure(replace(known, chosen=(*known.chosen, *found)), found, mu2, "the law so far was off")


def _measure(known: _Known, sets: Sets, mu2: float, why: str) -> _Known:
    """Count some sets with noise and fit a law to all that was measured.

    Source:
        Budget in proportion to cells^(2/3) makes Σ cells · deviation least (Lagrange). The power here is
        lower, found by trial: small tables often hold what a table is asked for.
    """
    vault, sizes = known.vault, known.sizes
    shares = np.array([math.prod(sizes[f] for f in fields) for fields in sets], np.float64) ** _POWER
    sigmas = vault.cap / np.sqrt(mu2 * shares / shares.sum()) if sets else shares
    fresh, looked = [], []
    for fields, sigma in zip(sets, sigmas.tolist(), strict=True):
        counts = vault.marginal(fields, sigma=sigma)
        fresh.append(Measurement(fields, counts.astype(np.float64), sigma))
        looked.append(_looked(vault.domain, fields, counts.size, sigma, why))
    measured = (*known.measured, *fresh)
    start = None if known.estimate is None else known.estimate.potentials
    estimate = fit_noisy(
        junction_tree(known.chosen, sizes), measured, known.rows, start=start, rounds=_EVALUATIONS
    )
    return replace(known, measured=measured, looked=(*known.looked, *looked), estimate=estimate)


def _spend_rest(known: _Known) -> _Known:
    """Count again what was chosen, if a part of the budget is left because rounds had nothing to look at."""
    left = spendable(known.vault) ** 2
    sets = list(known.chosen) or [(j,) for j in range(len(known.sizes))]
    spent = known.vault.mechanism.ledger.receipt.spending.mu2
    return _measure(known, sets, left, "counted again") if left > _LEAST * (left + spent) else known


def _looked(domain: Domain, fields: Fields, cells: int, sigma: float, why: str) -> Looked:
    return Looked(fields=tuple(domain.names[f] for f in fields), cells=cells, deviation=sigma, why=why)
