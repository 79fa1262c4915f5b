"""A twin from its file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from twin.arrays import AnyArray
from twin.codes import Json, State
from twin.columns.base import DecodeContext
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
from twin.privacy.suppression.guard import SuppressionLog
from twin.sampling.raking import Raking
from twin.sampling.rare_combinations import RareCombinationFilter

MOST_ROWS = 10**12
"""More rows than any table has."""

_TRIED = 8  # rows
_MOST_SEED = 10**100
_LONGEST = 10_000  # characters


def read_twin(source: str | Path | BinaryIO) -> Twin:
    """A twin from its file or an open stream, after a few rows were drawn from it.

    Args:
        source: Path, or a binary stream that can be rewound.

    Raises:
        FileFormatError: If it is no twin, was changed, was made by an earlier or a newer version, or its
            parts do not fit each other.
    """
    from twin.files.archive import read_archive

    archive = read_archive(source)
    try:
        twin = _restored(archive.documents, archive.arrays)
        # What cannot be drawn from is refused here, not in the middle of a sample.
        codes = twin.fitted.sample(_TRIED, rng=np.random.default_rng(0))
        if codes.domain != twin.columns.domain:
            raise ValueError("file: its model has other fields than its columns")
        twin.columns.decode(codes, DecodeContext(rng=np.random.default_rng(0), seed=0))
        return twin
    except FileFormatError:
        raise
    except UnknownKind as error:
        raise FileFormatError(f"file: its {error}") from None
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError):
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
    if columns.private != ("ledger" in documents):
        raise ValueError("file: columns under a budget and a ledger go together")
    named = _model(str(facts["model"]))
    ledger = documents.get("ledger")
    requests: Any = documents.get("requests", [])
    # Under a budget the model stands alone: what is wrapped around others looks at raw rows.
    model = RareCombinationFilter(model=Dependent(model=Raking(model=named))) if ledger is None else named
    return Twin(
        columns,
        model.load(columns.domain, part("model")),
        SuppressionLog.from_json(documents["suppressed"]),
        _fit_info(State(facts), schema),
        None if ledger is None else PrivacyStatement.from_json(ledger),
        {str(request.name): request for request in map(Request.from_json, requests)},
        Rules.from_json(json.dumps(documents["rules"])) if "rules" in documents else Rules(),
    )


def _fit_info(facts: State, schema: Schema) -> FitInfo:
    """What is known of the fit, as far as it can be true."""
    for name in ("k", "seed", "subjects", "rows_per_subject"):
        if facts.facts.get(name) is not None:
            facts.whole(name, 0, _MOST_SEED if name == "seed" else MOST_ROWS)
    facts.whole("rows", 0, MOST_ROWS)
    facts.fact("unsafe", bool)
    texts = [facts.fact(name, str) for name in ("model", "reason", "version")]
    subject = facts.facts["subject"]
    if not all(len(text) <= _LONGEST for text in texts) or (
        subject is not None and subject not in schema.names
    ):
        raise ValueError("file: what it says of its fit cannot be true")
    return FitInfo(**{**facts.facts, "set_aside": facts.words("set_aside")})  # type: ignore[arg-type]


def _model(name: str) -> Model:
    """The default settings of the model that a file names."""
    if name not in MODELS:
        raise FileFormatError(
            f"file: its model {name[:40]!r} is not known here; if it is yours, call twin.register_model first"
        )
    return MODELS[name]()
