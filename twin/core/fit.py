"""The one page that knows the order of the stages: fit and load. What comes after is in `reporting.py`."""

from __future__ import annotations

import io
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.codes import Codes
from twin.columns.arrays.reading import TableArrays, to_pandas
from twin.columns.binning.coarsen import coarsened
from twin.columns.dp_infer import infer_dp
from twin.columns.kinds.key import REPEATS
from twin.columns.schema import Name, Schema
from twin.columns.table import check_fits, infer_schema, learn_columns
from twin.constraints.rules import Constraints, Rules, as_rules
from twin.core.dp_fit import DpFitSettings, fit_dp
from twin.core.fit_info import FitInfo
from twin.core.generator import Twin
from twin.core.privacy import Budget, Suppression, privacy_of
from twin.core.serialization import read_twin
from twin.core.validation import (
    check_model_name,
    check_names,
    check_rows,
    check_schema,
    check_subjects,
    with_key,
)
from twin.errors import InputError, TwinWarning, check_seed
from twin.models.base import Model
from twin.models.registry import MODELS, choose
from twin.models.wrappers.dependencies import Dependent
from twin.privacy.suppression.guard import Guard
from twin.progress import ProgressBar
from twin.randomness import Stream, generator
from twin.sampling.raking import Raking
from twin.sampling.rare_combinations import RareCombinationFilter

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame


def fit(
    table: IntoFrame,
    *,
    subject: Name | None = None,
    model: str | Model = "auto",
    schema: Schema | None = None,
    constraints: Constraints | None = None,
    privacy: Suppression | Budget | None = None,
    epsilon: float | None = None,
    seed: int | None = 0,
) -> Twin:
    """Learn a table and make a twin of it.

    Args:
        table: pandas or polars frame, Arrow table or DuckDB relation, one row per subject or event.
        subject: Column that names the person; privacy counts persons. None: each row is one.
        model: "auto", a name in `twin.MODELS`, or a settings object such as `twin.Trees(rounds=30)`.
        schema: Kinds of the columns, or None to infer them.
        constraints: Rules that every row of a sample keeps, such as `twin.Inequality`; see
            `twin.suggest_constraints`. Rows of the table that break one are counted and set aside.
        privacy: How people are protected: `twin.Suppression(...)`, the default, or `twin.Budget(...)`. Under
            a budget everything that is learned, kinds and bounds included, is differentially private.
        epsilon: Short for `privacy=twin.Budget(epsilon)`.
        seed: Of the fit, or None for a fresh one; thresholds of the guard and noise never come from it.

    Returns:
        The twin.

    Raises:
        InputError: If an argument or the table cannot be used.
        SchemaError: If a column cannot be learned, or the schema does not fit.

    Example:
        >>> import pandas as pd, twin
        >>> table = pd.DataFrame({"age": list(range(20, 60)) * 5, "member": [True, False] * 100})
        >>> twin.fit(table, seed=1)
        Twin(copula, 2 columns, from 200 rows, k=11)
        >>> twin.fit(table, privacy=twin.Budget(1.0), epsilon=1.0)
        Traceback (most recent call last):
            ...
        twin.errors.InputError: epsilon: it is short for privacy=twin.Budget(epsilon); give one of the two
    """
    regime = privacy_of(privacy, epsilon)
    check_seed(seed)
    check_schema(schema)
    rules = as_rules(constraints)
    if isinstance(regime, Budget):
        asked = DpFitSettings(
            budget=regime, subject=subject, model=model, schema=schema, seed=seed, rules=rules
        )
        return fit_dp(table, asked)
    if isinstance(model, str) and model != "auto":
        check_model_name(model, tuple(MODELS))
    return _fit_suppressed(
        table, subject=subject, model=model, regime=regime, schema=schema, seed=seed, rules=rules
    )


def _fit_suppressed(
    table: IntoFrame,
    *,
    subject: Name | None,
    model: str | Model,
    regime: Suppression,
    schema: Schema | None,
    seed: int | None,
    rules: Rules,
) -> Twin:
    """Learn a table through a guard that suppresses what too few subjects share."""
    frame, library, levels = to_pandas(table)
    check_rows(frame)
    check_names(frame, regime.named or (), "quasi_identifiers")
    arrays = TableArrays(frame)
    set_aside: tuple[str, ...] = ()
    if rules:
        rules.check(arrays)
        aside = rules.set_aside(arrays)
        arrays, set_aside = arrays.rows(aside.kept), aside.words(regime.k)
        rules = rules.resolved(arrays)
    subjects = check_subjects(arrays.frame, subject, regime.k)
    guard = Guard(k=regime.k, unsafe=regime.unsafe, subjects=subjects)
    with ProgressBar("fit") as bar:
        bar(0.0, "reading the columns")
        if schema is None:
            schema = infer_schema(arrays, library=library, index=levels, subject=subject)
            alone = subjects is None or int(subjects.max()) + 1 == len(arrays)
            _hint_at_subject(schema, subject, alone=alone)
        schema = with_key(schema, subject)
        schema = schema if regime.named is None else schema.with_quasi_identifiers(regime.named)
        check_fits(arrays.frame, schema)
        if rules:
            rules.check(schema)
            arrays, schema = rules.extend(arrays), rules.declare(schema)
        if schema.quasi_identifiers:
            schema = coarsened(schema, arrays, guard)
        rng = generator(seed, Stream.FIT)
        columns = learn_columns(arrays, schema, guard)
        codes = columns.encode(arrays, rng, subjects)
        del frame, arrays
        bar(0.1, "choosing a model")
        chosen, reason = _chosen(model, codes)
        apart = tuple(f.name for name in (rules.auxiliary if rules else ()) for f in columns.fields_of(name))
        inner = Dependent(model=Raking(model=chosen), apart=apart)
        wrapped = RareCombinationFilter(model=inner, fields=columns.first_fields(schema.quasi_identifiers))
        fitted = wrapped.fit(codes, guard=guard, rng=rng, progress=bar.part(0.1, 1.0))
    fit_info = FitInfo(
        model=chosen.name,
        reason=reason,
        k=guard.k,
        unsafe=guard.unsafe,
        subject=subject,
        rows=codes.n,
        subjects=codes.n if subjects is None else int(subjects.max(initial=-1)) + 1,
        seed=seed,
        version=version("twin"),
        set_aside=set_aside,
    )
    return Twin(columns.sealed(), fitted, guard.log, fit_info, rules=rules)


def _hint_at_subject(schema: Schema, subject: Name | None, *, alone: bool) -> None:
    """Warn where each row is one person, and a column says that persons may have many.

    Args:
        schema: The inferred schema.
        subject: Column that names the person, or None.
        alone: Whether each row is a person of its own.
    """
    likely = [c.name for c in schema if c.reason.endswith(REPEATS) and c.name != subject]
    if not alone or not likely:
        return
    first = "" if subject is None else f"subject: column {subject!r} differs in every row, and "
    warnings.warn(
        f"{first}column {likely[0]!r} looks like an identifier that repeats, so each row is counted as a "
        f"person where one may hold many; if it names the person, pass subject={likely[0]!r}",
        TwinWarning,
        stacklevel=3,
    )


def _chosen(model: str | Model, codes: Codes) -> tuple[Model, str]:
    """The settings to fit, and why these."""
    if not isinstance(model, str):
        return model, "settings given"
    if model != "auto":
        return MODELS[model](), "asked for"
    choice = choose(codes)
    return MODELS[choice.name](), choice.reason


def infer(
    table: IntoFrame, *, subject: Name | None = None, names_only: bool = False, public: Any = None
) -> Schema:
    """Kinds of a table's columns, each with its reason.

    Args:
        table: pandas or polars frame, Arrow table or DuckDB relation.
        subject: Column that names the person, or None.
        names_only: Look at names and dtypes alone, as `fit` does under a privacy budget: no cell is read.
            Without it the schema is taken from the cells; given to `fit` with a budget it counts as declared,
            so that whatever it tells of a person is outside the guarantee.
        public: With `names_only`: a table without secrets from which kinds, levels and bounds are taken.

    Returns:
        A schema that can be edited and given to `fit` or `plan`.

    Raises:
        InputError: If the object is no table or has no columns.
        SchemaError: If a column cannot be learned.

    Example:
        >>> import pandas as pd, twin
        >>> twin.infer(pd.DataFrame({"age": [31, 47]}))["age"].kind
        'number'
    """
    if public is not None and not names_only:
        raise InputError("public: goes with names_only=True alone; give both, or leave it out")
    frame, library, levels = to_pandas(table)
    if names_only:
        if subject is not None:
            check_names(frame, (subject,), "subject")
        known = None if public is None else to_pandas(public).frame
        return infer_dp(frame, library=library, index=levels, subject=subject, public=known)
    return infer_schema(frame, library=library, index=levels, subject=subject)


def load(path: str | Path) -> Twin:
    """A twin from its file. Loading runs no code from the file.

    Args:
        path: A file that `Twin.save` wrote.

    Returns:
        The twin.

    Raises:
        InputError: If there is no such file.
        FileFormatError: If the file is no twin, was changed, or was made by a newer version.
    """
    return read_twin(path)


def from_bytes(content: bytes) -> Twin:
    """A twin from what `Twin.to_bytes` gave.

    Raises:
        FileFormatError: If the bytes are no twin, were changed, or were made by a newer version.

    Example:
        >>> import pandas as pd, twin
        >>> t = twin.fit(pd.DataFrame({"age": list(range(20, 60)) * 5}))
        >>> twin.from_bytes(t.to_bytes()).sample(2, seed=3).equals(t.sample(2, seed=3))
        True
    """
    return read_twin(io.BytesIO(content))
