"""Names in letters that an e-mail address may hold."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


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
