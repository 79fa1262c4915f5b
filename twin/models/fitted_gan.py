"""A fitted GAN: a copula's rows, redrawn by the generator, chosen by the critic. Numpy alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.codes import Codes, Domain, FloatArray, IntArray, Json, State
from twin.models.base import Given
from twin.models.copula import Copula, FittedCopula
from twin.models.curve import Curve
from twin.models.facts import check_given
from twin.models.gan_layout import Floats, Layout, layout_of
from twin.models.gan_rows import Draws
from twin.models.importance import choose_rows, conditional

SLOPE = np.float32(0.1)
KEEP = 19.0

_BLOCK = 16_384
_CHUNK = 2048
_STEEPEST = 6.0


@dataclass(frozen=True)
class Nets:
    """Weights of both nets, matrices with inputs first.

    Args:
        arrays: Arrays of single precision by name; see `gan_nets.arrays_of`.
        layout: Of the rows.
        tables: Of the layout's places.
    """

    arrays: dict[str, Floats] = field(repr=False)
    layout: Layout = field(repr=False)
    tables: tuple[Floats, Floats] = field(repr=False)

    def verdict(self, rows: IntArray, fixed: Floats) -> Floats:
        """The critic's logarithm of the ratio of densities of rows of parts, shape (n,)."""
        x = _leaky(self._enter("critic", rows, fixed))
        x = _leaky(self._linear("critic.hidden", x))
        return self._linear("critic.last", x)[:, 0]

    def logits(self, rows: IntArray, fixed: Floats, noise: Floats) -> tuple[Floats, Floats]:
        """Logits of cells, shape (n, v), and terms of places, shape (n, w, 3), as `gan_nets.Gen` has them."""
        x = self._enter("gen", rows, fixed)
        x += self._linear("gen.noise", noise)
        x = _leaky(x)
        x = x + _leaky(self._linear("gen.hidden", x))
        out = self._linear("gen.out", x)
        prior, keep = self.arrays["gen.prior"], self.arrays["gen.keep"]
        v = prior.size
        logits = out[:, :v] + prior
        at = np.arange(len(rows))
        for j, start in enumerate(self.layout.starts):
            cell = start + rows[:, self.layout.parts.first[j]]
            logits[at, cell] += keep[cell] - prior[cell]
        return logits, out[:, v:].reshape(len(rows), -1, 3)

    def redraw(self, rows: IntArray, fixed: Floats, draws: Draws) -> IntArray:
        """Draw rows of parts anew, shape (n, p); fixed fields stay as they are."""
        logits, terms = self.logits(rows, fixed, draws.noise)
        out = rows.copy()
        first = self.layout.parts.first
        d = len(first)
        for j, (start, size) in enumerate(zip(self.layout.starts, self.layout.sizes, strict=True)):
            if size > 1:
                cell = _invert(logits[:, start : start + size], draws.uniform[:, j])
                out[:, first[j]] = np.where(fixed[:, j] > 0, rows[:, first[j]], cell)
        for i, j in enumerate(self.layout.wide):
            at = first[j]
            place = _invert(self._places(i, terms[:, i], rows, out[:, at]), draws.uniform[:, d + i])
            out[:, at + 1] = np.where(fixed[:, j] > 0, rows[:, at + 1], place)
        return out

    def _places(self, i: int, terms: Floats, before: IntArray, cells: IntArray) -> Floats:
        """Logits of places of the i-th wide field, shape (n, most places)."""
        at = self.layout.parts.first[self.layout.wide[i]]
        off = self.tables[1][i, cells]  # (n, k)
        prior = self.tables[0][i, cells]
        logits: Floats = prior + terms[:, :1] * off + terms[:, 1:2] * (off * off)
        same = np.flatnonzero(before[:, at] == cells)
        place = before[same, at + 1]
        logits[same, place] += terms[same, 2] + np.float32(np.log(KEEP)) - prior[same, place]
        return logits

    def _enter(self, net: str, rows: IntArray, fixed: Floats) -> Floats:
        table = self.arrays[f"{net}.entry.parts.table"]
        x = np.zeros((len(rows), table.shape[1]), np.float32)
        start = 0
        for i, width in enumerate(self.layout.parts.widths):
            x += table[start + rows[:, i]]
            start += width
        if self.layout.scored:
            x += self._linear(f"{net}.entry.scores", self.layout.numbers(rows))
        return x + self._linear(f"{net}.entry.fixed", fixed)

    def _linear(self, name: str, x: Floats) -> Floats:
        out: Floats = x @ self.arrays[f"{name}.weight"] + self.arrays[f"{name}.bias"]
        return out


def _leaky(x: Floats) -> Floats:
    out: Floats = np.maximum(x, SLOPE * x)
    return out


def _invert(logits: Floats, uniform: Floats) -> NDArray[np.int64]:
    """Draw from each row's softmax by inversion, shape (n,)."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    heights = np.cumsum(weights, axis=1)
    place: NDArray[np.int64] = (heights <= (uniform * heights[:, -1])[:, None]).sum(axis=1)
    # Rounding may reach the end: the last place that can be drawn then stands for it.
    beyond = np.flatnonzero(place >= logits.shape[1])
    place[beyond] = np.argmax(logits[beyond], axis=1)
    return place


@dataclass(frozen=True)
class FittedGAN:
    """A copula, and what redraws and chooses its rows.

    Args:
        base: The copula.
        arrays: Weights of the nets; none where there was too little to learn from.
        curve: How the training went.
        candidates: Rows that are drawn for each that is kept.
        widest: Most codes of a field that is left whole.
    """

    base: FittedCopula
    arrays: dict[str, Floats] = field(repr=False)
    curve: Curve
    candidates: int
    widest: int

    @property
    def domain(self) -> Domain:
        """The fields it draws."""
        return self.base.domain

    @cached_property
    def nets(self) -> Nets:
        """The nets; there must be some."""
        layout = layout_of(self.domain, self.base.counts, self.base.orders, widest=self.widest)
        return Nets(self.arrays, layout, layout.place_tables(self.base.counts))

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows; fields under conditions are drawn by the copula and then stay as they are."""
        if not self.arrays:
            return self.base.sample(n, rng=rng, given=given)
        weights = check_given(self.domain, given, n)
        if weights:
            return Codes(self.domain, conditional(self.draw, weights, n, self.domain, rng))
        values = np.empty((n, len(self.domain)), np.int32, order="F")
        for start in range(0, n, _BLOCK):
            end = min(n, start + _BLOCK)
            pool, chance = self.draw((end - start) * self.candidates, {}, rng)
            if self.candidates > 1:
                pool = pool[rng.permutation(choose_rows(chance, end - start, rng))]
            values[start:end] = pool
        return Codes(self.domain, values)

    def draw(self, n: int, weights: dict[int, FloatArray], rng: Generator) -> tuple[IntArray, FloatArray]:
        """Candidate rows under weights, and their importance: what the copula and the critic say of them.

        Source:
            Azadi et al., Discriminator rejection sampling (2019, arXiv:1810.06758), equation 3; here rows are
            chosen from a pool by weight.
        """
        if weights:
            values, chance = self.base.draw(n, weights, rng)
        else:
            values, chance = self.base.sample(n, rng=rng).values, np.ones(n)
        nets, out = self.nets, np.empty((n, len(self.domain)), np.int32, order="F")
        verdict = np.zeros(n)
        fixed = np.zeros((_CHUNK, len(self.domain)), np.float32)
        fixed[:, list(weights)] = 1.0
        noise = self.arrays["gen.noise.weight"].shape[0]
        for start in range(0, n, _CHUNK):
            at = slice(start, min(n, start + _CHUNK))
            flags = fixed[: at.stop - start]
            rows = nets.layout.parts.encode(values[at], self.base.counts, rng)
            rows = nets.redraw(rows, flags, Draws.of(len(rows), noise, rows.shape[1], rng))
            if self.candidates > 1:
                verdict[at] = nets.verdict(rows, flags)
            out[at] = nets.layout.parts.decode(rows)
        return out, chance * np.exp(np.minimum(verdict - np.median(verdict), _STEEPEST)) if n else chance

    def state(self) -> State:
        """The copula, the weights of the nets and the curve."""
        base = self.base.state()
        arrays: dict[str, NDArray[np.generic]] = {f"base.{name}": a for name, a in base.arrays.items()}
        facts: dict[str, Json] = {"curve": self.curve.to_json(), "candidates": self.candidates}
        return State(facts | {"widest": self.widest}, arrays | self.arrays)

    @classmethod
    def from_state(cls, domain: Domain, state: State) -> FittedGAN:
        """The fitted model from what `state` wrote."""
        known = {n.removeprefix("base."): a for n, a in state.arrays.items() if n.startswith("base.")}
        base = Copula().load(domain, State({}, known))
        assert isinstance(base, FittedCopula)
        arrays = {n: np.asarray(a, np.float32) for n, a in state.arrays.items() if not n.startswith("base.")}
        facts = state.facts
        curve = Curve.from_json(facts["curve"])
        return cls(base, arrays, curve, int(str(facts["candidates"])), int(str(facts["widest"])))
