"""Files of columns: parquet, with all that pandas notes of its types, and Arrow, also known as Feather 2."""

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


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """Arrow IPC files.

    Args:
        suffixes: Ends of the names of its files.
    """

    suffixes: tuple[str, ...] = (".arrow", ".feather")

    def read(self, source: BinaryIO) -> pd.DataFrame:
        """Reads a table.

        Raises:
            InputError: If the stream is not an Arrow file, or is damaged.
        """
        import pyarrow as pa

        try:
            table = pa.ipc.open_file(source).read_all()
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError):
            raise InputError(
                "arrow: the file is empty, damaged or not an Arrow file; write it anew"
            ) from None
        return to_pandas(table)

    def writer(self, target: BinaryIO, *, escape_formulas: bool = False) -> ArrowWriter:
        """A writer of blocks of rows; `escape_formulas` has no use here.

        Args:
            target: An open stream.
            escape_formulas: Whether text that a spreadsheet would run as a formula is defused.
        """
        return ArrowWriter(target)


class ArrowWriter:
    """Writes blocks of rows as record batches.

    Args:
        target: Binary stream.
    """

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._writer: Any = None
        self._schema: Any = None
        self._levels: dict[Any, pd.Index[Any]] = {}

    def write(self, frame: pd.DataFrame) -> None:
        """Writes a block; the first one fixes the columns and their types."""
        import pyarrow as pa

        table = to_arrow(self._with_known_levels(frame), self._schema)
        if self._writer is None:
            self._schema = table.schema
            options = pa.ipc.IpcWriteOptions(
                compression="lz4", unify_dictionaries=True, emit_dictionary_deltas=True
            )
            self._writer = pa.ipc.new_file(self._target, table.schema, options=options)
        self._writer.write_table(table)

    def _with_known_levels(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The block with the levels of earlier ones first: the format lets levels be added, not changed."""
        import pandas as pd

        out = frame.copy(deep=False)
        for name, dtype in frame.dtypes.items():
            if not isinstance(dtype, pd.CategoricalDtype):
                continue
            known = self._levels.get(name, dtype.categories)
            levels = known.append(dtype.categories.difference(known, sort=False))
            if not levels.equals(dtype.categories):
                out[name] = frame[name].cat.set_categories(levels)
            self._levels[name] = levels
        return out

    def close(self) -> None:
        """Writes the footer, without closing the file under it."""
        if self._writer is not None:
            self._writer.close()
