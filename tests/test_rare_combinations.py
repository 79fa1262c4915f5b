"""Rare combinations of quasi-identifiers: no more often than by chance, and little else changes (S7, S8)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

import twin
from twin.codes import Codes, Domain, Field, State
from twin.models.copula.copula import Copula
from twin.models.independent import Independent
from twin.models.trees.trees import Trees
from twin.models.wrappers.dependencies import Dependent, FittedDependent
from twin.privacy.suppression.guard import Guard
from twin.sampling.rare_combinations import (
    FittedRareCombinationFilter,
    RareCombinationFilter,
    Subset,
    find_subsets,
    match,
    raked,
)


def places(n: int = 6_000, seed: int = 0) -> Codes:
    """Four fields that go together: region, place (which fixes a district), age, and an answer."""
    rng = np.random.default_rng(seed)
    region = rng.choice(6, n, p=[0.4, 0.25, 0.2, 0.1, 0.04, 0.01])
    place = region * 4 + rng.choice(4, n, p=[0.6, 0.3, 0.08, 0.02])
    age = np.clip(rng.normal(10 + 3 * (region % 3), 4, n), 0, 29).astype(int)
    answer = (rng.random(n) < 0.2 + 0.02 * age).astype(int)
    fields = [("region", 6, False), ("place", 24, False), ("age", 30, True), ("answer", 2, False)]
    domain = Domain(tuple(Field(name=n, size=s, ordered=o) for n, s, o in fields))
    return Codes(domain, np.stack([region, place, age, answer], axis=1))


def gated(
    codes: Codes, names: tuple[str, ...], model: object = None, k: int = 11
) -> FittedRareCombinationFilter:
    gate = RareCombinationFilter(model=Dependent(model=model or Trees()), fields=names)  # type: ignore[arg-type]
    fitted = gate.fit(codes, guard=Guard(k=k, noise=lambda: 0), rng=np.random.default_rng(1))
    assert isinstance(fitted, FittedRareCombinationFilter)
    return fitted


def excess(codes: Codes, sample: np.ndarray, names: tuple[str, ...], k: int) -> float:
    """Smallest chance of a rare combination being as frequent, were columns independent; by brute force."""
    worst = 1.0
    real = {n: codes.column(n) for n in names}
    drawn = {n: sample[:, codes.domain.index(n)] for n in names}
    for length in (2, 3):
        for chosen in itertools.combinations(names, length):
            held = pd.DataFrame({n: real[n] for n in chosen}).value_counts()
            seen = pd.DataFrame({n: drawn[n] for n in chosen}).value_counts()
            for combination, count in seen.items():
                if held.get(combination, 0) >= k:
                    continue
                chance = np.prod([(real[n] == c).mean() for n, c in zip(chosen, combination, strict=True)])
                worst = min(worst, poisson.sf(count - 1, chance * len(sample)) if chance > 0 else 0.0)
    return worst


@pytest.mark.parametrize("model", [Independent(), Copula(), Trees()], ids=lambda m: m.name)
@pytest.mark.parametrize("names", [("place", "age", "answer"), ("region", "place", "age"), ("age", "place")])
def test_rare_combinations_are_no_more_frequent_than_by_chance(model: object, names: tuple[str, ...]) -> None:
    """T8, over every combination, seen or unseen: thousands are looked at, hence the small bound."""
    codes = places()
    drawn = gated(codes, names, model).sample(60_000, rng=np.random.default_rng(2)).values
    assert excess(codes, drawn, names, 11) > 1e-6


@dataclass(frozen=True)
class Twins:
    """A model that gives two fields the same code: 0 to seven rows in ten, one of the others else."""

    domain: Domain

    def sample(self, n: int, *, rng: np.random.Generator, given: object = None) -> Codes:
        code = np.where(rng.random(n) < 0.7, 0, rng.integers(1, self.domain.sizes[0], n))
        return Codes(self.domain, np.stack([code, code], axis=1))

    def state(self) -> State:
        return State({})


def test_what_is_by_far_too_frequent_comes_down_to_chance() -> None:
    """Worked by hand: of 40 codes (0, 0) alone is allowed; other rows are shuffled and thinned in rounds."""
    domain = Domain((Field(name="a", size=40), Field(name="b", size=40)))
    share = np.append(0.7, np.full(39, 0.3 / 39))
    subset = Subset((0, 1), (40, 40), np.array([0]))
    inner = FittedDependent(domain, Twins(domain), (), {})
    gate = FittedRareCombinationFilter(inner, (0, 1), (subset,), {0: share, 1: share})
    n, repeats, rng = 20_000, 20, np.random.default_rng(9)
    drawn = np.concatenate([gate.sample(n, rng=rng).values for _ in range(repeats)])
    rare = drawn[(drawn > 0).all(axis=1)]
    same = (rare[:, 0] == rare[:, 1]).sum()
    for count, expected in ((len(rare), 0.3**2 * n * repeats), (same, 0.3**2 / 39 * n * repeats)):
        assert abs(count - expected) < 4.5 * np.sqrt(expected)


def test_without_the_gate_they_are_more_frequent() -> None:
    """The test above can fail."""
    codes, names = places(), ("place", "age", "answer")
    drawn = gated(codes, names).inner.sample(60_000, rng=np.random.default_rng(2)).values
    assert excess(codes, drawn, names, 11) < 1e-12


def test_a_unique_person_of_common_parts_is_not_singled_out() -> None:
    """T8: one man of a women's clinic, through the whole library, in 100,000 rows."""
    rng = np.random.default_rng(4)
    n = 4_000
    table = pd.DataFrame(
        {
            "clinic": rng.choice(["east", "west"], n),
            "year": rng.integers(1950, 1960, n),
            "x": rng.normal(size=n).round(2),
        }
    )
    table["sex"] = np.where(table["clinic"] == "east", "F", rng.choice(["M", "F"], n))
    table.loc[0, ["clinic", "year", "sex"]] = ["east", 1955, "M"]
    t = twin.fit(table, privacy=twin.Suppression(quasi_identifiers=["clinic", "year", "sex"]))
    sample = twin.from_bytes(t.to_bytes()).sample(100_000, seed=1)
    pd.testing.assert_frame_equal(sample, t.sample(100_000, seed=1, threads=1))
    hits = ((sample["clinic"] == "east") & (sample["year"] == 1955) & (sample["sex"] == "M")).sum()
    chance = 0.5 * 0.1 * (table["sex"] == "M").mean() * len(sample)
    assert poisson.sf(hits - 1, chance) > 1e-4
    assert abs((sample["sex"] == "M").mean() - (table["sex"] == "M").mean()) < 0.03


def test_columns_keep_their_shares_and_what_goes_with_them() -> None:
    codes = places()
    fitted = gated(codes, ("region", "age", "answer"))
    rng = np.random.default_rng(3)
    drawn, plain = fitted.sample(30_000, rng=rng).values, fitted.inner.sample(30_000, rng=rng).values
    for j, size in enumerate(codes.domain.sizes):
        here, there = (np.bincount(v[:, j], minlength=size) / len(v) for v in (drawn, plain))
        assert np.abs(here - there).sum() / 2 < 0.02, codes.domain.names[j]
    assert (drawn[:, 1] // 4 == drawn[:, 0]).all()  # a place lies in its region, in every row


def test_what_goes_with_the_quasi_identifiers_survives() -> None:
    """An answer that depends on age keeps to it, though every combination of place and age is rare."""
    rng = np.random.default_rng(8)
    n = 2_000
    place, age = rng.integers(0, 40, n), rng.integers(0, 30, n)
    answer = (rng.random(n) < 0.05 + 0.03 * age).astype(int)
    domain = Domain(
        (Field(name="place", size=40), Field(name="age", size=30, ordered=True), Field(name="answer", size=2))
    )
    fitted = gated(Codes(domain, np.stack([place, age, answer], axis=1)), ("place", "age"))
    drawn, plain = (f.sample(30_000, rng=np.random.default_rng(1)).values for f in (fitted, fitted.inner))
    kept, whole = (np.corrcoef(v[:, 1], v[:, 2])[0, 1] for v in (drawn, plain))
    assert whole > 0.4 and kept > 0.95 * whole


def test_only_what_enough_subjects_share_is_kept() -> None:
    """By brute force, with persons of several rows."""
    rng = np.random.default_rng(5)
    values = rng.integers(0, 4, (400, 3))
    subjects = rng.integers(0, 120, 400)
    codes = Codes(Domain(tuple(Field(name=n, size=4) for n in "abc")), values, subjects)
    subsets = find_subsets(codes, [0, 1, 2], {}, Guard(k=6, subjects=subjects, noise=lambda: 0))
    assert [s.positions for s in subsets] == [(0, 1), (0, 2), (1, 2), (0, 1, 2)]
    for subset in subsets:
        frame = pd.DataFrame(values[:, list(subset.positions)])
        frame["subject"] = subjects
        held = frame.groupby(list(range(len(subset.positions))))["subject"].agg(
            ["nunique", "size", lambda s: s.value_counts().iloc[0]]
        )
        held.columns = ["held", "rows", "most"]
        wanted = held.index[(held["held"] >= 6) & (2 * held["most"] <= held["rows"])]
        kept = set(zip(*np.unravel_index(subset.allowed, subset.sizes), strict=True))
        assert kept == {tuple(int(c) for c in w) for w in wanted}


def test_nothing_can_be_kept_and_rows_still_come() -> None:
    rng = np.random.default_rng(6)
    codes = Codes(Domain(tuple(Field(name=n, size=40) for n in "ab")), rng.integers(0, 40, (400, 2)))
    fitted = gated(codes, ("a", "b"), Independent(), k=9)
    assert not fitted.subsets[0].allowed.size
    assert fitted.sample(500, rng=rng).n == 500
    assert fitted.sample(0, rng=rng).n == 0


def test_conditions_hold_behind_the_gate() -> None:
    codes = places()
    fitted = gated(codes, ("place", "age"))
    asked = {"age": (np.arange(30) > 20).astype(float)}
    drawn = fitted.sample(500, rng=np.random.default_rng(1), given=asked)
    assert (drawn.column("age") > 20).all()


@given(st.integers(0, 10_000), st.integers(1, 60))
@settings(max_examples=30)
def test_match_is_a_permutation_that_keeps_first_columns(seed: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    old, new = rng.integers(0, 4, (m, 3)), rng.integers(0, 4, (m, 3))
    order = match(old, new)
    assert sorted(order.tolist()) == list(range(m))
    same = (old[:, 0] == new[order, 0]).sum()
    best = np.minimum(np.bincount(old[:, 0], minlength=4), np.bincount(new[:, 0], minlength=4)).sum()
    assert same == best


def test_raked_weights_give_the_wanted_shares() -> None:
    pool = np.array(list(itertools.product(range(3), range(2))), np.int32)
    wanted = np.array([[0, 0]] * 5 + [[1, 1]] * 3 + [[2, 1]] * 2, np.int32)
    weights = raked(pool, wanted)
    assert np.allclose(np.bincount(pool[:, 0], weights), [5, 3, 2], rtol=1e-2)
    assert np.allclose(np.bincount(pool[:, 1], weights), [5, 5], rtol=1e-2)


def test_bad_quasi_identifiers_are_named() -> None:
    table = pd.DataFrame({"a": [1, 2] * 50, "note": [None] * 100, "id": range(100)})
    for schema in (None, twin.infer(table)):
        with pytest.raises(twin.InputError, match="no column 'b'"):
            twin.fit(table, schema=schema, privacy=twin.Suppression(quasi_identifiers=["a", "b"]))
        with pytest.raises(twin.InputError, match="twice"):
            twin.fit(table, schema=schema, privacy=twin.Suppression(quasi_identifiers=["a", "a"]))
    with pytest.raises(twin.SchemaError, match="'id' is never learned"):
        twin.fit(table, privacy=twin.Suppression(quasi_identifiers=["a", "id"]))
