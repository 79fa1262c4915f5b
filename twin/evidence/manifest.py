"""The file evidence.json: every file of a release bound by its hash, and one signature over all of it."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from twin.codes import Json
from twin.errors import EvidenceError, FileFormatError
from twin.evidence import keys
from twin.evidence.canonical import canonical, sha256
from twin.evidence.evidence import Evidence, commit
from twin.files.paths import AtomicFile, open_to_read

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FORMAT, VERSION = "twin-evidence", 1
NAME = "evidence.json"
"""Name of the file, which lies beside those that it binds."""
_CONTEXT = b"twin-evidence-1\n"
"""What is signed begins with this, so that the signature cannot be taken for one of something else."""
_MOST_BYTES = 1 << 22

Role = Literal["data", "twin", "report", "public"]
"""What a file is: synthetic table, saved twin, a report for internal use, one that may be released."""


@dataclass(frozen=True, kw_only=True)
class BoundFile:
    """A file and the hash that binds it.

    Args:
        name: Its name, without a folder.
        role: What it is.
        hash: SHA-256 of its bytes; of an internal report a commitment to that, since a report is computed
            from real data and its bare hash would tell whoever guesses it that the guess was right.
    """

    name: str
    role: Role
    hash: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What evidence.json says.

    Args:
        evidence: What the release was made of; without the salt.
        files: The files that are bound.
        signature: Over all the rest, 128 hexadecimal digits; empty where nobody signed.
    """

    evidence: Evidence
    files: tuple[BoundFile, ...]
    signature: str = ""

    @property
    def signed(self) -> bytes:
        """What a signature is made over."""
        return _CONTEXT + canonical(self._body())

    def to_json(self) -> str:
        """The file's text."""
        document = {**self._body(), "signature": self.signature}
        return json.dumps(document, sort_keys=True, ensure_ascii=False, indent=1) + "\n"

    def _body(self) -> dict[str, Json]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "evidence": self.evidence.public.to_json(),
            "files": [{"name": f.name, "role": f.role, "hash": f.hash} for f in self.files],
        }


def seal(
    folder: Path, roles: Mapping[str, Role], evidence: Evidence, key: Ed25519PrivateKey | None = None
) -> Manifest:
    """Binds the files of a release and writes evidence.json beside them.

    Args:
        folder: Where they are.
        roles: What each of them is, by name.
        evidence: What the release was made of, with its salt.
        key: To sign with; None leaves it unsigned, and `verify` then never passes it.

    Returns:
        What was written.
    """
    files = []
    for name, role in roles.items():
        bound = BoundFile(name=name, role=role, hash="")
        files.append(replace(bound, hash=hash_of(bound, (folder / name).read_bytes(), evidence.salt)))
    manifest = Manifest(evidence=evidence.public, files=tuple(files))
    if key is not None:
        manifest = replace(manifest, signature=keys.sign(key, manifest.signed))
    with AtomicFile(folder / NAME) as file:
        file.stream.write(manifest.to_json().encode())
    return manifest


def read_manifest(path: Path) -> Manifest:
    """What an evidence.json says, signed or not.

    Raises:
        InputError: If there is no such file.
        EvidenceError: If it was changed so that it is no evidence any more.
    """
    with open_to_read(path) as file:
        content = file.read(_MOST_BYTES)
    try:
        document = json.loads(content)
        manifest = _manifest(document)
        same = manifest.to_json().encode() == content
    except (ValueError, KeyError, TypeError, RecursionError, FileFormatError):
        raise EvidenceError(f"{path}: is no evidence of twin, or is damaged") from None
    if not same:
        raise EvidenceError(f"{path}: was changed: twin does not write it this way")
    return manifest


def hash_of(bound: BoundFile, content: bytes, salt: str) -> str:
    """The hash of a file's bytes in its role.

    Args:
        bound: What the file is.
        content: Its bytes.
        salt: Key of the commitments; used for internal reports alone.
    """
    made = sha256(content)
    return commit(salt, f"file {bound.name}", made) if bound.role == "report" else made


def same(first: str, second: str) -> bool:
    """Whether two hashes agree.

    Args:
        first: A hash.
        second: Another hash.
    """
    return hmac.compare_digest(first.encode(), second.encode())


def _manifest(document: Any) -> Manifest:
    if document["format"] != FORMAT or document["version"] != VERSION:
        raise ValueError
    files = []
    for entry in document["files"]:
        name, role, made = entry["name"], entry["role"], entry["hash"]
        plain = isinstance(name, str) and isinstance(made, str) and Path(name).name == name
        if not plain or role not in ("data", "twin", "report", "public"):
            raise ValueError
        files.append(BoundFile(name=name, role=cast("Role", role), hash=made))
    signature = document["signature"]
    if not isinstance(signature, str):
        raise TypeError
    return Manifest(
        evidence=Evidence.from_json(document["evidence"]), files=tuple(files), signature=signature
    )
