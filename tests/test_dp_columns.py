"""Columns under a budget: charges are as planned, no cell is refused, rare levels are not told."""

from __future__ import annotations

import datetime as dt
import json
import logging
import math
import warnings
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from twin.codes import State
from twin.columns.arrays.dp_reading import read_dp
from twin.columns.base import DecodeContext
from twin.columns.dp_infer import infer_dp
from twin.columns.dp_table import learn_columns_dp, needs_of
from twin.columns.schema import Category, Column, Datetime, DirectIdentifier, Flag, Key, Number, Schema, Text
from twin.columns.table import Columns
from twin.errors import InputError, SchemaError
from twin.privacy.dp.dp_guard import DpGuard
from twin.privacy.dp.dp_quantiles import (
    COARSE,
    DIGITS,
    FINEST,
    OCTAVES,
    bounds,
    cells,
    decimals,
    digits,
    heaps,
    octave_range,
    octaves,
    outermost,
    public_edges,
)
from twin.privacy.dp.events import PrivacyLimit
from twin.privacy.dp.ledger import Ledger
from twin.privacy.dp.mechanism import Mechanism, Noise
from twin.privacy.dp.plan import Need, make_plan

HOSTILE: list[Any] = [
    None,
    float("nan"),
    1e9,
    -1,
    float("inf"),
    float("-inf"),
    0.123456789,
    True,
    [1, 2],
    {"a": 1},
    (1,),
    object(),
    b"bytes",
    1 + 2j,
    10**400,
    -(10**30),
    "",
    "nobody else",
    "\ud800",
    "1e400",
    dt.date(1, 1, 1),
    dt.datetime(9999, 12, 31, 23, 59, 59, 999999),
    dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    pd.Timestamp("2020-01-01 05:00", tz="Europe/Vienna"),
    pd.NaT,
    np.datetime64("0001-01-01"),
    dt.timedelta(days=10**6),
    dt.time(1, 2),
    Decimal("sNaN"),
    Decimal("1e5000"),
    np.float32(1.5),
    np.uint64(2**64 - 1),
    pd.Interval(0, 1),
]


class Quiet(Noise):
    """No noise at all: what is left to vary is the data."""

    def draw(self, size: int, *, sigma: float) -> np.ndarray:
        return np.zeros(size, np.int64)


def guard_for(
    schema: Schema,
    n: int,
    *,
    epsilon: float = 1.0,
    cap: int = 1,
    subjects: np.ndarray | None = None,
    noise: Noise | None = None,
) -> DpGuard:
    budget = PrivacyLimit(epsilon=epsilon, delta=1e-6)
    plan = make_plan(needs_of(schema), budget, cap)
    mechanism = Mechanism(ledger=Ledger(budget), noise=noise or Noise())
    return DpGuard(mechanism=mechanism, plan=plan, n=n, subjects=subjects)


def learned(frame: pd.DataFrame, schema: Schema, **how: Any) -> tuple[Columns, DpGuard]:
    guard = guard_for(schema, len(frame), **how)
    guard.rows()
    return learn_columns_dp(frame, schema, guard), guard


def round_trip(columns: Columns, frame: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return columns.decode(columns.encode(frame, rng), DecodeContext(rng=rng, start=0, seed=1))


KINDS: list[Column] = [
    Category(dtype="str"),
    Category(dtype="object"),
    Category(dtype="number"),
    Category(dtype="category"),
    Category(dtype="str", levels=("a", "b")),
    Category(dtype="str", rare="token"),
    Category(dtype="str", rare="parent", parents={"a": "x", "b": "x"}),
    Category(dtype="str", keep=("a",), because="it is public"),
    Category(dtype="boolean"),
    Category(dtype="int64"),
    Flag(dtype="bool"),
    Flag(dtype="object"),
    Number(dtype="number"),
    Number(dtype="number", low=0, high=100),
    Number(dtype="number", low=0, high=100, decimals=0),
    Number(dtype="number", low=0, high=10_000, decimals=0),
    Number(dtype="number", low=0, high=10**7, decimals=2),
    Number(dtype="number", low=0),
    Number(dtype="number", decimals=1),
    Number(dtype="int64"),
    Number(dtype="int8"),
    Number(dtype="uint16"),
    Number(dtype="Int32", low=5, high=6),
    Number(dtype="float32"),
    Number(dtype="float64"),
    Number(dtype="object/decimal"),
    Number(dtype="decimal128(7, 2)[pyarrow]"),
    Number(dtype="timedelta64[ns]"),
    Number(dtype="object/time"),
    Datetime(dtype="datetime64[ns]"),
    Datetime(dtype="datetime64[us, Europe/Vienna]", low="2000-01-01", high="2030-12-31"),
    Datetime(dtype="str", format="%d.%m.%Y"),
    Datetime(dtype="object", low="2020-01-01", high="2020-02-01"),
    Datetime(dtype="object/date"),
    Key(dtype="number"),
    Key(dtype="str"),
    Key(dtype="int16"),
    DirectIdentifier(what="email", dtype="str"),
    DirectIdentifier(what="phone", dtype="number"),
    DirectIdentifier(what="name", dtype="object", treatment="drop"),
    Text(dtype="object"),
    Text(dtype="str"),
]


def one(column: Column) -> Schema:
    return Schema(columns=(column.model_copy(update={"name": "c"}),))


@pytest.mark.parametrize("column", KINDS, ids=lambda c: f"{c.kind}-{c.dtype}")
@pytest.mark.parametrize("cap", [1, 3])
def test_every_kind_charges_what_was_planned(column: Column, cap: int) -> None:
    schema = one(column)
    frame = pd.DataFrame({"c": ["a", "b", None, 3, 3.5, True] * 20})
    subjects = None if cap == 1 else np.arange(120) // 4
    _, guard = learned(frame, schema, cap=cap, subjects=subjects)
    spent, plan = guard.mechanism.ledger.receipt.spending, guard.plan
    assert math.isclose(spent.mu2, plan.rows_mu2 + plan.facts_mu2, rel_tol=1e-12)
    assert math.isclose(spent.delta, sum(share.delta for share in plan.shares), rel_tol=1e-12, abs_tol=0)
    told = {entry.charge.name: entry.charge.mu2 for entry in guard.mechanism.ledger.entries[1:]}
    assert told == pytest.approx({share.need.fact: share.mu2 for share in plan.shares}, rel=1e-12)
    assert len(guard.mechanism.ledger) == 1 + len(plan.shares)
    assert guard.mechanism.ledger.total() <= 1.0
    assert math.isclose(guard.mechanism.ledger.remaining() ** 2, plan.model_mu2, rel_tol=1e-6)


@pytest.mark.parametrize("column", KINDS, ids=lambda c: f"{c.kind}-{c.dtype}")
def test_no_cell_is_refused_and_none_changes_schema_or_dtype(
    column: Column, caplog: pytest.LogCaptureFixture
) -> None:
    schema = one(column)
    calm: list[Any] = ["a", "b", 3, 40, dt.date(2020, 1, 5), "05.01.2020"] * 200
    texts, dtypes = set(), set()
    with warnings.catch_warnings(), caplog.at_level(logging.DEBUG):
        warnings.simplefilter("error")
        for cell in HOSTILE:
            planted = np.empty(len(calm) + 1, object)
            planted[:-1], planted[-1] = calm, cell
            frame = pd.DataFrame({"c": pd.Series(planted, dtype=object)})
            columns, _ = learned(frame, schema, epsilon=20.0, noise=Quiet())
            out = round_trip(columns, frame)
            assert len(out) == len(calm) + 1
            texts.add(columns.schema.to_json())
            dtypes.add(str(out.dtypes["c"]))
            json.dumps(columns.state().facts).encode()
    assert len(texts) == len(dtypes) == 1
    assert not caplog.records


def planted_dtypes() -> Iterator[tuple[pd.Series, pd.Series]]:
    yield pd.Series([1, 2, 3] * 99), pd.Series([1, 2, 3] * 99 + [None])
    yield pd.Series([1.5, 2.0] * 99), pd.Series([1.5, 2.0] * 99 + [np.inf])
    yield pd.Series([True, False] * 99), pd.Series([True, False] * 99 + [None])
    yield pd.Series(["a", "b"] * 99), pd.Series(["a", "b"] * 99 + [None])
    yield pd.Series([1, 2] * 99, dtype="Int64"), pd.Series([1, 2] * 99 + [2**62], dtype="Int64")
    yield pd.Series([1, 2] * 99, dtype="uint8"), pd.Series([1, 2] * 99 + [None])
    common = pd.to_datetime(["2020-01-01"] * 99)
    yield pd.Series(common), pd.Series([*common, pd.NaT])
    yield pd.Series(pd.Categorical(["a"] * 99)), pd.Series(pd.Categorical(["a"] * 99 + ["z"]))


@pytest.mark.parametrize(("without", "planted"), list(planted_dtypes()))
def test_neighbouring_tables_have_one_inferred_schema(without: pd.Series, planted: pd.Series) -> None:
    one_, other = (infer_dp(pd.DataFrame({"c": series})) for series in (without, planted))
    assert one_.to_json() == other.to_json()
    ends = [learned(pd.DataFrame({"c": s}), one_, epsilon=30.0, noise=Quiet())[0] for s in (without, planted)]
    assert ends[0].schema.to_json() == ends[1].schema.to_json()


def test_a_level_of_one_is_never_told_and_unknown_cells_go_to_the_pool() -> None:
    values = np.array([0] * 400 + [1], np.int64)
    budget = PrivacyLimit(epsilon=5.0, delta=1e-6)
    plan = make_plan([Need("c", "levels", thresholded=True)], budget)
    for _ in range(2_000):
        mechanism = Mechanism(ledger=Ledger(budget))
        door = DpGuard(mechanism=mechanism, plan=plan, n=401).column("c")
        assert 1 not in door.levels(values, 2).places


def test_at_a_delta_of_a_twentieth_a_level_of_one_is_told_that_often_at_most() -> None:
    tries = 2_000
    budget = PrivacyLimit(epsilon=5.0, delta=0.1)
    plan = make_plan([Need("c", "levels", thresholded=True)], budget)
    assert plan.share("c", "levels").delta == 0.05
    told = 0
    for _ in range(tries):
        door = DpGuard(mechanism=Mechanism(ledger=Ledger(budget)), plan=plan, n=1).column("c")
        told += door.levels(np.array([0]), 1).places.size
    assert told <= binom.isf(1e-6, tries, 0.05)  # a true rate of .05 passes this once in a million
    assert told >= binom.ppf(1e-6, tries, 0.02)  # and the threshold is not far too high


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng, n = np.random.default_rng(5), 3_000
    start = pd.Timestamp("2015-01-01")
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, n).astype(float),
            "income": np.where(rng.random(n) < 0.3, 0, np.round(rng.lognormal(10, 1, n), 2)),
            "city": rng.choice(["Graz", "Linz", "Wien"], n, p=[0.2, 0.3, 0.5]),
            "member": rng.random(n) < 0.3,
            "mixed": rng.choice(np.array([1, "a", True, 2.5, None], dtype=object), n),
            "when": start + pd.to_timedelta(rng.integers(0, 3_000 * 1_440, n), unit="min"),
            "sort": pd.Categorical(rng.choice(["x", "y"], n), categories=["unused", "y", "x"]),
            "row_id": np.arange(n),
        }
    )


def test_everything_undeclared_comes_back_at_a_large_epsilon(people: pd.DataFrame) -> None:
    columns, _ = learned(people, infer_dp(people, subject="row_id"), epsilon=300.0)
    out = round_trip(columns, people)
    dtypes = {name: str(kind) for name, kind in out.dtypes.items()}
    assert (dtypes["age"], dtypes["member"], dtypes["row_id"]) == ("Int64", "boolean", "Int64")
    assert (out["city"] == people["city"]).all() and (out["member"] == people["member"]).all()
    assert (out["mixed"].isna() == people["mixed"].isna()).all()
    assert [type(v) for v in out["mixed"].dropna()] == [type(v) for v in people["mixed"].dropna()]
    assert (out["age"].astype(float) - people["age"]).abs().max() <= 2
    assert ((out["income"] == 0) == (people["income"] == 0)).mean() > 0.99
    rank = out["income"].rank().corr(people["income"].rank())
    assert rank > 0.99
    assert (out["when"] - people["when"]).abs().median() < pd.Timedelta(days=60)
    assert list(out["sort"].cat.categories) == ["x", "y"]
    assert not set(out["row_id"]) & set(people["row_id"])


def test_declared_columns_cost_nothing_and_keep_their_bounds(people: pd.DataFrame) -> None:
    schema = Schema(
        columns=(
            Number(name="age", dtype="int64", low=18, high=89),
            Category(name="city", dtype="str", levels=("Wien", "Graz")),
            Flag(name="member", dtype="bool"),
            Number(name="income", dtype="float64", low=0, high=1_000, decimals=-2),
        )
    )
    frame = people[["age", "city", "member", "income"]]
    assert needs_of(schema) == ()
    columns, guard = learned(frame, schema, epsilon=0.1)
    assert len(guard.mechanism.ledger) == 1  # the number of rows
    out = round_trip(columns, frame)
    assert (out["age"] == frame["age"]).all() and out["age"].dtype == "int64"
    assert out["income"].between(0, 1_000).all() and set(out["city"]) == {"Wien", "Graz"}
    assert (out["member"] == frame["member"]).all() and out["member"].dtype == bool


def test_learned_columns_come_back_from_their_state(people: pd.DataFrame) -> None:
    columns, _ = learned(people, infer_dp(people), epsilon=50.0)
    state = columns.state()
    facts = json.loads(json.dumps(state.facts))
    again = Columns.load(Schema.from_json(columns.schema.to_json()), State(facts, state.arrays))
    assert again.private and again.domain.sizes == columns.domain.sizes
    codes = columns.encode(people, np.random.default_rng(0))
    draws = [DecodeContext(rng=np.random.default_rng(1), start=0, seed=1) for _ in range(2)]
    pd.testing.assert_frame_equal(columns.decode(codes, draws[0]), again.decode(codes, draws[1]))


@settings(max_examples=30)
@given(
    chosen=st.lists(st.sampled_from(KINDS), max_size=6),
    epsilon=st.floats(0.05, 50),
    cap=st.integers(1, 4),
)
def test_never_more_is_spent_than_asked(chosen: list[Column], epsilon: float, cap: int) -> None:
    columns = tuple(c.model_copy(update={"name": f"c{i}"}) for i, c in enumerate(chosen))
    schema = Schema(columns=columns)
    frame = pd.DataFrame({name: [1, "a", None] * 4 for name in schema.names}, index=range(12))
    _, guard = learned(frame, schema, epsilon=epsilon, cap=cap, subjects=np.arange(12) // 5)
    assert guard.mechanism.ledger.total() <= epsilon
    assert 0.8 <= guard.plan.model_mu2 / guard.plan.total_mu2 <= 0.99 + 1e-9


def odd_tables() -> list[pd.DataFrame]:
    return [
        pd.DataFrame({"a": pd.Series([], dtype="float64"), "b": pd.Series([], dtype=object)}),
        pd.DataFrame({"a": [1], "b": ["x"]}),
        pd.DataFrame({"a": [np.nan] * 5, "b": [None] * 5}),
        pd.DataFrame({"😀": [1, 2], "b c": [0.5, None], "": ["x", "y"]}),
        pd.DataFrame({1: pd.array([1, None], "Int64"), 2.5: pd.array([True, None], "boolean")}),
        pd.DataFrame({"a": pd.to_datetime(["2021-01-01 10:00", None]).tz_localize("Europe/Vienna")}),
        pd.DataFrame({"a": pd.array([Decimal("1.25"), None], pd.ArrowDtype(pa.decimal128(7, 2)))}),
        pd.DataFrame({"a": pd.array(["x", None], pd.ArrowDtype(pa.string())), "b": [dt.date(1, 1, 1)] * 2}),
        pd.DataFrame({"a": pd.array(["x", None], pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())))}),
        pd.DataFrame(
            {"a": pd.Categorical([1, 2], categories=[3, 2, 1]), "b": pd.array(["x", None], "string")}
        ),
        pd.DataFrame({"a": [1, 2], "b": [3, 4]}, index=[7, 7]),
        pd.DataFrame(
            {"a": pd.to_timedelta([1, None], unit="s"), "b": pd.PeriodIndex(["2020-01", None], freq="M")}
        ),
        pd.DataFrame(
            {"a": pd.array([None, None], pd.ArrowDtype(pa.null())), "b": pd.array([1, 0], "Sparse[int]")}
        ),
        pd.DataFrame({"a": pd.array([dt.time(1), None], pd.ArrowDtype(pa.time64("us")))}),
        pd.DataFrame({"a": pd.array([1.5, None], pd.ArrowDtype(pa.float32())), "email": ["x", "y"]}),
    ]


@pytest.mark.parametrize("frame", odd_tables(), ids=range(len(odd_tables())))
@pytest.mark.parametrize("epsilon", [0.5, 5_000.0])
def test_odd_tables_go_through(frame: pd.DataFrame, epsilon: float) -> None:
    schema = infer_dp(frame)
    columns, _ = learned(frame, schema, epsilon=epsilon)
    out = round_trip(columns, frame)
    assert list(out.columns) == list(frame.columns) and len(out) == len(frame)
    assert [str(c.dtype) for c in columns.schema].count("") == 0


def test_a_missing_cell_of_a_dtype_without_one_is_placed_by_weight() -> None:
    schema = Schema(columns=(Number(name="c", dtype="int8", low=1, high=3), Flag(name="f", dtype="bool")))
    frame = pd.DataFrame({"c": [1.0, None, 300.0], "f": [True, None, "x"]})
    out = round_trip(learned(frame, schema)[0], frame)
    assert (str(out["c"].dtype), str(out["f"].dtype)) == ("int8", "bool")
    assert out["c"].iloc[0] == 1 and out["c"].iloc[2] == 3


@pytest.mark.parametrize(
    "column",
    [
        Text(dtype="str", treatment="template"),
        Text(dtype="int64"),
        Category(dtype="str", rare="parent", prefixes=(3, 1)),
        Category(dtype="datetime64[ns]"),
        Number(dtype="str"),
        Number(dtype="category/int64"),
        Datetime(dtype="float64"),
        Key(dtype="datetime64[ns]"),
        DirectIdentifier(what="email", dtype="object/date"),
        DirectIdentifier(what="phone", dtype="int64", treatment="drop"),
    ],
    ids=lambda c: f"{c.kind}-{c.dtype}",
)
def test_what_cannot_be_learned_is_refused_by_the_schema(column: Column) -> None:
    with pytest.raises(SchemaError, match="'c'"):
        needs_of(one(column))


def test_rows_beyond_the_cap_and_rows_without_a_subject_do_not_count() -> None:
    schema = one(Number(dtype="int8", low=0, high=1, cells=2))
    subjects = np.repeat([0, 1, -1], [500, 1, 50])
    guard = guard_for(schema, subjects.size, epsilon=1e3, cap=2, subjects=subjects, noise=Quiet())
    assert guard.rows() == 3
    with pytest.raises(InputError):
        guard_for(schema, 3, subjects=np.zeros(2, np.int64))


def test_a_subject_counts_once_per_level_and_moves_a_histogram_by_its_cap() -> None:
    budget = PrivacyLimit(epsilon=5.0, delta=1e-2)
    needs = [Need("c", "levels", thresholded=True), Need("c", "cells")]
    subjects = np.repeat(np.arange(300), 3)
    plan = make_plan(needs, budget, 3)
    mechanism = Mechanism(ledger=Ledger(budget), noise=Quiet())
    door = DpGuard(mechanism=mechanism, plan=plan, n=900, subjects=subjects).column("c")
    assert door.levels(np.zeros(900, np.int64), 1).counts.tolist() == [300]
    assert door.histogram("cells", np.zeros(900, np.int64), 2).tolist() == [900, 0]


def test_names_alone_tell_identifiers_and_free_text() -> None:
    frame = pd.DataFrame(
        {name: ["x"] for name in ("email", "first_name", "patient_id", "comment", "city", "product_name")}
    )
    kinds = [column.kind for column in infer_dp(frame)]
    assert kinds == ["direct_identifier", "direct_identifier", "key", "text", "category", "category"]


def test_a_public_table_declares_levels_bounds_and_precision() -> None:
    public = pd.DataFrame(
        {
            "city": ["Graz", "Wien"] * 60,
            "age": list(range(20, 80)) * 2,
            "paid": [0.25, 10.0] * 60,
            "day": pd.to_datetime(["2020-01-01", "2021-01-01"] * 60),
        }
    )
    frame = public.assign(city=["Linz"] * 120, age=np.nan, other=1)
    schema = infer_dp(frame, public=public)
    assert schema["city"].levels == ("Graz", "Wien")
    assert (schema["age"].low, schema["age"].high, schema["age"].decimals) == (20, 79, 0)
    assert schema["paid"].decimals == 2 and schema["day"].high == "2021-01-01"
    assert {need.column for need in needs_of(schema)} == {"other", "paid", "day"}
    assert "Linz" not in schema.to_json()


def test_encoding_takes_nothing_from_a_known_seed() -> None:
    schema = Schema(columns=(Number(name="c", dtype="int64", low=0, high=99),))
    frame = pd.DataFrame({"c": [None] * 64})
    columns, _ = learned(frame, schema)
    one_, other = (columns.encode(frame, np.random.default_rng(0)).values for _ in range(2))
    assert (one_ != other).any()


@settings(max_examples=60)
@given(cell=st.one_of(st.integers(), st.floats(), st.text(max_size=5), st.datetimes(), st.none()))
def test_a_cell_is_read_alike_whatever_stands_beside_it(cell: Any) -> None:
    for column in (Number(dtype="number"), Datetime(dtype="object"), Category(dtype="object")):
        alone = read_dp(pd.Series([cell], dtype=object), column)
        beside = read_dp(pd.Series([cell, 10**400, "x", dt.date(1, 1, 1)], dtype=object), column)
        assert alone.missing[0] == beside.missing[0]
        if not alone.missing[0] and not alone.nominal:
            assert alone.values[0] == beside.values[0]
        elif not alone.missing[0]:
            assert alone.levels[alone.values[0]] == beside.levels[beside.values[0]]


def test_cuts_and_heaps_of_counts_worked_by_hand() -> None:
    assert outermost(np.array([0, 0, 9, 0]), sigma=1.0) == (2, 2)
    assert outermost(np.array([1, -1, 0, 1]), sigma=1.0) is None
    assert outermost(np.array([3, 3, 3, 3]), sigma=2.0) is None
    assert heaps(np.array([10, 10, 60, 10, 10]), sigma=1.0, most=5).tolist() == [2]
    assert heaps(np.array([10, 10, 10]), sigma=1.0, most=5).tolist() == []
    counts = np.array([30, 0, 0, 30, 30, 10])
    assert cells(counts, np.arange(7) - 0.5, sigma=1.0, most=3).tolist() == [-0.5, 3.5, 5.5]
    assert cells(np.zeros(4, np.int64), np.arange(5) - 0.5, sigma=1.0, most=3).tolist() == [-0.5, 3.5]
    few = np.zeros(DIGITS, np.int64)
    few[[FINEST - 2, FINEST, DIGITS - 1]] = 50, 50, 400
    assert decimals(few, sigma=1.0) is None
    few[DIGITS - 1] = 0
    assert decimals(few, sigma=1.0) == 0
    assert decimals(np.zeros(DIGITS, np.int64), sigma=1.0) == 0
    assert (digits(np.array([0.1, 0.30000000000000004, 5e9])) - FINEST).tolist() == [1, 1, -9]
    assert bounds(np.zeros(OCTAVES, np.int64), sigma=1.0) == (0.0, 1.0)


@settings(max_examples=200)
@given(value=st.floats(-1e18, 1e18))
def test_each_number_lies_in_its_exponential_bin(value: float) -> None:
    low, high = octave_range(int(octaves(np.array([value]))[0]))
    assert low * (1 - 1e-12 * np.sign(low)) <= value <= high * (1 + 1e-12 * np.sign(high))


@settings(max_examples=100)
@given(low=st.integers(-(10**15), 10**15), width=st.integers(0, 10**15))
def test_public_bins_cover_the_grid(low: int, width: int) -> None:
    edges = public_edges(low, low + width)
    assert edges[0] == low - 0.5 and edges[-1] == low + width + 0.5
    assert (np.diff(edges) >= 1).all()
    assert edges.size - 1 == width + 1 if width < 65_536 else edges.size <= COARSE + 1
