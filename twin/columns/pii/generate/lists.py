"""Lists of names by locale: Faker's providers read as data, its random state never touched."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from twin.arrays import Array, Floats
from twin.columns.pii.generate.base import texts

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
