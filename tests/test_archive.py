"""The saved twin's container, and every hostile file that must not get through it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors import numpy as safetensors

from twin.errors import FileFormatError, InputError
from twin.files import archive as room
from twin.files.archive import read_archive, write_archive

DOCUMENTS: dict[str, Any] = {"schema": {"b": [1, 2.5, None], "a": "Größe \ud800"}, "facts": [True, "x"]}
ARRAYS = {"trees.ends": np.arange(6, dtype=np.int32).reshape(2, 3), "flags": np.array([False, True])}


def saved(documents: dict[str, Any] | None = None, arrays: Any = None) -> bytes:
    buffer = io.BytesIO()
    write_archive(buffer, DOCUMENTS if documents is None else documents, ARRAYS if arrays is None else arrays)
    return buffer.getvalue()


def parts(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and arrays."""
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def joined(header: str, data: bytes) -> bytes:
    return len(header.encode()).to_bytes(8, "little") + header.encode() + data


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def sealed(header: dict[str, Any], data: bytes) -> bytes:
    """A file with a digest that fits, as a forger would make it."""
    metadata = {k: v for k, v in header.get("__metadata__", {}).items() if k != "sha256"}
    digest = hashlib.sha256(canonical({**header, "__metadata__": metadata}).encode() + data).hexdigest()
    return joined(canonical({**header, "__metadata__": {**metadata, "sha256": digest}}), data)


def changed(change: Callable[[dict[str, Any], bytes], bytes | None], *, seal: bool = True) -> bytes:
    """A good file with one thing changed."""
    header, data = parts(saved())
    more = change(header, data)
    data = data if more is None else more
    return sealed(header, data) if seal else joined(canonical(header), data)


def document(text: str) -> bytes:
    return changed(lambda header, _: header["__metadata__"].update({"facts.json": text}))


def says(**metadata: Any) -> bytes:
    return changed(lambda header, _: header["__metadata__"].update(metadata))


def unsealed(**metadata: Any) -> bytes:
    """Other texts, under the checksum of those before."""
    return changed(lambda header, _: header["__metadata__"].update(metadata), seal=False)


def tensor(**said: Any) -> bytes:
    """The array trees.ends (24 bytes, the first) with another description."""
    return changed(lambda header, _: header["trees.ends"].update(said))


def test_round_trip(tmp_path: Path) -> None:
    write_archive(tmp_path / "m.twin", DOCUMENTS, ARRAYS)
    archive = read_archive(str(tmp_path / "m.twin"))
    assert archive.documents == DOCUMENTS
    assert archive.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert archive.arrays[name].dtype == array.dtype
        assert np.array_equal(archive.arrays[name], array)
        assert archive.arrays[name].flags.writeable
    assert archive.version == room.VERSION
    assert [p.name for p in tmp_path.iterdir()] == ["m.twin"]


def test_it_is_a_safetensors_file_that_any_reader_opens(tmp_path: Path) -> None:
    from safetensors import safe_open

    write_archive(tmp_path / "m.twin", DOCUMENTS, ARRAYS)
    loaded = safetensors.load_file(tmp_path / "m.twin")
    assert all(np.array_equal(loaded[name], array) for name, array in ARRAYS.items())
    with safe_open(tmp_path / "m.twin", "numpy") as file:
        metadata = file.metadata()
    assert json.loads(metadata["schema.json"]) == DOCUMENTS["schema"]
    assert metadata["format"] == "twin" and len(metadata["sha256"]) == 64


def test_equal_inputs_give_equal_bytes() -> None:
    backwards = saved(dict(reversed(DOCUMENTS.items())), dict(reversed(ARRAYS.items())))
    assert backwards == saved()
    length = int.from_bytes(saved()[:8], "little")
    assert length % 8 == 0  # so that arrays lie where their size divides


@given(
    hnp.arrays(
        st.one_of(
            hnp.boolean_dtypes(),
            hnp.integer_dtypes(),
            hnp.unsigned_integer_dtypes(),
            hnp.floating_dtypes(sizes=(16, 32, 64)),
        ),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    )
)
def test_any_array_comes_back(array: np.ndarray[Any, Any]) -> None:
    content = saved({}, {"a": array, "t": array.T})
    for back in (read_archive(io.BytesIO(content)).arrays, safetensors.load(content)):
        assert back["a"].dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(back["a"], array)
        np.testing.assert_array_equal(back["t"], array.T)


def test_an_empty_file_comes_back() -> None:
    assert read_archive(io.BytesIO(saved({}, {}))).arrays == {}


@pytest.mark.parametrize(
    ("documents", "arrays"),
    [
        ({"../up": 1}, {}),
        ({"a.b": 1}, {}),
        ({"": 1}, {}),
        ({"nan": float("nan")}, {}),
        ({"object": object()}, {}),
        ({"deep": json.loads("[" * 65 + "]" * 65)}, {}),
        ({}, {"text": np.array(["a"])}),
        ({}, {"object": np.array([object()])}),
        ({}, {"complex": np.array([1j])}),
        ({}, {"long double": np.zeros(1, np.longdouble)}),
        ({}, {"bad name": np.zeros(1)}),
        ({}, {"axes": np.zeros((1,) * 9)}),
        ({}, {"__metadata__": np.zeros(1)}),
    ],
)
def test_what_has_no_place_is_refused_when_writing(documents: Any, arrays: Any) -> None:
    with pytest.raises(InputError):
        saved(documents, arrays)


def test_missing_file_and_failed_write(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_archive(tmp_path / "none.twin")
    with pytest.raises(InputError):
        write_archive(tmp_path / "m.twin", {"a": object()}, {})  # type: ignore[dict-item]
    assert list(tmp_path.iterdir()) == []


# Hostile files: each changes one thing in a good one, and fits its checksum unless that is what is changed


def header_text(change: Callable[[str], str]) -> bytes:
    header, data = parts(saved())
    return joined(change(canonical(header)), data)


def renamed(new: str) -> bytes:
    def change(header: dict[str, Any], _: bytes) -> None:
        header["__metadata__"][new] = header["__metadata__"].pop("facts.json")

    return changed(change)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a table": (lambda: b"a,b\n1,canary\n" * 10, "does not begin"),
    "nothing": (lambda: b"", "does not begin"),
    "a length alone": (lambda: (2).to_bytes(8, "little"), "does not begin"),
    "a header of no length": (lambda: bytes(8) + b"canary", "does not begin"),
    "a header beyond the end": (lambda: (10**6).to_bytes(8, "little") + b"{}" * 9, "does not begin"),
    "a huge header": (lambda: b"\xff" * 8 + b"{}" * 9, "does not begin"),
    "a zip": (lambda: b"PK\x03\x04" + b"canary" * 9, "earlier version of twin; fit again"),
    "another safetensors file": (lambda: safetensors.save({"a": np.zeros(3)}), "does not say"),
    "a list": (lambda: joined("[]", b""), "does not say"),
    "metadata is a list": (lambda: joined('{"__metadata__":[]}', b""), "does not say"),
    "other format": (lambda: says(format="triplet"), "does not say"),
    "cut": (lambda: saved()[:-3], "end elsewhere"),
    "trailing bytes": (lambda: saved() + b"canary", "end elsewhere"),
    "leading bytes": (lambda: b"#!/bin/sh\n" + saved(), "does not begin"),
    "header is not JSON": (lambda: header_text(lambda text: text[:-1] + "canary"), "not JSON"),
    "header is not UTF-8": (lambda: saved().replace(b'"BOOL"', b'"\xffOOL"'), "not JSON"),
    "array twice": (lambda: header_text(lambda text: '{"flags":{},' + text[1:]), "key twice"),
    "version missing": (
        lambda: changed(lambda header, _: header["__metadata__"].pop("version") and None),
        "no version",
    ),
    "version is no number": (lambda: says(version="two"), "no version"),
    "version is a number": (lambda: says(version=2), "no version"),
    "version 0": (lambda: says(version="0"), "no version"),
    "version 1": (lambda: says(version="1"), "earlier version .* fit again"),
    "newer": (lambda: says(version="3"), "newer version .* update"),
    "content changed": (
        lambda: changed(lambda _, data: bytes([data[0] ^ 1]) + data[1:], seal=False),
        "checksum",
    ),
    "document changed": (lambda: header_text(lambda text: text.replace("true", "null", 1)), "checksum"),
    "no checksum": (
        lambda: changed(lambda h, _: h["__metadata__"].pop("sha256") and None, seal=False),
        "checksum",
    ),
    "checksum is a number": (
        lambda: changed(lambda h, _: h["__metadata__"].update(sha256=1), seal=False),
        "checksum",
    ),
    "absolute path": (lambda: renamed("/etc/facts.json"), "a name"),
    "up": (lambda: renamed("../facts.json"), "a name"),
    "other ending": (lambda: renamed("facts.pkl"), "a name"),
    "very long name": (lambda: renamed("f" * 500 + ".json"), "a name"),
    "document is a number": (lambda: says(**{"facts.json": 1}), "not JSON"),
    "document is not JSON": (lambda: document("{canary"), "not JSON"),
    "NaN": (lambda: document("[NaN]"), "NaN"),
    "infinite": (lambda: document("[1e999]"), "infinite"),
    "key twice": (lambda: document('{"a":1,"a":2}'), "key twice"),
    "deep JSON": (lambda: document("[" * 100 + "]" * 100), "64 brackets"),
    "very deep JSON": (lambda: document("[" * 50_000 + "]" * 50_000), "not JSON"),
    "long number": (lambda: document("123456789" * 1_000), "not JSON"),
    "tensor name": (lambda: changed(lambda h, _: h.update({"a b": h.pop("flags")})), "a name"),
    "tensor is a list": (lambda: changed(lambda h, _: h.update(flags=[])), "what it is"),
    "tensor with more": (lambda: tensor(comment="canary"), "what it is"),
    "tensor type unknown": (lambda: tensor(dtype="BF16"), "a type"),
    "tensor type is a list": (lambda: tensor(dtype=[]), "a type"),
    "negative axis": (lambda: tensor(shape=[-2, -3]), "whole numbers"),
    "axis is true": (lambda: tensor(shape=[True, 6]), "whole numbers"),
    "axis is a number with a point": (lambda: tensor(shape=[2.0, 3.0]), "whole numbers"),
    "nine axes": (lambda: tensor(shape=[2, 3, *[1] * 7]), "a shape"),
    "endless axes around none": (lambda: tensor(shape=[2**30, 2**30, 0], data_offsets=[0, 0]), "a shape"),
    "three offsets": (lambda: tensor(data_offsets=[0, 24, 24]), "a shape"),
    "tensor of another size": (lambda: tensor(shape=[9]), "as long as"),
    "tensor backwards": (lambda: tensor(data_offsets=[24, 0]), "as long as"),
    "tensor beyond the end": (lambda: tensor(data_offsets=[24, 48]), "overlap"),
    "tensors over each other": (
        lambda: changed(lambda h, _: h["flags"].update(data_offsets=[0, 2])),
        "overlap",
    ),
    "gap": (lambda: changed(lambda h, _: h.pop("flags") and None), "end elsewhere"),
    "flag of 2": (lambda: changed(lambda _, data: data[:-1] + b"\x02"), "flags"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_in_a_sentence(case: str) -> None:
    make, words = HOSTILE[case]
    content = make()
    with pytest.raises(FileFormatError, match=words) as caught:
        read_archive(io.BytesIO(content))
    message = str(caught.value)
    assert "\n" not in message
    assert "canary" not in message


def test_the_good_file_that_hostile_ones_begin_with_is_read() -> None:
    assert read_archive(io.BytesIO(changed(lambda *_: None))).documents == DOCUMENTS


class Measured(io.BytesIO):
    """Counts the bytes that are read."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(size)
        self.taken += len(content)
        return content


def test_caps_are_in_force_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content = saved()
    for cap, most, words, taken in (
        ("MAX_FILE", len(content) - 1, "larger than", 0),
        ("MAX_HEADER", 100, "does not begin", 8),
        ("MAX_ARRAYS", 1, "more than 1 arrays", len(content) - 26),
    ):
        monkeypatch.setattr(room, cap, most)
        stream = Measured(content)
        with pytest.raises(FileFormatError, match=words):
            read_archive(stream)
        assert stream.taken == taken
        with pytest.raises(InputError, match="holds at most"):
            saved()
        monkeypatch.undo()


@given(st.data())
def test_one_changed_byte_is_noticed_or_harmless(data: st.DataObject) -> None:
    content = bytearray(saved())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    try:
        archive = read_archive(io.BytesIO(bytes(content)))
    except FileFormatError:
        return
    assert archive.documents == DOCUMENTS
    assert all(np.array_equal(archive.arrays[name], array) for name, array in ARRAYS.items())
