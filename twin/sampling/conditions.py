"""Rows under conditions: exactly as many as are wanted, whatever is asked of all of them or of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.codes import Codes, Domain, FloatArray, IntArray
from twin.errors import InputError
from twin.models.base import Fitted

Accepts = Callable[[Codes, Generator], NDArray[np.bool_]]
"""Decides which drawn rows meet what weights of single fields cannot say, shape (n,)."""

_ALIKE = 256
"""Rows that ask the same are drawn together from this number on: a pool of rows serves them better."""

_CELLS = 4_000_000
"""Most weights at a time, where each row has its own."""

_DRAW = 65_536
_LEAST_DRAW = 256
_FRUITLESS = 4 * _DRAW
_MOST = 24


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked of the rows of a sample.

    Args:
        weights: Weights per code by field, shape (size,) each, for all rows alike.
        codes: Code of each row by field, shape (n,) each, -1 where a row leaves the field free.
        accepts: Decides which rows stay, or None where the weights say all.
    """

    weights: Mapping[str, FloatArray] = field(default_factory=dict)
    codes: Mapping[str, IntArray] = field(default_factory=dict)
    accepts: Accepts | None = None

    def part(self, start: int, stop: int) -> Wanted:
        """What is asked of the rows start … stop - 1."""
        codes = {name: codes[start:stop] for name, codes in self.codes.items()}
        return Wanted(weights=self.weights, codes=codes, accepts=self.accepts)


def sample_under(fitted: Fitted, n: int, wanted: Wanted, *, rng: Generator) -> Codes:
    """Draw exactly n rows that meet what is asked.

    Args:
        fitted: A fitted model.
        n: Number of rows, ≥ 0.
        wanted: What is asked of them.
        rng: Source of randomness.

    Returns:
        The rows; row i meets what is asked of row i.

    Raises:
        InputError: If no row can meet it.

    Example:
        >>> from twin.codes import Field
        >>> from twin.models.independent import FittedIndependent
        >>> fitted = FittedIndependent(Domain((Field(name="a", size=3),)), (np.array([1, 1, 1]),))
        >>> wanted = Wanted(codes={"a": np.array([2, 0, 2])})
        >>> sample_under(fitted, 3, wanted, rng=np.random.default_rng(0)).values.ravel().tolist()
        [2, 0, 2]
    """
    if not wanted.codes or n == 0:
        return _alike(fitted, n, wanted, rng)
    values = np.empty((n, len(fitted.domain)), np.int32, order="F")
    for rows, codes in _groups(wanted.codes, n):
        given = {name: _one(fitted.domain, name, code) for name, code in codes.items() if code >= 0}
        values[rows] = _alike(fitted, rows.size, Wanted(weights={**wanted.weights, **given}), rng).values
    for rows in _others(wanted.codes, n, fitted.domain):
        given = {name: _each(fitted.domain, name, codes[rows]) for name, codes in wanted.codes.items()}
        values[rows] = fitted.sample(rows.size, rng=rng, given={**wanted.weights, **given}).values
    return Codes(fitted.domain, values)


def _alike(fitted: Fitted, n: int, wanted: Wanted, rng: Generator) -> Codes:
    """Rows that all ask the same; those that are not accepted are replaced by others."""
    given = wanted.weights or None
    if wanted.accepts is None or n == 0:
        return fitted.sample(n, rng=rng, given=given)
    parts: list[IntArray] = []
    kept = drawn = 0
    size = n
    while kept < n and drawn < (_MOST * max(n, _DRAW) if kept else _FRUITLESS):
        codes = fitted.sample(size, rng=rng, given=given)
        good = codes.values[wanted.accepts(codes, rng)]
        parts.append(good)
        kept, drawn = kept + len(good), drawn + size
        rate = max(kept, 1) / drawn
        size = int(min(max(1.2 * (n - kept) / rate, _LEAST_DRAW), max(_DRAW, n)))
    if not kept:
        raise InputError(
            f"given[{', '.join(wanted.weights)!r}]: the twin never draws what is asked of these together, or "
            "too seldom; ask for a wider condition"
        )
    whole = np.concatenate(parts)
    if kept >= n:
        return Codes(fitted.domain, whole[:n])
    return Codes(fitted.domain, whole[rng.permutation(np.arange(n) % kept)])  # too few: each several times


def _groups(codes: Mapping[str, IntArray], n: int) -> Iterator[tuple[NDArray[np.int64], dict[str, int]]]:
    """Rows that ask the same, where there are many, and what they ask."""
    order, starts = _sorted(codes, n)
    for start, stop in zip(starts, [*starts[1:], n], strict=True):
        if stop - start >= _ALIKE:
            rows = order[start:stop]
            yield rows, {name: int(c[rows[0]]) for name, c in codes.items()}


def _others(codes: Mapping[str, IntArray], n: int, domain: Domain) -> Iterator[NDArray[np.int64]]:
    """The other rows, as many at a time as memory allows."""
    order, starts = _sorted(codes, n)
    size = np.diff([*starts, n])
    rows = np.sort(order[np.repeat(size < _ALIKE, size)])
    step = max(1, _CELLS // sum(domain[name].size for name in codes))
    for start in range(0, rows.size, step):
        yield rows[start : start + step]


def _sorted(codes: Mapping[str, IntArray], n: int) -> tuple[NDArray[np.int64], list[int]]:
    """Rows sorted by what they ask, and where each new question starts."""
    order = np.lexsort(tuple(codes.values()))
    new = np.zeros(n, dtype=bool)
    new[0] = True
    for c in codes.values():
        new[1:] |= c[order[1:]] != c[order[:-1]]
    return order, np.flatnonzero(new).tolist()


def _one(domain: Domain, name: str, code: int) -> FloatArray:
    """The weights of one code, shape (size,)."""
    weights = np.zeros(domain[name].size)
    weights[code] = 1.0
    return weights


def _each(domain: Domain, name: str, codes: IntArray) -> FloatArray:
    """The weights of one code per row, all alike where it is -1, shape (n, size)."""
    weights = np.zeros((codes.size, domain[name].size))
    weights[np.arange(codes.size), codes] = 1.0
    weights[codes < 0] = 1.0
    return weights
