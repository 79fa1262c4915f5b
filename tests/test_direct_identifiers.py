"""Identities invented afresh: right form, nobody's, in agreement, and no source value kept."""

from __future__ import annotations

import importlib
import ipaddress
import json
import re
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iban, luhn

import twin
from twin.codes import State
from twin.columns import schema
from twin.columns.arrays.reading import ColumnArrays, read, token
from twin.columns.arrays.restore import restore
from twin.columns.base import DecodeContext
from twin.columns.kinds import direct_identifier as identity
from twin.columns.kinds.direct_identifier import LearnedDirectIdentifier, learn, load
from twin.columns.pii.detect.whats import WHATS
from twin.columns.pii.generate.accounts import DOMAINS, latin
from twin.columns.pii.generate.base import IdentifierFacts
from twin.columns.pii.generate.numbers import LAYOUTS, RESERVED
from twin.columns.pii.generate.people import lists
from twin.columns.pii.generate.places import _STREETS
from twin.columns.pii.generate.registry import INVENTORS
from twin.columns.pii.generate.sexes import sexes
from twin.privacy.suppression.guard import Guard

LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "ru_RU", "ja_JP", "pl_PL", "es_MX", "ar_SA")


def declared(what: str, locale: str = "en_US", **more: Any) -> schema.DirectIdentifier:
    return schema.DirectIdentifier(name=what, dtype="str", what=what, locale=locale, **more)


def invented(
    column: schema.DirectIdentifier, n: int = 500, *, form: str | None = None, start: int = 0, seed: int = 7
) -> list[str]:
    about = IdentifierFacts(locale=column.locale, name=str(column.name))
    learned = LearnedDirectIdentifier(column=column, forms=(form or INVENTORS[column.what].default(about),))
    native = learned.decode(
        np.empty((n, 0), np.int32), DecodeContext(rng=np.random.default_rng(0), start=start, seed=seed)
    )
    return [str(native.levels[code]) for code in native.values]


def learned_from(values: Any, column: schema.DirectIdentifier, k: int = 5) -> LearnedDirectIdentifier:
    series = pd.Series(values)
    column = column.model_copy(update={"dtype": token(series)})
    return learn(column, read(series), Guard(k=k, noise=lambda: 0).column(str(column.name)))


def back(learned: LearnedDirectIdentifier, n: int = 200, seed: int = 3) -> pd.Series[Any]:
    rng = np.random.default_rng(seed)
    codes = np.ones((n, len(learned.fields)), np.int32)
    native = learned.decode(codes, DecodeContext(rng=rng, start=0, seed=seed))
    return restore(native, learned.column.dtype, learned.column.name)


def is_fictitious(text: str, country: str) -> bool:
    digits = re.sub(r"\D", "", text.replace("(0)", ""))
    if text.startswith(("+999", "00999")):
        return True
    if country in ("US", "CA"):
        return bool(re.fullmatch(r"1?[2-9]\d\d55501\d\d", digits))
    number = phonenumbers.parse(text, country).national_number
    return any(start <= number < start + size for start, size in RESERVED[country])


def right(what: str, text: str, locale: str) -> bool:
    """Whether an invented identifier is of its form, and nobody's, by other people's code."""
    language, country = locale.split("_")
    if what in ("email", "url"):
        host = text.partition("@")[2] if what == "email" else text.split("/")[2]
        return ".".join(host.split(".")[-2:]) in DOMAINS
    if what == "phone":
        return is_fictitious(text, country)
    if what == "card":
        return luhn.is_valid(text) and text.startswith("9000")
    if what == "iban":
        return bool(iban.is_valid(text, check_country=False)) and set(text[4:6]) <= {"0", "X"}
    if what == "ip":
        return not ipaddress.ip_address(text).is_global
    if what == "mac":
        return int(text[:2], 16) & 3 == 2
    if what == "uuid":
        made = uuid.UUID(text)
        return made.version == 4 and made.variant == uuid.RFC_4122
    if what == "coordinates":
        lat, lon = map(float, text.split(","))
        return abs(lat + 48.8767) < 1 and abs(lon + 123.3933) < 1
    if what == "address":
        return any(street in text for street in _STREETS[language][0])
    return bool(text) and (what == "national_id" or not text.isdigit())


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("what", WHATS)
def test_invented_ones_have_the_form_and_are_nobodys(what: str, locale: str) -> None:
    for unique in (False, True):
        made = invented(declared(what, locale, unique=unique))
        assert all(right(what, text, locale) for text in made), made[:3]
        assert not unique or len(set(made)) == len(made)


NATIONAL = """
    US:us.ssn:9 DE:de.idnr:11 FR:fr.nir:15 ES:es.dni:9 IT:it.codicefiscale:16 NL:nl.bsn:9
    BE:be.nn:11 PL:pl.pesel:11 SE:se.personnummer:10 NO:no.fodselsnummer:11 DK:dk.cpr:10
    BR:br.cpf:11 CN:cn.ric:18 KR:kr.rrn:13 ZA:za.idnr:13 IN:in_.aadhaar:12 TR:tr.tckimlik:11
    CH:ch.ssn:13 HR:hr.oib:11 CL:cl.rut:9 IL:il.idnr:9 CZ:cz.rc:10 EE:ee.ik:11 BG:bg.egn:10
    RO:ro.cnp:13 PT:pt.nif:9 MX:mx.curp:18 TH:th.pin:13 ID:id.nik:16 MY:my.nric:12 GR:gr.amka:11
    AU:au.tfn:9 LT:lt.asmens:11 IE:ie.pps:8 IS:is_.kennitala:10 AT:at.vnr:10 RU:ru.inn:12
    GR:gr.vat:9 CL:cl.rut:8 UA:ua.rntrc:10 PK:pk.cnic:13 AR:ar.cuit:11
"""


@pytest.mark.parametrize("entry", NATIONAL.split())
def test_no_national_number_could_have_been_issued(entry: str) -> None:
    country, module, places = entry.split(":")[0], entry.split(":")[1], int(entry.split(":")[2])
    check = importlib.import_module(f"stdnum.{module}")
    made = invented(declared("national_id", f"xx_{country}"), 2000, form="#" * places)
    assert {len(text) for text in made} == {places}
    assert not any(check.is_valid(text) for text in made)
    assert len(set(made)) > 1500


def test_accounts_of_every_country_have_right_check_digits() -> None:
    for country, first in (
        ("IT", "X00000"),
        ("FR", "00000"),
        ("NO", "0000"),
        ("MU", "XXXX00"),
        ("BE", "000"),
    ):
        made = invented(declared("iban", f"xx_{country}", unique=True), 300)
        assert all(iban.is_valid(text, check_country=False) and text[4:].startswith(first) for text in made)
        assert len(set(made)) == 300


def test_every_layout_fills_its_own_length() -> None:
    for country, layouts in LAYOUTS.items():
        for layout, _ in layouts:
            places = len(re.findall(r"\[\w+\]|.", layout))
            made = invented(declared("national_id", f"xx_{country}"), 50, form="#" * places)
            assert all(re.fullmatch(rf"[0-9A-Z]{{{places}}}", text) for text in made), country


def blocks(what: str, locale: str, size: int) -> list[str]:
    column = declared(what, locale, unique=True)
    return [text for i in range(3) for text in invented(column, size, start=i * size)]


@pytest.mark.parametrize("what", WHATS)
def test_unique_ones_stay_unique_over_blocks(what: str) -> None:
    made = blocks(what, "en_US", 10_000)
    assert len(set(made)) == len(made)


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["en_US", "de_DE", "zh_CN", "ko_KR", "cs_CZ", "en_PK", "es_ES", "ja_JP"])
@pytest.mark.parametrize(
    "what", ["name", "first_name", "last_name", "email", "phone", "national_id", "ip", "url"]
)
def test_unique_ones_stay_unique_in_200_000_rows(what: str, locale: str) -> None:
    made = blocks(what, locale, 66_700)
    assert len(set(made)) == len(made)


def people(n: int = 400) -> pd.DataFrame:
    from faker import Faker

    fake = Faker("de_DE")
    fake.seed_instance(5)
    rng = np.random.default_rng(5)
    sex = rng.choice(["m", "w"], n)
    first = [fake.first_name_male() if s == "m" else fake.first_name_female() for s in sex]
    last = [fake.last_name() for _ in range(n)]
    return pd.DataFrame(
        {
            "age": rng.integers(20, 80, n),
            "name": [f"{b.upper()}, {a}" for a, b in zip(first, last, strict=True)],
            "vorname": first,
            "email": [f"{a}.{b}{i}@gmx.de".lower() for i, (a, b) in enumerate(zip(first, last, strict=True))],
            "phone": [f"+49 171 {rng.integers(10**6, 10**7)}" if i % 3 else None for i in range(n)],
            "iban": [fake.iban() for _ in range(n)],
            "card": [int(fake.credit_card_number("visa16")) for _ in range(n)],
            "ip": [fake.ipv4_public() for _ in range(n)],
            "mother": [f"{fake.first_name_female()} {fake.last_name()}" for _ in range(n)],
            "sex": sex,
        }
    )


@pytest.fixture(scope="module")
def source() -> pd.DataFrame:
    return people()


@pytest.fixture(scope="module")
def fitted(source: pd.DataFrame) -> twin.Twin:
    german = {"locale": "de_DE"}
    declarations = twin.infer(source).replace(
        name=twin.DirectIdentifier(what="name", sex="sex", **german),
        vorname=twin.DirectIdentifier(what="first_name", **german),
        email=twin.DirectIdentifier(what="email", unique=True, locale="en_US"),
        phone=twin.DirectIdentifier(what="phone", **german),
        iban=twin.DirectIdentifier(what="iban", **german),
        card=twin.DirectIdentifier(what="card"),
        ip=twin.DirectIdentifier(what="ip"),
        mother=twin.DirectIdentifier(what="name", person="mother", **german),
    )
    return twin.fit(source, schema=declarations, model="independent")


def test_the_identifiers_of_a_person_agree(fitted: twin.Twin) -> None:
    rows = fitted.sample(3000, seed=1)
    known = lists("de_DE")
    for name, first, email, sex in zip(
        rows["name"], rows["vorname"], rows["email"], rows["sex"], strict=True
    ):
        last, _, given = name.partition(", ")
        assert given == first and last.isupper()
        spelled = re.fullmatch(r"([a-z]+)\.([a-z]+)\d+@example\.(com|net|org)", email)
        assert spelled is not None
        assert spelled[1] == latin(first.split("-")[0] if "-" not in first else first, german=True)
        assert (
            spelled[2] == latin(last.capitalize(), german=True)
            or latin(last.lower(), german=True) == spelled[2]
        )
        assert first in known.first[sex == "w"].texts
    assert (rows["mother"].str.split().str[0] == rows["vorname"]).mean() < 0.05
    assert rows["email"].is_unique


def test_nothing_invented_is_in_the_source(source: pd.DataFrame, fitted: twin.Twin) -> None:
    rows = fitted.sample(30_000, seed=2)
    for name in ("email", "phone", "iban", "card", "ip"):
        assert not set(rows[name].dropna()) & set(source[name].dropna()), name
    assert rows.dtypes.equals(source.dtypes)
    assert abs(rows["phone"].isna().mean() - 1 / 3) < 0.05


def test_no_source_value_is_kept(source: pd.DataFrame, fitted: twin.Twin) -> None:
    state = fitted.columns.state()
    told = json.dumps(state.facts, ensure_ascii=False) + str(fitted.suppressed) + fitted.inspect()
    told += fitted.schema.to_json() + repr(fitted.columns)
    for name in ("name", "email", "phone", "iban", "card", "ip", "mother", "vorname"):
        assert not [value for value in source[name].dropna().astype(str) if len(value) > 4 and value in told]
    assert "direct identifier: e-mail address" in told and "RFC 2606" in told


def test_seeds_threads_blocks_and_files(fitted: twin.Twin) -> None:
    one = fitted.sample(70_000, seed=4, threads=1)
    again = twin.from_bytes(fitted.to_bytes())
    assert one.equals(again.sample(70_000, seed=4, threads=2))
    assert one.equals(pd.concat(list(again.stream(70_000, seed=4)), ignore_index=True))
    other = fitted.sample(1000, seed=5)
    assert (one["email"][:1000] == other["email"]).mean() < 0.01


NAMES = [f"{a} {b}" for a in ("Anna", "Bert", "Cleo") for b in ("Huber", "Maier", "Moser")] * 20
CARDS = [4111111111111111 + i for i in range(60)]


@pytest.mark.parametrize(
    ("what", "values"),
    [
        ("name", pd.Series(NAMES, dtype=object)),
        ("name", pd.Series(NAMES, dtype="category")),
        ("name", pd.Series(NAMES, dtype="string")),
        ("name", pd.Series(NAMES, dtype=pd.CategoricalDtype(sorted(set(NAMES)), ordered=True))),
        ("name", pd.Series(NAMES, dtype="string").astype("string[pyarrow]")),
        ("name", pd.Series([*NAMES, *range(50)], dtype=object)),
        ("card", pd.Series(CARDS)),
        ("card", pd.Series([*CARDS, *[np.nan] * 30])),
        ("card", pd.Series(CARDS, dtype="Int64")),
        ("card", pd.Series(CARDS).astype("category")),
        ("phone", pd.Series([2025550000 + i for i in range(60)])),
        ("national_id", pd.Series([123456789 + i for i in range(60)], dtype="int32")),
        ("coordinates", pd.Series(np.linspace(47.0, 48.0, 60).round(4))),
        ("username", pd.Series([10_000 + i for i in range(60)])),
        ("email", pd.Series([np.nan] * 60)),
        ("email", pd.Series([None] * 60, dtype=object)),
        ("name", pd.Series([], dtype=object)),
        ("name", pd.Series(["Anna Huber"])),
    ],
    ids=lambda value: value if isinstance(value, str) else token(value),
)
def test_dtypes_come_back(what: str, values: pd.Series[Any]) -> None:
    learned = learned_from(values, declared(what))
    rows = back(load(learned.column, learned.state()))
    told = token(values).replace("object/mixed", "object/str")
    assert token(rows) == told or values.isna().all()
    assert str(rows.dtype).split("[")[0] == str(values.dtype).split("[")[0]
    if what == "card":
        assert all(luhn.is_valid(str(int(value))) for value in rows.dropna())
    if values.dtype == "category":
        assert not set(rows.cat.categories) & set(values.cat.categories)


def test_categories_of_blocks_are_joined() -> None:
    table = pd.DataFrame({"name": pd.Series(NAMES, dtype="category"), "age": range(180)})
    declarations = twin.infer(table).replace(name=twin.DirectIdentifier(what="name", unique=True))
    rows = twin.fit(table, schema=declarations, model="independent").sample(70_000, seed=1)
    assert rows["name"].dtype == "category" and rows["name"].is_unique


FORMS: list[tuple[str, str, list[str], str]] = [
    ("name", "de_AT", ["HUBER, Anna", "MAIER, Bert"], r"\p+, \w[^,]*"),
    ("name", "en_US", ["anna b. huber", "bert c. maier"], r"\S+ [A-Z]\. \S+.*"),
    ("name", "en_US", ["Dr. Anna Huber", "Dr. Bert Maier"], r"Dr\. .+ .+"),
    ("last_name", "en_US", ["HUBER", "MAIER"], r"\p+"),
    ("email", "en_US", ["a.huber@x.at", "b.maier@y.at"], r"[a-z]\.[a-z]+@example\.\w+"),
    ("username", "en_US", ["ahuber12", "bmaier34"], r"[a-z]+\d\d"),
    ("phone", "de_DE", ["030/1234567", "030/7654321"], r"0\d+/\d+"),
    ("phone", "en_US", ["+1 (202) 456-1111"], r"\+1 \(\d{3}\) 555-01\d\d"),
    ("phone", "de_AT", ["0664 123 4567"], r"\+999 \d{3} \d{3} \d{4}"),
    ("phone", "en_US", ["0043 664 1234567"], r"00999 \d{3} \d{7}"),
    ("iban", "de_AT", ["AT61 1904 3002 3457 3201"], r"AT\d\d 0000 0\d{3} \d{4} \d{4}"),
    ("iban", "en_GB", ["gb29nwbk60161331926819"], r"gb\d\dxxxx000000\d{8}"),
    ("card", "en_US", ["3782-822463-10005"], r"9000-\d{6}-\d{5}"),
    ("mac", "en_US", ["AABB.CCDD.EEFF"], r"[0-9A-F]{4}\.[0-9A-F]{4}\.[0-9A-F]{4}"),
    ("ip", "en_US", ["fe80::1"], r"2001:db8:[0-9a-f:]+"),
    ("uuid", "en_US", ["{0F8FAD5B-D9CB-469F-A165-70867728950E}"], r"\{[0-9A-F-]{36}\}"),
    ("url", "en_US", ["http://www.huber.at/a/b"], r"http://www\.example\.\w+/\w+/\d+"),
    ("coordinates", "en_US", ["POINT(16.37 48.21)"], r"POINT\(-12\d\.\d\d -4\d\.\d\d\)"),
    ("address", "de_AT", ["Hauptstr. 5a, 1010 Wien"], r"\S+ \d+, 0000 Musterstadt"),
    ("address", "fr_FR", ["12 rue du Bac\n75007 Paris"], r"\d+ .+\n00000 Exempleville"),
    ("national_id", "en_US", ["123-45-6789"], r"9\d\d-0\d-\d{4}"),
    ("national_id", "it_IT", ["RSSMRA85T10A562S"], r"[A-Z]{6}\d\dZ\d\dZ\d{3}[A-Z]"),
]


@pytest.mark.parametrize(("what", "locale", "values", "pattern"), FORMS)
def test_the_form_of_the_source_is_followed(what: str, locale: str, values: list[str], pattern: str) -> None:
    learned = learned_from(values * 20, declared(what, locale))
    made = back(learned, 100)
    upper = pattern.replace(r"\p", r"[^a-z]")
    assert all(re.fullmatch(upper, text) for text in made), (learned.forms, made[0])


def test_a_form_of_too_few_is_not_kept() -> None:
    few = ["0043/664/12-34-567"] * 3
    learned = learned_from(["+43 664 1234567"] * 40 + few, declared("phone", "de_AT"))
    assert learned.forms == ("+43 ### #######",)
    assert learned_from(few, declared("phone", "en_US")).forms == ("###-###-####",)
    half = learned_from(["Anna Huber"] * 60 + ["HUBER, ANNA"] * 40, declared("name"))
    made = back(half, 2000)
    assert abs(made.str.contains(",").mean() - 0.4) < 0.05


@pytest.mark.parametrize(("gone", "presence"), [(40, "field"), (3, "always"), (98, "never"), (100, "never")])
def test_missing_cells_need_enough_subjects_on_both_sides(gone: int, presence: str) -> None:
    values = [None] * gone + ["Anna Huber"] * (100 - gone)
    learned = learned_from(pd.Series(values, dtype=object), declared("name"))
    assert learned.presence == presence
    codes = learned.encode(read(pd.Series(values, dtype=object)), np.random.default_rng(0))
    assert codes.shape == (100, int(presence == "field"))
    made = learned.decode(codes, DecodeContext(rng=np.random.default_rng(0), start=0, seed=1))
    assert made.missing.sum() == {"field": gone, "always": 0, "never": 100}[presence]


@pytest.mark.parametrize("what", WHATS)
def test_masked_and_dropped(what: str) -> None:
    values = invented(declared(what), 60)
    masked = back(learned_from(values, declared(what, treatment="mask")))
    assert not any(re.search(r"[1-9a-zA-WYZ]", text) for text in masked)
    assert back(learned_from(values, declared(what, treatment="drop"))).isna().all()
    lone = learned_from([f"{'x' * i}@example.com" for i in range(3)], declared(what, treatment="mask"))
    assert lone.forms == (identity.HIDDEN,)


def test_what_cannot_be_done_is_refused() -> None:
    with pytest.raises(twin.SchemaError, match="cannot be empty"):
        learned_from([1, 2, 3], declared("card", treatment="drop"))
    with pytest.raises(twin.SchemaError, match="cannot hold a full name"):
        learned_from([True, False], declared("name"))


WORDS: list[tuple[Sequence[Any], list[int]]] = [
    (("female", "male"), [1, 0]),
    (("F", "M"), [1, 0]),
    (("m", "w"), [0, 1]),
    (("weiblich", "männlich"), [1, 0]),
    (("Frau", "Herr"), [1, 0]),
    (("femme", "homme"), [1, 0]),
    (("H", "M"), [0, 1]),
    (("hombre", "mujer"), [0, 1]),
    (("donna", "uomo"), [1, 0]),
    (("feminino", "masculino"), [1, 0]),
    (("man", "vrouw"), [0, 1]),
    (("K", "M"), [1, 0]),
    (("kobieta", "mężczyzna"), [1, 0]),
    (("muž", "žena"), [0, 1]),
    (("ж", "м"), [1, 0]),
    (("женский", "мужской"), [1, 0]),
    (("女", "男"), [1, 0]),
    (("남", "여"), [0, 1]),
    (("أنثى", "ذكر"), [1, 0]),
    (("erkek", "kadın"), [0, 1]),
    (("mies", "nainen"), [0, 1]),
    (("férfi", "nő"), [0, 1]),
    (("1 - male", "2 - female", "diverse"), [0, 1, -1]),
    ((1, 2, 9), [0, 1, -1]),
]


@pytest.mark.parametrize(("levels", "expected"), WORDS)
def test_sex_in_many_languages(levels: Sequence[Any], expected: list[int]) -> None:
    n = len(levels)
    column = ColumnArrays(type="mixed", values=np.arange(n), missing=np.zeros(n, bool), levels=tuple(levels))
    assert sexes(column, "sex").tolist() == expected


def test_sex_of_numbers_and_flags() -> None:
    here = np.zeros(3, bool)
    assert sexes(ColumnArrays(type="integer", values=np.array([1, 2, 0]), missing=here), "sex").tolist() == [
        0,
        1,
        -1,
    ]
    flags = ColumnArrays(
        type="boolean", values=np.array([0, 1, -1]), missing=np.array([0, 0, 1], bool), levels=(False, True)
    )
    assert sexes(flags, "female").tolist() == [0, 1, -1]
    assert sexes(flags, "smoker").tolist() == [-1, -1, -1]


def test_names_are_spelled_in_latin_letters() -> None:
    assert [latin(name) for name in ("Ægir", "Željko", "Ιωάννης", "Наталья", "გიორგი", "Արմեն", "李")] == [
        "aegir", "zeljko", "ioannis", "natalya", "giorgi", "armen", "",
    ]  # fmt: skip
    assert all(email.isascii() for locale in LOCALES for email in invented(declared("email", locale), 200))


@pytest.mark.parametrize(
    ("locale", "ending"), [("cs_CZ", "á"), ("is_IS", "dóttir"), ("pl_PL", "a"), ("ru_RU", "а")]
)
def test_surnames_agree_with_the_sex(locale: str, ending: str) -> None:
    men, women = (words.texts for words in lists(locale).last)
    assert sum(name.endswith(ending) for name in women) > sum(name.endswith(ending) for name in men) + 20


@pytest.mark.parametrize(
    ("asked", "like"), [("xx_XX", "en_US"), ("de_LI", "de_LI"), ("fr_BE", "fr_BE"), ("es_US", "es_ES")]
)
def test_a_locale_without_names_takes_the_nearest(asked: str, like: str) -> None:
    assert lists(asked).last[0].texts.tolist() == lists(like).last[0].texts.tolist()


@given(
    what=st.sampled_from(list(WHATS)),
    values=st.lists(
        st.text(max_size=40) | st.from_regex(r"[\w.+@/:, #{}~()°-]{1,40}", fullmatch=True), max_size=8
    ),
    locale=st.sampled_from(["en_US", "de_AT", "ja_JP", "xx_XX"]),
    start=st.sampled_from([0, 999_990, 10**12]),
    unique=st.booleans(),
)
@settings(max_examples=150)
def test_any_text_has_a_form_that_can_be_followed(
    what: str, values: list[str], locale: str, start: int, unique: bool
) -> None:
    forms = INVENTORS[what].forms(values, IdentifierFacts(locale=locale, name="x"))
    assert len(forms) == len(values)
    for form in filter(None, forms):
        made = invented(declared(what, locale, unique=unique), 20, form=form, start=start)
        assert len(made) == 20 and all(made) and (not unique or len(set(made)) == 20), form


@pytest.mark.parametrize(
    "values", [[Decimal(4111111111111111 + i) for i in range(40)], [1.5, np.inf] * 20, [2**60] * 20]
)
def test_odd_numbers_do_no_harm(values: list[Any]) -> None:
    for what in ("card", "name", "coordinates", "phone"):
        series = pd.Series(values)
        rows = back(learned_from(series, declared(what)))
        assert token(rows) == token(series) and rows.notna().all()


def test_state_is_data() -> None:
    learned = learned_from(NAMES, declared("name"))
    state = learned.state()
    again = load(learned.column, State(json.loads(json.dumps(state.facts)), state.arrays))
    assert again == learned and not state.arrays
