"""Whether a column holds direct identifiers: its values tell, and its name."""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal

from twin.columns.arrays.reading import ColumnArrays
from twin.columns.pii.detect import forms, vocabulary
from twin.columns.pii.detect.countries import COUNTRY_LOCALES
from twin.columns.pii.detect.forms import addresses
from twin.columns.pii.detect.numbers import nationals, phones
from twin.columns.pii.detect.people import persons, usernames
from twin.columns.pii.detect.quasi import precise_position
from twin.columns.pii.detect.sample import Sample, draw
from twin.columns.pii.detect.whats import WHATS, Recognition
from twin.columns.pii.detect.words import Hint, hint_of, words_of
from twin.columns.schema import Name

_FALLBACK = "en_US"
_GOODS = vocabulary.words("goods")
_SUFFIX = re.compile(r"\.([a-z]{2})(?:[>/:?#\s]|$)", re.IGNORECASE)


def recognise(name: Name, native: ColumnArrays, dtype: str) -> Recognition | None:
    """Whether a column holds direct identifiers, and which.

    Looks at no more than some 1,000 distinct values, the same ones each time.

    Args:
        name: Name of the column.
        native: The column as arrays.
        dtype: Name of its dtype.

    Returns:
        What was recognised and why; None for an ordinary column.

    Example:
        >>> import pandas as pd
        >>> from twin.columns.arrays.reading import read
        >>> mails = pd.Series(["ann@example.com", "bob@example.org", None])
        >>> recognise("contact", read(mails), "str").what
        'email'
    """
    hint = hint_of(name)
    if precise_position(name, native):
        reason = "the column is named like a latitude or longitude, and is exact to some ten metres"
        return Recognition(what="coordinates", locale=_FALLBACK, share=1.0, by="both", reason=reason)
    sample = draw(native, dtype)
    if sample is None:
        return None
    return _by_form(sample, hint) or _by_number(sample, hint, name) or _by_words(sample, hint)


def _told(what: str, share: float, hint: Hint, *, locale: str = "", by_values: bool = True) -> Recognition:
    """The recognition, with its reason."""
    named = hint.what == what
    by: Literal["values", "name", "both"] = (
        "both" if by_values and named else "values" if by_values else "name"
    )
    title = WHATS[what].title
    reasons = {
        "values": f"{_most(share)} of the values have the form of a {title}",
        "both": f"{_most(share)} of the values have the form of a {title}, and the column is named like one",
        "name": f"the column is named like a {title}, and {_most(share)} of the values may be one",
    }
    place = locale or hint.locale or _FALLBACK
    if not re.fullmatch("[a-z]{2,3}_[A-Z]{2}", place):
        place = _FALLBACK
    reason = re.sub(r"\ba (?=[aeio]|IBAN|IP)", "an ", reasons[by])
    return Recognition(what=what, locale=place, share=share, by=by, reason=reason)


def _most(share: float) -> str:
    return "nearly all" if share >= 0.95 else "most" if share >= 0.5 else "many"


def _by_form(sample: Sample, hint: Hint) -> Recognition | None:
    """E-mail, web, network addresses and positions: the form tells."""
    if sample.numeric:
        return None
    few = len(sample.texts) < 3 and not hint.what
    checks = (
        ("email", forms.emails(sample)),
        ("uuid", forms.uuids(sample, hinted=hint.what == "uuid")),
        ("mac", forms.macs(sample, hinted=hint.what == "mac")),
        ("ip", forms.ips(sample, hinted=hint.what == "ip")),
        ("url", forms.urls(sample, hinted=hint.what == "url")),
        ("coordinates", forms.positions(sample, hinted=hint.what == "coordinates")),
    )
    for what, share in checks:
        if share >= (0.5 if hint.what == what else 0.7) and not few:
            locale = _domain(sample) if what in ("email", "url") else ""
            return _told(what, share, hint, locale=locale)
    return None


def _domain(sample: Sample) -> str:
    """Locale of the country domain that most addresses end in, "" where none stands out."""
    found = Counter(hit.group(1).upper() for text in sample.some(200) if (hit := _SUFFIX.search(text)))
    common = found.most_common(1)
    if not common or common[0][1] < 0.3 * len(sample.some(200)):
        return ""
    return COUNTRY_LOCALES.get("GB" if common[0][0] == "UK" else common[0][0], "")


def _by_number(sample: Sample, hint: Hint, name: Name) -> Recognition | None:
    """Accounts, cards, national numbers and telephones: check digits and numbering plans tell."""
    if sample.digital < 0.5:
        return None
    share, locale = forms.ibans(sample)
    if share >= (0.3 if hint.what == "iban" else 0.6) and len(sample.texts) >= (
        1 if hint.what == "iban" else 3
    ):
        return _told("iban", share, hint, locale=locale)
    shape = forms.accounts(sample)
    if hint.what == "iban" and shape >= 0.7:
        return _told("iban", shape, hint, by_values=False)
    goods = bool(_GOODS.intersection(words_of(name)) or _GOODS.intersection({"".join(words_of(name))}))
    if goods and not hint.what:
        return None
    share, formed = forms.cards(sample)
    if share >= (0.4 if hint.what == "card" else 0.75) and len(sample.texts) >= (
        2 if hint.what == "card" else 8
    ):
        return _told("card", share, hint)
    if hint.what == "card" and formed >= 0.8 and sample.repeats < 5:
        return _told("card", formed, hint, by_values=False)
    if hint.what not in ("card", "iban", "phone"):
        found = nationals(sample, hint)
        if found is not None:
            return _told("national_id", found.share, hint, locale=found.locale, by_values=found.checked)
    if hint.what in ("", "phone", "name", "username") or not hint.strong:
        called = phones(sample, hint)
        if called is not None:
            return _told("phone", called.share, hint, locale=called.locale, by_values=called.checked)
    return None


def _by_words(sample: Sample, hint: Hint) -> Recognition | None:
    """Addresses and names of people."""
    if sample.numeric:
        return None
    share, telling = addresses(sample, hint)
    if share >= 0.55:
        return _told("address", share, hint, by_values=telling)
    if hint.what not in ("username", "address"):
        found = persons(sample, hint)
        if found is not None:
            return _told(found.what, found.share, hint, locale=found.locale, by_values=found.known)
    share, telling = usernames(sample, hint)
    if share >= 0.6:
        return _told("username", share, hint, by_values=telling)
    return None
