"""The labelled columns are sound: what a case says of itself holds, whatever recognises it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any

import pandas as pd
import pytest

from tests.helpers.labelled_kinds import EVERY, KINDS, ROWS, Case, columns
from tests.helpers.labelled_kinds.base import CALENDARS

BY_NAME = {case.case: case for case in EVERY}
LEAST = {
    "dates": 50,
    "text numbers": 35,
    "calendars": 20,
    "numbers": 20,
    "identifiers": 25,
    "keys": 20,
    "plain": 35,
    "prose": 15,
    "places": 8,
}
"""Cases of a group, at least."""

INTEGERS = {
    "YYYYMMDD": "%Y%m%d",
    "YYYYMM": "%Y%m",
    "DDMMYYYY": "%d%m%Y",
    "YYMMDD": "%y%m%d",
    "HHMM": "%H%M",
    "HHMMSS": "%H%M%S",
    "YYYYDDD": "%Y%j",
    "YYYYMMDDHHMMSS": "%Y%m%d%H%M%S",
}
CHECKED = {
    "card": "luhn",
    "citizen, czech": "cz.rc",
    "citizen, dutch": "nl.bsn",
    "citizen, finnish": "fi.hetu",
    "citizen, polish": "pl.pesel",
    "citizen, swedish": "se.personnummer",
    "health service": "gb.nhs",
    "iban, austrian, name says nothing": "iban",
    "iban, dutch": "iban",
    "iban, german": "iban",
    "identity, spanish": "es.dni",
    "imei": "imei",
    "insurance, canadian": "ca.sin",
    "social security, american": "us.ssn",
    "social security, french": "fr.nir",
    "social security, swiss": "ch.ssn",
    "tax, brazilian": "br.cpf",
    "tax, italian": "it.codicefiscale",
}
"""Numbers with check digits, and the module of stdnum that knows them."""


@cache
def table(name: str) -> pd.DataFrame:
    return BY_NAME[name].table()


def main_cells(case: Case) -> list[Any]:
    """Cells of the main kind, first column."""
    cells = table(case.case).iloc[:, 0]
    beside = {*case.specials, *case.odd}
    return [cell for cell in cells[cells.notna()] if cell not in beside]


def test_the_set_is_as_wide_as_it_claims() -> None:
    groups = Counter(case.group for case in EVERY)
    assert all(groups[group] >= least for group, least in LEAST.items()), groups
    assert {kind for case in EVERY for kind in case.kinds} == set(KINDS)
    assert all(case.kinds and set(case.kinds) <= set(KINDS) for case in EVERY)
    assert len(BY_NAME) == len(EVERY) and all(case.group in case.case for case in EVERY)
    assert len({case.names for case in EVERY}) == len(EVERY)


def test_a_third_is_held_out_in_every_kind() -> None:
    open_cases, held = columns(), columns(held_out=True)
    assert len(open_cases) + len(held) == len(EVERY) and 0.28 <= len(held) / len(EVERY) <= 0.4
    assert {k for case in held for k in case.kinds} == {k for case in open_cases for k in case.kinds}
    assert BY_NAME["dates/iso day"].held_out and not BY_NAME["keys/rows"].held_out


def test_a_case_makes_the_same_column_each_time() -> None:
    for case in EVERY:
        first = case.table(300)
        assert first.equals(case.table(300)), case.case
        assert tuple(first.columns) == case.names and len(first) == 300, case.case
        assert len(table(case.case)) == ROWS, case.case


def test_other_seeds_make_other_columns() -> None:
    counted = {"keys/rows", "keys/rows, from zero", "keys/prefix"}
    same = {case.case for case in EVERY if case.table(300).equals(case.table(300, seed=1))}
    assert same == counted


def test_special_values_and_gaps_have_their_shares() -> None:
    for case in EVERY:
        made = table(case.case)
        rows = list(made.itertuples(index=False, name=None))
        cells = [None if pd.isna(row[0]) else row if len(row) == 2 else row[0] for row in rows]
        for value, share in case.specials.items():
            found = sum(cell == value for cell in cells if cell is not None) / ROWS
            assert 0.005 <= share <= 0.1 and abs(found - share) < 0.002, (case.case, value, found)
        assert all(cells.count(value) == 1 for value in case.odd), case.case
        assert abs(float(made.isna().any(axis=1).mean()) - case.missing) < 0.001, case.case


def english(text: str, language: str, form: str) -> str:
    """A date with the full names of months and days in English."""
    if not language:
        return text
    months, _, days, _ = CALENDARS["en"]
    pairs = list(zip(CALENDARS[language], (months, months, days, days), strict=True))
    pairs = pairs if "%a" in form.lower() else pairs[:2]  # "mar" may be March or Tuesday
    words = {own.lower(): full for part, plain in pairs for own, full in zip(part, plain, strict=True)}
    return re.sub(r"[^\W\d]+\.?", lambda m: words.get(m[0].lower(), m[0]), text)


@pytest.mark.parametrize("form_of", ["text", "integers"])
def test_dates_read_in_the_form_that_they_claim(form_of: str) -> None:
    """Known answer: `strptime` reads every cell but the special ones."""
    tried = 0
    for case in EVERY:
        form = case.form
        if form_of == "text":
            fits = case.group == "dates" and "%" in form and "some" not in form and "1er" not in form
        else:
            form = INTEGERS.get(case.form.partition(" ")[0], "")
            fits = case.group == "calendars" and bool(form)
        if not fits:
            continue
        tried += 1
        width = len(datetime(2020, 1, 1).strftime(form))
        week = "%V" in form and "%u" not in form  # strptime asks for a day of the week
        if case.language:  # names are read as full ones
            form = form.replace("%b", "%B").replace("%a", "%A")
        for cell in main_cells(case):
            text = cell if isinstance(cell, str) else str(int(cell)).zfill(width)
            text = english(text, case.language, form)
            read = datetime.strptime(text + " 1" * week, form + " %u" * week)
            assert 1600 < read.year < 2070, case.case
    assert tried >= {"text": 80, "integers": 14}[form_of]


def test_text_numbers_are_text_that_holds_digits() -> None:
    for case in (case for case in EVERY if case.group == "text numbers"):
        cells = main_cells(case)
        assert all(isinstance(cell, str) and re.search(r"\d", cell) for cell in cells), case.case


def test_keys_are_unique_unless_they_say_otherwise() -> None:
    for case in (case for case in EVERY if case.group == "keys" and "several" not in case.case):
        cells = main_cells(case)
        distinct = len(set(cells)) / len(cells)
        assert 0.93 < distinct < 1 if "twice" in case.case else distinct == 1, case.case


def test_issued_numbers_have_their_check_digits() -> None:
    for name, module in CHECKED.items():
        valid = import_module(f"stdnum.{module}").is_valid
        cells = main_cells(BY_NAME[f"identifiers/{name}"])
        assert sum(valid(str(cell).replace(" ", "")) for cell in cells) >= 0.97 * len(cells), name


def test_positions_lie_on_the_earth() -> None:
    for case in (case for case in EVERY if case.group == "places"):
        made = table(case.case).dropna().map(lambda v: float(str(v).replace(",", ".")))
        first, second = (made[name].abs() for name in case.names)
        lat, lon = (second, first) if case.names[0] == "lng" else (first, second)
        assert lat.max() <= 90 and lon.max() <= 180 and made.nunique().min() >= 50, case.case
