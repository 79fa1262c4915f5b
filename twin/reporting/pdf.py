"""The HTML report as PDF, drawn by WeasyPrint: no network, no script, no clock."""

from __future__ import annotations

import re
from importlib import resources
from typing import Any

from twin.errors import MissingExtra

NEEDED = "WeasyPrint and the Pango library"


def pdf(page: str) -> bytes:
    """A page as PDF of A4 sheets.

    Args:
        page: The HTML of a report, which names no other file.

    Returns:
        The PDF, without a date: the same bytes for the same page, packages and fonts.

    Raises:
        MissingExtra: If WeasyPrint or Pango is not installed.
    """
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError):  # the second where the package is there and Pango is not
        raise MissingExtra(NEEDED, "pdf", "report.to_pdf") from None
    made: Any = HTML(string=_with_styles(page), url_fetcher=URLFetcher(allowed_protocols=()))
    written: bytes = made.write_pdf(pdf_tags=True)
    return written


def _with_styles(page: str) -> str:
    """The page with the charts' rules inside each chart, since the page's own do not reach into them."""
    rules = resources.files("twin.reporting").joinpath("templates/charts.css").read_text("utf-8")
    return re.sub("<svg [^>]*>", lambda tag: f"{tag[0]}<style>{rules}</style>", page)
