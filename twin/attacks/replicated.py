"""A6: people whom quasi-identifiers single out, met again in the twin, and what it then tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from twin.arrays import Bools, Floats, Ints, Uints64
from twin.attacks.base import Attack, AttackInfo, Detail, Reading
from twin.attacks.data import AttackData, alone, by_person
from twin.attacks.hits import by_column, rates, worst
from twin.attacks.run import attack_alone
from twin.columns.schema import Name, Schema
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

    def read(self, data: AttackData, synthetic: TableView) -> Reading | None:
        """All people of both sides; None without quasi-identifiers.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
        """
        if not data.quasi:
            return None
        once = _once(_known(synthetic, data))
        hits = [
            int(by_person(side, _single(side, data) & np.isin(_known(side, data), once)).sum())
            for side in (data.train, data.holdout)
        ]
        return rates(hits[0], hits[1], data.train.n_units)

    def detail(self, data: AttackData, synthetic: TableView, reading: Reading | None) -> Detail:
        """How many are unique, and both rates.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
            reading: How far the attack got.
        """
        if reading is None:
            return Detail()
        unique = [float(by_person(side, _single(side, data)).mean()) for side in (data.train, data.holdout)]
        note = (
            f"Quasi-identifiers: {_names(data)}. {unique[0]:.1%} of the people learned from and "
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

    def read(self, data: AttackData, synthetic: TableView) -> Reading | None:
        """All people of both sides; None without quasi-identifiers or other columns.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
        """
        disclosures = disclosed(data, synthetic)
        if not disclosures:
            return None
        return worst(list(disclosures.values()))

    def detail(self, data: AttackData, synthetic: TableView, reading: Reading | None) -> Detail:
        """Both rates, column by column.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
            reading: How far the attack got.
        """
        if reading is None:
            return Detail()
        disclosures = {data.train.columns[j].name: one for j, one in disclosed(data, synthetic).items()}
        note = (
            f"Quasi-identifiers: {_names(data)}. Numbers and dates of more than twenty values count as told "
            "where their tenth of the column is. The p-value is the smallest of all columns, "
            "times their number (Bonferroni)."
        )
        return Detail(note=note, tables=(by_column(disclosures, "Told rightly, by column"),))


def disclosed(data: AttackData, synthetic: TableView) -> dict[int, Reading]:
    """For each sensitive column, how many people of each side the twin gives away.

    Args:
        data: The sides; the target is the sensitive column, or each column that is no quasi-identifier.
        synthetic: The table that the attacker holds.
    """
    if not data.quasi:
        return {}
    names = [column.name for column in data.train.columns]
    others = [j for j in range(len(names)) if j not in data.quasi]
    target = [j for j in others if names[j] == data.case.target]
    combinations, index = np.unique(_known(synthetic, data), return_inverse=True)
    order = np.argsort(index, kind="stable")
    start = np.searchsorted(index[order], np.arange(combinations.size))
    seen = [_known(side, data) for side in (data.train, data.holdout)]
    where = [np.minimum(np.searchsorted(combinations, keys), combinations.size - 1) for keys in seen]
    present = [combinations[p] == keys for p, keys in zip(where, seen, strict=True)]
    readings = {}
    for j in target or others:
        edges = _edges(data.case.views.train, j)
        codes = _codes(edges, synthetic, j)[order]
        least = np.minimum.reduceat(codes, start)
        agreed = np.where(least == np.maximum.reduceat(codes, start), least, -1)  # one value, or none
        hits = [
            int(by_person(side, there & (agreed[p] == _codes(edges, side, j))).sum())
            for side, p, there in zip((data.train, data.holdout), where, present, strict=True)
        ]
        readings[j] = rates(hits[0], hits[1], data.train.n_units)
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


def _known(view: TableView, data: AttackData) -> Uints64:
    return hash_rows(view.values[:, list(data.quasi)])


def _single(side: TableView, data: AttackData) -> Bools:
    return alone(_known(side, data), side.units)


def _once(keys: Uints64) -> Uints64:
    values, counts = np.unique(keys, return_counts=True)
    once: Uints64 = values[counts == 1]
    return once


def _names(data: AttackData) -> str:
    return ", ".join(data.train.columns[j].name for j in data.quasi)


def replicated_uniques(
    original: Any,
    synthetic: Any,
    control: Any,
    *,
    quasi_identifiers: Sequence[Name] | None = None,
    subject: Name | None = None,
    schema: Schema | None = None,
    seed: int = 0,
) -> Attack:
    """How many people whom quasi-identifiers single out are met in one synthetic row alone.

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
        The attack's result; its figure is the share of such people, less that of others.

    Raises:
        InputError: If a table is empty or lacks a column, people are in both real tables, one of them has too
            few people, or an argument names no column.
        SchemaError: If the columns of the tables differ.

    Source:
        Raab, Nowok & Dibben 2024, arXiv 2406.16826 (RepU).

    Example:
        >>> import twin
        >>> people = twin.datasets.make_clinic(1_200, seed=1).patients
        >>> original, control = people.iloc[:600], people.iloc[600:]
        >>> twin.attacks.replicated_uniques(original, original, control, subject="patient_id").power
        0.01
    """
    return attack_alone(
        ReplicatedUniques(),
        original,
        synthetic,
        control,
        subject=subject,
        schema=schema,
        quasi_identifiers=quasi_identifiers,
        seed=seed,
    )


def disclosive_pairs(
    original: Any,
    synthetic: Any,
    control: Any,
    *,
    target: Name | None = None,
    quasi_identifiers: Sequence[Name] | None = None,
    subject: Name | None = None,
    schema: Schema | None = None,
    seed: int = 0,
) -> Attack:
    """Of how many people the synthetic table tells a secret to those who know their quasi-identifiers.

    Args:
        original: The rows that were learned from, of 500 people or more, in any frame that `twin.fit` takes.
        synthetic: The synthetic rows, ≥ 1, with the same columns.
        control: Rows of 500 other people or more, kept away from the fit.
        target: The one column whose values are looked for; None for all that are no quasi-identifiers.
        quasi_identifiers: Columns that others may know of a person; None for those that the schema declares,
            or that a scan would suggest.
        subject: Column that names the person, or None where each row is one.
        schema: Kinds of the columns; None infers them from `original`.
        seed: Of every random choice, ≥ 0.

    Returns:
        The attack's result, of the column where the difference between both sides is largest.

    Raises:
        InputError: If a table is empty or lacks a column, people are in both real tables, one of them has too
            few people, or an argument names no column.
        SchemaError: If the columns of the tables differ.

    Source:
        Raab, Nowok & Dibben 2024, arXiv 2406.16826 (DiSCO).

    Example:
        >>> import twin
        >>> people = twin.datasets.make_clinic(1_200, seed=1).patients
        >>> original, control = people.iloc[:600], people.iloc[600:]
        >>> twin.attacks.disclosive_pairs(original, original, control, subject="patient_id").power
        0.01
    """
    return attack_alone(
        DisclosivePairs(),
        original,
        synthetic,
        control,
        subject=subject,
        schema=schema,
        target=target,
        quasi_identifiers=quasi_identifiers,
        seed=seed,
    )
