"""The scan: a table in, findings out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from twin.columns.arrays.reading import TableArrays, read, to_pandas
from twin.columns.schema import Name, Schema
from twin.columns.table import infer_schema
from twin.core.privacy import K
from twin.core.validation import check_rows, check_subjects
from twin.errors import InputError, SchemaError, check_count
from twin.progress import ProgressBar
from twin.scanning import words
from twin.scanning.document import Scan
from twin.scanning.finding import TOPICS, ColumnFacts, Finding, ScanFacts
from twin.scanning.topics import combinations, identifiers, levels, missing, precision
from twin.scanning.topics import identifiers as keys
from twin.scanning.topics import levels as spread
from twin.scanning.topics import missing as same
from twin.scanning.view import Scanned, ScanView, viewed

_LOOKS = (
    identifiers.identifiers,
    keys.keys,
    identifiers.inside_text,
    spread.rare,
    spread.extremes,
    missing.missing,
    precision.precision,
    same.same,
    same.rows,
    levels.balance,
    levels.levels,
)


def scan(table: Any, *, subject: Name | None = None, k: int | None = None, show_values: bool = False) -> Scan:
    """Find what in a table could identify someone, and what is missing, before anything is fitted.

    A scan is computed from real data and is for inside use. Counts are told as ranges, and no value is
    shown unless asked for.

    Args:
        table: pandas or polars frame, Arrow table or DuckDB relation, one row per subject or event.
        subject: Column that names the person; the scan counts persons. None: each row is one.
        k: Fewer persons than this make a small group; ≥ 2, 11 unless given.
        show_values: Show examples of the values that findings are about, rare ones among them.

    Returns:
        The scan: `findings`, `columns`, `uniqueness`, `facts`, and a `schema` that can be edited and
        given to `fit`.

    Raises:
        InputError: If an argument or the table cannot be used.
        SchemaError: If a column has a name that is neither text nor a number.

    Example:
        >>> import pandas as pd, twin
        >>> found = twin.scan(pd.DataFrame({"email": [f"ann{i}@example.com" for i in range(200)]}))
        >>> found.findings[0].topic, found.findings[0].level
        ('identifiers', 'identifies')
    """
    k = K if k is None else check_count(k, "k")
    if k < 2:
        raise InputError("k: must be at least 2, since one person alone is a group of one")
    frame, library, index = to_pandas(table)
    check_rows(frame)
    subjects = check_subjects(frame, subject, 0)
    with ProgressBar("scan") as bar:
        bar(0.0, "reading the columns")
        arrays, schema, left_out = _schema(frame, library, index, subject)
        columns = tuple(viewed(arrays[column.name], column, subjects) for column in schema)
        view = ScanView(
            columns=columns,
            table=arrays,
            subject=subject,
            subjects=subjects,
            persons=len(frame) if subjects is None else int(subjects.max(initial=-1)) + 1,
            n=len(frame),
            k=k,
            show=bool(show_values),
            left_out=left_out,
        )
        bar(0.4, "counting combinations")
        counted = combinations.count(view)
        findings = list(combinations.combinations(view, counted))
        for done, look in enumerate(_LOOKS):
            bar(0.6 + 0.4 * done / len(_LOOKS), look.__name__.replace("_", " "))
            findings += look(view)
    findings += [_refused(name, why) for name, why in left_out]
    order = list(TOPICS)
    return Scan(
        facts=_facts(view, counted),
        findings=tuple(sorted(findings, key=lambda finding: order.index(finding.topic))),
        columns=tuple(_line(view, column) for column in columns),
        uniqueness=counted.most,
        schema=schema.with_quasi_identifiers(counted.suggested) if counted.suggested else schema,
    )


def _schema(
    frame: pd.DataFrame, library: Any, index: int, subject: Name | None
) -> tuple[TableArrays, Schema, tuple[tuple[str, str], ...]]:
    """The table and its schema without the columns that no kind accepts, and why it accepts none of these."""
    arrays = TableArrays(frame)
    try:
        return arrays, infer_schema(arrays, library=library, index=index, subject=subject), ()
    except SchemaError:
        refused: list[tuple[str, str]] = []
        kept = []
        for position, name in enumerate(frame.columns):
            try:
                read(frame.iloc[:, position].rename(name))
                kept.append(position)
            except SchemaError as error:
                refused.append((str(name), str(error)))
        if not refused:
            raise  # a name, not a column
        arrays = TableArrays(frame.iloc[:, kept])
        index -= sum(position < index for position in range(len(kept) + len(refused)) if position not in kept)
        if not kept:
            return arrays, Schema(columns=(), library=library), tuple(refused)
        schema = infer_schema(arrays, library=library, index=index, subject=subject)
        return arrays, schema, tuple(refused)


def _refused(name: str, why: str) -> Finding:
    return Finding(
        topic="refused",
        columns=(name,),
        level="quality",
        what=f"{why[0].upper()}{why[1:]}.",
        treatment="fit refuses the table; this column is not in scan.schema",
        choice=words.dropping([name]),
    )


def _line(view: ScanView, column: Scanned) -> ColumnFacts:
    rare = column.rare(view.k)
    return ColumnFacts(
        name=column.name,
        kind=column.declared.kind,
        dtype=column.declared.dtype,
        reason=column.declared.reason,
        missing=view.rows_share(view.n - column.present),
        distinct=view.range(column.values.size),
        rare=view.range(int(np.count_nonzero(rare))),
        rare_rows=view.rows_share(int(column.rows[rare].sum())),
        treatment=words.fate(column.declared),
    )


def _facts(view: ScanView, counted: combinations.Combinations) -> ScanFacts:
    notes = []
    if view.subjects is None:
        notes.append(
            "No column was named that tells which person a row is about, so each row was counted as a person."
        )
    if counted.left_out:
        notes.append(
            f"Combinations were counted of the {len(counted.names)} most telling columns that others may "
            f"know; {counted.left_out} more were left out."
        )
    varied = sum(column.values.size > 1 for column in view.columns)
    if varied > same.MOST:
        notes.append(f"Near-copies were looked for among the first {same.MOST} columns only.")
    if view.n > same.ROWS:
        notes.append(f"Near-copies were looked for in {same.ROWS:,} rows drawn at random.")
    return ScanFacts(
        rows=view.n,
        subjects=view.persons,
        columns=len(view.columns) + len(view.left_out),
        subject=None if view.subject is None else str(view.subject),
        k=view.k,
        show_values=view.show,
        notes=tuple(notes),
    )
