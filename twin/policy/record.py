"""Attacks and scores to JSON and back, so that a report on file can be judged as it was when it was made."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from twin.attacks.base import Attack, Reading
from twin.codes import Json
from twin.errors import FileFormatError
from twin.metrics.score import Score

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a policy judges.

    Args:
        scores: Scores by name.
        attacks: What attacks got out of the twin.
        refused: Why no attack could be run; empty where they were, or none was asked for.
        private: Whether the twin was fitted under a privacy budget.
    """

    scores: Mapping[str, Score]
    attacks: tuple[Attack, ...] = ()
    refused: str = ""
    private: bool = False


def attacks_to_json(attacks: tuple[Attack, ...]) -> list[Json]:
    """Attacks with all their readings, every digit kept, so that they are judged alike when read again.

    Args:
        attacks: As in `Evaluation.attacks`.

    Returns:
        One object per attack, of the names of `Attack`'s fields.

    Example:
        >>> from twin.attacks.base import AttackInfo, Attack
        >>> about = AttackInfo(name="m", code="A4", title="", question="", figure="", scale="area")
        >>> attacks_to_json((Attack(about=about, reading=None),))[0]["about"]["code"]
        'A4'
    """
    return [_plain(asdict(usable(attack))) for attack in attacks]


def usable(attack: Attack) -> Attack:
    """The attack without the readings of which a figure is no finite number: nothing can be told from them.

    Example:
        >>> from twin.attacks.base import AttackInfo
        >>> about = AttackInfo(name="m", code="A4", title="", question="", figure="")
        >>> odd = Reading(value=float("nan"), low=0.0, high=1.0, error=0.1, p=0.5, n=500)
        >>> usable(Attack(about=about, reading=odd)).reading is None
        True
    """
    return replace(
        attack,
        reading=attack.reading if _finite(attack.reading) else None,
        negative=attack.negative if _finite(attack.negative) else None,
        controls=tuple(control for control in attack.controls if _finite(control.reading)),
    )


def _finite(reading: Reading | None) -> bool:
    figures = () if reading is None else (reading.value, reading.low, reading.high, reading.error, reading.p)
    return all(map(math.isfinite, figures))


def attacks_from_json(value: Json) -> tuple[Attack, ...]:
    """Attacks from what `attacks_to_json` gave.

    Raises:
        FileFormatError: If a part is missing or has the wrong form.

    Example:
        >>> attacks_from_json([])
        ()
    """
    return _read(_attacks(), value, "attacks")


def read_record(text: str) -> Record:
    """What a policy judges, from a report in JSON.

    Args:
        text: The report, as `Report.to_json` gives it.

    Raises:
        FileFormatError: If the text is no report of this format, is its public part, or is damaged.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise FileFormatError("report: the file is not JSON; give the one that --json wrote") from None
    if not isinstance(document, dict) or document.get("format") != "twin-report":
        raise FileFormatError("report: the file is no report of twin; give the one that --json wrote")
    if not isinstance(document.get("scores"), dict):
        raise FileFormatError("report: this is its public part, which has no scores; give the internal one")
    if "attacks" not in document:
        raise FileFormatError("report: it was written by a version without attacks; make it anew")
    refused = document.get("refused")
    return Record(
        scores=_read(_scores(), document["scores"], "scores"),
        attacks=attacks_from_json(document["attacks"]),
        refused=refused if isinstance(refused, str) else "",
        private=document.get("ledger") is not None,
    )


@cache
def _attacks() -> TypeAdapter[tuple[Attack, ...]]:
    return TypeAdapter(tuple[Attack, ...])


@cache
def _scores() -> TypeAdapter[Mapping[str, Score]]:
    return TypeAdapter(Mapping[str, Score])


def _read(adapter: TypeAdapter[T], value: Json, what: str) -> T:
    try:
        return adapter.validate_json(json.dumps(value, allow_nan=False), strict=True)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the whole"
        raise FileFormatError(f"report: {what} cannot be read, at {place}; make the report anew") from None
    except ValueError:
        raise FileFormatError(
            f"report: {what} hold a figure that is no number; make the report anew"
        ) from None


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value
