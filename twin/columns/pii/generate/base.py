"""What inventors are asked, and the draws they make: each a function of the seed and the row's number."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from twin.arrays import Array, Bools, Floats, Ints, Uints64
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.base import DecodeContext, LearnedColumn, Matrix
from twin.columns.kinds.key import permute
from twin.columns.schema import Name
from twin.randomness import Stream, derived_seed

"""Texts as an object array."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_WIDE = 2**53


@dataclass(frozen=True, kw_only=True)
class IdentifierFacts:
    """What is known of a column beside its values.

    Args:
        locale: Language and country, as in "de_AT".
        name: Name of the column.
    """

    locale: str = "en_US"
    name: str = ""

    @property
    def language(self) -> str:
        """The language, as in "de"."""
        return self.locale.partition("_")[0]

    @property
    def country(self) -> str:
        """The country, as in "AT"."""
        return self.locale.partition("_")[2]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whose identifiers are invented, the same for all columns of one person.

    Args:
        name: Name of the person's part in the row ("mother"), "" where a row has one person.
        locale: Locale of the person's names.
        sex: 0 male, 1 female, -1 either, shape (n,); None where nothing tells.
        distinct: Which of their identifiers no two rows may share.
    """

    name: str = ""
    locale: str = "en_US"
    sex: NDArray[np.int8] | None = None
    distinct: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Which identifiers are asked for.

    Args:
        rows: Numbers of the rows in the whole sample, shape (n,).
        seed: Seed of the whole sample.
        about: The column.
        person: The person.
        unique: Whether no two rows may share one.
    """

    rows: Uints64
    seed: int
    about: IdentifierFacts = field(default_factory=IdentifierFacts)
    person: Person = field(default_factory=Person)
    unique: bool = False

    @property
    def n(self) -> int:
        """How many are asked for."""
        return int(self.rows.size)

    def take(self, chosen: Bools) -> Ask:
        """The same for some of the rows, mask of shape (n,)."""
        sex = self.person.sex
        person = replace(self.person, sex=None if sex is None else sex[chosen])
        return replace(self, rows=self.rows[chosen], person=person)

    def bits(self, purpose: str) -> Uints64:
        """64 random bits per row, shape (n,); those of a column for one purpose never repeat.

        Source:
            Steele, Lea, Flood 2014, figure 16 (SplitMix64), with the row's number as the counter.
        """
        return hashed(self.rows, derived(self.seed, f"{self.about.name}\0{self.person.name}\0{purpose}"))

    def below(self, size: int, purpose: str) -> Ints:
        """A number below size per row, shape (n,).

        Args:
            size: Upper end, not included, ≥ 1.
            purpose: What the draw is for; another purpose gives another draw.
        """
        return below(self.bits(purpose), size)

    def numbers(self, size: int, purpose: str) -> tuple[Uints64, Uints64]:
        """Numbers below size, and the lap of each row: distinct within a lap where they must be.

        Args:
            size: How many there are, 1 … 2**62.
            purpose: What for.

        Returns:
            Numbers, shape (n,), and laps, shape (n,), all 0 where rows may share a number.
        """
        if not self.unique:
            return self.bits(purpose) % np.uint64(size), np.zeros(self.n, np.uint64)
        laps, places = np.divmod(self.rows, np.uint64(size))
        key = derived(self.seed, f"{self.about.name}\0{self.person.name}\0{purpose}")
        return permute(places, size, int(key)), laps

    def counters(self, digits: int, purpose: str) -> Uints64:
        """Distinct whole numbers per row, of `digits` digits or more where those run out, shape (n,).

        Args:
            digits: Digits, ≥ 0.
            purpose: What the draw is for; another purpose gives another draw.
        """
        key = int(derived(self.seed, f"{self.person.name}\0{purpose}"))
        out = np.zeros(self.n, np.uint64)
        low, rows = 10 ** (digits - 1), self.rows
        start = 0
        while True:
            room = 9 * low
            inside = (rows >= start) & (rows < start + room)
            out[inside] = permute(rows[inside] - np.uint64(start), room, key) + np.uint64(low)
            start += room
            if not (rows >= start).any():
                return out
            low *= 10


class Inventor(Protocol):
    """Knows the forms of one sort of identifier, and invents them."""

    def forms(self, texts: Sequence[str], about: IdentifierFacts) -> list[str]:
        """The form of each text, "" where it has none that can be followed; forms hold no value.

        Args:
            texts: Texts of the column, each once.
            about: What is known of the column beside its values.
        """
        ...

    def default(self, about: IdentifierFacts) -> str:
        """The form where too few subjects share one."""
        ...

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """One identifier per row asked for, shape (n,).

        Args:
            ask: Which rows and persons are asked for, and their randomness.
            form: The form of the text, as `forms` named it.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class KnownIdentifiers:
    """What is decided of a block of rows before identities are invented.

    Args:
        natives: The decoded columns, by name.
        peers: All learned columns of the table.
    """

    natives: Mapping[Name, ColumnArrays] = field(default_factory=dict)
    peers: tuple[LearnedColumn, ...] = ()


@runtime_checkable
class Invents(Protocol):
    """A learned column whose values are invented once the other columns are decoded."""

    def invent(self, draw: DecodeContext, codes: Matrix, known: KnownIdentifiers) -> ColumnArrays:
        """A column from codes, shape (n, number of fields), and from what is known of the rows.

        Args:
            draw: Which rows are decoded, and their randomness.
            codes: Codes of the column's fields, shape (n, fields).
            known: What is decided of the rows before identities are invented.
        """
        ...


def derived(seed: int, salt: str) -> np.uint64:
    """A seed for one purpose.

    Args:
        seed: Seed of every random choice.
        salt: What the key is for; another salt gives another key.

    Example:
        >>> bool(derived(7, "a") == derived(7, "a")), bool(derived(7, "a") == derived(7, "b"))
        (True, False)
    """
    digest = hashlib.blake2b(salt.encode(), digest_size=8).digest()
    return np.uint64(derived_seed(seed, Stream.INVENTED, int.from_bytes(digest, "little")))


def hashed(rows: Uints64, key: np.uint64) -> Uints64:
    """64 random bits per row: a bijection of the row's number, shape (n,).

    Args:
        rows: Numbers of the rows, shape (n,).
        key: Key of the draw.
    """
    values = rows * _GOLDEN + key
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def below(bits: Uints64, size: int) -> Ints:
    """Numbers below size from random bits, shape (n,).

    Args:
        bits: Random bits, shape (n,).
        size: Upper end, not included, ≥ 1.
    """
    return np.minimum((share(bits) * size).astype(np.int64), size - 1)


def share(bits: Uints64) -> Floats:
    """Numbers in [0, 1) from random bits, shape (n,)."""
    return (bits >> np.uint64(11)).astype(np.float64) / _WIDE


def texts(values: Sequence[str]) -> Array:
    """Texts as an object array, shape (n,)."""
    out = np.empty(len(values), object)
    out[:] = values
    return out
