"""Numbers on a grid of whole numbers: of a precision, or of all the values that a float64 can take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.arrays import Array, Floats, Ints
from twin.columns.binning.binning import FARTHEST

LARGEST = 2.0**52
"""Beyond this a float64 cannot hold half-integers."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Maps numbers to integers and back, keeping their order.

    Args:
        type: What the values are: integer, real or decimal.
        decimals: Digits after the point that one step of the grid stands for; negative for tens.
        scale: Digits after the point of a decimal.
        binary: Use the ordered bit patterns of float64 in place of a decimal grid, for values over very
            many orders of magnitude.

    Example:
        >>> grid = Grid(type="real", decimals=2)
        >>> grid.units(np.array([1.25])).tolist(), grid.values(np.array([125])).tolist()
        ([125], [1.25])
    """

    type: Literal["integer", "real", "decimal"]
    decimals: int
    scale: int = 0
    binary: bool = False

    def units(self, values: Array) -> Ints:
        """Integers of the values, shape (n,); infinities lie farthest out."""
        if self.type != "real":
            step = 10 ** (self.scale - self.decimals)
            whole: Ints = values.astype(np.int64)
            return whole if step == 1 else (whole + step // 2) // step
        reals = values.astype(np.float64)
        if self.binary:
            bits = (reals + 0.0).view(np.int64)
            ordered = np.where(bits < 0, np.iinfo(np.int64).min - bits, bits)
        else:
            scaled = np.rint(shifted(np.where(np.isfinite(reals), reals, 0.0), self.decimals))
            ordered = np.clip(scaled, -LARGEST * 1024, LARGEST * 1024).astype(np.int64)
        return np.where(np.isposinf(reals), FARTHEST, np.where(np.isneginf(reals), -FARTHEST, ordered))

    def values(self, units: Ints) -> Array:
        """Values of the integers, shape (n,)."""
        if self.type != "real":
            step: int = 10 ** (self.scale - self.decimals)
            return units * step
        if self.binary:
            bits = np.where(units < 0, np.iinfo(np.int64).min - units, units)
            reals = bits.view(np.float64)
        else:
            reals = shifted(units.astype(np.float64), -self.decimals)
        far = np.abs(units) == FARTHEST
        return np.where(far, np.copysign(np.inf, units), reals) if far.any() else reals


def shifted(values: Floats, digits: int) -> Floats:
    """Values times 10**digits, correctly rounded where the power is exact."""
    return values * 10.0**digits if digits >= 0 else values / 10.0**-digits
