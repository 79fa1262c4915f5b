"""How well identifiers are recognised: what each labelled column is taken for, and the rates.

`python -m tests.helpers.recognition [--held-out] [--more]` prints what is missed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from tests.helpers.labelled_columns import (
    HELD_OUT,
    OPEN,
    PERSONAL,
    Labelled,
    identifier_columns,
    ordinary_columns,
)
from twin.columns.arrays.reading import read, token
from twin.columns.pii.detect.recognition import recognise
from twin.columns.pii.detect.whats import WHATS
from twin.columns.table import infer_schema


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


def main(arguments: Sequence[str]) -> None:
    """Print misses and false alarms, with rates."""
    locales = HELD_OUT if "--held-out" in arguments else OPEN
    for seed in (0, 1, 2) if "--more" in arguments else (0,):
        measured = measure(identifier_columns(locales, seed), ordinary_columns(locales, seed))
        print("\n".join(measured.lines()))


if __name__ == "__main__":
    main(sys.argv[1:])
