"""Marginals on a clique tree: their parts against brute force, and what fits of them must show."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from twin.arrays import Floats
from twin.codes import Codes, Domain, Field
from twin.errors import InputError
from twin.models.marginals.cliques import calibrate, junction_tree
from twin.models.marginals.estimate import plan_propagation, plan_sums
from twin.models.marginals.factors import Factor
from twin.models.marginals.marginals import Marginals
from twin.models.marginals.structure import merged, rows_per_bin, spanning_tree
from twin.privacy.dp.events import PrivacyLimit
from twin.privacy.dp.ledger import Ledger
from twin.privacy.dp.mechanism import Mechanism
from twin.privacy.dp.queryable import Queryable
from twin.privacy.suppression.guard import Guard

rng = np.random.default_rng

SIZES = [3, 2, 4, 2, 3]


def chain(n: int, seed: int = 0) -> Codes:
    """Four fields, each of which depends on the one before alone."""
    r = rng(seed)
    values = np.empty((n, 4), np.int64)
    values[:, 0] = r.integers(0, 4, n)
    for j in range(1, 4):
        values[:, j] = np.where(r.random(n) < 0.7, (values[:, j - 1] + j) % 4, r.integers(0, 4, n))
    return Codes(Domain(tuple(Field(name=f"f{j}", size=4) for j in range(4))), values)


def joint(codes: Codes) -> Floats:
    place = np.ravel_multi_index(tuple(codes.values.T), codes.domain.sizes)
    return np.bincount(place, minlength=math.prod(codes.domain.sizes)) / codes.n


def distance(a: Floats, b: Floats) -> float:
    return float(np.abs(a - b).sum()) / 2


def privately(codes: Codes, epsilon: float, model: Marginals | None = None) -> Codes:
    ledger = Ledger(PrivacyLimit(epsilon=epsilon, delta=1e-6))
    vault = Queryable.of(codes, mechanism=Mechanism(ledger=ledger))
    return (model or Marginals()).fit_dp(vault, rng=rng(0)).sample(codes.n, rng=rng(1))


# Merged codes


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=12),
    st.booleans(),
    st.booleans(),
    st.floats(0.1, 80),
)
def test_bins_are_used_and_hold_the_floor(
    counts: list[float], ordered: bool, nullable: bool, floor: float
) -> None:
    of = Field(name="a", size=len(counts), ordered=ordered, nullable=nullable)
    bins = merged(np.array(counts), of, floor=floor)
    assert np.array_equal(np.unique(bins), np.arange(bins.max() + 1))  # none is empty
    first = int(nullable and len(counts) > 1)
    if ordered:
        assert (np.diff(bins[first:]) >= 0).all()
    held = rows_per_bin(np.array(counts), bins)
    alone = {bins[0]} if first else set()
    light = [b for b in range(held.size) if held[b] < floor and b not in alone]
    if ordered:
        for b in light:  # squeezed in before a heavy code, or all there is
            after = np.flatnonzero(bins[first:] == b + 1) + first
            assert (after.size and max(counts[i] for i in after) >= floor) or b == bins[first:].min() == bins[
                first:
            ].max()
    else:
        assert len(light) <= 1  # the light codes together


def test_a_code_that_no_row_holds_joins_another() -> None:
    of = Field(name="a", size=3)
    assert merged(np.array([5.0, 0.0, 5.0]), of, floor=1.0).tolist() == [0, 0, 1]


# Sums and propagation


def sets() -> st.SearchStrategy[list[tuple[int, ...]]]:
    some = st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True).map(lambda f: tuple(sorted(f)))
    return st.lists(some, min_size=1, max_size=6, unique=True)


@given(sets(), st.integers(0, 99))
@settings(max_examples=40)
def test_sums_are_sums_and_spreading_is_their_transpose(wanted: list[tuple[int, ...]], seed: int) -> None:
    table = rng(seed).normal(size=SIZES)
    sums = plan_sums([(0, 1, 2, 3, 4)], wanted, SIZES)
    own = {fields: rng(seed).normal(size=[SIZES[f] for f in fields]) for fields in wanted}
    found = sums.of([table])
    for fields in wanted:
        brute = table.sum(axis=tuple(f for f in range(5) if f not in fields))
        assert np.allclose(found[fields], brute)
    both = sum(float((found[fields] * own[fields]).sum()) for fields in wanted)
    assert np.isclose(both, float((table * sums.spread(own, table.shape)).sum()))


@given(sets(), st.integers(0, 99), st.floats(0.1, 300))
@settings(max_examples=40)
def test_propagation_agrees_with_logarithms_throughout(
    chosen: list[tuple[int, ...]], seed: int, scale: float
) -> None:
    tree = junction_tree(chosen, SIZES)
    potentials = {f: rng(seed).normal(0, scale, [SIZES[i] for i in f]) for f in chosen}
    law = calibrate(tree, [Factor(f, p) for f, p in potentials.items()])
    found = plan_propagation(tree, chosen).marginals(potentials)
    for fields in chosen:
        assert np.allclose(found[fields], law.marginal(fields), rtol=1e-8, atol=1e-12)


def test_spanning_tree_is_the_heaviest() -> None:
    pairs = list(itertools.combinations(range(5), 2))
    weights = rng(3).random(len(pairs)) + 0.01
    found = spanning_tree(pairs, weights, [2] * 5, cells=99)
    weight = dict(zip(pairs, weights, strict=True))

    def joins(edges: tuple[tuple[int, int], ...]) -> bool:
        part = list(range(5))
        for a, b in edges:
            part = [part[a] if p == part[b] else p for p in part]
        return len(set(part)) == 1

    trees = (edges for edges in itertools.combinations(pairs, 4) if joins(edges))
    best = max(sum(weight[e] for e in edges) for edges in trees)
    assert sum(weight[e] for e in found) == pytest.approx(best)


# Fits


def test_an_exact_fit_of_a_chain_is_its_joint_law() -> None:
    codes = chain(40_000)
    fitted = Marginals().fit(codes, guard=Guard(k=5, noise=lambda: 0), rng=rng(0))
    drawn = fitted.sample(40_000, rng=rng(1))
    again = distance(joint(chain(40_000, seed=1)), joint(codes))  # another sample of the same law
    assert distance(joint(drawn), joint(codes)) < 1.3 * again


@given(st.lists(st.integers(0, 60), min_size=2, max_size=6), st.booleans(), st.booleans())
@example([0, 60, 60], False, False)  # a light code before heavy ones: bins in another order
@example([0, 1, 60, 60], False, True)
@settings(max_examples=40)
def test_margins_come_back_however_codes_were_merged(
    counts: list[int], ordered: bool, nullable: bool
) -> None:
    wanted = np.array(counts) * 50 + 50  # each code is shared by enough
    n = int(wanted.sum())
    fields = (
        Field(name="a", size=len(counts), ordered=ordered, nullable=nullable),
        Field(name="b", size=2),
    )
    codes = Codes(Domain(fields), np.stack([np.repeat(np.arange(len(counts)), wanted), np.arange(n) % 2], 1))
    fitted = Marginals(rounds=0).fit(codes, guard=Guard(k=5, noise=lambda: 0), rng=rng(0))
    found = np.bincount(fitted.sample(n, rng=rng(1)).values[:, 0], minlength=len(counts))
    assert (np.abs(found - wanted) <= 5 * np.sqrt(wanted) + 1).all()


def test_small_cells_are_pooled() -> None:
    values = np.zeros((2000, 2), np.int64)
    values[:1000, 0] = 1
    values[::2, 1] = 1
    odd = np.vstack([values, [[2, 2]] * 4, [[2, 0]] * 300, [[0, 2]] * 300])  # (2, 2) is held by four
    codes = Codes(Domain((Field(name="a", size=3), Field(name="b", size=3))), odd)
    measured = Marginals(rounds=0).fit(codes, guard=Guard(k=11, noise=lambda: 0), rng=rng(0))
    drawn = measured.sample(200_000, rng=rng(1))
    rate = np.mean((drawn.values == 2).all(axis=1))
    by_chance = (304 / codes.n) ** 2
    assert rate > 3 * 4 / codes.n or rate < by_chance * 1.2  # its four rows cannot be read off


def test_conditions_have_the_law_of_the_table() -> None:
    codes = chain(60_000)
    fitted = Marginals().fit(codes, guard=Guard(k=5, noise=lambda: 0), rng=rng(0))
    asked = fitted.sample(20_000, rng=rng(2), given={"f3": np.array([0.0, 1.0, 0.0, 3.0])})
    weight = np.array([0.0, 1.0, 0.0, 3.0])[codes.values[:, 3]]
    place = np.ravel_multi_index(tuple(codes.values.T), codes.domain.sizes)
    expected = np.bincount(place, weight, minlength=256) / weight.sum()
    assert distance(joint(asked), expected) < 0.03
    per_row = np.eye(4)[np.arange(1000) % 4]
    each = fitted.sample(1000, rng=rng(3), given={"f0": per_row})
    assert np.array_equal(each.values[:, 0], np.arange(1000) % 4)


def test_a_condition_that_nobody_meets_is_refused() -> None:
    values = np.repeat([[0, 0], [1, 1]], 500, axis=0)
    codes = Codes(Domain((Field(name="a", size=3), Field(name="b", size=2))), values)
    fitted = Marginals().fit(codes, guard=Guard(k=5), rng=rng(0))
    with pytest.raises(InputError, match="never draws"):
        fitted.sample(5, rng=rng(0), given={"a": np.array([0.0, 0.0, 1.0])})


def test_more_budget_is_nearer_and_a_budget_without_end_is_exact() -> None:
    codes = chain(20_000)
    goal = joint(codes)
    off = [np.mean([distance(joint(privately(codes, e)), goal) for _ in range(3)]) for e in (0.05, 0.5, 50)]
    assert off[0] > 1.5 * off[1] > 1.5 * off[2]
    again = distance(joint(chain(20_000, seed=1)), goal)
    assert off[2] < 1.3 * again


def test_a_tree_of_pairs_holds_a_chain() -> None:
    codes = chain(20_000)
    drawn = privately(codes, 5.0, Marginals.mst())
    assert distance(joint(drawn), joint(codes)) < 0.08


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="cells must be"):
        Marginals(cells=0)
    with pytest.raises(InputError, match="rounds must be"):
        Marginals(rounds=-1)


def test_what_was_looked_at_is_told() -> None:
    fitted = Marginals().fit(chain(5000), guard=Guard(), rng=rng(0))
    told = fitted.explain()  # type: ignore[attr-defined]
    assert "f0 × f1: 16 cells, exact" in told and told.count("every field is counted") == 4
