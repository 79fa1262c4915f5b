"""What a scan holds: findings, facts per column, and how far persons stand alone. All in words and ranges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["identifies", "may identify", "quality"]
LEVELS: tuple[Level, ...] = ("identifies", "may identify", "quality")

TOPICS = {
    "identifiers": "Direct identifiers",
    "keys": "Keys",
    "text": "Identifiers inside text",
    "combinations": "Combinations that others may know",
    "rare": "Rare values",
    "extremes": "Extremes and outliers",
    "missing": "Missing cells",
    "precision": "Heaps and precision",
    "same": "Constant, equal and nearly equal columns",
    "rows": "Equal rows",
    "balance": "Imbalance",
    "levels": "Levels and types",
    "refused": "Columns that cannot be learned",
}
"""The topics by name, in the order of a scan."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something in a table that a person should know before it is used.

    Args:
        topic: A key of `TOPICS`.
        columns: Names of the columns that it is about.
        level: "identifies": points at one person by itself. "may identify": does so for some persons, or
            together with what others know. "quality": of use to know, and no risk in itself.
        what: What was found, in one sentence, counts as ranges.
        count: How many, as a range with its unit; "" where it does not apply.
        share: What share, rounded; "" where it does not apply.
        treatment: What twin does about it.
        choice: A line of code that chooses otherwise; "" where there is none.
        examples: Values of the data, only where `show_values=True` was asked for.

    Example:
        >>> Finding(topic="keys", columns=("id",), level="identifies", what="Names the row.").share
        ''
    """

    topic: str
    columns: tuple[str, ...]
    level: Level
    what: str
    count: str = ""
    share: str = ""
    treatment: str = ""
    choice: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ColumnFacts:
    """A column in one line.

    Args:
        name: Its name.
        kind: Its kind in the schema.
        dtype: Its dtype.
        reason: Why it is of this kind.
        missing: Share of missing cells, rounded.
        distinct: How many distinct values, as a range.
        rare: How many of them are held by fewer than k persons, as a range.
        rare_rows: Share of rows that hold these, rounded.
        treatment: What twin does with it.
    """

    name: str
    kind: str
    dtype: str
    reason: str
    missing: str
    distinct: str
    rare: str
    rare_rows: str
    treatment: str


@dataclass(frozen=True, kw_only=True)
class Uniqueness:
    """How far persons stand alone on some columns.

    Args:
        columns: One to three columns.
        alone: Share of persons with a row whose values nobody else has, rounded.
        small: Share of persons with a row whose values fewer than k persons have, rounded.
    """

    columns: tuple[str, ...]
    alone: str
    small: str


@dataclass(frozen=True, kw_only=True)
class ScanFacts:
    """What was scanned, and how.

    Args:
        rows: Number of rows.
        subjects: Number of persons; that of the rows where no subject was named.
        columns: Number of columns.
        subject: Column that names the person, or None where each row was counted as one.
        k: Fewer persons than this make a small group.
        show_values: Whether the scan shows values of the data.
        notes: What was sampled or left out, in words.
    """

    rows: int
    subjects: int
    columns: int
    subject: str | None
    k: int
    show_values: bool
    notes: tuple[str, ...] = ()
