"""Parts that the page on extending twin shows, made as the page makes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

from twin.files import formats as table_formats
from twin.reporting import formats as report_formats

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "extend.md"


def python_of(section: str, until: str = "") -> str:
    """The Python of a section, up to where the page begins to use what it made."""
    block = (
        PAGE.read_text(encoding="utf-8").split(f"## {section}\n")[1].split("```python\n")[1].split("```")[0]
    )
    return block.split(until)[0] if until else block


def run(section: str, names: dict[str, Any] | None = None, *, until: str = "") -> dict[str, Any]:
    """The names that a section leaves behind; what it registers stays registered."""
    names = {"__name__": "__main__"} if names is None else names
    exec(compile(python_of(section, until), str(PAGE), "exec", dont_inherit=True), names)
    return names


def formats_of_reports() -> dict[str, Any]:
    """All formats of reports, with the one of the page."""
    with mock.patch.dict(report_formats.FORMATS):
        run("A format of reports", until="print(")
        return dict(report_formats.FORMATS)


def formats_of_tables() -> tuple[table_formats.Format, ...]:
    """All formats of tables, with the one of the page."""
    with mock.patch.object(table_formats, "FORMATS", table_formats.FORMATS):
        run("A format of tables", until="twin.write_table(")
        return table_formats.FORMATS
