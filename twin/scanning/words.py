"""How a scan speaks: counts as ranges, shares as coarse as k persons, lines of code that can be pasted."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence

from twin.columns.schema import Column, Name
from twin.metrics.score import short
from twin.privacy.suppression.guard import in_range

INSIDE = (
    "For inside use. A scan is computed from real data: it tells something about it, so think before you "
    "hand it on."
)
NO_PROOF = (
    "A scan finds what it knows to look for. That it found nothing is no proof that nobody can be recognised."
)
SHOWS_VALUES = "This scan shows values of the data, rare ones among them: it is as confidential as the table."
_STEPS = (1, 2, 5, 10, 20)  # percent
_LONGEST = 60


def persons(count: int, k: int) -> str:
    """A number of persons as a range, in words.

    Args:
        count: How many.
        k: Fewest subjects that a fact may be about, ≥ 1.

    Example:
        >>> persons(3, 11), persons(30, 11), persons(0, 11)
        ('fewer than 11 persons', '20–49 persons', 'no person')
    """
    if not count:
        return "no person"
    span = in_range(count, k)
    return f"fewer than {k} persons" if span.startswith("<") else f"{span} persons"


def share(count: float, total: float, k: int) -> str:
    """A share in percent, rounded so that each figure may stand for k counts or more.

    Args:
        count: How many of them, 0 … total.
        total: How many in all.
        k: The public threshold.

    Returns:
        "0%", "100%", "<1%", ">99%" or a rounded figure; "" where there are too few for any.

    Example:
        >>> share(3, 1000, 11), share(417, 1000, 11), share(417, 100_000, 11), share(995, 1000, 11)
        ('<5%', '40%', '<1%', '>95%')
    """
    if total <= 0 or count <= 0:
        return "0%"
    if count >= total:
        return "100%"
    step = next((step for step in _STEPS if step * total >= 200 * k), None)
    if step is None:
        return ""
    percent = 100 * count / total
    if percent < step or count < k:
        return f"<{step}%"
    if percent > 100 - step or total - count < k:
        return f">{100 - step}%"
    return f"{round(percent / step) * step}%"


def about(text: str) -> str:
    """A share as it stands in a sentence.

    Example:
        >>> about("42%"), about("<1%"), about(">99%"), about("100%"), about("")
        ('about 42%', 'under 1%', 'over 99%', 'all', 'some')
    """
    if text in ("", "100%", "0%"):
        return {"": "some", "100%": "all", "0%": "none"}[text]
    heads = {"<": "under ", ">": "over "}
    return heads[text[0]] + text[1:] if text[0] in heads else f"about {text}"


def number(count: int, unit: str) -> str:
    """A number of things.

    Args:
        count: How many.
        unit: What is counted, in words.

    Example:
        >>> number(1, "column"), number(2_000, "column")
        ('1 column', '2,000 columns')
    """
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


def listed(names: Iterable[str], most: int = 6, width: int = _LONGEST) -> str:
    """Names one after the other.

    Args:
        names: The names.
        most: The most that are named, ≥ 1.
        width: Letters of a line, ≥ 1.

    Example:
        >>> listed(["a", "b", "c"]), listed("abcdefgh", 3)
        ('a, b and c', 'a, b, c and 5 more')
    """
    shown = [short(name, width) for name in names]
    if len(shown) > most:
        return f"{', '.join(shown[:most])} and {len(shown) - most:,} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]])) if shown else ""


def replacing(name: Name, declaration: str) -> str:
    """The line that declares a column otherwise.

    Args:
        name: The column.
        declaration: The declaration, as code.

    Example:
        >>> replacing("age", "twin.Number()")
        'schema = scan.schema.replace(age=twin.Number())'
        >>> replacing("zip code", "twin.Category()")
        "schema = scan.schema.replace({'zip code': twin.Category()})"
    """
    plain = isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name)
    inside = f"{name}={declaration}" if plain else f"{{{coded(name)}: {declaration}}}"
    return f"schema = scan.schema.replace({inside})"


def quasi(names: Sequence[Name]) -> str:
    """The line that declares quasi-identifiers.

    Example:
        >>> quasi(["age", "sex"])
        "schema = scan.schema.with_quasi_identifiers(['age', 'sex'])"
    """
    return f"schema = scan.schema.with_quasi_identifiers([{', '.join(map(coded, names))}])"


def dropping(names: Sequence[Name]) -> str:
    """The line that drops columns of the table.

    Example:
        >>> dropping(["a"])
        "df = df.drop(columns=['a'])"
    """
    most = 8
    rest = ", …" if len(names) > most else ""
    return f"df = df.drop(columns=[{', '.join(map(coded, names[:most]))}{rest}])"


def coded(name: Name) -> str:
    """A name as it stands in code, cut where it is very long."""
    return repr(name) if not isinstance(name, str) else repr(short(name, _LONGEST))


def fate(column: Column) -> str:
    """What happens to a column of its kind.

    Example:
        >>> from twin.columns.schema import Key
        >>> fate(Key())
        'never learned; new keys of the same shape'
    """
    treatment = getattr(column, "treatment", "")
    fate = _FATES.get((column.family, treatment)) or _FATES.get((column.family, ""))
    return fate or "as its own kind has it"


_FATES = {
    ("category", ""): "levels that enough persons share are learned; rarer ones are replaced",
    ("flag", ""): "shares of true and false are learned",
    ("number", ""): "common exact values are learned; the rest is drawn afresh between guarded bounds",
    ("datetime", ""): "days and times are drawn afresh between guarded bounds",
    ("key", ""): "never learned; new keys of the same shape",
    ("text", "drop"): "never learned; comes back empty",
    ("text", "template"): "common words survive; the rest becomes slots that are filled afresh",
    ("direct_identifier", "invent"): "never learned; invented afresh in the same form",
    ("direct_identifier", "mask"): "never learned; letters and digits are replaced",
    ("direct_identifier", "drop"): "never learned; comes back empty",
}
