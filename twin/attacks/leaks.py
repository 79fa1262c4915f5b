"""A0: values, rows, strings and combinations of a few people that stand in the synthetic table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.attacks.base import AttackInfo, Detail, Reading
from twin.attacks.data import AttackData, everybody, joined
from twin.attacks.holders import alone, by_person, holders
from twin.attacks.rates import by_column, rates, worst
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


class Copies:
    """Rows that one person alone has, found in the twin."""

    about = AttackInfo(
        name="copies",
        code="A0",
        title="Copied rows",
        question="The attacker looks for rows of the twin that are the whole row of a real person, and of "
        "one person alone.",
        figure="share of people whose unique row stands in the twin, less that of people it never saw",
    )

    def read(self, bed: AttackData, twin: TableView) -> Reading | None:
        """All people; None where nobody's row is unique."""
        train, holdout = everybody(bed, twin)
        unique = _alone(train, holdout)
        if not any(rows.any() for rows in unique):
            return None
        hits = [_copied(*one, twin) for one in zip((train, holdout), unique, strict=True)]
        return rates(hits[0], hits[1], train.n_units, others=holdout.n_units)

    def detail(self, bed: AttackData, twin: TableView, reading: Reading | None) -> Detail:
        """How many rows could have been found, and both rates."""
        if reading is None:
            return Detail(weak="nobody has a row that no other person has")
        both = everybody(bed, twin)
        rows = _alone(*both)
        unique = [float(by_person(*one).mean()) for one in zip(both, rows, strict=True)]
        note = (
            f"{unique[0]:.1%} of the people learned from and {unique[1]:.1%} of the others have a row that "
            "nobody else has on either side. Columns that no score looks at are left out of the rows."
        )
        return Detail(note=note)


class CopiedStrings:
    """Keys, names and texts that few people have, found in the twin."""

    about = AttackInfo(
        name="copied_strings",
        code="A0",
        title="Copied keys, names and texts",
        question="The attacker looks for keys, names and texts of the twin that belong to a real person, and "
        "to few others.",
        figure="share of people with a key, name or text in the twin that fewer than k people have, less "
        "that of people it never saw, in the column where it is largest",
    )

    def read(self, bed: AttackData, twin: TableView) -> Reading | None:
        """All people; None where the table has no such column, or only common strings."""
        found = list(shown(bed, twin).values())
        return worst(found) if found else None

    def detail(self, bed: AttackData, twin: TableView, reading: Reading | None) -> Detail:
        """Both rates, column by column."""
        if reading is None:
            return Detail()
        found = {bed.case.views.strings[j]: one for j, one in shown(bed, twin).items()}
        note = (
            "Invented names and numbers meet real ones by chance, on both sides alike. The p-value is the "
            "smallest of all columns, times their number (Bonferroni)."
        )
        return Detail(note=note, tables=(by_column(found, "Strings found in the twin"),))


def shown(bed: AttackData, twin: TableView) -> dict[int, Reading]:
    """For each column of strings that few people share, how many people of each side have one in the twin.

    Args:
        bed: The people.
        twin: The table that is searched.
    """
    both = everybody(bed, twin)
    readings = {}
    for j in range(len(bed.case.views.strings)):
        few = _few(*both, j, bed.case.k)
        if any(rows.any() for rows in few):
            hits = [
                int(by_person(side, rows & np.isin(side.strings[:, j], twin.strings[:, j])).sum())
                for side, rows in zip(both, few, strict=True)
            ]
            readings[j] = rates(hits[0], hits[1], both[0].n_units, others=both[1].n_units)
    return readings


def _together(train: TableView, holdout: TableView) -> Ints:
    """Persons of the rows of both sides, those of train first."""
    return np.concatenate([train.units, holdout.units + train.n_units])


def _alone(train: TableView, holdout: TableView) -> list[Bools]:
    """Rows of each side that nobody else has on either."""
    rows = alone(np.concatenate([train.hashes, holdout.hashes]), _together(train, holdout))
    return np.split(rows, [train.n])


def _copied(side: TableView, unique: Bools, twin: TableView) -> int:
    return int(by_person(side, unique & np.isin(side.hashes, twin.hashes)).sum())


def _few(train: TableView, holdout: TableView, column: int, k: int) -> list[Bools]:
    """Rows of each side with a string that fewer than k people of both have."""
    strings = np.concatenate([train.strings[:, column], holdout.strings[:, column]])
    values, people = holders(strings, _together(train, holdout))
    rare: Bools = (people < k)[np.searchsorted(values, strings)] & (strings != 0)
    return np.split(rare, [train.n])


CHANCE = 0.01
"""Combinations that would stand in the twin more often than this, were its columns independent, are left
out: that one is found there says nothing of where it came from."""
_COLUMNS = 20
_STREAM = 60


@dataclass(frozen=True)
class Coded:
    """A table by the values of the twin.

    Args:
        codes: Place of each cell's value among the twin's, -1 for one that it does not hold, per column.
        logs: Logarithm of the share of the twin's rows with it, per column; infinite where it has none.
    """

    codes: tuple[Ints, ...]
    logs: tuple[Floats, ...]


class RareCombinations:
    """Pairs and triples that one person alone has, found in the twin against all chance."""

    about = AttackInfo(
        name="rare_combinations",
        code="A0",
        title="Copied rare combinations",
        question="The attacker looks in the twin for pairs and triples of values that one person alone has, "
        f"and that independent columns would bring together with a chance of at most {CHANCE:.0%}.",
        figure="share of people with such a combination in the twin, less that of people it never saw",
    )

    def read(self, bed: AttackData, twin: TableView) -> Reading | None:
        """All people; None with a single column."""
        chosen = columns(bed)
        if len(chosen) < 2:
            return None
        hits = met(bed, twin, chosen)
        return rates(int(hits[0].sum()), int(hits[1].sum()), hits[0].size, others=hits[1].size)

    def detail(self, bed: AttackData, twin: TableView, reading: Reading | None) -> Detail:
        """Which columns were combined, and both rates."""
        if reading is None:
            return Detail()
        names = ", ".join(bed.train.columns[j].name for j in columns(bed))
        note = (
            f"All pairs and triples of {names}. Values are compared as they are, without rounding, and a "
            "person is alone with them among all people of both sides."
        )
        return Detail(note=note)


def columns(bed: AttackData) -> tuple[int, ...]:
    """Which columns are combined: quasi-identifiers, and others by lot, twenty in all."""
    rest = np.setdiff1d(np.arange(len(bed.train.columns)), bed.quasi)
    drawn = [*bed.quasi, *bed.rng(_STREAM).permutation(rest).tolist()]
    return tuple(sorted(drawn[:_COLUMNS]))


def met(bed: AttackData, twin: TableView, chosen: tuple[int, ...]) -> tuple[Bools, Bools]:
    """Who is alone with a pair or triple that is in the twin and that chance would not bring there.

    Args:
        bed: The sides.
        twin: The table that is searched.
        chosen: Columns to combine.

    Returns:
        For each person of train, and of the holdout, whether there is such a combination.
    """
    train, holdout = everybody(bed, twin)
    people = joined(train, holdout)
    units = np.concatenate([train.units, holdout.units + train.n_units])
    table, real = _coded(twin, twin, chosen), _coded(people, twin, chosen)
    sizes = [int(codes.max(initial=-1)) + 1 for codes in table.codes]
    found = np.zeros(people.n, dtype=bool)
    most = np.log(CHANCE / twin.n)
    for places in [c for size in (2, 3) for c in combinations(range(len(chosen)), size)]:
        rows, keys = _rare(table, places, sizes, most)
        if not rows.size:
            continue
        keys = np.unique(keys)
        rows, own = _rare(real, places, sizes, most)
        there = keys[np.minimum(np.searchsorted(keys, own), keys.size - 1)] == own
        rows, own = rows[there], own[there]
        found[rows[alone(own, units[rows])]] = True
    hits = np.bincount(units[found], minlength=train.n_units + holdout.n_units) > 0
    return hits[: train.n_units], hits[train.n_units :]


def _coded(view: TableView, twin: TableView, chosen: tuple[int, ...]) -> Coded:
    codes, logs = [], []
    for j in chosen:
        known, counts = np.unique(twin.values[:, j], return_counts=True)  # a missing value last, as one
        place = np.minimum(np.searchsorted(known, view.values[:, j]), known.size - 1)
        same = (known[place] == view.values[:, j]) | (np.isnan(known[place]) & np.isnan(view.values[:, j]))
        codes.append(np.where(same, place, -1))
        logs.append(np.where(same, np.log(counts / twin.n)[place], np.inf))
    return Coded(tuple(codes), tuple(logs))


def _rare(table: Coded, places: tuple[int, ...], sizes: list[int], most: float) -> tuple[Ints, Ints]:
    """Rows with a combination that chance would hardly bring, and a number for the combination of each."""
    rows = np.flatnonzero(sum(table.logs[p] for p in places) < most)
    key = np.zeros(rows.size, dtype=np.int64)
    for p in places:
        key = key * sizes[p] + table.codes[p][rows]
    return rows, key
