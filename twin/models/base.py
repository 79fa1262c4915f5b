"""What every model keeps: the protocols `Model` and `Fitted`, and the laws of both.

The laws, run as tests over the list of all models: codes stay in their range; the same seed gives the
same rows; a second fit does not remember the first; one column, a constant column and five rows are fine;
what is saved holds no code that too few subjects hold; a dependent table is drawn better than by
`independent`; what was saved and loaded samples the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.codes import Codes, Domain, State
from twin.privacy.guard import Guard

Given = Mapping[str, NDArray[np.float64]]
"""Conditions: for some fields, non-negative weights per code, shape (size,), or per row, shape (n, size)."""


class Fitted(Protocol):
    """A model that has learned: holds facts that passed the guard, never rows."""

    @property
    def domain(self) -> Domain:
        """The fields it draws."""
        ...

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows, fields in the order of `domain`, each code reweighted by `given`."""
        ...

    def state(self) -> State:
        """What `from_state` of its class needs."""
        ...


class Model(Protocol):
    """Settings that can be fitted."""

    @property
    def name(self) -> str:
        """Key in `MODELS`."""
        ...

    def fit(self, codes: Codes, *, guard: Guard, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Learn the codes; every count that is kept passes the guard."""
        ...

    def load(self, domain: Domain, state: State) -> Fitted:
        """The fitted model from its domain and `Fitted.state()`; `self` may be the default settings."""
        ...


class Progress(Protocol):
    """Told about work done; may raise to stop it."""

    def __call__(self, done: float, what: str) -> None:
        """Share of the work done, 0 … 1, and what is being done now, in words."""
        ...
