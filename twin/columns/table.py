"""A whole table as codes, and back: the schema with its learned columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from twin.arrays import AnyArray, Ints
from twin.codes import Codes, Domain, Field, Json, State
from twin.columns.arrays.dp_reading import read_dp
from twin.columns.arrays.reading import ColumnArrays, Table, TableArrays
from twin.columns.arrays.restore import restore
from twin.columns.base import Candidate, Condition, DecodeContext, LearnedColumn, Matrix
from twin.columns.kinds import category
from twin.columns.kinds.registry import KINDS
from twin.columns.pii.detect.quasi import reads_as_sex
from twin.columns.pii.generate.base import Invents, KnownIdentifiers
from twin.columns.schema import Category, Column, DirectIdentifier, Name, Schema
from twin.errors import InputError, SchemaError
from twin.privacy.suppression.guard import Guard
from twin.randomness import fresh


@dataclass(frozen=True)
class Columns:
    """The learned columns of a table.

    Args:
        schema: Their declarations.
        learned: One per column, in the order of the schema.
        private: Whether they were learned under a budget, so that no cell may be refused or reported.
    """

    schema: Schema
    learned: tuple[LearnedColumn, ...]
    private: bool = False

    @property
    def domain(self) -> Domain:
        """The fields of all columns, in order."""
        return Domain(tuple(field for column in self.learned for field in column.fields))

    def fields_of(self, name: Name) -> tuple[Field, ...]:
        """The fields of a column; none where it is never learned."""
        return self.learned[self.schema.names.index(name)].fields

    def first_fields(self, names: tuple[Name, ...]) -> tuple[str, ...]:
        """The first field of each named column: of a datetime, its day.

        Raises:
            SchemaError: If a column has no field, since it is never learned.
        """
        out = []
        for name in names:
            fields = self.fields_of(name)
            if not fields:
                raise SchemaError(
                    f"quasi_identifiers: column {name!r} is never learned, so it is part of no combination; "
                    "leave it out"
                )
            out.append(fields[0].name)
        return tuple(out)

    def encode(self, table: Table, rng: Generator, subjects: Ints | None = None) -> Codes:
        """Codes of a table with these columns.

        Args:
            table: The table, n rows.
            rng: Places values that were not kept. Not used where the columns are private: then each
                value is placed by fresh entropy, since under a known seed one person's row would shift
                the draws of all rows after it, and so move more than its own.
            subjects: Dense subject ids, shape (n,), or None.

        Returns:
            Codes over `domain`.
        """
        arrays = TableArrays.of(table)
        check_fits(arrays.frame, self.schema)
        rng = fresh() if self.private else rng
        parts = [
            learned.encode(
                read_dp(arrays.frame[column.name], column) if self.private else arrays[column.name], rng
            )
            for column, learned in zip(self.schema, self.learned, strict=True)
        ]
        values = np.concatenate([np.empty((len(arrays), 0), np.int32), *parts], axis=1)  # (n, d)
        return Codes(self.domain, values, subjects)

    def decode(
        self, codes: Codes, context: DecodeContext, given: Mapping[Name, Condition] | None = None
    ) -> pd.DataFrame:
        """A table from codes over `domain`, in the order and dtypes of the schema.

        Args:
            codes: The codes.
            context: Which rows these are.
            given: Conditions that the codes were drawn under, by column; what comes out meets them.

        Returns:
            The table.
        """
        given = given or {}
        decoded: dict[Name, ColumnArrays] = {}
        later: list[tuple[Name, Invents, Matrix]] = []
        at = 0
        for column, learned in zip(self.schema, self.learned, strict=True):
            part = codes.values[:, at : at + len(learned.fields)]
            at += len(learned.fields)
            if isinstance(learned, Invents):
                later.append((column.name, learned, part))
            else:
                decoded[column.name] = given.get(column.name, learned).decode(part, context)
        known = KnownIdentifiers(natives=dict(decoded), peers=self.learned)
        for name, inventor, part in later:
            decoded[name] = inventor.invent(context, part, known)
        series = {c.name: restore(decoded[c.name], c.dtype, c.name) for c in self.schema}
        frame = pd.DataFrame(series, copy=False)
        frame.columns = pd.Index(list(self.schema.names))
        return frame

    def sealed(self) -> Columns:
        """These columns once all rows are encoded: what was only needed to read the table is gone."""
        pairs = [
            category.sealed(column, learned)
            if isinstance(column, Category) and isinstance(learned, category.LearnedLevels)
            else (column, learned)
            for column, learned in zip(self.schema, self.learned, strict=True)
        ]
        schema = self.schema.model_copy(update={"columns": tuple(column for column, _ in pairs)})
        return Columns(schema, tuple(learned for _, learned in pairs), self.private)

    def state(self) -> State:
        """What `load` needs."""
        facts: list[Json] = []
        arrays: dict[str, AnyArray] = {}
        for i, learned in enumerate(self.learned):
            state = learned.state()
            facts.append(dict(state.facts))
            arrays |= {f"{i}.{name}": array for name, array in state.arrays.items()}
        return State({"columns": facts, "private": self.private}, arrays)

    @classmethod
    def load(cls, schema: Schema, state: State) -> Columns:
        """The learned columns from their schema and state.

        Args:
            schema: Declarations of the columns.
            state: What `state` gave, as it came from a file.
        """
        facts = state.fact("columns", list)
        arrays: list[dict[str, AnyArray]] = [{} for _ in facts]
        for name, array in state.arrays.items():
            i, _, rest = name.partition(".")
            arrays[abs(int(i))][rest] = array
        learned = [
            KINDS[column.kind].load(column, State(dict(fact), own))
            for column, fact, own in zip(schema, facts, arrays, strict=True)
        ]
        return cls(schema, tuple(learned), state.fact("private", bool))


def learn_columns(table: Table, schema: Schema, guard: Guard) -> Columns:
    """Learn every column of a table through its guard.

    Args:
        table: The table, n rows.
        schema: Declarations of its columns.
        guard: What may be learned of it.

    Returns:
        The learned columns.

    Raises:
        SchemaError: If the schema does not fit the table.
    """
    arrays = TableArrays.of(table)
    check_fits(arrays.frame, schema)
    learned = [
        KINDS[column.kind].learn(column, arrays[column.name], guard.column(str(column.name)))
        for column in schema
    ]
    return Columns(schema, tuple(learned))


def stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Blocks of rows as one table; categories that differ between blocks are joined.

    Args:
        frames: At least one, with the same columns and dtypes but for their categories.

    Returns:
        The table, with a fresh index.
    """
    if len(frames) == 1:
        return frames[0]
    for position in range(frames[0].shape[1]):
        parts = [frame.iloc[:, position] for frame in frames]
        if all(part.dtype == parts[0].dtype for part in parts[1:]):
            continue
        shared: Any = max((part.dtype for part in parts), key=_reach)
        if isinstance(shared, pd.CategoricalDtype):
            levels = list(dict.fromkeys(level for part in parts for level in part.cat.categories))
            index = pd.Index(levels, dtype=parts[0].cat.categories.dtype)
            shared = pd.CategoricalDtype(index, ordered=bool(shared.ordered))
        for frame, part in zip(frames, parts, strict=True):
            frame.isetitem(position, part.astype(shared).array)
    return pd.concat(frames, ignore_index=True)


def _reach(dtype: Any) -> int:
    """How many levels a dtype of an Arrow dictionary reaches."""
    kind = getattr(dtype, "pyarrow_dtype", None)
    return 0 if kind is None else int(kind.index_type.bit_width)


def check_fits(frame: pd.DataFrame, schema: Schema) -> None:
    """Refuse a table whose columns are not those of the schema.

    Args:
        frame: The table.
        schema: Declarations of the columns.

    Raises:
        SchemaError: If a column is missing or not declared.
    """
    names = schema.names
    declared = set(names)
    lacking = [name for name in names if name not in frame.columns]
    extra = [name for name in frame.columns if name not in declared]
    if lacking or extra:
        what = f"lacks {', '.join(map(repr, lacking))}" if lacking else ""
        more = f"has {', '.join(map(repr, extra))} beyond the schema" if extra else ""
        raise SchemaError(f"table: it {' and '.join(filter(None, (what, more)))}; make the two agree")


_NAMES = ("name", "first_name")


def infer_schema(table: Table, *, library: Any = "pandas", index: int = 0, subject: Any = None) -> Schema:
    """The schema of a table, one reasoned kind per column.

    Args:
        table: The table, its index levels first among its columns.
        library: Frame library that it came in.
        index: How many of the first columns form the row index.
        subject: Name of the column that names the person, or None.

    Returns:
        The schema.

    Raises:
        InputError: If the table has no column, or two of the same name.
        SchemaError: If a column has a name or values that cannot be learned.

    Example:
        >>> import pandas as pd
        >>> print(infer_schema(pd.DataFrame({"smoker": [True, False]})))
        smoker  flag      bool             dtype bool
    """
    read = TableArrays.of(table)
    frame = read.frame
    if not len(frame.columns):
        raise InputError("table: it has no columns; give at least one")
    if not frame.columns.is_unique:
        raise InputError("table: column names must be unique; rename the ones that repeat")
    columns: list[Column] = []
    sexes: list[Name] = []
    for position, name in enumerate(frame.columns):
        plain = name.item() if isinstance(name, np.generic) else name
        if not isinstance(plain, str | int | float | bool):
            raise SchemaError(
                f"column at position {position}: its name is a {type(name).__name__}; "
                "names must be text or numbers, so rename it"
            )
        arrays, dtype = read[plain], read.dtype(plain)
        candidate = Candidate(name=plain, arrays=arrays, dtype=dtype, is_subject=name == subject)
        columns.append(_kind_of(candidate))
        if reads_as_sex(arrays, plain):
            sexes.append(plain)
    agreed = [_agreeing(column, sexes[0]) if sexes else column for column in columns]
    return Schema(columns=tuple(agreed), library=library, index=index)


def _agreeing(column: Column, sex: Name) -> Column:
    """The names of the person that a row is about agree with the column that tells the sex."""
    if isinstance(column, DirectIdentifier) and column.what in _NAMES and not column.person:
        return column.model_copy(update={"sex": sex})
    return column


def _kind_of(candidate: Candidate) -> Column:
    """The declaration by the first kind that takes the column; what names the subject, not every kind may."""
    for kind in KINDS.values():
        declared = kind.takes(candidate) if kind.names_subject or not candidate.is_subject else None
        if declared is not None:
            return declared
    raise SchemaError(f"column {candidate.name!r}: no kind of column takes it; drop it")
