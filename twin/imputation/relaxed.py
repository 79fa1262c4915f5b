"""Rows under conditions that may contradict what was learned: as many as can be met together are met."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from twin.codes import Codes, Domain, State
from twin.errors import InputError
from twin.models.base import Fitted, Given

_PARTS = 8
_FEW = 32
_LEAST = 1e-9


@dataclass(frozen=True)
class Relaxed:
    """A fitted model that refuses no row: where it never draws what a row asks for, some of that is let go.

    Args:
        inner: The fitted model.

    Example:
        >>> from twin.codes import Field
        >>> from twin.models.independent import FittedIndependent
        >>> fitted = FittedIndependent(Domain((Field(name="a", size=3),)), (np.array([5, 0, 0]),))
        >>> never = {"a": np.array([[0.0, 1.0, 0.0]])}
        >>> Relaxed(fitted).sample(1, rng=np.random.default_rng(0), given=never).values.tolist()
        [[0]]
    """

    inner: Fitted

    @property
    def domain(self) -> Domain:
        """The fields it draws."""
        return self.inner.domain

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows; what none can meet weighs next to nothing in place of nothing, in the rows around it.

        Rows that can be had follow the model's law, up to the share that such weights leave to others.

        Args:
            n: Number of rows, ≥ 0.
            rng: Source of randomness.
            given: Weights of the codes of some fields, by name, shape (size,) or (n, size); None for no
                condition.
        """
        try:
            return self.inner.sample(n, rng=rng, given=given)
        except InputError:
            if not given or n == 0:
                raise
        if n <= _FEW:
            soft = {name: np.maximum(w, _LEAST) for name, w in given.items()}
            return self.inner.sample(n, rng=rng, given=soft)
        parts = [
            self.sample(
                rows.size, rng=rng, given={f: w if w.ndim == 1 else w[rows] for f, w in given.items()}
            )
            for rows in np.array_split(np.arange(n), min(_PARTS, -(-n // _FEW)))
        ]
        return Codes(self.domain, np.concatenate([part.values for part in parts]))

    def state(self) -> State:
        """The inner model's state."""
        return self.inner.state()
