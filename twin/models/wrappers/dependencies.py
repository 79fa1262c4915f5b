"""Functional dependencies: a field that is a function of another is left out of the model and filled in.

A wrapper around any model. After sampling, codes that stand for pooled rare values are redrawn from the
codes that were kept; then each dependant is read off its determinant, so that the dependency holds in every
row.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from twin.arrays import Bools, Floats, Ints, Ints32
from twin.codes import MISSING, Codes, Domain, Field, State
from twin.models.base import Fitted, Given, Model, joined, parted, prefixed, unprefixed
from twin.models.conditioning import check_given, draw, impossible
from twin.models.guarded_counts import guarded_counts
from twin.privacy.suppression.guard import ColumnGuard, Guard, count_subjects
from twin.progress import Progress

_SAMPLE = 2_000
_QUICK = 500
_MOST_DIFFER = 0.1
_LOST = 0.05  # most rows whose source may be redrawn for the sake of a dependency


@dataclass(frozen=True)
class Link:
    """Field `dependant` is a function of field `source`.

    Args:
        dependant: Position of the field that is filled in.
        source: Position of the field that decides it; never itself a dependant.
        mapping: Code of the dependant for each code of the source, shape (size of source,); -1 where no
            code can be relied on, so that the source is redrawn.
    """

    dependant: int
    source: int
    mapping: Ints32


def find_links(
    codes: Codes, *, guard: Guard, counts: list[Ints] | None = None, apart: Collection[str] = ()
) -> tuple[Link, ...]:
    """Dependencies among exact fields; exceptions held by too few subjects are overlooked.

    Args:
        codes: The table, n rows.
        guard: The guard; each entry of a mapping is held by enough subjects.
        counts: Guarded rows per code and field, if they are counted already.
        apart: Names of fields that are part of no dependency.

    Returns:
        One link per dependant; the source of a link is never a dependant itself.

    Example:
        >>> from twin.codes import Field
        >>> domain = Domain((Field(name="code", size=3), Field(name="name", size=2)))
        >>> table = Codes(domain, np.array([[0, 0], [1, 1], [2, 1]] * 20))
        >>> [(l.dependant, l.source, l.mapping.tolist()) for l in find_links(table, guard=Guard())]
        [(1, 0, [0, 1, 1])]
    """
    counts = guarded_counts(codes, guard) if counts is None else counts
    fields = codes.domain.fields
    seen = [int(np.count_nonzero(c)) for c in counts]
    able = [j for j, f in enumerate(fields) if f.exact and f.name not in apart]
    able = [j for j in able if 2 <= seen[j] <= max(codes.n // 5, 2)]
    able.sort(key=lambda j: (-seen[j], j))  # finer fields first: they can only depend on finer or equal ones
    links: list[Link] = []
    filled: set[int] = set()
    few = codes.values[_spread(codes.n)]
    for at, source in enumerate(able):
        if source in filled:
            continue
        hopeful = _hopeful(few, source, able[at + 1 :])
        for dependant in hopeful:
            if dependant in filled or not _maybe(few, source, dependant):
                continue
            mapping = _mapping(codes, source, dependant, counts, guard.column(fields[dependant].name))
            if mapping is not None:
                links.append(Link(dependant, source, mapping))
                filled.add(dependant)
    return tuple(links)


def _spread(n: int) -> Ints:
    """Up to 2,000 positions spread over the table."""
    return np.unique(np.linspace(0, max(n - 1, 0), min(n, _SAMPLE)).astype(np.int64))


def _hopeful(few: Ints32, source: int, others: list[int]) -> list[int]:
    """Fields that mostly agree between neighbouring rows when 500 rows are sorted by the source."""
    rows = few[:: max(1, few.shape[0] // _QUICK)]
    rows = rows[np.argsort(rows[:, source], kind="stable")]
    same = np.flatnonzero(rows[1:, source] == rows[:-1, source])
    if not same.size or not others:
        return others
    columns = rows[:, others]
    differ = (columns[same + 1] != columns[same]).mean(axis=0)  # (others,)
    return [j for j, share in zip(others, differ.tolist(), strict=True) if share <= _MOST_DIFFER]


def _maybe(few: Ints32, source: int, dependant: int) -> bool:
    """Whether the dependency nearly holds on a few rows: a quick test that turns most pairs away."""
    width = int(few[:, dependant].max(initial=0)) + 1
    pairs = few[:, source].astype(np.int64) * width + few[:, dependant]
    values, repeats = np.unique(pairs, return_counts=True)
    best = np.zeros(int(few[:, source].max(initial=0)) + 1, np.int64)
    np.maximum.at(best, values // width, repeats)
    return bool(best.sum() >= 0.98 * few.shape[0])


def _mapping(
    codes: Codes, source: int, dependant: int, counts: list[Ints], column_guard: ColumnGuard
) -> Ints32 | None:
    """The function from source to dependant, or None where enough subjects contradict it."""
    sizes = codes.domain.sizes
    a, b = codes.values[:, source], codes.values[:, dependant]
    released = (counts[source][a] > 0) & (counts[dependant][b] > 0)
    width = sizes[dependant]
    pairs, index = np.unique(a[released].astype(np.int64) * width + b[released], return_inverse=True)
    repeats = np.bincount(index, minlength=pairs.size)
    order = np.lexsort((repeats, pairs // width))  # the most frequent partner of each code comes last
    mapping = np.full(sizes[source], -1, np.int64)
    mapping[pairs[order] // width] = pairs[order] % width
    against = np.zeros(codes.n, bool)
    against[released] = mapping[a[released]] != b[released]
    broken = _broken(codes, source, dependant, mapping, np.where(released, ~against, False), column_guard)
    lost = released & broken[a] & (a != codes.domain.fields[source].rare)
    if column_guard.supports(against & ~broken[a]) or lost.sum() > _LOST * codes.n:
        return None
    mapping[broken] = -1
    if np.unique(mapping[mapping >= 0]).size < 2:
        return None
    return mapping.astype(np.int32)


def _broken(
    codes: Codes,
    source: int,
    dependant: int,
    mapping: Ints,
    agrees: Bools,
    column_guard: ColumnGuard,
) -> Bools:
    """Codes of the source whose partner too few subjects bear out, or is a pool of rare ones."""
    a, size = codes.values[:, source], codes.domain.sizes[source]
    holders, _, _ = count_subjects(a, size, column_guard.guard.subjects)
    borne_out, _, _ = count_subjects(np.where(agrees, a, -1), size, column_guard.guard.subjects)
    broken = (mapping < 0) | (borne_out < column_guard.guard.k) | (2 * borne_out < holders)
    rare = codes.domain.fields[dependant].rare
    if rare is not None:
        broken |= mapping == rare
    if codes.domain.fields[source].nullable:  # missing stays missing
        broken[MISSING] = mapping[MISSING] < 0
    return broken


@dataclass(frozen=True, kw_only=True)
class Dependent:
    """Wraps a model: finds dependencies, fits the model without the dependants, fills them in after.

    Args:
        model: The model for the other fields.
        apart: Names of fields that are part of no dependency, such as one made of several others: the model
            would see it in their place, and not how each goes with the rest.
    """

    model: Model
    apart: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Key of the wrapped model in `MODELS`."""
        return self.model.name

    def fit(
        self, codes: Codes, *, guard: Guard, rng: Generator, progress: Progress | None = None
    ) -> FittedDependent:
        """Find the dependencies and fit the wrapped model to the rest.

        Args:
            codes: Codes of the rows, shape (n, fields).
            guard: The guard that every fact passes.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.
        """
        counts = guarded_counts(codes, guard)
        links = find_links(codes, guard=guard, counts=counts, apart=self.apart)
        free = _free(codes.domain, links)
        inner = self.model.fit(codes.project(free), guard=guard, rng=rng, progress=progress)
        lost = _lost(codes.domain, links)
        rare = {j: _kept(codes.domain.fields[j], counts[j], mask) for j, mask in lost.items()}
        return FittedDependent(codes.domain, inner, links, rare)

    def load(self, domain: Domain, state: State) -> FittedDependent:
        """The fitted wrapper from its domain and state.

        Args:
            domain: The fields.
            state: What `state` gave, as it came from a file.
        """
        inner = State(state.facts, unprefixed("inner", state.arrays))
        pairs = state.array("links", np.int64, (None, 2), 0, len(domain) - 1)
        lengths = [domain.sizes[source] for _, source in pairs]
        mappings = state.array("mappings", np.int32, (sum(lengths),), -1)
        maps = parted(mappings, lengths, np.int32)
        links = tuple(Link(int(d), int(s), m) for (d, s), m in zip(pairs, maps, strict=True))
        filled = {link.dependant for link in links}
        too_far = any(link.mapping.max() >= domain.sizes[link.dependant] for link in links)
        if too_far or len(filled) < len(links) or any(link.source in filled for link in links):
            raise ValueError("state: its dependencies do not fit its fields")
        fields = state.array("rare", np.int64, (None,), 0, len(domain) - 1).tolist()
        sizes = [domain.sizes[j] for j in fields]
        kept = parted(state.array("kept", np.int64, (sum(sizes),), 0), sizes, np.int64)
        rest = domain.project(_free(domain, links))
        return FittedDependent(
            domain, self.model.load(rest, inner), links, dict(zip(fields, kept, strict=True))
        )


def _free(domain: Domain, links: tuple[Link, ...]) -> list[str]:
    filled = {link.dependant for link in links}
    return [f.name for j, f in enumerate(domain) if j not in filled]


def _lost(domain: Domain, links: tuple[Link, ...]) -> dict[int, Bools]:
    """Per field that has any, the codes that are redrawn: pooled rare ones, and sources without a partner."""
    out: dict[int, Bools] = {}
    filled = {link.dependant for link in links}
    for j, f in enumerate(domain):
        mask = np.zeros(f.size, bool)
        if f.rare is not None:
            mask[f.rare] = True
        for link in links:
            if link.source == j:
                mask |= link.mapping < 0
        if mask.any() and j not in filled:
            out[j] = mask
    return out


def _kept(field: Field, counts: Ints, lost: Bools) -> Ints:
    """Counts from which lost codes are redrawn; as they are where nothing else was kept.

    A rare value is there, so it never becomes missing: else a column of rare levels would come out empty.
    """
    kept = np.where(lost, 0, counts)
    kept[: int(field.nullable)] = 0
    return kept if kept.any() else counts


@dataclass(frozen=True)
class FittedDependent:
    """A fitted model with the fields that are filled in from others.

    Args:
        domain: All fields.
        inner: The fitted model of the fields that are no dependants.
        links: The dependencies.
        rare: For fields with codes that are redrawn, the counts from which they are, shape (size,).
    """

    domain: Domain
    inner: Fitted
    links: tuple[Link, ...]
    rare: dict[int, Ints]

    def lost(self) -> dict[int, Bools]:
        """Codes that never come out, masks of shape (size,) by position of the field."""
        return _lost(self.domain, self.links)

    def conditions(self, n: int, given: Given | None) -> dict[int, Floats]:
        """Weights of the fields that are no dependants, by position, for n rows; see `Given`.

        Args:
            n: Number of rows, ≥ 0.
            given: Weights of the codes of some fields, by name, shape (size,) or (n, size); None for no
                condition.
        """
        weights = check_given(self.domain, given, n)
        for link in self.links:  # what is asked of a dependant is asked of its source
            if link.dependant in weights:
                asked = np.where(link.mapping < 0, 0.0, weights.pop(link.dependant)[..., link.mapping])
                weights[link.source] = _product(weights.get(link.source), asked)
        lost = self.lost()
        for j, kept in self.rare.items():
            if j in weights:
                weights[j] = _with_rare(weights[j] * ~lost[j], kept, self.domain.fields[j].rare)
        if any(not w.any(axis=-1).all() for w in weights.values()):
            raise impossible(", ".join(given or ()))
        return weights

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows, redraw pooled rare codes, then fill the dependants.

        Args:
            n: Number of rows, ≥ 0.
            rng: Source of randomness.
            given: Weights of the codes of some fields, by name, shape (size,) or (n, size); None for no
                condition.
        """
        weights, lost = self.conditions(n, given), self.lost()
        asked_of = {self.domain.names[j]: w for j, w in weights.items()}
        drawn = self.inner.sample(n, rng=rng, given=asked_of or None)
        values = np.empty((n, len(self.domain)), np.int32, order="F")
        for j, name in enumerate(drawn.domain.names):
            values[:, self.domain.index(name)] = drawn.values[:, j]
        for j, kept in self.rare.items():
            _redraw(values[:, j], lost[j], kept, weights.get(j), rng)
        for link in self.links:
            values[:, link.dependant] = link.mapping[values[:, link.source]]
        return Codes(self.domain, values)

    def state(self) -> State:
        """The inner model's state, the links, and the counts behind pooled codes."""
        inner = self.inner.state()
        arrays = prefixed("inner", inner.arrays)
        arrays["links"] = np.array([[k.dependant, k.source] for k in self.links], np.int32).reshape(-1, 2)
        arrays["mappings"] = joined((k.mapping for k in self.links), np.int32)
        arrays["rare"] = np.array(list(self.rare), np.int32)
        arrays["kept"] = joined(self.rare.values(), np.int64)
        return State(inner.facts, arrays)


def _redraw(column: Ints32, lost: Bools, kept: Ints, weights: Floats | None, rng: Generator) -> None:
    """Replace lost codes by kept ones, in place."""
    rows = np.flatnonzero(lost[column])
    if rows.size:
        mass = kept.astype(np.float64)
        if weights is not None:
            mass = mass * (weights if weights.ndim == 1 else weights[rows])
        column[rows] = draw(mass, rows.size, rng)


def _product(first: Floats | None, second: Floats) -> Floats:
    return second if first is None else first * second


def _with_rare(weights: Floats, kept: Ints, rare: int | None) -> Floats:
    """Weights in which the pooled rare code weighs what the codes weigh that it is redrawn from."""
    out = weights.astype(np.float64)
    if rare is None:
        return out
    out[..., rare] = 0.0
    out[..., rare] = (out * kept).sum(axis=-1) / max(int(kept.sum()), 1)
    return out
