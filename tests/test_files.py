"""Tables in and out of files."""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.extending import formats_of_tables
from twin.errors import InputError, NotAvailable
from twin.files import formats
from twin.files.csv import read_csv
from twin.files.tabular import open_writer, read_table, write_table

FORMATS = formats_of_tables()
"""Those of the package, and the one that the page on extending twin adds."""
ENDINGS = [suffix for entry in FORMATS for suffix in entry.suffixes]
TYPED = [".parquet", ".arrow", ".arrows"]


@pytest.fixture(autouse=True, scope="module")
def added() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(formats, "FORMATS", FORMATS)
        yield


def mixed(n: int = 6) -> pd.DataFrame:
    start = pd.Timestamp("2020-02-28")
    return pd.DataFrame(
        {
            "whole": np.arange(n) - 2,
            "nullable": pd.array([None, *range(1, n)], dtype="Int64"),
            "big": np.full(n, 2**64 - 1, dtype=np.uint64),
            "decimal": [np.nan, *(0.25 * np.arange(1, n))],
            "round": np.arange(n) * 1.0,
            "flag": np.arange(n) % 2 == 0,
            "maybe": pd.array([None, *([True] * (n - 1))], dtype="boolean"),
            "word": [None, "", "NA", 'say "hi", then\nleave', "Größe", "=1+1"][:n],
            "code": [f"0{i}12" for i in range(n)],
            "day": pd.Series([start + pd.Timedelta(days=i) for i in range(n)]).astype("datetime64[ns]"),
            "moment": pd.Series([start + pd.Timedelta(minutes=i) for i in range(n)]).astype("datetime64[ns]"),
        }
    )


@pytest.mark.parametrize("ending", ENDINGS)
def test_round_trip_keeps_values_and_types(ending: str, tmp_path: Path) -> None:
    frame = mixed()
    write_table(frame, tmp_path / f"t{ending}")
    pd.testing.assert_frame_equal(read_table(tmp_path / f"t{ending}"), frame)


@pytest.mark.parametrize("ending", ENDINGS)
def test_blocks_make_the_same_table_and_bytes(ending: str, tmp_path: Path) -> None:
    frame = mixed()
    for name in ("a", "b"):
        with open_writer(str(tmp_path / (name + ending))) as writer:
            for at in range(0, 6, 2):
                writer.write(frame.iloc[at : at + 2])
    back = read_table(tmp_path / f"a{ending}")
    pd.testing.assert_frame_equal(back, frame)
    assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


@pytest.mark.parametrize("ending", TYPED)
def test_typed_formats_keep_what_csv_cannot(ending: str, tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "level": pd.Categorical(["a", "b", "a"], categories=["b", "a", "unused"], ordered=True),
            "zone": pd.to_datetime(["2020-01-01 10:00", "2020-07-01 10:00", None]).tz_localize(
                "Europe/Vienna"
            ),
            "small": np.array([1, 2, 3], dtype=np.int8),
            "single": np.array([1, 2, 3], dtype=np.float32),
            "money": [Decimal("1.10"), Decimal("2.20"), None],
            "old": [dt.date(1500, 1, 1), None, dt.date(2020, 1, 1)],
            "span": pd.to_timedelta([1, 2, None], unit="s"),
        },
        index=pd.Index([5, 3, 9], name="row"),
    )
    write_table(frame, tmp_path / f"t{ending}")
    pd.testing.assert_frame_equal(read_table(tmp_path / f"t{ending}"), frame)


@pytest.mark.parametrize("ending", TYPED)
def test_a_column_may_be_empty_in_the_first_block_only(ending: str, tmp_path: Path) -> None:
    with open_writer(tmp_path / f"t{ending}") as writer:
        writer.write(pd.DataFrame({"a": pd.Series([None, None], dtype=object)}))
        writer.write(pd.DataFrame({"a": pd.Series(["x", None], dtype=object)}))
    assert read_table(tmp_path / f"t{ending}")["a"].isna().tolist() == [True, True, False, True]


def test_csv_has_words_for_odd_types(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "level": pd.Categorical(["a", None]),
            "span": pd.to_timedelta([1, None], unit="s"),
            "list": [[1, 2], None],
            "mixed": [1, "x"],
            "complex": [1 + 2j, 3j],
            "zone": pd.to_datetime(["2020-01-01 10:00", None]).tz_localize("Europe/Vienna"),
            "old": [dt.date(1500, 1, 1), None],
        },
        index=pd.Index(["i", "j"], name="key"),
    )
    write_table(frame, tmp_path / "t.csv")
    back = read_table(tmp_path / "t.csv")
    assert list(back) == ["key", *frame.columns]
    assert back.loc[0, "mixed"] == "1"
    assert back["zone"].iloc[0] == frame["zone"].iloc[0]  # the moment stays; the zone's name does not
    assert back["old"].iloc[0] == pd.Timestamp("1500-01-01")
    assert back.iloc[1].isna().sum() == 5


@given(
    st.lists(
        st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"))),
        min_size=1,
        max_size=5,
    ),
)
def test_any_text_comes_back_from_csv(texts: list[str | None]) -> None:
    # A word in front keeps a column of digits from being read as numbers.
    from twin.files.csv import CsvWriter

    frame = pd.DataFrame({"t": pd.Series(["word", *texts], dtype=object)})
    buffer = io.BytesIO()
    CsvWriter(buffer).write(frame)
    buffer.seek(0)
    back = read_csv(buffer)["t"]
    assert [None if pd.isna(t) else t for t in back] == ["word", *texts]


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (["1", "2"], "int64"),
        (["1", ""], "Int64"),
        (["1", "NA"], "Int64"),
        (['"1"', '""'], "Int64"),
        (["1.5", "2"], "float64"),
        (["1e3", "-inf"], "float64"),
        (["True", "false"], "bool"),
        (["true", ""], "boolean"),
        (["2020-01-01", "2020-02-01"], "datetime64[ns]"),
        (["2020-01-01", "2020-02-01 10:00"], "datetime64[ns]"),
        (["2020-01-01T10:00:00+02:00", ""], "datetime64[ns, UTC]"),
        (["1500-01-01", "2020-02-01"], "datetime64[us]"),
        (["18446744073709551615", "1"], "uint64"),
    ],
)
def test_csv_types_come_from_all_cells(cells: list[str], dtype: str) -> None:
    text = "a,b\n" + "".join(f"{cell},x\n" for cell in cells)
    assert str(read_csv(io.BytesIO(text.encode()))["a"].dtype) == dtype


@pytest.mark.parametrize(
    "cells",
    [
        ["0412", "1"],  # a leading zero is a code
        ["+431234", "+439999"],  # a telephone number that decimals would spoil
        ["1", "2", "x"],
        ["2020-01-01", "2020-13-45"],
        ["99999999999999999999999", "1"],
        ["true", "2"],
        ["1,5", "2,5"],
    ],
)
def test_csv_keeps_as_text_what_numbers_would_spoil(cells: list[str]) -> None:
    text = "a,b\n" + "".join(f'"{cell}",x\n' for cell in cells)
    assert list(read_csv(io.BytesIO(text.encode()))["a"]) == cells


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_separators_and_byte_order_mark(mark: str) -> None:
    text = "\ufeff" + f'"a, b"{mark}"c"\n1{mark}x\n'
    frame = read_csv(io.BytesIO(text.encode()))
    assert list(frame) == ["a, b", "c"]
    assert frame.iloc[0].tolist() == [1, "x"]


def test_a_single_column_keeps_its_missing_rows(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"a": [1.5, None, 2.5]}), tmp_path / "a.csv")
    assert read_table(tmp_path / "a.csv")["a"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_rows_is_a_table(ending: str, tmp_path: Path) -> None:
    write_table(mixed().iloc[:0], tmp_path / f"t{ending}")
    back = read_table(tmp_path / f"t{ending}")
    assert list(back) == list(mixed())
    assert len(back) == 0


def test_formulas_are_escaped_in_text_only(tmp_path: Path) -> None:
    texts = ["=1+1", "+a", "-a", "@a", "\ta", "\ra", "a=b", "plain", None]
    frame = pd.DataFrame({"=text": texts, "number": np.arange(9) - 4, "level": pd.Categorical(texts)})
    write_table(frame, tmp_path / "a.csv", escape_formulas=True)
    back = pd.read_csv(tmp_path / "a.csv", lineterminator="\n")
    expected = ["'=1+1", "'+a", "'-a", "'@a", "'\ta", "'\ra", "a=b", "plain"]
    assert list(back) == ["'=text", "number", "level"]
    assert back["'=text"].dropna().tolist() == expected
    assert back["level"].dropna().tolist() == expected
    assert back["number"].tolist() == frame["number"].tolist()
    write_table(frame, tmp_path / "b.csv")
    assert read_table(tmp_path / "b.csv")["=text"].iloc[0] == "=1+1"


# What goes wrong


def test_nothing_is_left_when_writing_fails(tmp_path: Path) -> None:
    target = tmp_path / "a.parquet"
    write_table(mixed(), target)
    before = target.read_bytes()
    with pytest.raises(ZeroDivisionError), open_writer(target) as writer:  # noqa: PT012
        writer.write(mixed())
        raise ZeroDivisionError
    writer = open_writer(target)
    writer.write(mixed())
    with pytest.raises(InputError, match="differs from the first"):
        writer.write(mixed()[["word"]])
    with pytest.raises(InputError, match="no rows were written"), open_writer(target):
        pass
    assert target.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.parquet"]


def test_the_file_appears_only_when_whole(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "a.csv")
    writer.write(mixed())
    assert not (tmp_path / "a.csv").exists()
    writer.close()
    writer.close()
    assert os.listdir(tmp_path) == ["a.csv"]
    with pytest.raises(InputError, match="closed"):
        writer.write(mixed())


def test_a_link_stays_a_link_and_a_device_a_device(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    write_table(mixed(), tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").is_file()
    (tmp_path / "null.csv").symlink_to("/dev/null")
    write_table(mixed(), tmp_path / "null.csv")
    assert Path("/dev/null").is_char_device()


def test_paths_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("a\n1\n")
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match="no known format"):
        read_table(tmp_path / "table.xlsx")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        read_table(tmp_path / "folder.csv")
    with pytest.raises(InputError, match="is a folder"):
        write_table(mixed(), tmp_path / "folder.csv")
    with pytest.raises(InputError, match="folder does not exist"):
        write_table(mixed(), tmp_path / "none" / "a.csv")
    with pytest.raises(InputError, match="overwrite=True"):
        write_table(mixed(), tmp_path / "there.csv", overwrite=False)
    assert (tmp_path / "there.csv").read_text() == "a\n1\n"


@pytest.mark.parametrize(
    "address", ["postgresql://me:hunter2@host/db", "sqlite:///a.db", "mysql+pymysql://h"]
)
def test_databases_come_later_and_passwords_stay_hidden(address: str) -> None:
    for path in (address, Path(address)):
        with pytest.raises(NotAvailable, match="later version") as caught:
            read_table(path)
        assert "hunter2" not in str(caught.value)
    with pytest.raises(NotAvailable):
        write_table(mixed(), address)


def test_addresses_are_not_fetched() -> None:
    with pytest.raises(InputError, match="fetch the file first"):
        read_table("https://example.org/secret.csv?token=hunter2")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "content", [b"", b"   \n", b"PAR1 canary \xff\xfe", b"ARROW1 canary", b"a,b\n1,canary,2\n"]
)
def test_damaged_files_are_refused_without_showing_them(ending: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"t{ending}"
    path.write_bytes(content)
    if ending == ".csv" and content.startswith(b"ARROW1"):
        assert list(read_table(path)) == ["ARROW1 canary"]  # it is a header, for all one can know
        return
    with pytest.raises(InputError) as caught:
        read_table(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "canary" not in message
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1,2\ncanary,2,3\n", "more or fewer cells"),
        (b"a,b\n1,canary\xff\n", "UTF-8"),
        (b"a\xff,b\n1,2\n", "UTF-8"),
        (b"", "empty"),
    ],
)
def test_csv_says_what_is_wrong(content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_csv(io.BytesIO(content))
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("ending", TYPED)
def test_a_column_without_a_type_is_named(ending: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"fine": [1, 2], "odd": [1, "canary"]})
    with pytest.raises(InputError, match="'odd'") as caught:
        write_table(frame, tmp_path / f"t{ending}")
    assert "canary" not in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_standard_streams(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr("sys.stdout", out)
    with open_writer("-") as writer:
        writer.write(mixed().iloc[:3])
        writer.write(mixed().iloc[3:])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(out.buffer.getvalue())))  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(read_table("-"), mixed())


def test_arrow_blocks_may_bring_levels_of_their_own() -> None:
    """Invented names in a categorical column differ from block to block."""
    from twin.files.columnar import Arrow

    target = io.BytesIO()
    writer = Arrow().writer(target)
    for levels in (["a", "b"], ["b", "c"], ["a"], ["d"]):
        writer.write(pd.DataFrame({0: pd.Categorical(levels)}))
    writer.close()
    back = Arrow().read(io.BytesIO(target.getvalue()))
    assert back.iloc[:, 0].tolist() == ["a", "b", "b", "c", "a", "d"]
    assert isinstance(back.dtypes.iloc[0], pd.CategoricalDtype)
