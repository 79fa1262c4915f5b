"""The invented people, one per row and person: their names by locale, on whom all their identifiers agree."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from twin.arrays import Array, Bools, Floats, Ints, Uints64
from twin.columns.kinds.key import permute
from twin.columns.pii.generate.base import Ask, IdentifierFacts, below, derived, hashed, share, texts
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


_TITLE = re.compile(
    r"(?:(?:univ\.?-?)?prof|dr|dipl|mag|ing|med|rer|nat|phil|mr|mrs|ms|miss|herr|frau|m|mme|mlle|monsieur|madame|sr|"
    r"sra|srta|dott|dottssa|sig|dhr|mevr|pan|pani|hr|fr)\.?",
    re.IGNORECASE,
)
_COURTESY = {
    "de": ("Herr", "Frau"), "fr": ("M.", "Mme"), "es": ("Sr.", "Sra."), "it": ("Sig.", "Sig.ra"),
    "pt": ("Sr.", "Sra."), "nl": ("Dhr.", "Mevr."), "pl": ("pan", "pani"), "cs": ("pan", "paní"),
    "da": ("hr.", "fru"),
}  # fmt: skip
_SLOT = re.compile(r"\{(\w+)\}")
_TWO_SURNAMES = ("es", "pt", "ca", "gl")
_MOST = 60  # a longer value is no name


@dataclass(frozen=True)
class Names:
    """Invents names of one part.

    A form is a pattern such as "{First} {LAST}", whose slots are written in the case of the source.

    Args:
        part: "name", "first_name" or "last_name".

    Example:
        >>> Names("name").forms(["Anna Huber", "HUBER, ANNA"], IdentifierFacts())
        ['{First} {Last}', '{LAST}, {FIRST}']
    """

    part: str

    def forms(self, texts: Sequence[str], about: IdentifierFacts) -> list[str]:
        """The pattern of each text.

        Args:
            texts: Texts of the column, each once.
            about: What is known of the column beside its values.
        """
        last_first = self.part == "name" and _last_first(texts, about)
        return [self._form(text.strip(), last_first, about) for text in texts]

    def default(self, about: IdentifierFacts) -> str:
        """The usual pattern of the locale."""
        known = lists(about.locale)
        gap = " " if known.spaced or about.language == "ja" else ""
        whole = f"{{Last}}{gap}{{First}}" if known.last_first else f"{{First}}{gap}{{Last}}"
        return {"name": whole, "first_name": "{First}", "last_name": "{Last}"}[self.part]

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Names that follow the pattern.

        Args:
            ask: Which rows and persons are asked for, and their randomness.
            form: The form of the text, as `forms` named it.
        """
        crowd = people(ask)
        if self.part != "name" and self.part in ask.person.distinct:  # nothing beside what tells them apart
            form = form.replace("{Middle}", "").replace("{Second}", "").replace("  ", " ").strip(" -")
        made: list[str] = render(form, crowd, lambda slot: _slot(slot, crowd, ask)).tolist()
        return made

    def _form(self, text: str, last_first: bool, about: IdentifierFacts) -> str:
        words = text.split()
        if not words or len(text) > _MOST or any(letter.isdigit() for letter in text):
            return ""
        if self.part == "name":
            return self._whole(text, words, last_first, about)
        if self.part == "first_name":
            return f"{{{_case(text, 'First')}}}"
        two = about.language in _TWO_SURNAMES and len(words) == 2
        return f"{{{_case(text, 'Last')}}}" + (f" {{{_case(text, 'Second')}}}" if two else "")

    def _whole(self, text: str, words: list[str], last_first: bool, about: IdentifierFacts) -> str:
        title = ""
        while len(words) > 1 and _TITLE.fullmatch(words[0].rstrip(",")):
            academic = words[0].lower().startswith(("dr", "prof", "univ", "dipl", "mag", "ing"))
            title = "{Doctor} " if academic else title or "{Title} "
            words = words[1:]
        text = " ".join(words)
        if not lists(about.locale).spaced and len(words) == 1:
            return title + "{Last}{First}" if lists(about.locale).last_first else ""
        if text.count(",") == 1:
            last, _, first = text.partition(",")
            gap = ", " if first.startswith(" ") else ","
            return f"{title}{{{_case(last, 'Last')}}}{gap}{_given(first.split())}" if first.strip() else ""
        if "," in text or len(words) < 2:
            return ""
        if last_first:
            return f"{title}{{{_case(words[0], 'Last')}}} {_given(words[1:])}"
        if about.language in _TWO_SURNAMES and len(words) == 3:
            slots = [_case(word, slot) for word, slot in zip(words, ("First", "Last", "Second"), strict=True)]
            return title + " ".join(f"{{{slot}}}" for slot in slots)
        return f"{title}{_given(words[:-1])} {{{_case(words[-1], 'Last')}}}"


def _given(words: list[str]) -> str:
    if len(words) < 2:
        return f"{{{_case(words[0], 'First')}}}" if words else ""
    middle = words[1]
    short = len(middle.rstrip(".")) == 1
    slot = "{Initial}." if short and middle.endswith(".") else "{Initial}" if short else None
    return f"{{{_case(words[0], 'First')}}} {slot or '{' + _case(middle, 'Middle') + '}'}"


def _case(text: str, slot: str) -> str:
    if text.isupper() and len(text.strip()) > 1:
        return slot.upper()
    return slot.lower() if text.islower() else slot


def _last_first(values: Sequence[str], about: IdentifierFacts) -> bool:
    """Whether surnames come first where no comma tells: by the locale's lists, else by its custom."""
    firsts, lasts = _known(about.locale)
    votes = [0, 0]
    for text in values:
        words = text.casefold().split()
        if len(words) == 2 and "," not in text:
            votes[0] += words[0] in firsts and words[1] in lasts
            votes[1] += words[0] in lasts and words[1] in firsts
    if max(votes) >= 2 * min(votes) and max(votes) >= 40:  # far from what few could turn
        return votes[1] > votes[0]
    return lists(about.locale).last_first


@lru_cache(maxsize=16)
def _known(locale: str) -> tuple[frozenset[str], frozenset[str]]:
    known = lists(locale)
    first = {word.casefold() for words in known.first for word in words.texts}
    last = {word.casefold() for words in known.last for word in words.texts}
    return frozenset(first - last), frozenset(last - first)


def render(form: str, crowd: People, slot: Callable[[str], Array]) -> Array:
    """Texts of a pattern: what stands between its slots as it is, each slot from `slot`, shape (n,).

    Args:
        form: The form of the text, as `forms` named it.
        crowd: The invented people.
        slot: What stands in each slot of a form.
    """
    out: Array | None = None
    before = ""
    for i, piece in enumerate(_SLOT.split(form)):
        if i % 2 == 0:
            if out is None:
                before = piece
            elif piece:
                out = out + piece
            continue
        value = slot(piece)
        out = (before + value if before else value) if out is None else out + value
    return texts([before] * crowd.first.size) if out is None else out


def _slot(slot: str, crowd: People, ask: Ask) -> Array:
    name = slot.lower()
    if name in ("title", "doctor"):
        return texts(_titles(name, crowd, ask))
    if name == "initial":
        return texts([text[:1].upper() for text in crowd.middle()])
    known = {
        "first": lambda: crowd.first,
        "last": lambda: crowd.last,
        "middle": crowd.middle,
        "second": crowd.second,
    }
    value: Array = known[name]()
    if slot.isupper():
        return texts([text.upper() for text in value])
    return texts([text.lower() for text in value]) if slot.islower() else value


def _titles(name: str, crowd: People, ask: Ask) -> list[str]:
    if name == "doctor":
        return ["Dr."] * crowd.first.size
    man, woman = _COURTESY.get(ask.person.locale.partition("_")[0], ("Mr.", "Ms."))
    return [woman if female else man for female in crowd.female.tolist()]


_FEWEST = 5  # shorter lists are stand-ins inherited from Faker's base
_HOME = {
    "ar": "ar_SA", "bn": "bn_BD", "da": "da_DK", "de": "de_DE", "el": "el_GR", "en": "en_US", "es": "es_ES",
    "et": "et_EE", "fa": "fa_IR", "fr": "fr_FR", "ga": "ga_IE", "hi": "hi_IN", "it": "it_IT", "nb": "no_NO",
    "nl": "nl_NL", "nn": "no_NO", "pt": "pt_PT", "sv": "sv_SE", "zh": "zh_CN", "tl": "en_US", "fil": "en_US",
}  # fmt: skip
_LAST_FIRST = ("hu", "ja", "ko", "zh", "vi")
_UNSPACED = ("ja", "ko", "zh")


@dataclass(frozen=True, kw_only=True)
class Words:
    """A list of names with the frequency of each.

    Args:
        texts: The names, shape (m,).
        reach: Cumulative frequencies, shape (m,), ascending to 1.
    """

    texts: Array
    reach: Floats


@dataclass(frozen=True, kw_only=True)
class Lists:
    """The names of a locale.

    Args:
        first: First names of men, and of women.
        last: Surnames of men, and of women.
        spaced: Whether the parts of a name are kept apart.
        last_first: Whether the surname comes first.
    """

    first: tuple[Words, Words]
    last: tuple[Words, Words]
    spaced: bool
    last_first: bool


@lru_cache(maxsize=64)
def lists(locale: str) -> Lists:
    """The names of a locale, or of the nearest one that has any.

    Example:
        >>> lists("de_DE").first[1].texts.size > 100, lists("xx_XX").last[0].texts[0]
        (True, 'Smith')
    """
    language = locale.partition("_")[0]
    for name in _candidates(locale):
        provider = _provider(name)
        first = _pair(provider, "first_names", ("first_names_male", "first_names_female"))
        last = _last(name, provider)
        if first is not None and last is not None:
            same = name.partition("_")[0] == language
            return Lists(
                first=first,
                last=last,
                spaced=not (same and language in _UNSPACED),
                last_first=same and language in _LAST_FIRST,
            )
    return lists("en_US")


def _candidates(locale: str) -> list[str]:
    language, _, country = locale.partition("_")
    there = _locales()
    near = [locale, _HOME.get(language, f"{language}_{language.upper()}")]
    near += [name for name in there if name.startswith(f"{language}_")]
    near += [name for name in there if name.endswith(f"_{country}")]
    return [name for name in dict.fromkeys(near) if name in there]


@lru_cache(maxsize=1)
def _locales() -> tuple[str, ...]:
    import faker.providers.person as person

    return tuple(sorted(module.name for module in pkgutil.iter_modules(person.__path__)))


def _provider(locale: str) -> Any:
    return importlib.import_module(f"faker.providers.person.{locale}").Provider


def _words(source: Any) -> Words | None:
    if not isinstance(source, Mapping | list | tuple) or len(source) < _FEWEST:
        return None
    weights: dict[str, float] = {}
    for word in source:
        if isinstance(word, str) and word.strip():
            weight = float(source[word]) if isinstance(source, Mapping) else 1.0
            weights[word.strip()] = weights.get(word.strip(), 0.0) + weight
    if len(weights) < _FEWEST:
        return None
    reach = np.cumsum(list(weights.values()))
    return Words(texts=texts(list(weights)), reach=reach / reach[-1])


def _pair(provider: Any, both: str, each: tuple[str, str]) -> tuple[Words, Words] | None:
    male, female = (_words(getattr(provider, name, None)) for name in each)
    if male is not None and female is not None:
        return male, female
    shared = _words(getattr(provider, both, None))
    return None if shared is None else (shared, shared)


def _last(locale: str, provider: Any) -> tuple[Words, Words] | None:
    if locale == "pl_PL":  # -ski and its kind for men, -ska for women
        male = tuple(provider.male_last_names)
        female = tuple(name[:-1] + "a" if name.endswith("i") else name for name in male)
        return _both(male, female)
    if locale == "is_IS":  # patronymics
        roots = tuple(provider.last_names_without_suffix)
        return _both(tuple(f"{root}son" for root in roots), tuple(f"{root}dóttir" for root in roots))
    return _pair(provider, "last_names", ("last_names_male", "last_names_female"))


def _both(male: tuple[str, ...], female: tuple[str, ...]) -> tuple[Words, Words] | None:
    men, women = _words(male), _words(female)
    return None if men is None or women is None else (men, women)
