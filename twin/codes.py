"""The waist: every column becomes finite fields, and every model sees only fields.

A `Field` is one finite variable, a `Domain` is an ordered set of fields, and `Codes` is a table of
integers over a domain. Nothing here knows what a column is or what a model does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from twin.arrays import AnyArray, Floats, Ints, Ints32
from twin.errors import InputError

Name = str | int | float | bool
"""What names a column in a table."""
T = TypeVar("T")
G = TypeVar("G", bound=np.generic)
Json: TypeAlias = "str | int | float | bool | None | list[Json] | dict[str, Json]"


MISSING = 0
"""The code of a missing value in every field whose `nullable` is true."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One finite variable: codes 0 … size - 1.

    Args:
        name: Name that is unique in its domain.
        size: Number of codes, ≥ 1.
        ordered: Whether the order of the codes means something (numbers, dates).
        nullable: Whether code 0 stands for a missing value. It has no place in the order.
        scores: One number per code, shape (size,), that says where a code lies on its scale; NaN
            where it has no place (missing). None where the field is nominal.
        exact: Whether a code stands for one exact value (a level, an atom) and not for a range.
        rare: The code that pools values held by too few subjects and is redrawn from the other codes
            after sampling, or None.
        shown: Codes that are told whatever their counts, by an override that gave its reason.

    Raises:
        InputError: If size < 1, or scores, rare or shown do not fit the size.

    Example:
        >>> Field(name="sex", size=3, nullable=True).size
        3
    """

    name: str
    size: int
    ordered: bool = False
    nullable: bool = False
    scores: Floats | None = field(default=None, compare=False)
    exact: bool = True
    rare: int | None = None
    shown: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 1:
            raise InputError(f"field {self.name!r}: size must be at least 1")
        if self.scores is not None and self.scores.shape != (self.size,):
            raise InputError(f"field {self.name!r}: scores must have shape ({self.size},)")
        if self.rare is not None and not 0 <= self.rare < self.size:
            raise InputError(f"field {self.name!r}: rare must be a code between 0 and {self.size - 1}")
        if not all(0 <= code < self.size for code in self.shown):
            raise InputError(f"field {self.name!r}: shown must be codes between 0 and {self.size - 1}")


@dataclass(frozen=True)
class Domain:
    """An ordered set of fields with unique names.

    Args:
        fields: The fields, in the order of the columns of `Codes.values`.

    Raises:
        InputError: If two fields share a name.

    Example:
        >>> domain = Domain((Field(name="a", size=2), Field(name="b", size=3)))
        >>> domain.sizes, domain.index("b")
        ((2, 3), 1)
    """

    fields: tuple[Field, ...]
    _places: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", {f.name: j for j, f in enumerate(self.fields)})
        if len(self._places) != len(self.fields):
            raise InputError("domain: field names must be unique")

    def __len__(self) -> int:
        return len(self.fields)

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __getitem__(self, name: str) -> Field:
        return self.fields[self.index(name)]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fields, in order."""
        return tuple(f.name for f in self.fields)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of codes of each field, in order."""
        return tuple(f.size for f in self.fields)

    def index(self, name: str) -> int:
        """Position of a field.

        Raises:
            InputError: If the domain has no such field.
        """
        try:
            return self._places[name]
        except KeyError:
            raise InputError(f"domain: no field is named {name!r}") from None

    def project(self, names: Iterable[str]) -> Domain:
        """The domain of the named fields, in the order given."""
        return Domain(tuple(self[name] for name in names))


@dataclass(frozen=True)
class Codes:
    """A table of codes over a domain, with the subject of each row.

    Args:
        domain: The fields, d of them.
        values: Codes, shape (n, d), int32, column-major, 0 ≤ values[:, j] < domain.sizes[j].
        subjects: Dense subject ids, shape (n,), 0 … number of subjects - 1; None where every row is a
            subject of its own.

    Raises:
        InputError: If the shapes do not agree or a code lies outside its field.

    Example:
        >>> domain = Domain((Field(name="a", size=2),))
        >>> Codes(domain, np.array([[0], [1]])).n
        2
    """

    domain: Domain
    values: Ints32
    subjects: Ints | None = None

    def __post_init__(self) -> None:
        values = np.asfortranarray(self.values, dtype=np.int32)  # (n, d)
        object.__setattr__(self, "values", values)
        if values.ndim != 2 or values.shape[1] != len(self.domain):
            raise InputError(f"codes: values must have shape (n, {len(self.domain)})")
        if self.subjects is not None and self.subjects.shape != (values.shape[0],):
            raise InputError("codes: subjects must have one entry per row")
        if values.shape[0] and values.shape[1]:
            low, high = values.min(axis=0), values.max(axis=0)
            for f, lo, hi in zip(self.domain, low, high, strict=True):
                if lo < 0 or hi >= f.size:
                    raise InputError(f"codes: field {f.name!r} holds a code outside 0 … {f.size - 1}")

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.values.shape[0])

    def column(self, name: str) -> Ints32:
        """The codes of one field, shape (n,)."""
        return self.values[:, self.domain.index(name)]

    def project(self, names: Sequence[str]) -> Codes:
        """The same rows with only the named fields, in the order given."""
        index = [self.domain.index(name) for name in names]
        return Codes(self.domain.project(names), self.values[:, index], self.subjects)

    def take(self, rows: Ints) -> Codes:
        """The rows at the given positions, shape (m,)."""
        subjects = None if self.subjects is None else self.subjects[rows]
        return Codes(self.domain, self.values[rows], subjects)


@dataclass(frozen=True)
class State:
    """What a frozen object needs to come back from a file: JSON facts and arrays, never rows.

    Args:
        facts: JSON-ready settings and small facts.
        arrays: Arrays by name; names hold letters, digits, dots and underscores.
    """

    facts: dict[str, Json]
    arrays: Mapping[str, AnyArray] = field(default_factory=dict)

    def fact(self, name: str, type_: type[T]) -> T:
        """A fact that must be there.

        Args:
            name: Its name.
            type_: What it must be.

        Raises:
            ValueError: If it is not there, or of another type; the file is then refused.

        Example:
            >>> State({"size": 3}).fact("size", int)
            3
            >>> State({"size": "3"}).fact("size", int)
            Traceback (most recent call last):
            ValueError: state: 'size' is not of type int
        """
        value = self.facts.get(name)
        if not isinstance(value, type_) or (isinstance(value, bool) and type_ is not bool):
            raise ValueError(f"state: {name!r} is not of type {type_.__name__}")
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number that must be there.

        Args:
            name: Its name.
            low: The least that it may be.
            high: The most that it may be.

        Raises:
            ValueError: If it is not there, or something else.
        """
        value = self.fact(name, int)
        if not low <= value <= high:
            raise ValueError(f"state: {name!r} must lie between {low} and {high}")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """Texts that must be there.

        Args:
            name: Name of the list.

        Raises:
            ValueError: If it is not there, or no list of texts.
        """
        value = self.fact(name, list)
        if not all(isinstance(word, str) for word in value):
            raise ValueError(f"state: {name!r} must be a list of texts")
        return tuple(value)

    def array(
        self,
        name: str,
        type_: type[G],
        shape: tuple[int | None, ...],
        low: float | None = None,
        high: float | None = None,
    ) -> NDArray[G]:
        """An array that must be there.

        Args:
            name: Its name.
            type_: Type of numpy that it becomes. Whole numbers may become floats; nothing else changes.
            shape: Its shape, None where an axis may have any length.
            low: The least that a value may be; None for no bound.
            high: The most that a value may be; None for no bound.

        Returns:
            The array, free of NaN.

        Raises:
            ValueError: If it is not there, or something else; the file is then refused.

        Example:
            >>> State({}, {"size": np.array([3, 5])}).array("size", np.float64, (None,), low=0).tolist()
            [3.0, 5.0]
            >>> State({}, {"size": np.array([3, 5])}).array("size", np.int64, (2,), high=4)
            Traceback (most recent call last):
            ValueError: state: array 'size' does not fit
        """
        array = self.arrays.get(name)
        kind = np.dtype(type_).kind
        fits = (
            array is not None
            and array.dtype.kind in {"b": "b", "i": "iu", "u": "iu", "f": "iuf"}[kind]
            and array.ndim == len(shape)
            and all(want in (None, have) for want, have in zip(shape, array.shape, strict=True))
        )
        if array is None or not fits:
            raise ValueError(f"state: array {name!r} does not fit")
        bounds = [-np.inf if low is None else low, np.inf if high is None else high]
        if kind in "iu":
            limits = np.iinfo(np.dtype(type_))
            bounds = [max(limits.min, bounds[0]), min(limits.max, bounds[1])]
        if array.size and not bounds[0] <= array.min().item() <= array.max().item() <= bounds[1]:
            raise ValueError(f"state: array {name!r} does not fit")
        return np.asarray(array, type_)

    def part(self, name: str) -> dict[str, AnyArray]:
        """Arrays whose names begin with a word and a dot, by the rest of their names.

        Example:
            >>> list(State({}, {"days.edges": np.zeros(2), "size": np.zeros(1)}).part("days"))
            ['edges']
        """
        prefix = f"{name}."
        return {key.removeprefix(prefix): a for key, a in self.arrays.items() if key.startswith(prefix)}
