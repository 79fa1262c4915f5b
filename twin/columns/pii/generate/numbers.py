"""Card numbers and bank accounts with right check digits, in ranges that are never issued."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from twin.arrays import Ints
from twin.columns.pii.generate.base import Ask, IdentifierFacts
from twin.columns.pii.generate.masks import fill, longer, luhn, mask, random_digits

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
        """Length and separators."""
        return [shape if 12 <= (shape := mask(text.strip())).count("#") <= 19 else "" for text in texts]

    def default(self, about: IdentifierFacts) -> str:
        """Sixteen digits."""
        return "#" * 16

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Numbers of an issuer that cannot be, with a right check digit."""
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
        """Country, groups and case."""
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
