"""Telephone numbers by the plans of the countries, and national identity numbers by check digit or shape."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from twin.columns.pii.detect.countries import COUNTRY_LOCALES, NUMBERS, NationalNumber
from twin.columns.pii.detect.sample import Sample
from twin.columns.pii.detect.words import (
    Hint,
    word_list,
)

_FORM = re.compile(
    r"(tel\.?:?\s*|phone:?\s*|t:\s*)?[(+]?[\d(][\d\s()\-./\u2010-\u2015·]{4,24}\d"
    r"(\s*(ext\.?|x|#|dw|kl\.?|durchwahl|poste|extension|доб\.?)\s*\.?:?\s*\d{1,6})?",
    re.IGNORECASE,
)
_EXTENSION = re.compile(r"\s*(ext|x|#|dw|kl|durchwahl|poste|extension|доб).*$", re.IGNORECASE)
_LOOKALIKES = re.compile(
    r"\d+[.,]\d{1,3}|\d{3}-\d{2}-\d{4}|\d{1,4}\s*[-–]\s*\d{1,4}|\d{5}-\d{4}|\d{4}-\d{1,2}-\d{1,2}.*|"
    r"97[89][-\s].*|\d{1,3}(\.\d{1,3}){3}|\d{1,3}([, ]\d{3})+|\d{1,2}[./]\d{1,2}[./]\d{2,4}.*|"
    r"(\d+\.)+\d+|\d{3}[ -]\d{3}[ -]\d{3}"
)
_ATLANTIC = re.compile(r"(\+?1[-. ])?\(?([2-9]\d\d)\)?[-. ]{1,2}[2-9]\d\d[-. ]\d{4}")  # North American plan
_MOBILE = re.compile(r"1[3-9]\d{9}")
_GAPS = re.compile(r"[\s()\-./+]")
_TRIED = 25  # numbers that are tried in every region
_CHECKED = 150
_FREQUENT = """US GB FR ES CH PT NL BE PL SE NO DK CZ SK HU RO BG GR TR RU UA HR SI LT LV EE IE
BR MX AR CL
    CO IN CN JP KR TW HK SG IL TH VN AU NZ ZA SA AE EG IR MA NG KE PK ID FI IT DE AT"""
_NO_TRUNK = word_list("countries_without_trunk_prefix")
_REGIONS = tuple(_FREQUENT.split())


@dataclass(frozen=True)
class PhoneReading:
    """Telephone numbers that were found.

    Args:
        locale: Locale of the region of most, "" where none can be told.
        share: Share of the distinct values that pass.
        checked: Whether the values tell; else it was the column's name.
    """

    locale: str
    share: float
    checked: bool


def phones(sample: Sample, hint: Hint) -> PhoneReading | None:
    """The region whose telephone numbers these are, or None. Plain quantities and codes are none.

    Args:
        sample: Distinct values of the column, as clean text.
        hint: What the column's name says.
    """
    hinted = hint.what == "phone"
    if sample.digital < 0.6:
        return None
    if not hint.what and _chinese(sample):
        return PhoneReading("zh_CN", 1.0, checked=True)
    glance = [_formed(text, hinted) for text in sample.some(40)]
    if sum(glance) < 0.4 * len(glance) or (sample.numeric and not hinted):
        return None
    formed = [text for text in sample.texts if _formed(text, hinted)]
    share = len(formed) / len(sample.texts)
    if share < (0.6 if hinted else 0.7) or (sample.dated and not hinted):
        return None
    if not hinted and not _open(formed, sample):
        return None
    region, valid = _best_region(formed, hint)
    if not hinted and not _usual(formed, region):
        return None
    locale = COUNTRY_LOCALES.get(region, "")
    if hinted:
        return PhoneReading(locale if valid >= 0.4 else "", share, checked=valid >= 0.5)
    if valid * share >= 0.6 or _telling(formed) * share >= 0.75 or (_mixed(formed) and share > 0.9):
        return PhoneReading(locale if valid >= 0.4 else "", share, checked=True)
    return None


def _formed(text: str, hinted: bool) -> bool:
    if not _FORM.fullmatch(text):
        return False
    count = len(_digits(_EXTENSION.sub("", text)))
    return (6 if hinted else 7) <= count <= 15 and (hinted or not _LOOKALIKES.fullmatch(text))


def _digits(text: str) -> str:
    return "".join(c for c in text if c in "0123456789")


def _open(formed: list[str], sample: Sample) -> bool:
    """Whether the form alone lets one think of telephones: a leading 0 or +, or parted groups."""
    if sample.repeats > 20:
        return False
    leading = sum(text.startswith(("+", "0", "(", "tel", "Tel")) for text in formed) / len(formed)
    parted = sum(bool(_GAPS.search(text.strip())) for text in formed) / len(formed)
    shapes = len({re.sub(r"\d", "0", text) for text in formed})
    bare = sum(text.isdigit() for text in formed) / len(formed)
    if bare > 0.8:
        lengths = Counter(len(text) for text in formed)
        # without a separator only trunk or international prefixes tell, and only in columns of many areas
        areas = len({text[:4] for text in formed})
        return (
            leading > 0.9 and areas >= min(15, len(formed) * 0.3) and max(lengths) >= 9 and min(lengths) >= 8
        )
    return leading > 0.5 or parted > 0.7 or shapes > 3


def _telling(formed: list[str]) -> float:
    """Share of numbers in international form, or in the groups of the North American plan in many areas."""
    atlantic = [hit.group(2) for text in formed if (hit := _ATLANTIC.match(text))]
    many = len(set(atlantic)) >= min(10, 0.5 * len(formed))
    abroad = [text for text in formed if text.startswith(("+", "00", "(+"))]
    possible = sum(_possible(text) for text in abroad[:_CHECKED]) / max(len(abroad[:_CHECKED]), 1)
    return max(len(atlantic) / len(formed) if many else 0.0, possible * len(abroad) / len(formed))


def _usual(formed: list[str], region: str) -> bool:
    """Whether numbers are written as telephone numbers are: with a prefix, or in their region's groups."""
    prefixed = [text.startswith(("+", "0", "(", "tel", "Tel", "T:")) for text in formed]
    if sum(prefixed) > 0.5 * len(formed) or _telling(formed) > 0.75:
        return True
    few = formed[:: max(len(formed) // _CHECKED, 1)][:_CHECKED]
    return bool(region) and sum(_as_printed(text, region) for text in few) > 0.4 * len(few)


def _mixed(formed: list[str]) -> bool:
    """Whether some numbers are in international form, and many shapes are there, as people write them."""
    abroad = [text for text in formed if text.startswith(("+", "(+"))]
    possible = [_possible(text) for text in abroad[:_CHECKED]]
    shapes = {re.sub(r"\d", "0", text) for text in formed}
    return (
        len(abroad) >= max(3, 0.1 * len(formed)) and sum(possible) > 0.6 * len(possible) and len(shapes) > 2
    )


def _chinese(sample: Sample) -> bool:
    """Whether bare numbers are Chinese mobile numbers: eleven digits from 13 to 19, of many networks."""
    hits = [text for text in sample.texts if _MOBILE.fullmatch(text)]
    return len(hits) >= max(30, 0.95 * len(sample.texts)) and len({text[:3] for text in hits}) >= 15


def _as_printed(text: str, region: str) -> bool:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL) == text)


def _possible(text: str) -> bool:
    import phonenumbers

    plus = "+" + _digits(text).removeprefix("00")
    try:
        return bool(phonenumbers.is_possible_number(phonenumbers.parse(plus, None)))
    except phonenumbers.NumberParseException:
        return False


def _best_region(formed: list[str], hint: Hint) -> tuple[str, float]:
    """The region in which most numbers are valid, and their share."""
    few = formed[:: max(len(formed) // _TRIED, 1)][:_TRIED]
    own = hint.locale[-2:]
    regions = [own, *[r for r in _REGIONS if r != own]] if own and own != "US" else list(_REGIONS)
    if not hint.what and sum(text.startswith(("+", "0", "(")) for text in few) < 0.3 * len(few):
        regions = [r for r in regions if r in _NO_TRUNK]  # elsewhere numbers at home begin with 0
    if sum(text.startswith(("+", "(+")) for text in few) > 0.9 * len(few):
        regions = regions[:1]
    best, most = "", 0.0
    for region in regions:
        share = sum(_valid(text, region) is not None for text in few[::5]) / len(few[::5])
        if share < 0.6 or share < most - 0.3:
            continue
        share = sum(_valid(text, region) is not None for text in few) / len(few)
        if share > most + 0.02:
            best, most = region, share
        if most > 0.97:
            break
    if not best:
        return "", 0.0
    many = formed[:: max(len(formed) // _CHECKED, 1)][:_CHECKED]
    found = [_valid(text, best) for text in many]
    common = Counter(region for region in found if region).most_common(1)
    return (common[0][0] if common else best), sum(region is not None for region in found) / len(found)


def _valid(text: str, region: str) -> str | None:
    """The region of a valid number, or None."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    found: str | None = phonenumbers.region_code_for_number(number)
    return found


_CHECKED_NATIONALS = 120  # most numbers of which the check digit is computed
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

    Args:
        sample: Distinct values of the column, as clean text.
        hint: What the column's name says.
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
    formed = _formed_like_national(number, sample)
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
    few = formed if len(formed) <= _CHECKED_NATIONALS else formed[:: len(formed) // _CHECKED_NATIONALS + 1]
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


def _formed_like_national(number: NationalNumber, sample: Sample) -> list[str]:
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
