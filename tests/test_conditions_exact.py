"""Conditions are exact: what models draw under weights is their own law times the weights, by brute force."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from twin.codes import Codes, Domain, Field
from twin.conditions.feasibility import nearest, support
from twin.models.base import Fitted
from twin.models.copula.copula import Copula, FittedCopula
from twin.models.gan.gan import CTGAN
from twin.models.marginals.fitted import FittedMarginals
from twin.models.network.fitted import FittedNetwork
from twin.models.network.network import Network
from twin.models.registry import MODELS
from twin.models.trees.chain import FittedTrees
from twin.models.trees.trees import reordered
from twin.models.wrappers.dependencies import Dependent, FittedDependent
from twin.privacy.suppression.guard import Guard
from twin.sampling.raking import FittedRaking, Raking
from twin.sampling.rare_combinations import FittedRareCombinationFilter, RareCombinationFilter

Weights = dict[str, NDArray[np.float64]]

SIZES = (3, 4, 3, 4)
DOMAIN = Domain(
    (
        Field(name="cause", size=3),
        Field(name="effect", size=4, ordered=True),
        Field(name="kind", size=3),
        Field(name="gap", size=4, ordered=True, nullable=True),
    )
)
CELLS = np.array(list(itertools.product(*map(range, SIZES))), np.int32)
N = 20_000


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def table(n: int = 6_000) -> Codes:
    """Strong dependencies, one of three fields at once, and missing cells that depend on the rest."""
    r = rng(0)
    cause = r.choice(3, n, p=[0.6, 0.3, 0.1])
    effect = np.clip(cause + r.integers(0, 3, n) - (r.random(n) < 0.3), 0, 3)
    kind = np.where(r.random(n) < 0.8, (cause * effect) % 3, r.integers(0, 3, n))
    gap = np.where(r.random(n) < 0.1 + 0.2 * kind, 0, 1 + np.minimum(effect // 2 + (r.random(n) < 0.3), 2))
    return Codes(DOMAIN, np.stack([cause, effect, kind, gap], axis=1))


@cache
def fitted(name: str) -> Fitted:
    made = {"network": Network(epochs=2), "ctgan": CTGAN(epochs=3)}.get(name) or MODELS[name]()
    return made.fit(table(), guard=Guard(k=5, noise=lambda: 0), rng=rng(0))


def places(values: NDArray[np.int32]) -> NDArray[np.int64]:
    """Cell of each row, shape (n,)."""
    place: NDArray[np.int64] = np.ravel_multi_index(tuple(values.T), SIZES)
    return place


@cache
def law(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The chance of each cell, and its rows in the sample that told it, infinite where it is computed."""
    known = fitted(name)
    if isinstance(known, FittedNetwork):
        p = np.exp(known.score_samples(Codes(DOMAIN, CELLS)))
    elif isinstance(known, FittedMarginals):
        p = by_tables(known)
    elif name == "independent":
        p = np.prod([c[CELLS[:, j]] / c.sum() for j, c in enumerate(known.counts)], axis=0)  # type: ignore[attr-defined]
    else:
        rows = np.bincount(places(known.sample(2_000_000, rng=rng(7)).values), minlength=CELLS.shape[0])
        return rows / rows.sum(), rows.astype(np.float64)
    return p / p.sum(), np.full(p.size, np.inf)


def by_tables(known: FittedMarginals) -> NDArray[np.float64]:
    """The product of the clique tables, and of the shares of codes within merged ones."""
    tree, p = known.tables.tree, np.ones(CELLS.shape[0])
    merged = np.stack([b[CELLS[:, j]] for j, b in enumerate(known.bins)], axis=1)
    for clique, shared, weights in zip(tree.cliques, tree.separators, known.tables.weights, strict=True):
        state, cell = np.zeros(len(p), np.int64), np.zeros(len(p), np.int64)
        for f in clique:
            if f in shared:
                state = state * tree.sizes[f] + merged[:, f]
            else:
                cell = cell * tree.sizes[f] + merged[:, f]
        p *= weights[state, cell] / weights.sum(axis=1)[state]
    for j, (bins, fine) in enumerate(zip(known.bins, known.weights, strict=True)):
        p *= fine[CELLS[:, j]] / np.bincount(bins, fine)[merged[:, j]]
    return p


def weight_of(weights: Weights) -> NDArray[np.float64]:
    """Product of the weights in each cell."""
    return np.prod([w[CELLS[:, DOMAIN.index(f)]] for f, w in weights.items()], axis=0)


def surprise(drawn: NDArray[np.int32], name: str, weights: Weights) -> tuple[float, int]:
    """Chi-square of drawn rows against the law times weights, and its degrees of freedom.

    Candidates are begun until they are worth the rows that are wanted, so that a share's variance is at most
    twice that of independent rows; halving the statistic allows for it.
    """
    p, counted = law(name)
    q = p * weight_of(weights)
    q /= q.sum()
    rows = np.bincount(places(drawn), minlength=q.size)
    assert not rows[weight_of(weights) == 0].any()
    expected = q * len(drawn)
    seen = expected >= 5
    spread = expected * (1 + len(drawn) * q / np.maximum(counted, 1))  # the law's own error comes on top
    statistic = float((((rows - expected) ** 2) / np.where(seen, spread, 1.0))[seen].sum())
    return statistic / 2, int(np.count_nonzero(seen)) - 1


ONE: Weights = {"gap": np.array([0.0, 0, 1, 0])}
MISSING: Weights = {"gap": np.array([1.0, 0, 0, 0])}
SET: Weights = {"effect": np.array([1.0, 0, 0, 1])}
SOFT: Weights = {"kind": np.array([0.2, 1.0, 3.0])}
SEVERAL: Weights = {"gap": np.array([0.0, 1, 1, 0]), "cause": np.array([0.1, 0.3, 2]), **SET}
ASKED = {"one": ONE, "missing": MISSING, "set": SET, "soft": SOFT, "several": SEVERAL}
EXACT = ["independent", "copula", "trees", "marginals", "network"]


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize(
    "weights", [ONE, MISSING, SET, SOFT, SEVERAL], ids=["one", "missing", "set", "soft", "several"]
)
def test_the_law_under_weights(name: str, weights: Weights) -> None:
    drawn = fitted(name).sample(N, rng=rng(1), given=weights).values
    statistic, freedom = surprise(drawn, name, weights)
    assert chi2.sf(statistic, freedom) > 1e-4


KINDS: list[Weights] = [ONE, SET, {**SOFT, **MISSING}]


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("weights", KINDS, ids=["one", "set", "soft and missing"])
def test_the_law_where_each_row_asks(name: str, weights: Weights) -> None:
    """Weights of shape (n, size): of each row's own candidates one is chosen, close to the law."""
    n = 2_000
    given = {f: np.tile(w, (n, 1)) for f, w in weights.items()}
    drawn = fitted(name).sample(n, rng=rng(3), given=given).values
    q = law(name)[0] * weight_of(weights)
    q /= q.sum()
    gaps = [np.abs(np.bincount(places(d), minlength=q.size) / n - q).sum() / 2 for d in (drawn, honest(q, n))]
    assert gaps[0] < gaps[1] + 0.03


def honest(q: NDArray[np.float64], n: int) -> NDArray[np.int32]:
    """Independent rows of a law."""
    return CELLS[rng(4).choice(q.size, n, p=q)]


def test_rows_that_ask_differently_get_what_they_ask() -> None:
    which = rng(2).integers(0, len(KINDS), 3_000)
    for name in EXACT:
        given = {
            f.name: np.stack([k.get(f.name, np.ones(f.size)) for k in KINDS])[which]
            for f in DOMAIN
            if any(f.name in k for k in KINDS)
        }
        drawn = fitted(name).sample(which.size, rng=rng(3), given=given).values
        for i, weights in enumerate(KINDS):
            q = law(name)[0] * weight_of(weights)
            effect = (q * CELLS[:, 1]).sum() / q.sum()
            spread = math.sqrt((q * CELLS[:, 1] ** 2).sum() / q.sum() - effect**2)
            mine = drawn[which == i]
            assert (weight_of(weights)[places(mine)] > 0).all()
            assert abs(mine[:, 1].mean() - effect) < 5 * spread / math.sqrt(len(mine)) + 0.05


@pytest.mark.slow
def test_a_gan_keeps_near_its_own_law() -> None:
    """Under weights its generator knows what is fixed, so its law there is learned apart: near, not equal."""
    p = np.bincount(places(fitted("ctgan").sample(400_000, rng=rng(7)).values), minlength=CELLS.shape[0])
    for weights in (ONE, SET, SOFT):
        q = p * weight_of(weights)
        drawn = fitted("ctgan").sample(N, rng=rng(1), given=weights).values
        assert (weight_of(weights)[places(drawn)] > 0).all()
        rows = np.bincount(places(drawn), minlength=q.size)
        assert np.abs(rows / N - q / q.sum()).sum() / 2 < 0.1


@pytest.mark.parametrize("name", ["network", "marginals"])
def test_fifty_random_conditions(name: str) -> None:
    """One pooled chi-square over single codes, sets and soft weights of one to three fields."""
    total, freedom, r = 0.0, 0, rng(11)
    for i in range(50):
        weights = {}
        for j in r.choice(4, r.integers(1, 4), replace=False).tolist():
            w = r.random(SIZES[j])
            kind = r.integers(3)
            if kind < 2:
                w = (w == w.max()) if kind == 0 else (w >= np.median(w))
            weights[DOMAIN.names[j]] = w.astype(float)
        if (law(name)[0] * weight_of(weights)).sum() > 1e-4:
            drawn = fitted(name).sample(3_000, rng=rng(100 + i), given=weights).values
            statistic, more = surprise(drawn, name, weights)
            total, freedom = total + statistic, freedom + more
    assert freedom > 200 and chi2.sf(total, freedom) > 1e-4


CORRELATION = np.array([[1.0, 0.6, -0.3], [0.6, 1.0, 0.4], [-0.3, 0.4, 1.0]])
FINE = 120


@cache
def normal() -> FittedCopula:
    """A copula of three finely cut normals."""
    z = rng(5).multivariate_normal(np.zeros(3), CORRELATION, 60_000, method="cholesky")
    edges = norm.ppf(np.arange(1, FINE) / FINE)
    domain = Domain(tuple(Field(name=c, size=FINE, ordered=True) for c in "xyz"))
    made = Copula().fit(
        Codes(domain, np.searchsorted(edges, z)), guard=Guard(k=5, noise=lambda: 0), rng=rng(0)
    )
    assert isinstance(made, FittedCopula)
    return made


def moments(cuts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and variance of a normal within each cell, shape (cells,) each."""
    a, b = cuts[:-1], cuts[1:]
    mass = norm.cdf(b) - norm.cdf(a)
    mean = (norm.pdf(a) - norm.pdf(b)) / mass
    ends = [np.where(np.isfinite(e), e, 0.0) * norm.pdf(e) for e in (a, b)]
    return mean, 1 + (ends[0] - ends[1]) / mass - mean**2


@pytest.mark.parametrize("asked", [{"x": 10}, {"x": 100}, {"z": 60}, {"x": 90, "y": 40}, {"x": 50, "z": 70}])
def test_the_copula_beside_closed_form(asked: dict[str, int]) -> None:
    """Conditional mean and variance of a normal vector, given a narrow cell of one or two of its parts.

    Source: Anderson, An Introduction to Multivariate Statistical Analysis, 3rd ed., theorem 2.5.1.
    """
    known, n = normal(), 40_000
    r = known.factor.astype(float) / 2**18
    r = r @ r.T
    within = [moments(c) for c in known.cuts]
    weights = {name: np.eye(FINE)[code] for name, code in asked.items()}
    drawn = known.sample(n, rng=rng(6), given=weights)
    fixed = ["xyz".index(name) for name in asked]
    free = [j for j in range(3) if j not in fixed]
    at = np.array([within[j][0][asked["xyz"[j]]] for j in fixed])
    slope = r[np.ix_(free, fixed)] @ np.linalg.inv(r[np.ix_(fixed, fixed)])
    mean, rest = slope @ at, r[np.ix_(free, free)] - slope @ r[np.ix_(fixed, free)]
    for i, j in enumerate(free):
        z = within[j][0][drawn.values[:, j]]
        spread = math.sqrt(rest[i, i])
        assert abs(z.mean() - mean[i]) < 5 * spread / math.sqrt(n) + 0.005  # a cell is narrow, not a point
        lost = within[j][1][drawn.values[:, j]].mean()  # within cells of the field that is looked at
        assert (z.var() + lost) / rest[i, i] == pytest.approx(1.0, abs=0.04)


@cache
def dependent(name: str) -> FittedDependent:
    """A field that is a function of another, around a model."""
    codes = table()
    city = codes.values[:, 1] * 3 + rng(8).integers(0, 3, codes.n)
    domain = Domain((*DOMAIN, Field(name="city", size=12), Field(name="land", size=4)))
    values = np.column_stack([codes.values, city, city // 3])
    wrapped = Dependent(model=MODELS[name]())
    made = wrapped.fit(Codes(domain, values), guard=Guard(k=5, noise=lambda: 0), rng=rng(0))
    assert isinstance(made, FittedDependent) and made.links
    return made


@pytest.mark.parametrize("name", ["copula", "trees", "marginals"])
def test_dependencies_hold_and_carry_conditions_over(name: str) -> None:
    """What is asked of a field that is filled in is asked of the one that decides it."""
    made = dependent(name)
    weights = {"land": np.array([0.0, 1, 0, 2]), "kind": np.array([1.0, 0, 1])}
    drawn = made.sample(N, rng=rng(1), given=weights)
    assert (drawn.column("city") // 3 == drawn.column("land")).all()
    free = made.sample(400_000, rng=rng(2))
    mass = weights["land"][free.column("land")] * weights["kind"][free.column("kind")]
    for field in ("cause", "gap", "city", "kind"):
        size = made.domain[field].size
        p = np.bincount(free.column(field), mass, minlength=size) / mass.sum()
        q = np.bincount(drawn.column(field), minlength=size) / N
        assert np.abs(p - q).max() < 0.015


def trees() -> FittedTrees:
    """The fitted chain, anew, so that it remembers no refit."""
    made = MODELS["trees"]().load(DOMAIN, fitted("trees").state())
    assert isinstance(made, FittedTrees)
    return made


def test_a_refitted_chain_begins_as_asked_and_keeps_its_law() -> None:
    chain = trees()
    first = [chain.fields[-1].position, chain.fields[-2].position]
    again = reordered(chain, first, rng(0))
    assert [f.position for f in again.fields[:2]] == first
    assert sorted(f.position for f in again.fields) == [0, 1, 2, 3]
    p, _ = law("trees")
    q = np.bincount(places(again.sample(200_000, rng=rng(1)).values), minlength=p.size) / 200_000
    assert np.abs(p - q).sum() / 2 < 0.03
    rare = {DOMAIN.names[first[0]]: np.eye(SIZES[first[0]])[-1]}
    q = p * weight_of(rare)
    drawn = again.sample(N, rng=rng(2), given=rare).values
    assert np.abs(np.bincount(places(drawn), minlength=p.size) / N - q / q.sum()).sum() / 2 < 0.04


def test_a_refit_is_remembered_and_does_not_depend_on_who_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.models.trees.chain.affordable", lambda n: 0)  # candidates are never enough
    made: list[tuple[int, ...]] = []

    def counted(chain: FittedTrees, first: tuple[int, ...], rng: np.random.Generator) -> FittedTrees:
        made.append(first)
        return reordered(chain, first, rng)

    one, two = (replace(trees(), reorder=counted) for _ in range(2))
    weights = {DOMAIN.names[one.fields[-1].position]: np.eye(SIZES[one.fields[-1].position])[-1]}
    cold = one.sample(500, rng=rng(3), given=weights)
    two.sample(500, rng=rng(9), given=weights)
    assert len(made) == 2
    warm = two.sample(500, rng=rng(3), given=weights)
    assert np.array_equal(cold.values, warm.values) and len(made) == 2
    assert "refit" not in repr(one)
    assert set(one.state().arrays) == set(trees().state().arrays)


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("weights", ASKED.values(), ids=ASKED)
def test_support_tells_the_share(name: str, weights: Weights) -> None:
    told = support(fitted(name), weights, 1_000, rng(0))
    share = float((law(name)[0] * weight_of(weights)).sum())
    assert told.share == pytest.approx(share, rel=0.05)
    assert told.effective == 1_000 and told.exact == (name in ("independent", "marginals"))
    assert told == support(fitted(name), weights, 1_000, rng(0))


def test_support_looks_through_wrappings() -> None:
    made = dependent("trees")
    weights = {"land": np.array([0.0, 1, 0, 0])}
    raked = RareCombinationFilter(
        model=Dependent(model=Raking(model=MODELS["copula"](), always=True)), fields=("cause", "kind")
    )
    gated = raked.fit(table(), guard=Guard(k=5, noise=lambda: 0), rng=rng(0))
    assert isinstance(gated, FittedRareCombinationFilter) and isinstance(gated.inner.inner, FittedRaking)
    for known, asked in ((made, weights), (gated, SET)):
        rows = known.sample(100_000, rng=rng(1))
        share = np.mean([asked[f][rows.column(f)] for f in asked])
        assert support(known, asked, 100, rng(0)).share == pytest.approx(share, rel=0.1)


def test_what_never_comes_is_worth_nothing_and_the_nearest_is_told() -> None:
    values = table().values
    values = values[~((values[:, 1] == 3) & (values[:, 0] == 0))]  # this cause never has the largest effect
    domain = Domain((DOMAIN.fields[0], Field(name="effect", size=6, ordered=True), *DOMAIN.fields[2:]))
    made = MODELS["marginals"]().fit(Codes(domain, values), guard=Guard(k=5, noise=lambda: 0), rng=rng(0))
    never = {"effect": np.array([0.0, 0, 0, 0, 1, 1])}
    assert support(made, never, 50, rng(0)).effective == 0
    found = nearest(made, {**never, "cause": np.array([0.0, 1, 0])}, rng(0))
    assert found is not None and found.field == "effect" and found.weights.tolist() == [0, 0, 0, 1, 0, 0]
    assert nearest(made, {"cause": np.zeros(3), "effect": np.zeros(6)}, rng(0)) is None


def test_raking_serves_rows_under_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that knows no relation learns them from tables of pairs, under a condition too."""
    codes, guard = table(), Guard(k=5, noise=lambda: 0)
    made = Raking(model=MODELS["independent"](), always=True, pool=4.0).fit(codes, guard=guard, rng=rng(0))
    true = codes.values[codes.values[:, 1] == 2]
    drawn = made.sample(4_000, rng=rng(1), given={"effect": np.eye(4)[2]}).values
    for j in (0, 2, 3):
        p, q = (np.bincount(v[:, j], minlength=SIZES[j]) / len(v) for v in (true, drawn))
        alone = np.bincount(codes.values[:, j], minlength=SIZES[j]) / codes.n
        assert np.abs(p - q).sum() < 0.6 * np.abs(p - alone).sum()
