"""Bad input: one clear sentence each, before any work, and no value of the data in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import twin

N = 300
TABLE = pd.DataFrame(
    {
        "patient_id": [f"P{i // 3:04d}" for i in range(N)],
        "visit": range(N),
        "code": ["E11.9", "J45.0", "Zyxomma"] * (N // 3),
        "age": np.arange(N) % 60 + 20,
    }
)


def schema(**columns: Any) -> twin.Schema:
    return twin.infer(TABLE).replace(**columns)


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "a subject that is not there": (lambda: twin.fit(TABLE, subject="who"), "subject: .* no column 'who'"),
    "a subject with missing cells": (
        lambda: twin.fit(TABLE.assign(visit=pd.Series([None, *range(1, N)])), subject="visit"),
        "subject: column 'visit' has missing cells",
    ),
    "k below five": (
        lambda: twin.fit(TABLE, privacy=twin.Suppression(k=4)),
        "k: must be at least 5 .* unsafe=True",
    ),
    "no such quasi-identifier": (
        lambda: twin.fit(TABLE, privacy=twin.Suppression(quasi_identifiers=["zip"])),
        "no column 'zip'",
    ),
    "a quasi-identifier that is never learned": (
        lambda: twin.fit(
            TABLE, subject="patient_id", privacy=twin.Suppression(quasi_identifiers=["patient_id", "age"])
        ),
        "'patient_id' is never learned",
    ),
    "a hierarchy that does not cover": (
        lambda: twin.fit(TABLE, schema=schema(code=twin.Category(rare="parent", parents={"E11.9": "E11"}))),
        "'code': its hierarchy does not cover it",
    ),
    "a hierarchy that is none": (lambda: twin.Category(rare="parent"), "parents= or prefixes="),
    "a circle": (
        lambda: twin.Category(rare="parent", parents={"a": "b", "b": "a"}),
        "must not go round in a circle",
    ),
    "prefixes the wrong way round": (lambda: twin.Category(rare="parent", prefixes=(1, 3)), "longest first"),
    "an override without a reason": (lambda: twin.Category(keep=["Zyxomma"]), "keep needs a reason"),
    "an unknown identifier": (lambda: twin.DirectIdentifier(what="nickname"), "what must be one of"),
    "a locale that is none": (lambda: twin.DirectIdentifier(what="email", locale="german"), "locale"),
    "bounds the wrong way round": (lambda: twin.Number(low=9, high=1), "Number: low must not be above high"),
    "bounds that are no numbers": (lambda: twin.Number(low=float("nan")), "low is not valid"),
    "days the wrong way round": (
        lambda: twin.Datetime(low="2020-02-01", high="2020-01-01"),
        "Datetime: low must not be after high",
    ),
    "an argument that is none": (lambda: twin.Number(lowest=1), "no argument 'lowest'; choose from kind"),
    "an identity of nothing": (lambda: twin.DirectIdentifier(), "DirectIdentifier: what is missing"),
    "levels that are no list": (lambda: twin.Category(levels="Zyxomma"), "Category: levels is not valid"),
    "parents that are no text": (
        lambda: twin.Category(rare="parent", parents={"Zyxomma": 5}),  # type: ignore[dict-item]
        "Category: parents is not valid",
    ),
    "a schema with a name twice": (
        lambda: twin.Schema(columns=(twin.Flag(name="a"), twin.Flag(name="a"))),
        "Schema: column names must be unique",
    ),
    "epsilon of nothing": (lambda: twin.fit(TABLE, epsilon=0.0), "epsilon: must be a finite number above 0"),
    "epsilon below nothing": (lambda: twin.fit(TABLE, epsilon=-1), "epsilon: .* above 0"),
    "epsilon without end": (lambda: twin.fit(TABLE, epsilon=float("inf")), "epsilon: .* finite"),
    "delta of nothing": (
        lambda: twin.fit(TABLE, privacy=twin.Budget(1.0, delta=0.0)),
        "delta: must lie between 0 and 1",
    ),
    "delta of one": (
        lambda: twin.fit(TABLE, privacy=twin.Budget(1.0, delta=1.0)),
        "delta: must lie between 0 and 1",
    ),
    "a regime and a budget": (
        lambda: twin.fit(TABLE, epsilon=1.0, privacy=twin.Budget(1.0)),
        "epsilon: it is short for privacy=",
    ),
    "no regime": (lambda: twin.fit(TABLE, privacy="strict"), "privacy: a str is none; give twin.Suppression"),
    "a release with no regime": (lambda: twin.release(TABLE, privacy=1.0), "privacy: a float is none"),
    "a plan of suppression": (
        lambda: twin.plan(schema(), n=100, privacy=twin.Suppression()),
        "privacy: only a budget is planned",
    ),
    "a leak test of a budget": (
        lambda: twin.leak_test(TABLE, privacy=twin.Budget(1.0)),
        "privacy: the leak test attacks suppression",
    ),
    "a seed of noise that is none": (lambda: twin.Budget(1.0, unsafe_seed=-1), "unsafe_seed: .* at least 0"),
    "negative k": (lambda: twin.Suppression(k=-1), "k: must be a whole number"),
    "a budget of more than one chance": (lambda: twin.Budget(1.0, delta=1.0), "delta: must lie between"),
    "a word for quasi-identifiers": (
        lambda: twin.Suppression(quasi_identifiers="age"),
        "quasi_identifiers: give a list of columns",
    ),
    "a quasi-identifier twice": (
        lambda: twin.Suppression(quasi_identifiers=["age", "age"]),
        "quasi_identifiers: a column is named twice",
    ),
    "a model without a private form": (
        lambda: twin.fit(TABLE, epsilon=1.0, model="trees"),
        "'trees' has no private form; .* marginals",
    ),
    "a public table with a schema": (
        lambda: twin.fit(TABLE, privacy=twin.Budget(1.0, public=TABLE), schema=schema()),
        "public: give a schema or a public table, not both",
    ),
    "a release with a public table and a schema": (
        lambda: twin.release(TABLE, privacy=twin.Budget(1.0, public=TABLE), schema=schema()),
        "public: give a schema or a public table, not both",
    ),
    "a public table for a full look": (lambda: twin.infer(TABLE, public=TABLE), "names_only=True"),
    "rows per subject without a subject": (
        lambda: twin.fit(TABLE, privacy=twin.Budget(1.0, rows_per_subject=3)),
        "rows_per_subject: without subject= each row is a subject",
    ),
    "no rows per subject": (
        lambda: twin.fit(TABLE, subject="patient_id", privacy=twin.Budget(1.0, rows_per_subject=0)),
        "rows_per_subject: .* at least 1",
    ),
    "a subject that is not there, with a budget": (
        lambda: twin.fit(TABLE, subject="who", epsilon=1.0),
        "subject: .* no column 'who'",
    ),
    "a target that cannot be predicted, with a budget": (
        lambda: twin.release(TABLE, subject="patient_id", privacy=twin.Budget(1.0), target="patient_id"),
        "target: 'patient_id' is no column that can be predicted",
    ),
    "templates of text with a budget": (
        lambda: twin.fit(TABLE, epsilon=1.0, schema=schema(code=twin.Text(treatment="template"))),
        "'code': templates of text cannot be learned under a budget",
    ),
    "a plan for a model without a private form": (
        lambda: twin.plan(schema(), epsilon=1.0, n=300, model="trees"),
        "'trees' has no private form",
    ),
    "an unknown treatment of text": (lambda: twin.Text(treatment="keep"), "treatment"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("call", "told"), REFUSED.values(), ids=REFUSED)
def test_one_clear_sentence(call: Callable[[], object], told: str) -> None:
    with pytest.raises(twin.TwinError, match=told) as caught:
        call()
    assert "Zyxomma" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(("old", "new"), [("moment", "datetime"), ("identity", "direct_identifier")])
def test_a_kind_that_was_renamed_is_refused_with_its_new_name(old: str, new: str) -> None:
    text = f'{{"columns": [{{"kind": "number", "name": "a"}}, {{"kind": "{old}", "name": "b"}}]}}'
    with pytest.raises(twin.SchemaError, match=rf'columns\.1 is of kind "{old}", .* called "{new}"; write'):
        twin.Schema.from_json(text)


def test_a_schema_from_json_says_where() -> None:
    text = '{"columns": [{"kind": "number", "name": "a", "low": 9, "high": 1}]}'
    with pytest.raises(twin.SchemaError, match=r"schema: columns\.0\.number is not valid: .*low must not"):
        twin.Schema.from_json(text)
    listed = twin.Schema(columns=(twin.Category(name="a", levels=["x", "y"], keep=["x"], because="public"),))
    assert twin.Schema.from_json(listed.to_json()) == listed


def test_a_subject_that_differs_in_every_row_where_persons_repeat() -> None:
    """It may be right (a doctor_id repeats, too), so it is a warning and names the likely column."""
    with pytest.warns(twin.TwinWarning, match="'visit' differs in every row.*subject='patient_id'"):
        twin.fit(TABLE, subject="visit")
    with pytest.warns(twin.TwinWarning, match="column 'patient_id' looks like an identifier that repeats"):
        twin.fit(TABLE)


def test_a_missing_column_is_named_with_near_names_and_never_with_cells() -> None:
    t = twin.fit(TABLE, subject="patient_id", model="independent")
    calls = {
        "subject": lambda: twin.fit(TABLE, subject="patientid"),
        "quasi_identifiers": lambda: twin.leak_test(
            TABLE, privacy=twin.Suppression(quasi_identifiers=["patientid"])
        ),
        "given": lambda: t.sample(3, given={"patientid": 1}),
        "balance": lambda: t.sample(3, balance={"patientid": {1: 1.0}}),
        "schema": lambda: t.schema["patientid"],
    }
    for argument, call in calls.items():
        with pytest.raises(twin.InputError) as caught:
            call()
        words = f"{argument}: there is no column 'patientid'; near names: 'patient_id'"
        assert str(caught.value) == words
