"""The one page that knows how rows come about: codes under conditions, decoded, repaired, checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from twin.arrays import Bools, Ints
from twin.columns.base import DecodeContext
from twin.columns.table import stacked
from twin.conditions.compile import CompiledRequest, RowSource
from twin.conditions.shift import relabel, shift_values
from twin.constraints.rules import Rules
from twin.constraints.whole import Seen
from twin.errors import InputError
from twin.randomness import Stream, generator
from twin.sampling.blocks import RowConditions, map_blocks, sample_under

_MOST_ROUNDS = 40
_MOST_CANDIDATES = 64
_MOST_AT_A_TIME = 262_144


@dataclass(frozen=True, kw_only=True)
class RowBlock:
    """Some rows of a sample, with auxiliary columns.

    Args:
        frame: The rows.
        wanted: What was asked of them, or None.
        rows: Their numbers in the whole sample, shape (n,).
    """

    frame: pd.DataFrame
    wanted: RowConditions | None
    rows: Ints


@dataclass(frozen=True, kw_only=True)
class RowSampler:
    """Draws rows of a twin.

    Args:
        source: The columns, the model, and the rules that rows must keep.
        request: What is asked of them, or None.
        seed: Of the sample.
    """

    source: RowSource
    request: CompiledRequest | None
    seed: int

    def blocks(self, n: int, *, threads: int) -> Iterator[pd.DataFrame]:
        """Rows 0 … n - 1 in blocks, at least one; the same on any number of threads.

        Args:
            n: Number of rows, ≥ 0.
            threads: Threads to work with, ≥ 1.
        """
        seen = self.source.rules.seen() if self.source.rules else None
        for block in map_blocks(n, self._block, seed=self.seed, threads=threads):
            yield self._finished(self._once(block, seen) if seen is not None and seen.asked else block)

    def _block(self, start: int, stop: int, rng: Generator) -> RowBlock:
        wanted = None if self.request is None else self.request.wanted.part(start, stop, rng)
        rows = np.arange(start, stop)
        frame = self._kept(self._drawn(wanted, rows, rng), wanted, rows, rng)
        return RowBlock(frame=frame, wanted=wanted, rows=rows)

    def _once(self, block: RowBlock, seen: Seen) -> RowBlock:
        """A block in which no row comes again; others are drawn for those that do.

        Blocks come one after the other here, so that it does not matter which thread drew which.
        """
        first = int(block.rows[0]) if len(block.rows) else 0
        rng, frame = generator(self.seed, Stream.DISTINCT, first), block.frame
        left = np.flatnonzero(seen.repeats(frame))
        for _ in range(_MOST_ROUNDS):
            if not left.size:
                seen.add(frame)
                return replace(block, frame=frame)
            part = None if block.wanted is None else block.wanted.take(left)
            numbers = block.rows[left]
            drawn = self._kept(self._drawn(part, numbers, rng), part, numbers, rng)
            frame = _replaced(frame, left, drawn)
            left = np.flatnonzero(seen.repeats(frame))
        raise InputError(
            f"constraints: the rule {str(seen.asked[0])!r} cannot be kept by so many rows, since the twin "
            "draws too few different ones; ask for fewer rows, or drop the rule"
        )

    def _finished(self, block: RowBlock) -> pd.DataFrame:
        """Rows as they leave: without auxiliary columns, and with the names of unseen levels."""
        frame = self.source.rules.strip(block.frame) if self.source.rules else block.frame
        if self.request is None or block.wanted is None:
            return frame
        return _renamed(frame, self.request, block.wanted)

    def _repaired(self, frame: pd.DataFrame, wanted: RowConditions | None, rows: Ints) -> pd.DataFrame:
        """Rows in which what is free follows from what is asked for, by the rules."""
        rules = self.source.rules
        if not rules:
            return frame
        fixed = {} if self.request is None or wanted is None else self.request.fixed(wanted, rows)
        return rules.repair(frame, fixed, self.source.columns.schema)

    def _drawn(self, wanted: RowConditions | None, rows: Ints, rng: Generator) -> pd.DataFrame:
        """Rows with these numbers, as near to the rules as they can be made; they may still break one."""
        draw = DecodeContext(rng=rng, seed=self.seed, rows=rows)
        if self.request is None or wanted is None:
            frame = self.source.columns.decode(self.source.fitted.sample(rows.size, rng=rng), draw)
            return self._repaired(frame, wanted, rows)
        codes = sample_under(self.source.fitted, rows.size, wanted, rng=rng)
        frame = self.source.columns.decode(codes, draw, self.request.decoders(wanted))
        if self.request.observed is not None:
            frame = overlaid(frame, self.request.observed.iloc[rows])
        if self.request.request.shift:
            frame = shift_values(frame, self.source.columns, self.request.request.shift)
        return self._repaired(frame, wanted, rows)

    def _kept(
        self, frame: pd.DataFrame, wanted: RowConditions | None, rows: Ints, rng: Generator
    ) -> pd.DataFrame:
        """Rows that keep every rule: those that do not are drawn again, several candidates for each."""
        rules = self.source.rules
        if not rules:
            return frame
        left = np.flatnonzero(~rules.holds(frame))
        many = 1
        for _ in range(_MOST_ROUNDS):
            if not left.size:
                return frame
            some = left[: max(1, _MOST_AT_A_TIME // many)]
            again = np.repeat(some, many)
            part = None if wanted is None else wanted.take(again)
            drawn = self._drawn(part, rows[again], rng)
            good = rules.holds(drawn).reshape(some.size, many)
            found, first = good.any(axis=1), good.argmax(axis=1)
            taken = np.flatnonzero(found) * many + first[found]
            frame = _replaced(frame, some[found], drawn.iloc[taken])
            left = np.setdiff1d(left, some[found])
            many = min(_MOST_CANDIDATES, 2 * many) if found.mean() < 0.7 else many
        stands = self.request is not None and self.request.observed is not None  # such cells may break one
        if left.size and not stands:
            raise InputError(
                f"constraints: the rule {_worst(rules, frame.iloc[left])!r} is hardly ever kept "
                f"{'in what the twin draws' if wanted is None else 'under what is asked'}; "
                "drop the rule, or ask for less"
            )
        return frame


def _worst(rules: Rules, frame: pd.DataFrame) -> str:
    """The rule that most rows break, in words."""
    found = {str(rule): int(rows.sum()) for rule, rows in rules.broken(frame).items()}
    return max(found, key=lambda rule: found[rule])


def _replaced(frame: pd.DataFrame, rows: Ints, others: pd.DataFrame) -> pd.DataFrame:
    """A table in which others stand in place of some rows."""
    if not rows.size:
        return frame
    whole = stacked([frame, others])
    place = np.arange(len(frame))
    place[rows] = len(frame) + np.arange(rows.size)
    return whole.take(place).reset_index(drop=True)


def _renamed(frame: pd.DataFrame, order: CompiledRequest, part: RowConditions) -> pd.DataFrame:
    """Rows with the names of unseen levels in place of their stand-ins."""
    if part.strata is None or part.cells is None:
        return frame
    for unseen in order.request.unseen:
        axis = [name for name, _ in order.groups].index(unseen.column)
        frame = relabel(frame, unseen, part.strata.groups[part.cells, axis] == 0)
    return frame


def overlaid(frame: pd.DataFrame, observed: pd.DataFrame) -> pd.DataFrame:
    """Rows in which the cells of another table stand where it has any; its levels are joined.

    Args:
        frame: Rows.
        observed: As many rows of some of the columns.

    Example:
        >>> a, b = pd.DataFrame({"x": [1.0, 2.0]}), pd.DataFrame({"x": [None, 5.0]})
        >>> overlaid(a, b)["x"].tolist()
        [1.0, 5.0]
    """
    out = frame.copy(deep=False)
    for name in observed.columns:
        here = observed[name].notna().to_numpy()
        out[name] = put(frame[name].reset_index(drop=True), observed[name].reset_index(drop=True), here)
    return out


def put(series: pd.Series[Any], values: pd.Series[Any], rows: Bools) -> pd.Series[Any]:
    """A column with other values in some rows, in its own dtype; categories are joined.

    Args:
        series: The column.
        values: What is put into it, one value for each row that is set.
        rows: Which rows are set, shape (n,).
    """
    if not rows.any():
        return series
    if isinstance(series.dtype, pd.CategoricalDtype):
        values = values.astype(series.dtype.categories.dtype)
        levels = pd.unique(values[rows].dropna())
        series = series.cat.add_categories([v for v in levels if v not in series.cat.categories])
    return series.mask(rows, values)
