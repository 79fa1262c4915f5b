"""Laws that every model keeps, run over the list of all models; and checks of their parts."""

from __future__ import annotations

import itertools
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twin
from tests.helpers import extending
from twin.codes import Codes, Domain, Field
from twin.core.validation import check_model_name
from twin.errors import FileFormatError, InputError
from twin.models.base import Fitted, Model
from twin.models.conditioning import choose_rows, effective_size
from twin.models.copula.copula import Copula
from twin.models.copula.correlations import cell_scores, coefficients, cut_points, latent_correlations
from twin.models.guarded_counts import coarse_bins, code_orders, guarded_counts
from twin.models.registry import MODELS, choose, register_model
from twin.models.trees.chain import grow
from twin.models.trees.ensembles import Ensemble, chances, parse_model, scorer
from twin.models.trees.trees import Trees
from twin.models.wrappers.dependencies import Dependent, FittedDependent, find_links
from twin.privacy.suppression.guard import Guard
from twin.sampling.raking import Raking

ALL = [*MODELS, "raked trees", "dependent trees"]


def make(name: str) -> Model:
    if name == "raked trees":
        return Raking(model=Trees(), always=True)
    if name == "dependent trees":
        return Dependent(model=Raking(model=Trees()))
    return MODELS[name]()


def guard(k: int = 5) -> Guard:
    return Guard(k=k, noise=lambda: 1)


def toy(n: int = 3000, seed: int = 0) -> Codes:
    """A cause, a noisy ordered effect, a nominal field that depends on both, and one with missing cells."""
    rng = np.random.default_rng(seed)
    cause = rng.integers(0, 3, n)
    effect = np.clip(cause * 6 + rng.integers(0, 8, n), 0, 19)
    kind = np.where(rng.random(n) < 0.8, (cause + (effect > 9)) % 4, rng.integers(0, 4, n))
    gaps = np.where(rng.random(n) < 0.2, 0, 1 + effect // 5)
    domain = Domain(
        (
            Field(name="cause", size=3),
            Field(name="effect", size=20, ordered=True),
            Field(name="kind", size=4),
            Field(name="gaps", size=5, ordered=True, nullable=True),
        )
    )
    return Codes(domain, np.stack([cause, effect, kind, gaps], axis=1))


def fit(name: str, codes: Codes, k: int = 5) -> Fitted:
    return make(name).fit(codes, guard=guard(k), rng=np.random.default_rng(0))


@cache
def of_toy(name: str) -> Fitted:
    """The model fitted to the toy; what is fitted never changes."""
    return fit(name, toy())


def pair_distance(a: Codes, b: Codes) -> float:
    gaps = []
    for i, j in itertools.combinations(range(len(a.domain)), 2):
        size = a.domain.sizes[i] * a.domain.sizes[j]
        p, q = (
            np.bincount(c.values[:, i] * a.domain.sizes[j] + c.values[:, j], minlength=size) / c.n
            for c in (a, b)
        )
        gaps.append(np.abs(p - q).sum() / 2)
    return float(np.mean(gaps))


@pytest.mark.parametrize("name", ALL)
class TestLaws:
    def test_same_seed_same_rows_and_after_load(self, name: str) -> None:
        codes, fitted = toy(), of_toy(name)
        loaded = make(name).load(codes.domain, fitted.state())
        first, again, back = (f.sample(2000, rng=np.random.default_rng(4)) for f in (fitted, fitted, loaded))
        assert np.array_equal(first.values, again.values)
        assert np.array_equal(first.values, back.values)
        assert first.domain.names == codes.domain.names and first.n == 2000

    def test_draws_dependence_better_than_independent(self, name: str) -> None:
        other = toy(seed=1)
        drawn, alone = (of_toy(m).sample(3000, rng=np.random.default_rng(0)) for m in (name, "independent"))
        if name != "independent":
            assert pair_distance(drawn, other) < 0.7 * pair_distance(alone, other)

    def test_a_second_fit_does_not_remember_the_first(self, name: str) -> None:
        settings_ = make(name)
        rng = np.random.default_rng
        settings_.fit(toy(300, seed=5), guard=guard(), rng=rng(0))
        second = settings_.fit(toy(), guard=guard(), rng=rng(0)).sample(500, rng=rng(1))
        assert np.array_equal(second.values, of_toy(name).sample(500, rng=rng(1)).values)

    @pytest.mark.parametrize("n", [0, 1, 5])
    def test_few_rows(self, name: str, n: int) -> None:
        fitted = fit(name, toy(5), k=11)
        assert fitted.sample(n, rng=np.random.default_rng(0)).n == n

    def test_one_field_and_constant_fields(self, name: str) -> None:
        for sizes in ((3,), (1, 3), (1,)):
            domain = Domain(tuple(Field(name=str(j), size=s) for j, s in enumerate(sizes)))
            values = np.stack([np.arange(300) % s for s in sizes], axis=1)
            drawn = fit(name, Codes(domain, values)).sample(300, rng=np.random.default_rng(0))
            assert (np.bincount(drawn.values[:, -1], minlength=sizes[-1]) > 0).all()

    def test_no_code_of_few_subjects_is_drawn(self, name: str) -> None:
        codes = toy()
        values = codes.values.copy()
        values[:, 2] = np.minimum(values[:, 2], 2)
        values[:400, 2] = 3  # many rows
        subjects = np.arange(codes.n)
        subjects[:400] = 0  # of one subject
        door = Guard(k=5, noise=lambda: 0, subjects=np.unique(subjects, return_inverse=True)[1])
        table = Codes(codes.domain, values, door.subjects)
        drawn = make(name).fit(table, guard=door, rng=np.random.default_rng(0))
        assert not (drawn.sample(5000, rng=np.random.default_rng(1)).values[:, 2] == 3).any()

    def test_conditions_hold_and_match_the_conditional_law(self, name: str) -> None:
        fitted = of_toy(name)
        weights = np.zeros(20)
        weights[12:] = 1.0
        asked = fitted.sample(4000, rng=np.random.default_rng(2), given={"effect": weights})
        assert (asked.values[:, 1] >= 12).all() and asked.n == 4000
        free = fitted.sample(40_000, rng=np.random.default_rng(3))
        free = free.take(np.flatnonzero(free.values[:, 1] >= 12))
        assert pair_distance(asked, free) < 0.06

    def test_conditions_per_row(self, name: str) -> None:
        wanted = np.arange(50) % 20
        weights = np.eye(20)[wanted]
        drawn = of_toy(name).sample(50, rng=np.random.default_rng(0), given={"effect": weights})
        assert np.array_equal(drawn.values[:, 1], wanted)

    def test_impossible_conditions_are_refused(self, name: str) -> None:
        fitted = of_toy(name)
        for weights in (np.zeros(3), np.ones(4), np.array([1.0, -1.0, 0.0]), np.array([np.nan, 1.0, 1.0])):
            with pytest.raises(InputError, match="given"):
                fitted.sample(5, rng=np.random.default_rng(0), given={"cause": weights})

    def test_state_holds_numbers_only(self, name: str) -> None:
        state = of_toy(name).state()
        assert all(np.asarray(a).dtype.kind in "iuf" for a in state.arrays.values())


def test_unknown_model_is_refused() -> None:
    with pytest.raises(InputError, match="choose from"):
        check_model_name("gan", tuple(MODELS))


class TestOwnModel:
    """A model that the page on extending twin shows, registered as the page does it."""

    @pytest.fixture(autouse=True)
    def registered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(MODELS, "uniform", raising=False)  # and takes it out afterwards
        extending.run("A model", until="table =")

    def table(self) -> pd.DataFrame:
        return pd.DataFrame({"size": ["s", "m", "l", "l"] * 300, "age": list(range(20, 60)) * 30})

    def test_it_fits_samples_and_keeps_conditions(self) -> None:
        fitted = twin.fit(self.table(), model="uniform")
        assert fitted.model == "uniform: asked for"
        assert sorted(fitted.sample(600, seed=1)["size"].unique()) == ["l", "m", "s"]
        assert (fitted.sample(50, seed=1, given={"age": (30, 40)})["age"].between(30, 40)).all()

    def test_a_file_names_it_and_asks_for_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        fitted = twin.fit(self.table(), model="uniform")
        fitted.save(tmp_path / "own.twin")
        again = twin.load(tmp_path / "own.twin")
        assert again.sample(100, seed=3).equals(fitted.sample(100, seed=3))
        monkeypatch.delitem(MODELS, "uniform")
        with pytest.raises(FileFormatError, match=r"'uniform' is not known here; .* twin\.register_model"):
            twin.load(tmp_path / "own.twin")

    @pytest.mark.parametrize(
        ("name", "settings_", "words"),
        [
            ("uniform", MODELS["trees"], "there is a model 'uniform' already"),
            ("auto", MODELS["trees"], "there is a model 'auto' already"),
            ("other", MODELS["trees"], "must have this name"),
            ("other", type("A", (), {"name": "other"}), "must have fit"),
            ("other", type("B", (), {"name": "other", "fit": lambda self, codes: None}), "must have fit"),
            ("other", type("C", (), {"name": "other", "fit": Trees.fit}), "must have load"),
            ("other", lambda needed: needed, "cannot be made without arguments"),
        ],
    )
    def test_what_is_no_model_is_refused(self, name: str, settings_: Any, words: str) -> None:
        with pytest.raises(InputError, match=words):
            register_model(name, settings_)
        assert "other" not in MODELS


def test_auto_goes_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose(toy(5000)).name == "trees"
    assert choose(toy(100)).name == "copula"
    wide = Domain(tuple(Field(name=str(j), size=2) for j in range(400)))
    assert choose(Codes(wide, np.zeros((1000, 400), np.int32))).name == "copula"
    many = Codes(wide, np.zeros((6000, 400), np.int32))
    assert choose(many).name == "network"
    monkeypatch.setitem(sys.modules, "torch", None)
    assert choose(many).name == "copula" and "twin[neural]" in choose(many).reason


@pytest.mark.parametrize("bad", [{"rounds": 0}, {"rate": 0.0}, {"leaves": 9}, {"bins": 251}, {"depth": 0}])
def test_settings_are_checked(bad: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(bad))):
        Trees(**bad)  # type: ignore[arg-type]


class TestFacts:
    def test_counts_of_few_are_dropped_or_shared(self) -> None:
        domain = Domain((Field(name="a", size=5),))
        values = np.repeat(np.arange(5), [20, 4, 6, 8, 5])[:, None]
        counts = guarded_counts(Codes(domain, values), Guard(k=5, noise=lambda: 5))[0]
        assert counts.tolist() == [20, 0, 6, 6, 6]  # 6, 8 and 5 are below the secret 10: shared evenly

    @given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.integers(1, 20))
    def test_bins_never_fall_nor_exceed(self, counts: list[int], bins: int) -> None:
        out = coarse_bins(np.array(counts), bins)
        assert out[0] == 0 and (np.diff(out) >= 0).all() and (np.diff(out) <= 1).all() and out[-1] < bins

    def test_nominal_codes_are_ordered_by_association(self) -> None:
        rng = np.random.default_rng(0)
        hidden = rng.integers(0, 6, 4000)
        shuffled = np.array([3, 0, 5, 1, 4, 2])
        effect = hidden * 3 + rng.integers(0, 9, 4000)
        domain = Domain((Field(name="n", size=6), Field(name="e", size=24, ordered=True)))
        codes = Codes(domain, np.stack([shuffled[hidden], effect], axis=1))
        order = code_orders(codes, guarded_counts(codes, guard()))[0]
        assert order.tolist() in (shuffled.tolist(), shuffled[::-1].tolist())


class TestCodeTree:
    @given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.integers(0, 6))
    def test_children_are_the_halves_of_their_parent(self, counts: list[int], depth: int) -> None:
        tree = grow(np.array(counts), depth=depth, min_rows=1, first_alone=False)
        for node in range(len(tree)):
            low, mid, high = tree.low[node], tree.mid[node], tree.high[node]
            assert low < mid < high and sum(counts[low:mid]) > 0 and sum(counts[mid:high]) > 0
            for child, ends in ((tree.left[node], (low, mid)), (tree.right[node], (mid, high))):
                assert child == -1 or (child > node and (tree.low[child], tree.high[child]) == ends)

    def test_missing_is_split_off_first(self) -> None:
        tree = grow(np.array([1, 50, 50, 50]), depth=3, min_rows=1, first_alone=True)
        assert tree.mid[0] == 1

    def test_pruning_keeps_paths_to_living_nodes(self) -> None:
        tree = grow(np.ones(8, np.int64), depth=3, min_rows=1, first_alone=False)
        alive = np.zeros(len(tree), bool)
        alive[2] = True  # a leaf's parent, two below the root
        small, kept = tree.prune(alive)
        assert kept.tolist() == [0, 1, 2] and small.left.tolist() == [1, 2, -1]


class TestMasks:
    def test_chances_are_exact(self) -> None:
        table = chances()
        x = (np.arange(table.size) - 12 * 1024) / 1024
        assert np.abs(table / 2.0**32 - 1 / (1 + np.exp(-x))).max() < 1e-9
        assert (np.diff(table.astype(np.int64)) > 0).all()

    @settings(max_examples=20)
    @given(st.integers(0, 2**31), st.integers(1, 20))
    def test_scores_equal_walking_the_trees(self, seed: int, trees: int) -> None:
        rng = np.random.default_rng(seed)
        bins = [rng.integers(0, 251, 200).astype(np.uint8) for _ in range(3)]
        questions: list[list[int]] = []
        leaves = rng.integers(-9000, 9000, (trees, 8)).astype(np.int16)
        expected = np.zeros(200, np.int64)

        def walk(tree: int, low: int, high: int, rows: np.ndarray) -> None:
            if high - low == 1:
                expected[rows] += leaves[tree, low]
                return
            mid, f, t = int(rng.integers(low + 1, high)), int(rng.integers(3)), int(rng.integers(0, 250))
            questions.append([f, t, sum(1 << leaf for leaf in range(low, mid)), tree])
            goes_left = bins[f][rows] <= t
            walk(tree, low, mid, rows[goes_left])
            walk(tree, mid, high, rows[~goes_left])

        for tree in range(trees):
            walk(tree, 0, int(rng.integers(2, 9)), np.arange(200))
        q = np.array(questions)
        ensemble = Ensemble(
            q[:, 0].astype(np.int32),
            q[:, 1].astype(np.uint8),
            q[:, 2].astype(np.uint8),
            q[:, 3].astype(np.int32),
            leaves,
        )
        assert np.array_equal(scorer(ensemble).log_odds(bins, None), expected)

    def test_parsed_trees_equal_lightgbm(self) -> None:
        import lightgbm

        rng = np.random.default_rng(0)
        x = rng.integers(0, 40, (2000, 4)).astype(np.float32)
        y = ((x[:, 0] > 20) ^ (x[:, 1] > 10)).astype(float)
        params = {"objective": "binary", "num_leaves": 8, "verbose": -1, "min_data_in_bin": 1}
        booster = lightgbm.train(params, lightgbm.Dataset(x, y), 12)
        mine = scorer(parse_model(booster.model_to_string()))
        columns = [np.ascontiguousarray(x[:, j]).astype(np.uint8) for j in range(4)]
        assert np.abs(mine.log_odds(columns, None) / 1024 - booster.predict(x, raw_score=True)).max() < 0.01


class TestCopulaParts:
    def test_flags_recover_their_latent_correlation(self) -> None:
        """Unbalanced flags cut from normals with correlation .6."""
        rng = np.random.default_rng(0)
        z = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 400_000)
        flags = (z > [0.5, -0.8]).astype(int)
        cuts = [cut_points(np.bincount(flags[:, j])) for j in (0, 1)]
        scores = [cell_scores(c) for c in cuts]
        terms = np.array([coefficients(c, s) for c, s in zip(cuts, scores, strict=True)])
        by_row = np.stack([scores[j][flags[:, j]] for j in (0, 1)], axis=1)
        rho = latent_correlations(np.cov(by_row.T, bias=True), terms)[0, 1]
        assert rho == pytest.approx(0.6, abs=0.01)

    def test_cell_scores_have_mean_zero(self) -> None:
        counts = np.array([5, 0, 3, 2])
        scores = cell_scores(cut_points(counts))
        assert counts @ scores == pytest.approx(0.0, abs=1e-9) and (np.diff(scores[[0, 2, 3]]) > 0).all()

    def test_products_are_whole_numbers(self) -> None:
        fitted = Copula().fit(toy(), guard=guard(), rng=np.random.default_rng(0))
        factor = fitted.state().arrays["factor"]
        assert factor.dtype == np.int32 and np.abs(factor).max() <= 1 << 18


class TestImportance:
    @given(st.lists(st.floats(0, 100), min_size=1, max_size=50), st.integers(0, 120))
    def test_as_many_as_asked_and_none_of_weight_zero(self, weights: list[float], n: int) -> None:
        w = np.array([*weights, 1.0])
        chosen = choose_rows(w, n, np.random.default_rng(0))
        assert chosen.size == n and (w[chosen] > 0).all()
        if n <= np.count_nonzero(w):
            assert np.unique(chosen).size == n

    def test_chances_go_by_weight(self) -> None:
        w = np.array([1.0, 2.0, 3.0])
        hits = sum(np.bincount(choose_rows(w, 1, np.random.default_rng(s)), minlength=3) for s in range(3000))
        assert np.abs(hits / 3000 - w / 6).max() < 0.04

    def test_effective_size_of_equal_weights(self) -> None:
        assert effective_size(np.full(7, 0.3)) == pytest.approx(7.0)


class TestDependencies:
    def table(self) -> Codes:
        rng = np.random.default_rng(0)
        city = rng.integers(0, 12, 3000)
        region = city // 4
        noise = rng.integers(0, 5, 3000)
        domain = Domain(
            (
                Field(name="region", size=4, rare=3),
                Field(name="city", size=13, rare=12),
                Field(name="noise", size=5),
                Field(name="one", size=1),
            )
        )
        return Codes(domain, np.stack([region, city, noise, np.zeros(3000, int)], axis=1))

    def test_found_and_held_in_every_row(self) -> None:
        codes = self.table()
        links = find_links(codes, guard=guard())
        assert [(k.dependant, k.source) for k in links] == [(0, 1)]
        fitted = Dependent(model=MODELS["independent"]()).fit(
            codes, guard=guard(), rng=np.random.default_rng(0)
        )
        drawn = fitted.sample(5000, rng=np.random.default_rng(1)).values
        assert np.array_equal(drawn[:, 0], drawn[:, 1] // 4)

    def test_few_exceptions_are_overlooked_and_many_are_not(self) -> None:
        for broken, found in ((3, True), (30, False)):
            codes = self.table()
            codes.values[:broken, 0] = (codes.values[:broken, 1] // 4 + 1) % 3
            assert bool(find_links(codes, guard=guard())) == found

    def test_rare_codes_are_redrawn_before_dependants_are_filled(self) -> None:
        codes = self.table()
        values = codes.values
        values[:300, 1] = 12
        values[:300, 0] = 0
        fitted = Dependent(model=Trees()).fit(codes, guard=guard(), rng=np.random.default_rng(0))
        assert isinstance(fitted, FittedDependent)
        drawn = fitted.sample(5000, rng=np.random.default_rng(1)).values
        assert not (drawn[:, 1] == 12).any() and np.array_equal(drawn[:, 0], drawn[:, 1] // 4)

    def test_conditions_on_a_dependant_reach_its_source(self) -> None:
        fitted = Dependent(model=Trees()).fit(self.table(), guard=guard(), rng=np.random.default_rng(0))
        only = np.array([0.0, 1.0, 0.0, 0.0])
        drawn = fitted.sample(300, rng=np.random.default_rng(1), given={"region": only}).values
        assert (drawn[:, 0] == 1).all() and (drawn[:, 1] // 4 == 1).all()

    def test_nearly_unique_fields_decide_nothing(self) -> None:
        n = 1000
        domain = Domain((Field(name="id", size=n), Field(name="x", size=3)))
        codes = Codes(domain, np.stack([np.arange(n), np.arange(n) % 3], axis=1))
        assert find_links(codes, guard=guard()) == ()


def test_leaves_are_held_by_enough_subjects() -> None:
    """Five subjects with 300 rows each: no leaf may be theirs alone."""
    rng = np.random.default_rng(0)
    heavy = np.repeat(np.arange(5), 300)
    subjects = np.concatenate([heavy, np.arange(5, 1505)])
    x = np.concatenate([np.full(1500, 3), rng.integers(0, 3, 1500)])
    y = np.concatenate([np.full(1500, 1), rng.integers(0, 2, 1500)])
    domain = Domain((Field(name="x", size=4, ordered=True), Field(name="y", size=2)))
    door = Guard(k=8, noise=lambda: 0, subjects=subjects)
    fitted = Trees().fit(Codes(domain, np.stack([x, y], axis=1), subjects), guard=door, rng=rng)
    drawn = fitted.sample(4000, rng=np.random.default_rng(0)).values
    assert not (drawn[:, 0] == 3).any()  # the code itself is held by 5 < 8


def test_threads_do_not_change_the_fit() -> None:
    one, two = (
        Trees(threads=t).fit(toy(), guard=guard(), rng=np.random.default_rng(0)).state() for t in (1, 2)
    )
    assert all(np.array_equal(a, two.arrays[name]) for name, a in one.arrays.items())
