"""The saved twin's container, and every hostile file that must not get through it."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twin.errors import FileFormatError, InputError
from twin.files import archive as room
from twin.files.archive import read_archive, write_archive

DOCUMENTS: dict[str, Any] = {"schema": {"b": [1, 2.5, None], "a": "Größe \ud800"}, "facts": [True, "x"]}
ARRAYS = {"trees.ends": np.arange(6, dtype=np.int32).reshape(2, 3), "flags": np.array([True, False])}


def packed(documents: dict[str, Any] | None = None, arrays: Any = None) -> bytes:
    buffer = io.BytesIO()
    write_archive(buffer, DOCUMENTS if documents is None else documents, ARRAYS if arrays is None else arrays)
    return buffer.getvalue()


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rebuilt(contents: dict[str, bytes], *, sign: bool = True, **manifest: Any) -> bytes:
    """A zip of the contents, with a manifest that matches them."""
    contents = dict(contents)
    if sign:
        said = json.loads(contents.get("manifest.json", b"{}"))
        others = {k: hashlib.sha256(v).hexdigest() for k, v in contents.items() if k != "manifest.json"}
        contents["manifest.json"] = json.dumps({**said, "members": others, **manifest}).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_round_trip(tmp_path: Path) -> None:
    write_archive(tmp_path / "m.twin", DOCUMENTS, ARRAYS)
    archive = read_archive(str(tmp_path / "m.twin"))
    assert archive.documents == DOCUMENTS
    assert archive.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert archive.arrays[name].dtype == array.dtype
        assert np.array_equal(archive.arrays[name], array)
        assert archive.arrays[name].flags.writeable
    assert archive.manifest.version == room.VERSION
    assert [p.name for p in tmp_path.iterdir()] == ["m.twin"]


def test_equal_inputs_give_equal_bytes() -> None:
    backwards = packed(dict(reversed(DOCUMENTS.items())), dict(reversed(ARRAYS.items())))
    assert backwards == packed()
    with zipfile.ZipFile(io.BytesIO(packed())) as archive:
        assert archive.namelist() == sorted(archive.namelist())
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@given(
    hnp.arrays(
        st.one_of(
            hnp.boolean_dtypes(),
            hnp.integer_dtypes(),
            hnp.unsigned_integer_dtypes(),
            hnp.floating_dtypes(sizes=(32, 64)),
        ),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    )
)
def test_any_array_comes_back(array: np.ndarray[Any, Any]) -> None:
    back = read_archive(io.BytesIO(packed({}, {"a": array, "t": array.T}))).arrays
    assert back["a"].dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(back["a"], array)
    np.testing.assert_array_equal(back["t"], array.T)


def test_empty_and_very_regular_archives_come_back() -> None:
    assert read_archive(io.BytesIO(packed({}, {}))).arrays == {}
    zeros = np.zeros(5_000_000, dtype=np.int8)  # packs a thousandfold
    assert np.array_equal(read_archive(io.BytesIO(packed({}, {"zeros": zeros}))).arrays["zeros"], zeros)


@pytest.mark.parametrize(
    ("documents", "arrays"),
    [
        ({"../up": 1}, {}),
        ({"manifest": 1}, {}),
        ({"a.b": 1}, {}),
        ({"": 1}, {}),
        ({"nan": float("nan")}, {}),
        ({"object": object()}, {}),
        ({}, {"text": np.array(["a"])}),
        ({}, {"object": np.array([object()])}),
        ({}, {"complex": np.array([1j])}),
        ({}, {"bad name": np.zeros(1)}),
        ({}, {"__metadata__ ": np.zeros(1)}),
        ({f"d{i}": i for i in range(63)}, {}),
    ],
)
def test_what_has_no_place_is_refused_when_writing(documents: Any, arrays: Any) -> None:
    with pytest.raises(InputError):
        packed(documents, arrays)


def test_missing_file_and_failed_write(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_archive(tmp_path / "none.twin")
    with pytest.raises(InputError):
        write_archive(tmp_path / "m.twin", {"a": object()}, {})  # type: ignore[dict-item]
    assert list(tmp_path.iterdir()) == []


# Hostile files: each changes one thing in a good one


def with_info(change: Callable[[zipfile.ZipInfo], None], *, name: str = "facts.json") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members(packed()).items():
            info = zipfile.ZipInfo(member)
            if member == name:
                change(info)
            archive.writestr(info, content)
    return buffer.getvalue()


def as_link(info: zipfile.ZipInfo) -> None:
    info.external_attr = (stat.S_IFLNK | 0o777) << 16


def as_folder(info: zipfile.ZipInfo) -> None:
    info.external_attr = (stat.S_IFDIR | 0o755) << 16


def as_lzma(info: zipfile.ZipInfo) -> None:
    info.compress_type = zipfile.ZIP_LZMA


def patched(offset_in_entry: int, value: bytes, *, local: int | None = None) -> bytes:
    """A good archive with bytes of its first directory entry (and local header) overwritten."""
    content = bytearray(packed())
    at = content.index(b"PK\x01\x02")
    content[at + offset_in_entry : at + offset_in_entry + len(value)] = value
    if local is not None:
        content[local : local + len(value)] = value
    return bytes(content)


def renamed(name: str) -> bytes:
    contents = members(packed())
    contents[name] = contents.pop("facts.json")
    return rebuilt(contents)


def replaced(name: str, content: bytes) -> bytes:
    return rebuilt({**members(packed()), name: content})


def duplicated() -> bytes:
    content = rebuilt({**members(packed()), "factz.json": b"1"}, sign=False)
    return content.replace(b"factz.json", b"facts.json")


def flipped() -> bytes:
    """The same length, another content: only the checksum tells."""
    contents = members(packed())
    return rebuilt({**contents, "facts.json": contents["facts.json"].replace(b"x", b"y")}, sign=False)


def bomb() -> bytes:
    return replaced("facts.json", b" " * 20_000_000 + b"1")


def many_members() -> bytes:
    return rebuilt({**members(packed()), **{f"d{i}.json": b"1" for i in range(70)}})


def overlong_directory() -> bytes:
    """Says that it has five members, in a directory of another length."""
    content = bytearray(packed())
    content[-10:-6] = struct.pack("<L", 3)
    return bytes(content)


def lying_size() -> bytes:
    content = bytearray(packed())
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<L", 10)
    return bytes(content)


def tensors(header: dict[str, Any], data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def without(name: str, *, sign: bool) -> bytes:
    contents = members(packed())
    del contents[name]
    return rebuilt(contents, sign=sign)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "not a zip": (lambda: b"a,b\n1,canary\n" * 10, "does not end"),
    "nothing": (lambda: b"", "too short"),
    "cut": (lambda: packed()[:-30], "does not end"),
    "trailing bytes": (lambda: packed() + b"canary", "does not end"),
    "leading bytes": (lambda: b"#!/bin/sh\n" + packed(), "belong to no member"),
    "comment": (lambda: packed()[:-2] + b"\x06\x00canary", "does not end"),
    "directory of a wrong length": (overlong_directory, "belong to no member"),
    "zip64": (
        lambda: packed()[:-22] + b"PK\x06\x07" + bytes(16) + packed()[-22:],
        "belong to no member",
    ),
    "too many members": (many_members, "more than 64 members"),
    "absolute path": (lambda: renamed("/etc/facts.json"), "a path or a name"),
    "drive": (lambda: renamed("C:facts.json"), "a path or a name"),
    "up": (lambda: renamed("../facts.json"), "a path or a name"),
    "backslash": (lambda: renamed("..\\facts.json"), "a path or a name"),
    "folder in the name": (lambda: renamed("a/facts.json"), "a path or a name"),
    "other ending": (lambda: renamed("facts.pkl"), "a path or a name"),
    "zero byte": (lambda: packed().replace(b"facts.json", b"f\0cts.json"), "a path or a name"),
    "very long name": (lambda: renamed("f" * 500 + ".json"), "a path or a name"),
    "link": (lambda: with_info(as_link), "link or a folder"),
    "folder": (lambda: with_info(as_folder), "link or a folder"),
    "same name twice": (duplicated, "same name"),
    "encrypted": (lambda: patched(8, b"\x01\x00", local=6), "encrypted"),
    "other flags": (lambda: patched(8, b"\x08\x00", local=6), "packed in a way"),
    "other compression": (lambda: with_info(as_lzma), "packed in a way"),
    "bomb": (bomb, "200 times"),
    "lying size": (lying_size, "damaged|not as long"),
    "no manifest": (lambda: without("manifest.json", sign=False), "no manifest"),
    "member missing": (lambda: without("facts.json", sign=False), "too many or too few"),
    "member more": (
        lambda: rebuilt({**members(packed()), "x.json": b"1"}, sign=False),
        "too many or too few",
    ),
    "no arrays": (lambda: without("arrays.safetensors", sign=True), "no arrays"),
    "checksum": (flipped, "checksum"),
    "manifest is a list": (lambda: rebuilt({"manifest.json": b"[]"}, sign=False), "not that of a twin"),
    "other format": (lambda: rebuilt(members(packed()), format="triplet"), "not that of a twin"),
    "version is text": (lambda: rebuilt(members(packed()), version="1"), "no version"),
    "version is true": (lambda: rebuilt(members(packed()), version=True), "no version"),
    "version 0": (lambda: rebuilt(members(packed()), version=0), "no version"),
    "newer": (lambda: rebuilt(members(packed()), version=2), "newer version .* update"),
    "members are numbers": (lambda: rebuilt(members(packed()), members={"a": 1}), "lists no members"),
    "not JSON": (lambda: replaced("facts.json", b"{canary"), "not JSON"),
    "not UTF-8": (lambda: replaced("facts.json", b'"\xff"'), "not JSON"),
    "NaN": (lambda: replaced("facts.json", b"[NaN]"), "NaN"),
    "key twice": (lambda: replaced("facts.json", b'{"a":1,"a":2}'), "key twice"),
    "deep JSON": (lambda: replaced("facts.json", b"[" * 5_000 + b"]" * 5_000), "not JSON|200 times"),
    "long number": (lambda: replaced("facts.json", b"123456789" * 1_000), "not JSON"),
    "not safetensors": (lambda: replaced("arrays.safetensors", b"canary" * 9), "not safetensors"),
    "no tensors": (lambda: replaced("arrays.safetensors", b""), "not safetensors"),
    "tensor beyond the end": (
        lambda: replaced(
            "arrays.safetensors",
            tensors({"a": {"dtype": "I32", "shape": [9], "data_offsets": [0, 36]}}, b"1234"),
        ),
        "not safetensors",
    ),
    "tensor of another size": (
        lambda: replaced(
            "arrays.safetensors",
            tensors({"a": {"dtype": "I32", "shape": [9], "data_offsets": [0, 4]}}, b"1234"),
        ),
        "not safetensors",
    ),
    "tensor type unknown": (
        lambda: replaced(
            "arrays.safetensors",
            tensors({"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}, b"1234"),
        ),
        "not safetensors",
    ),
    "tensor name": (
        lambda: replaced(
            "arrays.safetensors",
            tensors({"a b": {"dtype": "I8", "shape": [4], "data_offsets": [0, 4]}}, b"1234"),
        ),
        "name or a type",
    ),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_in_a_sentence(case: str) -> None:
    make, words = HOSTILE[case]
    content = make()
    with pytest.raises(FileFormatError, match=words) as caught:
        read_archive(io.BytesIO(content))
    message = str(caught.value)
    assert "\n" not in message
    assert "canary" not in message


def test_caps_are_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    content = packed()
    monkeypatch.setattr(room, "MAX_FILE", len(content) - 1)
    with pytest.raises(FileFormatError, match="larger than"):
        read_archive(io.BytesIO(content))
    with pytest.raises(InputError, match="fit into one file"):
        packed()
    monkeypatch.undo()
    monkeypatch.setattr(room, "MAX_TOTAL", 100)
    with pytest.raises(FileFormatError, match="unpack to more"):
        read_archive(io.BytesIO(content))
    with pytest.raises(InputError, match="fit into one file"):
        packed()


@given(st.data())
def test_one_changed_byte_is_noticed_or_harmless(data: st.DataObject) -> None:
    content = bytearray(packed())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    try:
        archive = read_archive(io.BytesIO(bytes(content)))
    except FileFormatError:
        return
    assert archive.documents == DOCUMENTS
    assert all(np.array_equal(archive.arrays[name], array) for name, array in ARRAYS.items())
