"""Tables in and out of files, whatever the format: the ending of the name decides."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from twin.errors import InputError, NotAvailable
from twin.files.csv import Csv
from twin.files.formats import BlockWriter, format_of
from twin.files.paths import AtomicFile, open_to_read

if TYPE_CHECKING:
    import pandas as pd

STREAM = "-"
"""The path that stands for standard input or output, as CSV."""

REMOTE = frozenset({"http", "https", "ftp", "s3", "gs", "az", "abfs", "hdfs"})


def read_table(path: str | Path) -> pd.DataFrame:
    """Reads a table from a file.

    Args:
        path: Path that ends in .csv, .csv.gz, .parquet, .pq, .arrow or .feather; "-" reads CSV from
            standard input.

    Returns:
        The table.

    Raises:
        InputError: If the file is missing, empty, damaged, or of an unknown format.
        NotAvailable: If the path is the address of a database.
    """
    _refuse_address(path)
    if str(path) == STREAM:
        return Csv().read(sys.stdin.buffer)
    path = Path(path)
    entry = format_of(path)
    with open_to_read(path) as source:
        try:
            return entry.read(source)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None


def write_table(
    frame: pd.DataFrame, path: str | Path, *, overwrite: bool = True, escape_formulas: bool = False
) -> None:
    """Writes a table to a file, which appears whole or not at all.

    Args:
        frame: The table.
        path: Path that ends in .csv, .csv.gz, .parquet, .pq, .arrow or .feather; "-" writes CSV to
            standard output.
        overwrite: Whether a file that is there may be replaced.
        escape_formulas: Whether text in CSV that a spreadsheet would run as a formula (it starts with
            = + - @, a tab or a carriage return) gets an apostrophe in front.

    Raises:
        InputError: If the file cannot be written, or a column has no place in the format.
        NotAvailable: If the path is the address of a database.

    Example:
        >>> import tempfile, pandas as pd
        >>> frame = pd.DataFrame({"n": [1, 2], "word": ["a", None]})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_table(frame, Path(folder) / "a.parquet")
        ...     read_table(Path(folder) / "a.parquet").equals(frame)
        True
    """
    with open_writer(path, overwrite=overwrite, escape_formulas=escape_formulas) as writer:
        writer.write(frame)


def open_writer(path: str | Path, *, overwrite: bool = True, escape_formulas: bool = False) -> TableWriter:
    """Opens a file for a table that comes in blocks of rows.

    Args:
        path: See `write_table`.
        overwrite: See `write_table`.
        escape_formulas: See `write_table`.

    Returns:
        A writer; used with `with`, the file appears when the block ends well, and not at all otherwise.

    Raises:
        InputError: If the file cannot be written or its ending says no known format.
        NotAvailable: If the path is the address of a database.
    """
    _refuse_address(path)
    if str(path) == STREAM:
        return TableWriter(Csv().writer(sys.stdout.buffer, escape_formulas=escape_formulas), None)
    entry = format_of(Path(path))
    file = AtomicFile(Path(path), overwrite=overwrite)
    return TableWriter(entry.writer(file.stream, escape_formulas=escape_formulas), file)


class TableWriter:
    """Writes a table in blocks of rows.

    Args:
        blocks: Writer of the format.
        file: The file under it; None for a stream that belongs to somebody else.
    """

    def __init__(self, blocks: BlockWriter, file: AtomicFile | None) -> None:
        self._blocks = blocks
        self._file = file
        self._written = False
        self._open = True

    def write(self, frame: pd.DataFrame) -> None:
        """Writes a block of rows, with the same columns and types as the first.

        Raises:
            InputError: If the writer is closed, or the block differs from the first.
        """
        if not self._open:
            raise InputError("table: the writer is closed; open a new one")
        try:
            self._blocks.write(frame)
        except BaseException:
            self.abort()
            raise
        self._written = True

    def close(self) -> None:
        """Ends the table and puts the file in its place; a second call does nothing.

        Raises:
            InputError: If no block was written, or the file cannot be put in its place.
        """
        if not self._open:
            return
        if not self._written:
            self.abort()
            raise InputError("table: no rows were written; write a block, which may be empty, before closing")
        try:
            self._blocks.close()
        except BaseException:
            self.abort()
            raise
        self._open = False
        if self._file is not None:
            self._file.commit()
        else:
            sys.stdout.flush()

    def abort(self) -> None:
        """Ends without a file."""
        self._open = False
        if self._file is not None:
            with suppress(OSError, ValueError, TypeError):  # a footer that nobody will read
                self._blocks.close()
            self._file.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        elif self._open:
            self.abort()


def _refuse_address(path: str | Path) -> None:
    """Addresses are not paths; they may hold a password, so they are never shown."""
    match = re.match(r"([A-Za-z][A-Za-z0-9+.]*)://?(?=.)", str(path))
    if match is None or len(match[1]) == 1:  # a single letter is a drive
        return
    scheme = match[1].lower()
    if scheme in REMOTE or scheme == "file":
        raise InputError(f"{scheme} addresses are not read: fetch the file first and give its path")
    raise NotAvailable(
        f"databases ({scheme}) come with a later version: write the table to a parquet or csv file first"
    )
