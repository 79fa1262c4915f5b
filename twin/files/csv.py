"""CSV: UTF-8, ISO dates, a missing cell as nothing and an empty text as two quotes."""

from __future__ import annotations

import csv as standard
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from twin.errors import InputError
from twin.files.convert import to_arrow, to_pandas

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "<NA>")
"""What stands for a missing cell, where it is not in quotes."""

FORMULA = "=+-@\t\r"
"""First characters that a spreadsheet takes for the start of a formula (OWASP, CSV injection)."""

WHOLE = r"^-?(0|[1-9]\d*)$"
DECIMAL = r"^-?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][-+]?\d+)?$|^-?(inf|Inf|INF)$"
DATE = r"^\d{4}-\d\d-\d\d$"
MOMENT = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?$"
ZONED = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[-+]\d\d(:?\d\d)?)$"
FLAG = r"^(true|false|True|False|TRUE|FALSE)$"


@dataclass(frozen=True, kw_only=True)
class Csv:
    """Comma-separated values.

    Args:
        suffixes: Ends of the names of its files.
        gzip: Whether the file is compressed.
    """

    suffixes: tuple[str, ...] = (".csv",)
    gzip: bool = False

    def read(self, source: BinaryIO) -> pd.DataFrame:
        """Reads a table; types are found from all rows, and codes with leading zeros stay text."""
        return read_csv(source, gzip=self.gzip)

    def writer(self, target: BinaryIO, *, escape_formulas: bool = False) -> CsvWriter:
        """A writer of blocks of rows.

        Args:
            target: An open stream.
            escape_formulas: Whether text that a spreadsheet would run as a formula is defused.
        """
        return CsvWriter(target, gzip=self.gzip, escape_formulas=escape_formulas)


def read_csv(source: BinaryIO, *, gzip: bool = False) -> pd.DataFrame:
    r"""Reads a table from CSV.

    The cells may be parted by commas, semicolons or tabs. Whole numbers, decimals, flags, ISO dates and
    ISO times are recognised where every cell of a column fits; all else is text.

    Args:
        source: Binary stream.
        gzip: Whether it is compressed.

    Returns:
        DataFrame with one row per line after the header.

    Raises:
        InputError: If the file is empty, is not UTF-8, or its rows differ in length.

    Example:
        >>> frame = read_csv(io.BytesIO(b"code,n,day\n0412,1,2020-05-01\n0001,,2020-05-02\n"))
        >>> [str(t) for t in frame.dtypes[1:]], frame["code"][1]
        (['Int64', 'datetime64[ns]'], '0001')
    """
    import pyarrow as pa
    from pyarrow import csv

    raw = _bytes(source, gzip)
    names, delimiter = _header(raw)
    try:
        table = csv.read_csv(
            io.BytesIO(raw),
            parse_options=csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=len(names) > 1
            ),
            convert_options=csv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                null_values=list(MISSING),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        # The parser's own words show cells, so they are not passed on.
        if "UTF8" in str(error):
            raise InputError("csv: the file is not in UTF-8; save it as UTF-8") from None
        raise InputError(
            f"csv: a row has more or fewer cells than the header has ({len(names)}); "
            "check for stray separators and quotes"
        ) from None
    columns = [_typed(table.column(i)) for i in range(table.num_columns)]
    return to_pandas(pa.Table.from_arrays(columns, names=table.column_names))


def _bytes(source: BinaryIO, gzip: bool) -> bytes:
    import zlib
    from gzip import BadGzipFile, GzipFile

    try:
        raw = GzipFile(fileobj=source).read() if gzip else source.read()
    except (BadGzipFile, EOFError, zlib.error):
        raise InputError("csv: the file is not complete gzip; compress it anew") from None
    if not raw.strip():
        raise InputError("csv: the file is empty; it needs a header line at least")
    return raw if raw.endswith((b"\n", b"\r")) else raw + b"\n"


def _header(raw: bytes) -> tuple[list[str], str]:
    """Names of the columns, and what parts them: the commonest of comma, semicolon and tab."""
    try:
        first = raw[: raw.find(b"\n")].decode("utf-8-sig")
        delimiter = max(",;\t", key=re.sub(r'"[^"]*"', "", first).count)
        text = io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8-sig", newline="")
        return next(standard.reader(text, delimiter=delimiter)), delimiter
    except (UnicodeDecodeError, standard.Error, StopIteration):
        raise InputError("csv: the header cannot be read as UTF-8 text; save the file as UTF-8") from None


def _typed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of text as the narrowest type that all its cells fit."""
    import pyarrow as pa
    from pyarrow import compute as pc

    cells = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
    known = cells.drop_null()
    if len(known) == 0:
        return column
    day = (pa.timestamp("ns"), pa.timestamp("us"), pa.timestamp("s"))
    zoned = (pa.timestamp("ns", "UTC"), pa.timestamp("us", "UTC"))
    trials = (
        (FLAG, (pa.bool_(),)),
        (WHOLE, (pa.int64(), pa.uint64())),
        (DECIMAL, (pa.float64(),)),
        (DATE, day),
        (MOMENT, day),
        (ZONED, zoned),
    )
    for pattern, types in trials:
        fits = pc.match_substring_regex(known.slice(0, 1), pattern)[0].as_py()
        if not fits or not pc.all(pc.match_substring_regex(known, pattern)).as_py():
            continue
        for kind in types:
            try:
                return (pc.utf8_lower(cells) if pattern == FLAG else cells).cast(kind)
            except pa.ArrowInvalid:
                continue  # too large for this type
        return column  # no type holds all of it
    return column


class CsvWriter:
    """Writes blocks of rows as CSV.

    Args:
        target: Binary stream.
        gzip: Whether to compress.
        escape_formulas: Whether text that a spreadsheet would run as a formula gets an apostrophe in front.
    """

    def __init__(self, target: BinaryIO, *, gzip: bool = False, escape_formulas: bool = False) -> None:
        from gzip import GzipFile

        self._packed = GzipFile(filename="", fileobj=target, mode="wb", mtime=0) if gzip else None
        self._target = self._packed or target
        self._escape = escape_formulas
        self._names: list[str] | None = None

    def write(self, frame: pd.DataFrame) -> None:
        """Writes a block; the first one also writes the header."""
        import pyarrow as pa
        from pyarrow import csv

        named = [name for name in frame.index.names if name is not None]
        frame = frame.reset_index(level=named) if named else frame  # a named index becomes columns
        table = to_arrow(frame.reset_index(drop=True), text_fallback=True)
        first = self._names is None
        if not first and table.column_names != self._names:
            raise InputError("table: a block differs from the first one in its columns")
        self._names = table.column_names
        columns = [self._plain(column) for column in table.columns]
        names = [self._safe_name(name) for name in table.column_names]
        options = csv.WriteOptions(include_header=first, batch_size=16_384)
        csv.write_csv(pa.Table.from_arrays(columns, names=names), self._target, options)

    def close(self) -> None:
        """Ends the stream, without closing the file under it."""
        if self._packed is not None:
            self._packed.close()

    def _safe_name(self, name: str) -> str:
        return f"'{name}" if self._escape and name.startswith(tuple(FORMULA)) else name

    def _plain(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """A column as types that CSV has words for."""
        import pyarrow as pa

        kind = column.type
        if pa.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if pa.types.is_floating(kind):
            return _with_point(column)
        if pa.types.is_timestamp(kind):
            return _short_moment(column)
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            return _escaped(column) if self._escape else column
        if pa.types.is_nested(kind) or pa.types.is_duration(kind) or pa.types.is_binary(kind):
            texts = pa.chunked_array(
                [[None if v is None else str(v) for v in column.to_pylist()]], pa.string()
            )
            return _escaped(texts) if self._escape else texts
        return column


def _escaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    from pyarrow import compute as pc

    return pc.replace_substring_regex(column, r"\A([=+\-@\t\r])", r"'\1")


def _with_point(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole decimals as 1.0 rather than 1, so that they are read as decimals again."""
    import pyarrow as pa
    from pyarrow import compute as pc

    if pa.types.is_float16(column.type):
        column = column.cast(pa.float32())
    limits = pc.min_max(column)
    low, high = limits["min"].as_py(), limits["max"].as_py()
    if low is None or max(abs(low), abs(high)) >= 1e22:
        return column
    if not pc.all(pc.equal(pc.floor(column), column)).as_py():
        return column
    return column.cast(pa.float64()).cast(pa.decimal128(38, 1))


def _short_moment(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Moments in the coarsest unit that loses nothing; a column of midnights as dates."""
    import pyarrow as pa
    from pyarrow import compute as pc

    if column.type.tz is None:
        days = column.cast(pa.date32(), safe=False)
        if pc.all(pc.equal(days.cast(column.type), column)).as_py():
            return days
    for unit in ("s", "ms", "us"):
        try:
            return column.cast(pa.timestamp(unit, column.type.tz))
        except pa.ArrowInvalid:
            continue  # finer than this unit
    return column
