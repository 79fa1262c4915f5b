"""Columns with a label: identifiers of every sort in many locales, and ordinary columns that look alike.

Against these, recognition is measured. `HELD_OUT` is for the end: nothing is tuned on it.
`python -m tests.helpers.recognition [--held-out]` prints what is missed. The words stand in
`tests/data/labelled_words.json`, typed by hand: `words` by locale and key (people of ja_JP as
"written:romanised"; under `columns.…`, names that data carry), `patterns` of codes by column name (# digit,
? capital, * either, ! hexadecimal), and `categories`, lists that show no one language.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
import uuid
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_LABELLED = json.loads((Path(__file__).parents[1] / "data" / "labelled_words.json").read_text("utf-8"))
WORDS, PATTERNS, CATEGORIES = (_LABELLED[part] for part in ("words", "patterns", "categories"))
LOCALES = tuple(WORDS)
HELD_OUT = ("pt_BR", "cs_CZ", "el_GR")
OPEN = tuple(locale for locale in LOCALES if locale not in HELD_OUT)
PERSONAL = frozenset({"name", "first_name", "last_name", "username"})
DATA = Path(os.environ.get("TWIN_DATA", Path(__file__).parents[3] / "shared" / "data"))
NEUTRAL = ("x7", "field_3", "col_12", "var9", "c4", "unnamed_2", "attr_5", "V23", "spalte_8", "feature_31")
TOLD_BY_VALUES = ("name", "email", "phone", "iban", "card", "ip", "mac", "url", "coordinates", "uuid")
CHECKED = ("de_DE", "de_AT", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "sv_SE", "ja_JP", "pt_BR", "el_GR")
"""Locales whose national numbers have a check digit (with cs_CZ, whose older numbers have none)."""

Rng = np.random.Generator
Values = list[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Labelled:
    """A column and what it is.

    Args:
        name: Column name.
        values: The column.
        what: A key of `WHATS`, or None for an ordinary column.
        locale: Where it comes from; "" where no language shows.
        variant: "telling" or "neutral" name; for ordinary columns, which one it is.
    """

    name: str
    values: pd.Series
    what: str | None
    locale: str
    variant: str


def _stream(seed: int, *words: str) -> Rng:
    return np.random.default_rng([seed, zlib.crc32("|".join(words).encode())])


def _pick(rng: Rng, values: Sequence[Any], n: int) -> Values:
    return [values[i] for i in rng.integers(0, len(values), n)]


def _one(rng: Rng, values: Sequence[Any]) -> Any:
    return values[int(rng.integers(len(values)))]  # a scalar `choice` costs ten times as much


def _digits(rng: Rng, n: int) -> str:
    return "".join(map(str, rng.integers(0, 10, n).tolist()))


def _fill(rng: Rng, pattern: str) -> str:
    """A draw from a pattern: # digit, ? capital, * either, ! hexadecimal."""
    sets = {"#": "0123456789", "?": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "!": "0123456789abcdef"}
    sets["*"] = sets["#"] + sets["?"]
    draws = rng.integers(0, 2**31, len(pattern)).tolist()
    return "".join(sets[c][d % len(sets[c])] if c in sets else c for c, d in zip(pattern, draws, strict=True))


# People


def _plain(text: str) -> str:
    """Latin letters without marks."""
    greek = dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", "avgdeziθiklmnxoprsstyfhψo", strict=True))
    greek |= {"θ": "th", "ψ": "ps"}
    marks = {"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "ı": "i", "đ": "d", "æ": "ae"}
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    out = "".join(marks.get(c, greek.get(c.lower(), c)) for c in bare)
    return out.replace("θ", "th").replace("ψ", "ps")


@lru_cache
def _people(locale: str) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """First names and surnames, each as written and as in an e-mail: half typed by hand, half Faker's."""
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(7)
    out = []
    for key, draw in (("first", fake.first_name), ("last", fake.last_name)):
        own = [(a, b or _plain(a)) for a, _, b in (w.partition(":") for w in WORDS[locale][key])]
        if locale == "ja_JP":
            pairs = {getattr(fake, f"{key}_name_pair")() for _ in range(90)}
            other = [(p[0], p[2].lower()) for p in sorted(pairs)]
        else:
            other = [(w, _plain(w)) for w in sorted({draw() for _ in range(90)})]
        other = [other[i] for i in np.random.default_rng(5).permutation(len(other))[: len(own)]]
        out.append(tuple(own + other))
    return out[0], out[1]


TITLES = {
    "de": ("Dr.", "Prof.", "Frau", "Herr", "Dipl.-Ing."),
    "fr": ("M.", "Mme", "Dr"),
    "es": ("D.", "Dña."),
}


def _full_names(rng: Rng, locale: str, n: int) -> Values:
    first, last = _people(locale)
    names = []
    form = rng.choice(["first last", "last, first", "mixed", "middle"], p=[0.5, 0.25, 0.15, 0.1])
    titled = rng.choice([0.0, 0.1])
    space = rng.choice(["", " ", "　"]) if locale == "ja_JP" else " "
    for f, s in zip(_pick(rng, first, n), _pick(rng, last, n), strict=True):
        given, family = f[0], s[0]
        if locale == "ja_JP":
            names.append(family + space + given)
            continue
        if locale == "es_ES" and rng.random() < 0.7:
            family += " " + last[int(rng.integers(len(last)))][0]
        if form == "middle" and rng.random() < 0.5:
            given += " " + first[int(rng.integers(len(first)))][0][0] + "."
        if rng.random() < titled:
            given = TITLES.get(locale[:2], ("Dr", "Dr.", "Prof."))[int(rng.integers(2))] + " " + given
        turned = form == "last, first" or (form == "mixed" and rng.random() < 0.3)
        names.append(f"{family}, {given}" if turned else f"{given} {family}")
    return names


def _first_names(rng: Rng, locale: str, n: int) -> Values:
    return [w for w, _ in _pick(rng, _people(locale)[0], n)]


def _last_names(rng: Rng, locale: str, n: int) -> Values:
    return [w for w, _ in _pick(rng, _people(locale)[1], n)]


def _handles(rng: Rng, locale: str, n: int, join: Sequence[str], number: float) -> list[str]:
    first, last = _people(locale)
    out = []
    for f, s in zip(_pick(rng, first, n), _pick(rng, last, n), strict=True):
        a, b = (re.sub(r"[^a-z]", "", w[1].lower()) or "user" for w in (f, s))
        sep = join[int(rng.integers(len(join)))]
        shape = rng.integers(4)
        handle = (f"{a}{sep}{b}", f"{a[0]}{sep}{b}", f"{b}{sep}{a}", f"{a}{sep}{b[0]}")[shape]
        out.append(handle + (str(rng.integers(1, 2005)) if rng.random() < number else ""))
    return out


def _usernames(rng: Rng, locale: str, n: int) -> Values:
    return list(_handles(rng, locale, n, ("", ".", "_", "-"), 0.6))


def _emails(rng: Rng, locale: str, n: int) -> Values:
    country = {"US": "com", "GB": "co.uk"}.get(locale[3:], locale[3:].lower())
    hosts = (
        "gmail.com",
        "outlook.com",
        "yahoo.com",
        "icloud.com",
        f"mail.{country}",
        f"firma-nord.{country}",
    )
    names = _handles(rng, locale, n, (".", "_", "", "-"), 0.3)
    out = [f"{name}@{host}" for name, host in zip(names, _pick(rng, hosts, n), strict=True)]
    return [
        m.title() if rng.random() < 0.05 else m.replace("@", "+shop@") if rng.random() < 0.03 else m
        for m in out
    ]


# Ways to reach a person


@lru_cache
def _numbers(region: str) -> tuple[Any, ...]:
    """Valid numbers of a country, mobile and fixed."""
    import phonenumbers as p

    rng, out = np.random.default_rng(11), []
    for type_ in (p.PhoneNumberType.MOBILE, p.PhoneNumberType.FIXED_LINE):
        example = str(p.example_number_for_type(region, type_).national_number)
        code = p.country_code_for_region(region)
        for _ in range(4000):
            digits = example[:2] + _digits(rng, len(example) - 2)
            number = p.PhoneNumber(country_code=code, national_number=int(digits))
            if p.is_valid_number(number):
                out.append(number)
            if len(out) == 150 * (type_ != p.PhoneNumberType.MOBILE) + 150:
                break
    return tuple(out)


def _phones(rng: Rng, locale: str, n: int, *, international: bool = False) -> Values:
    import phonenumbers as p

    numbers = _pick(rng, _numbers(locale[3:]), n)
    if not international and rng.random() < 0.2:
        return [number.national_number for number in numbers]
    mostly = 1.0 if international else rng.choice([0.0, 0.1, 0.5, 1.0])
    separator = rng.choice(["as is", "/", "-", " ", ".", ""])
    out = []
    for number in numbers:
        if rng.random() < mostly:
            text = p.format_number(number, p.PhoneNumberFormat.INTERNATIONAL)
            text = text.replace("+", "00", 1) if rng.random() < 0.05 else text
        else:
            text = p.format_number(number, p.PhoneNumberFormat.NATIONAL)
            head, gap, tail = text.partition(" ")
            if separator == "/" and gap:
                text = f"{head}/{tail}"
            elif rng.random() < 0.05 and gap and "(" not in text:
                text = f"({head}) {tail}"
        if separator in ("-", " ", "."):
            text = re.sub(r"(?<=\d)[ -](?=\d)", str(separator), text)
        elif separator == "":
            text = re.sub(r"[ ()-]", "", text)
        if rng.random() < 0.03:
            text += _one(rng, [" ext. 12", " x7", " DW 31" if locale.startswith("de") else " x204"])
        out.append(text)
    return out


@lru_cache
def _faker_addresses(locale: str) -> tuple[str, ...]:
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(3)
    return tuple(fake.address() for _ in range(250))


def _own_address(rng: Rng, locale: str, street: str, city: str) -> str:
    number = str(rng.integers(1, 180)) + ("abc"[int(rng.integers(3))] if rng.random() < 0.1 else "")
    code = _postcode(rng, locale)
    forms = {
        "en_US": f"{rng.integers(1, 9999)} {street}, {city}, {_one(rng, ['IL', 'TX', 'CA', 'NY'])} {code}",
        "en_GB": f"{number} {street}, {city} {code}",
        "fr_FR": f"{number} {street}, {code} {city}",
        "es_ES": f"{street} {number}, {rng.integers(1, 9)}º {_one(rng, 'ABCD')}, {code} {city}",
        "ja_JP": f"{street}{rng.integers(1, 9)}-{rng.integers(1, 30)}-{rng.integers(1, 30)}",
        "pt_BR": f"{street}, {number} - Centro, {city} - {_one(rng, ['SP', 'RJ', 'MG', 'BA'])}, {code}",
    }
    return forms.get(locale, f"{street} {number}, {code} {city}")


def _addresses(rng: Rng, locale: str, n: int) -> Values:
    words = WORDS[locale]
    own = [
        _own_address(rng, locale, street, city)
        for street, city in zip(_pick(rng, words["streets"], n), _pick(rng, words["cities"], n), strict=True)
    ]
    break_ = rng.choice([", ", "\n"])
    other = [a.replace("\n", break_) for a in _pick(rng, _faker_addresses(locale), n)]
    out = [a if rng.random() < 0.5 else b for a, b in zip(own, other, strict=True)]
    if rng.random() < 0.4 and locale not in ("ja_JP", "es_ES", "pt_BR", "en_GB"):  # street and number alone
        out = [
            re.split(r"[,\n] *(?!\D*\d{0,3}$)", a)[0] if re.search(r"\d", a.split(",")[0]) else a for a in own
        ]
    return out


def _postcode(rng: Rng, locale: str) -> str:
    form = {
        "en_US": "6####", "en_GB": "?# #??", "de_AT": "####", "nl_NL": "#### ??", "pl_PL": "##-###",
        "sv_SE": "### ##", "ja_JP": "1##-####", "pt_BR": "#####-###", "cs_CZ": "### ##", "el_GR": "### ##",
    }.get(locale, "#####")  # fmt: skip
    code = _fill(rng, form)
    return code if code[0] != "0" else "1" + code[1:]


# Numbers that are issued

BBAN = {
    "DE": "#" * 18, "AT": "#" * 16, "FR": "#" * 10 + "*" * 11 + "##", "IT": "?" + "#" * 10 + "*" * 12,
    "NL": "????" + "#" * 10, "PL": "#" * 24, "SE": "#" * 20, "GB": "????" + "#" * 14, "BR": "#" * 23 + "?*",
    "CZ": "#" * 20, "GR": "#" * 7 + "*" * 16, "BE": "#" * 12, "CH": "#" * 5 + "*" * 12,
}  # fmt: skip


def _iban(rng: Rng, country: str) -> str:
    from stdnum.es import ccc
    from stdnum.iso7064 import mod_97_10

    if country == "ES":
        body = _digits(rng, 8), _digits(rng, 10)
        bban = body[0] + ccc.calc_check_digits(f"{body[0]}00{body[1]}") + body[1]
    elif country == "BE":
        body = str(_one(rng, ["001", "210", "310", "363", "734"])) + _digits(rng, 7)
        bban = f"{body}{int(body) % 97 or 97:02d}"
    else:
        bban = _fill(rng, BBAN[country])
    return country + mod_97_10.calc_check_digits(bban + country) + bban


def _grouped(text: str, join: str) -> str:
    if len(text) == 15 and text.startswith("37"):  # as on the card
        return join.join((text[:4], text[4:10], text[10:]))
    return join.join(text[i : i + 4] for i in range(0, len(text), 4))


def _ibans(rng: Rng, locale: str, n: int) -> Values:
    home = locale[3:]
    abroad = [c for c in (*BBAN, "ES") if c != home]
    at_home = 0.9 if home in (*BBAN, "ES") else 0.0
    grouped, lower = rng.choice([0.0, 0.3, 1.0]), rng.choice([0.0, 0.05])
    out = []
    for country in _pick(rng, abroad, n):
        text = _iban(rng, home if rng.random() < at_home else country)
        text = _grouped(text, " ") if rng.random() < grouped else text
        out.append(text.lower() if rng.random() < lower else text)
    return out


def _cards(rng: Rng, locale: str, n: int) -> Values:
    from stdnum import luhn

    makes = (("4", 16), ("4", 16), ("5#", 16), ("22", 16), ("37", 15), ("6011", 16), ("35", 16))
    form = rng.choice(["plain", "number", "spaces", "dashes", "mixed"])
    if form == "number":
        makes = makes[:5]
    out: Values = []
    for head, length in _pick(rng, makes, n):
        head = f"5{rng.integers(1, 6)}" if head == "5#" else head + str(rng.integers(3, 7)) * (head == "22")
        head = f"35{rng.integers(30, 90)}" if head == "35" else head
        body = head + _digits(rng, length - 1 - len(head))
        text = body + luhn.calc_check_digit(body)
        one = _one(rng, ["plain", "spaces", "dashes"]) if form == "mixed" else form
        out.append(
            int(text) if form == "number" else _grouped(text, {"spaces": " ", "dashes": "-"}.get(one, ""))
        )
    return out


def _born(rng: Rng) -> pd.Timestamp:
    return pd.Timestamp("1935-01-01") + pd.Timedelta(days=int(rng.integers(0, 25500)))


def _luhn10(nine: str) -> str:
    from stdnum import luhn

    return nine + luhn.calc_check_digit(nine)


def _retry(rng: Rng, draw: Callable[[], str], valid: Callable[[str], bool]) -> str:
    while True:
        number = draw()
        if valid(number):
            return number


def _national(rng: Rng, locale: str) -> str:
    """One number of the country's usual sort, without separators."""
    born, tail = _born(rng), _digits(rng, 12)
    six, sex = born.strftime("%d%m%y"), int(rng.integers(2))
    return _NATIONAL[locale](rng, born, tail, six, sex)


def _us(rng: Rng, *_: Any) -> str:
    area = _retry(rng, lambda: f"{rng.integers(1, 900):03d}", lambda a: a != "666")
    return f"{area}-{rng.integers(1, 100):02d}-{rng.integers(1, 10_000):04d}"


def _gb(rng: Rng, *_: Any) -> str:
    first, second = _one(rng, "ABCEGHJKLMNPRSTWXYZ"), _one(rng, "ABCEGHJKLMNPRSTWXYZ")
    pair = "AB" if first + second in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ") else first + second
    return pair + _digits(rng, 6) + _one(rng, "ABCD")


def _de(rng: Rng, *_: Any) -> str:
    from stdnum.de import idnr
    from stdnum.iso7064 import mod_11_10

    def draw() -> str:
        order = [str(d) for d in rng.permutation(10)]
        twice = [*order[:9], order[int(rng.integers(9))]]
        body = "".join(twice[i] for i in rng.permutation(10))
        return body + mod_11_10.calc_check_digit(body)

    return _retry(rng, draw, idnr.is_valid)


def _at(rng: Rng, born: Any, tail: str, six: str, sex: int) -> str:
    from stdnum.at import vnr

    def draw() -> str:
        serial = str(rng.integers(100, 1000))
        return f"{serial}{vnr.calc_check_digit(f'{serial}0{six}')}{six}"

    return _retry(rng, draw, vnr.is_valid)


def _fr(rng: Rng, born: Any, tail: str, six: str, sex: int) -> str:
    from stdnum.fr import nir

    body = (
        f"{sex + 1}{born:%y%m}{rng.integers(1, 96):02d}{rng.integers(1, 900):03d}{rng.integers(1, 999):03d}"
    )
    body = body[:5] + "21" + body[7:] if body[5:7] == "20" else body
    return body + nir.calc_check_digits(body + "00")


def _es(rng: Rng, *_: Any) -> str:
    from stdnum.es import dni

    foreign = rng.random() < 0.1
    body = _digits(rng, 7 if foreign else 8)
    lead = "XYZ"[int(rng.integers(3))] if foreign else ""
    return lead + body + dni.calc_check_digit((str("XYZ".index(lead)) if lead else "") + body)


def _it(rng: Rng, born: Any, tail: str, six: str, sex: int) -> str:
    from stdnum.it import codicefiscale as cf

    day = born.day + 40 * sex
    body = _fill(rng, "??????") + f"{born:%y}" + "ABCDEHLMPRST"[born.month - 1] + f"{day:02d}"
    body += _one(rng, "ABCDEFGHILZ") + f"{rng.integers(1, 999):03d}"
    return body + cf.calc_check_digit(body)


def _nl(rng: Rng, *_: Any) -> str:
    from stdnum.nl import bsn

    return _retry(rng, lambda: f"{rng.integers(10_000_000, 999_999_999):09d}", bsn.is_valid)


def _pl(rng: Rng, born: Any, tail: str, six: str, sex: int) -> str:
    from stdnum.pl import pesel

    body = f"{born:%y}{born.month + 20 * (born.year >= 2000):02d}{born:%d}{tail[:4]}"
    return body + pesel.calc_check_digit(body)


def _se(rng: Rng, born: Any, tail: str, six: str, sex: int) -> str:
    return f"{born:%Y%m%d}-" + _luhn10(f"{born:%y%m%d}{tail[:3]}")[6:]


def _jp(rng: Rng, *_: Any) -> str:
    body = _digits(rng, 11)
    weights = [
        q + 1 if q <= 6 else q - 5 for q in range(1, 12)
    ]  # ministerial ordinance 85 of 2014, section 5
    rest = sum(int(d) * w for d, w in zip(reversed(body), weights, strict=True)) % 11
    return body + str(0 if rest <= 1 else 11 - rest)


def _br(rng: Rng, *_: Any) -> str:
    from stdnum.br import cpf

    body = _digits(rng, 9)
    first = str((11 - sum((10 - i) * int(d) for i, d in enumerate(body)) % 11) % 11 % 10)
    second = str((11 - sum((11 - i) * int(d) for i, d in enumerate(body + first)) % 11) % 11 % 10)
    return body + first + second if cpf.is_valid(body + first + second) else _br(rng)


def _cz(rng: Rng, born: Any, tail: str, six: str, sex: int) -> str:
    body = f"{born:%y}{born.month + 50 * sex:02d}{born:%d}{tail[:3]}"
    if born.year < 1954:
        return body
    check = int(body) % 11 % 10
    return body + str(check)


def _gr(rng: Rng, born: Any, tail: str, six: str, sex: int) -> str:
    return six + _luhn10(six + tail[:4])[6:]


_NATIONAL: dict[str, Callable[..., str]] = {
    "en_US": _us, "en_GB": _gb, "de_DE": _de, "de_AT": _at, "fr_FR": _fr, "es_ES": _es, "it_IT": _it,
    "nl_NL": _nl, "pl_PL": _pl, "sv_SE": _se, "ja_JP": _jp, "pt_BR": _br, "cs_CZ": _cz, "el_GR": _gr,
}  # fmt: skip

SPACED = {
    "en_GB": r"(..)(..)(..)(..)(.)", "de_DE": r"(..)(...)(...)(...)", "de_AT": r"(....)(......)",
    "fr_FR": r"(.)(..)(..)(..)(...)(...)(..)", "ja_JP": r"(....)(....)(....)", "el_GR": r"(......)(.....)",
}  # fmt: skip


def _national_ids(rng: Rng, locale: str, n: int) -> Values:
    numbers = [_national(rng, locale) for _ in range(n)]
    form = rng.random()
    if form < 0.5 and locale in SPACED:
        return [re.sub(SPACED[locale], lambda m: " ".join(m.groups()), x) for x in numbers]
    if locale == "pt_BR" and form < 0.6:
        return [f"{x[:3]}.{x[3:6]}.{x[6:9]}-{x[9:]}" for x in numbers]
    if locale == "cs_CZ" and form < 0.6:
        return [f"{x[:6]}/{x[6:]}" for x in numbers]
    if locale == "es_ES" and form < 0.4:
        return [f"{x[:-1]}-{x[-1]}" for x in numbers]
    if locale == "sv_SE" and form < 0.4:
        return [x[2:] for x in numbers]
    if locale in ("de_DE", "nl_NL", "de_AT", "pl_PL") and form > 0.75:
        return [int(x) for x in numbers]  # leading zeros are lost, as happens
    return numbers


# Machines and places


def _ips(rng: Rng, locale: str, n: int) -> Values:
    six = rng.choice([0.0, 0.1, 1.0], p=[0.6, 0.2, 0.2])
    out = []
    for _ in range(n):
        if rng.random() < six:
            head = _one(rng, ["2a02:", "2001:", "fe80::", "2003:"])
            out.append(
                head
                + ":".join(_fill(rng, "!!!!").lstrip("0") or "0" for _ in range(4 if "::" in head else 7))
            )
        else:
            head = _pick(rng, ("10", "192.168", *map(str, rng.integers(11, 224, 3))), 1)[0]
            out.append(".".join([head, *map(str, rng.integers(1, 255, 3 - head.count(".")))]))
    return out


def _macs(rng: Rng, locale: str, n: int) -> Values:
    join, upper = rng.choice([":", "-", "."], p=[0.5, 0.35, 0.15]), rng.random() < 0.5
    out = []
    for _ in range(n):
        text = _fill(rng, "!") + "02468ace"[int(rng.integers(8))] + _fill(rng, "!" * 10)
        size = 4 if join == "." else 2
        text = join.join(text[i : i + size] for i in range(0, 12, size))
        out.append(text.upper() if upper or rng.random() < 0.03 else text)
    return out


def _urls(rng: Rng, locale: str, n: int) -> Values:
    top = {"US": "com", "GB": "co.uk"}.get(locale[3:], locale[3:].lower())
    heads = _pick(rng, [("https://", "http://www.", "https://www.", "www."), ("https://",), ("http://",)], 1)[
        0
    ]
    out = []
    for handle in _handles(rng, locale, n, ("-", ""), 0.2):
        body = _pick(
            rng,
            (f"{handle}.{top}", f"{handle}.{top}/", f"facebook.com/{handle}", f"linkedin.com/in/{handle}/",
             f"{handle}.wordpress.com/about?ref=x", f"blog-{handle}.{top}/2021/05/index.html"),
            1,
        )[0]  # fmt: skip
        out.append(_pick(rng, heads, 1)[0] + body)
    return out


CENTRES = {
    "en_US": (39.8, -89.6),
    "en_GB": (52.5, -1.9),
    "de_DE": (50.9, 10.4),
    "de_AT": (47.6, 14.1),
    "fr_FR": (46.6, 2.4),
    "es_ES": (40.2, -3.6),
    "it_IT": (42.8, 12.3),
    "nl_NL": (52.2, 5.3),
    "pl_PL": (52.0, 19.2),
    "sv_SE": (59.3, 15.2),
    "ja_JP": (35.6, 138.1),
    "pt_BR": (-15.7, -47.9),
    "cs_CZ": (49.8, 15.5),
    "el_GR": (38.9, 22.9),
}


def _sexagesimal(value: float, ends: str) -> str:
    rest = abs(value)
    minutes = rest % 1 * 60
    return f"{int(rest)}°{int(minutes):02d}'{minutes % 1 * 60:04.1f}\"{ends[int(value < 0)]}"


def _positions(rng: Rng, locale: str, n: int) -> Values:
    centre = CENTRES[locale]
    spread = rng.choice([0.1, 1.5])
    lat, lon = centre[0] + rng.normal(0, spread, n), centre[1] + rng.normal(0, spread, n)
    form = rng.integers(6)
    places = int(rng.integers(4, 8))
    out = []
    for a, b in zip(lat, lon, strict=True):
        x, y = f"{a:.{places}f}", f"{b:.{places}f}"
        degrees = f"{_sexagesimal(a, 'NS')} {_sexagesimal(b, 'EW')}"
        out.append((f"{x}, {y}", f"{x},{y}", f"({x}, {y})", f"{x} {y}", f"POINT ({y} {x})", degrees)[form])
    return out


def _latitudes(rng: Rng, locale: str, n: int) -> Values:
    return [round(v, 6) for v in CENTRES[locale][0] + rng.normal(0, rng.choice([0.1, 1.5]), n)]


def _uuids(rng: Rng, locale: str, n: int) -> Values:
    form = rng.integers(5)
    out = []
    for _ in range(n):
        one = str(uuid.UUID(bytes=rng.bytes(16), version=4))
        out.append((one, one, one.upper(), "{" + one + "}", one.replace("-", ""))[form])
    return out


MAKERS: dict[str, Callable[[Rng, str, int], Values]] = {
    "name": _full_names,
    "first_name": _first_names,
    "last_name": _last_names,
    "username": _usernames,
    "email": _emails,
    "phone": _phones,
    "address": _addresses,
    "iban": _ibans,
    "card": _cards,
    "national_id": _national_ids,
    "ip": _ips,
    "mac": _macs,
    "url": _urls,
    "coordinates": _positions,
    "uuid": _uuids,
}


# Noise

JUNK = ("n/a", "unknown", "-", "see file", "?", "none", "tbd", "xxx")


def _typo(rng: Rng, text: str) -> str:
    at = int(rng.integers(0, max(len(text) - 1, 1)))
    if rng.random() < 0.5:
        return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]
    return text[:at] + text[at + 1 :]


def _spoil(rng: Rng, values: Values, what: str | None) -> pd.Series:
    """Missing cells, stray spaces, junk, typos, repeated rows, and the dtype that came along."""
    n = len(values)
    if rng.random() < 0.4:  # persons with several rows
        values = _pick(rng, values[: n // int(rng.integers(2, 4))], n)
    gone = rng.random(n) < rng.choice([0.0, 0.05, 0.2])
    if isinstance(values[0], int | float):
        return _numeric(rng, values, gone)
    spaces, junk, typos = (rng.choice(c) for c in ([0.0, 0.0, 0.1], [0.0, 0.01, 0.03], [0.0, 0.01, 0.02]))
    if what in (*PERSONAL - {"username"}, "address"):
        style = rng.choice(["as is", "capitals", "bare", "some lower"], p=[0.7, 0.1, 0.1, 0.1])
        change = {"capitals": str.upper, "bare": lambda v: "".join(
            c for c in unicodedata.normalize("NFKD", v) if not unicodedata.combining(c)
        )}.get(style)  # fmt: skip
        if change and not any(ord(c) > 0x3000 for c in values[0]):
            values = [change(v) for v in values]
        if style == "some lower":
            values = [v.lower() if rng.random() < 0.1 else v for v in values]
    out = []
    for value, (a, b, c) in zip(values, rng.random((n, 3)).tolist(), strict=True):
        value = _typo(rng, value) if a < typos else value
        value = _one(rng, (" " + value, value + " ", value + "  ")) if b < spaces else value
        out.append(str(_one(rng, JUNK)) if c < junk else str(value))
    dtype = rng.choice(["object", "object", "string", "category"])
    series = pd.Series([None if g else v for v, g in zip(out, gone, strict=True)], dtype=object)
    return series if dtype == "object" else series.astype(dtype)


def _numeric(rng: Rng, values: Values, gone: np.ndarray) -> pd.Series:
    series = pd.Series(values)
    if not gone.any():
        return series
    if series.dtype.kind == "i" and rng.random() < 0.4:
        return series.astype("Int64").mask(gone)
    return series.astype(float).mask(gone)


def identifier_columns(locales: Sequence[str], seed: int) -> list[Labelled]:
    """Columns of identifiers: each sort and locale under a telling name, some under a neutral one too.

    Args:
        locales: Some of `LOCALES`.
        seed: Where the draws start.
    """
    out = []
    for locale in locales:
        names = WORDS[locale]
        for what, make in MAKERS.items():
            rng = _stream(seed, locale, what, "telling")
            name = _pick(rng, names[f"columns.{what}"], 1)[0]
            n = int(rng.integers(300, 420))
            out.append(Labelled(name, _spoil(rng, make(rng, locale, n), what), what, locale, "telling"))
            if what in TOLD_BY_VALUES or (what == "national_id" and locale in CHECKED):
                rng = _stream(seed, locale, what, "neutral")
                name, n = _pick(rng, NEUTRAL, 1)[0], int(rng.integers(300, 420))
                values = (
                    _phones(rng, locale, n, international=True) if what == "phone" else make(rng, locale, n)
                )
                out.append(Labelled(name, _spoil(rng, values, what), what, locale, "neutral"))
        rng = _stream(seed, locale, "latitude")
        name = _pick(rng, names["columns.latitude"], 1)[0]
        values = _spoil(rng, _latitudes(rng, locale, 400), "coordinates")
        out.append(Labelled(name, values, "coordinates", locale, "number"))
    return out


# Ordinary columns

LISTS = ("cities", "countries", "jobs", "departments", "products", "companies")
PLAIN_LISTS = {
    "colours": "colour",
    "sexes": "sex",
    "marital": "marital_status",
    "weekdays": "weekday",
    "months": "month",
    "diagnoses": "diagnosis",
    "yesno": "answer",
}


def _local(locale: str, seed: int) -> Iterator[Labelled]:
    """Ordinary columns in a language."""
    words = WORDS[locale]

    def column(name: str, variant: str, make: Callable[[Rng], Values]) -> Labelled:
        rng = _stream(seed, locale, "ordinary", variant)
        return Labelled(name, _spoil(rng, make(rng), None), None, locale, variant)

    for key in LISTS:
        for i, name in enumerate((*words[f"columns.{key}"], "x5")):
            yield column(name, f"{key} {i}", lambda rng, key=key: _pick(rng, words[key], 350))
    yield column(words["columns.comments"][0], "comments, long", lambda rng: _remarks(rng, words["comments"]))
    for key, title in PLAIN_LISTS.items():
        for name in (title, "v4"):
            yield column(name, f"{key} {name}", lambda rng, key=key: _pick(rng, words[key], 400))
    for i, name in enumerate(words["columns.postcodes"]):
        yield column(name, f"postcodes {i}", lambda rng: [_postcode(rng, locale) for _ in range(350)])
    yield column(
        words["columns.companies"][0], "companies, invented", lambda rng: _faked(rng, locale, "company")
    )
    yield column(words["columns.jobs"][0], "jobs, many", lambda rng: _faked(rng, locale, "job"))
    yield column(words["columns.cities"][0], "cities, many", lambda rng: _faked(rng, locale, "city"))
    yield column("visit", "dates as text", lambda rng: _dates(rng, locale))
    yield column("total", "money as text", lambda rng: _amounts(rng, locale))


@lru_cache
def _faker_pool(locale: str, what: str) -> tuple[str, ...]:
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(13)
    return tuple(getattr(fake, what)() for _ in range(200))


def _faked(rng: Rng, locale: str, what: str) -> Values:
    return _pick(rng, _faker_pool(locale, what), 350)


def _remarks(rng: Rng, sentences: Sequence[str]) -> Values:
    pairs = zip(
        _pick(rng, sentences, 350), _pick(rng, sentences, 350), rng.integers(1, 2000, 350), strict=True
    )
    return [f"{a} {b} ({i})" for a, b, i in pairs]


def _dates(rng: Rng, locale: str) -> Values:
    form = {
        "en_US": "%m/%d/%Y",
        "en_GB": "%d/%m/%y",
        "nl_NL": "%d-%m-%Y",
        "sv_SE": "%y%m%d",
        "ja_JP": "%Y/%m/%d",
    }
    days = pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 3000, 350), unit="D")
    return list(days.strftime(form.get(locale, "%d.%m.%Y")))


def _amounts(rng: Rng, locale: str) -> Values:
    values = np.round(rng.lognormal(6, 1.5, 400), 2)
    if locale in ("en_US", "en_GB", "ja_JP"):
        return [f"{v:,.2f}" for v in values]
    return [f"{v:,.2f}".translate(str.maketrans(",.", ".,")) + " €" for v in values]


def _checked_codes(rng: Rng, what: str, n: int) -> Values:
    """Codes of things, with true check digits."""
    from stdnum import ean, imo, isbn, isin, issn, lei
    from stdnum.iso7064 import mod_97_10

    def one() -> str:
        if what == "ean":
            body = f"{_one(rng, ['40', '90', '54', '76'])}{_digits(rng, 10)}"
            return body + ean.calc_check_digit(body)
        if what == "isbn":
            body = f"978{_digits(rng, 9)}"
            return body + ean.calc_check_digit(body)
        if what == "isbn13":
            body = f"978{_one(rng, '302')}{_digits(rng, 8)}"
            return str(isbn.format(body + ean.calc_check_digit(body)))
        if what == "issn":
            body = _digits(rng, 7)
            return f"{body[:4]}-{body[4:]}{issn.calc_check_digit(body)}"
        if what == "isin":
            body = _one(rng, ["US", "DE", "AT", "FR"]) + _digits(rng, 9)
            return body + isin.calc_check_digit(body)
        if what == "lei":
            body = "529900" + _fill(rng, "*" * 12)
            return _retry(rng, lambda: body + mod_97_10.calc_check_digits(body), lei.is_valid)
        body = _digits(rng, 6)
        return body + imo.calc_check_digit(body)

    return [one() for _ in range(n)]


def _numbers_ordinary() -> dict[str, Callable[[Rng], Any]]:
    """Quantities, by column name."""
    n = 400
    makers: dict[str, Callable[[Rng], Any]] = {
        "quantity": lambda r: r.poisson(4, n),
        "price": lambda r: np.round(r.lognormal(3, 1, n), 2),
        "salary": lambda r: r.lognormal(10.5, 0.4, n).astype(int),
        "share": lambda r: r.random(n),
        "percent": lambda r: np.round(100 * r.random(n), 1),
        "age": lambda r: r.integers(18, 95, n),
        "birth_year": lambda r: r.integers(1930, 2010, n),
        "year": lambda r: r.integers(1990, 2024, n),
        "contact_count": lambda r: r.poisson(2, n),
        "name_length": lambda r: r.integers(4, 25, n),
        "mail_sent": lambda r: r.random(n) < 0.5,
        "email_opened": lambda r: (r.random(n) < 0.4).astype(int),
        "has_phone": lambda r: r.random(n) < 0.9,
        "url_clicked": lambda r: r.random(n) < 0.1,
        "latency_ms": lambda r: r.gamma(2, 40, n),
        "altitude": lambda r: np.round(r.normal(400, 200, n), 1),
        "lateral_offset": lambda r: r.normal(0, 3, n),
        "platform_no": lambda r: r.integers(1, 20, n),
        "longitudinal_force": lambda r: r.normal(0, 50, n),
        "bmi": lambda r: np.round(r.normal(26, 4, n), 4),
        "hba1c": lambda r: np.round(r.normal(6, 1, n), 1),
        "unix_time": lambda r: r.integers(15 * 10**8, 17 * 10**8, n),
        "created_ms": lambda r: r.integers(15 * 10**11, 17 * 10**11, n),
        "z_score": lambda r: r.normal(0, 1, n),
        "order_number": lambda r: r.integers(10**9, 10**10, n),
        "transaction": lambda r: r.integers(10**15, 9 * 10**15, n),
        "card_balance": lambda r: np.round(r.normal(800, 500, n), 2),
        "yyyymmdd": lambda r: 20200000 + r.integers(101, 1231, n),
        "address_count": lambda r: r.poisson(1, n),
        "ip_count": lambda r: r.integers(1, 300, n),
        "x2": lambda r: r.normal(45, 8, n),
        "x6": lambda r: r.integers(10**8, 10**9, n),
        "population": lambda r: r.lognormal(9, 2, n).astype(int),
        "username_changed": lambda r: r.random(n) < 0.05,
        "telework_days": lambda r: r.integers(0, 6, n),
        "ssn_verified": lambda r: r.random(n) < 0.8,
        "article_no": lambda r: r.integers(100_000, 999_999, n),
        "phone_minutes": lambda r: r.gamma(2, 60, n),
        "iban_valid": lambda r: r.random(n) < 0.97,
        "hour": lambda r: r.integers(0, 24, n),
        "rank": lambda r: r.permutation(n),
        "visits": lambda r: r.poisson(9, n) * 1.0,
        "width_mm": lambda r: np.round(r.normal(52, 3, n), 6),
        "amount_cents": lambda r: r.lognormal(12, 2, n).astype(int),
        "day_of_week": lambda r: r.integers(1, 8, n),
        "score_a": lambda r: r.beta(2, 3, n),
        "station_no": lambda r: r.integers(1, 99, n),
        "npk": lambda r: r.dirichlet([1, 1, 1], n)[:, 0],
        "phone_calls": lambda r: r.poisson(5, n),
        "emails_per_day": lambda r: r.poisson(30, n),
    }
    return makers


def _generic(seed: int) -> Iterator[Labelled]:
    """Ordinary columns that show no language."""

    def column(name: str, variant: str, values: Any) -> Labelled:
        rng = _stream(seed, "generic noise", name)
        return Labelled(name, _spoil(rng, list(values), None), None, "", variant)

    for name, pattern in PATTERNS.items():
        rng = _stream(seed, "pattern", name)
        yield column(name, "pattern", [_fill(rng, pattern) for _ in range(350)])
    for name, values in CATEGORIES.items():
        yield column(name, "category", _pick(_stream(seed, "category", name), values, 350))
    for name in ("ean", "isbn", "isbn13", "issn", "isin", "lei", "imo"):
        codes = _checked_codes(_stream(seed, "checked", name), name, 350)
        yield column(name, "check digit", codes)
        if name in ("ean", "isbn", "imo"):
            yield column("x8", f"check digit, {name}", [int(code) for code in codes])
    for name, make in _numbers_ordinary().items():
        series = pd.Series(make(_stream(seed, "number", name)))
        gone = _stream(seed, "gaps", name).random(len(series)) < 0.1 * (series.dtype.kind == "f")
        yield Labelled(name, series.mask(gone) if gone.any() else series, None, "", "number")
    moments = pd.Timestamp("2019-03-01") + pd.to_timedelta(
        _stream(seed, "m").integers(0, 10**8, 350), unit="s"
    )
    for name, form in (
        ("time", "%H:%M:%S"),
        ("created", "%Y-%m-%dT%H:%M:%SZ"),
        ("stamp", "%d/%b/%Y:%H:%M"),
        ("x1", "%Y%m%d"),
    ):
        yield column(name, "time as text", moments.strftime(form))
    yield Labelled("date_of_birth", pd.Series(moments.normalize()), None, "", "moment")
    rng = _stream(seed, "builds")
    sparse = [
        f"{a}.{b}.{c}" + (f".{rng.integers(0, 4)}" if rng.random() < 0.15 else "")
        for a, b, c in rng.integers(0, 20, (400, 3))
    ]
    yield column("version", "builds, some of four parts", sparse)
    yield column(
        "firmware_version", "builds of four parts", [f"2.{b}.0.{d}" for b, d in rng.integers(0, 20, (400, 2))]
    )


def _real(seed: int) -> Iterator[Labelled]:
    """Columns of the tables at hand; none where they are missing."""
    skip = {"players_id"}
    for table in ("adult.train", "default.train", "flights", "baseball_batting"):
        path = DATA / f"{table}.parquet"
        if not path.exists():
            continue
        frame = pd.read_parquet(path).sample(1000, random_state=seed)
        for name in frame.columns.difference(list(skip)):
            yield Labelled(name, frame[name].reset_index(drop=True), None, "", table)


def ordinary_columns(locales: Sequence[str], seed: int) -> list[Labelled]:
    """Columns that are no identifiers: those of the locales, then those that show no language.

    Args:
        locales: Some of `LOCALES`.
        seed: Where the draws start.
    """
    local = [column for locale in locales for column in _local(locale, seed)]
    return [*local, *_generic(seed), *_real(seed)]
