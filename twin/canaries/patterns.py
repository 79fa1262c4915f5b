"""What a canary looks like in text, in bytes and in arrays, and a finder of many at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from twin.arrays import Array

UNLIKELY = 6
"""Fewest significant digits from which a number is not met by chance."""
_SHOWN = 7  # digits of a number that a text must show
_SURE = 4  # characters of a text that no noise in bytes spells by chance
_SCALES = 13  # a value may be kept in tenths, hundredths, … of its unit
_LARGEST = 2**62


@dataclass(frozen=True)
class Pattern:
    """The spellings of one canary; empty where none is unlikely enough to prove anything.

    Args:
        texts: Pieces of text, any case.
        numbers: Exact numbers, in the units that they may be kept in.
    """

    texts: tuple[str, ...] = ()
    numbers: tuple[int | float, ...] = ()


def digits(value: float) -> int:
    """Significant digits of a number.

    Example:
        >>> digits(1234500.0), digits(0.0123)
        (5, 3)
    """
    return len("".join(map(str, Decimal(repr(value)).as_tuple().digits)).strip("0"))


def number_pattern(value: float, *, beside: bool = False) -> Pattern:
    """The spellings of a number of at least six significant digits; else none.

    Args:
        value: The number, finite.
        beside: Whether a bound half a unit away from it tells it as well.

    Example:
        >>> needle = number_pattern(1234567.89)
        >>> "1,234,567.89" in needle.texts, 123456789 in needle.numbers
        (True, True)
    """
    if digits(value) < UNLIKELY:
        return Pattern()
    exact = abs(Decimal(repr(value)))
    plain = format(exact, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    texts = {plain, plain.replace(".", ","), f"{exact.normalize():,f}"}
    if "." in plain:
        texts |= {plain[: 2 + _SHOWN], f"{exact:.0f}", f"{exact:,.0f}", plain.replace(".", "")}
    numbers: set[int | float] = {float(value), int(np.float64(value).view(np.int64))}
    for power in range(_SCALES):
        scaled = Decimal(repr(value)).scaleb(power)
        if scaled == scaled.to_integral_value() and abs(scaled) < _LARGEST:
            whole = int(scaled)
            numbers |= {whole} | ({whole - 0.5, whole + 0.5} if beside else set())
    shown = tuple(sorted(t for t in texts if len(re.sub(r"\D", "", t).strip("0")) >= _SHOWN))
    return Pattern(shown, tuple(sorted(numbers)))


def text_pattern(text: str) -> Pattern:
    """A piece of text, and pieces of it where it is long, so that a cut one is found too."""
    size = 24
    if len(text) <= 2 * size:
        return Pattern((text,))
    middle = len(text) // 2
    return Pattern((text[:size], text[middle : middle + size], text[-size:]))


class Finder:
    """Finds many needles at once; every search returns the positions of those that were found.

    Args:
        needles: What to find.

    Example:
        >>> finder = Finder([text_pattern("Zwetkowitsch"), number_pattern(1234567.89)])
        >>> finder.text("<b>ZWETKOWITSCH</b>"), finder.array(np.array([0.5, 123456789.0]))
        ({0}, {1})
    """

    def __init__(self, needles: Sequence[Pattern]) -> None:
        self._texts: list[tuple[str, int, re.Pattern[str] | None]] = []
        self._bytes: list[tuple[bytes, int]] = []
        self._numbers: dict[int | float, set[int]] = {}
        for i, needle in enumerate(needles):
            for text in needle.texts:
                self._add(text, i)
            for number in needle.numbers:
                self._numbers.setdefault(number, set()).add(i)
        numbers = list(self._numbers)
        self._floats = np.unique(np.array([float(x) for x in numbers], np.float64))
        self._singles = np.unique(self._floats.astype(np.float32))
        self._whole = np.array([int(x) for x in numbers if x == int(x)], np.int64)
        self._by_single: dict[float, set[int]] = {}
        for number, found in self._numbers.items():
            self._by_single.setdefault(float(np.float32(number)), set()).update(found)

    def _add(self, text: str, i: int) -> None:
        for folded in {text.casefold(), json.dumps(text)[1:-1].casefold()}:
            self._texts.append((folded, i, _bounded(folded)))
        for codec in ("utf-16-le", "utf-16-be", "utf-32-le"):
            if len(text) >= _SURE:
                self._bytes += [(t.encode(codec), i) for t in {text, text.lower()}]

    def text(self, text: str) -> set[int]:
        """Needles in a text, whatever their case; a number only where it stands alone."""
        folded = text.casefold()
        return self._spelled(folded, 1)

    def _spelled(self, folded: str, shortest: int) -> set[int]:
        return {
            i
            for needle, i, pattern in self._texts
            if len(needle) >= shortest
            and needle in folded
            and (pattern is None or pattern.search(folded) is not None)
        }

    def bytes(self, content: bytes | bytearray | memoryview) -> set[int]:
        """Needles in bytes: as UTF-8, UTF-16, UTF-32, or escaped as in JSON."""
        plain = bytes(content)
        found = {i for needle, i in self._bytes if needle in plain}
        try:
            return found | self.text(plain.decode("utf-8"))
        except UnicodeDecodeError:  # not text in UTF-8: single characters are met by chance
            return found | self._spelled(plain.decode("utf-8", "replace").casefold(), _SURE)

    def number(self, value: float) -> set[int]:
        """Needles that are this very number."""
        return self._numbers.get(value, set())

    def array(self, array: Array) -> set[int]:
        """Needles in an array of numbers, times or text of any shape."""
        kind = array.dtype.kind
        if array.dtype.names:
            return self._all(self.array(array[name]) for name in array.dtype.names)
        if kind in "US":
            return self.text("\n".join(map(str, np.unique(array).tolist())))
        if kind in "mM":
            array, kind = array.astype(np.int64), "i"
        if kind == "f" and array.dtype.itemsize == 4:
            hits = np.unique(array[np.isin(array, self._singles)])
            return self._all(self._by_single.get(float(x), set()) for x in hits.tolist())
        if kind not in "iuf" or array.dtype.itemsize < 4:
            return set()
        hits = np.unique(array[np.isin(array, self._floats if kind == "f" else self._whole)])
        return self._all(self.number(x) for x in hits.tolist())

    @staticmethod
    def _all(found: Iterable[set[int]]) -> set[int]:
        return set().union(*found)


def _bounded(text: str) -> re.Pattern[str] | None:
    """A pattern that does not begin or end inside a longer number."""
    before = r"(?<![0-9.])" if text[0].isdigit() else ""
    after = r"(?![0-9])" if text[-1].isdigit() and "." not in text else ""
    return re.compile(before + re.escape(text) + after) if before or after else None
