"""Free text: never learned (rule S11). The column comes back, empty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from twin.codes import Field, State
from twin.columns import schema
from twin.columns.base import Draw, Matrix
from twin.columns.native import Native
from twin.privacy.guard import ColumnGuard


@dataclass(frozen=True)
class LearnedText:
    """A text column: no fact at all.

    Example:
        >>> bool(LearnedText().fields)
        False
    """

    @property
    def fields(self) -> tuple[Field, ...]:
        """None: text is not modelled."""
        return ()

    def encode(self, native: Native, rng: Generator) -> Matrix:
        """No codes, shape (n, 0)."""
        return np.empty((native.values.shape[0], 0), np.int32)

    def decode(self, codes: Matrix, draw: Draw) -> Native:
        """Missing values only."""
        n = codes.shape[0]
        return Native(type="string", values=np.full(n, -1), missing=np.ones(n, dtype=bool))

    def state(self) -> State:
        """Nothing."""
        return State({})


def learn(column: schema.Text, native: Native, guard: ColumnGuard) -> LearnedText:
    """Learn nothing, and say so."""
    rows = int((~native.missing).sum())
    guard.note("free text", values=len(native.levels), rows=rows, replacement="left empty")
    return LearnedText()


def load(column: schema.Text, state: State) -> LearnedText:
    """The learned column."""
    return LearnedText()
