"""Categories and flags: levels that enough subjects hold; the rest is pooled or goes to a level above.

Rules S1–S4, S9, S10, S12.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
from numpy.random import Generator

from twin.arrays import Bools, Floats, Ints
from twin.codes import Field, State
from twin.columns import schema
from twin.columns.arrays.reading import NOMINAL, ColumnArrays, Type
from twin.columns.base import Candidate, Condition, DecodeContext, Matrix, scatter
from twin.columns.given.asked import Asked, codes_asked
from twin.columns.schema import Level
from twin.errors import SchemaError
from twin.privacy.suppression.guard import ColumnGuard, in_range

TOKEN = "_RARE_"
"""The visible level of pooled values, with more underscores where a kept level is called so (test T9)."""


@dataclass(frozen=True, kw_only=True)
class Hierarchy:
    """Which level stands above which; without arguments, none above any.

    Args:
        parents: The level above each level, or None.
        prefixes: Lengths of the beginnings that stand above a level, longest first.

    Example:
        >>> list(Hierarchy(prefixes=(3, 1)).above("E11.9"))
        ['E11', 'E']
        >>> list(Hierarchy(parents={"Graz": "Styria", "Styria": "Austria"}).above("Graz"))
        ['Styria', 'Austria']
    """

    parents: Mapping[str, str] | None = None
    prefixes: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self.parents is not None or bool(self.prefixes)

    def parent(self, level: Level) -> str | None:
        """The level above one, or None at the top."""
        if self.parents is not None:
            return self.parents.get(str(level))
        if self.prefixes:
            text = str(level)
            for length in self.prefixes:
                start = _stripped(text[:length])
                if start and len(start) < len(text):
                    return start
        return None

    def above(self, level: Level) -> Iterator[str]:
        """All levels above one, nearest first."""
        up = self.parent(level)
        while up is not None:
            yield up
            up = self.parent(up)

    def lacking(self, levels: Iterable[Level]) -> int:
        """How many of the levels have no place in the hierarchy: no parent, and no top."""
        if self.parents is None:
            return 0
        named = {*self.parents, *self.parents.values()}
        return sum(level not in named for level in levels)


FLAT = Hierarchy()
"""No level stands above another."""


def _stripped(text: str) -> str:
    """A text without the punctuation and spaces at its end."""
    end = len(text)
    while end and not text[end - 1].isalnum():
        end -= 1
    return text[:end]


def hierarchy_of(column: schema.Category | schema.Flag) -> Hierarchy:
    """The hierarchy that a declaration asks for."""
    if isinstance(column, schema.Flag) or column.rare != "parent":
        return FLAT
    return Hierarchy(parents=column.parents, prefixes=column.prefixes or ())


def check_covers(hierarchy: Hierarchy, column: schema.Category, arrays: ColumnArrays, k: int) -> None:
    """Refuse a hierarchy that does not fit its column.

    Args:
        hierarchy: The hierarchy of the column.
        column: Its declaration.
        arrays: Its values.
        k: The public threshold, for the range that is told.

    Raises:
        SchemaError: If the values are not text, or levels lack a parent and are no top.
    """
    if not hierarchy:
        return
    if not all(isinstance(level, str) for level in arrays.levels):
        raise SchemaError(
            f"column {column.name!r}: its rare levels are to go to their parents, which are text, and its "
            'values are not; turn the column into text first, as with .astype(str), or choose rare="resample"'
        )
    public = {*(column.levels or ()), *column.keep}
    lacking = hierarchy.lacking(level for level in arrays.levels if level not in public)
    if lacking:
        raise SchemaError(
            f"column {column.name!r}: its hierarchy does not cover it, since {in_range(lacking, k)} levels "
            "of the data have no parent and are no top; add them to parents="
        )


@dataclass(frozen=True, kw_only=True)
class RolledUp:
    """A column whose rare levels went to their ancestors.

    Args:
        nodes: The levels of the data, then ancestors beyond them.
        at: Node of each row, shape (n,); a level that found no ancestor stays itself; -1 where missing.
        kept: Which nodes are kept, shape (number of nodes,).
        fixed: Which nodes are kept whatever their counts, same shape.
        up: Node above each node, -1 at the top, same shape.
    """

    nodes: tuple[Level, ...]
    at: Ints
    kept: Bools
    fixed: Bools
    up: Ints = field(repr=False)

    @property
    def free(self) -> Bools:
        """Kept nodes that may join a pool: not fixed, and with no kept node above them."""
        below = np.zeros(self.kept.size, dtype=bool)
        for node in np.flatnonzero(self.kept & (self.up >= 0)):
            above = self.up[node]
            while above >= 0 and not below[node]:
                below[node], above = self.kept[above], self.up[above]
        return self.kept & ~self.fixed & ~below

    def names(self, kept: Bools, levels: int) -> tuple[Level, ...]:
        """Names of kept nodes: levels in their own order, an ancestor before its first kept descendant.

        Where an ancestor stands says nothing of the rare levels below it.

        Args:
            kept: Mask over the nodes.
            levels: How many of the nodes are levels of the data.
        """
        order: dict[int, None] = {}
        for node in np.flatnonzero(kept[:levels]).tolist():
            chain, above = [node], int(self.up[node])
            while above >= 0:
                if above >= levels and kept[above]:
                    chain.append(above)
                above = int(self.up[above])
            order |= dict.fromkeys(chain[::-1])
        rest = (node for node in np.flatnonzero(kept).tolist() if node not in order)
        order |= dict.fromkeys(sorted(rest, key=lambda node: str(self.nodes[node])))
        return tuple(self.nodes[node] for node in order)


def roll_up(
    arrays: ColumnArrays, hierarchy: Hierarchy, column: schema.Category, guard: ColumnGuard
) -> RolledUp:
    """Move rare levels up, level by level, until enough subjects share what they became.

    A kept level does not count for its parent. An ancestor counts with all that was rolled up into it, and
    passes it on where that is held by too few, or mostly by one subject.

    Args:
        arrays: A nominal column, n rows.
        hierarchy: Which level stands above which; none above any keeps levels where they are.
        column: Its declaration: levels that are public, or kept by override.
        guard: Its guard.

    Returns:
        Where each row came to stand.
    """
    nodes: list[Level] = list(arrays.levels)
    index = {level: i for i, level in enumerate(nodes) if isinstance(level, str)}
    up: list[int] = []
    for node in nodes:  # grows while it is walked
        above = hierarchy.parent(node)
        if above is not None and above not in index:
            index[above] = len(nodes)
            nodes.append(above)
        up.append(-1 if above is None else index[above])
    parents = np.array(up, np.int64)
    depth = _depths(parents)
    public = column.levels is not None
    wanted = set(column.keep if column.levels is None else column.levels)
    fixed = np.array([node in wanted for node in nodes], dtype=bool)
    kept = np.zeros(len(nodes), dtype=bool)
    at = arrays.values.astype(np.int64)
    depth_of = np.append(depth, -1)
    for level in range(int(depth.max(initial=0)), -1, -1):
        here = depth_of[at] == level  # a missing value is at -1
        held = fixed if public else guard.keep(np.where(here, at, -1), len(nodes)) | fixed
        kept |= held & (np.bincount(at[here], minlength=len(nodes)) > 0)
        lost = here & ~np.append(held, True)[at]
        at[lost] = parents[at[lost]]
    at = np.where(at >= 0, at, arrays.values)
    return RolledUp(nodes=tuple(nodes), at=at, kept=kept, fixed=fixed, up=parents)


def _depths(up: Ints) -> Ints:
    """How many nodes stand above each, shape of `up`."""
    depth = np.zeros(up.size, np.int64)
    above = up.copy()
    while (above >= 0).any():
        depth += above >= 0
        above = np.where(above >= 0, up[above], -1)
    return depth


@dataclass(frozen=True, kw_only=True)
class LearnedLevels:
    """A learned category or flag.

    Levels are compared as they are: "Graz", "graz" and "Graz " are three levels, each counted alone.
    Codes: missing if `nullable`, then the levels, then the pool of rare ones if `pooled`.

    Args:
        name: Name of its field.
        type: What the levels are: boolean, string or mixed.
        levels: Levels that were kept, the token among them where it is visible.
        weights: Share of rows per code, shape (size,), to place what was not kept; 0 for a public level
            that too few subjects hold.
        ordered: Whether the order of the levels means something.
        nullable: Whether code 0 is a missing value.
        pooled: Whether the last code pools rare levels, to be redrawn from the kept ones.
        token: Code of the visible token, to which unknown levels go, or None.
        hierarchy: Levels above those that were not kept.
        shown: Codes of levels that are kept by override.
    """

    name: str
    type: Type
    levels: tuple[Level, ...]
    weights: Floats
    ordered: bool = False
    nullable: bool = False
    pooled: bool = False
    token: int | None = None
    hierarchy: Hierarchy = FLAT
    shown: tuple[int, ...] = ()
    _code_of: dict[tuple[str, Level], int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        codes = {_tag(level): i + self.nullable for i, level in enumerate(self.levels)}
        object.__setattr__(self, "_code_of", codes)

    @property
    def size(self) -> int:
        """Number of codes, ≥ 1."""
        return max(1, len(self.levels) + self.nullable + self.pooled)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The one field of the column."""
        scores = None
        if self.ordered:
            scores = np.arange(self.size, dtype=np.float64)
            scores[: self.nullable] = np.nan
        rare = self.size - 1 if self.pooled else None
        return (
            Field(
                name=self.name,
                size=self.size,
                ordered=self.ordered,
                nullable=self.nullable,
                scores=scores,
                rare=rare,
                shown=self.shown,
            ),
        )

    def codes_of(self, arrays: ColumnArrays) -> Ints:
        """Codes, shape (n,); -1 for values without a place."""
        arrays = arrays.as_nominal()
        other = self.token if self.token is not None else self.size - 1 if self.pooled else -1
        table = np.full(len(arrays.levels) + 1, other, np.int64)
        for i, level in enumerate(arrays.levels):
            table[i] = self._place(level, other)
        table[-1] = 0 if self.nullable else -1  # missing
        codes: Ints = table[arrays.values]
        return codes

    def _place(self, level: Level, other: int) -> int:
        """Code of a level, or of the nearest level above it that was kept."""
        names: Iterable[Level] = (level, *self.hierarchy.above(level))
        return next((self._code_of[tag] for tag in map(_tag, names) if tag in self._code_of), other)

    @property
    def _chances(self) -> Floats:
        """Weight per code to place a rare level: it is there, so it never becomes missing."""
        chances = np.zeros(self.size)
        named = slice(int(self.nullable), self.nullable + len(self.levels))
        chances[named] = self.weights[named]
        if not chances.any():
            chances[named] = 1.0
        return chances

    def encode(self, arrays: ColumnArrays, rng: Generator) -> Matrix:
        """Codes, shape (n, 1).

        Args:
            arrays: The column as arrays, n rows.
            rng: Source of randomness.
        """
        return scatter(self.codes_of(arrays), self._chances, rng)[:, None]

    def decode(self, codes: Matrix, context: DecodeContext) -> ColumnArrays:
        """Levels; a code of the pool takes a kept level by its frequency.

        Args:
            codes: Codes of the column's fields, shape (n, fields).
            context: Which rows are decoded, and their randomness.
        """
        return self._decode(codes, context, self._chances)

    def _decode(self, codes: Matrix, context: DecodeContext, chances: Floats) -> ColumnArrays:
        column = codes[:, 0]
        if self.pooled:
            column = scatter(np.where(column == self.size - 1, -1, column), chances, context.rng)
        missing = column < self.nullable if self.levels else np.full(column.shape, self.nullable)
        values = np.where(missing, -1, column.astype(np.int64) - self.nullable)
        return ColumnArrays(
            type=self.type, values=values, missing=missing, levels=self.levels, ordered=self.ordered
        )

    def condition(self, asked: Asked) -> Condition:
        """Levels that are asked for, compiled to codes; the pool counts as much as it would give of them."""
        codes = codes_asked(asked, self.levels, nullable=self.nullable, ordered=self.ordered)
        if asked.rows is not None:
            return Condition(codes=(codes[asked.rows].astype(np.int32),), decode=self.decode)
        weights = np.zeros(self.size)
        weights[codes] = 1.0
        chances = self._chances * weights
        if self.pooled:
            weights[-1] = chances.sum() / self._chances.sum()
        return Condition(
            weights=(weights,), decode=lambda part, context: self._decode(part, context, chances)
        )

    def state(self) -> State:
        """What `load` needs."""
        return State(
            {
                "type": self.type,
                "levels": list(self.levels),
                "ordered": self.ordered,
                "nullable": self.nullable,
                "pooled": self.pooled,
                "token": self.token,
                "shown": list(self.shown),
            },
            {"weights": self.weights},
        )


def _tag(level: Level) -> tuple[str, Level]:
    """A key that tells 1, 1.0 and True apart."""
    return type(level).__name__, level


def takes(candidate: Candidate) -> schema.Category:
    """A category, whatever it holds: the kind of a column that no other takes."""
    return schema.Category(name=candidate.name, dtype=candidate.dtype, reason=_reason(candidate))


def _reason(candidate: Candidate) -> str:
    if not candidate.present:
        return "no value at all"
    if candidate.categorical:
        return f"dtype {candidate.dtype.split('/')[0].split('<')[0]}"
    if candidate.arrays.type == "mixed":
        return "values of several types"
    few = candidate.distinct <= max(20, candidate.present // 20)
    return f"text with {'few' if few else 'many'} distinct values"


def takes_flags(candidate: Candidate) -> schema.Flag | None:
    """A flag, where the dtype holds true and false."""
    if candidate.arrays.type != "boolean" or not candidate.present:
        return None
    return schema.Flag(name=candidate.name, dtype=candidate.dtype, reason=f"dtype {candidate.dtype}")


def learn(column: schema.Category | schema.Flag, arrays: ColumnArrays, guard: ColumnGuard) -> LearnedLevels:
    """Learn which levels are kept, and how often each occurs.

    Args:
        column: Its declaration.
        arrays: The column as arrays, n rows.
        guard: The guard of this column.

    Raises:
        SchemaError: If a hierarchy does not fit the column.
    """
    arrays = arrays.as_nominal()
    nullable = arrays.missing.size == 0 or guard.supports(arrays.missing)
    if arrays.missing.any() and not nullable:
        rows = int(arrays.missing.sum())
        guard.note("missing in too few", values=1, rows=rows, replacement="a level instead")
    declared = column if isinstance(column, schema.Category) else schema.Category(name=column.name)
    hierarchy = hierarchy_of(column)
    check_covers(hierarchy, declared, arrays, guard.guard.k)
    rolled = roll_up(arrays, hierarchy, declared, guard)
    kept, visible = _cut(declared, arrays, rolled, guard)
    rare = (rolled.at >= 0) & ~np.append(kept, True)[rolled.at]
    names = declared.levels or rolled.names(kept, len(arrays.levels))
    _note(declared, arrays, rolled, rare, visible=visible, guard=guard)
    learned = LearnedLevels(
        name=str(column.name),
        type=arrays.type,
        levels=(*names, token_level(names)) if visible else names,
        weights=np.ones(1),
        ordered=arrays.ordered,
        nullable=nullable,
        pooled=bool(names) and not visible and guard.supports(rare),
        token=len(names) + nullable if visible else None,
        hierarchy=hierarchy,
        shown=tuple(i + nullable for i, level in enumerate(names) if level in declared.keep),
    )
    codes = learned.codes_of(arrays)
    weights = np.bincount(codes[codes >= 0], minlength=learned.size).astype(np.float64)
    if declared.levels or declared.keep:
        weights[~guard.keep(codes, learned.size)] = 0.0
    return replace(learned, weights=weights / max(1.0, weights.sum()))


def _cut(
    column: schema.Category, arrays: ColumnArrays, rolled: RolledUp, guard: ColumnGuard
) -> tuple[Bools, bool]:
    """Which nodes are kept after all, and whether the rare ones share a visible level."""
    kept, at = rolled.kept, rolled.at
    public = column.levels is not None
    if not public:
        kept = guard.complement(at, kept, rolled.free)
    textual = arrays.type == "string" or any(isinstance(level, str) for level in arrays.levels)
    rare = (at >= 0) & ~np.append(kept, True)[at]
    if not (textual and rare.any() and (column.rare == "token" or not kept.any())):
        return kept, False
    if not public:
        kept = guard.pool(at, kept, rolled.free)
    rare = (at >= 0) & ~np.append(kept, True)[at]
    return kept, guard.supports(rare) or not (kept.any() or public)


def _note(
    column: schema.Category,
    arrays: ColumnArrays,
    rolled: RolledUp,
    rare: Bools,
    *,
    visible: bool,
    guard: ColumnGuard,
) -> None:
    """Write the lines of the suppression log."""
    at, replacement = rolled.at, f"the visible level {TOKEN}" if visible else "drawn from the kept levels"
    rule = "held by too few" if column.levels is None else "not among the declared levels"
    joined = rare & np.append(rolled.kept, False)[at]
    moved = (at != arrays.values) & ~rare
    for what, rows, where in (
        (rule, moved, "the nearest level above that enough share"),
        (rule, rare & ~joined, replacement),
        ("pooled too, so that what is rare does not stand alone", joined, replacement),
    ):
        if rows.any():
            values = np.unique(arrays.values[rows]).size
            guard.note(what, values=values, rows=int(rows.sum()), replacement=where)
    if column.keep:
        shown = np.append(rolled.fixed & rolled.kept, False)[at] & (column.levels is None)
        guard.note(
            f"kept by override: {column.because.strip()}",
            values=np.unique(at[shown]).size,
            rows=int(shown.sum()),
            replacement="nothing: they are shown as they are",
        )


def token_level(levels: tuple[Level, ...]) -> str:
    """The visible level of pooled values, so called that no kept level is."""
    token = TOKEN
    while token in levels:
        token = f"_{token}_"
    return token


def sealed(column: schema.Category, learned: LearnedLevels) -> tuple[schema.Category, LearnedLevels]:
    """A declaration and its levels without the parents of levels that were not kept: these name them.

    Args:
        column: Its declaration.
        learned: What was learned of it.
    """
    if column.parents is None:
        return column, learned
    kept = {str(level) for level in learned.levels}
    parents = {level: above for level, above in column.parents.items() if level in kept}
    column = column.model_copy(update={"parents": parents})
    return column, replace(learned, hierarchy=hierarchy_of(column))


def load(column: schema.Category | schema.Flag, state: State) -> LearnedLevels:
    """The learned column from its state.

    Args:
        column: Its declaration.
        state: What `state` gave, as it came from a file.
    """
    type_, levels = state.fact("type", str), state.fact("levels", list)
    ordered, nullable, pooled = (state.fact(name, bool) for name in ("ordered", "nullable", "pooled"))
    size = max(1, len(levels) + nullable + pooled)
    token = None if state.facts["token"] is None else state.whole("token", 0, size - 1)
    shown = state.fact("shown", list) if "shown" in state.facts else []
    plain = all(isinstance(level, str | int | float) for level in levels)
    if type_ not in NOMINAL or not plain or not all(type(code) is int for code in shown):
        raise ValueError("state: its levels are none that there are")
    return LearnedLevels(
        name=str(column.name),
        type=type_,
        levels=tuple(cast(list[Level], levels)),
        weights=state.array("weights", np.float64, (size,), 0.0),
        ordered=ordered,
        nullable=nullable,
        pooled=pooled,
        token=token,
        hierarchy=hierarchy_of(column),
        shown=tuple(shown),
    )
