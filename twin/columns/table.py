"""A whole table as codes, and back: the schema with its learned columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from twin.codes import Codes, Domain, Json, State
from twin.columns.base import Draw, Learned
from twin.columns.kinds import KINDS
from twin.columns.native import read
from twin.columns.restore import restore
from twin.columns.schema import Name, Schema
from twin.errors import SchemaError
from twin.privacy.guard import Guard


@dataclass(frozen=True)
class Columns:
    """The learned columns of a table.

    Args:
        schema: Their declarations.
        learned: One per column, in the order of the schema.
    """

    schema: Schema
    learned: tuple[Learned, ...]

    @property
    def domain(self) -> Domain:
        """The fields of all columns, in order."""
        return Domain(tuple(field for column in self.learned for field in column.fields))

    def first_fields(self, names: tuple[Name, ...]) -> tuple[str, ...]:
        """The first field of each named column: of a moment, its day.

        Raises:
            SchemaError: If a column has no field, since it is never learned.
        """
        out = []
        for name in names:
            fields = self.learned[self.schema.names.index(name)].fields
            if not fields:
                raise SchemaError(
                    f"quasi_identifiers: column {name!r} is never learned, so it is part of no combination; "
                    "leave it out"
                )
            out.append(fields[0].name)
        return tuple(out)

    def encode(self, frame: pd.DataFrame, rng: Generator, subjects: NDArray[np.int64] | None = None) -> Codes:
        """Codes of a table with these columns.

        Args:
            frame: The table, n rows.
            rng: Places values that were not kept.
            subjects: Dense subject ids, shape (n,), or None.

        Returns:
            Codes over `domain`.
        """
        check_fits(frame, self.schema)
        parts = [
            learned.encode(read(frame[column.name]), rng)
            for column, learned in zip(self.schema, self.learned, strict=True)
        ]
        values = np.concatenate([np.empty((len(frame), 0), np.int32), *parts], axis=1)  # (n, d)
        return Codes(self.domain, values, subjects)

    def decode(self, codes: Codes, draw: Draw) -> pd.DataFrame:
        """A table from codes over `domain`, in the order and dtypes of the schema."""
        series, at = {}, 0
        for column, learned in zip(self.schema, self.learned, strict=True):
            width = len(learned.fields)
            native = learned.decode(codes.values[:, at : at + width], draw)
            series[column.name] = restore(native, column.dtype, column.name)
            at += width
        frame = pd.DataFrame(series, copy=False)
        frame.columns = pd.Index(list(self.schema.names))
        return frame

    def state(self) -> State:
        """What `load` needs."""
        facts: list[Json] = []
        arrays: dict[str, NDArray[np.generic]] = {}
        for i, learned in enumerate(self.learned):
            state = learned.state()
            facts.append(dict(state.facts))
            arrays |= {f"{i}.{name}": array for name, array in state.arrays.items()}
        return State({"columns": facts}, arrays)

    @classmethod
    def load(cls, schema: Schema, state: State) -> Columns:
        """The learned columns from their schema and state."""
        facts = state.facts["columns"]
        assert isinstance(facts, list)
        arrays: list[dict[str, NDArray[np.generic]]] = [{} for _ in facts]
        for name, array in state.arrays.items():
            i, _, rest = name.partition(".")
            arrays[int(i)][rest] = array
        learned = []
        for column, fact, own in zip(schema, facts, arrays, strict=True):
            assert isinstance(fact, dict)
            learned.append(KINDS[column.kind].load(column, State(fact, own)))
        return cls(schema, tuple(learned))


def learn_columns(frame: pd.DataFrame, schema: Schema, guard: Guard) -> Columns:
    """Learn every column of a table through its guard.

    Raises:
        SchemaError: If the schema does not fit the table.
    """
    check_fits(frame, schema)
    learned = [
        KINDS[column.kind].learn(column, read(frame[column.name]), guard.column(str(column.name)))
        for column in schema
    ]
    return Columns(schema, tuple(learned))


def check_fits(frame: pd.DataFrame, schema: Schema) -> None:
    """Refuse a table whose columns are not those of the schema.

    Raises:
        SchemaError: If a column is missing or not declared.
    """
    lacking = [name for name in schema.names if name not in frame.columns]
    extra = [name for name in frame.columns if name not in schema.names]
    if lacking or extra:
        what = f"lacks {', '.join(map(repr, lacking))}" if lacking else ""
        more = f"has {', '.join(map(repr, extra))} beyond the schema" if extra else ""
        raise SchemaError(f"table: it {' and '.join(filter(None, (what, more)))}; make the two agree")


def subject_ids(frame: pd.DataFrame, subject: object) -> NDArray[np.int64]:
    """Dense ids of the subjects of rows, 0 … number of subjects - 1, shape (n,)."""
    codes, _ = pd.factorize(frame[subject], use_na_sentinel=True)
    return codes.astype(np.int64)
