"""Direct identifiers: whole columns of them, and those inside text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from twin.arrays import Array, Bools
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
