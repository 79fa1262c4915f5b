"""Rows in blocks of fixed size, each with a seed of its own: the same rows on any number of threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.random import Generator

from twin.codes import Codes
from twin.errors import InputError
from twin.models.base import Fitted
from twin.sampling.conditional import RowConditions, sample_under

BLOCK = 65_536
T = TypeVar("T")


def sample_blocks(
    fitted: Fitted,
    n: int,
    *,
    seed: int,
    given: RowConditions | None = None,
    threads: int = 2,
    block: int = BLOCK,
) -> Iterator[Codes]:
    """Draw n rows block by block; few blocks are in memory at a time.

    Args:
        fitted: A fitted model.
        n: Number of rows, ≥ 0.
        seed: Seed; block b draws from `SeedSequence(seed, spawn_key=(b,))`.
        given: What is asked of the rows; codes of each row have shape (n,).
        threads: Blocks that are drawn at once, ≥ 1; they do not change the rows.
        block: Rows per block, ≥ 1; a part of what the rows depend on.

    Yields:
        Codes of up to `block` rows, in order; one empty block where n is 0.

    Raises:
        InputError: If n is negative, threads or block below 1, or the condition cannot be met.

    Example:
        >>> from twin.codes import Domain, Field
        >>> from twin.models.independent import FittedIndependent
        >>> fitted = FittedIndependent(Domain((Field(name="a", size=2),)), (np.array([1, 1]),))
        >>> [part.n for part in sample_blocks(fitted, 5, seed=0, block=2)]
        [2, 2, 1]
    """

    def work(start: int, stop: int, rng: Generator) -> Codes:
        if given is None:
            return fitted.sample(stop - start, rng=rng)
        return sample_under(fitted, stop - start, given.part(start, stop, rng), rng=rng)

    yield from map_blocks(n, work, seed=seed, threads=threads, block=block)


def map_blocks(
    n: int, work: Callable[[int, int, Generator], T], *, seed: int, threads: int = 2, block: int = BLOCK
) -> Iterator[T]:
    """Make blocks of rows, each from a generator of its own.

    Args:
        n: Number of rows, ≥ 0.
        work: Makes the rows start … stop - 1 from the block's generator, in any thread.
        seed: Seed; block b draws from `SeedSequence(seed, spawn_key=(b,))`.
        threads: Blocks that are made at once, ≥ 1; they do not change the rows.
        block: Rows per block, ≥ 1; a part of what the rows depend on.

    Yields:
        What `work` makes of each block, in order.

    Raises:
        InputError: If n is negative, or threads or block below 1.
    """
    if n < 0:
        raise InputError("n: must not be negative")
    if threads < 1 or block < 1:
        raise InputError("threads, block: must be at least 1")
    starts = range(0, max(n, 1), block)

    def make(index: int) -> T:
        start = starts[index]
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))
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
