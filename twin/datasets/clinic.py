"""A simulated clinic with a known truth: patients, their visits, and planted secrets that it lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator

from twin.arrays import Array
from twin.datasets import clinic_words as words
from twin.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


TODAY = np.datetime64("2025-01-01")
TIME_ZONE = "Europe/Vienna"
FEWEST = 20
"""Fewest patients: every planted secret needs a patient of its own."""


@dataclass(frozen=True)
class PlantedSecret:
    """Something that is true of one patient alone.

    Args:
        table: "patients" or "visits".
        column: The column that holds it.
        value: The value as the table holds it; None for a lone missing cell.
        subject: The `patient_id` whose secret it is.
        reason: What makes it one, in words.
    """

    table: str
    column: str
    value: object
    subject: str
    reason: str


@dataclass(frozen=True)
class Clinic:
    """A simulated clinic.

    Args:
        patients: One row per patient; the key is `patient_id`.
        visits: One row per visit, in the order of time; `patient_id` names the patient.
        secrets: What was planted, each true of one patient alone.
    """

    patients: pd.DataFrame
    visits: pd.DataFrame
    secrets: tuple[PlantedSecret, ...]


def make_clinic(n: int = 1000, seed: int | Generator = 0) -> Clinic:
    """Simulates a clinic of n patients, whose truth is known.

    How the columns depend on one another (age: years on 2025-01-01; N: normal noise; logit: log odds):

    - `age`: 15 % children, uniform on 0 to 18; the others 18 + 74 · Beta(1.5, 1.9).
    - `postcode` fixes `city`; the 400 cities follow a Zipf law with exponent 1.1, so most are rare.
    - `height_cm` (adults) = 165 + 13 · male + N(0, 6.5); a third are heaped on multiples of 5.
      `weight_kg` = bmi · height², bmi = 19.5 + .12 · min(age, 55) + N(0, 3); half are heaped on multiples
      of 5.
    - `smoker` is missing under 16 years (never asked) and else for 3 %. `income` is missing under 18
      and else for 8 % and, on top, for 15 % of the privately insured; it is heaped on thousands.
    - `insurance`: private for 8 % of those under 30 and 22 % of the others, 2 % none, else public.
    - Type 2 diabetes: logit = -7 + .06 · age + .15 · (bmi - 25). Chronic lung disease: logit = -9 + .08 · age
      + 2 · current smoker. Their patients come for it in 60 % of their visits.
    - Visits per patient: 1 + Poisson(.8 + .03 · age + 2 · diabetic), spread evenly since `registered`.
    - `diagnosis_code` fixes `diagnosis`. `systolic` = 105 + .45 · age + .9 · (bmi - 25) + 5 · current smoker
      + N(0, 11), a third heaped on tens. `hba1c` = 5.3 + 1.8 · diabetic + N(0, .4), measured in 90 % of the
      visits for diabetes and 10 % of the others. `creatinine` = (.72 + .18 · male + .003 · age)
      · lognormal(.15), measured at random in 60 %.
    - `cost` = mean cost of the diagnosis · lognormal(.35) · 1.4 for the privately insured.
    - `note` is independent of everything else.

    Args:
        n: Number of patients, at least 20.
        seed: Seed, or a generator to draw from.

    Returns:
        The tables, and the secrets that were planted after the simulation.

    Raises:
        InputError: If n < 20.

    Example:
        >>> clinic = make_clinic(50, seed=1)
        >>> len(clinic.patients), clinic.patients["patient_id"].is_unique
        (50, True)
        >>> clinic.secrets[0].column
        'diagnosis_code'
    """
    if n < FEWEST:
        raise InputError(f"n: must be at least {FEWEST}, so that each secret has a patient of its own")
    rng = np.random.default_rng(seed)
    patients, hidden = _patients(n, rng)
    visits = _visits(patients, hidden, rng)
    patients, visits, secrets = _plant(patients, visits, rng)
    return Clinic(patients, visits, secrets)


@dataclass(frozen=True)
class _Hidden:
    """What the clinic knows but writes down only in part; arrays of shape (n,)."""

    age: Array
    bmi: Array
    male: Array
    current_smoker: Array
    diabetic: Array
    lungs: Array


def _heap(values: Array, step: float, share: float, rng: Generator) -> Array:
    """Rounds a share of the values to multiples of a step."""
    return np.where(rng.random(len(values)) < share, np.round(values / step) * step, values)


def _expit(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def _zipf(size: int, exponent: float) -> Array:
    weights = np.arange(1, size + 1) ** -exponent
    return np.asarray(weights / weights.sum())


def _hidden(n: int, rng: Generator) -> _Hidden:
    child = rng.random(n) < 0.15
    age = np.where(child, rng.uniform(0.05, 18, n), 18 + 74 * rng.beta(1.5, 1.9, n))
    male = rng.random(n) < 0.47
    grown = 15 + 4.5 * np.minimum(age, 18) / 18
    bmi = grown + 0.12 * np.minimum(age, 55) * (age >= 18) + rng.normal(0, 3, n)
    bmi = np.clip(bmi, 12, 55)
    current = (age >= 16) & (rng.random(n) < 0.24)
    diabetic = rng.random(n) < _expit(-7 + 0.06 * age + 0.15 * (bmi - 25))
    lungs = rng.random(n) < _expit(-9 + 0.08 * age + 2 * current)
    return _Hidden(age, bmi, male, current, diabetic, lungs)


def _patients(n: int, rng: Generator) -> tuple[pd.DataFrame, _Hidden]:
    import pandas as pd

    hidden = _hidden(n, rng)
    age, male = hidden.age, hidden.male
    birth = TODAY - (age * 365.25).astype("timedelta64[D]")
    registered = np.maximum(birth, TODAY - rng.integers(400, 3600, n).astype("timedelta64[D]"))
    city, postcode = _places(n, rng)
    adult = np.minimum(age, 18) / 18
    height = 50 + (115 + 13 * male) * adult**0.8 + rng.normal(0, 1, n) * (2 + 4.5 * adult)
    smoker = np.where(rng.random(n) < 0.35, "former", "never").astype(object)
    smoker[hidden.current_smoker] = "current"
    smoker[(age < 16) | (rng.random(n) < 0.03)] = None
    private = rng.random(n) < np.where(age < 30, 0.08, 0.22)
    insurance = np.where(private, "private", np.where(rng.random(n) < 0.02, "none", "public"))
    names, mails = _names(male, rng)
    frame = pd.DataFrame(
        {
            "patient_id": _keys("P", n, rng),
            "name": names,
            "email": mails,
            "sex": np.where(male, "M", "F").astype(object),
            "birth_date": birth.astype("datetime64[ns]"),
            "postcode": postcode,
            "city": city,
            "insurance": pd.Categorical(insurance, categories=["public", "private", "none"]),
            "height_cm": np.round(_heap(height, 5, 1 / 3, rng), 1),
            "weight_kg": np.round(_heap(hidden.bmi * (height / 100) ** 2, 5, 0.5, rng), 1),
            "smoker": smoker,
            "income": _income(age, private, rng),
            "registered": registered.astype("datetime64[ns]"),
        }
    )
    return frame, hidden


def _keys(prefix: str, n: int, rng: Generator) -> Array:
    """Unique keys in no order: a prefix and at least six digits."""
    width = max(6, len(str(9 * n)))
    numbers = rng.permutation(9 * n)[:n]
    return np.array([f"{prefix}{number:0{width}d}" for number in numbers.tolist()], dtype=object)


def _places(n: int, rng: Generator) -> tuple[Array, Array]:
    """Cities with a long tail and their postcodes, up to three per city; each shape (n,)."""
    names = [start + end for end in words.CITY_ENDS for start in words.CITY_STARTS]
    shuffled = np.array(names, dtype=object)[np.random.default_rng(1).permutation(len(names))]
    index = rng.choice(len(names), n, p=_zipf(len(names), 1.1))
    district = rng.integers(0, 1 + 2 * (index < 40))  # the larger cities have three postcodes
    codes = np.array([f"{100 + 7 * i:04d}" for i in range(3 * len(names))], dtype=object)
    return shuffled[index], codes[3 * index + district]


def _names(male: Array, rng: Generator) -> tuple[Array, Array]:
    n = len(male)
    first = np.where(
        male,
        np.array(words.MALE, dtype=object)[rng.integers(0, len(words.MALE), n)],
        np.array(words.FEMALE, dtype=object)[rng.integers(0, len(words.FEMALE), n)],
    )
    last = np.array(words.SURNAMES, dtype=object)[
        rng.choice(len(words.SURNAMES), n, p=_zipf(len(words.SURNAMES), 0.8))
    ]
    host = np.array(["example.org", "example.com", "example.net"], dtype=object)[rng.integers(0, 3, n)]
    number = rng.permutation(n)  # unique, so that addresses are
    rows = list(zip(first, last, host, number.tolist(), strict=True))
    names = np.array([f"{f} {s}" for f, s, _, _ in rows], dtype=object)
    mails = np.array([f"{f}.{s}{i}@{h}".lower() for f, s, h, i in rows], dtype=object)
    return names, mails


def _income(age: Array, private: Array, rng: Generator) -> pd.Series:
    import pandas as pd

    n = len(age)
    middle = np.where(age < 65, 24_000 + 400 * np.clip(age - 18, 0, 30), 21_000) * (1 + 0.5 * private)
    amount = _heap(np.round(middle * rng.lognormal(0, 0.4, n), -2), 1000, 0.6, rng)
    income = pd.Series(amount.astype(np.int64), dtype="Int64")
    asked = (age >= 18) & (rng.random(n) >= 0.08) & ~(private & (rng.random(n) < 0.15))
    return income.where(pd.Series(asked))


def _visits(patients: pd.DataFrame, hidden: _Hidden, rng: Generator) -> pd.DataFrame:
    import pandas as pd

    count = 1 + rng.poisson(0.8 + 0.03 * hidden.age + 2 * hidden.diabetic)
    who = np.repeat(np.arange(len(patients)), count)  # (visits,)
    at = _moments(patients["registered"].to_numpy()[who], rng)
    order = np.argsort(at, kind="stable")
    who, at = who[order], at[order]
    m = len(who)
    kind = _diagnoses(hidden, who, rng)
    code = np.array([d.code for d in words.DIAGNOSES], dtype=object)
    name = np.array([d.name for d in words.DIAGNOSES], dtype=object)
    mean_cost = np.array([d.cost for d in words.DIAGNOSES])
    age, diabetic = hidden.age[who], hidden.diabetic[who]
    systolic = 105 + 0.45 * age + 0.9 * (hidden.bmi[who] - 25) + 5 * hidden.current_smoker[who]
    systolic = _heap(systolic + rng.normal(0, 11, m), 10, 1 / 3, rng)
    hba1c = np.round(5.3 + 1.8 * diabetic + rng.normal(0, 0.4, m), 1)
    measured = rng.random(m) < np.where(code[kind] == words.DIABETES, 0.9, 0.1)
    creatinine = np.round((0.72 + 0.18 * hidden.male[who] + 0.003 * age) * rng.lognormal(0, 0.15, m), 2)
    private = (patients["insurance"] == "private").to_numpy()[who]
    cost = mean_cost[kind] * rng.lognormal(0, 0.35, m) * np.where(private, 1.4, 1.0)
    return pd.DataFrame(
        {
            "visit_id": _keys("V", m, rng),
            "patient_id": patients["patient_id"].to_numpy()[who],
            "visited_at": pd.DatetimeIndex(at).tz_localize(TIME_ZONE),
            "diagnosis_code": code[kind],
            "diagnosis": name[kind],
            "systolic": np.round(systolic).astype(np.int64),
            "hba1c": np.where(measured, hba1c, np.nan),
            "creatinine": np.where(rng.random(m) < 0.6, creatinine, np.nan),
            "cost": np.round(cost, 2),
            "follow_up": rng.random(m) < 0.3,
            "note": _notes(m, rng),
        }
    )


def _moments(since: Array, rng: Generator) -> Array:
    """Moments on working days, from 8:00 to 17:55 in steps of five minutes, local time."""
    first = since.astype("datetime64[D]")
    span = (TODAY - first).astype(np.int64)
    day = first + np.floor(rng.random(len(first)) * span).astype("timedelta64[D]")
    day = np.busday_offset(day, 0, roll="preceding")
    minutes = 480 + 5 * rng.integers(0, 120, len(first))
    return np.asarray(day.astype("datetime64[ns]") + minutes.astype("timedelta64[m]"))


def _diagnoses(hidden: _Hidden, who: Array, rng: Generator) -> Array:
    """Positions in DIAGNOSES, shape (visits,)."""
    codes = [d.code for d in words.DIAGNOSES]
    share = np.array([d.share for d in words.DIAGNOSES])
    kind = rng.choice(len(codes), len(who), p=share / share.sum())
    for chronic, code in ((hidden.lungs, words.LUNG), (hidden.diabetic, words.DIABETES)):
        kind = np.where(chronic[who] & (rng.random(len(who)) < 0.6), codes.index(code), kind)
    return kind


def _notes(m: int, rng: Generator) -> Array:
    every = [f"{c}; {a}, {w}" for c in words.COMPLAINTS for a in words.ADVICE for w in words.WEEKS]
    return np.array(every, dtype=object)[rng.integers(0, len(every), m)]


def _plant(
    patients: pd.DataFrame, visits: pd.DataFrame, rng: Generator
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[PlantedSecret, ...]]:
    """Writes the secrets into both tables, each into another patient's rows."""
    import pandas as pd

    rows = rng.permutation(len(patients))
    rows = rows[np.argsort(patients["income"].isna().to_numpy()[rows], kind="stable")]  # earners first
    ids = patients["patient_id"].to_numpy()
    owner = iter(rows.tolist())
    secrets: list[PlantedSecret] = []

    def keep(table: str, column: str, value: object, row: int, reason: str) -> None:
        secrets.append(PlantedSecret(table, column, value, str(ids[row]), reason))

    def first_visit(row: int) -> int:
        return int((visits["patient_id"] == ids[row]).to_numpy().argmax())

    row = next(owner)
    visits = _add_dialysis(visits, str(ids[row]), rng)
    keep("visits", "diagnosis_code", "Z99", row, "a code in 40 rows of one patient")
    keep("visits", "diagnosis", "Dependence on dialysis", row, "a name in 40 rows of one patient")

    row = next(owner)
    at = first_visit(row)
    visits.loc[at, ["diagnosis_code", "diagnosis"]] = ["E75", "Fabry disease"]
    keep("visits", "diagnosis_code", "E75", row, "a diagnosis of one patient")
    keep("visits", "diagnosis", "Fabry disease", row, "a diagnosis of one patient")

    in_patients: list[tuple[str, object, str]] = [
        ("birth_date", pd.Timestamp("1911-02-03"), "an extreme age"),
        ("income", 1_234_567, "an extreme income"),
        ("height_cm", None, "the only missing height"),
        ("city", "Oberzeiring", "a city of one patient"),
    ]
    for column, value, reason in in_patients:
        row = next(owner)
        patients.loc[row, column] = value  # type: ignore[call-overload]
        keep("patients", column, value, row, reason)
    patients.loc[row, "postcode"] = "8762"
    keep("patients", "postcode", "8762", row, "a postcode of one patient")

    in_visits: list[tuple[str, object, str]] = [
        ("creatinine", 1.0437, "the only value with four decimals"),
        ("cost", -45.1, "the only negative value"),
        ("note", "came with her sister Zwetkowitsch; rest, back if worse", "a surname in one note"),
    ]
    for column, value, reason in in_visits:
        row = next(owner)
        visits.loc[first_visit(row), column] = value  # type: ignore[call-overload]
        keep("visits", column, "Zwetkowitsch" if column == "note" else value, row, reason)
    return patients, visits, tuple(secrets)


def _add_dialysis(visits: pd.DataFrame, patient: str, rng: Generator) -> pd.DataFrame:
    """Forty weekly visits of one patient under a code that nobody else has."""
    import pandas as pd

    source = visits.iloc[rng.integers(0, len(visits), 40)].copy()
    weeks = pd.Timestamp("2024-01-08 09:00") + pd.to_timedelta(7 * np.arange(40), unit="D")
    start = len(visits)
    taken = set(visits["visit_id"])
    free = (f"V{i:0{len(visits['visit_id'].iloc[0]) - 1}d}" for i in range(10**9))
    keys = (key for key in free if key not in taken)
    source["visit_id"] = [next(keys) for _ in range(40)]
    source["patient_id"] = patient
    source["visited_at"] = weeks.tz_localize(TIME_ZONE).as_unit("ns")
    source["diagnosis_code"] = "Z99"
    source["diagnosis"] = "Dependence on dialysis"
    source.index = pd.RangeIndex(start, start + 40)
    both = pd.concat([visits, source])
    return both.sort_values("visited_at", kind="stable", ignore_index=True)
