"""What a leak test found: canaries, where each came to light, and never a value."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

from twin.files.paths import AtomicFile


@dataclass(frozen=True, kw_only=True)
class Canary:
    """What was planted, without its value.

    Args:
        sort: What is unusual about it, in words.
        column: Name of its column; several are joined by " × ".
        holders: Persons who hold it.
        rows: Rows that hold it.
    """

    sort: str
    column: str
    holders: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class CanaryFinding:
    """A canary that came to light.

    Args:
        model: Model whose twin gave it away.
        output: Where: sample, file, memory, report, suppression log, display, messages or errors.
        sort: Sort of the canary.
        column: Column of the canary.
    """

    model: str
    output: str
    sort: str
    column: str


@dataclass(frozen=True, kw_only=True)
class LeakTest:
    """What `twin.leak_test` planted and found.

    Args:
        canaries: What was planted.
        findings: What was found; empty where nothing leaked.
        models: The models that were fitted.
        without: Columns in which no canary could be planted.
        rows: Rows sampled from each model.
        k: Canaries were held by k - 1 persons each.
        subject: Column that names the person, or None where each row was counted as one.
        guard: Whether the guard was on.
        seconds: How long it took.

    Example:
        >>> canary = Canary(sort="rare level", column="city", holders=10, rows=10)
        >>> test = LeakTest(canaries=(canary,), findings=(), models=("trees",), rows=1000, k=11)
        >>> test.passed
        True
    """

    canaries: tuple[Canary, ...]
    findings: tuple[CanaryFinding, ...]
    models: tuple[str, ...]
    rows: int
    k: int
    without: tuple[str, ...] = ()
    subject: str | None = None
    guard: bool = True
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether no canary was found anywhere."""
        return not self.findings

    def outputs(self, canary: Canary, model: str) -> tuple[str, ...]:
        """Where a canary was found in one model's twin.

        Args:
            canary: One of `canaries`.
            model: One of `models`.
        """
        key = (model, canary.sort, canary.column)
        return tuple(f.output for f in self.findings if (f.model, f.sort, f.column) == key)

    def _cell(self, canary: Canary, model: str) -> str:
        outputs = self.outputs(canary, model)
        return f"FOUND in {', '.join(outputs)}" if outputs else "not found"

    @property
    def summary(self) -> str:
        """The result in one sentence or two."""
        found = len({(f.sort, f.column) for f in self.findings})
        people = "persons" if self.subject is not None else "rows, each counted as a person"
        verdict = (
            f"{found} of {len(self.canaries)} canaries found"
            if found
            else f"None of {len(self.canaries)} canaries found"
        )
        models = f"{len(self.models)} model{'s' if len(self.models) != 1 else ''}"
        off = "" if self.guard else " The guard was OFF: this shows that the test can find what leaks."
        return (
            f"{verdict}, held by at most {self.k - 1} {people}; {models}, "
            f"{self.rows:,} rows sampled from each, {self.seconds:.0f} s.{off}"
        )

    def _table(self) -> list[list[str]]:
        head = ["canary", "column", "held by", *self.models]
        lines = [
            [c.sort, c.column, str(c.holders), *(self._cell(c, m) for m in self.models)]
            for c in self.canaries
        ]
        return [head, *lines]

    def __str__(self) -> str:
        table = self._table()
        wide = [max(len(line[j]) for line in table) for j in range(len(table[0]))]
        lines = [
            "  ".join(cell.ljust(w) for cell, w in zip(line, wide, strict=True)).rstrip() for line in table
        ]
        lines += ["", self.summary]
        if self.without:
            lines.append(f"No canary could be planted in: {', '.join(self.without)}.")
        return "\n".join(lines)

    def __repr__(self) -> str:
        state = "passed" if self.passed else f"{len(self.findings)} findings"
        return f"LeakTest({len(self.canaries)} canaries, {len(self.models)} models, {state})"

    def _repr_html_(self) -> str:
        def cell(text: str) -> str:
            shown = escape(text)
            return f"<td><b>{shown}</b></td>" if text.startswith("FOUND") else f"<td>{shown}</td>"

        head, *lines = self._table()
        rows = "".join(f"<tr>{''.join(map(cell, line))}</tr>" for line in lines)
        without = f"<p>No canary could be planted in: {escape(', '.join(self.without))}.</p>"
        return (
            f"<p><b>Leak test {'passed' if self.passed else 'failed'}.</b> {escape(self.summary)}</p>"
            f"<table><tr>{''.join(f'<th>{escape(h)}</th>' for h in head)}</tr>{rows}</table>"
            + (without if self.without else "")
        )

    def to_json(self, path: str | Path | None = None) -> str:
        """The result as JSON text, written to a file as well where a path is given."""
        text = json.dumps(asdict(self) | {"passed": self.passed}, indent=2, ensure_ascii=False)
        if path is not None:
            with AtomicFile(Path(path)) as file:
                file.stream.write(text.encode())
        return text
