"""A twin from its file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from twin.arrays import AnyArray
from twin.codes import Json, State
from twin.columns.schema import Schema, UnknownKind
from twin.columns.table import Columns
from twin.conditions.request import Request
from twin.constraints.rules import Rules
from twin.core.fit_info import FitInfo
from twin.core.generator import Twin
from twin.errors import FileFormatError
from twin.models.base import Model
from twin.models.registry import MODELS
from twin.models.wrappers.dependencies import Dependent
from twin.privacy.dp.statement import PrivacyStatement
from twin.privacy.suppression.log import SuppressionLog
from twin.sampling.raking import Raking
from twin.sampling.rare_combinations import RareCombinationFilter


def read_twin(source: str | Path | BinaryIO) -> Twin:
    """A twin from its file or an open stream.

    Raises:
        FileFormatError: If it is no twin, was changed, or was made by a newer version.
    """
    from twin.files.archive import read_archive

    archive = read_archive(source)
    try:
        return _restored(archive.documents, archive.arrays)
    except FileFormatError:
        raise
    except UnknownKind as error:
        raise FileFormatError(f"file: its {error}") from None
    except (KeyError, ValueError, TypeError, AssertionError, IndexError):
        raise FileFormatError(
            "file: it is a twin whose parts do not fit each other; save it again from its source"
        ) from None


def _restored(documents: Mapping[str, Json], arrays: Mapping[str, AnyArray]) -> Twin:
    file = State(dict(documents), arrays)

    def part(name: str) -> State:
        return State(file.fact(name, dict), file.part(name))

    facts = file.fact("facts", dict)
    schema = Schema.from_json(json.dumps(documents["schema"]))
    columns = Columns.load(schema, part("columns"))
    named = _model(str(facts["model"]))
    ledger = documents.get("ledger")
    requests: Any = documents.get("requests", [])
    # Under a budget the model stands alone: what is wrapped around others looks at raw rows.
    model = RareCombinationFilter(model=Dependent(model=Raking(model=named))) if ledger is None else named
    return Twin(
        columns,
        model.load(columns.domain, part("model")),
        SuppressionLog.from_json(documents["suppressed"]),
        FitInfo(**facts),
        None if ledger is None else PrivacyStatement.from_json(ledger),
        {str(request.name): request for request in map(Request.from_json, requests)},
        Rules.from_json(json.dumps(documents["rules"])) if "rules" in documents else Rules(),
    )


def _model(name: str) -> Model:
    """The default settings of the model that a file names."""
    if name not in MODELS:
        raise FileFormatError(
            f"file: its model {name[:40]!r} is not known here; if it is yours, call twin.register_model first"
        )
    return MODELS[name]()
