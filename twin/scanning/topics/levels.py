"""Class imbalance, and levels that look wrong: unused, of mixed types, or written in several ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from twin.arrays import Bools, Floats, Ints
from twin.scanning import words
from twin.scanning.finding import Finding
from twin.scanning.view import Scanned, ScanView

_DOMINANT = 0.95
_FEWEST = 50
_CLASSES = 20  # most distinct values of a whole number that may be a class
_TARGET = re.compile(
    r"target|label|class|outcome|default|churn|fraud|event|died|death|dead|mortality|response|readmi|relapse|^y$",
    re.IGNORECASE,
)
_ABSENT = {
    "",
    "?",
    "-",
    ".",
    "na",
    "n/a",
    "nan",
    "null",
    "none",
    "missing",
    "unknown",
    "not known",
    "#n/a",
    "xxx",
}


def balance(view: ScanView) -> Iterator[Finding]:
    """Columns where one level holds nearly every row."""
    for column in view.columns:
        classes = column.native.nominal or (
            column.native.type == "integer" and column.values.size <= _CLASSES
        )
        if not classes or not column.learned or column.values.size < 2 or column.present < _FEWEST:
            continue
        most = int(column.rows.max())
        if most <= _DOMINANT * column.present:
            continue
        target = column.values.size == 2 and bool(_TARGET.search(column.name))
        share = view.share(most, column.present)
        others = view.people((column.codes >= 0) & (column.codes != int(column.rows.argmax())))
        what = f"One value holds {words.about(share)} of the rows"
        what += "; if this is what a model should predict, it has few cases to learn from." if target else "."
        yield Finding(
            topic="balance",
            columns=(column.name,),
            level="may identify" if others < view.k else "quality",
            what=what,
            count=f"{view.told(others)} with another value",
            share=view.share(others),
            treatment=f"replaced by the common value, since fewer than {view.k} persons hold another"
            if others < view.k
            else "comes out as often as in the data",
            choice="",
            examples=view.examples(column, np.argsort(-column.rows, kind="stable")[:2]),
        )


def levels(view: ScanView) -> Iterator[Finding]:
    """Levels that are unused, of several types, spelt in several ways, or stand for missing cells."""
    for column in view.columns:
        if not column.native.nominal:
            continue
        yield from _unused(view, column, view.table.series(column.declared.name))
        if column.native.type == "mixed":
            yield from _mixed(view, column)
        elif column.texts and column.values.size:
            yield from _texts(view, column)


def _unused(view: ScanView, column: Scanned, series: pd.Series[Any]) -> Iterator[Finding]:
    if not isinstance(series.dtype, pd.CategoricalDtype):
        return
    number = len(series.dtype.categories) - column.values.size
    if number > 0:
        yield Finding(
            topic="levels",
            columns=(column.name,),
            level="quality",
            what="Declares categories that no row holds; they may stem from rows that were taken out.",
            count=f"{view.range(number)} categories",
            treatment="unused categories are not kept",
            choice=f"df[{words.coded(column.declared.name)}] = "
            f"df[{words.coded(column.declared.name)}].cat.remove_unused_categories()",
        )


def _mixed(view: ScanView, column: Scanned) -> Iterator[Finding]:
    kinds = sorted({type(level).__name__ for level in column.levels})
    if len(kinds) > 1:
        name = words.coded(column.declared.name)
        yield Finding(
            topic="levels",
            columns=(column.name,),
            level="quality",
            what=f"Values of several types: {', '.join(kinds)}.",
            treatment="learned as levels, each of its type",
            choice=f"df[{name}] = df[{name}].astype(str)",
        )


def _texts(view: ScanView, column: Scanned) -> Iterator[Finding]:
    text: Any = pd.Series(column.levels, dtype=object)
    name = column.declared.name
    plain = text.str.normalize("NFKC").str.split().str.join(" ").str.casefold()
    if column.learned:
        twins = plain.duplicated(keep=False).to_numpy()
        if twins.any():
            yield _text_finding(
                view,
                column,
                twins,
                "Levels that differ in case, spaces or the form of letters only.",
                "kept apart: each spelling is a level of its own, and counts by itself against k",
                f"df[{words.coded(name)}] = df[{words.coded(name)}].str.strip().str.casefold()",
            )
        absent = plain.isin(_ABSENT).to_numpy(bool)
        if absent.any():
            yield _text_finding(
                view,
                column,
                absent,
                "Text that may stand for a missing cell (a question mark, “unknown”, nothing at all).",
                "kept as a level like any other",
                f"df[{words.coded(name)}] = df[{words.coded(name)}].replace({{...: None}})",
            )
        numbers = pd.to_numeric(text[~absent], errors="coerce")
        if numbers.size > 1 and numbers.notna().mean() > _DOMINANT:
            yield Finding(
                topic="levels",
                columns=(column.name,),
                level="quality",
                what="Text that reads as numbers: a code, or a number that was read as text.",
                treatment="learned as levels, without their order",
                choice=f"df[{words.coded(name)}] = pd.to_numeric(df[{words.coded(name)}])",
            )


def _text_finding(
    view: ScanView, column: Scanned, places: Any, what: str, treatment: str, choice: str
) -> Finding:
    people = view.people(np.append(places, False)[column.codes])
    return Finding(
        topic="levels",
        columns=(column.name,),
        level="quality",
        what=what,
        count=f"{view.range(int(places.sum()))} levels, {view.told(people)}",
        share=view.share(people),
        treatment=treatment,
        choice=choice,
        examples=view.examples(column, np.flatnonzero(places)),
    )


_MOSTLY = 0.5  # share of rows with a rare exact value, from which a column is one of fine amounts
_FENCE = 3.0  # interquartile ranges beyond the quartiles
_FAR = f"beyond {_FENCE:.0f} interquartile ranges from the quartiles"
_MODE = 0.25  # share of rows from which the commonest value is left out of the quartiles
_SKEW = 0.3  # Bowley's skewness from which positive amounts are judged on a log scale
_FEWEST_VALUES = 20


def rare(view: ScanView) -> Iterator[Finding]:
    """Values that fewer than k persons hold, or that are mostly one person's."""
    fine: list[Scanned] = []
    found: list[Finding] = []
    for column in view.columns:
        few = column.rare(view.k)
        if not column.learned or not few.any():
            continue
        rows = int(column.rows[few].sum())
        if not column.native.nominal and rows > _MOSTLY * column.present:
            fine.append(column)
            continue
        found.append(_rare(view, column, few, rows))
    yield from sorted(found, key=lambda finding: finding.treatment, reverse=True)  # levels, then numbers
    if fine:
        yield Finding(
            topic="rare",
            columns=tuple(c.name for c in fine),
            level="may identify",
            what="Fine amounts or dates: most rows hold an exact value that fewer than "
            f"{view.k} persons share.",
            count=words.number(len(fine), "column"),
            treatment=f"exact values that fewer than {view.k} persons share are drawn afresh among "
            "their neighbours",
            choice=_coarser(fine[0]),
        )


def _rare(view: ScanView, column: Scanned, few: Bools, rows: int) -> Finding:
    people = view.people(few[column.codes] & (column.codes >= 0))
    number = view.range(int(few.sum()))
    unit = "levels" if column.native.nominal else "exact values"
    all_ = few.all()
    dominated = bool((few & (column.held >= view.k)).any())
    what = f"{'All' if all_ else 'Some'} {unit} are held by fewer than {view.k} persons each"
    what += ", or mostly by one of them." if dominated else "."
    if column.native.nominal:
        treatment = "replaced by levels that enough persons share, drawn by their frequency"
        choice = words.replacing(column.declared.name, 'twin.Category(rare="token")')
    else:
        treatment = "drawn afresh among their neighbours"
        choice = words.replacing(column.declared.name, "twin.Category()")
    return Finding(
        topic="rare",
        columns=(column.name,),
        level="may identify",
        what=what,
        count=f"{number} {unit}, {view.told(people)}",
        share=view.rows_share(rows) + " of rows" if view.rows_share(rows) else "",
        treatment=treatment,
        choice=choice,
        examples=view.examples(column, np.flatnonzero(few)[np.argsort(column.held[few], kind="stable")]),
    )


def _coarser(column: Scanned) -> str:
    """The line that keeps two leading digits of a typical value, or fewer cells of a date."""
    if not column.numeric:
        return words.replacing(column.declared.name, "twin.Datetime(cells=50)")
    sizes = np.abs(column.numbers[np.isfinite(column.numbers)])
    digits = int(np.log10(max(float(np.median(sizes)) if sizes.size else 1.0, 1.0)))
    return words.replacing(column.declared.name, f"twin.Number(decimals={-max(digits - 1, 0)})")


def extremes(view: ScanView) -> Iterator[Finding]:
    """Ends that few persons hold, lone signs, infinite numbers, and values far from the rest."""
    ends = [c for c in view.columns if _has_ends(c) and min(c.held[0], c.held[-1]) < view.k]
    if ends:
        shown = tuple(f"{c.name}: {c.shown(0)} … {c.shown(c.values.size - 1)}" for c in ends[:5])
        yield Finding(
            topic="extremes",
            columns=tuple(c.name for c in ends),
            level="may identify",
            what=f"The lowest or the highest value belongs to fewer than {view.k} persons.",
            count=words.number(len(ends), "column"),
            treatment=f"bounds are moved inwards until at least {view.k} persons lie at or beyond them",
            choice=_bounded(next((c for c in ends if c.numeric), ends[0])),
            examples=shown if view.show else (),
        )
    for column in view.columns:
        if column.numeric and column.learned:
            yield from _signs(view, column)
        if _has_ends(column) and column.values.size >= _FEWEST_VALUES:
            yield from _outliers(view, column)


def _has_ends(column: Scanned) -> bool:
    return column.learned and not column.native.nominal and column.values.size > 1


def _signs(view: ScanView, column: Scanned) -> Iterator[Finding]:
    numbers = column.numbers
    for flags, name in ((numbers < 0, "negative"), (~np.isfinite(numbers), "infinite")):
        people = view.people(_rows(column, flags))
        others = view.people(_rows(column, ~flags))
        if view.small(people) and others >= view.k:
            yield Finding(
                topic="extremes",
                columns=(column.name,),
                level="may identify",
                what=f"Fewer than {view.k} persons hold {name} numbers.",
                count=view.told(people),
                share=view.share(people),
                treatment=f"{name} numbers do not come out",
                choice=words.replacing(column.declared.name, "twin.Number(low=0)"),
                examples=view.examples(column, np.flatnonzero(flags)),
            )


def _outliers(view: ScanView, column: Scanned) -> Iterator[Finding]:
    far = beyond_fences(column.values.astype(np.float64), column.rows)
    if not far.any():
        return
    people = view.people(_rows(column, far))
    few = people < view.k
    yield Finding(
        topic="extremes",
        columns=(column.name,),
        level="may identify" if few else "quality",
        what=(
            f"Values of fewer than {view.k} persons lie far from all others, {_FAR}."
            if few
            else f"Some values lie far from most others, {_FAR}: a long tail, a group of its own, or slips."
        ),
        count=view.told(people),
        share=view.share(people),
        treatment="they do not come out"
        if few
        else f"kept where {view.k} persons share a stretch of the tail",
        choice=_bounded(column),
        examples=view.examples(column, np.flatnonzero(far)[::-1]),
    )


def _bounded(column: Scanned) -> str:
    """The line that declares public bounds; dates have none."""
    if not column.numeric:
        return words.dropping([column.declared.name])
    return (
        words.replacing(column.declared.name, "twin.Number(low=0, high=100)") + "  # bounds that are public"
    )


def beyond_fences(values: Floats, rows: Ints) -> Bools:
    """Which values lie far outside the quartiles.

    Args:
        values: Distinct values, ascending, shape (m,).
        rows: How often each occurs, shape (m,).

    Returns:
        Mask of shape (m,): beyond three interquartile ranges below the first or above the third quartile
        (Tukey's outer fences). A very common value is left out of the quartiles, and positive amounts that
        are skewed to the right are judged by their logarithm.

    Source:
        Tukey, Exploratory Data Analysis (1977), section 2D.

    Example:
        >>> beyond_fences(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 90.0]), np.array([5, 9, 9, 9, 5, 1])).tolist()
        [False, False, False, False, False, True]
    """
    use = np.isfinite(values)
    if rows[use].size and rows[use].max() > _MODE * rows[use].sum():
        use &= rows != rows[use].max()
    if np.count_nonzero(use) < 5:
        return np.zeros(values.shape, dtype=bool)
    low, middle, high = _quartiles(values[use], rows[use])
    scale = values
    if values[use].min() > 0 and high > low and (high + low - 2 * middle) / (high - low) > _SKEW:
        scale = np.log(np.where(values > 0, values, values[use].min()))
        low, middle, high = _quartiles(scale[use], rows[use])
    width = high - low
    far: Bools = use & (width > 0) & ((scale < low - _FENCE * width) | (scale > high + _FENCE * width))
    return far


def _quartiles(values: Floats, rows: Ints) -> tuple[float, float, float]:
    so_far = np.cumsum(rows) / rows.sum()
    low, middle, high = (float(values[np.searchsorted(so_far, share)]) for share in (0.25, 0.5, 0.75))
    return low, middle, high


def _rows(column: Scanned, places: Bools) -> Bools:
    """Rows that hold one of the distinct values in the mask."""
    out: Bools = np.append(places, False)[column.codes]
    return out
