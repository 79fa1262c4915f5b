"""Training by noisy gradients (DP-SGD): what a descent is, the noise that a budget asks of it, its batches.

A descent takes steps. In each, every subject enters the batch with the same chance, whoever else does; the
summed gradient of one subject is held to a clip, and Gaussian noise is added to the sum (rule P8).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from twin.arrays import Ints, Ints32
from twin.errors import BudgetExceeded, InputError
from twin.privacy.dp.events import Spending
from twin.privacy.dp.ledger import Ledger
from twin.privacy.dp.rdp import ORDERS, add, epsilon_of_rdp, rdp_gaussian, rdp_subsampled_gaussian
from twin.privacy.exact_sampling import Entropy

_MOST = 1e6
"""The widest noise multiplier: wider noise is not counted as more (see `rdp_subsampled_gaussian`)."""

_LEAST = 1e-5
_STRIDE = 8
_ROUGH, _CLOSE = 0.03, 1e-8
_NOTHING = "nothing is left of the budget for the model; give a larger epsilon"


@dataclass(frozen=True, kw_only=True)
class DpSgd:
    """A training by noisy gradients, as it is priced. All of it is public: nothing here may come from data.

    Args:
        rate: Chance that a subject enters a batch, above 0 and at most 1.
        steps: Number of batches, ≥ 1; each is a step, empty ones too.
        clip: L2 norm that the summed gradient of one subject is held to, > 0.
        noise_multiplier: Standard deviation of the noise on each part of the sum, over the clip, ≥ 1e-6.

    Raises:
        InputError: If an argument has the wrong type or lies outside its range.

    Example:
        >>> DpSgd(rate=0.01, steps=1000, clip=1.0, noise_multiplier=1.1).sigma
        1.1
    """

    rate: float
    steps: int
    clip: float
    noise_multiplier: float

    def __post_init__(self) -> None:
        for name in ("rate", "clip", "noise_multiplier"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
                raise InputError(f"{name} must be a finite number above 0")
            object.__setattr__(self, name, float(value))
        _check(self.rate, self.steps)
        if self.noise_multiplier < 1e-6:
            raise InputError("noise_multiplier is below a millionth: such noise protects nobody")

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise on each part of a summed gradient."""
        return self.noise_multiplier * self.clip


@dataclass(frozen=True)
class Minibatches:
    """The batches of a descent that is paid for. Iterating uses them up: they come once.

    Args:
        plan: What was charged.
        cap: Most rows of one subject.
        entropy: Gives the random bytes that noise on gradients is made of.
    """

    plan: DpSgd
    cap: int
    entropy: Entropy = field(repr=False)
    _stream: Iterator[Ints32] = field(repr=False)

    @property
    def row_clip(self) -> float:
        """L2 norm that the gradient of one row must be held to: then a subject's rows keep to the clip."""
        return self.plan.clip / self.cap

    def __iter__(self) -> Iterator[Ints32]:
        """The batches, codes of shape (b, d), b ≥ 0; as many as the plan has steps."""
        return self._stream


def poisson_batches(values: Ints32, subjects: Ints | None, plan: DpSgd, rng: Generator) -> Iterator[Ints32]:
    """Batches that each subject enters with the plan's chance, whoever else does, with all its rows.

    Args:
        values: Codes, shape (n, d).
        subjects: Subject of each row, shape (n,); None: each row is one.
        plan: Rate and number of steps.
        rng: Decides who enters.

    Yields:
        Codes of shape (b, d), b ≥ 0.

    Source:
        Abadi et al. 2016 (Deep Learning with Differential Privacy), section 2.2: lots; Mironov, Talwar, Zhang
        2019, section 3: the sampling that the price holds for.

    Example:
        >>> plan = DpSgd(rate=1.0, steps=2, clip=1.0, noise_multiplier=1.0)
        >>> rows, rng = np.zeros((3, 2), np.int32), np.random.default_rng()
        >>> [batch.shape for batch in poisson_batches(rows, None, plan, rng)]
        [(3, 2), (3, 2)]
    """
    rows = np.ascontiguousarray(values, np.int32)  # (n, d)
    who = (
        np.arange(len(rows)) if subjects is None else np.unique(subjects, return_inverse=True)[1].reshape(-1)
    )
    many = int(who.max(initial=-1)) + 1
    for _ in range(plan.steps):
        enters = rng.random(many) < plan.rate  # (many,)
        yield rows[enters[who]]  # (b, d)


def noise_for(ledger: Ledger, *, rate: float, steps: int) -> float:
    """The least noise with which the rest of a budget bears a descent.

    Args:
        ledger: Holds the budget and what was spent of it.
        rate: Chance that a subject enters a batch, above 0 and at most 1.
        steps: Number of batches, ≥ 1.

    Returns:
        The noise multiplier. With it the whole budget is spent but for a millionth or so, and never more.

    Raises:
        BudgetExceeded: If no noise is wide enough.
        InputError: If an argument lies outside its range.

    Source:
        Mironov 2017 (composition in RDP), with the curve of Mironov, Talwar, Zhang 2019; where all subjects
        enter each batch, the composition of Gaussian releases. Inverted by bisection.

    Example:
        >>> from twin.privacy.dp.events import PrivacyLimit
        >>> noise = noise_for(Ledger(PrivacyLimit(epsilon=1.0, delta=1e-6)), rate=0.01, steps=1000)
        >>> round(noise, 2)
        1.66
    """
    _check(rate, steps)
    if rate == 1:
        left = ledger.remaining()
        if left * _MOST < math.sqrt(steps):
            raise BudgetExceeded(_NOTHING)
        return max(_LEAST, math.sqrt(steps) / left * (1 + _CLOSE))
    price = _Price(ledger, rate, steps)
    some = (*range(0, len(ORDERS) - 1, _STRIDE), len(ORDERS) - 1)
    rough = _least_noise(price, some, start=1.0, factor=4.0, close=_ROUGH)
    if rough is None:  # the largest order is the one that a tiny budget hopes for, and it is among them
        raise BudgetExceeded(_NOTHING)
    at = price.best(rough, some)
    # The best order is near: a finer look there. The ledger prices all orders, which is never dearer.
    near = tuple(range(max(0, at - _STRIDE), min(len(ORDERS), at + _STRIDE + 1)))
    noise = _least_noise(price, near, start=rough, factor=1 + _ROUGH, close=_CLOSE)
    return (rough if noise is None else noise) * (1 + _CLOSE)


class _Price:
    """What everything comes to, spent and planned, at some of the orders."""

    def __init__(self, ledger: Ledger, rate: float, steps: int) -> None:
        spent: Spending = ledger.receipt.spending
        gaussian = rdp_gaussian(math.sqrt(spent.mu2))
        self.before = gaussian if spent.curve is None else add(spent.curve, gaussian)
        self.rate, self.steps, self.budget = rate, steps, ledger.budget
        self.delta = (
            math.nextafter(self.budget.delta - spent.delta, -1.0) if spent.delta else self.budget.delta
        )

    def epsilon(self, noise: float, places: tuple[int, ...]) -> float:
        if self.delta <= 0:
            return math.inf
        orders = tuple(ORDERS[i] for i in places)
        one = rdp_subsampled_gaussian(self.rate, sigma=noise, orders=orders)
        curve = add(tuple(self.before[i] for i in places), tuple(self.steps * rdp for rdp in one))
        return epsilon_of_rdp(curve, delta=self.delta, orders=orders)

    def fits(self, noise: float, places: tuple[int, ...]) -> bool:
        return self.epsilon(noise, places) <= self.budget.epsilon

    def best(self, noise: float, places: tuple[int, ...]) -> int:
        return min(places, key=lambda place: self.epsilon(noise, (place,)))


def _least_noise(
    price: _Price, places: tuple[int, ...], *, start: float, factor: float, close: float
) -> float | None:
    """The least noise multiplier that fits by some of the orders, by bisection; None where none does."""
    low, high = 0.0, start
    while not price.fits(high, places):
        if high >= _MOST:
            return None
        low, high = high, min(_MOST, high * factor)
    while low == 0.0:
        lower = high / factor
        if lower > _LEAST and price.fits(lower, places):
            high = lower
        else:
            low = lower
    while high > low * (1 + close):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if price.fits(middle, places) else (middle, high)
    return max(high, _LEAST)


def _check(rate: float, steps: int) -> None:
    if not 0 < rate <= 1:
        raise InputError("rate, the chance that a subject enters a batch, must be above 0 and at most 1")
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= 10**12:
        raise InputError("steps must be a whole number from 1 to 1e+12")
