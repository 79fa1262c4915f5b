"""One way to write a JSON value as bytes, so that whoever hashes or signs it gets the same.

Keys are sorted by code point, the text is UTF-8 without spaces, and numbers are whole: a decimal has more
than one spelling, so decimals are written as text.
"""

from __future__ import annotations

import hashlib
import json

from twin.codes import Json
from twin.errors import EvidenceError


def canonical(value: Json) -> bytes:
    """The bytes of a value.

    Args:
        value: Made of objects, lists, texts, whole numbers, true, false and null.

    Returns:
        The only bytes that stand for it.

    Raises:
        EvidenceError: If it holds a decimal, a key that is no text, or text that is not Unicode.

    Source:
        After RFC 8785 (JSON Canonicalization Scheme), but without decimals, and sorted by code point.

    Example:
        >>> canonical({"b": [1, None], "a": "é"}).decode()
        '{"a":"é","b":[1,null]}'
    """
    _check(value)
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise EvidenceError("evidence: a text is not Unicode, so it cannot be bound") from None


def digest(value: Json) -> str:
    """SHA-256 of the canonical bytes, 64 hexadecimal digits.

    Example:
        >>> digest({})[:8]
        '44136fa3'
    """
    return hashlib.sha256(canonical(value)).hexdigest()


def sha256(content: bytes) -> str:
    """SHA-256 of bytes, 64 hexadecimal digits.

    Example:
        >>> sha256(b"")[:8]
        'e3b0c442'
    """
    return hashlib.sha256(content).hexdigest()


def _check(value: Json) -> None:
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise EvidenceError("evidence: a key is no text")
        for inner in value.values():
            _check(inner)
    elif isinstance(value, list):
        for inner in value:
            _check(inner)
    elif value is not None and not isinstance(value, str | int):
        raise EvidenceError(
            f"evidence: a {type(value).__name__} has more than one spelling; write it as text"
        )
