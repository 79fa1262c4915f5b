"""User names: one word of letters, digits, dots and hyphens, made from the names of people or called so."""

from __future__ import annotations

import re

from twin.columns.pii.detect.dictionary import Dictionary, dictionary
from twin.columns.pii.detect.sample import Sample
from twin.columns.pii.detect.words import Hint

_WORD = re.compile(r"@?[^\W_][\w.\-]{1,38}", re.UNICODE)
_HANDLE = re.compile(r"@[\w.]{2,30}")
_MADE = re.compile(r"[a-z]+([._\-]?[a-z]+){0,2}[._\-]?\d{0,4}")
_LETTERS = re.compile(r"[a-z]+")
_LOOKED = 200


def usernames(sample: Sample, hint: Hint) -> tuple[float, bool]:
    """Share of user names, and whether the values tell that themselves."""
    if sample.numeric or sample.lettered < 0.7:
        return 0.0, False
    handles = sample.share([_HANDLE.fullmatch(text) is not None for text in sample.texts])
    if handles > 0.7 and len(sample.texts) >= 5:
        return handles, True
    if hint.what == "username":
        share = sample.share([_WORD.fullmatch(text) is not None and len(text) > 2 for text in sample.texts])
        many = sample.distinct >= min(20, 0.3 * sample.rows)
        return (share, False) if many else (0.0, False)
    few = sample.some(_LOOKED)
    if hint.what or hint.topic or len(few) < 12 or sample.repeats > 10:
        return 0.0, False
    if sum(_MADE.fullmatch(text) is not None for text in few) < 0.8 * len(few):
        return 0.0, False
    known = dictionary()
    share = sum(_of_person(text, known) for text in few) / len(few)
    return (share, True) if share >= 0.6 else (0.0, False)


def _of_person(text: str, known: Dictionary) -> bool:
    """Whether a word is made of a first name and a surname, an initial and a surname, or a name and
    digits.
    """
    words = _LETTERS.findall(text)
    if len(words) > 1:
        return any(word in known.first for word in words) and any(word in known.last for word in words)
    word = words[0] if words else ""
    if len(word) < 4:
        return False
    if len(word) > 4 and word[1:] in known.last:
        return True
    if text[-1].isdigit() and (word in known.first or word in known.last):
        return True
    cuts = [(word[:i], word[i:]) for i in range(3, len(word) - 2)]
    return any(
        (a in known.first and b in known.last) or (a in known.last and b in known.first) for a, b in cuts
    )
