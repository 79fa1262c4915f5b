"""How a fit protects people: rare values are suppressed, or a privacy budget is spent."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from twin.columns.schema import Name
from twin.errors import InputError, check_count
from twin.privacy.suppression.guard import check_threshold

K = 11
"""Values held by fewer subjects than this never leave the data, unless another k is given."""


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """Rare values and combinations never leave the data; the default of `twin.fit`. No formal guarantee.

    Args:
        k: Values held by fewer subjects than this are suppressed, ≥ 5.
        quasi_identifiers: Columns that others may know of a person, as `twin.scan` suggests them:
            combinations of two and three of them that fewer than k subjects share come out no more often
            than by chance. "auto": those that the schema declares; (): none.
        unsafe: Allow k below 5, which the file and every report then say.

    Raises:
        InputError: If k is out of range, or a column is named twice.

    Example:
        >>> Suppression(k=20, quasi_identifiers=["age", "zip"]).quasi_identifiers
        ('age', 'zip')
        >>> Suppression(k=2)
        Traceback (most recent call last):
            ...
        twin.errors.InputError: k: must be at least 5 so that small groups stay hidden; pass unsafe=True to \
go lower (at least 1), which every report then says
    """

    k: int = K
    quasi_identifiers: Literal["auto"] | Iterable[Name] = "auto"
    unsafe: bool = False

    def __post_init__(self) -> None:
        check_threshold(check_count(self.k, "k"), unsafe=self.unsafe)
        if isinstance(self.quasi_identifiers, str):
            if self.quasi_identifiers != "auto":
                raise InputError('quasi_identifiers: give a list of columns, such as ["age"], or "auto"')
            return
        names = tuple(self.quasi_identifiers)
        if len(set(names)) < len(names):
            raise InputError("quasi_identifiers: a column is named twice; name each once")
        object.__setattr__(self, "quasi_identifiers", names)

    @property
    def named(self) -> tuple[Name, ...] | None:
        """The columns that are named here, or None where the schema names them."""
        return None if isinstance(self.quasi_identifiers, str) else tuple(self.quasi_identifiers)


@dataclass(frozen=True)
class Budget:
    """All that is learned satisfies (epsilon, delta) differential privacy per subject.

    Args:
        epsilon: How much may be learned about one subject, finite and above 0.
        delta: Chance that the budget does not hold, in (0, 1); a constant, never computed from data.
        rows_per_subject: Most rows of one subject that count, chosen at random, ≥ 1.
        public: A table without secrets from which kinds, levels and bounds are taken, or None.
        unsafe_seed: Draw the noise from this seed, to debug: nothing is protected, and the file and every
            report say so. None: from the operating system.

    Raises:
        InputError: If an argument is out of range.

    Source:
        Dwork, Roth 2014, definition 2.4, for neighbouring tables that differ in all rows of one subject.

    Example:
        >>> Budget(1.0)
        Budget(epsilon=1.0, delta=1e-06, rows_per_subject=1, unsafe_seed=None)
        >>> Budget(0.0)
        Traceback (most recent call last):
            ...
        twin.errors.InputError: epsilon: must be a finite number above 0, as in epsilon=1.0
    """

    epsilon: float
    delta: float = field(default=1e-6, kw_only=True)
    rows_per_subject: int = field(default=1, kw_only=True)
    public: Any = field(default=None, kw_only=True, repr=False, compare=False)
    unsafe_seed: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not _is_number(self.epsilon) or not math.isfinite(self.epsilon) or self.epsilon <= 0:
            raise InputError("epsilon: must be a finite number above 0, as in epsilon=1.0")
        if not _is_number(self.delta) or not 0 < self.delta < 1:
            raise InputError("delta: must lie between 0 and 1, as in delta=1e-6")
        if check_count(self.rows_per_subject, "rows_per_subject") < 1:
            raise InputError("rows_per_subject: must be a whole number of at least 1")
        if self.unsafe_seed is not None:
            check_count(self.unsafe_seed, "unsafe_seed")


def privacy_of(privacy: Suppression | Budget | None, epsilon: float | None = None) -> Suppression | Budget:
    """The regime that was asked for.

    Args:
        privacy: A regime, or None.
        epsilon: Short for `Budget(epsilon)`, or None.

    Raises:
        InputError: If both are given, or `privacy` is no regime.
    """
    if epsilon is not None:
        if privacy is not None:
            raise InputError("epsilon: it is short for privacy=twin.Budget(epsilon); give one of the two")
        return Budget(epsilon)
    if privacy is None:
        return Suppression()
    if not isinstance(privacy, Suppression | Budget):
        raise InputError(
            f"privacy: a {type(privacy).__name__} is none; give twin.Suppression(...) or twin.Budget(...)"
        )
    return privacy


def _is_number(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)
