"""A0: pairs and triples of values that a single person has, and that chance would not bring into the twin."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.attacks.base import AttackInfo, Detail, Reading
from twin.attacks.data import AttackData, everybody, joined
from twin.attacks.holders import alone
from twin.attacks.rates import rates
from twin.metrics.table_view import TableView

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
