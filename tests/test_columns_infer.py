"""Each kind is found by values and names, with a reason; and what must not be learned is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from twin.columns.kinds.key import REPEATS
from twin.columns.table import infer_schema
from twin.datasets.clinic import make_clinic
from twin.datasets.rand_hie import load_rand_hie

RNG = np.random.default_rng(0)
N = 500
CASES = {
    "text of few levels": (pd.Series(RNG.choice(["a", "b"], N)), "category"),
    "flag": (pd.Series(RNG.random(N) < 0.5), "flag"),
    "count": (pd.Series(RNG.poisson(3, N)), "number"),
    "money": (pd.Series(np.round(RNG.lognormal(3, 1, N), 2)), "number"),
    "measured decimals, all distinct": (pd.Series(RNG.normal(size=N)), "number"),
    "whole floats with gaps": (
        pd.Series(RNG.integers(0, 9, N)).astype(float).mask(RNG.random(N) < 0.2),
        "number",
    ),
    "running number": (pd.Series(RNG.permutation(N)), "key"),
    "running number as float": (pd.Series(RNG.permutation(N).astype(float)), "key"),
    "numbers drawn by lot": (pd.Series(RNG.choice(900_000, N, replace=False) + 100_000), "key"),
    "blocks of numbers": (
        pd.Series(np.concatenate([np.arange(250) + 1_000, np.arange(250) + 90_000])),
        "key",
    ),
    "card numbers": (pd.Series(4 * 10**15 + RNG.choice(10**9, N, replace=False) ** 2 // 10**4), "key"),
    "amounts, all distinct": (pd.Series(RNG.lognormal(11, 0.6, N).astype(int)), "number"),
    "e-mail": (pd.Series([f"u{i}@example.org" for i in range(N)]), "direct_identifier"),
    "story": (pd.Series([f"the patient said {i} things that mattered" for i in range(N)]), "text"),
    "date": (pd.Series(pd.date_range("2020", periods=N)), "datetime"),
    "ISO date as text": (pd.Series(pd.date_range("2020", periods=N).strftime("%Y-%m-%d")), "datetime"),
    "American date as text": (pd.Series(pd.date_range("2020", periods=N).strftime("%m/%d/%Y")), "datetime"),
    "text like dates": (pd.Series(["2020-13-45", "2020-01-01"] * 250), "category"),
    "durations, all distinct": (pd.Series(pd.to_timedelta(RNG.permutation(N), unit="s")), "number"),
    "few rows, all distinct": (pd.Series(["a", "b", "c"]), "category"),
    "nothing": (pd.Series([None] * N), "category"),
}


@pytest.mark.parametrize(("values", "kind"), CASES.values(), ids=CASES)
def test_kind_by_values(values: pd.Series, kind: str) -> None:
    column = infer_schema(pd.DataFrame({"c": values}))["c"]
    assert column.kind == kind
    assert column.reason


def test_kind_by_name() -> None:
    ids = pd.Series([f"P{i:03d}" for i in RNG.integers(0, 100, N)])
    frame = pd.DataFrame({"patient_id": ids, "patientId": ids, "void": ids, "ward_id": RNG.integers(0, 4, N)})
    schema = infer_schema(frame)
    assert [c.kind for c in schema] == ["key", "key", "category", "number"]
    assert schema["patient_id"].reason == REPEATS
    assert infer_schema(frame, subject="patient_id")["patient_id"].reason == "names the subject"


def test_reasons_hold_no_value() -> None:
    clinic = make_clinic(600, seed=1)
    for table in (clinic.patients, clinic.visits):
        text = infer_schema(table).to_json()
        for column in table.columns:
            for value in table[column].dropna().astype(str).unique():
                if len(value) > 4 and any(letter.isdigit() for letter in value):
                    assert value not in text


def test_the_shipped_table_is_understood() -> None:
    schema = infer_schema(load_rand_hie(), subject="person")
    kinds = {column.name: column.kind for column in schema}
    assert kinds["person"] == "key"
    assert kinds["plan"] == kinds["site"] == kinds["sex"] == "category"
    assert kinds["took_physical"] == "flag"
    assert kinds["outpatient_cost"] == "number"
