"""Descents: their settings, the noise that a budget asks of them, and the charge."""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.dp_doubles import Tab
from twin.codes import Codes, Domain, Field
from twin.errors import BudgetExceeded, InputError
from twin.privacy.dp.dp_sgd import DpSgd, noise_for
from twin.privacy.dp.events import SEEDED_BY_SYSTEM, UNSAFE_SEED, DpEvent, PrivacyLimit
from twin.privacy.dp.ledger import Ledger, replay
from twin.privacy.dp.mechanism import DESCENT, Mechanism, Noise, noise_from_seed
from twin.privacy.dp.queryable import Queryable

PLAN = DpSgd(rate=0.1, steps=20, clip=0.7, noise_multiplier=1.3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": 0.0},
        {"rate": 1.01},
        {"rate": math.nan},
        {"steps": 0},
        {"steps": 1.5},
        {"steps": True},
        {"clip": 0.0},
        {"clip": math.inf},
        {"noise_multiplier": 0.0},
        {"noise_multiplier": 1e-7},
        {"noise_multiplier": "1"},
    ],
)
def test_settings_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        replace(PLAN, **wrong)


def spend(ledger: Ledger, rate: float, steps: int, clip: float = 0.37) -> float:
    noise = noise_for(ledger, rate=rate, steps=steps)
    plan = DpSgd(rate=rate, steps=steps, clip=clip, noise_multiplier=noise)
    Mechanism(ledger=ledger).descent(plan, name="gradients")  # refused if it is too much
    return noise


@given(
    st.floats(0.05, 40.0),
    st.sampled_from([1e-5, 1e-6, 1e-9]),
    st.sampled_from([1.0, 0.999, 0.2, 0.01, 1e-4]),
    st.sampled_from([1, 7, 1_000, 200_000]),
    st.sampled_from([0.0, 0.01, 0.5]),
    st.floats(1e-3, 1e3),
)
@settings(max_examples=12)
def test_noise_spends_the_budget_and_no_more(
    epsilon: float, delta: float, rate: float, steps: int, share: float, clip: float
) -> None:
    ledger = Ledger(PrivacyLimit(epsilon=epsilon, delta=delta))
    if share:
        mu = ledger.remaining() * share
        ledger.reserve(DpEvent(name="n", columns=(), sensitivity=mu, sigma=1.0, delta=delta * share / 2))
    try:
        spend(ledger, rate, steps, clip)
    except BudgetExceeded:  # Rényi's way has a floor: at the largest order, and with what was spent
        assert epsilon < 0.2 or share
        return
    assert 0.999 * epsilon <= ledger.total() <= epsilon
    with pytest.raises(BudgetExceeded, match="nothing is left of the budget for the model"):
        noise_for(ledger, rate=0.5, steps=10**12)


def test_noise_of_descents_that_follow_each_other() -> None:
    ledger = Ledger(PrivacyLimit(epsilon=2.0, delta=1e-6))
    plan = DpSgd(rate=0.01, steps=500, clip=1.0, noise_multiplier=2.0)
    Mechanism(ledger=ledger).descent(plan, name="first")
    spend(ledger, 0.05, 100)
    assert 0.999 * 2.0 <= ledger.total() <= 2.0


def test_noise_without_sampling_is_that_of_gaussian_releases() -> None:
    ledger = Ledger(PrivacyLimit(epsilon=1.0, delta=1e-6))
    assert math.isclose(noise_for(ledger, rate=1.0, steps=9), 3 / ledger.remaining(), rel_tol=1e-6)


@pytest.mark.parametrize("rate", [0.3, 1.0])
@pytest.mark.parametrize("left", ["too small", "spent"])
def test_no_noise_is_wide_enough_for_nothing(rate: float, left: str) -> None:
    ledger = Ledger(PrivacyLimit(epsilon=1e-7 if left == "too small" else 1.0, delta=1e-6))
    if left == "spent":
        ledger.reserve(DpEvent(name="n", columns=(), sensitivity=ledger.remaining(), sigma=1.0))
    before = ledger.to_json()
    with pytest.raises(BudgetExceeded, match="give a larger epsilon"):
        noise_for(ledger, rate=rate, steps=10**9)
    assert ledger.to_json() == before


def test_noise_is_found_fast() -> None:
    ledger = Ledger(PrivacyLimit(epsilon=1.0, delta=1e-6))
    noise_for(ledger, rate=0.02, steps=100)
    start = time.process_time()
    noise_for(ledger, rate=0.01, steps=1_000)
    assert time.process_time() - start < 0.3


def test_a_descent_is_charged_as_it_is_and_before_any_entropy() -> None:
    seen: list[str] = []

    class Watched(Ledger):
        def reserve(self, charge: DpEvent) -> Any:
            seen.append("charge")
            return super().reserve(charge)

    def entropy(n: int) -> bytes:
        seen.append("entropy")
        return os.urandom(n)

    ledger = Watched(PrivacyLimit(epsilon=9.0, delta=1e-6))
    codes = Codes(Domain((Field(name="a", size=2), Field(name="b", size=1))), np.zeros((4, 2), np.int64))
    vault = Queryable.of(
        codes, mechanism=Mechanism(ledger=ledger, noise=Noise(entropy=entropy), unit="who"), cap=3
    )
    batches = vault.minibatches(PLAN, name="a net", outputs=17)
    assert seen == ["charge", "entropy"] and batches.row_clip == PLAN.clip / 3
    due = DpEvent(
        name="a net",
        columns=("a", "b"),
        sensitivity=0.7,
        sigma=0.7 * 1.3,
        mechanism=DESCENT,
        contribution=3,
        sampling_rate=0.1,
        steps=20,
        outputs=17,
        unit="who",
        noise=SEEDED_BY_SYSTEM,
    )
    assert [entry.charge for entry in ledger.entries] == [due] and ledger.valid
    assert "not cryptographic" in str(ledger.receipt)
    assert abs(replay(json.dumps(ledger.to_json())) - ledger.total()) <= 1e-9
    for _ in range(2):
        with pytest.raises(BudgetExceeded):
            vault.minibatches(replace(PLAN, noise_multiplier=0.3))
    assert seen == ["charge", "entropy", "charge", "charge"] and len(ledger) == 1


def seeded(seed: int) -> tuple[list[Any], bytes, Ledger]:
    ledger = Ledger(PrivacyLimit(epsilon=9.0, delta=1e-6))
    codes = Codes(Domain((Field(name="a", size=50),)), np.arange(50)[:, None])
    vault = Queryable.of(codes, mechanism=Mechanism(ledger=ledger, noise=noise_from_seed(seed)))
    batches = vault.minibatches(PLAN)
    noise = batches.entropy(16)
    return [batch.tolist() for batch in batches], noise, ledger


def test_an_unsafe_seed_gives_the_same_batches_and_noise_and_voids() -> None:
    one, two, other = seeded(3), seeded(3), seeded(4)
    assert one[:2] == two[:2] and one[0] != other[0] and one[1] != other[1]
    assert not one[2].valid and one[2].entries[0].charge.noise == UNSAFE_SEED and one[2].total() == math.inf


def test_batches_come_once_with_whole_rows_of_the_right_kind() -> None:
    codes = Codes(Domain((Field(name="a", size=9), Field(name="b", size=9))), np.arange(18).reshape(9, 2) % 9)
    to = Mechanism(ledger=Tab())  # type: ignore[arg-type]
    batches = Queryable.of(codes, mechanism=to).minibatches(replace(PLAN, steps=200))
    rows = {tuple(row) for row in codes.values.tolist()}
    seen = list(batches)
    assert len(seen) == 200 and not list(batches)
    assert all(b.dtype == np.int32 and b.shape[1:] == (2,) for b in seen)
    assert any(len(b) == 0 for b in seen) and {tuple(row) for b in seen for row in b.tolist()} <= rows
    assert "array" not in repr(batches)


@pytest.mark.parametrize("shape", [(0, 2), (1, 1), (0, 0), (5, 0)])
def test_small_tables_give_batches_too(shape: tuple[int, int]) -> None:
    domain = Domain(tuple(Field(name=f"f{j}", size=1) for j in range(shape[1])))
    vault = Queryable.of(Codes(domain, np.zeros(shape, np.int64)), mechanism=Mechanism(ledger=Tab()))  # type: ignore[arg-type]
    assert [b.shape for b in vault.minibatches(replace(PLAN, rate=1.0, steps=2))] == [shape] * 2
