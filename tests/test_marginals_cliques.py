"""Clique trees against brute force over whole joint tables."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator
from numpy.typing import NDArray

from twin.arrays import Floats
from twin.errors import InputError
from twin.models.marginals.clique_sampling import CliqueTables, clique_tables
from twin.models.marginals.cliques import Beliefs, CliqueTree, calibrate, grow, junction_tree, would_cost
from twin.models.marginals.factors import Factor

Case = tuple[list[int], list[tuple[int, ...]], int]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Sizes of 4 to 6 fields, some sets of them, and a seed."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=4, max_size=6))
    fields = st.lists(st.integers(0, len(sizes) - 1), min_size=1, max_size=3, unique=True)
    sets = draw(st.lists(fields.map(sorted).map(tuple), max_size=7))
    return sizes, sets, draw(st.integers(0, 2**32))


def factors(
    sizes: list[int], sets: list[tuple[int, ...]], rng: Generator, zeros: bool = False
) -> list[Factor]:
    """A random factor on each set; with `zeros`, some cells are impossible."""
    made = []
    for fields in sets:
        table = rng.normal(0, 2, [sizes[f] for f in fields])
        if zeros:
            holes = rng.random(table.shape) < 0.2
            holes.flat[0] = False  # the row of zeros stays possible
            table[holes] = -np.inf
        made.append(Factor(fields, table))
    return made


def joint(sizes: list[int], parts: list[Factor]) -> Floats:
    """The product of the factors over all fields, normalised."""
    whole = np.zeros(sizes)
    for part in parts:
        whole = whole + part.expand(range(len(sizes)))
    mass = np.exp(whole)
    return mass / mass.sum()


def onto(table: Floats, fields: tuple[int, ...]) -> Floats:
    return table.sum(axis=tuple(i for i in range(table.ndim) if i not in fields))


def hangs_together(tree: CliqueTree) -> bool:
    """Running intersection: each field's cliques have exactly one whose parent lacks the field."""
    tops = [f for c, s in zip(tree.cliques, tree.separators, strict=True) for f in c if f not in s]
    return sorted(tops) == list(range(len(tree.sizes)))


@settings(max_examples=80)
@given(cases())
def test_tree_holds_every_set_and_hangs_together(case: Case) -> None:
    sizes, sets, _ = case
    tree = junction_tree(sets, sizes)
    assert hangs_together(tree)
    assert all(up < i for i, up in enumerate(tree.parents))
    assert all(tree.home(fields) is not None for fields in sets)
    assert not any({*a} < {*b} for a in tree.cliques for b in tree.cliques)
    weights = [math.prod(sizes[f] for f in c) for c in tree.cliques]
    assert (tree.cells.largest, tree.cells.total) == (max(weights), sum(weights))
    if sets:
        assert would_cost(sets[:-1], sets[-1], sizes) == tree.cells


def test_triangulation_is_as_small_as_it_can_be() -> None:
    cycle = [(i, (i + 1) % 6) for i in range(6)]
    tree = junction_tree(cycle, [2, 9, 2, 9, 2, 9])
    assert tree.cells.total == 3 * 2 * 9 * 2 + 8  # the three wide fields go first, the narrow ones stay
    chain = junction_tree([(i, i + 1) for i in range(9)], [5] * 10)
    assert chain.cells.largest == 25 and len(chain.cliques) == 9
    assert junction_tree([], [3, 4]).cells.total == 7


@settings(max_examples=40)
@given(cases(), st.integers(10, 300), st.sampled_from([0.0, 0.4]))
def test_growth_stays_under_its_limit_and_stops_only_there(case: Case, cells: int, thrift: float) -> None:
    sizes, _, seed = case
    rng = np.random.default_rng(seed)
    scores = {pair: float(rng.normal()) for pair in combinations(range(len(sizes)), 2)}
    chosen = grow(scores, sizes, cells=cells, thrift=thrift)
    assert all(scores[pair] > 0 for pair in chosen)
    assert junction_tree(chosen, sizes).cells.total <= max(cells, sum(sizes))
    if thrift == 0 and chosen:
        alone = [pair for pair in scores if would_cost([], pair, sizes).total <= cells]
        assert chosen[0] == max(alone, key=scores.__getitem__)
    best = [pair for pair in scores if scores[pair] > 0]
    assert set(grow(scores, sizes, cells=10**6, thrift=thrift)) == set(best)


@settings(max_examples=80)
@given(cases(), st.booleans())
def test_beliefs_and_pairs_are_those_of_the_joint(case: Case, zeros: bool) -> None:
    sizes, sets, seed = case
    parts = factors(sizes, sets, np.random.default_rng(seed), zeros)
    law = calibrate(junction_tree(sets, sizes), parts)
    true = joint(sizes, parts)
    for belief in (*law.cliques, *law.separators):
        np.testing.assert_allclose(np.exp(belief.values), onto(true, belief.fields), atol=1e-12)
    for width in (1, 2, 3):
        for fields in combinations(range(len(sizes)), width):
            np.testing.assert_allclose(law.marginal(fields), onto(true, fields), atol=1e-12)
    whole = sum((p.expand(range(len(sizes))) for p in parts), np.zeros(sizes))
    assert law.log_total == pytest.approx(np.log(np.exp(whole).sum()), abs=1e-9)


def test_far_logarithms_do_not_overflow() -> None:
    tree = junction_tree([(0, 1), (1, 2)], [2, 2, 2])
    law = calibrate(
        tree, [Factor((0, 1), np.array([[5000.0, 0], [0, 5000]])), Factor((2,), np.array([-9e3, 0]))]
    )
    np.testing.assert_allclose(law.marginal((0, 1)), [[0.5, 0], [0, 0.5]], atol=1e-12)
    np.testing.assert_allclose(law.marginal((0, 2)), [[0, 0.5], [0, 0.5]], atol=1e-12)


def test_what_does_not_fit_is_refused() -> None:
    tree = junction_tree([(0, 1)], [2, 2, 2])
    with pytest.raises(InputError, match="inside one clique"):
        calibrate(tree, [Factor((0, 2), np.zeros((2, 2)))])
    with pytest.raises(InputError, match="sizes"):
        calibrate(tree, [Factor((0,), np.zeros(1))])
    with pytest.raises(InputError, match="no cell above zero"):
        calibrate(tree, [Factor((0,), np.full(2, -np.inf))])
    with pytest.raises(InputError, match="between 0 and 1"):
        junction_tree([(0, 2)], [2, 2])
    with pytest.raises(InputError, match="ascend"):
        Factor((1, 0), np.zeros((2, 2)))


SIZES = [3, 2, 4, 3, 2]
SETS = [(0, 1), (1, 2), (2, 3), (0, 3), (4,)]


def example(seed: int = 1) -> tuple[Beliefs, CliqueTables, Floats]:
    parts = factors(SIZES, SETS, np.random.default_rng(seed))
    law = calibrate(junction_tree(SETS, SIZES), parts)
    return law, clique_tables(law), joint(SIZES, parts)


def chi_square(values: NDArray[np.int32], true: Floats) -> float:
    """Upper tail of Pearson's statistic on the joint table, cells below five expected rows pooled."""
    from scipy.stats import chi2

    seen = np.bincount(np.ravel_multi_index(tuple(values.T), true.shape), minlength=true.size)
    hoped = len(values) * true.ravel()
    small = hoped < 5
    seen = np.append(seen[~small], seen[small].sum())
    hoped = np.append(hoped[~small], hoped[small].sum())
    return float(chi2.sf(((seen - hoped) ** 2 / np.maximum(hoped, 1e-9)).sum(), hoped.size - 1))


def test_rows_follow_the_joint() -> None:
    _, tables, true = example()
    values = tables.sample(40_000, rng=np.random.default_rng(3))
    assert values.shape == (40_000, 5) and values.dtype == np.int32
    assert 1e-3 < chi_square(values, true) < 1 - 1e-3
    again = tables.sample(40_000, rng=np.random.default_rng(3))
    np.testing.assert_array_equal(values, again)


def test_few_rounded_rows_are_unbiased() -> None:
    _, tables, true = example()
    rows = [tables.sample(7, rng=np.random.default_rng(seed), rounded=True) for seed in range(4000)]
    pooled = np.concatenate(rows)
    seen = np.bincount(np.ravel_multi_index(tuple(pooled.T), true.shape), minlength=true.size) / len(pooled)
    error = np.sqrt(true.ravel() * (1 - true.ravel()) / 4000)  # rows of one draw may be wholly dependent
    assert np.all(np.abs(seen - true.ravel()) < 4.5 * error + 1e-9)


def test_rounding_keeps_margins() -> None:
    law, tables, true = example()
    n = 5000
    plain, near = (tables.sample(n, rng=np.random.default_rng(5), rounded=r) for r in (False, True))
    first = law.tree.cliques[0]
    place = np.ravel_multi_index(tuple(near[:, f] for f in first), [SIZES[f] for f in first])
    cells = onto(true, first).ravel()
    assert np.abs(np.bincount(place, minlength=cells.size) - n * cells).max() < 1 + 1e-4
    for j, size in enumerate(SIZES):
        gaps = [
            np.abs(np.bincount(v[:, j], minlength=size) - n * onto(true, (j,))).max() for v in (plain, near)
        ]
        assert gaps[1] <= max(gaps[0], 3)
    assert tables.sample(0, rng=np.random.default_rng(0), rounded=True).shape == (0, 5)


def test_impossible_cells_are_never_drawn() -> None:
    parts = factors(SIZES, SETS, np.random.default_rng(8), zeros=True)
    true = joint(SIZES, parts)
    tables = clique_tables(calibrate(junction_tree(SETS, SIZES), parts))
    for rounded in (False, True):
        values = tables.sample(20_000, rng=np.random.default_rng(0), rounded=rounded)
        assert np.all(true[tuple(values.T)] > 0)
