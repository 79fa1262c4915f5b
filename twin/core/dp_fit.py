"""The order of the stages under a privacy budget: every fact that is kept was charged before it was told.

Nothing here depends on the content of a cell but through noisy, charged answers: what is refused is refused
for arguments, names, dtypes or the schema.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from twin.codes import Domain
from twin.columns.arrays.reading import FrameOf, subject_ids, to_pandas
from twin.columns.dp_infer import infer_dp
from twin.columns.dp_table import learn_columns_dp, needs_of
from twin.columns.schema import Name, Schema
from twin.constraints.rules import Rules, ruled_dp
from twin.core.fit_info import FitInfo
from twin.core.generator import Twin
from twin.core.privacy import Budget
from twin.core.validation import check_model_name, check_names, check_schema, with_key
from twin.errors import InputError
from twin.models.base import DpModel, Model
from twin.models.registry import MODELS, choose_dp
from twin.privacy.dp.dp_guard import DpGuard
from twin.privacy.dp.events import PrivacyLimit
from twin.privacy.dp.ledger import Ledger
from twin.privacy.dp.mechanism import Mechanism, Noise, noise_from_seed
from twin.privacy.dp.plan import make_plan
from twin.privacy.dp.queryable import Queryable
from twin.privacy.suppression.guard import SuppressionLog
from twin.progress import ProgressBar
from twin.randomness import Stream, fresh, generator

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, kw_only=True)
class DpFitSettings:
    """What a fit under a budget is asked for.

    Args:
        budget: What may be spent, on how many rows of a subject.
        subject: Column that names the person, or None where each row is one.
        model: "auto", a name, or settings.
        schema: Kinds of the columns, or None to take them from names and dtypes alone.
        seed: Of what is chosen at random besides noise.
        rules: Rules that rows keep.

    Raises:
        InputError: If rows of a subject are capped where no column names one.
    """

    budget: Budget
    subject: Name | None
    model: str | Model
    schema: Schema | None
    seed: int | None
    rules: Rules = field(default_factory=Rules)

    def __post_init__(self) -> None:
        if self.budget.rows_per_subject > 1 and self.subject is None:
            raise InputError(
                "rows_per_subject: without subject= each row is a subject; name the column of persons, "
                "or leave it out"
            )


def fit_dp(table: Any, asked: DpFitSettings) -> Twin:
    """Learn a table within a budget, and make a twin of it.

    Args:
        table: pandas or polars frame, Arrow table or DuckDB relation.
        asked: Budget and settings.

    Returns:
        The twin, with its ledger.

    Raises:
        InputError: If an argument, a name or a dtype cannot be used; never for what a cell holds.
        SchemaError: If the schema does not fit the names, or has a column that has no private form.
    """
    check_schema(asked.schema)
    chosen = given_model(asked.model)
    given = to_pandas(table)
    frame = given.frame
    if not len(frame.columns):
        raise InputError("table: it has no columns; give at least one")
    if asked.subject is not None:
        check_names(frame, (asked.subject,), "subject")
    schema = _schema(given, asked)
    rules = asked.rules.resolved(schema)
    frame, schema = ruled_dp(rules, frame, schema)
    subjects = None if asked.subject is None else subject_ids(frame, asked.subject, missing="drop")
    cap = asked.budget.rows_per_subject if subjects is not None else 1
    limit = PrivacyLimit(epsilon=asked.budget.epsilon, delta=asked.budget.delta)
    plan = make_plan(needs_of(schema), limit, cap)
    ledger = Ledger(limit)
    unsafe_seed = asked.budget.unsafe_seed
    noise = Noise() if unsafe_seed is None else noise_from_seed(unsafe_seed)
    unit = "row" if asked.subject is None else "subject"
    mechanism = Mechanism(ledger=ledger, noise=noise, unit=unit)
    with ProgressBar("fit") as bar:
        bar(0.0, "reading the columns")
        guard = DpGuard(mechanism=mechanism, plan=plan, n=len(frame), subjects=subjects)
        rows = guard.rows()
        columns = learn_columns_dp(frame, schema, guard)
        # Columns that are private draw from fresh entropy: under a known seed one row would shift all others.
        codes = columns.encode(frame, fresh(), subjects)
        model, reason = chosen(codes.domain)
        vault = Queryable.of(codes, mechanism=mechanism, cap=cap)
        del codes, frame, given
        fitted = model.fit_dp(vault, rng=generator(asked.seed, Stream.MODEL), progress=bar.part(0.2, 1.0))
    facts = FitInfo(
        model=model.name,
        reason=reason,
        k=None,
        unsafe=unsafe_seed is not None,
        subject=asked.subject,
        rows=rows,
        subjects=None,
        seed=asked.seed,
        version=version("twin"),
        rows_per_subject=cap,
    )
    cut = SuppressionLog((), None)
    return Twin(columns.sealed(), fitted, cut, facts, ledger.receipt, rules=rules)


def _schema(given: FrameOf, asked: DpFitSettings) -> Schema:
    """The declarations; where there are none, what names and dtypes tell."""
    if asked.schema is not None and asked.budget.public is not None:
        raise InputError("public: give a schema or a public table, not both")
    schema = asked.schema
    if schema is None:
        schema = infer_dp(
            given.frame,
            library=given.library,
            index=given.levels,
            subject=asked.subject,
            public=None if asked.budget.public is None else to_pandas(asked.budget.public).frame,
        )
    if schema.quasi_identifiers:
        schema = schema.model_copy(update={"quasi_identifiers": ()})  # a guarantee needs no list of them
    return with_key(schema, asked.subject)


Chooser = Callable[[Domain], tuple[DpModel, str]]


def given_model(model: str | Model) -> Chooser:
    """How to choose the model once the fields are known; refuses one without a private form."""
    if model == "auto":
        return _automatic
    if isinstance(model, str):
        check_model_name(model, tuple(MODELS))
    named, why = (MODELS[model](), "asked for") if isinstance(model, str) else (model, "settings given")
    if not isinstance(named, DpModel):
        able = [name for name, make in MODELS.items() if isinstance(make(), DpModel)]
        raise InputError(
            f"model: {named.name!r} has no private form; under a budget choose 'auto' or one of "
            f"{', '.join(able)}"
        )
    return lambda _: (named, why)


def _automatic(domain: Domain) -> tuple[DpModel, str]:
    choice = choose_dp(domain)
    model = MODELS[choice.name]()
    assert isinstance(model, DpModel)
    return model, choice.reason
