"""Keys: columns that name rows or persons, and columns that point at them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from twin.columns.kinds.key import REPEATS
from twin.scanning import words
from twin.scanning.finding import Finding
from twin.scanning.view import Scanned, ScanView

_ALMOST = 0.95  # share of distinct values from which a column names its rows or persons (rule S11)
_OWN = ("email", "username", "phone", "national_id", "iban", "card", "uuid")  # hardly shared by persons
_POINTER = re.compile(
    r"(^|[_\W])(id|key|no|nr|num|ref|code|parent|number)$|[a-z](Id|ID|Key|Ref|No)$", re.IGNORECASE
)


def keys(view: ScanView) -> Iterator[Finding]:
    """Columns that name rows or persons, and columns that point into them."""
    for column in view.columns:
        finding = _naming(view, column)
        if finding is not None:
            yield finding
    yield from _pointers(view)


def _naming(view: ScanView, column: Scanned) -> Finding | None:
    declared, distinct, present = column.declared, column.values.size, column.present
    if not (column.texts or column.native.type == "integer") or present < 2:
        return None
    if declared.name == view.subject:
        several = "several rows" if view.persons < view.n else "one row"
        what = f"Names the person, as declared; persons have {several} each."
    elif _may_name_the_person(view, column):
        what = (
            "An identifier that repeats: if it names the person, every count in this scan is too low. "
            "Scan again with it as subject."
        )
        return _finding(
            view, column, what, choice=f"scan = twin.scan(df, subject={words.coded(declared.name)})"
        )
    elif column.identity:
        return None  # told as a direct identifier
    elif distinct == present == view.n:
        what = "No value repeats: each points at one row."
        if declared.kind not in ("key", "text") and distinct < 100:
            return None  # too few rows to tell
    elif view.subjects is not None and distinct > _ALMOST * view.persons and _by_person(view, column):
        what = "Names persons as well as the subject column does: hardly any two share a value."
    elif declared.kind == "key":
        what = "An identifier: its values point at rows or at things that few persons share."
    else:
        return None
    return _finding(view, column, what, choice=_choice(view, column))


def _may_name_the_person(view: ScanView, column: Scanned) -> bool:
    """Whether no person was named, and this column holds an identifier of one in several rows."""
    if view.subjects is not None:
        return False
    identity = column.identity
    repeats = column.values.size < _ALMOST * column.present
    return column.declared.reason == REPEATS or (identity is not None and identity.what in _OWN and repeats)


def _choice(view: ScanView, column: Scanned) -> str:
    declared = column.declared
    if declared.name == view.subject:
        return ""
    if declared.kind == "key":
        return words.replacing(declared.name, "twin.Category()" if column.texts else "twin.Number()")
    return words.replacing(declared.name, "twin.Key()")


def _finding(view: ScanView, column: Scanned, what: str, *, choice: str) -> Finding:
    people = view.people(column.codes >= 0)
    return Finding(
        topic="keys",
        columns=(column.name,),
        level="identifies",
        what=what,
        count=view.told(people),
        share=view.share(people),
        treatment=words.fate(column.declared),
        choice=choice,
        examples=view.examples(column, np.arange(column.values.size)),
    )


def _by_person(view: ScanView, column: Scanned) -> bool:
    """Whether most values belong to one person."""
    return bool(column.values.size and np.mean(column.held == 1) > _ALMOST)


def _pointers(view: ScanView) -> Iterator[Finding]:
    """Columns whose values are all found in a column that names rows or persons."""
    targets = [c for c in view.columns if _is_target(view, c)]
    for column in view.columns:
        for target in targets:
            if column is target or not _points(view, column, target):
                continue
            yield Finding(
                topic="keys",
                columns=(column.name, target.name),
                level="may identify",
                what=f"Its values are all found in {words.listed([target.name])}: it points at other rows "
                "or persons of this table.",
                count=f"{view.range(column.values.size)} distinct values",
                treatment=words.fate(column.declared) + "; it will no longer point at rows of the table",
                choice=words.replacing(column.declared.name, "twin.Key()"),
            )
            break


def _is_target(view: ScanView, column: Scanned) -> bool:
    named = column.declared.kind == "key" or column.declared.name == view.subject
    unique = column.values.size == column.present == view.n
    return (column.texts or column.native.type == "integer") and column.values.size > 1 and (named or unique)


def _points(view: ScanView, column: Scanned, target: Scanned) -> bool:
    if column.native.type != target.native.type or not 1 < column.values.size < target.values.size:
        return False
    if column.texts:
        return set(column.levels) <= set(target.levels)
    if not _POINTER.search(column.name) or column.values.size < min(view.k, 0.02 * target.values.size):
        return False
    return bool(np.isin(column.values, target.values).all())
