"""What a user asks of a whole sample: conditions, target shares, shifts, stress, unseen levels, fairness."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from twin.codes import Json
from twin.columns.given.asked import is_missing
from twin.columns.schema import Level, Name
from twin.errors import FileFormatError, InputError

EXTREME = 25.0
"""Rows that come up this many times as often as in the twin are warned of."""
MIN_EFFECTIVE_ROWS = 30
"""Rows under conditions are worth so many independent ones, unless fewer are asked for."""

Targets = Mapping[Any, Mapping[Any, float]]
"""Share or total of each group, by column, or by a tuple of columns."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A number or a date that is moved.

    Args:
        by: What is added: a number, or for dates and lengths of time a length of time, such as "30D".
        factor: What numbers are multiplied by, before `by` is added.
        others: "follow": rows are drawn so that the mean moves so far, and the other columns follow as they
            go with it in the twin; no value leaves its bounds. "stay": each value is moved by itself, and
            the other columns stay what they are.

    Raises:
        InputError: If nothing is moved, or an argument is out of range.

    Example:
        >>> Shift(factor=0.9).others
        'follow'
    """

    by: float | str | dt.timedelta | None = None
    factor: float | None = None
    others: Literal["follow", "stay"] = "follow"

    def __post_init__(self) -> None:
        if self.by is None and self.factor is None:
            raise InputError("Shift: give by=, factor=, or both")
        if self.factor is not None and not (_is_number(self.factor) and self.factor > 0):
            raise InputError("Shift: factor must be a number above 0")
        if not (self.by is None or _is_number(self.by) or isinstance(self.by, str | dt.timedelta)):
            raise InputError("Shift: by must be a finite number, or a length of time")
        if self.others not in ("follow", "stay"):
            raise InputError('Shift: others must be "follow" or "stay"')


@dataclass(frozen=True, kw_only=True)
class Stress:
    """Tails of a number or a date that come up more often than in the twin.

    Args:
        factor: How many times as often, > 0; below 1 makes tails lighter.
        share: Share of the rows that each tail is, in (0, 0.5).
        side: Which tail.

    Raises:
        InputError: If an argument is out of range.

    Example:
        >>> Stress(factor=3, side="high").share
        0.05
    """

    factor: float
    share: float = 0.05
    side: Literal["both", "low", "high"] = "both"

    def __post_init__(self) -> None:
        if not (_is_number(self.factor) and self.factor > 0):
            raise InputError("Stress: factor must be a number above 0")
        if not (_is_number(self.share) and 0 < self.share < 0.5):
            raise InputError("Stress: share must lie between 0 and 0.5")
        if self.side not in ("both", "low", "high"):
            raise InputError('Stress: side must be "both", "low" or "high"')


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """A level that the source does not have, described by one that it has.

    Args:
        column: A category.
        level: The new level.
        like: The stand-in: rows of the new level are drawn as rows of this one.
        share: Share of the rows that get it, in (0, 1].

    Raises:
        InputError: If the share is out of range, or a level is its own stand-in.

    Example:
        >>> Unseen(column="city", level="Newtown", like="Graz", share=0.1).like
        'Graz'
    """

    column: Name
    level: Level
    like: Level
    share: float

    def __post_init__(self) -> None:
        if not (_is_number(self.share) and 0 < self.share <= 1):
            raise InputError("Unseen: share must lie above 0 and not above 1")
        if self.level == self.like:
            raise InputError(
                "Unseen: level and like are the same; a level that the twin has needs no stand-in"
            )


@dataclass(frozen=True, kw_only=True)
class Parity:
    """Statistical parity: an outcome comes up as often in each group of a sensitive column.

    Both columns keep their own shares, and the column through which they mostly go together keeps its shares
    within each group. Among laws of which that holds, rows follow the one closest to the twin. It says
    nothing about who deserved the outcome, about groups formed by several columns, or about what a model will
    do that is trained on the data.

    Args:
        sensitive: Column that names the groups.
        outcome: Column of the outcome.
        gap: Most that shares of an outcome may differ between two groups, 0 … 1.
        groups: What a column is divided into that is no category, such as {"age": [(0, 40), (40, 100)]}.

    Raises:
        InputError: If the gap is out of range, or both columns are one.

    Source:
        Calders and Verwer 2010 (parity); Kamiran and Calders 2012 (weights in place of changed labels).

    Example:
        >>> Parity(sensitive="sex", outcome="income").gap
        0.0
    """

    sensitive: Name
    outcome: Name
    gap: float = 0.0
    groups: Mapping[Name, Iterable[object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (_is_number(self.gap) and 0 <= self.gap <= 1):
            raise InputError("Parity: gap must lie between 0 and 1")
        if self.sensitive == self.outcome:
            raise InputError("Parity: sensitive and outcome must be two columns")


@dataclass(frozen=True, kw_only=True)
class EqualOpportunity(Parity):
    """Equal opportunity: as `Parity`, but only among rows that deserve the outcome.

    Args:
        sensitive: Column that names the groups.
        outcome: Column of the outcome.
        gap: Most that shares of an outcome may differ between two groups, 0 … 1.
        groups: What a column is divided into that is no category.
        merit: Column that says who deserves the outcome.
        deserving: The level, or one of the groups, of `merit` that does.

    Raises:
        InputError: If the gap is out of range, or two of the columns are one.

    Source:
        Hardt, Price and Srebro 2016.

    Example:
        >>> EqualOpportunity(sensitive="sex", outcome="hired", merit="qualified", deserving=True).gap
        0.0
    """

    merit: Name
    deserving: object

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.merit in (self.sensitive, self.outcome):
            raise InputError("EqualOpportunity: merit must be a column of its own")


@dataclass(frozen=True, kw_only=True)
class ParityGap:
    """A difference between groups, before a sample was made fairer and after.

    Args:
        sensitive: Column that names the groups.
        outcome: Column of the outcome.
        kind: "parity" or "equal opportunity".
        before: Most that shares of an outcome differ between two groups of the twin, 0 … 1.
        after: The same as the sample is drawn.
    """

    sensitive: Name
    outcome: Name
    kind: str
    before: float
    after: float


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a sample is asked for in place of the source as it was. With a name it is a what-if.

    Args:
        name: What a what-if is called; it stands in every row of a sample and in its report. None: it is no
            what-if.
        given: What all rows have, by column, as in `Twin.sample`.
        balance: Target shares that add to 1, by column: {column: {level: share}}, numbers and dates by
            ranges, `...` for all other levels; or by several columns together, as
            {(column, column): {(level, level): share}}.
        margins: The same with totals from elsewhere, such as a census, whose proportions count.
        fair: `twin.Parity` or `twin.EqualOpportunity` to be reached, or None.
        shift: Numbers and dates that are moved, by column.
        stress: Tails that come up more often, by column.
        unseen: Levels that the source does not have.
        min_effective_rows: Fewest independent rows that rows under conditions must be worth, ≥ 0, or the
            number of rows if that is less: rarer conditions are refused, with the nearest that can be had.
        mark: Column that is added to samples of a what-if and holds its name; None leaves it out, and then
            only the table's `attrs` say so, which many formats drop.

    Raises:
        InputError: If one of the parts is not of its kind.

    Example:
        >>> low = Request(name="low rates", given={"rate": (0, 1.5)}, shift={"income": Shift(factor=1.02)})
        >>> Request.from_json(low.to_json()) == low
        True
    """

    name: str | None = None
    given: Mapping[Name, Any] = field(default_factory=dict)
    balance: Targets = field(default_factory=dict)
    margins: Targets = field(default_factory=dict)
    fair: Parity | None = None
    shift: Mapping[Name, Shift] = field(default_factory=dict)
    stress: Mapping[Name, Stress] = field(default_factory=dict)
    unseen: tuple[Unseen, ...] = ()
    min_effective_rows: int = MIN_EFFECTIVE_ROWS
    mark: str | None = "scenario"

    def __post_init__(self) -> None:
        if self.name is not None and (not isinstance(self.name, str) or not self.name.strip()):
            raise InputError("Request: its name must be text that is not blank, or None")
        rows = self.min_effective_rows
        if isinstance(rows, bool) or not isinstance(rows, int | np.integer) or rows < 0:
            raise InputError("min_effective_rows: must be a whole number of at least 0")
        for argument in ("given", "balance", "margins", "shift", "stress"):
            if not isinstance(getattr(self, argument), Mapping):
                raise InputError(f"{argument}: must be a mapping of columns, {{column: …}}")
        for argument in ("balance", "margins"):
            object.__setattr__(self, argument, {at: _plain(t) for at, t in getattr(self, argument).items()})
        if not isinstance(self.unseen, Iterable):
            raise InputError("Request: unseen must be a list of twin.Unseen objects")
        object.__setattr__(self, "unseen", tuple(self.unseen))
        if not (self.mark is None or isinstance(self.mark, str)):
            raise InputError("Request: mark must be the name of a column, as text, or None")
        kinds = {"shift": (self.shift.values(), Shift), "stress": (self.stress.values(), Stress)}
        kinds["unseen"] = (self.unseen, Unseen)  # type: ignore[assignment]
        for argument, (parts, kind) in kinds.items():
            if not all(isinstance(part, kind) for part in parts):
                raise InputError(f"Request: {argument} must hold twin.{kind.__name__} objects")
        if self.fair is not None and not isinstance(self.fair, Parity):
            raise InputError("fair: must be a twin.Parity or twin.EqualOpportunity")

    @property
    def marked(self) -> str | None:
        """The column that marks samples of a what-if; None where there is none."""
        return None if self.name is None else self.mark

    @property
    def plain(self) -> bool:
        """Whether it asks for nothing."""
        parts = self.given, self.balance, self.margins, self.shift, self.stress, self.unseen
        return self.fair is None and not any(len(part) for part in parts)

    def describe(self) -> list[str]:
        """What it asks for, in words, one line for each part; values and levels are the user's own."""
        lines = [f"{column}: {_words(condition)}" for column, condition in self.given.items()]
        for what, targets in (("shares", self.balance), ("totals", self.margins)):
            for columns, wanted in targets.items():
                joint = isinstance(columns, tuple)
                words = [" and ".join(map(_words, level)) if joint else _words(level) for level in wanted]
                told = ", ".join(f"{word} {n:g}" for word, n in zip(words, wanted.values(), strict=True))
                lines.append(f"{' by '.join(map(str, columns)) if joint else columns}: {what} {told}")
        for column, shift in self.shift.items():
            steps = [f"times {shift.factor:g}"] if shift.factor is not None else []
            steps += [f"plus {shift.by}"] if shift.by is not None else []
            lines.append(f"{column}: {' and '.join(steps)}; other columns {shift.others}")
        for column, stress in self.stress.items():
            tails = "both tails" if stress.side == "both" else f"the {stress.side} tail"
            lines.append(f"{column}: {tails} ({stress.share:.0%} of rows) {stress.factor:g} times as often")
        lines += [f"{u.column}: {u.level} in {u.share:.1%} of rows, drawn as {u.like}" for u in self.unseen]
        if self.fair is not None:
            kind = "equal opportunity" if isinstance(self.fair, EqualOpportunity) else "parity"
            lines.append(
                f"{self.fair.outcome}: {kind} by {self.fair.sensitive}, gap at most {self.fair.gap:g}"
            )
        return lines

    def to_json(self) -> dict[str, Json]:
        """All of it as plain JSON."""
        fair = None
        if self.fair is not None:
            own = {k: to_plain(v) for k, v in vars(self.fair).items() if k != "groups"}
            groups = to_plain({column: list(parts) for column, parts in self.fair.groups.items()})
            fair = {"kind": type(self.fair).__name__, **own, "groups": groups}
        return {
            "name": self.name,
            "given": to_plain(self.given),
            "balance": to_plain(self.balance),
            "margins": to_plain(self.margins),
            "fair": fair,
            "shift": to_plain({column: asdict(shift) for column, shift in self.shift.items()}),
            "stress": to_plain({column: asdict(stress) for column, stress in self.stress.items()}),
            "unseen": [to_plain(asdict(unseen)) for unseen in self.unseen],
            "min_effective_rows": int(self.min_effective_rows),
            "mark": self.mark,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Json]) -> Request:
        """The request from what `to_json` gave.

        Raises:
            FileFormatError: If it is something else.
        """
        try:
            return cls._read(told)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise FileFormatError("request: this is not what Request.to_json wrote") from None

    @classmethod
    def _read(cls, told: Mapping[str, Json]) -> Request:
        parts: dict[str, Any] = {name: from_plain(part) for name, part in told.items() if name != "fair"}
        fair: Any = told["fair"]
        if fair is not None:
            kind = {"Parity": Parity, "EqualOpportunity": EqualOpportunity}[fair["kind"]]
            parts["fair"] = kind(**{k: from_plain(v) for k, v in fair.items() if k != "kind"})
        parts["shift"] = {column: Shift(**shift) for column, shift in parts["shift"].items()}
        parts["stress"] = {column: Stress(**stress) for column, stress in parts["stress"].items()}
        parts["unseen"] = tuple(Unseen(**unseen) for unseen in parts["unseen"])
        return cls(**parts)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _plain(targets: Any) -> Any:
    """Targets as a mapping, where they are a series of pandas."""
    return targets.to_dict() if hasattr(targets, "to_dict") else targets


def _words(condition: object) -> str:
    """A condition, or the name of a group, in words."""
    if condition is None:
        return "missing"
    if condition is ...:
        return "the rest"
    if isinstance(condition, tuple) and len(condition) == 2:
        low, high = condition
        if low is None or high is None:
            return f"at most {high}" if high is not None else "any" if low is None else f"at least {low}"
        return f"{low} to {high}"
    if isinstance(condition, set | frozenset):
        condition = sorted(condition, key=repr)  # in one order, whatever the hashes
    if isinstance(condition, Iterable) and not isinstance(condition, str):
        return " or ".join(_words(part) for part in condition)
    return str(condition)


_READ: dict[str, Callable[[Any], object]] = {
    "range": lambda parts: tuple(from_plain(part) for part in parts),
    "set": lambda parts: frozenset(from_plain(part) for part in parts),
    "map": lambda pairs: {from_plain(key): from_plain(value) for key, value in pairs},
    "rest": lambda _: ...,
    "moment": pd.Timestamp,
    "day": dt.date.fromisoformat,
    "clock": dt.time.fromisoformat,
    "span": pd.Timedelta,
    "period": lambda told: pd.Period(told[0], freq=told[1]),
    "decimal": Decimal,
}


def to_plain(value: Any) -> Json:
    """A condition, or a mapping of conditions, as JSON.

    Raises:
        InputError: If it holds an object that is no condition.

    Example:
        >>> to_plain({"age": (18, None), "sex": ["F", None]})
        {'map': [['age', {'range': [18, None]}], ['sex', ['F', None]]]}
    """
    if value is ...:
        return {"rest": True}
    if is_missing(value):
        return None
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64 | np.timedelta64):
        value = value.item()
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {"map": [[to_plain(key), to_plain(part)] for key, part in value.items()]}
    if isinstance(value, tuple):
        return {"range": [to_plain(part) for part in value]}
    if isinstance(value, set | frozenset):
        return {"set": [to_plain(part) for part in sorted(value, key=repr)]}
    told = _scalar(value)
    if told is not None:
        return told
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [to_plain(part) for part in value]
    raise InputError(f"request: a {type(value).__name__} is no condition that can be saved")


def _scalar(value: Any) -> Json:
    """A single value that JSON has no word for."""
    if isinstance(value, dt.datetime | np.datetime64):
        return {"moment": pd.Timestamp(value).isoformat()}
    if isinstance(value, dt.date):
        return {"day": value.isoformat()}
    if isinstance(value, dt.time):
        return {"clock": value.isoformat()}
    if isinstance(value, dt.timedelta | np.timedelta64):
        return {"span": pd.Timedelta(value).isoformat()}
    if isinstance(value, pd.Period):
        return {"period": [str(value), value.freqstr]}
    return {"decimal": str(value)} if isinstance(value, Decimal) else None


def from_plain(told: Json) -> Any:
    """What `to_plain` wrote.

    Example:
        >>> from_plain(to_plain({"age": (18, None), "sex": frozenset(["F"]), "born": dt.date(2000, 1, 2)}))
        {'age': (18, None), 'sex': frozenset({'F'}), 'born': datetime.date(2000, 1, 2)}
    """
    if isinstance(told, list):
        return [from_plain(part) for part in told]
    if isinstance(told, dict):
        ((kind, part),) = told.items()
        return _READ[kind](part)
    return told
