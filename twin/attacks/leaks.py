"""A0: values, rows and strings of a few people that stand in the synthetic table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.attacks.base import Attack, AttackInfo, Detail, Reading
from twin.attacks.data import AttackData, alone, by_person, everybody, holders
from twin.attacks.hits import by_column, rates, worst
from twin.attacks.run import attack_alone
from twin.columns.schema import Name, Schema
from twin.metrics.intervals import wilson
from twin.metrics.score import Head, ScoreTable
from twin.metrics.table_view import TableView, hash_rows


@dataclass(frozen=True)
class LeakScan:
    """The values of one column that fewer than k people hold.

    Args:
        few: How many there are in train, tails of numbers and missing cells included.
        seen: How many of them stand in the twin.
    """

    few: int
    seen: int


class LeakedValues:
    """Values that few people of train hold, found in the twin."""

    about = AttackInfo(
        name="leaks",
        code="A0",
        title="Values of a few people",
        question="The attacker looks for values that fewer than k people hold: rare levels, the smallest and "
        "largest numbers and dates, a missing cell where hardly any is missing. One that stands in the twin "
        "tells that such a person was among those it learned from.",
        figure="share of the values held by fewer than k people learned from that stand in the twin",
        scale="share",
    )

    def read(self, data: AttackData, synthetic: TableView) -> Reading | None:
        """All values of train; None where every value has k people, or where none was suppressed.

        Under a privacy budget a value is met by chance within noisy or declared bounds.
        Real people passed off as a twin go through the guard first.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
        """
        if not data.suppressed:
            return None
        if synthetic is data.others:
            synthetic = guarded(synthetic, data.case.k)
        scans = scan(data, synthetic)
        few, seen = sum(s.few for s in scans), sum(s.seen for s in scans)
        if not few:
            return None
        share = wilson(seen, few)
        return Reading(
            value=share.value,
            low=share.value,
            high=share.value,
            error=0.0,
            p=float(not seen),  # none is allowed, so one is proof and no matter of chance
            n=few,
            train=share,
        )

    def detail(self, data: AttackData, synthetic: TableView, reading: Reading | None) -> Detail:
        """Which columns hold such values, and which of them show one.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
            reading: How far the attack got.
        """
        k = data.case.k
        rows = tuple(
            (column.name, _range(one.few, k), _range(one.seen, k))
            for column, one in zip(data.train.columns, scan(data, synthetic), strict=True)
            if one.few
        )
        heads = (Head("column"), Head(f"values of fewer than {k} people"), Head("of them in the twin"))
        note = (
            f"Counted are values that fewer than {k} people learned from hold, and fewer than {k} "
            "of the holdout; a number or date counts where fewer people reach as far. Declared "
            "levels are public and do not count."
        )
        return Detail(note=note, tables=(ScoreTable(title="Values of a few people", heads=heads, rows=rows),))


def scan(data: AttackData, synthetic: TableView) -> tuple[LeakScan, ...]:
    """What few people hold and the twin shows, one result per column.

    Args:
        data: The tables; people are counted in the whole of train and of the holdout.
        synthetic: The table that is searched.
    """
    train, holdout = data.case.views.train, data.case.views.control
    scans = []
    for j, (column, public) in enumerate(zip(train.columns, data.public, strict=True)):
        rare = _rare_levels if column.nominal else _tails
        few = rare(train, holdout, j, data.case.k)
        if column.nominal:
            few = np.array([v for v in few if column.levels[int(v)] not in public])
        seen = int(np.isin(few, synthetic.values[:, j]).sum())
        gap = 0 < _lacking(train, j) < data.case.k and _lacking(holdout, j) < data.case.k
        scans.append(LeakScan(few.size + gap, seen + (gap and bool(_lacking(synthetic, j)))))
    return tuple(scans)


def guarded(view: TableView, k: int) -> TableView:
    """A table in which no value is held by fewer than k people.

    Rare levels give way to the commonest, tails are cut where k people reach, and where fewer than k people
    lack a value they get the commonest level or the middle number.

    Args:
        view: Real rows.
        k: Fewest people, ≥ 1.

    Example:
        >>> from twin.metrics.table_view import ViewColumn
        >>> ages = np.array([[30.0], [31.0], [32.0], [33.0], [103.0]])
        >>> column = ViewColumn(name="age", kind="number", nominal=False)
        >>> view = TableView((column,), ages, np.arange(5), np.arange(5, dtype=np.uint64))
        >>> guarded(view, 2).values[:, 0].tolist()
        [31.0, 31.0, 32.0, 33.0, 33.0]
    """
    values = view.values.copy(order="F")
    for j, column in enumerate(view.columns):
        x = values[:, j]  # (n,), written in place
        there = ~np.isnan(x)
        if np.unique(view.units[there]).size < k:
            x[:] = np.nan
            continue
        if column.nominal:
            levels, people = holders(x[there], view.units[there])
            middle = levels[np.argmax(people)]
            x[there & ~np.isin(x, levels[people >= k])] = middle
        else:
            low, high = _reach(view, j, k)
            x[:] = np.clip(x, low, high)
            middle = np.quantile(x[there], 0.5, method="nearest")
        if _lacking(view, j) < k:
            x[~there] = middle
    return replace(view, values=values, hashes=hash_rows(values))


def _range(count: int, k: int) -> str:
    """A count as it may be told."""
    return f"1 to {k - 1}" if 0 < count < k else f"{count:,}"


def _rare_levels(train: TableView, holdout: TableView, column: int, k: int) -> Floats:
    """Values of train held by fewer than k people of it and of the holdout."""
    few = []
    for side in (train, holdout):
        there = ~np.isnan(side.values[:, column])
        levels, people = holders(side.values[there, column], side.units[there])
        few.append(levels[people < k] if side is train else levels[people >= k])
    return np.setdiff1d(few[0], few[1])


def _tails(train: TableView, holdout: TableView, column: int, k: int) -> Floats:
    """Values of train beyond what k people of it reach, and k of the holdout."""
    reach = [_reach(side, column, k) for side in (train, holdout)]
    low, high = min(r[0] for r in reach), max(r[1] for r in reach)
    x = np.unique(train.values[:, column])
    return x[(x < low) | (x > high)]


def _reach(view: TableView, column: int, k: int) -> tuple[float, float]:
    """The k-th smallest of the people's smallest values, and the k-th largest of their largest."""
    there = ~np.isnan(view.values[:, column])
    x, units = view.values[there, column], view.units[there]
    order = np.argsort(units, kind="stable")
    _, start = np.unique(units[order], return_index=True)
    if start.size < k:
        return np.inf, -np.inf
    least, most = np.minimum.reduceat(x[order], start), np.maximum.reduceat(x[order], start)
    return float(np.partition(least, k - 1)[k - 1]), float(np.partition(most, -k)[-k])


def _lacking(view: TableView, column: int) -> int:
    """How many people have a missing cell."""
    return int(np.unique(view.units[np.isnan(view.values[:, column])]).size)


# Rows, and keys, names and texts, of a single person ----------------------------------------------------


class CopiedRows:
    """Rows that one person alone has, found in the twin."""

    about = AttackInfo(
        name="copies",
        code="A0",
        title="Copied rows",
        question="The attacker looks for rows of the twin that are the whole row of a real person, and of "
        "one person alone.",
        figure="share of people whose unique row stands in the twin, less that of people it never saw",
    )

    def read(self, data: AttackData, synthetic: TableView) -> Reading | None:
        """All people; None where nobody's row is unique.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
        """
        train, holdout = everybody(data, synthetic)
        unique = _alone(train, holdout)
        if not any(rows.any() for rows in unique):
            return None
        hits = [_copied(*one, synthetic) for one in zip((train, holdout), unique, strict=True)]
        return rates(hits[0], hits[1], train.n_units, others=holdout.n_units)

    def detail(self, data: AttackData, synthetic: TableView, reading: Reading | None) -> Detail:
        """How many rows could have been found, and both rates.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
            reading: How far the attack got.
        """
        if reading is None:
            return Detail(weak="nobody has a row that no other person has")
        both = everybody(data, synthetic)
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

    def read(self, data: AttackData, synthetic: TableView) -> Reading | None:
        """All people; None where the table has no such column, or only common strings.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
        """
        found = list(found_strings(data, synthetic).values())
        return worst(found) if found else None

    def detail(self, data: AttackData, synthetic: TableView, reading: Reading | None) -> Detail:
        """Both rates, column by column.

        Args:
            data: The people that the attack is run against.
            synthetic: The table that is attacked.
            reading: How far the attack got.
        """
        if reading is None:
            return Detail()
        found = {data.case.views.strings[j]: one for j, one in found_strings(data, synthetic).items()}
        note = (
            "Invented names and numbers meet real ones by chance, on both sides alike. The p-value is the "
            "smallest of all columns, times their number (Bonferroni)."
        )
        return Detail(note=note, tables=(by_column(found, "Strings found in the twin"),))


def found_strings(data: AttackData, synthetic: TableView) -> dict[int, Reading]:
    """For each column of strings that few people share, how many people of each side have one in the twin.

    Args:
        data: The people.
        synthetic: The table that is searched.
    """
    both = everybody(data, synthetic)
    readings = {}
    for j in range(len(data.case.views.strings)):
        few = _few(*both, j, data.case.k)
        if any(rows.any() for rows in few):
            hits = [
                int(by_person(side, rows & np.isin(side.strings[:, j], synthetic.strings[:, j])).sum())
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


def _copied(side: TableView, unique: Bools, synthetic: TableView) -> int:
    return int(by_person(side, unique & np.isin(side.hashes, synthetic.hashes)).sum())


def _few(train: TableView, holdout: TableView, column: int, k: int) -> list[Bools]:
    """Rows of each side with a string that fewer than k people of both have."""
    strings = np.concatenate([train.strings[:, column], holdout.strings[:, column]])
    values, people = holders(strings, _together(train, holdout))
    rare: Bools = (people < k)[np.searchsorted(values, strings)] & (strings != 0)
    return np.split(rare, [train.n])


def leaked_values(
    original: Any,
    synthetic: Any,
    control: Any,
    *,
    k: int = 11,
    subject: Name | None = None,
    schema: Schema | None = None,
    seed: int = 0,
) -> Attack:
    """How many values of a few people stand in the synthetic table.

    Rare levels, the smallest and largest numbers and dates, and a missing cell where hardly any is missing.

    Args:
        original: The rows that were learned from, of 500 people or more, in any frame that `twin.fit` takes.
        synthetic: The synthetic rows, ≥ 1, with the same columns.
        control: Rows of 500 other people or more, kept away from the fit.
        k: Values of fewer people than this are looked for, ≥ 1.
        subject: Column that names the person, or None where each row is one.
        schema: Kinds of the columns; None infers them from `original`.
        seed: Of every random choice, ≥ 0.

    Returns:
        The attack's result; its figure is the share of such values that were found, 0 where none was.

    Raises:
        InputError: If a table is empty or lacks a column, people are in both real tables, or one of them has
            too few people.
        SchemaError: If the columns of the tables differ.

    Example:
        >>> import twin
        >>> people = twin.datasets.make_clinic(1_200, seed=1).patients
        >>> original, control = people.iloc[:600], people.iloc[600:]
        >>> twin.attacks.leaked_values(original, original, control, subject="patient_id").power
        0.01
        >>> twin.attacks.leaked_values(original, original, control.head(20), subject="patient_id")
        Traceback (most recent call last):
        ...
        twin.errors.InputError: control: has fewer than 500 people; give more rows
    """
    return attack_alone(
        LeakedValues(), original, synthetic, control, subject=subject, schema=schema, k=k, seed=seed
    )


def copied_rows(
    original: Any,
    synthetic: Any,
    control: Any,
    *,
    subject: Name | None = None,
    schema: Schema | None = None,
    seed: int = 0,
) -> Attack:
    """How many people's own row stands in the synthetic table.

    Args:
        original: The rows that were learned from, of 500 people or more, in any frame that `twin.fit` takes.
        synthetic: The synthetic rows, ≥ 1, with the same columns.
        control: Rows of 500 other people or more, kept away from the fit.
        subject: Column that names the person, or None where each row is one.
        schema: Kinds of the columns; None infers them from `original`.
        seed: Of every random choice, ≥ 0.

    Returns:
        The attack's result; its figure is the share of people whose own row was found, less that of others.

    Raises:
        InputError: If a table is empty or lacks a column, people are in both real tables, or one of them has
            too few people.
        SchemaError: If the columns of the tables differ.

    Example:
        >>> import twin
        >>> people = twin.datasets.make_clinic(1_200, seed=1).patients
        >>> original, control = people.iloc[:600], people.iloc[600:]
        >>> twin.attacks.copied_rows(original, original, control, subject="patient_id").power
        0.01
    """
    return attack_alone(CopiedRows(), original, synthetic, control, subject=subject, schema=schema, seed=seed)


def copied_strings(
    original: Any,
    synthetic: Any,
    control: Any,
    *,
    k: int = 11,
    subject: Name | None = None,
    schema: Schema | None = None,
    seed: int = 0,
) -> Attack:
    """How many people's key, name or text stands in the synthetic table.

    Args:
        original: The rows that were learned from, of 500 people or more, in any frame that `twin.fit` takes.
        synthetic: The synthetic rows, ≥ 1, with the same columns.
        control: Rows of 500 other people or more, kept away from the fit.
        k: Strings of fewer people than this are looked for, ≥ 1.
        subject: Column that names the person, or None where each row is one.
        schema: Kinds of the columns; None infers them from `original`.
        seed: Of every random choice, ≥ 0.

    Returns:
        The attack's result, of the column where most more people learned from than others were found.

    Raises:
        InputError: If a table is empty or lacks a column, people are in both real tables, or one of them has
            too few people.
        SchemaError: If the columns of the tables differ.

    Example:
        >>> import twin
        >>> people = twin.datasets.make_clinic(1_200, seed=1).patients
        >>> original, control = people.iloc[:600], people.iloc[600:]
        >>> twin.attacks.copied_strings(original, original, control, subject="patient_id").power
        0.01
    """
    return attack_alone(
        CopiedStrings(), original, synthetic, control, subject=subject, schema=schema, k=k, seed=seed
    )
