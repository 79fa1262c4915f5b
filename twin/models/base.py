"""What every model keeps: the protocols `Model` and `Fitted`, and the contracts of both.

The contracts, run as tests over the list of all models: codes stay in their range; the same seed gives the
same rows; a second fit does not remember the first; one column, a constant column and five rows are fine;
what is saved holds no code that too few subjects hold; a dependent table is drawn better than by
`independent`; what was saved and loaded samples the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.random import Generator

from twin.arrays import AnyArray, Array, Floats
from twin.codes import Codes, Domain, State
from twin.models.training_curve import Curve
from twin.privacy.dp.queryable import Queryable
from twin.privacy.suppression.guard import Guard
from twin.progress import Progress

Given = Mapping[str, Floats]
"""Conditions: for some fields, non-negative weights per code, shape (size,), or per row, shape (n, size)."""


class Fitted(Protocol):
    """A model that has learned: holds facts that passed the guard, never rows."""

    @property
    def domain(self) -> Domain:
        """The fields it draws."""
        ...

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows, fields in the order of `domain`, each code reweighted by `given`.

        Args:
            n: Number of rows, ≥ 0.
            rng: Source of randomness.
            given: Weights of the codes of some fields, by name, shape (size,) or (n, size); None for no
                condition.
        """
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
        """Learn the codes; every count that is kept passes the guard.

        Args:
            codes: Codes of the rows, shape (n, fields).
            guard: The guard that every fact passes.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.
        """
        ...

    def load(self, domain: Domain, state: State) -> Fitted:
        """The fitted model from its domain and `Fitted.state()`; `self` may be the default settings.

        Args:
            domain: The fields.
            state: What `state` gave, as it came from a file.
        """
        ...


@runtime_checkable
class DpModel(Model, Protocol):
    """A model that can also be fitted under a budget, from noisy answers alone.

    The contracts, run as tests over the list of DP models: it sees the queryable and never the codes; it
    spends at least 95 % of the mu² that the ledger has left, never more, and at once, so that whoever shares
    a budget reserves the other parts first; each answer is charged before it is released (the queryable sees
    to that);
    all noise is the queryable's, `rng` decides only what is done with noisy answers; nothing is refused or
    reported because of the data: tables of no rows, one row or one field are fitted like any other. What is
    saved follows from noisy answers alone. Progress is reported in words that no data decide.
    """

    def fit_dp(self, queryable: Queryable, *, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Learn from a queryable, with all that its ledger has left.

        Args:
            queryable: The door to the codes under a budget; it charges for each answer.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.

        Raises:
            BudgetExceeded: If nothing is left.
        """
        ...


@runtime_checkable
class Explains(Protocol):
    """A fitted model that can say what it looked at, and why."""

    def explain(self) -> str:
        """One line per thing."""
        ...


@runtime_checkable
class Trained(Protocol):
    """A fitted model that was trained step by step."""

    @property
    def curve(self) -> Curve | None:
        """What was learned when; None where it must not be released."""
        ...


@runtime_checkable
class Wrapping(Protocol):
    """A fitted model that stands around another: what was learned lies within."""

    @property
    def inner(self) -> Fitted:
        """The other."""
        ...


def curve_of(fitted: Fitted) -> Curve | None:
    """The training curve of a fitted model, or of the one within what is wrapped around it.

    Args:
        fitted: The model, in any number of wrappings.

    Returns:
        The curve; None where the model was not trained in steps, or must not be released.
    """
    while not isinstance(fitted, Trained):
        if not isinstance(fitted, Wrapping):
            return None
        fitted = fitted.inner
    return fitted.curve


def joined(parts: Iterable[AnyArray], dtype: type[np.generic]) -> Array:
    """Arrays one after the other, as a file holds them; `parted` takes them apart.

    Args:
        parts: Arrays of one dimension, none or more.
        dtype: What they hold.

    Returns:
        One array.

    Example:
        >>> joined([np.arange(2), np.arange(3)], np.int32).tolist()
        [0, 1, 0, 1, 2]
    """
    return np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype)


def parted(array: AnyArray, sizes: Iterable[int], dtype: type[np.generic]) -> tuple[Array, ...]:
    """The arrays that `joined` put one after the other.

    Args:
        array: What `joined` gave.
        sizes: Length of each part.
        dtype: What the parts hold.

    Returns:
        The parts.

    Example:
        >>> [part.tolist() for part in parted(np.array([0, 1, 0, 1, 2]), (2, 3), np.int64)]
        [[0, 1], [0, 1, 2]]
    """
    ends = np.cumsum(list(sizes), dtype=np.int64)
    return tuple(np.split(np.asarray(array, dtype), ends[:-1])) if ends.size else ()


def prefixed(prefix: str, arrays: Mapping[str, AnyArray]) -> dict[str, AnyArray]:
    """Arrays whose names begin with a prefix, as a wrapper keeps those of the model within.

    Args:
        prefix: Put before each name, with a dot.
        arrays: Arrays by name.
    """
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def unprefixed(prefix: str, arrays: Mapping[str, AnyArray]) -> dict[str, AnyArray]:
    """The arrays that `prefixed` named, by their own names; others are left out.

    Args:
        prefix: What stands before their names, without the dot.
        arrays: Arrays by name.
    """
    start = f"{prefix}."
    return {name.removeprefix(start): a for name, a in arrays.items() if name.startswith(start)}
