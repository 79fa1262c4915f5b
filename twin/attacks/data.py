"""Whom attacks are run against: people learned from, as many others, and real rows kept from both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from twin.arrays import Bools, Floats, Ints, Uints64
from twin.columns.arrays.reading import read, to_pandas
from twin.columns.pii.detect.quasi import suggested
from twin.columns.schema import Category, Name, Schema
from twin.columns.table import infer_schema
from twin.errors import InputError
from twin.metrics.case import NEEDS_HOLDOUT, Case, target_of
from twin.metrics.table_checks import check_alike, check_apart
from twin.metrics.table_view import READERS, TableView, check_columns, label, read_views
from twin.randomness import Stream

MIN_PEOPLE = 500
"""Fewest people on each side; with fewer no attack is run."""
MAX_PEOPLE = 2_000
"""Most people that are attacked on each side."""
_OTHERS = 1 / 3
_FEWEST_OTHERS = 100


@dataclass(frozen=True, kw_only=True)
class AttackData:
    """The sides of an attack.

    Both sides hold the same number of people, because how many are unique depends on how many there are.

    Args:
        case: The tables, seeds and caps.
        train: Rows of m people that the twin learned from.
        holdout: Rows of m people that it never saw.
        others: Rows of further people that it never saw, for references and the negative control; None
            where too few are left.
        train_targets: One row each of the people attacked, positions in `train`, shape (t,).
        holdout_targets: The same of `holdout`, shape (t,).
        quasi: Positions of the columns that others may know of a person.
        public: For each nominal column, the labels that are declared and so are no secret.
        suppressed: Whether values of few people were suppressed, so that none may be left.
    """

    case: Case
    train: TableView
    holdout: TableView
    others: TableView | None
    train_targets: Ints
    holdout_targets: Ints
    quasi: tuple[int, ...] = ()
    public: tuple[frozenset[str], ...] = ()
    suppressed: bool = True

    @property
    def n(self) -> int:
        """People attacked on each side."""
        return int(self.train_targets.size)

    def rng(self, stream: Stream) -> np.random.Generator:
        """A generator for one purpose of attacks; the same case and stream give the same numbers."""
        return self.case.rng(stream)


def everybody(data: AttackData, table: TableView) -> tuple[TableView, TableView]:
    """All people learned from and all others, without those who stand in the table that is attacked.

    Args:
        data: The sides.
        table: The table that is attacked: where it is `data.others`, these are left out.

    Returns:
        Both views.
    """
    views = data.case.views
    return views.train, data.holdout if table is data.others else views.control


def refusal(case: Case) -> str | None:
    """Why no attack can be run, in a clause; None where they can.

    Args:
        case: The tables.
    """
    views = case.views
    if views.holdout is None:
        return NEEDS_HOLDOUT
    fewest = min(views.train.n_units, views.holdout.n_units)
    if fewest < MIN_PEOPLE:
        which = "were learned from" if views.train.n_units == fewest else "are in the holdout"
        return f"needs {MIN_PEOPLE} people on each side, and fewer {which}"
    return None


def read_tables(
    original: Any,
    synthetic: Any,
    control: Any,
    *,
    subject: Name | None = None,
    schema: Schema | None = None,
    quasi_identifiers: Sequence[Name] | None = None,
    target: Name | None = None,
    k: int = 11,
    seed: int = 0,
) -> AttackData:
    """The sides of an attack from tables as a user has them, checked before any work.

    Args:
        original: The rows that were learned from, in any frame that `twin.fit` takes, of 500 people or more.
        synthetic: The synthetic rows, ≥ 1.
        control: Rows of other people, kept away from the fit, of 500 people or more.
        subject: Column that names the person, or None where each row is one.
        schema: Kinds of the columns; None infers them from `original`.
        quasi_identifiers: Columns that others may know of a person; None for those that the schema declares,
            or that a scan would suggest.
        target: The secret that is guessed first, or None.
        k: Values of fewer people than this should not be left, ≥ 1.
        seed: Of every random choice, ≥ 0.

    Returns:
        The sides.

    Raises:
        InputError: If a table is empty or lacks a column, people are in both real tables, one of these has
            too few people, or an argument names no column.
        SchemaError: If the columns of the tables differ.
    """
    if k < 1 or seed < 0:
        raise InputError(f"{'k: must be at least 1' if k < 1 else 'seed: must be at least 0'}")
    tables = {"original": original, "synthetic": synthetic, "control": control}
    frames = {name: to_pandas(table).frame for name, table in tables.items()}
    real, made, others = frames.values()
    schema = schema or infer_schema(real, subject=subject)
    for name, frame in frames.items():
        check_alike(schema, {"original": real, name: frame})
        check_columns(frame, schema, None if name == "synthetic" else subject, name)
    check_apart(real, others, subject, "control", "original")
    views = read_views(real, others, made, schema, subject=subject, seed=seed)
    for name, view in (("original", views.train), ("control", views.holdout)):
        if view is not None and view.n_units < MIN_PEOPLE:
            raise InputError(f"{name}: has fewer than {MIN_PEOPLE} people; give more rows")
    case = Case(views=views, target=target_of(views, target), k=k, seed=seed)
    absent = next((name for name in quasi_identifiers or () if name not in schema.names), None)
    if absent is not None:
        raise InputError(
            f"quasi_identifiers: {absent!r} is no column of the tables; name columns of the schema"
        )
    return attack_data(case, real, schema, quasi_identifiers=quasi_identifiers)


def attack_data(
    case: Case,
    original: pd.DataFrame,
    schema: Schema,
    *,
    quasi_identifiers: Sequence[Name] | None = None,
    suppressed: bool = True,
) -> AttackData:
    """The sides, with what a schema says of the columns.

    Args:
        case: The tables; `refusal` must have said None.
        original: The rows that were learned from.
        schema: Kinds of their columns, and which levels are declared.
        quasi_identifiers: As in `read_tables`.
        suppressed: As in `AttackData`.

    Returns:
        The sides.
    """
    names = schema.quasi_identifiers if quasi_identifiers is None else tuple(quasi_identifiers)
    if quasi_identifiers is None and not names:
        names = suggested([(c.name, read(original[c.name])) for c in schema if c.kind in READERS])
    declared = {
        str(c.name): frozenset(map(label, (*(c.levels or ()), *c.keep)))
        for c in schema
        if isinstance(c, Category)
    }
    return make_attack_data(
        case,
        quasi=tuple(map(str, names)),
        public=tuple(declared.get(c.name, frozenset()) for c in case.views.train.columns),
        suppressed=suppressed,
    )


def make_attack_data(
    case: Case,
    *,
    quasi: tuple[str, ...] = (),
    public: tuple[frozenset[str], ...] = (),
    suppressed: bool = True,
) -> AttackData:
    """The sides, drawn as whole people.

    Args:
        case: The tables; `refusal` must have said None.
        quasi: Names of the columns that others may know of a person.
        public: For each column of the views, the labels that are declared; empty for none.
        suppressed: Whether values of few people were suppressed.

    Returns:
        The sides.
    """
    train, holdout = case.views.train, case.views.control
    spare = min(int(_OTHERS * holdout.n_units), holdout.n_units - MIN_PEOPLE)
    spare = spare if spare >= _FEWEST_OTHERS else 0
    m = min(train.n_units, holdout.n_units - spare)
    attacked, others = people(holdout, 0, m), people(holdout, holdout.n_units - spare, holdout.n_units)
    learned = people(train, 0, m)
    return AttackData(
        case=case,
        train=learned,
        holdout=attacked,
        others=others if spare else None,
        train_targets=one_row_each(learned, MAX_PEOPLE),
        holdout_targets=one_row_each(attacked, MAX_PEOPLE),
        quasi=tuple(j for j, c in enumerate(train.columns) if c.name in quasi),
        public=public or tuple(frozenset() for _ in train.columns),
        suppressed=suppressed,
    )


def people(view: TableView, start: int, stop: int) -> TableView:
    """The rows of the units from `start` up to `stop`, units counted from 0 again.

    Units stand in random order, so a range of them is a random choice of people.

    Args:
        view: Rows of people.
        start: First unit, ≥ 0.
        stop: The unit after the last.

    Returns:
        Their rows.
    """
    part = view.rows((view.units >= start) & (view.units < stop))
    return replace(part, units=part.units - start)


def one_row_each(view: TableView, most: int) -> Ints:
    """Positions of one row, at random, of each of the first people.

    Args:
        view: Rows of people.
        most: How many people, ≥ 1.

    Returns:
        Positions, shape (people,).
    """
    units, first = np.unique(view.units, return_index=True)
    return first[units < most].astype(np.int64)


def joined(first: TableView, second: TableView) -> TableView:
    """The rows of both, each row a unit of its own.

    Args:
        first: Some rows.
        second: More rows, with the same columns.

    Returns:
        All rows, those of `first` first.
    """
    values = np.asfortranarray(np.vstack([first.values, second.values]))
    n = values.shape[0]
    return TableView(
        first.columns,
        values,
        np.arange(n),
        np.concatenate([first.hashes, second.hashes]),
        np.concatenate([first.strings, second.strings]),
    )


def injected(synthetic: TableView, train: TableView, share: float, rng: np.random.Generator) -> TableView:
    """A table in which a share of the people learned from stand as they are, in place of as many of its rows.

    Args:
        synthetic: The synthetic rows.
        train: All rows that it learned from.
        share: Of the people of train, in (0, 1].
        rng: Chooses people, and the rows they displace.

    Returns:
        As many rows as there are synthetic ones, unless the people put in have more.
    """
    chosen = rng.permutation(train.n_units)[: max(1, round(share * train.n_units))]
    leak = train.rows(np.isin(train.units, chosen))
    keep = np.sort(rng.permutation(synthetic.n)[: max(0, synthetic.n - leak.n)])
    return joined(synthetic.rows(keep), leak)


# Who holds a value, and who holds it alone --------------------------------------------------------------

Keys = Floats | Ints | Uints64


def holders(keys: Keys, units: Ints) -> tuple[Keys, Ints]:
    """How many people hold each value.

    Args:
        keys: Value of each row, without missing ones, shape (n,).
        units: Person of each row, shape (n,).

    Returns:
        The distinct values, ascending, and of each the people who hold it.

    Example:
        >>> holders(np.array([7, 5, 5, 5]), np.array([0, 0, 1, 1]))[1].tolist()
        [2, 1]
    """
    order = np.lexsort((units, keys))
    key, unit = keys[order], units[order]
    new = np.ones(key.size, dtype=bool)
    new[1:] = key[1:] != key[:-1]
    person = new.copy()  # the first row of a person with the value
    person[1:] |= unit[1:] != unit[:-1]
    return key[new], np.add.reduceat(person, np.flatnonzero(new), dtype=np.int64) if key.size else person


def alone(keys: Keys, units: Ints) -> Bools:
    """Whether nobody but a row's own person holds the row's value.

    Args:
        keys: As in `holders`.
        units: As in `holders`.

    Returns:
        A mark per row, shape (n,).

    Example:
        >>> alone(np.array([7, 5, 5, 9, 9]), np.array([0, 0, 1, 2, 2])).tolist()
        [True, False, False, True, True]
    """
    values, people = holders(keys, units)
    single: Bools = people == 1
    return single[np.searchsorted(values, keys)]


def by_person(view: TableView, rows: Bools) -> Bools:
    """Whether any of a person's rows is marked.

    Args:
        view: Rows of people.
        rows: A mark per row, shape (n,).

    Returns:
        A mark per person, shape (people,).
    """
    marked: Bools = np.bincount(view.units[rows], minlength=view.n_units) > 0
    return marked
