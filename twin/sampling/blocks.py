"""Rows in blocks of fixed size, each with a seed of its own, and what is asked of the rows of a block.

A block draws from its own generator, so the same rows come on any number of threads. Under conditions it
holds exactly as many rows as are wanted, whatever is asked of all of them or of each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Integers, Ints, Ints32
from twin.codes import MISSING, Codes, Domain
from twin.errors import InputError
from twin.models.base import Fitted
from twin.randomness import Stream, generator
from twin.sampling.margins import Accepts, Strata

BLOCK = 65_536
T = TypeVar("T")


def map_blocks(
    n: int, work: Callable[[int, int, Generator], T], *, seed: int, threads: int = 2, block: int = BLOCK
) -> Iterator[T]:
    """Make blocks of rows, each from a generator of its own.

    Args:
        n: Number of rows, ≥ 0.
        work: Makes the rows start … stop - 1 from the block's generator, in any thread.
        seed: Seed; block b draws from `Stream.BLOCK` of index b.
        threads: Blocks that are made at once, ≥ 1; they do not change the rows.
        block: Rows per block, ≥ 1; a part of what the rows depend on.

    Yields:
        What `work` makes of each block, in order.

    Raises:
        InputError: If n is negative, or threads or block below 1.

    Example:
        >>> list(map_blocks(5, lambda start, stop, rng: stop - start, seed=0, block=2))
        [2, 2, 1]
    """
    if n < 0:
        raise InputError("n: must not be negative")
    if threads < 1 or block < 1:
        raise InputError("threads, block: must be at least 1")
    starts = range(0, max(n, 1), block)

    def make(index: int) -> T:
        start = starts[index]
        rng = generator(seed, Stream.BLOCK, index)
        return work(start, min(n, start + block), rng)

    if threads == 1 or len(starts) == 1:
        yield from (make(index) for index in range(len(starts)))
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[T]] = deque()
        try:
            for index in range(len(starts)):
                waiting.append(pool.submit(make, index))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


FREE = -1
"""In place of a code: the row leaves the field free."""

PRESENT = -2
"""In place of a code: any code but that of a missing value."""

_ALIKE = 256
"""Rows that ask the same are drawn together from this number on: a pool of rows serves them better."""

_CELLS = 4_000_000
"""Most weights at a time, where each row has its own."""

_DRAW = 65_536
_LEAST_DRAW = 256
_FRUITLESS = 4 * _DRAW
_MOST = 24


@dataclass(frozen=True, kw_only=True)
class RowConditions:
    """What is asked of the rows of a sample.

    Args:
        weights: Weights per code by field, shape (size,) each, for all rows alike.
        codes: Code of each row by field, shape (n,) each, or `FREE`, or `PRESENT`.
        accepts: Decides which rows stay, or None where the weights say all.
        strata: Cells that the rows are shared out among, or None.
        cells: Cell of each row, shape (n,); None until they are shared out, see `part`.
    """

    weights: Mapping[str, Floats] = field(default_factory=dict)
    codes: Mapping[str, Ints32] = field(default_factory=dict)
    accepts: Accepts | None = None
    strata: Strata | None = None
    cells: Ints | None = None

    def part(self, start: int, stop: int, rng: Generator) -> RowConditions:
        """What is asked of the rows start … stop - 1, which are shared out among the cells.

        Args:
            start: First row.
            stop: Row after the last.
            rng: Source of randomness.
        """
        codes = {name: codes[start:stop] for name, codes in self.codes.items()}
        cells = None if self.strata is None else self.strata.allot(stop - start, rng)
        return replace(self, codes=codes, cells=cells)

    def take(self, rows: Ints) -> RowConditions:
        """What is asked of some rows."""
        codes = {name: codes[rows] for name, codes in self.codes.items()}
        return replace(self, codes=codes, cells=None if self.cells is None else self.cells[rows])

    @property
    def questions(self) -> list[Integers]:
        """What differs from row to row, shape (n,) each."""
        return [*self.codes.values(), *([] if self.cells is None else [self.cells])]

    def given(self, domain: Domain, rows: Ints) -> dict[str, Floats]:
        """All that is asked of some rows as weights, shape (size,) or (rows, size).

        Args:
            domain: The fields.
            rows: Numbers of the rows, shape (n,).
        """
        out = dict(self.weights)
        wanted = {name: codes[rows] for name, codes in self.codes.items()}
        each = {name: _each(domain, name, codes) for name, codes in wanted.items() if (codes != FREE).any()}
        if self.strata is not None and self.cells is not None:
            each |= self.strata.weights(self.cells[rows])
        for name, weights in each.items():
            out[name] = out[name] * weights if name in out else weights
        return out

    def accepting(self, row: int) -> list[Accepts]:
        """What decides whether a row stays."""
        own = [] if self.accepts is None else [self.accepts]
        if self.strata is not None and self.cells is not None:
            own += self.strata.accepts(int(self.cells[row]))
        return own


def sample_under(fitted: Fitted, n: int, wanted: RowConditions, *, rng: Generator) -> Codes:
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
        >>> wanted = RowConditions(codes={"a": np.array([2, 0, 2])})
        >>> sample_under(fitted, 3, wanted, rng=np.random.default_rng(0)).values.ravel().tolist()
        [2, 0, 2]
    """
    if not wanted.questions or n == 0:
        accepts = [] if wanted.accepts is None else [wanted.accepts]
        return _alike(fitted, n, dict(wanted.weights), accepts, rng)
    values = np.empty((n, len(fitted.domain)), np.int32, order="F")
    lone: list[Ints] = []
    for rows in _groups(wanted, n):
        accepts = wanted.accepting(int(rows[0]))
        if rows.size < _ALIKE and not accepts:
            lone.append(rows)
            continue
        given = {f: w if w.ndim == 1 else w[0] for f, w in wanted.given(fitted.domain, rows[:1]).items()}
        values[rows] = _alike(fitted, rows.size, given, accepts, rng).values
    for rows in _chunks(lone, wanted, fitted.domain):
        values[rows] = fitted.sample(rows.size, rng=rng, given=wanted.given(fitted.domain, rows)).values
    return Codes(fitted.domain, values)


def _alike(
    fitted: Fitted, n: int, given: Mapping[str, Floats], accepts: list[Accepts], rng: Generator
) -> Codes:
    """Rows that all ask the same; those that are not accepted are replaced by others."""
    if not accepts or n == 0:
        return fitted.sample(n, rng=rng, given=given or None)
    parts: list[Ints32] = []
    kept = drawn = 0
    size = n
    while kept < n and drawn < (_MOST * max(n, _DRAW) if kept else _FRUITLESS):
        codes = fitted.sample(size, rng=rng, given=given or None)
        good = codes.values[np.logical_and.reduce([accept(codes, rng) for accept in accepts])]
        parts.append(good)
        kept, drawn = kept + len(good), drawn + size
        rate = max(kept, 1) / drawn
        size = int(min(max(1.2 * (n - kept) / rate, _LEAST_DRAW), max(_DRAW, n)))
    if not kept:
        raise InputError(
            f"given[{', '.join(given)!r}]: the twin never draws what is asked of these together, or "
            "too seldom; ask for a wider condition"
        )
    accepted = np.concatenate(parts)
    if kept >= n:
        return Codes(fitted.domain, accepted[:n])
    return Codes(fitted.domain, accepted[rng.permutation(np.arange(n) % kept)])  # too few: each several times


def _groups(wanted: RowConditions, n: int) -> Iterator[Ints]:
    """Rows that ask the same."""
    order = np.lexsort(tuple(wanted.questions))
    new = np.zeros(n, dtype=bool)
    new[0] = True
    for question in wanted.questions:
        new[1:] |= question[order[1:]] != question[order[:-1]]
    yield from np.split(order, np.flatnonzero(new)[1:])


def _chunks(lone: list[Ints], wanted: RowConditions, domain: Domain) -> Iterator[Ints]:
    """Rows of which few ask the same, as many at a time as memory allows."""
    if not lone:
        return
    rows = np.sort(np.concatenate(lone))
    fields = set(wanted.codes)
    if wanted.strata is not None:
        fields |= {name for axis in wanted.strata.axes for name in axis.weights}
    step = max(1, _CELLS // sum(domain[name].size for name in fields))
    for start in range(0, rows.size, step):
        yield rows[start : start + step]


def _each(domain: Domain, name: str, codes: Ints32) -> Floats:
    """The weights of one code per row, alike for all codes that it may have, shape (n, size)."""
    weights = np.zeros((codes.size, domain[name].size))
    weights[np.arange(codes.size), codes] = 1.0
    weights[codes < 0] = 1.0
    if domain[name].nullable:
        weights[codes == PRESENT, MISSING] = 0.0
    return weights
