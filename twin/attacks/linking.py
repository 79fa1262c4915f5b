"""A2: do two parts of a person's columns find each other through the twin?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.arrays import Bools
from twin.attacks.base import Attack, AttackInfo, Detail, Reading
from twin.attacks.data import AttackData
from twin.attacks.hits import rates
from twin.attacks.points import Points, gaps, person_tiles, row_tiles, shuffled, space_of, targets
from twin.attacks.run import attack_alone
from twin.columns.schema import Name, Schema
from twin.metrics.intervals import wilson
from twin.metrics.score import Cell, Head, ScoreTable
from twin.metrics.table_view import TableView
from twin.randomness import Stream

SPLITS = 5
"""Ways in which the columns are cut in two; a person is linked where most of them link."""
_FAR = 65_535


@dataclass(frozen=True)
class Links:
    """Who was linked, cut by cut.

    Args:
        own: Whether a person's two parts were linked, shape (cuts, people).
        other: Whether the first part was linked with the second part of somebody else, shape (cuts, people).
    """

    own: Bools
    other: Bools


class Linkability:
    """Two data holders, each with half the columns, ask the twin which of their records belong together."""

    @property
    def about(self) -> AttackInfo:
        """What it is."""
        return AttackInfo(
            name="linkability",
            code="A2",
            title="Linking two parts of a person's data",
            question="Somebody holds one half of a person's columns, and somebody else the other half, both "
            "without names. They take a row of the twin that is nearest to both halves as a sign that the "
            "halves belong to one person.",
            figure="share of people learned from whose halves were linked, less that of others",
            source="Giomi et al. 2023, PoPETs 2023(2), 312–328 (Anonymeter, linkability)",
        )

    def read(self, data: AttackData, synthetic: TableView) -> Reading | None:
        """How far it gets; None where there is but one column.

        Args:
            data: The people to attack.
            synthetic: The table that the attackers hold.
        """
        if len(synthetic.columns) < 2:
            return None
        links = link(data, synthetic)
        own, other = _mostly(links.own), _mostly(links.other)
        chance = wilson(int(other.sum()), other.size)
        return rates(int(own[: data.n].sum()), int(own[data.n :].sum()), data.n, naive=chance)

    def detail(self, data: AttackData, synthetic: TableView, reading: Reading | None) -> Detail:
        """What to say besides.

        Args:
            data: The people that were attacked.
            synthetic: The twin's rows.
            reading: How far it got.
        """
        note = (
            f"The columns are cut in two at random {SPLITS} times; a person is linked where most cuts link. "
            "A cut links where one row of the twin is nearest to both halves, ties included. "
            "Guessing: how often the halves of two different people are linked in the same way."
        )
        if reading is None:
            return Detail()
        weak, train, naive = "", reading.train, reading.naive
        if train is not None and naive is not None and (train.high or 0) < (naive.low or 0):
            weak = "halves of one person were linked less often than halves of different people"
        links = link(data, synthetic)
        rows: list[tuple[Cell, ...]] = []
        for cut, (own, other) in enumerate(zip(links.own, links.other, strict=True)):
            sides = own[: data.n], own[data.n :], other
            rows.append((f"cut {cut + 1}", *(float(side.mean()) for side in sides)))
        heads = (
            Head("halves linked"),
            Head("people learned from", "share"),
            Head("others", "share"),
            Head("two different people", "share"),
        )
        table = ScoreTable(title="Halves linked, by cut of the columns", heads=heads, rows=tuple(rows))
        return Detail(weak=weak, note=note, tables=(table,))


def link(data: AttackData, synthetic: TableView) -> Links:
    """Whom the twin links, those learned from first.

    Args:
        data: The people to attack.
        synthetic: The table that the attackers hold, of two columns or more.
    """
    space = space_of(data.train, data.holdout)
    people, rows = space.points(targets(data)), space.points(shuffled(data, synthetic))
    halves = cuts(len(synthetic.columns), data.rng(Stream.LINKING))
    own = np.empty((len(halves), people.n), bool)
    other = np.empty_like(own)
    for person in person_tiles(people):
        own[:, person], other[:, person] = _linked(people, rows, halves, person)
    return Links(own, other)


def cuts(columns: int, rng: np.random.Generator) -> list[frozenset[int]]:
    """One half of the columns, at random, for each cut.

    Args:
        columns: How many there are, ≥ 2.
        rng: Draws them.
    """
    return [frozenset(rng.permutation(columns)[: columns // 2].tolist()) for _ in range(SPLITS)]


def _linked(people: Points, rows: Points, halves: list[frozenset[int]], person: slice) -> tuple[Bools, Bools]:
    """Whether one row is nearest to both halves: the least sum of gaps is the sum of the least gaps.

    The halves of two people are those of each and the one before in the tile.
    """
    every = {*people.ranked, *people.coded}
    size = people.ranks[:0, person].shape[1]
    first, second, both, mixed = np.full((4, len(halves), size), _FAR, np.int64)
    for row in row_tiles(rows):
        total = gaps(people, rows, every, person=person, row=row)
        least = total.min(axis=1)
        for cut, half in enumerate(halves):
            one = gaps(people, rows, half, person=person, row=row)
            two = total - one
            np.minimum(first[cut], one.min(axis=1), out=first[cut])
            np.minimum(second[cut], two.min(axis=1), out=second[cut])
            np.minimum(both[cut], least, out=both[cut])
            one[1:] += two[:-1]
            one[0] += two[-1]
            np.minimum(mixed[cut], one.min(axis=1), out=mixed[cut])
    return both == first + second, mixed == first + np.roll(second, 1, axis=1)


def _mostly(linked: Bools) -> Bools:
    most: Bools = linked.sum(axis=0) * 2 > linked.shape[0]
    return most


def linkability(
    original: Any,
    synthetic: Any,
    control: Any,
    *,
    subject: Name | None = None,
    schema: Schema | None = None,
    seed: int = 0,
) -> Attack:
    """Whether two parts of a person's columns find each other through the synthetic table.

    Args:
        original: The rows that were learned from, of 500 people or more, in any frame that `twin.fit` takes.
        synthetic: The synthetic rows, ≥ 1, with the same columns.
        control: Rows of 500 other people or more, kept away from the fit.
        subject: Column that names the person, or None where each row is one.
        schema: Kinds of the columns; None infers them from `original`.
        seed: Of every random choice, ≥ 0.

    Returns:
        The attack's result; its figure is the share of people whose halves were linked, less that of others.

    Raises:
        InputError: If a table is empty or lacks a column, people are in both real tables, or one of them has
            too few people.
        SchemaError: If the columns of the tables differ.

    Source:
        Giomi et al. 2023, PoPETs 2023(2), 312–328 (Anonymeter, linkability).

    Example:
        >>> import twin
        >>> people = twin.datasets.make_clinic(1_200, seed=1).patients
        >>> original, control = people.iloc[:600], people.iloc[600:]
        >>> twin.attacks.linkability(original, original, control, subject="patient_id").power
        0.01
        >>> twin.attacks.linkability(original, original, control.head(20), subject="patient_id")
        Traceback (most recent call last):
        ...
        twin.errors.InputError: control: has fewer than 500 people; give more rows
    """
    return attack_alone(
        Linkability(), original, synthetic, control, subject=subject, schema=schema, seed=seed
    )
