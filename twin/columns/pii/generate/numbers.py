"""Numbers that are never issued: cards and bank accounts, national identity numbers, telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from twin.arrays import Ints
from twin.columns.pii.generate.base import Ask, IdentifierFacts
from twin.columns.pii.generate.masks import digits_of, fill, longer, luhn, mask, random_digits, resized

ISSUER = (9, 0, 0, 0)
"""Industry 9 is for national bodies, by country code (ISO/IEC 7812-1, 4.3); no country has the code 000
(ISO 3166-1). Sixteen digits from here are still exact as a float."""

_PART = re.compile(r"(\d+)!?([nace])")


@dataclass(frozen=True)
class Cards:
    """Invents payment card numbers. A form is a mask.

    Example:
        >>> Cards().forms(["4111 1111 1111 1111"], IdentifierFacts())
        ['#### #### #### ####']
    """

    def forms(self, texts: Sequence[str], about: IdentifierFacts) -> list[str]:
        """Length and separators.

        Args:
            texts: Texts of the column, each once.
            about: What is known of the column beside its values.
        """
        return [shape if 12 <= (shape := mask(text.strip())).count("#") <= 19 else "" for text in texts]

    def default(self, about: IdentifierFacts) -> str:
        """Sixteen digits."""
        return "#" * 16

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Numbers of an issuer that cannot be, with a right check digit.

        Args:
            ask: Which rows and persons are asked for, and their randomness.
            form: The form of the text, as `forms` named it.
        """
        places = form.count("#")
        head = np.broadcast_to(np.array(ISSUER, np.int64), (ask.n, len(ISSUER)))
        body = random_digits(ask, places - len(ISSUER) - 1, "card")
        digits = np.concatenate([head, body], axis=1)
        return longer(fill(form, np.column_stack([digits, luhn(digits)])), ask, body.shape[1])


@dataclass(frozen=True)
class Ibans:
    """Invents bank accounts. A form is a country and how many letters stand together, as in "AT:4".

    Example:
        >>> Ibans().forms(["AT61 1904 3002 3457 3201", "de89370400440532013000"], IdentifierFacts())
        ['AT:4', 'de:0']
    """

    def forms(self, texts: Sequence[str], about: IdentifierFacts) -> list[str]:
        """Country, groups and case.

        Args:
            texts: Texts of the column, each once.
            about: What is known of the column beside its values.
        """
        out = []
        for text in texts:
            country, grouped = text.strip()[:2], " " in text.strip()
            out.append(f"{country}:{4 if grouped else 0}" if _structure(country.upper()) else "")
        return out

    def default(self, about: IdentifierFacts) -> str:
        """In one piece, of the locale's country."""
        return f"{about.country if _structure(about.country) else 'DE'}:0"

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Accounts at a bank whose code is zeros, with right check digits.

        Args:
            ask: Which rows and persons are asked for, and their randomness.
            form: The form of the text, as `forms` named it.

        Source:
            ISO 13616-1, 6 and ISO/IEC 7064 (mod 97-10).
        """
        country, _, size = form.partition(":")
        bban = _bban(ask, _structure(country.upper()))
        letters = np.array([ord(letter) for letter in country.upper()], np.int64)
        front = np.broadcast_to(letters, (ask.n, 2))
        zeros = np.zeros((ask.n, 2), np.int64)
        check = 98 - _mod_97(np.concatenate([bban, front, zeros], axis=1))
        whole = np.concatenate([front, np.column_stack([check // 10, check % 10]), bban], axis=1)
        shape = "#" * whole.shape[1]
        if size == "4":
            shape = " ".join(shape[i : i + 4] for i in range(0, len(shape), 4))
        made = fill(shape, whole)
        return [text.lower() for text in made] if country.islower() else made


@lru_cache(maxsize=256)
def _structure(country: str) -> tuple[tuple[int, str], ...]:
    """Lengths and sorts of the parts of a country's accounts; () where it has none.

    Source:
        SWIFT's registry of IBANs, as python-stdnum has it.
    """
    from stdnum import numdb

    found = numdb.get("iban").info(country) if len(country) == 2 and country.isalpha() else []
    structure = dict(found[0][1]).get("bban", "") if found else ""
    return tuple((int(count), sort) for count, sort in _PART.findall(structure))


def _bban(ask: Ask, structure: tuple[tuple[int, str], ...]) -> Ints:
    """Zeros (or X) for the bank, the rest drawn."""
    if len(structure) == 1:
        count, sort = structure[0]
        structure = ((3, sort), (count - 3, sort))
    banks = 2 if structure[0][1] == "a" and len(structure) > 2 else 1  # letters and a number name the bank
    free = sum(count for count, sort in structure[banks:] if sort != "a")
    drawn = random_digits(ask, free, "iban")
    parts, at = [], 0
    for i, (count, sort) in enumerate(structure):
        if sort == "a":
            parts.append(np.full((ask.n, count), ord("X"), np.int64))
        elif i < banks:
            parts.append(np.zeros((ask.n, count), np.int64))
        else:
            parts.append(drawn[:, at : at + count])
            at += count
    return np.concatenate(parts, axis=1)


def _mod_97(codes: Ints) -> Ints:
    """Remainder of numbers whose letters stand for 10 … 35, shape (n,)."""
    rest = np.zeros(codes.shape[0], np.int64)
    for column in codes.T:
        letter = column >= 10
        value = np.where(letter, column - ord("A") + 10, column)
        rest = (rest * np.where(letter, 100, 10) + value) % 97
    return rest


Check = Callable[[Ints], Ints]
_TOKEN = re.compile(r"\[(\w+)\]|(.)")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALNUM = re.compile(r"[^\W_]")


def _sum(weights: Sequence[int], *moduli: int, minus: int = 0) -> Check:
    """A check digit: a weighted sum modulo each modulus in turn, taken from `minus` if that is not 0.

    Example:
        >>> _sum((2, 1), 11, 10)(np.array([[9, 2]])).tolist()
        [9]
    """

    def check(digits: Ints) -> Ints:
        total = digits[:, -len(weights) :] @ np.array(weights, np.int64)
        for modulus in moduli:
            total = total % modulus
        return np.asarray((minus - total) % minus if minus else total, np.int64)

    return check


def _mod_11_10(digits: Ints) -> Ints:
    """Source: ISO/IEC 7064, mod 11,10."""
    rest = np.full(digits.shape[0], 10, np.int64)
    for column in digits.T:
        total = (rest + column) % 10
        rest = np.where(total == 0, 10, total) * 2 % 11
    return (11 - rest) % 10


_EAN = _sum((1, 3) * 6, 10, minus=10)
_CPF = _sum((11, 10, 9, 8, 7, 6, 5, 4, 3, 2), 11, minus=11)
_RUT = _sum((3, 2, 7, 6, 5, 4, 3, 2), 11, minus=11)
_SNILS = _sum((9, 8, 7, 6, 5, 4, 3, 2, 1, 0), 101, 100, 10)

LAYOUTS: dict[str, tuple[tuple[str, Check | None], ...]] = {
    "US": (("9##0#####", None),),  # SSA: areas 900–999 never; groups below 50 are no ITIN either (IRS)
    "CA": (("0#######?", luhn),),  # no SIN begins with 0
    "GB": (("[DFIQUV][DFIQUV]######[ABCD]", None), ("999#######", None)),  # HMRC NIM39110; NHS test range
    "IE": (("#######[XYZ]", None), ("#######[XYZ][AH]", None)),  # check letters end at W
    "DE": (("0##########", None), ("####00##@###", None), ("[AEIOU]########", None),
           ("[AEIOU]#########", None)),  # test numbers of the tax office; no month; letters no card has
    "AT": (("0#########", None),),  # serial numbers begin at 100
    "CH": (("756#########!", _EAN),),
    "FR": (("[12]##00########9[89]", None), ("[12]##00########", None)),  # keys are 01 … 97
    "ES": (("########[IOU]", None),),  # letters that no number has
    "IT": (("@@@@@@##Z##Z###@", None),),  # no month has the letter Z
    "PT": (("0########", None),),
    "NL": (("########!", _sum((9, 8, 7, 6, 5, 4, 3, 2), 11)),),
    "BE": (("#########9[89]", None),),  # keys are 01 … 97
    "LU": (("####00#######", None),),
    "DK": (("##00######", None),),
    "NO": (("##00#######", None),),
    "SE": (("##00######", None), ("19##00######", None)),
    "FI": (("##00##9##[ABCDEFHJKLMNPRSTUVWXY]", None), ("##00##A9##[ABCDEFHJKLMNPRSTUVWXY]", None)),
    "IS": (("##00######", None),),
    "EE": (("[3456]##00######", None),),
    "LT": (("[3456]##00######", None),),
    "LV": (("##00#######", None),),
    "PL": (("##00#######", None),),
    "CZ": (("##00######", None), ("##00#####", None)),
    "SK": (("##00######", None), ("##00#####", None)),
    "HU": (("[1234]##00######", None), ("########!", _sum((3, 7) * 4, 10)), ("######[IO]@", None)),
    "RO": (("[12]##00########", None),),
    "BG": (("##00######", None),),
    "HR": (("##########!", _mod_11_10),),
    "SI": (("##00#########", None),),
    "RS": (("##00#########", None),),
    "BA": (("##00#########", None),),
    "MK": (("##00#########", None),),
    "GR": (("##00#######", None), ("########!", _sum((256, 128, 64, 32, 16, 8, 4, 2), 11, 10))),
    "TR": (("0##########", None),),
    "RU": (("##########!", _SNILS), ("###########!", _sum((3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8), 11, 10)),
           ("00########", None)),
    "UA": (("#########!", _sum((-1, 5, 7, 9, 4, 6, 10, 5, 7), 11, 10)),),
    "IL": (("########!", luhn),),
    "ZA": (("##00#########", None),),
    "EG": (("[23]##00#########", None),),
    "IN": (("[01]###########", None), ("@@@X@####@", None)),  # UIDAI: 0 and 1 never lead
    "CN": (("##########00######", None),),
    "TW": (("@0########", None),),
    "JP": (("###########!", _sum((6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), 11, minus=11)),),
    "KR": (("##00#########", None),),
    "TH": (("9############", None),),
    "ID": (("########00######", None),),
    "MY": (("##00########", None),),
    "PK": (("0############", None),),
    "SG": (("X#######@", None),),
    "BR": (("##########!", _CPF), ("000000###", None)),
    "AR": (("00######", None), ("00#########", None)),
    "CL": (("########!", _RUT), ("#######!", _sum((2, 7, 6, 5, 4, 3, 2), 11, minus=11))),
    "CO": (("0#########", None), ("0#######", None)),
    "MX": (("@@@@##00##[HM]@@@@@##", None), ("@@@@##00##@@#", None)),
    "PE": (("00######", None),),
    "AU": (("########!", _sum((1, 4, 3, 7, 5, 8, 6, 9), 11)), ("0#########", None), ("0##########", None)),
    "NZ": (("[IO]@@####", None), ("000######", None)),
}  # fmt: skip
"""By country, the numbers that are known; the first is the default."""


@dataclass(frozen=True)
class NationalIds:
    """Invents national identity numbers. A form is a mask of digits and letters alike.

    Example:
        >>> NationalIds().forms(["123-45-6789"], IdentifierFacts())
        ['###-##-####']
    """

    def forms(self, texts: Sequence[str], about: IdentifierFacts) -> list[str]:
        """Length and separators.

        Args:
            texts: Texts of the column, each once.
            about: What is known of the column beside its values.
        """
        out = []
        for text in texts:
            shape = _ALNUM.sub("#", text.strip()) if "#" not in text and len(text) <= 32 else ""
            out.append(shape if 5 <= shape.count("#") <= 24 else "")
        return out

    def default(self, about: IdentifierFacts) -> str:
        """In one piece, of the country's first layout."""
        layouts = LAYOUTS.get(about.country, (("#########", None),))
        return "#" * len(_TOKEN.findall(layouts[0][0]))

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Numbers that were never issued.

        Args:
            ask: Which rows and persons are asked for, and their randomness.
            form: The form of the text, as `forms` named it.
        """
        places = form.count("#")
        layout, check = _layout(ask.about.country, places)
        return longer(fill(form, _drawn(ask, layout, check)), ask, layout.count("#"))


def _layout(country: str, places: int) -> tuple[str, Check | None]:
    """The country's layout of that length; where there is none, zeros lead."""
    for layout, check in LAYOUTS.get(country, ()):
        if len(_TOKEN.findall(layout)) == places:
            return layout, check
    return "000" + "#" * (places - 3), None


def _drawn(ask: Ask, layout: str, check: Check | None) -> Ints:
    """Digits and code points of letters, shape (n, places)."""
    tokens = [choice or letter for choice, letter in _TOKEN.findall(layout)]
    free = random_digits(ask, tokens.count("#"), "national")
    columns: list[Ints] = []
    at = 0
    for j, token in enumerate(tokens):
        if token == "#":
            columns.append(free[:, at])
            at += 1
        elif token in "!?" and check is not None:
            right = check(np.stack(columns, axis=1))
            columns.append(right % 10 if token == "?" else (right + 1) % 10)
        else:
            letters = _LETTERS if token == "@" else token
            points = [int(letter) if letter.isdigit() else ord(letter) for letter in letters]
            columns.append(np.array(points, np.int64)[ask.below(len(points), f"national{j}")])
    return np.stack(columns, axis=1)


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
        """Separators, lengths, and how the number begins.

        Args:
            texts: Texts of the column, each once.
            about: What is known of the column beside its values.
        """
        return [self._form(text.strip(), about) for text in texts]

    def default(self, about: IdentifierFacts) -> str:
        """International, or as it is usual in North America."""
        if about.country in _NORTH_AMERICA:
            return "###-###-####"
        if about.country not in RESERVED:
            return f"+{NOBODY} ### #######"
        return resized(f"+{_code(about.country)} ### ####", len(str(RESERVED[about.country][0][0])))

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Numbers that ring nowhere.

        Args:
            ask: Which rows and persons are asked for, and their randomness.
            form: The form of the text, as `forms` named it.
        """
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
