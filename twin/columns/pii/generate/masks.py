"""Masks: texts with their digits as "#", and texts filled into them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.arrays import Integers, Ints, Uints64
from twin.columns.pii.generate.base import Ask, IdentifierFacts

"""One digit, or one letter as its code point, per row and place, shape (n, places)."""

_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
MOST = 64
"""Longer values have no form."""


def mask(text: str) -> str:
    """A text with its digits as "#", as long as it has no letters; else "".

    Example:
        >>> mask("4111-1111"), mask("a1")
        ('####-####', '')
    """
    if len(text) > MOST or "#" in text or _LETTER.search(text):
        return ""
    return _DIGIT.sub("#", text)


def hidden(text: str) -> str:
    """A text with its letters as "X" and its digits as "0".

    Example:
        >>> hidden("Anna Huber"), hidden("+43 664")
        ('XXXX XXXXX', '+00 000')
    """
    return _LETTER.sub("X", _DIGIT.sub("0", text)) if len(text) <= MOST else ""


def spell(codes: Integers) -> list[str]:
    """Texts from code points, shape (n, length).

    Example:
        >>> spell(np.array([[72, 105]]))
        ['Hi']
    """
    n, length = codes.shape
    if not n or not length:
        return [""] * n
    made: list[str] = np.ascontiguousarray(codes, np.uint32).view(f"U{length}").ravel().tolist()
    return made


def fill(form: str, digits: Ints) -> list[str]:
    """A mask with its places filled.

    Args:
        form: A mask with as many "#" as there are digits.
        digits: Digits 0 … 9, or code points of letters, shape (n, places).

    Returns:
        Texts, shape (n,).

    Example:
        >>> fill("##-#", np.array([[1, 2, 3], [0, ord("A"), 9]]))
        ['12-3', '0A-9']
    """
    points = np.array([ord(letter) for letter in form], np.int64)
    out = np.broadcast_to(points, (digits.shape[0], points.size)).copy()
    out[:, points == ord("#")] = np.where(digits < 10, digits + ord("0"), digits)
    return spell(out)


def digits_of(numbers: Uints64, places: int) -> Ints:
    """The digits of numbers, highest first, shape (n, places).

    Args:
        numbers: Whole numbers, shape (n,).
        places: Digits, ≥ 0.
    """
    out = np.empty((numbers.size, places), np.int64)
    rest = numbers
    for j in range(places - 1, -1, -1):
        rest, digit = np.divmod(rest, np.uint64(10))
        out[:, j] = digit.astype(np.int64)
    return out


def random_digits(ask: Ask, places: int, purpose: str) -> Ints:
    """Random digits: distinct rows of digits where they must be, as long as they last, shape (n, places).

    Args:
        ask: Which rows and persons are asked for, and their randomness.
        places: Digits, ≥ 0.
        purpose: What the draw is for; another purpose gives another draw.
    """
    spread = min(places, 18)
    numbers, _ = ask.numbers(10**spread, purpose)
    out = np.empty((ask.n, places), np.int64)
    out[:, places - spread :] = digits_of(numbers, spread)
    if places > spread:
        out[:, : places - spread] = digits_of(
            ask.bits(purpose + "+") % np.uint64(10 ** min(places - spread, 18)), places - spread
        )
    return out


def longer(made: list[str], ask: Ask, places: int) -> list[str]:
    """The texts, with a number after those of rows beyond all that so many digits can tell apart.

    Args:
        made: What was made so far, one text for each row.
        ask: Which rows and persons are asked for, and their randomness.
        places: Digits, ≥ 0.
    """
    if not ask.unique or not ask.n or int(ask.rows[-1]) < 10 ** min(places, 18):
        return made
    laps = ask.rows // np.uint64(10 ** min(places, 18))
    return [f"{text}{lap}" if lap else text for text, lap in zip(made, laps.tolist(), strict=True)]


def resized(form: str, places: int) -> str:
    """A mask with another number of places: its longest run of them grows or shrinks.

    Args:
        form: The form of the text, as `forms` named it.
        places: Digits, ≥ 0.

    Example:
        >>> resized("### ####", 9), resized("##-##-####", 6)
        ('### ######', '##-##-##')
    """
    while (count := form.count("#")) != places:
        runs = list(re.finditer("#+", form))
        if not runs:
            return form + "#" * places
        longest = max(runs, key=lambda run: (len(run.group()), run.end()))
        end = longest.end()
        form = form[: end - 1] + form[end:] if count > places else form[:end] + "#" + form[end:]
    return form


@dataclass(frozen=True)
class Plain:
    """Invents numbers of a form: what stands in for identifiers that came as numbers.

    Example:
        >>> Plain().forms(["123456"], IdentifierFacts())
        ['######']
    """

    def forms(self, texts: Sequence[str], about: IdentifierFacts) -> list[str]:
        """The mask of each text.

        Args:
            texts: Texts of the column, each once.
            about: What is known of the column beside its values.
        """
        return [mask(text) for text in texts]

    def default(self, about: IdentifierFacts) -> str:
        """Eight digits."""
        return "########"

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Numbers with no leading zero.

        Args:
            ask: Which rows and persons are asked for, and their randomness.
            form: The form of the text, as `forms` named it.
        """
        places = form.count("#")
        if ask.unique:
            return [str(number) for number in ask.counters(places, "digits").tolist()]
        digits = random_digits(ask, places, "digits")
        if places:
            digits[:, 0] = np.maximum(digits[:, 0], 1)
        return fill(form, digits)


def luhn(digits: Ints) -> Ints:
    """The check digit after some digits, shape (n,).

    Source:
        ISO/IEC 7812-1, annex B.

    Example:
        >>> luhn(np.array([[7, 9, 9, 2, 7, 3, 9, 8, 7, 1]])).tolist()
        [3]
    """
    odd = digits[:, ::-1].copy()
    odd[:, ::2] *= 2
    total = (odd // 10 + odd % 10).sum(axis=1)
    return np.asarray(-total % 10, np.int64)
