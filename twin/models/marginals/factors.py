"""Factors: tables of logarithms over a few fields, and their algebra."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from twin.arrays import Floats
from twin.errors import InputError


@dataclass(frozen=True)
class Factor:
    """A table over some fields, kept as natural logarithms.

    Args:
        fields: Positions of the fields, ascending.
        values: Logarithms, one axis per field; -inf where the table is zero.

    Raises:
        InputError: If the fields do not ascend or do not fit the axes.

    Example:
        >>> a, b = Factor((0,), np.zeros(2)), Factor((1,), np.log([1.0, 2.0, 3.0]))
        >>> ab = a.product(b)
        >>> ab.fields, np.exp(ab.marginal((0,)).values).round(6).tolist()
        ((0, 1), [6.0, 6.0])
    """

    fields: tuple[int, ...]
    values: Floats

    def __post_init__(self) -> None:
        if self.values.ndim != len(self.fields) or any(
            a >= b for a, b in zip(self.fields, self.fields[1:], strict=False)
        ):
            raise InputError("factor: fields must ascend, with one axis of the values for each")

    def expand(self, fields: Sequence[int]) -> Floats:
        """The values with an axis for each of `fields` (ascending), of length one where a field is new."""
        size = dict(zip(self.fields, self.values.shape, strict=True))
        return self.values.reshape([size.get(f, 1) for f in fields])

    def product(self, other: Factor) -> Factor:
        """The product, over the fields of both."""
        fields = tuple(sorted({*self.fields, *other.fields}))
        return Factor(fields, self.expand(fields) + other.expand(fields))

    def over(self, other: Factor) -> Factor:
        """The quotient, over the fields of both; zero over zero is zero."""
        fields = tuple(sorted({*self.fields, *other.fields}))
        below = np.where(np.isneginf(other.values), 0.0, other.values)
        return Factor(fields, self.expand(fields) - Factor(other.fields, below).expand(fields))

    def marginal(self, fields: Collection[int]) -> Factor:
        """The sum over all other fields."""
        kept = tuple(f for f in self.fields if f in fields)
        axes = tuple(i for i, f in enumerate(self.fields) if f not in fields)
        return Factor(kept, log_sum(self.values, axes))


def log_sum(values: Floats, axes: tuple[int, ...]) -> Floats:
    """Logarithm of the sum of exponentials over the axes; -inf where all are -inf.

    Args:
        values: Logarithms.
        axes: Axes that are summed over.

    Example:
        >>> log_sum(np.array([[-1000.0, -1000.0], [-np.inf, -np.inf]]), (1,)).round(3).tolist()
        [-999.307, -inf]
    """
    if not axes:
        return values
    top = values.max(axis=axes, keepdims=True)
    top = np.where(np.isneginf(top), 0.0, top)
    with np.errstate(divide="ignore"):
        sums: Floats = np.log(np.exp(values - top).sum(axis=axes))
    return sums + top.reshape(sums.shape)
