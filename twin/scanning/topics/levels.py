"""Class imbalance, and levels that look wrong: unused, of mixed types, or written in several ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

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
