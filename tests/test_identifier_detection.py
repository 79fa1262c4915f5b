"""Direct identifiers: valid ones are recognised, near misses, chance and lookalikes are not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.columns.arrays.reading import read, token
from twin.columns.pii.detect import people as names_of
from twin.columns.pii.detect.quasi import quasi_identifier, reads_as_sex
from twin.columns.pii.detect.recognition import recognise
from twin.columns.pii.detect.whats import WHATS, Recognition

_FIRST = (
    """Anna Jonas Sophie Lukas Maria David Julia Paul Katharina Felix Laura Thomas Eva Stefan Lena Michael"""
)
_LAST = """Huber Gruber Wagner Müller Pichler Steiner Moser Mayer Hofer Leitner Berger Fuchs Eder Fischer"""
FIRST, LAST = _FIRST.split(), _LAST.split()
FULL = [f"{first} {last}" for first in FIRST for last in LAST[:5]]
STREETS = [f"{last}straße {i + 1}{'a' * (i % 3 == 0)}" for i, last in enumerate(LAST)]
NATIONAL: dict[str, list[str]] = {
    "en_US": ["536-22-1234", "219-09-9999", "457-55-5462", "078-05-1121"],
    "en_GB": [
        "AB123456C",
        "JG 10 37 59 A",
        "CE987654B",
        "HH445566D",
        "KL112233A",
        "MN998877B",
        "PR102030C",
        "SX405060D",
    ],
    "de_DE": ["36574261809", "86095742719", "65929970489", "47036892816", "26954371827"],
    "es_ES": ["54362315K", "12345678Z", "X2482300W", "00000000T"],
    "it_IT": ["RCCMNL83S18D969H", "MRTMTT25D09F205Z", "RSSMRA85T10A562S", "CCCFBA85D03L105P"],
    "nl_NL": ["111222333", "123456782", "941331490", "123450007", "123450019"],
    "pl_PL": ["44051401359", "02070803628", "90090515836", "85010112343"],
    "fi_FI": ["131052-308T", "010101-123N", "070493-947P", "150785-994X"],
    "pt_BR": ["390.533.447-05", "231.002.999-00", "529.982.247-25", "111.444.777-35"],
    "fr_FR": ["2 95 10 99 126 111 93", "295109912611193", "253077307300443", "180126955222380"],
    "sv_SE": ["880320-0016", "811228-9874", "670919-9530", "640823-3234"],
    "zh_CN": ["360426199101010071", "11010519491231002X", "440524188001010014", "360426199101010071"],
}


def column(values: list[Any], dtype: Any = object) -> pd.Series[Any]:
    return pd.Series(values, dtype=dtype)


def found(values: Any, name: str = "col_7", dtype: Any = object) -> Recognition | None:
    series = values if isinstance(values, pd.Series) else column(list(values), dtype)
    return recognise(name, read(series), token(series))


def what(values: Any, name: str = "col_7", dtype: Any = object) -> str | None:
    hit = found(values, name, dtype)
    return hit.what if hit else None


VALUES: dict[str, list[str]] = {
    "name": FULL,
    "first_name": FIRST,
    "last_name": [*LAST, "Schmidt", "Weber", "Schneider"],
    "username": [
        f"{f.lower()}.{w.lower()}{i}" for i, (f, w) in enumerate(zip(FIRST, FIRST[::-1], strict=True))
    ],
    "email": [
        "a.b@example.at",
        "Ann Lee <ann@example.org>",
        "X_Y+z@mail.example.co.uk",
        "mailto:q@e.de",
        "-",
    ],
    "phone": [
        "+43 660 1234567",
        "+43 1 58858-123",
        "0043 316 873 0",
        "+43 (0)512 507-0",
        "+43 664 9876543 ext. 12",
    ],
    "address": STREETS,
    "iban": ["AT61 1904 3002 3457 3201", "DE89370400440532013000", "GB82 WEST 1234 5698 7654 32"],
    "card": [
        "4111 1111 1111 1111",
        "5555-5555-5555-4444",
        "378282246310005",
        "6011111111111117",
        "30569309025904",
        "3530111333300000",
        "4012888888881881",
        "5105105105105100",
    ],
    "national_id": NATIONAL["it_IT"] * 1,
    "ip": ["192.168.4.17", "10.20.30.240", "2001:db8::ff00:42:8329", "203.0.113.9:8080", "[2001:db8::1]:443"],
    "mac": ["00:1B:44:11:3A:B7", "00-1b-44-11-3a-b8", "001b.4411.3ab9", "001B44113ABA"],
    "url": [
        "https://example.org/u/1",
        "www.example.com/~ann",
        "example.net/people",
        "http://example.com:8080/x?y=1",
    ],
    "coordinates": [
        "48.2082, 16.3738",
        "48.2082;16.3738",
        "POINT(16.3738 48.2082)",
        "48°12'30\"N 16°22'23\"E",
    ],
    "uuid": [
        "123e4567-e89b-42d3-a456-426614174000",
        "{123E4567-E89B-42D3-A456-426614174001}",
        "123e4567e89b42d3a456426614174002",
    ],
}
TELLING = {"national_id": "codice_fiscale", "mac": "mac", "coordinates": "gps"}


def test_every_sort_has_values_here() -> None:
    assert set(VALUES) == set(WHATS)


@pytest.mark.parametrize("sort", WHATS)
def test_values_tell(sort: str) -> None:
    hit = found(VALUES[sort], TELLING.get(sort, "col_7"))
    assert hit is not None and hit.what == sort and 0.5 < hit.share <= 1
    assert not any(value in hit.reason for value in VALUES[sort] if len(value) > 2)


@pytest.mark.parametrize("locale", NATIONAL)
def test_national_numbers_tell_their_country(locale: str) -> None:
    hit = found(NATIONAL[locale], "national_id")
    assert hit is not None and hit.what == "national_id" and hit.locale == locale and hit.by == "both"


def test_noise_does_not_hide_an_identifier() -> None:
    rng = np.random.default_rng(1)
    for sort in ("email", "iban", "name", "address", "phone", "card"):
        noisy: list[Any] = [f" {v} " if rng.random() < 0.3 else v for v in VALUES[sort] * 3]
        noisy += ["n/a", "unknown", None, "-", ""]
        assert what(noisy, TELLING.get(sort, sort)) == sort
    assert what([v.upper() for v in FULL]) == what([v.lower() for v in FULL]) == "name"
    assert what([f"{b}, Dr. {a}" for a, _, b in (v.partition(" ") for v in FULL)]) == "name"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("x", ["AT61 1904 3002 3457 3202", "DE89370400440532013001", "GB82 WEST 1234 5698 7654 33"]),
        ("version", ["1.2.3.4", "1.10.0.2", "2.0.0.14", "10.4.1.3"]),
        ("file", ["report.pdf", "ann.png", "huber.docx", "data.csv"]),
        ("package", ["com.example.app", "org.example.lib", "com.example.core"]),
        (
            "checksum",
            [
                "d41d8cd98f00b204e9800998ecf8427e",
                "0cc175b9c0f1b6a831c399e269772661",
                "92eb5ffee6ae2fec3ad71c777531578f",
                "4a8a08f09d37b73795649038408b5f33",
                "8277e0910d750195b448797616e091ad",
            ],
        ),
        ("interval", ["1.5, 2.3", "0.5, 4.1", "2.5, 9.0"]),
        ("order_no", [f"{i:011d}" for i in range(20_240_000_000, 20_240_001_000)]),
        ("isbn", ["9783161484100", "9780306406157", "9781861972712", "9780131103627"] * 3),
        ("created", [f"2024-0{m}-1{d} 10:15" for m in range(1, 9) for d in range(9)]),
        (
            "city",
            [
                "Vienna",
                "Graz",
                "Linz",
                "Salzburg",
                "Innsbruck",
                "Klagenfurt",
                "Villach",
                "Wels",
                "Dornbirn",
                "Steyr",
                "Austin",
                "Charlotte",
                "Florence",
                "Lincoln",
                "Madison",
                "Jackson",
                "Orlando",
                "Phoenix",
            ],
        ),
        (
            "x",
            [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
            ],
        ),
        (
            "x",
            [
                "red",
                "green",
                "blue",
                "violet",
                "rose",
                "amber",
                "olive",
                "black",
                "white",
                "grey",
                "brown",
                "gold",
            ],
        ),
        ("company", [f"{last} {kind}" for last in LAST for kind in ("GmbH", "& Söhne", "AG", "Holding")]),
        ("x", [f"{last} {kind}" for last in LAST for kind in ("GmbH", "& Sons", "Inc", "Group")]),
        (
            "job",
            [
                "Baker",
                "Cook",
                "Carpenter",
                "Miller",
                "Taylor",
                "Mason",
                "Butler",
                "Fisher",
                "Nurse",
                "Surgeon",
            ],
        ),
        ("product_name", ["Garden Chair", "Office Desk", "Steel Lamp", "Oak Table", "Wool Carpet"]),
        ("x", [f"Room {i}" for i in range(1, 80)]),
        ("x", [f"Windows {i}" for i in range(1, 12)] + [f"iPhone {i}" for i in range(4, 17)]),
        (
            "species",
            ["Homo sapiens", "Canis lupus", "Felis catus", "Quercus robur", "Rosa canina", "Bellis perennis"],
        ),
        ("part_no", [f"{a}-{b}" for a in range(100, 140) for b in range(4000, 4003)]),
        ("mail_sent", ["yes", "no"]),
        ("phone_model", ["Galaxy S21", "Pixel 7", "Xperia 5"]),
        ("num_phones", [str(i) for i in range(5)]),
    ],
)
def test_lookalikes_are_left_alone(name: str, values: list[str]) -> None:
    assert what(values, name) is None


def test_chance_makes_no_identifier() -> None:
    rng = np.random.default_rng(2)
    for i in range(100):
        numbers = rng.integers(10**10, 10**11, 300)
        assert what(pd.Series(numbers), "order_number") is None
        assert i % 10 or what(pd.Series(numbers.astype(str)), "col_7") is None
    for digits in (8, 9, 10, 12, 13, 14, 15, 16):
        numbers = rng.integers(10 ** (digits - 1), 10**digits, 1000)
        assert what(pd.Series(numbers)) is None and what(pd.Series(numbers.astype(str))) is None


def test_numbers_may_be_identifiers_too() -> None:
    cards = [int(v.replace(" ", "").replace("-", "")) for v in VALUES["card"]]
    assert what(cards, dtype="int64") == "card"
    assert what([float(v) for v in cards[:2]] * 5 + [float("nan")], "card_number", "float64") == "card"
    assert what([436601234567 + 7919 * i for i in range(50)], "Telefonnummer", "int64") == "phone"
    assert what([int(v) for v in NATIONAL["pl_PL"]], "pesel", "int64") == "national_id"
    assert what([111222333, 123456782, 104444441], "quantity", "int64") is None
    assert what([48.208174, 47.070714, 47.811195], "lat", "float64") == "coordinates"
    assert what([48.2, 47.1, 47.8], "lat", "float64") is None


@pytest.mark.parametrize(
    ("name", "values", "sort"),
    [
        ("Vorname", ["Xylo", "Brenda-Lou", "Ixchel"], "first_name"),
        ("kvarnamn", ["Xylo", "Brin", "Ixch"], None),
        ("sukunimi", ["Xyläinen", "Brönttä", "Ixkelä"], "last_name"),
        ("patient_name", ["Ixchel Quetzo", "Brantu Olalla", "Nuvri Sketto"], "name"),
        ("passport_no", ["P1234567", "K8812345", "L0099812"], "national_id"),
        ("アドレス", ["東京都港区芝公園4丁目2番8号"], None),
        ("住所", ["東京都港区芝公園4丁目2番8号", "大阪府大阪市北区梅田1丁目1番3号"], "address"),
        ("benutzername", ["wolf77", "sternchen", "kaffee_tante", "nx01"], "username"),
        ("telefone_celular", ["(11) 91234-5678", "(21) 99876-5432", "(31) 98765-4321"], "phone"),
        ("company_name", ["Ixchel Quetzo", "Brantu Olalla"], None),
        ("first_visit", ["Ward", "Home", "Office"], None),
    ],
)
def test_the_name_of_a_column_tells_too(name: str, values: list[str], sort: str | None) -> None:
    assert what(values, name) == sort


@pytest.mark.parametrize("locale", ["de_AT", "en_GB", "es_ES", "it_IT", "sv_SE"])
def test_names_of_an_unlisted_language_need_their_column_name(
    locale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = names_of.dictionary()
    keep = ~known.languages[locale[:2]]
    less = names_of.Dictionary(
        known.locales,
        {word: bits & keep for word, bits in known.first.items()},
        {word: bits & keep for word, bits in known.last.items()},
        known.titles,
        {language: bits for language, bits in known.languages.items() if language != locale[:2]},
    )
    monkeypatch.setattr("twin.columns.pii.detect.people.dictionary", lambda: less)
    assert what(FULL, "full_name") == "name"
    assert what(LAST, "apellidos") == "last_name"


@settings(max_examples=60)
@given(name=st.text(max_size=20), values=st.lists(st.text(max_size=40) | st.none(), min_size=1, max_size=20))
def test_any_text_may_come(name: str, values: list[str | None]) -> None:
    series = column(values)
    hit = found(series, name)
    assert hit is None or (hit.what in WHATS and 0 < hit.share <= 1)
    quasi_identifier(name, read(series), token(series))


def test_times_and_empty_columns_are_none() -> None:
    assert what([dt.date(2020, 1, 1)] * 9, "email") is None
    assert what([None, None], "email") is None
    assert what([True, False], "email") is None
    assert what(["n/a", "-"], "email") is None


@pytest.mark.parametrize(
    ("name", "values", "known"),
    [
        ("age", [30, 41], True),
        ("page", [30, 41], False),
        ("Altersgruppe", ["20-29", "30-39"], True),
        ("date_of_birth", pd.to_datetime(["1980-01-02", "1999-03-04"]), True),
        ("order_date", pd.to_datetime(["1980-01-02", "1999-03-04"]), False),
        ("PLZ", ["1010", "8010"], True),
        ("código_postal", ["28001", "41001"], True),
        ("Wohnort", ["Graz", "Linz"], True),
        ("product_city", ["Graz", "Linz"], False),
        ("nationalité", ["FR", "BE"], True),
        ("marital.status", ["single", "married"], True),
        ("religia", ["a", "b"], True),
        ("beruf", ["a", "b"], True),
        ("性別", ["男", "女"], True),
        ("n_children", [0, 3], True),
        ("latitude", [48.2, 47.1], True),
        ("systolic", [120, 130], False),
        ("income", [1000.5, 2000.0], False),
        ("col_3", ["male", "female"], True),
        ("diagnosis", ["a", "b"], False),
    ],
)
def test_what_others_may_know(name: str, values: Any, known: bool) -> None:
    series = pd.Series(values)
    reason = quasi_identifier(name, read(series), token(series))
    assert bool(reason) == known


@pytest.mark.parametrize(
    ("name", "values", "sex"),
    [
        ("x", ["m", "f"], True),
        ("x", ["Homme", "Femme", "autre"], True),
        ("x", ["M", "W", "d"], True),
        ("sex", [1, 2], True),
        ("x", [1, 2], False),
        ("sexo", ["H", "M"], True),
        ("size", ["S", "M"], False),
        ("is_female", [True, False], True),
        ("smoker", [True, False], False),
        ("płeć", ["K", "M"], True),
    ],
)
def test_sex_is_read_from_levels_and_names(name: str, values: Any, sex: bool) -> None:
    assert reads_as_sex(read(pd.Series(values)), name) == sex
