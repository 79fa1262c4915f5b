"""A release in one call: split by subject, fit, sample, report; and its folder of files."""

from __future__ import annotations

import secrets
import shutil
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import pandas as pd

from twin.columns.arrays.reading import to_pandas
from twin.columns.arrays.restore import from_pandas
from twin.columns.schema import DirectIdentifier, Key, Name, Schema, Text
from twin.columns.table import infer_schema
from twin.constraints.rules import Constraints, Rules, as_rules
from twin.core.fit import fit, infer
from twin.core.generator import Twin
from twin.core.privacy import Budget, Suppression, privacy_of
from twin.core.validation import check_rows, check_schema, check_subjects
from twin.errors import InputError, check_count, check_seed
from twin.evidence.evidence import Evidence, make_evidence
from twin.evidence.keys import private_key
from twin.evidence.manifest import Role, seal
from twin.files.formats import format_of
from twin.files.paths import AtomicFile
from twin.files.tabular import write_table
from twin.models.base import Model
from twin.policy.judge import judge
from twin.policy.policy import Policy
from twin.policy.record import Record
from twin.releasing.split import split, split_by_coins
from twin.reporting.build import ReportOptions, about, check_attacks, report
from twin.reporting.document import Report

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame


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
        folder = Path(folder)
        if Path(data).name != data:
            raise InputError("data: give the name of a file, without a folder")
        format_of(Path(data))
        check_new(folder)
        signer = private_key(key)
        part = folder.absolute().with_name(f".{folder.absolute().name}.{secrets.token_hex(8)}.part")
        part.mkdir()
        try:
            roles = _write_reports(self, part, pdf=pdf)
            if self.data is not None:
                write_table(to_pandas(self.data).frame, part / data)
                self.twin.save(part / "model.twin")
                bound: dict[str, Role] = {data: "data", "model.twin": "twin", **roles}
                seal(part, bound, cast(Evidence, self.report.evidence), signer)
            if folder.exists():
                folder.rmdir()  # empty, as was checked
            part.rename(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        return folder


def check_new(folder: Path) -> None:
    """Refuse a folder that holds files, or that cannot be made, before any work.

    Raises:
        InputError: If it does, or cannot.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: is there already; name a new folder, so that nothing old stays among it")
    if not folder.absolute().parent.is_dir():
        raise InputError(f"{folder}: there is no folder to make it in; make that first")


def _write_reports(done: Release, part: Path, *, pdf: bool) -> dict[str, Role]:
    """Writes the reports and the policy; says what each file is."""
    report, public = done.report, done.report.public
    report.to_html(part / "report.html")
    report.to_json(part / "report.json")
    report.to_junit(part / "report.xml")
    if pdf:
        report.to_pdf(part / "report.pdf")
    public.to_html(part / "public.html")
    public.to_json(part / "public.json")
    with AtomicFile(part / "policy.yaml") as file:
        file.stream.write(done.policy.to_yaml().encode())
    return {
        path.name: "report" if path.name.startswith("report.") else "public"
        for path in sorted(part.iterdir())
    }


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
