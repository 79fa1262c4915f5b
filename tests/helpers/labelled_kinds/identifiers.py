"""Direct identifiers of many countries: each value points to one person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.helpers.labelled_kinds.base import (
    Case,
    Cells,
    Draw,
    Rng,
    births,
    fill,
    filled,
    patterns,
    pick,
    pool,
    several,
    through,
)

PERSON = ("direct_identifier",)


def known(case: str, name: str, draw: Draw, **more: Any) -> Case:
    """A column of direct identifiers."""
    kinds = more.pop("kinds", PERSON)
    return Case(case=f"identifiers/{case}", names=(name,), kinds=kinds, draw=draw, **more)


# Names and what is made of them


def people(locale: str, write: Callable[[str, str], str]) -> Draw:
    """First and last name, written as told."""

    def make(rng: Rng, n: int) -> Cells:
        first = pick(rng, pool(locale, "first_name"), n, 0.5)
        return [write(a, b) for a, b in zip(first, pick(rng, pool(locale, "last_name"), n, 0.5), strict=True)]

    return make


def faked(locale: str, what: str) -> Draw:
    """Draws of Faker, each anew."""

    def make(rng: Rng, n: int) -> Cells:
        from faker import Faker

        fake = Faker(locale)
        fake.seed_instance(int(rng.integers(2**31)))
        return [getattr(fake, what)().replace("\n", ", ") for _ in range(n)]

    return make


def _bare(text: str) -> str:
    """Small Latin letters."""
    text = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss").replace("ł", "l").replace("ø", "o"))
    return re.sub(r"[^a-z]", "", text) or "info"


def mails(locale: str, hosts: Sequence[str]) -> Draw:
    """E-mail addresses."""

    def make(rng: Rng, n: int) -> Cells:
        handles = logins(locale)(rng, n)
        return [f"{handle}@{host}" for handle, host in zip(handles, pick(rng, hosts, n, 1.0), strict=True)]

    return make


def logins(locale: str) -> Draw:
    """Names that people give themselves."""

    def make(rng: Rng, n: int) -> Cells:
        names = people(locale, lambda a, b: f"{_bare(a)} {_bare(b)}")(rng, n)
        joins, ends = pick(rng, [".", "", "_"], n, 1.0), rng.integers(-150, 120, n).tolist()
        shorts = rng.random(n) < 0.25
        return [
            (name[0] if short else name.split()[0]) + join + name.split()[1] + (str(end) if end > 0 else "")
            for name, join, end, short in zip(names, joins, ends, shorts.tolist(), strict=True)
        ]

    return make


def two_surnames(rng: Rng, n: int) -> Cells:
    """A first name and the surnames of both parents."""
    mothers = pick(rng, pool("es_ES", "last_name"), n, 0.5)
    return [f"{a} {b}" for a, b in zip(people("es_ES", "{} {}".format)(rng, n), mothers, strict=True)]


def _addressed(first: str, last: str) -> str:
    return f"{'Frau' if first[-1] in 'aei' else 'Herr'} {last}"


def contacts(rng: Rng, n: int) -> Cells:
    """Names with a telephone number."""
    return [f"{person} ({fill(rng, '555-####')})" for person in people("en_US", "{} {}".format)(rng, n)]


# Numbers that states and banks issue


def checked(pattern: str, check: Callable[[str], str], write: Callable[[str], Any] = str) -> Draw:
    """Numbers of a pattern with their check digits behind; drawn again where `check` gives none."""

    def one(rng: Rng) -> str:
        while True:
            body = fill(rng, pattern)
            digits = check(body)
            if digits:
                return body + digits

    return lambda rng, n: [write(one(rng)) for _ in range(n)]


def born(write: Callable[[datetime, Rng], str]) -> Draw:
    """Numbers that begin with, or hold, the day of birth."""
    return lambda rng, n: [write(t, rng) for t in births(rng, n)]


def spaced(*sizes: int, by: str = " ") -> Callable[[str], str]:
    """A number in groups."""

    def write(text: str) -> str:
        ends = [sum(sizes[:i]) for i in range(len(sizes) + 1)]
        return by.join(text[a:b] for a, b in pairwise(ends) if text[a:b])

    return write


fours = spaced(*[4] * 9)


def iban(country: str, pattern: str, write: Callable[[str], str] = str) -> Draw:
    """Account numbers of a country, with check digits."""
    from stdnum.iso7064 import mod_97_10

    def one(rng: Rng) -> str:
        body = fill(rng, pattern)
        return write(country + mod_97_10.calc_check_digits(body + country) + body)

    return lambda rng, n: [one(rng) for _ in range(n)]


def nhs() -> Draw:
    """Numbers of the English health service."""

    def check(body: str) -> str:
        rest = (11 - sum(int(d) * w for d, w in zip(body, range(10, 1, -1), strict=True)) % 11) % 11
        return "" if rest == 10 else str(rest)

    return checked("4########", check, spaced(3, 3, 4))


def ssn(rng: Rng, n: int) -> Cells:
    """American numbers of social security."""
    areas = [a + (a == 666) for a in rng.integers(1, 772, n).tolist()]
    groups, serials = rng.integers(1, 100, n).tolist(), rng.integers(1, 10_000, n).tolist()
    return [f"{a:03}-{b:02}-{c:04}" for a, b, c in zip(areas, groups, serials, strict=True)]


def _nir(t: datetime, rng: Rng) -> str:
    from stdnum.fr import nir

    place = f"{rng.integers(21, 96):02}{rng.integers(1, 600):03}"
    body = f"{rng.integers(1, 3)}{t:%y%m}{place}{rng.integers(1, 990):03}"
    return spaced(1, 2, 2, 2, 3, 3, 2)(body + nir.calc_check_digits(body + "00"))


def _codice(t: datetime, rng: Rng) -> str:
    from stdnum.it import codicefiscale

    body = fill(rng, "??????") + f"{t:%y}{'ABCDEHLMPRST'[t.month - 1]}{t.day + 40 * int(rng.integers(2)):02}"
    body += pick(rng, "ABCDFGHL", 1)[0] + f"{rng.integers(1, 990):03}"
    return body + codicefiscale.calc_check_digit(body)


def _pesel(t: datetime, rng: Rng) -> str:
    from stdnum.pl import pesel

    body = f"{t:%y}{t.month + 20 * (t.year > 1999):02}{t:%d}{fill(rng, '####')}"
    return body + pesel.calc_check_digit(body)


def _personnummer(t: datetime, rng: Rng) -> str:
    from stdnum import luhn

    body = f"{t:%y%m%d}{fill(rng, '###')}"
    return f"{t:%Y%m%d}-{body[6:]}{luhn.calc_check_digit(body)}"


def _rodne(t: datetime, rng: Rng) -> str:
    while True:
        body = f"{t:%y}{t.month + 50 * int(rng.integers(2)):02}{t:%d}{fill(rng, '###')}"
        if int(body) % 11 < 10:
            return f"{body[:6]}/{body[6:]}{int(body) % 11}"


def _hetu(t: datetime, rng: Rng) -> str:
    day, serial = f"{t:%d%m%y}", f"{rng.integers(2, 900):03}"
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(day + serial) % 31]
    return day + ("A" if t.year > 1999 else "-") + serial + check


def dni(rng: Rng, n: int) -> Cells:
    """Spanish identity numbers."""
    return [f"{v:08}{'TRWAGMYFPDXBNJZSQVHLCKE'[v % 23]}" for v in rng.integers(10**6, 10**8, n).tolist()]


def bsn(rng: Rng, n: int) -> Cells:
    """Dutch citizens' numbers, as integers."""
    out: Cells = []
    while len(out) < n:
        body = str(rng.integers(10**7, 3 * 10**7))
        rest = sum(int(d) * w for d, w in zip(body, range(9, 1, -1), strict=True)) % 11
        out += [int(body + str(rest))] * (rest < 10)
    return out


def _cpf(body: str) -> str:
    for _ in range(2):
        rest = sum(int(d) * w for d, w in zip(reversed(body), range(2, 12), strict=False)) % 11
        body += str(0 if rest < 2 else 11 - rest)
    return body[9:]


cpf = checked("#########", _cpf, lambda v: f"{v[:3]}.{v[3:6]}.{v[6:9]}-{v[9:]}")


def _ean(body: str) -> str:
    from stdnum import ean

    return str(ean.calc_check_digit(body))


def _luhn(body: str) -> str:
    from stdnum import luhn

    return str(luhn.calc_check_digit(body))


def addresses(rng: Rng, n: int) -> Cells:
    """Streets with a number and a letter at times, postcodes and towns."""
    streets = [
        "Lindenweg", "Bahnhofstraße", "Am Anger", "Kirchgasse", "Schillerstr.", "Alte Poststraße",
        "Mühlbachweg", "Goethestraße", "Rosengasse", "Hauptplatz", "Feldweg", "Birkenallee",
    ]  # fmt: skip
    towns = ["39104 Magdeburg", "79098 Freiburg", "01067 Dresden", "8010 Graz", "99084 Erfurt", "4020 Linz"]
    numbers = rng.integers(1, 140, n).tolist()
    parts = zip(pick(rng, streets, n), numbers, pick(rng, towns, n, 1.0), strict=True)
    return [f"{s} {i}{'abc'[i % 3] if rng.random() < 0.12 else ''}, {t}" for s, i, t in parts]


def machines(rng: Rng, n: int) -> Cells:
    """Addresses in networks."""
    heads = pick(rng, ["84.113", "178.190", "91.64", "217.225", "80.108", "10.12"], n, 0.6)
    return [f"{h}.{a}.{b}" for h, (a, b) in zip(heads, rng.integers(0, 255, (n, 2)).tolist(), strict=True)]


def six(rng: Rng, n: int) -> Cells:
    """Addresses of version 6."""

    def group() -> str:
        return fill(rng, "!!!!").lstrip("0") or "0"

    return [":".join(["2a02", *(group() for _ in range(7))]) for _ in range(n)]


HOSTS = ["gmail.com", "outlook.com", "yahoo.com", "icloud.com", "proton.me"]
NAMES = [
    known("mail", "email", mails("en_US", HOSTS)),
    known("mail, none at times", "E-Mail", mails("de_DE", ["gmx.de", "web.de", "t-online.de", *HOSTS]),
          missing=0.1, specials={"keine": 0.03}),
    known("mail, name says nothing", "c5", mails("fr_FR", ["orange.fr", "free.fr", "laposte.net", *HOSTS])),
    known("mail, several rows", "correo", several(mails("es_ES", HOSTS), 3)),
    known("name", "Full Name", people("en_GB", "{} {}".format)),
    known("name, last first", "Patient", people("de_DE", lambda a, b: f"{b}, {a}")),
    known("name, capitals", "nom_complet", people("fr_FR", lambda a, b: f"{b.upper()} {a}")),
    known("name, two surnames", "nombre y apellidos", two_surnames),
    known("name, name says nothing", "x14", people("nl_NL", "{} {}".format)),
    known("name with title", "Behandler", people("de_AT", lambda a, b: f"Dr. {a} {b}")),
    known("first name", "nome", people("it_IT", lambda a, b: a)),
    known("last name", "nazwisko", people("pl_PL", lambda a, b: b)),
    known("last name, refused", "surname", people("en_US", lambda a, b: b), specials={"REFUSED": 0.02}),
    known("login", "username", logins("en_US")),
    known("handle", "twitter", through(logins("sv_SE"), lambda v: "@" + v)),
    known("profile", "linkedin_url", through(logins("en_US"), lambda v: f"https://www.linkedin.com/in/{v}/")),
    known("address", "Anschrift", addresses),
    known("address, american", "mailing address", faked("en_US", "address")),
]  # fmt: skip

REACH = [
    known("phone", "phone", filled("(212) 5##-####")),
    known("phone, german", "Telefon",
          patterns("0170 #######", "0151 #######", "030 ######", "089 #######", "0221 ######")),
    known("phone, french", "tel_portable", patterns("06 ## ## ## ##", "07 ## ## ## ##"), missing=0.15),
    known("phone, abroad, name says nothing", "F4",
          patterns("+43 664 #######", "+49 151 2#######", "+41 79 ### ## ##")),
    known("phone, digits", "mobile", filled("+346########")),
    known("phone, integers", "telefono_movil", through(filled("6########"), int)),
    known("ip", "ip_address", machines),
    known("ip, name says nothing", "c31", several(machines, 2.5)),
    known("ip, version 6", "client", six),
    known("mac", "device_mac", filled("3c:22:fb:!!:!!:!!")),
    known("imei", "imei", checked("35#####1######", _luhn), kinds=("direct_identifier", "key")),
]  # fmt: skip

ISSUED = [
    known("iban, german", "IBAN", iban("DE", "#" * 18, fours)),
    known("iban, austrian, name says nothing", "feld7", iban("AT", "#" * 16)),
    known("iban, dutch", "rekeningnummer", iban("NL", "INGB0#########"), missing=0.05),
    known("card", "card_number", checked("4##############", _luhn, fours)),
    known("social security, american", "SSN", ssn),
    known("social security, french", "num_secu", born(_nir)),
    known("social security, swiss", "AHV-Nr", checked("756#########", _ean, spaced(3, 4, 4, 2, by="."))),
    known("health service", "nhs_number", nhs()),
    known("identity, spanish", "dni", dni),
    known("identity, spanish, unknown", "NIF titular", dni, specials={"desconocido": 0.02}),
    known("tax, italian", "codice_fiscale", born(_codice)),
    known("tax, italian, name says nothing", "v8", born(_codice)),
    known("citizen, dutch", "bsn", bsn),
    known("citizen, polish", "PESEL", born(_pesel)),
    known("citizen, swedish", "personnummer", born(_personnummer)),
    known("citizen, czech", "rodné číslo", born(_rodne)),
    known("citizen, finnish", "hetu", born(_hetu)),
    known("tax, brazilian", "CPF", cpf),
    known("insurance, canadian", "SIN", checked("5#######", _luhn, spaced(3, 3, 3))),
    known("passport", "passport_no", filled("C0#?##?##"), kinds=("direct_identifier", "key")),
    known("car plate", "Kennzeichen", patterns("M-?? 5##", "B-?? 7###", "HH-?? 2##", "K-? 8###", "S-?? 9##"),
          kinds=("direct_identifier", "key")),
    known("medical record", "MRN", filled("00######"), kinds=("direct_identifier", "key")),
    known("insured, german", "Versichertennummer", filled("?#########"), kinds=("direct_identifier", "key")),
    known("driver's licence", "license_no", filled("D#######"), kinds=("direct_identifier", "key")),
    known("form of address and surname", "Anrede und Name", people("de_DE", _addressed)),
    known("name and phone", "emergency_contact", contacts),
]  # fmt: skip

CASES: list[Case] = [*NAMES, *REACH, *ISSUED]
