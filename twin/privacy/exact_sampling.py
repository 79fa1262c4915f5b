"""Draws of exactly known distributions: uniform deviates whose bits are drawn only as far as they are needed.

No float decides an outcome, and nothing here takes a seed. A `BitSource` turns entropy into words. A
`Deviate` is a uniform number on (0, 1) that is known up to an interval; a comparison that its bits cannot
decide draws more of them. A probability is never a float: it is a function that bounds it at any number of
bits.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from twin.arrays import Bools, Ints
from twin.errors import InputError

Entropy: TypeAlias = Callable[[int], bytes]
"""Gives as many bytes as asked for; `os.urandom` is one."""

Probability: TypeAlias = Callable[[int], tuple[int, int]]
"""At `bits`: integers with low ≤ p · 2**bits ≤ high, and high - low small."""


WORD = 56
"""Bits of a word: with the factors of the Gaussian (≤ 64) its products stay inside 63 bits."""

_PATIENCE = 1024
_GUARD = 32
_ROUNDS = 64
_SMALLEST = 2**48  # no chance of success below 1 / this


def stuck() -> InputError:
    """The error of a source whose bytes cannot be random."""
    return InputError(
        "entropy: its bytes repeat so long that no draw can be decided, which random bytes never do; "
        "leave entropy out, so that the operating system's is used"
    )


@dataclass(frozen=True, kw_only=True)
class BitSource:
    """Words of independent fair bits.

    Args:
        entropy: Where the bytes come from.
        bits: Bits of a word, 1 … 56. Fewer bits change how often a deviate is extended, never the law.

    Example:
        >>> BitSource().words(3).shape
        (3,)
    """

    entropy: Entropy = os.urandom
    bits: int = WORD

    def words(self, count: int) -> Ints:
        """Words, shape (count,), each uniform on 0 … 2**bits - 1.

        Raises:
            InputError: If the entropy gives too few or too many bytes.
        """
        raw = self.entropy(8 * count)
        if len(raw) != 8 * count:
            raise InputError("entropy: must give exactly as many bytes as it is asked for")
        return (np.frombuffer(raw, "<u8") >> np.uint64(64 - self.bits)).astype(np.int64)

    def deviate(self) -> Deviate:
        """A fresh deviate, one word long."""
        return Deviate(int(self.words(1)[0]), self.bits, self)


@dataclass(slots=True)
class Deviate:
    """A uniform number u on (0, 1) with value ≤ u · 2**bits < value + 1; its other bits are not drawn yet.

    Args:
        value: The bits so far, as an integer.
        bits: How many they are.
        source: Where more come from.
    """

    value: int
    bits: int
    source: BitSource

    def extend(self) -> None:
        """Draw one more word.

        Raises:
            InputError: After some thousand bits, which random bytes need with probability near 2**-1000.
        """
        if self.bits > _PATIENCE:
            raise stuck()
        self.value = (self.value << self.source.bits) | int(self.source.words(1)[0])
        self.bits += self.source.bits


def less(first: Deviate, second: Deviate) -> bool:
    """Whether the first of two different deviates is the smaller one, decided exactly.

    Args:
        first: A uniform number.
        second: Another one.
    """
    while True:
        shift = first.bits - second.bits
        if shift == 0 and first.value != second.value:
            return first.value < second.value
        (first if shift <= 0 else second).extend()


def below(deviate: Deviate, probability: Probability) -> bool:
    """Whether a deviate lies below a probability, decided exactly.

    Args:
        deviate: A uniform number whose bits are drawn as needed.
        probability: The probability, to any number of bits.
    """
    while True:
        low, high = probability(deviate.bits)
        if deviate.value < low:
            return True
        if deviate.value >= high:
            return False
        deviate.extend()


def bernoulli(size: int, probability: Probability, source: BitSource) -> Bools:
    """Independent flags that are true with exactly this probability, shape (size,).

    Args:
        size: How many numbers, ≥ 0.
        probability: The probability, to any number of bits.
        source: Where random bits come from.
    """
    words = source.words(size)
    low, high = probability(source.bits)
    flags = words < low
    for lane in np.flatnonzero((words >= low) & (words < high)):
        flags[lane] = below(Deviate(int(words[lane]), source.bits, source), probability)
    return flags


@lru_cache(maxsize=4096)
def exp_bounds(exponent: Fraction, bits: int) -> tuple[int, int]:
    """Bounds of exp(-exponent) · 2**bits, by the alternating series and repeated squaring in integers.

    Args:
        exponent: ≥ 0.
        bits: ≥ 1.

    Returns:
        Integers low ≤ exp(-exponent) · 2**bits ≤ high, at most two apart.

    Example:
        >>> exp_bounds(Fraction(1), 10)  # 376.7…
        (376, 377)
    """
    if exponent == 0:
        return 1 << bits, 1 << bits
    halvings = max(0, exponent.numerator.bit_length() - exponent.denominator.bit_length() + 1)
    precise = bits + _GUARD + 2 * halvings
    above, under = exponent.numerator, exponent.denominator << halvings  # above / under < 1
    low, high, sign, n = 1 << precise, 1 << precise, 1, 0
    term_low, term_high = low, high
    while term_high > 1:  # once a term is ≤ 1, all that follow together are too
        n, sign = n + 1, -sign
        term_low = term_low * above // (under * n)
        term_high = -(-term_high * above // (under * n))
        low, high = (low + term_low, high + term_high) if sign > 0 else (low - term_high, high - term_low)
    return _squared(low - 1, high + 1, halvings, precise, bits)


@lru_cache(maxsize=4096)
def power_bounds(ratio: Fraction, doublings: int, bits: int) -> tuple[int, int]:
    """Bounds of ratio**(2**doublings) · 2**bits for a ratio in 0 … 1, by repeated squaring in integers.

    Args:
        ratio: The base, in (0, 1).
        doublings: How often precision is doubled, ≥ 0.
        bits: Bits of precision, ≥ 1.

    Example:
        >>> power_bounds(Fraction(1, 2), 2, 10)  # 64
        (64, 65)
    """
    precise = bits + _GUARD + 2 * doublings
    low = (ratio.numerator << precise) // ratio.denominator
    return _squared(low, low + 1, doublings, precise, bits)


def odds(power: Probability) -> Probability:
    """The probability q / (1 + q), from that of q."""

    def bounds(bits: int) -> tuple[int, int]:
        low, high = power(bits)
        one = 1 << bits
        return (low << bits) // (one + low), -(-(high << bits) // (one + high))

    return bounds


def _squared(low: int, high: int, times: int, precise: int, bits: int) -> tuple[int, int]:
    """Square an interval scaled by 2**precise so many times; round it outwards to `bits`."""
    for _ in range(times):
        low, high = (low * low) >> precise, ((high * high) >> precise) + 1
    return low >> (precise - bits), min((high >> (precise - bits)) + 1, 1 << bits)


def geometric(size: int, *, p_numerator: int, p_denominator: int, entropy: Entropy = os.urandom) -> Ints:
    """Failures before the first success, P(k) = p (1 - p)**k for k ≥ 0, with a rational p.

    Args:
        size: Number of draws, ≥ 0.
        p_numerator: Numerator of p, ≥ 1.
        p_denominator: Denominator of p, with 2**-48 ≤ p ≤ 1.
        entropy: Where the random bytes come from. Only tests leave the operating system's.

    Returns:
        Integers, shape (size,).

    Raises:
        InputError: If size or p is out of range, or the entropy is plainly not random.

    Source:
        The binary digits of such a k are independent: exp(-a k) factors over the digits of k.

    Example:
        >>> geometric(3, p_numerator=1, p_denominator=1).tolist()
        [0, 0, 0]
    """
    if size < 0:
        raise InputError("size: must be at least 0")
    if p_denominator < 1 or not p_denominator <= p_numerator * _SMALLEST <= p_denominator * _SMALLEST:
        raise InputError("geometric: p_numerator / p_denominator must lie between 2**-48 and 1")
    source, digits = BitSource(entropy=entropy), _digits(p_numerator, p_denominator)
    out = np.zeros(size, np.int64)
    for i, probability in enumerate(digits[:-1]):
        out += bernoulli(size, probability, source).astype(np.int64) << i
    lanes = np.arange(size)
    for _ in range(_ROUNDS):
        lanes = lanes[bernoulli(len(lanes), digits[-1], source)]
        if not lanes.size:
            return out
        out[lanes] += 1 << len(digits) - 1
    raise stuck()


@lru_cache(maxsize=16)
def _digits(p_numerator: int, p_denominator: int) -> tuple[Probability, ...]:
    """Chances that the binary digits of a draw are 1; the last: that 2**digits more are to be added."""
    ratio = 1 - Fraction(p_numerator, p_denominator)

    def power(i: int) -> Probability:
        """The probability ratio**(2**i)."""
        return lambda bits: power_bounds(ratio, i, bits)

    top = 0
    while power(top)(64)[1] > 2:  # 2**top or more is then reached with probability ≤ 2**-63
        top += 1
    return tuple(lru_cache(maxsize=64)(p) for p in (*(odds(power(i)) for i in range(top)), power(top)))
