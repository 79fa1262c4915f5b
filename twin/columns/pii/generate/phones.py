"""Telephone numbers that ring nowhere: set aside for fiction, else on the unassigned +999."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from twin.columns.pii.generate.base import Ask, IdentifierFacts
from twin.columns.pii.generate.masks import digits_of, fill, mask, random_digits, resized

NOBODY = "999"
"""A country code that was never assigned. Source: ITU-T E.164, list of assigned codes ("reserved")."""

RESERVED: dict[str, tuple[tuple[int, int], ...]] = {
    # Ofcom, "Telephone numbers for use in TV and radio drama programmes"
    "GB": (
        (2079460000, 1000), (1134960000, 1000), (1144960000, 1000), (1154960000, 1000), (1164960000, 1000),
        (1174960000, 1000), (1184960000, 1000), (1214960000, 1000), (1314960000, 1000), (1414960000, 1000),
        (1514960000, 1000), (1614960000, 1000), (1914980000, 1000), (2896496000, 1000), (2920180000, 1000),
        (1632960000, 1000), (7700900000, 1000),
    ),
    # Bundesnetzagentur, Mitteilung 148/2021, Amtsblatt 7/2021
    "DE": (
        (3023125000, 1000), (6990009000, 1000), (4066969000, 1000), (2214710000, 1000), (8999998000, 1000),
        (1713920000, 100), (17604069000, 100),
    ),
    # Arcep, décision 2018-0881, annexe 1, article 2.5.12
    "FR": tuple((start * 10_000, 10_000) for start in (19900, 26191, 35301, 46571, 53649, 63998)),
    # ACMA, "Phone numbers for use in TV shows, films and creative works"
    "AU": tuple(
        (start * 10_000, 10_000) for start in (25550, 35550, 75550, 85550, 27010, 37010, 77010, 87010)
    ),
    # ComReg, Numbering Conditions of Use, numbers for drama: 020 91X XXXX
    "IE": ((209100000, 100_000),),
    # PTS, "Telefonnummer för användning i böcker och filmer"
    "SE": ((701740605, 95), (313900600, 100), (406280400, 100), (846500400, 100), (980319200, 100)),
}  # fmt: skip
"""First national number and size of each range that is set aside, by country; North America is beside."""

_NORTH_AMERICA = ("US", "CA")
_FICTION = 5550100  # ATIS-0300115, 555 line number assignment guidelines: 555-0100 to 555-0199 in every area
_TRUNK = (
    "GB",
    "DE",
    "FR",
    "AU",
    "IE",
    "SE",
    "AT",
    "CH",
    "NL",
    "BE",
    "FI",
    "NZ",
    "ZA",
    "JP",
    "KR",
    "TR",
    "IN",
)
_HEAD = re.compile(r"(\+|00|)(\d*)")


@dataclass(frozen=True)
class InventedPhones:
    """Invents telephone numbers. A form is a mask that begins with a country code or the zero before an area.

    Example:
        >>> InventedPhones().forms(["+49 30 1234567", "030/1234567"], IdentifierFacts(locale="de_DE"))
        ['+49 ## #######', '0##/#######']
    """

    def forms(self, texts: Sequence[str], about: IdentifierFacts) -> list[str]:
        """Separators, lengths, and how the number begins."""
        return [self._form(text.strip(), about) for text in texts]

    def default(self, about: IdentifierFacts) -> str:
        """International, or as it is usual in North America."""
        if about.country in _NORTH_AMERICA:
            return "###-###-####"
        if about.country not in RESERVED:
            return f"+{NOBODY} ### #######"
        return resized(f"+{_code(about.country)} ### ####", len(str(RESERVED[about.country][0][0])))

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Numbers that ring nowhere."""
        match = _HEAD.match(form)
        assert match is not None  # it may match nothing
        abroad, code = match.groups()
        if not abroad and code == "0":
            code = ""
        region = _region(code, ask.about.country) if code else ask.about.country
        ranges = _ranges(region)
        fitting = [range_ for range_ in ranges if len(str(range_[0])) == form.count("#")]
        if not ranges:
            return _nowhere(ask, form)
        width = len(str((fitting or ranges)[0][0]))
        ranges = tuple(range_ for range_ in ranges if len(str(range_[0])) == width)
        form = resized(form, width)
        number, laps = ask.numbers(sum(size for _, size in ranges), "phone")
        starts = np.array([start for start, _ in ranges], np.uint64)
        ends = np.cumsum([size for _, size in ranges]).astype(np.uint64)
        which = np.searchsorted(ends, number, side="right")
        inside = number - np.append(np.uint64(0), ends)[which]
        made = fill(form, digits_of(starts[which] + inside, width))
        over = laps > 0
        if over.any():
            for row, text in zip(np.flatnonzero(over).tolist(), _nowhere(ask.take(over), form), strict=True):
                made[row] = text
        return made

    def _form(self, text: str, about: IdentifierFacts) -> str:
        shape = mask(text.replace("(0)", "(~)"))
        places = shape.count("#")
        if not 6 <= places <= 17:
            return ""
        digits = re.sub(r"\D", "", text.replace("(0)", ""))
        own = _code(about.country)
        if text.startswith("+"):
            head = _prefix(digits[:3])  # its cache must hold no number
        elif digits.startswith("00"):
            head = "00" + _prefix(digits[2:5])
        elif digits.startswith("0") and about.country in _TRUNK:
            head = "0"
        elif own and digits.startswith(own) and len(digits) >= 9 + len(own):
            head = own
        else:
            head = ""
        for digit in head:
            shape = shape.replace("#", digit, 1)
        return shape.replace("(~)", "(0)")


def _nowhere(ask: Ask, form: str) -> list[str]:
    """Numbers on the country code that nobody has, in the layout of a form."""
    match = re.match(r"(\+|00|)(\(?)\d*", form)
    assert match is not None  # it may match nothing
    rest = form[match.end() :].replace("(0)", "").lstrip()
    before = "00" if match.group(1) == "00" else "+"
    tail = f"{match.group(2)}{rest}" if match.group(2) and ")" in rest else rest.lstrip("-/. ")
    places = max(tail.count("#"), 8 if ask.unique else 6)
    shape = resized(tail, places)
    return fill(f"{before}{NOBODY} {shape}", random_digits(ask, places, "nowhere"))


def _ranges(region: str) -> tuple[tuple[int, int], ...]:
    if region in _NORTH_AMERICA:
        return tuple((area * 10_000_000 + _FICTION, 100) for area in _areas(region))
    return RESERVED.get(region, ())


@lru_cache(maxsize=2)
def _areas(region: str) -> tuple[int, ...]:
    """Area codes of a country in North America."""
    import phonenumbers

    found = []
    for area in range(200, 1000):
        number = phonenumbers.PhoneNumber(country_code=1, national_number=area * 10_000_000 + _FICTION)
        if phonenumbers.region_code_for_number(number) == region:
            found.append(area)
    return tuple(found)


@lru_cache(maxsize=256)
def _code(country: str) -> str:
    """The country code, "" where there is none."""
    import phonenumbers

    return str(phonenumbers.country_code_for_region(country) or "")


@lru_cache(maxsize=512)
def _prefix(digits: str) -> str:
    """The country code that digits begin with."""
    import phonenumbers

    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    return next((digits[:n] for n in (1, 2, 3) if digits[:n].isdigit() and int(digits[:n]) in known), "")


def _region(code: str, country: str) -> str:
    """The country that a code stands for."""
    if code == "1":
        return country if country in _NORTH_AMERICA else "US"
    return next((region for region in RESERVED if _code(region) == code), "")
