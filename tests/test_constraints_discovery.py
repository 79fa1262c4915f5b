"""Suggested rules: planted ones are found, chance ones are not, and no value of few people is told."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.constraints.discovery.finders import null_space
from twin.constraints.discovery.suggest import suggest_constraints
from twin.constraints.rules import Rules
from twin.errors import InputError

N = 4_000


def planted() -> pd.DataFrame:
    """A table of 1,000 persons with a rule of every kind, and noise."""
    rng = np.random.default_rng(0)
    drugs, care, fee, other = rng.integers(0, 900, (4, N))
    start = pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.integers(0, 900, N), unit="D")
    city = rng.integers(0, 40, N)
    home = rng.integers(0, 3, N)
    person, visit = np.divmod(np.arange(N), 4)
    return pd.DataFrame(
        {
            "person": [f"p{i}" for i in person],
            "visit": visit + 1,
            "admitted": start,
            "transferred": start + pd.to_timedelta(rng.integers(0, 9, N), unit="D"),
            "discharged": start + pd.to_timedelta(rng.integers(9, 30, N), unit="D"),
            "drugs": drugs,
            "care": care / 4,
            "cost": [Decimal(int(v)) / 4 for v in 4 * drugs + care],
            "net": (fee - other).astype(float),
            "other": other,
            "fee": fee,
            "city": [f"c{i}" for i in city],
            "land": np.array(["AT", "FR", "IT", "ES"])[city % 4],
            "owns": home == 0,
            "rents": home == 1,
            "neither": home == 2,
            "hour": rng.integers(0, 24, N),
            "age": 20 + person % 50 + visit,
            "postcode": [f"A-{i:04d}" for i in rng.integers(1000, 1400, N)],
            "noise": rng.normal(size=N),
        }
    )


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    """What is suggested for the planted table: reason by rule, in words."""
    return {str(item.rule): item.reason for item in suggest_constraints(planted(), subject="person").items}


@pytest.mark.parametrize(
    "rule",
    [
        "admitted ≤ transferred",
        "transferred < discharged",
        "cost = drugs + care",
        "fee = net + other",
        "combinations of city, land as in the source",
        "exactly one of owns, rents, neither",
        "0 ≤ hour ≤ 23",
        "drugs ≥ 0",
        "age never falls along visit within each person",
        "no two rows alike in person, visit",
        "postcode matches [A-Z]\\-[0-9]{4}",
    ],
)
def test_a_planted_rule_is_found(found: dict[str, str], rule: str) -> None:
    assert rule in found, sorted(found)


def test_what_follows_from_others_is_not_said_again(found: dict[str, str]) -> None:
    said = set(found)
    assert "admitted < discharged" not in said and "admitted ≤ discharged" not in said
    assert not any(rule.startswith(("drugs ≤ cost", "care ≤ cost", "noise")) for rule in said)


def test_suggested_rules_hold_and_can_be_fitted() -> None:
    table = planted()
    suggested = suggest_constraints(table, subject="person")
    rules = Rules(rules=tuple(suggested))  # type: ignore[arg-type]
    rules.check(table)
    assert rules.holds(table).all() and len(rules) == len(suggested)


def test_independent_columns_suggest_nothing() -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(
            {
                **{f"n{i}": rng.normal(size=1500).round(2) for i in range(6)},
                **{f"w{i}": rng.integers(3, 40, 1500) for i in range(6)},
                **{f"c{i}": rng.choice(["up", "down", "left"], 1500, p=[0.9, 0.06, 0.04]) for i in range(6)},
                **{f"f{i}": rng.random(1500) < 0.1 for i in range(6)},
            }
        )
        assert not len(suggest_constraints(frame)), suggest_constraints(frame)


def test_a_handful_may_break_a_rule_and_is_not_counted() -> None:
    table = planted()
    table.loc[:4, "discharged"] = table.loc[:4, "admitted"] - pd.Timedelta(days=1)
    table.loc[:6, "postcode"] = "x"
    reasons = {str(item.rule): item.reason for item in suggest_constraints(table, subject="person").items}
    assert reasons["transferred ≤ discharged"].startswith("holds in all rows but fewer than 11")
    assert reasons["postcode matches [A-Z]\\-[0-9]{4}"].endswith("in all rows but fewer than 11")
    table.loc[:20, "postcode"] = "x"
    assert "postcode matches [A-Z]\\-[0-9]{4}" not in {str(r) for r in suggest_constraints(table)}


def test_no_extreme_value_is_told() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 500, N)
    values[0] = 987_654
    frame = pd.DataFrame({"amount": values, "share": np.append(rng.random(N - 1), 0.123456789)})
    text = suggest_constraints(frame).to_json()
    assert "987654" not in text and "0.123456789" not in text
    assert not set(re.findall(r"\d+", text)) - {"0", "1", "11"}


def test_a_sum_is_found_among_two_hundred_columns() -> None:
    rng = np.random.default_rng(0)
    wide = pd.DataFrame({f"n{i}": rng.integers(0, 1000, 2000) for i in range(200)})
    wide["n7"] = wide["n3"] + wide["n5"]
    assert "n7 = n3 + n5" in {str(rule) for rule in suggest_constraints(wide)}


@pytest.mark.parametrize("n", [0, 1, 2])
def test_odd_tables_suggest_nothing(n: int) -> None:
    odd = pd.DataFrame(
        {
            "🏠": [1] * n,
            "gone": pd.Series([None] * n, dtype=object),
            "inf": [np.inf] * n,
            "lists": [[1]] * n,
            "level": pd.Categorical(["a"] * n, categories=["a", "b"]),
        }
    )
    assert not len(suggest_constraints(odd)) and str(suggest_constraints(odd)) == "No rules were found."


def test_suggestions_are_shown_and_saved() -> None:
    frame = pd.DataFrame({"<b>": [1 + i % 12 for i in range(600)]})
    suggested = suggest_constraints(frame)
    assert "1 ≤ &lt;b&gt; ≤ 12" in suggested._repr_html_()
    saved = json.loads(suggested.to_json())["suggestions"][0]
    assert saved["rule"] == {"kind": "range", "column": "<b>", "low": 1, "high": 12}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"subject": "b"}, "subject: there is no column 'b'; name one that is there"),
        ({"k": 1}, "k: must be a whole number of at least 2"),
    ],
)
def test_wrong_arguments_are_one_sentence(arguments: Any, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        suggest_constraints(pd.DataFrame({"a": [1, 2]}), **arguments)
    assert str(caught.value) == sentence


@settings(max_examples=30)
@given(
    rows=st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=6),
)
def test_the_null_space_is_the_whole_null_space(rows: list[list[int]]) -> None:
    matrix = np.array(rows, np.int64)
    found = null_space(matrix)
    assert len(found) == matrix.shape[1] - np.linalg.matrix_rank(matrix.astype(float))
    for weights in found:
        assert all(
            sum(int(a) * int(w) for a, w in zip(row, weights, strict=True)) % (2**31 - 1) == 0 for row in rows
        )
