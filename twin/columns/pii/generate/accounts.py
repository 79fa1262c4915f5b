"""User names, e-mail addresses and web addresses, on domains that nobody can own (RFC 2606)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from twin.arrays import Array, Uints64
from twin.columns.pii.generate.base import Ask, IdentifierFacts, texts
from twin.columns.pii.generate.people import people

DOMAINS = ("example.com", "example.net", "example.org")
"""Second-level names that are reserved for examples. Source: RFC 2606, section 3."""

_WORDS = re.compile(r"([^\W\d_]+)([._-]?)([^\W\d_]*)[._-]?(\d*)")
_URL = re.compile(r"(?:(https?|ftp)://)?(www\.)?[^/?#\s:]+(?::\d+)?((?:/[^?#]*)?)([?#].*)?", re.IGNORECASE)
_SLOT = re.compile(r"\{(\w+)\}")
_MOST_DIGITS = 6


@dataclass(frozen=True)
class Accounts:
    """Invents user names, and e-mail addresses that are user names at a domain.

    A form is a pattern such as "{first}.{last}{00}", digits as many as there are zeros.

    Args:
        domain: Whether a domain follows.

    Example:
        >>> Accounts(domain=False).forms(["anna.huber", "ahuber7"], IdentifierFacts())
        ['{first}.{last}', '{f}{last}{0}']
    """

    domain: bool

    def forms(self, texts: Sequence[str], about: IdentifierFacts) -> list[str]:
        """The pattern of each text's first part.

        Args:
            texts: Texts of the column, each once.
            about: What is known of the column beside its values.
        """
        return [_form(text.strip().partition("@")[0] if self.domain else text.strip()) for text in texts]

    def default(self, about: IdentifierFacts) -> str:
        """First name, a point, surname."""
        return "{first}.{last}"

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Accounts of the people, who are the same in their other columns.

        Args:
            ask: Which rows and persons are asked for, and their randomness.
            form: The form of the text, as `forms` named it.
        """
        crowd = people(ask)
        german = ask.person.locale.startswith("de")
        spelled = _spelled(ask.person.locale)
        first = [spelled.get(name) or latin(name, german) for name in crowd.first]
        last = [spelled.get(name) or latin(name, german) for name in crowd.last]
        unique = ask.unique or bool(ask.person.distinct & {"email", "username"})
        if unique and "{0" not in form:
            form += "{000}"
        counted = re.search(r"\{(0+)\}", form)
        places = len(counted.group(1)) if counted else 1
        # one run of numbers for all forms, so that two forms never meet
        numbers = ask.counters(3, "account") if unique else _drawn(ask, places)
        tails = [str(number) for number in numbers.tolist()]
        make = _python(form).format
        parts = [
            make(a, b, c, a.capitalize(), b.capitalize()) if a and b else f"user{c}"
            for a, b, c in zip(first, last, tails, strict=True)
        ]
        if not self.domain:
            return parts
        hosts = np.array(DOMAINS, object)[ask.below(len(DOMAINS), "domain")]
        return [f"{part}@{host}" for part, host in zip(parts, hosts.tolist(), strict=True)]


def _python(form: str) -> str:
    """A pattern as a format string over first, last, digits, First and Last."""
    slots = {"first": "{0}", "last": "{1}", "First": "{3}", "Last": "{4}", "f": "{0[0]}", "l": "{1[0]}"}
    return _SLOT.sub(lambda found: slots.get(found.group(1), "{2}"), form)


def _drawn(ask: Ask, places: int) -> Uints64:
    """Numbers of the person, the same in their other columns."""
    low = 10 ** (places - 1)
    bits = Ask(rows=ask.rows, seed=ask.seed, person=ask.person).bits("account")
    return bits % np.uint64(9 * low) + np.uint64(low)


def _form(text: str) -> str:
    match = _WORDS.fullmatch(text.partition("+")[0])
    if match is None:
        return ""
    head, joiner, tail, digits = match.groups()
    number = f"{{{'0' * len(digits)}}}" if 0 < len(digits) <= _MOST_DIGITS else ""
    upper = head[:1].isupper() and (not tail or tail[:1].isupper())
    first, last = ("{First}", "{Last}") if upper else ("{first}", "{last}")
    if not tail:
        return ("{First}{Last}" if upper else "{f}{last}") + number
    if len(head) == 1:
        return "{f}" + joiner + "{last}" + number
    if len(tail) == 1:
        return "{last}" + joiner + "{f}" + number
    return first + joiner + last + number


def _spelled(locale: str) -> dict[str, str]:
    """Names whose spelling in Latin letters Faker knows."""
    if locale != "ja_JP":
        return {}
    from faker.providers.person.ja_JP import Provider

    pairs = (*Provider.first_name_pairs, *Provider.last_name_pairs)
    return {pair[0]: pair[2].lower() for pair in pairs}


@dataclass(frozen=True)
class Urls:
    """Invents web addresses. A form is a pattern such as "https://www.*/a/a".

    Example:
        >>> Urls().forms(["https://www.huber.at/team/anna"], IdentifierFacts())
        ['https://www.*/a/a']
    """

    def forms(self, texts: Sequence[str], about: IdentifierFacts) -> list[str]:
        """Scheme, "www." and the depth of the path.

        Args:
            texts: Texts of the column, each once.
            about: What is known of the column beside its values.
        """
        return [self._form(text.strip()) for text in texts]

    def default(self, about: IdentifierFacts) -> str:
        """A secure address of one part."""
        return "https://*/a"

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Addresses on reserved domains.

        Args:
            ask: Which rows and persons are asked for, and their randomness.
            form: The form of the text, as `forms` named it.
        """
        domain: Array = np.array(DOMAINS, object)[ask.below(len(DOMAINS), "domain")]
        counts = ask.counters(4, f"{ask.about.name}\0url") if ask.unique else ask.below(9000, "url") + 1000
        numbers = texts(list(map(str, counts.tolist())))
        before, _, after = form.partition("*")
        if "a" not in after:
            return (before + "site" + numbers + "." + domain + after).tolist()  # type: ignore[no-any-return]
        depth, slash = after.count("a"), "/" if after.endswith("/") else ""
        return (before + domain + "/page" * (depth - 1) + "/" + numbers + slash).tolist()  # type: ignore[no-any-return]

    def _form(self, text: str) -> str:
        match = _URL.fullmatch(text)
        if match is None:
            return ""
        scheme, www, path, _ = match.groups()
        parts = min(3, len([part for part in path.split("/") if part]))
        tail = "/a" * parts + ("/" if path.endswith("/") else "")
        return f"{scheme.lower() + '://' if scheme else ''}{'www.' if www else ''}*{tail}"


def _table(letters: str, spelled: str) -> dict[str, str]:
    """Letters and how each is spelled, "_" where it has no sound."""
    return {letter: text.replace("_", "") for letter, text in zip(letters, spelled.split(), strict=True)}


_FOLD = _table("ßøđðłæœþıħəŋŧĸ", "ss o d d l ae oe th i h a ng t k")
_GERMAN = _table("äöü", "ae oe ue")
_CYRILLIC = _table(
    "абвгдежзийклмнопрстуфхцчшщъыьэюяёєіїґўђјљњћџѓќѕ",
    "a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya yo ye i yi g u dj j lj "
    "nj c dz gj kj dz",
)
_GREEK = _table("αβγδεζηθικλμνξοπρστυφχψως", "a v g d e z i th i k l m n x o p r s t y f ch ps o s")
_ARMENIAN = _table(
    "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆև",
    "a b g d e z e y t zh i l kh ts k h dz gh ch m y n sh o ch p j r s v t r ts u p k o f ev",
)
_GEORGIAN = _table(
    "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
    "a b g d e v z t i k l m n o p zh r s t u p k gh q sh ch ts dz ts ch kh j h",
)
_LETTERS = {**_FOLD, **_CYRILLIC, **_GREEK, **_ARMENIAN, **_GEORGIAN}


@lru_cache(maxsize=65_536)
def latin(text: str, german: bool = False) -> str:
    """The text in the letters a to z, without marks; "" where its script is none of those known here.

    Args:
        text: A name.
        german: Whether ä, ö and ü are spelled ae, oe and ue.

    Example:
        >>> latin("Jörg", german=True), latin("Łukasz"), latin("Юрий"), latin("明美")
        ('joerg', 'lukasz', 'yuriy', '')
    """
    out = []
    for letter in unicodedata.normalize("NFC", text.casefold() if "ß" not in text else text.lower()):
        if "a" <= letter <= "z":
            out.append(letter)
        elif german and letter in _GERMAN:
            out.append(_GERMAN[letter])
        elif letter in _LETTERS:
            out.append(_LETTERS[letter])
        elif letter.isalpha():
            plain = [part for part in unicodedata.normalize("NFD", letter) if not unicodedata.combining(part)]
            spelled = [_LETTERS.get(part, part) for part in plain]
            if not all(part.isascii() and part.isalpha() for part in spelled):
                return ""
            out.extend(spelled)
    return "".join(out)
