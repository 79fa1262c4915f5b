"""The report as a frozen document: scores, what was suppressed, and how it came about. Computes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from twin.attacks.base import Attack
from twin.columns.schema import Schema
from twin.conditions.request import ParityGap
from twin.errors import InputError
from twin.evidence.evidence import Evidence
from twin.files.paths import AtomicFile
from twin.metrics.evaluate import Evaluation
from twin.metrics.score import Score
from twin.policy.verdict import Judgement, Verdict
from twin.privacy.dp.statement import PrivacyStatement
from twin.privacy.suppression.guard import SuppressionLog
from twin.reporting import fixed
from twin.reporting.formats import FORMATS, NOTEBOOK, limit_in_words

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class TrainingCurve:
    """How the training of a network went.

    Args:
        unit: What is told at each point, with its unit, in words.
        steps: Steps done at each point, rising.
        seconds: Seconds since the start at each point.
        losses: What `unit` names, the mean since the point before.
        ended: Why it ended where it did, in words.

    Example:
        >>> TrainingCurve(unit="loss, nats", steps=(10, 20), seconds=(0.1, 0.2), losses=(9.0, 7.5)).ended
        'all steps done'
    """

    unit: str
    steps: tuple[int, ...] = ()
    seconds: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()
    ended: str = "all steps done"


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """How the twin and this report came about.

    Args:
        name: Name of the table, for the title; empty where it has none.
        model: Model that was fitted; empty where no twin was given.
        reasons: Why this model, in words.
        subject: Column that names the person, or None where each row was counted as one.
        k: Threshold of the suppressor, or None where it is not known.
        unsafe: Whether k below the floor was allowed.
        seed: Seed of the sample, or None where it is not known.
        versions: Packages and their versions.
        seconds: What took how long.
        settings: Other settings, as name and value in words.
        training: How the training went, or None where there was none or a budget forbids to tell.
        created: When the report was made, in any form; None leaves it out. No clock is read, so that equal
            inputs give equal bytes.

    Example:
        >>> RunFacts(model="trees", k=11).model
        'trees'
    """

    name: str = ""
    model: str = ""
    reasons: tuple[str, ...] = ()
    subject: str | None = None
    k: int | None = None
    unsafe: bool = False
    seed: int | None = None
    versions: Pairs = ()
    seconds: tuple[tuple[str, float], ...] = ()
    settings: Pairs = ()
    training: TrainingCurve | None = None
    created: str | None = None


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a person knows of the table and its release; what is empty stays a blank line to fill in.

    Args:
        purpose: What the table is for.
        population: Whom it is about, and when.
        recipients: Who gets it.
        conditions: Under which controls: access, contract, deletion.
        others: What else is known or published of the same people.
        responsible: Who answers for the release.

    Example:
        >>> Context(purpose="Teaching").purpose
        'Teaching'
    """

    purpose: str = ""
    population: str = ""
    recipients: str = ""
    conditions: str = ""
    others: str = ""
    responsible: str = ""


@dataclass(frozen=True, kw_only=True)
class Steered:
    """What a sample was asked for, and how far that moves it from the twin.

    Args:
        scenario: Name of the scenario; empty where conditions or shares were asked for without one.
        asked: What was asked, one line for each part.
        distance: Total variation distance of the cells with target shares from the twin's, 0 … 1.
        effective: Share of the rows that they are worth as weighted rows of the twin, 0 … 1.
        largest: How many times more often than in the twin the most raised cell comes up, ≥ 1.
        gap: How far groups are apart, where parity was asked for.
        moved: Columns and how far each lies from a plain sample of the twin, 0 … 1, the furthest first.
        accuracy: Mean accuracy against the source, of a plain sample of the twin and of this one.

    Example:
        >>> Steered(asked=("sex: F",)).scenario
        ''
    """

    scenario: str = ""
    asked: tuple[str, ...] = ()
    distance: float = 0.0
    effective: float = 1.0
    largest: float = 1.0
    gap: ParityGap | None = None
    moved: tuple[tuple[str, float], ...] = ()
    accuracy: tuple[float, float] | None = None

    @property
    def unmeasured(self) -> Steered:
        """What was asked, without what was measured."""
        return Steered(scenario=self.scenario, asked=self.asked)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What can be said about a twin, for people and for programs.

    Args:
        evaluation: The scores, and what charts need; None where only what is public is told.
        schema: The columns and why each is of its kind.
        suppression: What the guard cut, or None where it is not known.
        facts: How it came about.
        ledger: What was told under a privacy budget and what it cost, or None without one.
        judgement: How the twin stands to a policy's limits, or None where none were set.
        context: What the table is for and who gets it, where that was filled in.
        announced: The verdict where the public part may tell it, else None.
        evidence: Hashes of what the release was made of and what came out, or None.
        steered: What the sample was asked for, where it is not a plain one.

    Example:
        >>> import pandas as pd
        >>> from twin.columns.schema import Number
        >>> from twin.metrics.evaluate import Options, evaluate
        >>> frame, schema = pd.DataFrame({"x": [1.0, 2.0]}), Schema(columns=(Number(name="x"),))
        >>> scores = evaluate(frame, None, frame, schema, options=Options(metrics=("accuracy",)))
        >>> report = Report(evaluation=scores, schema=schema)
        >>> report.scores["accuracy"].value, report.passed
        (1.0, None)
    """

    evaluation: Evaluation | None
    schema: Schema
    suppression: SuppressionLog | None = None
    facts: RunFacts = field(default_factory=RunFacts)
    ledger: PrivacyStatement | None = None
    judgement: Judgement | None = None
    context: Context = field(default_factory=Context)
    announced: Verdict | None = None
    evidence: Evidence | None = None
    steered: Steered | None = None

    @property
    def scores(self) -> Mapping[str, Score]:
        """The scores by name; none in the public part."""
        return {} if self.evaluation is None else self.evaluation.scores

    @property
    def attacks(self) -> tuple[Attack, ...]:
        """What attacks got out of the twin; none in the public part."""
        return () if self.evaluation is None else self.evaluation.attacks

    @property
    def part(self) -> Literal["internal", "public"]:
        """Whether the report holds what was computed from real data, or only what may be released."""
        return "public" if self.evaluation is None else "internal"

    @property
    def notice(self) -> str:
        """Who may see it, in fixed words."""
        if self.part == "internal":
            return fixed.INTERNAL if self.ledger is None else fixed.NOT_FOR_RELEASE
        if self.ledger is not None and not self.ledger.valid:
            return fixed.VOID
        said = fixed.SETTINGS_ONLY if self.ledger is None else fixed.PUBLIC
        return said if self.announced is None else f"{said} {fixed.ANNOUNCED}"

    @property
    def internal(self) -> Report:
        """The report with all that was computed from real data: this one.

        Raises:
            InputError: If this is a public part.
        """
        if self.part == "public":
            raise InputError("report.internal: this is the public part alone; take it from the whole report")
        return self

    @property
    def public(self) -> Report:
        """The part that may be released, without a verdict; see `public_part`."""
        return self.public_part()

    def public_part(self, *, verdict: bool = False) -> Report:
        """The part that may be released: settings, limits, columns, the ledger where there is one.

        Without a privacy budget it also leaves out why columns are of their kind, since that was read off
        the table. Under one it leaves out the limits, since which of them could be judged is read off it too.

        Args:
            verdict: Whether the verdict may be told, which is one word computed from real data.

        Returns:
            A report without scores, attacks, suppression log, times and the key of the evidence.

        Raises:
            InputError: If a verdict is to be told and there is none.
        """
        if verdict and self.judgement is None:
            raise InputError("report.public_part: there is no verdict to tell; report with a policy")
        facts, schema = replace(self.facts, seconds=(), training=None), self.schema
        if self.ledger is None:
            gates = () if self.judgement is None else self.judgement.gates
            limits = tuple(limit_in_words(gate, self) for gate in gates if gate.limit is not None)
            facts = replace(facts, reasons=(), settings=limits, seed=None)
            schema = _bare(schema)
        return Report(
            evaluation=None,
            schema=schema,
            facts=facts,
            ledger=self.ledger,
            evidence=None if self.evidence is None else self.evidence.public,
            context=self.context,
            steered=None if self.steered is None else self.steered.unmeasured,
            announced=self.judgement.verdict if verdict and self.judgement is not None else None,
        )

    def with_context(self, context: Context) -> Report:
        """The report with what a person knows of the table and its release."""
        return replace(self, context=context)

    @property
    def passed(self) -> bool | None:
        """Whether every limit that can stop a release was kept; None where no limits were set or none can."""
        return None if self.judgement is None else self.judgement.passed

    @property
    def limits(self) -> tuple[str, ...]:
        """What this report does not show, in fixed words (rule S14)."""
        by_subject = self.evaluation is not None and self.evaluation.by_subject
        private = self.ledger is not None
        people = () if self.facts.subject is not None or by_subject else (fixed.ROWS_AS_PEOPLE,)
        if private and people:
            people = (fixed.ROWS_PROTECTED,)
        first = (fixed.EVIDENCE,) if private else (fixed.EVIDENCE, fixed.NO_GUARANTEE)
        if self.evaluation is None:
            return (*first, *people, fixed.NO_SCORES)
        attacked = fixed.ATTACKED if self.attacks else fixed.NO_ATTACK
        return (*first, *people, attacked, *self.evaluation.notes)

    @property
    def guarantee(self) -> str:
        """What was promised, in one sentence: that of the ledger, or that there is no guarantee."""
        return fixed.NO_GUARANTEE if self.ledger is None else self.ledger.sentence

    @property
    def stamps(self) -> tuple[str, ...]:
        """What stands on every page."""
        marks = (fixed.SCENARIO,) if self.steered is not None and self.steered.scenario else ()
        if self.ledger is not None:
            return marks if self.ledger.valid else (fixed.VOID, *marks)
        return (fixed.UNSAFE, *marks) if self.facts.unsafe else marks

    def to_html(self, path: str | Path | None = None) -> str:
        """The report as one HTML file, without scripts.

        Args:
            path: Where to write it, or None.

        Returns:
            The document.
        """
        return self._rendered("html", path)

    def to_json(self, path: str | Path | None = None) -> str:
        """The report as JSON; its schema is shipped as `twin/report/report.schema.json`.

        Args:
            path: Where to write it, or None.

        Returns:
            The document.
        """
        return self._rendered("json", path)

    def to_text(self, path: str | Path | None = None) -> str:
        """The report as plain text.

        Args:
            path: Where to write it, or None.

        Returns:
            The document.
        """
        return self._rendered("text", path)

    def to_junit(self, path: str | Path | None = None) -> str:
        """The limits as JUnit XML, one test case each, for build servers.

        Args:
            path: Where to write it, or None.

        Returns:
            The document.
        """
        return self._rendered("junit", path)

    def to_pdf(self, path: str | Path) -> None:
        """The HTML report as PDF, for print and signature; the same bytes for equal reports on one machine.

        Args:
            path: Where to write it.

        Raises:
            MissingExtra: If WeasyPrint, or the Pango library that it draws with, is not installed.
        """
        from twin.reporting.pdf import pdf

        with AtomicFile(Path(path)) as file:
            file.stream.write(pdf(self.to_html()))

    def _rendered(self, name: str, path: str | Path | None) -> str:
        text = FORMATS[name](self)
        if path is not None:
            with AtomicFile(Path(path)) as file:
                file.stream.write(text.encode())
        return text

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"Report({', '.join(self.scores) or self.part})"

    def _repr_html_(self) -> str:
        return NOTEBOOK(self)


def _bare(schema: Schema) -> Schema:
    """The columns by name, kind and dtype alone."""
    names = ("name", "dtype", "what")
    columns = (
        type(c)(**{n: getattr(c, n) for n in names if n in type(c).model_fields}, reason="") for c in schema
    )
    return Schema(columns=tuple(columns))
