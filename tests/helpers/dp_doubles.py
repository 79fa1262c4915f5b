"""What audits share: doubles of noise and ledger, neighbouring tables that are worst cases, and questions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.helpers.gaussian_audit import RUNS, Audit, audit_gaussian
from twin.codes import Codes, Domain, Field
from twin.privacy.dp.dp_guard import DpGuard
from twin.privacy.dp.events import DpEvent, PrivacyLimit
from twin.privacy.dp.mechanism import GAMMA, Mechanism, Noise
from twin.privacy.dp.noise import grid_sensitivity, rounded_gaussian
from twin.privacy.dp.plan import BudgetPlan, Need, make_plan
from twin.privacy.dp.queryable import Queryable

SHORTFALL = 1.5
MU = 0.7


class Silent(Noise):
    """No noise: what is left to vary is the data."""

    def draw(self, size: int, *, sigma: float) -> np.ndarray:
        return np.zeros(size, np.int64)


class Stock(Noise):
    """Noise of the true law and source, drawn many at a time since runs are many and tables tiny."""

    def draw(self, size: int, *, sigma: float) -> np.ndarray:
        held = self.__dict__.setdefault("stock", {})
        at, pool = held.get(sigma, (0, np.zeros(0, np.int64)))
        if at + size > pool.size:
            at, pool = 0, rounded_gaussian(max(4_096, 8 * size), sigma=sigma)
        held[sigma] = at + size, pool
        return pool[at : at + size].copy()


class Weak(Stock):
    """The fault: noise that is 1.5 times too little for what is charged."""

    def draw(self, size: int, *, sigma: float) -> np.ndarray:
        return super().draw(size, sigma=sigma / SHORTFALL)


@dataclass
class Tab:
    """A ledger that notes charges and refuses none."""

    charges: list[DpEvent] = field(default_factory=list)

    def reserve(self, charge: DpEvent) -> None:
        self.charges.append(charge)


def mechanism(noise: Noise) -> tuple[Mechanism, Tab]:
    tab = Tab()
    return Mechanism(ledger=tab, noise=noise), tab  # type: ignore[arg-type]


DOMAIN = Domain((Field(name="a", size=3, nullable=True), Field(name="b", size=4, ordered=True)))


@dataclass(frozen=True)
class Pair:
    """A table of codes, and all rows of one subject more.

    Args:
        others: Rows of the others, shape (n, 2); each belongs to a subject of its own.
        own: Rows of the one, shape (r, 2).
        cap: Most rows of one subject.
        named: Whether rows have subjects; without, each row is one.
    """

    others: Any
    own: Any
    cap: int = 1
    named: bool = True

    def codes(self, *, whole: bool) -> Codes:
        rows = np.array([*self.others, *(self.own if whole else [])], np.int64).reshape(-1, 2)
        n = len(self.others)
        ids = np.append(np.arange(n), np.full(len(rows) - n, n))
        return Codes(DOMAIN, rows, ids if self.named else None)


PAIRS = {
    "a level of one": Pair([(1, 1)] * 20, [(2, 1)], named=False),
    "an outlier": Pair([(1, 0)] * 20, [(2, 3)]),
    "many rows of one": Pair([(1, 1), (2, 2)] * 3, [(1, 2)] * 500, cap=3),
    "all equal": Pair([(1, 1)] * 30, [(1, 1)], named=False),
    "nobody else": Pair([], [(1, 2)]),
    "the first missing": Pair([(1, 1), (2, 2)] * 9, [(0, 1)]),
    "one fills a cell": Pair([(1, 0)] * 12, [(2, 3)] * 5, cap=5),
    "one in many cells": Pair([(1, 0)] * 12, [(0, 1), (1, 2), (2, 3)], cap=3),
}
"""Neighbouring tables; in each, one subject moves answers as far as its rows can."""

BINS = [np.array([0, 1, 1]), np.array([0, 0, 1, 1])]
SIGNS = [np.array([0, -1, 1]), np.array([-1, -1, 1, 1])]
SETS = [(0,), (1,), (0, 1)]
GUESSES = [np.full([DOMAIN.sizes[f] for f in s], 1.25) for s in SETS]

Answer = Callable[[], np.ndarray]
Question = Callable[[Mechanism, Codes, int], Answer]
"""From a mechanism, a table and a cap to what can be asked again and again."""


def of_vault(ask: Callable[[Queryable, float], Any]) -> Question:
    def question(to: Mechanism, codes: Codes, cap: int) -> Answer:
        vault = Queryable.of(codes, mechanism=to, cap=cap)
        return lambda: np.ravel(ask(vault, float(cap)))

    return question


def errors(vault: Queryable, cap: float) -> Any:
    moved = len(SETS)
    sigma = grid_sensitivity(cap * math.sqrt(moved), GAMMA, moved=moved) * GAMMA / MU
    return vault.errors(SETS, GUESSES, sigma=sigma)


def products(vault: Queryable, cap: float) -> Any:
    sums, rows = vault.products(SIGNS, sigma=cap * math.sqrt(2) / MU)
    return sums[0, 1], rows[0, 1]


PLANNED = PrivacyLimit(epsilon=60.0, delta=1e-6)
NEEDS = (Need("a", "levels", thresholded=True), Need("a", "bins"), Need("b", "bins"))


def planned(cap: int, budget: PrivacyLimit = PLANNED) -> BudgetPlan:
    return make_plan(NEEDS, budget, cap)


def of_guard(ask: Callable[[DpGuard, Codes], Any]) -> Question:
    def question(to: Mechanism, codes: Codes, cap: int) -> Answer:
        guard = DpGuard(mechanism=to, plan=planned(cap), n=codes.n, subjects=codes.subjects)
        return lambda: np.ravel(ask(guard, codes))

    return question


def histograms(guard: DpGuard, codes: Codes) -> Any:
    return np.concatenate(guard.column("b").histograms("bins", codes.values[:, 1], 4, steps=(1, 2)))


def levels(guard: DpGuard, codes: Codes) -> Any:
    told = guard.column("a").levels(codes.values[:, 0], 3)
    out = np.zeros(3)
    out[told.places] = told.counts
    return out


def pure(ask: Callable[[Mechanism, np.ndarray, float], Any]) -> Question:
    """A mechanism by itself, on counts of the pairs of codes, which one row moves by one."""

    def question(to: Mechanism, codes: Codes, cap: int) -> Answer:
        kept = Queryable.of(codes, mechanism=to, cap=cap)._codes.values
        counts = np.bincount(kept[:, 0] * 4 + kept[:, 1], minlength=12).astype(np.int64)
        return lambda: np.ravel(ask(to, counts, float(cap)))

    return question


def scores(to: Mechanism, counts: np.ndarray, cap: float) -> Any:
    values, each = np.array([0.7 * counts.sum() + 0.01]), 0.7 * cap
    return to.scores(values, name="scores", each=each, sigma=grid_sensitivity(each, GAMMA) * GAMMA / MU)


QUESTIONS: dict[str, Question] = {
    "counts": pure(lambda m, counts, cap: m.counts(counts, name="c", sensitivity=cap, sigma=cap / MU)),
    "scores": pure(scores),
    "marginal": of_vault(lambda v, cap: v.marginal((0,), sigma=cap / MU)),
    "marginal of two": of_vault(lambda v, cap: v.marginal((0, 1), sigma=cap / MU)),
    "marginal of merged codes": of_vault(lambda v, cap: v.coarse(BINS).marginal((0, 1), sigma=cap / MU)),
    "errors": of_vault(errors),
    "products": of_vault(products),
    "rows": of_guard(lambda g, _: g.rows()),
    "histogram": of_guard(lambda g, codes: g.column("a").histogram("bins", codes.values[:, 0], 3)),
    "histograms": of_guard(histograms),
    "levels": of_guard(levels),
}


def charged(tab: Tab, since: int = 0) -> float:
    return math.sqrt(math.fsum(c.mu2 for c in tab.charges[since:]))


def audited(question: Question, pair: Pair, noise: type[Noise] = Stock, n: int = RUNS) -> Audit:
    """Audit one question on one pair, along the direction in which the subject moves the exact answer."""
    exact, worlds, mu = [], [], 0.0
    for whole in (False, True):
        codes = pair.codes(whole=whole)
        silent, _ = mechanism(Silent())
        exact.append(question(silent, codes, pair.cap)().astype(float))
        to, tab = mechanism(noise())
        answer = question(to, codes, pair.cap)
        worlds.append(np.array([answer() for _ in range(n)], float))
        mu = charged(tab, since=-1)  # each run charges the same
        assert len(tab.charges) == n
    direction = exact[1] - exact[0]
    if not direction.any():
        direction = np.ones_like(direction)  # levels of one are not told, but should be looked for
    return audit_gaussian(worlds[0], worlds[1], mu=mu, direction=direction)


def moved(question: Question, pair: Pair) -> tuple[float, float]:
    """How far the one moves the exact answer, in units of what is charged, and its sensitivity: L2 norms."""
    raw: list[np.ndarray] = []

    class Bare(Mechanism):
        def counts(self, values: np.ndarray, **asked: Any) -> np.ndarray:
            raw.append(values.ravel().astype(float))
            return super().counts(values, **asked)

        def levels(self, subjects: np.ndarray, **asked: Any) -> Any:
            raw.append(subjects.astype(float))
            return super().levels(subjects, **asked)

    tab = Tab()
    for whole in (False, True):
        question(Bare(ledger=tab, noise=Silent()), pair.codes(whole=whole), pair.cap)()  # type: ignore[arg-type]
    assert len(raw) == len(tab.charges) == 2
    return float(np.linalg.norm(raw[1] - raw[0])), tab.charges[0].sensitivity
