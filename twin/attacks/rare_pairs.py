"""A0: combinations of values that a few people hold, found in the synthetic table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.attacks.base import Attack, AttackInfo, Detail, Reading
from twin.attacks.data import AttackData, alone, everybody, joined
from twin.attacks.hits import rates
from twin.attacks.run import attack_alone
from twin.columns.schema import Name, Schema
from twin.metrics.table_view import TableView
from twin.randomness import Stream

CHANCE = 0.01
"""Combinations that would stand in the twin more often than this, were its columns independent, are left
out: that one is found there says nothing of where it came from."""
_COLUMNS = 20


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

    def read(self, data: AttackData, synthetic: TableView) -> Reading | None:
        """All people; None with a single column.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
        """
        chosen = combined_columns(data)
        if len(chosen) < 2:
            return None
        hits = found_combinations(data, synthetic, chosen)
        return rates(int(hits[0].sum()), int(hits[1].sum()), hits[0].size, others=hits[1].size)

    def detail(self, data: AttackData, synthetic: TableView, reading: Reading | None) -> Detail:
        """Which columns were combined, and both rates.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
            reading: How far the attack got.
        """
        if reading is None:
            return Detail()
        names = ", ".join(data.train.columns[j].name for j in combined_columns(data))
        note = (
            f"All pairs and triples of {names}. Values are compared as they are, without rounding, and a "
            "person is alone with them among all people of both sides."
        )
        return Detail(note=note)


def combined_columns(data: AttackData) -> tuple[int, ...]:
    """Which columns are combined: quasi-identifiers, and others by lot, twenty in all."""
    rest = np.setdiff1d(np.arange(len(data.train.columns)), data.quasi)
    drawn = [*data.quasi, *data.rng(Stream.COMBINATIONS).permutation(rest).tolist()]
    return tuple(sorted(drawn[:_COLUMNS]))


def found_combinations(
    data: AttackData, synthetic: TableView, chosen: tuple[int, ...]
) -> tuple[Bools, Bools]:
    """Who is alone with a pair or triple that is in the twin and that chance would not bring there.

    Args:
        data: The sides.
        synthetic: The table that is searched.
        chosen: Columns to combine.

    Returns:
        For each person of train, and of the holdout, whether there is such a combination.
    """
    train, holdout = everybody(data, synthetic)
    people = joined(train, holdout)
    units = np.concatenate([train.units, holdout.units + train.n_units])
    table, real = _coded(synthetic, synthetic, chosen), _coded(people, synthetic, chosen)
    sizes = [int(codes.max(initial=-1)) + 1 for codes in table.codes]
    found = np.zeros(people.n, dtype=bool)
    most = np.log(CHANCE / synthetic.n)
    for indices in [c for size in (2, 3) for c in combinations(range(len(chosen)), size)]:
        rows, keys = _rare(table, indices, sizes, most)
        if not rows.size:
            continue
        keys = np.unique(keys)
        rows, own = _rare(real, indices, sizes, most)
        there = keys[np.minimum(np.searchsorted(keys, own), keys.size - 1)] == own
        rows, own = rows[there], own[there]
        found[rows[alone(own, units[rows])]] = True
    hits = np.bincount(units[found], minlength=train.n_units + holdout.n_units) > 0
    return hits[: train.n_units], hits[train.n_units :]


def _coded(view: TableView, synthetic: TableView, chosen: tuple[int, ...]) -> Coded:
    codes, logs = [], []
    for j in chosen:
        values, counts = np.unique(synthetic.values[:, j], return_counts=True)  # a missing value last, as one
        index = np.minimum(np.searchsorted(values, view.values[:, j]), values.size - 1)
        same = (values[index] == view.values[:, j]) | (np.isnan(values[index]) & np.isnan(view.values[:, j]))
        codes.append(np.where(same, index, -1))
        logs.append(np.where(same, np.log(counts / synthetic.n)[index], np.inf))
    return Coded(tuple(codes), tuple(logs))


def _rare(table: Coded, indices: tuple[int, ...], sizes: list[int], most: float) -> tuple[Ints, Ints]:
    """Rows with a combination that chance would hardly bring, and a number for the combination of each."""
    rows = np.flatnonzero(sum(table.logs[p] for p in indices) < most)
    key = np.zeros(rows.size, dtype=np.int64)
    for p in indices:
        key = key * sizes[p] + table.codes[p][rows]
    return rows, key


def rare_combinations(
    original: Any,
    synthetic: Any,
    control: Any,
    *,
    quasi_identifiers: Sequence[Name] | None = None,
    subject: Name | None = None,
    schema: Schema | None = None,
    seed: int = 0,
) -> Attack:
    """How many people's own pair or triple of values stands in the synthetic table, against all chance.

    Args:
        original: The rows that were learned from, of 500 people or more, in any frame that `twin.fit` takes.
        synthetic: The synthetic rows, ≥ 1, with the same columns.
        control: Rows of 500 other people or more, kept away from the fit.
        quasi_identifiers: Columns that others may know of a person; None for those that the schema declares,
            or that a scan would suggest.
        subject: Column that names the person, or None where each row is one.
        schema: Kinds of the columns; None infers them from `original`.
        seed: Of every random choice, ≥ 0.

    Returns:
        The attack's result; its figure is the share of people with such a combination, less that of others.

    Raises:
        InputError: If a table is empty or lacks a column, people are in both real tables, one of them has too
            few people, or an argument names no column.
        SchemaError: If the columns of the tables differ.

    Example:
        >>> import twin
        >>> people = twin.datasets.make_clinic(1_200, seed=1).patients
        >>> original, control = people.iloc[:600], people.iloc[600:]
        >>> twin.attacks.rare_combinations(original, original, control, subject="patient_id").power
        0.01
    """
    return attack_alone(
        RareCombinations(),
        original,
        synthetic,
        control,
        subject=subject,
        schema=schema,
        quasi_identifiers=quasi_identifiers,
        seed=seed,
    )
