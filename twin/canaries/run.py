"""Plants canaries, fits every model, and searches everything that comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.canaries.detectors import search_samples
from twin.canaries.outputs import (
    display_text,
    error_text,
    lasting_objects,
    listening,
    report_text,
    search_archive,
    search_memory,
    suppression_text,
)
from twin.canaries.patterns import Finder
from twin.canaries.plant import Planted, plant
from twin.canaries.result import CanaryFinding, LeakTest
from twin.columns.arrays.reading import to_pandas, token
from twin.columns.schema import Name, Schema, Text
from twin.columns.table import infer_schema
from twin.core.fit import fit
from twin.core.generator import Twin
from twin.core.privacy import Suppression
from twin.core.validation import check_model_name, check_names, check_rows, check_schema, check_subjects
from twin.errors import InputError, check_count, check_seed
from twin.models.base import Model
from twin.models.registry import MODELS, available
from twin.privacy.suppression.guard import FLOOR
from twin.progress import Part, ProgressBar
from twin.randomness import Stream, generator

if TYPE_CHECKING:
    import pandas as pd
    from narwhals.typing import IntoFrame

_SMALL = 1_000  # rows of the sample that is reported on, and of the table beside it


def leak_test(
    table: IntoFrame,
    *,
    subject: Name | None = None,
    models: Sequence[str | Model] | None = None,
    schema: Schema | None = None,
    privacy: Suppression | None = None,
    rows: int = 1_000_000,
    seed: int = 0,
    guard: bool = True,
) -> LeakTest:
    """Plant canaries held by k - 1 persons each in a copy of a table, fit models to it, and look for them.

    Unusual values of each sort that a column can take are planted: rare levels, names in texts, identifiers,
    extremes, exact numbers, odd precision, odd times, first missing cells and negatives, very long strings,
    unusual characters, and combinations. Searched are samples, the saved file, the objects in memory, the
    report, the suppression log, displays, log records, warnings, printed text and provoked errors.

    Args:
        table: pandas or polars frame, Arrow table or DuckDB relation; it is not changed.
        subject: Column that names the person. None: each row is one.
        models: Names in `twin.MODELS` or settings objects; None for all that can be fitted here.
        schema: Kinds of the columns, or None to infer them.
        privacy: The suppression that is attacked, as in `fit`. Combinations of two and three values of its
            quasi-identifiers are planted, too.
        rows: Rows sampled from each model, ≥ 1.
        seed: Of the canaries, their holders, the fits and the samples.
        guard: False fits with k=1, so that canaries pass: the test must then find them.

    Returns:
        What was planted, and where it was found; no value is in it.

    Raises:
        InputError: If an argument or the table cannot be used, or has too few persons for the canaries.

    Example:
        >>> import twin
        >>> patients = twin.datasets.make_clinic(1_000, seed=1).patients[["patient_id", "sex", "height_cm"]]
        >>> test = twin.leak_test(patients, subject="patient_id", models=["independent"], rows=2_000)
        >>> test.passed, len(test.canaries) > 5
        (True, True)
    """
    began = time.perf_counter()
    regime = _checked(privacy, rows, seed, schema)
    k = regime.k
    chosen = _models(models)
    frame, _, _ = to_pandas(table)
    check_rows(frame)
    ids = check_subjects(frame, subject, k)
    declared_here = () if schema is None else schema.quasi_identifiers
    quasi_identifiers = declared_here if regime.named is None else regime.named
    check_names(frame, quasi_identifiers, "quasi_identifiers")
    kinds = infer_schema(frame, subject=subject) if schema is None else schema
    rng = generator(seed, Stream.CANARIES)
    planted = plant(frame, kinds, subject=subject, ids=ids, k=k, quasi_identifiers=quasi_identifiers, rng=rng)
    kinds = infer_schema(planted.frame, subject=subject) if schema is None else _retyped(schema, planted)
    setup = _Setup(planted, kinds, subject, k, rows, quasi_identifiers, seed, guard)
    trials = [(name, model, kinds) for name, model in chosen]
    if any(isinstance(column, Text) for column in kinds):
        name, model = chosen[0]
        trials.append((f"{name}, text as template", model, _templates(kinds)))
    findings: list[CanaryFinding] = []
    with ProgressBar("leak test") as bar:
        for i, (name, model, declared) in enumerate(trials):
            part = bar.part(i / len(trials), (i + 1) / len(trials))
            findings += setup.tried(name, model, declared, part)
    return LeakTest(
        canaries=planted.canaries,
        findings=tuple(findings),
        models=tuple(name for name, _, _ in trials),
        rows=rows,
        k=k,
        without=planted.without,
        subject=None if subject is None else str(subject),
        guard=guard,
        seconds=round(time.perf_counter() - began, 1),
    )


def _checked(privacy: object, rows: int, seed: int, schema: Schema | None) -> Suppression:
    check_seed(seed)
    check_schema(schema)
    if check_count(rows, "rows") < 1:
        raise InputError("rows: must be at least 1")
    regime = Suppression() if privacy is None else privacy
    if not isinstance(regime, Suppression):
        raise InputError("privacy: the leak test attacks suppression; give twin.Suppression(...)")
    if regime.k < FLOOR:
        raise InputError(f"k: must be at least {FLOOR}; pass guard=False to see what leaks without the guard")
    return regime


def _models(models: Sequence[str | Model] | None) -> list[tuple[str, str | Model]]:
    chosen = list(available()) if models is None else [models] if isinstance(models, str) else list(models)
    if not chosen:
        raise InputError(f"models: give at least one, such as {', '.join(MODELS)}")
    for model in chosen:
        if isinstance(model, str):
            check_model_name(model, tuple(MODELS))
    return [(model if isinstance(model, str) else model.name, model) for model in chosen]


def _retyped(schema: Schema, planted: Planted) -> Schema:
    """A given schema with the dtypes of the table, where a canary changed one."""
    columns = tuple(
        column.model_copy(update={"dtype": token(planted.frame[column.name])}) for column in schema
    )
    return schema.model_copy(update={"columns": columns})


def _templates(schema: Schema) -> Schema:
    texts = {c.name: Text(treatment="template", reason=c.reason) for c in schema if isinstance(c, Text)}
    return schema.replace(dict(texts))


@dataclass(frozen=True)
class _Setup:
    """What all trials share; the arguments of `leak_test`."""

    planted: Planted
    kinds: Schema
    subject: Name | None
    k: int
    rows: int
    quasi_identifiers: tuple[Name, ...]
    seed: int
    guard: bool

    def tried(self, name: str, model: str | Model, declared: Schema, bar: Part) -> list[CanaryFinding]:
        """Fit one model and search everything that comes of it."""
        finder = Finder([plan.needle for plan in self.planted.plans])
        found: dict[str, set[int]] = {}
        bar(0.0, f"{name}: fitting")
        before = search_memory(lasting_objects(), finder)  # of other twins in this process
        with listening() as heard:
            t = self._fitted(model, declared)
            found["memory"] = search_memory([t], finder) | (search_memory(lasting_objects(), finder) - before)
            found["file"] = search_archive(t.to_bytes(), finder)
            for place, text in self._said(t, declared):
                found[place] = finder.text(text)
            bar(0.3, f"{name}: sampling")
            found["sample"] = self._sampled(t, finder, bar.__call__, name)
            found["memory"] |= search_memory([t], finder) | (
                search_memory(lasting_objects(), finder) - before
            )
        found["messages"] = finder.text(heard.text)
        canaries = self.planted.canaries
        return [
            CanaryFinding(model=name, place=place, sort=canaries[i].sort, column=canaries[i].column)
            for place in _PLACES
            for i in sorted(found[place])
        ]

    def _fitted(self, model: str | Model, declared: Schema) -> Twin:
        return fit(
            self.planted.frame,
            subject=self.subject,
            model=model,
            schema=declared,
            privacy=Suppression(
                k=self.k if self.guard else 1,
                quasi_identifiers=self.quasi_identifiers or "auto",
                unsafe=not self.guard,
            ),
            seed=self.seed,
        )

    def _said(self, t: Twin, declared: Schema) -> Iterator[tuple[str, str]]:
        part = self._part()
        yield "suppression log", suppression_text(t)
        yield "display", display_text(t)
        yield "report", report_text(t, t.sample(min(self.rows, _SMALL), seed=self.seed), part)
        yield "errors", error_text(t, part, declared, self.subject)

    def _part(self) -> pd.DataFrame:
        """Some rows of the table, all that hold a canary among them."""
        frame = self.planted.frame
        others = generator(self.seed, Stream.CANARIES).permutation(len(frame))[:_SMALL]
        held = [row for rows in self.planted.rows for row in rows]
        return frame.iloc[np.unique([*held, *others.tolist()])].reset_index(drop=True)

    def _sampled(self, t: Twin, finder: Finder, say: Callable[[float, str], None], name: str) -> set[int]:
        plans = self.planted.plans
        chancy = {i for i, plan in enumerate(plans) if plan.chancy}

        def blocks() -> Iterator[Any]:
            done = 0
            for block in t.stream(self.rows, seed=self.seed):
                yield block
                done += len(block)
                say(0.3 + 0.7 * done / self.rows, f"{name}: {done:,} rows searched")

        return search_samples(blocks(), t.schema, [plan.watches for plan in plans], finder, chancy)


_PLACES = ("sample", "file", "memory", "report", "suppression log", "display", "messages", "errors")
