"""Pure conversions of Gaussian differential privacy: mu, (epsilon, delta), thresholds, attackers.

Nothing here holds state. Where a number cannot be exact it errs on the side that promises less: epsilon is
rounded up, mu and thresholds are rounded so that no guarantee is better on paper than in fact.
"""

from __future__ import annotations

import math

from twin.errors import InputError

_SMALLEST_MU = 1e-6
"""Smaller mu count as this one: below it, differences of normal tails lose their digits."""

_ROOM = 1e-10
"""Relative room that `mu_for` leaves, so that a plan that splits mu² in parts is not refused for rounding."""


def epsilon_of_gdp(mu: float, *, delta: float) -> float:
    """The epsilon of mu-GDP at a delta, never below the true one.

    Args:
        mu: Finite, ≥ 0. Values below 1e-6 count as 1e-6, except 0.
        delta: Between 0 and 1, both excluded.

    Returns:
        epsilon ≥ 0, too high by less than one part in 10⁹ for mu ≥ .001.

    Raises:
        InputError: If an argument lies outside its range.

    Source:
        Balle, Wang 2018, theorem 8, inverted by bisection.

    Example:
        >>> round(epsilon_of_gdp(1.0, delta=1e-5), 4)
        4.3772
    """
    _check_mu(mu)
    _check_delta(delta)
    if _fits(0.0, mu, delta):
        return 0.0
    low, high = 0.0, 1.0
    while not _fits(high, mu, delta):
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if _fits(middle, mu, delta) else (middle, high)
    return high


def mu_for(epsilon: float, *, delta: float) -> float:
    """The largest mu that (epsilon, delta) allows, rounded down by one part in 10¹⁰.

    Args:
        epsilon: Finite, ≥ 0.
        delta: Between 0 and 1, both excluded.

    Returns:
        mu ≥ 0 with `epsilon_of_gdp(mu, delta=delta)` ≤ epsilon; 0 where not even mu = 1e-6 fits.

    Raises:
        InputError: If an argument lies outside its range.

    Example:
        >>> mu = mu_for(1.0, delta=1e-6)
        >>> round(mu, 4), epsilon_of_gdp(mu, delta=1e-6) <= 1.0
        (0.2367, True)
    """
    _check_epsilon(epsilon)
    _check_delta(delta)
    if not _fits(epsilon, _SMALLEST_MU, delta):
        return 0.0
    low, high = _SMALLEST_MU, 1.0
    while _fits(epsilon, high, delta):
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if _fits(epsilon, middle, delta) else (low, middle)
    return low * (1 - _ROOM)


def partition_threshold(sigma: float, *, m: int, delta_column: float) -> int:
    """The count from which a level that was found in the data may be told (rule P1).

    Each subject counts towards at most m levels, and every count gets noise s = sigma sqrt(m) that is a
    Gaussian rounded to the integers. A level is told where its noisy count reaches the threshold. The counts
    that are told are 1/sigma-GDP; that a level with one subject is told at all adds delta_column.

    Args:
        sigma: Noise multiplier, > 0.
        m: Most levels of the column that one subject counts towards, ≥ 1.
        delta_column: Between 0 and 1, both excluded.

    Returns:
        The smallest integer T such that 1 + noise ≥ T has a chance of at most delta_column / m. It is
        1 + s PhiInv(1 - delta_column/m), rounded up for the half step of rounding.

    Raises:
        InputError: If an argument lies outside its range.

    Source:
        Korolova et al. 2009 (thresholds on noisy counts); Gopi et al. 2020 (Differentially Private Set
        Union), section 5, for Gaussian noise and several levels per subject.

    Example:
        >>> partition_threshold(10.0, m=1, delta_column=1e-6)
        50
    """
    _check_partition(sigma, m)
    _check_delta(delta_column)
    from scipy.special import ndtri_exp

    s = sigma * math.sqrt(m)
    log_tail = math.log(delta_column) - math.log(m)
    threshold = 1 + math.floor(0.5 - s * float(ndtri_exp(log_tail)))
    while _log_tail(threshold, s) + 1e-12 > log_tail:
        threshold += 1
    return threshold


def attacker_gdp(false_positives: float, *, mu: float, delta: float = 0.0) -> float:
    """The best true-positive rate of any test for one subject's presence, under mu-GDP.

    Args:
        false_positives: The rate of false alarms that the attacker accepts, between 0 and 1.
        mu: Finite, ≥ 0.
        delta: Added delta of releases that are not purely Gaussian, between 0 and 1.

    Returns:
        Phi(PhiInv(false_positives) + mu) + delta, at most 1.

    Raises:
        InputError: If an argument lies outside its range.

    Source:
        Dong, Roth, Su 2019, section 2.2 (the trade-off function of mu-GDP).

    Example:
        >>> round(attacker_gdp(0.1, mu=1.0), 4)
        0.3891
    """
    _check_rate(false_positives)
    _check_mu(mu)
    from scipy.special import ndtr, ndtri

    return min(1.0, float(ndtr(ndtri(false_positives) + mu)) + delta)


def attacker_dp(false_positives: float, *, epsilon: float, delta: float) -> float:
    """The best true-positive rate of any test for one subject's presence, under (epsilon, delta)-DP.

    Args:
        false_positives: The rate of false alarms that the attacker accepts, between 0 and 1.
        epsilon: ≥ 0; may be infinite.
        delta: Between 0 and 1.

    Returns:
        The lowest of e^epsilon false_positives + delta, 1 - e^-epsilon (1 - delta - false_positives) and 1.

    Raises:
        InputError: If false_positives lies outside its range.

    Source:
        Wasserman, Zhou 2010; Kairouz, Oh, Viswanath 2015, section 2.

    Example:
        >>> round(attacker_dp(0.1, epsilon=1.0, delta=0.0), 4)
        0.2718
    """
    _check_rate(false_positives)
    if epsilon > 700:
        return 1.0
    one = math.exp(epsilon) * false_positives + delta
    other = 1 - math.exp(-epsilon) * (1 - delta - false_positives)
    return min(1.0, one, other)


def _log_delta(epsilon: float, mu: float) -> float:
    """The logarithm of the smallest delta at which mu-GDP is (epsilon, delta)-DP; mu > 0.

    The delta is Phi(mu/2 - epsilon/mu) - e^epsilon Phi(-mu/2 - epsilon/mu), of which no part underflows here.
    """
    from scipy.special import erfcx, ndtr

    a, b = mu / 2 - epsilon / mu, -mu / 2 - epsilon / mu
    root = math.sqrt(2)
    # e^epsilon phi(b) = phi(a), so both tails share the factor e^(-a²/2): nothing overflows.
    if a > 0:
        return math.log(float(ndtr(a)) - math.exp(-a * a / 2) * float(erfcx(-b / root)) / 2)
    one, other = float(erfcx(-a / root)), float(erfcx(-b / root))
    return -a * a / 2 + math.log((one - other if one > other else one) / 2)  # far out the two are alike


def _fits(epsilon: float, mu: float, delta: float) -> bool:
    """Whether mu-GDP is (epsilon, delta)-DP beyond any doubt of rounding."""
    if mu == 0:
        return True
    mu = max(mu, _SMALLEST_MU)
    b = mu / 2 + epsilon / mu
    doubt = 1e-15 * (8 + b * b + b / mu + 1 / mu + epsilon)  # of the digits that subtractions lose
    return _log_delta(epsilon, mu) + doubt <= math.log(delta)


def _log_tail(threshold: int, s: float) -> float:
    """Log of P(1 + round(N(0, s²)) ≥ threshold)."""
    from scipy.special import log_ndtr

    return float(log_ndtr(-(threshold - 1.5) / s))


def _check_partition(sigma: float, m: int) -> None:
    if not (math.isfinite(sigma) and sigma > 0):
        raise InputError("sigma must be a finite number above 0")
    if m < 1:
        raise InputError("m, the levels that one subject counts towards, must be at least 1")


def _check_epsilon(epsilon: float) -> None:
    if not (math.isfinite(epsilon) and epsilon >= 0):
        raise InputError("epsilon must be a finite number, 0 or more")


def _check_mu(mu: float) -> None:
    if not (math.isfinite(mu) and mu >= 0):
        raise InputError("mu must be a finite number, 0 or more")


def _check_delta(delta: float) -> None:
    if not 0 < delta < 1:
        raise InputError("delta must lie between 0 and 1, both excluded")


def _check_rate(rate: float) -> None:
    if not 0 <= rate <= 1:
        raise InputError("the rate of false positives must lie between 0 and 1")
