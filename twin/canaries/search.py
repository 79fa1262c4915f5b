"""A search of a saved twin: each member unpacked, as text, as typed arrays, and as bare bytes."""

from __future__ import annotations

import datetime as dt
import functools
import gc
import io
import logging
import sys
import types
import zipfile
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from twin.canaries.patterns import Finder

_TENSORS = ".safetensors"


def search_archive(content: bytes, finder: Finder) -> set[int]:
    """Needles in a saved twin.

    Args:
        content: Bytes of the file.
        finder: What to find.

    Returns:
        Positions of the needles that were found.
    """
    found = finder.bytes(content)  # names, comments, and members that are not packed
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            member = archive.read(name)
            found |= finder.bytes(member)
            if name.endswith(_TENSORS):
                found |= _search_tensors(member, finder)
    return found


def _search_tensors(member: bytes, finder: Finder) -> set[int]:
    from safetensors.numpy import load

    found: set[int] = set()
    for array in load(member).values():
        found |= finder.array(array)
    start = 8 + int.from_bytes(member[:8], "little")  # the header's length stands first
    body = member[start:]
    words = body[: len(body) // 8 * 8]
    for dtype in ("<f8", "<i8"):
        found |= finder.array(np.frombuffer(words, dtype))
    return found


_CLOSED = (type, types.ModuleType, logging.Logger, logging.Handler, np.random.Generator, np.dtype)
_OWN = "twin.canaries"


def search_memory(roots: Iterable[object], finder: Finder) -> set[int]:
    """Needles in all that the roots reach: attributes, slots, containers, arrays, frames, closures, caches.

    Args:
        roots: Where to begin.
        finder: What to find.

    Returns:
        Positions of the needles that were found.

    Example:
        >>> from twin.canaries.patterns import text_pattern
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
