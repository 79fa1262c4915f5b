"""Parquet, with everything that pandas notes about its types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from twin.errors import InputError
from twin.files.convert import to_arrow, to_pandas

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Parquet:
    """Apache Parquet.

    Args:
        suffixes: Ends of the names of its files.
    """

    suffixes: tuple[str, ...] = (".parquet", ".pq")

    def read(self, source: BinaryIO) -> pd.DataFrame:
        """Reads a table.

        Raises:
            InputError: If the stream is not parquet, or is damaged.
        """
        import pyarrow as pa
        from pyarrow import parquet

        try:
            table = parquet.ParquetFile(source).read()
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError):
            raise InputError("parquet: the file is empty, damaged or not parquet; write it anew") from None
        return to_pandas(table)

    def writer(self, target: BinaryIO, *, escape_formulas: bool = False) -> ParquetWriter:
        """A writer of blocks of rows; `escape_formulas` has no use here.

        Args:
            target: An open stream.
            escape_formulas: Whether text that a spreadsheet would run as a formula is defused.
        """
        return ParquetWriter(target)


class ParquetWriter:
    """Writes blocks of rows as row groups.

    Args:
        target: Binary stream.
    """

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._writer: Any = None

    def write(self, frame: pd.DataFrame) -> None:
        """Writes a block; the first one fixes the columns and their types."""
        from pyarrow import parquet

        table = to_arrow(frame, None if self._writer is None else self._writer.schema)
        if self._writer is None:
            self._writer = parquet.ParquetWriter(self._target, table.schema, compression="zstd")
        self._writer.write_table(table)

    def close(self) -> None:
        """Writes the footer, without closing the file under it."""
        if self._writer is not None:
            self._writer.close()
