"""The saved twin: one safetensors file, with JSON documents and a SHA-256 in its metadata. It is never code.

Nothing in it is packed, so nothing can unfold to more than it is. Whoever opens one trusts nothing in it:
sizes are checked before anything is read, and all of it before anything is used.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

import numpy as np

from twin.arrays import AnyArray
from twin.codes import Json
from twin.errors import FileFormatError, InputError
from twin.files.paths import AtomicFile, open_to_read

FORMAT = "twin"
VERSION = 2

MAX_FILE = 1 << 30
"""Most bytes of the file."""
MAX_HEADER = 1 << 26
"""Most bytes of all JSON: documents, and where the arrays lie. Other readers of safetensors take 100 MB."""
MAX_ARRAYS = 1 << 17
MAX_AXES = 8
MAX_DEPTH = 64
"""Most brackets of JSON inside each other."""

_METADATA = "__metadata__"
_DOCUMENT = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_-]{0,99})\.json")
_ARRAY = re.compile(r"[A-Za-z0-9_./-]{1,200}")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_LENGTH = 8  # bytes that say how long the header is
_EARLIER = "an earlier", "fit again, and save the new twin"
_ZIP = b"PK\x03\x04"  # how files of version 1 begin
_TYPES = {
    "BOOL": np.dtype("?"),
    **{f"{kind}{8 * size}": np.dtype(f"<{kind.lower()}{size}") for kind in "IU" for size in (1, 2, 4, 8)},
    **{f"F{8 * size}": np.dtype(f"<f{size}") for size in (2, 4, 8)},
}
_NAMES = {dtype: name for name, dtype in _TYPES.items()}


@dataclass(frozen=True, kw_only=True)
class Archive:
    """What a file holds.

    Args:
        documents: JSON documents by name.
        arrays: Arrays by name; they may be written to.
        version: Version of the file format.
        creator: Version of twin that wrote it.
    """

    documents: Mapping[str, Json]
    arrays: Mapping[str, AnyArray]
    version: int
    creator: str


def write_archive(
    target: str | Path | BinaryIO, documents: Mapping[str, Json], arrays: Mapping[str, AnyArray]
) -> None:
    """Writes a file; equal inputs give equal bytes.

    Args:
        target: Path, where the file appears whole or not at all, or a binary stream.
        documents: JSON documents by name (letters, digits, "_" and "-").
        arrays: Arrays of booleans, integers or floats by name (letters, digits, "_", ".", "/" and "-"),
            of at most eight axes.

    Raises:
        InputError: If a name or a type has no place in the format, or the file would be too large.

    Example:
        >>> buffer = io.BytesIO()
        >>> write_archive(buffer, {"settings": {"k": 11}}, {"counts": np.arange(3)})
        >>> archive = read_archive(buffer)
        >>> archive.documents["settings"], archive.arrays["counts"].tolist()
        ({'k': 11}, [0, 1, 2])
    """
    metadata = {"format": FORMAT, "version": str(VERSION), "creator": _creator()}
    metadata |= {f"{name}.json": _text(name, document) for name, document in documents.items()}
    plain = {name: _plain(name, array) for name, array in arrays.items()}
    names = sorted(plain, key=lambda name: (-plain[name].itemsize, name))  # each lies where its size divides
    ends = list(accumulate(plain[name].nbytes for name in names))
    header: dict[str, Any] = {
        name: {
            "dtype": _NAMES[plain[name].dtype],
            "shape": plain[name].shape,
            "data_offsets": [end - plain[name].nbytes, end],
        }
        for name, end in zip(names, ends, strict=True)
    }
    header[_METADATA] = metadata
    metadata["sha256"] = _digest(header, (plain[name].data for name in names))
    head = _canonical(header)
    head += b" " * (-len(head) % _LENGTH)
    if len(head) > MAX_HEADER or len(plain) > MAX_ARRAYS or len(head) + sum(ends[-1:]) > MAX_FILE - _LENGTH:
        raise InputError(
            f"save: a file holds at most {MAX_FILE} bytes, {MAX_HEADER} of them JSON, and {MAX_ARRAYS} "
            "arrays; fit fewer columns, or fewer levels"
        )
    parts: list[bytes | memoryview] = [
        len(head).to_bytes(_LENGTH, "little"),
        head,
        *(plain[name].data for name in names),
    ]
    if isinstance(target, (str, Path)):
        with AtomicFile(Path(target)) as file:
            file.stream.writelines(parts)
    else:
        target.writelines(parts)


def read_archive(source: str | Path | BinaryIO) -> Archive:
    """Reads a file, after checking that it is one.

    Args:
        source: Path, or a binary stream that can be rewound.

    Returns:
        Its documents and arrays.

    Raises:
        InputError: If there is no such file.
        FileFormatError: If it is no saved twin, is damaged, changed or too large, or was made by an earlier
            or a newer version.
    """
    if isinstance(source, (str, Path)):
        with open_to_read(Path(source)) as stream:
            return _read(stream)
    return _read(source)


def _refuse(what: str) -> NoReturn:
    raise FileFormatError(f"not a saved twin that can be trusted: {what}; ask its maker for a new copy")


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def _digest(header: Mapping[str, Any], contents: Iterator[Any]) -> str:
    """SHA-256 of the header without it, in canonical JSON, and of the arrays in their order."""
    metadata = {name: text for name, text in header[_METADATA].items() if name != "sha256"}
    digest = hashlib.sha256(_canonical({**header, _METADATA: metadata}))
    for content in contents:
        digest.update(content)
    return digest.hexdigest()


# Writing


def _text(name: str, document: Json) -> str:
    if not _DOCUMENT.fullmatch(f"{name}.json"):
        raise InputError(f"document {name!r}: a name has letters, digits, '_' and '-'")
    try:
        text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        raise InputError(f"document {name!r}: holds something that JSON has no words for") from None
    if _depth(text.encode("ascii")) > MAX_DEPTH:
        raise InputError(f"document {name!r}: has more than {MAX_DEPTH} brackets inside each other")
    return text


def _plain(name: str, array: AnyArray) -> AnyArray:
    if not _ARRAY.fullmatch(name) or name == _METADATA:
        raise InputError(f"array {name!r}: a name has letters, digits, '_', '.', '/' and '-'")
    dtype = array.dtype.newbyteorder("<")
    if dtype not in _NAMES or array.ndim > MAX_AXES:
        raise InputError(f"array {name!r}: must hold booleans, integers or floats of at most 64 bits")
    return np.array(array, dtype=dtype, order="C")


def _creator() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("twin")
    except PackageNotFoundError:
        return "unknown"


# Reading


def _read(stream: BinaryIO) -> Archive:
    size = stream.seek(0, io.SEEK_END)
    if size > MAX_FILE:
        _refuse(f"it is larger than {MAX_FILE} bytes")
    stream.seek(0)
    first = stream.read(_LENGTH)
    if first.startswith(_ZIP):
        raise FileFormatError("the file was made by {} version of twin; {}".format(*_EARLIER))
    length = int.from_bytes(first, "little")
    if len(first) < _LENGTH or not 2 <= length <= min(MAX_HEADER, size - _LENGTH):
        _refuse("it does not begin as one")
    header = _json(stream.read(length))
    metadata = header.pop(_METADATA, None) if isinstance(header, dict) else None
    if not isinstance(header, dict) or not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        _refuse("it does not say that it is one")
    texts = {name: text for name, text in metadata.items() if isinstance(text, str)}
    version = _version(texts.get("version", ""))
    places = _places(header, size - _LENGTH - length)
    contents = {name: stream.read(stop - start) for name, _, _, start, stop in places}
    if _digest({**header, _METADATA: metadata}, iter(contents.values())) != metadata.get("sha256"):
        _refuse("it was changed or damaged, for its checksum does not fit")
    arrays = {name: _array(contents.pop(name), dtype, shape) for name, dtype, shape, _, _ in places}
    documents = {}
    for name in sorted(metadata.keys() - {"format", "version", "creator", "sha256"}):
        match = _DOCUMENT.fullmatch(name)
        if match is None:
            _refuse("a document has a name that no saved twin has")
        documents[match[1]] = _json(texts.get(name, "").encode("utf-8", "surrogatepass"))
    return Archive(
        documents=documents,
        arrays={name: arrays[name] for name in sorted(arrays)},
        version=version,
        creator=texts.get("creator", ""),
    )


def _version(text: str) -> int:
    if not _VERSION.fullmatch(text):
        _refuse("it has no version")
    if int(text) != VERSION:
        which, way = _EARLIER if int(text) < VERSION else ("a newer", "update with  pip install -U twin")
        raise FileFormatError(
            f"the file was made by {which} version of twin (its format is {text}, this one reads {VERSION}); "
            f"{way}"
        )
    return VERSION


def _places(
    header: Mapping[str, Json], size: int
) -> list[tuple[str, np.dtype[Any], tuple[int, ...], int, int]]:
    """Name, type, shape, start and stop of each array, which fill the rest of the file without a gap."""
    if len(header) > MAX_ARRAYS:
        _refuse(f"it has more than {MAX_ARRAYS} arrays")
    places = []
    for name, said in header.items():
        if not _ARRAY.fullmatch(name):
            _refuse("an array has a name that no saved twin has")
        if not isinstance(said, dict) or said.keys() != {"dtype", "shape", "data_offsets"}:
            _refuse("an array does not say what it is")
        dtype, shape, offsets = said["dtype"], _wholes(said["shape"]), _wholes(said["data_offsets"])
        if not isinstance(dtype, str) or dtype not in _TYPES:
            _refuse("an array has a type that no saved twin has")
        if len(shape) > MAX_AXES or math.prod(max(1, axis) for axis in shape) > MAX_FILE or len(offsets) != 2:
            _refuse("an array has a shape that no saved twin has")
        if offsets[1] - offsets[0] != math.prod(shape) * _TYPES[dtype].itemsize:
            _refuse("an array is not as long as its shape says")
        places.append((name, _TYPES[dtype], shape, *offsets))
    places.sort(key=lambda place: place[3:])
    if [0, *(stop for *_, stop in places)] != [*(start for *_, start, _ in places), size]:
        _refuse("its arrays overlap, leave gaps or end elsewhere than the file")
    return places


def _wholes(value: Json) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(part) is int and 0 <= part <= MAX_FILE for part in value):
        _refuse("an array has a shape or a place that is no list of whole numbers")
    return tuple(cast("list[int]", value))


def _array(content: bytes, dtype: np.dtype[Any], shape: tuple[int, ...]) -> AnyArray:
    array = np.frombuffer(bytearray(content), dtype)  # of bytes of its own, so that it may be changed
    if dtype.kind == "b" and (array.view(np.uint8) > 1).any():
        _refuse("an array of flags holds something else")
    return array.reshape(shape)


def _json(content: bytes) -> Json:
    try:
        value = json.loads(content, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        if isinstance(error, FileFormatError):
            raise
        _refuse("a document is not JSON")
    if _depth(content) > MAX_DEPTH:
        _refuse(f"its JSON has more than {MAX_DEPTH} brackets inside each other")
    return cast(Json, value)


def _depth(text: bytes) -> int:
    """How many brackets of JSON lie inside each other."""
    marks = np.frombuffer(text.replace(b"\\\\", b"").replace(b'\\"', b""), np.uint8)
    outside = np.cumsum(marks == ord('"'), dtype=np.uint8) % 2 == 0  # of strings
    brackets = marks[outside & np.isin(marks, list(b"[]{}"))]
    return int(np.cumsum(np.where(np.isin(brackets, list(b"[{")), 1, -1)).max(initial=0))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        _refuse("its JSON names a key twice")
    return made


def _no_number(_: str) -> NoReturn:
    _refuse("its JSON holds NaN or an infinite number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)
