"""The scan as JSON: sorted keys, the same bytes for the same scan."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import resources

from twin.codes import Json
from twin.scanning.document import Scan

FORMAT, VERSION = "twin-scan", 1


def render(scan: Scan) -> str:
    """The scan as JSON text after `scan.schema.json`.

    Args:
        scan: The scan.

    Returns:
        The text, with a line feed at its end.
    """
    document = {
        "format": FORMAT,
        "version": VERSION,
        "notices": scan.notices,
        "facts": asdict(scan.facts),
        "findings": [asdict(finding) for finding in scan.findings],
        "columns": [asdict(column) for column in scan.columns],
        "uniqueness": [asdict(row) for row in scan.uniqueness],
        "schema": json.loads(scan.schema.to_json()),
    }
    return json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def json_schema() -> dict[str, Json]:
    """The JSON Schema that every scan in JSON keeps."""
    text = resources.files("twin.scanning").joinpath("scan.schema.json").read_text("utf-8")
    schema: dict[str, Json] = json.loads(text)
    return schema
