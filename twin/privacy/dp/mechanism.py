"""How a number leaves under a budget: it is charged first, then noise is drawn, then it is told.

The only place where charges and noise meet. Both doors, for column facts and for models, go through it, so
that nothing can be told that was not charged (rules P13 and P15).
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field

import numpy as np

from twin.arrays import Floats, Ints
from twin.errors import InputError
from twin.privacy.dp.accounting import partition_threshold
from twin.privacy.dp.dp_sgd import DpSgd
from twin.privacy.dp.events import SEEDED_BY_SYSTEM, SYSTEM, UNSAFE_SEED, DpEvent
from twin.privacy.dp.ledger import Ledger
from twin.privacy.dp.noise import grid_sensitivity, round_to_grid, rounded_gaussian
from twin.privacy.exact_sampling import Entropy

GAMMA = 1 / 64
"""Width of the grid that real-valued scores are rounded to before noise is added."""

DESCENT = "DP-SGD: Gaussian noise (floats) on clipped gradients of Poisson batches"
"""The mechanism of a training, as the ledger names it."""


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Where noise comes from.

    Args:
        entropy: Gives random bytes.
        source: What the ledger says of them, one of `charges.NOISE_SOURCES`.

    Example:
        >>> Noise().draw(2, sigma=3.0).shape
        (2,)
    """

    entropy: Entropy = os.urandom
    source: str = SYSTEM

    def draw(self, size: int, *, sigma: float) -> Ints:
        """Rounded Gaussians of standard deviation sigma, shape (size,).

        Args:
            size: How many numbers, ≥ 0.
            sigma: Standard deviation, > 0.
        """
        return rounded_gaussian(size, sigma=sigma, entropy=self.entropy)


def noise_from_seed(seed: int) -> Noise:
    """Noise that comes again: for debugging alone. It voids every ledger that it is charged to.

    Args:
        seed: Whole number ≥ 0.

    Example:
        >>> one, two = noise_from_seed(3), noise_from_seed(3)
        >>> one.draw(4, sigma=9.0).tolist() == two.draw(4, sigma=9.0).tolist()
        True
    """
    return Noise(entropy=np.random.default_rng(seed).bytes, source=UNSAFE_SEED)


@dataclass(frozen=True)
class Released:
    """Levels that partition selection tells.

    Args:
        places: Positions of the levels, ascending, shape (t,).
        counts: Noisy count of each, shape (t,).
        threshold: The count from which levels are told.
    """

    places: Ints
    counts: Ints
    threshold: int


@dataclass(frozen=True, kw_only=True)
class Mechanism:
    """Charges a release to a ledger, and only then adds noise and tells it.

    Args:
        ledger: Where releases are charged.
        noise: Where noise comes from.
        unit: What a subject is, in words.

    Example:
        >>> from twin.privacy.dp.events import PrivacyLimit
        >>> mechanism = Mechanism(ledger=Ledger(PrivacyLimit(epsilon=1.0, delta=1e-6)))
        >>> mechanism.counts(np.array([40, 2]), name="sex", sensitivity=1.0, sigma=8.0).shape
        (2,)
        >>> len(mechanism.ledger)
        1
    """

    ledger: Ledger
    noise: Noise = field(default_factory=Noise)
    unit: str = "subject"

    def counts(
        self,
        values: Ints,
        *,
        name: str,
        sensitivity: float,
        sigma: float,
        columns: tuple[str, ...] = (),
        contribution: int = 1,
    ) -> Ints:
        """Whole numbers with noise.

        Args:
            values: Any shape.
            name: What is told, in words.
            sensitivity: How far one subject moves all values together, L2 norm, ≥ 0.
            sigma: Standard deviation of the noise on each, > 0.
            columns: Columns that they are about.
            contribution: Most rows of one subject that count.

        Returns:
            The shape of values.

        Raises:
            BudgetExceeded: If the budget does not bear it; nothing is charged or told then.
        """
        self.ledger.reserve(
            DpEvent(
                name=name,
                columns=columns,
                sensitivity=sensitivity,
                sigma=sigma,
                contribution=contribution,
                outputs=values.size,
                unit=self.unit,
                noise=self.noise.source,
            )
        )
        return values + self.noise.draw(values.size, sigma=sigma).reshape(values.shape)

    def scores(
        self,
        values: Floats,
        *,
        name: str,
        each: float,
        sigma: float,
        columns: tuple[str, ...] = (),
        contribution: int = 1,
    ) -> Floats:
        """Real-valued scores with noise, each of which one subject may move (rule P15).

        Args:
            values: Shape (m,).
            name: What is told, in words.
            each: How far one subject moves any one of them, ≥ 0.
            sigma: Standard deviation of the noise on each, > 0, in units of the scores.
            columns: Columns that they are about.
            contribution: Most rows of one subject that count.

        Returns:
            Shape (m,). They lie on a grid; what rounding adds to the sensitivity is charged.

        Raises:
            BudgetExceeded: If the budget does not bear it.
        """
        moved = max(1, values.size)
        steps = self.counts(
            round_to_grid(values, GAMMA),
            name=name,
            sensitivity=grid_sensitivity(each * math.sqrt(moved), GAMMA, moved=moved),
            sigma=sigma / GAMMA,
            columns=columns,
            contribution=contribution,
        )
        return np.asarray(steps * GAMMA, np.float64)

    def levels(
        self,
        subjects: Ints,
        *,
        name: str,
        sigma: float,
        delta: float,
        m: int,
        columns: tuple[str, ...] = (),
    ) -> Released:
        """Those levels found in the data that may be told (rule P1).

        Args:
            subjects: Subjects per level, shape (t,); each subject counts towards at most m levels.
            name: What is told, in words.
            sigma: Noise multiplier: each count has noise sigma · sqrt(m).
            delta: The column's part of delta, between 0 and 1.
            m: Most levels that one subject counts towards, ≥ 1.
            columns: The column.

        Returns:
            The levels whose noisy count reaches the threshold.

        Raises:
            BudgetExceeded: If the budget does not bear it.
            InputError: If delta lies outside its range: without one no level may be told.

        Source:
            See `accounting.partition_threshold`.
        """
        if not 0 < delta < 1:
            raise InputError("delta: levels found in the data need a part of delta above 0; declare them")
        threshold = partition_threshold(sigma, m=m, delta_column=delta)
        spread = sigma * math.sqrt(m)
        self.ledger.reserve(
            DpEvent(
                name=name,
                columns=columns,
                sensitivity=math.sqrt(m),
                sigma=spread,
                mechanism="partition selection by rounded Gaussian",
                contribution=m,
                delta=delta,
                outputs=None,
                unit=self.unit,
                noise=self.noise.source,
            )
        )
        noisy = subjects + self.noise.draw(subjects.size, sigma=spread)
        places = np.flatnonzero((subjects > 0) & (noisy >= threshold))
        return Released(places, noisy[places], threshold)

    def descent(
        self,
        plan: DpSgd,
        *,
        name: str,
        columns: tuple[str, ...] = (),
        contribution: int = 1,
        outputs: int | None = None,
    ) -> Entropy:
        """Pay for all steps of a training by noisy gradients, and get what its noise is made of.

        Args:
            plan: The descent.
            name: What is trained, in words.
            columns: Columns that it is about.
            contribution: Most rows of one subject that count.
            outputs: Numbers that each step tells: the parameters of the net. None: not told.

        Returns:
            Gives random bytes, for the batches and to seed a generator of floats. Where they are the
            operating system's, the ledger says that they seeded a generator; its state is never stored.

        Raises:
            BudgetExceeded: If the budget does not bear it; nothing is charged then.

        Source:
            Abadi et al. 2016 (Deep Learning with Differential Privacy), algorithm 1.
        """
        self.ledger.reserve(
            DpEvent(
                name=name,
                columns=columns,
                sensitivity=plan.clip,
                sigma=plan.sigma,
                mechanism=DESCENT,
                contribution=contribution,
                sampling_rate=plan.rate,
                steps=plan.steps,
                outputs=outputs,
                unit=self.unit,
                noise=SEEDED_BY_SYSTEM if self.noise.source == SYSTEM else self.noise.source,
            )
        )
        return self.noise.entropy
