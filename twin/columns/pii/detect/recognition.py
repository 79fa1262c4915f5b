"""Whether a column holds direct identifiers: its values tell, and its name."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from twin.columns.arrays.reading import ColumnArrays
from twin.columns.pii.detect.countries import COUNTRY_LOCALES
from twin.columns.pii.detect.numbers import nationals, phones
from twin.columns.pii.detect.people import persons, usernames
from twin.columns.pii.detect.quasi import precise_position
from twin.columns.pii.detect.sample import Sample, draw
from twin.columns.pii.detect.whats import WHATS, Recognition
from twin.columns.pii.detect.words import (
    Hint,
    fold,
    hint_of,
    word_list,
    words_of,
)
from twin.columns.schema import Name

_FALLBACK = "en_US"
_GOODS = word_list("goods")
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
        ("email", emails(sample)),
        ("uuid", uuids(sample, hinted=hint.what == "uuid")),
        ("mac", macs(sample, hinted=hint.what == "mac")),
        ("ip", ips(sample, hinted=hint.what == "ip")),
        ("url", urls(sample, hinted=hint.what == "url")),
        ("coordinates", positions(sample, hinted=hint.what == "coordinates")),
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
    share, locale = ibans(sample)
    if share >= (0.3 if hint.what == "iban" else 0.6) and len(sample.texts) >= (
        1 if hint.what == "iban" else 3
    ):
        return _told("iban", share, hint, locale=locale)
    shape = accounts(sample)
    if hint.what == "iban" and shape >= 0.7:
        return _told("iban", shape, hint, by_values=False)
    goods = bool(_GOODS.intersection(words_of(name)) or _GOODS.intersection({"".join(words_of(name))}))
    if goods and not hint.what:
        return None
    share, formed = cards(sample)
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


_EMAIL = re.compile(
    r"(?:[^<>@]*<\s*)?(?:mailto:)?[^@\s<>,;:]+@(?:[\w-]+\.)+[^\W\d_][\w-]+\s*>?;?", re.UNICODE
)
_SCHEME = re.compile(r"(https?|ftps?|sftp|wss?)://[^\s/]+.*|www\d?\.[\w-]+(\.[\w-]+)+(/\S*)?", re.IGNORECASE)
_DOMAIN = re.compile(r"((?:[\w-]+\.)+)([a-z]{2,12}|xn--[\w-]+)(:\d+)?(/\S*)?", re.IGNORECASE)
_TLDS = word_list("top_level_domains")
_UUID = re.compile(
    r"(?:urn:uuid:)?\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?", re.IGNORECASE
)
_BARE_UUID = re.compile(r"\{?[0-9a-f]{12}[1-8][0-9a-f]{3}[89ab][0-9a-f]{15}\}?", re.IGNORECASE)
_MAC = re.compile(
    r"[0-9a-f]{2}(?:([:\-. ])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}",
    re.IGNORECASE,
)
_BARE_MAC = re.compile(r"[0-9a-f]{12}", re.IGNORECASE)
_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}")
_APART = re.compile(r"[\s\-.]+")
_CARD = re.compile(r"\d[\d \-.]{10,30}\d")
_ISSUERS = re.compile(
    r"4\d{12}(\d{3}){0,2}|5[1-5]\d{14}|2(22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|"
    r"3(0[0-5]|09|6\d|8\d|9\d)\d{11,13}|6(011|5\d\d|4[4-9]\d)\d{12,15}|35(2[89]|[3-8]\d)\d{12,15}|"
    r"(2131|1800)\d{11,12}|62\d{14,17}|220[0-4]\d{12,15}|(50[12]\d|5[6-8]\d\d|6[37]\d\d|0604|60\d\d)\d{8,15}|(81|82)\d{14,17}"
)  # ISO/IEC 7812: Visa, Mastercard, Amex, Diners, Discover, JCB, UnionPay, Mir, Maestro, RuPay
_DECIMAL = r"[+-]?\d{1,3}(?:[.,]\d{%d,})?\s*°?\s*[NSEWOnsewo]?"
_DMS = re.compile(
    r"[NSns]?\s*\d{1,2}\s*[°d:]\s*\d{1,2}(?:\s*['′’m:]\s*(?:\d{1,2}(?:[.,]\d+)?\s*(?:\"|″|''|”|s)?)?)?\s*[NSns]?[\s,;/]+"
    r"[EWOewo]?\s*\d{1,3}\s*[°d:]\s*\d{1,2}(?:\s*['′’m:]\s*(?:\d{1,2}(?:[.,]\d+)?\s*(?:\"|″|''|”|s)?)?)?\s*[EWOewo]?"
)
_POINT = re.compile(
    r"(?:SRID=\d+;\s*)?POINT\s*Z?\s*\(\s*-?\d+(?:\.\d+)?\s+-?\d+(?:\.\d+)?.*\)|geo:-?\d+\.\d+,-?\d+\.\d+.*",
    re.I,
)
_PLUS = re.compile(r"[23456789CFGHJMPQRVWX]{8}\+[23456789CFGHJMPQRVWX]{2,3}")
_PAIR = re.compile(
    r"(?:lat\w*\W+)?([NSns]?\s*[+-]?\d{1,3}(?:\.\d+)?)\s*°?\s*([NSns]?)(?:\s*[,;/|]\s*|\s+)(?:lon\w*\W+|lng\W+)?"
    r"([EWOewo]?\s*[+-]?\d{1,3}(?:\.\d+)?)\s*°?\s*([EWOewo]?)"
)
_COMMAS = re.compile(r"([+-]?\d{1,3},\d{3,})\s*°?([NS]?)\s*[;/| ]\s*([+-]?\d{1,3},\d{3,})\s*°?([EWO]?)")


def emails(sample: Sample) -> float:
    """Share of e-mail addresses, with a display name or without."""
    if sample.having("@") < 0.2:
        return 0.0
    return sample.share([_EMAIL.fullmatch(text) is not None for text in sample.texts])


def urls(sample: Sample, *, hinted: bool) -> float:
    """Share of web addresses; without a scheme only under known top-level domains.

    Args:
        sample: Distinct values of the column, as clean text.
        hinted: Whether the column's name says so.
    """
    if sample.having(".") < 0.3:
        return 0.0
    return sample.share([_is_url(text, hinted) for text in sample.texts])


def _is_url(text: str, hinted: bool) -> bool:
    if _SCHEME.fullmatch(text):
        return True
    hit = _DOMAIN.fullmatch(text)
    if hit is None or "@" in text:
        return False
    first = hit.group(1).split(".")[0].lower()
    if first in ("com", "org", "net", "io", "de"):  # a package, not a host
        return False
    return hit.group(2).lower() in _TLDS or (hinted and not hit.group(2).isdigit())


def uuids(sample: Sample, *, hinted: bool) -> float:
    """Share of UUIDs; without hyphens only where version and variant stand in their places (RFC 9562).

    Args:
        sample: Distinct values of the column, as clean text.
        hinted: Whether the column's name says so.
    """
    whole = sample.share([_UUID.fullmatch(text) is not None for text in sample.texts])
    if whole > 0.3:
        return sample.share([bool(_UUID.fullmatch(t) or _BARE_UUID.fullmatch(t)) for t in sample.texts])
    if len(sample.texts) < 5 and not hinted:
        return whole
    bare = sample.share([_BARE_UUID.fullmatch(text) is not None for text in sample.texts])
    return max(whole, bare if bare > 0.9 or hinted else 0.0)


def macs(sample: Sample, *, hinted: bool) -> float:
    """Share of MAC addresses; twelve bare digits count only where the name says so.

    Args:
        sample: Distinct values of the column, as clean text.
        hinted: Whether the column's name says so.
    """
    parted = [_MAC.fullmatch(text) is not None for text in sample.texts]
    bare = [_BARE_MAC.fullmatch(text) is not None for text in sample.texts]
    if hinted or sample.share(parted) > 0.4:
        return sample.share([a or b for a, b in zip(parted, bare, strict=True)])
    return sample.share(parted)


def ips(sample: Sample, *, hinted: bool) -> float:
    """Share of IP addresses, with port or prefix length or without; versions and sections are told apart.

    Args:
        sample: Distinct values of the column, as clean text.
        hinted: Whether the column's name says so.
    """
    if sample.having(".:") < 0.5:
        return 0.0
    found = [_ip(text) for text in sample.texts]
    share = sample.share([bool(ip) for ip in found])
    if hinted or share < 0.5:
        return share
    wide = [ip.version == 6 or max(ip.packed) >= 64 for ip in found if ip]
    return share if sample.share(wide) > 0.5 else 0.0


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    bare = text.strip("[]").split("/")[0].split("%")[0]
    with_port = _PORT.fullmatch(bare)
    if "]:" in bare:
        bare = bare.split("]:")[0]
    if bare.count(":") < 2 and bare.count(".") != 3:
        return None
    try:
        return ipaddress.ip_address(with_port.group(1) if with_port else bare)
    except ValueError:
        return None


def ibans(sample: Sample) -> tuple[float, str]:
    """Share of IBANs whose check digits are right, and the locale of most of them.

    Source:
        ISO 13616, ISO/IEC 7064 MOD 97-10.
    """
    compact = [_APART.sub("", text).upper().removeprefix("IBAN").lstrip(":") for text in sample.texts]
    valid = [_IBAN.fullmatch(text) is not None and _mod97(text) == 1 for text in compact]
    countries = Counter(text[:2] for text, right in zip(compact, valid, strict=True) if right)
    common = countries.most_common(1)
    return sample.share(valid), COUNTRY_LOCALES.get(common[0][0], "") if common else ""


def _mod97(iban: str) -> int:
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97


def accounts(sample: Sample) -> float:
    """Share of values that are written like IBANs, whether their check digits are right or not."""
    return sample.share([_IBAN.fullmatch(text) is not None for text in sample.compact])


def cards(sample: Sample) -> tuple[float, float]:
    """Share of payment card numbers whose check digit is right, and of those of the right length at all.

    Source:
        ISO/IEC 7812-1, annex B (Luhn's formula).
    """
    formed, valid = [], []
    for text, digits in zip(sample.texts, sample.digits, strict=True):
        form = 12 <= len(digits) <= 19 and _CARD.fullmatch(text) is not None
        formed.append(form)
        valid.append(form and _ISSUERS.fullmatch(digits) is not None and luhn(digits))
    return sample.share(valid), sample.share(formed)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others by Luhn's formula.

    Example:
        >>> luhn("4111111111111111"), luhn("4111111111111112")
        (True, False)
    """
    total = sum(int(c) for c in digits[-1::-2]) + sum(
        (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)[int(c)] for c in digits[-2::-2]
    )
    return total % 10 == 0


def positions(sample: Sample, *, hinted: bool) -> float:
    """Share of geographic positions: decimal pairs, degrees and minutes, points, plus codes.

    Args:
        sample: Distinct values of the column, as clean text.
        hinted: Whether the column's name says so.
    """
    if sample.digital < 0.5:
        return 0.0
    return sample.share([_is_position(text, hinted) for text in sample.texts])


def _is_position(text: str, hinted: bool) -> bool:
    if _POINT.fullmatch(text) or (len(text) > 8 and "+" in text and _PLUS.fullmatch(text)):
        return True
    bare = text.strip("()[]{} ").replace('"', "" if "lat" in text.lower() else '"')
    if ("°" in text or "'" in text) and _DMS.fullmatch(bare):
        return True
    pair = _COMMAS.fullmatch(bare) or _PAIR.fullmatch(bare)
    if pair is None:
        return False
    return _on_earth(pair.groups(), hinted)


def _on_earth(parts: Sequence[str], hinted: bool) -> bool:
    first, second = (part.replace(",", ".").strip("NSEWOnsewo ") for part in (parts[0], parts[2]))
    if not first or not second:
        return False
    places = min(len(part.partition(".")[2]) for part in (first, second))
    lettered = bool(parts[1] or parts[3])
    a, b = abs(float(first)), abs(float(second))
    if not ((a <= 90 and b <= 180) or (a <= 180 and b <= 90)):
        return False
    most = max(len(part.partition(".")[2]) for part in (first, second))
    if max(a, b) <= 1 and not (hinted or lettered):  # shares and screens, rather than the Gulf of Guinea
        return False
    return most >= (1 if hinted or lettered else 3) and (places >= 1 or most >= 3)


_STREET = re.compile(
    r"\b(street|str|st|road|rd|avenue|ave|lane|ln|drive|dr|court|ct|square|sq|boulevard|blvd|highway|hwy|way|terrace|"
    r"parkway|pkwy|crescent|close|trail|alley|plaza|apt|suite|flat|p\.? ?o\.? ?box|postfach|"
    r"grove|mews|gardens|hill|row|walk|circle|loop|"
    r"rue|quai|impasse|allee|chemin|place|faubourg|calle|c/|avenida|av|paseo|plaza|camino|carretera|pasaje|ronda|glorieta|"
    r"via|viale|corso|piazza|vicolo|largo|strada|contrada|borgo|rua|travessa|alameda|estrada|praca|rodovia|"
    r"ul|ulica|al|aleja|os|osiedle|pl|plac|aleea|bulevardul|bd|soseaua|calea|intrarea|splaiul|utca|ut|utja|ter|tere|korut|setany|koz|"
    r"ulice|namesti|nabrezi|trida|namestie|cesta|trg|put|gatve|g|pr|prospektas|iela|tanav|tn|mnt|maantee|tee|puiestee|"
    r"sokak|sok|sk|cadde|caddesi|cad|cd|mahallesi|mah|mh|bulvari|blv|"
    r"ул|улица|пр|просп|проспект|пер|переулок|бул|бульвар|наб|шоссе|ш|пл|площадь|вул|вулиця|пров|провулок|буд|дом|вул\.|ж\.?к|"
    r"οδος|λεωφορος|λεωφ|πλ|πλατεια|jalan|jl|gang|gg|duong|pho|ngo|hem|thanon|soi|marg|nagar|colony|gali|chowk|"
    r"שדרות|רחוב|רח|שד|דרך|סמטת|شارع|طريق|حي|خیابان|کوچه|بلوار)\b\.?"
    r"|(strasse|straat|laan|weg|gasse|platz|allee|ring|damm|ufer|steig|gade|vej|vejen|alle|gata|gatan|vagen|vag|gate|gaten|"
    r"veien|vei|veg|katu|tie|kuja|polku|tori|str|plein|gracht|kade|singel|dreef|stien|plads|backen|bakken|torget|stigen|"
    r"grand|allen|alleen|bulevardi|rinne|ter|utca|gatve|iela|tanav|tee|ulitsa|straede|stræde|hof|park|steeg|pad|boulevard|baan|dijk|haven|markt)\b"
    r"|[路街道巷弄号號]|丁目|番地|番\d|[都道府県].*[市区町村]|[로길]\s?\d|대로|ถนน|ซอย|ถ\.|ซ\.|मार्ग|रोड|नगर|गली",
    re.UNICODE,
)
_NUMBER = re.compile(r"(?<![\d])\d{1,5}(?!\d)|\bs/n\b|\bsn\b")
_HOUSE = r"\d{1,4}\s?[a-z]?([-/ ]\d{1,4}\s?[a-z]?)?[.,]?"
_NUMBERED = re.compile(rf"{_HOUSE}\s|\s(no\.?\s*|nr\.?\s*|n\s?[°º]\s?)?{_HOUSE}(\s|,|$)")
_POSTCODE = re.compile(
    r"\b\d{4,7}\b|\b\d{2,3}[- ]\d{2,3}\b|\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b|\b[a-z]\d[a-z] ?\d[a-z]\d\b"
)
_LONG_FORM = re.compile(
    r"[^\d,]{3,50}\s(no\.?\s*|nr\.?\s*)?\d{1,4}\s?[a-z]?([-/]\d{1,4}[a-z]?)?,?\s"
    r"(?P<code>([a-z]-?)?\d{4,6}|\d{2,3}[- ]\d{2,3})\s"
    r"[^\d]{3,40}(\s\d+)?"
)  # words, number, postcode, town
_SHORT_FORM = re.compile(r"[^\W\d_][^\d,;:_#@]{2,40}\s\d{1,3}\s?(?P<letter>[a-h])?(/\d{1,4})?")
_YEAR = re.compile(r"(19|20)\d\d")
_EASTERN = re.compile("[省市区區县縣].*[路街道巷村]|[시군구].*[로길가동]|[都道府県].+[市区町村]")
_UNITS = re.compile(
    r"\b\d+([.,]\d+)?\s?(mg|ml|kg|g|cm|mm|km|m|l|inch|oz|gb|mb|tb|mah|pack|pcs|stk|x|w|v|hz|usd|eur)\b|%|[$€£]"
)


def addresses(sample: Sample, hint: Hint) -> tuple[float, bool]:
    """Share of street addresses, and whether the values tell that themselves.

    Args:
        sample: Distinct values of the column, as clean text.
        hint: What the column's name says.

    Example:
        >>> from twin.columns.pii.detect.words import Hint
        >>> few = Sample(texts=("Hauptstraße 12", "Am Weg 3a"), numeric=False, distinct=2, rows=2)
        >>> addresses(few, Hint("address", "de_DE", strong=True))
        (1.0, True)
    """
    hinted = hint.what == "address"
    if sample.numeric or sample.lettered < 0.7 or (sample.digital < 0.3 and not hinted):
        return 0.0, False
    if not hinted and (hint.what or len(sample.texts) < 8 or _any_long(sample)):
        return 0.0, False
    folded = [fold(text) for text in sample.texts]
    streets = [_STREET.search(text) is not None for text in folded]
    numbers = [_NUMBER.search(text) is not None and len(text) > 6 for text in folded]
    both = sample.share([a and b for a, b in zip(streets, numbers, strict=True)])
    eastern = sample.share([_EASTERN.search(text) is not None for text in folded])
    if sample.share([_UNITS.search(text) is not None for text in folded]) > 0.3:
        return 0.0, False
    if hinted:
        plain = [_plain(text, street) for text, street in zip(sample.texts, streets, strict=True)]
        return max(both, sample.share(plain)), both >= 0.4
    if eastern > 0.8 and _varied(folded) and not hint.topic:
        return eastern, True
    loose = _without_words(folded)
    if (
        both >= 0.55
        and _varied(folded)
        and sample.share([bool(_NUMBERED.search(f" {t} ")) for t in folded]) > 0.5
    ):
        return both, True
    return (loose, True) if loose >= 0.8 and not hint.topic else (0.0, False)


def _any_long(sample: Sample) -> bool:
    return sample.share([len(text) > 150 for text in sample.texts]) > 0.2


def _plain(text: str, street: bool) -> bool:
    """Whether a value may be an address where the column's name says that it is one."""
    letters = sum(c.isalpha() for c in text)
    return (
        letters >= 2
        and len(text) >= 4
        and (street or any(c.isdigit() for c in text) or len(text.split()) > 1 or letters >= 5)
    )


def _varied(folded: list[str]) -> bool:
    """Whether the words differ from value to value, not the numbers alone."""
    stems = {re.sub(r"\d+\S*", "", text).strip() for text in folded}
    return len(stems) >= max(5, 0.3 * len(folded))


def _without_words(folded: list[str]) -> float:
    """Share of addresses without a word for streets: words, a house number, and a postcode and a town."""
    stems = {re.sub(r"\d+\S*", "", text).strip() for text in folded}
    if len(stems) < 0.5 * len(folded):
        return 0.0
    long = [_LONG_FORM.fullmatch(text) for text in folded]
    codes = {hit.group("code") for hit in long if hit and not _YEAR.fullmatch(hit.group("code"))}
    if sum(map(bool, long)) > 0.7 * len(folded) and len(codes) > 0.3 * len(folded):
        return sum(map(bool, long)) / len(folded)
    listed = [_listed(text) for text in folded]
    if sum(listed) > 0.8 * len(folded):
        return sum(listed) / len(folded)
    short = [_SHORT_FORM.fullmatch(text) for text in folded]
    lettered = sum(bool(hit and hit.group("letter")) for hit in short)
    house = lettered >= max(3, 0.05 * len(folded)) and len(folded) >= 30 and len(stems) > 0.7 * len(folded)
    return sum(map(bool, short)) / len(folded) if house else 0.0


def _listed(text: str) -> bool:
    """Whether a number, a postcode and several words stand in a list."""
    parted = "," in text and len(text.split()) >= 4
    return parted and _NUMBERED.search(text) is not None and _POSTCODE.search(text) is not None
