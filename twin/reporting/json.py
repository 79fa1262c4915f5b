"""The report as JSON: sorted keys, plain numbers, the same bytes for the same report."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict
from importlib import resources

from twin.codes import Json
from twin.policy.record import attacks_to_json
from twin.policy.verdict import Judgement
from twin.privacy.dp.statement import ALARMS, DELTAS, PrivacyStatement, unprotected
from twin.reporting.document import Report
from twin.reporting.verdicts import answer

FORMAT, VERSION = "twin-report", 2
DIGITS = 6
_STEERING = re.compile("[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_INTERNAL = (
    "sizes",
    "by_subject",
    "target",
    "seed",
    "k",
    "left_out",
    "scores",
    "attacks",
    "refused",
    "overlays",
    "associations",
)


def render(report: Report) -> str:
    """The report as JSON text after `report.schema.json`.

    Args:
        report: The report.

    Returns:
        The text, with a line feed at its end.
    """
    document: dict[str, Json] = {
        "format": FORMAT,
        "version": VERSION,
        "part": report.part,
        "passed": report.passed,
        "verdict": answer(report).verdict,
        "judgement": None if report.judgement is None else _judgement(report.judgement),
        "context": _plain(asdict(report.context)),
        "notice": report.notice,
        "stamps": list(report.stamps),
        "limits": list(report.limits),
        "evidence": None if report.evidence is None else report.evidence.to_json(),
        "facts": _plain(asdict(report.facts)),
        "ledger": None if report.ledger is None else _ledger(report.ledger),
        "suppression": None if report.suppression is None else report.suppression.to_json(),
        "schema": json.loads(report.schema.to_json()),
        "steered": None if report.steered is None else _plain(asdict(report.steered)),
        **_evaluation(report),
    }
    return written(document)


def written(document: Json) -> str:
    """A document as JSON text; marks that steer a terminal or turn text around are written as escapes."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    return _STEERING.sub(lambda mark: f"\\u{ord(mark[0]):04x}", text)


def _ledger(receipt: PrivacyStatement) -> Json:
    """The ledger in figures, and whole: replaying `receipt` gives the same figures."""
    return {
        "sentence": receipt.sentence,
        "valid": receipt.valid,
        "unit": receipt.entries[0].charge.unit if receipt.entries else "subject",
        "epsilon": {f"{delta:g}": _finite(receipt.epsilon_at(delta)) for delta in DELTAS},
        "mu": receipt.spending.mu if receipt.valid else None,
        "attacker": {f"{rate:g}": receipt.attacker(rate) for rate in ALARMS},
        "unprotected": list(unprotected(receipt)),
        "receipt": receipt.to_json(),
    }


def _judgement(judged: Judgement) -> Json:
    return {
        "policy": judged.policy,
        "verdict": judged.verdict,
        "passed": judged.passed,
        "refused": judged.refused,
        "notes": list(judged.notes),
        "gates": [_plain(asdict(gate)) for gate in judged.gates],
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _evaluation(report: Report) -> dict[str, Json]:
    """What was computed from real data; nothing in the public part."""
    evaluation = report.evaluation
    if evaluation is None:
        return dict.fromkeys(_INTERNAL)
    return {
        "sizes": _plain(asdict(evaluation.sizes)),
        "by_subject": evaluation.by_subject,
        "target": evaluation.target,
        "seed": evaluation.seed,
        "k": evaluation.k,
        "left_out": _plain(evaluation.left_out),
        "scores": {name: _plain(asdict(score)) for name, score in evaluation.scores.items()},
        "attacks": list(attacks_to_json(evaluation.attacks)),
        "refused": evaluation.refused,
        "overlays": [_plain(asdict(overlay)) for overlay in evaluation.overlays],
        "associations": _plain(asdict(evaluation.associations)),
    }


def json_schema() -> dict[str, Json]:
    """The JSON Schema that every report in JSON keeps."""
    text = resources.files("twin.reporting").joinpath("report.schema.json").read_text("utf-8")
    schema: dict[str, Json] = json.loads(text)
    return schema


def _plain(value: object) -> Json:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return round(value, DIGITS) if abs(value) < float("inf") else None
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    raise TypeError(f"report: a {type(value).__name__} has no place in JSON")
