"""Bad input to the suppressor: one clear sentence each, before any work, and no value of the data in it."""

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
    "k below five": (lambda: twin.fit(TABLE, k=4), "k: must be at least 5 .* unsafe=True"),
    "no such quasi-identifier": (lambda: twin.fit(TABLE, quasi_identifiers=["zip"]), "no column 'zip'"),
    "a quasi-identifier that is never learned": (
        lambda: twin.fit(TABLE, subject="patient_id", quasi_identifiers=["patient_id", "age"]),
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
    "an unknown identifier": (lambda: twin.Identity(what="nickname"), "what must be one of"),
    "a locale that is none": (lambda: twin.Identity(what="email", locale="german"), "locale"),
    "an unknown treatment of text": (lambda: twin.Text(treatment="keep"), "treatment"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("call", "told"), REFUSED.values(), ids=REFUSED)
def test_one_clear_sentence(call: Callable[[], object], told: str) -> None:
    with pytest.raises((twin.TwinError, ValueError), match=told) as caught:
        call()
    if isinstance(caught.value, twin.TwinError):
        assert "Zyxomma" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_subject_that_differs_in_every_row_where_persons_repeat() -> None:
    """It may be right (a doctor_id repeats, too), so it is a warning and names the likely column."""
    with pytest.warns(twin.TwinWarning, match="'visit' differs in every row.*subject='patient_id'"):
        twin.fit(TABLE, subject="visit")
    with pytest.warns(twin.TwinWarning, match="column 'patient_id' looks like an identifier that repeats"):
        twin.fit(TABLE)
