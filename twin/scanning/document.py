"""The scan as a frozen document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from twin.columns.schema import Schema
from twin.files.paths import AtomicFile
from twin.scanning import words
from twin.scanning.finding import LEVELS, TOPICS, ColumnFacts, Finding, Level, ScanFacts, Uniqueness

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, repr=False)
class Scan:
    """What was found in a table. Counts are ranges; values are shown only where they were asked for.

    Args:
        facts: What was scanned, and how.
        findings: What was found, by topic.
        columns: Each column in one line.
        uniqueness: How far persons stand alone on one, two and three columns that others may know.
        schema: The columns' kinds with their reasons, and the suggested quasi-identifiers; edit it and
            give it to `twin.fit(df, schema=scan.schema)`.

    Example:
        >>> import pandas as pd, twin
        >>> found = twin.scan(pd.DataFrame({"code": ["A", "B"] * 60, "same": 1}))
        >>> [finding.columns for finding in found.at("quality") if finding.topic == "same"]
        [('same',)]
    """

    facts: ScanFacts
    findings: tuple[Finding, ...]
    columns: tuple[ColumnFacts, ...]
    uniqueness: tuple[Uniqueness, ...]
    schema: Schema

    @property
    def notices(self) -> tuple[str, ...]:
        """What holds for every scan, in fixed words."""
        return (words.INSIDE, words.NO_PROOF, *([words.SHOWS_VALUES] if self.facts.show_values else []))

    @property
    def topics(self) -> dict[str, tuple[Finding, ...]]:
        """The findings by the title of their topic, in order; topics without any are left out."""
        found = {
            title: tuple(f for f in self.findings if f.topic == topic) for topic, title in TOPICS.items()
        }
        return {title: findings for title, findings in found.items() if findings}

    def at(self, level: Level) -> tuple[Finding, ...]:
        """The findings of a level: "identifies", "may identify" or "quality"."""
        return tuple(finding for finding in self.findings if finding.level == level)

    @property
    def groups(self) -> dict[str, list[tuple[Finding, ...]]]:
        """The topics, with findings that say the same of several columns side by side in a group."""
        out: dict[str, list[tuple[Finding, ...]]] = {}
        for title, findings in self.topics.items():
            alike: dict[tuple[str, ...], list[Finding]] = {}
            for number, finding in enumerate(findings):
                one = len(finding.columns) == 1 and not finding.examples
                key = (finding.level, finding.what, finding.treatment) if one else (str(number),)
                alike.setdefault(key, []).append(finding)
            out[title] = [tuple(group) for group in alike.values()]
        return out

    @property
    def tally(self) -> str:
        """How many findings of each level, in words."""
        marked = zip(LEVELS, ("identify (!!)", "may identify (!)", "on quality"), strict=True)
        return ", ".join(f"{len(self.at(level))} {what}" for level, what in marked)

    def to_frame(self) -> pd.DataFrame:
        """The findings as a table, one row each."""
        import pandas as pd

        names = [
            name for name in Finding.__dataclass_fields__ if name != "examples" or self.facts.show_values
        ]
        rows = [asdict(finding) for finding in self.findings]
        frame = pd.DataFrame(rows, columns=names)
        for name in ("columns", "examples"):
            if name in frame:
                frame[name] = frame[name].map(", ".join)
        return frame

    def to_text(self, path: str | Path | None = None) -> str:
        """The scan as plain text.

        Args:
            path: Where to write it, or None.

        Returns:
            The document.
        """
        return self._written(_render("text"), path)

    def to_html(self, path: str | Path | None = None) -> str:
        """The scan as one HTML file, without scripts.

        Args:
            path: Where to write it, or None.

        Returns:
            The document.
        """
        return self._written(_render("html"), path)

    def to_json(self, path: str | Path | None = None) -> str:
        """The scan as JSON; its schema is shipped as `twin/scanning/scan.schema.json`.

        Args:
            path: Where to write it, or None.

        Returns:
            The document.
        """
        return self._written(_render("json"), path)

    def to_schema(self, path: str | Path) -> None:
        """Write the schema as JSON, to be edited and given to `fit`.

        Args:
            path: Where to write it.
        """
        self._written(lambda scan: scan.schema.to_json() + "\n", path)

    def _written(self, render: Callable[[Scan], str], path: str | Path | None) -> str:
        text = render(self)
        if path is not None:
            with AtomicFile(Path(path)) as file:
                file.stream.write(text.encode())
        return text

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return _render("html", "summary")(self)


def _render(module: str, function: str = "render") -> Callable[[Scan], str]:
    """A format, looked up by name, so that the document does not know how it is shown."""
    render: Callable[[Scan], str] = getattr(import_module(f"twin.scanning.{module}"), function)
    return render
