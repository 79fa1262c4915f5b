"""Exact figures that the package itself does not need, for tests of those that it does."""

from __future__ import annotations

import math

from scipy.special import log_ndtr

from twin.privacy.dp.accounting import _log_delta


def delta_of_gdp(epsilon: float, *, mu: float) -> float:
    """The smallest delta at which mu-GDP is (epsilon, delta)-DP (Balle, Wang 2018, theorem 8)."""
    return math.exp(_log_delta(epsilon, mu)) if mu > 0 else 0.0


def partition_tail(threshold: int, *, sigma: float, m: int) -> float:
    """The exact chance that any of m levels that one subject holds alone reaches the threshold.

    1 - (1 - p)^m, where p = Phi(-(threshold - 3/2) / (sigma sqrt(m))) is the chance of one level.
    """
    p = math.exp(float(log_ndtr(-(threshold - 1.5) / (sigma * math.sqrt(m)))))
    return 1.0 if p == 1.0 else -math.expm1(m * math.log1p(-p))
