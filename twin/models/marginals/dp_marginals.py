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
_DROWNED = 0.05  # part of all rows: where scores are noisier, rounds cannot find anything
_LEAST = 0.01  # part of the budget that is not worth a further measurement
_ROUNDING = 1 + 2 * GAMMA  # what rounding scores to a grid adds to their sensitivity; see `Mechanism.scores`


@dataclass(frozen=True, kw_only=True)
class _Measured:
    """What was measured so far; frozen, each step makes the next.

    Args:
        queryable: Holds the table of merged codes.
        rows: Noisy number of rows.
        margins: Rows per merged code, per field.
        measured: All measurements.
        looked: What they were for.
        chosen: Sets of fields that the tree must hold.
        estimate: The distribution that fits them.
    """

    queryable: Queryable
    rows: float
    margins: tuple[Floats, ...]
    measured: tuple[Measurement, ...]
    looked: tuple[Looked, ...]
    chosen: tuple[Fields, ...] = ()
    estimate: Estimate | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.queryable.domain.sizes


def fit_dp(settings: Settings, queryable: Queryable, *, progress: Progress) -> FittedMarginals:
    """Fit marginals to what a queryable answers, and spend what its ledger has left.

    Args:
        settings: How far to go.
        queryable: The table; gives noisy answers alone.
        progress: Told about work done.

    Returns:
        The fitted tables.

    Raises:
        BudgetExceeded: If nothing is left to spend.

    Source:
        McKenna, Miklau, Sheldon 2021 (Winning the NIST contest), section 3: select, measure, generate;
        McKenna, Mullins, Sheldon, Miklau 2022 (AIM), for rounds that look where the distribution is off.
    """
    d = len(queryable.domain)
    if d < 2:
        return _alone(queryable)
    mu2 = spendable(queryable) ** 2
    progress(0.0, "margins")
    sigmas = deviations(queryable, math.sqrt(mu2 * _MARGINS))
    clean = cleaned(margins(queryable, sigmas), sigmas=sigmas, domain=queryable.domain)
    progress(0.1, "pairs of fields")
    first = _structure(settings, queryable, clean)
    state = replace(_start(queryable, clean, sigmas, first.bins), chosen=first.chosen)
    left = spendable(queryable) ** 2 * (_FIRST if settings.rounds else 1.0)
    state = _measure(state, list(first.chosen), left, "far from independent")
    improved = True
    for i in range(settings.rounds):
        progress(0.4 + 0.6 * i / settings.rounds, f"round {i + 1} of {settings.rounds}")  # whatever was found
        before = state
        state = _round(settings, state, left=settings.rounds - i) if improved else state
        improved = state is not before
    state = _spend_rest(state)
    assert state.estimate is not None
    return FittedMarginals(
        domain=queryable.domain,
        tables=clique_tables(state.estimate.beliefs),
        bins=first.bins,
        weights=tuple(scaled(c) for c in clean.counts),
        looked=state.looked,
    )


def _alone(queryable: Queryable) -> FittedMarginals:
    """One field, or none: all is spent on its margin."""
    sigmas = deviations(queryable, spendable(queryable)) if len(queryable.domain) else ()
    clean = cleaned(margins(queryable, sigmas), sigmas=sigmas, domain=queryable.domain)
    state = _start(queryable, clean, sigmas, tuple(np.arange(s) for s in queryable.domain.sizes))
    distribution = fit_noisy(junction_tree([], state.sizes), state.measured, state.rows).beliefs
    weights = tuple(scaled(c) for c in clean.counts)
    bins = tuple(np.arange(s) for s in queryable.domain.sizes)
    return FittedMarginals(
        domain=queryable.domain,
        tables=clique_tables(distribution),
        bins=bins,
        weights=weights,
        looked=state.looked,
    )


def _structure(settings: Settings, queryable: Queryable, clean: Margins) -> Structure:
    """Score all pairs by how far they are from independence, with noise, and choose."""
    left, d = spendable(queryable) ** 2, len(queryable.domain)
    noise = queryable.cap * math.sqrt(_PAIRS * d / (left * (1 - _SCORES) * _FIRST))
    bins = bins_of(clean.counts, queryable.domain, floor=_FLOOR * noise)
    rows = [rows_per_bin(c, b) for c, b in zip(clean.counts, bins, strict=True)]
    sets = pairs(d)
    guesses = [np.outer(rows[i], rows[j]) / clean.total for i, j in sets]
    sigma = queryable.cap * math.sqrt(len(sets) / (left * _SCORES)) * _ROUNDING
    errors = queryable.coarse(bins).errors(sets, guesses, sigma=sigma)
    return structure(
        clean.counts,
        queryable.domain,
        errors - [by_chance(g) for g in guesses],
        settings=settings,
        floor=_FLOOR * noise,
        noise=noise,
        above=_CLEAR * sigma,
    )


def _start(
    queryable: Queryable, clean: Margins, sigmas: Sequence[float], bins: tuple[Ints, ...]
) -> _Measured:
    """What the margins say about merged codes."""
    coarse = queryable.coarse(bins)
    rows = tuple(rows_per_bin(c, b) for c, b in zip(clean.counts, bins, strict=True))
    measured, looked = [], []
    for j, (counts, sigma) in enumerate(zip(rows, sigmas, strict=True)):
        joined = queryable.domain.sizes[j] / counts.size
        measured.append(Measurement((j,), counts, sigma * math.sqrt(joined)))
        looked.append(
            _looked(queryable.domain, (j,), queryable.domain.sizes[j], sigma, "every field is counted")
        )
    return _Measured(
        queryable=coarse, rows=clean.total, margins=rows, measured=tuple(measured), looked=tuple(looked)
    )


def _round(settings: Settings, state: _Measured, *, left: int) -> _Measured:
    """Look where the distribution so far is off most, and measure there."""
    assert state.estimate is not None
    queryable, sizes = state.queryable, state.sizes
    mu2 = spendable(queryable) ** 2 / left
    done = [m.fields for m in state.measured]
    two, three = candidates(state.estimate.beliefs.tree, state.chosen, done, cells=settings.cells)
    sets = [*two, *three]
    if not sets:
        return state
    sigma = queryable.cap * math.sqrt(len(sets) / (mu2 * _ROUND_SCORES)) * _ROUNDING
    if sigma > _DROWNED * state.rows:
        return state
    distribution = state.estimate.beliefs
    guesses = [distribution.marginal(s) * state.rows for s in sets]
    errors = queryable.errors(sets, guesses, sigma=sigma)
    mu2 *= 1 - _ROUND_SCORES
    noise = queryable.cap * math.sqrt(_PER_ROUND / mu2)
    scores = errors - [by_chance(g) + _NOISE * by_noise(g.size, noise) for g in guesses]
    more = best(
        sets, scores, state.chosen, sizes, above=_CLEAR * sigma, most=_PER_ROUND, cells=settings.cells
    )
    if not more:
        return state
    state = replace(state, chosen=(*state.chosen, *more))
    return _measure(state, more, mu2, "the distribution so far was off")


def _measure(state: _Measured, sets: Sets, mu2: float, why: str) -> _Measured:
    """Count some sets with noise and fit a distribution to all that was measured.

    Source:
        Budget in proportion to cells^(2/3) makes Σ cells · deviation least (Lagrange). The power here is
        lower, found by trial: small tables often hold what a table is asked for.
    """
    queryable, sizes = state.queryable, state.sizes
    shares = np.array([math.prod(sizes[f] for f in fields) for fields in sets], np.float64) ** _POWER
    sigmas = queryable.cap / np.sqrt(mu2 * shares / shares.sum()) if sets else shares
    fresh, looked = [], []
    for fields, sigma in zip(sets, sigmas.tolist(), strict=True):
        counts = queryable.marginal(fields, sigma=sigma)
        fresh.append(Measurement(fields, counts.astype(np.float64), sigma))
        looked.append(_looked(queryable.domain, fields, counts.size, sigma, why))
    measured = (*state.measured, *fresh)
    start = None if state.estimate is None else state.estimate.potentials
    estimate = fit_noisy(
        junction_tree(state.chosen, sizes), measured, state.rows, start=start, rounds=_EVALUATIONS
    )
    return replace(state, measured=measured, looked=(*state.looked, *looked), estimate=estimate)


def _spend_rest(state: _Measured) -> _Measured:
    """Count again what was chosen, if a part of the budget is left because rounds had nothing to look at."""
    left = spendable(state.queryable) ** 2
    sets = list(state.chosen) or [(j,) for j in range(len(state.sizes))]
    spent = state.queryable.mechanism.ledger.receipt.spending.mu2
    return _measure(state, sets, left, "counted again") if left > _LEAST * (left + spent) else state


def _looked(domain: Domain, fields: Fields, cells: int, sigma: float, why: str) -> Looked:
    return Looked(fields=tuple(domain.names[f] for f in fields), cells=cells, deviation=sigma, why=why)
