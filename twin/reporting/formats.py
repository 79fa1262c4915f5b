"""The table of formats: to add one, write its file and add its line.

A format is looked up by name when it is asked for, so that the document does not know how it is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from twin.policy.verdict import LimitResult


def _in(module: str, function: str = "render") -> Callable[[Any], str]:
    def render(report: Any) -> str:
        text: str = getattr(import_module(f"twin.reporting.{module}"), function)(report)
        return text

    return render


FORMATS: dict[str, Callable[[Any], str]] = {
    "html": _in("html"),
    "json": _in("json"),
    "junit": _in("junit"),
    "text": _in("text"),
}
"""Every format by name: a function of the report alone, so that equal reports give equal bytes."""
NOTEBOOK = _in("html", "summary")
"""The report as a notebook shows it."""


def limit_in_words(limit: LimitResult, report: Any) -> tuple[str, str]:
    """A limit as a setting: its title, and what is asked.

    Args:
        limit: A limit, and how the twin stands to it.
        report: The report.
    """
    words: tuple[str, str] = import_module("twin.reporting.verdicts").in_words(limit, report)
    return words
