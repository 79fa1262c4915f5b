"""The gate on samples: rare combinations of quasi-identifiers come out no more often than by chance (S7, S8).

Outermost of the wrappers around a model. In each block of rows, a combination of two or three
quasi-identifiers that too few subjects share is redrawn, seen in the table or not. It may stay as often as
it would come up if the columns were independent, so its rate tells nothing about the table. Which
combinations were rare is kept nowhere: kept are those that enough subjects share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.codes import Codes, Domain, FloatArray, IntArray, State
from twin.models.base import Fitted, Given, Progress
from twin.models.dependencies import Dependent, FittedDependent
from twin.models.facts import guarded_counts
from twin.models.independent import draw
from twin.privacy.guard import Guard
from twin.sampling.combinations import BoolArray, IntegerArray, Subset, choose_anchor, find_subsets, shares_of

_DENSE = 3.0
"""Rows of a combination, by chance in a block, from which the model's own rows may stay up to that number.

Below, whole numbers are too coarse for a limit; rows redrawn independently have the right rate.
"""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Wraps a model: thins combinations of quasi-identifiers that too few subjects share.

    Args:
        model: The model with its dependencies.
        fields: Names of the fields of the quasi-identifiers; fewer than two leave nothing to do.
    """

    model: Dependent
    fields: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Key of the wrapped model in `MODELS`."""
        return self.model.name

    def fit(self, codes: Codes, *, guard: Guard, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Fit the model, then count the combinations."""
        inner = self.model.fit(codes, guard=guard, rng=rng, progress=progress)
        fields = [codes.domain.index(name) for name in self.fields]
        if len(fields) < 2:
            return inner
        assert isinstance(inner, FittedDependent)
        lost = inner.lost()
        shares = shares_of(guarded_counts(codes, guard), lost)
        subsets = find_subsets(codes, fields, lost, guard)
        anchor = choose_anchor(codes.values[:, fields], subsets, [shares[j] for j in fields])
        return FittedGate(inner, tuple(fields), subsets, _lever_shares(inner, fields, shares), anchor)

    def load(self, domain: Domain, state: State) -> Fitted:
        """The fitted wrapper from its domain and state."""
        arrays = dict(state.arrays)
        own = {n.removeprefix("gate."): a for n, a in arrays.items() if n.startswith("gate.")}
        rest = {n: a for n, a in arrays.items() if not n.startswith("gate.")}
        inner = self.model.load(domain, State(state.facts, rest))
        if not own:
            return inner
        assert isinstance(inner, FittedDependent)
        fields = np.asarray(own["fields"], np.int64).tolist()
        subsets = []
        for place in np.asarray(own["places"], np.int64).reshape(-1, 3).tolist():
            places = tuple(p for p in place if p >= 0)
            sizes = tuple(domain.sizes[fields[p]] for p in places)
            name = "_".join(str(p) for p in places)
            subsets.append(Subset(places, sizes, np.asarray(own[f"allowed.{name}"], np.int64)))
        levers = {
            int(n.removeprefix("share.")): np.asarray(a, np.float64)
            for n, a in own.items()
            if n[:6] == "share."
        }
        return FittedGate(inner, tuple(fields), tuple(subsets), levers, int(np.asarray(own["anchor"])[0]))


def _lever_shares(
    inner: FittedDependent, fields: list[int], shares: list[FloatArray]
) -> dict[int, FloatArray]:
    """Shares of the fields that decide the quasi-identifiers: themselves, or what they depend on."""
    sources = {link.dependant: link.source for link in inner.links}
    return {lever: shares[lever] for lever in sorted({sources.get(j, j) for j in fields})}


@dataclass(frozen=True)
class FittedGate:
    """A fitted model whose samples pass the gate.

    Args:
        inner: The fitted model.
        fields: Positions of the quasi-identifiers in the domain.
        subsets: Allowed combinations of two and three of them.
        levers: For each field that decides a quasi-identifier, itself or the source of a dependency, the
            share of rows per code, by position in the domain.
        anchor: Which quasi-identifier is kept where a row is redrawn.
    """

    inner: FittedDependent
    fields: tuple[int, ...]
    subsets: tuple[Subset, ...]
    levers: dict[int, FloatArray]
    anchor: int

    @property
    def domain(self) -> Domain:
        """The fields it draws."""
        return self.inner.domain

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows; the fields that are redrawn keep to their conditions."""
        drawn = self.inner.sample(n, rng=rng, given=given)
        if not n:
            return drawn
        values = drawn.values.copy(order="F")
        shares = self._shares()
        bad = ~self._pass(values[:, self.fields], shares, rng)
        if not bad.any():
            return drawn
        self._redraw(values, np.flatnonzero(bad), rng, self.inner.conditions(n, given))
        passed = self._pass(values[:, self.fields], shares, rng, first=~bad)
        self._copy(values, np.flatnonzero(~passed & bad), rng, free=not given)
        return Codes(self.domain, values)

    def _shares(self) -> list[FloatArray]:
        """Share of rows per code of each quasi-identifier."""
        links = {link.dependant: link for link in self.inner.links}
        out: list[FloatArray] = []
        for j in self.fields:
            if j in links:
                link, size = links[j], self.domain.sizes[j]
                mapping = np.where(link.mapping < 0, size, link.mapping)
                out.append(np.bincount(mapping, self.levers[link.source], minlength=size)[:size])
            else:
                out.append(self.levers[j])
        return out

    def _pass(
        self, values: IntArray, shares: list[FloatArray], rng: Generator, *, first: BoolArray | None = None
    ) -> BoolArray:
        """Which rows may stay, shape (n,), of quasi-identifiers of shape (n, q).

        With `first`, rows that were let pass before, the others are redrawn ones: independent draws of a
        rare combination have the right rate and stay, up to what is left where there is a limit.
        """
        ok = np.ones(values.shape[0], dtype=bool)
        for subset in self.subsets:
            flat = subset.flat(values)
            rare = np.flatnonzero(~subset.allows(flat))
            if not rare.size:
                continue
            order = rare if first is None else rare[np.argsort(~first[rare], kind="stable")]
            expected = subset.share(flat[order], shares) * values.shape[0]
            limit = np.floor(expected + rng.random(order.size))
            dense = expected >= _DENSE
            stays = dense & (_rank(flat[order]) < limit)
            if first is not None:
                stays |= ~dense | first[order]
            ok[order[~stays]] = False
        return ok

    def _redraw(
        self, values: IntArray, rows: IntegerArray, rng: Generator, weights: Mapping[int, FloatArray]
    ) -> None:
        """Draw all quasi-identifiers of some rows independently but for the anchor, in place."""
        sources = {link.dependant: link.source for link in self.inner.links}
        kept = sources.get(self.fields[self.anchor], self.fields[self.anchor])
        for lever, share in self.levers.items():
            if lever == kept:
                continue
            mass = share
            if lever in weights:
                asked = weights[lever]
                mass = share * (asked if asked.ndim == 1 else asked[rows])
            if mass.any(axis=-1).all():
                values[rows, lever] = draw(mass, rows.size, rng)
        self._fill(values, rows)

    def _copy(self, values: IntArray, rows: IntegerArray, rng: Generator, *, free: bool) -> None:
        """Give some rows the quasi-identifiers of other rows whose combinations are all allowed, in place."""
        if not rows.size or not free:
            return
        known = values[:, self.fields]
        donors = np.flatnonzero(np.logical_and.reduce([s.allows(s.flat(known)) for s in self.subsets]))
        if not donors.size:
            return
        place = donors[rng.integers(0, donors.size, rows.size)]
        for lever in self.levers:
            values[rows, lever] = values[place, lever]
        self._fill(values, rows)

    def _fill(self, values: IntArray, rows: IntegerArray) -> None:
        """Fill the dependants of some rows from their sources, in place."""
        for link in self.inner.links:
            values[rows, link.dependant] = link.mapping[values[rows, link.source]]

    def state(self) -> State:
        """The inner model's state and the allowed combinations."""
        inner = self.inner.state()
        arrays: dict[str, NDArray[np.generic]] = dict(inner.arrays)
        arrays["gate.fields"] = np.array(self.fields, np.int32)
        arrays["gate.anchor"] = np.array([self.anchor], np.int32)
        arrays["gate.places"] = np.array([[*s.places, -1][:3] for s in self.subsets], np.int32)
        for subset in self.subsets:
            arrays["gate.allowed." + "_".join(str(p) for p in subset.places)] = subset.allowed
        for lever, share in self.levers.items():
            arrays[f"gate.share.{lever}"] = share
        return State(inner.facts, arrays)


def _rank(flat: IntegerArray) -> IntegerArray:
    """How many earlier rows hold the same combination, shape (n,).

    Example:
        >>> _rank(np.array([7, 3, 7, 7])).tolist()
        [0, 0, 1, 2]
    """
    order = np.argsort(flat, kind="stable")
    line = flat[order]
    new = np.append(True, line[1:] != line[:-1])
    starts = np.flatnonzero(new)
    out = np.empty(flat.size, np.int64)
    out[order] = np.arange(flat.size) - starts[np.cumsum(new) - 1]
    return out
