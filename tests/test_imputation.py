"""Imputation: what is there stays, what is missing follows from the rest of its row, and pooling by hand."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import twin
from twin.codes import MISSING, Codes, Domain, Field, State
from twin.imputation.chained import Open, chained
from twin.models.registry import available
from twin.models.trees.trees import TreeTable

N = 400


def people(n: int = N, seed: int = 0) -> pd.DataFrame:
    """A table of many kinds in which columns follow from each other."""
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 60, n)
    old = age > 40
    sex = rng.choice(["F", "M"], n)
    born = pd.Timestamp("2020-01-01") - pd.to_timedelta(age * 365, unit="D")
    return pd.DataFrame(
        {
            "id": [f"P{i:04d}" for i in range(n)],
            "age": age,
            "born": born,
            "seen": pd.DatetimeIndex(born).tz_localize("Europe/Vienna") + pd.Timedelta(hours=9),
            "sex": sex,
            "member": old,
            "size": pd.Categorical(np.where(old, "L", "S"), categories=["S", "M", "L"], ordered=True),
            "visits": pd.array(rng.poisson(np.where(old, 6, 1)), dtype="Int64"),
            "cost": [Decimal(int(c)) / 100 for c in age * 100 + rng.integers(0, 50, n)],
            "note": [f"called on day {i % 7}" for i in range(n)],
        }
    )


def holes(table: pd.DataFrame, share: float = 0.2, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return table.mask(pd.DataFrame(rng.random(table.shape) < share, columns=table.columns))


@pytest.fixture(scope="module")
def fitted() -> twin.Twin:
    table = people()
    return twin.fit(table, model="trees", schema=twin.infer(table).replace(note=twin.Text()), seed=0)


def same_where_there(before: pd.DataFrame, after: pd.DataFrame) -> None:
    assert after.columns.tolist() == before.columns.tolist()
    assert after.index.equals(before.index)
    for name in before:
        there = before[name].notna().to_numpy()
        left = before[name].to_numpy(object)[there].tolist()
        assert after[name].to_numpy(object)[there].tolist() == left, name


def test_what_is_there_stays_and_what_is_missing_comes_in_the_same_dtypes(fitted: twin.Twin) -> None:
    before = holes(people(seed=3)).set_index(pd.Index(range(7, 7 + N)))
    whole = before.copy()
    tables = fitted.impute(before, m=2, seed=5)
    assert before.equals(whole)
    assert isinstance(tables, twin.Imputed) and len(tables) == 2 and tables.first is tables[0]
    learned = [name for name in before if name not in ("id", "note")]
    for after in tables:
        same_where_there(before, after)
        assert after.dtypes.drop("size").equals(before.dtypes.drop("size"))
        assert after["size"].cat.ordered and after["size"].cat.categories.tolist() == ["S", "M", "L"]
        assert not after[learned].isna().any().any()
        assert after[["id", "note"]].equals(before[["id", "note"]])
        assert after.attrs["twin"] == {"contains": "real rows"}
    assert tables.filled == {name: before[name].isna().sum() for name in learned}
    assert tables.real and "real rows" in repr(tables) and "real rows" in tables._repr_html_()
    gone = before["age"].isna()
    assert not tables[0]["age"][gone].equals(tables[1]["age"][gone])


def test_drawn_cells_follow_the_rest_of_their_row(fitted: twin.Twin) -> None:
    truth = people(seed=4)
    before = truth.copy()
    before[["member", "size"]] = before[["member", "size"]].astype(object)
    before.loc[::2, ["member", "size"]] = None
    after = fitted.impute(before, m=1, seed=0).first
    assert (after["member"] == truth["member"]).mean() > 0.9
    assert (after["size"] == truth["size"]).mean() > 0.9


def test_the_same_seed_gives_the_same_tables_on_any_number_of_threads(fitted: twin.Twin) -> None:
    before = holes(people(60, seed=3))
    first, again = fitted.impute(before, m=2, seed=5), fitted.impute(before, m=2, seed=5, threads=1)
    assert all(a.equals(b) for a, b in zip(first, again, strict=True))
    assert fitted.impute(before, m=1, seed=5).first.equals(first.first)
    assert not fitted.impute(before, m=1, seed=6).first.equals(first.first)


def test_columns_may_be_absent_or_strange_or_in_another_order(fitted: twin.Twin) -> None:
    before = holes(people(80, seed=3))[["sex", "visits", "age"]]
    before.insert(1, "extra", [None, [1]] * 40)
    after = fitted.impute(before, m=1, seed=0).first
    same_where_there(before, after)
    assert after["extra"].equals(before["extra"])
    assert not after[["sex", "visits", "age"]].isna().any().any()


def test_values_that_the_twin_never_draws_stay(fitted: twin.Twin) -> None:
    before = people(40, seed=3)
    before["age"] = before["age"].astype(float)
    before.loc[:4, "age"] = [1e9, -5.0, 17.0, np.inf, 61.5]
    before.loc[5:9, "sex"] = "none of these"
    before["visits"] = before["visits"].astype("Float64")
    before.loc[:20, "visits"] = None
    tables = fitted.impute(before, m=20, seed=0)
    for after in tables:
        same_where_there(before, after)
        assert not after["visits"].isna().any()
    old, young = np.mean([after["visits"].iloc[:2].astype(float) for after in tables], axis=0)
    assert old > young + 2  # by the nearest age: six visits and one


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_other_libraries_come_back(fitted: twin.Twin, library: str) -> None:
    before = holes(people(80, seed=3)).drop(columns="seen")
    before["size"] = before["size"].astype(object)
    table: Any = pl.from_pandas(before) if library == "polars" else pa.Table.from_pandas(before)
    if library == "polars":
        table = table.with_columns(
            pl.col("size").cast(pl.Enum(["S", "L"])), pl.col("sex").cast(pl.Categorical)
        )
    else:
        table = table.set_column(
            table.column_names.index("size"), "size", table.column("size").dictionary_encode()
        )
    after = fitted.impute(table, m=1, seed=0).first
    assert type(after) is type(table)
    assert after.schema == table.schema or after.schema.equals(table.schema)
    told = (after.to_pandas(), table.to_pandas())
    for name in before:
        there = told[1][name].notna()
        assert told[0][name][there].tolist() == told[1][name][there].tolist()
        assert name in ("id", "note") or not told[0][name].isna().any()


def test_nothing_missing_costs_nothing_and_changes_nothing(fitted: twin.Twin) -> None:
    before = people(5)
    tables = fitted.impute(before, m=3, seed=0)
    assert all(after.equals(before) for after in tables) and tables.filled == {}


def test_odd_tables(fitted: twin.Twin) -> None:
    one = people(1)
    one.loc[0, "sex"] = None
    assert fitted.impute(one, m=1, seed=0).first.loc[0, "sex"] in ("F", "M")
    bare = pd.DataFrame({"age": [None, None], "sex": [None, None], "born": [None, None]})
    after = fitted.impute(bare, m=1, seed=0).first
    assert not after.isna().any().any() and set(after["sex"]) <= {"F", "M"}
    assert len(fitted.impute(people(3).head(0), m=1).first) == 0
    never = twin.fit(people().assign(nothing=None), seed=0)
    left = never.impute(people(3).assign(nothing=None, sex=None), m=1, seed=0).first
    assert left["nothing"].isna().all() and not left["sex"].isna().any()


def test_rows_that_break_a_dependency_of_the_twin_are_filled() -> None:
    rng = np.random.default_rng(0)
    code = rng.integers(0, 6, 600)
    table = pd.DataFrame(
        {"code": code.astype(str), "name": (code // 2).astype(str), "x": code + rng.random(600)}
    )
    t = twin.fit(table, model="copula", seed=0)
    broken = pd.DataFrame({"code": ["0", None, "5"], "name": ["2", "1", None], "x": [None, 2.5, 5.5]})
    after = t.impute(broken, m=1, seed=0).first
    assert after.loc[1, "code"] in ("2", "3") and after.loc[2, "name"] == "2" and after["x"].notna().all()
    assert after.loc[0, "name"] == "2"


def test_index_levels_are_looked_at_and_not_filled() -> None:
    table = people().set_index("born")[["age", "sex"]]
    t = twin.fit(table, seed=0)
    before = table.astype({"age": float})
    before.iloc[::2, 0] = np.nan
    after = t.impute(before, m=1, seed=0).first
    assert after.index.equals(before.index) and after["age"].notna().all()
    assert np.corrcoef(after["age"], table["age"])[0, 1] > 0.9


def test_a_twin_under_a_budget_imputes() -> None:
    table = people()[["age", "sex", "member"]]
    schema = twin.infer(table).replace(age=twin.Number(low=20, high=60))
    t = twin.fit(table, privacy=twin.Budget(5.0, delta=1e-6), schema=schema, seed=0)
    after = t.impute(holes(table), m=1, seed=0).first
    assert not after.isna().any().any()


@pytest.mark.parametrize("name", [n for n in available() if n not in ("ctgan", "network")])
def test_cells_follow_the_conditional_law(name: str) -> None:
    """Of a small table all conditional shares are known: filled cells come up in these."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, 4_000), rng.integers(0, 2, 4_000)
    c = rng.random(4_000) < np.array([[0.1, 0.5], [0.4, 0.9]])[a, b]
    table = pd.DataFrame({"a": a, "b": b, "c": c}).astype(str)
    t = twin.fit(table, model=name, seed=0)
    asked = table.head(2_000).copy()
    asked.loc[:999, "c"] = None
    asked.loc[500:1_499, "a"] = None
    whole = pd.concat(t.impute(asked, m=5, seed=0), keys=range(5))
    law = table.groupby(["a", "b"]).size().unstack() / len(table)
    truth = table.assign(c=table["c"] == "True").groupby(["a", "b"])["c"].mean()
    by_row = whole.index.get_level_values(1)
    one = whole[by_row < 500]
    seen = one.assign(c=one["c"] == "True").groupby(["a", "b"])["c"].mean()
    assert (seen - truth).abs().max() < 0.08
    both = whole[(by_row >= 500) & (by_row < 1_000)]
    drawn = both.groupby(["b", "a", "c"]).size() / both.groupby("b").size()
    for (b_, a_, c_), share in drawn.items():
        of_c = truth[a_, b_] if c_ == "True" else 1 - truth[a_, b_]
        assert share == pytest.approx(law.loc[a_, b_] / law[b_].sum() * of_c, abs=0.08)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: t.impute(people(3), m=0), "m: must be"),
        (lambda t: t.impute(people(3), m=2.5), "m: "),
        (lambda t: t.impute([1, 2]), "is no table"),
        (lambda t: t.impute(pd.DataFrame({"other": [1]})), "no column of the twin"),
        (lambda t: t.impute(pd.DataFrame([[1, 2]], columns=["age", "age"])), "unique"),
        (lambda t: t.impute(people(3), seed=-1), "seed"),
        (lambda t: t.impute(people(3), m=2).pool(lambda x: 1.0), "a pair"),
    ],
)
def test_what_cannot_be_done_is_said(fitted: twin.Twin, call: Callable[[twin.Twin], Any], words: str) -> None:
    with pytest.raises(twin.InputError, match=words):
        call(fitted)


def test_pooling_by_hand() -> None:
    """Three tables: Q = 2, U = 1, B = 1, T = 1 + 4/3, r = 4/3, df = 2 (1 + 3/4)²."""
    p = twin.pool([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    assert (p.estimate, p.within, p.between, p.m) == (2.0, 1.0, 1.0, 3)
    assert p.error == pytest.approx(np.sqrt(7 / 3))
    assert p.increase == pytest.approx(4 / 3)
    assert p.df == pytest.approx(6.125)
    assert p.missing_information == pytest.approx((4 / 3 + 2 / 9.125) / (7 / 3))
    assert p.high - 2 == pytest.approx(2.4353 * np.sqrt(7 / 3), abs=2e-3)  # t at .975 with 6.125 df
    # Barnard and Rubin: lambda = 4/7; 101/103 · 100 · 3/7 = 42.025; 1 / (1/6.125 + 1/42.025)
    q = twin.pool([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], complete_df=100)
    assert q.df == pytest.approx(1 / (1 / 6.125 + 1 / (101 / 103 * 100 * 3 / 7)))
    assert q.high > p.high


def test_pooling_of_equal_estimates_and_of_arrays() -> None:
    p = twin.pool([2.0, 2.0], [4.0, 4.0])
    assert (p.error, p.increase, p.missing_information, p.df) == (2.0, 0.0, 0.0, np.inf)
    assert p.high == pytest.approx(2 + 1.959964 * 2, abs=1e-5)
    both = twin.pool([[1.0, 2.0], [2.0, 2.0], [3.0, 2.0]], [[1.0, 4.0]] * 3)
    alone = twin.pool([1.0, 2.0, 3.0], [1.0] * 3)
    assert both.estimate.tolist() == [2.0, 2.0]
    for name in ("error", "df", "low", "high", "increase", "missing_information"):
        assert getattr(both, name)[0] == pytest.approx(getattr(alone, name))
    assert "2 estimates" in repr(both) and "<table>" in both._repr_html_()


@pytest.mark.parametrize(
    ("estimates", "variances", "given", "words"),
    [
        ([1.0], [1.0], {}, "m ≥ 2"),
        ([1.0, 2.0], [1.0], {}, "same shape"),
        ([1.0, 2.0], [1.0, -1.0], {}, "negative"),
        ([1.0, np.nan], [1.0, 1.0], {}, "finite"),
        (["a", "b"], [1.0, 1.0], {}, "numbers"),
        ([1.0, 2.0], [1.0, 1.0], {"level": 95}, "level"),
        ([1.0, 2.0], [1.0, 1.0], {"complete_df": 0}, "complete_df"),
    ],
)
def test_what_cannot_be_pooled_is_said(estimates: Any, variances: Any, given: Any, words: str) -> None:
    with pytest.raises(twin.InputError, match=words):
        twin.pool(estimates, variances, **given)


def test_tables_are_pooled_with_an_estimator(fitted: twin.Twin) -> None:
    tables = fitted.impute(holes(people(seed=3))[["age", "sex"]], m=3, seed=0)
    pooled = tables.pool(lambda x: (x["age"].mean(), x["age"].var() / len(x)), complete_df=N - 1)
    assert pooled.estimate == pytest.approx(np.mean([table["age"].mean() for table in tables]))
    assert pooled.between > 0 and pooled.low < people(seed=3)["age"].mean() < pooled.high


def test_what_is_missing_tells_too() -> None:
    """Only adults were asked: who has no answer is a child, and stays one when the age is hidden."""
    rng = np.random.default_rng(0)
    age = rng.integers(1, 70, 3_000)
    answer = pd.Series(rng.normal(50, 10, age.size).round(), dtype="Float64").mask(age < 18)
    table = pd.DataFrame({"age": pd.Series(age, dtype="Int64"), "answer": answer})
    holes = table.copy()
    holes.loc[rng.random(age.size) < 0.2, "age"] = pd.NA
    filled = twin.fit(holes, model="trees", seed=0).impute(holes, m=1, seed=1).first
    hidden = holes["age"].isna()
    assert (filled["age"][hidden & answer.isna()] < 18).mean() > 0.9
    assert (filled["age"][hidden & answer.notna()] >= 18).mean() > 0.9


@pytest.mark.parametrize("gaps", [True, False])
def test_progress_rises_to_the_end_over_all_tables(gaps: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    table = people()[["age", "sex", "visits"]]
    t = twin.fit(holes(table) if gaps else table, model="copula", seed=0)
    told: list[float] = []
    monkeypatch.setattr("twin.progress.ProgressBar.__call__", lambda self, done, what: told.append(done))
    t.impute(holes(table.head(60)), m=2, seed=0)
    assert len(told) == 2 * 3 * (1 + gaps) and told == sorted(told)
    assert told[len(told) // 2 - 1] == pytest.approx(0.5) and told[-1] == pytest.approx(1.0)


def test_wide_tables_learn_each_column_from_those_that_tell_most() -> None:
    """Of 60 others, more than a law looks at, one tells nearly all."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.integers(0, 4, (600, 61)), columns=[f"c{i}" for i in range(61)])
    table["c60"] = table["c0"].where(rng.random(600) < 0.95, table["c1"])
    before = table.head(50).astype({"c60": "Int64"})
    before["c60"] = pd.NA
    t = twin.fit(table, model="copula", seed=0)
    assert (t.impute(before, m=1, seed=0).first["c60"] == table["c0"].head(50)).mean() > 0.8


def test_laws_are_learned_only_where_their_column_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filled cells tell of other columns, never of their own."""
    learn, missing = TreeTable.field, {}

    def watched(self: TreeTable, j: int, *rest: Any) -> Any:
        missing.setdefault(j, []).append(np.count_nonzero(self.codes.values[:, j] == MISSING))
        return learn(self, j, *rest)

    table = people()[["age", "sex", "visits"]]
    t = twin.fit(holes(table), model="copula", seed=0)
    monkeypatch.setattr(TreeTable, "field", watched)
    t.impute(holes(table.head(60)), m=1, seed=0)
    assert missing and all(first == second > 0 for first, second in missing.values())


def test_a_column_may_be_called_like_what_tells_of_gaps() -> None:
    table = people()[["age", "sex"]].rename(columns={"sex": "age is missing"})
    t = twin.fit(holes(table), model="copula", seed=0)
    assert not t.impute(holes(table), m=1, seed=0).first.isna().any().any()


class Even:
    """A model whose samples hold just the shares that it knows, as raked ones nearly do."""

    domain = Domain((Field(name="flag", size=2), Field(name="side", size=2)))

    def sample(self, n: int, *, rng: np.random.Generator, given: Any = None) -> Codes:
        return Codes(self.domain, np.stack([np.arange(n) % 5 < 2, np.arange(n) % 2], axis=1).astype(np.int32))

    def state(self) -> State:
        return State({}, {})


def test_laws_are_learned_from_rows_that_vary_as_people_do() -> None:
    """Of n people a share p varies by p (1 - p) / n; else copies would not tell what the twin cannot know."""
    asked = Open(told={"side"}, open={"flag"}, rows=200)
    pools = [chained(Even(), asked, np.random.default_rng(i)).pool for i in range(150)]  # type: ignore[attr-defined]
    shares = np.array([pool[:, 0].mean() for pool in pools])
    assert all(pool.shape == (200, 2) for pool in pools)
    assert 0.65 < shares.var() / (0.4 * 0.6 / 200) < 1.5
