"""Heaps and precision: round numbers, decimals, and odd precision of few."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from twin.arrays import Bools, Ints
from twin.scanning import words
from twin.scanning.finding import Finding
from twin.scanning.view import Scanned, ScanView

_BASES = (100_000, 10_000, 1_000, 100, 50, 10, 5)
_FINEST = 9  # digits after the point that are looked at
_FEWEST = 50  # values for a share to mean anything
_EXCESS, _TIMES = 0.1, 2.0  # how far above chance a heap stands


def precision(view: ScanView) -> Iterator[Finding]:
    """Heaps on round numbers and dates, number of decimals, and odd precision."""
    for column in view.columns:
        if not column.learned or not column.values.size:
            continue
        if column.native.type == "datetime":
            yield from _dates(view, column)
        elif column.numeric:
            yield from _numbers(view, column)


def _numbers(view: ScanView, column: Scanned) -> Iterator[Finding]:
    digits = decimals_of(column)
    common = next((d for d in range(_FINEST, -1, -1) if view.people(_rows(column, digits >= d)) >= view.k), 0)
    odd = (digits > common) & np.isfinite(column.numbers)
    people = view.people(_rows(column, odd))
    if view.small(people):
        yield Finding(
            topic="precision",
            columns=(column.name,),
            level="may identify",
            what=f"Values of fewer than {view.k} persons have more decimals than all others ({common}).",
            count=view.told(people),
            share=view.share(people),
            treatment=f"rounded to {common} decimals",
            choice=words.replacing(column.declared.name, f"twin.Number(decimals={common})"),
            examples=view.examples(column, np.flatnonzero(odd)),
        )
    if common < _FINEST and column.present >= _FEWEST:
        yield from _heaps(view, column, common)


def decimals_of(column: Scanned) -> Ints:
    """Digits after the point of each distinct value, shape (m,), at most one more than are looked at."""
    if column.native.type == "integer":
        return np.zeros(column.values.shape, np.int64)
    numbers = np.where(np.isfinite(column.numbers), column.numbers, 0.0)
    digits = np.full(numbers.shape, _FINEST + 1, np.int64)
    open_ = np.ones(numbers.shape, dtype=bool)
    for d in range(_FINEST + 1):
        scaled = numbers[open_] * 10.0**d
        whole = np.abs(scaled - np.rint(scaled)) <= np.maximum(column.native.rounding * np.abs(scaled), 1e-7)
        places = np.flatnonzero(open_)[whole]
        digits[places] = d
        open_[places] = False
        if not open_.any():
            break
    return digits


def _heaps(view: ScanView, column: Scanned, common: int) -> Iterator[Finding]:
    numbers = column.numbers
    use = np.isfinite(numbers) & (numbers != 0)
    units, rows = np.rint(numbers[use] * 10.0**common), column.rows[use]
    total = int(rows.sum())
    if total < _FEWEST:
        return
    size = np.abs(units)
    reach = float(np.quantile(np.repeat(size, np.minimum(rows, 100)), 0.9))
    steps = 10.0**common
    told: list[str] = []
    shares: list[str] = []
    top = 0.0
    for base in _BASES:
        on = np.mod(units, base) == 0
        share = float(rows[on].sum()) / total
        distinct = int(on.sum())
        if reach < 3 * base or distinct < 2 or share <= max(top + _EXCESS, _TIMES / base, 1 / base + _EXCESS):
            continue
        told.append(f"{base / steps:,g}")
        shares.append(view.share(float(rows[on].sum()), total))
        top = share
        if share > 0.99 or len(told) == 2:
            break
    if told:
        unit = "Whole numbers" if not common else f"Numbers of {common} decimal{'s' * (common > 1)}"
        yield Finding(
            topic="precision",
            columns=(column.name,),
            level="quality",
            what=f"{unit} in heaps: multiples of {' and of '.join(told)} are more common than by chance.",
            share=" and ".join(filter(None, shares)),
            treatment="heaps come out as often: exact values that enough persons share are kept",
            choice=words.replacing(column.declared.name, f"twin.Number(decimals={common})"),
        )


def _dates(view: ScanView, column: Scanned) -> Iterator[Finding]:
    days = column.values.astype(f"datetime64[{column.native.unit}]").astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    first = (days - months.astype("datetime64[D]")).astype(np.int64) == 0
    january = first & (months.astype(np.int64) % 12 == 0)
    total = column.present
    if total < _FEWEST:
        return
    for flags, name, chance in ((january, "1 January", 1 / 365), (first, "the first of a month", 12 / 365)):
        share = float(column.rows[flags].sum()) / total
        if share > max(3 * chance, chance + 0.02) and np.unique(months).size > 3:
            yield Finding(
                topic="precision",
                columns=(column.name,),
                level="quality",
                what=f"{words.about(view.share(share * total, total)).capitalize()} of the dates are {name}: "
                "they may stand for dates that are not known.",
                treatment="heaps come out as often: exact dates that enough persons share are kept",
                choice=words.replacing(column.declared.name, "twin.Datetime()"),
            )
            return


def _rows(column: Scanned, places: Bools) -> Bools:
    out: Bools = np.append(places, False)[column.codes]
    return out
