"""The rules of suppression end to end, by the numbers of their tests; the numbers left out are about budgets.

Thresholds are secret: a value meant to stay is held by far more than k subjects, one meant to go by fewer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

import twin
from tests.helpers.models import small
from twin.columns.kinds.category import TOKEN
from twin.columns.table import infer_schema, learn_columns
from twin.privacy.suppression.guard import Guard

K = 11
N = 2_000


def table(**columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    filler = {"side": rng.choice(["left", "right"], N), "x": rng.normal(size=N).round(2)}
    return pd.DataFrame({**columns, **filler})


def texts(counts: dict[Any, int]) -> np.ndarray:
    """Levels with their counts; the rest is "plain"."""
    out = np.full(N, "plain", dtype=object)
    at = 0
    for level, count in counts.items():
        out[at : at + count] = level
        at += count
    return out


def sampled(frame: pd.DataFrame, n: int = 20_000, **options: Any) -> pd.DataFrame:
    model = options.pop("model", "independent")
    model = small(model) if isinstance(model, str) else model
    return twin.fit(frame, model=model, **options).sample(n, seed=1)


@pytest.mark.parametrize("model", list(twin.MODELS))
def test_t01_below_k_never_and_far_above_always(model: str) -> None:
    out = sampled(table(city=texts({"Rare": K - 1, "Some": 80})), model=model)
    assert set(out["city"]) == {"plain", "Some"}


def test_t01_between_k_and_k_plus_8_eventually() -> None:
    frame = pd.DataFrame({"c": texts({"edge": K + 2})[:200]})
    schema = infer_schema(frame)
    kept = sum("edge" in learn_columns(frame, schema, Guard(k=K)).learned[0].levels for _ in range(60))  # type: ignore[attr-defined]
    assert 0 < kept < 60  # kept if the noise is at most 2: 70 % of the time


@pytest.mark.parametrize("model", list(twin.MODELS))
def test_t02_one_subject_with_500_rows_is_one(model: str) -> None:
    frame = table(code=texts({"X": 500}), person=np.arange(N))
    frame.loc[:499, "person"] = 0
    assert set(sampled(frame, subject="person", model=model)["code"]) == {"plain"}


def test_t03_a_value_that_one_subject_dominates_is_rare() -> None:
    frame = table(code=texts({"X": 130}), person=np.arange(N))
    frame.loc[:69, "person"] = 0  # 70 of the 130 rows; 61 subjects in all
    assert set(sampled(frame, subject="person")["code"]) == {"plain"}


@pytest.mark.slow
def test_t04_a_salary_is_never_seen_in_a_million_rows() -> None:
    rng = np.random.default_rng(1)
    salary = rng.lognormal(10.5, 0.5, N).round(2)
    salary[7] = 1_234_567.89
    out = sampled(table(salary=salary), 1_000_000)
    assert out["salary"].max() < 1_000_000
    assert not (out["salary"] == 1_234_567.89).any()


@pytest.mark.parametrize("model", list(twin.MODELS))
def test_t05_one_age_of_103_leaves_no_spike(model: str) -> None:
    rng = np.random.default_rng(2)
    age = rng.integers(20, 90, N)
    age[3] = 103
    out = sampled(table(age=age), model=model)["age"]
    assert out.max() <= 90
    top = (out == out.max()).mean()
    assert top < 3 / 70  # about its share in the source, not the tail piled up


def test_t06_lone_facts_leave_no_trace() -> None:
    rng = np.random.default_rng(3)
    number = rng.integers(100, 999, N).astype(float)
    gone, below, fine = number.copy(), number.copy(), number.round(1)
    gone[5], below[5], fine[5] = np.nan, -250.0, 417.1234
    long = texts({"other": 300, "a" * 31: 1})
    frame = table(gone=gone, below=below, fine=fine, long=long)
    t = twin.fit(frame)
    out = t.sample(50_000, seed=1)
    assert out["gone"].notna().all() and (out["below"] >= 100).all()
    assert ((out["fine"] * 10) % 1 == 0).all() and out["long"].str.len().max() == 5
    domain = t.columns.domain
    assert not any(domain[name].nullable for name in ("gone", "below", "fine"))


def test_t08_a_unique_combination_of_common_parts_is_no_more_frequent_than_by_chance() -> None:
    """Here one, in 100,000 rows of the public function; test_rare_combinations.py looks at every one."""
    rng = np.random.default_rng(4)
    zip_code, sex = rng.choice(["1010", "8010", "5020"], N), rng.choice(["F", "M"], N)
    born = pd.to_datetime("1960-01-01") + pd.to_timedelta(rng.integers(0, 40, N), unit="D")
    frame = table(zip=zip_code, sex=sex, born=born)
    here = (frame["zip"] == "1010") & (frame["born"] == frame["born"].min())
    frame.loc[here, "sex"] = "F"
    frame.loc[here.idxmax(), "sex"] = "M"
    out = sampled(
        frame, 100_000, privacy=twin.Suppression(quasi_identifiers=["zip", "sex", "born"]), model="trees"
    )
    hits = ((out["zip"] == "1010") & (out["born"] == frame["born"].min()) & (out["sex"] == "M")).sum()
    shares = [  # of the twin: which values it keeps, and so how often, depends on secret thresholds
        (out["zip"] == "1010").mean(),
        (out["born"] == frame["born"].min()).mean(),
        (out["sex"] == "M").mean(),
    ]
    chance = np.prod(shares)
    assert poisson.sf(hits - 1, chance * len(out)) > 1e-4


def test_t09_a_literal_token_round_trips() -> None:
    frame = table(city=texts({TOKEN: 400, "Rare": 7, "Other": 8, "Odd": 9, "Strange": 10}))
    out = sampled(frame, schema=twin.infer(frame).replace(city=twin.Category(rare="token")))
    assert set(out["city"]) == {"plain", TOKEN, f"_{TOKEN}_"}


def test_t10_only_rare_values_become_the_token() -> None:
    names = [f"Xy{i:03d} {'ab'[i % 2]}" for i in range(N // 4)] * 4
    out = sampled(table(thing=names), schema=twin.infer(table(thing=names)).replace(thing=twin.Category()))
    assert set(out["thing"]) == {TOKEN}


def test_t11_too_few_subjects_are_refused() -> None:
    with pytest.raises(twin.InputError, match="fewer than 2k = 22"):
        twin.fit(table().head(21))
    frame = table(person=np.arange(N) % 20)
    with pytest.raises(twin.InputError, match="fewer than 2k = 22 subjects"):
        twin.fit(frame, subject="person")


def test_t12_date_outliers_lie_beyond_the_bounds() -> None:
    day = pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(N) % 700, unit="D"))
    day[0], day[1] = pd.Timestamp("1911-02-03"), pd.Timestamp("2099-12-31")
    out = sampled(table(day=day))["day"]
    assert pd.Timestamp("2020-01-01") <= out.min() and out.max() <= pd.Timestamp("2021-12-01")


@pytest.mark.parametrize("model", list(twin.MODELS))
def test_t13_three_true_are_none(model: str) -> None:
    assert not sampled(table(flag=np.arange(N) < 3), model=model)["flag"].any()


def test_t14_variants_in_case_and_space_count_each_for_itself() -> None:
    out = sampled(table(city=texts({"Graz": 500, "graz": 4, "Graz ": 4, "Gra\u007a\u0301": 4})))
    assert set(out["city"]) == {"plain", "Graz"}


def test_t15_unused_categories_are_never_emitted() -> None:
    city = pd.Categorical(texts({"Graz": 500}), categories=["Graz", "plain", "Atlantis"])
    out = sampled(table(city=city))["city"]
    assert "Atlantis" not in set(out) and "Atlantis" not in out.cat.categories


def test_t16_canary_bytes_are_nowhere() -> None:
    """File, log, report, exceptions, metadata, memory; test_canaries.py has every sort and every model."""
    frame = table(
        city=texts({"Graz": 700}),
        day=pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(N) % 90, unit="D"),
    )
    told = twin.leak_test(frame, models=["copula"], rows=5_000)
    assert len(told.canaries) > 10 and told.passed, str(told)
    assert not twin.leak_test(frame, models=["copula"], rows=5_000, guard=False).passed


def test_t17_what_is_kept_follows_the_noise_law() -> None:
    """1,000 refits: K = 11 + noise, P(noise ≤ j) = 1 - (2/3)^(j+1)."""
    counts = {"a": 200, "b": K - 1, "c": K, "d": K + 4, "e": 3}  # two are always cut: no complement joins
    frame = pd.DataFrame({"c": np.repeat(list(counts), list(counts.values()))})
    schema = infer_schema(frame)
    fits = [learn_columns(frame, schema, Guard(k=K)).learned[0].levels for _ in range(1_000)]  # type: ignore[attr-defined]
    assert not any("b" in levels for levels in fits)
    for level, spare in (("c", 0), ("d", 4)):
        wanted = 1 - (2 / 3) ** (spare + 1)
        assert abs(np.mean([level in levels for levels in fits]) - wanted) < 4.5 * np.sqrt(
            wanted * (1 - wanted) / 1_000
        )


def test_t18_row_order_does_not_matter() -> None:
    rng = np.random.default_rng(6)
    person = np.arange(N) // 2
    frame = table(person=person, n=rng.poisson(30, N), c=texts({"a": 40, "b": 12, "d": 7}))
    mixed = frame.sample(frac=1.0, random_state=1)
    schema = infer_schema(frame, subject="person")
    states = []
    for rows in (frame, mixed):
        guard = Guard(k=K, subjects=rows["person"].to_numpy(), noise=lambda: 1)
        states.append(learn_columns(rows, schema, guard).state())
    assert states[0].facts == states[1].facts
    for name, array in states[0].arrays.items():
        np.testing.assert_array_equal(array, states[1].arrays[name])


NETS = {"network": twin.Network(epochs=2), "ctgan": twin.CTGAN(epochs=5, width=64, candidates=2)}


@pytest.mark.parametrize("model", [NETS.get(name, name) for name in twin.MODELS], ids=list(twin.MODELS))
def test_t21_heaps_are_kept_and_no_other_value_stands_out(model: Any) -> None:
    check_heaps(model)


@pytest.mark.slow
@pytest.mark.parametrize("model", [twin.Network(), twin.CTGAN()], ids=list(NETS))
def test_t21_with_nets_as_users_get_them(model: Any) -> None:
    check_heaps(model)


def check_heaps(model: Any) -> None:
    rng = np.random.default_rng(7)
    n = 12_000
    amount = rng.integers(1, 10_000, n)
    heaped = rng.random(n) < 0.6
    amount[heaped] = rng.integers(1, 101, heaped.sum()) * 100
    held = pd.Series(amount).value_counts()
    frame = pd.DataFrame({"amount": amount, "side": rng.choice(["left", "right"], n)})
    out = sampled(frame, 100_000, model=model)["amount"]
    counts = out.value_counts()
    heaps = np.arange(100, 9_900, 100)
    assert (counts.reindex(heaps).fillna(0) > 150).all()  # 72 of 12,000 rows each, in expectation
    rare = held.index[held < 4].to_numpy()
    rare = rare[(rare > 200) & (rare < 9_800) & ((rare + 1) % 100 != 0) & ~np.isin(rare + 1, rare)]
    here, there = (counts.reindex(v).fillna(0).sum() for v in (rare, rare + 1))
    assert here - there <= 4.5 * np.sqrt(here + there)


def test_longitudinal_a_code_in_eight_visits_of_one_patient_is_rare() -> None:
    frame = table(code=texts({"Z99": 8, "J45": 160}), patient=np.arange(N) // 4)
    frame.loc[:7, "patient"] = 0
    t = twin.fit(frame, subject="patient")
    assert set(t.sample(30_000, seed=1)["code"]) == {"plain", "J45"}
    assert b"Z99" not in t.to_bytes()


def test_t22_a_rare_surname_in_text_is_absent() -> None:
    rng = np.random.default_rng(9)
    note = np.array(
        [
            f"seen by Dr {name}, come back in {w} weeks"
            for name, w in zip(rng.choice(["Huber", "Gruber"], N), rng.integers(2, 9, N), strict=True)
        ]
    )
    note[:3] = "seen by Dr Zyxomma, come back in 2 weeks"
    frame = table(note=note)
    schema = twin.infer(frame).replace(note=twin.Text(treatment="template"))
    t = twin.fit(frame, schema=schema, model="independent")
    out = t.sample(20_000, seed=1)["note"]
    assert out.str.contains("seen by Dr Huber").any()
    assert not out.str.contains("Zyxomma").any() and b"Zyxomma" not in t.to_bytes()


@pytest.mark.slow
def test_t24_a_million_rows_of_twenty_columns() -> None:
    """What is kept is right at that size."""
    rng = np.random.default_rng(8)
    n = 1_000_000
    columns: dict[str, Any] = {f"c{i}": rng.zipf(1.5, n) % 3_000 for i in range(5)}
    columns |= {f"n{i}": rng.integers(0, 10**i, n) for i in range(1, 6)}
    columns |= {f"r{i}": rng.lognormal(3, 1, n).round(i) for i in range(5)}
    start = np.datetime64("2000-01-01")
    columns |= {f"d{i}": start + rng.integers(0, 9_000, n).astype("timedelta64[D]") for i in range(5)}
    frame = pd.DataFrame(columns)
    schema = infer_schema(frame).replace({f"c{i}": twin.Category() for i in range(5)})
    learned = learn_columns(frame, schema, Guard(k=K)).learned
    held = frame["c0"].value_counts()
    levels = set(learned[0].levels)  # type: ignore[attr-defined]
    assert not levels & set(held.index[held < K]) and levels >= set(held.index[held > 80])
