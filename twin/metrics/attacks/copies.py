"""A0: rows, and keys, names and texts, of a single person that stand in the twin as they are."""

from __future__ import annotations

import numpy as np

from twin.metrics.attacks.attack import About, Detail, Reading
from twin.metrics.attacks.bed import Bed
from twin.metrics.attacks.holders import BoolArray, alone, by_person, holders
from twin.metrics.attacks.rates import rates, sides
from twin.metrics.score import Cell, Head, Table
from twin.metrics.view import View


class Copies:
    """Rows that one person alone has, found in the twin."""

    about = About(
        name="copies",
        code="A0",
        title="Copied rows",
        question="The attacker looks for rows of the twin that are the whole row of a real person, and of "
        "one person alone.",
        figure="Share of people whose unique row stands in the twin, less the same share of people that it "
        "never saw.",
    )

    def read(self, bed: Bed, twin: View) -> Reading | None:
        """All people of both sides; None where nobody's row is unique."""
        if not any(_alone(side).any() for side in (bed.train, bed.holdout)):
            return None
        return rates(_copied(bed.train, twin), _copied(bed.holdout, twin), bed.train.n_units)

    def detail(self, bed: Bed, twin: View, reading: Reading | None) -> Detail:
        """How many rows could have been found, and both rates."""
        if reading is None:
            return Detail(weak="nobody has a row that no other person has")
        unique = [float(by_person(s, _alone(s)).mean()) for s in (bed.train, bed.holdout)]
        note = (
            f"{unique[0]:.1%} of the people learned from and {unique[1]:.1%} of the others have a row that "
            "no other person on their side has. Columns that no score looks at are left out of the rows."
        )
        return Detail(note=note, tables=(sides(reading, "Unique rows found in the twin"),))


class CopiedStrings:
    """Keys, names and texts that few people have, found in the twin."""

    about = About(
        name="copied_strings",
        code="A0",
        title="Copied keys, names and texts",
        question="The attacker looks for keys, names and texts of the twin that belong to a real person, and "
        "to few others.",
        figure="Share of people with a key, name or text in the twin that fewer than k people have, less the "
        "same share of people that it never saw.",
    )

    def read(self, bed: Bed, twin: View) -> Reading | None:
        """All people of both sides; None where the table has no such column, or only common strings."""
        columns = range(len(bed.case.views.strings))
        sides = (bed.train, bed.holdout)
        if not any(_few(side, j, bed.case.k).any() for side in sides for j in columns):
            return None
        hits = []
        for side in sides:
            rows = np.zeros(side.n, dtype=bool)
            for j in columns:
                rows |= _few(side, j, bed.case.k) & np.isin(side.strings[:, j], twin.strings[:, j])
            hits.append(int(by_person(side, rows).sum()))
        return rates(hits[0], hits[1], bed.train.n_units)

    def detail(self, bed: Bed, twin: View, reading: Reading | None) -> Detail:
        """Both rates, in all and by column."""
        if reading is None:
            return Detail()
        rows: list[tuple[Cell, ...]] = []
        for j, name in enumerate(bed.case.views.strings):
            few = [_few(s, j, bed.case.k) for s in (bed.train, bed.holdout)]
            shown = [
                float(by_person(s, f & np.isin(s.strings[:, j], twin.strings[:, j])).mean())
                for s, f in zip((bed.train, bed.holdout), few, strict=True)
            ]
            rows.append((name, float(by_person(bed.train, few[0]).mean()), *shown))
        heads = (
            Head("column"),
            Head("have one that few share", "share"),
            Head("of those learned from, in the twin", "share"),
            Head("of others, in the twin", "share"),
        )
        columns = Table(title="Keys, names and texts by column", heads=heads, rows=tuple(rows))
        note = "Invented names and numbers meet real ones by chance, on both sides alike."
        return Detail(note=note, tables=(sides(reading, "Strings found in the twin"), columns))


def _alone(side: View) -> BoolArray:
    return alone(side.hashes, side.units)


def _copied(side: View, twin: View) -> int:
    return int(by_person(side, _alone(side) & np.isin(side.hashes, twin.hashes)).sum())


def _few(side: View, column: int, k: int) -> BoolArray:
    """Rows with a string that fewer than k people of the side have, shape (n,)."""
    strings = side.strings[:, column]
    values, people = holders(strings, side.units)
    rare: BoolArray = (people < k)[np.searchsorted(values, strings)] & (strings != 0)
    return rare
