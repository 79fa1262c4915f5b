"""Everything that a twin says: displays, reports, messages, and errors that are provoked."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import gc
import io
import json
import logging
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from twin.canaries.patterns import Finder
from twin.columns.schema import Category, Datetime, Flag, Name, Number, Schema
from twin.core.fit import fit, from_bytes
from twin.core.generator import Twin
from twin.errors import TwinError
from twin.files.archive import read_archive
from twin.reporting.build import report

_RAISED = (TwinError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError)
_WRONG = (
    Number(),
    Datetime(),
    Datetime(format="%d.%m.%Y"),
    Flag(),
    Category(rare="parent", parents={"none": "any"}),
)
_MESSAGE = "%(name)s %(levelname)s %(message)s"


@dataclass
class Heard:
    """What was said while something ran: log records, warnings, and standard output and error."""

    stream: io.StringIO = field(default_factory=io.StringIO)
    warned: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join([self.stream.getvalue(), *self.warned])


@contextlib.contextmanager
def listening() -> Iterator[Heard]:
    """Collects log records, warnings and printed text; nothing of it reaches the terminal meanwhile."""
    heard = Heard()
    handler = logging.StreamHandler(heard.stream)
    handler.setFormatter(logging.Formatter(_MESSAGE))
    own, root = logging.getLogger("twin"), logging.getLogger()
    level, propagate = own.level, own.propagate
    own.addHandler(handler)
    root.addHandler(handler)
    own.setLevel(logging.DEBUG)
    own.propagate = False
    try:
        with (
            warnings.catch_warnings(record=True) as caught,
            contextlib.redirect_stdout(heard.stream),
            contextlib.redirect_stderr(heard.stream),
        ):
            warnings.simplefilter("always")
            yield heard
    finally:
        own.removeHandler(handler)
        root.removeHandler(handler)
        own.setLevel(level)
        own.propagate = propagate
        heard.warned += [str(w.message) for w in caught]


def suppression_text(t: Twin) -> str:
    """The suppression log in all its forms."""
    log = t.suppressed
    return "\n".join([str(log), repr(log), log._repr_html_(), str(log.to_json())])


def display_text(t: Twin) -> str:
    """What a twin shows of itself."""
    shown = [t, t.schema, t.fit_info, t.columns, t.fitted]
    pages = [t.inspect(), t.model, t._repr_html_(), t.schema._repr_html_(), t.schema.to_json()]
    return "\n".join([*map(str, shown), *map(repr, shown), *pages])


def report_text(t: Twin, sample: pd.DataFrame, part: pd.DataFrame) -> str:
    """A report on a small sample, in all its formats; the refusal, where nothing can be compared.

    Args:
        t: The fitted twin.
        sample: Rows of the twin.
        part: Rows of the real table, the ones with canaries among them.
    """
    try:
        told = report(sample, train=part, twin=t, seed=0)
    except TwinError as error:
        return str(error)
    return "\n".join([told.to_html(), told.to_json(), told.to_text(), str(told), repr(told)])


def error_text(t: Twin, part: pd.DataFrame, schema: Schema, subject: Name | None) -> str:
    """Messages of errors that bad calls raise, as Python prints them.

    Args:
        t: The fitted twin.
        part: Rows of the real table, the ones with canaries among them.
        schema: Declarations of the columns.
        subject: Column that names the person, or None where each row is one.
    """
    out = []
    for call in _bad_calls(t, part, schema, subject):
        try:
            call()
        except _RAISED as error:
            out.append("".join(traceback.format_exception(error)))
    return "\n".join(out)


def _bad_calls(
    t: Twin, part: pd.DataFrame, schema: Schema, subject: Name | None
) -> Iterator[Callable[[], object]]:
    names = [name for name in schema.names if name != subject]
    first = names[0] if names else schema.names[0]

    def fitted(table: pd.DataFrame = part, **options: object) -> Callable[[], object]:
        settings = {"subject": subject, "schema": schema, "model": "independent"} | options
        return lambda: fit(table, **settings)  # type: ignore[arg-type]

    yield fitted(subject="no column of this name")
    yield fitted(k=2)
    yield fitted(part.head(3))
    yield fitted(part.drop(columns=[first]))
    yield fitted(pd.concat([part, part[[first]]], axis=1), schema=None)
    yield fitted(part.assign(**{str(first): part[first].astype(object).map(lambda v: [v])}), schema=None)
    yield fitted(part.assign(**{str(subject or first): None}), subject=subject or first)
    for name in names:
        narrow = [name] if subject is None else [subject, name]
        table, kinds = part[narrow], Schema(columns=tuple(schema[n] for n in narrow))
        for wrong in _WRONG:
            yield fitted(table, schema=kinds.replace({name: wrong}))
    yield lambda: t.sample(-1)
    yield lambda: t.sample(1, given=part.head(1).to_dict())
    for name in names:
        yield lambda name=name: t.sample(1, given={name: part[name].iloc[0]})  # type: ignore[misc]
        yield lambda name=name: t.sample(1, given={name: (part[name].iloc[0], "")})  # type: ignore[misc]
    yield lambda: t.columns.encode(part[[first]], None)  # type: ignore[arg-type]
    yield lambda: report(part[[first]], train=part, twin=t)
    yield lambda: report(part, train=part, target="no column of this name", twin=t)
    content = t.to_bytes()
    yield lambda: from_bytes(content[:-9])


def search_archive(content: bytes, finder: Finder) -> set[int]:
    """Needles in a saved twin.

    Args:
        content: Bytes of the file.
        finder: What to find.

    Returns:
        Positions of the needles that were found.
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
