"""A release in one call: split by subject, fit, sample, report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from twin.api import K, fit, report
from twin.checks import check_count, check_rows, check_seed, subjects_of
from twin.columns.frames import from_pandas, to_pandas
from twin.columns.infer import infer_schema
from twin.columns.schema import Name, Schema
from twin.errors import NotAvailable
from twin.generator import Twin
from twin.models.base import Model

if TYPE_CHECKING:
    from twin.report.document import Report

_SHARE = 0.2
_ENOUGH = 2_000
_LARGE = 10_000


@dataclass(frozen=True, kw_only=True)
class Release:
    """What a release gives.

    Args:
        data: The synthetic table.
        report: How it compares with its source and with people it never saw.
        twin: The fitted twin.
        passed: None: this version has no gate, so nothing was passed or failed.
    """

    data: Any
    report: Report
    twin: Twin
    passed: bool | None = None


def holdout_size(subjects: int) -> int:
    """Subjects to keep away from the fit: a fifth, at least 2,000 where there are 10,000, at most half.

    Args:
        subjects: Subjects in all, ≥ 0.

    Returns:
        Subjects of the holdout.

    Example:
        >>> holdout_size(100), holdout_size(10_000), holdout_size(50_000)
        (20, 2000, 10000)
    """
    wanted = max(int(_SHARE * subjects), _ENOUGH if subjects >= _LARGE else 0)
    return min(wanted, subjects // 2)


def release(
    table: Any,
    *,
    subject: Name | None = None,
    n: int | None = None,
    policy: None = None,
    seed: int = 0,
    target: Name | None = None,
    model: str | Model = "auto",
    k: int | None = None,
    schema: Schema | None = None,
) -> Release:
    """Split a table by subject, fit a twin to one part, sample it, and report beside the other part.

    Args:
        table: pandas or polars frame, Arrow table or DuckDB relation.
        subject: Column that names the person; None: each row is one.
        n: Rows to sample, ≥ 0; None for as many as the table has.
        policy: Limits for a verdict; not in this version.
        seed: Of the split, the fit, the sample and the scores.
        target: Column that a model trained on the twin should predict.
        model: As in `fit`.
        k: As in `fit`.
        schema: As in `fit`.

    Returns:
        Data, report and twin.

    Raises:
        InputError: If an argument or the table cannot be used.
    """
    if policy is not None:
        raise NotAvailable("policy: a gate on a release is not in this version; leave it out")
    check_seed(seed)
    frame, library, levels = to_pandas(table)
    check_rows(frame)
    count = len(frame) if n is None else check_count(n)
    ids = subjects_of(frame, subject, 2 * (K if k is None else check_count(k, "k")))
    if schema is None:
        schema = infer_schema(frame, library=library, index=levels, subject=subject)
    train, holdout = split(frame, ids, seed)
    parts = [from_pandas(part, schema) for part in (train, holdout)]
    fitted = fit(parts[0], subject=subject, model=model, k=k, schema=schema, seed=seed)
    data = fitted.sample(count, seed=seed)
    told = report(
        data, train=parts[0], holdout=parts[1], twin=fitted, target=target, subject=subject, seed=seed
    )
    return Release(data=data, report=told, twin=fitted)


def split(frame: pd.DataFrame, ids: Any, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to fit on and rows to keep away, no subject in both.

    Args:
        frame: The table, n rows.
        ids: Dense subject ids, shape (n,), or None where each row is a subject.
        seed: Of the choice.

    Returns:
        Two tables with their rows in the order of `frame`.
    """
    rows = np.arange(len(frame)) if ids is None else ids
    subjects = int(rows.max()) + 1
    away = np.random.default_rng(seed).permutation(subjects)[: holdout_size(subjects)]
    held = np.isin(rows, away)
    return frame[~held].reset_index(drop=True), frame[held].reset_index(drop=True)
