"""The ceiling: what coding and decoding alone cost, before any model. And what a twin keeps to the row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import twin
from twin.columns.arrays.reading import subject_ids
from twin.columns.base import DecodeContext
from twin.columns.table import learn_columns
from twin.datasets.clinic import make_clinic
from twin.datasets.rand_hie import RAND_HIE_SUBJECT, load_rand_hie
from twin.metrics.evaluate import Options, evaluate
from twin.privacy.suppression.guard import Guard
from twin.releasing.split import split


@pytest.mark.slow
def test_coding_alone_costs_next_to_nothing() -> None:
    table = load_rand_hie()
    train, holdout = split(table, subject_ids(table, RAND_HIE_SUBJECT), seed=0)
    schema = twin.infer(table, subject=RAND_HIE_SUBJECT)
    subjects = subject_ids(train, RAND_HIE_SUBJECT)
    columns = learn_columns(train, schema, Guard(subjects=subjects))
    codes = columns.encode(train, np.random.default_rng(0), subjects)
    decoded = columns.decode(codes, DecodeContext(rng=np.random.default_rng(1), start=0, seed=0))
    drop = [RAND_HIE_SUBJECT]
    kinds = schema.model_copy(update={"columns": tuple(c for c in schema if c.name != RAND_HIE_SUBJECT)})
    tables = [frame.drop(columns=drop) for frame in (train, holdout, decoded)]
    found = evaluate(*tables, kinds, options=Options(metrics=("accuracy", "c2st"))).scores
    assert found["accuracy"].value >= 0.995
    assert abs(found["c2st"].value - found["c2st"].reference) <= 0.015


@pytest.mark.parametrize("model", ["independent", "copula", "trees"])
def test_a_code_and_its_name_stay_together_in_every_row(model: str) -> None:
    visits = make_clinic(2_000, seed=1).visits
    s = twin.fit(visits, subject="patient_id", model=model).sample(20_000, seed=1)
    true = set(map(tuple, visits[["diagnosis_code", "diagnosis"]].drop_duplicates().to_numpy()))
    assert set(map(tuple, s[["diagnosis_code", "diagnosis"]].drop_duplicates().to_numpy())) <= true


def test_a_few_exceptions_do_not_undo_a_dependency() -> None:
    rng = np.random.default_rng(0)
    code = rng.integers(0, 6, 4_000)
    name = np.array(list("abcdef"))[code]
    name[:3] = "a"
    s = twin.fit(pd.DataFrame({"code": code, "name": name})).sample(5_000, seed=1)
    assert (np.array(list("abcdef"))[s["code"]] == s["name"]).all()
