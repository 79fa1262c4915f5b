"""Levels above levels: what stands in place of a level that too few subjects hold (rule S9, "parent").

A hierarchy is declared, by a mapping or by lengths of beginnings, and holds no fact about the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from twin.arrays import Bools, Ints
from twin.columns import schema
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.schema import Level
from twin.errors import SchemaError
from twin.privacy.suppression.guard import ColumnGuard
from twin.privacy.suppression.log import in_range


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
        known = {*self.parents, *self.parents.values()}
        return sum(level not in known for level in levels)


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
    known = {*(column.levels or ()), *column.keep}
    lacking = hierarchy.lacking(level for level in arrays.levels if level not in known)
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
    places = {level: i for i, level in enumerate(nodes) if isinstance(level, str)}
    up: list[int] = []
    for node in nodes:  # grows while it is walked
        above = hierarchy.parent(node)
        if above is not None and above not in places:
            places[above] = len(nodes)
            nodes.append(above)
        up.append(-1 if above is None else places[above])
    parents = np.array(up, np.int64)
    depth = _depths(parents)
    public = column.levels is not None
    wanted = set(column.keep if column.levels is None else column.levels)
    fixed = np.array([node in wanted for node in nodes], dtype=bool)
    kept = np.zeros(len(nodes), dtype=bool)
    at = arrays.values.astype(np.int64)
    place = np.append(depth, -1)
    for level in range(int(depth.max(initial=0)), -1, -1):
        here = place[at] == level  # a missing value is at -1
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
