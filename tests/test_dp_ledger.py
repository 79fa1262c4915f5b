"""The ledger: it charges before, refuses what does not fit without a trace, and cannot be changed unseen."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import FrozenInstanceError, replace
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.codes import Json
from twin.errors import BudgetExceeded, FileFormatError, InputError
from twin.privacy.dp.accounting import epsilon_of_gdp, mu_for
from twin.privacy.dp.events import SEEDED_BY_SYSTEM, UNSAFE_SEED
from twin.privacy.dp.ledger import DpEvent, Ledger, PrivacyLimit, PrivacyStatement, replay

ONE = PrivacyLimit(epsilon=1.0, delta=1e-6)


def charge(sigma: float = 10.0, **more: object) -> DpEvent:
    facts: dict[str, object] = {"name": "counts", "columns": ("sex",), "sensitivity": 1.0, "sigma": sigma}
    return DpEvent(**{**facts, **more})  # type: ignore[arg-type]


SGD = charge(
    4.0,
    name="gradients",
    mechanism="DP-SGD",
    columns=("age", "sex"),
    sampling_rate=0.01,
    steps=50,
    noise=SEEDED_BY_SYSTEM,
)


def filled(*, sgd: bool = False) -> Ledger:
    ledger = Ledger(PrivacyLimit(epsilon=2.0, delta=1e-6))
    ledger.reserve(charge(40.0, name="n", columns=()))
    ledger.reserve(charge(12.0, name="levels", delta=1e-7, outputs=None, mechanism="partition selection"))
    ledger.reserve(charge(30.0, name="pairs", columns=("sex", "age"), sensitivity=math.sqrt(3), outputs=300))
    if sgd:
        ledger.reserve(SGD)
    return ledger


def saved(ledger: Ledger) -> dict[str, Json]:
    value = json.loads(json.dumps(ledger.to_json()))
    assert isinstance(value, dict)
    return value


# What it costs


def test_gaussian_charges_are_composed_exactly() -> None:
    ledger = filled()
    mu = math.sqrt(1 / 40**2 + 1 / 12**2 + 3 / 30**2)
    assert ledger.total() == pytest.approx(epsilon_of_gdp(mu, delta=9e-7), rel=1e-12)
    assert ledger.epsilon_at(1e-5) == pytest.approx(epsilon_of_gdp(mu, delta=9.9e-6), rel=1e-12)
    assert ledger.epsilon_at(1e-7) == math.inf  # added delta alone uses it up


def test_steps_about_everyone_are_gaussian() -> None:
    ledger = Ledger(ONE)
    ledger.reserve(charge(40.0, steps=16))
    assert ledger.total() == epsilon_of_gdp(0.1, delta=1e-6)


def test_steps_about_samples_cost_as_much_as_one_by_one() -> None:
    at_once, singly = Ledger(ONE), Ledger(ONE)
    at_once.reserve(replace(SGD, steps=4))
    for _ in range(4):
        singly.reserve(replace(SGD, steps=1))
    assert at_once.total() == pytest.approx(singly.total(), rel=1e-12)


def test_samples_join_in_rdp_and_cost_more_than_nothing() -> None:
    plain, joined = filled(), filled(sgd=True)
    assert joined.receipt.spending.mu is None
    assert joined.total() > plain.total()
    everyone = Ledger(PrivacyLimit(epsilon=50.0, delta=1e-6))
    everyone.reserve(replace(SGD, sampling_rate=1.0))
    sampled = Ledger(PrivacyLimit(epsilon=50.0, delta=1e-6))
    sampled.reserve(SGD)
    assert sampled.total() < everyone.total() / 5


charges = st.builds(
    charge,
    st.floats(2.0, 500.0),
    sensitivity=st.floats(0.0, 20.0),
    steps=st.integers(1, 5),
    delta=st.sampled_from([0.0, 0.0, 1e-8, 1e-7]),
    sampling_rate=st.sampled_from([1.0, 1.0, 1.0, 0.01]),
)


@given(st.floats(0.05, 10.0), st.sampled_from([1e-5, 1e-6, 1e-9]), st.lists(charges, max_size=6))
@settings(max_examples=30)
def test_spent_is_never_above_asked_and_a_refusal_leaves_no_trace(
    epsilon: float, delta: float, asked: list[DpEvent]
) -> None:
    ledger = Ledger(PrivacyLimit(epsilon=epsilon, delta=delta))
    for one in asked:
        before = ledger.to_json()
        try:
            ledger.reserve(one)
        except BudgetExceeded:
            assert ledger.to_json() == before
        assert ledger.total() <= epsilon
    assert abs(replay(json.dumps(ledger.to_json())) - ledger.total()) <= 1e-9


@given(st.floats(0.05, 10.0), st.booleans(), st.sampled_from([0.0, 1e-8]))
@settings(max_examples=40)
def test_what_remains_can_be_spent_and_no_more(epsilon: float, sgd: bool, added: float) -> None:
    ledger = Ledger(PrivacyLimit(epsilon=epsilon, delta=1e-6))
    ledger.reserve(charge(1000.0))
    if sgd:
        ledger.reserve(replace(SGD, sigma=40.0))
    mu = ledger.remaining(delta=added)
    if mu == 0:
        return
    with pytest.raises(BudgetExceeded):
        ledger.reserve(charge(1 / mu * 0.9999, delta=added))
    ledger.reserve(charge(1 / mu, delta=added))
    assert ledger.total() == pytest.approx(epsilon, rel=1e-6)
    assert ledger.remaining() < mu / 100


def test_a_whole_budget_can_be_spent_in_many_parts() -> None:
    ledger = Ledger(ONE)
    part = mu_for(1.0, delta=1e-6) / math.sqrt(300)
    for _ in range(300):
        ledger.reserve(charge(1 / part))
    with pytest.raises(BudgetExceeded):
        ledger.reserve(charge(1000 / part))


def test_a_refusal_says_what_and_how_out() -> None:
    with pytest.raises(BudgetExceeded, match=r"counts \(sex\): epsilon would .* give a larger"):
        Ledger(ONE).reserve(charge(1.0))
    with pytest.raises(BudgetExceeded, match="unbounded"):
        Ledger(ONE).reserve(charge(10.0, delta=1e-6))


def test_two_threads_cannot_spend_the_same_budget() -> None:
    ledger = Ledger(ONE)
    sigma = 2.0 / mu_for(1.0, delta=1e-6)  # four of them fit

    def spend() -> None:
        for _ in range(5):
            try:
                ledger.reserve(charge(sigma))
            except BudgetExceeded:
                return

    threads = [Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.sequence for entry in ledger.entries] == [0, 1, 2, 3]


def test_a_ledger_is_not_copied_and_a_receipt_is_frozen() -> None:
    ledger = filled()
    for copied in (copy.copy, copy.deepcopy):
        with pytest.raises(InputError, match="spent twice"):
            copied(ledger)
    with pytest.raises(FrozenInstanceError):
        ledger.receipt.entries = ()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        ledger.entries = ()  # type: ignore[misc]
    before = ledger.receipt
    ledger.reserve(charge(100.0))
    assert len(before) == 3 and len(ledger) == 4


# What is not valid


def test_a_seed_voids_all() -> None:
    by_reason, by_noise = filled(), filled()
    by_reason.void("unsafe_seed was given")
    by_noise.reserve(charge(100.0, noise=UNSAFE_SEED))
    for ledger in (by_reason, by_noise):
        assert not ledger.valid and ledger.total() == math.inf == replay(ledger.to_json())
        assert ledger.receipt.attacker(0.01) == 1.0
        ledger.reserve(charge(100.0))
        assert not ledger.entries[-1].valid
        assert "VOID" in str(ledger) and "yes" not in str(ledger)
        with pytest.raises(BudgetExceeded):  # a trial run ends where the real one would
            ledger.reserve(charge(1.0))
        assert not Ledger.merge(filled(), ledger).valid


# The chain


@pytest.mark.parametrize("sgd", [False, True])
def test_replay_from_the_file_alone(sgd: bool) -> None:
    ledger = filled(sgd=sgd)
    text = json.dumps(ledger.to_json(), indent=2)
    assert abs(replay(text) - ledger.total()) <= 1e-9
    assert abs(replay(text.encode()) - ledger.total()) <= 1e-9
    back = Ledger.from_json(json.loads(text))
    assert back.receipt == ledger.receipt and str(back) == str(ledger)
    back.reserve(charge(500.0))
    assert len(back) == len(ledger) + 1


def paths(value: Json, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to every leaf, of lists the first alone."""
    if isinstance(value, dict):
        return [way for key, part in value.items() for way in paths(part, (*at, key))]
    if isinstance(value, list) and value:
        many = value if isinstance(value[0], dict) else value[:1]
        return [way for i, part in enumerate(many) for way in paths(part, (*at, i))]
    return [at]


def changed(value: Json) -> list[Json]:
    if isinstance(value, bool):
        return [not value, None]
    if isinstance(value, int | float):
        return [value + 1, value * 1.001 + 1e-3, "1", None, math.nan]
    if isinstance(value, str):
        return [value + "x", value[:-1] + "0" if value else "0", 7, None]
    return [1, "x", [1]]


def test_every_changed_leaf_is_seen() -> None:
    ledger = Ledger(ONE)
    ledger.reserve(charge(40.0, delta=1e-7))
    ledger.reserve(replace(SGD, steps=5))
    document = saved(ledger)
    for way in paths(document):
        place: Json = document
        for step in way[:-1]:
            place = place[step]  # type: ignore[index, call-overload]
        honest = place[way[-1]]  # type: ignore[index, call-overload]
        for value in changed(honest):
            if value != honest:
                place[way[-1]] = value  # type: ignore[index, call-overload]
                with pytest.raises(FileFormatError):
                    replay(document)
        place[way[-1]] = honest  # type: ignore[index, call-overload]
    assert replay(document) == ledger.total()


def test_lines_that_are_cut_swapped_or_doubled_are_seen() -> None:
    document = saved(filled())
    lines = document["entries"]
    assert isinstance(lines, list)
    for bad in (lines[:-1], lines[1:], [lines[1], lines[0], lines[2]], [*lines, lines[-1]], [], "x", [1]):
        with pytest.raises(FileFormatError):
            replay({**document, "entries": bad})
    for name in document:
        with pytest.raises(FileFormatError):
            replay({key: part for key, part in document.items() if key != name})
    for broken in ("", "{", "[]", "null", b"\xff", '{"format": 1}'):
        with pytest.raises(FileFormatError):
            replay(broken)


def test_a_cheaper_cost_is_seen_even_where_the_chain_is_rebuilt() -> None:
    """The cost follows from the charge, so that nobody can write a lower one and hash it anew."""
    receipt = filled().receipt
    cheap = replace(receipt.entries[-1], mu2=receipt.entries[-1].mu2 / 4)
    forged = replace(receipt, entries=(*receipt.entries[:-1], cheap))
    assert forged.head == cheap.hash
    with pytest.raises(FileFormatError, match="cost"):
        PrivacyStatement.from_json(forged.to_json())


# Several fits


def test_merging_is_composing() -> None:
    one, other = filled(), filled(sgd=True)
    both = Ledger.merge(one, other.receipt)
    flat = Ledger(PrivacyLimit(epsilon=4.0, delta=2e-6))
    for entry in (*one.entries, *other.entries):
        flat.reserve(entry.charge)
    assert both.total() == flat.total() and both.budget == flat.budget
    assert max(one.total(), other.total()) < both.epsilon_at(1e-6)
    assert replay(both.to_json()) == both.total()
    assert both.receipt.merged == (one.receipt.head, other.receipt.head)
    with pytest.raises(BudgetExceeded, match="merge"):
        Ledger.merge(one, other, budget=PrivacyLimit(epsilon=0.1, delta=1e-6))
    with pytest.raises(InputError, match="at least one"):
        Ledger.merge()


@given(st.lists(st.floats(0.1, 3.0), min_size=1, max_size=5))
@settings(max_examples=30)
def test_merged_gaussian_fits_cost_at_most_the_sum(parts: list[float]) -> None:
    ledgers = [Ledger(PrivacyLimit(epsilon=epsilon, delta=1e-6)) for epsilon in parts]
    for ledger in ledgers:
        ledger.reserve(charge(1 / ledger.remaining()))
    assert Ledger.merge(*ledgers).total() <= sum(parts) * (1 + 1e-12)


def test_units_are_not_mixed() -> None:
    ledger = filled()
    with pytest.raises(InputError, match="same unit"):
        ledger.reserve(charge(100.0, unit="household"))
    other = Ledger(ONE)
    other.reserve(charge(100.0, unit="household"))
    with pytest.raises(InputError, match="same unit"):
        Ledger.merge(ledger, other)


# What is refused, and what is read


@pytest.mark.parametrize(
    "wrong",
    [{"epsilon": e} for e in (0, -1.0, math.inf, math.nan, "1", True, None)]
    + [{"delta": d} for d in (0, 1, 1.5, -1e-6, math.nan, "x", None)],
)
def test_a_budget_is_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="must"):
        PrivacyLimit(**{"epsilon": 1.0, "delta": 1e-6, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"sigma": 0.0},
        {"sigma": math.inf},
        {"sigma": 1e-9},
        {"sensitivity": -1.0},
        {"sensitivity": 10**400},
        {"contribution": 0},
        {"steps": 0},
        {"steps": 1.5},
        {"steps": 10**400},
        {"outputs": -1},
        {"sampling_rate": 0.0},
        {"sampling_rate": 1.1},
        {"delta": 1.0},
        {"columns": "sex"},
        {"columns": (1,)},
        {"name": None},
        {"adjacency": "replace one subject"},
        {"noise": "numpy"},
    ],
    ids=str,
)
def test_a_charge_is_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        charge(**wrong)  # type: ignore[arg-type]


def test_it_reads_aloud() -> None:
    text = str(filled())
    for said in ("at delta 1e-05", "at delta 1e-06", "at delta 1e-09", "mu: 0.10", "false alarm for 1 %"):
        assert said in text
    for said in ("not told", "odds", "It does not protect", "partition selection", "not in this ledger"):
        assert said in text
    assert "RDP" in str(filled(sgd=True)) and "not cryptographic" in str(filled(sgd=True))
    assert "Nothing was told" in str(Ledger(ONE))


def test_no_number_reads_better_than_it_is() -> None:
    ledger = filled()
    told = float(str(ledger).split("(epsilon ")[1].split(")")[0])
    assert ledger.total() <= told <= ledger.total() * 1.001


def test_names_are_escaped_in_html() -> None:
    ledger = Ledger(ONE)
    ledger.reserve(charge(name="<script>alert(1)</script>", columns=('"><img src=x>',)))
    page = ledger._repr_html_()
    assert "<script" not in page and "<img" not in page and "&lt;script&gt;" in page
