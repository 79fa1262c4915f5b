"""Plants canaries, fits every model, and searches everything that a twin gives and says."""

from __future__ import annotations

import contextlib
import io
import logging
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from twin.canaries.canary import Planted, plant
from twin.canaries.detectors import search_samples
from twin.canaries.plans import plan_canaries
from twin.canaries.result import CanaryFinding, LeakTest
from twin.canaries.search import Finder, lasting_objects, search_archive, search_memory
from twin.columns.arrays.reading import to_pandas, token
from twin.columns.schema import Category, Datetime, Flag, Name, Number, Schema, Text
from twin.columns.table import infer_schema
from twin.core.fit import fit, from_bytes
from twin.core.generator import Twin
from twin.core.privacy import Suppression
from twin.core.validation import check_model_name, check_names, check_rows, check_schema, check_subjects
from twin.errors import InputError, TwinError, check_count, check_seed
from twin.models.base import Model
from twin.models.registry import MODELS, available
from twin.privacy.suppression.guard import FLOOR
from twin.progress import Part, ProgressBar
from twin.randomness import Stream, generator
from twin.reporting.build import report

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

_SMALL = 1_000  # rows of the sample that is reported on, and of the table beside it
_OUTPUTS = ("sample", "file", "memory", "report", "suppression log", "display", "messages", "errors")
_RAISED = (TwinError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError)
_WRONG = (
    Number(),
    Datetime(),
    Datetime(format="%d.%m.%Y"),
    Flag(),
    Category(rare="parent", parents={"none": "any"}),
)
_MESSAGE = "%(name)s %(levelname)s %(message)s"


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
    people: dict[str, Any] = {"ids": ids, "k": k, "rng": rng}
    plans = plan_canaries(frame, kinds, subject=subject, quasi_identifiers=quasi_identifiers, **people)
    planted = plant(frame, plans, **people)
    kinds = infer_schema(planted.frame, subject=subject) if schema is None else _retyped(schema, planted)
    setup = _Setup(planted, subject, k, rows, quasi_identifiers, seed, guard)
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
    subject: Name | None
    k: int
    rows: int
    quasi_identifiers: tuple[Name, ...]
    seed: int
    guard: bool

    def tried(self, name: str, model: str | Model, declared: Schema, bar: Part) -> list[CanaryFinding]:
        """Fit one model and search everything that comes of it.

        Args:
            name: What the model is called in the result.
            model: The model.
            declared: Kinds of the columns.
            bar: What to tell of the progress.
        """
        finder = Finder([plan.pattern for plan in self.planted.plans])
        found: dict[str, set[int]] = {}
        bar(0.0, f"{name}: fitting")
        before = search_memory(lasting_objects(), finder)  # of other twins in this process
        with _listening() as heard:
            t = self._fitted(model, declared)
            found["memory"] = search_memory([t], finder) | (search_memory(lasting_objects(), finder) - before)
            found["file"] = search_archive(t.to_bytes(), finder)
            for output, text in self._said(t, declared):
                found[output] = finder.text(text)
            bar(0.3, f"{name}: sampling")
            found["sample"] = self._sampled(t, finder, bar.__call__, name)
            found["memory"] |= search_memory([t], finder) | (
                search_memory(lasting_objects(), finder) - before
            )
        found["messages"] = finder.text(heard.text)
        canaries = self.planted.canaries
        return [
            CanaryFinding(model=name, output=output, sort=canaries[i].sort, column=canaries[i].column)
            for output in _OUTPUTS
            for i in sorted(found[output])
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
        yield "suppression log", _suppression_text(t)
        yield "display", _display_text(t)
        yield "report", _report_text(t, t.sample(min(self.rows, _SMALL), seed=self.seed), part)
        yield "errors", _error_text(t, part, declared, self.subject)

    def _part(self) -> pd.DataFrame:
        """Some rows of the table, all that hold a canary among them."""
        frame = self.planted.frame
        others = generator(self.seed, Stream.CANARIES).permutation(len(frame))[:_SMALL]
        with_canary = [row for rows in self.planted.rows for row in rows]
        return frame.iloc[np.unique([*with_canary, *others.tolist()])].reset_index(drop=True)

    def _sampled(self, t: Twin, finder: Finder, say: Callable[[float, str], None], name: str) -> set[int]:
        plans = self.planted.plans
        by_chance = {i for i, plan in enumerate(plans) if plan.by_chance}

        def blocks() -> Iterator[Any]:
            done = 0
            for block in t.stream(self.rows, seed=self.seed):
                yield block
                done += len(block)
                say(0.3 + 0.7 * done / self.rows, f"{name}: {done:,} rows searched")

        return search_samples(blocks(), t.schema, [plan.detectors for plan in plans], finder, by_chance)


@dataclass
class _Heard:
    """What was said while something ran: log records, warnings, and standard output and error."""

    stream: io.StringIO = field(default_factory=io.StringIO)
    warned: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join([self.stream.getvalue(), *self.warned])


@contextlib.contextmanager
def _listening() -> Iterator[_Heard]:
    """Collects log records, warnings and printed text; nothing of it reaches the terminal meanwhile."""
    heard = _Heard()
    handler = logging.StreamHandler(heard.stream)
    handler.setFormatter(logging.Formatter(_MESSAGE))
    own, root = logging.getLogger("twin"), logging.getLogger()
    level, propagate = own.level, own.propagate
    own.addHandler(handler)
    root.addHandler(handler)
    own.setLevel(logging.DEBUG)
    own.propagate = False
    try:
        with (
            warnings.catch_warnings(record=True) as caught,
            contextlib.redirect_stdout(heard.stream),
            contextlib.redirect_stderr(heard.stream),
        ):
            warnings.simplefilter("always")
            yield heard
    finally:
        own.removeHandler(handler)
        root.removeHandler(handler)
        own.setLevel(level)
        own.propagate = propagate
        heard.warned += [str(w.message) for w in caught]


def _suppression_text(t: Twin) -> str:
    """The suppression log in all its forms."""
    log = t.suppressed
    return "\n".join([str(log), repr(log), log._repr_html_(), str(log.to_json())])


def _display_text(t: Twin) -> str:
    """What a twin shows of itself."""
    shown = [t, t.schema, t.fit_info, t.columns, t.fitted]
    pages = [t.inspect(), t.model, t._repr_html_(), t.schema._repr_html_(), t.schema.to_json()]
    return "\n".join([*map(str, shown), *map(repr, shown), *pages])


def _report_text(t: Twin, sample: pd.DataFrame, part: pd.DataFrame) -> str:
    """A report on a small sample, in all its formats; the refusal, where nothing can be compared."""
    try:
        document = report(sample, train=part, twin=t, seed=0)
    except TwinError as error:
        return str(error)
    return "\n".join(
        [document.to_html(), document.to_json(), document.to_text(), str(document), repr(document)]
    )


def _error_text(t: Twin, part: pd.DataFrame, schema: Schema, subject: Name | None) -> str:
    """Messages of errors that bad calls raise, as Python prints them."""
    out = []
    for call in _bad_calls(t, part, schema, subject):
        try:
            call()
        except _RAISED as error:
            out.append("".join(traceback.format_exception(error)))
    return "\n".join(out)


def _bad_calls(
    t: Twin, part: pd.DataFrame, schema: Schema, subject: Name | None
) -> Iterator[Callable[[], object]]:
    names = [name for name in schema.names if name != subject]
    first = names[0] if names else schema.names[0]

    def fitted(table: pd.DataFrame = part, **options: object) -> Callable[[], object]:
        settings = {"subject": subject, "schema": schema, "model": "independent"} | options
        return lambda: fit(table, **settings)  # type: ignore[arg-type]

    yield fitted(subject="no column of this name")
    yield fitted(k=2)
    yield fitted(part.head(3))
    yield fitted(part.drop(columns=[first]))
    yield fitted(pd.concat([part, part[[first]]], axis=1), schema=None)
    yield fitted(part.assign(**{str(first): part[first].astype(object).map(lambda v: [v])}), schema=None)
    yield fitted(part.assign(**{str(subject or first): None}), subject=subject or first)
    for name in names:
        narrow = [name] if subject is None else [subject, name]
        table, kinds = part[narrow], Schema(columns=tuple(schema[n] for n in narrow))
        for wrong in _WRONG:
            yield fitted(table, schema=kinds.replace({name: wrong}))
    yield lambda: t.sample(-1)
    yield lambda: t.sample(1, given=part.head(1).to_dict())
    for name in names:
        yield lambda name=name: t.sample(1, given={name: part[name].iloc[0]})  # type: ignore[misc]
        yield lambda name=name: t.sample(1, given={name: (part[name].iloc[0], "")})  # type: ignore[misc]
    yield lambda: t.columns.encode(part[[first]], None)  # type: ignore[arg-type]
    yield lambda: report(part[[first]], train=part, twin=t)
    yield lambda: report(part, train=part, target="no column of this name", twin=t)
    content = t.to_bytes()
    yield lambda: from_bytes(content[:-9])
