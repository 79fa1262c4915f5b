"""Keys: identifiers, never learned, generated afresh in the same shape and unique in every sample (S11).

Row i of a sample gets the key number p(i), where p is a seeded permutation of all keys that the shape
allows: no two rows share a key, blocks of rows need not know of each other, and a real key is met no more
often than by chance.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.arrays import AnyArray, Array, Uints64
from twin.codes import Field, State
from twin.columns import schema
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.base import Candidate, Condition, DecodeContext, Matrix
from twin.columns.given.asked import Asked
from twin.privacy.suppression.guard import ColumnGuard
from twin.randomness import Stream, sequence

_ALPHABETS = (
    string.digits,
    string.digits + "abcdef",
    string.digits + "ABCDEF",
    string.ascii_lowercase,
    string.ascii_uppercase,
    string.digits + string.ascii_lowercase,
    string.digits + string.ascii_uppercase,
    string.digits + string.ascii_letters,
)
FALLBACK = (string.digits + string.ascii_uppercase,) * 10
"""Shape of a key of which nothing is known."""

_TYPICAL = 0.5  # share of rows that must have the commonest length for the shape to be used
_LARGEST = 2**62
_DIGITS = 18  # of a key that is a number
_ROUNDS = 6
REPEATS = "an identifier that repeats: if it names the person, pass subject="
"""The reason of a key that may well name the subject."""

_LONG = 1e12  # numbers of this size are codes
_IN_RUNS = 0.1  # share of neighbours that follow each other, from which numbers run
_EVEN = 0.03  # distance from an even spread below which numbers were drawn by lot


@dataclass(frozen=True, kw_only=True)
class LearnedKey:
    """A learned key: its shape, and nothing else.

    Args:
        shape: Per character the letters it is drawn from; one letter where it is fixed.
        textual: Whether keys are text; else they are whole numbers.

    Example:
        >>> key = LearnedKey(shape=("P", "-", "0123456789"), textual=True)
        >>> context = DecodeContext(rng=np.random.default_rng(0), start=0, seed=1)
        >>> sorted(key.decode(np.empty((10, 0), np.int32), context).levels)[:3]
        ['P-0', 'P-1', 'P-2']
    """

    shape: tuple[str, ...]
    textual: bool

    @property
    def fields(self) -> tuple[Field, ...]:
        """None: a key is not modelled."""
        return ()

    def encode(self, arrays: ColumnArrays, rng: Generator) -> Matrix:
        """No codes, shape (n, 0).

        Args:
            arrays: The column as arrays, n rows.
            rng: Source of randomness.
        """
        return np.empty((arrays.values.shape[0], 0), np.int32)

    def decode(self, codes: Matrix, context: DecodeContext) -> ColumnArrays:
        """Fresh keys, each a function of the number of its row.

        Args:
            codes: Codes of the column's fields, shape (n, fields).
            context: Which rows are decoded, and their randomness.
        """
        n = codes.shape[0]
        rows = context.numbers(n).astype(np.uint64)
        capacity = 1
        for letters in reversed(self.shape):
            capacity *= len(letters) if capacity * len(letters) <= _LARGEST else 1
        laps, index = np.divmod(rows, np.uint64(capacity))
        numbers = permute(index, capacity, context.seed)  # (n,) distinct within a lap
        missing = np.zeros(n, dtype=bool)
        if not self.textual:
            first = 10 ** (len(self.shape) - 1) if len(self.shape) > 1 else 0
            wide = (numbers + laps * np.uint64(capacity)).astype(np.int64) + first
            return ColumnArrays(type="integer", values=wide, missing=missing)
        texts = _spell(numbers, self.shape)
        if laps.any():  # more rows than keys of this shape: longer keys
            texts = [f"{text}{lap}" if lap else text for text, lap in zip(texts, laps.tolist(), strict=True)]
        levels = tuple(texts)
        return ColumnArrays(type="string", values=np.arange(n), missing=missing, levels=levels)

    def condition(self, asked: Asked) -> Condition:
        """None: keys are made up afresh."""
        raise asked.refused("a key")

    def state(self) -> State:
        """What `load` needs."""
        return State({"shape": list(self.shape), "textual": self.textual})


def takes(candidate: Candidate) -> schema.Key | None:
    """What names the subject; text or whole numbers that almost never repeat; and identifiers that repeat."""
    reason = "names the subject" if candidate.is_subject else _reason(candidate)
    return None if reason is None else schema.Key(name=candidate.name, dtype=candidate.dtype, reason=reason)


def _reason(candidate: Candidate) -> str | None:
    if candidate.arrays.type == "string" and not candidate.categorical:
        if candidate.unique:
            return "text that almost never repeats"
        return REPEATS if candidate.named_identifier else None
    if not candidate.whole or candidate.counts_time:
        return None
    if candidate.unique and _issued(candidate.values):
        return "whole numbers that almost never repeat, spread like issued ones"
    return REPEATS if candidate.named_identifier else None


def _issued(values: Array) -> bool:
    """Whether distinct whole numbers look issued and not measured: in runs, evenly spread, or very long.

    Measured amounts gather somewhere. They are learned as numbers, inside cells that enough subjects share.
    """
    ordered = np.sort(values[np.isfinite(values)].astype(np.float64))
    if ordered[-1] >= _LONG or np.mean(np.diff(ordered) == 1) > _IN_RUNS:
        return True
    even = (ordered - ordered[0]) / max(ordered[-1] - ordered[0], 1.0)
    steps = np.arange(ordered.size) / max(ordered.size - 1, 1)
    distance = np.abs(even - steps).max()  # Kolmogorov–Smirnov distance from even spread
    return bool(distance < max(_EVEN, 1.6 / np.sqrt(ordered.size)))


def learn(column: schema.Key, arrays: ColumnArrays, guard: ColumnGuard) -> LearnedKey:
    """Learn the shape of a key from characters that enough subjects share.

    Args:
        column: Its declaration.
        arrays: The column as arrays, n rows.
        guard: The guard of this column.
    """
    textual = arrays.nominal
    present = ~arrays.missing
    here = guard.at(present)
    if not textual:
        return LearnedKey(shape=_digits(arrays.numbers[present], here), textual=False)
    levels = [str(level) for level in arrays.levels]
    lengths = np.array([len(level) for level in levels], np.int64)[arrays.values[present]]
    shape: tuple[str, ...] = FALLBACK
    if lengths.size:
        common = int(np.bincount(lengths).argmax())
        same = lengths == common
        if common and here.supports(same) and same.mean() >= _TYPICAL:
            rows = [levels[code] for code in arrays.values[present][same]]
            shape = _shape(np.array(rows, dtype=f"U{common}"), here.at(same))
    return LearnedKey(shape=shape, textual=True)


def load(column: schema.Key, state: State) -> LearnedKey:
    """The learned column from its state.

    Args:
        column: Its declaration.
        state: What `state` gave, as it came from a file.
    """
    shape, textual = state.words("shape"), state.fact("textual", bool)
    if not shape or not all(shape):
        raise ValueError("state: each place of a key needs a letter")
    if not textual and (len(shape) > _DIGITS or not set("".join(shape)) <= set(string.digits)):
        raise ValueError("state: a key that is a number has at most 18 digits")
    return LearnedKey(shape=shape, textual=textual)


def _digits(values: AnyArray, guard: ColumnGuard) -> tuple[str, ...]:
    """As many digits as the longest keys that enough subjects have."""
    size = np.abs(values.astype(np.float64))
    length = np.where(size < 1, 1, np.floor(np.log10(np.maximum(size, 1))) + 1).astype(np.int64)
    kept = np.flatnonzero(guard.keep(np.minimum(length, 18), 19))
    most = int(kept.max()) if kept.size else 9
    return (string.digits[1:], *([string.digits] * (most - 1))) if most > 1 else (string.digits,)


def _shape(texts: NDArray[np.str_], guard: ColumnGuard) -> tuple[str, ...]:
    letters = texts.view("U1").reshape(texts.size, -1)  # (n, length)
    shape = []
    for j in range(letters.shape[1]):
        distinct, codes = np.unique(letters[:, j], return_inverse=True)
        kept = distinct[guard.keep(codes, distinct.size)].tolist()
        if len(kept) == 1:
            shape.append(str(kept[0]))
            continue
        plain = {letter for letter in kept if letter in _ALPHABETS[-1]}
        alphabet = next((a for a in _ALPHABETS if plain and plain <= set(a)), _ALPHABETS[6])
        shape.append(alphabet)
    return tuple(shape) if any(len(part) > 1 for part in shape) else FALLBACK


def _spell(numbers: Uints64, shape: tuple[str, ...]) -> list[str]:
    """Texts of the shape, one per number; letters that the numbers do not reach are scattered by them."""
    letters = np.empty((numbers.size, len(shape)), dtype="U1")
    rest, reach = numbers.copy(), 1
    for j in range(len(shape) - 1, -1, -1):
        size = len(shape[j])
        if reach * size <= _LARGEST:
            reach *= size
            digit, rest = rest % np.uint64(size), rest // np.uint64(size)
        else:
            digit = _mix(_mix(numbers) + np.uint64(j)) % np.uint64(size)
        letters[:, j] = np.array(list(shape[j]))[digit.astype(np.int64)]
    return ["".join(row) for row in letters.tolist()]


def _mix(values: Uints64) -> Uints64:
    """SplitMix64's finaliser. Source: Steele, Lea, Flood 2014, figure 16."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def permute(indices: Uints64, capacity: int, seed: int) -> Uints64:
    """A seeded permutation of 0 … capacity - 1, evaluated at some indices.

    Args:
        indices: Shape (n,), each below capacity.
        capacity: Number of keys, 1 … 2**62.
        seed: Which permutation, any integer ≥ 0.

    Returns:
        Images of the indices, distinct, shape (n,).

    Source:
        Black and Rogaway 2002, "Ciphers with arbitrary finite domains": a Feistel network over the next
        even power of two, walked until it is back in range.

    Example:
        >>> sorted(permute(np.arange(10, dtype=np.uint64), 10, 3).tolist()) == list(range(10))
        True
    """
    half = max(1, (max(capacity - 1, 1).bit_length() + 1) // 2)
    keys = sequence(seed, Stream.KEY, capacity).generate_state(_ROUNDS, np.uint64)
    low_bits = np.uint64(2**half - 1)
    shift = np.uint64(half)

    def network(values: Uints64) -> Uints64:
        left, right = values >> shift, values & low_bits
        for key in keys:
            left, right = right, left ^ (_mix(right + key) & low_bits)
        return (left << shift) | right

    out = network(indices)
    outside = np.flatnonzero(out >= capacity)
    while outside.size:
        out[outside] = network(out[outside])
        outside = outside[out[outside] >= capacity]
    return out
