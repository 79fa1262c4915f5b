"""Streams of randomness: who draws what from a seed, in one list, so that none is shared unseen.

Noise of a privacy budget is in none of them: it comes from the operating system.
"""

from __future__ import annotations

import secrets
from enum import Enum

import numpy as np

_PLAIN, _SPAWNED, _LISTED = "the seed alone", "a spawn key", "numbers after the seed"


class Stream(Enum):
    """What a generator is for. Members with the same key draw the same numbers and are named side by side.

    `FIT`, `MODEL`, `HOLDOUT`, `CANARIES`, `RULES`: the seed alone.
        `core.fit` places values that were not kept and fits the model; `core.dp_fit` starts the model under a
        budget; `releasing` and `canaries` split tables; `constraints.discovery` looks at some rows.
    `BLOCK`, `IMPUTED`: index b.
        `sampling.blocks` draws the rows of block b; `imputation.impute` makes the seed of its table b.
    `REQUEST`: no index.
        `core.generator` compiles what is asked of the whole table.
    `DISTINCT`: index of a block's first row.
        `conditions.draw` draws other rows for those that may not come again.
    `GAPS`: no index.
        `imputation` draws the rounds of chained equations.
    `KEY`, `INVENTED`: index capacity, or a digest of the purpose.
        `columns.kinds.key` permutes row numbers; `columns.pii.generate` invents identities. Seeds alone.
    `ACCURACY` … `CONDITIONAL`: no index.
        Metrics choose columns, pairs, groups and folds, each from a stream of its own.
    `INJECTED_FEW`, `_SOME`, `_ALL`, `COMBINATIONS` … `OUTLIER_ORDER`: no index.
        Attacks draw their controls, guesses and orders of rows.

    Example:
        >>> Stream.IMPUTED is Stream.BLOCK, Stream.REQUEST is Stream.GAPS
        (True, False)
    """

    FIT = MODEL = HOLDOUT = CANARIES = RULES = (_PLAIN, ())

    BLOCK = IMPUTED = (_SPAWNED, ())
    REQUEST = (_SPAWNED, (0, 0))
    DISTINCT = (_SPAWNED, (0, 1))
    GAPS = (_SPAWNED, (0, 2))

    KEY = INVENTED = (_LISTED, ())

    ACCURACY = (_LISTED, (1,))
    LEARNER = (_LISTED, (2,))
    DETECTION = (_LISTED, (3,))
    ASSOCIATION = (_LISTED, (4,))
    SDMETRICS = (_LISTED, (5,))
    RARE_COLUMNS = (_LISTED, (6,))
    RARE_GROUPS = (_LISTED, (7,))
    DEPENDENCIES = (_LISTED, (8,))
    CONDITIONAL = (_LISTED, (9,))

    INJECTED_FEW = (_LISTED, (1_000,))
    INJECTED_SOME = (_LISTED, (1_001,))
    INJECTED_ALL = (_LISTED, (1_002,))
    COMBINATIONS = (_LISTED, (1_060,))
    SINGLING = (_LISTED, (1_061,))
    SINGLING_PAIRS = (_LISTED, (1_062,))
    ATTACK_POINTS = (_LISTED, (1_200,))
    LINKING = (_LISTED, (1_210,))
    INFERENCE = (_LISTED, (1_220,))
    PREDICTORS = (_LISTED, (1_221,))
    OUTLIERS = (_LISTED, (1_300,))
    OUTLIER_ORDER = (_LISTED, (1_301,))


def sequence(seed: int, stream: Stream, *index: int) -> np.random.SeedSequence:
    """Where the generators and the derived seeds of a stream come from.

    Args:
        seed: Whole number ≥ 0.
        stream: What it is for.
        index: Whole numbers ≥ 0 that tell apart parts of the stream, such as the number of a block.

    Returns:
        The sequence, the same for the same arguments.
    """
    way, key = stream.value
    if way == _LISTED:
        return np.random.SeedSequence([seed, *key, *index])
    return np.random.SeedSequence(seed, spawn_key=(*key, *index))


def generator(seed: int | None, stream: Stream, *index: int) -> np.random.Generator:
    """A generator for one purpose.

    Args:
        seed: Whole number ≥ 0; None for fresh entropy.
        stream: What it is for.
        index: Whole numbers ≥ 0 that tell apart parts of the stream, such as the number of a block.

    Returns:
        The generator, which draws the same numbers for the same arguments.

    Example:
        >>> one, other = generator(7, Stream.BLOCK, 0), generator(7, Stream.BLOCK, 1)
        >>> bool(one.random() == other.random())
        False
    """
    return fresh() if seed is None else np.random.default_rng(sequence(seed, stream, *index))


def derived_seed(seed: int, stream: Stream, *index: int) -> int:
    """A seed for one purpose, below 2**64, for code that takes seeds.

    Args:
        seed: Whole number ≥ 0.
        stream: What it is for.
        index: Whole numbers ≥ 0 that tell apart parts of the stream.

    Returns:
        The seed, the same for the same arguments.
    """
    return int(sequence(seed, stream, *index).generate_state(1, np.uint64)[0])


def fresh_seed() -> int:
    """A seed of 128 bits from the operating system's entropy."""
    return secrets.randbits(128)


def fresh() -> np.random.Generator:
    """A generator from the operating system's entropy, for what nobody may foresee."""
    return np.random.default_rng()
