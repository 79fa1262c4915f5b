"""Conditions: exactly as many rows as wanted, each with what is asked, in every kind, form and model."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson
from typer.testing import CliRunner

import twin
from tests.helpers.columns import COLUMNS
from tests.helpers.conditions import table, unraked
from twin.cli.main import app
from twin.codes import Codes, Domain, Field
from twin.columns.base import DecodeContext
from twin.columns.binning.binning import Binning
from twin.columns.binning.region import pieces_of, region_of
from twin.columns.given.asked import Asked
from twin.columns.kinds.datetime import LearnedDatetime
from twin.columns.schema import Category, Column, Datetime, Flag, Number
from twin.models.marginals.clique_sampling import CliqueConditions, clique_tables
from twin.models.marginals.cliques import calibrate, junction_tree
from twin.models.marginals.factors import Factor
from twin.models.registry import NEURAL
from twin.sampling.blocks import RowConditions, sample_under

MODELS = [name for name in twin.MODELS if name not in NEURAL]
"""Networks are asked in tests/test_models.py: what follows is the same for them."""

RNG = np.random.default_rng(5)
N = 600
MINUTES = RNG.integers(0, 300 * 1440, N).astype("m8[m]")
TIMES = pd.Series(pd.to_datetime(np.datetime64("2021-01-01") + MINUTES))
MORE: dict[str, tuple[Column, pd.Series]] = {
    "boolean": (Flag(), pd.Series(RNG.random(N) < 0.3, dtype="boolean")),
    "text of numbers": (Category(), pd.Series(RNG.choice(["01", "02", "3"], N))),
    "ordered levels": (
        Category(),
        pd.Series(pd.Categorical(RNG.choice(list("abcd"), N), categories=list("dcba"), ordered=True)),
    ),
    "Float32": (Number(), pd.Series(RNG.normal(size=N).round(3).astype("float32")).astype("Float32")),
    "infinite": (Number(), pd.Series(np.where(RNG.random(N) < 0.2, np.inf, RNG.normal(size=N)))),
    "tens": (Number(), pd.Series(RNG.integers(0, 400, N) * 10)),
    "arrow decimal": (
        Number(),
        pd.Series([Decimal(int(v)) / 100 for v in RNG.integers(0, 900, N)]).astype(
            pd.ArrowDtype(pa.decimal128(9, 2))
        ),
    ),
    "clock": (Number(), pd.Series([dt.time(int(h), int(m)) for h, m in RNG.integers(0, 24, (N, 2))])),
    "period": (Number(), pd.Series(pd.PeriodIndex.from_ordinals(RNG.integers(400, 500, N), freq="M"))),
    "minute": (Datetime(), TIMES),
    "zoned minute": (Datetime(), TIMES.dt.tz_localize("UTC").dt.tz_convert("Europe/Vienna")),
    "arrow zoned": (Datetime(), TIMES.astype(pd.ArrowDtype(pa.timestamp("us", "Europe/Vienna")))),
    "datetime object": (Datetime(), pd.Series([time.to_pydatetime() for time in TIMES], dtype=object)),
    "text time": (Datetime(format="%d.%m.%Y %H:%M"), TIMES.dt.strftime("%d.%m.%Y %H:%M")),
}
CASES = COLUMNS | MORE


def holes(series: pd.Series) -> pd.Series:
    """The column with every fourth cell missing, where its dtype can say so."""
    if series.dtype.kind in "biu" and not pd.api.types.is_extension_array_dtype(series.dtype):
        return series
    return series.mask(pd.Series(np.arange(len(series)) % 4 == 0))


@cache
def fitted(name: str, model: str = "independent") -> tuple[twin.Twin, pd.DataFrame]:
    column, series = CASES[name]
    frame = pd.DataFrame({"c": holes(series), "other": np.arange(len(series)) % 3})
    schema = twin.infer(frame).replace(c=column)
    t = twin.from_bytes(twin.fit(frame, schema=schema, model=model, privacy=twin.Suppression(k=5)).to_bytes())
    return t, frame


def in_order(name: str, series: pd.Series) -> pd.Series:
    """Values by which a column is ordered."""
    column = CASES[name][0]
    if isinstance(column, Datetime) and column.format is not None:
        return pd.to_datetime(series, format=column.format)
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.cat.codes
    return series


@pytest.mark.parametrize("name", CASES)
class TestEveryKind:
    """One list of columns, every form of condition."""

    def drawn(self, name: str, given: Any, n: int = 60) -> pd.Series:
        t, frame = fitted(name)
        s = t.sample(n, seed=1, given={"c": given})
        assert s.shape == (n, 2) and s["c"].dtype == frame["c"].dtype and list(s) == ["c", "other"]
        return s["c"]

    def some(self, name: str) -> pd.Series:
        """Distinct values that the twin draws, in order, or none where it takes no condition."""
        t, _ = fitted(name)
        if CASES[name][0].kind in ("key", "text"):
            with pytest.raises(twin.InputError, match="takes no condition, since it is not learned"):
                t.sample(3, given={"c": "x"})
            pytest.skip("takes no condition")
        seen = t.sample(200, seed=2)["c"].dropna().drop_duplicates()
        return seen.iloc[np.argsort(in_order(name, seen).to_numpy(), kind="stable")]

    def test_a_value_is_met_exactly(self, name: str) -> None:
        for value in self.some(name).iloc[[0, -1]]:
            assert (self.drawn(name, value) == value).all()

    def test_several_values_and_a_missing_cell_are_alternatives(self, name: str) -> None:
        seen = self.some(name)
        wanted = [seen.iloc[0], seen.iloc[-1]]
        assert self.drawn(name, wanted).isin(wanted).all()
        if fitted(name)[1]["c"].isna().any():
            drawn = self.drawn(name, [None, *wanted])
            assert (drawn.isna() | drawn.isin(wanted)).all() and drawn.isna().any()
            assert self.drawn(name, pd.NA).isna().all()
        else:
            with pytest.raises(twin.InputError, match="never draws a missing value there"):
                self.drawn(name, None)

    def test_a_range_holds_both_ends_and_nothing_beyond(self, name: str) -> None:
        seen = self.some(name)
        t, _ = fitted(name)
        low, high = seen.iloc[len(seen) // 4], seen.iloc[3 * len(seen) // 4]
        if not any(field.ordered for field in t.columns.fields_of("c")):
            with pytest.raises(twin.InputError, match="its levels have no order"):
                self.drawn(name, (low, high))
            return
        ends = [in_order(name, pd.Series([end], dtype=seen.dtype)).iloc[0] for end in (low, high)]
        whole = (low, high), *ends
        for ask, first, last in (whole, ((low, None), ends[0], None), ((None, high), None, ends[1])):
            drawn = in_order(name, self.drawn(name, ask))
            assert first is None or (drawn >= first).all()
            assert last is None or (drawn <= last).all()
        assert self.drawn(name, (None, None)).notna().all()
        with pytest.raises(twin.InputError, match="lower end of a range lies above"):
            self.drawn(name, (seen.iloc[-1], seen.iloc[0]))

    def test_each_row_gets_what_its_row_of_a_table_has(self, name: str) -> None:
        self.some(name)
        t, frame = fitted(name)
        asked = t.sample(40, seed=3)[["c"]]
        assert asked["c"].isna().any() == frame["c"].isna().any()
        s = t.sample(seed=4, given=asked)
        if isinstance(asked["c"].dtype, pd.CategoricalDtype):
            assert s["c"].tolist() == asked["c"].tolist()
        else:
            pd.testing.assert_series_equal(s["c"], asked["c"])


@cache
def twins(model: str) -> twin.Twin:
    source = table()
    if model == "gate":
        return twin.fit(
            source, model="trees", privacy=twin.Suppression(quasi_identifiers=["cause", "kind", "age"])
        )
    if model == "private":
        schema = twin.infer(source).replace(cause=Category(levels=["c0", "c1", "c2"]))
        return twin.fit(source, epsilon=4.0, schema=schema)
    return twin.fit(source, model=model)


ALL = [*MODELS, "gate", "private"]


@pytest.mark.parametrize("model", ALL)
class TestEveryModel:
    def test_exactly_as_many_rows_with_all_that_is_asked(self, model: str) -> None:
        t = twins(model)
        asked = {"kind": {"x", "z"}, "age": (30, 40), "pay": (None, 30_000.5), "gap": (None, None)}
        for n in (0, 1, 1_000):
            s = t.sample(n, seed=1, given=asked)
            assert len(s) == n and s["kind"].isin(["x", "z"]).all() and s["age"].between(30, 40).all()
            assert (s["pay"] <= 30_000.5).all() and s["gap"].notna().all()

    def test_a_rare_level_fills_the_sample(self, model: str) -> None:
        if model == "private":
            pytest.skip("what few hold may be lost")
        assert (twins(model).sample(1_000, seed=1, given={"kind": "rare"})["kind"] == "rare").all()

    def test_times_of_several_days_hold_together(self, model: str) -> None:
        low, high = pd.Timestamp("2021-01-10 15:00"), pd.Timestamp("2021-01-12 09:30")
        s = twins(model).sample(300, seed=1, given={"seen": (low, high)})["seen"]
        assert s.between(low, high).all() and s.dt.day.nunique() == 3

    def test_rows_of_a_table_are_met_one_by_one(self, model: str) -> None:
        t = twins(model)
        asked = t.sample(700, seed=2)[["gap", "kind", "seen"]]
        asked.loc[:299, ["gap", "kind", "seen"]] = asked.loc[0].to_numpy()  # many that are alike, too
        s = t.sample(seed=3, given=asked)
        pd.testing.assert_frame_equal(s[list(asked)], asked, check_dtype=False)
        assert s["age"].iloc[:300].nunique() > 1
        pd.testing.assert_frame_equal(s, t.sample(seed=3, given=asked, threads=1))

    def test_the_law_of_the_rest_is_the_conditional_one(self, model: str) -> None:
        """Beside brute force: those of many free rows that meet the condition."""
        t = unraked(twins(model))
        free = t.sample(20_000, seed=4)
        asked = t.sample(3_000, seed=5, given={"kind": "y", "gap": (5, None)})
        free = free[(free["kind"] == "y") & (free["gap"] >= 5)]
        assert abs(asked["age"].mean() - free["age"].mean()) < 0.1 * free["age"].std()
        p, q = (f["cause"].value_counts(normalize=True) for f in (asked, free))
        assert p.sub(q, fill_value=0).abs().sum() / 2 < 0.05

    def test_the_law_is_conditional_where_each_row_asks_its_own(self, model: str) -> None:
        def asked_alike(t: twin.Twin) -> tuple[pd.Series, pd.Series, pd.Series]:
            """What free rows of some ages earn, rows asked to have these ages, and people of that age."""
            free = t.sample(10_000, seed=6)
            mean = free.groupby("age")["pay"].mean()
            rows = free.loc[free["age"].between(25, 60), ["age", "pay"]].head(1_000).reset_index(drop=True)
            s = t.sample(seed=7, given=rows[["age"]])
            return rows["pay"], s["pay"], rows["age"].map(mean)

        _, asked, expected = asked_alike(twins(model))
        assert abs((asked - expected).mean()) < 700
        if model != "independent":  # like with like: raking binds free rows closer than rows under conditions
            free, asked, expected = asked_alike(unraked(twins(model)))
            assert abs(np.corrcoef(asked, expected)[0, 1] - np.corrcoef(free, expected)[0, 1]) < 0.1


@pytest.mark.parametrize("model", ["copula", "private"])
def test_same_seed_same_rows_on_any_number_of_threads_and_after_a_load(model: str) -> None:
    t = twins(model)
    asked: Any = {"age": (20, 50), "seen": (None, dt.date(2021, 2, 1)), "kind": ["x", "y"]}
    one = t.sample(66_000, seed=8, given=asked, threads=1)
    blocks = list(twin.from_bytes(t.to_bytes()).stream(66_000, seed=8, given=asked, threads=2))
    assert len(blocks) == 2
    pd.testing.assert_frame_equal(one, pd.concat(blocks, ignore_index=True))


def test_values_between_those_of_the_source_come_out_to_the_last_digit() -> None:
    t = twins("copula")
    assert (t.sample(50, given={"pay": 31_234.5678})["pay"] == 31_234.5678).all()
    time = pd.Timestamp("2021-01-20 12:34:56")
    s = t.sample(50, given={"seen": [time, dt.date(2021, 1, 21)]})["seen"]
    assert ((s == time) | (s.dt.date == dt.date(2021, 1, 21))).all() and (s != time).any()
    assert (t.sample(9, given={"age": "33", "cause": "c1"})["age"] == 33).all()  # text as it is written
    drawn = t.sample(200, given={"age": [(18, 19.5), np.int64(50), (78, None)]})["age"]
    assert set(drawn) <= {18, 19, 50, 78, 79, 80}


def test_text_of_a_day_or_a_time_is_read_as_the_column_writes_it() -> None:
    t, _ = fitted("text time")
    day = t.sample(20, seed=1, given={"c": "2021-03-01"})["c"]
    assert day.str.startswith("01.03.2021").all() and day.nunique() > 1
    assert set(t.sample(5, given={"c": "01.03.2021 12:00"})["c"]) == {"01.03.2021 12:00"}


ZONED = [
    ("2021-03-28 00:10", "2021-03-28 01:50"),  # before clocks go forward
    ("2021-03-28 01:30", "2021-03-28 02:30"),  # ends at a time that is skipped
    ("2021-03-28 02:30", "2021-03-28 03:30"),  # starts at one
    ("2021-10-31 00:30", "2021-10-31 02:30"),  # ends in the hour that clocks show twice
    (pd.Timestamp("2021-10-30 22:30", tz="UTC"), pd.Timestamp("2021-10-31 00:30", tz="UTC")),
    (pd.Timestamp("2021-10-31 00:30", tz="UTC"), pd.Timestamp("2021-10-31 03:30", tz="Europe/Vienna")),
]


@pytest.mark.parametrize(("low", "high"), ZONED)
def test_ranges_hold_where_clocks_change(low: Any, high: Any) -> None:
    days = pd.date_range("2021-03-27", "2021-03-30", freq="5min").append(
        pd.date_range("2021-10-29", "2021-11-02", freq="5min")
    )
    zoned = pd.Series(days).dt.tz_localize("Europe/Vienna", ambiguous=False, nonexistent="shift_forward")
    t = twin.fit(pd.DataFrame({"t": zoned, "x": np.arange(len(zoned)) % 2}), model="independent")
    s = t.sample(300, seed=1, given={"t": (low, high)})["t"]
    if isinstance(low, str):
        s, low, high = s.dt.tz_localize(None), pd.Timestamp(low), pd.Timestamp(high)
    assert s.between(low, high).all()


def test_frames_of_any_library_and_an_index_ask_and_answer() -> None:
    source = table(600)[["cause", "age", "gap"]]
    t = twin.fit(pl.from_pandas(source), model="copula")
    asked = pl.DataFrame({"age": [30, 31, 30], "cause": ["c0", "c1", "c2"]})
    assert t.sample(given=asked, seed=1).select("age", "cause").equals(asked)
    assert t.sample(3, given=pa.table({"gap": pa.array([None, 5.0, None])}), seed=1)["gap"].null_count() == 2
    indexed = twin.fit(source.set_index("cause"), model="copula")
    assert set(indexed.sample(20, seed=1, given={"cause": "c1"}).index) == {"c1"}
    named = indexed.sample(9, seed=2)[["age"]].set_axis(list("abcdefghi"))
    assert indexed.sample(seed=1, given=named)["age"].tolist() == named["age"].tolist()
    assert indexed.sample(given=source.head(0)[["age"]]).shape == (0, 2)
    assert len(indexed.sample(7, given={})) == 7
    odd = source.set_axis(["🦉", 7, "a=b"], axis=1)
    s = twin.fit(odd, model="copula").sample(9, seed=1, given={7: (30, 40), "🦉": "c1", "a=b": None})
    assert s[7].between(30, 40).all() and (s["🦉"] == "c1").all() and s["a=b"].isna().all()


ERRORS: dict[str, tuple[Any, str]] = {
    "column": ({"nothing": 1}, "given: there is no column 'nothing'; name one that is there"),
    "no condition": (3, "given: a int is no condition; give {column: condition}, or a table"),
    "mapping": ({"age": {"low": 1}}, "given['age']: a dict is no condition"),
    "nested": ({"age": [[1]]}, "given['age']: a list is no condition"),
    "triple": ({"age": (1, 2, 3)}, "given['age']: a tuple is a range of two ends"),
    "empty": ({"age": []}, "given['age']: an empty list is asked for"),
    "level": ({"kind": ["x", "w"]}, "given['kind']: the twin never draws a level that is asked for"),
    "bounds": ({"age": 117}, "given['age']: the twin never draws a value that is asked for"),
    "beyond": ({"age": (117, None)}, "given['age']: the twin never draws a value in the range"),
    "between": ({"age": (30.2, 30.8)}, "given['age']: the twin never draws a value in the range"),
    "digits": ({"age": 30.5}, "given['age']: a value has digits after the point"),
    "no number": ({"age": "old"}, "given['age']: a text is asked for that is no number"),
    "a date for a number": (
        {"age": dt.date(2020, 1, 1)},
        "given['age']: a date is asked for; the column holds numbers",
    ),
    "a number for a date": (
        {"seen": 5},
        "given['seen']: a int is asked for; the column holds dates or times",
    ),
    "no date": ({"seen": "soon"}, "given['seen']: a text is asked for that is no date or time"),
    "zone": ({"seen": pd.Timestamp(0, tz="UTC")}, "given['seen']: a time with a zone is asked for"),
    "night": (
        {"seen": pd.Timestamp("2021-01-10 03:00")},
        "given['seen']: the twin never draws a date or time",
    ),
    "never present": ({"age": None}, "given['age']: the twin never draws a missing value there"),
    "row": (
        pd.DataFrame({"age": [30, 117]}),
        "given['age']: the twin never draws a value that is asked for in row 1",
    ),
    "repeated": (pd.DataFrame([[1, 2]], columns=["age", "age"]), "given: column names must be unique"),
}


@pytest.mark.parametrize(("asked", "message"), ERRORS.values(), ids=ERRORS)
def test_what_cannot_be_had_is_refused_in_one_sentence(asked: Any, message: str) -> None:
    with pytest.raises(twin.InputError) as caught:
        twins("copula").sample(2, given=asked)
    told = str(caught.value)
    assert told.startswith(message) and "\n" not in told and "117" not in told and ";" in told


def test_what_never_goes_together_is_refused() -> None:
    source = table().assign(code=lambda f: f["cause"].map({"c0": 10, "c1": 20, "c2": 30}))
    t = twin.fit(source, schema=twin.infer(source).replace(code=Category()), model="copula")
    assert (t.sample(50, seed=1, given={"code": 20})["cause"] == "c1").all()
    with pytest.raises(twin.InputError, match="the twin never draws what is asked"):
        t.sample(50, given={"code": 20, "cause": "c2"})
    with pytest.raises(twin.InputError, match="n: it is not the number of rows of the table"):
        t.sample(3, given=source.head(2)[["cause"]])
    whole = Domain((Field(name="a", size=2),))
    wanted = RowConditions(
        weights={"a": np.ones(2)}, accepts=lambda codes, rng: np.zeros(codes.n, dtype=bool)
    )
    with pytest.raises(twin.InputError, match="too seldom; ask for a wider condition"):
        sample_under(Uniform(whole), 5, wanted, rng=np.random.default_rng(0))


class Uniform:
    """A model of one field whose codes are equally likely."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain

    def sample(self, n: int, *, rng: np.random.Generator, given: object = None) -> Codes:
        return Codes(self.domain, rng.integers(0, self.domain.sizes[0], (n, 1)))

    def state(self) -> Any:
        raise NotImplementedError


def test_what_is_hardly_ever_accepted_still_fills_the_sample() -> None:
    domain = Domain((Field(name="a", size=5_000),))
    wanted = RowConditions(weights={"a": np.ones(5_000)}, accepts=lambda codes, rng: codes.values[:, 0] < 2)
    drawn = sample_under(Uniform(domain), 3_000, wanted, rng=np.random.default_rng(0)).values
    assert drawn.shape == (3_000, 1) and set(drawn.ravel()) == {0, 1}


def test_the_gate_thins_what_a_row_leaves_free() -> None:
    """One man of a women's clinic, born in a year that rows name: a man comes out as often as by chance."""
    rng = np.random.default_rng(4)
    n = 4_000
    source = pd.DataFrame({"clinic": rng.choice(["east", "west"], n), "year": rng.integers(1950, 1960, n)})
    source["sex"] = np.where(source["clinic"] == "east", "F", rng.choice(["M", "F"], n))
    source.loc[0] = ["east", 1955, "M"]
    t = twin.fit(source, privacy=twin.Suppression(quasi_identifiers=["clinic", "year", "sex"]))
    share = (source["sex"] == "M").mean()
    for many in (10, 2_000):  # questions that are met row by row, and together
        asked = pd.DataFrame({"clinic": ["east"] * many, "year": [1955] * many})
        drawn = pd.concat([t.sample(given=asked, seed=seed) for seed in range(2_000 // many)])
        hits = ((drawn["sex"] == "M") & (drawn["clinic"] == "east")).sum()
        assert len(drawn) == 2_000 and poisson.sf(hits - 1, share * len(drawn)) > 1e-3
    both = pd.DataFrame({"clinic": ["east"], "year": [1955], "sex": ["M"]})  # who asks for all gets it
    pd.testing.assert_frame_equal(t.sample(given=both)[list(both)], both)


@st.composite
def lines(draw: Any) -> Binning:
    atoms = sorted(draw(st.sets(st.integers(-20, 20), max_size=6)))
    points = [x for x in range(-25, 26) if x not in atoms]
    cuts = sorted(draw(st.sets(st.sampled_from([x + 0.5 for x in range(-25, 25)]), max_size=5)))
    cuts = [c for i, c in enumerate(cuts) if not i or any(cuts[i - 1] < p < c for p in points)]
    edges = np.array(cuts if len(cuts) > 1 else [])
    size = len(atoms) + max(0, len(edges) - 1)
    return Binning(
        atoms=np.array(atoms, np.int64), edges=edges, weights=np.ones(max(1, size + 1)), nullable=True
    )


@given(
    lines(),
    st.lists(st.tuples(st.integers(-30, 30), st.integers(-3, 12)), max_size=3),
    st.sets(st.integers(-30, 30), max_size=4),
)
@settings(max_examples=60)
def test_regions_weigh_and_hold_what_lies_in_them(
    line: Binning, ranges: list[tuple[int, int]], points: set[int]
) -> None:
    """By brute force over all whole numbers."""
    asked = {x for low, width in ranges for x in range(low, low + width + 1)} | points
    pieces = pieces_of([(low, low + width) for low, width in ranges], np.array(sorted(points), np.int64))
    region = region_of(line, pieces, missing=True)
    held: dict[int, list[int]] = {}
    for x in range(-30, 31):
        if line.holds(np.array([x]))[0]:
            held.setdefault(int(line.nearest_codes(np.array([x]))[0]), []).append(x)
    for code, members in held.items():
        inside = [x for x in members if x in asked]
        assert region.weights[code] == pytest.approx(len(inside) / len(members))
        if inside:
            drawn, gone = region.decode(np.full(60 * len(inside), code), np.random.default_rng(0))
            assert set(drawn) == set(inside) and not gone.any()
    assert region.weights[0] == 1.0 and region.decode(np.array([0]), np.random.default_rng(0))[1][0]


@given(
    st.lists(st.tuples(st.integers(0, 6 * 8 - 1), st.integers(0, 20)), min_size=1, max_size=3), st.booleans()
)
@settings(max_examples=40)
def test_times_come_out_alike_from_all_that_is_asked(spans: list[tuple[int, int]], missing: bool) -> None:
    """Days 0 … 5 of eight steps, all alike; days 2 … 4 are one cell, steps 4 … 7 another."""
    day = Binning(atoms=np.array([0, 1, 5]), edges=np.array([1.5, 4.5]), weights=np.ones(5), nullable=True)
    clock = Binning(
        atoms=np.array([0, 1, 2, 3]), edges=np.array([3.5, 7.5]), weights=np.ones(6), nullable=True
    )
    learned = LearnedDatetime(name="t", unit="s", grain=10_800, days=day, clock=clock, format=None)
    start = dt.datetime(1970, 1, 1)
    ranges = tuple(
        (start + dt.timedelta(hours=3 * a), start + dt.timedelta(hours=3 * (a + w))) for a, w in spans
    )
    asked = Asked(column=Datetime(name="t", dtype="datetime64[s]"), ranges=ranges, missing=missing)
    condition = learned.condition(asked)
    assert condition.weights is not None
    mass = [
        np.array([9.0, 1, 1, 3, 1]),
        np.array([9.0, 1, 1, 1, 1, 4]),
    ]  # by code: missing, then values in order
    domain = learned.fields
    rng = np.random.default_rng(0)
    codes = np.stack(
        [
            rng.choice(f.size, 20_000, p=m * w / (m * w).sum())
            for f, m, w in zip(domain, mass, condition.weights, strict=True)
        ],
        axis=1,
    ).astype(np.int32)
    if condition.accepts is not None:
        codes = codes[condition.accepts(codes, rng)]
    out = condition.decode(codes, DecodeContext(rng=rng, start=0, seed=0))
    wanted = sorted({x for a, w in spans for x in range(a, min(a + w, 47) + 1)})
    steps = out.values[~out.missing] // 10_800
    assert set(steps) <= set(wanted) and (missing or not out.missing.any())
    share = np.bincount(steps, minlength=48)[wanted] / max(steps.size, 1)
    assert steps.size < 500 or np.abs(share - 1 / len(wanted)).max() < 6 * np.sqrt(
        1 / len(wanted) / steps.size
    )


def test_fixed_codes_of_a_clique_tree_leave_its_conditional_law() -> None:
    """By brute force over all cells of a tree of three cliques, for every question about two fields."""
    rng = np.random.default_rng(0)
    sizes = [3, 2, 4, 3]
    tree = junction_tree([(0, 1), (1, 2), (2, 3)], sizes)
    pairs = [
        Factor(pair, rng.normal(0, 2, (sizes[pair[0]], sizes[pair[1]]))) for pair in [(0, 1), (1, 2), (2, 3)]
    ]
    tables = clique_tables(calibrate(tree, pairs))
    joint = np.exp(sum(p.expand((0, 1, 2, 3)) for p in pairs))
    many = 8_000
    for a, b in itertools.combinations(range(4), 2):
        questions = np.array(list(np.ndindex(sizes[a], sizes[b])))
        asked = np.repeat(questions, many, axis=0)
        values, met = CliqueConditions(tables, {a: asked[:, 0], b: asked[:, 1]}).sample(rng)
        assert met.all() and (values[:, [a, b]] == asked).all()
        for i, (x, y) in enumerate(questions):
            index = tuple({a: x, b: y}.get(f, slice(None)) for f in range(4))
            wanted = (joint[index] / joint[index].sum()).ravel()
            free = [f for f in range(4) if f not in (a, b)]
            part = values[i * many : (i + 1) * many]
            seen = (
                np.bincount(part[:, free[0]] * sizes[free[1]] + part[:, free[1]], minlength=wanted.size)
                / many
            )
            assert np.abs(seen - wanted).sum() / 2 < 0.025


def test_the_command_line_asks_as_well(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    t = twins("copula")
    t.save("m.twin")
    words = [
        "--given",
        "age=30..40",
        "--given",
        "kind=x",
        "--given",
        "kind=z",
        "--given",
        "gap=",
        "--seed",
        "7",
    ]
    done = CliRunner().invoke(app, ["sample", "m.twin", "-n", "50", "-o", "out.parquet", *words])
    assert done.exit_code == 0, done.stderr
    expected = t.sample(50, seed=7, given={"age": [(30, 40)], "kind": ["x", "z"], "gap": None})
    drawn = pd.read_parquet("out.parquet")
    pd.testing.assert_frame_equal(drawn, expected, check_dtype=False)
    pd.DataFrame({"age": [33, 44]}).to_csv("asked.csv", index=False)
    done = CliRunner().invoke(app, ["sample", "m.twin", "-o", "out.parquet", "--given-table", "asked.csv"])
    assert pd.read_parquet("out.parquet")["age"].tolist() == [33, 44]
    for bad, told in (
        (["--given", "who=1"], "'who' is no column"),
        (["--given", "age=old"], "no number"),
        (["--given", "age=30", "--given-table", "asked.csv"], "not both"),
    ):
        done = CliRunner().invoke(app, ["sample", "m.twin", "-o", "bad.csv", *bad])
        assert done.exit_code == 1 and told in done.stderr and not (tmp_path / "bad.csv").exists()
