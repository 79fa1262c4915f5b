"""A release in one call: split by subject, fit, sample, report."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pandas as pd

from twin.columns.arrays.reading import subject_ids, to_pandas
from twin.columns.arrays.restore import from_pandas
from twin.columns.infer import infer_schema
from twin.columns.schema import DirectIdentifier, Key, Name, Schema, Text
from twin.constraints.rules import Constraints, Rules, as_rules
from twin.core.fit import fit, infer
from twin.core.generator import Twin
from twin.core.privacy import Budget, Suppression, privacy_of
from twin.core.validation import check_rows, check_schema, check_subjects
from twin.errors import InputError, check_count, check_seed
from twin.models.base import Model
from twin.policy.policy import Policy
from twin.randomness import Stream, fresh, generator
from twin.reporting.build import ReportOptions, about, check_attacks, report

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

    from twin.reporting.document import Report

_SHARE = 0.2
_ENOUGH = 2_000
_LARGE = 10_000
_ATTACKED = 600
"""People whom attacks need in a holdout: 500 to attack, and 100 more for the negative control."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """What a release gives.

    Args:
        data: The synthetic table; None where a limit of the policy that can stop it was not kept.
        report: How it compares with its source and with people it never saw, and the verdict. It is computed
            from real data and is not for release; its `public` part is.
        twin: The fitted twin. It can be sampled, so where nothing was released it is for inspection alone.
        policy: The limits that were in force.
    """

    data: Any
    report: Report
    twin: Twin
    policy: Policy = field(default_factory=Policy)

    @property
    def passed(self) -> bool | None:
        """Whether every limit that can stop the release was kept; None where none can stop it."""
        return self.report.passed

    def save(
        self,
        folder: str | Path,
        *,
        data: str = "data.parquet",
        key: str | Path | None = None,
        pdf: bool = False,
    ) -> Path:
        """Writes all of it into a new folder, which appears whole or not at all.

        The reports, internal and public, the policy and, only if there are data, the table, the twin, and
        evidence.json with the hash of every file.

        Args:
            folder: Where to; it must not be there yet, or be empty.
            data: Name of the table's file; its ending says the format.
            key: Private key to sign the evidence with, as PEM; None takes the one in the environment
                variable TWIN_SIGNING_KEY, and where there is none leaves the evidence unsigned.
            pdf: Whether to write the report as PDF too.

        Returns:
            The folder.

        Raises:
            InputError: If the folder is there already or cannot be made, or the key is none.
            MissingExtra: If a package to sign or to make a PDF is not installed.
        """
        from twin.releasing.folder import Parts, save

        parts = Parts(data=self.data, report=self.report, twin=self.twin, policy=self.policy)
        return save(parts, Path(folder), data=data, key=key, pdf=pdf)


def holdout_size(subjects: int) -> int:
    """Subjects to keep away from the fit: a fifth, at least 2,000 where there are 10,000, at most half.

    And at least 600 where there are twice as many, since no attack is run on fewer.

    Args:
        subjects: Subjects in all, ≥ 0.

    Returns:
        Subjects of the holdout.

    Example:
        >>> holdout_size(100), holdout_size(1_500), holdout_size(10_000), holdout_size(50_000)
        (20, 600, 2000, 10000)
    """
    least = _ENOUGH if subjects >= _LARGE else _ATTACKED if subjects >= 2 * _ATTACKED else 0
    wanted = max(int(_SHARE * subjects), least)
    return min(wanted, subjects // 2)


def release(
    table: IntoFrame,
    *,
    subject: Name | None = None,
    n: int | None = None,
    policy: Policy | str | Path | None = None,
    seed: int = 0,
    target: Name | None = None,
    attacks: Literal["none", "default", "deep"] = "default",
    options: ReportOptions | None = None,
    model: str | Model = "auto",
    schema: Schema | None = None,
    constraints: Constraints | None = None,
    privacy: Suppression | Budget | None = None,
    created: str | None = None,
) -> Release:
    """Split a table by subject, fit a twin to one part, sample it, and judge it beside the other part.

    Args:
        table: pandas or polars frame, Arrow table or DuckDB relation.
        subject: Column that names the person; None: each row is one.
        n: Rows to sample, ≥ 0; None for as many as the table has, or under a privacy budget for as many as
            the twin learned from, counted with noise.
        policy: Limits that the twin must keep, or the path of a file of them; None for those of
            `twin.Policy()`. Under a privacy budget they only warn, unless the policy says otherwise.
        seed: Of the split, the fit, the sample, the scores and the attacks.
        target: Column that a model trained on the twin should predict.
        attacks: As in `report`; with "none" nothing passes.
        options: As in `report`.
        model: As in `fit`.
        schema: As in `fit`.
        constraints: As in `fit`.
        privacy: As in `fit`. Under a budget each subject is kept away from the fit with a chance of one in
            five, by a coin that no seed knows, and nothing is refused for what a cell holds.
        created: When, for the report and the evidence; None leaves it out, since no clock is read.

    Returns:
        Report, twin, and, where the verdict is a pass or no limit can stop it, data.

    Raises:
        InputError: If an argument or the table cannot be used.
        PolicyError: If the policy is wrong.
    """
    regime = privacy_of(privacy)
    settings = _ReportSettings(Policy.of(policy), target, options, attacks, seed, created)
    check_attacks(attacks)
    check_seed(seed)
    check_schema(schema)
    rules = as_rules(constraints)
    if isinstance(regime, Budget):
        learned = _Learned(subject, model, schema, rules, regime)
        return _under_budget(table, learned, settings, n=n)
    frame, library, levels = to_pandas(table)
    check_rows(frame)
    count = len(frame) if n is None else check_count(n)
    ids = check_subjects(frame, subject, 2 * regime.k)
    if schema is None:
        schema = infer_schema(frame, library=library, index=levels, subject=subject)
    train, holdout = split(frame, ids, seed)
    parts = [from_pandas(part, schema) for part in (train, holdout)]
    fitted = _Learned(subject, model, schema, rules, regime).fit(parts[0], seed)
    data = fitted.sample(count, seed=seed)
    result = settings.report(data, parts[0], parts[1], fitted)
    return _judged(data, result, fitted, settings, {"table": frame, "train": train, "holdout": holdout})


@dataclass(frozen=True)
class _Learned:
    """What a release passes on to its fit."""

    subject: Name | None
    model: str | Model
    schema: Schema | None
    rules: Rules
    privacy: Suppression | Budget

    def fit(self, train: IntoFrame, seed: int) -> Twin:
        return fit(
            train,
            subject=self.subject,
            model=self.model,
            schema=self.schema,
            constraints=self.rules,
            privacy=self.privacy,
            seed=seed,
        )


@dataclass(frozen=True)
class _ReportSettings:
    """What a release passes on to its report."""

    policy: Policy
    target: Name | None
    options: ReportOptions | None
    attacks: Literal["none", "default", "deep"]
    seed: int
    created: str | None

    def report(self, data: Any, train: Any, holdout: Any, fitted: Twin) -> Report:
        return report(
            data,
            train=train,
            holdout=holdout,
            twin=fitted,
            target=self.target,
            policy=self.policy,
            attacks=self.attacks,
            options=self.options,
            seed=self.seed,
            created=self.created,
        )


def _judged(
    data: Any, told: Report, fitted: Twin, asked: _ReportSettings, source: dict[str, pd.DataFrame]
) -> Release:
    """The release with its evidence, and without its data where they may not go out."""
    from twin.evidence.evidence import make_evidence

    evidence = make_evidence(
        to_pandas(data).frame,
        twin=fitted.to_bytes(),
        schema=fitted.schema,
        policy=asked.policy.to_yaml(),
        source=source,
        ledger=None if fitted.ledger is None else fitted.ledger.head,
        settings=(("model", fitted.fit_info.model), ("policy", asked.policy.name)),
        versions=told.facts.versions,
        created=asked.created,
    )
    told = replace(told, evidence=evidence)
    kept = None if told.passed is False else data
    return Release(data=kept, report=told, twin=fitted, policy=asked.policy)


def _under_budget(table: IntoFrame, learned: _Learned, asked: _ReportSettings, *, n: int | None) -> Release:
    """A release that depends on cells through noisy, charged answers alone; its report stands apart.

    No real table is bound by its evidence: what is released depends on them through the budget alone.
    """
    if n is not None:
        check_count(n)
    budget, subject = cast(Budget, learned.privacy), learned.subject
    public = budget.public
    if learned.schema is not None and public is not None:
        raise InputError("public: give a schema or a public table, not both")
    given = to_pandas(table)
    if learned.schema is None:  # of the whole table, as names and dtypes tell it
        schema = infer(table, subject=subject, names_only=True, public=public)
        learned = replace(learned, schema=schema, privacy=replace(budget, public=None))
    _check_target(cast(Schema, learned.schema), asked.target, subject)
    train, holdout = split_by_coins(given.frame, subject)
    fitted = learned.fit(train, asked.seed)
    data = fitted.sample(n, seed=asked.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning of a score tells of the cells
        try:
            told = asked.report(data, train, holdout, fitted)
        except Exception:  # noqa: BLE001  so does an error: what may be told of the twin is told
            told = _unscored(fitted, asked)
    return _judged(data, told, fitted, asked, {})


def _unscored(fitted: Twin, asked: _ReportSettings) -> Report:
    """What may be told of a twin that could not be scored; it passes no policy that can stop a release."""
    from twin.policy.judge import judge
    from twin.policy.record import Record

    told = about(fitted, asked.created)
    nothing = Record(scores={}, refused="the tables could not be scored")
    return replace(told, judgement=judge(nothing, asked.policy, budget=True))


def _check_target(schema: Schema, target: Name | None, subject: Name | None) -> None:
    """Refuse a target by names and kinds alone."""
    if target is None:
        return
    if target == subject or isinstance(schema[target], Key | DirectIdentifier | Text):
        raise InputError(
            f"target: {str(target)!r} is no column that can be predicted; "
            "name a category, flag, number or datetime of the table that is not the subject"
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
    ids = np.arange(len(frame)) if subject is None else subject_ids(frame, subject, missing="drop")
    known = ids >= 0
    held = (fresh().random(int(ids.max(initial=-1)) + 1) < _SHARE)[ids[known]]
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
    away = generator(seed, Stream.HOLDOUT).permutation(subjects)[: holdout_size(subjects)]
    held = np.isin(rows, away)
    return frame[~held].reset_index(drop=True), frame[held].reset_index(drop=True)
