"""What is known of each column before its values are learned: a kind, a dtype and a reason.

A `Schema` is frozen, can be read and written by hand, and goes to JSON and back. It holds no fact about
the values beyond what its reasons say in words and ranges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from html import escape
from typing import Annotated, Any, ClassVar, Literal, Self, Union, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    ValidationError,
    field_validator,
    model_validator,
)

from twin.codes import Name as Name
from twin.errors import SchemaError, no_column


class Declared(BaseModel):
    """Base of columns and schemas: wrong arguments are one `SchemaError` instead of pydantic's own error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise SchemaError(_sentence(type(self), error)) from None

    # Reading from JSON must not pass through here: pydantic keeps its own way then, laxer with lists.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]


def _sentence(made: type[BaseModel], error: ValidationError) -> str:
    """The first fault in words; what was given is left out, for it may be a value of the data."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = str(first["loc"][0]) if first["loc"] else ""
    message = first["msg"].removeprefix("Value error, ").replace("\n", " ")
    if first["type"] == "extra_forbidden":
        message = f"there is no argument {where!r}; choose from {', '.join(made.model_fields)}"
    elif first["type"] == "missing":
        message = f"{where} is missing; give it by name"
    elif where and not message.startswith(where):
        message = f"{where} is not valid: {message[:1].lower()}{message[1:]}"
    return f"{made.__name__}: {message}"


class UnknownKind(SchemaError):
    """A kind of column that nobody registered, or that has another name now."""


Level = str | int | float | bool

BY_HAND = "declared by hand"
_RENAMED = {"moment": "datetime", "identity": "direct_identifier"}


def _day(text: str) -> int:
    """A day as days since 1970-01-01."""
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


class Column(Declared):
    """What every kind of column has. A kind of one's own derives from it, see `twin.register_kind`.

    A class may name in `treated_as` the kind that scores, scans and canaries shall take it for, as in
    `treated_as: ClassVar[str] = "category"`; else they leave it out.

    Args:
        name: Name in the table; filled in by `Schema.replace`.
        dtype: Name of the dtype to restore, as in `str(series.dtype)`; filled in by `Schema.replace`.
        reason: Why it is of this kind, in words.
    """

    treated_as: ClassVar[str] = ""

    kind: str
    name: Name = ""
    dtype: str = ""
    reason: str = BY_HAND

    @property
    def family(self) -> str:
        """The kind that scores, scans and canaries take it for: its own, unless `treated_as` says another."""
        return self.treated_as or self.kind


class Category(Column):
    """One of a limited number of levels.

    Args:
        levels: Levels that are public and always kept, even where few subjects hold them; others are
            then dropped. None: levels are those that enough subjects hold.
        rare: What stands in place of a level held by too few: a level drawn afresh from those that are
            kept ("resample"), one visible level for them all ("token"), or the nearest level above it
            that enough subjects share ("parent"), which needs `parents` or `prefixes`.
        parents: The level above each level, for rare="parent"; a parent may have a parent in turn.
        prefixes: Lengths of the beginnings that stand above a level, finest first, for rare="parent":
            with (3, 1) the diagnosis E11.9 has the parents E11 and E.
        keep: Levels that are kept although too few subjects hold them. They will show who they point
            at, so it takes a reason.
        because: The reason for `keep`, printed in the suppression log.

    Example:
        >>> Category(levels=["F", "M"]).levels
        ('F', 'M')
        >>> Category(rare="parent", prefixes=(3, 1)).prefixes
        (3, 1)
    """

    kind: Literal["category"] = "category"
    levels: tuple[Level, ...] | None = None
    rare: Literal["resample", "token", "parent"] = "resample"
    parents: dict[str, str] | None = None
    prefixes: tuple[int, ...] | None = None
    keep: tuple[Level, ...] = ()
    because: str = ""

    @field_validator("levels", "prefixes", "keep", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if self.levels is not None and (not self.levels or len(set(self.levels)) < len(self.levels)):
            raise ValueError("levels must be distinct, and at least one")
        if self.keep and not self.because.strip():
            raise ValueError("keep needs a reason: say in because= why these levels may be shown")
        return self

    @model_validator(mode="after")
    def _hierarchy(self) -> Self:
        if (self.rare == "parent") != (self.parents is not None or self.prefixes is not None):
            raise ValueError('rare="parent" and one of parents= or prefixes= go together')
        if self.parents is not None and self.prefixes is not None:
            raise ValueError("give parents or prefixes, not both")
        lengths = self.prefixes
        if lengths is not None and (
            not lengths or min(lengths) < 1 or list(lengths) != sorted(set(lengths))[::-1]
        ):
            raise ValueError("prefixes must be lengths of at least 1, longest first")
        topped: set[str] = set()  # levels above which there is no circle
        for level in (parents := self.parents or {}):
            below: set[str] = set()
            while level in parents and level not in topped:
                below.add(level)
                level = parents[level]
                if level in below:
                    raise ValueError("parents must not go round in a circle")
            topped |= below
        return self


class Flag(Column):
    """True or false.

    Example:
        >>> Flag().kind
        'flag'
    """

    kind: Literal["flag"] = "flag"


class Number(Column):
    """A number: heaps become atoms, the rest is drawn inside cells.

    Args:
        low: Public lower bound, or None to learn a guarded one.
        high: Public upper bound, or None to learn a guarded one.
        decimals: Digits after the point, negative for tens and hundreds; None to learn what enough
            subjects support.
        cells: Most codes that its values are divided into, ≥ 2.

    Example:
        >>> Number(low=0, high=120, decimals=0).high
        120.0
    """

    kind: Literal["number"] = "number"
    low: float | None = Field(default=None, strict=False, allow_inf_nan=False)
    high: float | None = Field(default=None, strict=False, allow_inf_nan=False)
    decimals: int | None = Field(default=None, ge=-18, le=18)
    cells: int = Field(default=500, ge=2, le=10_000)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low must not be above high")
        return self


class Datetime(Column):
    """A date or a time, learned at the grain that enough subjects support.

    Args:
        format: How text is read and written as a date or time (strptime codes); None where the dtype tells.
        cells: Most codes that its dates, and its times of day, are divided into, ≥ 2.
        low: Public first day, as in "1990-01-01", or None to learn a guarded one.
        high: Public last day, or None to learn a guarded one.

    Example:
        >>> Datetime(format="%d.%m.%Y", low="1990-01-01").cells
        500
    """

    kind: Literal["datetime"] = "datetime"
    format: str | None = None
    cells: int = Field(default=500, ge=2, le=10_000)
    low: str | None = None
    high: str | None = None

    @model_validator(mode="after")
    def _days(self) -> Self:
        for end in (self.low, self.high):
            if end is not None:
                try:
                    date.fromisoformat(end)
                except ValueError:
                    raise ValueError('low and high must be days such as "1990-01-01"') from None
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low must not be after high")
        return self

    @property
    def days(self) -> tuple[int | None, int | None]:
        """The public bounds as days since 1970-01-01."""
        low, high = (None if end is None else _day(end) for end in (self.low, self.high))
        return low, high


class Key(Column):
    """An identifier: never learned, generated afresh in the same shape, unique in every sample.

    Example:
        >>> Key().kind
        'key'
    """

    kind: Literal["key"] = "key"


class Text(Column):
    """Free text.

    Args:
        treatment: "drop": never learned, the column comes back empty. "template": the shape of a text and
            the tokens that enough subjects share survive, the rest becomes slots that are filled afresh.

    Example:
        >>> Text(treatment="template").kind
        'text'
    """

    kind: Literal["text"] = "text"
    treatment: Literal["drop", "template"] = "drop"


class DirectIdentifier(Column):
    """A direct identifier (a name, an e-mail address, a card number): never learned.

    Args:
        what: Which identifier it is, a key of `twin.columns.pii.detect.WHATS`.
        treatment: "invent": a new one of the same form, that can be nobody's where such are reserved.
            "mask": the form alone, its letters and digits replaced. "drop": the column comes back empty.
        locale: Language and country whose forms are used, as in "de_AT".
        unique: Whether no two rows of a sample share one.
        person: Name of the person that it belongs to, where a row is about several ("mother"): identifiers
            of one person in a row agree with each other.
        sex: Column that an invented first name agrees with, or None.

    Example:
        >>> DirectIdentifier(what="email", locale="de_AT").treatment
        'invent'
    """

    kind: Literal["direct_identifier"] = "direct_identifier"
    what: str
    treatment: Literal["invent", "mask", "drop"] = "invent"
    locale: str = Field(default="en_US", pattern="^[a-z]{2,3}_[A-Z]{2}$")
    unique: bool = False
    person: str = ""
    sex: Name | None = None

    @field_validator("what")
    @classmethod
    def _known(cls, value: str) -> str:
        from twin.columns.pii.detect.whats import WHATS

        if value not in WHATS:
            raise ValueError(f"what must be one of {', '.join(WHATS)}")
        return value


_CLASSES: dict[str, type[Column]] = {
    "category": Category,
    "flag": Flag,
    "number": Number,
    "datetime": Datetime,
    "key": Key,
    "text": Text,
    "direct_identifier": DirectIdentifier,
}


_BUILT_IN = frozenset(_CLASSES)


class _ByKind:
    """Reads a column as the class that its kind names."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        known: Any = Union[tuple(_CLASSES.values())]  # noqa: UP007
        return handler.generate_schema(Annotated[known, Field(discriminator="kind")])


class Schema(Declared):
    """The columns of a table, in order.

    Args:
        columns: One per column of the table.
        library: Frame library the table came in, and samples go out in.
        index: How many of the first columns form the row index; 0 for a plain range.
        quasi_identifiers: Columns that others may know of a person, and that single people out together.
            Combinations of two and three of them that too few subjects share are thinned in samples.

    Example:
        >>> schema = Schema(columns=(Number(name="age", dtype="int64"), Text(name="note", dtype="str")))
        >>> schema["age"].kind, Schema.from_json(schema.to_json()) == schema
        ('number', True)
    """

    columns: tuple[Annotated[Column, _ByKind()], ...]
    library: Literal["pandas", "polars", "pyarrow"] = "pandas"
    index: int = Field(default=0, ge=0)
    quasi_identifiers: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _unique(self) -> Self:
        if len(set(self.names)) < len(self.columns):
            raise ValueError("column names must be unique")
        if len(set(self.quasi_identifiers)) < len(self.quasi_identifiers):
            raise ValueError("quasi_identifiers must be distinct")
        if not set(self.quasi_identifiers) <= set(self.names):
            raise ValueError("quasi_identifiers must be names of columns")
        return self

    @property
    def names(self) -> tuple[Name, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __iter__(self) -> Iterator[Column]:  # type: ignore[override]
        return iter(self.columns)

    def __getitem__(self, name: Name) -> Column:
        if name not in self.names:
            raise no_column("schema", name, self.names, SchemaError)
        return self.columns[self.names.index(name)]

    def replace(self, columns: Mapping[Name, Column] | None = None, /, **named: Column) -> Schema:
        """A schema with some columns declared otherwise; names and dtypes stay.

        Args:
            columns: New declarations by name, for names that are not Python identifiers.
            **named: New declarations by name.

        Returns:
            The new schema.

        Raises:
            SchemaError: If a column does not exist or a declaration is not a column.

        Example:
            >>> schema = Schema(columns=(Number(name="code", dtype="int64"),))
            >>> schema.replace(code=Category())["code"].kind
            'category'
        """
        changes: dict[Name, Column] = dict(columns or {})
        changes.update(named)
        for name, column in changes.items():
            if not isinstance(column, Column):
                raise SchemaError(
                    f"schema.replace: column {name!r} needs a declaration such as twin.Category(), "
                    f"not a {type(column).__name__}"
                )
            old = self[name]
            changes[name] = column.model_copy(update={"name": old.name, "dtype": column.dtype or old.dtype})
        return self.model_copy(update={"columns": tuple(changes.get(c.name, c) for c in self.columns)})

    def with_quasi_identifiers(self, names: Iterable[Name]) -> Schema:
        """A schema with these quasi-identifiers.

        Args:
            names: Columns that others may know of a person.

        Returns:
            The new schema.

        Raises:
            SchemaError: If a column does not exist or is named twice.

        Example:
            >>> schema = Schema(columns=(Number(name="age"), Category(name="sex")))
            >>> schema.with_quasi_identifiers(["age", "sex"]).quasi_identifiers
            ('age', 'sex')
        """
        chosen = (names,) if isinstance(names, str) else tuple(names)
        for name in chosen:
            if name not in self.names:
                raise no_column("quasi_identifiers", name, self.names, SchemaError)
        if len(set(chosen)) < len(chosen):
            raise SchemaError("quasi_identifiers: a column is named twice; name each once")
        return self.model_copy(update={"quasi_identifiers": chosen})

    def to_json(self) -> str:
        """The schema as JSON text."""
        return self.model_dump_json(indent=2, exclude_none=True)

    @classmethod
    def from_json(cls, text: str) -> Schema:
        """The schema from JSON text.

        Raises:
            SchemaError: If the text is not JSON or not a schema.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the document"
            if first["type"] == "union_tag_invalid":
                kind = str(first["ctx"]["tag"])[:40]
                new = _RENAMED.get(kind)
                why = (
                    f'which is now called "{new}"; write the new word in its place'
                    if new
                    else "which is not known here; if it is yours, call twin.register_kind first"
                )
                raise UnknownKind(f'schema: {where} is of kind "{kind}", {why}') from None
            raise SchemaError(f"schema: {where} is not valid: {first['msg']}") from None

    def __str__(self) -> str:
        wide = max((len(str(name)) for name in self.names), default=0)
        kind = max((9, *(len(c.kind) for c in self.columns)))
        return "\n".join(
            f"{c.name!s:<{wide}}  {c.kind:<{kind}} {c.dtype:<16} {c.reason}" for c in self.columns
        )

    def __repr__(self) -> str:
        return f"Schema({len(self)} columns)\n{self}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(str(c.name))}</th><td>{c.kind}</td><td>{escape(c.dtype)}</td>"
            f"<td>{escape(c.reason)}</td></tr>"
            for c in self.columns
        )
        return f"<table><tr><th>column</th><th>kind</th><th>dtype</th><th>reason</th></tr>{rows}</table>"


def add_column_class(column: type[Column]) -> str:
    """Let schemas hold another class of columns.

    Args:
        column: The class; its `kind` is a `Literal` with the same word as its default.

    Returns:
        Its kind.

    Raises:
        SchemaError: If it is no such class, or another class is of this kind.
    """
    if not (isinstance(column, type) and issubclass(column, Column)):
        raise SchemaError("register_kind: column must be a class that derives from twin.Column")
    field = column.model_fields["kind"]
    kind = field.default
    if not isinstance(kind, str) or get_args(field.annotation) != (kind,):
        raise SchemaError(
            f"register_kind: {column.__name__} must say its kind in one word, as in "
            'kind: Literal["grade"] = "grade"'
        )
    known = _CLASSES.get(kind)
    again = known is not None and known.__module__ == column.__module__ and known.__name__ == column.__name__
    if known is not None and (kind in _BUILT_IN or not again):  # a notebook may run its cell once more
        raise SchemaError(f"register_kind: {known.__name__} is of kind {kind!r} already; choose another word")
    _CLASSES[kind] = column
    Schema.model_rebuild(force=True)
    return kind
