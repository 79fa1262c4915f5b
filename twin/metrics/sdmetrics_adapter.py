"""A second opinion: the QualityReport and the DiagnosticReport of sdmetrics."""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any

import numpy as np
import pandas as pd

from twin.errors import MissingExtra
from twin.metrics.case import Case
from twin.metrics.score import Head, Score, ScoreTable
from twin.metrics.table_view import TableView
from twin.randomness import Stream

ROWS = 25_000
COLUMNS = 40


def installed() -> bool:
    """Whether sdmetrics can be imported."""
    return importlib.util.find_spec("sdmetrics") is not None


def sdmetrics_quality(case: Case) -> tuple[Score, ...]:
    """The overall score of sdmetrics' QualityReport, beside the holdout's.

    Args:
        case: The tables.

    Returns:
        One score, 0 … 1.

    Raises:
        MissingExtra: If sdmetrics is not installed.
    """
    if not installed():
        raise MissingExtra("sdmetrics", "eval", "The score of sdmetrics")
    views = case.views
    columns = _columns(views.train, case)
    n = min(ROWS, views.train.n)
    train = _frame(views.train.sample(n), columns)
    twin = _quality(train, _frame(views.synthetic.sample(ROWS), columns), views.train, columns)
    real = None
    if views.holdout is not None:
        real = _quality(train, _frame(views.holdout.sample(ROWS), columns), views.train, columns)
    sentence = f"sdmetrics, a library of others, rates the twin {_percent(twin[0])}"
    sentence += "." if real is None else f" and a fresh sample of real people {_percent(real[0])}."
    heads = (Head("property"), Head("twin", "score"), Head("real", "score"))
    labels = ("overall", "column shapes", "column pair trends", "data validity")
    rows = tuple((label, twin[i], None if real is None else real[i]) for i, label in enumerate(labels))
    return (
        Score(
            name="sdmetrics",
            title="Quality after sdmetrics",
            sentence=sentence,
            value=twin[0],
            reference=None if real is None else real[0],
            n=min(ROWS, views.synthetic.n),
            better="higher",
            note=f"QualityReport on up to {ROWS:,} rows and {len(columns)} columns; it has no interval.",
            tables=(
                ScoreTable(
                    title="sdmetrics' properties",
                    heads=heads,
                    rows=rows,
                    note="Data validity, of its DiagnosticReport: numbers inside the range of train, and "
                    "levels that train holds.",
                ),
            ),
        ),
    )


def _columns(train: TableView, case: Case) -> list[int]:
    full = [j for j in range(len(train.columns)) if not np.isnan(train.values[:, j]).all()]
    if len(full) > COLUMNS:
        return sorted(int(j) for j in case.rng(Stream.SDMETRICS).choice(full, COLUMNS, replace=False))
    return full


def _frame(view: TableView, columns: list[int]) -> pd.DataFrame:
    # Columns go by their place, so that no name of the user's reaches the library.
    data: dict[str, Any] = {}
    for j in columns:
        x = view.values[:, j]
        levels = np.array([*view.columns[j].levels, None], dtype=object)
        index = np.where(np.isnan(x), -1, x).astype(np.int64)
        data[f"c{j}"] = levels[index] if view.columns[j].nominal else x
    return pd.DataFrame(data)


def _quality(
    train: pd.DataFrame, other: pd.DataFrame, view: TableView, columns: list[int]
) -> tuple[float | None, ...]:
    types = {f"c{j}": "categorical" if view.columns[j].nominal else "numerical" for j in columns}
    metadata = {"columns": {name: {"sdtype": sdtype} for name, sdtype in types.items()}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sdmetrics.reports.single_table import DiagnosticReport, QualityReport

        report = QualityReport()
        report.generate(train, other, metadata, verbose=False)
        diagnosis = DiagnosticReport()
        diagnosis.generate(train, other, metadata, verbose=False)
    parts = report.get_properties().set_index("Property")["Score"]
    validity = diagnosis.get_properties().set_index("Property")["Score"]
    figures = (
        report.get_score(),
        parts["Column Shapes"],
        parts["Column Pair Trends"],
        validity["Data Validity"],
    )
    return tuple(_known(float(figure)) for figure in figures)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _percent(value: float | None) -> str:
    return "not at all" if value is None else f"{value:.1%}"
