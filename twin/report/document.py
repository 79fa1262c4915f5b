"""The report as a frozen document: scores, what was suppressed, and how it came about. Computes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from twin.columns.schema import Schema
from twin.errors import InputError, NotAvailable
from twin.files.paths import AtomicFile
from twin.metrics import Evaluation, Score
from twin.privacy.receipt import Receipt
from twin.privacy.suppression import SuppressionLog

NO_GUARANTEE = (
    "Suppression is not a guarantee: it removes values that few people share, and does not bound what can "
    "be inferred about a person."
)
ROWS_AS_PEOPLE = (
    "No column was named that tells which person a row is about, so each row was counted as a person. "
    "Where people have several rows, name that column: otherwise what one person holds in many rows counts "
    "as common."
)
NO_ATTACK = (
    "No attack on the twin was run for this report, and nothing in it shows that the twin is anonymous. "
    "Distances and identical rows describe; they are neither passed nor failed."
)
INTERNAL = (
    "For internal use. The scores are computed from real data: they tell something about it, so think before "
    "you publish them."
)
ROWS_PROTECTED = (
    "No column was named that tells which person a row is about, so the budget protects each row by itself. "
    "Where people have several rows, name that column: otherwise what one person holds in many rows can show."
)
PUBLIC = (
    "This part may be released: it holds settings, declarations and the ledger, and nothing that was "
    "computed from real data outside the budget."
)
NOT_FOR_RELEASE = (
    "Not for release. The scores are computed from real data, outside the privacy budget: whoever publishes "
    "them undoes the guarantee."
)
NO_SCORES = (
    "It says nothing of how good the twin is: scores are computed from real data, so they stand in the "
    "internal part alone."
)
VOID = (
    "VOID: the noise came from a seed, so nothing is protected. Never release this twin or what came of it."
)
UNSAFE = "UNSAFE: k was set below the floor of 5, so that very small groups may be visible."

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
class Report:
    """What can be said about a twin, for people and for programs.

    Args:
        evaluation: The scores, and what charts need; None where only what is public is told.
        schema: The columns and why each is of its kind.
        suppression: What the guard cut, or None where it is not known.
        facts: How it came about.
        ledger: What was told under a privacy budget and what it cost, or None without one.

    Example:
        >>> import pandas as pd
        >>> from twin.columns.schema import Number
        >>> from twin.metrics import Options, evaluate
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
    ledger: Receipt | None = None

    @property
    def scores(self) -> Mapping[str, Score]:
        """The scores by name; none in the public part."""
        return {} if self.evaluation is None else self.evaluation.scores

    @property
    def part(self) -> Literal["internal", "public"]:
        """Whether the report holds what was computed from real data, or only what may be released."""
        return "public" if self.evaluation is None else "internal"

    @property
    def notice(self) -> str:
        """Who may see it, in fixed words."""
        if self.ledger is None:
            return INTERNAL
        return self.about_public if self.part == "public" else NOT_FOR_RELEASE

    @property
    def about_public(self) -> str:
        """Who may see the public part: anybody, unless the ledger is void."""
        return PUBLIC if self.ledger is not None and self.ledger.valid else VOID

    @property
    def public(self) -> Report:
        """The part that may be released: ledger, settings and declarations.

        Raises:
            InputError: If there was no privacy budget: then everything is computed from real data.
        """
        if self.ledger is None:
            raise InputError(
                "report.public: without a privacy budget no part of a report is public; fit with epsilon"
            )
        return replace(
            self, evaluation=None, suppression=None, facts=replace(self.facts, seconds=(), training=None)
        )

    @property
    def passed(self) -> bool | None:
        """Whether the twin passed a policy; None, since no policy was applied."""
        return None

    @property
    def limits(self) -> tuple[str, ...]:
        """What this report does not show, in fixed words (rule S14)."""
        by_subject = self.evaluation is not None and self.evaluation.by_subject
        private = self.ledger is not None
        people = () if self.facts.subject is not None or by_subject else (ROWS_AS_PEOPLE,)
        if private and people:
            people = (ROWS_PROTECTED,)
        first = () if private else (NO_GUARANTEE,)
        if self.evaluation is None:
            return (*first, *people, NO_SCORES)
        return (*first, *people, NO_ATTACK, *self.evaluation.notes)

    @property
    def guarantee(self) -> str:
        """What was promised, in one sentence: that of the ledger, or that there is no guarantee."""
        return NO_GUARANTEE if self.ledger is None else self.ledger.sentence

    @property
    def stamps(self) -> tuple[str, ...]:
        """What stands on every page."""
        if self.ledger is not None:
            return () if self.ledger.valid else (VOID,)
        return (UNSAFE,) if self.facts.unsafe else ()

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

    def to_pdf(self, path: str | Path) -> None:
        """Not yet: print the HTML from a browser.

        Raises:
            NotAvailable: Always.
        """
        raise NotAvailable(
            "report.to_pdf: this version writes no PDF; print the file of to_html from a browser"
        )

    def _rendered(self, name: str, path: str | Path | None) -> str:
        from twin.report.formats import FORMATS

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
        from twin.report.html import summary

        return summary(self)
