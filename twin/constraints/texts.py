"""What is checked row by row and cannot be built: patterns, and whatever a function says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from twin.arrays import Bools
from twin.columns.schema import Name
from twin.constraints.base import Rule, RuleTable, listed


class Matches(Rule):
    """Text of a column follows a regular expression from its beginning to its end. A missing cell keeps it.

    Args:
        column: The column.
        pattern: A regular expression of Python's `re`.

    Example:
        >>> print(Matches(column="postcode", pattern="[0-9]{4}"))
        postcode matches [0-9]{4}
    """

    kind: Literal["matches"] = "matches"
    column: Name
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error:
            raise ValueError("pattern must be a regular expression that Python's re understands") from None
        return value

    def __str__(self) -> str:
        return f"{self.column} matches {self.pattern}"

    @property
    def members(self) -> tuple[Name, ...]:
        """The one column."""
        return (self.column,)

    def check(self, table: RuleTable) -> None:
        """Refuse a column that holds no text."""
        super().check(table)
        native = table[self.column]
        if native.type not in ("string", "mixed"):
            raise self.error(
                f"column {self.column!r} holds no text; turn it into text, or leave the rule out"
            )

    def broken(self, table: RuleTable) -> Bools:
        """Rows whose text does not follow the pattern, shape (n,)."""
        native = table[self.column]
        if native.empty:
            return np.zeros(len(table), dtype=bool)
        pattern = re.compile(self.pattern)
        bad = np.array([pattern.fullmatch(str(level)) is None for level in native.levels], dtype=bool)
        wrong: Bools = bad[native.values] & ~native.missing
        return wrong


class Predicate(Rule):
    """Whatever a function says of the rows. It is never saved: a loaded twin asks for it again.

    Args:
        name: What it says, in words; by this name its function is given again.
        function: From a pandas table, n rows, to n truth values. A missing answer keeps the rule.
        columns: Columns that the function is given, or () for all.

    Example:
        >>> rule = Predicate(name="adults drive", function=lambda t: (t["age"] >= 18) | ~t["drives"])
        >>> rule.broken(RuleTable(pd.DataFrame({"age": [17, 18], "drives": [True, True]}))).tolist()
        [True, False]
    """

    kind: Literal["predicate"] = "predicate"
    name: str = Field(min_length=1)
    function: Callable[[pd.DataFrame], Any] | None = Field(default=None, exclude=True, repr=False)
    columns: tuple[Name, ...] = ()

    @field_validator("columns", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        return listed(value, "columns")

    def __str__(self) -> str:
        return self.name

    @property
    def members(self) -> tuple[Name, ...]:
        """Columns that the function is given; () for all."""
        return self.columns

    def broken(self, table: RuleTable) -> Bools:
        """Rows of which the function says False, shape (n,).

        Raises:
            InputError: If the function is not there, or its answer is not one truth value a row.
        """
        if self.function is None:
            raise self.error(
                "its function is not saved with the twin; give it again with "
                f"t.with_predicates({{{self.name!r}: function}})"
            )
        names = self.columns or table.plain
        answer: Any = self.function(pd.DataFrame({name: table.series(name) for name in names}))
        if not isinstance(answer, pd.Series | pd.api.extensions.ExtensionArray | np.ndarray | list) or (
            len(answer) != len(table)
        ):
            raise self.error("its function must give one truth value for each row, as a Series or an array")
        said = pd.Series(answer).array
        missing = np.asarray(pd.isna(said), dtype=bool)
        held = pd.Series(said).where(~missing, True)
        if not all(value in (True, False) for value in held.unique()):
            raise self.error("its function must give truth values; compare inside it, as in t['age'] >= 18")
        return ~held.to_numpy(dtype=bool)
