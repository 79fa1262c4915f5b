"""What a condition is worth: how much of the twin meets it, and what could be had instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.codes import Field, FloatArray
from twin.errors import InputError
from twin.models.base import Fitted, Wrapping
from twin.models.dependencies import FittedDependent
from twin.models.facts import check_given
from twin.models.importance import Begins, Shares, affordable

_PILOT = 8_192
_TRIAL = 2_000
_SEEN = 5
_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Support:
    """What a condition is worth.

    Args:
        share: Mass of the twin's law times the weights, ≥ 0: for weights of 0 and 1 the share of its rows
            that meet the condition. Told by tables, or estimated from begun rows.
        effective: How many independent rows the wanted ones are worth (Kish); 0 where none can be had.
        exact: Whether rows follow the conditional law exactly, so that each is worth one.
    """

    share: float
    effective: float
    exact: bool


@dataclass(frozen=True, kw_only=True)
class Relaxed:
    """What could be asked in place of a condition that cannot be met.

    Args:
        field: Name of the field whose condition stands in the way.
        weights: Nearest codes to those asked that can be had beside the other conditions: 1 for each, else 0,
            shape (size,).
    """

    field: str
    weights: FloatArray


def support(fitted: Fitted, weights: Mapping[str, FloatArray], n: int, rng: Generator) -> Support:
    """What rows under a condition are worth, before they are drawn.

    Args:
        fitted: A fitted model, in any number of wrappings.
        weights: Weights per code by field, shape (size,) each, for all rows alike.
        n: Rows that are wanted, ≥ 0.
        rng: Source of randomness, for models that can only try.

    Returns:
        Share, worth, and whether the rows are exact; raking and the gate, which come after, are not in it.

    Raises:
        InputError: If a field is unknown or its weights do not fit.

    Source:
        Kish, Survey Sampling, 1965; of Σ (w / Σ w)², over candidates as they would be begun.

    Example:
        >>> from twin.codes import Domain
        >>> from twin.models.independent import FittedIndependent
        >>> fitted = FittedIndependent(Domain((Field(name="a", size=2),)), (np.array([3, 1]),))
        >>> support(fitted, {"a": np.array([0.0, 1.0])}, 100, np.random.default_rng(0))
        Support(share=0.25, effective=100.0, exact=True)
    """
    if any(not w.any() for w in weights.values()):
        return Support(share=0.0, effective=0.0, exact=True)
    asked = weights
    check_given(fitted.domain, asked, n)
    while isinstance(fitted, Wrapping):
        if isinstance(fitted, FittedDependent):
            try:
                inside = fitted.conditions(n, asked)
            except InputError:  # codes that are never drawn
                return Support(share=0.0, effective=0.0, exact=True)
            asked = {fitted.domain.names[j]: w for j, w in inside.items()}
        fitted = fitted.inner
    within = check_given(fitted.domain, asked, n)
    if isinstance(fitted, Shares):
        share = fitted.share(within)
        return Support(share=share, effective=float(n) if share else 0.0, exact=True)
    if not within:
        return Support(share=1.0, effective=float(n), exact=True)
    assert isinstance(fitted, Begins)
    begun = fitted.begin(_PILOT, within, rng, _PILOT)
    share = float(np.cumsum(begun.importance)[-1]) / _PILOT
    worth = begun.worth / _PILOT if share else 0.0
    return Support(share=share, effective=min(float(n), worth * affordable(n)), exact=False)


def nearest(fitted: Fitted, weights: Mapping[str, FloatArray], rng: Generator) -> Relaxed | None:
    """What could be asked instead, where a condition on several fields is worth too little.

    The field is given up that leaves most support to the others. Under these, codes of the field are drawn:
    of an ordered field the one nearest to those asked is told, of others the commonest.

    Args:
        fitted: A fitted model, in any number of wrappings.
        weights: Weights per code by field, shape (size,) each.
        rng: Source of randomness.

    Returns:
        The field and its codes, or None where giving up one condition is not enough.

    Example:
        >>> from twin.codes import Domain
        >>> from twin.models.independent import FittedIndependent
        >>> domain = Domain((Field(name="a", size=4, ordered=True),))
        >>> fitted = FittedIndependent(domain, (np.array([3, 1, 0, 0]),))
        >>> nearest(fitted, {"a": np.array([0.0, 0, 0, 1])}, np.random.default_rng(0)).weights.tolist()
        [0.0, 1.0, 0.0, 0.0]
    """
    best: tuple[float, float, str] | None = None
    for name in weights:
        found = support(fitted, _without(weights, name), _TRIAL, rng)
        if found.effective and (best is None or (found.effective, found.share) > best[:2]):
            best = found.effective, found.share, name
    if best is None:
        return None
    name = best[2]
    drawn = fitted.sample(_TRIAL, rng=rng, given=_without(weights, name) or None).column(name)
    field = fitted.domain[name]
    seen = np.bincount(drawn, minlength=field.size)
    told = _near(field, weights[name] > 0, seen) if field.ordered else _common(weights[name] > 0, seen)
    return Relaxed(field=name, weights=told) if told.any() else None


def _without(weights: Mapping[str, FloatArray], name: str) -> dict[str, FloatArray]:
    return {f: w for f, w in weights.items() if f != name}


def _common(asked: NDArray[np.bool_], seen: NDArray[np.int64]) -> FloatArray:
    """The codes that are drawn most often, of those asked if any of them is."""
    able = np.where(asked, seen, 0) if (seen[asked] >= _SEEN).any() else seen
    first = np.argsort(-able, kind="stable")[:_NAMED]
    out = np.zeros(seen.size)
    out[first[able[first] >= _SEEN]] = 1.0
    return out


def _near(field: Field, asked: NDArray[np.bool_], seen: NDArray[np.int64]) -> FloatArray:
    """The code nearest to those asked, of those that are drawn often enough; missing is no code there."""
    place = np.arange(field.size, dtype=np.float64) if field.scores is None else field.scores.copy()
    place[: int(field.nullable)] = np.nan
    there = (seen >= _SEEN) & np.isfinite(place)
    wanted = place[asked & np.isfinite(place)]
    if not wanted.size or not there.any():  # a missing cell is asked for, or nothing else is drawn
        return _common(asked, seen)
    gap = np.where(there, np.abs(place[:, None] - wanted[None, :]).min(axis=1), np.inf)
    out = np.zeros(field.size)
    out[np.argmin(gap)] = 1.0
    return out
