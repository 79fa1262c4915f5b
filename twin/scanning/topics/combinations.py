"""Quasi-identifiers, and how far persons stand alone on one, two and three of them (rule S7)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from twin.arrays import Ints
from twin.columns.pii.detect.quasi import quasi_identifier, suggested
from twin.columns.schema import Name
from twin.scanning import words
from twin.scanning.finding import Finding, Uniqueness
from twin.scanning.view import Scanned, ScanView

MOST = 12
"""Most columns whose combinations are counted."""

_WORK = 40_000_000  # rows times combinations, from which fewer columns are taken
_FEWEST = 4
_LISTED = 10
_SINGLES = 0.5  # share of persons alone on one column, from which it identifies by itself


@dataclass(frozen=True, kw_only=True)
class Combinations:
    """What was counted.

    Args:
        names: The columns.
        why: What each is, in words.
        suggested: Those of them that the schema will declare; none where no name says that others may
            know a column.
        most: The most telling combinations: singles, pairs and triples, those first.
        middle: Shares alone and in small groups for the middle combination of each size.
        left_out: How many columns were not counted.
    """

    names: tuple[Name, ...] = ()
    why: tuple[str, ...] = ()
    suggested: tuple[Name, ...] = ()
    most: tuple[Uniqueness, ...] = ()
    alone: tuple[tuple[float, float], ...] = ()
    middle: tuple[tuple[float, float], ...] = ()
    counts: tuple[int, ...] = ()
    left_out: int = 0


def count(view: ScanView) -> Combinations:
    """Count the combinations of the columns that others may know."""
    found = [
        (c, quasi_identifier(c.declared.name, c.native, c.declared.dtype)) for c in view.columns if c.learned
    ]
    known = [(c, why) for c, why in found if why and c.values.size > 1]
    declared = suggested([(c.declared.name, c.native) for c, _ in known])
    if not known:
        known = [(c, "") for c in _likely(view)]
    most = MOST
    while most > _FEWEST and view.n * _number(most) > _WORK:
        most -= 1
    taken = sorted(known, key=lambda pair: -_telling(view, pair[0]))[:most]
    names = {c.name for c, _ in taken}
    known_taken = [(c, why) for c, why in known if c.name in names]  # in the table's order
    if not known_taken:
        return Combinations()
    results = [_of_size(view, [c for c, _ in known_taken], size) for size in (1, 2, 3)]
    results = [result for result in results if result]
    return Combinations(
        names=tuple(c.declared.name for c, _ in known_taken),
        why=tuple(why or "" for _, why in known_taken),
        suggested=declared,
        most=tuple(_told(view, row) for result in results for row in result[:_LISTED]),
        alone=tuple((result[0].alone, result[0].small) for result in results),
        middle=tuple((result[len(result) // 2].alone, result[len(result) // 2].small) for result in results),
        counts=tuple(len(result) for result in results),
        left_out=len(known) - len(taken),
    )


@dataclass(frozen=True, kw_only=True)
class _Counted:
    columns: tuple[Scanned, ...]
    alone: int
    small: int


def _number(q: int) -> int:
    return q + q * (q - 1) // 2 + q * (q - 1) * (q - 2) // 6


def _likely(view: ScanView) -> list[Scanned]:
    """Columns that might be known where no name says so: neither constant nor all different."""
    return [c for c in view.columns if c.learned and 1 < c.values.size < max(view.n // 2, 2)]


def _telling(view: ScanView, column: Scanned) -> float:
    """Share of rows whose value few persons hold, plus a little for each distinct value."""
    rare = float(column.rows[column.held < view.k].sum()) / max(view.n, 1)
    return rare + 1e-3 * float(np.log(max(column.values.size, 1)))


def _of_size(view: ScanView, columns: list[Scanned], size: int) -> list[_Counted]:
    """All combinations of a size, the most telling first."""
    out, pairs = [], {}
    for chosen in itertools.combinations(range(len(columns)), size):
        head = chosen[:-1]
        if head not in pairs:
            pairs = {head: _joined([columns[i] for i in head])}  # triples share the pair they start with
        codes = _join(pairs[head], columns[chosen[-1]])
        alone, small = _standing(view, codes)
        out.append(_Counted(columns=tuple(columns[i] for i in chosen), alone=alone, small=small))
    return sorted(out, key=lambda row: (-row.alone, -row.small))


def _joined(columns: list[Scanned]) -> Ints | None:
    codes: Ints | None = None
    for column in columns:
        codes = _join(codes, column)
    return codes


def _join(codes: Ints | None, column: Scanned) -> Ints:
    """Dense codes of a combination with one more column; a missing cell is a value of its own."""
    size = column.values.size + 1
    flat = column.codes + 1 if codes is None else codes * size + (column.codes + 1)
    if codes is None or int(flat.max(initial=0)) < 16 * flat.size:
        return flat
    dense: Ints = pd.factorize(flat)[0].astype(np.int64)
    return dense


def _standing(view: ScanView, codes: Ints) -> tuple[int, int]:
    """Persons with a row whose combination nobody else has, and with one that fewer than k have."""
    rows = np.bincount(codes)
    if view.subjects is None:
        return int((rows == 1).sum()), int(rows[rows < view.k].sum())
    one = np.zeros(rows.size, np.int64)
    one[codes] = view.subjects  # one of the persons of each combination
    shared = np.zeros(rows.size, dtype=bool)
    shared[codes[view.subjects != one[codes]]] = True
    small = rows < view.k  # as many persons at most
    most = int(np.bincount(view.subjects).max(initial=1))
    unsure = ~small & (rows < view.k * most)  # else there are k persons, however many rows each may have
    at = unsure[codes]
    pairs = pd.unique(codes[at] * view.persons + view.subjects[at])
    held = np.bincount(pairs // view.persons, minlength=rows.size)
    small |= unsure & (held < view.k)
    return view.people(~shared[codes]), view.people(small[codes])


def _told(view: ScanView, row: _Counted) -> Uniqueness:
    return Uniqueness(
        columns=tuple(c.name for c in row.columns), alone=view.share(row.alone), small=view.share(row.small)
    )


def combinations(view: ScanView, counted: Combinations) -> Iterator[Finding]:
    """Which columns others may know, and how far persons stand alone on them.

    Args:
        view: The table as the scan reads it.
        counted: How far persons stand alone.
    """
    names = tuple(str(name) for name in counted.names)
    if not names:
        yield Finding(
            topic="combinations",
            columns=(),
            level="quality",
            what="No column was found that others may know of a person and that differs between persons.",
            treatment="nothing; declare such columns where there are some",
        )
        return
    treatment = f"combinations of two and three that fewer than {view.k} persons share are thinned in samples"
    if counted.suggested:
        why = [reason.removesuffix(", by its name") for reason in counted.why]
        told = [f"{n} ({w})" if w and w != n else n for n, w in zip(names, why, strict=True)]
        yield Finding(
            topic="combinations",
            columns=names,
            level="may identify",
            what=f"Others may know these of a person: {words.listed(told, MOST, width=120)}.",
            count=words.number(len(names), "column"),
            treatment=f"{words.listed([str(n) for n in counted.suggested])} declared as "
            f"quasi-identifiers in scan.schema; {treatment}; add what else is known to those you think of",
            choice=words.quasi(list(counted.names[:4])),
        )
    else:
        yield Finding(
            topic="combinations",
            columns=names,
            level="may identify",
            what="No name of a column tells that others may know it; what follows counts other "
            "columns, which may serve as well.",
            count=words.number(len(names), "column"),
            treatment="nothing, until you declare those that others may know",
            choice=words.quasi(list(counted.names[:3])),
        )
    for size, (worst, middle) in enumerate(zip(counted.alone, counted.middle, strict=True), 1):
        yield _by_size(view, counted, size, worst, middle)


def _by_size(
    view: ScanView, counted: Combinations, size: int, worst: tuple[float, float], middle: tuple[float, float]
) -> Finding:
    first = next(row for row in counted.most if len(row.columns) == size)
    number = counted.counts[size - 1]
    together = words.listed(first.columns) + (" together" if size > 1 else " by itself")
    what = f"On {together}, {_sentence(view, worst)}"
    if number > 1:
        unit = {1: "column", 2: "pair", 3: "triple"}[size]
        what += f" On the median {unit} of {number}: {_sentence(view, middle)}"
    treatment = {
        1: f"values that fewer than {view.k} persons hold are replaced or drawn afresh",
    }.get(size, f"combinations that fewer than {view.k} persons share are thinned in samples")
    alone = size == 1 and worst[0] > _SINGLES * view.persons
    return Finding(
        topic="combinations",
        columns=first.columns,
        level="identifies" if alone else "may identify",
        what=what,
        share=f"{first.alone} alone" if first.alone else "",
        treatment=treatment if counted.suggested or size == 1 else "nothing, until they are declared",
        choice=words.quasi([n for n in counted.names if str(n) in first.columns]),
    )


def _sentence(view: ScanView, figures: tuple[float, float]) -> str:
    alone, small = (view.share(figure) for figure in figures)
    if small == "0%":
        return f"no person is in a group smaller than {view.k}."
    if alone == "0%":
        return f"nobody stands alone, and {words.about(small)} are in groups smaller than {view.k}."
    return (
        f"{words.about(alone)} of the persons stand alone, "
        f"and {words.about(small)} are in groups smaller than {view.k}."
    )
