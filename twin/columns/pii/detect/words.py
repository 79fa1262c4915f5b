"""The name of a column as words, and what it says of the values."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from twin.columns.schema import Name

Phrases = dict[str, list[str]]


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((files(__package__) / "vocabulary.json").read_text("utf-8"))
    return document


def word_list(topic: str) -> frozenset[str]:
    """The words of one topic.

    Example:
        >>> sorted(word_list("goods"))[:3]
        ['asin', 'barcode', 'doi']
    """
    return frozenset(_document()["words"][topic])


def identifier_phrases() -> dict[str, Phrases]:
    """Identifier → language → phrases; of phrases of the same length the earlier identifier wins."""
    phrases: dict[str, Phrases] = _document()["identifiers"]
    return phrases


def person_phrases() -> Phrases:
    """Language → words that may stand for a person, or for anything that has a name."""
    phrases: Phrases = _document()["persons"]
    return phrases


def quasi_identifier_phrases() -> dict[str, tuple[str, list[str]]]:
    """What others may know of a person → why, in words, and its phrases in all languages."""
    return {
        topic: (entry["reason"], entry["phrases"])
        for topic, entry in _document()["quasi_identifiers"].items()
    }


TOPICS = word_list("topics")
"""Words of column names that speak of something else than a person."""
NEGATIONS = word_list("negations")
"""Words that turn the name of an identifier into something about it: a flag, a count, a date."""

LOCALES = {
    "en": "en_US", "sv": "sv_SE", "da": "da_DK", "cs": "cs_CZ", "sl": "sl_SI", "et": "et_EE", "el": "el_GR",
    "uk": "uk_UA", "hi": "hi_IN", "ja": "ja_JP", "zh": "zh_CN", "ko": "ko_KR", "ar": "ar_SA", "he": "he_IL",
    "fa": "fa_IR", "sw": "sw_KE", "vi": "vi_VN", "no": "no_NO",
}  # fmt: skip
"""Locale of a language where its country is not spelt like the language."""

_STROKES = str.maketrans(
    {"ß": "ss", "ẞ": "ss", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
    | {"ə": "a", "ў": "у", "’": "'", "‘": "'", "`": "'", "´": "'", "ʻ": "'", "ʼ": "'"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_UNPARTED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_CAMEL = re.compile(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=\D)(?=\d)|(?<=\d)(?=\D)")
_APART = re.compile(r"[^\w']+|_+", re.UNICODE)
_COUNTED = (
    "n",
    "num",
    "nb",
    "nbr",
    "number of",
    "anzahl",
    "count",
    "no of",
    "nombre de",
    "cantidad",
    "has",
    "is",
)


def locale_of(language: str) -> str:
    """The locale that a language stands for.

    Example:
        >>> locale_of("de"), locale_of("ja")
        ('de_DE', 'ja_JP')
    """
    return LOCALES.get(language, f"{language}_{language.upper()}")


def fold(text: str) -> str:
    """Lower case without diacritics; letters of other scripts stay. Not cached: values of the data pass here.

    Example:
        >>> fold("Straße"), fold("Łódź"), fold("Élève")
        ('strasse', 'lodz', 'eleve')
    """
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_STROKES))
    return unicodedata.normalize("NFC", "".join(c for c in plain if not "\u0300" <= c <= "\u036f"))


def spell_out(text: str) -> str:
    """Folded, with umlauts written as two letters.

    Example:
        >>> spell_out("Müller"), spell_out("Søren")
        ('mueller', 'soeren')
    """
    return fold(unicodedata.normalize("NFC", text).lower().translate(_UMLAUTS))


@cache
def words_of(name: Name) -> tuple[str, ...]:
    """The words of a column's name, folded; numbers are left out.

    Example:
        >>> words_of("eMailAddress2"), words_of("kunde.Straße")
        (('e', 'mail', 'address'), ('kunde', 'strasse'))
    """
    parted = _CAMEL.sub(" ", str(name))
    return tuple(word for word in _APART.sub(" ", fold(parted)).split() if not word.isdigit())


@dataclass(frozen=True)
class Hint:
    """What a column's name says.

    Args:
        what: Key of `WHATS`, "" where the name says nothing.
        locale: Locale of the language that it is said in, "" where none can be told.
        strong: Whether the name can mean nothing else.
        topic: Whether it speaks of something else than a person: a product, a place, a company.
    """

    what: str = ""
    locale: str = ""
    strong: bool = False
    topic: bool = False


@cache
def _phrases() -> tuple[dict[str, tuple[str, str]], list[tuple[str, str, str]]]:
    """Whole phrases, and beginnings and ends of words, each with what and language."""
    whole: dict[str, tuple[str, str]] = {}
    parts: list[tuple[str, str, str]] = []
    for what, languages in identifier_phrases().items():
        for language, phrases in languages.items():
            for phrase in phrases:
                if "*" in phrase:
                    parts.append((phrase, what, language))
                else:
                    whole.setdefault(" ".join(_APART.sub(" ", fold(phrase)).split()), (what, language))
    return whole, parts


@cache
def hint_of(name: Name) -> Hint:
    """What a column's name says of its values.

    Example:
        >>> hint_of("ip_address").what, hint_of("product_name").topic, hint_of("Telefonnummer").locale
        ('ip', True, 'de_DE')
        >>> hint_of("mail_sent").what
        ''
    """
    words = words_of(name)
    topic = any(word in TOPICS for word in words)
    found = _longest(words)
    if found is None:
        return _generic(words, topic)
    what, language, phrase = found
    rest = [word for word in words if word not in phrase.split()]
    counted = f"{' '.join(rest)} ".startswith(tuple(f"{c} " for c in _COUNTED))
    if counted or any(word in NEGATIONS for word in rest):
        return Hint(topic=topic)
    if what in ("name", "username", "first_name", "last_name") and any(word in TOPICS for word in rest):
        return Hint(topic=True)
    if what == "username" and set(rest) & {"id", "key", "no", "nr", "number", "agent"}:
        return Hint(topic=topic)
    if what == "address" and set(rest) & {"hotel", "shop", "company", "firma", "store"}:
        return Hint(what, locale_of(language), strong=False, topic=True)
    named = what in ("name", "first_name", "last_name", "address")
    return Hint(what, locale_of(language), strong=True, topic=topic and not named)


def _longest(words: tuple[str, ...]) -> tuple[str, str, str] | None:
    """What, language and phrase of the longest phrase among the words; the most telling one of equals."""
    whole, parts = _phrases()
    order = list(identifier_phrases())
    best: tuple[int, int, tuple[str, str, str]] | None = None
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + 5) + 1):
            phrase = " ".join(words[start:end])
            hit = whole.get(phrase)
            if hit is None and end == start + 1:
                hit = _part(phrase, parts)
            if hit is None:
                hit = whole.get(phrase.replace(" ", "")) if end > start + 1 else None
            if hit is None or (len(phrase) < 3 and end - start < len(words) and phrase != "ip"):
                continue  # a word of one or two letters says something only when it stands alone
            rank = (end - start, order.index(hit[0]))
            if best is None or rank > best[:2]:
                best = (*rank, (*hit, phrase))
    if best is not None:
        return best[2]
    joined = " ".join(words)
    if _UNPARTED.search(joined):  # scripts that do not part their words
        inside = [
            phrase for phrase in whole if len(phrase) > 1 and _UNPARTED.search(phrase) and phrase in joined
        ]
        if inside:
            phrase = max(inside, key=len)
            return (*whole[phrase], joined)
    return None


def _part(word: str, parts: list[tuple[str, str, str]]) -> tuple[str, str] | None:
    for pattern, what, language in parts:
        stem = pattern.strip("*")
        if word.startswith(stem) if pattern.endswith("*") else word.endswith(stem):
            return what, language
    return None


def _generic(words: tuple[str, ...], topic: bool) -> Hint:
    if any(word in NEGATIONS for word in words):
        return Hint(topic=topic)
    joined = f" {' '.join(words)} "
    for language, phrases in person_phrases().items():
        if any(f" {phrase} " in joined for phrase in phrases):
            return Hint("" if topic else "name", locale_of(language), topic=topic)
    return Hint(topic=topic)
