"""Numbers for people to read, never better than they are."""

from __future__ import annotations

import math

_LONG = 6  # beyond so many zeros a number is written with an exponent


def rounded_up(number: float) -> str:
    """A number with four digits, rounded up, so that no epsilon reads lower than it is.

    Args:
        number: ≥ 0; may be infinite.

    Returns:
        The text.

    Example:
        >>> rounded_up(0.99991), rounded_up(0.12341), rounded_up(0.0), rounded_up(22026.4)
        ('1', '0.1235', '0', '22,030')
    """
    if number == 0 or math.isinf(number):
        return "0" if number == 0 else "unbounded"
    step = math.floor(math.log10(number)) - 3
    digits = math.ceil(number / 10.0**step * (1 - 1e-12))
    return f"{digits * 10.0**step:{',.0f' if 0 < step < _LONG else '.4g'}}"
