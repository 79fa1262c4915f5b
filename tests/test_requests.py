"""What-ifs: what is asked moves as asked, the rest follows or stays, and a scenario says that it is one."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, ks_2samp

import twin
from tests.helpers.conditions import table, unraked
from twin import EqualOpportunity, Parity, Request, Shift, Stress, Unseen
from twin.conditions.shift import mean_tilt, mean_tilts, tail_tilt


@cache
def twins() -> twin.Twin:
    return twin.fit(table(), model="copula", seed=0)


@cache
def plain() -> pd.DataFrame:
    sample: pd.DataFrame = twins().sample(6_000, seed=1)
    return sample


def asked(n: int = 6_000, **parts: Any) -> pd.DataFrame:
    sample: pd.DataFrame = twins().sample(n, seed=1, request=Request(name="what if", **parts))
    return sample


class TestShift:
    def test_the_mean_moves_as_asked_and_what_goes_with_it_follows(self) -> None:
        s, p = asked(shift={"age": Shift(by=5)}), plain()
        assert s["age"].mean() - p["age"].mean() == pytest.approx(5, abs=1.2)
        slope = np.polyfit(p["age"], p["pay"], 1)[0]
        assert s["pay"].mean() - p["pay"].mean() == pytest.approx(5 * slope, rel=0.25)
        assert s["age"].between(p["age"].min(), p["age"].max()).all()  # no value leaves its bounds

    def test_a_factor_moves_the_mean_and_missing_cells_stay_as_many(self) -> None:
        s, p = asked(shift={"gap": Shift(factor=0.8)}), plain()
        assert s["gap"].mean() == pytest.approx(0.8 * p["gap"].mean(), rel=0.05)
        assert s["gap"].isna().mean() == pytest.approx(p["gap"].isna().mean(), abs=0.03)

    def test_dates_move_by_lengths_of_time(self) -> None:
        s, p = asked(shift={"seen": Shift(by="4D")}), plain()
        assert abs(s["seen"].mean() - p["seen"].mean() - pd.Timedelta("4D")) < pd.Timedelta("36h")
        assert s["seen"].between(p["seen"].min().normalize(), p["seen"].max() + pd.Timedelta("1D")).all()

    def test_columns_that_go_together_each_move_as_far_as_asked(self) -> None:
        s, p = asked(shift={"age": Shift(by=4), "pay": Shift(by=2_000)}), plain()
        assert s["age"].mean() - p["age"].mean() == pytest.approx(4, abs=1.2)
        assert s["pay"].mean() - p["pay"].mean() == pytest.approx(2_000, abs=900)

    def test_others_may_stay_what_they_are(self) -> None:
        s, p = (
            asked(shift={"age": Shift(by=5, others="stay"), "pay": Shift(factor=1.1, by=-3, others="stay")}),
            plain(),
        )
        moved = ["age", "pay"]
        pd.testing.assert_frame_equal(s.drop(columns=["scenario", *moved]), p.drop(columns=moved))
        assert (s["age"] - p["age"] == 5).all() and s["age"].dtype == p["age"].dtype
        assert np.abs(s["pay"] - (p["pay"] * 1.1 - 3)).max() <= 0.005 + 1e-9

    def test_every_dtype_stays_where_values_move_by_themselves(self) -> None:
        n = 500
        at = np.arange(n)
        days = pd.Timestamp("2020-01-01") + pd.to_timedelta(at % 200, unit="D")
        spans = pd.Series(pd.to_timedelta(at % 77, unit="h"))
        frame = pd.DataFrame(
            {
                "Int8": pd.Series(at % 7, dtype="Int8").mask(at % 5 == 0),
                "uint8": (at % 50).astype("uint8"),
                "decimal": [Decimal(int(i % 90)) / 10 for i in at],
                "float32": (at % 90 / 10).astype("float32"),
                "sparse": pd.arrays.SparseArray(at % 10),
                "zoned": pd.Series(days).dt.tz_localize("Europe/Vienna"),
                "date": [day.date() for day in days],
                "text": days.strftime("%d.%m.%Y"),
                "span": spans,
                "duration": spans.astype("duration[s][pyarrow]"),
            }
        )
        t = twin.fit(frame, model="independent", seed=0)
        p = t.sample(n, seed=1)
        numbers = dict.fromkeys(["Int8", "uint8", "decimal", "float32", "sparse"], Shift(by=3, others="stay"))
        times = dict.fromkeys(["zoned", "date", "text", "span", "duration"], Shift(by="48h", others="stay"))
        s = t.sample(n, seed=1, request=Request(name="later", shift=numbers | times, mark=None))
        assert s.dtypes.equals(p.dtypes) and s.isna().equals(p.isna())
        assert isinstance(s["decimal"].iloc[0], Decimal)
        for name in numbers:
            change = (s[name].astype(float) - p[name].astype(float)).dropna()
            assert np.allclose(change, 3, atol=1e-5), name
        for name in times:
            before, after = (
                pd.to_datetime(f[name], format="%d.%m.%Y") if name == "text" else f[name] for f in (p, s)
            )
            day = dt.timedelta(days=2)
            assert all(b - a == day for a, b in zip(before.dropna(), after.dropna(), strict=True)), name

    def test_what_a_dtype_does_not_hold_is_refused(self) -> None:
        t = twin.fit(pd.DataFrame({"u": (np.arange(300) % 50).astype("uint8")}), seed=0)
        with pytest.raises(twin.InputError, match=r"shift\['u'\]: so far its dtype does not reach"):
            t.sample(9, request=Request(name="a", shift={"u": Shift(by=-60, others="stay")}))

    def test_tilts_are_what_they_say(self) -> None:
        """By hand: of two codes; and of two fields that go together, on all rows."""
        weights = mean_tilt(np.array([0.0, 1.0]), np.array([0.25, 0.75]), 0.5)
        assert weights is not None and np.allclose(weights, [2, 2 / 3])
        assert mean_tilt(np.array([0.0, 1.0]), np.array([0.25, 0.75]), 1.5) is None
        rng = np.random.default_rng(0)
        one = rng.integers(0, 5, 20_000)
        codes, scores = [one, np.clip(one + rng.integers(-1, 2, one.size), 0, 4)], [np.arange(5.0)] * 2
        found = mean_tilts(scores, codes, np.ones(one.size), [2.5, 1.9])
        assert found is not None
        rows = found[0][codes[0]] * found[1][codes[1]]
        means = [np.average(at, weights=rows) for at in codes]
        assert np.allclose(means, [2.5, 1.9], atol=0.01)


class TestStress:
    @pytest.mark.parametrize("side", ["low", "high", "both"])
    def test_tails_come_up_as_often_as_asked(self, side: Any) -> None:
        p = plain()
        low, high = p["pay"].quantile([0.1, 0.9])
        s = asked(stress={"pay": Stress(factor=3, share=0.1, side=side)})
        parts = {"low": (s["pay"] < low).mean(), "high": (s["pay"] > high).mean()}
        odds = {name: 3 if side in (name, "both") else 1 for name in parts}
        for name, share in parts.items():
            assert share == pytest.approx(0.1 * odds[name] / (0.8 + 0.1 * sum(odds.values())), abs=0.03)
        assert s["age"].mean() > p["age"].mean() or side != "high"  # others follow

    def test_weights_by_hand(self) -> None:
        half = tail_tilt(np.array([0.0, 1, np.nan]), np.array([0.5, 0.3, 0.2]), factor=5, share=0.25)
        assert half.round(6).tolist() == [2.6, 3.666667, 1.0]  # 4 more times .25 / .625 and .25 / .375


class TestUnseen:
    def test_rows_of_a_new_level_are_those_of_its_stand_in(self) -> None:
        t, new = unraked(twins()), Unseen(column="kind", level="new", like="x", share=0.3)
        p, s = t.sample(6_000, seed=1), t.sample(6_000, seed=2, request=Request(name="a", unseen=[new]))
        assert (s["kind"] == "new").sum() == 1_800
        like, new, rest = p[p["kind"] == "x"], s[s["kind"] == "new"], s[s["kind"] != "new"]
        assert (
            chi2_contingency(
                [f["cause"].value_counts().reindex(["c0", "c1", "c2"]) for f in (new, like)]
            ).pvalue
            > 1e-6
        )
        assert ks_2samp(new["age"], like["age"]).pvalue > 1e-6
        assert rest["kind"].value_counts(normalize=True)["x"] == pytest.approx(
            (p["kind"] == "x").mean(), abs=0.05
        )

    def test_dtypes_stay_and_several_columns_may_have_one(self) -> None:
        n = 400
        frame = pd.DataFrame(
            {
                "size": pd.Categorical(
                    np.array(list("SML"))[np.arange(n) % 3], categories=list("SML"), ordered=True
                ),
                "town": pd.Series(np.array(["Graz", "Linz"])[np.arange(n) % 2], dtype="string"),
            }
        )
        t = twin.fit(frame, model="independent", seed=0)
        new = [
            Unseen(column="size", level="🦣", like="L", share=0.25),
            Unseen(column="town", level="", like="Graz", share=1),
        ]
        s = t.sample(200, seed=1, request=Request(name="a", unseen=new))
        assert s["size"].dtype.categories.tolist() == ["S", "M", "L", "🦣"] and s["size"].dtype.ordered
        assert (s["size"] == "🦣").sum() == 50 and set(s["town"]) == {""} and s["town"].dtype == "string"
        p = twin.fit(pl.from_pandas(frame.astype(str)), model="independent", seed=0)
        assert (p.sample(200, seed=1, request=Request(name="a", unseen=new))["size"] == "🦣").sum() == 50


class TestScenario:
    WHOLE = Request(
        name="a crowded summer",
        given={"age": (25, None), "seen": (dt.date(2021, 1, 5), None)},
        balance={"kind": {"x": 0.4, frozenset(["y", "z"]): 0.6}},
        margins={"cause": {"c0": 30, "c1": 50, "c2": 20}},
        shift={"pay": Shift(factor=1.05, others="stay")},
        stress={"gap": Stress(factor=1.5)},
    )

    def test_its_parts_hold_together_in_every_block(self) -> None:
        t = twin.fit(table(), model="independent", seed=0).with_request(self.WHOLE)
        blocks = list(
            twin.from_bytes(t.to_bytes()).stream(66_000, seed=2, request="a crowded summer", threads=2)
        )
        assert len(blocks) == 2
        for block in blocks:
            assert abs((block["kind"] == "x").mean() - 0.4) < 12 / len(block)
            assert abs((block["cause"] == "c1").mean() - 0.5) < 12 / len(block)
            assert (block["age"] >= 25).all() and (block["seen"] >= "2021-01-05").all()
            assert set(block["scenario"]) == {"a crowded summer"}
        whole = t.sample(66_000, seed=2, request=self.WHOLE, threads=1)
        pd.testing.assert_frame_equal(whole, pd.concat(blocks, ignore_index=True))

    def test_a_sample_says_what_it_is(self) -> None:
        s = asked(20, given={"kind": "x"}, shift={"age": Shift(by=2)})
        assert set(s["scenario"]) == {"what if"} and list(s)[:-1] == list(plain())
        told = s.attrs["twin"]
        assert told["request"] == "what if" and told["mark"] == "scenario"
        assert told["asked"] == ["kind: x", "age: plus 2; other columns follow"]
        json.dumps(told)
        bare = asked(20, given={"kind": "x"}, mark=None)
        assert list(bare) == list(plain()) and bare.attrs["twin"]["request"] == "what if"
        assert list(asked(5, mark="🦉"))[-1] == "🦉"
        index = twin.fit(table(600).set_index("cause"), model="copula", seed=0)
        assert index.sample(5, seed=1, request=Request(name="a")).index.name == "cause"

    def test_a_twin_keeps_scenarios_and_never_changes_itself(self) -> None:
        t = twins().with_request(Request(name="a", given={"kind": "x"}))
        t = t.with_request(Request(name="b")).with_request(Request(name="a", given={"kind": "y"}))
        again = twin.from_bytes(t.to_bytes())
        assert again.requests == t.requests and list(t.requests) == ["a", "b"] and not twins().requests
        assert set(again.sample(20, seed=1, request="a")["kind"]) == {"y"}
        pd.testing.assert_frame_equal(again.sample(20, seed=1), twins().sample(20, seed=1))

    @pytest.mark.parametrize(
        "fair",
        [
            Parity(sensitive="a", outcome="b", gap=0.1, groups={"a": [(0, 40), (40, None)]}),
            EqualOpportunity(
                sensitive="a", outcome="b", merit="c", deserving=(1, 2), groups={"c": [(1, 2), (2, 3)]}
            ),
        ],
    )
    def test_parity_is_saved_too(self, fair: Parity) -> None:
        made = Request(name="fair", fair=fair, unseen=[Unseen(column="t", level=1, like=2, share=0.5)])
        assert Request.from_json(json.loads(json.dumps(made.to_json()))) == made


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2200, 1, 1)),
    st.times(),
    st.datetimes(min_value=dt.datetime(1900, 1, 1), max_value=dt.datetime(2200, 1, 1)).map(pd.Timestamp),
    st.timedeltas(min_value=dt.timedelta(-9_999), max_value=dt.timedelta(9_999)).map(pd.Timedelta),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.sampled_from([pd.Timestamp("2021-03-01", tz="Europe/Vienna"), pd.Period("2020-03", freq="M")]),
)
ranges = st.tuples(scalars, scalars)
conditions = st.one_of(scalars, ranges, st.lists(st.one_of(scalars, ranges), min_size=1, max_size=3))
groups = st.one_of(scalars, ranges, st.just(...), st.frozensets(scalars, min_size=1, max_size=3))
shares = st.dictionaries(groups, st.floats(0, 1), max_size=3)
names = st.one_of(st.text(max_size=3), st.integers(0, 9))


@given(
    st.dictionaries(names, conditions, max_size=2),
    st.dictionaries(names, shares, max_size=2),
    st.dictionaries(
        st.tuples(names, names),
        st.dictionaries(st.tuples(groups, groups), st.integers(0, 9), max_size=2),
        max_size=2,
    ),
)
@settings(max_examples=80)
def test_what_is_asked_comes_back_from_json(asked: Any, balance: Any, margins: Any) -> None:
    made = Request(name="a", given=asked, balance=balance, margins=margins)
    text = json.dumps(made.to_json())
    back = Request.from_json(json.loads(text))
    assert back == made and json.dumps(back.to_json()) == text and back.describe() == made.describe()


def test_other_json_is_refused() -> None:
    with pytest.raises(twin.FileFormatError, match=r"this is not what Request.to_json wrote"):
        Request.from_json({"name": "a", "balance": {"strange": 1}})
    with pytest.raises(twin.InputError, match="a function is no condition that can be saved"):
        Request(name="a", given={"x": len.__call__ and (lambda: 0)}).to_json()


def one(level: str = "new", like: str = "x", column: str = "kind") -> list[Unseen]:
    return [Unseen(column=column, level=level, like=like, share=0.5)]


ERRORS: dict[str, tuple[dict[str, Any], str]] = {
    "shift of nothing": (
        {"shift": {"nothing": Shift(by=1)}},
        "shift: there is no column 'nothing'; name one that is there",
    ),
    "shift of a category": (
        {"shift": {"kind": Shift(by=117)}},
        "shift['kind']: the column is no number and no date; use balance= for its levels",
    ),
    "beyond reach": (
        {"shift": {"age": Shift(by=117)}},
        "shift['age']: so far the twin's values do not reach, or too few rows do; move them less",
    ),
    "hardly within": (
        {"shift": {"age": Shift(by=34)}},
        "shift['age']: so far the twin's values do not reach",
    ),
    "against each other": (
        {"shift": {"age": Shift(by=9), "pay": Shift(by=-9_000)}},
        "shift['age'], shift['pay']: so far",
    ),
    "a date by a number": (
        {"shift": {"seen": Shift(by=117)}},
        "shift['seen']: by must be a length of time such as \"30D\", since the column holds dates",
    ),
    "a date by a word": (
        {"shift": {"seen": Shift(by="soon 117")}},
        "shift['seen']: by must be a length of time",
    ),
    "a number by a length": (
        {"shift": {"age": Shift(by="30D", others="stay")}},
        "shift['age']: by must be a number, since the column holds numbers",
    ),
    "a date times": (
        {"shift": {"seen": Shift(factor=2)}},
        "shift['seen']: dates cannot be multiplied; give by= alone",
    ),
    "stress of a category": (
        {"stress": {"kind": Stress(factor=3)}},
        "stress['kind']: the column is no number and no date",
    ),
    "a level that exists": (
        {"unseen": one("y")},
        "unseen['kind']: the twin has this level; use balance= for it",
    ),
    "an unknown stand-in": (
        {"unseen": one(like="w117")},
        "unseen['kind']: the twin never draws a level that is asked for",
    ),
    "a new number": (
        {"unseen": one(like="30", column="age")},
        "unseen['age']: the column is no category; only categories have levels",
    ),
    "unseen of nothing": (
        {"unseen": one(column="nothing")},
        "unseen: there is no column 'nothing'; name one that is there",
    ),
    "unseen and shares": (
        {"unseen": one(), "balance": {"kind": {"x": 1}}},
        "unseen['kind']: the column has target shares too; give one of the two",
    ),
    "a mark that is taken": (
        {"mark": "age"},
        "request: the column that marks its rows has the name of one of the table; give another as mark=",
    ),
    "level": ({"given": {"kind": "w117"}}, "given['kind']: the twin never draws a level that is asked for"),
}


@pytest.mark.parametrize(("parts", "message"), ERRORS.values(), ids=ERRORS)
def test_what_cannot_be_had_is_refused_in_one_sentence(parts: dict[str, Any], message: str) -> None:
    for ask in (lambda: asked(2, **parts), lambda: twins().with_request(Request(name="a", **parts))):
        with pytest.raises(twin.InputError) as caught:
            ask()
        told = str(caught.value)
        assert told.startswith(message) and "\n" not in told and "117" not in told


def test_times_of_day_and_periods_are_not_moved() -> None:
    clock = [dt.time(i % 24, 0) for i in range(300)]
    t = twin.fit(
        pd.DataFrame({"c": clock, "p": pd.PeriodIndex.from_ordinals(np.arange(300) % 70, freq="M")}), seed=0
    )
    for name, what in (("c", "times of day"), ("p", "periods")):
        for others in ("stay", "follow"):
            with pytest.raises(twin.InputError, match=f"{what} cannot be moved; use balance= with ranges"):
                t.sample(9, request=Request(name="a", shift={name: Shift(by="1h", others=others)}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"request": "b"}, "request: the twin holds none named 'b'; see t.requests"),
        ({"request": ["b"]}, "request: give a twin.Request, or the name of one that the twin holds"),
        (
            {"request": Request(name="a"), "balance": {"kind": {"x": 1}}},
            "balance: the request says what is asked; put the target shares into it",
        ),
        (
            {"request": Request(balance={"kind": {"x": 1}}), "given": pd.DataFrame({"age": [30]})},
            "given: a table asks row by row; it goes with no balance and no request",
        ),
        (
            {"request": Request(given={"age": (30, None)}), "given": {"age": (20, None)}},
            "given['age']: the request has a condition on this column too; give one of the two",
        ),
    ],
)
def test_nothing_is_asked_twice(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(twin.InputError) as caught:
        twins().sample(2, **arguments)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Shift(), "Shift: give by=, factor=, or both"),
        (lambda: Shift(by=float("nan")), "Shift: by must be a finite number, or a length of time"),
        (lambda: Shift(factor="2"), "Shift: factor must be a number above 0"),  # type: ignore[arg-type]
        (lambda: Shift(by=1, others="wait"), 'Shift: others must be "follow" or "stay"'),  # type: ignore[arg-type]
        (lambda: Stress(factor=0), "Stress: factor must be a number above 0"),
        (lambda: Stress(factor=2, share=0.5), "Stress: share must lie between 0 and 0.5"),
        (lambda: Stress(factor=2, side="top"), 'Stress: side must be "both", "low" or "high"'),  # type: ignore[arg-type]
        (lambda: one("x"), "Unseen: level and like are the same"),
        (
            lambda: Unseen(column="a", level=1, like=2, share=0),
            "Unseen: share must lie above 0 and not above 1",
        ),
        (lambda: Request(name=" "), "Request: its name must be text that is not blank"),
        (lambda: Request(name="a", given=[1]), "given: must be a mapping of columns"),  # type: ignore[arg-type]
        (lambda: Request(name="a", shift={"a": 5}), "Request: shift must hold twin.Shift objects"),  # type: ignore[dict-item]
        (
            lambda: Request(name="a", unseen=one()[0]),
            "Request: unseen must be a list of twin.Unseen objects",
        ),  # type: ignore[arg-type]
        (lambda: Request(name="a", mark=5), "Request: mark must be the name of a column"),  # type: ignore[arg-type]
    ],
)
def test_parts_are_checked_when_they_are_made(make: Any, message: str) -> None:
    with pytest.raises(twin.InputError) as caught:
        make()
    assert str(caught.value).startswith(message)


def test_conditions_hold_beside_those_of_a_request() -> None:
    t = twins()
    asked = Request(name="older", given={"age": (40, None)})
    both = t.sample(60, seed=1, given={"kind": "x"}, request=asked)
    assert both["age"].ge(40).all() and both["kind"].eq("x").all() and both["scenario"].eq("older").all()
    assert not asked.given.keys() & {"kind"}
    with pytest.raises(twin.InputError, match=r"request: give a twin\.Request with a name"):
        t.with_request(Request(given={"kind": "x"}))
