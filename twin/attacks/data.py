"""Whom attacks are run against: people learned from, as many others, and real rows kept from both."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.arrays import Bools, Ints
from twin.metrics.case import NEEDS_HOLDOUT, Case
from twin.metrics.table_view import TableView

FEWEST = 500
"""Fewest people on each side; with fewer no attack is run."""
MOST = 2_000
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

    def rng(self, stream: int) -> np.random.Generator:
        """A generator for one purpose of attacks; the same case and stream give the same numbers."""
        return self.case.rng(1_000 + stream)


def everybody(bed: AttackData, table: TableView) -> tuple[TableView, TableView]:
    """All people learned from and all others, without those who stand in the table that is attacked.

    Args:
        bed: The sides.
        table: The table that is attacked: where it is `bed.others`, these are left out.
    """
    views = bed.case.views
    assert views.holdout is not None
    return views.train, bed.holdout if table is bed.others else views.holdout


def refusal(case: Case) -> str | None:
    """Why no attack can be run, in a clause; None where they can.

    Args:
        case: The tables.
    """
    views = case.views
    if views.holdout is None:
        return NEEDS_HOLDOUT
    fewest = min(views.train.n_units, views.holdout.n_units)
    if fewest < FEWEST:
        which = "were learned from" if views.train.n_units == fewest else "are in the holdout"
        return f"needs {FEWEST} people on each side, and fewer {which}"
    return None


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
    """
    train, holdout = case.views.train, case.views.holdout
    assert holdout is not None
    spare = min(int(_OTHERS * holdout.n_units), holdout.n_units - FEWEST)
    spare = spare if spare >= _FEWEST_OTHERS else 0
    m = min(train.n_units, holdout.n_units - spare)
    attacked, others = people(holdout, 0, m), people(holdout, holdout.n_units - spare, holdout.n_units)
    learned = people(train, 0, m)
    return AttackData(
        case=case,
        train=learned,
        holdout=attacked,
        others=others if spare else None,
        train_targets=one_row_each(learned, MOST),
        holdout_targets=one_row_each(attacked, MOST),
        quasi=tuple(j for j, c in enumerate(train.columns) if c.name in quasi),
        public=public or tuple(frozenset() for _ in train.columns),
        suppressed=suppressed,
    )


def rows_of(view: TableView, keep: Ints | Bools) -> TableView:
    """Some rows of a view, units as they were."""
    return view.rows(keep)


def people(view: TableView, start: int, stop: int) -> TableView:
    """The rows of the units from `start` up to `stop`, units counted from 0 again.

    Units stand in random order, so a range of them is a random choice of people.
    """
    part = rows_of(view, (view.units >= start) & (view.units < stop))
    return replace(part, units=part.units - start)


def one_row_each(view: TableView, most: int) -> Ints:
    """Positions of one row, at random, of each of the first so many people."""
    units, first = np.unique(view.units, return_index=True)
    return first[units < most].astype(np.int64)


def joined(first: TableView, second: TableView) -> TableView:
    """The rows of both, each row a unit of its own."""
    values = np.asfortranarray(np.vstack([first.values, second.values]))
    n = values.shape[0]
    return TableView(
        first.columns,
        values,
        np.arange(n),
        np.concatenate([first.hashes, second.hashes]),
        np.concatenate([first.strings, second.strings]),
    )


def injected(twin: TableView, train: TableView, share: float, rng: np.random.Generator) -> TableView:
    """A twin in which a share of the people learned from stand as they are, in place of as many of its rows.

    Args:
        twin: The twin's rows.
        train: All rows that it learned from.
        share: Of the people of train, in (0, 1].
        rng: Chooses people, and the rows they displace.

    Returns:
        As many rows as the twin has, unless the people put in have more.
    """
    chosen = rng.permutation(train.n_units)[: max(1, round(share * train.n_units))]
    leak = rows_of(train, np.isin(train.units, chosen))
    keep = np.sort(rng.permutation(twin.n)[: max(0, twin.n - leak.n)])
    return joined(rows_of(twin, keep), leak)
