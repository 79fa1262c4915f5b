"""Rubin's rules: one answer from several imputed tables, with the uncertainty that missing cells bring."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from twin.arrays import Floats
from twin.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """Estimates from m imputed tables as one: numbers, or arrays where the estimates were. Made by `pool`.

    Args:
        estimate: Mean of the m estimates.
        error: Standard error.
        within: Mean of the m variances.
        between: Variance of the m estimates.
        df: Degrees of freedom; infinite where the estimates do not differ and `complete_df` is not given.
        low: Lower end of the interval.
        high: Upper end of the interval.
        increase: Relative increase of the variance that is due to missing cells.
        missing_information: Fraction of the information that missing cells took, 0 … 1.
        m: Number of tables.
        level: Chance that the interval covers.

    Example:
        >>> pool([1.0, 3.0], [2.0, 2.0]).estimate
        2.0
    """

    estimate: Any
    error: Any
    within: Any
    between: Any
    df: Any
    low: Any
    high: Any
    increase: Any
    missing_information: Any
    m: int
    level: float

    def __repr__(self) -> str:
        if np.ndim(self.estimate):
            return f"Pooled({np.size(self.estimate)} estimates from m = {self.m} tables)"
        return (
            f"Pooled({self.estimate:.6g}, {100 * self.level:g} % interval {self.low:.6g} to {self.high:.6g}, "
            f"standard error {self.error:.3g}, m = {self.m})"
        )

    def _repr_html_(self) -> str:
        heads = "estimate", "error", "low", "high", "df", "missing_information"
        columns = [np.ravel(getattr(self, head)) for head in heads]
        top = "".join(f"<th>{escape(head.replace('_', ' '))}</th>" for head in heads)
        rows = ["".join(f"<td>{value:.6g}</td>" for value in row) for row in zip(*columns, strict=True)]
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><tr>{top}</tr>{body}</table><p>m = {self.m}, level {self.level:g}</p>"


def pool(
    estimates: ArrayLike, variances: ArrayLike, *, complete_df: float | None = None, level: float = 0.95
) -> Pooled:
    """Pool what was estimated on each of m imputed tables (Rubin's rules).

    Args:
        estimates: One estimate per table, shape (m,), or an array of them per table, shape (m, ...); m ≥ 2.
        variances: Their squared standard errors, of the same shape, ≥ 0.
        complete_df: Degrees of freedom that the estimate would have without missing cells, > 0, such as n - 1
            for a mean; with few rows the interval needs it. None: as if there were very many.
        level: Chance that the interval covers, in (0, 1).

    Returns:
        The pooled estimates.

    Raises:
        InputError: If the shapes differ, there are fewer than two tables, or a value is out of range.

    Source:
        Rubin, Multiple Imputation for Nonresponse in Surveys, 1987, section 3.1. Degrees of freedom with
        `complete_df`: Barnard and Rubin, Biometrika 86 (1999). Fraction of missing information: Rubin 1987,
        equation 3.1.10.

    Example:
        >>> pooled = pool([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
        >>> pooled.within, pooled.between, round(pooled.error**2, 3), round(pooled.df, 3)
        (1.0, 1.0, 2.333, 6.125)
    """
    told, own = _checked(estimates, variances, complete_df, level)
    m = told.shape[0]
    mean, within = told.mean(axis=0), own.mean(axis=0)
    between = told.var(axis=0, ddof=1)
    spread = (1 + 1 / m) * between
    total = within + spread
    with np.errstate(divide="ignore", invalid="ignore"):
        increase = np.where(spread > 0, spread / within, 0.0)
        share = np.where(spread > 0, spread / total, 0.0)
        df = np.where(share > 0, (m - 1) / share**2, np.inf)
        if complete_df is not None:
            seen = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
            df = np.where(np.isinf(df), seen, df * seen / (df + seen))
        lost = np.where(np.isinf(increase), 1.0, (increase + 2 / (df + 3)) / (increase + 1))
    error = np.sqrt(total)
    reach = _quantile(df, level) * error
    found = (mean, error, within, between, df, mean - reach, mean + reach, increase)
    names = ("estimate", "error", "within", "between", "df", "low", "high", "increase")
    parts = dict(zip(names, map(_plain, found), strict=True))
    lost = np.where(between > 0, lost, 0.0)
    return Pooled(**parts, missing_information=_plain(lost), m=m, level=level)


def _checked(
    estimates: ArrayLike, variances: ArrayLike, complete_df: float | None, level: float
) -> tuple[Floats, Floats]:
    try:
        told, own = np.asarray(estimates, np.float64), np.asarray(variances, np.float64)
    except (TypeError, ValueError):
        raise InputError("estimates, variances: they must be numbers, or arrays of one shape") from None
    if told.shape != own.shape or told.ndim == 0:
        raise InputError("estimates, variances: give one of each per table, in arrays of the same shape")
    if told.shape[0] < 2:
        raise InputError(
            "estimates: one table does not tell how much its missing cells leave open; impute with m ≥ 2"
        )
    if not (np.isfinite(told).all() and np.isfinite(own).all()):
        raise InputError(
            "estimates, variances: they must be finite; see what the estimator gives on each table"
        )
    if (own < 0).any():
        raise InputError("variances: they must not be negative; give squared standard errors")
    if complete_df is not None and not complete_df > 0:
        raise InputError("complete_df: must be above 0; for a mean it is the number of rows less 1")
    if not 0 < level < 1:
        raise InputError("level: must be between 0 and 1, such as 0.95")
    return told, own


def _quantile(df: Floats, level: float) -> Floats:
    """Quantile of Student's t, of the normal where there are infinitely many degrees of freedom."""
    from scipy.special import ndtri, stdtrit

    p = (1 + level) / 2
    known = np.isfinite(df)
    reach: Floats = np.where(known, stdtrit(np.where(known, df, 1.0), p), ndtri(p))
    return reach


def _plain(values: Floats) -> Any:
    """A number where there is one estimate per table."""
    return float(values) if np.ndim(values) == 0 else np.asarray(values)
