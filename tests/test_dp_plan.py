"""The plan of a budget: deterministic, in agreement with what is charged, and readable."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import twin
from twin.columns.dp_table import learn_columns_dp, needs_of
from twin.errors import InputError, SchemaError
from twin.privacy.dp.dp_guard import DpGuard
from twin.privacy.dp.events import PrivacyLimit
from twin.privacy.dp.ledger import Ledger
from twin.privacy.dp.mechanism import Mechanism
from twin.privacy.dp.plan import Need, make_plan

SCHEMA = twin.Schema(
    columns=(
        twin.Number(name="age", dtype="number"),
        twin.Category(name="city", dtype="str"),
        twin.Category(name="home town", dtype="str"),
        twin.Datetime(name="day", dtype="datetime64[ns]"),
        twin.Flag(name="member", dtype="bool"),
        twin.Number(name="score", dtype="float64", low=0, high=100, decimals=0),
    )
)


def test_the_plan_is_what_is_charged() -> None:
    told = twin.plan(SCHEMA, epsilon=2.0, n=1_000)
    budget = PrivacyLimit(epsilon=2.0, delta=1e-6)
    assert told.plan == make_plan(needs_of(SCHEMA), budget, 1) == twin.plan(SCHEMA, epsilon=2.0, n=9).plan
    frame = pd.DataFrame({name: [1, 2] for name in SCHEMA.names})
    guard = DpGuard(mechanism=Mechanism(ledger=Ledger(budget)), plan=told.plan, n=2)
    guard.rows()
    learn_columns_dp(frame, SCHEMA, guard)
    entries = guard.mechanism.ledger.entries
    for column in told.columns:
        charged = math.fsum(e.charge.mu2 for e in entries if e.charge.columns == (str(column.name),))
        assert math.isclose(charged / told.plan.total_mu2, column.share, rel_tol=1e-12, abs_tol=0)


def test_what_is_declared_is_free_and_what_costs_has_advice() -> None:
    told = twin.plan(SCHEMA, epsilon=1.0, n=10_000)
    assert told.free == ("member", "score")
    text = str(told)
    assert "schema.replace(city=twin.Category(levels=[...]))" in text
    assert "schema.replace({'home town': twin.Category(levels=[...])})" in text
    threshold = told.plan.share("city", "levels").threshold(1)
    assert f"fewer than about {threshold} of 10,000 are lost" in text
    cheaper = twin.plan(SCHEMA.replace(city=twin.Category(levels=["Graz"])), epsilon=1.0, n=10_000)
    assert cheaper.plan.facts_mu2 < told.plan.facts_mu2 and cheaper.noise < told.noise


def test_it_goes_to_json_and_to_a_notebook() -> None:
    schema = twin.Schema(columns=(twin.Category(name="<b>", dtype="str"),))
    told = twin.plan(schema, privacy=twin.Budget(1.0, rows_per_subject=2), n=100)
    document = json.loads(told.to_json())
    assert document["rows_per_subject"] == 2 and math.isclose(sum(document["shares"].values()), 1.0)
    assert "<b>" not in told._repr_html_().replace("<b></b>", "") and "&lt;b&gt;" in told._repr_html_()


def test_shares_grow_with_needs_up_to_a_limit() -> None:
    budget = PrivacyLimit(epsilon=1.0, delta=1e-6)
    parts = []
    for many in (0, 1, 5, 50):
        plan = make_plan([Need(i, "levels", thresholded=True) for i in range(many)], budget)
        parts.append(plan.facts_mu2 / plan.total_mu2)
        assert math.isclose(math.fsum(share.delta for share in plan.shares), 5e-7 if many else 0.0)
    assert np.allclose(parts, [0.0, 0.02, 0.1, 0.18])


def test_half_of_delta_serves_selection_and_all_of_it_where_nothing_is_selected() -> None:
    budget = PrivacyLimit(epsilon=1.0, delta=1e-6)
    none = make_plan([Need("a", "cells")], budget)
    some = make_plan([Need("a", "levels", thresholded=True)], budget)
    assert none.total_mu2 > some.total_mu2 and not any(share.delta for share in none.shares)
    assert none.epsilon_of(none.shares) < 1.0


@pytest.mark.parametrize(
    "how",
    [
        {"epsilon": 0.0, "n": 1},
        {"epsilon": math.inf, "n": 1},
        {"epsilon": 1.0, "n": 0},
        {"privacy": twin.Budget(1.0), "epsilon": 1.0, "n": 1},
        {"privacy": twin.Suppression(), "n": 1},
        {"epsilon": 1.0, "n": 1, "model": "oracle"},
        {"privacy": twin.Budget(1e-12, delta=1e-13), "n": 1},
    ],
)
def test_arguments_out_of_range_are_refused(how: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        twin.plan(SCHEMA, **how)


def test_a_need_may_not_be_planned_twice_or_charged_unplanned() -> None:
    budget = PrivacyLimit(epsilon=1.0, delta=1e-6)
    with pytest.raises(InputError, match="twice"):
        make_plan([Need("a", "cells"), Need("a", "cells")], budget)
    with pytest.raises(InputError, match="plan"):
        make_plan([], budget).share("a", "cells")


def test_a_column_that_cannot_be_learned_is_refused_before_any_data() -> None:
    schema = twin.Schema(columns=(twin.Text(name="note", dtype="str", treatment="template"),))
    with pytest.raises(SchemaError, match="drop"):
        twin.plan(schema, epsilon=1.0, n=10)
