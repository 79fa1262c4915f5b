"""A fitted autoregressive net: draws rows and tells their likelihood, in numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.arrays import AnyArray, Floats, Floats32, Ints, Ints32
from twin.codes import Codes, Domain, State
from twin.errors import FileFormatError, InputError
from twin.models.base import Given, joined, parted
from twin.models.conditioning import Candidates, check_given, conditional, effective_size
from twin.models.network.layout import FieldOrder, NetworkLayout
from twin.models.training_curve import Curve

_CHUNK = 2048
_BELOW_ONE = np.float32(1 - 2**-20)


@dataclass(frozen=True)
class FittedNetwork:
    """The net's weights.

    Args:
        domain: The fields.
        layout: Parts and tokens of the fields.
        counts: Rows per code and field.
        weights: Weights by name, as `net.weights_of` gives them.
        curve: What was learned when; None where a budget forbids to release it.
    """

    domain: Domain
    layout: NetworkLayout
    counts: tuple[Ints, ...]
    weights: Mapping[str, Floats32] = field(repr=False)
    curve: Curve | None = None

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows; with conditions, the given fields first and the rest from what they imply.

        Args:
            n: Number of rows, ≥ 0.
            rng: Source of randomness.
            given: Weights of the codes of some fields, by name, shape (size,) or (n, size); None for no
                condition.
        """
        weights = check_given(self.domain, given, n)
        if weights:
            return Codes(self.domain, conditional(self.begin, weights, n, self.domain, rng))
        values = np.empty((n, len(self.domain)), np.int32, order="F")
        for start in range(0, n if len(self.domain) else 0, _CHUNK):
            rows = slice(start, min(n, start + _CHUNK))
            net = _Pass(self._tables, self.layout.natural, rows.stop - start)
            for j in self.layout.natural.fields.tolist():
                values[rows, j] = self._draw(net, j, None, rng)[0]
        return Codes(self.domain, values)

    def begin(self, n: int, weights: dict[int, Floats], rng: Generator, group: int) -> Candidates:
        """Begin n candidates: the fields under weights first, then those set before them; see `Begin`.

        What the net says in that order differs from what it says in the order of free rows, to which the
        candidates' importance leads back. Fields set later are drawn alike in both.

        Args:
            n: Number of rows, ≥ 0.
            weights: Weights of codes by position of the field, shape (size,) or (n, size).
            rng: Source of randomness.
            group: Candidates that are compared with each other, ≥ 1.
        """
        natural = self.layout.natural
        asked = np.isin(natural.fields, list(weights))
        order = self.layout.order(natural.fields[np.argsort(~asked, kind="stable")])
        many, reach = len(weights), int(np.flatnonzero(asked)[-1]) + 1  # fields asked, and fields begun
        begun, importance = np.zeros((n, len(self.domain)), np.int32, order="F"), np.ones(n)
        for start in range(0, n, _CHUNK):
            rows = slice(start, min(n, start + _CHUNK))
            net = _Pass(self._tables, order, rows.stop - start)
            for i, j in enumerate(order.fields[:reach].tolist()):
                mine = weights[j][rows] if i < many and weights[j].ndim == 2 else weights.get(j)
                begun[rows, j], share = self._draw(net, j, mine, rng, chances=i >= many)
                importance[rows] *= share
            if reach > many:
                importance[rows] /= np.exp(self.log_density(begun[rows], order, reach=many))
                importance[rows] *= np.exp(self.log_density(begun[rows], natural, reach=reach))

        def finish(chosen: Ints, rng: Generator) -> Ints32:
            values = begun[chosen]
            for start in range(0, chosen.size, _CHUNK):
                rows = slice(start, min(chosen.size, start + _CHUNK))
                net = _Pass(self._tables, order, rows.stop - start)
                for i, j in enumerate(order.fields.tolist()):
                    if i < reach:
                        s = self.layout.parts.splits[j]
                        net.feed(j, np.maximum(s.cell[values[rows, j]], 0), s.offset[values[rows, j]])
                    else:
                        values[rows, j] = self._draw(net, j, None, rng)[0]
            return values

        return Candidates(importance, effective_size(importance), finish)

    def score_samples(self, codes: Codes) -> Floats:
        """Log-density of rows under the net.

        Args:
            codes: Rows of the same domain, n of them.

        Returns:
            Log of the chance of each row, in nats, shape (n,); minus infinity where a code is never drawn.

        Raises:
            InputError: If the domain is another one.
        """
        if codes.domain.names != self.domain.names or codes.domain.sizes != self.domain.sizes:
            raise InputError("codes: their fields are not those of the net")
        out = np.empty(codes.n)
        for start in range(0, codes.n, _CHUNK):
            values = codes.values[start : start + _CHUNK]
            out[start : start + _CHUNK] = self.log_density(values, self.layout.natural)
        return out

    def log_density(self, values: Ints32, order: FieldOrder, *, reach: int | None = None) -> Floats:
        """Log of the chance of rows when fields are set in an order, in nats, shape (n,).

        Args:
            values: Codes, shape (n, d).
            order: The order.
            reach: How many fields of it to look at; None for all.
        """
        total = np.zeros(len(values))
        net = _Pass(self._tables, order, len(values))
        for j in order.fields[:reach].tolist():
            s = self.layout.parts.splits[j]
            cell, offset = s.cell[values[:, j]], s.offset[values[:, j]]
            total[cell < 0] = -np.inf
            cell = np.maximum(cell, 0)
            p = int(self.layout.parts.first[j])
            total += _log_chance(net.scores(p, None), cell)
            if len(s.widths) == 2:
                total += _log_chance(net.scores(p + 1, cell), offset)
            net.feed(j, cell, offset)
        return total

    def _draw(
        self, net: _Pass, j: int, weights: Floats | None, rng: Generator, *, chances: bool = False
    ) -> tuple[Ints32, Floats | float]:
        """Codes of field j for the rows of a pass, which is given them, and their importance.

        That is their share of mass under weights; without weights 1, or, if `chances`, one over their chance.
        """
        s, p = self.layout.parts.splits[j], int(self.layout.parts.first[j])
        by_cell, by_offset = (None, None) if weights is None else self._weighed(j, weights)
        cell, importance = _choose(net.scores(p, None), by_cell, rng, chances=chances)
        offset = np.zeros_like(cell)
        if len(s.widths) == 2:
            mine = None if by_offset is None else _of_cell(by_offset, cell)
            offset, share = _choose(net.scores(p + 1, cell), mine, rng, chances=chances)
            importance = importance * share
        net.feed(j, cell, offset)
        return s.codes[cell, offset].astype(np.int32), importance

    def _weighed(self, j: int, weights: Floats) -> tuple[Floats, Floats]:
        """Mean weight of each cell, (… cells), and weight of each offset over it, (… cells, offsets)."""
        by_offset = self.layout.parts.weights(j, weights)
        rows = self.layout.parts.weights(j, self.counts[j].astype(np.float64))  # (cells, offsets)
        mean = (by_offset * rows).sum(axis=-1) / np.maximum(rows.sum(axis=-1), 1.0)
        over = np.divide(by_offset, mean[..., None], out=np.zeros_like(by_offset), where=mean[..., None] > 0)
        return mean, over

    @cached_property
    def _tables(self) -> _Tables:
        return _Tables.of(self.layout, self.weights)

    def state(self) -> State:
        """Cuts, counts, weights and curve."""
        arrays: dict[str, AnyArray] = {f"net_{name}": a for name, a in self.weights.items()}
        arrays |= self.layout.arrays()
        arrays["counts"] = joined(self.counts, np.int64)
        return State({} if self.curve is None else {"curve": self.curve.to_json()}, arrays)

    @classmethod
    def from_state(cls, domain: Domain, state: State) -> FittedNetwork:
        """The fitted net from its domain and what `state` gave.

        Args:
            domain: The fields.
            state: What `state` gave, as it came from a file.

        Raises:
            FileFormatError: If its parts do not fit each other.
        """
        layout = NetworkLayout.load(domain, dict(state.arrays))
        weights = {n[4:]: np.asarray(a, np.float32) for n, a in state.arrays.items() if n[:4] == "net_"}
        curve = Curve.from_json(state.facts["curve"]) if "curve" in state.facts else None
        counts = state.array("counts", np.int64, (sum(domain.sizes),), 0)
        fitted = cls(domain, layout, parted(counts, domain.sizes, np.int64), weights, curve)
        if not all(np.isfinite(w).all() for w in weights.values()):
            raise FileFormatError("file: the weights of its net are not finite")
        if len(domain):
            _ = fitted._tables  # refuses shapes that do not fit
        return fitted


@dataclass(frozen=True)
class _Tables:
    """Weights as sampling uses them.

    Args:
        layout: Parts and tokens.
        vectors: For each token the vector that each code adds to the sum, shape (size, H).
        first: Weights of the parts' first layer and the floor of its sums, shapes (P, H, h) and (P, h).
        second: Of the second layer, (P, h, h) and (P, h).
        head: Weights and biases of the last one, per part, (width, h) and (width,).
        limits: For parts that hold an offset, minus infinity where no code is, shape (offsets, cells).
        cell_token: For these parts, the token that holds the cell.
    """

    layout: NetworkLayout
    vectors: tuple[Floats32, ...]
    first: tuple[Floats32, Floats32]
    second: tuple[Floats32, Floats32]
    head: tuple[tuple[Floats32, Floats32], ...]
    limits: dict[int, Floats32]
    cell_token: dict[int, int]

    @classmethod
    def of(cls, layout: NetworkLayout, weights: Mapping[str, Floats32]) -> _Tables:
        """The tables from the weights; a token's vector and its map are joined."""
        ends = np.cumsum(layout.sizes)[:-1]
        embedded = np.split(weights["embed_table"], ends)
        lifts = zip(weights["lift_weight"], weights["lift_bias"], strict=True)
        vectors = tuple(e @ w + b for e, (w, b) in zip(embedded, lifts, strict=True))
        # max(x + b, 0) is max(x, -b) + b: so a layer takes one pass, and its bias moves into the next one's.
        first, second = weights["first_weight"], weights["second_weight"]
        below = weights["first_bias"]  # (P, h)
        above = weights["second_bias"] + np.einsum("ph,phg->pg", below, second)
        last = weights["head_bias"] + np.einsum("ph,phw->pw", below + above, weights["head_weight"])
        heads = zip(weights["head_weight"], last, layout.parts.widths, strict=True)
        return cls(
            layout,
            vectors,
            (first, -below),
            (second, -above),
            tuple((np.ascontiguousarray(w[:, :width].T), b[:width]) for w, b, width in heads),
            {p: np.where(gone.T, -np.inf, 0.0).astype(np.float32) for p, gone in layout.invalid().items()},
            dict(zip(layout.inner[1].tolist(), layout.inner[0].tolist(), strict=True)),
        )


class _Pass:
    """One pass over n rows: fields are set one after the other, each adds to one running sum.

    Scores stand code by row, so that sums and comparisons over codes run along rows of memory.

    Args:
        tables: The weights.
        order: The order of the fields.
        n: Number of rows.
    """

    def __init__(self, tables: _Tables, order: FieldOrder, n: int) -> None:
        self._tables = tables
        self._sum = np.zeros((n, tables.first[0].shape[1]), np.float32)  # (n, H)
        self._left = len(order.fields)

    def scores(self, p: int, cell: Ints | None) -> Floats32:
        """Scores of the codes of part p, shape (width, n), given all that was set, and the cell, if any."""
        t = self._tables
        seen = self._sum if cell is None else self._sum + t.vectors[t.cell_token[p]][cell]  # (n, H)
        first = _above(t.first[0][p].T @ seen.T, t.first[1][p])  # (h, n)
        second = _above(t.second[0][p].T @ first, t.second[1][p])
        second += first
        scores: Floats32 = t.head[p][0] @ second  # (width, n)
        scores += t.head[p][1][:, None]
        if cell is not None:
            scores += t.limits[p].take(cell, axis=1)
        return scores

    def feed(self, j: int, cell: Ints, offset: Ints) -> None:
        """Add the parts of field j to the sum, each of shape (n,)."""
        self._left -= 1
        if self._left:
            for token, code in self._tables.layout.visible(j, cell, offset):
                self._sum += self._tables.vectors[token].take(code, axis=0)


def _above(x: Floats32, floor: Floats32) -> Floats32:
    """The larger of x and its row's floor, in place, shape (h, n)."""
    return np.maximum(x, floor[:, None], out=x)


def _choose(
    scores: Floats32, weights: Floats | None, rng: Generator, *, chances: bool = False
) -> tuple[Ints, Floats | float]:
    """Draw from softmax(scores) times weights, by inversion.

    Args:
        scores: Shape (width, n); they are overwritten.
        weights: Shape (width,) or (n, width), or None.
        rng: Source of randomness.
        chances: Whether to give the chances of the codes, where there are no weights.

    Returns:
        The codes, shape (n,), and the sum of chances times weights, shape (n,); where that is 0 the code
        means nothing. Without weights 1, or one over the chance of each code.
    """
    scores -= scores.max(axis=0)
    mass: NDArray[np.floating] = np.exp(scores, out=scores)
    share: Floats | float = 1.0
    if weights is not None:
        total = mass.sum(axis=0)
        mass = mass * (weights[:, None] if weights.ndim == 1 else weights.T)
        share = mass.sum(axis=0, dtype=np.float64) / total
    for code in range(1, len(mass)):  # running sums, code by code: faster than cumsum
        mass[code] += mass[code - 1]
    aim = rng.random(mass.shape[1], dtype=np.float32) * mass[-1] * _BELOW_ONE
    chosen = np.minimum(np.add.reduce(mass <= aim, axis=0, dtype=np.int64), len(mass) - 1)
    if chances:
        rows = np.arange(chosen.size)
        below = np.where(chosen > 0, mass[np.maximum(chosen - 1, 0), rows], 0.0)
        share = mass[-1] / np.maximum(mass[chosen, rows].astype(np.float64) - below, 1e-300)
    return chosen, share


def _of_cell(by_offset: Floats, cell: Ints) -> Floats:
    """Weights of the offsets in each row's cell, shape (n, offsets)."""
    out: Floats = by_offset[cell] if by_offset.ndim == 2 else by_offset[np.arange(cell.size), cell]
    return out


def _log_chance(scores: Floats32, code: Ints) -> Floats:
    """Log of the softmax at one code per row, shape (n,), from scores of shape (width, n)."""
    top = scores.max(axis=0)
    total = np.log(np.exp(scores - top).sum(axis=0, dtype=np.float64)) + top
    out: Floats = scores[code, np.arange(code.size)] - total
    return out
