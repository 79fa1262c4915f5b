"""Files: one format per file; a file appears whole or not at all."""

from twin.files.archive import Archive, read_archive, write_archive
from twin.files.formats import FORMATS, Format
from twin.files.tabular import TableWriter, open_writer, read_table, write_table

__all__ = [
    "FORMATS",
    "Archive",
    "Format",
    "TableWriter",
    "open_writer",
    "read_archive",
    "read_table",
    "write_archive",
    "write_table",
]
