"""Gaussian copula over codes: one sort, one matrix product."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Ints, Ints32
from twin.codes import Codes, Domain, State
from twin.models.base import Fitted, Given
from twin.models.code_ordering import code_orders
from twin.models.copula.dp_copula import learn
from twin.models.copula.hermite import cell_scores, coefficients, cut_points, latent_correlations, repair
from twin.models.guarded_counts import check_given, guarded_counts, single_codes
from twin.models.importance import Candidates, conditional, effective_size
from twin.models.independent import split_counts
from twin.privacy.dp.queryable import Queryable
from twin.privacy.suppression.guard import Guard
from twin.progress import Progress

_UNIT = 1 << 18
"""Normals and loadings are whole multiples of 1/2¹⁸: their products add exactly in float64, in any order, so
that every machine draws the same rows."""

_CHUNK = 65_536
_CELLS = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Copula:
    """Empirical margins joined by a normal law with a correlation per pair of fields.

    Args:
        shrink: Share by which correlations are drawn towards 0, as 1 / (1 + shrink / n), ≥ 0.

    Example:
        >>> from twin.codes import Field
        >>> domain = Domain((Field(name="a", size=2), Field(name="b", size=2)))
        >>> codes = Codes(domain, np.array([[0, 0], [1, 1]] * 50))
        >>> drawn = Copula().fit(codes, guard=Guard(), rng=np.random.default_rng(0)).sample(
        ...     1000, rng=np.random.default_rng(1))
        >>> bool((drawn.values[:, 0] == drawn.values[:, 1]).mean() > 0.95)
        True
    """

    shrink: float = 1.0

    @property
    def name(self) -> str:
        """Key in `MODELS`."""
        return "copula"

    def fit(self, codes: Codes, *, guard: Guard, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Learn margins and latent correlations."""
        counts = guarded_counts(codes, guard)
        orders = code_orders(codes, counts)
        d = len(counts)
        terms = np.zeros((d, 16))
        scores = np.empty((codes.n, d))  # (n, d)
        cuts = [cut_points(c[o]) for c, o in zip(counts, orders, strict=True)]
        for j, order in enumerate(orders):
            by_place = cell_scores(cuts[j])
            terms[j] = coefficients(cuts[j], by_place)
            by_code = np.empty_like(by_place)
            by_code[order] = by_place
            scores[:, j] = by_code[codes.values[:, j]]
        scores -= scores.mean(axis=0)
        covariance = scores.T @ scores / (codes.n + self.shrink)  # (d, d)
        if guard.subjects is not None and int(guard.subjects.max(initial=0)) < guard.k:
            covariance[:] = 0.0  # too few subjects for any pair to be told
        factor = _factor(repair(latent_correlations(covariance, terms)))
        return FittedCopula(codes.domain, tuple(counts), tuple(orders), factor, tuple(cuts))

    def fit_privately(self, vault: Queryable, *, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Learn noisy margins and latent correlations, with all that the vault's ledger has left.

        Raises:
            BudgetExceeded: If nothing is left.
        """
        return self.fit_with_share(vault, 1.0, rng=rng, progress=progress)

    def fit_with_share(
        self, vault: Queryable, share: float, *, rng: Generator, progress: Progress | None = None
    ) -> FittedCopula:
        """As `fit_privately`, with a share 0 … 1 of the mu² that is left: for models built upon a copula.

        Raises:
            BudgetExceeded: If nothing is left.
        """
        known = learn(vault, rng=rng, progress=progress, share=share)
        cuts = tuple(cut_points(c[o]) for c, o in zip(known.counts, known.orders, strict=True))
        return FittedCopula(vault.domain, known.counts, known.orders, _factor(known.correlation), cuts)

    def load(self, domain: Domain, state: State) -> Fitted:
        """The fitted copula from its domain and state."""
        a = state.arrays
        d = len(domain)
        counts = split_counts(domain, state)
        orders = np.split(np.asarray(a["orders"], np.int64), np.cumsum(domain.sizes)[:-1]) if d else []
        ends = np.cumsum(np.array(domain.sizes, np.int64) + 1)[:-1]
        cuts = np.split(np.asarray(a["cuts"], np.float64), ends) if d else []
        return FittedCopula(domain, counts, tuple(orders), np.asarray(a["factor"], np.int32), tuple(cuts))


def _factor(correlation: Floats) -> Ints32:
    """Lower triangular factor times 2¹⁸, shape (d, d)."""
    return np.round(np.linalg.cholesky(correlation) * _UNIT).astype(np.int32)


@dataclass(frozen=True)
class FittedCopula:
    """Margins, orders and the Cholesky factor of the latent correlations.

    Args:
        domain: The fields.
        counts: Rows per code, per field.
        orders: Codes by place on the latent scale, per field.
        factor: Lower triangular factor times 2¹⁸, shape (d, d).
        cuts: Cut points on the normal scale, shape (size + 1,) per field.
    """

    domain: Domain
    counts: tuple[Ints, ...]
    orders: tuple[Ints, ...]
    factor: Ints32 = field(repr=False)
    cuts: tuple[Floats, ...] = field(repr=False)

    @cached_property
    def _lines(self) -> tuple[Floats, ...]:
        """Inner cut points on the exact grid of the products."""
        return tuple(np.round(np.clip(c[1:-1], -40, 40) * _UNIT) * _UNIT for c in self.cuts)

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows; with conditions, the given fields first and the rest from what they imply."""
        weights = check_given(self.domain, given, n)
        if weights:
            return Codes(self.domain, conditional(self.begin, weights, n, self.domain, rng))
        d = len(self.domain)
        values = np.empty((n, d), np.int32, order="F")
        factor = self.factor.astype(np.float64).T  # (d, d)
        for start in range(0, n, _CHUNK):
            rows = slice(start, min(n, start + _CHUNK))
            noise = np.rint(rng.standard_normal((rows.stop - start, d)) * _UNIT)
            latent = noise @ factor  # (rows, d), whole numbers below 2^53
            for j, line in enumerate(self._lines):
                values[rows, j] = self.orders[j][np.searchsorted(line, latent[:, j], side="right")]
        return Codes(self.domain, values)

    def begin(self, n: int, weights: dict[int, Floats], rng: Generator, group: int) -> Candidates:
        """Begin n candidates: the fields under weights; see `Begin`.

        Source:
            The Geweke-Hajivassiliou-Keane simulator; Geweke (1991), Keane (1994).
        """
        d, fixed = len(self.domain), len(weights)
        first = [*weights, *(j for j in range(d) if j not in weights)]
        whole = self.factor.astype(np.float64) / _UNIT
        factor = np.linalg.cholesky(repair((whole @ whole.T)[np.ix_(first, first)]))
        codes, noise, importance = np.empty((n, fixed), np.int32), np.empty((n, fixed)), np.ones(n)
        step = max(1, min(_CHUNK, _CELLS // max(self.domain.sizes[j] for j in weights)))
        for start in range(0, n, step):
            rows = slice(start, min(n, start + step))
            for i, j in enumerate(weights):
                mean = noise[rows, :i] @ factor[i, :i]
                w = weights[j] if weights[j].ndim == 1 else weights[j][rows]
                place, noise[rows, i], share = self._inside(j, mean, factor[i, i], w, rng)
                importance[rows] *= share
                codes[rows, i] = self.orders[j][place]

        def finish(rows: Ints, rng: Generator) -> Ints32:
            values = np.empty((rows.size, d), np.int32, order="F")
            for start in range(0, rows.size, _CHUNK):
                some = rows[start : start + _CHUNK]
                part = slice(start, start + some.size)
                values[part, first[:fixed]] = codes[some]
                own = rng.standard_normal((some.size, d - fixed))
                latent = noise[some] @ factor[fixed:, :fixed].T + own @ factor[fixed:, fixed:].T
                for i, j in enumerate(first[fixed:]):
                    place = np.searchsorted(self.cuts[j][1:-1], latent[:, i], side="right")
                    values[part, j] = self.orders[j][place]
            return values

        return Candidates(importance, effective_size(importance), finish)

    def _inside(
        self, j: int, mean: Floats, spread: float, weights: Floats, rng: Generator
    ) -> tuple[Ints, Floats, Floats]:
        """Place, standard normal draw and share of mass of one field under weights, each of shape (rows,)."""
        from scipy.special import ndtr, ndtri

        told = self.counts[j][self.orders[j]] > 0  # by place
        cuts, rows = self.cuts[j], np.arange(mean.size)
        single = single_codes(weights)
        if single is not None:
            at = np.argsort(self.orders[j])[single]
            edges = ndtr((np.stack([cuts[at], cuts[at + 1]], axis=1) - mean[:, None]) / spread)  # (rows, 2)
            mass = np.diff(edges, axis=1) * (weights[rows, single] * told[at])[:, None]
            place = np.zeros(mean.size, np.int64)
        else:
            w = np.atleast_2d(weights)[:, self.orders[j]] * told  # (1 or rows, size)
            some = np.flatnonzero(w.any(axis=0))
            first, last = (some[0], some[-1] + 1) if some.size else (0, 1)
            edges = ndtr((cuts[None, first : last + 1] - mean[:, None]) / spread)  # (rows, places + 1)
            mass = np.diff(edges, axis=1) * w[:, first:last]
        heights = np.cumsum(mass, axis=1)
        share = heights[:, -1]
        if single is None:
            end = mass.shape[1] - 1 - np.argmax(mass[:, ::-1] > 0, axis=1)
            place = np.minimum((heights <= (rng.random(mean.size) * share)[:, None]).sum(axis=1), end)
            at = place + first
        low, high = edges[rows, place], edges[rows, place + 1]
        u = np.clip(low + rng.random(mean.size) * (high - low), 1e-12, 1 - 1e-12)
        return at, ndtri(u), share

    def state(self) -> State:
        """Margins, orders, cut points and the factor."""
        none = np.zeros(0)
        return State(
            {},
            {
                "counts": np.concatenate([none.astype(np.int64), *self.counts]),
                "orders": np.concatenate([none.astype(np.int32), *self.orders]).astype(np.int32),
                "cuts": np.concatenate([none, *self.cuts]),
                "factor": self.factor,
            },
        )
