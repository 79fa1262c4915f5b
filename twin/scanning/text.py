"""The scan as plain text, for a terminal."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Sequence

from twin.metrics.score import short
from twin.scanning.document import Scan
from twin.scanning.finding import Finding, Uniqueness
from twin.scanning.words import listed

WIDTH = 100
_NAMES = 24
_GROUPS = 12  # of a topic
_MEMBERS = 15  # of findings that say the same
_MARKS = {"identifies": "!!", "may identify": "! ", "quality": "  "}
_COLUMNS = 60


def render(scan: Scan) -> str:
    """The scan as text of at most 100 columns.

    Args:
        scan: The scan.

    Returns:
        The text, with a line feed at its end.
    """
    lines = [*_head(scan), ""]
    for title, groups in scan.groups.items():
        lines += [title, *_topic(groups)]
        if groups[0][0].topic == "combinations":
            lines += _uniqueness(scan.uniqueness)
        lines.append("")
    lines += [*_columns(scan), ""]
    lines += [
        "Notes",
        *(line for note in (*scan.facts.notes, *scan.notices) for line in _wrapped(note, "  - ")),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _head(scan: Scan) -> list[str]:
    facts = scan.facts
    people = f"{facts.subjects:,} persons" if facts.subject is not None else "each counted as a person"
    title = f"Scan of {facts.rows:,} rows ({people}) × {facts.columns:,} columns, k = {facts.k}"
    return [title, "=" * len(title), *_wrapped(scan.notices[0]), f"Findings: {scan.tally}."]


def _wrapped(text: str, first: str = "", *, rest: str | None = None) -> list[str]:
    indent = " " * len(first) if rest is None else rest
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=indent)


def _topic(groups: list[tuple[Finding, ...]]) -> list[str]:
    lines: list[str] = []
    shown = groups[:_GROUPS]
    for _, run in itertools.groupby(shown, key=lambda group: (group[0].level, group[0].treatment)):
        members = list(run)
        for group in members:
            lines += _finding(group[0]) if len(group) == 1 else _alike(group)
        first = members[0][0]
        lines += _wrapped(first.treatment, "      twin:      ") if first.treatment else []
        if first.choice:
            lines.append("      otherwise: " + first.choice)
    if len(groups) > len(shown):
        more = sum(len(group) for group in groups[_GROUPS:])
        lines.append(f"  … and {more:,} more; see scan.to_frame()")
    return lines


def _finding(finding: Finding) -> list[str]:
    names = listed(finding.columns, 3) or "(all)"
    text = finding.what + (f" [{_figures(finding)}]" if _figures(finding) else "")
    if finding.examples:
        text += f" Such as: {' | '.join(finding.examples)}"
    mark = _MARKS[finding.level]
    if len(names) > _NAMES:
        return [f"{mark} {short(names, WIDTH - 3)}", *_wrapped(text, " " * (_NAMES + 5))]
    return _wrapped(text, f"{mark} {names:<{_NAMES}}  ")


def _alike(group: tuple[Finding, ...]) -> list[str]:
    """The same sentence of several columns: said once, figures below it."""
    first = group[0]
    lines = _wrapped(first.what.removesuffix(".") + ":", f"{_MARKS[first.level]} ")
    rows = [(finding.columns[0], _figures(finding)) for finding in group[:_MEMBERS]]
    lines += [f"     {line}" for line in _aligned(rows)]
    if len(group) > _MEMBERS:
        lines.append(f"     … and {len(group) - _MEMBERS:,} more")
    return lines


def _figures(finding: Finding) -> str:
    return "; ".join(filter(None, [finding.count, finding.share]))


def _uniqueness(rows: tuple[Uniqueness, ...]) -> list[str]:
    if not rows:
        return []
    table = [("columns", "stand alone", "group below k")]
    seen: dict[int, int] = {}
    for row in rows:
        size = len(row.columns)
        seen[size] = seen.get(size, 0) + 1
        if seen[size] <= 5:
            table.append((listed(row.columns), row.alone or "–", row.small or "–"))
    return ["", "  Share of persons, the most telling first:", *(f"    {line}" for line in _aligned(table))]


def _columns(scan: Scan) -> list[str]:
    table = [("column", "kind", "missing", "distinct", "rare", "in rows", "reason")]
    table += [
        (c.name, c.kind, c.missing or "–", c.distinct, c.rare, c.rare_rows or "–", c.reason)
        for c in scan.columns[:_COLUMNS]
    ]
    lines = [
        f"Columns (rare: values that fewer than {scan.facts.k} persons hold, and the rows that hold them)"
    ]
    lines += [f"  {line}" for line in _aligned(table)]
    if len(scan.columns) > _COLUMNS:
        lines.append(f"  … and {len(scan.columns) - _COLUMNS:,} more; see scan.columns")
    return lines


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    cut = [tuple(short(cell, 64 if i == len(row) - 1 else 40) for i, cell in enumerate(row)) for row in rows]
    wide = [max(len(row[i]) for row in cut) for i in range(len(cut[0]))]
    return ["  ".join(f"{v:<{w}}" for v, w in zip(row, wide, strict=True)).rstrip() for row in cut]
