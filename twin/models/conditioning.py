"""Rows under conditions, for all models: weights per code are checked, and rows are drawn under them.

Where a model cannot draw under weights exactly, candidates are begun with importance weights, and some of
them are chosen and finished.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Ints, Ints32
from twin.codes import Domain
from twin.errors import InputError
from twin.models.base import Fitted


@dataclass(frozen=True)
class Candidates:
    """Rows of which the fields under conditions are drawn, and what these depend on.

    Args:
        importance: How likely it is under the model that a row with these beginnings meets the weights, times
            those, shape (m,).
        worth: How many rows drawn alike the candidates are worth, ≤ m.
        finish: Draws the other fields of chosen rows, which may repeat: codes, shape (rows, d).
    """

    importance: Floats
    worth: float
    finish: Callable[[Ints, Generator], Ints32]


Begin = Callable[[int, dict[int, Floats], Generator, int], Candidates]
"""Begins m candidates under weights. They come in groups of equal size, the last argument: of each group one
row is wanted, or of a single group all."""


@runtime_checkable
class Begins(Protocol):
    """A model whose rows under conditions are chosen among candidates."""

    def begin(self, n: int, weights: dict[int, Floats], rng: Generator, group: int) -> Candidates:
        """Begin n candidates; see `Begin`.

        Args:
            n: Number of rows, ≥ 0.
            weights: Weights of codes by position of the field, shape (size,) or (n, size).
            rng: Source of randomness.
            group: Candidates that are compared with each other, ≥ 1.
        """
        ...


@runtime_checkable
class Shares(Protocol):
    """A model whose rows under conditions follow its distribution exactly."""

    def share(self, weights: dict[int, Floats]) -> float:
        """Mass of the distribution times weights, by position of the field, shape (size,) each."""
        ...


_POOL = 65_536
_LEAST_POOL = 256
_MOST_POOL = 131_072
_MOST_FACTOR = 4
_CANDIDATES = (16, 128)
"""Candidates of a row that asks for its own: at first, and at most."""
_MOST_EACH = 262_144
"""Candidates of all such rows together, from which on each has no more than at first."""
_CELLS = 4_000_000


def candidates(fitted: Fitted, n: int, weights: dict[int, Floats], rng: Generator) -> Candidates:
    """Candidates under weights that hold for all rows, of any model.

    Args:
        fitted: A fitted model; one that begins no candidates draws free rows, which are weighed.
        n: How many.
        weights: Weights by position of the field, shape (size,) each.
        rng: Source of randomness.

    Returns:
        The candidates.
    """
    if isinstance(fitted, Begins):
        return fitted.begin(n, weights, rng, n)
    values = fitted.sample(n, rng=rng).values
    importance = np.prod([w[values[:, j]] for j, w in weights.items()], axis=0)
    return Candidates(importance, effective_size(importance), lambda rows, _: values[rows])


def choose_rows(weights: Floats, n: int, rng: Generator) -> Ints:
    """Choose n rows in proportion to weights, each at most once where that can be.

    Args:
        weights: Non-negative weights, shape (m,), at least one positive.
        n: Number of rows to choose.
        rng: Source of randomness.

    Returns:
        Positions, rising, shape (n,).

    Source:
        Systematic sampling with inclusion chances in proportion to size, capped at 1 (Särndal, Swensson and
        Wretman, Model Assisted Survey Sampling, 1992, section 3.6).

    Example:
        >>> choose_rows(np.array([1.0, 0.0, 1.0]), 2, np.random.default_rng(0)).tolist()
        [0, 2]
    """
    positive = np.count_nonzero(weights)
    scaled = weights / weights.max()
    weights = np.where(weights > 0, np.maximum(scaled, 1e-9), 0.0)  # keeps the sums below away from 0
    copies_each, n_left = divmod(n, positive)  # full copies of every row, only where there are too few rows
    chance = weights * (n_left / np.cumsum(weights)[-1])
    for _ in range(50):  # rows whose chance would exceed 1 are taken for sure, the rest share what is left
        sure = chance >= 1.0
        if not (chance > 1.0).any():
            break
        rest = np.where(sure, 0.0, weights)
        total = np.cumsum(rest)[-1]
        chance = np.where(sure, 1.0, rest * ((n_left - np.count_nonzero(sure)) / total if total else 0.0))
    heights = np.cumsum(chance)
    heights *= n_left / heights[-1] if heights[-1] > 0 else 0.0
    marks = np.arange(n_left) + rng.random()
    chosen = np.minimum(np.searchsorted(heights, marks, side="right"), weights.size - 1)
    copies = np.repeat(np.flatnonzero(weights), copies_each)
    return np.sort(np.concatenate([chosen, copies]))


def effective_size(weights: Floats) -> float:
    """(Σ w)² / Σ w²: how many equally weighted rows the weighted ones are worth (Kish 1965).

    Example:
        >>> effective_size(np.array([1.0, 1.0, 0.0]))
        2.0
    """
    square = float(np.cumsum(weights**2)[-1]) if weights.size else 0.0
    return float(np.cumsum(weights)[-1]) ** 2 / square if square else 0.0


def affordable(n: int) -> int:
    """Candidates that may be begun for n rows."""
    return max(_MOST_FACTOR * n, _MOST_POOL)


def conditional(begin: Begin, weights: dict[int, Floats], n: int, domain: Domain, rng: Generator) -> Ints32:
    """N rows whose distribution is close to the model's times the weights.

    Args:
        begin: Begins candidates that satisfy every zero weight.
        weights: Weights by position of the field, shape (size,) or (n, size).
        n: Number of rows.
        domain: The fields, for errors.
        rng: Source of randomness.

    Returns:
        Codes, shape (n, d); with weights per row, row i meets the weights of row i.

    Raises:
        InputError: If no row can meet the weights.

    Source:
        Sampling importance resampling: Rubin 1988. Candidates are begun until they are worth n rows; where
        they are not after many, some come out more often than once; the distribution is right on average.
    """
    if any(w.ndim == 2 for w in weights.values()) and n:
        return _row_by_row(begin, weights, n, domain, rng)
    pools: list[Candidates] = []
    starts = [0]
    worth, size = 0.0, max(n, _LEAST_POOL) if n else 0
    while not pools or (worth < n and starts[-1] < affordable(n)):
        size = min(size, _POOL)
        pools.append(begin(size, weights, rng, size))
        worth, drawn = worth + pools[-1].worth, starts[-1] + size
        starts.append(drawn)
        if n and not worth and drawn >= _POOL:
            raise impossible(_names(domain, weights))
        size = max(int(1.1 * (n - worth) * drawn / max(worth, 1.0)), _LEAST_POOL)
    share = np.concatenate([pool.importance for pool in pools])
    chosen = rng.permutation(systematic(share, n, rng))
    values = np.empty((n, len(domain)), np.int32, order="F")
    for pool, start, stop in zip(pools, starts, starts[1:], strict=False):
        mine = np.flatnonzero((start <= chosen) & (chosen < stop))
        values[mine] = pool.finish(chosen[mine] - start, rng)
    return values


def _row_by_row(begin: Begin, weights: dict[int, Floats], n: int, domain: Domain, rng: Generator) -> Ints32:
    """For each row some candidates, of which one is chosen; more, where on the whole they are worth little.

    Whether they are is not asked row by row: rows that were kept for their even candidates would not follow
    the distribution.
    """
    fewest, most = _CANDIDATES
    most = min(max(_MOST_EACH // n, fewest), most)
    widest = max(w.shape[-1] for w in weights.values() if w.ndim == 2)
    step = max(1, _CELLS // (widest * most))
    out = np.empty((n, len(domain)), np.int32, order="F")
    many = fewest
    for start in range(0, n, step):
        rows = np.arange(start, min(n, start + step))
        pool, share = _begun(begin, weights, rows, many, rng)
        if many < most and worth_of(share) < many / 2:
            many = most
            pool, share = _begun(begin, weights, rows, many, rng)
        if not share.any(axis=1).all():
            raise impossible(_names(domain, weights))
        out[rows] = pool.finish(np.arange(rows.size) * many + _pick(share, 1, rng)[:, 0], rng)
    return out


def _begun(
    begin: Begin, weights: dict[int, Floats], rows: Ints, many: int, rng: Generator
) -> tuple[Candidates, Floats]:
    """Candidates of some rows, and their importance, shape (rows, many)."""
    repeated = np.repeat(rows, many)
    mine = {j: w[repeated] if w.ndim == 2 else w for j, w in weights.items()}
    pool = begin(repeated.size, mine, rng, many)
    return pool, pool.importance.reshape(-1, many)


def worth_of(share: Floats) -> float:
    """How many independent candidates a row has, on average; of importance of shape (rows, candidates)."""
    scaled = share / np.maximum(share.max(axis=1, keepdims=True), 1e-300)
    return float((scaled.sum(axis=1) ** 2 / np.maximum((scaled**2).sum(axis=1), 1e-300)).mean())


def resampled(importance: Floats, group: int, rng: Generator) -> Ints:
    """As many rows as there are, of each group again and again those of great importance, shape (m,).

    Args:
        importance: Shape (m,).
        group: Rows in a group, a divisor of m; groups of no importance stay as they are.
        rng: Source of randomness.

    Example:
        >>> resampled(np.array([0.0, 2.0, 1.0, 1.0]), 2, np.random.default_rng(0)).tolist()
        [1, 1, 2, 3]
    """
    if group == importance.size:
        return systematic(importance, group, rng) if importance.any() else np.arange(group)
    share = importance.reshape(-1, group)
    share = np.where(share.any(axis=1, keepdims=True), share, 1.0)
    return (np.arange(share.shape[0])[:, None] * group + _pick(share, group, rng)).reshape(-1)


def systematic(weights: Floats, n: int, rng: Generator) -> Ints:
    """Rows in proportion to weights, each as often as it is expected to be, rounded up or down; shape (n,).

    Args:
        weights: Weights, ≥ 0.
        n: Number of rows, ≥ 0.
        rng: Source of randomness.

    Source:
        Madow 1949.

    Example:
        >>> systematic(np.array([1.0, 0.0, 3.0]), 4, np.random.default_rng(0)).tolist()
        [0, 2, 2, 2]
    """
    if not n:
        return np.zeros(0, np.int64)
    heights = np.cumsum(weights)
    marks = (np.arange(n) + rng.random()) * (heights[-1] / n)
    rows: Ints = np.minimum(np.searchsorted(heights, marks, side="right"), np.flatnonzero(weights)[-1])
    return rows


def _pick(share: Floats, count: int, rng: Generator) -> Ints:
    """Of each group some positions in proportion to their shares, shape (groups, count)."""
    heights = np.cumsum(share, axis=1)  # (groups, size)
    aim = (np.arange(count) + rng.random((share.shape[0], 1))) * (heights[:, -1:] / count)
    last = np.argmax(heights >= heights[:, -1:], axis=1)  # where the heights first reach their end
    position: Ints = np.minimum((heights[:, None, :] <= aim[:, :, None]).sum(axis=2), last[:, None])
    return position


def _names(domain: Domain, weights: dict[int, Floats]) -> str:
    return ", ".join(domain.names[j] for j in weights)


def check_given(domain: Domain, given: Mapping[str, Floats] | None, n: int) -> dict[int, Floats]:
    """Conditions by position of their field, after a check of shape and sign.

    Args:
        domain: The fields.
        given: Weights per field, shape (size,) or (n, size), or None.
        n: Rows that are wanted.

    Returns:
        The weights as float64, by position of the field.

    Raises:
        InputError: If a field is unknown, a shape does not fit, a weight is negative or not finite, or
            all weights of a row are zero.
    """
    out: dict[int, Floats] = {}
    for name, weights in (given or {}).items():
        j = domain.index(name)
        size = domain.fields[j].size
        w = np.asarray(weights, np.float64)
        if w.shape not in ((size,), (n, size)):
            raise InputError(f"given[{name!r}]: weights must have shape ({size},) or ({n}, {size})")
        if not np.isfinite(w).all() or (w < 0).any():
            raise InputError(f"given[{name!r}]: weights must be finite and not negative")
        if not w.any(axis=-1).all():
            raise InputError(f"given[{name!r}]: at least one code of each row needs a positive weight")
        out[j] = w
    return out


def single_codes(weights: Floats) -> Ints | None:
    """The one code of each row that has a weight, shape (n,), of weights of shape (n, size); else None.

    Example:
        >>> single_codes(np.array([[0.0, 2.0], [1.0, 0.0]])).tolist()
        [1, 0]
    """
    if weights.ndim != 2 or (np.count_nonzero(weights, axis=1) != 1).any():
        return None
    single: Ints = weights.argmax(axis=1)
    return single


def impossible(name: str) -> InputError:
    """The error for a condition that no row can meet."""
    return InputError(
        f"given[{name!r}]: the twin never draws what is asked, too few subjects hold it; "
        "ask for a wider condition"
    )


def draw(mass: Floats, n: int, rng: Generator, *, name: str | None = None) -> Ints32:
    """Draw codes of a field in proportion to mass, by inversion.

    Args:
        mass: Non-negative, for all rows alike, shape (size,), or per row, shape (n, size).
        n: Number of rows.
        rng: Source of randomness.
        name: Of the field, for the error; None where each row is known to have mass.

    Returns:
        Codes, shape (n,).

    Raises:
        InputError: If there is a name, and a row without mass.
    """
    if name is not None and not mass.any(axis=-1).all():
        raise impossible(name)
    heights = np.cumsum(mass, axis=-1)
    u = rng.random(n)
    codes: Ints
    if mass.ndim == 1:
        last = np.flatnonzero(mass)[-1]
        codes = np.minimum(np.searchsorted(heights, u * heights[-1], side="right"), last)
    else:
        last = mass.shape[1] - 1 - np.argmax(mass[:, ::-1] > 0, axis=1)  # (n,)
        codes = np.minimum((heights <= (u * heights[:, -1])[:, None]).sum(axis=1), last)
    return codes.astype(np.int32)
