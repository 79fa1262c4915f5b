"""A0: rows, and keys, names and texts, of a single person that stand in the twin as they are."""

from __future__ import annotations

import numpy as np

from twin.arrays import Bools, Ints
from twin.attacks.base import AttackInfo, Detail, Reading
from twin.attacks.data import AttackData, everybody
from twin.attacks.holders import alone, by_person, holders
from twin.attacks.rates import by_column, rates, worst
from twin.metrics.table_view import TableView


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
