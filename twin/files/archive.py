"""The saved twin: a zip of JSON documents and one safetensors member. It holds data and never code.

Whoever opens one trusts nothing in it: everything is checked before it is unpacked, and nothing is
unpacked to disk.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

import numpy as np

from twin.arrays import AnyArray
from twin.codes import Json
from twin.errors import FileFormatError, InputError
from twin.files.paths import AtomicFile, open_to_read

FORMAT = "twin"
VERSION = 1
MANIFEST = "manifest.json"
ARRAYS = "arrays.safetensors"

MAX_FILE = 1 << 30
"""Most bytes of the file."""
MAX_TOTAL = 1 << 31
"""Most bytes of all members, unpacked."""
MAX_RATIO = 200
"""Most unpacked bytes per packed byte of a member; what packs better is stored as it is."""
MAX_MEMBERS = 64
MAX_NAME = 100

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_ARRAY_NAME = re.compile(r"[A-Za-z0-9_./-]{1,200}")
_END = struct.Struct("<4s4H2LH")  # end of central directory (APPNOTE 6.3.10, 4.3.16)
_EPOCH = (1980, 1, 1, 0, 0, 0)
_KINDS = "biuf"  # booleans, integers, unsigned integers, floats


@dataclass(frozen=True, kw_only=True)
class ArchiveManifest:
    """What an archive says of itself.

    Args:
        version: Version of the file format.
        creator: Version of twin that wrote it.
        members: SHA-256 of each other member, by name.
    """

    version: int
    creator: str
    members: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Archive:
    """What an archive holds.

    Args:
        documents: JSON documents by name.
        arrays: Arrays by name.
        manifest: What it says of itself.
    """

    documents: Mapping[str, Json]
    arrays: Mapping[str, AnyArray]
    manifest: ArchiveManifest


def write_archive(
    target: str | Path | BinaryIO, documents: Mapping[str, Json], arrays: Mapping[str, AnyArray]
) -> None:
    """Writes an archive; equal inputs give equal bytes.

    Args:
        target: Path, where the file appears whole or not at all, or a binary stream.
        documents: JSON documents by name (letters, digits, "_" and "-").
        arrays: Arrays of booleans, integers or floats by name (letters, digits, "_", ".", "/" and "-"),
            of any shape.

    Raises:
        InputError: If a name or a type has no place in the format, or the archive would be too large.

    Example:
        >>> buffer = io.BytesIO()
        >>> write_archive(buffer, {"settings": {"k": 11}}, {"counts": np.arange(3)})
        >>> archive = read_archive(buffer)
        >>> archive.documents["settings"], archive.arrays["counts"].tolist()
        ({'k': 11}, [0, 1, 2])
    """
    members = _members(documents, arrays)
    packed = _pack(members)
    if isinstance(target, (str, Path)):
        with AtomicFile(Path(target)) as file:
            file.stream.write(packed)
    else:
        target.write(packed)


def read_archive(source: str | Path | BinaryIO) -> Archive:
    """Reads an archive, after checking that it is one.

    Args:
        source: Path, or a binary stream that can be rewound.

    Returns:
        Its documents and arrays.

    Raises:
        InputError: If there is no such file.
        FileFormatError: If it is not an archive, is damaged, tampered with or too large, or was made by
            a newer version.
    """
    if isinstance(source, (str, Path)):
        with open_to_read(Path(source)) as stream:
            return _read(stream)
    return _read(source)


def _refuse(what: str) -> NoReturn:
    raise FileFormatError(f"not a saved twin that can be trusted: {what}; ask its maker for a new copy")


# Writing


def _members(documents: Mapping[str, Json], arrays: Mapping[str, AnyArray]) -> dict[str, bytes]:
    """The bytes of every member but the manifest, by name."""
    from safetensors.numpy import save

    members: dict[str, bytes] = {}
    for name in sorted(documents):
        if not _NAME.fullmatch(name) or len(name) > MAX_NAME or f"{name}.json" == MANIFEST:
            raise InputError(
                f"document {name!r}: a name has letters, digits, '_' and '-', and is not 'manifest'"
            )
        try:
            text = json.dumps(documents[name], allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError, RecursionError):
            raise InputError(f"document {name!r}: holds something that JSON has no words for") from None
        members[f"{name}.json"] = text.encode("ascii")
    plain: dict[str, AnyArray] = {}
    for name in sorted(arrays):
        array = arrays[name]
        if not _ARRAY_NAME.fullmatch(name) or name == "__metadata__":
            raise InputError(f"array {name!r}: a name has letters, digits, '_', '.', '/' and '-'")
        if array.dtype.kind not in _KINDS or array.dtype.itemsize > 8:
            raise InputError(f"array {name!r}: must hold booleans, integers or floats of at most 64 bits")
        plain[name] = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
    members[ARRAYS] = save(plain)
    return members


def _pack(members: Mapping[str, bytes]) -> bytes:
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "creator": _creator(),
        "members": {name: hashlib.sha256(members[name]).hexdigest() for name in sorted(members)},
    }
    every = {MANIFEST: json.dumps(manifest, indent=1).encode("ascii"), **members}
    if len(every) > MAX_MEMBERS or sum(map(len, every.values())) > MAX_TOTAL:
        raise InputError(f"archive: at most {MAX_MEMBERS} members and {MAX_TOTAL} bytes fit into one file")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", allowZip64=False) as archive:
        for name in sorted(every):
            info = zipfile.ZipInfo(name, date_time=_EPOCH)
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            small = len(zlib.compress(every[name], 6)) * (MAX_RATIO // 2) < len(every[name])
            info.compress_type = zipfile.ZIP_STORED if small else zipfile.ZIP_DEFLATED
            archive.writestr(info, every[name], compresslevel=6)
    if buffer.tell() > MAX_FILE:
        raise InputError(f"archive: at most {MAX_FILE} bytes fit into one file")
    return buffer.getvalue()


def _creator() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("twin")
    except PackageNotFoundError:
        return "unknown"


# Reading


def _read(stream: BinaryIO) -> Archive:
    _check_end(stream)
    try:
        with zipfile.ZipFile(stream) as archive:
            infos = _check_members(archive.infolist())
            contents = {name: _unpack(archive, info) for name, info in infos.items()}
    except (zipfile.BadZipFile, NotImplementedError, struct.error, UnicodeDecodeError):
        _refuse("its zip structure is damaged")
    manifest = _manifest(contents.pop(MANIFEST, None))
    if set(contents) != set(manifest.members):
        _refuse("it has a member too many or too few")
    for name, content in contents.items():
        if hashlib.sha256(content).hexdigest() != manifest.members[name]:
            _refuse("a member does not match its checksum")
    if ARRAYS not in contents:
        _refuse("it holds no arrays")
    arrays = _arrays(contents.pop(ARRAYS))
    documents = {name.removesuffix(".json"): _json(content) for name, content in contents.items()}
    return Archive(documents=documents, arrays=arrays, manifest=manifest)


def _check_end(stream: BinaryIO) -> None:
    """Size, and the number of members, from the last bytes alone: before anything is parsed."""
    size = stream.seek(0, io.SEEK_END)
    if size > MAX_FILE:
        _refuse(f"it is larger than {MAX_FILE} bytes")
    if size < _END.size:
        _refuse("it is too short to be a zip file")
    stream.seek(max(0, size - _END.size - 20))
    tail = stream.read()
    stream.seek(0)
    mark, disk, first_disk, here, count, length, offset, comment = _END.unpack(tail[-_END.size :])
    if mark != b"PK\x05\x06" or comment:
        _refuse("it does not end as a zip file does")
    if count > MAX_MEMBERS or here != count:
        _refuse(f"it has more than {MAX_MEMBERS} members")
    plain = not disk and not first_disk and not tail.startswith(b"PK\x06\x07")
    if not plain or offset + length + _END.size != size:
        _refuse("it has bytes that belong to no member")


def _check_members(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """What the directory says of each member, before any is unpacked."""
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.orig_filename
        stem, _, ending = name.rpartition(".")
        if not _NAME.fullmatch(stem) or len(name) > MAX_NAME + 20 or (ending != "json" and name != ARRAYS):
            _refuse("a member has a path or a name that no saved twin has")
        if name in members:
            _refuse("two members have the same name")
        if info.flag_bits & 0x1:
            _refuse("a member is encrypted")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or info.external_attr & 0x10:
            _refuse("a member is a link or a folder")
        if info.flag_bits or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            _refuse("a member is packed in a way that no saved twin is")
        if info.file_size > MAX_RATIO * max(info.compress_size, 64):
            _refuse(f"a member unpacks to more than {MAX_RATIO} times its size")
        members[name] = info
    if sum(info.file_size for info in members.values()) > MAX_TOTAL:
        _refuse(f"its members unpack to more than {MAX_TOTAL} bytes")
    return members


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(info) as member:
            content = member.read(info.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError):
        _refuse("a member is damaged")
    if len(content) != info.file_size:
        _refuse("a member is not as long as it says")
    return content


def _manifest(content: bytes | None) -> ArchiveManifest:
    if content is None:
        _refuse("it has no manifest")
    said = _json(content)
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        _refuse("its manifest is not that of a twin")
    version, creator, members = said.get("version"), said.get("creator"), said.get("members")
    if type(version) is not int or version < 1 or not isinstance(creator, str):
        _refuse("its manifest has no version")
    if version > VERSION:
        raise FileFormatError(
            f"the file was made by a newer version of twin (file format {version}, this one reads up to "
            f"{VERSION}): update with  pip install -U twin"
        )
    if not isinstance(members, dict) or not all(isinstance(digest, str) for digest in members.values()):
        _refuse("its manifest lists no members")
    return ArchiveManifest(version=version, creator=creator, members=cast("dict[str, str]", members))


def _json(content: bytes) -> Json:
    try:
        return cast(
            Json,
            json.loads(content, object_pairs_hook=_unique, parse_constant=lambda _: _refuse("NaN in JSON")),
        )
    except (ValueError, RecursionError) as error:
        if isinstance(error, FileFormatError):
            raise
        _refuse("a document is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        _refuse("a document names a key twice")
    return made


def _arrays(content: bytes) -> dict[str, AnyArray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        loaded = load(content)
    except (SafetensorError, KeyError, ValueError, TypeError, OverflowError):
        _refuse("its arrays are not safetensors")
    for name, array in loaded.items():
        if not _ARRAY_NAME.fullmatch(name) or array.dtype.kind not in _KINDS:
            _refuse("an array has a name or a type that no saved twin has")
    return {name: loaded[name].copy() for name in sorted(loaded)}  # (…): owned, so that it may be changed
