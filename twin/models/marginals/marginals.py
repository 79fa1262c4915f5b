"""Marginals on a clique tree: counts of a few fields at a time, and the distribution of greatest entropy.

The default under a privacy budget, where counts have noise; without one it counts exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Ints
from twin.codes import Codes, Domain, Field, State
from twin.errors import InputError
from twin.models.base import Fitted
from twin.models.guarded_counts import guarded_counts
from twin.models.marginals import fitted as fitted_marginals
from twin.models.marginals.clique_sampling import clique_tables
from twin.models.marginals.cliques import Fields, junction_tree
from twin.models.marginals.estimate import Estimate, Measurement, fit_exact
from twin.models.marginals.fitted import FittedMarginals, Looked, scaled
from twin.models.marginals.structure import (
    Sets,
    Settings,
    best,
    bins_of,
    by_chance,
    candidates,
    pairs,
    structure,
)
from twin.privacy.dp.queryable import Queryable
from twin.privacy.suppression.guard import Guard
from twin.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Marginals:
    """Noisy or exact marginals on a clique tree.

    Args:
        cells: Most cells of all tables of the tree, ≥ 1. More fields can stand together with more of them,
            and a fit takes longer.
        rounds: How often to look again where the distribution so far is off, ≥ 0.
        tree: Join fields by pairs that form a tree, and nothing else.

    Raises:
        InputError: If cells is below 1 or rounds below 0.

    Example:
        >>> from twin.codes import Field
        >>> domain = Domain((Field(name="a", size=2), Field(name="b", size=2)))
        >>> codes = Codes(domain, np.array([[0, 0], [1, 1]] * 50))
        >>> drawn = Marginals().fit(codes, guard=Guard(), rng=np.random.default_rng(0)).sample(
        ...     1000, rng=np.random.default_rng(1))
        >>> bool((drawn.values[:, 0] == drawn.values[:, 1]).all())
        True
    """

    name: ClassVar[str] = "marginals"
    """Key in `MODELS`."""

    cells: int = 200_000
    rounds: int = 3
    tree: bool = False

    def __post_init__(self) -> None:
        for name, lowest in (("cells", 1), ("rounds", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < lowest:
                raise InputError(f"Marginals: {name} must be a whole number of at least {lowest}")

    @classmethod
    def mst(cls) -> Marginals:
        """Pairs along the tree of the strongest dependencies: the quickest fit, and the coarsest.

        Source:
            McKenna, Miklau, Sheldon 2021 (MST).

        Example:
            >>> Marginals.mst().tree
            True
        """
        return cls(rounds=0, tree=True)

    def fit(self, codes: Codes, *, guard: Guard, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Learn exact counts of cells that enough subjects share.

        Args:
            codes: Codes of the rows, shape (n, fields).
            guard: The guard that every fact passes.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.
        """
        pass  # self

        return fit_exactly(self, codes, guard=guard, progress=progress or _silent)

    def fit_dp(self, queryable: Queryable, *, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Learn noisy counts, and spend what the queryable's ledger has left.

        Args:
            queryable: The door to the codes under a budget; it charges for each answer.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.
        """
        from twin.models.marginals.dp_marginals import fit_dp

        return fit_dp(self, queryable, progress=progress or _silent)

    def load(self, domain: Domain, state: State) -> Fitted:
        """The fitted tables from their domain and state.

        Args:
            domain: The fields.
            state: What `state` gave, as it came from a file.
        """
        return fitted_marginals.load(domain, state)


def _silent(done: float, what: str) -> None:
    """Progress that nobody watches."""


_ROUNDS, _NEAR = 60, 1e-4
_PER_ROUND = 12
_BY_CHANCE = 1.2  # a guess is off where it is so by more than this many times what chance brings


def fit_exactly(settings: Settings, codes: Codes, *, guard: Guard, progress: Progress) -> FittedMarginals:
    """Fit marginals to the counts that the guard lets through.

    Args:
        settings: How far to go.
        codes: The table.
        guard: Cells that too few subjects share are pooled, two at least.
        progress: Told about work done.

    Returns:
        The fitted tables.

    Source:
        Deming & Stephan 1940; structure as in `dp_marginals`.
    """
    counts = [c.astype(np.float64) for c in guarded_counts(codes, guard)]
    progress(0.1, "pairs of fields")
    fine = _coarse(codes, bins_of(counts, codes.domain, floor=0.0))
    margins = [_table(fine, (j,)) for j in range(len(counts))]
    sets = pairs(len(counts))
    guesses = [np.outer(margins[i], margins[j]) / max(1, codes.n) for i, j in sets]
    first = structure(counts, codes.domain, _scores(fine, sets, guesses), settings=settings)
    bins, chosen = first.bins, first.chosen
    coarse = _coarse(codes, bins)
    sizes = coarse.domain.sizes
    measured = [_measured(coarse, fields, guard) for fields in [*((j,) for j in range(len(sizes))), *chosen]]
    why = ["every field is counted"] * len(sizes) + ["far from independent"] * len(chosen)
    estimate = _fit(chosen, measured, sizes)
    for i in range(settings.rounds):
        progress(0.4 + 0.6 * i / settings.rounds, f"round {i + 1} of {settings.rounds}")
        more = _further(settings, coarse, chosen, measured, estimate)
        if not more:
            break
        chosen = (*chosen, *more)
        measured += [_measured(coarse, fields, guard) for fields in more]
        why += ["the distribution so far was off"] * len(more)
        estimate = _fit(chosen, measured, sizes, estimate)
    return FittedMarginals(
        domain=codes.domain,
        tables=clique_tables(estimate.beliefs),
        bins=bins,
        weights=tuple(scaled(c) for c in counts),
        looked=tuple(_looked(codes.domain, m, reason) for m, reason in zip(measured, why, strict=True)),
    )


def _coarse(codes: Codes, bins: tuple[Ints, ...]) -> Codes:
    """The same rows on merged codes."""
    values = np.empty_like(codes.values)
    for j, b in enumerate(bins):
        values[:, j] = b[codes.values[:, j]]
    fields = (
        Field(name=f.name, size=int(b.max(initial=0)) + 1) for f, b in zip(codes.domain, bins, strict=True)
    )
    return Codes(Domain(tuple(fields)), values, codes.subjects)


def _cells(codes: Codes, fields: Fields) -> Ints:
    """Cell of each row in the table of some fields, shape (n,)."""
    cell = np.zeros(codes.n, np.int64)
    for f in fields:
        cell = cell * codes.domain.sizes[f] + codes.values[:, f]
    return cell


def _table(codes: Codes, fields: Fields) -> Floats:
    shape = [codes.domain.sizes[f] for f in fields]
    counts = np.bincount(_cells(codes, fields), minlength=math.prod(shape))
    return counts.astype(np.float64).reshape(shape)


def _measured(codes: Codes, fields: Fields, guard: Guard) -> Measurement:
    """Counts of some fields; cells of too few subjects are pooled with others until enough share them."""
    counts = _table(codes, fields)
    column_guard = guard.column(" × ".join(codes.domain.names[f] for f in fields))
    cell = _cells(codes, fields)
    released = column_guard.pool(cell, column_guard.keep(cell, counts.size))
    return Measurement(fields, counts, pooled=~released.reshape(counts.shape))


def _scores(codes: Codes, sets: Sets, guesses: list[Floats]) -> Floats:
    """How far guesses are off, beyond what chance brings, shape (len(sets),)."""
    off = [
        float(np.abs(_table(codes, s) - g).sum()) - _BY_CHANCE * by_chance(g)
        for s, g in zip(sets, guesses, strict=True)
    ]
    return np.array(off, np.float64)


def _fit(
    chosen: tuple[Fields, ...],
    measured: list[Measurement],
    sizes: tuple[int, ...],
    before: Estimate | None = None,
) -> Estimate:
    start = () if before is None else before.potentials
    return fit_exact(junction_tree(chosen, sizes), measured, start=start, rounds=_ROUNDS, tolerance=_NEAR)


def _further(
    settings: Settings,
    codes: Codes,
    chosen: tuple[Fields, ...],
    measured: list[Measurement],
    estimate: Estimate,
) -> Sets:
    """Sets in which the distribution so far is off most."""
    two, three = candidates(estimate.beliefs.tree, chosen, [m.fields for m in measured], cells=settings.cells)
    sets = [*two, *three]
    guesses = [estimate.beliefs.marginal(s) * codes.n for s in sets]
    return best(
        sets,
        _scores(codes, sets, guesses),
        chosen,
        codes.domain.sizes,
        above=0.0,
        most=_PER_ROUND,
        cells=settings.cells,
    )


def _looked(domain: Domain, measured: Measurement, why: str) -> Looked:
    names = tuple(domain.names[f] for f in measured.fields)
    return Looked(fields=names, cells=measured.counts.size, deviation=0.0, why=why)
