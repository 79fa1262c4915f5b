"""A release in one call: split by subject, fit, sample, report."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from twin import private_fit
from twin.api import K, fit, infer
from twin.checks import (
    check_budget,
    check_count,
    check_no_budget,
    check_rows,
    check_schema,
    check_seed,
    subjects_of,
)
from twin.columns.frames import from_pandas, to_pandas
from twin.columns.infer import infer_schema
from twin.columns.schema import Identity, Key, Name, Schema, Text
from twin.errors import InputError, NotAvailable
from twin.generator import Twin
from twin.models.base import Model
from twin.reporting import about, report

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
        report: How it compares with its source and with people it never saw. It is computed from real data
            and is not for release; after a fit under a privacy budget its `public` part is.
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
    epsilon: float | None = None,
    delta: float = 1e-6,
    public: Any = None,
    rows_per_subject: int | None = None,
) -> Release:
    """Split a table by subject, fit a twin to one part, sample it, and report beside the other part.

    Args:
        table: pandas or polars frame, Arrow table or DuckDB relation.
        subject: Column that names the person; None: each row is one.
        n: Rows to sample, ≥ 0; None for as many as the table has, or under a privacy budget for as many as
            the twin learned from, counted with noise.
        policy: Limits for a verdict; not in this version.
        seed: Of the split, the fit, the sample and the scores.
        target: Column that a model trained on the twin should predict.
        model: As in `fit`.
        k: As in `fit`.
        schema: As in `fit`.
        epsilon: As in `fit`. Each subject is then kept away from the fit with a chance of one in five, by a
            coin that no seed knows, and nothing is refused for what a cell holds.
        delta: As in `fit`.
        public: As in `fit`.
        rows_per_subject: As in `fit`.

    Returns:
        Data, report and twin.

    Raises:
        InputError: If an argument or the table cannot be used.
    """
    if policy is not None:
        raise NotAvailable("policy: a gate on a release is not in this version; leave it out")
    check_seed(seed)
    check_schema(schema)
    check_budget(epsilon, delta, k)
    if epsilon is not None:
        settings = {"model": model, "epsilon": epsilon, "delta": delta, "rows_per_subject": rows_per_subject}
        return _under_budget(
            table, settings, subject=subject, n=n, seed=seed, target=target, schema=schema, public=public
        )
    check_no_budget(public=public, rows_per_subject=rows_per_subject)
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


def _under_budget(
    table: Any,
    settings: dict[str, Any],
    *,
    subject: Name | None,
    n: int | None,
    seed: int,
    target: Name | None,
    schema: Schema | None,
    public: Any,
) -> Release:
    """A release that depends on cells through noisy, charged answers alone; its report stands apart."""
    if n is not None:
        check_count(n)
    if schema is not None and public is not None:
        raise InputError("public: give a schema or a public table, not both")
    given = to_pandas(table)
    if schema is None:
        schema = infer(table, subject=subject, private=True, public=public)
    _check_target(schema, target, subject)
    train, holdout = split_by_coins(given.frame, subject)
    fitted = fit(train, subject=subject, schema=schema, seed=seed, **settings)
    data = fitted.sample(n, seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning of a score tells of the cells
        try:
            told = report(
                data, train=train, holdout=holdout, twin=fitted, target=target, subject=subject, seed=seed
            )
        except Exception:  # noqa: BLE001  so does an error: what may be told of the twin is told
            told = about(fitted)
    return Release(data=data, report=told, twin=fitted)


def _check_target(schema: Schema, target: Name | None, subject: Name | None) -> None:
    """Refuse a target by names and kinds alone."""
    if target is None:
        return
    if target == subject or isinstance(schema[target], Key | Identity | Text):
        raise InputError(
            f"target: {str(target)!r} is no column that can be predicted; "
            "name a category, flag, number or moment of the table that is not the subject"
        )


def split_by_coins(frame: pd.DataFrame, subject: Name | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to fit on and rows to keep away, by a coin per subject that depends on nobody else.

    With one subject more or less, all others stay where they are. A choice of a fixed number of subjects, or
    coins from a known seed, would move others too, and the guarantee of the fit would not carry over.

    Args:
        frame: The table.
        subject: Column that names the person, or None where each row is one.

    Returns:
        Two tables with their rows in the order of `frame`. Rows without a subject are in neither.
    """
    ids = np.arange(len(frame)) if subject is None else private_fit.subjects_of(frame, subject)
    known = ids >= 0
    held = (np.random.default_rng().random(int(ids.max(initial=-1)) + 1) < _SHARE)[ids[known]]
    rows = frame[known]
    return rows[~held].reset_index(drop=True), rows[held].reset_index(drop=True)


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
