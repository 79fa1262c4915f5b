"""Integer noise of exactly known laws, drawn from the operating system's entropy (rules P15 and P16).

Sums of floats leak through their last bits (Mironov 2012), so released counts carry integers. A Gaussian
that is rounded to the integers after it was drawn exactly is post-processing of the Gaussian mechanism:
it keeps that mechanism's guarantee exactly. Nothing here takes a seed; no float decides an outcome.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from twin.arrays import Bools, Floats, Ints
from twin.errors import InputError
from twin.privacy.dp.noise_bits import (
    BitSource,
    Entropy,
    Probability,
    bernoulli,
    exp_bounds,
    odds,
    power_bounds,
    stuck,
)
from twin.privacy.dp.rounded_normal import rounded_normal

Rational: TypeAlias = int | float | Fraction
"""A number that is taken as exactly what it is: a float stands for its binary fraction."""

MOST_SCALE = 2**48
"""The widest noise that is drawn; its tails still fit into 64 bits."""

_GRID_LIMIT = 2.0**62
_NODES = 20
_ROUNDS = 64


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
    return rounded_normal(_count(size), _scale("sigma", sigma), BitSource(entropy=entropy))


def two_sided_geometric(size: int, *, scale: Rational, entropy: Entropy = os.urandom) -> Ints:
    """Draws of the discrete Laplace law, P(k) proportional to exp(-|k| / scale).

    On a count that one subject moves by at most s, it is (s / scale, 0)-differentially private.

    Args:
        size: Number of draws, ≥ 0.
        scale: 0 < scale ≤ 2**48, taken as an exact rational.
        entropy: Where the random bytes come from. Only tests leave the operating system's.

    Returns:
        Integers, shape (size,).

    Raises:
        InputError: If size or scale is out of range, or the entropy is plainly not random.

    Source:
        Ghosh, Roughgarden & Sundararajan (2009), arXiv:0811.2841, definition 2.1; as the difference of two
        draws with P(k) proportional to exp(-k / scale), k ≥ 0.

    Example:
        >>> two_sided_geometric(3, scale=1).shape
        (3,)
    """
    rate, source = 1 / _scale("scale", scale), BitSource(entropy=entropy)

    def powers(i: int) -> Probability:
        return lambda bits: exp_bounds(rate * 2**i, bits)

    count = _count(size)
    return _geometric(count, powers, source) - _geometric(count, powers, source)


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
    if p_denominator < 1 or not p_denominator <= p_numerator * MOST_SCALE <= p_denominator * MOST_SCALE:
        raise InputError("geometric: p_numerator / p_denominator must lie between 2**-48 and 1")
    ratio = 1 - Fraction(p_numerator, p_denominator)

    def powers(i: int) -> Probability:
        return lambda bits: power_bounds(ratio, i, bits)

    count, source = _count(size), BitSource(entropy=entropy)
    return _geometric(count, powers, source) if ratio else np.zeros(count, np.int64)


def bernoulli_exp(size: int, *, numerator: int, denominator: int, entropy: Entropy = os.urandom) -> Bools:
    """Flags that are true with probability exp(-numerator / denominator) exactly.

    Args:
        size: Number of draws, ≥ 0.
        numerator: ≥ 0.
        denominator: ≥ 1.
        entropy: Where the random bytes come from. Only tests leave the operating system's.

    Returns:
        Flags, shape (size,).

    Raises:
        InputError: If an argument is out of range, or the entropy is plainly not random.

    Source:
        Inversion with lazily drawn bits (Knuth & Yao 1976): a uniform number is compared with bounds of
        the exponential that are as fine as the bits drawn so far.

    Example:
        >>> bernoulli_exp(2, numerator=0, denominator=1).tolist()
        [True, True]
    """
    if numerator < 0 or denominator < 1:
        raise InputError("bernoulli_exp: numerator must be at least 0 and denominator at least 1")
    exponent = Fraction(numerator, denominator)
    return bernoulli(_count(size), lambda bits: exp_bounds(exponent, bits), BitSource(entropy=entropy))


def rounded_gaussian_mass(k: ArrayLike, sigma: Rational) -> Floats:
    """Probability that `rounded_gaussian` gives k: Phi((k + ½) / sigma) - Phi((k - ½) / sigma).

    Wide laws, where that difference cancels, are integrated over the cell; elsewhere both terms are lower
    tails. The relative error stays near 1e-13 as far as floats reach.

    Args:
        k: Integers, any shape.
        sigma: Standard deviation before rounding, 0 < sigma ≤ 2**48.

    Returns:
        Probabilities, the shape of k.

    Raises:
        InputError: If sigma is out of range.

    Example:
        >>> rounded_gaussian_mass([0, 1], 1).round(6).tolist()
        [0.382925, 0.24173]
    """
    from scipy.special import ndtr

    width = float(_scale("sigma", sigma))
    far = np.abs(np.asarray(k, np.float64))
    if width < 1:
        return np.asarray(ndtr((0.5 - far) / width) - ndtr((-0.5 - far) / width), np.float64)
    density = np.zeros_like(far)
    for node, weight in zip(*np.polynomial.legendre.leggauss(_NODES), strict=True):
        density += weight * np.exp(-(((far + node / 2) / width) ** 2) / 2)
    smooth = density / (2 * width * math.sqrt(2 * math.pi))
    tails = ndtr((0.5 - far) / width) - ndtr((-0.5 - far) / width)
    return np.where(far <= 8 * width * width, smooth, tails)  # beyond, the cell is steep: no cancellation


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


def _geometric(size: int, powers: Callable[[int], Probability], source: BitSource) -> Ints:
    """Draws with P(k) proportional to q**k, from `powers(i)`, the probability q**(2**i)."""
    top = 0
    while powers(top)(64)[1] > 2:  # 2**top or more is then reached with probability ≤ 2**-63
        top += 1
    out = np.zeros(size, np.int64)
    for i in range(top):
        out += bernoulli(size, odds(powers(i)), source).astype(np.int64) << i
    lanes = np.arange(size)
    for _ in range(_ROUNDS):
        if not lanes.size:
            return out
        lanes = lanes[bernoulli(len(lanes), powers(top), source)]
        out[lanes] += 1 << top
    raise stuck()


def _count(size: int) -> int:
    if size < 0:
        raise InputError("size: must be at least 0")
    return size


def _scale(name: str, value: Rational) -> Fraction:
    """A checked width as an exact rational."""
    if not 0 < value <= MOST_SCALE:
        raise InputError(f"{name}: must be above 0 and at most 2**48")
    return Fraction(value) if isinstance(value, int | Fraction) else Fraction(float(value))


def _step(gamma: Rational) -> float:
    """A checked grid step."""
    if not 0 < gamma < math.inf or abs(math.frexp(gamma)[0]) != 0.5:
        raise InputError("gamma: must be a power of two, such as 0.25, so that rounding is exact")
    return float(gamma)
