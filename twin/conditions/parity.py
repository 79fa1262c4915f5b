"""Parity as target shares: the cells of a sensitive column and an outcome, brought together."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.arrays import Floats, Ints32
from twin.codes import Codes
from twin.columns.kinds.category import LearnedLevels
from twin.columns.schema import Name
from twin.conditions.request import EqualOpportunity, Parity, ParityGap
from twin.conditions.strata import StrataCompiler
from twin.errors import InputError
from twin.sampling.margins import Margin, StrataTable

_LEVELS = 12
"""Most levels of a column that is held: each makes cells of its own."""
_TOLD = 0.01
"""Fewest bits that it must tell of both columns."""


def tie(fair: Parity, cells: StrataCompiler, drawn: Codes) -> Name | None:
    """The column through which the sensitive column and the outcome mostly go together.

    To bring groups together, rows of some people must come up more often than others. If how this column
    goes with the sensitive one is held, most of the table stays as it was: of Adult, who is married to whom.

    Args:
        fair: What is asked.
        cells: The cells that are asked for.
        drawn: Rows of the twin.

    Returns:
        A category of few levels, or None where none tells enough of both.
    """
    schema, fields = cells.columns.schema, cells.columns.fields_of
    first, second = (drawn.column(fields(name)[0].name) for name in (fair.sensitive, fair.outcome))
    best: tuple[float, Name | None] = (_TOLD, None)
    for column in schema:
        if column.name in cells.groups or column.name in cells.taken or len(fields(column.name)) != 1:
            continue
        learned = cells.columns.learned[schema.names.index(column.name)]
        own = drawn.column(fields(column.name)[0].name)
        if isinstance(learned, LearnedLevels) and 2 < len(learned.levels) <= _LEVELS:
            told = min(_information(own, first), _information(own, second))
            best = max(best, (told, column.name), key=lambda found: found[0])
    return best[1]


def _information(a: Ints32, b: Ints32) -> float:
    """Mutual information of two columns of codes, in bits."""
    joint = np.zeros((int(a.max(initial=0)) + 1, int(b.max(initial=0)) + 1))
    np.add.at(joint, (a, b), 1.0 / max(a.size, 1))
    chance = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    some = joint > 0
    return float((joint[some] * np.log2(joint[some] / chance[some])).sum())


def fairer(
    fair: Parity, axes: tuple[int, ...], table: StrataTable, cells: StrataCompiler, tied: int | None
) -> tuple[list[Margin], ParityGap]:
    """The margins that bring the groups together, and the gap before and after.

    Shares of the outcome are drawn towards their mean over the groups, so that both columns keep their own
    shares; a gap that is allowed stays.

    Args:
        fair: What is asked.
        axes: Axes of the sensitive column, of the outcome and, where there is one, of merit.
        table: The cells, with the shares that they have otherwise.
        cells: What they are of.
        tied: Axis of the column whose shares within each group are held, or None.

    Raises:
        InputError: If no row deserves the outcome, or `deserving` is no level.
    """
    sizes = [cells.axes[a].groups for a in axes]
    joint = table.margin(axes, sizes)  # (sensitive, outcome) or (sensitive, outcome, merit)
    if isinstance(fair, EqualOpportunity):
        levels = list(cells.groups[fair.merit].names)
        if fair.deserving not in levels:
            raise InputError("fair: deserving must be a level of the merit column, or one of its groups")
        part: Any = (slice(None), slice(None), levels.index(fair.deserving))
    else:
        part = (slice(None), slice(None))
    mine = joint[part]  # (sensitive, outcome)
    if not mine.any():
        raise InputError("fair: the twin draws no row that deserves the outcome; choose another level")
    before = _gap(mine)
    rows = mine.sum(axis=1, keepdims=True)
    pooled = mine.sum(axis=0) / mine.sum()
    keep = 0.0 if before <= 0 else min(1.0, fair.gap / before)
    joint[part] = keep * mine + (1.0 - keep) * rows * pooled
    kind = "equal opportunity" if isinstance(fair, EqualOpportunity) else "parity"
    gap = ParityGap(
        sensitive=fair.sensitive, outcome=fair.outcome, kind=kind, before=before, after=_gap(joint[part])
    )
    margins = [Margin(axes=axes, shares=joint, name="fair")]
    if tied is not None:
        both = axes[0], tied
        held = table.margin(both, [cells.axes[a].groups for a in both])
        margins.append(Margin(axes=both, shares=held, name="fair"))
    return margins, gap


def _gap(joint: Floats) -> float:
    """Most that shares of an outcome differ between two groups that have rows."""
    rows = joint.sum(axis=1)
    rates = joint[rows > 0] / rows[rows > 0][:, None]
    return float((rates.max(axis=0) - rates.min(axis=0)).max()) if rates.size else 0.0
