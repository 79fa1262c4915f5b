"""Several twins of one table side by side: verdict, worst attack, likeness, use and cost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from twin.codes import Json
from twin.errors import FileFormatError, InputError
from twin.files.paths import AtomicFile, open_to_read
from twin.metrics.score import Interval, Score, short
from twin.policy.verdict import Judgement, LimitResult, Verdict
from twin.reporting import fixed
from twin.reporting.document import Report
from twin.reporting.verdicts import form_of_gate, null_of, relative, worst

if TYPE_CHECKING:
    from twin.metrics.score import Form

SHOWN = ("accuracy", "c2st", "tstr")
"""Scores that are compared."""
_MOST_BYTES = 1 << 28


@dataclass(frozen=True, kw_only=True)
class ComparedTwin:
    """One twin of a comparison.

    Args:
        label: What it is called.
        verdict: The verdict on it, or None where no limits were set.
        worst: The limit on people that stands worst, or None where there is none.
        form: How the figure of `worst` is written.
        nearness: Each attack's figure as a share of its limit, by the attack's title: 0 without a leak, 1 at
            the limit.
        scores: Those of `SHOWN` that are known, by name.
        model: The model that was fitted; empty where it is not known.
        budget: What was promised, in a few words.
        seconds: How long it took, or None where that was not told.
        stamps: What must stand on every page about it.
        notice: Who may see its figures.
    """

    label: str
    verdict: Verdict | None
    worst: LimitResult | None
    form: Form
    nearness: Mapping[str, Interval]
    scores: Mapping[str, Score]
    model: str
    budget: str
    seconds: float | None
    stamps: tuple[str, ...] = ()
    notice: str = fixed.INTERNAL


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Several twins of one table, scored beside the same people. It shows itself in notebooks.

    Args:
        entries: The twins, in the order given.
        columns: Names of the columns of the table.
        rows: Real rows learned from and rows kept away.
    """

    entries: tuple[ComparedTwin, ...]
    columns: tuple[str, ...]
    rows: tuple[int, int]

    @property
    def notice(self) -> str:
        """Who may see it: no more people than any of the reports."""
        strict = any(entry.notice == fixed.NOT_FOR_RELEASE for entry in self.entries)
        return fixed.NOT_FOR_RELEASE if strict else fixed.INTERNAL

    @property
    def stamps(self) -> tuple[str, ...]:
        """What must stand on every page, with the twin that it is about."""
        return tuple(f"{short(entry.label)}: {stamp}" for entry in self.entries for stamp in entry.stamps)

    @property
    def use(self) -> str:
        """What the chart sets against the attack: usefulness where all twins have it, or accuracy."""
        return "tstr" if all("tstr" in entry.scores for entry in self.entries) else "accuracy"

    def to_html(self, path: str | Path | None = None, *, attack: str | None = None) -> str:
        """The comparison as one HTML file, without scripts.

        Args:
            path: Where to write it, or None.
            attack: Title of the attack on the chart; None for each twin's worst.

        Returns:
            The document.

        Raises:
            InputError: If no twin was attacked so under a limit.
        """
        from twin.reporting.compare_page import html

        return _written(html(self, attack), path)

    def to_text(self, path: str | Path | None = None) -> str:
        """The comparison as plain text.

        Args:
            path: Where to write it, or None.

        Returns:
            The document.
        """
        from twin.reporting.compare_page import plain_text

        return _written(plain_text(self), path)

    def to_json(self, path: str | Path | None = None) -> str:
        """The comparison as JSON.

        Args:
            path: Where to write it, or None.

        Returns:
            The document.
        """
        from twin.reporting.compare_page import as_json

        return _written(as_json(self), path)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"Comparison({', '.join(short(entry.label) for entry in self.entries)})"

    def _repr_html_(self) -> str:
        from twin.reporting.compare_page import fragment

        return fragment(self)


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        with AtomicFile(Path(path)) as file:
            file.stream.write(text.encode())
    return text


def compare(reports: Mapping[str, Report]) -> Comparison:
    """Several twins of one table side by side.

    Args:
        reports: Reports by what to call each twin, two at least, made with the same train and holdout.

    Returns:
        The comparison.

    Raises:
        InputError: If there are fewer than two, or they are of different tables.
        FileFormatError: If one is a public part, which holds no figures.

    Example:
        >>> import pandas as pd
        >>> from twin.columns.schema import Number, Schema
        >>> from twin.metrics.evaluate import Options, evaluate
        >>> frame, schema = pd.DataFrame({"x": [1.0, 2.0]}), Schema(columns=(Number(name="x"),))
        >>> scores = evaluate(frame, None, frame, schema, options=Options(metrics=("accuracy",)))
        >>> report = Report(evaluation=scores, schema=schema)
        >>> compare({"trees": report, "copula": report})
        Comparison(trees, copula)
    """
    return _compared({str(label): report.to_json() for label, report in reports.items()})


def compare_files(paths: Iterable[str | Path]) -> Comparison:
    """The same from reports in JSON, each called by its file's name.

    Args:
        paths: Files that `Report.to_json` wrote, two at least.

    Returns:
        The comparison.

    Raises:
        InputError: If a file is not there, is named twice, or reports are of different tables.
        FileFormatError: If a file is no report, or a damaged one.
    """
    texts: dict[str, str] = {}
    for path in map(Path, paths):
        label = path.stem if path.stem not in texts else str(path)
        if label in texts:
            raise InputError(f"compare: {path} is named twice; name each report once")
        with open_to_read(path) as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise FileFormatError(f"{path}: is too long for a report")
        try:
            texts[label] = content.decode("utf-8")
        except UnicodeDecodeError:
            raise FileFormatError(f"{path}: is no text in UTF-8, so no report in JSON") from None
    return _compared(texts)


def _compared(texts: Mapping[str, str]) -> Comparison:
    if len(texts) < 2:
        raise InputError("compare: give two reports at least")
    read = {label: _read(label, text) for label, text in texts.items()}
    first, *others = read
    table = _table(read[first][0])
    for label in others:
        for what, mine in _table(read[label][0]).items():
            if mine != table[what]:
                raise InputError(
                    f"compare: {short(first)!r} and {short(label)!r} are not of one table, since their "
                    f"{what} differ; compare twins fitted and scored with the same train and holdout"
                )
    train, holdout = table["numbers of rows"]
    entries = tuple(entry for _, entry in read.values())
    return Comparison(entries=entries, columns=table["columns"], rows=(train, holdout))


def _table(document: dict[str, Any]) -> dict[str, Any]:
    """What two reports on twins of one table have in common."""
    sizes = document["sizes"]
    people = ("train_subjects", "holdout_subjects")
    return {
        "columns": tuple(str(column["name"]) for column in document["schema"]["columns"]),
        "numbers of rows": tuple(int(sizes[part]) for part in ("train", "holdout")),
        "numbers of people": tuple(int(sizes[part]) for part in people),
        "targets": document["target"],
    }


def _read(label: str, text: str) -> tuple[dict[str, Any], ComparedTwin]:
    """A report in JSON, and what is compared of it."""
    from pydantic import TypeAdapter, ValidationError

    from twin.policy.record import read_record

    try:
        record = read_record(text)
        document = json.loads(text)
        _table(document)
        told = document["judgement"]
        judged = None if told is None else TypeAdapter(Judgement).validate_json(json.dumps(told), strict=True)
        facts, ledger = document["facts"], document["ledger"]
        budget = f"k = {facts['k']}" if ledger is None else _promise(ledger)
        seconds = sum(float(spent) for _, spent in facts["seconds"]) if facts["seconds"] else None
        model, notice = str(facts["model"]), str(document["notice"])
        stamps = tuple(str(stamp) for stamp in document["stamps"])
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        if isinstance(error, FileFormatError):
            raise FileFormatError(f"compare: {short(label)!r}: {error}") from None
        raise FileFormatError(f"compare: {short(label)!r}: the report is damaged; make it anew") from None
    gate = None if judged is None else worst(judged, record.attacks)
    nearness = {}
    for each in () if judged is None else judged.gates:
        near = relative(each, record.attacks)
        if near is not None and each.aim == "privacy" and each.low is not None and each.high is not None:
            null = null_of(each, record.attacks)
            room = (each.limit or 0.0) - null
            nearness[each.title] = Interval(near, (each.low - null) / room, (each.high - null) / room)
    return document, ComparedTwin(
        label=label,
        verdict=None if judged is None else judged.verdict,
        worst=gate,
        form="score" if gate is None else form_of_gate(gate, record.attacks),
        nearness=MappingProxyType(nearness),
        scores=MappingProxyType({name: record.scores[name] for name in SHOWN if name in record.scores}),
        model=model,
        budget=budget,
        seconds=seconds,
        stamps=stamps,
        notice=notice,
    )


def _promise(ledger: Json) -> str:
    assert isinstance(ledger, dict)
    if not ledger["valid"]:
        return "VOID"
    receipt: Any = ledger["receipt"]
    return f"epsilon {receipt['budget']['epsilon']:g}, delta {receipt['budget']['delta']:g}"
