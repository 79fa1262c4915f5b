"""Each field alone: the yardstick that every other model must beat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Ints
from twin.codes import Codes, Domain, State
from twin.models.base import Fitted, Given, joined, parted
from twin.models.conditioning import check_given, draw
from twin.models.consistency import cleaned, deviations, integer_counts, margins, spendable
from twin.models.guarded_counts import guarded_counts
from twin.privacy.dp.queryable import Queryable
from twin.privacy.suppression.guard import Guard
from twin.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Independent:
    """Draws each field from its own counts, as if nothing were related.

    Example:
        >>> from twin.codes import Field
        >>> codes = Codes(Domain((Field(name="a", size=2),)), np.array([[0], [1]] * 20))
        >>> fitted = Independent().fit(codes, guard=Guard(), rng=np.random.default_rng(0))
        >>> fitted.sample(3, rng=np.random.default_rng(1)).n
        3
    """

    name: ClassVar[str] = "independent"
    """Key in `MODELS`."""

    def fit(self, codes: Codes, *, guard: Guard, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Count the codes of each field.

        Args:
            codes: Codes of the rows, shape (n, fields).
            guard: The guard that every fact passes.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.
        """
        return FittedIndependent(codes.domain, tuple(guarded_counts(codes, guard)))

    def fit_dp(self, queryable: Queryable, *, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Learn noisy counts of each field, with all that the queryable's ledger has left.

        Args:
            queryable: The door to the codes under a budget; it charges for each answer.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.

        Raises:
            BudgetExceeded: If nothing is left.
        """
        sigmas = deviations(queryable, spendable(queryable))
        clean = cleaned(margins(queryable, sigmas), sigmas=sigmas, domain=queryable.domain)
        return FittedIndependent(queryable.domain, tuple(integer_counts(c, rng=rng) for c in clean.counts))

    def load(self, domain: Domain, state: State) -> Fitted:
        """The fitted model from its domain and state.

        Args:
            domain: The fields.
            state: What `state` gave, as it came from a file.
        """
        counts = state.array("counts", np.int64, (sum(domain.sizes),), 0)
        return FittedIndependent(domain, parted(counts, domain.sizes, np.int64))


@dataclass(frozen=True)
class FittedIndependent:
    """Counts per field.

    Args:
        domain: The fields.
        counts: Rows per code, one array of shape (size,) per field.
    """

    domain: Domain
    counts: tuple[Ints, ...]

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows; with conditions, each field from its counts times its weights.

        Args:
            n: Number of rows, ≥ 0.
            rng: Source of randomness.
            given: Weights of the codes of some fields, by name, shape (size,) or (n, size); None for no
                condition.
        """
        weights = check_given(self.domain, given, n)
        values = np.empty((n, len(self.domain)), np.int32, order="F")
        for j, counts in enumerate(self.counts):
            mass = counts * weights[j] if j in weights else counts.astype(np.float64)  # (size,) or (n, size)
            values[:, j] = draw(mass, n, rng, name=self.domain.names[j])
        return Codes(self.domain, values)

    def share(self, weights: dict[int, Floats]) -> float:
        """Mass of the distribution times weights, by position of the field, shape (size,) each."""
        return math.prod(
            float(np.cumsum(self.counts[j] * w)[-1]) / int(self.counts[j].sum()) for j, w in weights.items()
        )

    def state(self) -> State:
        """The counts, one after the other."""
        return State({}, {"counts": joined(self.counts, np.int64)})
