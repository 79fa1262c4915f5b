"""Rules that rows keep: checked by hand, by brute force, and for any table that comes along."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.columns.arrays.reading import TableArrays, read, token
from twin.columns.table import infer_schema
from twin.constraints.base import Rule, blank
from twin.constraints.fixed_combinations import FixedCombinations
from twin.constraints.inequality import Inequality
from twin.constraints.linear import Linear, Sum
from twin.constraints.onehot import OneHot
from twin.constraints.order import order
from twin.constraints.range import Range
from twin.constraints.rules import Rules
from twin.constraints.texts import Matches, Predicate
from twin.constraints.whole import Monotone, Unique
from twin.errors import InputError

SHORT = settings(max_examples=30)
EVERY: tuple[Rule, ...] = (
    Inequality(low="a", high="b", strict=True),
    FixedCombinations(columns=["a", 3]),
    Linear(terms={"a": 1, "b": -2.5, 3: 1}, equals=4),
    Sum(total="a", parts=["b", "c"]),
    Range(column="a", low=Decimal("1.5"), high=7),
    Range(column="d", low=dt.date(2020, 1, 1), high=pd.Timestamp("2021-05-01 10:00")),
    Range(column="s", high=dt.timedelta(hours=3)),
    Unique(columns=["a", "b"]),
    OneHot(columns=["x", "y"]),
    Monotone(column="a", by="b", within="c", rising=False),
    Matches(column="a", pattern="[A-Z]{2}"),
    Predicate(name="sane", columns=["a"]),
)


def rows(rule: Rule, frame: pd.DataFrame) -> list[bool]:
    """Which rows break one rule."""
    return Rules(rules=(rule,)).broken(frame)[rule].tolist()  # type: ignore[arg-type]


def disturbed(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Each column shuffled by itself, as a model would draw that knows nothing."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: frame[name].array.take(rng.permutation(len(frame))) for name in frame})


# Declarations


def test_rules_go_to_json_and_back() -> None:
    assert Rules.from_json(Rules(rules=EVERY).to_json()) == Rules(rules=EVERY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Inequality(low="a", high="a"), "Inequality: low and high must be two columns"),
        (lambda: Inequality(low="a"), "Inequality: high is missing; give it by name"),
        (
            lambda: FixedCombinations(columns=["a"]),
            "FixedCombinations: columns must name at least two columns, each once",
        ),
        (lambda: OneHot(columns=["a", "a"]), "OneHot: columns must name at least two columns, each once"),
        (lambda: Linear(terms={"a": 1}), "Linear: terms must name at least two columns, each once"),
        (
            lambda: Linear(terms={"a": 1, "b": 0}),
            "Linear: terms must have finite coefficients other than 0; leave a column out instead",
        ),
        (
            lambda: Sum(total="a", parts=["a"]),
            "Sum: parts must name at least one column, each once, and not the total",
        ),
        (lambda: Range(column="a"), "Range: give low, high or both"),
        (lambda: Range(column="a", low=2, high=1), "Range: low must not be above high"),
        (
            lambda: Range(column="a", low=float("nan")),
            "Range: low is not valid: must be a finite number, a date, a time or a length of time, or None",
        ),
        (lambda: Unique(columns=[]), "Unique: columns must name at least one column, each once"),
        (
            lambda: Monotone(column="a", by="a", within="p"),
            "Monotone: column, by and within must be three columns",
        ),
        (
            lambda: Matches(column="a", pattern="("),
            "Matches: pattern must be a regular expression that Python's re understands",
        ),
        (
            lambda: Rules(rules=(Predicate(name="a"), Predicate(name="a", columns=["b"]))),
            "Rules: two predicates have the same name; give each its own",
        ),
        (lambda: OneHot(columns="ab"), "OneHot: columns must be a list of names of columns"),
        (
            lambda: Linear(terms="ab"),
            "Linear: terms must map columns to coefficients, as in {'a': 1, 'b': -1}",
        ),
        (
            lambda: Rules(rules=["a"]),
            "Rules: rules must be a list of rules such as twin.Inequality(low=..., high=...)",
        ),
        (
            lambda: Rules(rules="a"),
            "Rules: rules must be a list of rules such as twin.Inequality(low=..., high=...)",
        ),
    ],
)
def test_a_wrong_declaration_is_one_sentence(make: Any, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value) == sentence


MIXED = pd.DataFrame(
    {
        "n": [1, 2],
        "m": [1.5, 2.5],
        "t": ["u", "v"],
        "day": pd.to_datetime(["2020-01-01", "2020-01-02"]),
        "zoned": pd.to_datetime(["2020-01-01", "2020-01-02"]).tz_localize("UTC"),
        "span": pd.to_timedelta([1, 2], unit="h"),
        "key": ["k1", "k2"],
    }
)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (Inequality(low="n", high="gone"), "there is no column 'gone'; near names: 'zoned'"),
        (
            Inequality(low="n", high="t"),
            "column 't' holds neither numbers nor dates, times or lengths of time; convert it, or leave",
        ),
        (
            Inequality(low="n", high="day"),
            "one column holds dates or times and the other does not; compare like with like",
        ),
        (
            Inequality(low="day", high="zoned"),
            "one column has a time zone and the other has none; give both one",
        ),
        (Sum(total="n", parts=["t"]), "column 't' holds no numbers; convert it, or leave the rule out"),
        (
            Sum(total="n", parts=["span"]),
            "column 'span' holds lengths of time and others do not; use one unit",
        ),
        (Range(column="t", low=1), "column 't' holds neither numbers nor dates; convert it first"),
        (Range(column="n", low="x"), "a text is its limit that is no number; the column holds numbers"),
        (Range(column="m", low="x"), "a text is its limit that is no number; the column holds numbers"),
        (Range(column="day", low=3), "a int is its limit; the column holds dates or times"),
        (
            Range(column="day", low="2021-01-01", high="2020-01-01"),
            "the lower end of a range lies above its upper end",
        ),
        (
            OneHot(columns=["n", "t"]),
            "column 't' holds neither flags nor numbers 0 and 1; convert it, or leave the rule out",
        ),
        (
            Matches(column="n", pattern="a"),
            "column 'n' holds no text; turn it into text, or leave the rule out",
        ),
        (
            Monotone(column="t", by="n", within="key"),
            "column 't' has no order; convert it to numbers or dates",
        ),
    ],
    ids=str,
)
def test_a_rule_that_does_not_fit_its_columns_is_one_sentence(rule: Rule, sentence: str) -> None:
    for about in (MIXED, infer_schema(MIXED)):
        with pytest.raises(InputError) as caught:
            Rules(rules=(rule,)).check(about)  # type: ignore[arg-type]
        assert str(caught.value).startswith(f"rule {str(rule)!r}: {sentence}")


def test_a_key_is_never_repaired() -> None:
    frame = pd.DataFrame({"id": np.arange(1000), "n": np.arange(1000) % 7})
    with pytest.raises(InputError, match="of kind key, which is never learned"):
        Rules(rules=(Inequality(low="n", high="id"),)).check(infer_schema(frame))


# What holds, by hand


def test_inequalities_by_hand() -> None:
    frame = pd.DataFrame({"a": [1, 2, 3, None], "b": [2.5, 2.0, 1.0, 0.0]})
    assert rows(Inequality(low="a", high="b"), frame) == [False, False, True, False]
    assert rows(Inequality(low="a", high="b", strict=True), frame) == [False, True, True, False]
    days = pd.DataFrame(
        {"a": [dt.date(2020, 1, 2), None], "b": pd.to_datetime(["2020-01-01 23:59", "2020-01-01 00:00"])}
    )
    assert rows(Inequality(low="a", high="b"), days) == [True, False]
    zones = pd.DataFrame(
        {
            "a": pd.to_datetime(["2020-01-01 12:00"]).tz_localize("Europe/Vienna"),
            "b": pd.to_datetime(["2020-01-01 11:30"]).tz_localize("UTC"),
        }
    )
    assert rows(Inequality(low="a", high="b"), zones) == [False]


def test_sums_by_hand() -> None:
    frame = pd.DataFrame({"t": [0.3, 0.3, np.nan], "a": [0.1, 0.1, 1], "b": [0.2, 0.3, 1]})
    assert rows(Sum(total="t", parts=["a", "b"]), frame) == [False, True, False]
    whole = pd.DataFrame({"t": [2**55 + 1, 2**55], "a": [2**55, 2**55], "b": [1, 1]})
    assert rows(Sum(total="t", parts=["a", "b"]), whole) == [False, True]
    money = pd.DataFrame(
        {"t": [Decimal("1.10"), Decimal("1.1")], "a": [Decimal("1"), Decimal("1")], "b": [0.1, 0.2]}
    )
    assert rows(Sum(total="t", parts=["a", "b"]), money) == [False, True]
    clock = pd.DataFrame({"time": [517, 560], "hour": [5, 5], "minute": [17, 59]})
    assert rows(Linear(terms={"time": 1, "hour": -100, "minute": -1}), clock) == [False, True]


def test_ranges_by_hand() -> None:
    frame = pd.DataFrame({"a": [1, 5, None], "d": [dt.date(2020, 1, 1), dt.date(2020, 12, 31), None]})
    frame["s"] = pd.to_timedelta([1, 5, None], unit="h")
    frame["t"] = pd.to_datetime(["2020-01-01 23:59:59", "2020-01-02 00:00:00", None])
    assert rows(Range(column="a", low=2), frame) == [True, False, False]
    assert rows(Range(column="d", high="2020-06-30"), frame) == [False, True, False]
    assert rows(Range(column="s", high="3h"), frame) == [False, True, False]
    assert rows(Range(column="t", high=dt.date(2020, 1, 1)), frame) == [False, True, False]


def test_other_rules_by_hand() -> None:
    frame = pd.DataFrame({"x": [1, 0, 1, 2, None], "y": [0, 0, 1, 0, 1]})
    assert rows(OneHot(columns=["x", "y"]), frame) == [False, True, True, True, False]
    text = pd.DataFrame({"c": ["AB1", "ab1", None, "AB12"]})
    assert rows(Matches(column="c", pattern="[A-Z]{2}[0-9]"), text) == [False, True, False, True]
    said = pd.array([True, False, None], dtype="boolean")
    assert rows(Predicate(name="p", function=lambda t: said), text.iloc[:3]) == [False, True, False]


def test_a_predicate_asks_for_its_function() -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    saved = Rules.from_json(Rules(rules=(Predicate(name="few", function=lambda t: t["a"] < 2),)).to_json())
    with pytest.raises(InputError, match=r"rule 'few': its function is not saved .* t.with_predicates"):
        saved.holds(frame)
    assert saved.with_predicates({"few": lambda t: t["a"] < 2}).holds(frame).tolist() == [True, False]
    with pytest.raises(InputError, match="there is no predicate 'many'"):
        saved.with_predicates({"many": len})
    for answer in (True, [True], pd.Series([1, 5])):
        with pytest.raises(InputError, match="must give"):
            saved.with_predicates({"few": lambda t, answer=answer: answer}).holds(frame)


# Settling


@st.composite
def tables(draw: Any) -> pd.DataFrame:
    """A table that keeps all of `KEPT`, with missing cells, of drawn dtypes."""
    n = draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    whole = rng.integers(0, 50, size=(n, 6))
    low, gap, part, rest, code, hot = whole.T
    digits = draw(st.integers(0, 2))
    start = np.datetime64("2020-01-01") + low
    end = start + gap
    frame = pd.DataFrame(
        {
            "low": low,
            "mid": low + gap,
            "top": low + gap + part,
            "part": part / 10**digits,
            "rest": rest / 10**digits,
            "total": np.round((part + rest) / 10**digits, digits),
            "price": [Decimal(int(v)).scaleb(-digits) for v in part],
            "fee": [Decimal(int(v)).scaleb(-2) for v in rest],
            "start": start,
            "end": end,
            "city": np.array(["Graz", "Wien", "Lyon", None], dtype=object)[code % 4],
            "land": np.array(["AT", "AT", "FR", "?"], dtype=object)[code % 4],
            "🏠": hot % 3 == 0,
            "rents": hot % 3 == 1,
            "other": hot % 3 == 2,
        }
    )
    frame["price2"] = [a + b for a, b in zip(frame["price"], frame["fee"], strict=True)]
    if draw(st.booleans()):
        frame["start"] = [day.date() for day in frame["start"]]
        frame["end"] = (
            frame["end"].dt.tz_localize("Europe/Vienna") if draw(st.booleans()) and False else frame["end"]
        )
    if draw(st.booleans()):
        frame["low"], frame["mid"] = frame["low"].astype("Int16"), frame["mid"].astype("float32")
    if draw(st.booleans()):
        frame["city"] = frame["city"].astype("category")
        frame[["🏠", "rents", "other"]] = frame[["🏠", "rents", "other"]].astype("Int8")
    for name in ("mid", "part", "end", "price2"):
        if draw(st.booleans()):
            gone = rng.random(n) < 0.3
            frame[name] = frame[name].astype("Int64" if name == "mid" else frame[name].dtype).mask(gone)
    return frame


KEPT = Rules(
    rules=(
        Inequality(low="low", high="mid"),
        Inequality(low="mid", high="top"),
        Sum(total="total", parts=["part", "rest"]),
        Sum(total="price2", parts=["price", "fee"]),
        Inequality(low="start", high="end"),
        FixedCombinations(columns=["city", "land"]),
        OneHot(columns=["🏠", "rents", "other"]),
    )
)


@SHORT
@given(frame=tables(), seed=st.integers(0, 99), data=st.data())
def test_whatever_is_drawn_keeps_the_rules_once_repaired(frame: pd.DataFrame, seed: int, data: Any) -> None:
    assert KEPT.holds(frame).all()
    drawn = disturbed(KEPT.extend(frame).frame, seed)
    for gap in KEPT.auxiliary:  # a gap is drawn for each row in which both columns are there
        if "gap" in gap:
            drawn[gap] = drawn[gap].fillna(3)
    fixed = data.draw(
        st.sampled_from([frozenset(), *({name} for name in ("low", "mid", "top", "total", "price2", "end"))])
    )
    out = KEPT.repair(drawn, frozenset(fixed), infer_schema(frame))
    broken = {str(rule): rows_.any() for rule, rows_ in KEPT.broken(out).items()}
    assert not any(broken.values()), broken
    for name in fixed:
        pd.testing.assert_series_equal(out[name], drawn[name])
    stripped = KEPT.strip(out)
    assert stripped.columns.tolist() == frame.columns.tolist()
    assert [token(stripped[n]) for n in frame if frame[n].notna().any() and stripped[n].notna().any()] == [
        token(frame[n]) for n in frame if frame[n].notna().any() and stripped[n].notna().any()
    ]


@SHORT
@given(frame=tables())
def test_repairing_what_was_extended_changes_nothing(frame: pd.DataFrame) -> None:
    out = KEPT.strip(KEPT.repair(KEPT.extend(frame).frame, schema=infer_schema(frame)))
    for name in frame:
        assert [str(v) for v in out[name]] == [str(v) for v in frame[name]], name


@SHORT
@given(n=st.integers(1, 30), seed=st.integers(0, 999), data=st.data())
def test_rules_that_overlap_all_hold(n: int, seed: int, data: Any) -> None:
    """Chains, sums of sums and combinations on the same columns, none of them in a circle."""
    rng = np.random.default_rng(seed)
    a, gap, tax, fee, extra = rng.integers(0, 30, (5, n))
    frame = pd.DataFrame({"net": a, "gross": a + tax, "tax": tax, "fee": fee, "extra": extra})
    frame["due"] = frame["gross"] + fee
    frame["cap"] = frame["due"] + gap
    frame["all"] = frame["due"] + extra
    frame["code"], frame["name"] = extra % 3, np.array(["x", "y", "z"])[extra % 3]
    rules = Rules(
        rules=(
            Inequality(low="net", high="gross"),
            Sum(total="gross", parts=["net", "tax"]),
            Sum(total="due", parts=["gross", "fee"]),
            Sum(total="all", parts=["due", "extra"]),
            Sum(total="all", parts=["net", "tax", "fee", "extra"]),
            Inequality(low="due", high="cap"),
            Inequality(low="gross", high="cap"),
            FixedCombinations(columns=["code", "name"]),
        )
    )
    rules.check(frame)
    drawn = disturbed(rules.extend(frame).frame, seed)
    fixed = frozenset(data.draw(st.sets(st.sampled_from(["net", "cap", "all", "code"]), max_size=1)))
    out = rules.repair(drawn, fixed)
    equal = [rule for rule in rules.rules if isinstance(rule, Sum)]
    assert not any(rows_.any() for rule, rows_ in rules.broken(out).items() if rule in equal)
    if not fixed:
        assert rules.holds(out).all()


@SHORT
@given(frame=tables(), seed=st.integers(0, 99))
def test_tables_of_arrow_repair_as_others_do(frame: pd.DataFrame, seed: int) -> None:
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    wide = [
        f.with_type(pa.decimal128(12, f.type.scale)) if pa.types.is_decimal(f.type) else f
        for f in arrow.schema
    ]
    frame = arrow.cast(pa.schema(wide)).to_pandas(types_mapper=pd.ArrowDtype)
    drawn = disturbed(KEPT.extend(frame).frame, seed)
    for gap in KEPT.auxiliary:
        if "gap" in gap:
            drawn[gap] = drawn[gap].fillna(3)
    out = KEPT.repair(drawn, schema=infer_schema(frame))
    assert KEPT.holds(out).all()
    assert [str(out[name].dtype) for name in frame] == [str(dtype) for dtype in frame.dtypes]


def test_single_precision_is_held_to_its_own_digits() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.random(50), "b": rng.random(50)}, dtype="float32")
    frame["t"] = frame["a"] + frame["b"]
    rules = Rules(rules=(Sum(total="t", parts=["a", "b"]), Inequality(low="a", high="t")))
    assert rules.holds(frame).all()
    drawn = disturbed(rules.extend(frame).frame, 1)
    out = rules.repair(drawn)
    assert rules.holds(out).all() and out["t"].dtype == "float32"


def test_flags_that_are_given_stay() -> None:
    rules = Rules(rules=(OneHot(columns=["x", "y", "z"]),))
    frame = pd.DataFrame({"x": [True, True, False], "y": [True, False, False], "z": [False] * 3})
    frame[rules.auxiliary[0]] = ["y", "z", "x"]
    out = rules.strip(rules.repair(frame, frozenset({"x"})))
    assert out.to_numpy().tolist() == [[True, False, False], [True, False, False], [False, False, False]]
    assert rules.holds(out).tolist() == [True, True, False]


def test_a_fixed_total_is_shared_in_proportion_and_to_the_last_digit() -> None:
    rules = Rules(rules=(Sum(total="t", parts=["a", "b", "c"]),))
    frame = pd.DataFrame({"t": [10, 100, 0, 7], "a": [1, 1, 3, 0], "b": [1, 1, 4, 0], "c": [1, 2, 5, 0]})
    out = rules.repair(frame, frozenset({"t"}))
    assert out["t"].tolist() == [10, 100, 0, 7]
    assert out[["a", "b", "c"]].to_numpy().tolist() == [[4, 3, 3], [25, 25, 50], [0, 0, 0], [7, 0, 0]]
    bound = rules.repair(frame, frozenset({"t", "b"}))
    assert (
        bound["b"].tolist() == frame["b"].tolist()
        and (bound["a"] + bound["b"] + bound["c"] == bound["t"]).all()
    )


def test_a_fixed_clock_time_moves_hours_before_minutes() -> None:
    rules = Rules(rules=(Linear(terms={"time": 1, "hour": -100, "minute": -1}),))
    frame = pd.DataFrame({"time": [1745, 1745, 1745], "hour": [16, 17, 18], "minute": [50, 30, 5]})
    out = rules.repair(frame, frozenset({"time"}))
    assert out["hour"].tolist() == [17, 17, 17] and out["minute"].tolist() == [45, 45, 45]
    free = rules.repair(frame)
    assert free["time"].tolist() == [1650, 1730, 1805]


def test_each_row_may_fix_columns_of_its_own() -> None:
    rules = Rules(rules=(Inequality(low="a", high="b"),))
    frame = pd.DataFrame(
        {"a": [5, 5, 5], "b": [1, 1, 1], rules.auxiliary[0]: pd.array([2, 2, 2], dtype="Int64")}
    )
    out = rules.repair(frame, {"a": np.array([True, False, True]), "b": np.array([False, True, True])})
    assert out["a"].tolist() == [5, -1, 5] and out["b"].tolist() == [7, 1, 1]
    assert rules.holds(out).tolist() == [True, True, False]


def test_a_date_stays_a_date_and_a_zone_a_zone() -> None:
    rules = Rules(rules=(Inequality(low="a", high="b"),))
    zone = "Europe/Vienna"
    source = pd.DataFrame(
        {
            "a": pd.to_datetime(["2020-03-28 12:00:30", "2020-10-24 12:00:00"])
            .tz_localize(zone)
            .as_unit("s"),
            "b": pd.to_datetime(["2020-03-29 12:00:30", "2020-10-25 12:00:10"])
            .tz_localize(zone)
            .as_unit("s"),
        }
    )
    drawn = rules.extend(source).frame
    drawn["b"] = source["a"]
    out = rules.strip(rules.repair(drawn))
    pd.testing.assert_frame_equal(out, source)
    days = pd.DataFrame(
        {"a": pd.to_datetime(["2020-01-01 10:00", "2020-01-05 11:00"]), "b": [dt.date(2020, 1, 9)] * 2}
    )
    drawn = rules.extend(days).frame
    drawn["b"] = dt.date(2019, 1, 1)
    assert rules.repair(drawn)["b"].tolist() == [dt.date(2020, 1, 9)] * 2


def test_small_whole_numbers_do_not_overflow() -> None:
    rules = Rules(rules=(Inequality(low="a", high="b"),))
    frame = pd.DataFrame(
        {"a": [100, 1], "b": [90, 0], rules.auxiliary[0]: pd.array([100, 100], dtype="Int64")}
    )
    out = rules.repair(frame.astype({"a": "int8", "b": "int8"}))
    assert out["b"].tolist() == [90, 101] and rules.holds(out).tolist() == [False, True]
    money = pa.table({"a": pa.array([Decimal("9.9"), Decimal("0.1")], pa.decimal128(2, 1))})
    money = (
        money.append_column("b", money["a"])
        .append_column("t", money["a"])
        .to_pandas(types_mapper=pd.ArrowDtype)
    )
    sums = Rules(rules=(Sum(total="t", parts=["a", "b"]),))
    assert sums.holds(sums.repair(money)).tolist() == [False, True]


def test_odd_tables_pass_through() -> None:
    rules = Rules(
        rules=(
            Inequality(low="a", high="b"),
            Sum(total="b", parts=["a", "c"]),
            FixedCombinations(columns=["d", "e"]),
        )
    )
    for n in (0, 1, 3):
        gone = pd.DataFrame({name: pd.Series([None] * n, dtype=object) for name in "abcde"})
        rules.check(gone)
        out = rules.strip(rules.repair(rules.extend(gone).frame))
        assert out.shape == gone.shape and out.isna().all(axis=None)
        assert rules.holds(out).all()


@pytest.mark.parametrize("arrow", [False, True])
def test_dtypes_alone_tell_what_can_be_compared(arrow: bool) -> None:
    """A column of missing cells, or a schema, is as good as a full one where its dtype says what it holds."""
    stamps = pd.to_datetime(["2020-01-01"])
    frame = pd.DataFrame(
        {
            "int": [1],
            "real": [1.5],
            "nullable": pd.array([1], dtype="Int8"),
            "decimal": [Decimal("1.5")],
            "stamp": stamps,
            "zoned": stamps.tz_localize("Europe/Vienna"),
            "date": [dt.date(2020, 1, 1)],
            "span": pd.to_timedelta(["1h"]),
            "clock": [dt.time(1)],
            "flag": [True],
            "text": ["a"],
            "level": pd.Categorical(["a"]),
        }
    )
    if arrow:
        frame = pa.Table.from_pandas(frame, preserve_index=False).to_pandas(types_mapper=pd.ArrowDtype)
    for name in frame:
        full, told = read(frame[name]), blank(token(frame[name]), 3)
        nominal = full.nominal and told.nominal and name == "level"
        assert nominal or (full.type, full.unit) == (told.type, told.unit), name
        assert told.empty and told.values.size == 3 and told.values.dtype.kind == full.values.dtype.kind


# Order


def test_chains_repair_away_from_what_is_fixed() -> None:
    rules = tuple(Inequality(low=x, high=y) for x, y in itertools.pairwise("abcd"))
    steps = order(rules, frozenset({"b"})).steps
    assert sorted(steps[0][1]) in (["a"], ["c"])
    written = [free for _, free in steps]
    assert all(len(free) == 1 for free in written) and set().union(*written) == {"a", "c", "d"}


def test_what_follows_from_other_rules_adds_nothing() -> None:
    rules = Rules(rules=tuple(Inequality(low=x, high=y) for x, y in ("ab", "bc", "ac")))
    assert rules.auxiliary == ("⟂ gap a…b", "⟂ gap b…c")
    sums = (
        Sum(total="t", parts=["a", "b", "c"]),
        Sum(total="s", parts=["a", "b"]),
        Sum(total="t", parts=["s", "c"]),
    )
    found = order(sums)
    assert len(found.steps) == 2 and not found.circle


@SHORT
@given(data=st.data())
def test_no_rule_writes_what_one_before_it_has_read(data: Any) -> None:
    names = "abcdef"
    pairs = data.draw(st.lists(st.sampled_from(list(itertools.combinations(names, 2))), max_size=6))
    sums = data.draw(st.lists(st.permutations(names).map(lambda p: p[:3]), max_size=3))
    rules = Rules(
        rules=tuple(
            [Inequality(low=a, high=b) for a, b in pairs] + [Sum(total=t, parts=[p, q]) for t, p, q in sums]
        )
    )
    fixed = frozenset(data.draw(st.sets(st.sampled_from(names), max_size=3)))
    touched = set(fixed)
    for rule, free in order(rules.rules, fixed).steps:
        assert free and not free & touched and free <= set(rule.members)
        touched |= set(rule.members)


# Conflicts


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        (
            [Inequality(low="a", high="b"), Inequality(low="b", high="a")],
            "'a ≤ b' and 'b ≤ a' go round in a circle, so that all must be equal",
        ),
        (
            [
                Inequality(low="a", high="b"),
                Inequality(low="c", high="d"),
                Inequality(low="b", high="a", strict=True),
            ],
            "'a ≤ b' and 'b < a' go round in a circle, which no values can keep",
        ),
        (
            [
                Range(column="a", low=5),
                Inequality(low="a", high="b"),
                Range(column="c", low=0),
                Range(column="b", high=4),
            ],
            "'a ≥ 5', 'a ≤ b' and 'b ≤ 4' cannot hold together",
        ),
        ([Range(column="a", low=5), Range(column="a", high=4)], "'a ≥ 5' and 'a ≤ 4' cannot hold together"),
        (
            [
                Sum(total="a", parts=["b", "c"]),
                Range(column="b", low=3),
                Range(column="c", low=3),
                Range(column="a", high=5),
            ],
            "'a = b + c', 'b ≥ 3', 'c ≥ 3' and 'a ≤ 5' cannot hold together",
        ),
        (
            [OneHot(columns=["a", "b"]), Range(column="a", low=1), Range(column="b", low=1)],
            "'exactly one of a, b', 'a ≥ 1' and 'b ≥ 1' cannot",
        ),
        ([Linear(terms={"a": 2, "b": 2}, equals=5)], "no values can keep the rule '2 a + 2 b = 5'"),
        (
            [Linear(terms={"a": 1, "b": 1}, equals=10), Linear(terms={"a": 1, "b": -1}, equals=2)],
            "'a + b = 10' and 'a - b = 2' compute each other's columns in a circle",
        ),
        (
            [Inequality(low="a", high="b", strict=True), Linear(terms={"a": 1, "b": -1})],
            "'a < b' and 'a - b = 0' cannot hold together",
        ),
    ],
    ids=lambda v: None if isinstance(v, list) else v[:30],
)
def test_rules_that_clash_are_named(rules: list[Any], named: str) -> None:
    frame = pd.DataFrame({name: [0, 1] for name in "abcd"})
    with pytest.raises(InputError) as caught:
        Rules(rules=tuple(rules)).check(frame)
    assert named in str(caught.value)


@SHORT
@given(data=st.data())
def test_conflicts_are_those_that_brute_force_finds(data: Any) -> None:
    names = "abc"
    pairs = data.draw(st.lists(st.sampled_from(list(itertools.combinations(names, 2))), max_size=2))
    strict = data.draw(st.lists(st.booleans(), min_size=2, max_size=2))
    weights = data.draw(st.lists(st.tuples(*[st.sampled_from([-2, -1, 1, 2])] * 3), max_size=1))
    equals = data.draw(st.integers(-4, 4))
    ends = data.draw(st.lists(st.tuples(st.sampled_from(names), st.integers(0, 3)), max_size=2))
    box = [Range(column=name, low=0, high=3) for name in names]
    rules = Rules(
        rules=(
            *box,
            *(Inequality(low=a, high=b, strict=s) for (a, b), s in zip(pairs, strict, strict=False)),
            *(Linear(terms=dict(zip(names, w, strict=True)), equals=equals) for w in weights),
            *(Range(column=name, low=low) for name, low in ends),
        )
    )
    every = pd.DataFrame(list(itertools.product(range(4), repeat=3)), columns=list(names))
    possible = rules.holds(every).any()
    try:
        rules.check(every)
    except InputError:
        found = False
    else:
        found = True
    assert found == possible


# Before a fit


def test_rows_that_break_a_rule_are_set_aside_and_counted() -> None:
    frame = pd.DataFrame({"a": [*range(100), 5, 5], "b": [*range(1, 101), 4, 3]}, index=range(7, 109))
    rules = Rules(rules=(Inequality(low="a", high="b"), Range(column="a", low=0)))
    aside = rules.set_aside(frame)
    left = TableArrays(frame).rows(aside.kept).frame
    assert left["a"].tolist() == list(range(100)) and left.index.tolist() == list(range(100))
    assert aside.words(11) == ("a ≤ b: fewer than 11 rows set aside",) and aside.words(2) == (
        "a ≤ b: 2–4 rows set aside",
    )
    turned = Rules(rules=(Inequality(low="b", high="a", strict=True),))
    with pytest.raises(InputError, match="nearly no row of the table keeps the rule 'b < a'; correct"):
        turned.set_aside(frame.iloc[:100])
    assert not turned.set_aside(frame.iloc[:100], private=True).kept.any()
    apart = Rules(rules=(Range(column="a", low=0), Range(column="a", high=49), Range(column="b", low=51)))
    with pytest.raises(InputError, match="nearly no row of the table keeps the rules 'a ≤ 49' and 'b ≥ 51'"):
        apart.set_aside(frame.iloc[:100])


def test_auxiliary_columns_are_declared_as_they_are_filled() -> None:
    frame = pd.DataFrame(
        {"a": [1, 2], "b": [2.5, None], "d": [dt.date(2020, 1, 1)] * 2, "e": [dt.date(2020, 1, 9), None]}
    )
    frame["x"], frame["y"] = [True, False], [False, True]
    rules = Rules(
        rules=(
            Inequality(low="a", high="b"),
            Inequality(low="d", high="e"),
            OneHot(columns=["x", "y"]),
            FixedCombinations(columns=["a", "d"]),
            Range(column="b", high=10),
        )
    )
    wide = rules.extend(frame).frame
    schema = rules.declare(infer_schema(frame))
    assert schema.names == tuple(wide.columns)
    assert [schema[name].dtype for name in rules.auxiliary] == [token(wide[name]) for name in rules.auxiliary]
    assert wide["⟂ gap d…e"].tolist() == [8, pd.NA] and schema["b"].high == 10  # type: ignore[union-attr]
    assert wide["⟂ gap a…b"].iloc[0] == 1.5 and wide["⟂ which of x, y"].tolist() == ["x", "y"]
    assert wide["⟂ combination a, d"].tolist() == ["[1,18262]", "[2,18262]"]


# Conditions


def test_conditions_are_narrowed_and_imply_others() -> None:
    frame = pd.DataFrame(
        {"a": [1, 2], "b": [3, 4], "x": [1, 0], "y": [0, 1], "c": ["Graz", "Lyon"], "l": ["AT", "FR"]}
    )
    rules = Rules(
        rules=(
            Inequality(low="a", high="b"),
            Range(column="a", low=0, high=9),
            OneHot(columns=["x", "y"]),
            FixedCombinations(columns=["c", "l"]),
        )
    )
    schema = infer_schema(frame)
    levels = {"⟂ combination c, l": ('["Graz","AT"]', '["Wien","AT"]', '["Lyon","FR"]')}
    assert rules.given({"a": (5, 20), "b": (1, None)}, schema) == {"a": (5, 9), "b": (5, None)}
    assert rules.given({"x": 1}, schema)["⟂ which of x, y"] == "x"
    assert rules.given({"x": 0}, schema)["⟂ which of x, y"] == ["y"]
    implied = rules.given({"l": ["AT"]}, schema, levels)
    assert implied["⟂ combination c, l"] == ['["Graz","AT"]', '["Wien","AT"]']
    drawn = pd.DataFrame(
        {"c": ["Lyon", "Lyon"], "l": ["AT", "AT"], "⟂ combination c, l": implied["⟂ combination c, l"]}
    )
    out = Rules(rules=rules.rules[3:]).repair(drawn, frozenset({"l", "⟂ combination c, l"}))
    assert out[["c", "l"]].to_numpy().tolist() == [["Graz", "AT"], ["Wien", "AT"]]
    for asked, sentence in [
        ({"a": 20}, "given['a']: nothing that is asked for keeps the rule '0 ≤ a ≤ 9'"),
        ({"a": 5, "b": 3}, "given['b']: nothing that is asked for keeps the rule 'a ≤ b'"),
        ({"x": 1, "y": 1}, "given: the rule 'exactly one of x, y' leaves nothing"),
        ({"c": "Lyon", "l": "AT"}, "given['c']: no combination of the rule"),
    ]:
        with pytest.raises(InputError) as caught:
            rules.given(asked, schema, levels)
        assert str(caught.value).startswith(sentence)
    asked_rows = pd.DataFrame({"x": [1, 0], "y": [0, 1], "a": [1, 2]})
    assert rules.given_rows(asked_rows)["⟂ which of x, y"].tolist() == ["x", "y"]
    with pytest.raises(InputError, match="given: row 1 breaks the rule 'a ≤ b'"):
        rules.given_rows(pd.DataFrame({"a": [1, 5], "b": [2, 3]}))


# The table as a whole


def test_rows_seen_before_are_marked() -> None:
    seen = Rules(rules=(Unique(columns=["a", "b"]),)).seen()
    first = pd.DataFrame({"a": [1, 1, None], "b": ["x", "y", "z"]})
    assert seen.repeats(first).tolist() == [False] * 3
    seen.add(first)
    again = pd.DataFrame({"a": [1.0, 2, 2, None], "b": ["x", "q", "q", "z"]})
    assert seen.repeats(again).tolist() == [True, False, True, False]


@SHORT
@given(n=st.integers(1, 40), seed=st.integers(0, 99), rising=st.booleans())
def test_values_are_exchanged_within_persons_until_they_rise(n: int, seed: int, rising: bool) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"p": rng.choice(["u", "v", None], n), "t": rng.integers(0, 5, n), "v": rng.integers(0, 9, n)}
    )
    frame.loc[rng.random(n) < 0.2, "v"] = None
    rules = Rules(rules=(Monotone(column="v", by="t", within="p", rising=rising),))
    out = rules.sorted_within(frame)
    assert rules.sorts and out.drop(columns="v").equals(frame.drop(columns="v"))
    for _, person in frame.groupby("p", dropna=True):
        mine = out.loc[person.index].dropna().sort_values(["t", "v"], ascending=[True, rising])
        assert mine["v"].is_monotonic_increasing if rising else mine["v"].is_monotonic_decreasing
        assert sorted(out.loc[person.index, "v"].dropna()) == sorted(person["v"].dropna())
