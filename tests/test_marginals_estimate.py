"""Fits of marginals against brute force over whole joint tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.arrays import Floats
from twin.errors import InputError
from twin.models.marginals.cliques import Beliefs, junction_tree
from twin.models.marginals.estimate import Measurement, fit_exact, fit_noisy

SIZES = [3, 2, 4, 2]
SETS = [(0, 1), (1, 2), (0, 2), (2, 3), (1,)]
TOTAL = 1000.0
TREE = junction_tree(SETS, SIZES)


def onto(table: Floats, fields: tuple[int, ...]) -> Floats:
    return table.sum(axis=tuple(i for i in range(table.ndim) if i not in fields))


def random_joint(seed: int) -> Floats:
    table = np.exp(np.random.default_rng(seed).normal(0, 1, SIZES))
    return table / table.sum()


def measure(true: Floats, deviation: float, seed: int = 0) -> list[Measurement]:
    rng = np.random.default_rng(seed)
    exact = ((f, TOTAL * onto(true, f)) for f in SETS)
    return [Measurement(f, c + rng.normal(0, deviation, c.shape), deviation) for f, c in exact]


def cells(fields: tuple[int, ...]) -> Floats:
    """Which cell of the fields each cell of the joint falls into, one-hot, shape (cells, joint cells)."""
    shape = [SIZES[f] for f in fields]
    grid = np.indices(SIZES).reshape(len(SIZES), -1)
    place = np.ravel_multi_index(tuple(grid[f] for f in fields), shape)
    return np.eye(int(np.prod(shape)))[:, place]


def joint_of(law: Beliefs) -> Floats:
    """The whole joint table of a law on the tree: cliques over separators."""
    whole = np.zeros(SIZES)
    for belief, shared in zip(law.cliques, law.separators, strict=True):
        whole = whole + belief.expand(range(4)) - shared.expand(range(4))
    return np.exp(whole)


def greatest_entropy(true: Floats) -> Floats:
    """The joint of greatest entropy with the true marginals, by its dual over all cells of the joint."""
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    rows = np.concatenate([cells(f) for f in SETS])
    goal = rows @ true.ravel()

    def dual(theta: Floats) -> tuple[float, Floats]:
        logs = theta @ rows
        return float(logsumexp(logs) - theta @ goal), rows @ np.exp(logs - logsumexp(logs)) - goal

    found = minimize(dual, np.zeros(len(rows)), jac=True, method="BFGS", options={"gtol": 1e-9})
    logs = found.x @ rows
    return np.exp(logs - logsumexp(logs)).reshape(SIZES)


@settings(max_examples=8)
@given(st.integers(0, 2**32))
def test_consistent_marginals_give_the_joint_of_greatest_entropy(seed: int) -> None:
    true = random_joint(seed)
    goal = greatest_entropy(true)
    exact = fit_exact(TREE, measure(true, 0))
    noisy = fit_noisy(
        TREE, [Measurement(f, TOTAL * onto(true, f), 1.0) for f in SETS], TOTAL, tolerance=1e-10, rounds=5000
    )
    assert exact.gap < 1e-9
    for estimate in (exact, noisy):
        for fields in SETS:
            np.testing.assert_allclose(estimate.beliefs.marginal(fields), onto(true, fields), atol=1e-6)
        np.testing.assert_allclose(joint_of(estimate.beliefs), goal, atol=2e-6)


@settings(max_examples=8)
@given(st.integers(0, 2**32), st.sampled_from([3.0, 20.0, 100.0]))
def test_noisy_marginals_give_the_weighted_least_squares(seed: int, deviation: float) -> None:
    from scipy.optimize import nnls

    measured = measure(random_joint(seed), deviation, seed + 1)
    measured[0] = Measurement(SETS[0], measured[0].counts, deviation / 3)  # a weight of its own
    rows = np.concatenate([cells(m.fields) / m.deviation for m in measured])
    goal = np.concatenate([m.counts.ravel() / m.deviation for m in measured])
    pinned = 1e4 / deviation  # holds the sum at the total
    best, _ = nnls(
        np.vstack([rows, np.full(rows.shape[1], pinned)]), np.append(goal, pinned * TOTAL), maxiter=9999
    )
    least = ((rows @ best - goal) ** 2).sum()
    found = fit_noisy(TREE, measured, TOTAL, rounds=20_000, tolerance=1e-9)
    reached = ((rows @ (TOTAL * joint_of(found.beliefs).ravel()) - goal) ** 2).sum()
    assert reached < least * (1 + 1e-3) + 1e-3
    assert found.gap == pytest.approx(np.sqrt(reached / goal.size), rel=1e-6)
    at_once = fit_noisy(TREE, measured, TOTAL)  # the settings that are used
    assert at_once.gap**2 * goal.size < least * 1.02 + 0.2


def test_zeros_stay_and_are_only_where_measured() -> None:
    true = random_joint(5)
    true[0, 1] = 0.0
    true /= true.sum()
    law = fit_exact(TREE, measure(true, 0)).beliefs
    assert np.all(joint_of(law)[true > 0] > 0)
    assert law.marginal((0, 1))[0, 1] == 0.0
    np.testing.assert_allclose(law.marginal((1, 2)), onto(true, (1, 2)), atol=1e-8)


def test_a_warm_start_is_already_there() -> None:
    true = random_joint(7)
    few = [m for m in measure(true, 5.0) if m.fields != (2, 3)]
    first = fit_noisy(TREE, few, TOTAL, tolerance=1e-7, rounds=5000)
    again = fit_noisy(TREE, few, TOTAL, start=first.potentials)
    assert again.rounds < first.rounds / 2 and again.gap <= first.gap * (1 + 1e-9)
    grown = fit_noisy(TREE, measure(true, 5.0), TOTAL, start=first.potentials)
    assert {p.fields for p in grown.potentials} == set(SETS)
    exact = fit_exact(TREE, measure(true, 0))
    assert fit_exact(TREE, measure(true, 0), start=exact.potentials).rounds == 1


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(InputError, match="one clique"):
        fit_exact(TREE, [Measurement((0, 3), np.ones((3, 2)))])
    with pytest.raises(InputError, match="above zero"):
        fit_exact(TREE, [Measurement((1,), np.array([-1.0, 0]))])
    with pytest.raises(InputError, match="use fit_exact"):
        fit_noisy(TREE, [Measurement((1,), np.array([1.0, 2]))], TOTAL)
    with pytest.raises(InputError, match="axis"):
        Measurement((1,), np.ones((2, 2)))
    with pytest.raises(InputError, match="sizes"):
        fit_exact(TREE, [Measurement((0,), np.ones(1))])


def test_noise_alone_is_never_refused() -> None:
    drowned = [Measurement(f, np.full([SIZES[i] for i in f], -50.0), 10.0) for f in SETS]
    law = fit_noisy(TREE, drowned, -3.0).beliefs
    assert joint_of(law).sum() == pytest.approx(1)
    assert np.all(np.isfinite(law.marginal((0, 3))))
