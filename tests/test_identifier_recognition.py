"""Recognition of identifiers, measured on labelled columns: how many are found, how many others mistaken."""

from __future__ import annotations

import pytest

from tests.helpers.labelled_columns import (
    HELD_OUT,
    OPEN,
    Labelled,
    identifier_columns,
    ordinary_columns,
)
from tests.helpers.recognition import Measured, measure
from twin.columns.pii.detect.whats import WHATS

FOUND = 0.97  # share of identifier columns that are recognised, at least
MISTAKEN = 0.03  # share of ordinary columns taken for identifiers, at most


def check(measured: Measured) -> None:
    told = "\n".join(measured.lines())
    assert measured.recall >= FOUND, told
    assert measured.mistaken <= MISTAKEN, told


@pytest.fixture(scope="module")
def identifiers() -> list[Labelled]:
    return identifier_columns(OPEN, 0)


@pytest.fixture(scope="module")
def ordinary() -> list[Labelled]:
    return ordinary_columns(OPEN, 0)


def test_the_set_is_as_wide_as_it_claims(identifiers: list[Labelled], ordinary: list[Labelled]) -> None:
    assert len(WHATS) >= 12 and len(OPEN) >= 10 and not set(OPEN) & set(HELD_OUT)
    assert {(c.what, c.locale) for c in identifiers} == {(what, locale) for what in WHATS for locale in OPEN}
    assert all(300 <= len(c.values) < 600 and c.values.notna().any() for c in identifiers)
    assert len(ordinary) >= 150
    again = identifier_columns(OPEN[:1], 0)
    assert all(a.values.equals(b.values) for a, b in zip(identifiers, again, strict=False))


def test_identifiers_are_recognised_and_others_left_alone(
    identifiers: list[Labelled], ordinary: list[Labelled]
) -> None:
    check(measure(identifiers, ordinary))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_other_draws(seed: int) -> None:
    check(measure(identifier_columns(OPEN, seed), ordinary_columns(OPEN, seed)))


@pytest.mark.slow
def test_locales_that_were_left_out() -> None:
    ordinary = [column for column in ordinary_columns(HELD_OUT, 0) if column.locale]
    check(measure(identifier_columns(HELD_OUT, 0), ordinary))
