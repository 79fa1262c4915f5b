"""What is public about UCI Adult, for all systems alike: levels and bounds, as its documentation has them."""

from __future__ import annotations

DELTA = 1e-6
MISSING = "?"
"""The level by which Adult itself marks a missing cell; for systems that know no missing cells."""

BOUNDS = {
    "age": (17, 90),
    "fnlwgt": (0, 1_500_000),
    "education_num": (1, 16),
    "capital_gain": (0, 99_999),
    "capital_loss": (0, 5_000),
    "hours_per_week": (1, 99),
}

_WORDS = {
    "workclass": "Federal-gov Local-gov Never-worked Private Self-emp-inc Self-emp-not-inc State-gov "
    "Without-pay",
    "education": "Preschool 1st-4th 5th-6th 7th-8th 9th 10th 11th 12th HS-grad Some-college Assoc-voc "
    "Assoc-acdm Bachelors Masters Prof-school Doctorate",
    "marital_status": "Divorced Married-AF-spouse Married-civ-spouse Married-spouse-absent Never-married "
    "Separated Widowed",
    "occupation": "Adm-clerical Armed-Forces Craft-repair Exec-managerial Farming-fishing Handlers-cleaners "
    "Machine-op-inspct Other-service Priv-house-serv Prof-specialty Protective-serv Sales Tech-support "
    "Transport-moving",
    "relationship": "Husband Not-in-family Other-relative Own-child Unmarried Wife",
    "race": "Amer-Indian-Eskimo Asian-Pac-Islander Black Other White",
    "sex": "Female Male",
    "native_country": "Cambodia Canada China Columbia Cuba Dominican-Republic Ecuador El-Salvador England "
    "France Germany Greece Guatemala Haiti Holand-Netherlands Honduras Hong Hungary India Iran Ireland Italy "
    "Jamaica Japan Laos Mexico Nicaragua Outlying-US(Guam-USVI-etc) Peru Philippines Poland Portugal "
    "Puerto-Rico Scotland South Taiwan Thailand Trinadad&Tobago United-States Vietnam Yugoslavia",
    "income": "<=50K >50K",
}
LEVELS = {name: tuple(words.split()) for name, words in _WORDS.items()}
NULLABLE = ("workclass", "occupation", "native_country")


def levels_or_missing(name: str) -> list[str]:
    """Levels of a column, with the mark of a missing cell where the documentation has one."""
    return [*LEVELS[name], MISSING] if name in NULLABLE else list(LEVELS[name])


def chosen(setting: str) -> tuple[str, float]:
    """The two halves of a setting such as `mst@0.1`: what, and which epsilon."""
    what, epsilon = setting.split("@")
    return what, float(epsilon)
