"""A release under a budget: a split that moves nobody else, and nothing raised for what a cell holds."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import twin
from twin.codes import Domain, Field
from twin.models.registry import choose_dp
from twin.releasing.split import split_by_coins

N = 400


def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"who": np.arange(N) // 2, "age": rng.integers(18, 80, N), "city": rng.choice(list("ABC"), N)}
    )


HOSTILE: dict[str, Any] = {
    "nobody is a subject": lambda t: t.assign(who=pd.Series([None] * N, dtype=object)),
    "one subject": lambda t: t.assign(who=7),
    "a cell without a hash": lambda t: t.assign(who=pd.Series([[1]] + [2] * (N - 1), dtype=object)),
    "no row": lambda t: t.iloc[:0],
    "one row": lambda t: t.iloc[:1],
    "ages of every sort": lambda t: t.assign(age=pd.Series([{}, "x", 1e300, None] * (N // 4), dtype=object)),
    "all missing": lambda t: t.assign(age=np.nan, city=None),
    "infinite": lambda t: t.assign(age=np.inf),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_no_cell_is_refused_and_nothing_is_warned_of(change: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done = twin.release(change(people()), subject="who", privacy=twin.Budget(1.0), n=50, target="city")
    assert len(done.data) == 50 and done.twin.ledger is not None
    assert done.twin.ledger.total() <= 1.0
    assert done.report.public.to_html().startswith("<!doctype html>")


def test_default_rows_are_noisy_and_the_frame_library_is_kept() -> None:
    polars = pytest.importorskip("polars")
    done = twin.release(
        polars.from_pandas(people()), subject="who", privacy=twin.Budget(5.0, rows_per_subject=2)
    )
    assert isinstance(done.data, polars.DataFrame) and len(done.data) == done.twin.fit_info.rows
    assert done.twin.fit_info.subjects is None and done.report.part == "internal"


def test_no_subject_is_in_both_parts_and_each_has_a_coin_of_its_own() -> None:
    table = people()
    shares = []
    for _ in range(50):
        train, holdout = split_by_coins(table, "who")
        assert not set(train["who"]) & set(holdout["who"]) and len(train) + len(holdout) == N
        shares.append(len(holdout) / N)
    # Fifty means of 200 coins: a share of one in five, with a standard error of .4 %, and numbers that vary.
    assert abs(np.mean(shares) - 0.2) < 0.02 and len(set(shares)) > 5


def test_rows_without_a_subject_are_in_no_part() -> None:
    table = people().assign(who=pd.Series([None, *range(N - 1)], dtype=object))
    train, holdout = split_by_coins(table, "who")
    assert len(train) + len(holdout) == N - 1


def test_a_named_index_comes_back() -> None:
    table = people().set_index("who", append=False)
    done = twin.release(table, subject="who", privacy=twin.Budget(1.0), n=30)
    assert done.data.index.name == "who" and list(done.data) == ["age", "city"]


def test_no_synthetic_row_is_held_against_real_ones() -> None:
    """Under a budget the model stands alone: gate, raking and dependencies look at raw rows (rule P21)."""
    fitted = twin.fit(people(), subject="who", epsilon=1.0).fitted
    assert type(fitted).__module__ == "twin.models.marginals.fitted"


def test_the_model_is_chosen_by_the_number_of_fields_alone() -> None:
    """No search over models on private data (rule P12): the domain is all that the choice sees."""
    for count, name in ((1, "marginals"), (40, "marginals"), (41, "copula")):
        fields = tuple(Field(name=str(i), size=2) for i in range(count))
        assert choose_dp(Domain(fields)).name == name


def test_values_of_few_people_are_looked_for_where_they_were_suppressed() -> None:
    """Under a budget one is met by chance within the bounds, so it would be no proof of anything."""
    rng = np.random.default_rng(1)
    train, holdout = (
        pd.DataFrame({"pay": rng.exponential(900, 600).round(), "member": rng.random(600) < 0.4})
        for _ in range(2)
    )
    for budget, looked_for in ({}, True), ({"epsilon": 1.0}, False):
        fitted = twin.fit(train, seed=0, **budget)
        told = twin.report(fitted.sample(600, seed=0), train=train, holdout=holdout, twin=fitted)
        assert ("leaks" in [attack.about.name for attack in told.attacks]) is looked_for
