"""Opening a file to read, and writing one so that it appears whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from twin.errors import InputError


def open_to_read(path: Path) -> BinaryIO:
    """Opens an existing file.

    Args:
        path: Path of a file.

    Returns:
        The file, open in binary mode.

    Raises:
        InputError: If there is no such file, or it cannot be opened.
    """
    if not path.exists():
        raise InputError(f"{path}: there is no such file; check the path")
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file in it")
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror}); check its permissions") from error


class AtomicFile:
    """A file under a temporary name beside its target, which takes the target's place when all is written.

    What is not a regular file (a device, a pipe) is written directly: there is nothing to keep whole.

    Args:
        path: Where the file is to appear.
        overwrite: Whether a file that is there may be replaced.

    Raises:
        InputError: If the folder does not exist, the path is a folder, a file is there and `overwrite`
            is false, or the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     target = Path(folder) / "a.bin"
        ...     with AtomicFile(target) as file:
        ...         _ = file.stream.write(b"whole")
        ...         seen = target.exists()
        ...     seen, target.read_bytes()
        (False, b'whole')
    """

    def __init__(self, path: Path, *, overwrite: bool = True) -> None:
        self._target = Path(os.path.realpath(path))  # a link stays a link; the file behind it is replaced
        if self._target.is_dir():
            raise InputError(f"{path}: is a folder; name a file in it")
        if not self._target.parent.is_dir():
            raise InputError(f"{path}: the folder does not exist; make it first")
        there = self._target.exists()
        if there and not overwrite:
            raise InputError(f"{path}: the file exists; choose another name or pass overwrite=True")
        direct = there and not stat.S_ISREG(self._target.stat().st_mode)
        self._temporary = None if direct else self._beside(self._target)
        try:
            self.stream: BinaryIO = (self._temporary or self._target).open("wb" if direct else "xb")
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror}); check the folder") from error

    @staticmethod
    def _beside(target: Path) -> Path:
        return target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.part")

    def commit(self) -> None:
        """Closes the file and puts it in its place."""
        try:
            self.stream.flush()
            if self._temporary is not None:
                os.fsync(self.stream.fileno())
            self.stream.close()
            if self._temporary is not None:
                os.replace(self._temporary, self._target)
        except OSError as error:
            self.abort()
            raise InputError(f"{self._target}: cannot be written ({error.strerror})") from error

    def abort(self) -> None:
        """Closes the file and leaves nothing of it."""
        try:
            self.stream.close()
        except OSError:
            pass  # what could not be flushed is thrown away anyway
        finally:
            if self._temporary is not None:
                self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.commit()
        else:
            self.abort()
