"""Names of people: by dictionary, by the shape of a name, and by the column's name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from twin.columns.pii.detect.dictionary import PARTICLES, Dictionary, dictionary, places
from twin.columns.pii.detect.sample import Sample
from twin.columns.pii.detect.vocabulary import several
from twin.columns.pii.detect.words import Hint, fold

_PART = re.compile(r"[\s,;]+")
_SHAPE = re.compile(r"[^\W\d_][^\d_/\\@#%&*+=<>!?:|\[\]{}$€£\"]*")
_GROUPED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{1,6}")
_EAST = re.compile(
    "[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0600-\u06ff\u0590-\u05ff\u0900-\u0dff\u0e00-\u0e7f]"
)
_FIRM = several(
    """inc llc ltd plc gmbh ag kg kgaa ohg gbr ug mbh corp corporation company co group gruppe sons sohne
    soehne partners partner holding holdings sa sas sarl srl spa snc s.a s.r.l s.p.a s.l sl slu bv nv b.v
    n.v ab oy oyj as a/s aps asa kft zrt bt nyrt doo d.o.o sp spolka zoo s.r.o sro a.s ooo ооо зао оао ао
    пао тов ип ltda eireli e.v ev stiftung foundation bank insurance versicherung university universitat
    universite college school institute hospital klinik clinic hotel restaurant cafe church club fc sc sv
    united city airport airlines airways international systems solutions technologies services consulting
    logistics industries labs studio media associates trust e.u e.k etm & 株式会社 有限会社 公司 집단
    주식회사 a.ş aş tic
    ltd.şti uab sia ou as гк нпо фгуп und-söhne stores market pharma oy tmi ky ry et-fils fils freres cie
    hnos hermanos fratelli figli"""
)
_PLACE = several(
    """street st road rd avenue ave lane drive court square strasse straße gasse weg platz allee rue avenue
    via
    viale piazza calle plaza rua ulica ul north south east west new lake port mount fort saint san santa
    upper lower great bad ost nord sud county district region province state island islands river park beach
    valley hill hills heights springs falls city town village republic kingdom united sankt villa los las
    rio alto monte"""
)


@dataclass(frozen=True)
class Persons:
    """Names of people that were found.

    Args:
        what: "name", "first_name" or "last_name".
        locale: Locale in which most of them are names, "" where none can be told.
        share: Share of the distinct values that were found in lists of names, or have the shape.
        known: Whether lists of names tell; else it was the column's name.
    """

    what: str
    locale: str
    share: float
    known: bool


@dataclass
class _Count:
    """Per kind of name, how many values belong to which locales (bits)."""

    name: Counter[int]
    first_name: Counter[int]
    last_name: Counter[int]
    some: int = 0
    several: int = 0
    total: int = 0


def persons(sample: Sample, hint: Hint) -> Persons | None:
    """What names these are, or None."""
    if sample.numeric or sample.lettered < 0.8:
        return None
    hinted = hint.what in ("name", "first_name", "last_name")
    shaped = [text for text in sample.texts if _shaped(text)]
    share = len(shaped) / len(sample.texts)
    if share < (0.6 if hinted else 0.75) or not shaped:
        return None
    known = dictionary()
    count = _count(shaped, known)
    things, sites = _things(shaped)
    if things > 0.12 or (sites > 0.3 and not hint.strong):
        return None
    found = _known(sample, hint, count, known, share)
    if found is None and hinted and hint.strong:
        found = _hinted(shaped, hint, count, share)
    if found is None and hint.what in ("", "name") and max(things, sites) < 0.05 and share > 0.85:
        found = _foreign(hint, count, share)
    return found


def _foreign(hint: Hint, count: _Count, share: float) -> Persons | None:
    """Full names in a language whose lists are short: nearly every value holds a name of some language."""
    some, several = count.some / count.total, count.several / count.total
    wanted, fewest = (0.5, 8) if hint.what == "name" else (0.75, 20)
    if hint.topic or some < wanted or several < 0.8 or count.total < fewest:
        return None
    return Persons("name", hint.locale, some * share, known=True)


def _shaped(text: str) -> bool:
    if not 1 < len(text) <= 60 and not _EAST.match(text):
        return False
    return _SHAPE.fullmatch(text) is not None and len(text.split()) <= 7


def tokens(text: str, known: Dictionary) -> list[str]:
    """The words of a person's name, folded, without titles, particles and initials."""
    out = []
    for word in _PART.split(fold(text)):
        bare = word.strip(".()'’-")
        if not bare or bare in known.titles or bare in PARTICLES or word in known.titles:
            continue
        if len(bare) == 1 and not _EAST.match(bare):
            continue
        if bare.count(".") and all(len(part) <= 4 for part in bare.split(".")):
            continue
        out.append(bare)
    return out


def _bits(word: str, table: dict[str, int]) -> int:
    bits = table.get(word, 0)
    if not bits and "-" in word:
        parts = [table.get(part, 0) for part in word.split("-") if part]
        bits = parts[0] if parts else 0
        for part in parts[1:]:
            bits &= part
    return bits


def _count(texts: Iterable[str], known: Dictionary) -> _Count:
    count = _Count(Counter(), Counter(), Counter())
    for text in texts:
        count.total += 1
        words = tokens(text, known)
        if not words:
            continue
        firsts = [_bits(word, known.first) for word in words]
        lasts = [_bits(word, known.last) for word in words]
        if len(words) == 1 and _GROUPED.fullmatch(words[0]):
            whole = _unparted(words[0], known)
        else:
            whole = 0
            for i, bits in enumerate(firsts):
                for j, other in enumerate(lasts):
                    whole |= bits & other if i != j else 0
        count.several += len(words) > 1 or bool(whole and not firsts[0])
        count.some += any(firsts) or any(lasts) or bool(whole)
        count.name[whole] += 1
        count.first_name[_all(firsts)] += 1
        count.last_name[_all(lasts)] += 1
    return count


def _all(bits: list[int]) -> int:
    out = bits[0]
    for other in bits[1:]:
        out &= other
    return out


def _unparted(word: str, known: Dictionary) -> int:
    """Locales of a name written without a blank: one to three letters of a surname, then a first name."""
    out = 0
    for cut in (1, 2, 3):
        if cut < len(word):
            out |= known.last.get(word[:cut], 0) & known.first.get(word[cut:], 0)
    return out


def _things(texts: list[str]) -> tuple[float, float]:
    """Shares of values that hold a word of firms, and that are places or hold a word of places."""
    firms = sites = 0
    towns = places()
    for text in texts:
        folded = fold(text)
        parts = [word.strip(".,()") for word in folded.split()]
        words = set(parts)
        # two letters in front may be a form of address
        firms += bool(
            {word for word in parts[1:] or parts if len(word) < 3} & _FIRM
            or {word for word in parts if len(word) > 2} & _FIRM
        )
        sites += folded in towns or (len(words) > 1 and bool(words & _PLACE))
    return firms / len(texts), sites / len(texts)


def _best(counts: Counter[int], total: int, known: Dictionary) -> tuple[float, str, float]:
    """Share in the best language, its best locale, and share in any language."""
    best, language = 0, ""
    for name, bits in known.languages.items():
        hits = sum(n for mask, n in counts.items() if mask & bits)
        if hits > best:
            best, language = hits, name
    if not best:
        return 0.0, "", 0.0
    bits = known.languages[language]
    own = [i for i in range(len(known.locales)) if bits >> i & 1]
    votes = {i: sum(n for mask, n in counts.items() if mask >> i & 1) for i in own}
    most = max(votes.values())
    locale = known.locales[
        max(own, key=lambda i: (votes[i] >= 0.97 * most, _common(known.locales[i]), votes[i]))
    ]
    anywhere = sum(n for mask, n in counts.items() if mask)
    return best / total, locale, anywhere / total


def _common(locale: str) -> bool:
    return locale in (
        "en_US",
        "de_DE",
        "fr_FR",
        "es_ES",
        "it_IT",
        "pt_PT",
        "nl_NL",
        "ar_SA",
        "zh_CN",
        "hi_IN",
    )


def _known(sample: Sample, hint: Hint, count: _Count, known: Dictionary, shaped: float) -> Persons | None:
    """What lists of names tell."""
    scores = {
        what: _best(getattr(count, what), count.total, known) for what in ("name", "first_name", "last_name")
    }
    parted = count.several / count.total
    strengths = {what: max(own, 0.85 * anywhere) for what, (own, _, anywhere) in scores.items()}
    if parted < 0.3:
        strengths["name"] *= 0.3
    told = hint.what if hint.strong and hint.what in scores else ""
    other = {"first_name": "last_name", "last_name": "first_name"}.get(told, "")
    if other and strengths[other] > max(0.4, 3 * strengths[told]):
        told = other  # one word means the one in one language and the other in another
    what = told or max(strengths, key=lambda key: strengths[key])
    strength = max(strengths.values()) if told else strengths[what]
    if told:
        wanted = 0.08
    elif hint.topic:
        wanted = 0.85 if what == "name" else 2.0
    elif hint.what == "name":
        wanted = 0.25 if what == "name" else 0.4
    else:
        wanted = 0.4 if what == "name" else 0.65 if count.total >= 30 else 0.8
    fewest = 3 if told else 5 if hint.what == "name" or what == "name" else 12
    if strength * shaped < wanted or count.total < fewest or (hint.what and hint.what not in scores):
        return None
    if (
        not told
        and what != "name"
        and len([t for t in sample.texts if fold(t) in places()]) > 0.5 * count.total
    ):
        return None
    own, locale, _ = max(scores.values()) if told else scores[what]
    if hint.locale and hint.locale[:2] == locale[:2] and own < 0.1:
        locale = hint.locale
    return Persons(what, locale, strength * shaped, known=True)


def _hinted(texts: list[str], hint: Hint, count: _Count, share: float) -> Persons | None:
    """Names in a language whose lists are not known: the column's name and the shape must tell."""
    cased = sum(_capital(text) for text in texts) / len(texts)
    long = sum(len(text) for text in texts) / len(texts)
    if count.total < 3 or cased < 0.6 or long > 45 or (long <= 2 and not _EAST.search("".join(texts[:5]))):
        return None
    if hint.what == "name" and count.several / count.total < 0.5 and not _EAST.search("".join(texts[:5])):
        return None
    return Persons(hint.what, hint.locale, share, known=False)


def _capital(text: str) -> bool:
    first = text[0]
    return first.isupper() or not (first.isupper() or first.islower()) or text.islower()
