"""fit, sample, save and load, as users meet them: good, odd and bad input."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import twin
from tests.helpers.models import small

RNG = np.random.default_rng(2)
N = 300


def people(n: int = N, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n)
    return pd.DataFrame(
        {
            "age": age,
            "sex": rng.choice(["F", "M"], n),
            "income": np.round(age * 700 + rng.normal(0, 9_000, n), 2),
            "joined": np.datetime64("2020-01-01") + rng.integers(0, 700, n),
            "member": rng.random(n) < age / 100,
        }
    )


PEOPLE = people()
MODELS = list(twin.MODELS)


def test_a_sample_has_the_columns_order_dtypes_and_size_of_its_source() -> None:
    s = twin.fit(PEOPLE).sample()
    pd.testing.assert_series_equal(s.dtypes, PEOPLE.dtypes)
    assert s.shape == PEOPLE.shape


@pytest.mark.parametrize("model", MODELS)
def test_saved_twins_sample_identical_rows_on_one_thread_or_two(model: str, tmp_path: Any) -> None:
    state, table_state = np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    t = twin.fit(PEOPLE, model=small(model), seed=3)
    path = tmp_path / "m.twin"
    t.save(path)
    loaded = twin.load(path)
    one = loaded.sample(40_000, seed=7, threads=1)
    two = loaded.sample(40_000, seed=7, threads=2)
    pd.testing.assert_frame_equal(one, two)
    pd.testing.assert_frame_equal(one, t.sample(40_000, seed=7))
    pd.testing.assert_frame_equal(one, pd.concat(loaded.stream(40_000, seed=7), ignore_index=True))
    assert not one.equals(loaded.sample(40_000, seed=8))
    assert t.to_bytes() == loaded.to_bytes() == path.read_bytes()
    assert np.random.get_state()[1].tolist() == state  # global random state is untouched  # noqa: NPY002
    assert random.getstate() == table_state


def test_dependence_survives() -> None:
    s = twin.fit(people(3_000)).sample(3_000, seed=1)
    source = people(3_000)
    assert abs(s["age"].corr(s["income"]) - source["age"].corr(source["income"])) < 0.05


def test_every_frame_library_gets_its_own_back() -> None:
    polars = pl.from_pandas(PEOPLE)
    out = twin.fit(polars).sample(20, seed=1)
    assert isinstance(out, pl.DataFrame)
    assert out.schema == polars.schema
    arrow = pa.Table.from_pandas(PEOPLE)
    out = twin.fit(arrow).sample(20, seed=1)
    assert isinstance(out, pa.Table)
    assert out.schema.equals(arrow.schema)
    relation = duckdb.connect().from_df(PEOPLE)
    assert isinstance(twin.fit(relation).sample(20), pd.DataFrame)
    lazy = pl.from_pandas(PEOPLE).lazy()
    assert isinstance(twin.fit(lazy).sample(20), pl.DataFrame)


INDEXES = {
    "range": pd.RangeIndex(N),
    "filtered": pd.Index(RNG.permutation(N * 2)[:N]),
    "named": pd.Index(RNG.choice(["x", "y"], N), name="group"),
    "dates": pd.DatetimeIndex(np.datetime64("2020-01-01") + RNG.integers(0, 99, N), name="day"),
    "two levels": pd.MultiIndex.from_arrays([RNG.choice(["x", "y"], N), RNG.integers(0, 3, N)]),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_the_index_comes_back(index: pd.Index) -> None:
    s = twin.fit(PEOPLE[["age"]].set_axis(index), model="copula").sample(10, seed=1)
    assert s.index.nlevels == index.nlevels
    assert list(s.index.names) == list(index.names)
    assert list(s.index.dtypes if index.nlevels > 1 else [s.index.dtype]) == list(
        index.dtypes if index.nlevels > 1 else [index.dtype]
    )
    assert s.columns.tolist() == ["age"]


ODD: dict[str, pd.DataFrame] = {
    "one column": PEOPLE[["age"]],
    "constant": pd.DataFrame({"c": [1] * N, "d": ["x"] * N}),
    "all missing": pd.DataFrame(
        {"c": [None] * N, "d": [np.nan] * N, "e": pd.array([pd.NA] * N, dtype="Int64")}
    ),
    "all unique": pd.DataFrame(
        {"c": [f"u{i}" for i in range(N)], "d": RNG.permutation(N), "e": RNG.random(N)}
    ),
    "mixed types": pd.DataFrame({"c": [1, "a", 2.5, True, None] * 60}),
    "empty strings": pd.DataFrame({"c": ["", "a", None] * 100}),
    "infinities": pd.DataFrame({"c": np.where(RNG.random(N) < 0.2, np.inf, RNG.normal(size=N))}),
    "old dates": pd.DataFrame({"c": [dt.date(1500 + i % 3, 1, 1) for i in range(N)]}),
    "time zones": pd.DataFrame(
        {"c": pd.date_range("2021-03-27", periods=N, freq="7min", tz="Europe/Vienna")}
    ),
    "decimals": pd.DataFrame({"c": [Decimal(i % 40) / 10 for i in range(N)]}),
    "nullable integers": pd.DataFrame({"c": pd.array([1, 2, None] * 100, dtype="UInt8")}),
    "unused levels": pd.DataFrame(
        {"c": pd.Categorical(["a", "b"] * 150, categories=["b", "a"], ordered=True)}
    ),
    "names": pd.DataFrame(
        {"🦉": PEOPLE["age"], 7: PEOPLE["sex"], 2.5: PEOPLE["member"], "a\nb": PEOPLE["income"]}
    ),
    "times": pd.DataFrame(
        {"c": [dt.time(i % 24, 0) for i in range(N)], "d": pd.to_timedelta(RNG.integers(0, 9, N), unit="h")}
    ),
    "rare only": pd.DataFrame({"c": [f"r{i // 2}" for i in range(N)]}),
    "dates as text": pd.DataFrame({"c": PEOPLE["joined"].dt.strftime("%Y-%m-%d")}),
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("table", ODD.values(), ids=ODD)
def test_odd_tables_get_an_answer_with_their_dtypes(table: pd.DataFrame, model: str) -> None:
    t = twin.fit(table, model=small(model))
    s = twin.from_bytes(t.to_bytes()).sample(50, seed=1)
    pd.testing.assert_series_equal(s.dtypes, table.dtypes)
    assert s.shape == (50, table.shape[1])
    assert t.sample(0).shape == (0, table.shape[1])
    assert repr(t)
    assert t._repr_html_()


@pytest.mark.parametrize("columns", [600, pytest.param(2_000, marks=pytest.mark.slow)])
def test_wide_tables_get_an_answer(columns: int) -> None:
    rng = np.random.default_rng(1)
    wide = pd.DataFrame(rng.integers(0, 4, (60, columns)), columns=[f"c{i}" for i in range(columns)])
    t = twin.fit(wide)
    assert t.sample(30, seed=1).shape == (30, columns)


BAD: dict[str, tuple[Any, dict[str, Any], str]] = {
    "no table": ([1, 2], {}, "a list is no table"),
    "no rows": (PEOPLE.head(0), {}, "no rows"),
    "no columns": (pd.DataFrame(index=range(50)), {}, "no columns"),
    "few rows": (PEOPLE.head(21), {}, "fewer than 2k = 22"),
    "few subjects": (PEOPLE.assign(p=np.arange(N) % 10), {"subject": "p"}, "fewer than 2k = 22 subjects"),
    "nested": (pd.DataFrame({"secretive": [[1]] * 50}), {}, "column 'secretive' holds objects of type list"),
    "repeated names": (pd.DataFrame(np.ones((50, 2)), columns=["a", "a"]), {}, "names must be unique"),
    "levels of names": (pd.DataFrame({("a", "b"): [1] * 50}), {}, "several levels"),
    "name of a date": (pd.DataFrame({pd.Timestamp(0): [1] * 50}), {}, "names must be text or numbers"),
    "no such subject": (PEOPLE, {"subject": "who"}, "no column 'who'"),
    "missing subject": (PEOPLE.assign(p=[None, *range(N - 1)]), {"subject": "p"}, "missing cells"),
    "unknown model": (PEOPLE, {"model": "magic"}, "choose from"),
    "no regime": (PEOPLE, {"privacy": "k"}, "privacy: a str is none"),
    "odd seed": (PEOPLE, {"seed": 1.5}, "seed: must be"),
    "negative seed": (PEOPLE, {"seed": -1}, "seed: must be"),
    "zero epsilon": (PEOPLE, {"epsilon": 0}, "epsilon: must be"),
    "epsilon with a regime": (
        PEOPLE,
        {"epsilon": 1.0, "privacy": twin.Suppression()},
        "epsilon: it is short",
    ),
    "no private form": (PEOPLE, {"epsilon": 1.0, "model": "trees"}, "has no private form"),
    "no schema": (PEOPLE, {"schema": {"age": "number"}}, "schema: a dict is no schema"),
    "schema of another table": (PEOPLE, {"schema": twin.infer(PEOPLE[["age"]])}, "beyond the schema"),
}


@pytest.mark.parametrize(("table", "options", "message"), BAD.values(), ids=BAD)
def test_bad_input_gets_one_clear_sentence(table: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(twin.TwinError) as caught:
        twin.fit(table, **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bad_sizes_are_refused() -> None:
    t = twin.fit(PEOPLE, model="independent")
    for n in (-1, 1.5, True):
        with pytest.raises(twin.InputError, match="n: must be a whole number"):
            t.sample(n)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        t.sample(5, sede=1)  # type: ignore[call-arg]


def test_a_declared_schema_is_followed() -> None:
    schema = twin.infer(PEOPLE).replace(age=twin.Category(), income=twin.Number(low=0, decimals=-3))
    s = twin.fit(people(3_000), schema=schema, model="copula").sample(200, seed=1)
    assert set(s["age"]) <= set(PEOPLE["age"])
    assert (s["income"] % 1_000 == 0).all()
    assert (s["income"] >= 0).all()
    assert twin.Schema.from_json(schema.to_json()) == schema


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "not valid"), ("{}", "columns is not valid"), ('{"columns": [{"kind": "magic"}]}', "not known")],
)
def test_a_bad_schema_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(twin.SchemaError, match=message):
        twin.Schema.from_json(text)


def test_a_changed_file_is_refused(tmp_path: Any) -> None:
    content = bytearray(twin.fit(PEOPLE, model="independent").to_bytes())
    content[len(content) // 2] ^= 1
    with pytest.raises(twin.FileFormatError):
        twin.from_bytes(bytes(content))
    with pytest.raises(twin.InputError, match="no such file"):
        twin.load(tmp_path / "nothing.twin")
