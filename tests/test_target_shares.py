"""Target shares, census totals and parity: they hold in every block, and nothing else moves."""

from __future__ import annotations

import datetime as dt
import itertools
import warnings
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import chi2_contingency

import twin
from tests.helpers.conditions import table, unraked
from tests.helpers.models import SMALL
from twin.codes import Domain, Field
from twin.models.independent import FittedIndependent
from twin.sampling.margins import Axis, Margin, Strata, StrataTable, raked, tabulate, tilt

LEVELS = {"x": 0.5, "y": 0.3, "z": 0.2}
AGES = {(18, 40): 0.35, (40, None): 0.65}


def small(n: int = 3_000, seed: int = 1) -> pd.DataFrame:
    """Three columns of few levels that hang together, with known cells."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 2, n)
    b = np.where(rng.random(n) < 0.7, a, rng.integers(0, 3, n))
    c = np.where(rng.random(n) < 0.6, (a + b) % 2, rng.integers(0, 2, n))
    return pd.DataFrame({"a": np.array(["p", "q"])[a], "b": np.array(["u", "v", "w"])[b], "c": c == 1})


@cache
def twins(model: str) -> twin.Twin:
    """A twin of each model, and one under a budget."""
    if model == "private":
        columns = {"a": twin.Category(levels=["p", "q"]), "b": twin.Category(levels=["u", "v", "w"])}
        return twin.fit(small(), epsilon=4.0, schema=twin.infer(small()).replace(**columns))
    return twin.fit(small(), model=SMALL.get(model, model), seed=0)


@cache
def mixed() -> twin.Twin:
    return twin.fit(table(), model="copula", seed=0)


def held(counts: Mapping[Any, float], shares: Mapping[Any, float], n: int, slack: float = 1.0) -> None:
    """Counts are those of the shares, rounded up or down."""
    for level, share in shares.items():
        assert abs(counts.get(level, 0) - share * n) < slack, (level, counts.get(level, 0), share * n)


@pytest.mark.parametrize("model", [*twin.MODELS, "private"])
class TestEveryModel:
    def test_shares_hold_for_any_number_of_rows(self, model: str) -> None:
        shares = {"u": 0.13, "w": 0.55, ...: 0.32}
        for n in (0, 1, 2, 37, 1_001):
            counts = twins(model).sample(n, seed=n, balance={"b": shares})["b"].value_counts()
            assert counts.sum() == n
            held(counts, {"u": 0.13, "w": 0.55, "v": 0.32}, n)

    def test_the_law_of_the_rest_is_the_models_own(self, model: str) -> None:
        """Rows of a level are those that the model draws of it, however many there are."""
        t = unraked(twins(model))
        free = t.sample(20_000, seed=1)
        asked = t.sample(20_000, seed=2, balance={"b": {"u": 0.2, "v": 0.2, "w": 0.6}})
        for level in "uvw":
            counts = [
                (f["a"] + f["c"].astype(str))[f["b"] == level]
                .value_counts()
                .reindex(["pFalse", "pTrue", "qFalse", "qTrue"], fill_value=0)
                for f in (free, asked)
            ]
            seen = np.stack(counts)[:, np.sum(counts, axis=0) > 0]
            assert chi2_contingency(seen).pvalue > 1e-6


class TestShares:
    def test_they_hold_in_every_block_whatever_the_threads_and_after_a_load(self) -> None:
        asked: Any = {"balance": {("kind", "cause"): {("x", "c0"): 0.2, ("y", "c1"): 0.5, ("z", "c1"): 0.3}}}
        t = mixed()
        blocks = list(t.stream(70_000, seed=3, threads=2, **asked))
        assert len(blocks) == 2
        for block in blocks:
            held(
                (block["kind"] + block["cause"]).value_counts(),
                {"xc0": 0.2, "yc1": 0.5, "zc1": 0.3},
                len(block),
            )
        again = twin.from_bytes(t.to_bytes()).sample(70_000, seed=3, threads=1, **asked)
        pd.testing.assert_frame_equal(again, pd.concat(blocks, ignore_index=True))

    def test_several_columns_hold_at_once(self) -> None:
        s = mixed().sample(
            2_000, seed=1, balance={"kind": LEVELS, "age": AGES, "gap": {None: 0.5, (None, None): 0.5}}
        )
        cells = 3 * 2 * 2
        held(s["kind"].value_counts(), LEVELS, 2_000, cells)
        held({"young": (s["age"] < 40).sum()}, {"young": 0.35}, 2_000, cells)
        held({"none": s["gap"].isna().sum()}, {"none": 0.5}, 2_000, cells)

    def test_they_hold_beside_conditions(self) -> None:
        s = mixed().sample(
            501, seed=1, given={"age": (30, 50), "cause": ["c0", "c1"]}, balance={"kind": LEVELS}
        )
        held(s["kind"].value_counts(), LEVELS, 501)
        assert s["age"].between(30, 50).all() and set(s["cause"]) == {"c0", "c1"}

    def test_totals_of_a_census_count_by_their_proportions(self) -> None:
        totals = {"x": 1_200_000, "y": 600_000, ...: 200_000}
        t = mixed()
        s = t.sample(1_000, seed=1, request=twin.Request(margins={"kind": totals}))
        held(s["kind"].value_counts(), {"x": 0.6, "y": 0.3}, 1_000)
        series = pd.Series({"x": 6, "y": 3, ...: 1})
        pd.testing.assert_frame_equal(
            s, t.sample(1_000, seed=1, request=twin.Request(margins={"kind": series}))
        )

    def test_a_share_of_zero_and_a_level_that_is_not_named_do_not_come_up(self) -> None:
        t = mixed()
        assert set(t.sample(400, balance={"kind": {"x": 0.5, "y": 0.5, "z": 0, "rare": 0}})["kind"]) == {
            "x",
            "y",
        }
        assert set(t.sample(400, balance={"kind": {"x": 0.5, "y": 0.5}})["kind"]) == {"x", "y"}

    def test_extreme_weights_are_warned_of_and_told(self) -> None:
        with pytest.warns(twin.TwinWarning, match="times as often as in the twin, so they vary no more"):
            s = mixed().sample(100, seed=1, balance={"kind": {"rare": 0.9, ...: 0.1}})
        told = s.attrs["twin"]
        assert told["asked"] == ["kind: shares rare 0.9, the rest 0.1"] and told["request"] is None
        rare = (mixed().sample(30_000, seed=2)["kind"] == "rare").mean()
        assert told["tilt"]["largest"] == pytest.approx(0.9 / rare, rel=0.25)
        assert 0 < told["tilt"]["effective"] < 0.1 < told["tilt"]["distance"] < 0.95


RNG = np.random.default_rng(7)
N = 800
DAYS = pd.Timestamp("2021-03-27") + pd.to_timedelta(RNG.integers(0, 4 * 288, N) * 5, unit="min")
ZONED = pd.Series(DAYS).dt.tz_localize("Europe/Vienna", nonexistent="shift_forward", ambiguous=False)
KINDS: dict[str, tuple[pd.Series, list[Any]]] = {
    "decimals": (pd.Series(RNG.normal(size=N).round(2)), [(None, 0.5), (0.5, None)]),
    "three ranges": (pd.Series(RNG.integers(0, 100, N)), [(0, 10), (10, 50), (50, 99)]),
    "a value and a range": (pd.Series(RNG.integers(0, 5, N) * 10), [0, (10, 40)]),
    "Decimal": (
        pd.Series([Decimal(int(v)) / 100 for v in RNG.integers(0, 900, N)]),
        [(0, Decimal("3.5")), (Decimal("3.5"), None)],
    ),
    "days": (pd.Series(DAYS.normalize()), [("2021-03-27", "2021-03-28"), (dt.date(2021, 3, 29), None)]),
    "times": (pd.Series(DAYS), [(None, "2021-03-28 12:00"), ("2021-03-28 12:00", None)]),
    "zoned times": (ZONED, [(None, "2021-03-28 01:55"), ("2021-03-28 01:55", None)]),
    "levels with an order": (
        pd.Series(pd.Categorical(RNG.choice(list("abcd"), N), categories=list("dcba"), ordered=True)),
        [("d", "c"), ("b", "a")],
    ),
    "several levels": (pd.Series(RNG.choice(list("abcd"), N)), [frozenset("ab"), "c", ...]),
    "flag": (pd.Series(RNG.random(N) < 0.2), [True, False]),
    "missing": (
        pd.Series(RNG.integers(0, 50, N)).astype("Int64").mask(RNG.random(N) < 0.2),
        [None, (0, 25), (25, 50)],
    ),
}


def belongs(series: pd.Series, group: Any, others: list[Any]) -> pd.Series:
    """Which values lie in a group: by hand, in pandas."""
    if group is None:
        return series.isna()
    if group is ...:
        return ~series.isin(
            [v for other in others for v in (other if isinstance(other, frozenset) else [other])]
        )
    if not isinstance(group, tuple):
        return series.isin(list(group) if isinstance(group, frozenset) else [group])
    moment = pd.api.types.is_datetime64_any_dtype(series.dtype)
    ends = [None if e is None else pd.Timestamp(e, tz=series.dt.tz) if moment else e for e in group]
    starts = [other[0] for other in others if isinstance(other, tuple)]
    whole = moment and group[1] is not None and pd.Timestamp(group[1]).normalize() == pd.Timestamp(group[1])
    high = ends[1] + pd.Timedelta("1D") if whole else ends[1]
    inside = series.notna() if ends[0] is None else series >= ends[0]
    if high is None:
        return inside
    return inside & (series < high if whole or group[1] in starts else series <= high)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_divided_as_the_user_says(name: str) -> None:
    series, groups = KINDS[name]
    frame = pd.DataFrame({"c": series, "other": np.arange(N) % 3})
    t = twin.fit(frame, schema=twin.infer(frame).replace(other=twin.Category()), model="copula", seed=0)
    shares = np.arange(1.0, len(groups) + 1)
    shares /= shares.sum()
    s = t.sample(999, seed=1, balance={"c": dict(zip(groups, shares, strict=True))})
    assert s["c"].dtype == series.dtype
    inside = [belongs(s["c"], g, [o for o in groups if o is not g]).fillna(False).sum() for g in groups]
    assert sum(inside) == 999
    held(dict(enumerate(inside)), dict(enumerate(shares)), 999)


def test_names_of_any_kind_and_frames_of_any_library() -> None:
    odd = table()[["kind", "cause", "age"]].set_axis(["🦉", "balance", 7], axis=1)
    odd["🦉"] = odd["🦉"].replace({"x": "🐁", "y": "None", "z": ""})
    t = twin.fit(odd, model="copula", seed=0)
    shares = {"🐁": 0.5, "None": 0.25, "": 0.25}
    held(t.sample(400, seed=1, balance={"🦉": shares})["🦉"].value_counts(), shares, 400)
    s = t.sample(400, seed=1, balance={("balance", 7): {("c0", (18, 40)): 0.5, ("c1", (40, None)): 0.5}})
    held((s["balance"] + (s[7] < 40).astype(str)).value_counts(), {"c0True": 0.5, "c1False": 0.5}, 400)
    frame = twin.fit(pl.from_pandas(table()[["kind", "age"]]), model="copula").sample(
        200, seed=1, balance={"kind": LEVELS}
    )
    assert isinstance(frame, pl.DataFrame)
    held(dict(frame["kind"].value_counts().iter_rows()), LEVELS, 200)


class TestRaking:
    def test_it_is_the_projection_that_brute_force_finds(self) -> None:
        """Twelve cells of three axes, a margin of one and a margin of two."""
        rng = np.random.default_rng(0)
        groups = np.array(list(itertools.product(range(2), range(3), range(2))))
        p = rng.dirichlet(np.ones(12))
        one, two = np.array([0.3, 0.7]), rng.dirichlet(np.ones(6)).reshape(3, 2)
        margins = [Margin(axes=(0,), shares=one, name="one"), Margin(axes=(1, 2), shares=two, name="two")]
        q = raked(StrataTable(groups=groups, shares=p), margins)
        within = [
            {
                "type": "eq",
                "fun": lambda x, m=m: (
                    np.bincount(m.cells(groups), x, m.shares.size)[1:] - m.shares.ravel()[1:]
                ),
            }
            for m in margins
        ]
        whole = {"type": "eq", "fun": lambda x: x.sum() - 1}
        best = minimize(
            lambda x: (x * np.log(x / p)).sum(), np.full(12, 1 / 12), method="SLSQP",
            bounds=[(1e-9, 1)] * 12, constraints=[*within, whole], options={"ftol": 1e-14, "maxiter": 500},
        )  # fmt: skip
        assert best.success and np.abs(q - best.x).max() < 1e-5

    @given(
        st.lists(st.floats(0.01, 1), min_size=6, max_size=6),
        st.lists(st.floats(0.05, 1), min_size=5, max_size=5),
    )
    @settings(max_examples=40)
    def test_margins_hold_and_odds_stay(self, cells: list[float], targets: list[float]) -> None:
        p = np.array(cells).reshape(2, 3) / sum(cells)
        rows, columns = (np.array(part) / sum(part) for part in (targets[:2], targets[2:]))
        groups = np.array(list(itertools.product(range(2), range(3))))
        margins = [
            Margin(axes=(0,), shares=rows, name="rows"),
            Margin(axes=(1,), shares=columns, name="columns"),
        ]
        q = raked(StrataTable(groups=groups, shares=p.ravel()), margins).reshape(2, 3)
        assert np.allclose(q.sum(axis=1), rows, atol=1e-5) and np.allclose(q.sum(axis=0), columns, atol=1e-5)
        assert np.allclose(
            q[0, :-1] * q[1, 1:] / (q[1, :-1] * q[0, 1:]),
            p[0, :-1] * p[1, 1:] / (p[1, :-1] * p[0, 1:]),
            rtol=1e-3,
        )
        moved = tilt(StrataTable(groups=groups, shares=p.ravel()), q.ravel())
        assert moved.divergence >= 0 and 0 < moved.effective <= 1 + 1e-9 and moved.largest >= 1

    def test_cells_of_a_group_that_is_hardly_drawn_are_known(self) -> None:
        """One row in 2,000 is in the rare group; its cells are as those of the others."""
        domain = Domain((Field(name="a", size=2), Field(name="b", size=2)))
        fitted = FittedIndependent(domain, (np.array([1_999, 1]), np.array([3, 1])))
        axes = [Axis(name=f, weights={f: np.eye(2)}, accepts=(None, None)) for f in "ab"]
        known = tabulate(fitted, axes, None, np.random.default_rng(0))
        joint = known.margin((0, 1), (2, 2))
        assert joint[1].sum() == pytest.approx(1 / 2_000, rel=0.6)
        assert joint[1, 1] / joint[1].sum() == pytest.approx(0.25, abs=0.04)

    @given(
        st.integers(0, 400), st.lists(st.floats(0, 1), min_size=1, max_size=9).filter(lambda p: sum(p) > 0.1)
    )
    @settings(max_examples=60)
    def test_each_cell_gets_its_share_rounded_up_or_down(self, n: int, parts: list[float]) -> None:
        shares = np.array(parts) / sum(parts)
        axis = Axis(name="a", weights={"a": np.eye(shares.size)}, accepts=(None,) * shares.size)
        strata = Strata(axes=(axis,), groups=np.arange(shares.size)[:, None], shares=shares)
        counts = np.bincount(strata.allot(n, np.random.default_rng(n)), minlength=shares.size)
        assert counts.sum() == n and (np.abs(counts - n * shares) < 1 + 1e-6).all()


def workers(n: int = 4_000) -> pd.DataFrame:
    """Of women one in five is hired, of men three in five: 40 % of all, since there are as many of each.

    Half of each sex are qualified; of those a quarter of the women and three quarters of the men.
    """
    sex, place = np.repeat(["F", "M"], n // 2), np.tile(np.arange(n // 2) / (n // 2), 2)
    qualified = place < 0.5
    rates = np.select([(sex == "F") & qualified, (sex == "F"), qualified], [0.25, 0.15, 0.75], 0.45)
    hired = (place * 2 % 1) < rates
    pay = np.where(hired, 3_000, 1_000) + np.random.default_rng(0).integers(0, 900, n)
    return pd.DataFrame({"sex": sex, "qualified": qualified, "hired": hired, "pay": pay})


@cache
def hiring() -> twin.Twin:
    return twin.fit(workers(), model="marginals", seed=0)


def rates(s: pd.DataFrame) -> dict[str, float]:
    return s.groupby("sex")["hired"].mean().to_dict()


class TestParity:
    def test_the_gap_closes_and_both_columns_keep_their_shares(self) -> None:
        s = hiring().sample(
            4_000, seed=1, request=twin.Request(fair=twin.Parity(sensitive="sex", outcome="hired"))
        )
        assert rates(s)["F"] == pytest.approx(rates(s)["M"], abs=1e-3)
        assert s["hired"].mean() == pytest.approx(0.4, abs=0.015) and (
            s["sex"] == "F"
        ).mean() == pytest.approx(0.5, abs=0.015)
        gap = s.attrs["twin"]["gap"]
        assert (
            gap["kind"] == "parity" and gap["before"] == pytest.approx(0.4, abs=0.03) and gap["after"] < 1e-9
        )
        paid = s[s["hired"]].groupby("sex")["pay"].mean()
        assert abs(paid["F"] - paid["M"]) < 60  # what goes with the outcome goes with it still

    def test_a_gap_that_is_allowed_stays(self) -> None:
        s = hiring().sample(
            4_000, seed=1, request=twin.Request(fair=twin.Parity(sensitive="sex", outcome="hired", gap=0.2))
        )
        assert rates(s)["F"] == pytest.approx(0.3, abs=0.02) and rates(s)["M"] == pytest.approx(0.5, abs=0.02)
        wide = hiring().sample(
            4_000, seed=1, request=twin.Request(fair=twin.Parity(sensitive="sex", outcome="hired", gap=0.9))
        )
        assert rates(wide)["M"] - rates(wide)["F"] == pytest.approx(0.4, abs=0.03)

    def test_equal_opportunity_moves_only_those_who_deserve_the_outcome(self) -> None:
        fair = twin.EqualOpportunity(sensitive="sex", outcome="hired", merit="qualified", deserving=True)
        s = hiring().sample(8_000, seed=1, request=twin.Request(fair=fair))
        merit, rest = rates(s[s["qualified"]]), rates(s[~s["qualified"]])
        assert merit["F"] == pytest.approx(merit["M"], abs=2e-3) and merit["F"] == pytest.approx(
            0.5, abs=0.03
        )
        assert rest["F"] == pytest.approx(0.15, abs=0.03) and rest["M"] == pytest.approx(0.45, abs=0.03)
        assert s.attrs["twin"]["gap"]["kind"] == "equal opportunity"

    def test_the_column_that_ties_groups_and_outcome_keeps_its_shares_in_each_group(self) -> None:
        """Women are mostly nurses, and nurses are seldom hired: more of them are, and they stay nurses."""
        rng = np.random.default_rng(0)
        sex = rng.choice(["F", "M"], 4_000)
        job = np.where(rng.random(4_000) < 0.7, np.where(sex == "F", "nurse", "clerk"), "other")
        paid = rng.random(4_000) < np.select([job == "nurse", job == "clerk"], [0.2, 0.6], 0.4)
        t = twin.fit(pd.DataFrame({"sex": sex, "job": job, "hired": paid}), model="marginals", seed=0)
        s, p = (
            t.sample(8_000, seed=1, request=twin.Request(fair=twin.Parity(sensitive="sex", outcome="hired"))),
            t.sample(8_000, seed=1),
        )
        assert rates(s)["F"] == pytest.approx(rates(s)["M"], abs=4e-3)
        jobs = [pd.crosstab(f["sex"], f["job"], normalize="index") for f in (s, p)]
        assert (jobs[0] - jobs[1]).abs().max().max() < 0.018  # 0.03 if they were let go

    def test_numbers_are_divided_as_the_user_says_and_shares_hold_too(self) -> None:
        fair = twin.Parity(sensitive="age", outcome="kind", groups={"age": [(18, 40), (40, 80)]})
        causes = {"c0": 0.2, "c1": 0.4, "c2": 0.4}
        s = mixed().sample(3_000, seed=1, request=twin.Request(balance={"cause": causes}, fair=fair))
        held(s["cause"].value_counts(), causes, 3_000, 60)
        by_age = pd.crosstab(s["age"] < 40, s["kind"], normalize="index")
        assert by_age.diff().abs().iloc[1].max() < 0.02


ERRORS: dict[str, tuple[dict[str, Any], str]] = {
    "column": (
        {"balance": {"nothing": {"x": 1}}},
        "balance: there is no column 'nothing'; name one that is there",
    ),
    "level": (
        {"balance": {"kind": {"x": 0.5, "w117": 0.5}}},
        "balance['kind']: the twin never draws a level that is asked for",
    ),
    "sum": (
        {"balance": {"kind": {"x": 0.5, "y": 0.4}}},
        "balance['kind']: its shares add to 0.9, not to 1; name all levels, or the rest as ...",
    ),
    "negative": (
        {"balance": {"kind": {"x": 1.5, "y": -0.5}}},
        "balance['kind']: shares must be finite and not negative",
    ),
    "infinite": (
        {"margins": {"kind": {"x": np.inf}}},
        "margins['kind']: totals must be finite and not negative",
    ),
    "no number": ({"balance": {"kind": {"x": "117"}}}, "balance['kind']: a str is no share; give numbers"),
    "no total": (
        {"margins": {"kind": {"x": 0}}},
        "margins['kind']: its totals add to 0; give at least one above 0",
    ),
    "no shares": (
        {"balance": {"kind": 117}},
        "balance['kind']: give the shares of its levels, as {level: share}",
    ),
    "no mapping": ({"balance": [117]}, "balance: must be a mapping of columns"),
    "overlap": (
        {"balance": {"age": {(18, 50): 0.5, (40, None): 0.5}}},
        "balance['age']: two of its ranges overlap; let each end where the next begins",
    ),
    "a level twice": (
        {"balance": {"kind": {frozenset(["x", "y"]): 0.5, "y": 0.5}}},
        "balance['kind']: a value lies in two of its groups; let each lie in one",
    ),
    "a value in a range": (
        {"balance": {"age": {40: 0.5, (30, 50): 0.5}}},
        "balance['age']: a value lies in two of its groups",
    ),
    "missing twice": (
        {"balance": {"gap": {None: 0.5, float("nan"): 0.5}}},
        "balance['gap']: a value lies in two of its groups",
    ),
    "rest of a number": (
        {"balance": {"age": {(18, 40): 0.5, ...: 0.5}}},
        "balance['age']: ... stands for the other levels of a category",
    ),
    "no rest": (
        {"balance": {"cause": {"c0": 0.2, "c1": 0.2, "c2": 0.2, ...: 0.4}}},
        "balance['cause']: ... stands for the other levels, and all are named",
    ),
    "key of a pair": (
        {"balance": {("kind", "cause"): {"x": 1}}},
        "balance[('kind', 'cause')]: each of its keys must be a tuple",
    ),
    "given too": (
        {"balance": {"kind": {"x": 1}}, "given": {"kind": "x"}},
        "balance['kind']: the column has a condition in given= too; give one of the two",
    ),
    "divided twice": (
        {"balance": {"age": AGES}, "margins": {"age": {(18, 50): 1, (50, None): 1}}},
        "margins['age']: the column is divided in two ways",
    ),
    "beside a table": (
        {"balance": {"kind": {"x": 1}}, "given": pd.DataFrame({"age": [30]})},
        "given: a table asks row by row",
    ),
    "not together": (
        {
            "balance": {
                ("kind", "cause"): {("x", "c0"): 0.5, ("y", "c1"): 0.5},
                "cause": {"c0": 0.1, "c1": 0.9},
            }
        },
        "balance[('kind', 'cause')], balance['cause']: these shares cannot hold together in what the twin",
    ),
    "parity of a number": (
        {"fair": twin.Parity(sensitive="age", outcome="kind")},
        "fair['age']: the column has no levels; say by groups=",
    ),
    "parity of nothing": (
        {"fair": twin.Parity(sensitive="nothing", outcome="kind")},
        "fair: there is no column 'nothing'; name one that is there",
    ),
    "merit": (
        {
            "fair": twin.EqualOpportunity(
                sensitive="cause", outcome="kind", merit="age", deserving=117, groups={"age": [(18, 40)]}
            )
        },
        "fair: deserving must be a level of the merit column, or one of its groups",
    ),
    "no parity": ({"fair": "sex 117"}, "fair: must be a twin.Parity or twin.EqualOpportunity"),
}


def _arguments(asked: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a sample: what is no argument of its own stands in a request."""
    if asked.keys() <= {"given", "balance"}:
        return asked
    own = {"given": asked["given"]} if "given" in asked else {}
    return {**own, "request": twin.Request(**{k: v for k, v in asked.items() if k != "given"})}


@pytest.mark.parametrize(("asked", "message"), ERRORS.values(), ids=ERRORS)
def test_what_cannot_be_had_is_refused_in_one_sentence(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(twin.InputError) as caught:
        mixed().sample(2, **_arguments(asked))
    told = str(caught.value)
    assert told.startswith(message) and "\n" not in told and "117" not in told


def test_a_key_and_what_never_goes_together_are_refused() -> None:
    source = table(800).assign(
        code=lambda f: f["cause"].map({"c0": 10, "c1": 20, "c2": 30}), id=lambda f: [f"k{i}" for i in f.index]
    )
    t = twin.fit(
        source, schema=twin.infer(source).replace(code=twin.Category(), id=twin.Key()), model="copula"
    )
    with pytest.raises(twin.InputError, match=r"balance\['id'\]: a key takes no condition"):
        t.sample(2, balance={"id": {"k1": 1}})
    with pytest.raises(
        twin.InputError, match="the twin never draws rows for one of its shares; leave it out"
    ):
        t.sample(2, balance={("code", "cause"): {(10, "c0"): 0.5, (20, "c2"): 0.5}})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: twin.Parity(sensitive="a", outcome="b", gap=2), "Parity: gap must lie between 0 and 1"),
        (
            lambda: twin.Parity(sensitive="a", outcome="a"),
            "Parity: sensitive and outcome must be two columns",
        ),
        (
            lambda: twin.EqualOpportunity(sensitive="a", outcome="b", merit="a", deserving=1),
            "EqualOpportunity: merit must be a column of its own",
        ),
    ],
)
def test_parity_is_checked_when_it_is_made(make: Any, message: str) -> None:
    with pytest.raises(twin.InputError, match=message):
        make()


def test_nothing_is_warned_of_where_shares_are_near() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mixed().sample(10, seed=1, balance={"cause": {"c0": 0.4, "c1": 0.3, "c2": 0.3}})
