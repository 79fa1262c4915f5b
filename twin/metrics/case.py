"""What every metric is given, and what it must be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from twin.columns.schema import Name
from twin.errors import InputError
from twin.metrics.score import Score
from twin.metrics.table_view import TableView, Views
from twin.randomness import Stream, generator

NEEDS_HOLDOUT = "needs a holdout: real rows that were kept away from fitting"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Caps that keep the scores quick; samples within them are random and seeded.

    Args:
        rows: Most rows of a table for accuracy, associations and charts, ≥ 1.
        pairs: Most pairs of columns, and with more columns than give so many, pairs drawn at random, ≥ 1.
        triples: Most triples of columns, ≥ 1.
        learner_rows: Most rows of a side for classifiers that tell tables apart, ≥ 1.
        utility_rows: Most rows that a model is trained on or tested with, ≥ 1.
        learner_columns: Most columns for classifiers, drawn at random beyond, ≥ 1.
        distance_rows: Most synthetic rows whose nearest real rows are sought, ≥ 1.
        distance_real: Most real rows of a side that are searched, ≥ 1.
        heat_columns: Most columns in maps of association, ≥ 1.
        overlays: Most columns that are drawn, ≥ 1.
        analysis_rows: Most rows of a table for regressions, simpler learners and fairness, ≥ 1.
        groups: Most small groups that are looked at, drawn at random beyond, ≥ 1.
        rule_columns: Most columns among which rules are sought, drawn at random beyond, ≥ 1.

    Raises:
        InputError: If a cap is below 1.
    """

    rows: int = 500_000
    pairs: int = 2_016
    triples: int = 200
    learner_rows: int = 25_000
    utility_rows: int = 100_000
    learner_columns: int = 200
    distance_rows: int = 5_000
    distance_real: int = 25_000
    heat_columns: int = 40
    overlays: int = 100
    analysis_rows: int = 20_000
    groups: int = 500
    rule_columns: int = 30

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 1:
                raise InputError(f"limits: {name} must be at least 1")


@dataclass(frozen=True, kw_only=True)
class Case:
    """The tables to compare and how.

    Args:
        views: The tables.
        target: Name of the column to predict, as text, or None.
        seed: Of every random choice, ≥ 0.
        k: Counts of fewer real rows than this are not told.
        limits: Caps.
        sensitive: Names of columns, as text, whose groups should be treated alike; empty for those whose name
            says sex or origin.
    """

    views: Views
    target: str | None = None
    seed: int = 0
    k: int = 11
    limits: Limits = field(default_factory=Limits)
    sensitive: tuple[str, ...] = ()

    def alike(self, most: int) -> tuple[TableView, TableView | None, TableView]:
        """Train, holdout and twin, of the last two as many rows, at most so many of each.

        How far a figure is off by chance depends on how many rows it is made of, so that the holdout is a
        fair reference only for a twin of its own size.
        """
        views = self.views
        if views.holdout is not None:
            most = min(most, views.holdout.n, views.synthetic.n)
            return (
                views.train.sample(self.limits.rows),
                views.holdout.sample(most),
                views.synthetic.sample(most),
            )
        return views.train.sample(self.limits.rows), None, views.synthetic.sample(most)

    def rng(self, stream: Stream) -> np.random.Generator:
        """A generator for one purpose; the same case and stream give the same numbers."""
        return generator(self.seed, stream)


def target_of(views: Views, target: Name | None) -> str | None:
    """The column to predict, as text.

    Args:
        views: The tables.
        target: Its name, or None.

    Returns:
        The name, or None.

    Raises:
        InputError: If no column of that name is compared.
    """
    if target is None:
        return None
    if str(target) not in [c.name for c in views.train.columns]:
        raise InputError(
            f"target: {str(target)!r} is no column that can be predicted; "
            "name a category, flag, number or datetime of the table that is not the subject"
        )
    return str(target)


class Metric(Protocol):
    """A question about three tables."""

    def __call__(self, case: Case) -> tuple[Score, ...]:
        """Its answers; a figure that cannot be had comes with value None and a note."""
        ...
