"""Fits that are given the noisy answers of another fit: whatever is saved must then be the same.

All that is saved is a function of noisy answers. So a fit to one table, given the answers that a fit to
another got, must save the same bytes and ask the same questions; and each exact answer must lie as near to
the other's as was charged. Together with the law of the noise and the sum of charges this is the whole
guarantee, but for levels that are found in the data.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd

import twin
from twin.privacy.dp.events import DpEvent
from twin.privacy.dp.mechanism import Mechanism, Released
from twin.privacy.dp.queryable import Queryable

ROUNDING = 1e-9
DEFAULT_RNG = np.random.default_rng


@dataclass
class Run:
    """What went on in a fit.

    Args:
        charges: What was charged.
        exact: What noise was added to, per charge.
        answers: What was told, per charge.
        asked: What models asked the vault, beside the data.
        fitted: The twin.
    """

    charges: list[DpEvent] = field(default_factory=list)
    exact: list[np.ndarray] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    fitted: Any = None


def aligned(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Places in `other` of the levels of `one`, where `other` has some more that few hold."""
    extra = other.size - one.size
    assert extra >= 0, "levels were lost"
    places = np.arange(one.size)
    for _ in range(extra):  # the first place from which on things fit better one further
        shifts = [np.append(places[:i], places[i:] + 1) for i in range(one.size + 1)]
        places = min(shifts, key=lambda p: np.abs(other[np.minimum(p, other.size - 1)] - one).sum())
    return places


def recorded(frame: pd.DataFrame, given: Run | None = None, **how: Any) -> Run:
    """Fit, and note what goes on; with the answers of another run in place of its own if one is given."""
    run = Run()

    class Scribe(Mechanism):
        def counts(self, values: np.ndarray, **asked: Any) -> np.ndarray:
            told = super().counts(values, **asked)
            return self._note(np.array(values), told)

        def levels(self, subjects: np.ndarray, **asked: Any) -> Released:
            told = super().levels(subjects, **asked)
            return self._note(np.array(subjects), told)

        def _note(self, exact: np.ndarray, told: Any) -> Any:
            run.exact.append(exact)
            run.charges.append(self.ledger.entries[-1].charge)
            if given is not None:
                at = len(run.answers)
                assert at < len(given.answers), "more was asked"
                before = given.answers[at]
                if isinstance(before, Released):
                    places = aligned(given.exact[at], exact)[before.places]
                    told = Released(places, before.counts, before.threshold)
                else:
                    assert before.shape == told.shape, "another question was asked"
                    told = before
            run.answers.append(told)
            return told if isinstance(told, Released) else told.copy()

    def noting(name: str) -> Any:
        whole = getattr(Queryable, name)

        def method(self: Queryable, *args: Any, **more: Any) -> Any:
            run.asked.append((name, args, more))
            return whole(self, *args, **more)

        return method

    with ExitStack() as stack:
        stack.enter_context(mock.patch("twin.core.dp_fit.Mechanism", Scribe))
        # Rows of others are chosen and placed alike in both worlds; noise has entropy of its own.
        rng = lambda seed=None: DEFAULT_RNG(0 if seed is None else seed)  # noqa: E731
        stack.enter_context(mock.patch("numpy.random.default_rng", rng))
        for name in ("marginal", "errors", "products", "coarse"):
            stack.enter_context(mock.patch.object(Queryable, name, noting(name)))
        run.fitted = twin.fit(frame, **how)
    return run


def same(one: Any, other: Any) -> bool:
    """Whether questions are the same, arrays within them too."""
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and np.array_equal(one, other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def check_alike(one: Run, other: Run) -> None:
    """Raise where the other run, which was given the answers of the one, saved or asked anything else."""
    assert one.charges == other.charges, "other charges"
    assert same(one.asked, other.asked), "the model asked something else"
    assert one.fitted.to_bytes() == other.fitted.to_bytes(), "something was saved that no answer tells"


def check_charges(one: Run) -> None:
    """Raise where the ledger in the file has other lines than what was asked."""
    assert one.charges == [entry.charge for entry in one.fitted.ledger.entries], "told without a charge"


def shifts(one: Run, other: Run) -> list[tuple[float, float]]:
    """How far each exact answer moved, as an L2 norm, and what was charged for."""
    out = []
    for a, b, told, charge in zip(one.exact, other.exact, one.answers, one.charges, strict=True):
        if isinstance(told, Released):
            whole = np.zeros(b.size)
            whole[aligned(a, b)] = a
            a = whole
        out.append((float(np.linalg.norm((b - a).astype(float))), charge.sensitivity))
    return out


def check_shifts(one: Run, other: Run) -> None:
    """Raise where one subject moved an exact answer further than was charged."""
    for moved, most in shifts(one, other):
        assert moved <= most * (1 + ROUNDING), "one subject moves more than was charged"


def check_neighbours(without: pd.DataFrame, whole: pd.DataFrame, **how: Any) -> tuple[Run, Run]:
    """All checks on a table and its neighbour with one subject more."""
    one = recorded(without, **how)
    other = recorded(whole, given=one, **how)
    check_charges(one)
    check_alike(one, other)
    check_shifts(one, other)
    return one, other


def with_rows(frame: pd.DataFrame, row: list[Any], times: int = 1, *, first: bool = False) -> pd.DataFrame:
    """The table and some equal rows more, before or after all others, in the same dtypes."""

    def cells(name: Any, cell: Any) -> list[Any]:
        return [*[cell] * times, *frame[name]] if first else [*frame[name], *[cell] * times]

    return pd.DataFrame(
        {
            name: pd.Series(cells(name, cell), dtype=frame[name].dtype)
            for name, cell in zip(frame.columns, row, strict=True)
        }
    )
