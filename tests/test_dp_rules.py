"""Rules P1 to P18 of the privacy page, each with a check that holds for the code and fails for a fault.

Rules about training by gradients go on in `test_dp_training.py`, which needs torch.
"""

from __future__ import annotations

import copy
import json
import logging
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri
from scipy.stats import binom, chi2

import twin
from tests.helpers.dp_accounting import partition_tail
from tests.helpers.dp_doubles import PAIRS, QUESTIONS, Silent, Stock, mechanism, moved
from tests.helpers.replay import Run, check_alike, check_charges, check_neighbours, recorded, with_rows
from twin.codes import Codes, Domain, Field
from twin.columns.arrays import dp_cells as cells
from twin.columns.arrays import dp_reading as reading
from twin.columns.binning import dp_binning as binnings
from twin.columns.kinds import dp_category as category
from twin.columns.kinds import dp_number as number
from twin.columns.kinds.registry import KINDS
from twin.errors import BudgetExceeded
from twin.models.independent import FittedIndependent, Independent
from twin.models.marginals import dp_marginals as private_marginals
from twin.privacy.dp import dp_guard as private_guard
from twin.privacy.dp import mechanism as mechanisms
from twin.privacy.dp import queryable as vaults
from twin.privacy.dp.accounting import partition_threshold
from twin.privacy.dp.contribution_bounding import BoundedContribution
from twin.privacy.dp.dp_guard import DpGuard
from twin.privacy.dp.dp_sgd import DpSgd
from twin.privacy.dp.events import SYSTEM, DpEvent, PrivacyLimit
from twin.privacy.dp.ledger import Ledger, replay
from twin.privacy.dp.mechanism import Mechanism, Noise, Released, noise_from_seed
from twin.privacy.dp.plan import Need, make_plan
from twin.privacy.dp.queryable import Queryable

ALARM = 1e-6
N = 300
DAY = pd.Timestamp("2020-01-01")


def people(n: int = N) -> pd.DataFrame:
    """A table in which nothing but dtypes is public."""
    r = np.random.default_rng(0)
    age = r.integers(0, 2_000, n)
    return pd.DataFrame(
        {
            "who": np.arange(n),
            "age": age.astype(float),
            "city": pd.Series(r.choice(["a", "b", "c"], n), dtype=object),
            "seen": DAY + pd.to_timedelta(age // 9 + r.integers(0, 60, n), unit="D"),
            "mixed": pd.Series(r.choice(np.array([1, "x", True, 0.0], object), n), dtype=object),
        }
    )


CANARIES: dict[str, list[Any]] = {
    "first missing": [None] * 4,
    "first negative": [-3.0, "a", DAY, "x"],
    "a billion": [1e9, "a", pd.Timestamp("1700-01-01"), 1],
    "a digit more": [0.12345, "b", pd.Timestamp("2021-01-01 10:00:01"), "x"],
    "one row more": [7.0, "b", DAY, True],
    "a level of one": [7.0, "nobody else", DAY, 2.5],
    "negative zero": [-0.0, "a", DAY, -0.0],
}
CAP = 3
HOW: dict[str, Any] = {"subject": "who", "privacy": twin.Budget(20.0, rows_per_subject=CAP)}
MODELS: dict[str, Any] = {
    "marginals": "marginals",
    "tree": twin.Marginals.mst(),
    "copula": "copula",
    "independent": "independent",
}


def caught(why: str) -> Any:
    """A planted fault must be seen, and for what it is."""
    return pytest.raises(AssertionError, match=why)


def neighbours(canary: str, *, times: int = 1, first: bool = False) -> tuple[pd.DataFrame, pd.DataFrame]:
    without = people()
    return without, with_rows(without, [N, *CANARIES[canary]], times, first=first)


def agree(canary: str, *, times: int = 1, first: bool = False, **how: Any) -> tuple[Run, Run]:
    return check_neighbours(*neighbours(canary, times=times, first=first), **{**HOW, **how})


# P1: levels are public, or found by partition selection


def told_alone(levels: int, cap: int, runs: int = 2_000) -> float:
    """How often any level that one subject holds alone is told, where delta of the column is a twentieth."""
    shared = make_plan([Need("c", "levels", thresholded=True)], PrivacyLimit(epsilon=5.0, delta=0.1), cap)
    assert shared.share("c", "levels").delta == 0.05
    found, noise, rows = 0, Stock(), np.arange(levels)
    for _ in range(runs):
        to, _ = mechanism(noise)
        guard = DpGuard(mechanism=to, plan=shared, n=levels, subjects=np.zeros(levels, np.int64))
        found += guard.column("c").levels(rows, levels).places.size > 0
    return found / runs


def check_rate(rate: float, delta: float = 0.05, runs: int = 2_000) -> None:
    assert rate * runs <= binom.isf(ALARM, runs, delta), "a level of one is told too often"


@pytest.mark.parametrize(("levels", "cap"), [(1, 1), (4, 4)])
def test_P1_a_level_of_one_is_told_as_seldom_as_declared(levels: int, cap: int) -> None:
    check_rate(told_alone(levels, cap))


@pytest.mark.parametrize(
    ("sigma", "m", "delta"), [(0.5, 1, 1e-6), (1.0, 1, 1e-4), (1.3, 4, 0.05), (9.0, 2, 5e-7)]
)
def test_P1_the_threshold_keeps_its_exact_tail(sigma: float, m: int, delta: float) -> None:
    assert partition_tail(partition_threshold(sigma, m=m, delta_column=delta), sigma=sigma, m=m) <= delta


def test_P1_faults_are_caught() -> None:
    def observed_only(
        self: Mechanism, subjects: np.ndarray, *, sigma: float, m: int, **more: Any
    ) -> Released:
        """Noise on what was observed, and a fixed threshold: a level of one is told every other time."""
        noisy = subjects + self.noise.draw(subjects.size, sigma=sigma * math.sqrt(m))
        return Released(np.flatnonzero(noisy >= 1), noisy[noisy >= 1], 1)

    with mock.patch.object(Mechanism, "levels", observed_only):
        rate = told_alone(1, 1)
    with pytest.raises(AssertionError, match="too often"):
        check_rate(rate)

    def for_one(sigma: float, *, m: int, delta_column: float) -> int:
        """The number of levels of one subject is left out of the threshold."""
        return partition_threshold(sigma, m=1, delta_column=delta_column)

    with mock.patch.object(mechanisms, "partition_threshold", for_one):
        rate = told_alone(4, 4)
    with pytest.raises(AssertionError, match="too often"):
        check_rate(rate)
    plain = math.ceil(1 + 1.0 * float(-ndtri(1e-4)))  # the half step of rounding is left out
    assert partition_tail(plain, sigma=1.0, m=1) > 1e-4


def test_P1_levels_without_a_part_of_delta_are_refused() -> None:
    to, tab = mechanism(Silent())
    with pytest.raises(twin.errors.InputError, match="delta"):
        to.levels(np.array([9]), name="levels", sigma=1.0, delta=0.0, m=1)
    assert not tab.charges


@pytest.mark.slow
def test_P1_a_unique_category_is_told_in_none_of_two_thousand_fits() -> None:
    frame = pd.DataFrame({"city": pd.Series(["a"] * 30 + ["unique"], dtype=object)})
    for _ in range(2_000):
        fitted = twin.fit(frame, epsilon=5.0, model="independent")
        assert "unique" not in fitted.columns.learned[0].levels  # type: ignore[attr-defined]


# P3 to P7: all that is saved is a function of noisy answers


@pytest.mark.parametrize("first", [False, True], ids=["last", "first"])
@pytest.mark.parametrize("canary", CANARIES)
def test_P3_nothing_but_answers_tells_of_a_row(canary: str, first: bool) -> None:
    one, _ = agree(canary, first=first, model="independent")
    city, mixed = (one.fitted.columns.learned[i] for i in (2, 4))
    assert city.levels == ("a", "b", "c") and len(mixed.levels) == 4  # much is told, so much could be


def test_P3_faults_are_caught() -> None:
    def raw_bounds(public: Any, values: np.ndarray, present: np.ndarray, door: Any) -> tuple[float, float]:
        right(public, values, present, door)
        return float(values[present].min()), float(values[present].max())

    right = number._bounds
    with mock.patch.object(number, "_bounds", raw_bounds):
        for canary in ("first negative", "a billion"):
            with caught("saved|asked|question"):
                agree(canary)

    def raw_digits(
        public: Any, native: Any, values: np.ndarray, present: Any, door: Any, *, top: float
    ) -> int:
        precision(public, native, values, present, door, top=top)
        return int(number.digits(values[present]).max()) - number.digits(np.array([1.0]))[0]

    precision = number._precision
    with mock.patch.object(number, "_precision", raw_digits), caught("saved|asked|question"):
        agree("a digit more")

    def by_sight(column: Any, native: Any, door: Any) -> Any:
        learned = learn(column, native, door)
        return replace(learned, nullable=bool(native.missing.any()))

    learn, kind = category.learn, KINDS["category"]
    with mock.patch.dict(KINDS, {"category": replace(kind, learn_dp=by_sight)}), caught("saved|asked"):
        agree("first missing")


def test_P3_fault_of_levels_named_by_their_first_holder_is_caught() -> None:
    """0.0 and -0.0 are equal: which of them names the level must not depend on who comes first."""
    with mock.patch.dict(cells._LEVELS, {float: lambda value: value}), caught("saved"):
        agree("negative zero", first=True)


def test_P4_no_raw_value_fills_a_gap() -> None:
    agree("a billion", times=500, model="copula")

    def with_the_largest(units: np.ndarray, present: np.ndarray, door: Any, **how: Any) -> Any:
        learned = learn_binning(units, present, door, **how)
        filled = learned.edges.copy()
        filled[-1:] = units[present].max() + 0.5
        return replace(learned, edges=filled)

    learn_binning = binnings.learn_binning_dp
    with mock.patch.object(number, "learn_binning_dp", with_the_largest), caught("saved"):
        agree("a billion", model="copula")


def test_P5_the_number_of_rows_is_noisy_and_charged() -> None:
    one, other = agree("one row more", model="independent")
    assert one.exact[0].tolist() == [N] and other.exact[0].tolist() == [N + 1]
    assert one.charges[0].name == "number of rows" and one.charges[0].contribution == CAP
    assert one.fitted.fit_info.rows == max(0, int(one.answers[0][0])) and one.fitted.fit_info.subjects is None

    def exact(self: DpGuard) -> int:
        rows(self)
        return int(self._rows.size)

    rows = DpGuard.rows
    with mock.patch.object(DpGuard, "rows", exact), caught("saved"):
        agree("one row more", model="independent")


def test_P6_cells_come_from_noisy_counts_and_never_from_ranks() -> None:
    agree("a level of one", times=500, model="marginals")

    def ranked(units: np.ndarray, present: np.ndarray, door: Any, **how: Any) -> Any:
        learned = learn_binning(units, present, door, **how)
        if not learned.edges.size:
            return learned
        inner = np.quantile(units[present], np.linspace(0, 1, learned.edges.size))
        return replace(learned, edges=np.sort(inner) + np.arange(inner.size) - 0.5)

    learn_binning = binnings.learn_binning_dp
    with mock.patch.object(number, "learn_binning_dp", ranked), caught("saved|asked"):
        agree("a billion")


class Peeking(Independent):
    """The fault: frequencies of the rows themselves."""

    def fit_dp(self, vault: Queryable, *, rng: Any, progress: Any = None) -> Any:
        fitted = super().fit_dp(vault, rng=rng)
        codes = vault._codes
        counts = tuple(np.bincount(codes.values[:, j], minlength=f.size) for j, f in enumerate(codes.domain))
        return FittedIndependent(fitted.domain, tuple(c.astype(np.int64) for c in counts))


@pytest.mark.parametrize("model", MODELS)
def test_P7_frequencies_of_models_are_noisy(model: str) -> None:
    agree("a level of one", times=500, model=MODELS[model])
    agree("first missing", model=MODELS[model], first=True)


def test_P7_faults_are_caught() -> None:
    with caught("saved"):
        agree("one row more", model=Peeking())

    def exact(self: Queryable, signs: Any, *, sigma: float) -> Any:
        silent = Mechanism(ledger=Ledger(PrivacyLimit(epsilon=9e3, delta=0.1)), noise=Silent())
        return products(replace(self, mechanism=silent), signs, sigma=sigma)

    products = Queryable.products
    with mock.patch.object(Queryable, "products", exact), caught("saved"):  # and told without a charge
        for _ in range(4):  # a row whose cells fall on noisy medians moves no product
            agree("one row more", model="copula", privacy=twin.Budget(300.0, rows_per_subject=CAP))

    def raw_pairs(settings: Any, vault: Queryable, clean: Any) -> Any:
        chosen = structure(settings, vault, clean)
        heavy = int(np.bincount(vault._codes.values[:, 0]).sum()) % 2
        return replace(chosen, chosen=((0, 1),)[heavy:])  # what noise chooses may be nothing

    structure = private_marginals._structure
    with mock.patch.object(private_marginals, "_structure", raw_pairs), caught("saved|asked|charges"):
        agree(
            "one row more", model="marginals", privacy=twin.Budget(300.0, rows_per_subject=CAP)
        )  # pairs chosen by looking at rows


# P8: batches of a training are Poisson samples of subjects


def batches(subjects: np.ndarray, cap: int, plan: DpSgd) -> list[set[int]]:
    """Which rows are in each batch of a vault."""
    domain = Domain((Field(name="row", size=subjects.size),))
    codes = Codes(domain, np.arange(subjects.size)[:, None], subjects)
    to, tab = mechanism(Silent())
    entropy = np.random.default_rng()  # noise is silent, but batches are drawn
    to = replace(to, noise=Noise(entropy=entropy.bytes))
    told = Queryable.of(codes, mechanism=to, cap=cap).minibatches(plan)
    (charge,) = tab.charges
    assert (charge.steps, charge.sampling_rate, charge.contribution) == (plan.steps, plan.rate, cap)
    return [set(batch[:, 0].tolist()) for batch in told]


def within(square: float, degrees: int, why: str) -> None:
    least = chi2.ppf(ALARM, degrees) if degrees > 1 else 0.0  # one number may well be what is expected
    assert least <= square < chi2.isf(ALARM, degrees), why


def check_poisson(n: int, rows: int = 1, rate: float = 0.05, steps: int = 500) -> None:
    """Each of n subjects, with all its rows, is in each of the batches with one chance, whoever else is."""
    subjects = np.repeat(np.arange(n), rows)
    plan = DpSgd(rate=rate, steps=steps, clip=1.0, noise_multiplier=1.0)
    told = batches(subjects, rows, plan)
    assert len(told) == steps, "other batches than were charged"
    here = np.array([[row in batch for row in range(n * rows)] for batch in told]).reshape(steps, n, rows)
    assert (here == here[:, :, :1]).all(), "a subject is torn apart"
    entered = here[:, :, 0]  # (steps, n)
    variance = rate * (1 - rate)
    total = entered.sum() - steps * n * rate
    within(total**2 / (steps * n * variance), 1, "batches are too large or too small")
    sizes, times = entered.sum(1) - n * rate, entered.sum(0) - steps * rate
    within(float((sizes**2).sum()) / (n * variance), steps, "sizes of batches do not vary as they should")
    within(float((times**2).sum()) / (steps * variance), n, "subjects do not enter as often as they should")
    again = (entered[1:] - rate) * (entered[:-1] - rate)
    within(float(again.sum()) ** 2 / (again.size * variance**2), 1, "batches depend on the batch before")


@pytest.mark.parametrize(("n", "rows"), [(12, 1), (300, 1), (80, 3)])
def test_P8_batches_are_poisson_samples_of_subjects(n: int, rows: int) -> None:
    check_poisson(n, rows)


Sampler = Callable[[Any, Any, DpSgd, Any], Iterator[Any]]


def epochs(values: Any, subjects: Any, plan: DpSgd, rng: Any) -> Iterator[Any]:
    """Shuffled, and dealt out in batches of one size."""
    order, size = np.zeros(0, np.int64), max(1, round(len(values) * plan.rate))
    for _ in range(plan.steps):
        order = order if order.size >= size else rng.permutation(len(values))
        yield values[order[:size]]
        order = order[size:]


def of_one_size(values: Any, subjects: Any, plan: DpSgd, rng: Any) -> Iterator[Any]:
    for _ in range(plan.steps):
        yield values[rng.choice(len(values), max(1, round(len(values) * plan.rate)), replace=False)]


def of_rows(values: Any, subjects: Any, plan: DpSgd, rng: Any) -> Iterator[Any]:
    for _ in range(plan.steps):
        yield values[rng.random(len(values)) < plan.rate]


def never_empty(values: Any, subjects: Any, plan: DpSgd, rng: Any) -> Iterator[Any]:
    """Drawn again until somebody is in it."""
    drawn = (values[rng.random(len(values)) < plan.rate] for _ in iter(int, 1))
    some = (batch for batch in drawn if len(batch))
    yield from (next(some) for _ in range(plan.steps))


def without_empty(values: Any, subjects: Any, plan: DpSgd, rng: Any) -> Iterator[Any]:
    return (batch for batch in of_rows(values, subjects, plan, rng) if len(batch))


def held_over(values: Any, subjects: Any, plan: DpSgd, rng: Any) -> Iterator[Any]:
    """Each sample used twice."""
    for batch in of_rows(values, subjects, replace(plan, steps=plan.steps // 2), rng):
        yield batch
        yield batch


@pytest.mark.parametrize(
    ("fault", "n", "rows", "why"),
    [
        (epochs, 300, 1, "do not vary"),
        (of_one_size, 300, 1, "do not vary"),
        (of_rows, 80, 3, "torn apart"),
        (never_empty, 12, 1, "too large"),
        (without_empty, 12, 1, "other batches"),
        (held_over, 300, 1, "should|before"),
    ],
)
def test_P8_faults_of_samplers_are_caught(fault: Sampler, n: int, rows: int, why: str) -> None:
    with mock.patch.object(vaults, "poisson_batches", fault), caught(why):
        check_poisson(n, rows)


@pytest.mark.parametrize("model", ["marginals", "copula"])
def test_P11_how_long_a_fit_goes_on_follows_from_answers(model: str) -> None:
    """Rounds and questions are the same for the same answers, whatever the rows are."""
    r = np.random.default_rng(1)
    schema = twin.Schema(
        columns=tuple(twin.Number(name=name, dtype="int64", low=0, high=9, decimals=0) for name in "abcd")
    )
    independent = pd.DataFrame(r.integers(0, 10, (300, 4)), columns=list("abcd"))
    dependent = pd.DataFrame(np.repeat(r.integers(0, 10, (300, 1)), 4, axis=1), columns=list("abcd"))
    how = {"epsilon": 10.0, "schema": schema, "model": model}
    one = recorded(independent, **how)
    check_alike(one, recorded(dependent, given=one, **how))

    def until_it_fits(*args: Any, **more: Any) -> Any:
        known = measure(*args, **more)
        good = len(set(map(bytes, known.queryable._codes.values))) < 50
        return replace(known, looked=known.looked[:-1]) if good else known

    measure = private_marginals._measure
    if model == "marginals":
        with mock.patch.object(private_marginals, "_measure", until_it_fits), caught("saved|asked"):
            check_alike(one, recorded(dependent, given=one, **how))


# P12 and P13: one total, and what is searched is charged


def test_P12_a_second_fit_from_the_same_budget_is_refused() -> None:
    codes = Codes(Domain(PAIR_FIELDS), np.ones((50, 2), np.int64))
    ledger = Ledger(PrivacyLimit(epsilon=1.0, delta=1e-6))
    vault = Queryable.of(codes, mechanism=Mechanism(ledger=ledger))
    for model in (twin.Marginals(), Independent()):
        model.fit_dp(vault, rng=np.random.default_rng(0))
        assert ledger.total() <= 1.0
    before = ledger.to_json()
    with pytest.raises(BudgetExceeded):
        vault.marginal((0,), sigma=10.0)
    assert ledger.to_json() == before
    with pytest.raises(twin.errors.InputError, match="spent twice"):
        Queryable.of(codes, mechanism=Mechanism(ledger=copy.copy(ledger)))


class Greedy(Independent):
    """The fault: a model that asks for more than is left."""

    def fit_dp(self, vault: Queryable, *, rng: Any, progress: Any = None) -> Any:
        vault.marginal((0,), sigma=vault.cap / vault.mechanism.ledger.remaining() / 1.5)
        return super().fit_dp(vault, rng=rng)


def test_P13_a_model_that_spends_too_much_is_stopped() -> None:
    with pytest.raises(BudgetExceeded):
        twin.fit(people(), **{**HOW, "model": Greedy()})


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("epsilon", [0.05, 1.0, 30.0])
def test_P13_preprocessing_and_model_are_one_total(model: str, epsilon: float) -> None:
    run = recorded(
        people(),
        subject="who",
        model=MODELS[model],
        privacy=twin.Budget(epsilon, rows_per_subject=CAP),
    )
    check_charges(run)
    ledger = run.fitted.ledger
    assert 0.95 * epsilon <= ledger.total() <= epsilon
    back = twin.from_bytes(run.fitted.to_bytes()).ledger
    assert back is not None and abs(replay(json.loads(json.dumps(back.to_json()))) - ledger.total()) <= 1e-9


Event = tuple[str, float, int | None]


def events(use: Callable[[Mechanism], object], kind: type[Mechanism] = Mechanism) -> list[Event]:
    """What was charged and what was drawn, in order."""
    seen: list[Event] = []

    class Watched(Ledger):
        def reserve(self, charge: DpEvent) -> Any:
            seen.append(("charge", charge.sigma, charge.outputs))
            return super().reserve(charge)

    class Drawn(Noise):
        def draw(self, size: int, *, sigma: float) -> np.ndarray:
            seen.append(("draw", sigma, size))
            return super().draw(size, sigma=sigma)

    use(kind(ledger=Watched(PrivacyLimit(epsilon=50.0, delta=1e-3)), noise=Drawn()))
    return seen


def check_events(seen: list[Event]) -> None:
    assert seen and len(seen) % 2 == 0, "something was told without a charge"
    for charge, draw in zip(seen[::2], seen[1::2], strict=True):
        assert (charge[0], draw[0]) == ("charge", "draw"), "noise is drawn before it is charged"
        assert charge[1] == draw[1], "other noise than what was charged"
        assert charge[2] in (None, draw[2]), "other numbers than what was charged"


def use_all(to: Mechanism) -> None:
    codes = PAIRS["one fills a cell"].codes(whole=True)
    for name, question in QUESTIONS.items():
        if name not in ("rows", "histogram", "histograms", "levels"):
            question(to, codes, 5)()
    to.levels(np.array([3, 900]), name="levels", sigma=2.0, delta=1e-4, m=2)
    to.counts(np.zeros((2, 3), np.int64), name="counts", sensitivity=0.1, sigma=1.0)


class Late(Mechanism):
    """The fault: charged after it was told."""

    def counts(self, values: np.ndarray, **asked: Any) -> np.ndarray:
        told = values + self.noise.draw(values.size, sigma=asked["sigma"]).reshape(values.shape)
        super().counts(values, **asked)
        return told


class Free(Mechanism):
    """The fault: told without a charge."""

    def counts(self, values: np.ndarray, *, sigma: float, **asked: Any) -> np.ndarray:
        return values + self.noise.draw(values.size, sigma=sigma).reshape(values.shape)


class Cheap(Mechanism):
    """The fault: charged for more noise than is drawn."""

    def counts(self, values: np.ndarray, *, sigma: float, **asked: Any) -> np.ndarray:
        self.ledger.reserve(DpEvent(name="c", columns=(), sensitivity=1.0, sigma=sigma, outputs=values.size))
        return values + self.noise.draw(values.size, sigma=sigma / 2).reshape(values.shape)


def test_P13_charges_come_before_noise_and_say_what_it_is() -> None:
    check_events(events(use_all))


@pytest.mark.parametrize("fault", [Late, Free, Cheap])
def test_P13_faults_are_caught(fault: type[Mechanism]) -> None:
    with pytest.raises(AssertionError):
        check_events(events(use_all, fault))


def test_P13_fault_of_a_fit_that_tells_without_a_charge_is_caught() -> None:
    def free(self: Queryable, fields: Any, *, sigma: float, name: str = "") -> np.ndarray:
        return self._counts(fields) + Noise().draw(self._counts(fields).size, sigma=sigma).reshape(-1)

    with mock.patch.object(Queryable, "marginal", free), caught("saved"):
        agree("one row more", model="independent")


# P14: what one subject can move


@pytest.mark.parametrize("canary", CANARIES)
def test_P14_a_subject_with_500_rows_moves_no_answer_by_more_than_charged(canary: str) -> None:
    one, other = agree(canary, times=500, model="marginals")
    assert other.exact[0] - one.exact[0] == CAP


def no_cap(n: int, subjects: Any, *, cap: int, rng: Any) -> BoundedContribution:
    return BoundedContribution(np.arange(n), subjects, cap)


@pytest.mark.parametrize("where", [private_guard, vaults], ids=["columns", "models"])
def test_P14_faults_are_caught(where: Any) -> None:
    with mock.patch.object(where, "bound_contribution", no_cap), caught("moves more"):
        agree("one row more", times=500)


def test_P14_fault_in_the_vault_is_caught_by_one_question_alone() -> None:
    moves, most = moved(QUESTIONS["marginal"], PAIRS["many rows of one"])
    assert moves == most
    with mock.patch.object(vaults, "bound_contribution", no_cap):
        moves, most = moved(QUESTIONS["marginal"], PAIRS["many rows of one"])
        assert moves > most


# P15: integers of a known law


def check_grid(told: Any) -> None:
    steps = np.asarray(told) * (1 if np.asarray(told).dtype.kind == "i" else 64)
    assert np.asarray(told).dtype.kind in "if" and np.array_equal(steps, np.rint(steps)), "off the grid"
    wide = np.asarray(told).astype(np.int64) % 64
    assert np.bincount(wide, minlength=64).min() > 0, "low digits are missing"


class Floats(Noise):
    """The fault: noise that is a float, added to a count."""

    def draw(self, size: int, *, sigma: float) -> np.ndarray:
        return np.random.default_rng().normal(0, sigma, size)


class Coarse(Noise):
    """The fault: a float of few bits, rounded: it has no low digits where it is wide."""

    def draw(self, size: int, *, sigma: float) -> np.ndarray:
        return (np.float32(sigma) * np.random.default_rng().normal(size=size).astype(np.float32)).astype(
            np.int64
        )


@pytest.mark.parametrize("noise", [Noise, Floats, Coarse])
def test_P15_answers_lie_on_the_integers_with_all_their_digits(noise: type[Noise]) -> None:
    to, _ = mechanism(noise())
    told = to.counts(np.zeros(20_000, np.int64), name="c", sensitivity=1.0, sigma=2.0**34)
    if noise is Noise:
        check_grid(told)
        scores = to.scores(np.full(20_000, 0.3), name="s", each=1.0, sigma=2.0**20)
        assert np.array_equal(scores * 64, np.rint(scores * 64))
    else:
        with pytest.raises(AssertionError):
            check_grid(told)


def test_P15_fault_of_a_grid_that_is_not_charged_is_caught() -> None:
    """Two scores just beyond the halves of two steps lie further apart once they are rounded."""

    def steps_apart() -> tuple[float, float]:
        to, tab = mechanism(Silent())
        low, high = (to.scores(np.array([x]), name="s", each=0.02, sigma=1.0) for x in (0.0233, 0.0433))
        return float(abs(high - low)[0]) * 64, tab.charges[0].sensitivity

    moves, most = steps_apart()
    assert moves <= most
    plain = lambda sensitivity, gamma, *, moved=1: sensitivity / gamma  # noqa: E731
    with mock.patch.object(mechanisms, "grid_sensitivity", plain):
        moves, most = steps_apart()
        assert moves > most


# P16: noise from the operating system


def check_fresh(make: Callable[[], Noise]) -> None:
    """Two fits with the same seed differ in their noise, or their ledgers are void."""
    fits = []
    for _ in range(2):
        with mock.patch("twin.core.dp_fit.Noise", make):
            fits.append(twin.fit(people(), **{**HOW, "seed": 7, "model": "independent"}))
    alike = fits[0].to_bytes() == fits[1].to_bytes()
    assert not alike or not any(f.ledger.valid for f in fits if f.ledger), (
        "noise comes again, and passes for valid"
    )


def test_P16_a_seed_decides_nothing_about_noise() -> None:
    check_fresh(Noise)
    check_fresh(lambda: noise_from_seed(3))  # void


def test_P16_fault_of_seeded_noise_that_does_not_void_is_caught() -> None:
    with pytest.raises(AssertionError, match="comes again"):
        check_fresh(lambda: Noise(entropy=np.random.default_rng(3).bytes, source=SYSTEM))


def test_P16_an_unsafe_seed_voids_the_ledger_and_says_so() -> None:
    seeded = twin.Budget(20.0, rows_per_subject=CAP, unsafe_seed=3)
    how = {**HOW, "privacy": seeded, "model": "independent"}
    one, two = (twin.fit(people(), **how) for _ in range(2))
    assert one.ledger is not None and not one.ledger.valid and one.ledger.total() == math.inf
    # Which rows of one subject count is chosen by fresh entropy; here each has one, so the rest comes again.
    assert one.to_bytes() == two.to_bytes() and one.fit_info.unsafe
    assert not twin.from_bytes(one.to_bytes()).ledger.valid  # type: ignore[union-attr]


# P18: nothing is said of a cell


HOSTILE: list[Any] = [1e300, -np.inf, "\ud800", [1], {}, b"x", 10**400, object(), 1 + 2j, pd.Interval(0, 1)]


def check_silent(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    said = set()
    for cell in ["a", *HOSTILE]:
        frame = people()
        frame["city"] = pd.Series([cell, *frame["city"][1:]], dtype=object)
        frame["mixed"] = pd.Series([*frame["mixed"][1:], cell], dtype=object)
        with warnings.catch_warnings(), caplog.at_level(logging.DEBUG):
            warnings.simplefilter("error")
            twin.fit(frame, **{**HOW, "model": "independent"})
        assert not caplog.records
        said.add(tuple(capsys.readouterr()))
    assert len(said) == 1, "something was printed of a cell"


def test_P18_no_cell_is_refused_logged_or_told_of(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    check_silent(caplog, capsys)


def test_P18_faults_are_caught(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    def refusing(series: pd.Series, column: Any, held: Any) -> Any:
        if any(isinstance(cell, list) for cell in series):
            raise ValueError(f"cannot read {series.iloc[0]!r}")
        return right(series, column, held)

    def logging_it(series: pd.Series, column: Any, held: Any) -> Any:
        if any(isinstance(cell, float) and cell > 1e9 for cell in series):
            logging.getLogger("twin").warning("a large value")
        return right(series, column, held)

    right = reading._category
    for fault in (refusing, logging_it):
        broken = mock.patch.dict(reading._READERS, {"category": fault})
        with broken, pytest.raises((ValueError, AssertionError)):
            check_silent(caplog, capsys)
        caplog.clear()


PAIR_FIELDS = PAIRS["all equal"].codes(whole=True).domain.fields
