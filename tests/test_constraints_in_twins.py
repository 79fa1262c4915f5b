"""Rules from a fit to a sample: every row keeps them, whatever else is asked, and nothing of them leaks."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import twin
from tests.helpers.models import small
from twin.columns.schema import Schema
from twin.constraints.base import MARK
from twin.constraints.rules import ruled_dp
from twin.models.registry import MODELS


def stays(n: int = 2_000, seed: int = 0) -> pd.DataFrame:
    """Stays in hospital: dates in order, parts that add up, a city and its code, flags of which one is on."""
    rng = np.random.default_rng(seed)
    city = rng.integers(0, 3, n)
    admitted = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 700, n), unit="D")
    drugs, care = rng.integers(0, 60, n), rng.integers(20, 90, n)
    return pd.DataFrame(
        {
            "admitted": admitted,
            "discharged": admitted + pd.to_timedelta(rng.poisson(4, n), unit="D"),
            "drugs": drugs,
            "care": care,
            "cost": drugs + care,
            "city": np.array(["Graz", "Linz", "Wien"], dtype=object)[city],
            "code": np.array(["8010", "4020", "1010"], dtype=object)[city],
            "young": (drugs < 20).astype(int),
            "old": (drugs >= 20).astype(int),
            "sex": rng.choice(["F", "M"], n, p=[0.3, 0.7]),
        }
    )


def rules() -> list[Any]:
    return [
        twin.Inequality(low="admitted", high="discharged"),
        twin.Sum(total="cost", parts=["drugs", "care"]),
        twin.FixedCombinations(columns=["city", "code"]),
        twin.OneHot(columns=["young", "old"]),
        twin.Range(column="care", low=20, high=100),
        twin.Predicate(name="drugs are few", function=lambda t: t["drugs"] <= 80),
    ]


@cache
def twins(model: str) -> twin.Twin:
    return twin.fit(stays(), model=small(model), constraints=rules(), seed=1)


def broken(t: twin.Twin, frame: pd.DataFrame) -> dict[str, int]:
    return {str(rule): int(rows.sum()) for rule, rows in t.rules.broken(frame).items() if rows.any()}


@pytest.mark.parametrize("model", MODELS)
class TestEveryModel:
    def test_rows_keep_every_rule(self, model: str) -> None:
        t, source = twins(model), stays()
        s = t.sample(1_500, seed=3)
        assert broken(t, s) == {} and len(s) == 1_500
        assert s.dtypes.equals(source.dtypes) and s.columns.equals(source.columns)
        assert (s["city"].map({"Graz": "8010", "Linz": "4020", "Wien": "1010"}) == s["code"]).all()
        assert set(t.schema.names) == set(source.columns)

    def test_whatever_else_is_asked(self, model: str) -> None:
        t = twins(model)
        asked: dict[str, dict[str, Any]] = {
            "total": {"given": {"cost": (70, 90)}},
            "later end": {"given": {"discharged": ("2020-06-01", "2020-06-30"), "city": "Graz"}},
            "flag": {"given": {"old": 1, "code": ["8010", "1010"]}},
            "shares": {"balance": {"sex": {"F": 0.5, "M": 0.5}, "city": {"Graz": 0.2, ...: 0.8}}},
            "parity": {"request": twin.Request(fair=twin.Parity(sensitive="sex", outcome="city"))},
            "moved": {"request": twin.Request(name="x", shift={"drugs": twin.Shift(by=5, others="stay")})},
        }
        drawn = {name: t.sample(300, seed=4, **arguments) for name, arguments in asked.items()}
        for name, s in drawn.items():
            assert broken(t, s) == {} and len(s) == 300, name
        assert drawn["total"]["cost"].between(70, 90).all()
        later = drawn["later end"]
        assert later["discharged"].between("2020-06-01", "2020-06-30").all()
        assert set(later["city"]) == {"Graz"}
        assert (drawn["flag"]["old"] == 1).all() and set(drawn["flag"]["code"]) <= {"8010", "1010"}

    def test_missing_cells_are_filled_so_that_rules_hold(self, model: str) -> None:
        t, holes = twins(model), stays(120, seed=9).astype({"cost": "Int64"})
        holes.loc[::3, "cost"] = pd.NA
        holes.loc[1::3, "discharged"] = pd.NaT
        holes.loc[::4, "city"] = None
        filled = t.impute(holes, m=1, seed=5).first
        assert not filled.isna().any().any()
        assert broken(t, filled) == {}


def test_same_rows_on_any_number_of_threads_as_a_stream_and_after_a_load() -> None:
    t = twins("copula")
    loaded = twin.from_bytes(t.to_bytes())
    with pytest.raises(twin.InputError, match="its function is not saved with the twin; give it again"):
        loaded.sample(3)
    again = loaded.with_predicates({"drugs are few": lambda table: table["drugs"] <= 80})
    s = t.sample(900, seed=6, threads=1)
    assert again.sample(900, seed=6, threads=2).equals(s)
    assert pd.concat(t.stream(900, seed=6)).equals(s)
    with pytest.raises(twin.InputError, match="there is no predicate 'nothing'"):
        loaded.with_predicates({"nothing": len})


def test_rows_that_break_a_rule_are_counted_in_ranges_and_set_aside() -> None:
    source = stays()
    source.loc[:4, "cost"] += 1
    source.loc[100:249, "discharged"] = source["admitted"] - pd.Timedelta(days=1)
    t = twin.fit(source, model="copula", constraints=rules())
    told = {line.split(": ")[0]: line.split(": ")[1] for line in t.fit_info.set_aside}
    assert told == {
        "admitted ≤ discharged": "100–199 rows set aside",
        "cost = drugs + care": "fewer than 11 rows set aside",
    }
    assert "fewer than 11 rows set aside" in t.inspect() and t.fit_info.rows == len(source) - 155
    assert broken(t, t.sample(500, seed=1)) == {}


def test_auxiliary_columns_never_leave() -> None:
    t = twins("trees")
    assert any(str(name).startswith(MARK) for name in t.columns.schema.names)
    s = t.sample(200, seed=1)
    assert not any(MARK in str(name) for name in (*s.columns, *t.schema.names))
    told = json.loads(twin.report(s, train=stays(), twin=t, attacks="none").to_json())
    assert [c["name"] for c in told["schema"]["columns"]] == list(s.columns)
    assert ["rule", "cost = drugs + care"] in told["facts"]["settings"]
    odd = stays(300).rename(columns={"sex": f"{MARK} gap admitted…discharged"})
    with pytest.raises(twin.InputError, match="rename it"):
        twin.fit(odd, constraints=rules())


def test_a_member_that_is_asked_for_stays_where_its_combination_has_to_change() -> None:
    rule = twin.FixedCombinations(columns=["city", "code"])  # drawn one by one, they do not belong together
    t = twin.fit(stays(), epsilon=5.0, model="independent", constraints=[rule])
    for asked in ({"code": "8010"}, {"city": ["Linz", "Wien"]}):
        s = t.sample(400, seed=2, given=asked)
        assert broken(t, s) == {}
        assert set(s["city"]) <= ({"Graz"} if "code" in asked else {"Linz", "Wien"})


def test_a_combination_takes_no_column_out_of_the_model() -> None:
    fitted: Any = twins("copula").fitted
    while not hasattr(fitted, "links"):
        fitted = fitted.inner
    names = [fitted.domain.names[j] for link in fitted.links for j in (link.source, link.dependant)]
    assert not any(name.startswith(MARK) for name in names)


def test_rules_that_cannot_hold_together_are_named_before_a_fit() -> None:
    clash = [twin.Range(column="drugs", low=50), twin.Sum(total="cost", parts=["drugs", "care"])]
    clash += [twin.Range(column="cost", high=40), twin.Range(column="care", low=0)]
    with pytest.raises(twin.InputError, match="drugs ≥ 50") as caught:
        twin.fit(stays(), constraints=clash)
    assert "cost ≤ 40" in str(caught.value) and "cost = drugs + care" in str(caught.value)


def test_a_rule_that_is_hardly_ever_kept_is_named() -> None:
    rule = twin.Predicate(name="never", function=lambda t: pd.Series(np.arange(len(t)) < len(t) / 2))
    t = twin.fit(stays(), model="independent", constraints=[rule])
    never = t.with_predicates({"never": lambda t: np.zeros(len(t), dtype=bool)})
    with pytest.raises(twin.InputError, match="the rule 'never' is hardly ever kept in what the twin draws"):
        never.sample(20, seed=1)


def test_no_row_comes_twice_in_any_block() -> None:
    rng = np.random.default_rng(0)
    source = pd.DataFrame({"a": rng.integers(0, 400, 4_000), "b": rng.integers(0, 400, 4_000)})
    t = twin.fit(source.drop_duplicates(), model="independent", constraints=[twin.Unique(columns=["a", "b"])])
    whole = pd.concat(t.stream(70_000, seed=2))
    assert len(whole) == 70_000 and not whole.duplicated().any()
    few = twin.fit(pd.DataFrame({"a": [0, 1] * 40}), constraints=[twin.Unique(columns=["a"])])
    with pytest.raises(twin.InputError, match="cannot be kept by so many rows"):
        few.sample(3, seed=1)


def test_values_rise_within_a_person_and_a_long_stream_says_no() -> None:
    source = stays().assign(ward=lambda f: f["city"] + f["sex"])
    rule = twin.Monotone(column="care", by="admitted", within="ward")
    t = twin.fit(source, model="copula", constraints=[rule])
    s = t.sample(400, seed=1).sort_values(["ward", "admitted"], kind="stable")
    steps = s.groupby(["ward", "admitted"])["care"].agg(["min", "max"]).reset_index()
    for _, own in steps.groupby("ward"):
        assert (own["max"].to_numpy()[:-1] <= own["min"].to_numpy()[1:]).all()
    with pytest.raises(twin.InputError, match="at most 65,536 rows can be streamed"):
        t.stream(70_000)


class TestUnderABudget:
    def test_rows_keep_every_rule(self) -> None:
        t = twin.fit(stays(4_000), epsilon=3.0, model="marginals", constraints=rules())
        for arguments in ({}, {"given": {"city": "Graz"}}, {"balance": {"sex": {"F": 0.5, "M": 0.5}}}):
            assert broken(t, t.sample(500, seed=1, **arguments)) == {}
        assert t.ledger is not None and t.ledger.epsilon_at(1e-6) <= 3.0

    def test_functions_do_not_see_the_source(self) -> None:
        def look(table: pd.DataFrame) -> Any:
            raise AssertionError("the source was looked at")

        rule = twin.Predicate(name="looks", function=look)
        t = twin.fit(stays(), epsilon=1.0, model="independent", constraints=[rule])
        assert t.fit_info.set_aside == ()

    @pytest.mark.parametrize("cell", [None, "x", -5, 10**30, float("inf")], ids=str)
    def test_no_cell_moves_another_row(self, cell: Any) -> None:
        source = stays(60).astype({"drugs": object, "cost": object})
        schema: Schema = twin.infer(source, names_only=True).replace(
            drugs=twin.Number(low=0, high=100), cost=twin.Number(low=0, high=300)
        )
        other = source.copy()
        other.loc[7, "drugs"] = cell
        checked = twin.Rules(rules=tuple(rules())).resolved(schema)
        one, two = (ruled_dp(checked, frame, schema)[0] for frame in (source, other))
        key = ["admitted", "discharged", "care", "city"]
        both = one.merge(two, on=key, suffixes=("", "'"))
        assert len(two) in (len(one), len(one) - 1)
        same = both[both["drugs"].eq(both["drugs'"])]
        assert len(same) >= len(one) - 1
        for name in checked.auxiliary:
            assert same[name].astype(object).equals(same[f"{name}'"].astype(object))
