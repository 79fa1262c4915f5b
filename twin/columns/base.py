"""What every kind of column keeps: `Candidate` before it is learned, `LearnedColumn` after it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.random import Generator

from twin.arrays import Array, Bools, Floats, Integers, Ints, Ints32
from twin.codes import Field, State
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.given.asked import Asked
from twin.columns.schema import Name

Matrix = Ints32


IDENTIFIER = re.compile(r"(^|[_\W])(id|key|uuid|guid|ssn|iban)$|[a-z](Id|ID|Key)$|^(ID|Id)$")
"""Names of columns of identifiers."""

UNIQUE = 0.95
"""Share of distinct values from which a column points at its rows (rule S11)."""

FEWEST_ROWS = 100
"""Fewest rows for shares of distinct values to mean anything."""

_SPREAD = 0.02  # share of distinct values from which a column that is named like an identifier is one


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A column whose kind is looked for.

    Args:
        name: Its name.
        arrays: Its values, n rows.
        dtype: Name of its dtype.
        is_subject: Whether it names the subject.
    """

    name: Name
    arrays: ColumnArrays
    dtype: str
    is_subject: bool = False

    @cached_property
    def present(self) -> int:
        """Rows with a value."""
        return int((~self.arrays.missing).sum())

    @cached_property
    def values(self) -> Array:
        """The values that are there as the numbers they are, where they are not nominal, shape (present,)."""
        return self.arrays.numbers[~self.arrays.missing]

    @cached_property
    def distinct(self) -> int:
        """Number of distinct values."""
        return (
            len(self.arrays.levels)
            if self.arrays.nominal
            else int(np.unique(self.arrays.values[~self.arrays.missing]).size)
        )

    @cached_property
    def whole(self) -> bool:
        """Whether it holds whole numbers alone."""
        if self.arrays.type == "integer":
            return True
        real = self.arrays.type in ("real", "decimal")
        return real and bool(np.isfinite(self.values).all() and (self.values == np.rint(self.values)).all())

    @property
    def categorical(self) -> bool:
        """Whether its dtype is one of levels."""
        return self.dtype.startswith(("category", "dictionary"))

    @property
    def counts_time(self) -> bool:
        """Whether its numbers count steps of time."""
        return self.dtype.startswith(("timedelta", "period", "duration", "time", "object/time"))

    @property
    def unique(self) -> bool:
        """Whether its values almost never repeat, among enough rows to tell."""
        return self.present >= FEWEST_ROWS and self.distinct > UNIQUE * self.present

    @property
    def named_identifier(self) -> bool:
        """Whether it is named like an identifier and has more distinct values than a code would."""
        many = self.present >= FEWEST_ROWS and self.distinct > _SPREAD * self.present
        return many and bool(IDENTIFIER.search(str(self.name)))


@dataclass(frozen=True, kw_only=True)
class DecodeContext:
    """Which rows are being decoded.

    Args:
        rng: Randomness of this block of rows.
        seed: Seed of the whole sample, the same for all its blocks.
        start: Number of the first row in the whole sample, ≥ 0.
        rows: Numbers of the rows in the whole sample, shape (n,), where they do not follow each other.
    """

    rng: Generator
    seed: int
    start: int = 0
    rows: Ints | None = None

    def numbers(self, n: int) -> Ints:
        """Numbers of the n rows in the whole sample, shape (n,)."""
        return np.arange(self.start, self.start + n) if self.rows is None else self.rows


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What is asked of a column, compiled to its codes. Models and sampling see nothing else of it.

    Args:
        weights: Weights per code of each field, shape (size,) each, where all rows ask the same.
        codes: Where each row asks for its own: the code of each row for each field, shape (n,), -1 where the
            row leaves the field free.
        decode: From codes that meet the weights, shape (rows, number of fields), to values that meet the
            condition exactly; as `LearnedColumn.decode`.
        accepts: Decides which rows stay, shape (rows,), where weights of single fields cannot say what is
            asked of several together; None where they can.
    """

    decode: Callable[[Matrix, DecodeContext], ColumnArrays]
    weights: tuple[Floats, ...] | None = None
    codes: tuple[Ints32, ...] | None = None
    accepts: Callable[[Matrix, Generator], Bools] | None = None


class LearnedColumn(Protocol):
    """A column that has been learned: facts that passed the guard, never values of too few subjects."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The finite fields that stand for the column; none if it is never modelled."""
        ...

    def encode(self, native: ColumnArrays, rng: Generator) -> Matrix:
        """Codes of a column, shape (n, number of fields); `rng` places values that were not kept.

        Args:
            native: The column as arrays, n rows.
            rng: Source of randomness.
        """
        ...

    def decode(self, codes: Matrix, context: DecodeContext) -> ColumnArrays:
        """A column from codes, shape (n, number of fields).

        Args:
            codes: Codes of the column's fields, shape (n, fields).
            context: Which rows are decoded, and their randomness.
        """
        ...

    def condition(self, asked: Asked) -> Condition:
        """What is asked, compiled to codes.

        Raises:
            InputError: If the column never holds it, or takes no condition.
        """
        ...

    def state(self) -> State:
        """What `load` of its kind needs."""
        ...


def scatter(codes: Integers, weights: Floats, rng: Generator) -> Matrix:
    """Codes with each -1 replaced by a code drawn by weight (rule S9, "resample").

    Args:
        codes: Shape (n,), -1 where a value was not kept.
        weights: Non-negative weight per code, shape (size,); uniform where all are zero.
        rng: Randomness.

    Returns:
        Shape (n,), every code ≥ 0.

    Example:
        >>> scatter(np.array([0, -1]), np.array([0.0, 1.0]), np.random.default_rng(0)).tolist()
        [0, 1]
    """
    out = codes.astype(np.int32)
    lost = out < 0
    if lost.any():
        total = weights.sum()
        chances = weights / total if total > 0 else np.full(weights.size, 1 / weights.size)
        out[lost] = rng.choice(weights.size, size=int(lost.sum()), p=chances)
    return out
