"""What every kind of column keeps: the protocol `LearnedColumn`, and what a draw of rows is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator

from twin.arrays import Bools, Floats, Integers, Ints, Ints32
from twin.codes import Field, State
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.given.asked import Asked

Matrix = Ints32


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
        """Codes of a column, shape (n, number of fields); `rng` places values that were not kept."""
        ...

    def decode(self, codes: Matrix, context: DecodeContext) -> ColumnArrays:
        """A column from codes, shape (n, number of fields)."""
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
