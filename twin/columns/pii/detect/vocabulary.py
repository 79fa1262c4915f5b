"""What columns, people and things are called in many languages: `vocabulary.json`, read once.

Phrases are folded as `fold` in `words.py` does: lower case, no diacritics, words parted by a blank. A phrase
with a trailing * matches the beginning of a word, with a leading * its end.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

Phrases = dict[str, list[str]]


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((files(__package__) / "vocabulary.json").read_text("utf-8"))
    return document


def words(topic: str) -> frozenset[str]:
    """The words of one topic.

    Example:
        >>> sorted(words("goods"))[:3]
        ['asin', 'barcode', 'doi']
    """
    return frozenset(_document()["words"][topic])


def identifiers() -> dict[str, Phrases]:
    """Identifier → language → phrases; of phrases of the same length the earlier identifier wins."""
    phrases: dict[str, Phrases] = _document()["identifiers"]
    return phrases


def persons() -> Phrases:
    """Language → words that may stand for a person, or for anything that has a name."""
    phrases: Phrases = _document()["persons"]
    return phrases


def quasi_identifiers() -> dict[str, tuple[str, list[str]]]:
    """What others may know of a person → why, in words, and its phrases in all languages."""
    return {
        topic: (entry["reason"], entry["phrases"])
        for topic, entry in _document()["quasi_identifiers"].items()
    }
