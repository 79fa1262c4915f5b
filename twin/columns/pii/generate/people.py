"""The invented people: one per row and person, whom all their identifiers agree on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from twin.arrays import Array, Bools, Ints, Uints64
from twin.columns.kinds.key import permute
from twin.columns.pii.generate.base import Ask, below, derived, hashed, share, texts
from twin.columns.pii.generate.lists import Lists, Words, lists
from twin.columns.pii.generate.sexes import EITHER

_LARGEST = 2**62
_NAMES = frozenset({"name", "first_name", "last_name"})


@dataclass(frozen=True, kw_only=True)
class People:
    """Invented people.

    Args:
        first: First names, shape (n,).
        last: Surnames, shape (n,).
        female: Whether each is a woman, shape (n,).
        middle: Draws second first names, shape (n,).
        second: Draws second surnames, shape (n,).
    """

    first: Array
    last: Array
    female: Bools
    middle: Callable[[], Array]
    second: Callable[[], Array]


def people(ask: Ask) -> People:
    """The people of the rows asked for: a function of the seed, the row's number and the person.

    Example:
        >>> ask = Ask(rows=np.arange(3, dtype=np.uint64), seed=1)
        >>> people(ask).first.tolist() == people(ask).first.tolist()
        True
    """
    known = lists(ask.person.locale)
    female = _bits(ask, "sex") >> np.uint64(63) == 1
    if ask.person.sex is not None:
        female = np.where(ask.person.sex == EITHER, female, ask.person.sex == 1)
    first, last = _weighted(ask, female, known.first, "first"), _weighted(ask, female, known.last, "last")
    distinct = ask.person.distinct
    if distinct & _NAMES:
        first, last = _distinct(ask, known, female, first, last)

    def more(purpose: str, part: int) -> Array:
        if not distinct & _NAMES:
            return _weighted(ask, female, (known.first, known.last)[part], purpose)
        out = np.empty(ask.n, object)  # of words that can be told apart, as in the names themselves
        for sex, chosen in enumerate((~female, female)):
            words = _apart(ask.person.locale, sex)[part]
            out[chosen] = words[below(_bits(ask, purpose)[chosen], words.size)]
        return out

    return People(
        first=first,
        last=last,
        female=female,
        middle=lambda: more("middle", 0),
        second=lambda: more("second", 1),
    )


def _bits(ask: Ask, purpose: str) -> Uints64:
    """Bits of the person, the same for all their columns."""
    return hashed(ask.rows, derived(ask.seed, f"person\0{ask.person.name}\0{purpose}"))


def _weighted(ask: Ask, female: Bools, pair: tuple[Words, Words], purpose: str) -> Array:
    drawn = share(_bits(ask, purpose))
    out = np.empty(ask.n, object)
    for words, chosen in zip(pair, (~female, female), strict=True):
        place = np.searchsorted(words.reach, drawn[chosen], side="right")
        out[chosen] = words.texts[np.minimum(place, words.texts.size - 1)]
    return out


def _distinct(ask: Ask, known: Lists, female: Bools, first: Array, last: Array) -> tuple[Array, Array]:
    """Names that no two rows share: a permutation of pairs, and of triples once those run out."""
    distinct = ask.person.distinct
    joiner = " " if known.spaced else "·"
    for sex, chosen in enumerate((~female, female)):
        rows = ask.rows[chosen]
        firsts, lasts = _apart(ask.person.locale, sex)
        key = int(derived(ask.seed, f"person\0{ask.person.name}\0names"))
        if "last_name" in distinct:
            last[chosen] = compounds(rows, lasts, 1, key, "-" if known.spaced else "·")[0]
        if "first_name" in distinct:
            first[chosen] = compounds(rows, firsts, 1, key + 1, joiner)[0]
        if not distinct & {"first_name", "last_name"}:
            first[chosen], other = compounds(rows, firsts, lasts.size, key, joiner)
            last[chosen] = lasts[other]
    return first, last


def compounds(rows: Uints64, words: Array, others: int, key: int, joiner: str) -> tuple[Array, Ints]:
    """Distinct pairs of a text, made of as few words as go, and a number below `others`.

    Args:
        rows: Numbers of rows, shape (n,).
        words: Distinct words that can be told apart when joined, shape (m,).
        others: How many numbers there are, ≥ 1.
        key: Which order.
        joiner: What joins words.

    Returns:
        Texts and numbers, shape (n,) each; no pair occurs twice.

    Example:
        >>> pairs = compounds(np.arange(6, dtype=np.uint64), texts(["a", "b"]), 1, 0, "-")[0]
        >>> sorted(pairs.tolist())
        ['a', 'a-a', 'a-b', 'b', 'b-a', 'b-b']
    """
    out, other = np.empty(rows.size, object), np.zeros(rows.size, np.int64)
    start, capacity, length = 0, others * words.size, 1
    while start < _LARGEST:
        inside = (rows >= start) & (rows < start + capacity)
        if inside.any():
            rest = permute(rows[inside] - np.uint64(start), capacity, key)
            other[inside] = (rest % np.uint64(others)).astype(np.int64)
            rest //= np.uint64(others)
            text: Array | None = None
            for _ in range(length):
                word = words[(rest % np.uint64(words.size)).astype(np.int64)]
                text = word if text is None else text + joiner + word
                rest //= np.uint64(words.size)
            out[inside] = text
        start += capacity
        if not (rows >= start).any():
            break
        capacity, length = capacity * words.size, length + 1
    return out, other


@lru_cache(maxsize=64)
def _apart(locale: str, sex: int) -> tuple[Array, Array]:
    """First names and surnames of one sex that cannot be taken for others, alone or joined."""
    known = lists(locale)
    shared = known.first[0] is known.first[1]
    men = {_plain(word) for word in known.first[0].texts} if sex == 1 and not shared else set()
    first = _separate(known.first[sex], spaced=known.spaced, without=men)
    one = shared or known.last[0] is known.last[1]
    inflected = {_plain(word) for word in known.last[0].texts} if sex == 1 and not one else set()
    return first, _separate(known.last[0 if one else sex], spaced=known.spaced, without=inflected)


def _separate(words: Words, *, spaced: bool, without: set[str]) -> Array:
    kept: dict[str, str] = {}
    for word in sorted(words.texts, key=len):
        plain = _plain(word)
        joined = any(mark in word for mark in " -·,")
        begins = not spaced and any(plain.startswith(other) for other in kept)
        if plain not in kept and plain not in without and not joined and not begins:
            kept[plain] = word
    return texts(list(kept.values()) or ["Alex"])


def _plain(word: str) -> str:
    return word.upper().casefold()
