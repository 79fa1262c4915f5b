"""Names of people: full names, first names and surnames, in the order and case of the source."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from twin.arrays import Array
from twin.columns.pii.generate.base import Ask, IdentifierFacts, texts
from twin.columns.pii.generate.lists import lists
from twin.columns.pii.generate.people import People, people

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
        """The pattern of each text."""
        last_first = self.part == "name" and _last_first(texts, about)
        return [self._form(text.strip(), last_first, about) for text in texts]

    def default(self, about: IdentifierFacts) -> str:
        """The usual pattern of the locale."""
        known = lists(about.locale)
        gap = " " if known.spaced or about.language == "ja" else ""
        whole = f"{{Last}}{gap}{{First}}" if known.last_first else f"{{First}}{gap}{{Last}}"
        return {"name": whole, "first_name": "{First}", "last_name": "{Last}"}[self.part]

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Names that follow the pattern."""
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
    """Texts of a pattern: what stands between its slots as it is, each slot from `slot`, shape (n,)."""
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
