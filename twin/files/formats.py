"""The table of file formats: to add one, write it in a file of its own and add a line here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from twin.errors import InputError
from twin.files.columnar import Arrow, Parquet
from twin.files.csv import Csv

if TYPE_CHECKING:
    import pandas as pd


class BlockWriter(Protocol):
    """Writes blocks of rows to a stream."""

    def write(self, frame: pd.DataFrame) -> None:
        """Writes a block; the first one fixes the columns."""

    def close(self) -> None:
        """Ends the table, without closing the stream under it."""


class Format(Protocol):
    """A file format for tables."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Ends of the names of its files, in small letters."""

    def read(self, source: BinaryIO) -> pd.DataFrame:
        """Reads a table from a stream."""

    def writer(self, target: BinaryIO, *, escape_formulas: bool = False) -> BlockWriter:
        """A writer of blocks of rows to a stream.

        Args:
            target: An open stream.
            escape_formulas: Whether text that a spreadsheet would run as a formula is defused.
        """


FORMATS: tuple[Format, ...] = (Csv(), Csv(suffixes=(".csv.gz",), gzip=True), Parquet(), Arrow())


def format_of(path: Path) -> Format:
    """The format that a file's name asks for.

    Args:
        path: Path of a file, which need not exist.

    Returns:
        The entry of FORMATS.

    Raises:
        InputError: If no format has that ending.

    Example:
        >>> format_of(Path("visits.CSV.gz")).suffixes
        ('.csv.gz',)
    """
    name = path.name.lower()
    for entry in FORMATS:
        if name.endswith(entry.suffixes):
            return entry
    known = ", ".join(suffix for entry in FORMATS for suffix in entry.suffixes)
    raise InputError(f"{path}: the ending says no known format; use one of {known}")
