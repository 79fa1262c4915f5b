"""What a sex column says, in many languages and codes."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from twin.arrays import Floats
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.pii.detect.words import (
    word_list,
)

MALE, FEMALE, EITHER = 0, 1, -1


_MEN = word_list("men")
_WOMEN = word_list("women")
_SPANISH = frozenset({"h", "m"})  # hombre, mujer
_HUNGARIAN = frozenset({"f", "n"})  # férfi, nő
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def sexes(native: ColumnArrays, name: str) -> NDArray[np.int8]:
    """0 male, 1 female, -1 either, per row.

    Args:
        native: A decoded column.
        name: Its name, which tells what true and 1 mean in a column named "female".

    Returns:
        Shape (n,).

    Source:
        ISO/IEC 5218 for codes: 1 male, 2 female, 0 not known, 9 not applicable.

    Example:
        >>> there = np.zeros(2, bool)
        >>> column = ColumnArrays(type="string", values=np.array([0, 1]), missing=there, levels=("F", "M"))
        >>> sexes(column, "sex").tolist()
        [1, 0]
    """
    asks = _of_word(name.casefold(), frozenset())
    if not native.nominal:
        numbers = np.where(native.missing, -1, native.values).astype(np.float64)
        return _codes(numbers, asks)
    if native.levels and all(isinstance(level, bool | int | float) for level in native.levels):
        said = _codes(np.array(native.levels, np.float64), asks, flag=native.type == "boolean")
    else:
        known = frozenset(str(level).strip().casefold() for level in native.levels)
        said = np.array([_of_word(str(level), known) for level in native.levels], np.int8)
    said = np.append(said, np.int8(EITHER))
    return np.asarray(said[np.where(native.missing, said.size - 1, native.values)], np.int8)


def _codes(numbers: Floats, asks: int, *, flag: bool = False) -> NDArray[np.int8]:
    out = np.full(numbers.shape, EITHER, np.int8)
    if asks != EITHER:  # a column named "female" or "male"
        out[numbers == 1] = asks
        out[numbers == 0] = 1 - asks
    elif not flag:
        out[numbers == 1] = MALE
        out[numbers == 2] = FEMALE
    return out


@lru_cache(maxsize=4096)
def _of_word(level: str, known: frozenset[str]) -> int:
    folded = level.strip().casefold()
    if folded in ("1", "2"):
        return MALE if folded == "1" else FEMALE
    if known >= _SPANISH and folded == "m":
        return FEMALE
    if known >= _HUNGARIAN and folded in _HUNGARIAN:
        return MALE if folded == "f" else FEMALE
    if known >= {"m", "n"} and folded == "n":  # Finnish nainen
        return FEMALE
    for word in (folded, *_WORD.findall(folded)):
        if word in _WOMEN:
            return FEMALE
        if word in _MEN:
            return MALE
    return EITHER
