"""Laws that every private model keeps, run over the list of them; and checks of their parts."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr, ndtri

import twin.models
from twin.codes import Codes, Domain, Field
from twin.errors import BudgetExceeded
from twin.models.base import DpModel, Fitted
from twin.models.consistency import cleaned, deviations, integer_counts, margins, onto_simplex, spendable
from twin.models.copula.copula import Copula, FittedCopula, learn
from twin.models.copula.correlations import above_both, correlations_of, grid, nearest_correlation, repair
from twin.models.gan.gan import CTGAN
from twin.models.independent import Independent
from twin.models.marginals.fitted import FittedMarginals
from twin.models.marginals.marginals import Marginals
from twin.models.network.network import Network
from twin.privacy.dp.events import PrivacyLimit
from twin.privacy.dp.ledger import Ledger
from twin.privacy.dp.mechanism import DESCENT, Mechanism, Noise, noise_from_seed
from twin.privacy.dp.queryable import Queryable

PRIVATE: dict[str, Callable[[], DpModel]] = {
    "independent": Independent,
    "copula": Copula,
    "marginals": Marginals,
    "tree": Marginals.mst,
    "ctgan": CTGAN,
    "network": Network,
}
SMALL: dict[str, Callable[[], DpModel]] = PRIVATE | {
    "ctgan": lambda: CTGAN(dp_steps=20, width=16, noise=8),
    "network": lambda: Network(epochs=10, vector=4, context=16, hidden=8),
}
"""Nets that train in a moment, for what holds whatever they have learned."""
rng = np.random.default_rng


class Silent(Noise):
    """No noise, so that answers can be compared. For these tests alone."""

    def draw(self, size: int, *, sigma: float) -> np.ndarray:
        return np.zeros(size, np.int64)


def lock(codes: Codes, epsilon: float = 1.0, *, cap: int = 1, noise: Noise | None = None) -> Queryable:
    ledger = Ledger(PrivacyLimit(epsilon=epsilon, delta=1e-6))
    return Queryable.of(codes, mechanism=Mechanism(ledger=ledger, noise=noise or Noise()), cap=cap)


def table(values: Any, *fields: Field) -> Codes:
    return Codes(Domain(fields), np.asarray(values, np.int32).reshape(-1, len(fields)))


def toy(n: int = 3000, seed: int = 0) -> Codes:
    """A cause, a noisy ordered effect, a nominal field that depends on both, and one with missing cells."""
    r = rng(seed)
    cause = r.integers(0, 3, n)
    effect = np.clip(cause * 6 + r.integers(0, 8, n), 0, 19)
    kind = np.where(r.random(n) < 0.8, (cause + (effect > 9)) % 4, r.integers(0, 4, n))
    gaps = np.where(r.random(n) < 0.2, 0, 1 + effect // 5)
    return table(
        np.stack([cause, effect, kind, gaps], axis=1),
        Field(name="cause", size=3),
        Field(name="effect", size=20, ordered=True),
        Field(name="kind", size=5, rare=4),
        Field(name="gaps", size=5, ordered=True, nullable=True),
    )


def pair_distance(a: Codes, b: Codes) -> float:
    gaps = []
    for i, j in itertools.combinations(range(len(a.domain)), 2):
        size = a.domain.sizes[i] * a.domain.sizes[j]
        cells = (c.values[:, i] * a.domain.sizes[j] + c.values[:, j] for c in (a, b))
        p, q = (np.bincount(cell, minlength=size) / cell.size for cell in cells)
        gaps.append(np.abs(p - q).sum() / 2)
    return float(np.mean(gaps))


def fit(name: str, vault: Queryable) -> Fitted:
    return PRIVATE[name]().fit_dp(vault, rng=rng(0))


def fit_small(name: str, vault: Queryable) -> Fitted:
    return SMALL[name]().fit_dp(vault, rng=rng(0))


@cache
def usual(name: str) -> tuple[Fitted, Ledger]:
    """A fit of the toy with the settings that a user gets, and what it spent."""
    vault = lock(toy())
    return fit(name, vault), vault.mechanism.ledger


def same(a: Fitted, b: Fitted) -> bool:
    return all(np.array_equal(x, b.state().arrays[key]) for key, x in a.state().arrays.items())


@pytest.mark.parametrize("name", PRIVATE)
class TestLaws:
    @pytest.mark.parametrize("epsilon", [0.01, 1.0, 20.0])
    @pytest.mark.parametrize("fields", [1, 2, 4])
    def test_spends_what_is_left_and_no_more(self, name: str, epsilon: float, fields: int) -> None:
        codes = toy(500)
        vault = lock(codes.project(codes.domain.names[:fields]), epsilon)
        before = vault.mechanism.ledger.remaining()
        fit_small(name, vault)
        ledger = vault.mechanism.ledger
        assert ledger.total() <= epsilon
        assert ledger.remaining() ** 2 <= 0.05 * before**2

    def test_goes_on_from_what_others_spent(self, name: str) -> None:
        vault = lock(toy(500))
        vault.marginal((0,), sigma=8.0)
        fit_small(name, vault)
        assert 0.99 <= vault.mechanism.ledger.total() <= 1.0

    def test_an_empty_purse_is_refused(self, name: str) -> None:
        vault = lock(toy(500))
        vault.marginal((0,), sigma=1.0000001 / vault.mechanism.ledger.remaining())
        fit_small(name, vault)  # the little that is left is enough
        ledger = Ledger(PrivacyLimit(epsilon=1e-9, delta=1e-12))
        assert ledger.remaining() == 0.0
        with pytest.raises(BudgetExceeded, match="nothing is left"):
            fit_small(name, Queryable.of(toy(500), mechanism=Mechanism(ledger=ledger)))

    def test_codes_stay_in_range_and_seeds_hold_after_load(self, name: str) -> None:
        codes = toy()
        fitted, ledger = usual(name)
        assert 0.95 <= ledger.total() <= 1.0
        loaded = PRIVATE[name]().load(codes.domain, fitted.state())
        first, again, back = (f.sample(2000, rng=rng(4)) for f in (fitted, fitted, loaded))
        assert np.array_equal(first.values, again.values) and np.array_equal(first.values, back.values)
        assert first.n == 2000 and first.domain.names == codes.domain.names

    def test_two_fits_differ_in_noise_and_nothing_else(self, name: str) -> None:
        codes = toy()
        assert not same(fit_small(name, lock(codes)), fit_small(name, lock(codes)))
        one, two = (fit_small(name, lock(codes, noise=noise_from_seed(5))) for _ in range(2))
        assert same(one, two)

    @pytest.mark.parametrize("n", [0, 1, 5])
    @pytest.mark.parametrize("epsilon", [0.01, 1.0, 50.0])
    def test_few_rows(self, name: str, n: int, epsilon: float) -> None:
        fitted = fit_small(name, lock(toy(n), epsilon))
        assert fitted.sample(50, rng=rng(0)).n == 50

    def test_no_field_one_field_and_constant_fields(self, name: str) -> None:
        for sizes in ((), (1,), (3,), (1, 3), (4, 4)):
            for ordered, nullable in itertools.product((False, True), repeat=2):
                fields = [
                    Field(name=str(j), size=s, ordered=ordered, nullable=nullable)
                    for j, s in enumerate(sizes)
                ]
                codes = Codes(Domain(tuple(fields)), np.zeros((300, len(sizes)), np.int32))
                drawn = fit_small(name, lock(codes, 5.0)).sample(100, rng=rng(0))
                assert (
                    (drawn.values == 0).mean() > 0.9 if sizes else drawn.n == 100
                )  # missing, or the one code

    def test_conditions_hold(self, name: str) -> None:
        fitted, _ = usual(name)
        weights = np.zeros(20)
        weights[12:] = 1.0
        asked = fitted.sample(2000, rng=rng(2), given={"effect": weights})
        assert (asked.values[:, 1] >= 12).all() and asked.n == 2000

    def test_no_exact_count_is_kept(self, name: str) -> None:
        codes = toy()
        state = usual(name)[0].state()
        assert all(np.asarray(a).dtype.kind in "iuf" for a in state.arrays.values())
        loaded: Any = PRIVATE[name]().load(codes.domain, state)
        counts = loaded.weights if isinstance(loaded, FittedMarginals) else loaded.counts
        assert all(c.dtype == np.int64 and (c >= 0).all() and c.any() for c in counts)
        for j, c in enumerate(counts):
            raw = np.bincount(codes.values[:, j], minlength=c.size)
            assert not np.allclose(c / c.sum(), raw / raw.sum(), rtol=1e-6, atol=0)

    def test_every_answer_is_charged_for_all_rows_of_a_subject(self, name: str) -> None:
        codes = toy(900)
        codes = Codes(codes.domain, codes.values, np.arange(900) // 9)
        vault = lock(codes, cap=3)
        fit_small(name, vault)
        charges = [entry.charge for entry in vault.mechanism.ledger.entries]
        assert all(c.contribution == 3 for c in charges)
        # A training holds the sum of a subject's gradients to its clip, however many rows there are.
        assert all(c.sensitivity >= 3.0 for c in charges if c.mechanism != DESCENT)

    def test_words_of_progress_are_fixed(self, name: str) -> None:
        heard: list[list[tuple[float, str]]] = []
        for codes in (toy(0), toy(400)):
            heard.append([])
            PRIVATE[name]().fit_dp(lock(codes), rng=rng(0), progress=lambda *told: heard[-1].append(told))
        assert heard[0] == heard[1]


def test_models_never_look_into_the_vault() -> None:
    for path in Path(twin.models.__file__).parent.glob("*.py"):
        assert "._codes" not in path.read_text(encoding="utf-8"), path.name


def test_a_heavy_subject_moves_no_answer_by_more_than_its_cap() -> None:
    """One subject with 500 rows, cap 3: all answers beside those without it."""
    light, d = toy(300), 4
    values = np.vstack([light.values, np.tile(toy(1, seed=9).values, (500, 1))])
    heavy = Codes(light.domain, values, np.append(np.arange(300), np.full(500, 300)))
    one, two = (
        lock(c, 10.0, cap=3, noise=Silent())
        for c in (Codes(light.domain, light.values, np.arange(300)), heavy)
    )
    signs = [np.arange(s) % 3 - 1 for s in light.domain.sizes]
    sets = list(itertools.combinations(range(d), 2))
    guesses = [np.full([light.domain.sizes[f] for f in s], 3.0) for s in sets]
    ask: list[tuple[Callable[[Queryable], Any], float]] = [
        *((lambda v, s=s: v.marginal(s, sigma=90.0), 3.0) for s in [(0,), (1,), (2,), (3,), *sets]),
        (lambda v: np.stack(v.products(signs, sigma=90.0))[:, *np.triu_indices(d, 1)], 3.0 * 12**0.5),
        (lambda v: v.errors(sets, guesses, sigma=90.0), 3.0 * 6**0.5 + 0.1),  # and what rounding adds
    ]
    for question, most in ask:
        moved = np.abs(np.asarray(question(two), float) - question(one))
        assert moved.max() <= 3.0 + 1 / 64 and np.sqrt((moved**2).sum()) <= most
        assert moved.max() > 0 or most > 3.0


class TestNoisyMargins:
    @given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=30), st.floats(0.1, 1e5))
    def test_projection_is_on_the_simplex_and_nearest(self, values: list[float], total: float) -> None:
        x = np.array(values)
        p = onto_simplex(x, total)
        assert (p >= 0).all() and p.sum() == pytest.approx(total, rel=1e-6, abs=1e-6)
        slack = (x - p)[p > 0]  # by one line, and none below it is above zero
        assert np.ptp(slack) <= 1e-6 * max(1, np.abs(x).max()) and (x[p == 0] <= slack.max() + 1e-6).all()

    @given(st.lists(st.floats(0, 50), min_size=1, max_size=30), st.integers(0, 99))
    def test_whole_numbers_are_neighbours(self, values: list[float], seed: int) -> None:
        x = np.array([*values, 1.5])
        out = integer_counts(x, rng=rng(seed))
        assert out.dtype == np.int64 and (np.abs(out - x) < 1 + 1e-6).all() and out.any()
        assert (out[x == 0] == 0).all()

    def test_deviations_spend_exactly(self) -> None:
        vault = lock(toy(10), cap=2)
        sigmas = deviations(vault, 0.2)
        assert sum((2 / s) ** 2 for s in sigmas) == pytest.approx(0.04)
        margins(vault, deviations(vault, spendable(vault)))
        assert 0.9999 < vault.mechanism.ledger.total() <= 1.0

    def test_totals_agree_and_unclear_special_codes_are_nothing(self) -> None:
        vault = lock(toy(20_000), 0.5)
        sigmas = deviations(vault, spendable(vault))
        clean = cleaned(margins(vault, sigmas), sigmas=sigmas, domain=vault.domain)
        assert all(c.sum() == pytest.approx(clean.total) and (c >= 0).all() for c in clean.counts)
        assert clean.total == pytest.approx(20_000, abs=400)
        fields = Domain((Field(name="a", size=4, nullable=True, rare=3), Field(name="b", size=2)))
        noisy = [np.array([29, 500, 480, -4]), np.array([600, 405])]
        got = cleaned(noisy, sigmas=[10.0, 10.0], domain=fields).counts[0]
        assert got[0] == 0 and got[3] == 0 and (got[1:3] > 400).all()
        noisy[0][0] = 300
        assert cleaned(noisy, sigmas=[10.0, 10.0], domain=fields).counts[0][0] > 200

    def test_noise_alone_says_that_all_codes_are_alike(self) -> None:
        fields = Domain((Field(name="a", size=8, ordered=True), Field(name="b", size=5)))
        noisy = [np.array([9, -3, 5, 0, -12, 2, 4, -8]), np.array([-3, 2, 7, -1, -2])]
        clean = cleaned(noisy, sigmas=[9.0, 9.0], domain=fields)
        assert clean.total >= 1 and all(np.ptp(c) == 0 for c in clean.counts)
        assert cleaned([], sigmas=[], domain=Domain(())).counts == ()


class TestCorrelations:
    @pytest.mark.parametrize("rho", [-0.97, -0.4, 0.3, 0.6, 0.95])
    @pytest.mark.parametrize("cuts", [(0.0, 0.0), (2.05, 2.05), (-1.0, 0.7), (2.5, -2.5)])
    def test_chances_equal_direct_integration(self, rho: float, cuts: tuple[float, float]) -> None:
        a, b = cuts

        def at(x: float) -> float:
            return float(np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * ndtr((rho * x - b) / np.sqrt(1 - rho**2)))

        truth = quad(at, a, 12, epsabs=1e-12, limit=300)[0] - ndtr(-a) * ndtr(-b)
        gain = above_both(np.array([a]), np.array([b]))[0]
        assert np.interp(rho, grid(), gain) == pytest.approx(truth, abs=2e-5)

    def test_known_correlations_come_back_from_any_cuts(self) -> None:
        r = rng(0)
        truth, low, high = r.uniform(-0.9, 0.9, 60), r.normal(size=(60, 1)), r.normal(size=(60, 2))
        gains = above_both(low[:, 0], high[:, 0]) + above_both(low[:, 0], high[:, 1])
        excess = np.array([np.interp(t, grid(), g) for t, g in zip(truth, gains, strict=True)])
        got = correlations_of(excess, noise=np.full(60, 1e-7), cuts=(low, high))
        assert np.abs(got - truth).max() < 0.01

    def test_what_noise_explains_is_drawn_to_nothing(self) -> None:
        r, zero = rng(0), np.zeros((300, 1))
        noise = np.full(300, 0.02)
        assert np.abs(correlations_of(r.normal(size=300) * 0.02, noise=noise, cuts=(zero, zero))).max() < 0.1
        never = np.full((2, 1), np.inf)  # a half in which nobody is: nothing can be known
        assert (
            np.abs(correlations_of(np.array([0.3, -0.01]), noise=noise[:2], cuts=(never, never))).max() < 0.1
        )
        assert correlations_of(np.zeros(0), noise=np.zeros(0), cuts=(zero[:0], zero[:0])).shape == (0,)

    @given(st.integers(0, 999), st.integers(1, 12))
    def test_the_nearest_matrix_is_a_correlation_matrix_and_near(self, seed: int, d: int) -> None:
        noisy = rng(seed).uniform(-1, 1, (d, d))
        noisy = np.tril(noisy, -1) + np.tril(noisy, -1).T + np.eye(d)
        near = nearest_correlation(noisy)
        assert (np.diag(near) == 1).all() and np.linalg.eigvalsh(near).min() > 1e-6
        assert np.linalg.norm(near - noisy) <= np.linalg.norm(repair(noisy) - noisy) + 1e-6
        good = repair(noisy, 0.01)
        assert np.abs(nearest_correlation(good) - good).max() < 1e-6


def latent(fitted: Fitted) -> np.ndarray:
    assert isinstance(fitted, FittedCopula)
    factor = fitted.factor / 2**18
    return factor @ factor.T


def normals(n: int, correlation: np.ndarray, seed: int = 0) -> np.ndarray:
    return rng(seed).multivariate_normal(np.zeros(len(correlation)), correlation, n)


class TestCopula:
    @pytest.mark.parametrize("rho", [0.6, -0.5])
    def test_unbalanced_flags(self, rho: float) -> None:
        """A flag that 2 % have and one that 30 % have: sin(π/2 · share) would read far off."""
        z = normals(200_000, np.array([[1, rho], [rho, 1]]))
        flags = table(z > -ndtri([0.02, 0.3]), Field(name="a", size=2), Field(name="b", size=2))
        assert latent(fit("copula", lock(flags, 20.0)))[0, 1] == pytest.approx(rho, abs=0.03)

    @pytest.mark.parametrize(("share", "rho"), [(0.1, 0.6), (0.4, -0.6), (0.4, 0.6)])
    def test_values_missing_by_chance_leave_the_rest_in_relation(self, share: float, rho: float) -> None:
        z = normals(50_000, np.array([[1, rho], [rho, 1]]))
        values = 1 + np.searchsorted(ndtri(np.arange(1, 8) / 8), z)
        values[rng(1).random(values.shape) < share] = 0
        codes = table(values, *(Field(name=n, size=9, ordered=True, nullable=True) for n in "ab"))
        drawn = fit("copula", lock(codes, 10.0)).sample(50_000, rng=rng(2))
        alone = fit("independent", lock(codes, 10.0)).sample(50_000, rng=rng(2))
        assert pair_distance(drawn, codes) < 0.75 * pair_distance(alone, codes)

        def agree(of: Codes) -> float:
            x = of.values[(of.values > 0).all(axis=1)]
            return float(np.mean(np.sign(x[:, 0] - 4.5) * np.sign(x[:, 1] - 4.5)))

        assert agree(drawn) == pytest.approx(agree(codes), abs=0.05)

    def test_a_missing_code_lies_between_the_halves(self) -> None:
        order = learn(lock(toy(9000), 5.0), rng=rng(0)).orders[3]
        assert 0 in order[1:-1] and np.array_equal(np.delete(order, np.flatnonzero(order == 0)), [1, 2, 3, 4])

    def test_to_be_missing_can_be_all_there_is(self) -> None:
        said = rng(0).random(5000) < 0.4
        flag = table(
            np.stack([said, said]).T, Field(name="a", size=2, nullable=True), Field(name="b", size=2)
        )
        drawn = fit("copula", lock(flag, 2.0)).sample(2000, rng=rng(0)).values
        assert (drawn[:, 0] == drawn[:, 1]).mean() > 0.9

    def test_nominal_codes_are_ordered_by_association(self) -> None:
        r, shuffled = rng(0), np.array([3, 0, 5, 1, 4, 2])
        hidden = r.integers(0, 6, 20_000)
        values = np.stack(
            [shuffled[hidden], *(hidden * 3 + r.integers(0, 9, 20_000) for _ in range(3))], axis=1
        )
        codes = table(values, Field(name="n", size=6), *(Field(name=c, size=24, ordered=True) for c in "abc"))
        order = learn(lock(codes, 5.0), rng=r).orders[0]
        half = {tuple(sorted(shuffled[:3].tolist())), tuple(sorted(shuffled[3:].tolist()))}
        assert tuple(sorted(order[:3].tolist())) in half

    def test_draws_dependence_better_than_independent(self) -> None:
        codes, other = toy(), toy(seed=1)
        drawn, alone = (
            fit(name, lock(codes, 2.0)).sample(3000, rng=rng(0)) for name in ("copula", "independent")
        )
        assert pair_distance(drawn, other) < 0.8 * pair_distance(alone, other)

    def test_two_fields_with_nothing_in_common(self) -> None:
        codes = table(rng(0).integers(0, 4, (2000, 2)), Field(name="a", size=4), Field(name="b", size=4))
        assert abs(latent(fit("copula", lock(codes, 0.5)))[0, 1]) < 0.5

    @pytest.mark.slow
    @pytest.mark.parametrize("seed", range(3))
    def test_latent_correlations_of_a_normal_table(self, seed: int) -> None:
        d = 15
        loadings = rng(seed).normal(size=(d, 4))
        covariance = loadings @ loadings.T + 2 * np.eye(d)
        truth = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
        values = np.searchsorted(ndtri(np.arange(1, 32) / 32), normals(50_000, truth, seed))
        codes = table(values, *(Field(name=str(j), size=32, ordered=True) for j in range(d)))
        error = np.abs(latent(fit("copula", lock(codes, 1.0))) - truth)[np.triu_indices(d, 1)]
        assert error.mean() <= 0.01  # .006 seen, of which .005 is the sample's own

    @pytest.mark.slow
    @pytest.mark.parametrize("epsilon", [0.1, 1.0, 10.0])
    def test_never_worse_than_independent_margins(self, epsilon: float) -> None:
        codes = toy(20_000)
        gaps = {
            name: np.mean(
                [
                    pair_distance(fit(name, lock(codes, epsilon)).sample(20_000, rng=rng(s)), codes)
                    for s in range(6)
                ]
            )
            for name in ("independent", "copula")
        }
        assert gaps["copula"] < gaps["independent"]
        alike = table(
            rng(3).integers(0, 12, (20_000, 6)),
            *(Field(name=str(j), size=12, ordered=True) for j in range(6)),
        )
        correlation = latent(fit("copula", lock(alike, epsilon)))[np.triu_indices(6, 1)]
        assert np.abs(correlation).mean() < 0.05  # nothing in common, and nothing invented
