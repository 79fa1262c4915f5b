"""Recognition of identifiers, measured on labelled columns: how many are found, how many others mistaken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import pytest
from labelled_columns import HELD_OUT, OPEN, PERSONAL, Labelled, identifier_columns, ordinary_columns

from twin.columns.arrays.reading import read, token
from twin.columns.infer import infer_schema
from twin.columns.pii.detect.recognition import recognise
from twin.columns.pii.detect.whats import WHATS

FOUND = 0.97  # share of identifier columns that are recognised, at least (issue 3)
MISTAKEN = 0.03  # share of ordinary columns taken for identifiers, at most (issue 3)


@dataclass(frozen=True)
class Outcome:
    """A column and what it was taken for; None for nothing."""

    column: Labelled
    taken: str | None

    @property
    def exact(self) -> bool:
        return self.taken == self.column.what

    @property
    def right(self) -> bool:
        """Exact, or another sort of personal name."""
        return self.exact or {self.taken, self.column.what} <= PERSONAL

    def __str__(self) -> str:
        c = self.column
        return f"{c.what or 'ordinary':<12} {c.locale:<6} {c.name:<28} {c.variant:<28} -> {self.taken}"


@dataclass(frozen=True)
class Measured:
    """Outcomes on identifiers and on ordinary columns."""

    identifiers: list[Outcome]
    ordinary: list[Outcome]

    @property
    def recall(self) -> float:
        return sum(o.right for o in self.identifiers) / len(self.identifiers)

    @property
    def exactness(self) -> float:
        return sum(o.exact for o in self.identifiers) / len(self.identifiers)

    @property
    def mistaken(self) -> float:
        return sum(not o.exact for o in self.ordinary) / len(self.ordinary)

    def lines(self) -> list[str]:
        """Misses and false alarms, then the rates."""
        wrong = [o for o in self.identifiers if not o.right]
        wrong += [o for o in self.ordinary if not o.exact]
        return [
            *map(str, wrong),
            f"recognised {self.recall:.4f} (exactly {self.exactness:.4f}) of {len(self.identifiers)}; "
            f"mistaken {self.mistaken:.4f} of {len(self.ordinary)} ordinary columns",
        ]


def taken_for(column: Labelled) -> str | None:
    """What a column is recognised as; a missed identifier may still be declared one in the schema."""
    series = column.values.rename(column.name)
    found = recognise(column.name, read(series), token(series))
    if found is not None:
        assert found.what in WHATS and 0 < found.share <= 1 and found.reason
        return found.what
    if column.what is None:
        return None
    declared = infer_schema(pd.DataFrame({column.name: series}))[column.name]
    return str(getattr(declared, "what", None)) if declared.kind == "direct_identifier" else None


def measure(identifiers: Sequence[Labelled], ordinary: Sequence[Labelled]) -> Measured:
    return Measured(
        [Outcome(c, taken_for(c)) for c in identifiers], [Outcome(c, taken_for(c)) for c in ordinary]
    )


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
