"""A0: single values of a few people that stand in the twin."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.arrays import Floats
from twin.attacks.base import AttackInfo, Detail, Reading
from twin.attacks.data import AttackData
from twin.attacks.holders import holders
from twin.metrics.intervals import wilson
from twin.metrics.score import Head, ScoreTable
from twin.metrics.table_view import TableView, hash_rows


@dataclass(frozen=True)
class LeakScan:
    """The values of one column that fewer than k people hold.

    Args:
        few: How many there are in train, tails of numbers and missing cells included.
        seen: How many of them stand in the twin.
    """

    few: int
    seen: int


class Leaks:
    """Values that few people of train hold, found in the twin."""

    about = AttackInfo(
        name="leaks",
        code="A0",
        title="Values of a few people",
        question="The attacker looks for values that fewer than k people hold: rare levels, the smallest and "
        "largest numbers and dates, a missing cell where hardly any is missing. One that stands in the twin "
        "tells that such a person was among those it learned from.",
        figure="share of the values held by fewer than k people learned from that stand in the twin",
        scale="share",
    )

    def read(self, bed: AttackData, twin: TableView) -> Reading | None:
        """All values of train; None where every value has k people, or where none was suppressed.

        Under a privacy budget a value is met by chance within noisy or declared bounds.
        Real people passed off as a twin go through the guard first.
        """
        if not bed.suppressed:
            return None
        if twin is bed.others:
            twin = guarded(twin, bed.case.k)
        scans = scan(bed, twin)
        few, seen = sum(s.few for s in scans), sum(s.seen for s in scans)
        if not few:
            return None
        share = wilson(seen, few)
        return Reading(
            value=share.value,
            low=share.value,
            high=share.value,
            error=0.0,
            p=float(not seen),  # none is allowed, so one is proof and no matter of chance
            n=few,
            train=share,
        )

    def detail(self, bed: AttackData, twin: TableView, reading: Reading | None) -> Detail:
        """Which columns hold such values, and which of them show one."""
        k = bed.case.k
        rows = tuple(
            (column.name, _range(one.few, k), _range(one.seen, k))
            for column, one in zip(bed.train.columns, scan(bed, twin), strict=True)
            if one.few
        )
        heads = (Head("column"), Head(f"values of fewer than {k} people"), Head("of them in the twin"))
        note = (
            f"Counted are values that fewer than {k} people learned from hold, and fewer than {k} "
            "of the holdout; a number or date counts where fewer people reach as far. Declared "
            "levels are public and do not count."
        )
        return Detail(note=note, tables=(ScoreTable(title="Values of a few people", heads=heads, rows=rows),))


def scan(bed: AttackData, twin: TableView) -> tuple[LeakScan, ...]:
    """What few people hold and the twin shows, one result per column.

    Args:
        bed: The tables; people are counted in the whole of train and of the holdout.
        twin: The table that is searched.
    """
    train, holdout = bed.case.views.train, bed.case.views.holdout
    assert holdout is not None
    scans = []
    for j, (column, public) in enumerate(zip(train.columns, bed.public, strict=True)):
        rare = _rare_levels if column.nominal else _tails
        few = rare(train, holdout, j, bed.case.k)
        if column.nominal:
            few = np.array([v for v in few if column.levels[int(v)] not in public])
        seen = int(np.isin(few, twin.values[:, j]).sum())
        gap = 0 < _lacking(train, j) < bed.case.k and _lacking(holdout, j) < bed.case.k
        scans.append(LeakScan(few.size + gap, seen + (gap and bool(_lacking(twin, j)))))
    return tuple(scans)


def guarded(view: TableView, k: int) -> TableView:
    """A table in which no value is held by fewer than k people.

    Rare levels give way to the commonest, tails are cut where k people reach, and where fewer than k people
    lack a value they get the commonest level or the middle number.

    Args:
        view: Real rows.
        k: Fewest people, ≥ 1.

    Example:
        >>> from twin.metrics.table_view import ViewColumn
        >>> ages = np.array([[30.0], [31.0], [32.0], [33.0], [103.0]])
        >>> column = ViewColumn(name="age", kind="number", nominal=False)
        >>> view = TableView((column,), ages, np.arange(5), np.arange(5, dtype=np.uint64))
        >>> guarded(view, 2).values[:, 0].tolist()
        [31.0, 31.0, 32.0, 33.0, 33.0]
    """
    values = view.values.copy(order="F")
    for j, column in enumerate(view.columns):
        x = values[:, j]  # (n,), written in place
        there = ~np.isnan(x)
        if np.unique(view.units[there]).size < k:
            x[:] = np.nan
            continue
        if column.nominal:
            levels, people = holders(x[there], view.units[there])
            middle = levels[np.argmax(people)]
            x[there & ~np.isin(x, levels[people >= k])] = middle
        else:
            low, high = _reach(view, j, k)
            x[:] = np.clip(x, low, high)
            middle = np.quantile(x[there], 0.5, method="nearest")
        if _lacking(view, j) < k:
            x[~there] = middle
    return replace(view, values=values, hashes=hash_rows(values))


def _range(count: int, k: int) -> str:
    """A count as it may be told."""
    return f"1 to {k - 1}" if 0 < count < k else f"{count:,}"


def _rare_levels(train: TableView, holdout: TableView, column: int, k: int) -> Floats:
    """Values of train held by fewer than k people of it and of the holdout."""
    few = []
    for side in (train, holdout):
        there = ~np.isnan(side.values[:, column])
        levels, people = holders(side.values[there, column], side.units[there])
        few.append(levels[people < k] if side is train else levels[people >= k])
    return np.setdiff1d(few[0], few[1])


def _tails(train: TableView, holdout: TableView, column: int, k: int) -> Floats:
    """Values of train beyond what k people of it reach, and k of the holdout."""
    reach = [_reach(side, column, k) for side in (train, holdout)]
    low, high = min(r[0] for r in reach), max(r[1] for r in reach)
    x = np.unique(train.values[:, column])
    return x[(x < low) | (x > high)]


def _reach(view: TableView, column: int, k: int) -> tuple[float, float]:
    """The k-th smallest of the people's smallest values, and the k-th largest of their largest."""
    there = ~np.isnan(view.values[:, column])
    x, units = view.values[there, column], view.units[there]
    order = np.argsort(units, kind="stable")
    _, start = np.unique(units[order], return_index=True)
    if start.size < k:
        return np.inf, -np.inf
    least, most = np.minimum.reduceat(x[order], start), np.maximum.reduceat(x[order], start)
    return float(np.partition(least, k - 1)[k - 1]), float(np.partition(most, -k)[-k])


def _lacking(view: TableView, column: int) -> int:
    """How many people have a missing cell."""
    return int(np.unique(view.units[np.isnan(view.values[:, column])]).size)
