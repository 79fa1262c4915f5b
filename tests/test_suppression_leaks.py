"""Nothing that too few people share gets out: not into samples, files, logs, reports or errors."""

from __future__ import annotations

import io
import json
import re
import string
from typing import Any

import numpy as np
import pandas as pd
import pytest

import twin
from twin.columns.kinds.category import LearnedLevels
from twin.columns.kinds.number import LearnedNumber
from twin.datasets.clinic import make_clinic
from twin.datasets.rand_hie import RAND_HIE_SUBJECT, load_rand_hie
from twin.files.archive import read_archive

CLINIC = make_clinic(2_000, seed=3)


def legible(text: str) -> str:
    """A text less long decimals of figures, which hold any four digits by chance now and then."""
    return re.sub(r"(?<=\d\.)\d{5,}", "", text)


def contents(t: twin.Twin, *, arrays: bool = True) -> str:
    """Documents and arrays of the saved twin, as text, less letters that keys are drawn from, and hashes.

    A hash holds any four digits by chance now and then.
    """
    archive = read_archive(io.BytesIO(t.to_bytes()))
    text = json.dumps(archive.documents)
    if arrays:
        text += "".join(array.tobytes().decode("latin-1") for array in archive.arrays.values())
    text = re.sub(r"\b[0-9a-f]{64}\b", "", text)
    return text.replace(string.digits, "").replace(string.digits[1:], "")


def spellings(value: object) -> set[str]:
    if isinstance(value, pd.Timestamp):
        return {str(value.date()), value.strftime("%d.%m.%Y")}
    return {str(value)}


@pytest.fixture(scope="module")
def clinic() -> dict[str, tuple[twin.Twin, pd.DataFrame, str]]:
    out = {}
    for name, table in (("patients", CLINIC.patients), ("visits", CLINIC.visits)):
        t = twin.fit(table, subject="patient_id")
        sample = t.sample(20_000, seed=1)
        part = table.head(3_000)
        told = twin.report(sample.head(3_000), train=part, twin=t, subject="patient_id")
        page = told.to_html() + told.to_json() + told.to_text() + t.inspect() + repr(t) + t._repr_html_()
        out[name] = t, sample, page
    return out


@pytest.mark.parametrize("secret", CLINIC.secrets, ids=lambda s: s.reason.replace(" ", "-"))
def test_a_planted_secret_is_nowhere(clinic: dict[str, Any], secret: Any) -> None:
    """T16: in no sample, saved file, report, log or display."""
    t, sample, page = clinic[secret.table]
    column = sample[secret.column]
    if secret.value is None:
        assert column.notna().all()
        return
    assert not (column == secret.value).any()
    for spelling in spellings(secret.value):
        if len(spelling) > 3:
            digits = spelling.isdigit()  # an array of bytes that counts up holds 1234567
            inside = contents(t, arrays=not digits)
            assert spelling not in (legible(page) if digits else page)
            assert spelling.encode().decode("latin-1") not in (legible(inside) if digits else inside)
            assert not column.dropna().astype(str).str.contains(spelling, regex=False).any()


def test_people_are_found_in_no_text_of_a_twin(clinic: dict[str, Any]) -> None:
    t, sample, page = clinic["patients"]
    inside = contents(t)
    for column in ("patient_id", "email"):
        for value in CLINIC.patients[column]:
            assert value not in page
            assert value not in inside
        assert sample[column].is_unique
    names = CLINIC.patients["name"]
    assert not any(name in inside for name in names)
    assert sample["name"].isin(names).mean() < 0.02  # by chance, as names are common property


def test_errors_hold_no_value() -> None:
    canary = "Zyxomma-4711"
    table = pd.DataFrame({"c": [canary] * 20 + [[1]] * 20, "d": range(40)})
    for options in ({}, {"subject": "nobody"}, {"schema": twin.infer(table[["d"]])}):
        with pytest.raises(twin.TwinError) as caught:
            twin.fit(table, **options)
        assert canary not in str(caught.value)
        assert caught.value.__cause__ is None
    number = twin.infer(pd.DataFrame({"c": [1.0]}))
    with pytest.raises(twin.SchemaError) as caught:
        twin.fit(pd.DataFrame({"c": [canary] * 30}), schema=number)
    assert canary not in str(caught.value)


@pytest.mark.slow
def test_a_million_rows_of_the_shipped_table_show_nobody() -> None:
    table = load_rand_hie()
    t = twin.fit(table, subject=RAND_HIE_SUBJECT)
    sample = t.sample(1_000_000, seed=1)
    held = {c: table.groupby(c, observed=True)[RAND_HIE_SUBJECT].nunique() for c in table.columns}
    text = contents(t)
    for column, learned in zip(t.schema, t.columns.learned, strict=True):
        values = sample[column.name].dropna()
        rare = held[column.name].index[held[column.name] < t.fit_info.k]
        if isinstance(learned, LearnedLevels):
            assert not values.isin(rare).any(), column.name
            assert not any(level in text for level in rare if isinstance(level, str) and len(level) > 3)
        elif isinstance(learned, LearnedNumber):
            check_number(table, sample, learned, held[column.name], t.fit_info.k)
    check_keys(table[RAND_HIE_SUBJECT], sample[RAND_HIE_SUBJECT])


def check_number(
    table: pd.DataFrame, sample: pd.DataFrame, learned: LearnedNumber, held: pd.Series, k: int
) -> None:
    """No extreme of fewer than k persons; a rare value is as frequent as its neighbour in the cell."""
    source, values = table[learned.name].dropna(), sample[learned.name].dropna()
    for beyond in (source >= values.max(), source <= values.min()):
        assert table.loc[source.index[beyond], RAND_HIE_SUBJECT].nunique() >= k, learned.name
    line = learned.binning
    units = learned.grid.units(values.to_numpy())
    few = held.index[held < k].to_numpy()
    few = few[learned.grid.values(learned.grid.units(few)) == few]  # others are rounded away
    rare = np.unique(learned.grid.units(few))
    assert not np.isin(line.atoms, rare).any(), learned.name
    beside = rare + 1
    same = np.searchsorted(line.edges, rare) == np.searchsorted(line.edges, beside)
    free = ~np.isin(beside, line.atoms) & ~np.isin(beside, rare) & same
    counts = pd.Series(units).value_counts()
    here, there = (int(counts.reindex(u[free]).fillna(0).sum()) for u in (rare, beside))
    assert here - there <= 4.5 * np.sqrt(here + there + 1), learned.name


def check_keys(real: pd.Series, keys: pd.Series) -> None:
    assert keys.is_unique
    chance = real.nunique() / 900_000  # six-digit keys
    in_shape = keys.between(100_000, 999_999)
    hits, expected = keys[in_shape].isin(real).sum(), in_shape.sum() * chance
    assert hits <= expected + 4.5 * np.sqrt(expected)
