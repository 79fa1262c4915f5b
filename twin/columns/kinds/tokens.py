"""From a text to its tokens: words, numbers, marks, spaces, and identifiers, which never survive as they are.

Aware of scripts: letters of any alphabet form words; of Han, each character is a token; kana go by runs.
"""

from __future__ import annotations

import re

MOST = 256
"""Tokens of a text that are looked at; what follows is left out."""

_HAN = "\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HIRAGANA = "\u3041-\u309f"
_KATAKANA = "\u30a1-\u30ff"
_MARKS = (  # signs that belong to the letter before them, and that the letters' own class leaves out
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0971-\u0dff"
    "\u0e00-\u0e4e\u0e80-\u0ece\u0f35-\u0fff\u102b-\u103f\u17b4-\u17d3\u1ab0-\u1aff\u200c\u200d"
)
_LETTER = rf"(?:(?![{_HAN}{_HIRAGANA}{_KATAKANA}])(?:[^\W\d_]|[{_MARKS}]))"

LOWER, CAPITALISED, UPPER, HAN, HIRAGANA, KATAKANA, OTHER = range(-1, -8, -1)
PHRASE, RUN = -8, -9
EMAIL, URL, PHONE, CODE = range(-10, -14, -1)
NUMBER = -20
"""Slots: what a token becomes that does not survive. A number of length L is NUMBER - L; NUMBER itself has
any length. PHRASE stands for several words, RUN for several characters of a script without spaces."""
WORDS = (LOWER, CAPITALISED, UPPER, HAN, HIRAGANA, KATAKANA, OTHER)
SOLID = (HAN, HIRAGANA, KATAKANA)
GONE, SPACE = -98, -99
"""A mark that leaves nothing behind, and a space of any form."""
LONGEST = 18
_SHORT = 5  # characters from which a token can be an identifier
_LONG = 9  # digits in a row from which a number is an identifier

_DATE = r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4})(?!\d)"
_IDENTIFIERS = (
    (EMAIL, r"[^\s@<>(),;:]+@[^\s@<>(),;:]+\.\w+"),
    (URL, r"(?:https?://|www\.)[^\s<>()]+"),
    (CODE, r"(?<!\w)[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?!\w)"),  # RFC 9562
    (CODE, r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"),  # ISO 13616, IBAN
    (CODE, r"(?<!\d)(?:\d{4}[ -]){3}\d{1,7}(?!\d)"),  # ISO/IEC 7812, card numbers
    (CODE, r"(?<!\w)\d{3}-\d{2}-\d{4}(?!\w)"),
    (CODE, r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"),  # RFC 791
    (CODE, r"(?<!\w)[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}(?!\w)"),  # IEEE 802
    (PHONE, rf"(?<![\w./-])(?!{_DATE})(?:\+|0|\()\d[\d ()/.-]{{4,20}}\d(?!\w)"),
    (PHONE, r"(?<!\w)\d{3}[-. ]\d{3}[-. ]\d{4}(?!\w)"),
    (CODE, r"(?<!\w)(?=\w*\d)(?=\w*[^\W\d_])\w{5,}"),
    (CODE, rf"[0-9]{{{_LONG},}}"),
)
_TOKEN = re.compile(
    "|".join(pattern for _, pattern in _IDENTIFIERS)
    + rf"|[{_HAN}]|[{_HIRAGANA}]+|[{_KATAKANA}]+|{_LETTER}+|[0-9]+|\d+|\s+|.",
    re.DOTALL,
)
_WHOLE = tuple((slot, re.compile(pattern)) for slot, pattern in _IDENTIFIERS)
_SCRIPTS = tuple(
    (slot, re.compile(rf"[{letters}]+"))
    for slot, letters in ((HAN, _HAN), (HIRAGANA, _HIRAGANA), (KATAKANA, _KATAKANA))
)
_DIGITS = re.compile(r"[0-9]+")
_LETTERS = re.compile(rf"{_LETTER}+|\d+")


def tokens_of(text: str) -> list[str]:
    """The first tokens of a text, in order; together they are the text.

    Example:
        >>> tokens_of("Dr. Gruber, 2 mg. Mail: a.b@c.at")
        ['Dr', '.', ' ', 'Gruber', ',', ' ', '2', ' ', 'mg', '.', ' ', 'Mail', ':', ' ', 'a.b@c.at']
    """
    return _TOKEN.findall(text)[:MOST]


def slot_of(token: str) -> int:
    """What a token becomes where it does not survive.

    Example:
        >>> slot_of("Gruber") == CAPITALISED, slot_of("2021") == NUMBER - 4, slot_of("a@b.org") == EMAIL
        (True, True, True)
    """
    if token.isspace():
        return SPACE
    if len(token) >= _SHORT:
        identifier = next((slot for slot, pattern in _WHOLE if pattern.fullmatch(token)), None)
        if identifier is not None:
            return identifier
    if _DIGITS.fullmatch(token):
        return NUMBER - len(token)
    script = next((slot for slot, pattern in _SCRIPTS if pattern.fullmatch(token)), None)
    if script is not None:
        return script
    if not _LETTERS.fullmatch(token):
        return GONE
    if token.islower():
        return LOWER
    if token[0].isupper():
        return UPPER if len(token) > 1 and token.isupper() else CAPITALISED
    return OTHER
