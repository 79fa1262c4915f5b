"""The table of formats: to add one, write its file and add its line."""

from __future__ import annotations

from collections.abc import Callable

from twin.reporting import html, json, junit, text
from twin.reporting.document import Report

FORMATS: dict[str, Callable[[Report], str]] = {
    "html": html.render,
    "json": json.render,
    "junit": junit.render,
    "text": text.render,
}
"""Every format by name: a function of the report alone, so that equal reports give equal bytes."""
