"""Every error and warning that twin raises on purpose.

    TwinError
    ├── InputError (ValueError)            an argument or a table that cannot be used
    │   ├── ConditionError                 rows are asked for that the twin never draws, or hardly ever
    │   ├── SchemaError                    a schema that is wrong, or does not fit its table
    │   └── PolicyError                    a policy that is wrong in itself
    ├── FileFormatError (ValueError)       a file that is not what it should be
    ├── EvidenceError (ValueError)         evidence that does not hold: a changed file, a wrong key
    ├── MissingExtra (ImportError)         an optional package is not installed
    ├── NotAvailable (NotImplementedError) promised for a later version
    ├── BudgetExceeded                     a release that the privacy budget does not bear
    ├── TrainingError                      a network that did not learn
    └── GateFailed                         a release whose gate did not pass
    TwinWarning (UserWarning)

A message names what, where, the condition and the way out. It never shows a data value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from numbers import Integral
from typing import Any


class TwinError(Exception):
    """Base of all errors that twin raises on purpose."""


class InputError(TwinError, ValueError):
    """An argument or a table that cannot be used."""


class SchemaError(InputError):
    """A schema that is wrong in itself, or does not fit its table."""


class ConditionError(InputError):
    """Rows are asked for that the twin never draws, or too seldom for them to be worth much.

    Args:
        message: What stands in the way, without a value.
        nearest: Conditions that can be had instead, as `given=` takes them: levels that were kept, or a range
            that samples hold. None where none is known.
    """

    def __init__(self, message: str, nearest: Mapping[Any, Any] | None = None) -> None:
        way = "" if nearest is None else "; the nearest that can be had stands in this error's .nearest"
        super().__init__(message + way)
        self.nearest = nearest


class PolicyError(InputError):
    """A policy that is wrong in itself, or asks for what no report has."""


class EvidenceError(TwinError, ValueError):
    """Evidence that does not hold: a changed file, no signature, or one made with another key."""


class FileFormatError(TwinError, ValueError):
    """A file that is not what it should be, or was made by a newer version."""


class MissingExtra(TwinError, ImportError):
    """An optional package is not installed.

    Args:
        package: Name of the package that is missing.
        extra: Name of the extra that brings it.
        purpose: What it is needed for, in words.
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {package}: install it with  pip install 'twin[{extra}]'")


class NotAvailable(TwinError, NotImplementedError):
    """Something that this version does not do yet."""


class BudgetExceeded(TwinError):
    """A release that the privacy budget does not bear. Nothing was released and nothing was charged."""


class TrainingError(TwinError):
    """A network that did not learn: its loss is no longer a finite number."""


class GateFailed(TwinError):
    """A release whose gate did not pass."""


class TwinWarning(UserWarning):
    """Something the user should know, though the work went on."""


def no_column(
    argument: str, name: object, names: Iterable[object], kind: type[InputError] = InputError
) -> InputError:
    """The error for a column that is not there.

    Args:
        argument: Argument that names it.
        name: Name that was given, of whatever type.
        names: Names of the columns that are there. Near ones are shown; never a cell.
        kind: `InputError`, or one of its kinds.

    Returns:
        The error, to be raised.

    Example:
        >>> no_column("subject", "agee", ["age", "sex"])
        InputError("subject: there is no column 'agee'; near names: 'age'")
    """
    by_text = {str(there): there for there in names}
    near = [repr(by_text[text]) for text in get_close_matches(str(name), by_text, n=3)]
    way = f"near names: {', '.join(near)}" if near else "name one that is there"
    return kind(f"{argument}: there is no column {name!r}; {way}")


def check_count(n: int, name: str = "n") -> int:
    """A whole number of at least 0, as int.

    Args:
        n: What was given.
        name: Argument that it was given for.

    Raises:
        InputError: If it is no whole number, or below 0.

    Example:
        >>> check_count(3, "k")
        3
    """
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 0:
        raise InputError(f"{name}: must be a whole number of at least 0")
    return int(n)


def check_seed(seed: int | None, name: str = "seed") -> None:
    """Refuse a seed that is no whole number of at least 0.

    Args:
        seed: The seed, or None for a fresh one.
        name: Argument that it was given for.

    Raises:
        InputError: If it is something else.
    """
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0):
        raise InputError(f"{name}: must be a whole number of at least 0, or None for a fresh one")
