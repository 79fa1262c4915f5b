"""The private door for facts of columns: each answer is charged as planned, noisy, and about capped rows.

As `guard.py` is to suppression, so is this to a budget. What can be derived from its answers is worked out in
`private_quantiles.py`, at no cost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from twin.arrays import Ints
from twin.codes import Name
from twin.errors import InputError
from twin.privacy.dp.contribution_bounding import bound_contribution
from twin.privacy.dp.mechanism import Mechanism, Released
from twin.privacy.dp.plan import BudgetPlan
from twin.randomness import fresh


@dataclass(frozen=True, kw_only=True)
class DpGuard:
    """Hands each column its door, and tells the noisy number of rows.

    Args:
        mechanism: Charges and noise.
        plan: What each fact may cost.
        n: Rows of the table, ≥ 0.
        subjects: Dense subject ids, shape (n,), below 0 where there is none, or None where each
            row is a subject.

    Raises:
        InputError: If the ids are not one per row.

    Example:
        >>> from twin.privacy.dp.events import PrivacyLimit
        >>> from twin.privacy.dp.ledger import Ledger
        >>> from twin.privacy.dp.plan import Need, make_plan
        >>> budget = PrivacyLimit(epsilon=50.0, delta=1e-6)
        >>> plan = make_plan([Need("sex", "levels", thresholded=True)], budget)
        >>> guard = DpGuard(mechanism=Mechanism(ledger=Ledger(budget)), plan=plan, n=900)
        >>> guard.column("sex").levels(np.repeat([0, 1], [899, 1]), 2).places.tolist()
        [0]
    """

    mechanism: Mechanism
    plan: BudgetPlan
    n: int
    subjects: Ints | None = None
    _rows: Ints = field(init=False, repr=False, compare=False)
    _owners: Ints | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.subjects is not None and self.subjects.shape != (self.n,):
            raise InputError("subjects: there must be one id per row")
        # Which rows of a subject count is chosen by fresh entropy: a known seed would tell which do.
        chosen = bound_contribution(self.n, self.subjects, cap=self.plan.cap, rng=fresh())
        object.__setattr__(self, "_rows", chosen.rows)
        object.__setattr__(self, "_owners", chosen.subjects)

    @property
    def cap(self) -> int:
        """Most rows of one subject."""
        return self.plan.cap

    def rows(self) -> int:
        """The number of rows that count, with noise, at least 0 (rule P5).

        Raises:
            BudgetExceeded: If the budget does not bear it.
        """
        noisy = self.mechanism.counts(
            np.array([self._rows.size], np.int64),
            name="number of rows",
            sensitivity=float(self.cap),
            sigma=self.plan.rows_sigma,
            contribution=self.cap,
        )
        return max(0, int(noisy[0]))

    def column(self, name: Name) -> DpColumnGuard:
        """The door of one column."""
        return DpColumnGuard(name=name, guard=self)


@dataclass(frozen=True, kw_only=True)
class DpColumnGuard:
    """The private door for facts of one column. Made by `DpGuard.column`.

    Args:
        name: Name of the column.
        guard: The guard of the table.
    """

    name: Name
    guard: DpGuard

    def needs(self, fact: str) -> bool:
        """Whether a fact was planned."""
        return any(share.need.fact == fact for share in self.guard.plan.of(self.name))

    def sigma(self, fact: str) -> float:
        """Standard deviation of the noise on each count of a fact, in rows or subjects."""
        share = self.guard.plan.share(self.name, fact)
        return share.sigma * math.sqrt(self.guard.cap) if share.need.thresholded else share.sigma

    def levels(self, codes: Ints, size: int, *, fact: str = "levels") -> Released:
        """Those values found in the data that may be told (rule P1).

        A subject counts once per value, and towards no more values than it may have rows.

        Args:
            codes: Value of each row, shape (n,), 0 … size - 1, below 0 where it does not count.
            size: Number of distinct values in the data, which nobody is told.
            fact: Name of the need.

        Returns:
            Those that are told, with noisy numbers of subjects.

        Raises:
            BudgetExceeded: If the budget does not bear it.
        """
        share = self.guard.plan.share(self.name, fact)
        own, owners = self._counted(codes)
        if owners is not None:
            pairs = np.unique(owners * max(1, size) + own)
            holder, value = np.divmod(pairs, max(1, size))
            capped = bound_contribution(pairs.size, holder, cap=self.guard.cap, rng=fresh())
            own = value[capped.rows]
        return self.guard.mechanism.levels(
            np.bincount(own, minlength=size).astype(np.int64),
            name=fact,
            sigma=share.sigma,
            delta=share.delta,
            m=self.guard.cap,
            columns=(str(self.name),),
        )

    def histogram(self, fact: str, codes: Ints, size: int) -> Ints:
        """Noisy numbers of rows in public bins.

        Args:
            fact: Name of the need.
            codes: Bin of each row, shape (n,), 0 … size - 1, below 0 where it does not count.
            size: Number of bins; they must not come from the raw data.

        Returns:
            Counts, shape (size,); some may be negative.

        Raises:
            BudgetExceeded: If the budget does not bear it.

        Source:
            A subject's rows may all lie in one bin, hence a sensitivity of as many as it may have.
        """
        return self.histograms(fact, codes, size, steps=(1,))[0]

    def histograms(self, fact: str, codes: Ints, size: int, *, steps: tuple[int, ...]) -> list[Ints]:
        """As `histogram`, at several resolutions at once; the noise grows with the root of how many they are.

        Args:
            fact: Name of the need.
            codes: Bin of each row, shape (n,), 0 … size - 1, below 0 where it does not count.
            size: Number of bins; they must not come from the raw data.
            steps: How many neighbouring bins are joined, per resolution.

        Returns:
            Counts per resolution, shape (size / step, rounded up).

        Raises:
            BudgetExceeded: If the budget does not bear it.

        Source:
            A row counts once per resolution, so the L2 sensitivity grows by the root of their number.
        """
        share = self.guard.plan.share(self.name, fact)
        own, _ = self._counted(codes)
        sizes = [-(-size // step) for step in steps]
        raw = [np.bincount(own // step, minlength=s)[:s] for step, s in zip(steps, sizes, strict=True)]
        wider = math.sqrt(len(steps))
        noisy = self.guard.mechanism.counts(
            np.concatenate(raw).astype(np.int64),
            name=fact,
            sensitivity=self.guard.cap * wider,
            sigma=share.sigma * wider,
            columns=(str(self.name),),
            contribution=self.guard.cap,
        )
        return np.split(noisy, np.cumsum(sizes)[:-1])

    def _counted(self, codes: Ints) -> tuple[Ints, Ints | None]:
        """Codes that count, and their subjects."""
        own = codes[self.guard._rows].astype(np.int64)
        there = own >= 0
        owners = self.guard._owners
        return own[there], None if owners is None else owners[there]
