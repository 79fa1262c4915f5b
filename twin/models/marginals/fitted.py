"""A fitted clique tree over merged codes, and the counts by which merged codes are told apart again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Ints, Ints32
from twin.codes import Codes, Domain, Json, State
from twin.errors import FileFormatError, InputError
from twin.models.base import Given, joined, parted
from twin.models.conditioning import check_given, impossible
from twin.models.marginals.clique_sampling import CliqueConditions, CliqueTables, clique_tables
from twin.models.marginals.cliques import CliqueTree, calibrate
from twin.models.marginals.factors import Factor

_ONE = 2**30


@dataclass(frozen=True, kw_only=True)
class Looked:
    """One table that a fit looked at.

    Args:
        fields: Names of its fields.
        cells: Its number of cells.
        deviation: Standard deviation of the noise on each count; 0 where it is exact.
        why: Why it was chosen.
    """

    fields: tuple[str, ...]
    cells: int
    deviation: float
    why: str


@dataclass(frozen=True, kw_only=True)
class FittedMarginals:
    """Tables on a clique tree over merged codes.

    Args:
        domain: The fields.
        tables: The distribution of merged codes.
        bins: For each field the merged code of each code, shape (size,).
        weights: For each field how heavy each code is among those it is merged with, shape (size,), ≥ 0.
        looked: What the fit looked at, and why.
    """

    domain: Domain
    tables: CliqueTables
    bins: tuple[Ints, ...] = field(repr=False)
    weights: tuple[Ints, ...] = field(repr=False)
    looked: tuple[Looked, ...] = field(default=(), repr=False)

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows; conditions are met exactly, the rest follows from the distribution given them.

        Args:
            n: Number of rows, ≥ 0.
            rng: Source of randomness.
            given: Weights of the codes of some fields, by name, shape (size,) or (n, size); None for no
                condition.
        """
        asked = check_given(self.domain, given, n)
        if not asked:
            return Codes(self.domain, self._rows(self.tables, self.weights, n, rng))
        values = np.empty((n, len(self.domain)), np.int32, order="F")
        fixed = _fixed(asked)
        shared = {j: w for j, w in asked.items() if j not in fixed}
        for rows, weights in _groups(shared, n):
            tables, fine = self._under(weights) if weights else (self.tables, self.weights)
            if fixed:
                values[rows] = self._each(tables, fine, {j: codes[rows] for j, codes in fixed.items()}, rng)
            else:
                values[rows] = self._rows(tables, fine, rows.size, rng)
        return Codes(self.domain, values)

    def _each(
        self, tables: CliqueTables, weights: tuple[Ints, ...], fixed: dict[int, Ints], rng: Generator
    ) -> Ints32:
        """Rows that each have codes of their own in some fields, -1 where a row leaves one free."""
        codes = np.stack(list(fixed.values()), axis=1)  # (m, fixed)
        values = np.empty((len(codes), len(self.domain)), np.int32, order="F")
        patterns, which = np.unique(codes >= 0, axis=0, return_inverse=True)
        for i, pattern in enumerate(patterns):
            rows = np.flatnonzero(which.reshape(-1) == i)
            mine = {j: c[rows] for (j, c), fixes in zip(fixed.items(), pattern, strict=True) if fixes}
            if not mine:
                values[rows] = self._rows(tables, weights, rows.size, rng)
                continue
            drawn, met = CliqueConditions(tables, {j: self.bins[j][c] for j, c in mine.items()}).sample(rng)
            possible = np.logical_and.reduce([met, *(weights[j][c] > 0 for j, c in mine.items())])
            if not possible.all():
                raise impossible(", ".join(self.domain.names[j] for j in mine))
            values[rows] = self._split(drawn, weights, rng)
            for j, c in mine.items():
                values[rows, j] = c
        return values

    def _rows(self, tables: CliqueTables, weights: tuple[Ints, ...], n: int, rng: Generator) -> Ints32:
        """Merged codes from the tables, then one of the codes that each stands for."""
        return self._split(tables.sample(n, rng=rng, rounded=True), weights, rng)

    def _split(self, values: Ints32, weights: tuple[Ints, ...], rng: Generator) -> Ints32:
        """One of the codes that each merged code stands for."""
        for j, (bins, fine) in enumerate(zip(self.bins, weights, strict=True)):
            if not np.array_equal(bins, np.arange(bins.size)):  # not merged, or in another order
                values[:, j] = _split(values[:, j], bins, fine, rng)
        return values

    def share(self, weights: dict[int, Floats]) -> float:
        """Mass of the distribution times weights, by position of the field, shape (size,) each."""
        try:
            evidence, _ = self._evidence(weights)
            distribution = calibrate(self.tables.tree, [*self._potentials, *evidence])
        except InputError:  # none of it can be met
            return 0.0
        return math.exp(distribution.log_total - self._log_total)

    def _under(self, weights: dict[int, Floats]) -> tuple[CliqueTables, tuple[Ints, ...]]:
        """The distribution under weights per code, by position of the field."""
        evidence, fine = self._evidence(weights)
        try:
            distribution = calibrate(self.tables.tree, [*self._potentials, *evidence])
        except InputError:
            raise impossible(", ".join(self.domain.names[j] for j in weights)) from None
        return clique_tables(distribution), fine

    def _evidence(self, weights: dict[int, Floats]) -> tuple[list[Factor], tuple[Ints, ...]]:
        """Mean weight of each merged code as factors, and weights of the codes within."""
        fine = list(self.weights)
        evidence = []
        for j, w in weights.items():
            mass = self.weights[j] * w  # (size,)
            total = np.bincount(self.bins[j], self.weights[j])
            with np.errstate(divide="ignore", invalid="ignore"):
                share = np.bincount(self.bins[j], mass) / total
                evidence.append(Factor((j,), np.log(np.where(total > 0, share, 0.0))))
            if not mass.any():
                raise impossible(self.domain.names[j])
            fine[j] = scaled(mass)
        return evidence, tuple(fine)

    @cached_property
    def _log_total(self) -> float:
        """Logarithm of the mass of the whole distribution, in the units of the tables."""
        return calibrate(self.tables.tree, self._potentials).log_total

    @cached_property
    def _potentials(self) -> tuple[Factor, ...]:
        """The tables as log-factors whose product is the distribution."""
        tree, out = self.tables.tree, []
        for clique, shared, table in zip(tree.cliques, tree.separators, self.tables.weights, strict=True):
            axes = [*shared, *(f for f in clique if f not in shared)]
            cube = table.reshape([tree.sizes[f] for f in axes]).astype(np.float64)
            with np.errstate(divide="ignore"):
                out.append(Factor(clique, np.log(cube.transpose(np.argsort(axes)))))
        return tuple(out)

    def explain(self) -> str:
        """What was looked at, and why, one line per table."""
        lines = []
        for one in self.looked:
            noise = f"noise {one.deviation:.3g} rows a cell" if one.deviation else "exact, small cells pooled"
            lines.append(f"{' × '.join(one.fields)}: {one.cells:,} cells, {noise}; {one.why}")
        return "\n".join(lines)

    def state(self) -> State:
        """Tree, tables, bins and weights."""
        tree = self.tables.tree
        looked: list[Json] = [
            {"fields": list(one.fields), "cells": one.cells, "deviation": one.deviation, "why": one.why}
            for one in self.looked
        ]
        return State(
            {"looked": looked},
            {
                "sizes": np.array(tree.sizes, np.int32),
                "members": np.array([f for c in tree.cliques for f in c], np.int32),
                "lengths": np.array([len(c) for c in tree.cliques], np.int32),
                "parents": np.array(tree.parents, np.int32),
                "tables": joined((t.ravel() for t in self.tables.weights), np.int32),
                "bins": joined(self.bins, np.int32),
                "weights": joined(self.weights, np.int64),
            },
        )


def load(domain: Domain, state: State) -> FittedMarginals:
    """The fitted tables from their domain and state.

    Args:
        domain: The fields.
        state: What `state` gave, as it came from a file.
    """
    d, total = len(domain), sum(domain.sizes)
    lengths = state.array("lengths", np.int64, (None,), 1, d)
    members = parted(state.array("members", np.int64, (int(lengths.sum()),), 0, d - 1), lengths, np.int64)
    sizes = tuple(state.array("sizes", np.int64, (d,), 1, max(domain.sizes, default=1)).tolist())
    parents = tuple(state.array("parents", np.int64, (lengths.size,), -1).tolist())
    tree = CliqueTree(sizes, tuple(tuple(clique.tolist()) for clique in members), parents)
    if not tree.valid:
        raise ValueError("state: its cliques are no tree")
    shapes = [
        (math.prod(sizes[f] for f in shared), math.prod(sizes[f] for f in clique if f not in shared))
        for clique, shared in zip(tree.cliques, tree.separators, strict=True)
    ]
    cells = state.array("tables", np.int32, (sum(map(math.prod, shapes)),), 0)
    flat = parted(cells, map(math.prod, shapes), np.int32)
    tables = tuple(part.reshape(shape) for part, shape in zip(flat, shapes, strict=True))
    bins = parted(state.array("bins", np.int64, (total,), 0), domain.sizes, np.int64)
    if any(b.max() + 1 != size for b, size in zip(bins, sizes, strict=True)):
        raise ValueError("state: its bins are not those of its tables")
    looked = state.facts["looked"]
    if not isinstance(looked, list):
        raise FileFormatError("file: what its marginals looked at cannot be read")
    return FittedMarginals(
        domain=domain,
        tables=CliqueTables(tree, tables),
        bins=bins,
        weights=parted(state.array("weights", np.int64, (total,), 0), domain.sizes, np.int64),
        looked=tuple(_looked(one) for one in looked),
    )


def _looked(fact: Json) -> Looked:
    match fact:
        case {
            "fields": list(fields),
            "cells": int(cells),
            "deviation": int() | float() as off,
            "why": str(why),
        }:
            return Looked(fields=tuple(map(str, fields)), cells=cells, deviation=float(off), why=str(why))
    raise FileFormatError("file: what its marginals looked at cannot be read")


def scaled(counts: Floats) -> Ints:
    """Counts as whole weights below 2³⁰; those above zero stay above zero.

    Example:
        >>> scaled(np.array([0.5, 1.0, 0.0])).tolist() == [2**29, 2**30, 0]
        True
    """
    top = counts.max(initial=0.0)
    if top <= 0:
        return np.ones(counts.size, np.int64)
    return np.where(counts > 0, np.maximum(1, np.rint(_ONE * (counts / top))), 0).astype(np.int64)


def _split(merged: Ints32, bins: Ints, weights: Ints, rng: Generator) -> Ints32:
    """A code for each merged code, shape (n,), by weight; alike where all weights are zero."""
    some = np.bincount(bins, weights) > 0
    weights = np.where(some[bins], weights, 1)
    order = np.argsort(bins, kind="stable")  # the codes of each bin side by side
    heights = np.concatenate([[0], np.cumsum(weights[order])])
    edges = heights[np.searchsorted(bins[order], np.arange(some.size + 1))]  # where each bin begins
    low, mass = edges[merged], np.diff(edges)[merged]
    aim = low + np.minimum((rng.random(merged.size) * mass).astype(np.int64), mass - 1)
    out: Ints32 = order[np.searchsorted(heights, aim, side="right") - 1].astype(np.int32)
    return out


def _fixed(asked: dict[int, Floats]) -> dict[int, Ints]:
    """Codes of fields of which each row asks for a single one, -1 where a row takes any, shape (n,) each."""
    out = {}
    for j, w in asked.items():
        if w.ndim == 2:
            many = np.count_nonzero(w, axis=1)
            free = (many == w.shape[1]) & (w == w[:, :1]).all(axis=1)
            if ((many == 1) | free).all() and w.shape[1] > 1:
                out[j] = np.where(free, -1, w.argmax(axis=1))
    return out


def _groups(asked: dict[int, Floats], n: int) -> Iterator[tuple[Ints, dict[int, Floats]]]:
    """Rows that share their weights, and these weights, shape (size,) each."""
    per_row = [w for w in asked.values() if w.ndim == 2]
    if not per_row:
        yield np.arange(n), asked
        return
    stacked = np.concatenate(per_row, axis=1)  # (n, sum of sizes)
    _, group = np.unique(stacked, axis=0, return_inverse=True)
    group = group.reshape(-1)
    order = np.argsort(group, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        if rows.size:
            yield rows, {j: w[rows[0]] if w.ndim == 2 else w for j, w in asked.items()}
