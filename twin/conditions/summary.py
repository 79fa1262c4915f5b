"""What a report tells of a sample that was not drawn plainly: what was asked, and how far it moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from twin.columns.arrays.frames import to_pandas
from twin.columns.schema import Schema
from twin.conditions.compile import as_request, compile_request
from twin.conditions.request import ParityGap, Request
from twin.core.generator import Twin

if TYPE_CHECKING:
    from twin.metrics.score import ScoreTable
    from twin.reporting.asked import Steered

_ROWS = 20_000
"""Most rows of a plain sample that the other is held against."""


def unmarked(
    frame: pd.DataFrame, table: Any, twin: Twin | None, request: Request | str | None
) -> tuple[pd.DataFrame, Mapping[str, Any] | None]:
    """A sample without the column that marks it, and what was asked for.

    Args:
        frame: The sample as pandas.
        table: The sample as it was given.
        twin: The twin, or None.
        request: The request or its name, or None to see what the sample says of itself.

    Returns:
        The sample, and what `Order.record` told; None where it is a plain one, as far as can be seen.

    Raises:
        InputError: If the twin holds no request of this name, or cannot draw it.
    """
    told = table.attrs.get("twin") if isinstance(table, pd.DataFrame) else None
    record: Mapping[str, Any] | None = told if isinstance(told, Mapping) and "asked" in told else None
    if twin is not None and request is None and record is None:
        request = next((saved for saved in twin.requests.values() if _marks(saved, frame)), None)
    asked = None if twin is None else as_request(request, twin.requests)
    if twin is not None and asked is not None:
        record = compile_request(twin.source, asked, rng=np.random.default_rng(0)).record()
    mark = None if record is None else record["mark"]
    return (frame.drop(columns=mark) if mark in frame.columns else frame), record


def _marks(request: Request, frame: pd.DataFrame) -> bool:
    """Whether a column marks all rows as those of a what-if."""
    mark = request.marked
    return mark in frame.columns and bool((frame[mark] == request.name).all())


def steered(
    record: Mapping[str, Any],
    made: pd.DataFrame,
    train: pd.DataFrame,
    schema: Schema,
    twin: Twin | None,
    seed: int,
) -> Steered:
    """What was asked for, and how far that moved the sample from a plain one of the same twin.

    Args:
        record: What `Order.record` told.
        made: The sample.
        train: The real rows that the twin learned from.
        schema: The columns.
        twin: The twin, or None: then the sample is held against nothing.
        seed: Of the plain sample.
    """
    from twin.metrics.evaluate import Options, evaluate
    from twin.reporting.asked import Steered

    tilt, gap = record["tilt"], record["gap"]
    moved: tuple[tuple[str, float], ...] = ()
    accuracy = None
    if twin is not None and len(made):
        plain = to_pandas(twin.sample(min(len(made), _ROWS), seed=seed)).frame
        only = Options(metrics=("accuracy",), attacks=False)
        beside = evaluate(plain, None, made, schema, seed=seed, options=only)
        moved = _distances(beside.scores["accuracy_1"].tables)
        own, before = (evaluate(train, None, m, schema, seed=seed, options=only) for m in (made, plain))
        values = before.scores["accuracy"].value, own.scores["accuracy"].value
        accuracy = None if values[0] is None or values[1] is None else (values[0], values[1])
    return Steered(
        scenario=record["request"] or "",
        asked=tuple(record["asked"]),
        distance=tilt["distance"],
        effective=tilt["effective"],
        largest=tilt["largest"],
        gap=None
        if gap is None
        else ParityGap(**{**gap, "sensitive": str(gap["sensitive"]), "outcome": str(gap["outcome"])}),
        moved=moved,
        accuracy=accuracy,
    )


def _distances(tables: tuple[ScoreTable, ...]) -> tuple[tuple[str, float], ...]:
    """Columns and how far they are from those of a plain sample, the furthest first."""
    rows = [row for table in tables for row in table.rows]
    found = [(str(row[0]), 1.0 - row[1]) for row in rows if isinstance(row[1], float)]
    return tuple(sorted(found, key=lambda row: -row[1]))
