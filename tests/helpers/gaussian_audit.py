"""Audits of Gaussian differential privacy: do two worlds differ more than was declared, beyond chance?

A world is a table with or without one subject; each of its runs gives a number or a vector. An audit can
refute a guarantee and never prove one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from twin.arrays import Floats
from twin.errors import InputError

World: TypeAlias = Callable[[], ArrayLike] | ArrayLike
"""What gives the outcome of one run, or the outcomes of all runs, shape (n,) or (n, d)."""

FALSE_ALARM = 1e-3
"""Chance that any audit of a family rejects a mechanism that keeps what it declares."""

FAMILY = 5_000
"""Audits that share a false alarm. Noise cannot be seeded, so each of them is another draw."""

RUNS = 2_000
"""Runs per world: enough to see noise that is 1.5 times too little at mu = 1/2; see `runs_needed`."""

_THRESHOLDS = 48


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What an audit found.

    Args:
        mu: What was declared, ≥ 0.
        mu_hat: What was seen; infinite where the worlds cannot be confused.
        low: What it is at least, beyond chance.
        rejected: Whether that is above what was declared.
        n: Runs per world that it rests on.
    """

    mu: float
    mu_hat: float
    low: float
    rejected: bool
    n: int


def audit_gaussian(
    without: World,
    with_: World,
    *,
    mu: float,
    direction: ArrayLike | None = None,
    n: int = RUNS,
    family: int = FAMILY,
) -> Audit:
    """Audit a release with Gaussian noise: how many deviations lie between the means of two worlds.

    Args:
        without: Runs about the table without the subject.
        with_: Runs about the table with the subject.
        mu: What was declared, ≥ 0.
        direction: How the subject moves a vector before noise, shape (d,): along it lies the best statistic.
        n: Runs per world, of worlds that are functions.
        family: Audits that share a false alarm of `FALSE_ALARM`.

    Returns:
        The audit.

    Raises:
        InputError: If mu is out of range, or the worlds are not two samples of numbers.

    Source:
        arXiv:2604.18352 (the statistic); its variance 2/n + mu²/4n as of a standardized difference (Hedges
        1981). No other statistic of a mu-GDP release is expected above 2 sqrt(t / (1 - t)), where t is the
        triangular discrimination of N(0, 1) and N(mu, 1): .5006 at mu = .5, 1.013 at 1, 2.21 at 2.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> found = audit_gaussian(lambda: rng.normal(0, 1), lambda: rng.normal(1, 1), mu=0.5)
        >>> round(found.mu_hat, 1), found.rejected
        (1.0, True)
    """
    a, b = _scores(without, with_, mu, direction, n)
    apart, spread = float(abs(b.mean() - a.mean())), math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    seen = apart / spread if spread > 0 else math.inf if apart > 0 else 0.0
    runs = min(a.size, b.size)
    low = seen - critical(family) * math.sqrt((2 + mu * mu / 4) / runs)
    return Audit(mu=float(mu), mu_hat=seen, low=low, rejected=low > mu, n=runs)


def audit_thresholds(
    without: World,
    with_: World,
    *,
    mu: float,
    delta: float = 0.0,
    n: int = RUNS,
    family: int = FAMILY,
) -> Audit:
    """Audit any release: whether a test "score beyond a threshold" tells two worlds apart too well.

    One half of the runs chooses the threshold, its side and the world that it points to; the other half
    tests that choice alone, with exact intervals.

    Args:
        without: Runs about the table without the subject.
        with_: Runs about the table with the subject.
        mu: What was declared of the Gaussian part, ≥ 0.
        delta: What was declared beside it, at least 0 and below 1.
        n: Runs per world, of worlds that are functions.
        family: Audits that share a false alarm of `FALSE_ALARM`.

    Returns:
        The audit, of half the runs; mu_hat and low are about mu once delta is taken off.

    Raises:
        InputError: If an argument is out of range, or the worlds are not two samples of numbers.

    Source:
        Nasr et al. 2023 (arXiv:2302.07956), section 4: rates of errors against the trade-off curve of
        mu-GDP; Clopper, Pearson 1934.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> told = rng.random(2_000) < 0.2  # a level of one subject, told too often
        >>> audit_thresholds(np.zeros(2_000), told, mu=0.5, delta=0.05).rejected
        True
    """
    if not 0 <= delta < 1:
        raise InputError("delta must be at least 0 and below 1")
    a, b = _scores(without, with_, mu, None, n)
    half = min(a.size, b.size) // 2
    tail = FALSE_ALARM / family / 2
    cuts = np.unique(np.quantile(np.concatenate([a[:half], b[:half]]), np.linspace(0, 1, _THRESHOLDS)))
    tried = [(cut, above, swap) for cut in cuts for above in (True, False) for swap in (False, True)]

    def hits(part: slice, which: tuple[float, bool, bool]) -> tuple[int, int]:
        cut, above, swap = which
        counts = [int(np.count_nonzero((x[part] >= cut) == above)) for x in (a, b)]
        return (counts[1], counts[0]) if swap else (counts[0], counts[1])

    first = slice(0, half)
    best = max(tried, key=lambda which: _mu_at_least(*hits(first, which), half, delta, tail))
    false, true = hits(slice(half, 2 * half), best)
    low = _mu_at_least(false, true, half, delta, tail)
    seen = _normal(true / half - delta) - _normal(false / half)
    seen = 0.0 if math.isnan(seen) else seen  # no run is beyond the threshold, or all are
    return Audit(mu=float(mu), mu_hat=seen, low=low, rejected=low > mu, n=half)


def critical(family: int = FAMILY) -> float:
    """Deviations beyond which one audit of a family rejects, so that all keep to `FALSE_ALARM` together."""
    return -_normal(FALSE_ALARM / family / 2)


def runs_needed(mu: float, *, shortfall: float = 1.5, power: float = 0.95, family: int = FAMILY) -> int:
    """Runs per world at which `audit_gaussian` sees noise that is `shortfall` times too little, mostly.

    Args:
        mu: The declared size of the effect, > 0.
        shortfall: How much too small the noise is, > 1.
        power: Chance that a fault is found, in (0, 1).
        family: How many audits are judged together, ≥ 1.

    Example:
        >>> runs_needed(0.5) <= RUNS
        True
    """
    apart = mu * (shortfall - 1)
    reach = critical(family) * math.sqrt(2 + mu * mu / 4)
    reach += _normal(power) * math.sqrt(2 + (shortfall * mu) ** 2 / 4)
    return math.ceil((reach / apart) ** 2)


def _scores(
    without: World, with_: World, mu: float, direction: ArrayLike | None, n: int
) -> tuple[Floats, Floats]:
    """The scores of both worlds, shape (runs,)."""
    if not 0 <= mu < math.inf:
        raise InputError("mu must be a finite number, 0 or more")
    out = []
    for world in (without, with_):
        runs = np.asarray([world() for _ in range(n)] if callable(world) else world, np.float64)
        scores = runs if direction is None else runs.reshape(len(runs), -1) @ np.ravel(direction)
        scores = scores[:, 0] if scores.ndim == 2 and scores.shape[1] == 1 else scores
        if scores.ndim != 1 or scores.size < 4 or not np.isfinite(scores).all():
            raise InputError("audit: each world needs four finite scores or more, and vectors a direction")
        out.append(scores)
    return out[0], out[1]


def _mu_at_least(false: int, true: int, runs: int, delta: float, tail: float) -> float:
    """Lower bound of mu from alarms in both worlds; each rate is beyond its own bound with chance `tail`."""
    from scipy.special import betaincinv

    most = float(betaincinv(false + 1, runs - false, 1 - tail)) if false < runs else 1.0
    least = float(betaincinv(true, runs - true + 1, tail)) if true else 0.0
    return 0.0 if least <= delta or most >= 1 else max(0.0, _normal(least - delta) - _normal(most))


def _normal(p: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(min(max(p, 0.0), 1.0)))
