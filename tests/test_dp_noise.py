"""Integer noise: its exact laws, its lazily drawn bits, its entropy; and faults that the same checks reject.

The draws are truly random, so each check rejects at 1e-6: over the whole file, slow part included, a false
alarm has probability below 1e-4.
"""

from __future__ import annotations

import contextlib
import heapq
import inspect
import math
import os
import random
from collections import Counter
from collections.abc import Callable, Hashable
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.special import ndtr

from twin.arrays import Ints
from twin.errors import InputError
from twin.privacy.dp.noise import (
    Attempts,
    _high,
    _scaled,
    attempt,
    grid_sensitivity,
    round_to_grid,
    rounded_gaussian,
    rounded_normal,
    share_bounds,
)
from twin.privacy.exact_sampling import BitSource, bernoulli, exp_bounds, geometric, odds, power_bounds

ALARM = 1e-6
Below = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def gaussian_below(sigma: float) -> Below:
    """P(draw ≤ k) as a function of k."""
    return lambda k: ndtr((k + 0.5) / sigma)


def chi_square(draws: Ints, below: Below, cells: int = 60) -> float:
    """P-value of draws against P(draw ≤ k), in cells that depend on the law alone, each of ≥ 50 expected."""
    reach = 2.0
    while below(np.array([-reach]))[0] > 1e-9 or below(np.array([reach]))[0] < 1 - 1e-9:
        reach *= 2
    grid = np.unique(np.linspace(-reach, reach, 20_001).round())
    fewest = 50 / len(draws)
    step = fewest if len(grid) < cells else max(1 / cells, fewest)
    edges, last = [], 0.0
    for at, p in zip(grid, below(grid), strict=True):
        if p - last >= step and 1 - p >= fewest:
            edges.append(at)
            last = p
    expected = np.diff(below(np.array(edges)), prepend=0.0, append=1.0) * len(draws)
    seen = np.bincount(np.searchsorted(edges, draws, side="left"), minlength=len(edges) + 1)
    return float(stats.chi2.sf(((seen - expected) ** 2 / expected).sum(), len(edges)))


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1, Fraction(7, 3), 5.7, 40, 1e6, 2**40])
def test_gaussian_has_its_exact_law(sigma: float | Fraction) -> None:
    draws = rounded_gaussian(200_000, sigma=sigma)
    width = float(sigma)
    assert chi_square(draws, gaussian_below(width)) > ALARM
    variance = width**2 + (1 / 12 if width >= 1 else 0)  # rounding adds 1/12 once sigma is not tiny
    assert abs(draws.mean()) < 5.5 * math.sqrt(draws.var() / len(draws))
    if width >= 1:
        assert abs(draws.var() / variance - 1) < 5.5 * math.sqrt(2 / len(draws))


@pytest.mark.parametrize("sigma", [1000, 1e6, 2**30])
def test_low_digits_of_wide_noise_are_even(sigma: float) -> None:
    """A float would round them: a draw modulo 64 is uniform up to exp(-2 (pi sigma / 64)²)."""
    digits = np.bincount(rounded_gaussian(200_000, sigma=sigma) % 64, minlength=64)
    assert stats.chisquare(digits).pvalue > ALARM


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [0.3, 1, 2.5, 30])
def test_tails_of_ten_million_draws(sigma: float) -> None:
    draws = np.concatenate([rounded_gaussian(1_000_000, sigma=sigma) for _ in range(10)])
    assert chi_square(draws, gaussian_below(sigma), cells=400) > ALARM
    for far in (3, 4, 5):
        at = math.ceil(far * sigma)
        tail = 2 * float(ndtr((0.5 - at) / sigma))
        assert stats.binomtest(int((abs(draws) >= at).sum()), len(draws), tail).pvalue > ALARM


@pytest.mark.parametrize(("bits", "sigma"), [(1, 1), (2, 0.5), (4, 0.3), (4, 1), (4, 3.7), (6, 1000)])
def test_short_words_keep_the_law(bits: int, sigma: float) -> None:
    """Most draws then need further bits: for k, in a comparison, or for the rounding."""
    draws = rounded_normal(10_000, Fraction(sigma), BitSource(bits=bits))
    assert chi_square(draws, gaussian_below(float(sigma))) > ALARM


@pytest.mark.parametrize("bits", [2, 5])
def test_friends_keep_their_laws_with_short_words(bits: int) -> None:
    third = Fraction(1, 3)
    for source in (BitSource(bits=bits), BitSource()):
        flags = bernoulli(40_000, lambda b: exp_bounds(third, b), source)
        assert stats.binomtest(int(flags.sum()), len(flags), math.exp(-1 / 3)).pvalue > ALARM
        digits = bernoulli(40_000, odds(lambda b: power_bounds(third, 0, b)), source)  # 1/4: a dyadic number
        assert stats.binomtest(int(digits.sum()), len(digits), 0.25).pvalue > ALARM


@pytest.mark.parametrize(("up", "down"), [(1, 2), (1, 3), (9, 10), (3, 1000)])
def test_geometric_has_its_exact_law(up: int, down: int) -> None:
    draws = geometric(100_000, p_numerator=up, p_denominator=down)
    assert draws.min() == 0
    assert chi_square(draws, lambda k: 1 - (1 - up / down) ** (k + 1)) > ALARM


class OutOfWordsError(Exception):
    """The words of an enumerated path are used up."""


def enumerated(draw: Callable[[BitSource], Hashable], bits: int, runs: int) -> Counter[Hashable]:
    """Mass of each outcome over all paths of words that decide it, shortest paths first."""
    paths: list[tuple[int, tuple[int, ...]]] = [(0, ())]
    law: Counter[Hashable] = Counter()
    for _ in range(runs):
        if not paths:
            break
        length, path = heapq.heappop(paths)
        left = list(path)

        def entropy(count: int, left: list[int] = left) -> bytes:
            if count // 8 > len(left):
                raise OutOfWordsError
            return b"".join((left.pop(0) << (64 - bits)).to_bytes(8, "little") for _ in range(count // 8))

        try:
            law[draw(BitSource(entropy=entropy, bits=bits))] += 2.0 ** (-bits * length)
        except OutOfWordsError:
            for word in range(1 << bits):
                heapq.heappush(paths, (length + 1, (*path, word)))
    return law


def holds(law: Counter[Hashable], outcome: Hashable, p: float, open_mass: float) -> None:
    rest = 1 - sum(law.values())
    assert rest <= open_mass
    assert law[outcome] <= p <= law[outcome] + rest


def test_all_paths_of_short_words_bracket_the_law() -> None:
    """Brute force, with no chance in it: the decided paths never outweigh the exact mass."""
    for bits in (1, 3):
        law = enumerated(lambda s: bool(bernoulli(1, lambda b: exp_bounds(Fraction(2), b), s)[0]), bits, 60)
        holds(law, True, math.exp(-2), open_mass=1e-2)

    def tried(source: BitSource) -> int:
        found = attempt(1, source)
        whole = found.late[0][0] if found.late else int(found.k[0])
        return whole if found.accepted[0] else -1

    law = enumerated(tried, 1, 8_000)
    total = sum(math.exp(-k * k / 2) for k in range(40))
    for k in range(3):
        mass = (
            math.sqrt(math.pi / 2) * (math.erf((k + 1) / math.sqrt(2)) - math.erf(k / math.sqrt(2))) / total
        )
        holds(law, k, mass, open_mass=0.36)
    holds(law, -1, 1 - math.sqrt(math.pi / 2) / total, open_mass=0.36)


@given(st.fractions(0, 60), st.integers(1, 140))
@settings(max_examples=60)
def test_bounds_of_probabilities_enclose_them(exponent: Fraction, bits: int) -> None:
    with localcontext() as context:
        context.prec = 90
        exact = (-Decimal(exponent.numerator) / exponent.denominator).exp() * 2**bits
        low, high = exp_bounds(exponent, bits)
        assert low <= exact <= high <= low + 2
        weights = [(-Decimal(k * k) / 2).exp() for k in range(25)]
        for k, (low, high) in enumerate(zip(*share_bounds(bits), strict=True)):
            assert low <= sum(weights[: k + 1]) / sum(weights) * 2**bits <= high <= low + 2


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**61))
def test_upper_half_of_a_product(scale: int, number: int) -> None:
    assert int(_high(scale, np.array([number], np.uint64))[0]) == (scale * number) >> 64


@given(st.fractions(Fraction(1, 10**9), 10**12), st.integers(0, 9), st.data())
def test_rounding_is_that_of_the_exact_product(sigma: Fraction, k: int, data: st.DataObject) -> None:
    """Words near a half-integer are extended; with zero bits that follow, the product is known exactly."""
    near = (data.draw(st.integers(0, int(10 * sigma))) + Fraction(1, 2)) / sigma - k
    word = data.draw(st.integers(0, 2**56 - 1))
    if 0 <= near < 1 and data.draw(st.booleans()):
        word = min(max(int(near * 2**56) + data.draw(st.integers(-1, 1)), 0), 2**56 - 1)
    low = data.draw(st.integers(0, 2**56 - 1))  # what is drawn if the first word does not decide
    source = BitSource(entropy=lambda count: (low << 8).to_bytes(8, "little") * (count // 8))
    found = Attempts(np.array([k]), np.array([word]), np.array([True]))
    got = int(_scaled(found, np.array([0]), sigma, source)[0])
    first = sigma * (k + Fraction(word, 2**56)) + Fraction(1, 2)
    last = first + sigma / 2**56
    exact = sigma * (k + Fraction((word << 56) + low, 2**112)) + Fraction(1, 2)
    assert got == math.floor(exact) if math.floor(first) != math.floor(last) else got == math.floor(first)


def cut_deviates(sigma: float, size: int) -> Ints:
    """The fault of never extending: a deviate taken at its first four bits."""
    normal = np.random.default_rng(0).standard_normal(size)
    return np.rint(sigma * np.floor(np.abs(normal) * 16) / 16 * np.sign(normal)).astype(np.int64)


def discrete_gaussian(sigma: float, size: int) -> Ints:
    """Another law: mass proportional to the density at k (it is no post-processing of a Gaussian)."""
    k = np.arange(-20, 21)
    mass = np.exp(-(k**2) / (2 * sigma**2))
    return np.random.default_rng(0).choice(k, size, p=mass / mass.sum())


def test_planted_faults_are_rejected_by_the_same_check() -> None:
    size, normal = 25_000, np.random.default_rng(0).standard_normal(25_000)
    assert chi_square(rounded_gaussian(size, sigma=1), gaussian_below(1.5)) < 1e-12  # 1.5 times too small
    assert chi_square((3 * normal).astype(np.int64), gaussian_below(3)) < 1e-12  # cut off, not rounded
    assert chi_square(cut_deviates(3.7, size), gaussian_below(3.7)) < 1e-12
    assert chi_square(discrete_gaussian(1, size), gaussian_below(1)) < 1e-12
    floats = (np.float32(2**30) * normal.astype(np.float32)).astype(np.int64)  # float noise has no low digits
    assert stats.chisquare(np.bincount(floats % 64, minlength=64)).pvalue < 1e-12


EVERY: list[Callable[..., NDArray[np.generic]]] = [
    lambda size, **more: rounded_gaussian(size, sigma=3, **more),
    lambda size, **more: geometric(size, p_numerator=1, p_denominator=3, **more),
]


@pytest.mark.parametrize("draw", EVERY)
def test_bad_entropy_ends_or_fails_clearly(draw: Callable[..., NDArray[np.generic]]) -> None:
    for pattern in (b"\x00", b"\xff", b"\x00\xff" * 4, b"\x55", bytes(range(8))):
        with contextlib.suppress(InputError):
            assert draw(5, entropy=lambda count, p=pattern: (p * count)[:count]).shape == (5,)
    with pytest.raises(InputError, match="exactly as many bytes"):
        draw(5, entropy=lambda count: b"\x01" * (count - 1))


def test_constant_bytes_cannot_decide_a_gaussian() -> None:
    for byte in (b"\x00", b"\xff"):
        with pytest.raises(InputError, match="leave entropy out"):
            rounded_gaussian(3, sigma=1, entropy=lambda count, b=byte: b * count)


@pytest.mark.parametrize("draw", EVERY)
def test_noise_takes_no_seed_and_touches_no_global_state(draw: Callable[..., NDArray[np.generic]]) -> None:
    """P16: the operating system's entropy always; the same global seeds give different noise."""
    drawn = []
    for _ in range(2):
        np.random.seed(1)  # noqa: NPY002
        random.seed(1)
        before = np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index]  # noqa: NPY002
        drawn.append(draw(400))
        after = np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index]  # noqa: NPY002
        assert before == after
    assert not np.array_equal(*drawn)
    assert draw(0).shape == (0,)
    for public in (rounded_gaussian, geometric):
        parameters = inspect.signature(public).parameters
        assert not any("seed" in name or "rng" in name or "random" in name for name in parameters)
        assert parameters["entropy"].default is os.urandom


def test_widths_out_of_range_are_refused() -> None:
    for sigma in (0, -1, math.nan, math.inf, 2.0**49):
        with pytest.raises(InputError, match="sigma"):
            rounded_gaussian(1, sigma=sigma)
    for up, down in ((0, 1), (2, 1), (1, 0), (1, 2**49), (-1, -2)):
        with pytest.raises(InputError, match="geometric"):
            geometric(1, p_numerator=up, p_denominator=down)
    for draw in EVERY:
        with pytest.raises(InputError, match="size"):
            draw(-1)
    assert not rounded_gaussian(1000, sigma=5e-324).any()
    assert np.abs(rounded_gaussian(1000, sigma=2**48)).max() > 2**48


@given(
    st.lists(st.floats(allow_nan=False, min_value=-1e6, max_value=1e6), min_size=1, max_size=6),
    st.data(),
    st.integers(-8, 4),
)
def test_a_grid_adds_at_most_its_declared_sensitivity(
    values: list[float], data: st.DataObject, power: int
) -> None:
    other = [v + data.draw(st.floats(-5, 5)) for v in values]
    gamma = 2.0**power
    steps = round_to_grid(values, gamma) - round_to_grid(other, gamma)
    apart = math.sqrt(sum((a - b) ** 2 for a, b in zip(values, other, strict=True)))
    assert math.sqrt(float((steps**2).sum())) <= grid_sensitivity(apart, gamma, moved=len(values))


def test_a_grid_refuses_no_value_but_odd_steps() -> None:
    assert round_to_grid([math.nan, 0.125, -0.375], 0.25).tolist() == [0, 0, -2]
    assert round_to_grid([math.inf, -math.inf, 1e300], 0.25).tolist() == [2**62, -(2**62), 2**62]
    for gamma in (0.1, 3, 0, -1, math.nan, math.inf):
        with pytest.raises(InputError, match="power of two"):
            round_to_grid([1.0], gamma)
