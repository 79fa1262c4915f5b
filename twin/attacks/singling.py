"""A1: descriptions taken from the twin that fit exactly one real person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Ints
from twin.attacks.base import Attack, AttackInfo, Detail, Reading
from twin.attacks.data import AttackData
from twin.attacks.hits import rates
from twin.attacks.run import attack_alone, check_choice
from twin.columns.schema import Name, Schema
from twin.metrics.intervals import wilson
from twin.metrics.table_view import TableView
from twin.randomness import Stream

FEWEST = 100
"""With fewer descriptions nothing is said."""
_SOURCE = "Cohen & Nissim 2020, arXiv 1904.06009; Giomi et al. 2023, arXiv 2211.10459"
_QUESTION = (
    "The attacker sees the twin alone and describes people by {what}, such that the description fits one row "
    "of it alone. It is a success where it fits exactly one of as many real people."
)
_FIGURE = (
    "share of the descriptions that single out someone learned from, each person counted once, less the "
    "share that single out someone it never saw"
)


class SinglingOutOne:
    """Descriptions by one column: values that one row has, and the extremes."""

    about = AttackInfo(
        name="singling_out_1",
        code="A1",
        title="Singling out by one column",
        question=_QUESTION.format(what="one value, or as the smallest or the largest"),
        figure=_FIGURE,
        source=_SOURCE,
    )

    def read(self, data: AttackData, synthetic: TableView) -> Reading | None:
        """None where too few descriptions can be written.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
        """
        rng, index = data.rng(Stream.SINGLING), Index(synthetic)
        return _read(data, index, single(index, data.train.n_units, rng), rng)

    def detail(self, data: AttackData, synthetic: TableView, reading: Reading | None) -> Detail:
        """How many descriptions, and the rates.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
            reading: How far the attack got.
        """
        return _detail(reading, "They are spread evenly over the columns, as far as these have any.")


class SinglingOut:
    """Descriptions by two to four columns, which fit one row of the twin though chance would bring none."""

    about = AttackInfo(
        name="singling_out",
        code="A1",
        title="Singling out by several columns",
        question=_QUESTION.format(what="two to four of their values or ranges"),
        figure=_FIGURE,
        source=_SOURCE,
    )

    def read(self, data: AttackData, synthetic: TableView) -> Reading | None:
        """None where too few descriptions can be written, and with a single column.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
        """
        rng, index = data.rng(Stream.SINGLING_PAIRS), Index(synthetic)
        return _read(data, index, several(index, data.train.n_units, rng), rng)

    def detail(self, data: AttackData, synthetic: TableView, reading: Reading | None) -> Detail:
        """How many descriptions, and the rates.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
            reading: How far the attack got.
        """
        return _detail(
            reading,
            f"Numbers and dates are given as half-lines, or as ranges that hold {2 * NEAR:.1%} of the "
            f"rows. Were the columns independent, each description would fit {EXPECTED:g} people at most.",
        )


def _read(
    data: AttackData, synthetic: Index, descriptions: list[Description], rng: Generator
) -> Reading | None:
    if len(descriptions) < FEWEST:
        return None
    n, train = len(descriptions), Index(data.train)
    guessed = train.singled_out(blind(descriptions, synthetic, rng))
    hits = train.singled_out(descriptions), Index(data.holdout).singled_out(descriptions)
    return rates(hits[0], hits[1], n, naive=wilson(guessed, n))


def _detail(reading: Reading | None, note: str) -> Detail:
    if reading is None:
        return Detail(weak=f"fewer than {FEWEST} descriptions fit one row of the twin alone")
    return Detail(note=f"{reading.n:,} descriptions. {note}")


EXPECTED = 0.01
"""Descriptions by several columns would fit so many people at most, were the columns independent."""
NEAR = 0.0005
"""A range holds so large a share of the rows to either side of a value."""
_MOST_SINGLE, _MOST_SEVERAL = 20_000, 6_000
_WIDEST = 40  # columns that are drawn from
_TRIES = 12  # per description by several columns that is wanted
_LOWEST = float(np.finfo(np.float64).min)

Bounds = tuple[Floats, Floats]


@dataclass(frozen=True)
class Description:
    """A description of a person: in each of some columns the value lies within bounds.

    Args:
        columns: Positions of the columns.
        low: Smallest value in each; minus infinity stands for a missing one.
        high: Largest value in each.
    """

    columns: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class Index:
    """A table with its columns sorted, so that the rows which a description fits are found at once.

    Example:
        >>> from twin.metrics.table_view import ViewColumn
        >>> column = ViewColumn(name="age", kind="number", nominal=False)
        >>> ages = np.array([[30.0], [np.nan], [50.0]])
        >>> index = Index(TableView((column,), ages, np.arange(3), np.arange(3, dtype=np.uint64)))
        >>> [rows.tolist() for rows in index.fits([Description((0,), (40.0,), (np.inf,))])]
        [[2]]
    """

    def __init__(self, view: TableView) -> None:
        values = np.where(np.isnan(view.values), -np.inf, view.values)
        self.view = view
        self.values = [np.ascontiguousarray(values[:, j]) for j in range(values.shape[1])]
        self.order = [np.argsort(x, kind="stable") for x in self.values]
        self.ranked = [x[order] for x, order in zip(self.values, self.order, strict=True)]

    def spans(self, column: int, low: Floats, high: Floats) -> tuple[Ints, Ints]:
        """Where the values within bounds start and stop in the sorted column, one span per pair of bounds.

        Args:
            column: Position of the column.
            low: Lower ends, shape (m,).
            high: Upper ends, shape (m,).
        """
        ranked = self.ranked[column]
        return ranked.searchsorted(low), ranked.searchsorted(high, side="right")

    def fits(self, descriptions: Sequence[Description]) -> Iterator[Ints]:
        """The rows that each description fits."""
        column = np.array([j for one in descriptions for j in one.columns], dtype=np.int64)
        low = np.array([x for one in descriptions for x in one.low])
        high = np.array([x for one in descriptions for x in one.high])
        start, stop = np.zeros((2, column.size), dtype=np.int64)
        for j in np.unique(column):
            here = column == j
            start[here], stop[here] = self.spans(int(j), low[here], high[here])
        spans = list(zip(start.tolist(), stop.tolist(), strict=True))
        done = 0
        for one in descriptions:
            part = spans[done : done + len(one.columns)]
            done += len(one.columns)
            least = min(range(len(part)), key=lambda i: part[i][1] - part[i][0])
            rows = self.order[one.columns[least]][slice(*part[least])]
            for i, j in enumerate(one.columns):
                if i != least and rows.size:
                    x = self.values[j][rows]
                    rows = rows[(x >= one.low[i]) & (x <= one.high[i])]
            yield rows

    def singled_out(self, descriptions: Sequence[Description]) -> int:
        """How many people are the only one that some description fits."""
        people = set()
        for rows in self.fits(descriptions):
            if rows.size:
                units = self.view.units[rows]
                if rows.size == 1 or (units == units[0]).all():
                    people.add(int(units[0]))
        return len(people)


def single(synthetic: Index, people: int, rng: Generator) -> list[Description]:
    """Values that one row of the twin alone has, and the ends of numbers and dates; columns take turns.

    Args:
        synthetic: What the attacker holds.
        people: How many he reckons with, and most descriptions.
        rng: Chooses among too many.
    """
    found: list[tuple[float, Description]] = []
    for j, column in enumerate(synthetic.view.columns):
        values, counts = np.unique(synthetic.values[j], return_counts=True)
        bounds = [(float(v), float(v)) for v in values[counts == 1]]
        finite = values[np.isfinite(values)]
        if finite.size and not column.nominal:
            bounds += [(_LOWEST, float(finite[0])), (float(finite[-1]), np.inf)]
        turns = rng.permutation(len(bounds))
        found += [
            (turn, Description((j,), (low,), (high,)))
            for turn, (low, high) in zip(turns, bounds, strict=True)
        ]
    found.sort(key=lambda item: item[0])
    return [one for _, one in found[: min(people, _MOST_SINGLE)]]


def several(synthetic: Index, people: int, rng: Generator) -> list[Description]:
    """Descriptions by two to four columns that fit one row of the twin, and by chance hardly anybody.

    Half of a row's columns are drawn, four at least. Those in which its value or range is rarest are
    combined, one more at a time until no other row fits.

    Args:
        synthetic: What the attacker holds.
        people: How many he reckons with, and most descriptions.
        rng: Chooses rows, columns, and whether numbers are given as ranges or as half-lines.
    """
    n, among = synthetic.view.n, rng.permutation(len(synthetic.view.columns))[:_WIDEST]
    width = among.size
    if width < 2:
        return []
    wanted = min(people, _MOST_SEVERAL)
    tries = _TRIES * wanted
    forms = [[about(synthetic, j) for j in among.tolist()] for about in (_ranges, _half_lines)]
    rows, kinds = rng.integers(0, n, tries), rng.integers(0, 2, tries)
    shares = np.empty((2, n, width))
    for kind, index in np.ndindex(2, width):
        start, stop = synthetic.spans(int(among[index]), *forms[kind][index])
        shares[kind, :, index] = (stop - start) / n
    lots = np.argsort(rng.random((tries, width)), axis=1)[:, : max(4, width // 2)]
    share = np.take_along_axis(shares[kinds, rows], lots, axis=1)  # (tries, columns drawn)
    rarest = np.argsort(share, axis=1, kind="stable")[:, :4]
    indices = np.take_along_axis(lots, rarest, axis=1)  # (tries, 4)
    chance = people * np.cumprod(np.take_along_axis(share, rarest, axis=1), axis=1)
    found: dict[int, Description] = {}
    for size in range(2, indices.shape[1] + 1):
        batch = {}
        for i in np.flatnonzero(chance[:, size - 1] <= EXPECTED).tolist():
            if i not in found:
                chosen = sorted(indices[i, :size].tolist())
                bounds = [forms[kinds[i]][index] for index in chosen]
                low, high = (tuple(float(b[end][rows[i]]) for b in bounds) for end in (0, 1))
                batch[i] = Description(tuple(among[chosen].tolist()), low, high)
        fits = zip(batch.items(), synthetic.fits(list(batch.values())), strict=True)
        found.update({i: one for (i, one), fitting in fits if fitting.size == 1})
    return list(dict.fromkeys(found[i] for i in sorted(found)))[:wanted]


def blind(descriptions: list[Description], synthetic: Index, rng: Generator) -> list[Description]:
    """Descriptions of the same form, by someone who knows the levels and ranges of the columns and no more.

    Args:
        descriptions: Whose form they take.
        synthetic: Gives levels and ranges.
        rng: Draws levels, and numbers evenly between the smallest and the largest.
    """
    draws = [_drawer(synthetic, j, rng) for j in range(len(synthetic.view.columns))]
    made = []
    for one in descriptions:
        low, high = [], []
        for j, least, most in zip(one.columns, one.low, one.high, strict=True):
            value = draws[j]()
            nominal = synthetic.view.columns[j].nominal
            low.append(_LOWEST if least == _LOWEST else value)
            high.append(value if nominal or least in (_LOWEST, most) else value + (most - least))
        made.append(Description(one.columns, tuple(low), tuple(high)))
    return made


def _ranges(synthetic: Index, column: int) -> Bounds:
    """A narrow range about each row's value, or the value itself where it has no order or is missing."""
    x, ranked = synthetic.values[column], synthetic.ranked[column]
    if synthetic.view.columns[column].nominal:
        return x, x
    near, missing = int(NEAR * x.size), int(np.isinf(ranked).sum())
    low = np.maximum(missing, ranked.searchsorted(x) - near)
    high = np.minimum(x.size, ranked.searchsorted(x, side="right") + near) - 1
    gone = np.isinf(x)
    return np.where(gone, x, ranked[np.minimum(low, x.size - 1)]), np.where(gone, x, ranked[high])


def _half_lines(synthetic: Index, column: int) -> Bounds:
    """From each row's value away from the middle, or the value itself where it has no order or is missing."""
    x, ranked = synthetic.values[column], synthetic.ranked[column]
    if synthetic.view.columns[column].nominal:
        return x, x
    middle = ranked[(int(np.isinf(ranked).sum()) + x.size) // 2] if np.isfinite(ranked[-1]) else 0.0
    gone = np.isinf(x)
    return np.where(gone | (x >= middle), x, _LOWEST), np.where(~gone & (x >= middle), np.inf, x)


def _drawer(synthetic: Index, column: int, rng: Generator) -> Callable[[], float]:
    values = np.unique(synthetic.values[column])
    finite = values[np.isfinite(values)]
    if synthetic.view.columns[column].nominal or not finite.size:
        return lambda: float(values[rng.integers(values.size)])
    decimals = next((d for d in range(7) if (np.round(finite, d) == finite).all()), 7)
    return lambda: float(np.round(rng.uniform(finite[0], finite[-1]), decimals))


def singling_out(
    original: Any,
    synthetic: Any,
    control: Any,
    *,
    columns: Literal["one", "several"] = "several",
    subject: Name | None = None,
    schema: Schema | None = None,
    seed: int = 0,
) -> Attack:
    """Whether descriptions taken from the synthetic table fit exactly one real person.

    Args:
        original: The rows that were learned from, of 500 people or more, in any frame that `twin.fit` takes.
        synthetic: The synthetic rows, ≥ 1, with the same columns.
        control: Rows of 500 other people or more, kept away from the fit.
        columns: "one": descriptions by a value or an extreme of one column; "several": by two to four.
        subject: Column that names the person, or None where each row is one.
        schema: Kinds of the columns; None infers them from `original`.
        seed: Of every random choice, ≥ 0.

    Returns:
        The attack's result; its figure is the share of descriptions that single out someone learned
        from, less the share that single out someone else.

    Raises:
        InputError: If a table is empty or lacks a column, people are in both real tables, one of them has too
            few people, or `columns` is neither word.
        SchemaError: If the columns of the tables differ.

    Source:
        Cohen & Nissim 2020, arXiv 1904.06009; Giomi et al. 2023, arXiv 2211.10459 (Anonymeter).

    Example:
        >>> import twin
        >>> people = twin.datasets.make_clinic(1_200, seed=1).patients
        >>> original, control = people.iloc[:600], people.iloc[600:]
        >>> twin.attacks.singling_out(original, original, control, subject="patient_id").power
        0.01
    """
    check_choice("columns", columns, ("one", "several"))
    attacker = SinglingOutOne() if columns == "one" else SinglingOut()
    return attack_alone(attacker, original, synthetic, control, subject=subject, schema=schema, seed=seed)
