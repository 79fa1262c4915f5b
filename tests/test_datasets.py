from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from twin.datasets.clinic import Clinic, make_clinic
from twin.datasets.rand_hie import RAND_HIE_SUBJECT, load_rand_hie
from twin.errors import InputError


@pytest.fixture(scope="module")
def hie() -> pd.DataFrame:
    return load_rand_hie()


@pytest.fixture(scope="module")
def clinic() -> Clinic:
    return make_clinic(20_000, seed=5)


def test_hie_is_the_whole_table(hie: pd.DataFrame) -> None:
    assert hie.shape == (20_190, 29)
    assert hie[RAND_HIE_SUBJECT].nunique() == 5_912
    assert not hie.duplicated(["person", "year"]).any()


def test_hie_codes_are_words(hie: pd.DataFrame) -> None:
    assert set(hie["site"]) == {
        "Dayton",
        "Seattle",
        "Fitchburg",
        "Franklin County",
        "Charleston",
        "Georgetown County",
    }
    assert set(hie["sex"]) == {"female", "male"}
    assert set(hie["self_rated_health"]) == {"excellent", "good", "fair", "poor"}
    assert set(hie["race_of_head"].dropna()) == {"black", "not black"}
    assert hie["plan"].nunique() == 18
    assert not hie["plan"].str.fullmatch(r"\d+").any()


def test_hie_holds_no_imputed_means(hie: pd.DataFrame) -> None:
    for name in ("mental_health", "general_health", "chronic_disease"):
        values = hie[name].dropna() * 10
        assert np.allclose(values, values.round())
    assert hie.loc[hie["age"] < 13, "chronic_disease"].isna().all()


def test_hie_money_is_in_cents(hie: pd.DataFrame) -> None:
    for name in hie.filter(regex="_cost$|income|limit|incentive"):
        cents = hie[name].dropna() * 100
        assert np.allclose(cents, cents.round(), atol=1e-6), name


def test_no_hie_column_is_a_function_of_one_other(hie: pd.DataFrame) -> None:
    # Keys aside: within a row, no column is fixed by any single other one.
    table = hie.drop(columns=["person"])
    codes = {name: pd.factorize(table[name])[0].astype(np.int64) for name in table}
    for cause, a in codes.items():
        if len(np.unique(a)) > 1_500:  # nearly unique values fix everything by accident
            continue
        for effect, b in codes.items():
            if cause != effect and not {cause, effect} <= {"spending_limit", "incentive"}:
                pairs = len(np.unique(a * 100_000 + b))
                assert pairs > len(np.unique(a)), (cause, effect)


def test_same_seed_same_clinic_and_no_global_state() -> None:
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first, second, third = make_clinic(200, seed=3), make_clinic(200, 3), make_clinic(200, seed=4)
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002
    pd.testing.assert_frame_equal(first.patients, second.patients)
    pd.testing.assert_frame_equal(first.visits, second.visits)
    assert first.secrets == second.secrets
    assert not first.patients.equals(third.patients)


def test_keys_and_links(clinic: Clinic) -> None:
    patients, visits = clinic.patients, clinic.visits
    assert len(patients) == 20_000
    for column in (patients["patient_id"], patients["email"], visits["visit_id"]):
        assert column.is_unique
    assert set(visits["patient_id"]) == set(patients["patient_id"])
    assert visits["visited_at"].is_monotonic_increasing
    assert str(visits["visited_at"].dt.tz) == "Europe/Vienna"
    assert (visits["visited_at"].dt.day_of_week < 5).all()


def test_functional_dependencies_hold(clinic: Clinic) -> None:
    assert clinic.visits.groupby("diagnosis_code")["diagnosis"].nunique().max() == 1
    assert clinic.patients.groupby("postcode")["city"].nunique().max() == 1


def test_missing_by_cause(clinic: Clinic) -> None:
    patients = clinic.patients
    age = (pd.Timestamp("2025-01-01") - patients["birth_date"]).dt.days / 365.25
    assert patients.loc[age < 15.9, "smoker"].isna().all()
    assert patients.loc[age > 16.1, "smoker"].isna().mean() == pytest.approx(0.03, abs=0.01)
    assert patients.loc[age < 17.9, "income"].isna().all()
    visits = clinic.visits
    diabetes = visits["diagnosis_code"] == "E11"
    assert visits.loc[diabetes, "hba1c"].isna().mean() == pytest.approx(0.1, abs=0.02)
    assert visits.loc[~diabetes, "hba1c"].isna().mean() == pytest.approx(0.9, abs=0.02)


def test_known_slopes_are_found(clinic: Clinic) -> None:
    table = clinic.visits.merge(clinic.patients, on="patient_id")
    age = (pd.Timestamp("2025-01-01") - table["birth_date"]).dt.days / 365.25
    adult = (age >= 18) & (age < 100) & table["height_cm"].notna()
    t = table[adult]
    bmi = t["weight_kg"] / (t["height_cm"] / 100) ** 2
    current = (t["smoker"] == "current").astype(float)
    x = np.column_stack([np.ones(len(t)), age[adult], bmi - 25, current])
    slopes = np.linalg.lstsq(x, t["systolic"].to_numpy(float), rcond=None)[0]
    assert slopes[1] == pytest.approx(0.45, abs=0.04)
    assert slopes[3] == pytest.approx(5, abs=0.6)


def test_tail_and_heaps(clinic: Clinic) -> None:
    cities = clinic.patients["city"].value_counts()
    assert cities.iloc[0] > 50 * cities.iloc[-50:].mean()
    weight = clinic.patients["weight_kg"]
    assert (weight % 5 == 0).mean() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("n", [20, 2_000])
def test_each_secret_belongs_to_one_patient_alone(n: int) -> None:
    clinic = make_clinic(n, seed=9)
    tables = {"patients": clinic.patients, "visits": clinic.visits}
    for secret in clinic.secrets:
        table = tables[secret.table]
        column = table[secret.column]
        if secret.value is None:
            hit = column.isna()
        elif secret.column == "note":
            hit = column.str.contains(str(secret.value))
        else:
            hit = column == secret.value
        assert set(table.loc[hit.fillna(False), "patient_id"]) == {secret.subject}, secret.column
    dialysis = clinic.visits["diagnosis_code"] == "Z99"
    assert dialysis.sum() == 40


def test_secrets_are_extremes(clinic: Clinic) -> None:
    assert clinic.patients["birth_date"].min() == pd.Timestamp("1911-02-03")
    assert clinic.patients["income"].max() == 1_234_567
    assert clinic.visits["cost"].min() < 0
    assert (clinic.visits["cost"] < 0).sum() == 1


def test_too_few_patients_are_refused() -> None:
    with pytest.raises(InputError, match="n: must be at least 20"):
        make_clinic(19)
