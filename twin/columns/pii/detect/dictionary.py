"""First names, surnames, titles and places in many languages, from Faker's lists, read when first asked."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from twin.columns.pii.detect.vocabulary import several
from twin.columns.pii.detect.words import fold, locale_of, spell_out

PARTICLES = several(
    """von van der den de del della dela di da do dos das du la le les el al bin ibn ben bint abu af av zu
    zum
    zur vom y i e und and ten ter te op 't 's st o d mac mc san ap na dal dei degli lo ul ur ud ad as ash an
    nic ni ui"""
)
_MORE_TITLES = several(
    """dr prof mag ing dipl med mr mrs ms miss mx sir lady lord rev fr hon herr frau hr fru mme mlle m
    monsieur
    madame sr sra srta don dona sig dott dottssa avv ing pan pani jr sr ii iii iv phd md mba msc bsc ba ma
    esq dds dvm cpa rer nat phil jur habil univ di fh mmag ddr bc mgr mudr judr rndr phdr csc drsc r.n rn
    cand stud г-н г-жа др"""
)

_PLACES = several(
    """city cities city_names towns villages municipalities countries country_names states counties
    departments regions provinces prefectures cantons"""
)


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
