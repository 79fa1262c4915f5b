"""Accounting: known values, a sixty-digit oracle, and that every rounding promises less, not more."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from tests.helpers.dp_accounting import delta_of_gdp, partition_tail
from twin.errors import InputError
from twin.privacy.dp.accounting import attacker_dp, attacker_gdp, epsilon_of_gdp, mu_for, partition_threshold
from twin.privacy.dp.events import DpEvent, Spending
from twin.privacy.dp.rdp import ORDERS, add, epsilon_of_rdp, rdp_gaussian, rdp_subsampled_gaussian

DIGITS = 110

mus = st.floats(1e-3, 8.0)
epsilons = st.floats(1e-3, 20.0)
deltas = st.floats(-12.0, -1.0).map(lambda power: 10.0**power)


@cache
def root_of_two_pi() -> Decimal:
    """By Machin's formula for pi."""

    def arctan_of_inverse(x: int) -> Decimal:
        term, total, k = Decimal(1) / x, Decimal(0), 0
        while abs(term) > Decimal(10) ** -(DIGITS + 5):
            total += term / (2 * k + 1) * (-1) ** k
            term, k = term / (x * x), k + 1
        return total

    with localcontext() as context:
        context.prec = DIGITS + 10
        return (2 * 4 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239))).sqrt()


def phi(x: Decimal) -> Decimal:
    """The normal distribution function by its Taylor series, for |x| < 14, to about 60 digits."""
    term, total, k = x, x, 0
    while abs(term) > Decimal(10) ** -(DIGITS - 5):
        k += 1
        term = -term * x * x / (2 * k)
        total += term / (2 * k + 1)
    return Decimal("0.5") + total / root_of_two_pi()


def true_delta(epsilon: float, mu: float) -> Decimal:
    with localcontext() as context:
        context.prec = DIGITS
        e, m = Decimal(epsilon), Decimal(mu)
        return phi(m / 2 - e / m) - e.exp() * phi(-m / 2 - e / m)


@pytest.mark.parametrize(
    ("epsilon", "mu", "delta"),
    [
        (1.0, 1.0, 0.126936737506644),  # Balle, Wang 2018, theorem 8, by mpmath at 40 digits
        (0.0, 1.0, 0.382924922548026),
        (3.0, 0.5, 3.40091173567353e-10),
        (20.0, 5.0, 0.0473229641885197),
        (0.005, 0.001, 5.35954704105721e-11),
        (500.0, 30.0, 0.0446520922983508),
    ],
)
def test_delta_of_gdp_by_known_values(epsilon: float, mu: float, delta: float) -> None:
    assert delta_of_gdp(epsilon, mu=mu) == pytest.approx(delta, rel=2e-12)


@given(epsilons, mus)
@settings(max_examples=60)
def test_delta_of_gdp_has_its_digits(epsilon: float, mu: float) -> None:
    if epsilon / mu + mu / 2 < 13:
        assert delta_of_gdp(epsilon, mu=mu) == pytest.approx(float(true_delta(epsilon, mu)), rel=1e-10)


@given(mus, deltas)
@settings(max_examples=60)
def test_epsilon_is_never_optimistic_and_tight(mu: float, delta: float) -> None:
    epsilon = epsilon_of_gdp(mu, delta=delta)
    if epsilon / mu + mu / 2 < 13:
        assert epsilon == 0 or true_delta(epsilon, mu) <= Decimal(delta)
        assert epsilon == 0 or true_delta(epsilon * (1 - 1e-9), mu) > Decimal(delta)


@pytest.mark.parametrize(
    ("mu", "delta"), [(1.0, 1e-300), (1e-9, 1e-6), (1e4, 1e-6), (1e6, 1e-12), (40.0, 0.5)]
)
def test_far_arguments_stay_finite(mu: float, delta: float) -> None:
    epsilon = epsilon_of_gdp(mu, delta=delta)
    assert math.isfinite(epsilon) and delta_of_gdp(epsilon, mu=mu) <= delta


@given(epsilons, deltas)
def test_mu_for_is_the_inverse_rounded_down(epsilon: float, delta: float) -> None:
    mu = mu_for(epsilon, delta=delta)
    assert epsilon_of_gdp(mu, delta=delta) <= epsilon
    assert epsilon_of_gdp(mu * (1 + 1e-9), delta=delta) >= epsilon * (1 - 1e-12)


@given(epsilons, deltas, st.lists(st.floats(0.01, 1.0), min_size=1, max_size=60))
def test_a_budget_split_in_parts_is_not_passed_by_rounding(
    epsilon: float, delta: float, shares: list[float]
) -> None:
    mu = mu_for(epsilon, delta=delta)
    parts = [mu * math.sqrt(share / sum(shares)) for share in shares]
    assert (
        epsilon - 1e-8 <= epsilon_of_gdp(math.sqrt(math.fsum(m * m for m in parts)), delta=delta) <= epsilon
    )


@given(mus, mus, deltas)
def test_more_noise_and_more_delta_cost_less(one: float, other: float, delta: float) -> None:
    low, high = sorted((one, other))
    last = 1 + 1e-11  # neighbouring numbers may differ in their last digits
    assert epsilon_of_gdp(low, delta=delta) <= epsilon_of_gdp(high, delta=delta) * last + 1e-12
    assert epsilon_of_gdp(one, delta=delta) >= epsilon_of_gdp(one, delta=min(0.9, 2 * delta))
    assert attacker_gdp(0.01, mu=low) <= attacker_gdp(0.01, mu=high) * last


def test_gdp_bears_more_than_zcdp() -> None:
    """At (1, 1e-5): 15–20 % more mu² than zCDP with the best known conversion."""
    fine = tuple(1 + 10 ** (x / 400) for x in range(-1200, 2000))

    def epsilon_of_zcdp(rho: float) -> float:
        return epsilon_of_rdp(tuple(order * rho for order in fine), delta=1e-5, orders=fine)

    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if epsilon_of_zcdp(middle) <= 1 else (low, middle)
    assert 1.15 < mu_for(1.0, delta=1e-5) ** 2 / 2 / low < 1.20


def direct_rdp(q: float, sigma: float, order: float) -> float:
    """The definition, integrated by scipy: D_order of (1-q) N(0, s²) + q N(1, s²) from N(0, s²)."""

    def excess(z: float) -> float:
        density = math.exp(-z * z / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))
        ratio = 1 - q + q * math.exp((2 * z - 1) / (2 * sigma**2))
        return density * (ratio**order - 1 - order * (ratio - 1))

    points = sorted({-9 * sigma, 0.0, order / 2, order, order + 9 * sigma})
    total = sum(quad(excess, a, b, epsabs=0, epsrel=1e-11, limit=500)[0] for a, b in pairwise(points))
    return math.log1p(total) / (order - 1)


@pytest.mark.filterwarnings("ignore::scipy.integrate.IntegrationWarning")
@pytest.mark.parametrize("q", [0.001, 0.05, 0.5])
@pytest.mark.parametrize("sigma", [0.6, 1.0, 4.0])
@pytest.mark.parametrize("order", [1.1, 1.5, 2.0, 3.3, 8.0, 10.9])
def test_rdp_of_samples_by_direct_integration(q: float, sigma: float, order: float) -> None:
    (rdp,) = rdp_subsampled_gaussian(q, sigma=sigma, orders=(order,))
    true = direct_rdp(q, sigma, order)
    assert rdp == pytest.approx(true, rel=1e-6)
    assert rdp >= true * (1 - 1e-9)


@pytest.mark.parametrize(
    ("q", "sigma", "order", "rdp"),
    [  # the integral by mpmath at 30 digits
        (0.01, 1.0, 2.0, 0.00017181342207454794),
        (0.001, 0.6, 10.9, 7.5333805526775969),
        (0.5, 0.3, 4.3, 22.985697108159264),
        (1e-4, 1.0, 1.5, 1.2885373907673299e-8),
        (0.01, 4.0, 64.0, 0.0002152091616184214),
        (0.2, 0.1, 3.7, 182.79447397184955),
        (1e-6, 1.0, 3.3, 2.8351749774105974e-12),
    ],
)
def test_rdp_of_samples_by_known_values(q: float, sigma: float, order: float, rdp: float) -> None:
    (found,) = rdp_subsampled_gaussian(q, sigma=sigma, orders=(order,))
    assert rdp <= found <= rdp * (1 + 2e-9)


def test_fractional_orders_lie_between_whole_ones() -> None:
    """(order - 1) RDP is convex in the order, so a slip of one method beside the other would show."""
    for q, sigma in ((0.01, 1.0), (0.2, 0.7), (0.001, 2.0)):
        orders = np.array(ORDERS[:100])
        cumulant = (orders - 1) * np.array(rdp_subsampled_gaussian(q, sigma=sigma, orders=tuple(orders)))
        slope = np.diff(cumulant) / np.diff(orders)
        assert (np.diff(slope) > -1e-6 * slope[1:]).all()


@pytest.mark.parametrize("q", [1e-300, 1e-9, 0.5, 1 - 1e-12])
@pytest.mark.parametrize("sigma", [1e-3, 0.02, 0.021, 1e6, math.inf])
def test_rdp_of_samples_at_the_ends(q: float, sigma: float) -> None:
    curve = np.array(rdp_subsampled_gaussian(q, sigma=sigma))
    assert (curve > 0).all() and (np.diff(curve) >= 0).all()
    assert (curve <= np.array(ORDERS) / (2 * min(sigma, 1e6) ** 2)).all()


def test_sampling_everyone_or_nobody() -> None:
    assert rdp_subsampled_gaussian(1.0, sigma=2.0) == rdp_gaussian(0.5)
    assert set(rdp_subsampled_gaussian(0.0, sigma=2.0)) == {0.0}


@given(mus, deltas)
def test_rdp_is_never_below_exact_gdp(mu: float, delta: float) -> None:
    assert epsilon_of_rdp(rdp_gaussian(mu), delta=delta) >= epsilon_of_gdp(mu, delta=delta) * (1 - 1e-9)


def test_curves_add_up() -> None:
    both = add(rdp_gaussian(0.3), rdp_gaussian(0.4))
    assert both == pytest.approx(rdp_gaussian(0.5))


@given(st.floats(0.3, 200.0), st.integers(1, 200), deltas)
def test_partition_threshold_is_the_smallest_that_holds(sigma: float, m: int, delta: float) -> None:
    threshold = partition_threshold(sigma, m=m, delta_column=delta)
    s = sigma * math.sqrt(m)
    assert partition_tail(threshold, sigma=sigma, m=m) <= delta
    one = math.erfc((threshold - 2.5) / s / math.sqrt(2)) / 2  # of one level, one step lower
    assert one > delta / m * (1 - 1e-9)


def test_partition_tail_by_hand() -> None:
    """T = 4, sigma = 1, m = 1: 1 + round(z) ≥ 4 where z ≥ 2.5. The plain formula would tell too often."""
    assert partition_tail(4, sigma=1.0, m=1) == pytest.approx(0.006209665325776132, rel=1e-12)
    assert partition_tail(4, sigma=0.5, m=4) == pytest.approx(1 - (1 - 0.006209665325776132) ** 4, rel=1e-12)
    plain = math.ceil(1 + 3.719016485455709)  # 1 + sigma PhiInv(1 - 1e-4), without the half step of rounding
    assert partition_tail(plain, sigma=1.0, m=1) > 2e-4
    assert partition_threshold(1.0, m=1, delta_column=1e-4) == plain + 1


def test_attackers_by_hand() -> None:
    assert attacker_gdp(0.1, mu=1.0) == pytest.approx(math.erfc(0.2815515655446004 / math.sqrt(2)) / 2)
    assert attacker_gdp(0.05, mu=0.0) == pytest.approx(0.05)
    assert attacker_dp(0.01, epsilon=math.log(3), delta=0.001) == pytest.approx(0.031)
    assert attacker_dp(0.5, epsilon=math.log(3), delta=0.0) == pytest.approx(1 - 0.5 / 3)
    assert attacker_dp(0.01, epsilon=math.inf, delta=0.0) == 1.0


@given(mus, st.floats(0.001, 0.5))
def test_no_epsilon_delta_bound_is_below_the_gaussian_attacker(mu: float, rate: float) -> None:
    exact = attacker_gdp(rate, mu=mu)
    for epsilon in (0.1, mu / 2, mu, 2 * mu):
        assert attacker_dp(rate, epsilon=epsilon, delta=delta_of_gdp(epsilon, mu=mu)) >= exact - 1e-9


@pytest.mark.parametrize(
    "call",
    [
        lambda: partition_threshold(0.0, m=1, delta_column=0.1),
        lambda: partition_threshold(math.nan, m=1, delta_column=0.1),
        lambda: epsilon_of_gdp(math.inf, delta=0.1),
        lambda: epsilon_of_gdp(1.0, delta=0.0),
        lambda: mu_for(1.0, delta=1.0),
        lambda: mu_for(math.nan, delta=0.1),
        lambda: partition_threshold(1.0, m=0, delta_column=0.1),
        lambda: partition_threshold(1.0, m=1, delta_column=1.5),
        lambda: attacker_gdp(1.5, mu=1.0),
        lambda: rdp_gaussian(1.0, orders=(1.0,)),
        lambda: rdp_subsampled_gaussian(1.1, sigma=1.0),
        lambda: epsilon_of_rdp(rdp_gaussian(1.0), delta=0.0),
    ],
)
def test_arguments_out_of_range_are_refused(call) -> None:
    with pytest.raises(InputError, match="must"):
        call()


@pytest.mark.slow
def test_privacy_loss_distributions_agree() -> None:
    """The oracle: privacy loss distributions of dp-accounting, rounded down, are never above ours."""
    pld = pytest.importorskip(
        "dp_accounting.pld.privacy_loss_distribution",
        reason="dp-accounting is not installed: pip install dp-accounting",
    )
    for sigma, count in ((1.0, 1), (4.0, 9), (20.0, 100)):
        low = pld.from_gaussian_mechanism(sigma, pessimistic_estimate=False)
        ours = epsilon_of_gdp(math.sqrt(count) / sigma, delta=1e-6)
        theirs = low.self_compose(count).get_epsilon_for_delta(1e-6)
        assert theirs <= ours <= theirs + 0.02
    for q, sigma, steps in ((0.01, 1.0, 500), (0.1, 4.0, 200), (0.5, 8.0, 20)):
        low = pld.from_gaussian_mechanism(sigma, sampling_prob=q, pessimistic_estimate=False)
        sampled = DpEvent(name="s", columns=(), sensitivity=1.0, sigma=sigma, sampling_rate=q, steps=steps)
        ours = Spending.of([sampled]).epsilon_at(1e-6)
        theirs = low.self_compose(steps).get_epsilon_for_delta(1e-6)
        assert theirs <= ours <= 1.35 * theirs
        mixed = [sampled, DpEvent(name="g", columns=(), sensitivity=1.0, sigma=5.0, delta=1e-7)]
        joint = low.self_compose(steps).compose(pld.from_gaussian_mechanism(5.0, pessimistic_estimate=False))
        assert joint.get_epsilon_for_delta(9e-7) <= Spending.of(mixed).epsilon_at(1e-6)


def test_huge_budgets_have_a_mu() -> None:
    for epsilon in (1e4, 1e6):
        mu = mu_for(epsilon, delta=1e-6)
        assert mu > mu_for(1e3, delta=1e-6)
        assert epsilon_of_gdp(mu, delta=1e-6) <= epsilon
