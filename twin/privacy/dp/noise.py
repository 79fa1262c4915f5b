"""Gaussian noise rounded to integers, drawn exactly, from the operating system's entropy (rules P15, P16).

Sums of floats leak through their last bits (Mironov 2012), so released counts carry integers. A Gaussian
that is rounded to the integers after it was drawn exactly is post-processing of the Gaussian mechanism:
it keeps that mechanism's guarantee exactly. Nothing here takes a seed; no float decides an outcome.

The absolute value of a standard draw is k + x with an integer k and a deviate x. A whole array of attempts is
decided on the first word of each deviate; the few that it cannot decide are finished one by one with more
bits.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.arrays import Bools, Ints, Uints64
from twin.errors import InputError
from twin.privacy.exact_sampling import WORD, BitSource, Deviate, Entropy, exp_bounds, less, stuck

Rational: TypeAlias = int | float | Fraction
"""A number that is taken as exactly what it is: a float stands for its binary fraction."""

MOST_SCALE = 2**48
"""The widest noise that is drawn; its tails still fit into 64 bits."""

CHUNK = 1 << 15
"""Draws that are worked on together: few enough for the cache."""

_GRID_LIMIT = 2.0**62
_ROUNDS = 1024
_SCALE_BITS = 62
_MOST_SCALE_SHIFT = 71
_LIMB = 64


def rounded_gaussian(size: int, *, sigma: Rational, entropy: Entropy = os.urandom) -> Ints:
    """Draws of N(0, sigma²), each rounded to the nearest integer, of exactly that law.

    Args:
        size: Number of draws, ≥ 0.
        sigma: Standard deviation before rounding, 0 < sigma ≤ 2**48, taken as an exact rational.
        entropy: Where the random bytes come from. Only tests leave the operating system's.

    Returns:
        Integers, shape (size,).

    Raises:
        InputError: If size or sigma is out of range, or the entropy is plainly not random.

    Source:
        Karney (2016), Sampling exactly from the normal distribution, arXiv:1303.6257, algorithm N.

    Example:
        >>> rounded_gaussian(3, sigma=2.5).shape
        (3,)
    """
    if size < 0:
        raise InputError("size: must be at least 0")
    if not 0 < sigma <= MOST_SCALE:
        raise InputError("sigma: must be above 0 and at most 2**48")
    width = Fraction(sigma) if isinstance(sigma, int | Fraction) else Fraction(float(sigma))
    return rounded_normal(size, width, BitSource(entropy=entropy))


def round_to_grid(values: ArrayLike, gamma: Rational) -> Ints:
    """Real-valued scores as integer steps of a grid, so that integer noise can be added to them.

    Rounding moves each score by at most gamma / 2, so two neighbouring tables may lie gamma further apart
    in each score that one subject can move: use `grid_sensitivity`. Draw the noise in steps as well, with
    sigma / gamma. Scores that do not fit are clipped, and those that are not numbers become 0: nothing is
    refused because of the data.

    Args:
        values: Scores, any shape.
        gamma: Width of a step, a power of two, so that the division is exact.

    Returns:
        Steps, the shape of values; the score is near steps * gamma. A score halfway goes to the even step.

    Raises:
        InputError: If gamma is no power of two.

    Source:
        Rule P15 of the privacy page in the documentation.

    Example:
        >>> round_to_grid([0.3, -1.26], 0.25).tolist()
        [1, -5]
    """
    step = _step(gamma)
    with np.errstate(over="ignore", under="ignore"):
        steps = np.rint(np.asarray(values, np.float64) / step)
    steps = np.nan_to_num(steps, nan=0.0, posinf=_GRID_LIMIT, neginf=-_GRID_LIMIT)
    return np.clip(steps, -_GRID_LIMIT, _GRID_LIMIT).astype(np.int64)


def grid_sensitivity(sensitivity: Rational, gamma: Rational, *, moved: int = 1) -> float:
    """Sensitivity, in steps, of scores that went through `round_to_grid`.

    Args:
        sensitivity: L2 sensitivity of the scores before rounding, ≥ 0.
        gamma: Width of a step, a power of two.
        moved: How many of the scores one subject can move, ≥ 1.

    Returns:
        (sensitivity + gamma · sqrt(moved)) / gamma, rounded up; times gamma in units of the scores.

    Raises:
        InputError: If an argument is out of range.

    Source:
        Rule P15: each moved score adds gamma, hence a vector of them gamma · sqrt(moved) in L2.

    Example:
        >>> round(grid_sensitivity(1.0, 0.25), 9)
        5.0
    """
    if moved < 1 or not 0 <= sensitivity < math.inf:
        raise InputError("grid_sensitivity: sensitivity must be finite and at least 0, moved at least 1")
    steps = float(Fraction(sensitivity) / Fraction(_step(gamma))) + math.sqrt(moved)
    return steps * (1 + 2.0**-50)


def _step(gamma: Rational) -> float:
    """A checked grid step."""
    if not 0 < gamma < math.inf or abs(math.frexp(gamma)[0]) != 0.5:
        raise InputError("gamma: must be a power of two, such as 0.25, so that rounding is exact")
    return float(gamma)


@lru_cache(maxsize=256)
def share_bounds(bits: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Bounds of P(k ≤ 0), P(k ≤ 1), … times 2**bits, where P(k) is proportional to exp(-k²/2), k ≥ 0.

    Source:
        Karney (2016), arXiv:1303.6257, algorithm N, steps N1 and N2 together.

    Example:
        >>> share_bounds(8)[0][:2]  # 146.01…, 234.5…
        (146, 234)
    """
    precise = bits + 16
    lows, highs, k = [0], [0], 0
    while True:
        low, high = exp_bounds(Fraction(k * k, 2), precise)
        lows.append(lows[-1] + low)
        highs.append(highs[-1] + high)
        if high <= 1:
            break
        k += 1
    most = highs[-1] + 2  # what follows is less than twice the last weight, which is ≤ 1
    return (
        tuple((low << bits) // most for low in lows[1:]),
        tuple(min(-(-(high << bits) // lows[-1]), 1 << bits) for high in highs[1:]),
    )


def _whole_part(deviate: Deviate) -> int:
    """The k that a deviate chooses by inversion, decided exactly."""
    while True:
        lows, highs = share_bounds(deviate.bits)
        k = sum(deviate.value >= high for high in highs)
        if k < len(lows) and deviate.value < lows[k]:
            return k
        deviate.extend()


def _below_ratio(r: Deviate, k: int, x: Deviate) -> bool:
    """Whether r < (2k + x) / (2k + 2), decided exactly."""
    factor = 2 * k + 2
    while True:
        shift = r.bits - x.bits
        if shift == 0:
            goal = x.value + (2 * k << x.bits)
            if (r.value + 1) * factor <= goal:
                return True
            if r.value * factor >= goal + 1:
                return False
        (r if shift <= 0 else x).extend()


@dataclass(slots=True)
class Chain:
    """One attempt in the middle of step N4: `left` runs of algorithm B are still to succeed.

    Args:
        k: Whole part.
        x: Deviate.
        y: The last deviate of the falling run; x itself where `steps` is 0.
        steps: Length of the run so far.
        left: Runs to go, this one included.
    """

    k: int
    x: Deviate
    y: Deviate
    steps: int
    left: int

    def accepts(self, z: Deviate, r: Deviate) -> bool:
        """Run to the end.

        Args:
            z: The first deviate that is compared with y.
            r: The first deviate that decides whether the run goes on.

        Returns:
            Whether the attempt is accepted.
        """
        while True:
            if less(z, self.y) and _below_ratio(r, self.k, self.x):
                self.y, self.steps = z, self.steps + 1
            elif self.steps % 2:
                return False
            elif self.left == 1:
                return True
            else:
                self.y, self.steps, self.left = self.x, 0, self.left - 1
            z, r = self.x.source.deviate(), self.x.source.deviate()


@dataclass
class Attempts:
    """A batch of attempts at the absolute value of a standard Gaussian.

    Args:
        k: Whole parts, shape (m,).
        x: First words of the deviates, shape (m,).
        accepted: Flags, shape (m,).
        late: The accepted ones that needed more bits: lane → (k, x).
    """

    k: Ints
    x: Ints
    accepted: Bools
    late: dict[int, tuple[int, Deviate]] = field(default_factory=dict)

    def finish(self, lane: int, chain: Chain, z: Deviate, r: Deviate) -> None:
        """Finish one attempt with as many bits as it takes.

        Args:
            lane: Position of the attempt.
            chain: Where it stands.
            z: See `Chain.accepts`.
            r: See `Chain.accepts`.
        """
        if chain.accepts(z, r):
            self.accepted[lane] = True
            self.late[lane] = (chain.k, chain.x)


def attempt(count: int, source: BitSource) -> Attempts:
    """Try algorithm N once in each of `count` lanes.

    Args:
        count: How many attempts, ≥ 0.
        source: Where random bits come from.

    Returns:
        The attempts, about seven in ten of them accepted.

    Source:
        Karney (2016), arXiv:1303.6257, algorithm N; its steps N1 and N2 by inversion.
    """
    chosen = source.words(count)
    lows, highs = (np.array(bounds, np.int64) for bounds in share_bounds(source.bits))
    k = np.searchsorted(highs, chosen, side="right").astype(np.int64)
    sure = (k < len(lows)) & (chosen < lows[np.minimum(k, len(lows) - 1)])
    out = Attempts(k, source.words(count), np.zeros(count, np.bool_))
    for lane in np.flatnonzero(~sure):
        whole = _whole_part(Deviate(int(chosen[lane]), source.bits, source))
        x = Deviate(int(out.x[lane]), source.bits, source)
        out.finish(int(lane), Chain(whole, x, x, 0, whole + 1), source.deviate(), source.deviate())
    _run_chains(out, np.flatnonzero(sure), source)
    return out


def _run_chains(out: Attempts, lanes: NDArray[np.intp], source: BitSource) -> None:
    """Step N4 in all these lanes: k + 1 runs of algorithm B, each true with exp(-x (2k + x) / (2k + 2))."""
    k, x = out.k[lanes], out.x[lanes]  # (a,), as all that follows; a shrinks
    y, steps, left = x, np.zeros(len(lanes), np.int64), k + 1
    while lanes.size:
        z, r = source.words(len(lanes)), source.words(len(lanes))
        factor, goal = 2 * k + 2, x + (k << (source.bits + 1))
        product = r * factor
        yes = (z < y) & (product + factor <= goal)
        no = (z > y) | (product > goal)
        for i in np.flatnonzero(~(yes | no)):
            held, first, second = (Deviate(int(word[i]), source.bits, source) for word in (x, z, r))
            last = held if steps[i] == 0 else Deviate(int(y[i]), source.bits, source)
            chain = Chain(int(k[i]), held, last, int(steps[i]), int(left[i]))
            out.finish(int(lanes[i]), chain, first, second)
        passed = no & (steps % 2 == 0)  # an even run: algorithm B says true
        out.accepted[lanes[passed & (left == 1)]] = True
        again = passed & (left > 1)
        y, steps, left = np.where(yes, z, x), np.where(yes, steps + 1, 0), left - again
        go = yes | again
        lanes, k, x, y, steps, left = (held[go] for held in (lanes, k, x, y, steps, left))


def _high(scale: int, numbers: Uints64) -> Uints64:
    """The upper 64 bits of scale · numbers, for factors below 2**63."""
    low, high, mask = np.uint64(scale & 0xFFFFFFFF), np.uint64(scale >> 32), np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    lower, upper = numbers & mask, numbers >> half
    cross = low * upper
    middle = ((low * lower) >> half) + (cross & mask) + high * lower
    upper_part: Uints64 = high * upper + (cross >> half) + (middle >> half)
    return upper_part


def _nearest(k: int, x: Deviate, sigma: Fraction) -> int:
    """The integer nearest to sigma · (k + x), decided exactly."""
    while True:
        under = 2 * sigma.denominator << x.bits
        at = 2 * sigma.numerator * ((k << x.bits) + x.value) + (sigma.denominator << x.bits)
        first = at // under
        last = -(-(at + 2 * sigma.numerator) // under) - 1
        if first == last:
            return first
        x.extend()


def _scaled(found: Attempts, lanes: NDArray[np.intp], sigma: Fraction, source: BitSource) -> Ints:
    """The integers nearest to sigma · (k + x) in these lanes, by 128-bit products of bounds."""
    size = sigma.numerator.bit_length() - sigma.denominator.bit_length() + 1  # sigma < 2**size
    shift = min(_SCALE_BITS - size, _MOST_SCALE_SHIFT)
    scale = (sigma.numerator << shift) // sigma.denominator  # scale ≤ sigma · 2**shift < scale + 1
    fine = WORD - source.bits
    least = ((found.k[lanes] << WORD) + (found.x[lanes] << fine)).astype(np.uint64)  # < 2**61
    drop = np.uint64(WORD + shift - _LIMB)
    half = np.uint64(1) << (drop - np.uint64(1))
    first = (_high(scale, least) + half) >> drop
    last = (_high(scale + 1, least + np.uint64(1 << fine)) + half) >> drop
    nearest = first.astype(np.int64)
    for i in np.flatnonzero(first != last):
        x = Deviate(int(found.x[lanes[i]]), source.bits, source)
        nearest[i] = _nearest(int(found.k[lanes[i]]), x, sigma)
    return nearest


def rounded_normal(size: int, sigma: Fraction, source: BitSource) -> Ints:
    """Draws of N(0, sigma²) rounded to the nearest integer, exactly.

    Args:
        size: How many numbers, ≥ 0.
        sigma: Standard deviation, 0 < sigma ≤ 2**48.
        source: Where random bits come from.

    Returns:
        Integers, shape (size,).
    """
    out = np.empty(size, np.int64)
    for start in range(0, size, CHUNK):
        part = out[start : start + CHUNK]
        open_lanes = np.arange(len(part))
        for _ in range(_ROUNDS):
            found = attempt(len(open_lanes), source)
            early = found.accepted.copy()
            early[list(found.late)] = False
            lanes = np.flatnonzero(early)
            part[open_lanes[lanes]] = _scaled(found, lanes, sigma, source)
            for lane, (k, x) in found.late.items():
                part[open_lanes[lane]] = _nearest(k, x, sigma)
            open_lanes = open_lanes[~found.accepted]
            if not open_lanes.size:
                break
        else:
            raise stuck()
        part[(source.words(len(part)) & 1).astype(np.bool_)] *= -1
    return out
