"""Evidence that holds: one byte changed anywhere is found, and nothing unsigned passes."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import twin
from twin.columns.schema import Number, Schema
from twin.errors import EvidenceError, FileFormatError, InputError
from twin.evidence.canonical import canonical
from twin.evidence.evidence import Evidence, commit, make_evidence
from twin.evidence.keys import VARIABLE, keygen, private_key, public_key
from twin.evidence.manifest import NAME, Role, read_manifest, seal
from twin.evidence.rows import hash_rows
from twin.evidence.verify import verify

FILES: dict[str, Role] = {
    "data.csv": "data",
    "model.twin": "twin",
    "report.json": "report",
    "report.html": "report",
}
SOURCE = pd.DataFrame({"x": [1.5, 2.5, None], "day": pd.to_datetime(["2020-01-01", None, "2020-01-03"])})

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    keygen(folder / "key.pem")
    keygen(folder / "other.pem")
    return folder


@pytest.fixture
def signed(tmp_path: Path, keys: Path) -> Path:
    data = pd.DataFrame({"x": [0.5, 1.0], "word": ["a", None]})
    evidence = make_evidence(
        data,
        twin=b"PK twin",
        schema=Schema(columns=(Number(name="x"),)),
        policy="name: default",
        source={"train": SOURCE},
        created="2026-01-01T00:00:00+00:00",
    )
    twin.write_table(data, tmp_path / "data.csv")
    (tmp_path / "model.twin").write_bytes(b"PK twin")
    (tmp_path / "report.json").write_text(json.dumps({"evidence": evidence.to_json()}), encoding="utf-8")
    (tmp_path / "report.html").write_text("<!doctype html>", encoding="utf-8")
    seal(tmp_path, FILES, evidence, private_key(keys / "key.pem"))
    return tmp_path


def test_what_was_signed_is_verified_from_any_of_its_files(signed: Path, keys: Path) -> None:
    for path in (signed, signed / NAME, signed / "report.json", signed / "data.csv"):
        found = verify(path, key=keys / "key.pub.pem")
        assert set(found.checked) == set(FILES) and not found.absent


@pytest.mark.parametrize("name", [*FILES, NAME])
def test_one_byte_changed_in_any_file_is_found(signed: Path, keys: Path, name: str) -> None:
    whole = (signed / name).read_bytes()
    places = np.linspace(0, len(whole) - 1, 40).astype(int) if len(whole) > 40 else range(len(whole))
    for place in places:
        (signed / name).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(EvidenceError) as caught:
            verify(signed, key=keys / "key.pub.pem")
        assert "\n" not in str(caught.value)
    for cut in (whole[:-1], whole[: len(whole) // 2], b"", whole + b"\n"):
        (signed / name).write_bytes(cut)
        with pytest.raises(EvidenceError):
            verify(signed, key=keys / "key.pub.pem")


def test_every_way_not_to_be_signed_is_one_sentence(signed: Path, keys: Path) -> None:
    with pytest.raises(EvidenceError, match="signed with another key"):
        verify(signed, key=keys / "other.pub.pem")
    with pytest.raises(InputError, match="no Ed25519 public key"):
        verify(signed, key=keys / "key.pem")
    manifest = json.loads((signed / NAME).read_text(encoding="utf-8"))
    for signature, message in (("", "nobody signed"), ("zz", "does not fit"), ("00" * 64, "does not fit")):
        text = json.dumps({**manifest, "signature": signature}, sort_keys=True, ensure_ascii=False, indent=1)
        (signed / NAME).write_text(text + "\n", encoding="utf-8")
        with pytest.raises(EvidenceError, match=message):
            verify(signed, key=keys / "key.pub.pem")
    (signed / NAME).unlink()
    with pytest.raises(InputError, match="no such file"):
        verify(signed, key=keys / "key.pub.pem")


def test_a_salt_cannot_be_taken_out_or_exchanged(signed: Path, keys: Path) -> None:
    """Internal reports are bound under the salt in report.json: it must be the one that was signed."""
    document = json.loads((signed / "report.json").read_text(encoding="utf-8"))
    for salt in ("", "00", "no hex", "ab" * 32):
        document["evidence"]["salt"] = salt
        (signed / "report.json").write_text(json.dumps(document), encoding="utf-8")
        with pytest.raises(EvidenceError, match=r"report\.(json|html): was changed"):
            verify(signed, key=keys / "key.pub.pem")


def test_what_is_not_here_is_said_and_files_elsewhere_can_be_named(
    signed: Path, keys: Path, tmp_path: Path
) -> None:
    key = keys / "key.pub.pem"
    (signed / "report.json").unlink()
    found = verify(signed, key=key)
    assert found.checked == ("data.csv", "model.twin") and found.absent == ("report.json", "report.html")
    for asked in ("report.html", "report.json"):
        with pytest.raises(EvidenceError, match="cannot be checked"):
            verify(signed / asked, key=key)
    moved = (signed / "data.csv").rename(tmp_path / "elsewhere.csv")
    assert "data.csv" in verify(signed, key=key, data=moved).checked
    with pytest.raises(EvidenceError, match="was changed"):
        verify(signed, key=key, data=signed / "model.twin", twin=moved)
    with pytest.raises(InputError, match="no such file"):
        verify(signed, key=key, data=signed / "nothing.csv")
    (signed / "model.twin").unlink()
    with pytest.raises(EvidenceError, match="none of the files"):
        verify(signed, key=key)


def test_the_same_rows_in_another_file_are_told_apart_from_changed_rows(signed: Path, keys: Path) -> None:
    key = keys / "key.pub.pem"
    frame = twin.read_table(signed / "data.csv")
    twin.write_table(frame, signed / "again.parquet")
    with pytest.raises(EvidenceError, match="written anew"):
        verify(signed, key=key, data=signed / "again.parquet")
    assert "data.csv" in verify(signed, key=key, data=signed / "again.parquet", rows=True).checked
    twin.write_table(frame[::-1], signed / "again.parquet")
    with pytest.raises(EvidenceError, match="was changed"):
        verify(signed, key=key, data=signed / "again.parquet", rows=True)


def test_the_source_is_bound_and_cannot_be_guessed_from_what_is_public(signed: Path, keys: Path) -> None:
    key = keys / "key.pub.pem"
    twin.write_table(SOURCE, signed / "source.parquet")
    assert verify(signed, key=key, source=signed / "source.parquet").source == "train"
    twin.write_table(SOURCE[:2], signed / "source.parquet")
    with pytest.raises(EvidenceError, match="no table that the release was made from"):
        verify(signed, key=key, source=signed / "source.parquet")
    public = read_manifest(signed / NAME).evidence
    assert public.salt == "" and hash_rows(SOURCE) not in (signed / NAME).read_text(encoding="utf-8")
    assert public.opens(SOURCE) is None
    (signed / "report.json").unlink()
    with pytest.raises(EvidenceError, match="only the internal report"):
        verify(signed, key=key, source=signed / "source.parquet")


def test_keys_are_for_their_owner_and_are_never_replaced(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.name == "posix":
        assert stat.S_IMODE((keys / "key.pem").stat().st_mode) == 0o600
    before = (keys / "key.pem").read_bytes()
    with pytest.raises(InputError, match="the file exists"):
        keygen(keys / "key.pem")
    (keys / "key.pub.pem").rename(keys / "away")
    with pytest.raises(InputError, match="the file exists"):
        keygen(keys / "key.pem")
    (keys / "away").rename(keys / "key.pub.pem")
    assert (keys / "key.pem").read_bytes() == before
    monkeypatch.delenv(VARIABLE, raising=False)
    assert private_key() is None
    monkeypatch.setenv(VARIABLE, before.decode())
    told, read = private_key(), private_key(keys / "key.pem")
    assert told is not None and read is not None and told.private_bytes_raw() == read.private_bytes_raw()
    assert public_key(keys / "key.pub.pem").public_bytes_raw() == told.public_key().public_bytes_raw()
    monkeypatch.setenv(VARIABLE, "hush")
    with pytest.raises(InputError, match="TWIN_SIGNING_KEY: holds no Ed25519 private key") as caught:
        private_key()
    assert "hush" not in str(caught.value)
    with pytest.raises(InputError, match="holds no Ed25519 private key"):
        private_key(keys / "key.pub.pem")


def test_without_the_package_the_extra_is_named() -> None:
    code = "import sys; sys.modules['cryptography'] = None; import twin.evidence.keys as k; k.keygen('k.pem')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingExtra" in done.stderr and "twin[sign]" in done.stderr


@given(json_values)
def test_canonical_json_is_read_back_and_has_one_form(value: Any) -> None:
    written = canonical(value)
    assert json.loads(written) == value and canonical(json.loads(written)) == written
    if isinstance(value, dict):
        assert canonical(dict(reversed(value.items()))) == written


@pytest.mark.parametrize("value", [1.5, {"a": [0.0]}, {1: 2}, "\ud800", {"a": b""}])
def test_what_has_more_than_one_spelling_is_refused(value: Any) -> None:
    with pytest.raises(EvidenceError):
        canonical(value)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet", "arrow"])
def test_rows_hash_alike_in_every_format(tmp_path: Path, ending: str) -> None:
    n = 50
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "whole": rng.integers(-9, 9, n),
            "gap": np.where(rng.random(n) < 0.3, np.nan, rng.integers(0, 9, n)),
            "x": rng.normal(size=n) * 10.0 ** rng.integers(-20, 20, n),
            "short": rng.normal(size=n).astype("float32"),
            "flag": rng.random(n) < 0.5,
            "word": rng.choice(["a", "é", "", None], n),
            "code": [f"{i:04d}" for i in range(n)],
            "level": pd.Categorical(rng.choice(["u", "v"], n)),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 99, n), unit="D"),
            "time": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**9, n), unit="ms"),
        }
    )
    path = tmp_path / f"a.{ending}"
    twin.write_table(frame, path)
    assert hash_rows(twin.read_table(path)) == hash_rows(frame)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.assign(a=[1, 3]),
        lambda t: t[["b", "a"]],
        lambda t: t.rename(columns={"a": "c"}),
        lambda t: t[::-1],
        lambda t: t.assign(b=["xy", None]),
        lambda t: t.assign(b=["x", "y"]),  # the bytes in a row are the same
        lambda t: t[:1],
    ],
)
def test_any_other_table_hashes_otherwise(change: Any) -> None:
    table = pd.DataFrame({"a": [1, 2], "b": ["xy", ""]})
    assert hash_rows(change(table)) != hash_rows(table)


def test_a_commitment_binds_and_depends_on_its_salt() -> None:
    assert commit("00", "train", "x") != commit("00", "train", "y") != commit("01", "train", "y")


def test_evidence_comes_back_from_json_or_is_refused(signed: Path) -> None:
    evidence = read_manifest(signed / NAME).evidence
    assert Evidence.from_json(json.loads(json.dumps(evidence.to_json()))) == evidence
    for change in (
        {"rows": "2"},
        {"rows": True},
        {"settings": [["a"]]},
        {"source": 1},
        {"twin": None},
        {"more": 1},
    ):
        with pytest.raises(FileFormatError):
            Evidence.from_json({**evidence.to_json(), **change})  # type: ignore[dict-item]
