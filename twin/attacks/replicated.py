"""A6: people whom quasi-identifiers single out, met again in the twin, and what it then tells of them."""

from __future__ import annotations

import numpy as np

from twin.arrays import Bools, Floats, Ints, Uints64
from twin.attacks.base import AttackInfo, Detail, Reading
from twin.attacks.data import AttackData
from twin.attacks.holders import alone, by_person
from twin.attacks.rates import by_column, rates, worst
from twin.metrics.table_view import TableView, hash_rows

_FEW = 20
"""A number of so many values is told by its value, others by their tenth."""
_SOURCE = "Raab, Nowok & Dibben 2024, arXiv 2406.16826"


class ReplicatedUniques:
    """People alone with their quasi-identifiers, met exactly once in the twin."""

    about = AttackInfo(
        name="replicated_uniques",
        code="A6",
        title="Replicated uniques",
        question="The attacker knows the quasi-identifiers of people whom these single out, and looks for "
        "the one row of the twin that has the same.",
        figure="share of people who are unique with their quasi-identifiers and are met in exactly one row "
        "of the twin, less that of people it never saw",
        source=f"{_SOURCE} (RepU)",
    )

    def read(self, bed: AttackData, twin: TableView) -> Reading | None:
        """All people of both sides; None without quasi-identifiers."""
        if not bed.quasi:
            return None
        once = _once(_known(twin, bed))
        hits = [
            int(by_person(side, _single(side, bed) & np.isin(_known(side, bed), once)).sum())
            for side in (bed.train, bed.holdout)
        ]
        return rates(hits[0], hits[1], bed.train.n_units)

    def detail(self, bed: AttackData, twin: TableView, reading: Reading | None) -> Detail:
        """How many are unique, and both rates."""
        if reading is None:
            return Detail()
        unique = [float(by_person(side, _single(side, bed)).mean()) for side in (bed.train, bed.holdout)]
        note = (
            f"Quasi-identifiers: {_names(bed)}. {unique[0]:.1%} of the people learned from and "
            f"{unique[1]:.1%} of the others are unique with them on their side."
        )
        weak = "" if any(unique) else "nobody is unique with the quasi-identifiers"
        return Detail(weak=weak, note=note)


class DisclosivePairs:
    """People of whom the twin tells a secret to those who know their quasi-identifiers."""

    about = AttackInfo(
        name="disclosive_pairs",
        code="A6",
        title="Disclosive pairs",
        question="The attacker knows a person's quasi-identifiers, finds all rows of the twin that have "
        "the same, and where these agree in another column takes what they say for the person's own.",
        figure="share of people whose value is told rightly, less that of people the twin never saw, in the "
        "column where it is largest",
        source=f"{_SOURCE} (DiSCO)",
    )

    def read(self, bed: AttackData, twin: TableView) -> Reading | None:
        """All people of both sides; None without quasi-identifiers or other columns."""
        told = disclosed(bed, twin)
        if not told:
            return None
        return worst(list(told.values()))

    def detail(self, bed: AttackData, twin: TableView, reading: Reading | None) -> Detail:
        """Both rates, column by column."""
        if reading is None:
            return Detail()
        told = {bed.train.columns[j].name: one for j, one in disclosed(bed, twin).items()}
        note = (
            f"Quasi-identifiers: {_names(bed)}. Numbers and dates of more than twenty values count as told "
            "where their tenth of the column is. The p-value is the smallest of all columns, "
            "times their number (Bonferroni)."
        )
        return Detail(note=note, tables=(by_column(told, "Told rightly, by column"),))


def disclosed(bed: AttackData, twin: TableView) -> dict[int, Reading]:
    """For each sensitive column, how many people of each side the twin gives away.

    Args:
        bed: The sides; the target is the sensitive column, or each column that is no quasi-identifier.
        twin: The table that the attacker holds.
    """
    if not bed.quasi:
        return {}
    names = [column.name for column in bed.train.columns]
    others = [j for j in range(len(names)) if j not in bed.quasi]
    target = [j for j in others if names[j] == bed.case.target]
    known, place = np.unique(_known(twin, bed), return_inverse=True)
    order = np.argsort(place, kind="stable")
    start = np.searchsorted(place[order], np.arange(known.size))
    seen = [_known(side, bed) for side in (bed.train, bed.holdout)]
    where = [np.minimum(np.searchsorted(known, keys), known.size - 1) for keys in seen]
    found = [known[p] == keys for p, keys in zip(where, seen, strict=True)]
    readings = {}
    for j in target or others:
        edges = _edges(bed.case.views.train, j)
        codes = _codes(edges, twin, j)[order]
        least = np.minimum.reduceat(codes, start)
        told = np.where(least == np.maximum.reduceat(codes, start), least, -1)  # one value, or none
        hits = [
            int(by_person(side, there & (told[p] == _codes(edges, side, j))).sum())
            for side, p, there in zip((bed.train, bed.holdout), where, found, strict=True)
        ]
        readings[j] = rates(hits[0], hits[1], bed.train.n_units)
    return readings


def _edges(train: TableView, column: int) -> Floats:
    """All values of a column that has few, else the ends between its tenths."""
    values = np.unique(train.values[:, column])
    values = values[~np.isnan(values)]
    if train.columns[column].nominal or values.size <= _FEW:
        return values
    return np.unique(np.nanquantile(train.values[:, column], np.linspace(0.1, 0.9, 9), method="nearest"))


def _codes(edges: Floats, view: TableView, column: int) -> Ints:
    """Between which edges a value lies, or on which; a missing value is told too, by a code of its own."""
    x = view.values[:, column]
    codes = np.searchsorted(edges, x) + np.searchsorted(edges, x, side="right")
    return np.where(np.isnan(x), -2, codes)  # -1 is for nothing told


def _known(view: TableView, bed: AttackData) -> Uints64:
    return hash_rows(view.values[:, list(bed.quasi)])


def _single(side: TableView, bed: AttackData) -> Bools:
    return alone(_known(side, bed), side.units)


def _once(keys: Uints64) -> Uints64:
    values, counts = np.unique(keys, return_counts=True)
    once: Uints64 = values[counts == 1]
    return once


def _names(bed: AttackData) -> str:
    return ", ".join(bed.train.columns[j].name for j in bed.quasi)
