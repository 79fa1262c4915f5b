"""Direct identifiers: whole columns of them, and those inside text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from twin.arrays import Array, Bools
from twin.columns.kinds.key import REPEATS
from twin.columns.pii.detect.whats import WHATS
from twin.scanning import words
from twin.scanning.finding import Finding
from twin.scanning.view import Scanned, ScanView

_FEWEST_WORDS = 2.0  # mean words a value from which text may hold something besides itself
_MOST_LEVELS = 50_000
_FORMS: dict[str, re.Pattern[str]] = {
    "e-mail addresses": re.compile(r"[\w.+-]+@\w[\w-]*\.[\w.-]*\w"),
    "web addresses": re.compile(r"(?:https?://|www\.)\w\S+"),
    "bank accounts (IBAN)": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"),
    "telephone numbers": re.compile(
        r"(?<![\w.,/+-])(?:(?:\+|00)[1-9]\d{0,2}|0\d|\(\d{2,5}\))[\d ()/.-]{5,14}\d(?![\w/-])"
    ),
    "IP addresses": re.compile(
        r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])"
    ),
}
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_WORD = re.compile(r"[^\W\d_]{3,}")


def identifiers(view: ScanView) -> Iterator[Finding]:
    """Columns that are direct identifiers, as the schema recognised them."""
    for column in view.columns:
        declared = column.identity
        if declared is None:
            continue
        people = view.people(column.codes >= 0)
        meant = WHATS[declared.what]
        treatment = words.fate(declared)
        if meant.reserved and declared.treatment == "invent":
            treatment += f", from {meant.reserved}"
        otherwise = f'twin.DirectIdentifier(what="{declared.what}", treatment="drop")'
        yield Finding(
            topic="identifiers",
            columns=(column.name,),
            level="identifies",
            what=f"{meant.title[0].upper()}{meant.title[1:]}: {declared.reason}.",
            count=view.told(people),
            share=view.share(people),
            treatment=treatment,
            choice="" if declared.name == view.subject else words.replacing(declared.name, otherwise),
            examples=view.examples(column, np.arange(column.values.size)),
        )


def inside_text(view: ScanView) -> Iterator[Finding]:
    """Identifiers inside text, and words that few persons' texts hold."""
    for column in view.columns:
        if not column.texts or column.identity or not column.values.size:
            continue
        levels: Any = pd.Series(column.levels, dtype=object)
        if levels.size > _MOST_LEVELS:
            levels = levels.iloc[np.linspace(0, levels.size - 1, _MOST_LEVELS).astype(int)]
        spaces = float(levels.str.count(r"\S+").mean())
        if column.declared.kind == "key" or spaces < _FEWEST_WORDS:
            continue
        yield from _forms(view, column, levels)
        if spaces >= 2 * _FEWEST_WORDS:
            yield from _seldom_words(view, column, levels)


def _forms(view: ScanView, column: Scanned, levels: Any) -> Iterator[Finding]:
    for name, form in _FORMS.items():
        cleaned = levels.str.replace(_DATE, " ", regex=True) if name == "telephone numbers" else levels
        hits = levels.index[cleaned.str.contains(form).to_numpy(bool)].to_numpy()
        if not hits.size:
            continue
        people = view.people(_rows_of(column, hits))
        yield Finding(
            topic="text",
            columns=(column.name,),
            level="identifies",
            what=f"Text holds {name}, in the rows of {view.told(people)}.",
            count=view.told(people),
            share=view.share(people),
            treatment=words.fate(column.declared),
            choice=words.replacing(column.declared.name, "twin.Text()"),
            examples=view.examples(column, hits),
        )


def _seldom_words(view: ScanView, column: Scanned, levels: Any) -> Iterator[Finding]:
    """Words of letters that fewer than k persons' texts hold: names are among them."""
    found: Any = levels.str.findall(_WORD).explode().dropna().str.lower()
    if not found.size:
        return
    codes, tokens = pd.factorize(found)
    pairs = np.unique(codes.astype(np.int64) * column.values.size + found.index.to_numpy())
    token, level = np.divmod(pairs, column.values.size)
    most = np.bincount(token, weights=column.held[level], minlength=len(tokens))  # persons at most
    seldom = most < view.k
    hits = np.unique(level[seldom[token]])
    if not hits.size:
        return
    people = view.people(_rows_of(column, hits))
    yield Finding(
        topic="text",
        columns=(column.name,),
        level="may identify",
        what=f"Some words stand in the texts of fewer than {view.k} persons each; "
        "surnames may be among them.",
        count=f"{view.range(int(seldom.sum()))} words, {view.told(people)}",
        share=view.share(people),
        treatment=words.fate(column.declared),
        choice=words.replacing(column.declared.name, 'twin.Text(treatment="template")'),
        examples=tuple(str(tokens[i]) for i in np.flatnonzero(seldom)[:5]) if view.show else (),
    )


def _rows_of(column: Scanned, places: Array) -> Bools:
    held = np.zeros(column.values.size + 1, dtype=bool)  # the last entry serves missing cells
    held[places] = True
    return held[column.codes]


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
