"""What a release costs: a `PrivacyLimit` to spend, a `DpEvent` per release, and `Spending`, their sum."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields

from twin.errors import InputError
from twin.privacy.dp.accounting import attacker_dp, attacker_gdp, epsilon_of_gdp, mu_for
from twin.privacy.dp.rdp import ORDERS, Curve, add, epsilon_of_rdp, rdp_gaussian, rdp_subsampled_gaussian

ADJACENCY = "add or remove one subject"
"""The two tables that cannot be told apart: one with, one without all rows of one subject."""

SYSTEM = "operating system"
SEEDED_BY_SYSTEM = "generator seeded by the operating system"
UNSAFE_SEED = "seed"
"""Where noise comes from. Noise from a seed can be taken off again, so it guarantees nothing."""

NOISE_SOURCES = (SYSTEM, SEEDED_BY_SYSTEM, UNSAFE_SEED)

_MANY = 10**12


@dataclass(frozen=True, kw_only=True)
class PrivacyLimit:
    """How much may be told about one subject.

    Args:
        epsilon: Finite, above 0.
        delta: Between 0 and 1, both excluded; a constant, never computed from data.

    Raises:
        InputError: If epsilon or delta lies outside its range.

    Example:
        >>> PrivacyLimit(epsilon=1.0, delta=1e-6)
        PrivacyLimit(epsilon=1.0, delta=1e-06)
    """

    epsilon: float
    delta: float

    def __post_init__(self) -> None:
        _number(self, "epsilon", above=0.0)
        _number(self, "delta", above=0.0)
        if self.delta >= 1:
            raise InputError("delta must lie between 0 and 1, both excluded")


@dataclass(frozen=True, kw_only=True)
class DpEvent:
    """One release with Gaussian noise, as it is priced. All of it is public: nothing here may come from data.

    Args:
        name: What is released, in words.
        columns: Names of the columns it is about.
        sensitivity: How far one subject moves the released vector, L2 norm, ≥ 0; under DP-SGD the clip.
        sigma: Standard deviation of the noise on each number, > 0, in the unit of the sensitivity.
        mechanism: How the noise is drawn, in words.
        contribution: Most rows or levels of one subject that count, ≥ 1.
        sampling_rate: Chance that a subject enters a Poisson sample, above 0 and at most 1.
        steps: How many times the release is made, ≥ 1.
        delta: Added delta, at least 0 and below 1, of the part that is not Gaussian (partition selection).
        outputs: How many numbers are released, ≥ 0; None where the data decide (partition selection).
        unit: What a subject is.
        adjacency: Which tables count as neighbours; only `ADJACENCY` can be composed.
        noise: Where the noise comes from, one of `NOISE_SOURCES`.

    Raises:
        InputError: If an argument has the wrong type or lies outside its range.

    Example:
        >>> DpEvent(name="shares", columns=("sex",), sensitivity=1.0, sigma=4.0).mu2
        0.0625
    """

    name: str
    columns: tuple[str, ...]
    sensitivity: float
    sigma: float
    mechanism: str = "Gaussian, rounded to integers"
    contribution: int = 1
    sampling_rate: float = 1.0
    steps: int = 1
    delta: float = 0.0
    outputs: int | None = 1
    unit: str = "subject"
    adjacency: str = ADJACENCY
    noise: str = SYSTEM

    def __post_init__(self) -> None:
        for name in ("name", "mechanism", "unit"):
            if not isinstance(getattr(self, name), str):
                raise InputError(f"{name} must be text")
        if not isinstance(self.columns, tuple) or not all(isinstance(c, str) for c in self.columns):
            raise InputError("columns must be a tuple of names")
        _number(self, "sensitivity", above=None)
        _number(self, "sigma", above=0.0)
        _number(self, "sampling_rate", above=0.0)
        _number(self, "delta", above=None)
        for name, least in (("contribution", 1), ("steps", 1), ("outputs", 0)):
            value = getattr(self, name)
            if value is None and name == "outputs":
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MANY:
                raise InputError(f"{name} must be a whole number from {least} to {_MANY:.0e}")
        if self.sampling_rate > 1 or self.delta >= 1:
            raise InputError("sampling_rate must be at most 1, and delta below 1")
        if self.sensitivity > 1e6 * self.sigma:
            raise InputError("sigma is below a millionth of the sensitivity: such noise protects nobody")
        if self.adjacency != ADJACENCY:
            raise InputError(f"adjacency must be {ADJACENCY!r}: other guarantees do not add up with it")
        if self.noise not in NOISE_SOURCES:
            raise InputError(f"noise must be one of {', '.join(NOISE_SOURCES)}")

    @property
    def mu2(self) -> float:
        """The mu² of a release about everyone; 0 where the release is about samples and has a curve."""
        if self.sampling_rate < 1:
            return 0.0
        return self.steps * (self.sensitivity / self.sigma) * (self.sensitivity / self.sigma)

    def curve(self) -> Curve | None:
        """The Rényi curve of releases about samples, on `rdp.ORDERS`; None where `mu2` says all."""
        if self.sampling_rate == 1:
            return None
        if self.sensitivity == 0:
            return tuple(0.0 for _ in ORDERS)
        one = rdp_subsampled_gaussian(self.sampling_rate, sigma=self.sigma / self.sensitivity)
        return tuple(self.steps * rdp for rdp in one)


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What several charges about the same subjects come to.

    Args:
        mu2: Sum of mu² of Gaussian releases about everyone.
        curve: Sum of the Rényi curves of releases about samples; None where there are none.
        delta: Sum of added deltas.

    Example:
        >>> round(Spending(mu2=1.0).epsilon_at(1e-5), 4)
        4.3772
    """

    mu2: float = 0.0
    curve: Curve | None = None
    delta: float = 0.0

    @classmethod
    def of(cls, charges: Iterable[DpEvent]) -> Spending:
        """What the charges come to, in any order."""
        return cls.total(cls(mu2=c.mu2, curve=c.curve(), delta=c.delta) for c in charges)

    @classmethod
    def total(cls, parts: Iterable[Spending]) -> Spending:
        """The sum of spendings: mu² add up, curves add up, deltas add up."""
        parts = list(parts)
        curves = [part.curve for part in parts if part.curve is not None]
        return cls(
            mu2=math.fsum(part.mu2 for part in parts),
            curve=add(*curves) if curves else None,
            delta=math.fsum(part.delta for part in parts),
        )

    @property
    def mu(self) -> float | None:
        """The mu of everything; None where DP-SGD joined, which has none."""
        return math.sqrt(self.mu2) if self.curve is None else None

    def epsilon_at(self, delta: float) -> float:
        """The epsilon at a delta, never below the true one; infinite where added deltas use up the delta.

        Gaussian releases alone are composed exactly. With releases about samples, all is composed in RDP.

        Args:
            delta: Between 0 and 1, both excluded.

        Raises:
            InputError: If delta lies outside its range.
        """
        if not 0 < delta < 1:
            raise InputError("delta must lie between 0 and 1, both excluded")
        if self.mu2 == 0 and self.curve is None:
            return 0.0 if self.delta <= delta else math.inf
        spare = self._spare(delta)
        if spare <= 0:
            return math.inf
        if self.curve is None:
            return epsilon_of_gdp(math.sqrt(self.mu2), delta=spare)
        return epsilon_of_rdp(add(self.curve, rdp_gaussian(math.sqrt(self.mu2))), delta=spare)

    def room(self, budget: PrivacyLimit, *, delta: float = 0.0) -> float:
        """The largest mu of one more Gaussian release that fits, besides a further added delta.

        Args:
            budget: What may be spent in all.
            delta: Part of delta that is spoken for, in [0, 1).
        """
        spare = self._spare(budget.delta - delta)
        if spare <= 0:
            return 0.0
        if self.curve is None:
            left = mu_for(budget.epsilon, delta=spare) ** 2 - self.mu2
        else:
            at_each = zip(ORDERS, add(self.curve, rdp_gaussian(math.sqrt(self.mu2))), strict=True)
            left = max(
                2 * (budget.epsilon - rdp - math.log1p(-1 / a) + math.log(spare * a) / (a - 1)) / a
                for a, rdp in at_each
            )
        return math.sqrt(max(0.0, left)) * (1 - 1e-9)

    def attacker(self, false_positives: float) -> float:
        """The best true-positive rate of a test for one subject's presence, at a rate of false alarms."""
        if self.mu is not None:
            return attacker_gdp(false_positives, mu=self.mu, delta=min(1.0, self.delta))
        deltas = [10.0**-power for power in range(1, 13)]
        return min(attacker_dp(false_positives, epsilon=self.epsilon_at(d), delta=d) for d in deltas)

    def _spare(self, delta: float) -> float:
        """What added deltas leave of a delta, rounded down."""
        return math.nextafter(delta - self.delta, -1.0) if self.delta else delta


CHARGE_FIELDS = tuple(f.name for f in fields(DpEvent))


def _number(owner: object, name: str, *, above: float | None) -> None:
    """Check that a field is a finite number, above a bound or at least 0, and hold it as a float."""
    value = getattr(owner, name)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not abs(value) < math.inf or abs(value) > 1e300:
        raise InputError(f"{name} must be a finite number")
    if value < 0 or (above is not None and value <= above):
        raise InputError(f"{name} must be {'0 or more' if above is None else f'above {above:g}'}")
    object.__setattr__(owner, name, float(value))
