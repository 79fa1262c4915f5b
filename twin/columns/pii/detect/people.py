"""Names of people, and user names: by dictionary, by the shape of a name, and by the column's name."""

from __future__ import annotations

import pkgutil
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from twin.columns.pii.detect.sample import Sample
from twin.columns.pii.detect.words import (
    Hint,
    fold,
    locale_of,
    spell_out,
    word_list,
)

_PART = re.compile(r"[\s,;]+")
_SHAPE = re.compile(r"[^\W\d_][^\d_/\\@#%&*+=<>!?:|\[\]{}$€£\"]*")
_GROUPED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{1,6}")
_EAST = re.compile(
    "[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0600-\u06ff\u0590-\u05ff\u0900-\u0dff\u0e00-\u0e7f]"
)
_FIRM = word_list("firms")
_PLACE = word_list("places")


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
    """What names these are, or None.

    Args:
        sample: Distinct values of the column, as clean text.
        hint: What the column's name says.
    """
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
    """The words of a person's name, folded, without titles, particles and initials.

    Args:
        text: The text.
        known: First names, surnames and titles.
    """
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


PARTICLES = word_list("particles")
_MORE_TITLES = word_list("titles")

_PLACES = word_list("lists_of_places")


@dataclass(frozen=True)
class Dictionary:
    """Words that are names, each with the locales of which it is one.

    Args:
        locales: The locales, in the order of their bits.
        first: Folded first name → bits of its locales.
        last: Folded surname → bits of its locales.
        titles: Folded titles, degrees and forms of address.
        languages: Language → bits of its locales.
    """

    locales: tuple[str, ...]
    first: dict[str, int]
    last: dict[str, int]
    titles: frozenset[str]
    languages: dict[str, int]


@cache
def dictionary() -> Dictionary:
    """The names of all locales that Faker knows; data only, nothing is drawn.

    Example:
        >>> known = dictionary()
        >>> "peter" in known.first and "schmidt" in known.last
        True
    """
    import faker.providers.person as package

    locales = list[str]()
    first, last = dict[str, int](), dict[str, int]()
    titles = {fold(title).strip(".") for title in _MORE_TITLES}
    languages: dict[str, int] = {}
    for module in pkgutil.iter_modules(package.__path__):
        provider = import_module(f"{package.__name__}.{module.name}").Provider
        bit = 1 << len(locales)
        language = module.name.partition("_")[0]
        languages[language] = languages.get(language, 0) | bit
        locales.append(module.name if "_" in module.name else locale_of(language))
        for attribute, words in _lists(provider):
            if "prefix" in attribute or "suffix" in attribute or "degree" in attribute:
                titles.update(fold(part).strip(".") for word in words for part in word.split())
            elif "last" in attribute or "middle" in attribute or "surname" in attribute:
                _add(last, words, bit)
            elif "first" in attribute or "given" in attribute:
                _add(first, words, bit)
    return Dictionary(tuple(locales), first, last, frozenset(titles - PARTICLES), languages)


def _lists(provider: type) -> Iterator[tuple[str, Iterable[str]]]:
    for attribute in dir(provider):
        value = getattr(provider, attribute)
        if attribute.startswith("_") or attribute.startswith("language") or not value:
            continue
        if isinstance(value, dict | tuple | list | set):
            words = [part for entry in value for part in (entry if isinstance(entry, tuple) else (entry,))]
            if all(isinstance(word, str) for word in words):
                yield attribute, words


def _add(into: dict[str, int], words: Iterable[str], bit: int) -> None:
    for word in words:
        for part in {word, *word.replace("-", " ").split()}:
            for spelt in {fold(part), spell_out(part)}:
                if (len(spelt) > 1 or ord(spelt) > 0x3000) and spelt not in PARTICLES and "{" not in spelt:
                    into[spelt] = into.get(spelt, 0) | bit


@cache
def places() -> frozenset[str]:
    """Folded names of cities, regions and countries."""
    import faker.providers.address as package

    out: set[str] = set()
    for module in pkgutil.iter_modules(package.__path__):
        provider = import_module(f"{package.__name__}.{module.name}").Provider
        for attribute in dir(provider):
            value = getattr(provider, attribute)
            if attribute in _PLACES and isinstance(value, dict | tuple | list | set):
                words = [
                    part for entry in value for part in (entry if isinstance(entry, tuple) else (entry,))
                ]
                out.update(fold(word) for word in words if isinstance(word, str) and "{" not in word)
    return frozenset(out)


_WORD = re.compile(r"@?[^\W_][\w.\-]{1,38}", re.UNICODE)
_HANDLE = re.compile(r"@[\w.]{2,30}")
_MADE = re.compile(r"[a-z]+([._\-]?[a-z]+){0,2}[._\-]?\d{0,4}")
_LETTERS = re.compile(r"[a-z]+")
_LOOKED = 200


def usernames(sample: Sample, hint: Hint) -> tuple[float, bool]:
    """Share of user names, and whether the values tell that themselves.

    Args:
        sample: Distinct values of the column, as clean text.
        hint: What the column's name says.
    """
    if sample.numeric or sample.lettered < 0.7:
        return 0.0, False
    handles = sample.share([_HANDLE.fullmatch(text) is not None for text in sample.texts])
    if handles > 0.7 and len(sample.texts) >= 5:
        return handles, True
    if hint.what == "username":
        share = sample.share([_WORD.fullmatch(text) is not None and len(text) > 2 for text in sample.texts])
        many = sample.distinct >= min(20, 0.3 * sample.rows)
        return (share, False) if many else (0.0, False)
    few = sample.some(_LOOKED)
    if hint.what or hint.topic or len(few) < 12 or sample.repeats > 10:
        return 0.0, False
    if sum(_MADE.fullmatch(text) is not None for text in few) < 0.8 * len(few):
        return 0.0, False
    known = dictionary()
    share = sum(_of_person(text, known) for text in few) / len(few)
    return (share, True) if share >= 0.6 else (0.0, False)


def _of_person(text: str, known: Dictionary) -> bool:
    """Whether a word is made of a first name and a surname, an initial and a surname, or a name and
    digits.
    """
    words = _LETTERS.findall(text)
    if len(words) > 1:
        return any(word in known.first for word in words) and any(word in known.last for word in words)
    word = words[0] if words else ""
    if len(word) < 4:
        return False
    if len(word) > 4 and word[1:] in known.last:
        return True
    if text[-1].isdigit() and (word in known.first or word in known.last):
        return True
    cuts = [(word[:i], word[i:]) for i in range(3, len(word) - 2)]
    return any(
        (a in known.first and b in known.last) or (a in known.last and b in known.first) for a, b in cuts
    )
