"""National identity numbers: by check digit, by shape, or by the column's name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from twin.columns.pii.detect.countries import NUMBERS, NationalNumber
from twin.columns.pii.detect.sample import Sample
from twin.columns.pii.detect.words import Hint

_CHECKED = 120  # most numbers of which the check digit is computed
_GLANCED = 40  # values that are glanced at before all
_FEWEST = 8  # fewest checked numbers that chance cannot explain: .1**8 for each of some fifty checks
_SHAPE = re.compile(r"(?=.*\d.*\d)[A-Za-z\d][A-Za-z\d\s\-./+]{3,22}[A-Za-z\d]")
_ISBN = re.compile(r"\d{9}X")


@dataclass(frozen=True)
class National:
    """National numbers that were found.

    Args:
        locale: Locale of the country, "" where none can be told.
        share: Share of the distinct values that pass.
        checked: Whether a check digit or an unmistakable shape told; else it was the column's name.
    """

    locale: str
    share: float
    checked: bool


def nationals(sample: Sample, hint: Hint) -> National | None:
    """The country whose numbers these are, or None.

    A bare run of digits must pass a check that altered digits fail, in nearly all values. Where the check is
    weak, the separators' shape or the column's name must agree.
    """
    hinted = hint.what == "national_id"
    if sample.digital < 0.5 or sample.dated or _any_long(sample):
        return None
    found = [hit for number in NUMBERS if (hit := _try(number, sample, hint)) is not None]
    if found:
        return max(found, key=lambda hit: (round(hit.share, 1), hit.locale[:2] == hint.locale[:2], hit.share))
    if hinted and sample.repeats < 5:
        share = _by_shape(sample)
        if share >= 0.7:
            return National(hint.locale, share, checked=False)
    return None


def _any_long(sample: Sample) -> bool:
    return sample.share([len(text) > 24 for text in sample.some(100)]) > 0.5


def _try(number: NationalNumber, sample: Sample, hint: Hint) -> National | None:
    glance = _matching(number, sample, max(len(sample.texts) // _GLANCED, 1))
    if len(glance) < 0.3 * min(_GLANCED, len(sample.texts)) or not _promising(number, glance):
        return None
    formed = _formed(number, sample)
    hinted = hint.what == "national_id"
    share = len(formed) / len(sample.texts)
    if share < (0.4 if hinted else 0.75):
        return None
    parted = number.parted and re.compile(number.parted)
    shaped = bool(parted) and sample.share([bool(re.fullmatch(parted, t)) for t in sample.texts]) >= 0.7
    if not number.module:
        enough = len(formed) >= (2 if hinted else _FEWEST)
        return National(number.locale, share, checked=True) if enough else None
    check = _check(number.module)
    few = formed if len(formed) <= _CHECKED else formed[:: len(formed) // _CHECKED + 1]
    valid = sum(map(check, few)) / len(few)
    altered = sum(check(_alter(text, i)) for i, text in enumerate(few)) / len(few)
    telling = altered < 0.35 * valid
    enough = len(few) >= (2 if hinted or shaped else _FEWEST)
    wanted = 0.5 if hinted else 0.75 if telling and shaped else 0.85
    if not enough or valid * share < wanted or not (telling or shaped or _own(hint, number)):
        return None
    return National(number.locale, valid * share, checked=telling or shaped)


def _promising(number: NationalNumber, glance: list[str]) -> bool:
    """Whether the check digits of a few are right often enough to look at all."""
    few = glance[:: max(len(glance) // 12, 1)]
    return not number.module or sum(map(_check(number.module), few)) >= 0.4 * len(few)


def _own(hint: Hint, number: NationalNumber) -> bool:
    """Whether the column's name says national number, in a language of that country or in English."""
    return hint.what == "national_id" and hint.locale[:2] in ("en", number.locale[:2])


def _formed(number: NationalNumber, sample: Sample) -> list[str]:
    """Values of the right pattern."""
    if number.module == "gb.nhs" and sum(_ISBN.fullmatch(text) is not None for text in sample.texts) > 1:
        return []  # ISBN-10 has the same check digit, but X for ten
    return _matching(number, sample, 1)


def _matching(number: NationalNumber, sample: Sample, step: int) -> list[str]:
    match = re.compile(number.pattern).fullmatch
    if sample.numeric:
        filled = (_filled(text, number) for text in sample.texts[::step])
        return [text for text in filled if match(text)]
    pairs = zip(sample.texts[::step], sample.compact[::step], strict=True)
    return [text.upper() for text, compact in pairs if match(compact)]


def _filled(text: str, number: NationalNumber) -> str:
    length = next((n for n in number.lengths if n - 3 <= len(text) <= n), 0)
    return text.zfill(length)


def _alter(text: str, i: int) -> str:
    """The text with one of its digits changed: what chance would make of it."""
    places = [j for j, c in enumerate(text) if c in "0123456789"]
    j = places[(i * 7 + 3) % len(places)]
    return text[:j] + str((int(text[j]) + 1 + i % 8) % 10) + text[j + 1 :]


@cache
def _check(module: str) -> Callable[[str], bool]:
    valid: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid

    def check(text: str) -> bool:
        try:
            return valid(text)
        except LookupError:  # a place code that the package's tables lack
            return False

    return check


def _by_shape(sample: Sample) -> float:
    """Share of values that look like some country's number: digits and letters, 5 to 24 of them, one
    word.
    """
    if sample.numeric:
        return sample.share([5 <= len(text) <= 19 for text in sample.texts])
    flags = []
    for text, plain, digits in zip(sample.texts, sample.compact, sample.digits, strict=True):
        flags.append(
            bool(_SHAPE.fullmatch(text)) and len(digits) >= max(2, 0.3 * len(plain)) and len(plain) >= 5
        )
    return sample.share(flags)
