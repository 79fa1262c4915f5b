"""A fitted GAN: a copula's rows, redrawn by the generator, chosen by the critic. Numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Floats32, Ints, Ints32
from twin.codes import Codes, Domain, Json, State
from twin.models.base import Given, joined, prefixed, unprefixed
from twin.models.conditioning import Candidates, check_given, choose_rows, effective_size
from twin.models.copula.copula import Copula, FittedCopula
from twin.models.gan.layout import Draws, GanLayout, layout_of
from twin.models.training_curve import Curve

SLOPE = np.float32(0.1)
KEEP = 19.0

_BLOCK = 16_384
_CHUNK = 2048
_TRIAL = 560_000
_LEAST_TRIAL, _MOST_TRIAL = 2000, 40_000
_FARTHEST = float(np.finfo(np.float32).max)
_WIDEST = 1 << 16  # codes of a field that a file may leave whole


@dataclass(frozen=True)
class Nets:
    """Weights of both nets, matrices with inputs first.

    Args:
        arrays: Arrays of single precision by name; see `nets.arrays_of`.
        layout: Of the rows.
        tables: Of the layout's offsets.
    """

    arrays: dict[str, Floats32] = field(repr=False)
    layout: GanLayout = field(repr=False)
    tables: tuple[Floats32, Floats32] = field(repr=False)

    def verdict(self, rows: Ints32, fixed: Floats32) -> Floats32:
        """The critic's logarithm of the ratio of densities of rows of parts, shape (n,).

        Args:
            rows: Codes of the rows, shape (n, fields).
            fixed: Representation of the copula's rows, shape (n, width).
        """
        x = _leaky(self._enter("critic", rows, fixed))
        x = _leaky(self._linear("critic.hidden", x))
        out = self._linear("critic.last", x)[:, 0]
        if "lines" in self.arrays:
            corrections = self.arrays["lines"]
            for start, first in zip(self.layout.starts, self.layout.parts.first, strict=True):
                out += corrections[start + rows[:, first]]
        return out

    def logits(self, rows: Ints32, fixed: Floats32, noise: Floats32) -> tuple[Floats32, Floats32]:
        """Logits of cells, shape (n, v), and terms of offsets, shape (n, w, 3), as `nets.Gen` has them.

        Args:
            rows: Codes of the rows, shape (n, fields).
            fixed: Representation of the copula's rows, shape (n, width).
            noise: Noise of the generator, shape (n, width).
        """
        x = self._enter("gen", rows, fixed)
        x += self._linear("gen.noise", noise)
        x = _leaky(x)
        x = x + _leaky(self._linear("gen.hidden", x))
        prior, keep = self.arrays["gen.prior"], self.arrays["gen.keep"]
        v = prior.size
        # Field by field in memory: what follows works on one field of all rows at a time.
        out = (self.arrays["gen.out.weight"].T @ x.T).T  # (n, v + 3w)
        out += self.arrays["gen.out.bias"]
        logits = out[:, :v]
        logits += prior
        at = np.arange(len(rows))
        for j, start in enumerate(self.layout.starts):
            cell = start + rows[:, self.layout.parts.first[j]]
            logits[at, cell] += keep[cell] - prior[cell]
        return logits, out[:, v:].reshape(len(rows), -1, 3)

    def redraw(self, rows: Ints32, fixed: Floats32, draws: Draws) -> Ints32:
        """Draw rows of parts anew, shape (n, p); fixed fields stay as they are.

        Args:
            rows: Codes of the rows, shape (n, fields).
            fixed: Representation of the copula's rows, shape (n, width).
            draws: Noise and uniform numbers for the rows.
        """
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
            offset = _invert(self._offset_logits(i, terms[:, i], rows, out[:, at]), draws.uniform[:, d + i])
            out[:, at + 1] = np.where(fixed[:, j] > 0, rows[:, at + 1], offset)
        return out

    def _offset_logits(self, i: int, terms: Floats32, before: Ints32, cells: Ints32) -> Floats32:
        """Logits of offsets of the i-th wide field, shape (n, most offsets)."""
        at = self.layout.parts.first[self.layout.wide[i]]
        off = self.tables[1][i, cells]  # (n, k)
        prior = self.tables[0][i, cells]
        logits: Floats32 = prior + terms[:, :1] * off + terms[:, 1:2] * (off * off)
        same = np.flatnonzero(before[:, at] == cells)
        offset = before[same, at + 1]
        logits[same, offset] += terms[same, 2] + np.float32(np.log(KEEP)) - prior[same, offset]
        return logits

    def _enter(self, net: str, rows: Ints32, fixed: Floats32) -> Floats32:
        table = self.arrays[f"{net}.entry.parts.table"]
        x = np.zeros((len(rows), table.shape[1]), np.float32)
        start = 0
        for i, width in enumerate(self.layout.parts.widths):
            x += table.take(start + rows[:, i], axis=0)
            start += width
        if self.layout.scored:
            x += self._linear(f"{net}.entry.scores", self.layout.numbers(rows))
        return x + self._linear(f"{net}.entry.fixed", fixed)

    def _linear(self, name: str, x: Floats32) -> Floats32:
        out: Floats32 = x @ self.arrays[f"{name}.weight"] + self.arrays[f"{name}.bias"]
        return out


def _leaky(x: Floats32) -> Floats32:
    out: Floats32 = np.maximum(x, SLOPE * x)
    return out


def _invert(logits: Floats32, uniform: Floats32) -> Ints:
    """Draw from each row's softmax by inversion, shape (n,)."""
    across = logits.T  # (codes, n): sums run over whole lines of memory
    weights = np.exp(across - across.max(axis=0))
    for below, here in pairwise(weights):
        here += below  # line by line: several times as fast as cumsum
    heights = weights
    codes: Ints = (heights <= uniform * heights[-1]).sum(axis=0, dtype=np.int32).astype(np.int64)
    # Rounding may reach the end: the last code that can be drawn then stands for it.
    beyond = np.flatnonzero(codes >= logits.shape[1])
    codes[beyond] = np.argmax(logits[beyond], axis=1)
    return codes


@dataclass(frozen=True)
class FittedGAN:
    """A copula, and what redraws and chooses its rows.

    Args:
        base: The copula.
        arrays: Weights of the nets; none where there was too little to learn from, and of the critic alone
            where a budget left the generator out.
        curve: How the training went.
        candidates: Rows that are drawn for each that is kept.
        widest: Most codes of a field that is left whole.
    """

    base: FittedCopula
    arrays: dict[str, Floats32] = field(repr=False)
    curve: Curve
    candidates: int
    widest: int

    @property
    def domain(self) -> Domain:
        """The fields it draws."""
        return self.base.domain

    @property
    def counts(self) -> tuple[Ints, ...]:
        """Rows per code and field, as the copula has them."""
        return self.base.counts

    @cached_property
    def nets(self) -> Nets:
        """The nets; there must be some."""
        layout = layout_of(self.domain, self.base.counts, self.base.orders, widest=self.widest)
        return Nets(self.arrays, layout, layout.offset_tables(self.base.counts))

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows; fields under conditions are drawn by the copula and then stay as they are.

        Args:
            n: Number of rows, ≥ 0.
            rng: Source of randomness.
            given: Weights of the codes of some fields, by name, shape (size,) or (n, size); None for no
                condition.

        Source:
            Azadi et al., Discriminator rejection sampling (2019, arXiv:1810.06758), equation 3; here rows are
            chosen from a pool by weight, each at most once where that can be.
        """
        if not self.arrays:
            return self.base.sample(n, rng=rng, given=given)
        weights = check_given(self.domain, given, n)
        values = np.empty((n, len(self.domain)), np.int32, order="F")
        for start in range(0, n, _BLOCK):
            rows = slice(start, min(n, start + _BLOCK))
            part = {j: w[rows] if w.ndim == 2 else w for j, w in weights.items()}
            values[rows] = self._block(rows.stop - rows.start, part, rng)
        return Codes(self.domain, values)

    def begin(self, n: int, weights: dict[int, Floats], rng: Generator, group: int) -> Candidates:
        """The copula's candidates, which settle what is given; see `Begin`.

        Args:
            n: Number of rows, ≥ 0.
            weights: Weights of codes by position of the field, shape (size,) or (n, size).
            rng: Source of randomness.
            group: Candidates that are compared with each other, ≥ 1.
        """
        return self.base.begin(n, weights, rng, group)

    def _block(self, n: int, weights: dict[int, Floats], rng: Generator) -> Ints32:
        """N rows, n not too large."""
        many = self.candidates
        pool, verdict = self.draw(n * many, weights, rng)
        if many == 1:
            return pool
        if any(w.ndim == 2 for w in weights.values()):  # of each row's own candidates one
            luck = rng.gumbel(size=(n, many))
            best = np.argmax(np.minimum(verdict, STEEPEST).reshape(n, many) + luck, axis=1)
            each: Ints32 = pool[np.arange(n) * many + best]
            return each
        chosen: Ints32 = pool[rng.permutation(choose_rows(weigh(verdict), n, rng))]
        return chosen

    def draw(self, n: int, weights: dict[int, Floats], rng: Generator) -> tuple[Ints32, Floats]:
        """Candidate rows and the critic's word on them.

        Args:
            n: Rows.
            weights: Conditions by position of the field, shape (size,), or (n / candidates, size), where as
                many candidates in line share a condition.
            rng: Source of randomness.

        Returns:
            Codes, shape (n, d), and the logarithm of how much more often a row should come, shape (n,); 0
            where there is a single candidate.
        """
        names, many = self.domain.names, self.candidates
        given = {names[j]: np.repeat(w, many, axis=0) if w.ndim == 2 else w for j, w in weights.items()}
        values = self.base.sample(n, rng=rng, given=given or None).values
        rows, verdict = self._redrawn(values, list(weights), rng)
        return self.nets.layout.parts.decode(rows), verdict

    def _redrawn(self, values: Ints32, fixed_fields: list[int], rng: Generator) -> tuple[Ints32, Floats]:
        """The copula's rows, redrawn but for fields that are fixed; parts, and the critic's word on them."""
        nets = self.nets
        rows = nets.layout.parts.encode(values, self.base.counts, rng)
        verdict = np.zeros(len(rows))
        fixed = np.zeros((_CHUNK, len(self.domain)), np.float32)
        fixed[:, fixed_fields] = 1.0
        noise = self.arrays.get("gen.noise.weight")
        for start in range(0, len(rows), _CHUNK):
            at = slice(start, min(len(rows), start + _CHUNK))
            flags = fixed[: at.stop - start]
            if noise is not None:
                draws = Draws.of(len(flags), noise.shape[0], rows.shape[1], rng)
                rows[at] = nets.redraw(rows[at], flags, draws)
            if self.candidates > 1:
                verdict[at] = nets.verdict(rows[at], flags)
        return rows, verdict

    def calibrated(self, rng: Generator) -> FittedGAN:
        """The same, with a critic that is followed as far as it serves; see `calibrate`."""
        if not self.arrays or self.candidates == 1:
            return self
        n = max(_LEAST_TRIAL, min(_MOST_TRIAL, _TRIAL // len(self.domain), 3 * int(self.counts[0].sum())))
        rows, verdict = self._redrawn(self.base.sample(n, rng=rng).values, [], rng)
        layout, counts = self.nets.layout, self.base.counts
        sharp, corrections = calibrate(layout, counts, rows, verdict, candidates=self.candidates)
        last = {n: a * np.float32(sharp) for n, a in self.arrays.items() if n.startswith("critic.last")}
        return replace(self, arrays=self.arrays | last | {"lines": corrections.astype(np.float32)})

    def state(self) -> State:
        """The copula, the weights of the nets and the curve."""
        arrays = prefixed("base", self.base.state().arrays)
        facts: dict[str, Json] = {"curve": self.curve.to_json(), "candidates": self.candidates}
        return State(facts | {"widest": self.widest}, arrays | self.arrays)

    @classmethod
    def from_state(cls, domain: Domain, state: State) -> FittedGAN:
        """The fitted model from what `state` wrote.

        Args:
            domain: The fields.
            state: What `state` gave, as it came from a file.
        """
        base = Copula().load(domain, State({}, unprefixed("base", state.arrays)))
        arrays = {
            name: state.array(name, np.float32, (None,) * array.ndim, -_FARTHEST, _FARTHEST)
            for name, array in state.arrays.items()
            if not name.startswith("base.")
        }
        curve = Curve.from_json(state.facts["curve"])
        return cls(base, arrays, curve, state.whole("candidates", 1, 64), state.whole("widest", 1, _WIDEST))


STEEPEST = 4.0
"""What a critic says beyond this above the median counts as this."""

_WORTH = 1.2
_ROUNDS = 8
_TRUST = 100.0
_MOST = 1.0
_SHARPNESS = (1.0, 0.85, 0.7, 0.55, 0.4, 0.25, 0.1)


def weigh(verdict: Floats) -> Floats:
    """Weights of rows by the logarithm of their ratio, shape (n,), those of median rows 1."""
    out: Floats = np.exp(np.minimum(verdict - np.median(verdict), STEEPEST)) if verdict.size else verdict
    return out


def calibrate(
    layout: GanLayout, counts: Sequence[Ints], rows: Ints32, verdict: Floats, *, candidates: int
) -> tuple[float, Floats]:
    """How sharply to follow a critic, and by how much to correct each cell so that fields keep their shares.

    Args:
        layout: Of the rows.
        counts: Rows per code and field that may be released.
        rows: Rows of parts that the generator drew, shape (n, p).
        verdict: What the critic says of them, shape (n,).
        candidates: Rows that are drawn for each that is chosen.

    Returns:
        A factor 0 … 1 for what the critic says: the largest with which the candidates are worth 1.2 times
        the rows that are chosen; and the logarithm of a factor for each of the v cells.

    Source:
        Deming and Stephan 1940 (proportional fitting of weights to shares); Kish 1965 (what they are worth).
    """
    flat = rows[:, layout.parts.first] + layout.starts  # (n, d)
    shares = cell_shares(layout, counts)
    sharp, corrections = 0.0, np.zeros(shares.size)
    half = len(rows) // 2  # what some rows are weighed by is tried on others
    for sharp in _SHARPNESS:
        corrections = _fitted(flat[:half], shares, weigh(sharp * verdict[:half]))
        chance = weigh(sharp * verdict[half:] + corrections[flat[half:]].sum(axis=1))
        if effective_size(chance) * candidates >= _WORTH * chance.size:
            break
    return sharp, corrections


def cell_shares(layout: GanLayout, counts: Sequence[Ints]) -> Floats:
    """Share of rows of each cell in its field, shape (v,).

    Args:
        layout: What the nets see of each field.
        counts: Rows of each code, per field, shape (size,).
    """
    out = []
    for s, c in zip(layout.parts.splits, counts, strict=True):
        mass = np.where(s.codes >= 0, c[np.maximum(s.codes, 0)], 0).sum(axis=1)
        out.append(mass / mass.sum())
    return joined(out, np.float64)


def _fitted(flat: Ints, shares: Floats, weights: Floats) -> Floats:
    """Logarithms of factors of cells with which weighted rows have each field's shares, shape (v,)."""
    corrections, n = np.zeros(shares.size), len(weights)
    weights = weights.copy()
    drawn = np.bincount(flat.ravel(), minlength=shares.size)
    trust = drawn / (drawn + _TRUST)  # a cell that few rows have says little
    for _ in range(_ROUNDS):
        for cells in flat.T:
            first, last = int(cells.min()), int(cells.max()) + 1
            seen = np.bincount(cells - first, weights, minlength=last - first) / weights.sum()
            ratio = (shares[first:last] * n + 1) / (seen * n + 1)
            before = corrections[first:last].copy()
            corrections[first:last] = np.clip(before + trust[first:last] * np.log(ratio), -_MOST, _MOST)
            weights *= np.exp(corrections[first:last] - before)[cells - first]
    return corrections
