"""What others may know of a person: quasi-identifiers, and columns that tell the sex."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from twin.columns.arrays.reading import ColumnArrays
from twin.columns.pii.detect.words import (
    fold,
    quasi_identifier_phrases,
    word_list,
    words_of,
)
from twin.columns.schema import Name

_LOOKED = 4000
_LEVELS = 30  # most levels of a category such as marital status, for few rows
_AGED = 125.0  # no person is older, in years
_SINCE, _UNTIL = 1850, 2100  # years of birth
_ASPECTS = (
    ("age", "birth"),
    ("sex",),
    ("postcode", "place of living", "region", "position"),
    ("origin", "nationality", "country"),
)
_NOT_OF_PERSONS = word_list("not_of_persons")
_MEN, _WOMEN, _NEITHER = map(word_list, ("men_folded", "women_folded", "neither_folded"))


def quasi_identifier(name: Name, native: ColumnArrays, dtype: str) -> str | None:
    """Why a column is what others may know of a person; None where it is not.

    Args:
        name: Name of the column.
        native: The column as arrays.
        dtype: Name of its dtype.

    Returns:
        The reason in words, without a value.

    Source:
        Sweeney 2000, "Simple demographics often identify people uniquely"; 45 CFR 164.514(b)(2), for dates
        and places.

    Example:
        >>> import pandas as pd
        >>> from twin.columns.arrays.reading import read
        >>> quasi_identifier("Alter", read(pd.Series([37, 54])), "int64")
        'the age of a person, by its name'
        >>> quasi_identifier("engine_temperature", read(pd.Series([37, 54])), "int64") is None
        True
    """
    topic, source = _topic(name, native)
    return f"{quasi_identifier_phrases()[topic][0]}, by its {source}" if topic else None


def suggested(columns: Sequence[tuple[Name, ColumnArrays]]) -> tuple[Name, ...]:
    """Which columns to declare as quasi-identifiers: what nearly everybody may know of a person.

    Birth or age, sex, where a person lives and where from, of each the finest column; where there is
    none of these, three others that people may know. What else is known depends on by whom.

    Args:
        columns: Names and values of the columns, in the table's order.

    Returns:
        Names, in the table's order.

    Source:
        Sweeney 2000, "Simple demographics often identify people uniquely".

    Example:
        >>> import pandas as pd
        >>> from twin.columns.arrays.reading import read
        >>> native = read(pd.Series([37, 54]))
        >>> suggested([("age", native), ("education", native)])
        ('age',)
    """
    topics = {name: _topic(name, native)[0] for name, native in columns}
    distinct = {name: len(native.as_nominal().levels) for name, native in columns}
    chosen: list[Name] = []
    for aspect in _ASPECTS:
        known = [name for name, topic in topics.items() if topic in aspect]
        chosen += sorted(known, key=lambda name: -distinct[name])[:1]
    if not chosen:
        chosen = [name for name, topic in topics.items() if topic][:3]
    return tuple(name for name in topics if name in chosen)


def _topic(name: Name, native: ColumnArrays) -> tuple[str, str]:
    """What others may know by a column, and whether its name or its values say so; "" where it is nothing."""
    if native.empty:
        return "", ""
    for topic in _topics(words_of(name)):
        if _fits(topic, name, native):
            return topic, "name"
    return ("sex", "values") if reads_as_sex(native, "") else ("", "")


@cache
def _phrases() -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    whole: dict[str, str] = {}
    parts = []
    for topic, (_, phrases) in quasi_identifier_phrases().items():
        for phrase in phrases:
            if "*" in phrase:
                parts.append((phrase, topic))
            else:
                whole.setdefault(" ".join(words_of(phrase)), topic)
    return whole, tuple(parts)


@cache
def _topics(words: tuple[str, ...]) -> tuple[str, ...]:
    """Topics that the words of a name speak of, the longest phrase first."""
    if words[:1] in (("n",), ("num",), ("anzahl",)) and len(words) > 1:
        return tuple(topic for topic in _topics(words[1:]) if topic == "family")
    if _NOT_OF_PERSONS.intersection(words):
        return ()
    whole, parts = _phrases()
    found: list[tuple[int, str]] = []
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + 4) + 1):
            phrase = " ".join(words[start:end])
            topic = whole.get(phrase) or (whole.get(phrase.replace(" ", "")) if end - start > 1 else None)
            if topic is None and end == start + 1:
                topic = _part(phrase, parts)
            if topic and (len(phrase) > 2 or end - start == len(words) or not phrase.isascii()):
                found.append((end - start, topic))
    joined = "".join(words)
    if not found and not joined.isascii():  # scripts that do not part their words
        found = [
            (1, topic)
            for phrase, topic in whole.items()
            if len(phrase) > 1 and not phrase.isascii() and phrase in joined
        ]
    return tuple(dict.fromkeys(topic for _, topic in sorted(found, key=lambda pair: -pair[0])))


def _part(word: str, parts: tuple[tuple[str, str], ...]) -> str | None:
    for pattern, topic in parts:
        stem = pattern.strip("*")
        if word.startswith(stem) if pattern.endswith("*") else word.endswith(stem):
            return topic
    return None


def _fits(topic: str, name: Name, native: ColumnArrays) -> bool:
    """Whether the values may be of the topic."""
    present = native.values[~native.missing]
    if topic == "age":
        return _aged(native)
    if topic == "sex":
        return reads_as_sex(native, name) or (native.nominal and len(native.levels) <= 8)
    if topic == "birth":
        whole = native.type == "integer" and bool(((present >= _SINCE) & (present <= _UNTIL)).mean() > 0.9)
        years = native.type == "real" and bool(((present >= _SINCE) & (present <= _UNTIL)).mean() > 0.9)
        many = native.type == "string" and len(native.levels) > 2
        return native.type == "datetime" or whole or years or many
    if topic == "dates of events":
        dated = native.type == "string" and bool(np.mean([_dated(str(v)) for v in native.levels[:200]]) > 0.5)
        return native.type == "datetime" or dated
    if topic == "position":
        return native.type in ("real", "decimal", "integer") and _degrees(native)
    if topic == "body":
        return native.type != "datetime" and native.type != "boolean"
    if topic == "family":
        small = native.type in ("integer", "real") and bool(
            (np.abs(present.astype(float)) <= 30).mean() > 0.98
        )
        return small or native.nominal
    if topic == "postcode":
        return native.type != "boolean" and native.type != "datetime"
    if native.type == "real" and topic != "education":
        return bool((present == np.rint(present)).all()) and np.unique(present).size <= _LEVELS
    return native.type not in ("datetime", "decimal") and _few(native)


def _few(native: ColumnArrays) -> bool:
    """Whether values repeat as those of a category do, and are short."""
    rows = int((~native.missing).sum())
    if not native.nominal:
        return native.type == "integer" and np.unique(native.values[~native.missing]).size <= max(
            _LEVELS, rows // 5
        )
    levels = native.levels[:200]
    return len(native.levels) <= max(_LEVELS, 0.9 * rows) and sum(len(str(v)) for v in levels) <= 60 * len(
        levels
    )


def _aged(native: ColumnArrays) -> bool:
    if native.nominal:
        return len(native.levels) <= 130
    if native.type == "datetime":
        return False
    present = native.values[~native.missing].astype(float) / 10.0**native.scale
    return bool(((present >= 0) & (present <= _AGED)).mean() > 0.98)


def _degrees(native: ColumnArrays) -> bool:
    present = native.values[~native.missing].astype(float) / 10.0**native.scale
    return bool((np.abs(present) <= 180).mean() > 0.9)


def precise_position(name: Name, native: ColumnArrays) -> bool:
    """Whether numbers are latitudes or longitudes so exact that they point at a house.

    Args:
        name: Name of the column, which alone says that it is a position.
        native: The column as arrays.

    Returns:
        Whether most values differ and have four decimals or more: ten metres.

    Example:
        >>> import pandas as pd
        >>> from twin.columns.arrays.reading import read
        >>> precise_position("lat", read(pd.Series([48.20817, 47.07071])))
        True
    """
    if native.type not in ("real", "decimal") or native.empty or "position" not in _topics(words_of(name)):
        return False
    present = native.values[~native.missing][:_LOOKED].astype(float) / 10.0**native.scale
    thousands = present * 1000
    exact = np.abs(thousands - np.rint(thousands)) > 1e-6 * np.abs(thousands).clip(1)
    return _degrees(native) and bool(exact.mean() > 0.5 and np.unique(present).size > 0.3 * present.size)


def _dated(text: str) -> bool:
    return sum(c.isdigit() for c in text) >= 6 and sum(c in "-./: " for c in text) >= 2


def reads_as_sex(native: ColumnArrays, name: Name) -> bool:
    """Whether a column tells the sex of a person.

    Args:
        native: The column as arrays.
        name: Name of the column; codes such as 1 and 2 tell only where it says so.

    Returns:
        Whether it does.

    Source:
        ISO/IEC 5218 for the codes 0, 1, 2 and 9.

    Example:
        >>> import pandas as pd
        >>> from twin.columns.arrays.reading import read
        >>> reads_as_sex(read(pd.Series(["weiblich", "männlich", "divers"])), "col_3")
        True
        >>> reads_as_sex(read(pd.Series([1, 2])), "sex"), reads_as_sex(read(pd.Series([1, 2])), "ward")
        (True, False)
    """
    said = "sex" in _topics(words_of(name))
    if native.type == "boolean":
        return said
    if native.type in ("integer", "real"):
        codes = np.unique(native.values[~native.missing])
        return said and 1 <= codes.size <= 5 and bool(np.isin(codes, (0, 1, 2, 3, 9)).all())
    if not native.nominal or not 1 <= len(native.levels) <= 12:
        return False
    levels = {fold(str(level)).strip().strip(".") for level in native.levels} - {""}
    plain = levels - _NEITHER
    if said and plain <= {"1", "2", "3", "1.0", "2.0", "true", "false"}:
        return True
    if said and plain and len(plain) <= 4 and plain <= _MEN | _WOMEN:
        return True  # even where both letters may be men: H and M are hombre and mujer
    pair = bool(plain & _MEN) and bool(plain & _WOMEN) and plain <= _MEN | _WOMEN
    if max((len(level) for level in plain), default=0) > 1:
        return pair or (said and bool(plain & (_MEN | _WOMEN)))
    return pair and (said or plain in ({"m", "f"}, {"m", "w"}, {"男", "女"}, {"남", "여"}, {"м", "ж"}))
