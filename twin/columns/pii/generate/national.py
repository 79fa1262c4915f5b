"""National identity numbers that were never issued: an impossible part, else a wrong check digit.

Layouts are written as "#" for a digit, "@" for a letter, "[AB]" for one of some, "!" for a wrong check digit,
"?" for a right one; all else stands for itself. Where a number holds a date of birth, its month is 00.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from twin.arrays import Ints
from twin.columns.pii.generate.base import Ask, IdentifierFacts
from twin.columns.pii.generate.masks import fill, longer, luhn, random_digits

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
        """Length and separators."""
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
        """Numbers that were never issued."""
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
