"""Whether the files of a release are those that were signed. Offline, and without the twin's code."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from twin.errors import EvidenceError, FileFormatError, InputError
from twin.evidence import keys
from twin.evidence.evidence import Evidence
from twin.evidence.manifest import NAME, BoundFile, Manifest, Role, hash_of, read_manifest, same
from twin.evidence.rows import hash_rows
from twin.files.paths import open_to_read
from twin.files.tabular import read_table

_REPORT = "report.json"


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was found to be as it was signed.

    Args:
        checked: Files that agree, by the names they were signed under.
        absent: Files that were signed, and are not here or cannot be checked without report.json.
        source: Which real table the given source is, or None where none was given.
        evidence: What the release was made of.
    """

    checked: tuple[str, ...]
    absent: tuple[str, ...]
    source: str | None
    evidence: Evidence

    def __str__(self) -> str:
        lines = [f"verified: the signature holds; unchanged: {', '.join(self.checked)}"]
        lines += (
            [f"not checked, because they or report.json are not here: {', '.join(self.absent)}"]
            if self.absent
            else []
        )
        lines += [f"the source is the {self.source} that the release was made from"] if self.source else []
        return "\n".join(lines)


def verify(
    path: str | Path,
    *,
    key: str | Path,
    data: str | Path | None = None,
    twin: str | Path | None = None,
    source: str | Path | None = None,
    rows: bool = False,
) -> Verified:
    """Checks the signature of a release and every file that is here.

    Args:
        path: The release's folder, its evidence.json, or another of its files.
        key: The public key of whoever signed it, as PEM.
        data: The synthetic table, where it is not in the folder.
        twin: The saved twin, where it is not in the folder.
        source: A real table, to see whether the release was made from it; needs the internal report.json.
        rows: Accept a data file that was written anew with the same rows.

    Returns:
        What was checked.

    Raises:
        EvidenceError: If anything was changed, is unsigned, or was signed with another key.
        InputError: If a file is missing or cannot be read.
        MissingExtra: If the package cryptography is not installed.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    manifest = read_manifest(folder / NAME)
    if not manifest.signature:
        raise EvidenceError(
            f"{folder / NAME}: nobody signed it, so whoever changed a file could change it too"
        )
    keys.check(keys.public_key(key), manifest.signature, manifest.signed)
    if path != folder and path.name not in (NAME, *(f.name for f in manifest.files)):
        raise EvidenceError(f"{path}: is none of the files that were signed")
    salt = _salt(folder / _REPORT)
    given = {_bound(manifest, role).name: Path(p) for role, p in _given(data, twin) if p is not None}
    checked: list[str] = []
    absent: list[str] = []
    for bound in manifest.files:
        place = given.get(bound.name, folder / bound.name)
        here = (bound.name in given or place.exists()) and (bound.role != "report" or bool(salt))
        if here:
            _check(bound, place, salt, manifest.evidence, rows=rows)
        (checked if here else absent).append(bound.name)
    if path.name in absent:
        raise EvidenceError(f"{path}: cannot be checked, because it or {_REPORT} is not here")
    if not checked:
        raise EvidenceError(f"{folder}: the signature holds, but none of the files that were signed is here")
    named = None if source is None else _opened(source, manifest.evidence, salt)
    return Verified(checked=tuple(checked), absent=tuple(absent), source=named, evidence=manifest.evidence)


def _given(data: str | Path | None, twin: str | Path | None) -> tuple[tuple[Role, str | Path | None], ...]:
    return (("data", data), ("twin", twin))


def _bound(manifest: Manifest, role: Role) -> BoundFile:
    for bound in manifest.files:
        if bound.role == role:
            return bound
    raise EvidenceError(f"evidence: no {role} was signed, so there is nothing to hold the file against")


def _check(bound: BoundFile, place: Path, salt: str, evidence: Evidence, *, rows: bool) -> None:
    """An error where a file was changed."""
    with open_to_read(place) as file:
        made = hash_of(bound, file.read(), salt)
    if same(made, bound.hash):
        return
    if bound.role == "data" and _same_rows(place, evidence):
        if rows:
            return
        raise EvidenceError(
            f"{place}: has the rows that were signed, but was written anew; pass --rows to accept that"
        )
    raise EvidenceError(f"{place}: was changed since it was signed")


def _same_rows(place: Path, evidence: Evidence) -> bool:
    try:
        return same(hash_rows(read_table(place)), evidence.data)
    except InputError:
        return False


def _salt(report: Path) -> str:
    """The key of the commitments, from the internal report; empty where it is not here."""
    if not report.exists():
        return ""
    try:
        document = json.loads(report.read_bytes())
        salt = Evidence.from_json(document["evidence"]).salt
        if not bytes.fromhex(salt):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError, FileFormatError):
        raise EvidenceError(f"{report}: was changed since it was signed") from None
    return salt


def _opened(source: str | Path, evidence: Evidence, salt: str) -> str:
    if not salt:
        raise EvidenceError(f"source: only the internal {_REPORT} can tell; lay it beside {NAME}")
    name = replace(evidence, salt=salt).opens(read_table(source))
    if name is None:
        raise EvidenceError(f"{source}: is no table that the release was made from")
    return name
