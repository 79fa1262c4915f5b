"""Natural limits of numbers, columns without repeats, and shapes of codes."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby

import numpy as np

from twin.arrays import Array
from twin.constraints.discovery.source import CandidateColumn, DiscoveryTable, Suggestion
from twin.constraints.range import Range
from twin.constraints.texts import Matches
from twin.constraints.whole import Unique

_NATURAL = ((0, 1), (0, 23), (0, 59), (0, 100), (1, 7), (1, 12), (1, 31), (1, 53), (1, 366))
_NEAR = 0.1  # share of the middle value below which the least one is near zero
_SHORT = 24  # most letters of a code
_SHAPES = 4  # most shapes of a code
_MOST_LEVELS = 5_000  # distinct texts that are looked at
_FEWEST_LEVELS = 5


def ranges(source: DiscoveryTable) -> list[Suggestion]:
    """Limits that are natural numbers and that many rows reach: 0, a share, an hour, a month."""
    out: list[Suggestion] = []
    for column in source.amounts:
        if column.family != "number":
            continue
        values = column.native.values[column.present] / 10.0**column.native.scale
        if column.native.type == "real" and not np.isfinite(values).all():
            continue
        least, most = values.min(), values.max()
        many = [pair for pair in _NATURAL if _reaches(source, column, values, pair)]
        if many and np.unique(values).size > 2:
            low, high = many[0]
            out.append(
                Suggestion(
                    Range(column=column.name, low=low, high=high),
                    f"no value is outside, and at least {source.k} rows hold either end",
                )
            )
        elif least >= 0 and most > 1 and (values <= _NEAR * np.median(values)).sum() >= source.k:
            out.append(
                Suggestion(Range(column=column.name, low=0), "no value is negative, and many are near 0")
            )
    return out


def _reaches(source: DiscoveryTable, column: CandidateColumn, values: Array, pair: tuple[int, int]) -> bool:
    """Whether values end where a natural range does, at numbers that enough rows hold."""
    low, high = pair
    whole = bool((values == np.rint(values)).all())
    if values.min() < low or values.max() > high or (not whole and pair not in ((0, 1), (0, 100))):
        return False
    return bool((values == low).sum() >= source.k and (values == high).sum() >= source.k)


def without_repeats(source: DiscoveryTable) -> list[Suggestion]:
    """Columns, alone or with the person, that never repeat though they might."""
    out: list[Suggestion] = []
    n = len(source.table)
    if n < 20 * source.k:
        return out
    person = None if source.subject is None else source.table.native(source.subject).as_nominal().values
    for column in source.columns:
        native = column.native
        if native.type == "real" or not column.present.all():
            continue
        codes = native.as_nominal().values
        size = int(codes.max()) + 1
        if size == n:
            out.append(Suggestion(Unique(columns=(column.name,)), "no two rows have the same value"))
        elif person is not None and size < n / 2 and source.subject is not None:
            pairs = person.astype(np.int64) * size + codes
            if np.unique(person).size < n and np.unique(pairs).size == n:
                rule = Unique(columns=(source.subject, column.name))
                out.append(Suggestion(rule, "no person has the same value twice"))
    return out


def shapes(source: DiscoveryTable) -> list[Suggestion]:
    """Text of few shapes, as codes have: letters and digits in the same places."""
    out: list[Suggestion] = []
    for column in source.columns:
        native = column.native
        if native.type != "string" or not _FEWEST_LEVELS <= len(native.levels) <= _MOST_LEVELS:
            continue
        pattern = _pattern(source, column)
        if pattern is None:
            continue
        rule = Matches(column=column.name, pattern=pattern)
        exceptions = source.exceptions(rule)
        if exceptions is not None:
            out.append(Suggestion(rule, f"has one shape of letters and digits in {source.words(exceptions)}"))
    return out


def _pattern(source: DiscoveryTable, column: CandidateColumn) -> str | None:
    """A pattern of the shapes that enough rows have; None where text has too many, or looks like words."""
    levels = [str(level) for level in column.native.levels]
    if max(map(len, levels)) > _SHORT or any(re.search(r"\s", level) for level in levels[:100]):
        return None
    rows = np.bincount(column.native.values[column.present], minlength=len(levels))
    runs: Counter[tuple[tuple[str, int], ...]] = Counter()
    for level, count in zip(levels, rows.tolist(), strict=True):
        runs[tuple((kind, len(list(same))) for kind, same in groupby(level, _class))] += count
    kept = [run for run, count in runs.items() if count >= source.k]
    merged: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for run in kept:
        kinds, lengths = tuple(kind for kind, _ in run), [length for _, length in run]
        old = merged.get(kinds, [(length, length) for length in lengths])
        merged[kinds] = [(min(a, n), max(b, n)) for (a, b), n in zip(old, lengths, strict=True)]
    classes = {kind for kinds in merged for kind in kinds}
    if not 1 <= len(merged) <= _SHAPES or classes <= {"[a-z]"} or not classes & {"[0-9]", "[A-Z]"}:
        return None
    if "[0-9]" not in classes and not all(a == b for ends in merged.values() for a, b in ends):
        return None
    return "|".join(
        "".join(kind + _times(*ends) for kind, ends in zip(kinds, merged[kinds], strict=True))
        for kinds in sorted(merged)
    )


def _class(letter: str) -> str:
    if "0" <= letter <= "9":
        return "[0-9]"
    if "A" <= letter <= "Z":
        return "[A-Z]"
    if "a" <= letter <= "z":
        return "[a-z]"
    return re.escape(letter) if letter in "-_./:+#" else r"[^\W\d]" if letter.isalpha() else r"\W"


def _times(least: int, most: int) -> str:
    if least == most:
        return "" if least == 1 else f"{{{least}}}"
    return f"{{{least},{most}}}"
