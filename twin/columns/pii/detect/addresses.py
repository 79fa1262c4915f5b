"""Street addresses: words for streets beside a number, or any address where the column is called one."""

from __future__ import annotations

import re

from twin.columns.pii.detect.sample import Sample
from twin.columns.pii.detect.words import Hint, fold

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
