"""What a release was made of and what came out, in hashes that can be shown to anybody."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, cast

import pandas as pd

from twin.codes import Json
from twin.columns.schema import Schema
from twin.errors import FileFormatError
from twin.evidence.canonical import digest, sha256
from twin.evidence.rows import hash_rows

Pairs = tuple[tuple[str, str], ...]
_SALT_BYTES = 32
_TEXTS = ("data", "twin", "declared", "policy", "created")
_PAIRS = ("settings", "versions", "source")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The hashes of a release.

    Real tables are bound by commitments: keyed hashes whose key, the salt, stays with the internal report. A
    bare hash would tell whoever guesses a small table, or a single person in it, that the guess was right.

    Args:
        data: Hash of the synthetic rows, whatever file they are in; see `hash_rows`.
        rows: Number of synthetic rows.
        twin: SHA-256 of the saved twin.
        declared: Hash of the columns' names, kinds and dtypes.
        policy: Hash of the policy.
        ledger: Head of the privacy ledger, or None without a budget.
        settings: How the release was made, as name and value.
        versions: Packages and their versions.
        created: When, as given; empty if it was not.
        source: Name and commitment of each real table; none under a privacy budget, where nothing that
            depends on real data stands in what may be released.
        salt: Key of the commitments, 64 hexadecimal digits; empty in what may be released.
    """

    data: str
    rows: int
    twin: str
    declared: str
    policy: str
    ledger: str | None = None
    settings: Pairs = ()
    versions: Pairs = ()
    created: str = ""
    source: Pairs = ()
    salt: str = field(default="", repr=False)

    @property
    def public(self) -> Evidence:
        """The evidence without the salt: what may be shown to anybody."""
        return replace(self, salt="")

    @property
    def told(self) -> Pairs:
        """All of it but the salt, as name and value, for people to read."""
        lines = [
            ("synthetic rows", f"{self.rows:,}, {self.data}"),
            ("saved twin", self.twin),
            ("schema", self.declared),
            ("policy", self.policy),
        ]
        lines += [] if self.ledger is None else [("head of the ledger", self.ledger)]
        lines += [(f"commitment to the {name}", value) for name, value in self.source]
        lines += [("made", self.created)] if self.created else []
        return (*lines, *self.settings, *self.versions)

    def opens(self, frame: pd.DataFrame) -> str | None:
        """Which real table this is, by its commitment; None if none of them, or if the salt is not here."""
        if not self.salt:
            return None
        made = hash_rows(frame)
        return next((n for n, c in self.source if hmac.compare_digest(c, commit(self.salt, n, made))), None)

    def to_json(self) -> dict[str, Json]:
        """The evidence as JSON-ready values, the salt included where it is here."""
        value = {f.name: getattr(self, f.name) for f in fields(self)}
        return cast(
            "dict[str, Json]", value | {name: [list(pair) for pair in value[name]] for name in _PAIRS}
        )

    @classmethod
    def from_json(cls, value: Json) -> Evidence:
        """The evidence from what `to_json` gave.

        Raises:
            FileFormatError: If a part is missing or has the wrong form.
        """
        names = {f.name for f in fields(cls)}
        if not isinstance(value, dict) or set(value) != names:
            raise FileFormatError(
                f"evidence: it must have the parts {', '.join(sorted(names))}, and no others"
            )
        texts = all(isinstance(value[name], str) for name in (*_TEXTS, "salt"))
        counts = type(value["rows"]) is int and isinstance(value["ledger"], str | None)
        if not texts or not counts:
            raise FileFormatError("evidence: a part has the wrong form")
        parts: dict[str, Any] = {**value, **{name: _pairs(value[name]) for name in _PAIRS}}
        return cls(**parts)


def make_evidence(
    data: pd.DataFrame,
    *,
    twin: bytes,
    schema: Schema,
    policy: str,
    source: Mapping[str, pd.DataFrame],
    ledger: str | None = None,
    settings: Pairs = (),
    versions: Pairs = (),
    created: str | None = None,
) -> Evidence:
    """The evidence of a release.

    Args:
        data: The synthetic table.
        twin: The saved twin.
        schema: Kinds of the columns.
        policy: The policy as text.
        source: The real tables by name.
        ledger: As in `Evidence`.
        settings: As in `Evidence`.
        versions: As in `Evidence`.
        created: As in `Evidence`.
    """
    salt = secrets.token_hex(_SALT_BYTES)
    return Evidence(
        data=hash_rows(data),
        rows=len(data),
        twin=sha256(twin),
        declared=digest([[str(c.name), c.kind, c.dtype] for c in schema]),
        policy=sha256(policy.encode()),
        ledger=ledger,
        settings=settings,
        versions=versions,
        created=created or "",
        source=tuple((name, commit(salt, name, hash_rows(frame))) for name, frame in source.items()),
        salt=salt,
    )


def commit(salt: str, label: str, value: str) -> str:
    """A keyed hash that binds to a value and, without the key, tells nothing of it.

    Args:
        salt: The key, as hexadecimal digits.
        label: What the value is, so that one commitment cannot stand for another.
        value: What is bound.

    Returns:
        HMAC-SHA256, 64 hexadecimal digits.

    Source:
        RFC 2104; NIST FIPS 198-1.

    Example:
        >>> commit("00", "train", "abc") == commit("00", "holdout", "abc")
        False
    """
    return hmac.new(bytes.fromhex(salt), f"{label}\x00{value}".encode(), hashlib.sha256).hexdigest()


def _pairs(value: Json) -> Pairs:
    if not isinstance(value, list):
        raise FileFormatError("evidence: a part has the wrong form")
    pairs = []
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
            raise FileFormatError("evidence: a part has the wrong form")
        pairs.append((str(pair[0]), str(pair[1])))
    return tuple(pairs)
