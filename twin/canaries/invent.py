"""Texts that occur nowhere in a table: words, characters, identifiers."""

from __future__ import annotations

import string

from numpy.random import Generator

LETTERS = 14  # of an invented word
LONG = 2_000  # characters of a very long text
_RUNES = [chr(c) for c in (*range(0x16A0, 0x16EB), *range(0x1681, 0x169B), *range(0x1401, 0x166D))]


def word(rng: Generator) -> str:
    """A word of random letters.

    Example:
        >>> import numpy as np
        >>> len(word(np.random.default_rng(0)))
        14
    """
    letters = rng.choice(list(string.ascii_lowercase), LETTERS)
    return "".join(letters).capitalize()


def long_text(rng: Generator) -> str:
    """A very long word."""
    return "".join(rng.choice(list(string.ascii_lowercase), LONG)).capitalize()


def rune(number: int) -> str:
    """An unusual character: a rune, then Ogham and syllabics."""
    return _RUNES[number % len(_RUNES)]


def same_form(value: str, rng: Generator) -> str:
    """Other letters and digits in the form of a value; the first digit is no zero.

    Args:
        value: A value of the column, whose form is kept.
        rng: Source of randomness.

    Example:
        >>> import numpy as np
        >>> same_form("P-1234", np.random.default_rng(0))[1]
        '-'
    """
    out = []
    for i, letter in enumerate(value):
        if letter.isdigit():
            low = 1 if i == 0 else 0
            out.append(str(rng.integers(low, 10)))
        elif letter.isalpha():
            every = string.ascii_uppercase if letter.isupper() else string.ascii_lowercase
            out.append(str(rng.choice(list(every))))
        else:
            out.append(letter)
    return "".join(out)
