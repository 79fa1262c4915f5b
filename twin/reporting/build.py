"""The one page that knows how a report comes about: scores, attacks, verdict, document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from twin.columns.arrays.reading import to_pandas
from twin.columns.schema import Name, Schema
from twin.columns.table import infer_schema
from twin.conditions.compile import as_request, compile_request
from twin.conditions.request import ParityGap, Request
from twin.core.fit import fit
from twin.core.generator import Twin
from twin.core.privacy import Budget, K, Suppression
from twin.errors import InputError, check_count, check_seed
from twin.policy.policy import Policy
from twin.progress import ProgressBar

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

    from twin.attacks.shadows import Refit
    from twin.metrics.score import ScoreTable
    from twin.reporting.document import Report, RunFacts, Steered


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What is seldom asked of a report.

    Args:
        sensitive: Column that names groups of people who should be treated alike, for scores of fairness.
        refits: How often the model is fitted again by `attacks="deep"`, at most and an even number ≥ 2; 16
            show a gross leak, and it takes some hundreds to show that there is none.
        request: The request, or its name in the twin, that the table was drawn for. None: what the table
            says of itself, in its `attrs` or in the column that marks it.

    Raises:
        InputError: If the number is odd or below 2.

    Example:
        >>> ReportOptions(sensitive="sex").refits
        16
    """

    sensitive: Name | None = None
    refits: int = 16
    request: Request | str | None = None

    def __post_init__(self) -> None:
        if check_count(self.refits, "refits") < 2 or self.refits % 2:
            raise InputError("refits: must be an even number of at least 2")


def report(
    synthetic: IntoFrame,
    *,
    train: IntoFrame,
    holdout: IntoFrame | None = None,
    twin: Twin | None = None,
    target: Name | None = None,
    subject: Name | None = None,
    policy: Policy | str | Path | None = None,
    attacks: Literal["none", "default", "deep"] = "default",
    options: ReportOptions | None = None,
    seed: int = 0,
    created: str | None = None,
) -> Report:
    """Score a synthetic table against the one it was learned from.

    Args:
        synthetic: The twin's sample.
        train: The real rows it was learned from.
        holdout: Real rows of other people, kept away from the fit; without it some scores have no reference.
        twin: The twin, whose suppression log and facts are then told.
        target: Column that a model trained on the twin should predict.
        subject: Column that names the person; taken from the twin where it is None.
        policy: Limits for a verdict, or the path of a file of them; None for those of `twin.Policy()`.
        attacks: "default" attacks the twin as an adversary would, where there is a holdout of enough people;
            "deep" also fits the model again and again, with and without the people who stand alone, which
            takes a multiple of the time of a fit and needs `twin`; "none" leaves attacks out.
        options: What is seldom asked for; None for `twin.ReportOptions()`.
        seed: Of every random choice in scores and attacks.
        created: When, in words for the report; None leaves it out, so that equal inputs give equal bytes.

    Returns:
        The report.

    Raises:
        InputError: If a table cannot be used.
        SchemaError: If the tables' columns differ.
    """
    limits = Policy.of(policy)
    options = options or ReportOptions()
    check_seed(seed)
    check_attacks(attacks)
    refit = _refit(twin) if attacks == "deep" else None
    from twin.attacks.shadows import Effort
    from twin.metrics.evaluate import Options, evaluate
    from twin.metrics.table_checks import check_tables
    from twin.policy.judge import judge
    from twin.reporting.document import Report

    real = to_pandas(train)
    subject = twin.fit_info.subject if twin is not None and subject is None else subject
    schema = twin.schema if twin is not None else infer_schema(real.frame, subject=subject)
    held = None if holdout is None else to_pandas(holdout).frame
    made, record = unmarked(to_pandas(synthetic).frame, synthetic, twin, options.request)
    check_tables(schema, real.frame, made, held, subject)
    with ProgressBar("report") as bar:
        settings = Options(
            k=K if twin is None or twin.fit_info.k is None else twin.fit_info.k,
            attacks=attacks != "none",
            suppressed=twin is None or twin.ledger is None,
            refit=refit,
            effort=Effort(shadows=options.refits),
            sensitive=() if options.sensitive is None else (str(options.sensitive),),
            progress=bar,
        )
        people = {"target": target, "subject": subject}
        evaluation = evaluate(real.frame, held, made, schema, **people, seed=seed, options=settings)
    ledger = None if twin is None else twin.ledger
    return Report(
        evaluation=evaluation,
        schema=schema,
        suppression=None if twin is None or ledger is not None else twin.suppressed,
        facts=_run_facts(twin, subject, created),
        ledger=ledger,
        judgement=judge(evaluation, limits, budget=ledger is not None),
        steered=None if record is None else steered(record, made, real.frame, schema, twin, seed),
    )


def check_attacks(attacks: str) -> None:
    """Refuse a word that says nothing.

    Raises:
        InputError: If it is none of those that `report` knows.
    """
    if attacks not in ("none", "default", "deep"):
        raise InputError('attacks: must be "none", "default" or "deep"')


def _refit(twin: Twin | None) -> Refit:
    """How to make another twin of this kind: from other rows, with the model's usual settings."""
    if twin is None:
        raise InputError('attacks: "deep" fits the twin again, so give it as twin=')
    f, ledger = twin.fit_info, twin.ledger
    regime: Suppression | Budget
    if ledger is None:
        regime = Suppression(k=K if f.k is None else f.k, unsafe=f.unsafe)
    else:
        cap = f.rows_per_subject or 1
        regime = Budget(ledger.epsilon, delta=ledger.delta, rows_per_subject=cap)

    def refit(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
        again = fit(
            rows,
            subject=f.subject,
            model=f.model,
            schema=twin.schema,
            constraints=twin.rules,
            privacy=regime,
            seed=seed,
        )
        return to_pandas(again.sample(len(rows), seed=seed)).frame

    return refit


def about(twin: Twin, created: str | None = None) -> Report:
    """What may be told of a twin that was fitted under a privacy budget: no score, no look at real data.

    Args:
        twin: The twin.
        created: As in `report`.

    Returns:
        The public part of a report.
    """
    from twin.reporting.document import Report

    facts = _run_facts(twin, twin.fit_info.subject, created)
    return Report(evaluation=None, schema=twin.schema, facts=facts, ledger=twin.ledger)


def _run_facts(twin: Twin | None, subject: Name | None, created: str | None) -> RunFacts:
    from twin.reporting.document import RunFacts, TrainingCurve

    named = None if subject is None else str(subject)
    if twin is None:
        return RunFacts(subject=named, versions=_versions(), created=created)
    f = twin.fit_info
    settings = [("fitted with", f"twin {f.version}, seed {f.seed}")]
    settings += [("rule", str(rule)) for rule in twin.rules.rules]
    settings += [("set aside", words) for words in f.set_aside]
    if f.rows_per_subject is not None:
        settings.append(("rows that count", f"at most {f.rows_per_subject} of one subject"))
        settings.append(("rows learned from", f"about {f.rows:,}, counted with noise"))
    return RunFacts(
        model=f.model,
        reasons=(f.reason,),
        subject=named,
        k=f.k,
        unsafe=f.unsafe,
        versions=_versions(),
        settings=tuple(settings),
        training=None if twin.curve is None else TrainingCurve(**asdict(twin.curve)),
        created=created,
    )


def _versions() -> tuple[tuple[str, str], ...]:
    names = ("twin", "numpy", "pandas", "scipy", "scikit-learn", "lightgbm")
    return tuple((name, version(name)) for name in names)


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
    from twin.reporting.document import Steered

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
