"""The report as a frozen document: scores, what was suppressed, and how it came about. Computes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from twin.columns.schema import Schema
from twin.errors import NotAvailable
from twin.files.paths import AtomicFile
from twin.metrics import Evaluation, Score
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
UNSAFE = "UNSAFE: k was set below the floor of 5, so that very small groups may be visible."

Pairs = tuple[tuple[str, str], ...]


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
    created: str | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """What can be said about a twin, for people and for programs.

    Args:
        evaluation: The scores, and what charts need.
        schema: The columns and why each is of its kind.
        suppression: What the guard cut, or None where it is not known.
        facts: How it came about.

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

    evaluation: Evaluation
    schema: Schema
    suppression: SuppressionLog | None = None
    facts: RunFacts = field(default_factory=RunFacts)

    @property
    def scores(self) -> Mapping[str, Score]:
        """The scores by name."""
        return self.evaluation.scores

    @property
    def passed(self) -> bool | None:
        """Whether the twin passed a policy; None, since no policy was applied."""
        return None

    @property
    def limits(self) -> tuple[str, ...]:
        """What this report does not show, in fixed words (rule S14)."""
        people = () if self.facts.subject is not None or self.evaluation.by_subject else (ROWS_AS_PEOPLE,)
        return (NO_GUARANTEE, *people, NO_ATTACK, *self.evaluation.notes)

    @property
    def stamps(self) -> tuple[str, ...]:
        """What stands on every page."""
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
        return f"Report({', '.join(self.scores)})"

    def _repr_html_(self) -> str:
        from twin.report.html import summary

        return summary(self)
