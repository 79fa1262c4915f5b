"""What a canary looks like, and a search for many at once: in text, bytes, arrays, saved files and memory."""

from __future__ import annotations

import datetime as dt
import functools
import gc
import io
import json
import logging
import re
import sys
import types
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from twin.arrays import Array
from twin.files.archive import read_archive

UNLIKELY = 6
"""Fewest significant digits from which a number is not met by chance."""
_SHOWN = 7  # digits of a number that a text must show
_SURE = 4  # characters of a text that no noise in bytes spells by chance
_SCALES = 13  # a value may be kept in tenths, hundredths, … of its unit
_LARGEST = 2**62
_CLOSED = (type, types.ModuleType, logging.Logger, logging.Handler, np.random.Generator, np.dtype)
_OWN = "twin.canaries"


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
        >>> pattern = number_pattern(1234567.89)
        >>> "1,234,567.89" in pattern.texts, 123456789 in pattern.numbers
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
            units = int(scaled)
            numbers |= {units} | ({units - 0.5, units + 0.5} if beside else set())
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
    """Finds many patterns at once; every search returns the positions of those that were found.

    Args:
        patterns: What to find.

    Example:
        >>> finder = Finder([text_pattern("Zwetkowitsch"), number_pattern(1234567.89)])
        >>> finder.text("<b>ZWETKOWITSCH</b>"), finder.array(np.array([0.5, 123456789.0]))
        ({0}, {1})
    """

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._texts: list[tuple[str, int, re.Pattern[str] | None]] = []
        self._bytes: list[tuple[bytes, int]] = []
        self._numbers: dict[int | float, set[int]] = {}
        for i, pattern in enumerate(patterns):
            for text in pattern.texts:
                self._add(text, i)
            for number in pattern.numbers:
                self._numbers.setdefault(number, set()).add(i)
        numbers = list(self._numbers)
        self._floats = np.unique(np.array([float(x) for x in numbers], np.float64))
        self._singles = np.unique(self._floats.astype(np.float32))
        self._integers = np.array([int(x) for x in numbers if x == int(x)], np.int64)
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
        """Patterns in a text, whatever their case; a number only where it stands alone."""
        folded = text.casefold()
        return self._spelled(folded, 1)

    def _spelled(self, folded: str, shortest: int) -> set[int]:
        return {
            i
            for text, i, bounded in self._texts
            if len(text) >= shortest
            and text in folded
            and (bounded is None or bounded.search(folded) is not None)
        }

    def bytes(self, content: bytes | bytearray | memoryview) -> set[int]:
        """Patterns in bytes: as UTF-8, UTF-16, UTF-32, or escaped as in JSON."""
        plain = bytes(content)
        found = {i for encoded, i in self._bytes if encoded in plain}
        try:
            return found | self.text(plain.decode("utf-8"))
        except UnicodeDecodeError:  # not text in UTF-8: single characters are met by chance
            return found | self._spelled(plain.decode("utf-8", "replace").casefold(), _SURE)

    def number(self, value: float) -> set[int]:
        """Patterns that are this very number."""
        return self._numbers.get(value, set())

    def array(self, array: Array) -> set[int]:
        """Patterns in an array of numbers, times or text of any shape."""
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
        hits = np.unique(array[np.isin(array, self._floats if kind == "f" else self._integers)])
        return self._all(self.number(x) for x in hits.tolist())

    @staticmethod
    def _all(found: Iterable[set[int]]) -> set[int]:
        return set().union(*found)


def _bounded(text: str) -> re.Pattern[str] | None:
    """A pattern that does not begin or end inside a longer number."""
    before = r"(?<![0-9.])" if text[0].isdigit() else ""
    after = r"(?![0-9])" if text[-1].isdigit() and "." not in text else ""
    return re.compile(before + re.escape(text) + after) if before or after else None


def search_archive(content: bytes, finder: Finder) -> set[int]:
    """Patterns in a saved twin.

    Args:
        content: Bytes of the file.
        finder: What to find.

    Returns:
        Positions of the patterns that were found.
    """
    found = finder.bytes(content)
    archive = read_archive(io.BytesIO(content))
    for document in archive.documents.values():
        found |= finder.bytes(json.dumps(document).encode())
    for array in archive.arrays.values():
        found |= finder.array(array)
    start = 8 + int.from_bytes(content[:8], "little")  # the length of the header stands first
    words = content[start : start + (len(content) - start) // 8 * 8]
    for dtype in ("<f8", "<i8"):
        found |= finder.array(np.frombuffer(words, dtype))
    return found


def search_memory(roots: Iterable[object], finder: Finder) -> set[int]:
    """Patterns in all that the roots reach: attributes, slots, containers, arrays, frames, closures, caches.

    Args:
        roots: Where to begin.
        finder: What to find.

    Returns:
        Positions of the patterns that were found.

    Example:
        >>> def keeper(value: str):
        ...     return lambda: value
        >>> search_memory([keeper("Zwetkowitsch")], Finder([text_pattern("Zwetkowitsch")]))
        {0}
    """
    found: set[int] = set()
    alive: dict[int, object] = {}  # kept, so that no id is used twice
    stack = list(roots)
    words: list[str] = []
    while stack:
        item = stack.pop()
        if item is None or isinstance(item, (bool, *_CLOSED)) or id(item) in alive:
            continue
        if isinstance(item, str):
            words.append(item)
        elif isinstance(item, (int, float, np.number)):
            found |= finder.number(item)  # type: ignore[arg-type]
        elif isinstance(item, (bytes, bytearray, memoryview)):
            found |= finder.bytes(item)
        elif isinstance(item, (dt.date, dt.time, dt.timedelta, np.datetime64, np.timedelta64)):
            words.append(str(item))
        else:
            alive[id(item)] = item
            if isinstance(item, np.ndarray) and item.dtype != object:
                found |= finder.array(item)
            stack += _reached(item)
    return found | finder.text("\n".join(set(words)))


def _reached(item: Any) -> list[object]:
    """What an object refers to, one step away."""
    if isinstance(item, np.ndarray):
        return [item.base, *(item.ravel().tolist() if item.dtype == object else ())]
    if isinstance(item, pd.DataFrame):
        return [item.attrs, item.index, item.columns, *(item.iloc[:, j] for j in range(item.shape[1]))]
    if isinstance(item, (pd.Series, pd.Index)):
        return [item.name, item.array, np.asarray(item), getattr(item, "attrs", None)]
    if isinstance(item, pd.api.extensions.ExtensionArray):
        return [np.asarray(item), getattr(item, "categories", None)]
    if isinstance(item, dict):
        return [*item, *item.values()]
    if isinstance(item, types.FunctionType):
        cells = [cell.cell_contents for cell in item.__closure__ or () if _filled(cell)]
        return [*cells, item.__defaults__, item.__kwdefaults__, item.__dict__]
    if isinstance(item, types.GeneratorType):
        frame = item.gi_frame
        return [] if frame is None else list(frame.f_locals.values())
    if isinstance(item, functools.partial):
        return [item.func, item.args, item.keywords]
    return [*gc.get_referents(item), *_slots(item)]


def _filled(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:  # a name that was not bound yet
        return False


def _slots(item: object) -> list[object]:
    names = [
        name
        for kind in type(item).__mro__
        for slots in (kind.__dict__.get("__slots__", ()),)
        for name in ([slots] if isinstance(slots, str) else slots)
    ]
    return [getattr(item, name) for name in names if isinstance(name, str) and hasattr(item, name)]


def lasting_objects() -> list[object]:
    """What stays in the modules of twin between calls: values, caches of functions, attributes of classes."""
    out: list[object] = []
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] != "twin" or name.startswith(_OWN):
            continue
        for item in list(vars(module).values()):
            if isinstance(item, type) and item.__module__ == name:
                out += list(vars(item).values())
            else:
                out.append(item)
    return out
