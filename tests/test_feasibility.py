"""Conditions that cannot be had are refused in one sentence, and what can be had instead works."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import twin
from tests.helpers.models import small
from twin.models.registry import MODELS


def people(n: int = 4_000) -> pd.DataFrame:
    """Ages, towns and jobs; nobody under 25 is retired, and one town has few doctors."""
    rng = np.random.default_rng(0)
    age = rng.integers(18, 90, n)
    job = np.where(age > 65, "retired", rng.choice(["clerk", "doctor", "cook"], n, p=[0.6, 0.1, 0.3]))
    town = np.where(job == "doctor", "Graz", rng.choice(["Graz", "Linz", "Wien"], n))
    seen = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")
    return pd.DataFrame({"age": age, "job": job.astype(object), "town": town.astype(object), "seen": seen})


@cache
def twins(model: str) -> twin.Twin:
    return twin.fit(people(), model=small(model), seed=0)


NEVER: dict[str, Any] = {
    "a level with a slip": {"town": "Gratz"},
    "an unknown level": {"job": "astronaut", "age": (20, 60)},
    "a number beyond": {"age": 117},
    "a date beyond": {"seen": "2035-01-01", "town": "Linz"},
    "a missing cell": {"town": None},
}


@pytest.mark.parametrize("asked", NEVER.values(), ids=NEVER)
def test_the_nearest_of_a_column_can_be_had(asked: dict[str, Any]) -> None:
    t = twins("copula")
    with pytest.raises(twin.ConditionError) as caught:
        t.sample(50, given=asked)
    told = str(caught.value)
    assert ".nearest" in told and "117" not in told and "2035" not in told
    instead = caught.value.nearest
    assert instead is not None and set(instead) == set(asked)
    assert len(t.sample(50, seed=1, given=instead)) == 50
    if "town" in asked and asked["town"] == "Gratz":
        assert instead["town"] == ["Graz"]


def test_the_condition_that_stands_in_the_way_is_relaxed() -> None:
    t = twins("trees")
    asked = {"job": "retired", "age": (18, 30), "town": ["Graz", "Wien"]}
    with pytest.raises(twin.ConditionError, match="'job', 'age', 'town'") as caught:
        t.sample(500, given=asked)
    instead = caught.value.nearest
    assert instead is not None
    assert instead["town"] == asked["town"] and sum(instead[name] != asked[name] for name in asked) == 1
    s = t.sample(100, seed=1, given=instead)
    assert len(s) == 100


def test_rows_that_are_worth_little_are_refused_or_warned_of() -> None:
    t = twins("trees")
    plain = t.sample(200, seed=1, given={"job": "doctor"})
    assert plain.attrs["twin"]["worth"] > 30
    assert len(t.sample(5, seed=1, given={"age": (18, 90)}, request=twin.Request(min_effective_rows=0))) == 5
    rare = {"job": "retired", "age": (18, 35)}
    with pytest.raises(
        twin.ConditionError, match=r"take what there is with twin\.Request\(min_effective_rows=0\)"
    ):
        t.sample(200, seed=1, given=rare)
    s = t.sample(200, seed=1, given=rare, request=twin.Request(min_effective_rows=0))
    assert len(s) == 200 and (s["job"] == "retired").all() and s["age"].between(18, 35).all()
    with pytest.raises(twin.InputError, match="min_effective_rows: must be a whole number of at least 0"):
        t.sample(5, given={"job": "doctor"}, request=twin.Request(min_effective_rows=-1))


@pytest.mark.parametrize("model", MODELS)
def test_every_model_says_what_rows_are_worth(model: str) -> None:
    s = twins(model).sample(400, seed=2, given={"job": "cook", "age": (30, 50)})
    assert len(s) == 400 and (s["job"] == "cook").all() and s["age"].between(30, 50).all()
    assert 30 <= s.attrs["twin"]["worth"] <= 400
